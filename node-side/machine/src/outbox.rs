//! Where a core puts what it wants done.

use crate::{
	Batch, BatchId, Instant, JobId, Judgement, Output, PeerId, Priority, ProposeId, Recipients, Refusal,
	RequestId, Ticket, TimerId, Words,
};
use std::{collections::VecDeque, time::Duration};

/// Outputs that an outbox holds between two visits of its driver, unless it is made for another number.
pub const DEFAULT_ROOM: usize = 4096;

/// What a core wants done, in order; and the source of its ids.
///
/// Bounded: what a core can do without (messages, requests, jobs, reports, events) is refused and counted when there is no
/// room. What it owes somebody, or itself, always has room: answers, proposals, batches, timers, cancellations, the end of a
/// connection; an input makes few of them.
///
/// Ids are unique for as long as the outbox lives. A driver that starts a core again after a crash gives it an outbox with
/// another [`first id`](Self::starting_at), or forgets what was under way.
#[derive(Debug)]
pub struct Outbox<W: Words> {
	outputs: VecDeque<Output<W>>,
	room: usize,
	next_id: u64,
	refused: u64,
}

impl<W: Words> Default for Outbox<W> {
	fn default() -> Self {
		Self::new(DEFAULT_ROOM)
	}
}

impl<W: Words> Outbox<W> {
	/// An outbox with room for so many outputs that can be refused.
	pub fn new(room: usize) -> Self {
		Self {
			outputs: VecDeque::new(),
			room,
			next_id: 0,
			refused: 0,
		}
	}

	/// The same, whose ids begin at `first`.
	pub fn starting_at(self, first: u64) -> Self {
		Self {
			next_id: first,
			..self
		}
	}

	/// Makes room in memory at once, so that no single input pays for it.
	#[cfg(feature = "laws")]
	pub(crate) fn reserve(&mut self) {
		self.outputs.reserve(self.room);
	}

	/// Takes the oldest output out.
	pub fn pop(&mut self) -> Option<Output<W>> {
		self.outputs.pop_front()
	}

	/// Takes all outputs out, oldest first.
	pub fn drain(&mut self) -> impl Iterator<Item = Output<W>> + '_ {
		self.outputs.drain(..)
	}

	/// Number of outputs that wait for the driver.
	pub fn len(&self) -> usize {
		self.outputs.len()
	}

	/// Whether none waits.
	pub fn is_empty(&self) -> bool {
		self.outputs.is_empty()
	}

	/// Outputs that wait, oldest first.
	pub fn iter(&self) -> impl Iterator<Item = &Output<W>> + '_ {
		self.outputs.iter()
	}

	/// How many more outputs that can be refused it has room for.
	pub fn free(&self) -> usize {
		self.room.saturating_sub(self.outputs.len())
	}

	/// The id that it gives next, of whatever kind.
	pub fn next_id(&self) -> u64 {
		self.next_id
	}

	/// How many outputs found no room so far.
	pub fn refused(&self) -> u64 {
		self.refused
	}

	/// Says this to peers. `false` if there is no room. To nobody costs nothing.
	pub fn notify(&mut self, to: Recipients, message: W::Message) -> bool {
		to.as_slice().is_empty() || self.push(Output::Notify(to, message))
	}

	/// Asks a peer. `None` if there is no room: the request has not been made.
	pub fn request(&mut self, peer: PeerId, request: W::Request, timeout: Duration) -> Option<RequestId> {
		let id = RequestId(self.id());
		let output = Output::Request {
			id,
			peer,
			request,
			timeout,
		};
		self.push(output).then_some(id)
	}

	/// Answers a request of somebody.
	pub fn respond(&mut self, ticket: Ticket, answer: Result<W::Response, Refusal>) {
		self.outputs.push_back(Output::Respond(ticket, answer));
	}

	/// Changes what is thought of a peer (R-NET-114).
	pub fn report(&mut self, peer: PeerId, judgement: Judgement) {
		self.push(Output::Report(peer, judgement));
	}

	/// Has a job done. `None` if there is no room: the job has not been begun.
	pub fn job(&mut self, priority: Priority, deadline: Instant, job: W::Job) -> Option<JobId> {
		let id = JobId(self.id());
		let output = Output::Job {
			id,
			priority,
			deadline,
			job,
		};
		self.push(output).then_some(id)
	}

	/// A job is of no use any more.
	pub fn cancel(&mut self, job: JobId) {
		self.outputs.push_back(Output::Cancel(job));
	}

	/// Writes a batch.
	pub fn store(&mut self, batch: Batch) -> BatchId {
		let id = BatchId(self.id());
		self.outputs.push_back(Output::Store(id, batch));
		id
	}

	/// Sets a timer.
	pub fn set_timer(&mut self, at: Instant) -> TimerId {
		let id = TimerId(self.id());
		self.outputs.push_back(Output::SetTimer(id, at));
		id
	}

	/// Clears a timer. It may have run out already.
	pub fn clear_timer(&mut self, timer: TimerId) {
		self.outputs.push_back(Output::ClearTimer(timer));
	}

	/// Answers a question for a proposal.
	pub fn propose(&mut self, id: ProposeId, proposal: W::Proposal) {
		self.outputs.push_back(Output::Proposal(id, proposal));
	}

	/// Lets a peer go.
	pub fn disconnect(&mut self, peer: PeerId) {
		self.outputs.push_back(Output::Disconnect(peer));
	}

	/// Lets observers know.
	pub fn event(&mut self, event: W::Event) {
		self.push(Output::Event(event));
	}

	/// Lets a part of a core speak its own words: it gets an outbox with the room and the ids of this one, and what it puts
	/// there comes here, put in words of the whole by `translate`. Outputs for which `translate` has no words are consumed
	/// by it: that is how a part speaks to its neighbours.
	pub fn part<P: Words, R>(
		&mut self,
		run: impl FnOnce(&mut Outbox<P>) -> R,
		mut translate: impl FnMut(Output<P>) -> Option<Output<W>>,
	) -> R {
		let mut part = Outbox::new(self.free()).starting_at(self.next_id);
		let result = run(&mut part);
		self.next_id = part.next_id;
		self.refused = self.refused.saturating_add(part.refused);
		self.outputs
			.extend(part.outputs.into_iter().filter_map(&mut translate));
		result
	}

	fn id(&mut self) -> u64 {
		let id = self.next_id;
		self.next_id = id.wrapping_add(1);
		id
	}

	/// `false` if there is no room.
	fn push(&mut self, output: Output<W>) -> bool {
		let has_room = self.outputs.len() < self.room;
		if has_room {
			self.outputs.push_back(output);
		} else {
			self.refused = self.refused.saturating_add(1);
		}
		has_room
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Cost, Never};

	#[derive(Clone, Debug, PartialEq)]
	struct Whole;
	#[derive(Clone, Debug, PartialEq)]
	struct Half;

	macro_rules! words {
		($name:ident, $event:ty) => {
			impl Words for $name {
				type Chain = Never;
				type Identity = ();
				type View = Never;
				type Message = u8;
				type Request = u8;
				type Response = u8;
				type Job = u8;
				type Done = u8;
				type Proposing = Never;
				type Proposal = u8;
				type Event = $event;
			}
		};
	}
	words!(Whole, String);
	words!(Half, u8);

	impl crate::Part<Whole> for Half {
		fn message(message: u8) -> u8 {
			message + 100
		}
		fn request(request: u8) -> u8 {
			request
		}
		fn response(response: u8) -> u8 {
			response
		}
		fn job(job: u8) -> u8 {
			job
		}
	}

	const SECOND: Duration = Duration::from_secs(1);

	#[test]
	fn what_can_be_done_without_is_refused_and_counted_above_the_room() {
		let mut out = Outbox::<Whole>::new(2);
		assert!(out.notify(Recipients::Peer(PeerId(1)), 1));
		let request = out.request(PeerId(1), 1, SECOND);
		assert_eq!(request, Some(RequestId(0)));
		assert_eq!(out.request(PeerId(1), 2, SECOND), None);
		assert_eq!(out.job(Priority::High, SECOND, 1), None);
		assert!(!out.notify(Recipients::Peers(vec![PeerId(1)]), 1));
		out.report(PeerId(1), Judgement::Cost(Cost::Minor, "test"));
		out.event("event".into());
		assert_eq!((out.len(), out.refused()), (2, 5));
		// What is owed has room always.
		out.respond(Ticket(1), Err(Refusal::Busy));
		out.propose(ProposeId(1), 1);
		out.cancel(JobId(9));
		let ids = (out.store(Batch::default()), out.set_timer(SECOND));
		out.clear_timer(ids.1);
		assert_eq!((out.len(), out.refused()), (8, 5));
		assert_eq!(out.drain().count(), 8);
		assert!(out.request(PeerId(1), 2, SECOND).is_some(), "there is room again");
	}

	#[test]
	fn a_message_to_nobody_takes_no_room() {
		let mut out = Outbox::<Whole>::new(0);
		assert!(out.notify(Recipients::Peers(Vec::new()), 1));
		assert_eq!((out.len(), out.refused()), (0, 0));
	}

	#[test]
	fn ids_are_unique_over_kinds_and_parts_and_start_where_the_driver_says() {
		let mut out = Outbox::<Whole>::default().starting_at(7);
		let first = out.request(PeerId(1), 1, SECOND);
		let of_part = out.part(
			|part: &mut Outbox<Half>| part.job(Priority::Low, SECOND, 1),
			|output| <Half as crate::Part<Whole>>::output(output).ok(),
		);
		let last = out.set_timer(SECOND);
		assert_eq!(
			(first, of_part, last),
			(Some(RequestId(7)), Some(JobId(8)), TimerId(9))
		);
	}

	#[test]
	fn a_part_speaks_in_the_words_of_the_whole_and_to_its_neighbours() {
		let mut out = Outbox::<Whole>::new(8);
		out.event("before".into());
		let mut heard = Vec::new();
		out.part(
			|part: &mut Outbox<Half>| {
				part.notify(Recipients::Peer(PeerId(1)), 1);
				part.event(2);
				part.propose(ProposeId(3), 4);
				part.notify(Recipients::Peer(PeerId(1)), 5);
			},
			|output| match <Half as crate::Part<Whole>>::output(output) {
				Ok(output) => Some(output),
				Err(said) => {
					heard.push(said);
					None
				}
			},
		);
		let one = Recipients::Peer(PeerId(1));
		let outputs: Vec<_> = out.drain().collect();
		assert_eq!(
			outputs,
			[
				Output::Event("before".into()),
				Output::Notify(one.clone(), 101),
				Output::Notify(one, 105),
			]
		);
		assert_eq!(heard, [crate::Said::Event(2), crate::Said::Proposal(4)]);
		assert_eq!(out.refused(), 0);
	}

	#[test]
	fn a_part_has_the_room_that_is_left() {
		let mut out = Outbox::<Whole>::new(2);
		out.event("one".into());
		out.part(
			|part: &mut Outbox<Half>| {
				assert!(part.notify(Recipients::Peer(PeerId(1)), 1));
				assert!(!part.notify(Recipients::Peer(PeerId(1)), 2));
			},
			|output| <Half as crate::Part<Whole>>::output(output).ok(),
		);
		assert_eq!((out.len(), out.refused()), (2, 1));
	}
}
