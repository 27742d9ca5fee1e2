//! Leaves come and go (R-VIE-2 to R-VIE-4).

use crate::{
	view::{Diagnostics, Leaf, View},
	Diagnostic,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	vec::Vec,
};
use async_backing_fragment_tree::{Candidate, FragmentTree, PathRule, PendingAvailability, Scope};
use async_backing_primitives::{
	AssignedCores, CandidateHash, CandidatePendingAvailability, ExtendedConstraints, Hash, HeadData,
	LeafFacts, ParaAtLeaf, ParaId,
};

/// What a change of leaves did. What was strange is said here and nowhere else.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeavesUpdated {
	/// Leaves that are active now and were not before, ascending.
	pub activated: Vec<Hash>,
	/// What was strange about paras at these leaves.
	pub diagnostics: Vec<(Hash, ParaId, Diagnostic)>,
	/// Candidates that were waiting for a parent, and went because too many did (R-TRE-14). Others that no leaf has use
	/// for go without mention (R-VIE-4).
	pub surplus: Vec<(ParaId, CandidateHash)>,
}

impl<R: PathRule> View<R> {
	/// Takes in leaves, then lets others go (R-VIE-2 to R-VIE-4, R-IMP-2). A leaf in both lists is ignored, as is one
	/// that is active already and one to deactivate that is not.
	///
	/// Each para scheduled at a new leaf gets a tree of all candidates in store, carried over from the tree of the leaf
	/// below it where that is active still. So activate a leaf before its parent goes, best in one call. What goes wrong
	/// for one para does not touch others (R-VIE-3).
	///
	/// Cost: for each new leaf and para [`FragmentTree::carried_over`]; then O(s) for s candidates in store.
	pub fn update_leaves(&mut self, activated: &[LeafFacts], deactivated: &[Hash]) -> LeavesUpdated {
		let gone: BTreeSet<_> = deactivated.iter().copied().collect();
		let mut update = LeavesUpdated::default();
		for facts in activated {
			let leaf = facts.block.hash;
			if !gone.contains(&leaf) && !self.leaves.contains_key(&leaf) {
				self.activate(facts, &mut update.diagnostics);
				update.activated.push(leaf);
			}
		}
		update.activated.sort_unstable();
		let new = |leaf: &Hash| activated.iter().any(|facts| facts.block.hash == *leaf);
		let left: Vec<_> = gone
			.iter()
			.filter(|leaf| !new(leaf))
			.filter_map(|leaf| self.leaves.remove(leaf))
			.collect();
		if !left.is_empty() {
			self.prune(left, &mut update.surplus);
		}
		for facts in activated {
			for para in facts.paras.keys() {
				self.drop_lost_forks(*para);
			}
		}
		update
	}

	fn activate(&mut self, facts: &LeafFacts, diagnostics: &mut Diagnostics) {
		let leaf_hash = facts.block.hash;
		let mut leaf = Leaf {
			block: facts.block,
			ancestors: facts.ancestors.clone(),
			trees: BTreeMap::new(),
			heads: BTreeMap::new(),
		};
		for (para_id, at_leaf) in &facts.paras {
			let mut note = |diagnostic| diagnostics.push((leaf_hash, *para_id, diagnostic));
			let pending = self.take_in_pending(facts, *para_id, at_leaf, &mut note);
			let base = ExtendedConstraints {
				constraints: at_leaf.backing_state.constraints.clone(),
				extension: at_leaf.extension.clone(),
			};
			let depth = facts.params.max_candidate_depth;
			let ancestors = facts.ancestors.iter().copied();
			match Scope::with_ancestors(*para_id, facts.block, base, pending, depth, ancestors) {
				Ok(scope) => {
					let tree = self.build_tree(facts, scope, &mut note);
					leaf.trees.insert(*para_id, tree);
					let included = &at_leaf.backing_state.constraints.required_parent;
					leaf.heads.insert(*para_id, Arc::new(included.clone()));
				}
				Err(error) => note(error.into()),
			}
		}
		self.assigned_cores
			.insert(leaf_hash, AssignedCores::from(&facts.claim_queue));
		for (ancestor, claim_queue) in &facts.ancestor_claim_queues {
			self.assigned_cores
				.entry(*ancestor)
				.or_insert_with(|| AssignedCores::from(claim_queue));
		}
		self.leaves.insert(leaf_hash, leaf);
	}

	/// The tree of a scope: carried over from that of the nearest ancestor that is a leaf still, else built from scratch.
	fn build_tree(
		&mut self,
		facts: &LeafFacts,
		scope: Scope,
		note: &mut impl FnMut(Diagnostic),
	) -> FragmentTree<R> {
		let para_id = scope.para();
		let limits = self.config.limits_at(facts, para_id);
		let para = self.paras.entry(para_id).or_default();
		let earlier = facts
			.ancestors
			.iter()
			.find_map(|ancestor| self.leaves.get(&ancestor.hash)?.trees.get(&para_id));
		let (tree, report) = match earlier {
			Some(earlier) => earlier.carried_over(scope, limits, &para.storage),
			None => FragmentTree::build(scope, limits, &para.storage),
		};
		let trunk = tree
			.scope()
			.pending_availability()
			.iter()
			.map(|pending| pending.candidate_hash);
		for candidate in report.swept.into_iter().chain(trunk) {
			para.joined(candidate);
		}
		if let Some(candidate) = report.broken_trunk {
			note(Diagnostic::BrokenTrunk(candidate));
		}
		if !report.refused.is_empty() {
			self.refused = self.refused.saturating_add(report.refused.len() as u64);
			note(Diagnostic::TreeFull(report.refused.len()));
		}
		tree
	}

	/// Stores the candidates pending availability at a leaf, and returns them for its scope (R-VIE-2, R-SCO-6).
	fn take_in_pending(
		&mut self,
		facts: &LeafFacts,
		para_id: ParaId,
		at_leaf: &ParaAtLeaf,
		note: &mut impl FnMut(Diagnostic),
	) -> Vec<PendingAvailability> {
		let mut parent_head = at_leaf.backing_state.constraints.required_parent.clone();
		let mut scope = Vec::new();
		for pending in &at_leaf.backing_state.pending_availability {
			let (hash, relay_parent) = (pending.candidate_hash, pending.descriptor.relay_parent());
			let known = facts
				.pending_relay_parents
				.get(&relay_parent)
				.or_else(|| facts.relay_parent(relay_parent));
			let Some(relay_parent) = known.copied() else {
				note(Diagnostic::PendingRelayParentUnknown {
					candidate: hash,
					relay_parent,
				});
				break;
			};
			scope.push(PendingAvailability {
				candidate_hash: hash,
				relay_parent,
			});
			let output = pending.commitments.head_data.clone();
			self.store_pending(
				para_id,
				pending,
				core::mem::replace(&mut parent_head, output),
				relay_parent.storage_root,
			);
		}
		scope
	}

	/// Stores one of them. What is new to us hangs into the trees of other leaves as well, where it may be a mere
	/// prospect.
	fn store_pending(
		&mut self,
		para_id: ParaId,
		pending: &CandidatePendingAvailability,
		parent_head: HeadData,
		storage_root: Hash,
	) {
		let hash = pending.candidate_hash;
		let para = self.paras.entry(para_id).or_default();
		if para.storage.contains(hash) {
			if para.storage.mark_backed(hash) == Ok(true) {
				self.mark_backed_in_trees(para_id, hash);
			}
			return;
		}
		para.storage
			.insert_pending(Candidate::pending(pending.clone(), parent_head, storage_root));
		// Where it does not fit, its own leaf's tree still holds it.
		let _elsewhere = self.attach(para_id, hash);
	}

	/// Forgets what no leaf has use for (R-VIE-4), now that `left` are leaves no more.
	fn prune(&mut self, mut left: Vec<Leaf<R>>, surplus: &mut Vec<(ParaId, CandidateHash)>) {
		let (leaves, limits) = (&self.leaves, self.config.unconnected);
		self.paras.retain(|para_id, para| {
			let trees: Vec<_> = leaves
				.values()
				.filter_map(|leaf| leaf.trees.get(para_id))
				.collect();
			// Trees that left take no candidate with them if others hold the same nodes. All of them go before anyone asks
			// which candidates are in trees.
			let left = left.iter_mut().filter_map(|leaf| leaf.trees.remove(para_id));
			let missed = left.filter(|tree| !trees.iter().any(|other| other.shares_nodes_with(tree)));
			let is_missed = missed.count() > 0;
			if !trees.is_empty() && (is_missed || !para.waits_in_scope(&trees)) {
				let gone = para.prune(&trees, &limits);
				surplus.extend(gone.into_iter().map(|candidate| (*para_id, candidate)));
			}
			!trees.is_empty()
		});
		self.refused = self.refused.saturating_add(surplus.len() as u64);
		let in_scope: BTreeSet<_> = leaves
			.values()
			.flat_map(|leaf| core::iter::once(&leaf.block).chain(&leaf.ancestors))
			.map(|block| block.hash)
			.collect();
		self.assigned_cores.retain(|block, _| in_scope.contains(block));
	}
}
