//! Whose answer comes back to whom.
//!
//! It holds what is open and nothing else: each request, job, batch and timer ends, by the driver's promise, and the parts
//! bound how much they have open.

use crate::NodeWords;
use async_backing_machine::{BatchId, JobId, Output, PeerId, RequestId, TimerId};
use std::collections::BTreeMap;

/// A part of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartName {
	Backing,
	Statements,
	Availability,
	Recovery,
	Collations,
	Bitfields,
	Codes,
}

/// Which part made what is open; of a request also who was asked.
#[derive(Debug, Default)]
pub(crate) struct Routes {
	requests: BTreeMap<RequestId, (PartName, PeerId)>,
	jobs: BTreeMap<JobId, PartName>,
	batches: BTreeMap<BatchId, PartName>,
	timers: BTreeMap<TimerId, PartName>,
}

impl Routes {
	/// A part wants something done that will come back, or not any more.
	pub(crate) fn note(&mut self, part: PartName, output: &Output<NodeWords>) {
		match output {
			Output::Request { id, peer, .. } => {
				self.requests.insert(*id, (part, *peer));
			}
			Output::Job { id, .. } => {
				self.jobs.insert(*id, part);
			}
			Output::Store(id, _) => {
				self.batches.insert(*id, part);
			}
			Output::SetTimer(id, _) => {
				self.timers.insert(*id, part);
			}
			Output::ClearTimer(id) => {
				self.timers.remove(id);
			}
			// A job that is cancelled ends all the same.
			Output::Cancel(_)
			| Output::Notify(..)
			| Output::Respond(..)
			| Output::Report(..)
			| Output::Proposal(..)
			| Output::Disconnect(_)
			| Output::Event(_) => {}
		}
	}

	/// Takes out who made a request, and who was asked. `None` if nobody waits for it: it is of before a crash.
	pub(crate) fn request(&mut self, id: RequestId) -> Option<(PartName, PeerId)> {
		self.requests.remove(&id)
	}

	/// Who wanted a job.
	#[cfg(feature = "laws")]
	pub(crate) fn wanted(&self, id: JobId) -> Option<PartName> {
		self.jobs.get(&id).copied()
	}

	/// Who made a request, and who was asked.
	#[cfg(feature = "laws")]
	pub(crate) fn asked(&self, id: RequestId) -> Option<(PartName, PeerId)> {
		self.requests.get(&id).copied()
	}

	/// Takes out who wanted a job.
	pub(crate) fn job(&mut self, id: JobId) -> Option<PartName> {
		self.jobs.remove(&id)
	}

	/// Takes out who wrote a batch.
	pub(crate) fn batch(&mut self, id: BatchId) -> Option<PartName> {
		self.batches.remove(&id)
	}

	/// Takes out who set a timer. `None` if it was cleared meanwhile.
	pub(crate) fn timer(&mut self, id: TimerId) -> Option<PartName> {
		self.timers.remove(&id)
	}

	/// How much is open.
	pub(crate) fn len(&self) -> usize {
		self.requests.len() + self.jobs.len() + self.batches.len() + self.timers.len()
	}
}
