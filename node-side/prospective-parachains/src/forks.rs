//! Views that keep one path of candidates for each para at each leaf ([`Selection::Chain`]).
//!
//! Invariant: with [`Selection::Tree`] nothing here does anything.

use crate::{view::View, Introduced, Selection};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_fragment_tree::{FragmentTree, HypotheticalCandidate, PathRule};
use async_backing_primitives::{CandidateHash, ParaId};

impl<R: PathRule> View<R> {
	/// Drops forks that lost, at each leaf, and forgets candidates that stand nowhere any more.
	pub(crate) fn drop_lost_forks(&mut self, para_id: ParaId) {
		if self.config.selection == Selection::Tree {
			return;
		}
		let mut gone = BTreeSet::new();
		for leaf in self.leaves.values_mut() {
			if let Some(tree) = leaf.trees.get_mut(&para_id) {
				gone.extend(tree.drop_lost_forks());
			}
		}
		let trees: Vec<_> = self
			.leaves
			.values()
			.filter_map(|leaf| leaf.trees.get(&para_id))
			.collect();
		let Some(para) = self.paras.get_mut(&para_id) else {
			return;
		};
		for hash in gone {
			let is_pending = trees.iter().any(|tree| tree.scope().is_pending(hash));
			let stands = para.storage.get(hash).is_some_and(|stored| stored.is_in_tree());
			if !is_pending && !stands {
				para.storage.remove(hash);
			}
		}
	}

	/// What introducing a candidate did, when forks that lost are dropped again.
	pub(crate) fn after_forks(
		&mut self,
		para_id: ParaId,
		hash: CandidateHash,
		introduced: Introduced,
	) -> Introduced {
		if self.config.selection == Selection::Tree {
			return introduced;
		}
		self.drop_lost_forks(para_id);
		let joined = introduced.joined.into_iter();
		Introduced {
			membership: self.membership(para_id, hash),
			joined: joined
				.filter(|candidate| self.candidate(para_id, *candidate).is_some())
				.collect(),
			refused: introduced.refused,
			unfit: introduced.unfit,
		}
	}

	/// Whether a candidate would be dropped from a tree as soon as it stood there.
	pub(crate) fn is_lost_fork(&self, tree: &FragmentTree<R>, candidate: HypotheticalCandidate<'_>) -> bool {
		let (hash, parent_head) = match candidate {
			HypotheticalCandidate::Complete(candidate) => (candidate.hash(), candidate.parent_head_hash()),
			HypotheticalCandidate::Incomplete {
				candidate_hash,
				parent_head_hash,
				..
			} => (candidate_hash, parent_head_hash),
		};
		self.config.selection == Selection::Chain && tree.is_lost_fork(parent_head, hash)
	}
}
