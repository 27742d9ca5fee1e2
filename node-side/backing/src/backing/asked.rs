//! What the laws ask of backing beside what everybody may ask.

use super::{Backing, JobOf, Work};
use crate::promises::{PromiseId, Stage};
use async_backing_machine::JobId;
use async_backing_primitives::{BlockNumber, Hash};
use std::collections::BTreeSet;

impl Backing {
	/// Law 3: how much it takes for open.
	pub fn taken_for_open(&self) -> usize {
		self.jobs.len() + self.requests.len() + self.batches.len() + usize::from(self.wake.is_some())
	}

	/// Law 3: how many timers it waits for.
	pub fn timers_of_use(&self) -> usize {
		usize::from(self.wake.is_some())
	}

	/// Law 3: whether anything follows from the end of this job.
	pub fn is_of_use(&self, job: JobId) -> bool {
		match self.jobs.get(&job) {
			None => false,
			Some(JobOf::Validate(candidate)) => {
				let state = self.candidates.get(candidate);
				state.is_some_and(|state| matches!(state.work, Work::Validating { job: of, .. } if of == job))
			}
			// A signature takes less than telling somebody that it is not wanted.
			Some(JobOf::Sign(_) | JobOf::Recall(_)) => true,
		}
	}

	/// Law 3: most votes of one validator at one relay parent that wait for their candidates.
	pub(crate) fn most_early(&self) -> usize {
		let parents = self.relay_parents.values();
		parents.map(|parent| parent.early.most()).max().unwrap_or(0)
	}

	/// Law 3: most candidates that one validator seconded at one relay parent.
	pub(crate) fn most_seconded(&self) -> usize {
		let parents = self.relay_parents.values();
		parents
			.map(|parent| parent.table.most_seconded())
			.max()
			.unwrap_or(0)
	}

	/// Law 3: relay parents of which anything is kept but promises.
	pub(crate) fn relay_parents_held(&self) -> BTreeSet<Hash> {
		let candidates = self.candidates.values().map(|state| state.scheduling_parent);
		candidates.chain(self.relay_parents.keys().copied()).collect()
	}

	/// Number of the oldest relay parent with a promise.
	pub(crate) fn oldest_promise(&self) -> Option<BlockNumber> {
		self.promises
			.iter()
			.map(|(_, promise)| promise.intent.number)
			.min()
	}

	/// Number of promises.
	pub(crate) fn promise_count(&self) -> usize {
		self.promises.iter().count()
	}

	/// Bytes of what is in scope or waits: candidates, and something for each statement.
	pub(crate) fn held(&self) -> usize {
		let statements: usize = self
			.relay_parents
			.values()
			.map(|parent| parent.statements())
			.sum();
		self.bytes() + 1024 * (self.candidates.len() + statements + self.relay_parents.len())
	}

	/// Promises that have been kept, and those that are not going to be.
	pub(crate) fn kept_and_lost(&self) -> (Vec<PromiseId>, Vec<PromiseId>) {
		let at = |stage: Stage| {
			let promises = self.promises.iter();
			let at = promises.filter(|(_, promise)| promise.stage == stage);
			at.map(|(id, _)| id).collect()
		};
		(at(Stage::Shared), at(Stage::Lost))
	}
}
