//! Candidates that leave their cores without being enacted, with all that build on them (R-TMO-5).

use super::Processing;
use crate::{Config, Event, Pallet};
use alloc::collections::BTreeSet;
use async_backing_primitives::{ports::Disputes, CandidateHash, CoreIndex};

/// What disputes freed in this block.
#[derive(Debug, Default)]
pub(super) struct Freed {
	/// Candidates that must not come back in this block (R-TMO-6).
	pub(super) candidates: BTreeSet<CandidateHash>,
	/// Their cores.
	pub(super) cores: BTreeSet<CoreIndex>,
}

impl<T: Config> Processing<T> {
	/// Step 6: drops candidates that a dispute concluded against, and their descendants.
	pub(super) fn free_concluded_invalid(&mut self) -> Freed {
		let mut freed = Freed::default();
		for para in self.pending.paras() {
			let is_invalid = |hash| T::Disputes::is_concluded_invalid(self.session, hash);
			let first = self
				.pending
				.of(para)
				.iter()
				.position(|candidate| is_invalid(candidate.hash));
			let Some(first) = first else { continue };
			for (candidate, _) in self.pending.take_from(para, first) {
				freed.candidates.insert(candidate.hash);
				freed.cores.insert(candidate.core);
			}
		}
		freed
	}

	/// Step 10: drops candidates that had their time (R-TMO-1, R-TMO-2), and their descendants, with an event for each
	/// (R-TMO-5).
	pub(super) fn free_timed_out(&mut self) {
		let timeouts = Pallet::<T>::timeouts();
		if !timeouts.is_active(self.now) {
			return;
		}
		for para in self.pending.paras() {
			let is_late = |backed_in| timeouts.times_out(backed_in, self.now);
			let first = self
				.pending
				.of(para)
				.iter()
				.position(|candidate| is_late(candidate.backed_in));
			let Some(first) = first else { continue };
			for (candidate, stored) in self.pending.take_from(para, first) {
				Pallet::<T>::deposit_event(Event::CandidateTimedOut {
					receipt: stored.to_plain(),
					head: stored.commitments.head_data,
					core: candidate.core,
				});
			}
		}
	}
}
