//! The candidates of one para, and which of them wait for a parent.
//!
//! Invariants: `waiting` lists exactly the stored candidates that no tree holds, but for those that are pending
//! availability at some leaf: they stay in any case. `waiting_on` counts them by relay parent.

use crate::{UnconnectedFull, UnconnectedLimits};
use alloc::{
	collections::{btree_map::Entry, BTreeMap},
	vec::Vec,
};
use async_backing_fragment_tree::{ByHash, Candidate, CandidateStorage, FragmentTree, PathRule};
use async_backing_primitives::{check_unconnected, CandidateHash, Hash};

#[derive(Debug, Default)]
pub(crate) struct Para {
	pub(crate) storage: CandidateStorage,
	waiting: ByHash<CandidateHash, Waiting>,
	waiting_on: BTreeMap<Hash, usize>,
	waiting_bytes: usize,
}

/// What is to know of a candidate that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
	relay_parent: Hash,
	bytes: usize,
}

impl From<&Candidate> for Waiting {
	fn from(candidate: &Candidate) -> Self {
		Self {
			relay_parent: candidate.relay_parent(),
			bytes: candidate.bytes(),
		}
	}
}

impl Para {
	/// Takes note that a stored candidate waits.
	pub(crate) fn wait(
		&mut self,
		candidate: CandidateHash,
		waiting: Waiting,
		limits: &UnconnectedLimits,
	) -> Result<(), UnconnectedFull> {
		let candidates = self.waiting.len().saturating_add(1);
		let total = self.waiting_bytes.saturating_add(waiting.bytes);
		if candidates > limits.max_candidates || total > limits.max_bytes {
			let UnconnectedLimits {
				max_candidates,
				max_bytes,
			} = *limits;
			return Err(UnconnectedFull {
				candidates,
				max_candidates,
				bytes: total,
				max_bytes,
			});
		}
		self.waiting.insert(candidate, waiting);
		*self.waiting_on.entry(waiting.relay_parent).or_default() += 1;
		self.waiting_bytes = total;
		Ok(())
	}

	/// Whether one more candidate may wait: there is room, or it waits already.
	pub(crate) fn has_room(&self, candidate: &Candidate, limits: &UnconnectedLimits) -> bool {
		let total = self.waiting_bytes.saturating_add(candidate.bytes());
		let is_room = self.waiting.len() < limits.max_candidates && total <= limits.max_bytes;
		is_room || self.waiting.contains_key(&candidate.hash())
	}

	/// Takes note that a candidate does not wait any more.
	pub(crate) fn joined(&mut self, candidate: CandidateHash) {
		let Some(Waiting { relay_parent, bytes }) = self.waiting.remove(&candidate) else {
			return;
		};
		self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
		if let Entry::Occupied(mut count) = self.waiting_on.entry(relay_parent) {
			*count.get_mut() -= 1;
			if *count.get() == 0 {
				count.remove();
			}
		}
	}

	/// How many candidates wait.
	pub(crate) fn waiting_len(&self) -> usize {
		self.waiting.len()
	}

	/// Candidates that wait, ascending.
	pub(crate) fn waiting(&self) -> impl Iterator<Item = CandidateHash> {
		let mut waiting: Vec<_> = self.waiting.keys().copied().collect();
		waiting.sort_unstable();
		waiting.into_iter()
	}

	/// Forgets what no tree holds and nothing speaks for (R-VIE-4). What was in a tree and waits now is counted like a
	/// newcomer, youngest relay parent first; returns what goes because too much waits already.
	pub(crate) fn prune<R: PathRule>(
		&mut self,
		trees: &[&FragmentTree<R>],
		limits: &UnconnectedLimits,
	) -> Vec<CandidateHash> {
		let mut loose = Vec::new();
		let waiting = &self.waiting;
		let gone = self.storage.retain(|stored| {
			let candidate = stored.candidate();
			if stored.is_in_tree() || is_pending(trees, candidate.hash()) {
				return true;
			}
			let waits = may_wait(trees, candidate);
			if waits && !waiting.contains_key(&candidate.hash()) {
				loose.push((
					candidate.relay_parent_number(),
					candidate.hash(),
					Waiting::from(candidate),
				));
			}
			waits
		});
		for hash in gone {
			self.joined(hash);
		}
		loose.sort_unstable_by_key(|(relay_parent, hash, _)| (core::cmp::Reverse(*relay_parent), *hash));
		let mut surplus = Vec::new();
		for (_, hash, waiting) in loose {
			if self.wait(hash, waiting, limits).is_err() {
				self.storage.remove(hash);
				surplus.push(hash);
			}
		}
		surplus
	}

	/// Whether the relay parents of all candidates that wait are in scope somewhere.
	pub(crate) fn waits_in_scope<R: PathRule>(&self, trees: &[&FragmentTree<R>]) -> bool {
		self.waiting_on.keys().all(|relay_parent| {
			trees
				.iter()
				.any(|tree| tree.scope().in_scope(*relay_parent).is_some())
		})
	}
}

fn is_pending<R: PathRule>(trees: &[&FragmentTree<R>], candidate: CandidateHash) -> bool {
	trees.iter().any(|tree| tree.scope().is_pending(candidate))
}

/// Whether a candidate that no tree holds may join one later (R-TRE-14): at some leaf, judged for itself, its relay parent
/// is in scope, no parent that it may follow is known, and nothing is wrong with it that a parent could not mend. What
/// another leaf knows makes no difference: the candidate may be out of scope there.
pub(crate) fn may_wait<R: PathRule>(trees: &[&FragmentTree<R>], candidate: &Candidate) -> bool {
	trees.iter().any(|tree| {
		tree.scope().place_in_time(candidate).is_ok_and(|relay_parent| {
			let base = tree.scope().base_constraints();
			!tree.has_parent_for(candidate.parent_head_hash(), relay_parent.number)
				&& check_unconnected(relay_parent, base, &candidate.as_fragment(false)).is_ok()
		})
	})
}
