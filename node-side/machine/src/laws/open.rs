//! What is under way.

use super::Choices;
use crate::{
	Batch, BatchId, Instant, JobId, Output, PeerId, Priority, ProposeId, RequestId, Snapshot, Ticket,
	TimerId, Words,
};
use std::collections::{BTreeMap, VecDeque};

/// What is under way around a core: who is connected, and all that has begun and not ended.
#[derive(Clone, Debug)]
pub struct Open<W: Words> {
	/// The time.
	pub now: Instant,
	/// Who is connected.
	pub peers: BTreeMap<PeerId, W::Identity>,
	/// Requests of the core.
	pub requests: BTreeMap<RequestId, OpenRequest<W>>,
	/// Jobs of the core.
	pub jobs: BTreeMap<JobId, OpenJob<W>>,
	/// Requests of peers.
	pub tickets: BTreeMap<Ticket, PeerId>,
	/// Timers.
	pub timers: BTreeMap<TimerId, Instant>,
	/// Batches that are not stored yet, oldest first.
	pub batches: VecDeque<(BatchId, Batch)>,
	/// Questions for a proposal, with the time until which an answer is of use.
	pub proposals: BTreeMap<ProposeId, Instant>,
	/// What is stored.
	pub stored: Snapshot,
	/// A peer that says more than all others at the moment. A world that lets it speak sees what is bounded for each peer.
	pub loud: Option<PeerId>,
	/// Whether the core had more to say to the last input than there was room for.
	pub has_no_room: bool,
}

/// A request of the core.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRequest<W: Words> {
	/// Who is asked.
	pub peer: PeerId,
	/// What.
	pub request: W::Request,
	/// When it ends at the latest.
	pub deadline: Instant,
	/// The core's round of questions in which it was made.
	pub round: u64,
}

/// A job of the core.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenJob<W: Words> {
	/// What may wait for what.
	pub priority: Priority,
	/// When it is of no use any more.
	pub deadline: Instant,
	/// The work.
	pub job: W::Job,
	/// Whether the core has cancelled it.
	pub is_cancelled: bool,
}

impl<W: Words> Default for Open<W> {
	fn default() -> Self {
		Self {
			now: Instant::ZERO,
			peers: BTreeMap::new(),
			requests: BTreeMap::new(),
			jobs: BTreeMap::new(),
			tickets: BTreeMap::new(),
			timers: BTreeMap::new(),
			batches: VecDeque::new(),
			proposals: BTreeMap::new(),
			stored: Snapshot::default(),
			loud: None,
			has_no_room: false,
		}
	}
}

impl<W: Words> Open<W> {
	/// Whether something will be told the core without anybody doing anything.
	pub fn is_something_coming(&self) -> bool {
		!(self.requests.is_empty()
			&& self.jobs.is_empty()
			&& self.timers.is_empty()
			&& self.batches.is_empty())
	}

	/// How much has begun and not ended.
	pub fn len(&self) -> usize {
		[
			self.requests.len(),
			self.jobs.len(),
			self.timers.len(),
			self.batches.len(),
		]
		.iter()
		.sum()
	}

	/// Whether nothing has begun that has not ended.
	pub fn is_empty(&self) -> bool {
		!self.is_something_coming()
	}

	/// Whoever is loud, or else one of all that are there.
	pub fn speaker(&self, choices: &mut Choices<'_>) -> Option<PeerId> {
		let loud = self.loud.filter(|loud| self.peers.contains_key(loud));
		loud.or_else(|| choices.pick_from(self.peers.keys()).copied())
	}

	/// Whether nobody but this peer sees the output: it is for the peer itself, for the driver, or for observers.
	pub fn is_between_us(&self, peer: PeerId, output: &Output<W>) -> bool {
		match output {
			Output::Notify(to, _) => to.as_slice().iter().all(|to| *to == peer),
			Output::Request { peer: to, .. } => *to == peer,
			Output::Respond(ticket, answer) => {
				answer.is_err() || self.tickets.get(ticket).is_none_or(|to| *to == peer)
			}
			Output::Store(..) | Output::Proposal(..) => false,
			Output::Report(..)
			| Output::Job { .. }
			| Output::Cancel(_)
			| Output::SetTimer(..)
			| Output::ClearTimer(_)
			| Output::Disconnect(_)
			| Output::Event(_) => true,
		}
	}

	/// What a crash leaves: the time, and what is stored.
	pub(super) fn crash(&mut self) {
		*self = Self {
			now: self.now,
			stored: std::mem::take(&mut self.stored),
			..Self::default()
		};
	}
}
