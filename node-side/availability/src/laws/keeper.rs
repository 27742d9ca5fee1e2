//! A validator that does nothing but keep data: the part with a chain view of its own.

use crate::{
	Availability, AvailabilityDone, AvailabilityEvent, AvailabilityJob, AvailabilityRequest,
	AvailabilityResponse, AvailabilityWords, OwnData,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity};
use async_backing_machine::{Core, Input, Instant, Never, Outbox, Output, Part, PeerEvent, Words};

/// A validator that does nothing but keep data: the part with a chain view of its own.
#[derive(Debug)]
pub struct Keeper {
	pub(super) chain: ChainView,
	pub(super) part: Availability,
}

/// What it hears and says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeeperWords {}

/// What happens around it that is no peer's doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
	/// The relay chain did something.
	Chain(ChainEvent),
	/// This validator executed a candidate.
	Executed(OwnData),
}

impl Words for KeeperWords {
	type Chain = Happening;
	type Identity = Identity;
	type View = Never;
	type Message = Never;
	type Request = AvailabilityRequest;
	type Response = AvailabilityResponse;
	type Job = AvailabilityJob;
	type Done = AvailabilityDone;
	type Proposing = Never;
	type Proposal = Never;
	type Event = AvailabilityEvent;
}

impl Part<KeeperWords> for AvailabilityWords {
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

impl Core for Keeper {
	type Words = KeeperWords;

	fn handle(&mut self, now: Instant, input: Input<KeeperWords>, out: &mut Outbox<KeeperWords>) {
		let Self { chain, part } = self;
		let input: Input<AvailabilityWords> = match input {
			Input::Chain(Happening::Chain(event)) => {
				let _ = chain.handle(event.clone());
				Input::Chain(event)
			}
			Input::Chain(Happening::Executed(own)) => {
				// What is not kept is nobody's fault here: blocks come and go.
				let keep = |out: &mut Outbox<AvailabilityWords>| part.store_coded(now, own, chain, out);
				let _ = out.part(keep, said);
				return;
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
		out.part(|out| part.handle(now, input, chain, out), said);
	}
}

/// The words of the part are those of the whole; its events are told to observers.
fn said(output: Output<AvailabilityWords>) -> Option<Output<KeeperWords>> {
	match output {
		Output::Event(event) => Some(Output::Event(event)),
		other => AvailabilityWords::output(other).ok(),
	}
}
