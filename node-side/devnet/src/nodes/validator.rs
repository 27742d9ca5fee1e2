//! A validator in the words of the devnet.

use crate::words::{DevnetWords, Done, Event, Job};
use async_backing_machine::{Core, Input, Instant, Outbox, Output, Part, PeerEvent, Said};
use async_backing_validator::{Message, NodeWords, Request, Response, Validator};
use std::{cell::RefCell, rc::Rc};

/// A validator that somebody else may look at. Nobody does while it handles an input.
#[derive(Clone, Debug)]
pub(crate) struct ValidatorCore(pub(crate) Rc<RefCell<Validator>>);

impl Core for ValidatorCore {
	type Words = DevnetWords;

	fn handle(&mut self, now: Instant, input: Input<DevnetWords>, out: &mut Outbox<DevnetWords>) {
		let Some(input) = input_of_validator(input) else {
			return;
		};
		let mut validator = self.0.borrow_mut();
		out.part(
			|part: &mut Outbox<NodeWords>| validator.handle(now, input, part),
			output_of_validator,
		);
	}
}

fn input_of_validator(input: Input<DevnetWords>) -> Option<Input<NodeWords>> {
	Some(match input {
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
		Input::Request(peer, ticket, request) => Input::Request(peer, ticket, request),
		Input::Response(id, response) => Input::Response(id, response),
		Input::Done(id, Ok(Done::Validator(done))) => Input::Done(id, Ok(done)),
		// No validator authors.
		Input::Done(_, Ok(Done::Authored(_) | Done::Recovered(_))) => return None,
		Input::Done(id, Err(failure)) => Input::Done(id, Err(failure)),
		Input::Stored(id) => Input::Stored(id),
		Input::Timer(id) => Input::Timer(id),
		Input::Propose(id, what, deadline) => Input::Propose(id, what, deadline),
		Input::Restored(snapshot) => Input::Restored(snapshot),
	})
}

impl Part<DevnetWords> for NodeWords {
	fn message(message: Message) -> Message {
		message
	}

	fn request(request: Request) -> Request {
		request
	}

	fn response(response: Response) -> Response {
		response
	}

	fn job(job: async_backing_validator::Job) -> Job {
		Job::Validator(job)
	}
}

fn output_of_validator(output: Output<NodeWords>) -> Option<Output<DevnetWords>> {
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
