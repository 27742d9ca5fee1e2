//! A node that does nothing but recover data: the core with a chain view of its own.

use crate::{
	AvailabilityDone, AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse,
	AvailabilityWords, Outcome, Recoverer, RecoveryOf,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity};
use async_backing_machine::{Core, Input, Instant, Never, Outbox, Output, Part, PeerEvent, Words};
use async_backing_primitives::CandidateHash;

/// A node that does nothing but recover data: the core with a chain view of its own.
#[derive(Debug)]
pub struct Finder {
	pub(super) chain: ChainView,
	pub(super) part: Recoverer,
}

/// What it hears and says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinderWords {}

/// What happens around it that is no peer's doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
	/// The relay chain did something.
	Chain(ChainEvent),
	/// The data of a candidate is wanted.
	Wanted(Box<RecoveryOf>),
	/// It is not wanted any more.
	Unwanted(CandidateHash),
}

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
	/// What the core says.
	Said(AvailabilityEvent),
	/// A recovery ended.
	Ended(Outcome),
}

impl Words for FinderWords {
	type Chain = Need;
	type Identity = Identity;
	type View = Never;
	type Message = Never;
	type Request = AvailabilityRequest;
	type Response = AvailabilityResponse;
	type Job = AvailabilityJob;
	type Done = AvailabilityDone;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Found;
}

impl Part<FinderWords> for AvailabilityWords {
	fn message(message: Never) -> Never {
		message
	}

	fn request(request: AvailabilityRequest) -> AvailabilityRequest {
		request
	}

	fn response(response: AvailabilityResponse) -> AvailabilityResponse {
		response
	}

	fn job(job: AvailabilityJob) -> AvailabilityJob {
		job
	}
}

impl Core for Finder {
	type Words = FinderWords;

	fn handle(&mut self, now: Instant, input: Input<FinderWords>, out: &mut Outbox<FinderWords>) {
		let Self { chain, part } = self;
		let input: Input<AvailabilityWords> = match input {
			Input::Chain(Need::Chain(event)) => {
				let _ = chain.handle(event.clone());
				Input::Chain(event)
			}
			Input::Chain(Need::Wanted(of)) => {
				// There may be too many.
				let outcomes = out.part(|out| part.recover(now, *of, chain, out), said);
				return tell(outcomes.unwrap_or_default(), out);
			}
			Input::Chain(Need::Unwanted(candidate)) => {
				let outcomes = out.part(|out| part.forget(now, candidate, chain, out), said);
				return tell(outcomes, out);
			}
			Input::Peer(peer, event) => {
				match event {
					PeerEvent::Connected(identity) => {
						chain.connected(peer, identity);
					}
					PeerEvent::Disconnected => chain.disconnected(peer),
					PeerEvent::View(never) | PeerEvent::Message(never) => match never {},
				}
				return;
			}
			Input::Request(peer, ticket, request) => Input::Request(peer, ticket, request),
			Input::Response(id, answer) => Input::Response(id, answer),
			Input::Done(id, result) => Input::Done(id, result),
			Input::Stored(batch) => Input::Stored(batch),
			Input::Timer(timer) => Input::Timer(timer),
			Input::Propose(_, never, _) => match never {},
			Input::Restored(snapshot) => Input::Restored(snapshot),
		};
		let outcomes = out.part(|out| part.handle(now, input, chain, out), said);
		tell(outcomes, out);
	}
}

fn tell(outcomes: Vec<Outcome>, out: &mut Outbox<FinderWords>) {
	outcomes
		.into_iter()
		.for_each(|outcome| out.event(Found::Ended(outcome)));
}

/// The words of the part are those of the whole; its events are told to observers.
fn said(output: Output<AvailabilityWords>) -> Option<Output<FinderWords>> {
	match output {
		Output::Event(event) => Some(Output::Event(Found::Said(event))),
		other => AvailabilityWords::output(other).ok(),
	}
}
