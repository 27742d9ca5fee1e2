//! A validator in the words of the devnet.

use crate::words::{DevnetWords, Done, Event, Job};
use async_backing_machine::{Core, Input, Instant, Outbox, Output, PeerEvent};
use async_backing_validator::{NodeWords, Validator};
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
			|output| Some(output_of_validator(output)),
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
		Input::Done(_, Ok(Done::Authored(_))) => return None,
		Input::Done(id, Err(failure)) => Input::Done(id, Err(failure)),
		Input::Stored(id) => Input::Stored(id),
		Input::Timer(id) => Input::Timer(id),
		Input::Propose(id, what, deadline) => Input::Propose(id, what, deadline),
		Input::Restored(snapshot) => Input::Restored(snapshot),
	})
}

fn output_of_validator(output: Output<NodeWords>) -> Output<DevnetWords> {
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
			request,
			timeout,
		},
		Output::Respond(ticket, answer) => Output::Respond(ticket, answer),
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
			job: Job::Validator(job),
		},
		Output::Cancel(job) => Output::Cancel(job),
		Output::Store(id, batch) => Output::Store(id, batch),
		Output::SetTimer(timer, at) => Output::SetTimer(timer, at),
		Output::ClearTimer(timer) => Output::ClearTimer(timer),
		Output::Proposal(id, proposal) => Output::Proposal(id, proposal),
		Output::Event(event) => Output::Event(Event::Validator(event)),
	}
}
