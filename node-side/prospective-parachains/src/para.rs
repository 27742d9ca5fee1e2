//! The candidates of one para, and which of them wait for a parent.
//!
//! Invariant: `waiting` lists exactly the stored candidates that no tree holds, with their sizes, but for those that are
//! pending availability at some leaf: they stay in any case.

use crate::{UnconnectedFull, UnconnectedLimits};
use alloc::{collections::BTreeMap, vec::Vec};
use async_backing_fragment_tree::{Candidate, CandidateStorage, FragmentTree, PathRule};
use async_backing_primitives::{check_unconnected, CandidateHash};

#[derive(Debug, Default)]
pub(crate) struct Para {
	pub(crate) storage: CandidateStorage,
	waiting: BTreeMap<CandidateHash, usize>,
	waiting_bytes: usize,
}

impl Para {
	/// Takes note that a stored candidate waits.
	pub(crate) fn wait(
		&mut self,
		candidate: CandidateHash,
		bytes: usize,
		limits: &UnconnectedLimits,
	) -> Result<(), UnconnectedFull> {
		let candidates = self.waiting.len().saturating_add(1);
		let total = self.waiting_bytes.saturating_add(bytes);
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
		self.waiting.insert(candidate, bytes);
		self.waiting_bytes = total;
		Ok(())
	}

	/// Takes note that some tree holds a candidate now.
	pub(crate) fn joined(&mut self, candidate: CandidateHash) {
		if let Some(bytes) = self.waiting.remove(&candidate) {
			self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
		}
	}

	/// Candidates that wait.
	pub(crate) fn waiting(&self) -> impl Iterator<Item = CandidateHash> + '_ {
		self.waiting.keys().copied()
	}

	/// Forgets what no tree holds and nothing speaks for (R-VIE-4), then what waits beyond the limits, oldest relay
	/// parent first. Returns what went because of the limits.
	pub(crate) fn prune<R: PathRule>(
		&mut self,
		trees: &[&FragmentTree<R>],
		limits: &UnconnectedLimits,
	) -> Vec<CandidateHash> {
		self.waiting.clear();
		self.waiting_bytes = 0;
		let mut waiting = Vec::new();
		self.storage.retain(|stored| {
			let candidate = stored.candidate();
			if stored.is_in_tree() || is_pending(trees, candidate.hash()) {
				return true;
			}
			let waits = may_wait(trees, candidate);
			if waits {
				waiting.push((
					candidate.relay_parent_number(),
					candidate.hash(),
					candidate.bytes(),
				));
			}
			waits
		});
		waiting.sort_unstable_by_key(|(relay_parent, hash, _)| (core::cmp::Reverse(*relay_parent), *hash));
		let mut surplus = Vec::new();
		for (_, hash, bytes) in waiting {
			if self.wait(hash, bytes, limits).is_err() {
				self.storage.remove(hash);
				surplus.push(hash);
			}
		}
		surplus
	}
}

fn is_pending<R: PathRule>(trees: &[&FragmentTree<R>], candidate: CandidateHash) -> bool {
	trees.iter().any(|tree| tree.scope().is_pending(candidate))
}

/// Whether a candidate that no tree holds may join one later (R-TRE-14): its parent head is unknown in all trees, and
/// at some leaf its relay parent is in scope and nothing is wrong with it that a parent could not mend.
pub(crate) fn may_wait<R: PathRule>(trees: &[&FragmentTree<R>], candidate: &Candidate) -> bool {
	let parent_is_known = |tree: &&FragmentTree<R>| tree.head_data(candidate.parent_head_hash()).is_some();
	!trees.iter().any(parent_is_known)
		&& trees.iter().any(|tree| {
			tree.scope()
				.in_scope(candidate.relay_parent())
				.is_some_and(|relay_parent| {
					let base = tree.scope().base_constraints();
					check_unconnected(relay_parent, base, &candidate.as_fragment(false)).is_ok()
				})
		})
}
