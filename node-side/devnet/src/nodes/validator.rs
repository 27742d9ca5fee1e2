//! A validator in the words of the devnet: its streams of the collation protocol come and go over connections that stay.

use crate::{
	tape::Tape,
	words::{CoreWords, Done, Event, Job, Message, Request, Response, Stream},
};
use async_backing_chain_view::Identity;
use async_backing_machine::{
	Core, Input, Instant, Outbox, Output, Part, PeerEvent, PeerId, Recipients, Refusal, RequestFailure, Said,
};
use async_backing_validator::{
	CollatorPeer, Message as NodeMessage, NodePeer, NodeWords, Request as NodeRequest,
	Response as NodeResponse, Validator,
};
use async_backing_wire::CollationVersion;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// The version of the collation protocol that the devnet's nodes speak: that of today's validators (R-NET-60).
pub(crate) const COLLATION: CollationVersion = CollationVersion::V3;

type Out = Outbox<CoreWords>;

/// A validator that somebody else may look at. Nobody does while it handles an input.
#[derive(Clone, Debug)]
pub(crate) struct ValidatorCore {
	validator: Rc<RefCell<Validator>>,
	/// Who is connected, and whose stream is open.
	peers: BTreeMap<PeerId, NodePeer>,
	/// If it is recorded.
	tape: Option<Tape>,
}

impl Core for ValidatorCore {
	type Words = CoreWords;

	fn handle(&mut self, now: Instant, input: Input<CoreWords>, out: &mut Out) {
		let Some(input) = self.input(input, out) else {
			return;
		};
		let mut inputs = vec![input];
		while let Some(input) = inputs.pop() {
			let mut let_go = Vec::new();
			out.part(
				|part: &mut Outbox<NodeWords>| {
					let mut validator = self.validator.borrow_mut();
					let untold = match &self.tape {
						Some(tape) => tape.handle(&mut validator, now, input, part),
						None => Some(input),
					};
					if let Some(input) = untold {
						validator.handle(now, input, part);
					}
				},
				|output| match output {
					Output::Disconnect(peer) => {
						let_go.push(peer);
						None
					}
					output => output_of_validator(output),
				},
			);
			for peer in let_go {
				inputs.extend(self.close(peer, out));
			}
		}
	}
}

impl ValidatorCore {
	/// A validator that starts, recorded on `tape` if there is one.
	pub(crate) fn new(validator: Rc<RefCell<Validator>>, tape: Option<Tape>) -> Self {
		if let Some(tape) = &tape {
			tape.started();
		}
		Self {
			validator,
			peers: BTreeMap::new(),
			tape,
		}
	}

	/// What the validator is told of an input, if anything.
	fn input(&mut self, input: Input<CoreWords>, out: &mut Out) -> Option<Input<NodeWords>> {
		Some(match input {
			Input::Chain(event) => Input::Chain(event.into()),
			Input::Peer(peer, event) => Input::Peer(peer, self.peer_event(peer, event, out)?),
			Input::Request(peer, ticket, Request::Node(request)) => Input::Request(peer, ticket, request),
			// Blocks are for collators.
			Input::Request(_, ticket, Request::Block(_)) => {
				out.respond(ticket, Err(Refusal::Unknown));
				return None;
			}
			Input::Response(id, Ok(Response::Node(response))) => Input::Response(id, Ok(response)),
			Input::Response(id, Ok(Response::Block(_))) => {
				Input::Response(id, Err(RequestFailure::Malformed))
			}
			Input::Response(id, Err(failure)) => Input::Response(id, Err(failure)),
			Input::Done(id, Ok(Done::Validator(done))) => Input::Done(id, Ok(done)),
			// No validator authors.
			Input::Done(_, Ok(Done::Authored(_))) => return None,
			Input::Done(id, Err(failure)) => Input::Done(id, Err(failure)),
			Input::Stored(id) => Input::Stored(id),
			Input::Timer(id) => Input::Timer(id),
			Input::Propose(id, what, deadline) => Input::Propose(id, what, deadline),
			Input::Restored(snapshot) => Input::Restored(snapshot),
		})
	}

	fn peer_event(
		&mut self,
		peer: PeerId,
		event: PeerEvent<CoreWords>,
		out: &mut Out,
	) -> Option<PeerEvent<NodeWords>> {
		match event {
			PeerEvent::Connected(identity) => Some(self.connected(peer, identity)),
			PeerEvent::View(view) => match view {},
			PeerEvent::Disconnected => {
				self.peers.remove(&peer);
				Some(PeerEvent::Disconnected)
			}
			PeerEvent::Message(Message::Stream(Stream::Open { peer_id })) => {
				let known = self.peers.get_mut(&peer)?;
				known.collation = Some(CollatorPeer {
					peer_id,
					version: COLLATION,
				});
				out.notify(Recipients::Peer(peer), Message::Stream(Stream::Opened));
				Some(PeerEvent::Connected(known.clone()))
			}
			PeerEvent::Message(Message::Stream(Stream::Closed)) => {
				let known = self.peers.get_mut(&peer)?;
				known.collation.take()?;
				Some(PeerEvent::Connected(known.clone()))
			}
			PeerEvent::Message(Message::Node(message)) => {
				let is_collation = matches!(message, NodeMessage::Collation(_));
				let known = self.peers.get(&peer);
				if is_collation && known.is_none_or(|known| known.collation.is_none()) {
					// It has not heard yet that its stream is closed, or never will.
					out.notify(Recipients::Peer(peer), Message::Stream(Stream::Closed));
					return None;
				}
				Some(PeerEvent::Message(message))
			}
			// Of validators nobody opens streams, and blocks are for collators.
			PeerEvent::Message(Message::Stream(Stream::Opened) | Message::Block(_)) => None,
		}
	}

	/// What somebody is known to be changes its stream in nothing.
	fn connected(&mut self, peer: PeerId, identity: Identity) -> PeerEvent<NodeWords> {
		let known = self.peers.entry(peer).or_default();
		known.identity = identity;
		PeerEvent::Connected(known.clone())
	}

	/// The validator lets a peer go: its stream is closed.
	fn close(&mut self, peer: PeerId, out: &mut Out) -> Option<Input<NodeWords>> {
		let known = self.peers.get_mut(&peer)?;
		known.collation.take()?;
		out.notify(Recipients::Peer(peer), Message::Stream(Stream::Closed));
		Some(Input::Peer(peer, PeerEvent::Connected(known.clone())))
	}
}

impl Part<CoreWords> for NodeWords {
	fn message(message: NodeMessage) -> Message {
		Message::Node(message)
	}

	fn request(request: NodeRequest) -> Request {
		Request::Node(request)
	}

	fn response(response: NodeResponse) -> Response {
		Response::Node(response)
	}

	fn job(job: async_backing_validator::Job) -> Job {
		Job::Validator(job)
	}
}

fn output_of_validator(output: Output<NodeWords>) -> Option<Output<CoreWords>> {
	match output {
		// A validator is a whole: what it proposes keeps its name.
		Output::Proposal(id, proposal) => Some(Output::Proposal(id, proposal)),
		output => match NodeWords::output(output) {
			Ok(output) => Some(output),
			Err(Said::Event(event)) => Some(Output::Event(Event::Validator(event))),
			Err(Said::Proposal(_)) => None,
		},
	}
}
