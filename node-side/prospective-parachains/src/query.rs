//! What one may ask a view (R-VIE-7 to R-VIE-10, R-IMP-1).

use crate::view::View;
use alloc::vec::Vec;
use async_backing_fragment_tree::{
	Backable, Candidate, CandidateState, FragmentTree, HypotheticalCandidate, PathRule, PathStep,
};
use async_backing_primitives::{BlockNumber, CandidateHash, Hash, ParaId, RelayChainBlockInfo};

/// Leaves at which a candidate stands, ascending, with its depths there, ascending. Leaves where it does not stand are
/// left out (R-TRE-13).
pub type Membership = Vec<(Hash, Vec<u32>)>;

impl<R: PathRule> View<R> {
	/// Active leaves, ascending by hash.
	pub fn leaves(&self) -> impl Iterator<Item = &RelayChainBlockInfo> {
		self.leaves.values().map(|leaf| &leaf.block)
	}

	/// The tree of a para at a leaf, if both are known.
	pub fn tree(&self, leaf: Hash, para: ParaId) -> Option<&FragmentTree<R>> {
		self.leaves.get(&leaf)?.trees.get(&para)
	}

	/// The trees at a leaf, ascending by para.
	pub fn trees_at(&self, leaf: Hash) -> impl Iterator<Item = (ParaId, &FragmentTree<R>)> {
		self.leaves
			.get(&leaf)
			.into_iter()
			.flat_map(|leaf| &leaf.trees)
			.map(|(para, tree)| (*para, tree))
	}

	pub(crate) fn trees_of(&self, para: ParaId) -> impl Iterator<Item = (Hash, &FragmentTree<R>)> {
		self.leaves
			.iter()
			.filter_map(move |(leaf, at)| Some((*leaf, at.trees.get(&para)?)))
	}

	/// The candidate, if it is in store.
	pub fn candidate(&self, para: ParaId, candidate: CandidateHash) -> Option<&Candidate> {
		Some(self.paras.get(&para)?.storage.get(candidate)?.candidate())
	}

	/// Candidates of a para that are in store, in trees or waiting.
	pub fn candidate_count(&self, para: ParaId) -> usize {
		self.paras.get(&para).map_or(0, |para| para.storage.len())
	}

	/// Candidates of a para that wait for a parent, ascending (R-TRE-14). Cost: sorts them.
	pub fn waiting(&self, para: ParaId) -> impl Iterator<Item = CandidateHash> + '_ {
		self.paras.get(&para).into_iter().flat_map(|para| para.waiting())
	}

	/// Where a candidate stands (R-TRE-13). Cost: for each of l trees [`FragmentTree::depths`].
	pub fn membership(&self, para: ParaId, candidate: CandidateHash) -> Membership {
		let depths = self
			.trees_of(para)
			.map(|(leaf, tree)| (leaf, tree.depths(candidate)));
		depths.filter(|(_, depths)| !depths.is_empty()).collect()
	}

	/// Where a candidate stands or would stand if it were introduced, at one leaf or at all (R-VIE-10, R-TRE-12). With
	/// `backed_in_path_only` only after candidates that are all backed.
	///
	/// Cost: for each tree [`FragmentTree::hypothetical_depths`].
	pub fn hypothetical_membership(
		&self,
		at_leaf: Option<Hash>,
		para: ParaId,
		candidate: HypotheticalCandidate<'_>,
		backed_in_path_only: bool,
	) -> Membership {
		self.trees_of(para)
			.filter(|(leaf, _)| at_leaf.is_none_or(|wanted| wanted == *leaf))
			.filter(|(_, tree)| !self.is_lost_fork(tree, candidate))
			.map(|(leaf, tree)| (leaf, tree.hypothetical_depths(candidate, backed_in_path_only)))
			.filter(|(_, depths)| !depths.is_empty())
			.collect()
	}

	/// Where a candidate would stand after candidates that are all seconded or backed: somebody vouches for each of them
	/// (R-BAK-5). Cost: as [`hypothetical_membership`](Self::hypothetical_membership).
	pub fn vouched_membership(&self, para: ParaId, candidate: HypotheticalCandidate<'_>) -> Membership {
		let storage = self.paras.get(&para).map(|para| &para.storage);
		let is_vouched = |above: &Candidate| {
			storage
				.and_then(|storage| storage.get(above.hash()))
				.is_some_and(|stored| stored.state() >= CandidateState::Seconded)
		};
		self.trees_of(para)
			.filter(|(_, tree)| !self.is_lost_fork(tree, candidate))
			.map(|(leaf, tree)| (leaf, tree.hypothetical_depths_below(candidate, is_vouched)))
			.filter(|(_, depths)| !depths.is_empty())
			.collect()
	}

	/// The best candidates for the child of a leaf after `required_path`, at most `count`, each building on the one before
	/// (R-VIE-7, R-SEL-3). Nothing if the leaf is not active or does not schedule the para.
	///
	/// The path ends before a candidate that may not occupy the core it names (R-FRG-17). That is judged by the claim
	/// queue of its scheduling parent, as the chain does it (R-REL-7), whether that block was a leaf here or not. Only
	/// where [`LeafFacts`](async_backing_primitives::LeafFacts) did not tell its claim queue it is left to the chain.
	///
	/// Cost: [`FragmentTree::select_children`], and for each candidate whose choice of a core is not that of the one before
	/// a logarithmic lookup, linear in the cores of the para where it selects none.
	pub fn get_backable(
		&self,
		leaf: Hash,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
	) -> Vec<Backable> {
		let Some(tree) = self.tree(leaf, para) else {
			return Vec::new();
		};
		let backable = Vec::with_capacity(count.min(tree.scope().max_depth() as usize + 1));
		self.take_judged(para, tree.select_children(required_path, count).steps(), backable)
	}

	/// As [`get_backable`](Self::get_backable), as if candidates of which `may_back` says no were not backed: for those
	/// that have their quorum somewhere, but not with the votes that count at this leaf (R-BAK-14).
	///
	/// Cost: [`FragmentTree::select_children_where`], and the same for choices of cores.
	pub fn get_backable_where(
		&self,
		leaf: Hash,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
		may_back: impl FnMut(&Backable) -> bool,
	) -> Vec<Backable> {
		let Some(tree) = self.tree(leaf, para) else {
			return Vec::new();
		};
		let steps = tree.select_children_where(required_path, count, may_back);
		let backable = Vec::with_capacity(steps.len());
		self.take_judged(para, steps.into_iter(), backable)
	}

	/// Takes the steps of a path up to the first that may not occupy its core.
	#[inline]
	fn take_judged<'a>(
		&self,
		para: ParaId,
		steps: impl Iterator<Item = PathStep<'a>>,
		mut backable: Vec<Backable>,
	) -> Vec<Backable> {
		// Neighbours mostly make the same choice, which then is judged once.
		let mut judged: Option<PathStep<'_>> = None;
		for step in steps {
			let is_judged = judged.is_some_and(|judged| step.is_known_to_choose_as(judged));
			if !is_judged {
				if !self.may_occupy_its_core(para, step, judged) {
					break;
				}
				judged = Some(step);
			}
			// Pushing it would copy it twice.
			backable.extend_from_slice(core::slice::from_ref(step.backable()));
		}
		backable
	}

	/// Whether a candidate may occupy the core that it names, given one that may. Called once for most paths, and kept out
	/// of the loop over them, which is lean without it.
	#[inline(never)]
	fn may_occupy_its_core(&self, para: ParaId, step: PathStep<'_>, judged: Option<PathStep<'_>>) -> bool {
		let choice = step.core_choice();
		if judged.is_some_and(|judged| judged.core_choice() == choice) {
			return true;
		}
		let assigned = self.assigned_cores.get(&choice.scheduling_parent);
		let (Some(core), Some(assigned)) = (choice.core_index, assigned) else {
			return true;
		};
		choice
			.selection
			.is_ok_and(|selection| assigned.of(para).check(core, selection).is_ok())
	}

	/// For each para with a tree at a leaf, the number of the oldest relay parent in scope (R-VIE-8); nothing if the leaf
	/// is not active.
	pub fn minimum_relay_parents(&self, leaf: Hash) -> Vec<(ParaId, BlockNumber)> {
		self.trees_at(leaf)
			.map(|(para, tree)| (para, tree.scope().earliest_relay_parent().number))
			.collect()
	}

	/// Relay blocks that are legal relay parents at a leaf, newest first: for one para, or for any (R-IMP-1). Nothing for
	/// a para without tree.
	pub fn allowed_relay_parents(&self, leaf: Hash, para: Option<ParaId>) -> Vec<Hash> {
		let scopes = self
			.trees_at(leaf)
			.filter(|(id, _)| para.is_none_or(|wanted| wanted == *id));
		let longest = scopes
			.map(|(_, tree)| tree.scope())
			.max_by_key(|scope| scope.ancestors().len());
		longest
			.into_iter()
			.flat_map(|scope| core::iter::once(scope.relay_parent()).chain(scope.ancestors()))
			.map(|block| block.hash)
			.collect()
	}
}
