//! A node on links: what it asks and answers goes over them in bytes.
//!
//! Invariant: the core hears of a request or an answer only what decodes; whoever sent the rest pays, and the request ends.

use crate::words::{Answer, CoreWords, DevnetWords, Question, Request, Response};
use async_backing_machine::{
	Core, Cost, Input, Instant, Judgement, Outbox, Output, PeerEvent, Refusal, RequestFailure,
};
use async_backing_validator::{Exchange, Response as NodeResponse};
use async_backing_wire::Protocol;

type Out = Outbox<DevnetWords>;

/// A core behind its links.
#[derive(Debug)]
pub(crate) struct Wired<C> {
	core: C,
	exchange: Exchange,
	/// What it asks in, and speaks of what it is asked in.
	speaks: fn(Protocol) -> bool,
}

impl<C> Wired<C> {
	/// A node that speaks these protocols.
	pub(crate) fn new(core: C, speaks: fn(Protocol) -> bool) -> Self {
		Self {
			core,
			exchange: Exchange::default(),
			speaks,
		}
	}

	/// What the core is told, if anything.
	fn input(&mut self, input: Input<DevnetWords>, out: &mut Out) -> Option<Input<CoreWords>> {
		Some(match input {
			Input::Request(peer, ticket, Question::Node(question)) => {
				let Some((protocol, bytes)) = question.spoken(self.speaks) else {
					out.respond(ticket, Err(Refusal::Unknown));
					return None;
				};
				match self.exchange.asked(ticket, protocol, bytes) {
					Ok(request) => Input::Request(peer, ticket, Request::Node(request)),
					Err(_) => {
						out.respond(ticket, Err(Refusal::NotAllowed));
						out.report(peer, Judgement::Cost(Cost::Major, "undecodable request"));
						return None;
					}
				}
			}
			Input::Request(peer, ticket, Question::Block(candidate)) => {
				Input::Request(peer, ticket, Request::Block(candidate))
			}
			Input::Response(id, Ok(Answer::Node(answer))) => {
				let (answer, cost) = self.exchange.answered(id, Ok(answer))?;
				if let Some((peer, cost)) = cost {
					out.report(peer, Judgement::Cost(cost, "undecodable answer"));
				}
				Input::Response(id, answer.map(Response::Node))
			}
			Input::Response(id, Ok(Answer::Block(pov))) => {
				// Unless something else was asked for.
				match self.exchange.answered(id, Err(RequestFailure::Malformed)) {
					Some((answer, _)) => Input::Response(id, answer.map(Response::Node)),
					None => Input::Response(id, Ok(Response::Block(pov))),
				}
			}
			Input::Response(id, Err(failure)) => {
				self.exchange.answered(id, Err(failure));
				Input::Response(id, Err(failure))
			}
			Input::Chain(event) => Input::Chain(event),
			Input::Peer(peer, event) => Input::Peer(
				peer,
				match event {
					PeerEvent::Connected(identity) => PeerEvent::Connected(identity),
					PeerEvent::View(view) => match view {},
					PeerEvent::Message(message) => PeerEvent::Message(message),
					PeerEvent::Disconnected => PeerEvent::Disconnected,
				},
			),
			Input::Done(id, result) => Input::Done(id, result),
			Input::Stored(id) => Input::Stored(id),
			Input::Timer(id) => Input::Timer(id),
			Input::Propose(id, what, deadline) => Input::Propose(id, what, deadline),
			Input::Restored(snapshot) => Input::Restored(snapshot),
		})
	}
}

impl<C: Core<Words = CoreWords>> Core for Wired<C> {
	type Words = DevnetWords;

	fn handle(&mut self, now: Instant, input: Input<DevnetWords>, out: &mut Out) {
		let Some(input) = self.input(input, out) else {
			return;
		};
		let Self {
			core,
			exchange,
			speaks,
		} = self;
		out.part(
			|part: &mut Outbox<CoreWords>| core.handle(now, input, part),
			|output| Some(carried(exchange, *speaks, output)),
		);
	}
}

/// What goes over links is put in bytes.
fn carried(
	exchange: &mut Exchange,
	speaks: fn(Protocol) -> bool,
	output: Output<CoreWords>,
) -> Output<DevnetWords> {
	match output {
		Output::Notify(to, message) => Output::Notify(to, message),
		Output::Request {
			id,
			peer,
			request,
			timeout,
		} => Output::Request {
			id,
			peer,
			request: match request {
				Request::Node(request) => {
					let question = exchange.ask(id, peer, request);
					Question::Node(question.clone().asked_in(speaks).unwrap_or(question))
				}
				Request::Block(candidate) => Question::Block(candidate),
			},
			timeout,
		},
		Output::Respond(ticket, answer) => {
			// "Not mine" is an answer as well (R-NET-34).
			let mut in_bytes = |answer: Result<NodeResponse, Refusal>| {
				let refusal = answer.as_ref().err().copied();
				let answer = exchange.answer(ticket, &answer).map(Answer::Node);
				answer.ok_or(refusal.unwrap_or(Refusal::Unknown))
			};
			let answer = match answer {
				Ok(Response::Block(pov)) => Ok(Answer::Block(pov)),
				Ok(Response::Node(response)) => in_bytes(Ok(response)),
				Err(refusal) => in_bytes(Err(refusal)),
			};
			Output::Respond(ticket, answer)
		}
		Output::Report(peer, judgement) => Output::Report(peer, judgement),
		Output::Job {
			id,
			priority,
			deadline,
			job,
		} => Output::Job {
			id,
			priority,
			deadline,
			job,
		},
		Output::Cancel(job) => Output::Cancel(job),
		Output::Store(id, batch) => Output::Store(id, batch),
		Output::SetTimer(timer, at) => Output::SetTimer(timer, at),
		Output::ClearTimer(timer) => Output::ClearTimer(timer),
		Output::Proposal(id, proposal) => Output::Proposal(id, proposal),
		Output::Disconnect(peer) => Output::Disconnect(peer),
		Output::Event(event) => Output::Event(event),
	}
}

#[cfg(test)]
mod tests;
