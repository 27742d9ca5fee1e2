//! Leaves come and go.

use super::{ActiveLeaf, Backing, Effect, Turn, Work};
use crate::{account::SecondedLimits, relay_parent::RelayParent, BackingWords, View};
use async_backing_chain_view::{ChainView, Session};
use async_backing_machine::{Instant, Outbox};
use async_backing_primitives::{Hash, LeafFacts, ValidatorIndex};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

impl Backing {
	/// A leaf became active; chain and view have it already. Activate new leaves before old ones are deactivated.
	///
	/// Where own candidates stand at the leaf is taken from the view (R-BAK-4). What this validator promised before a
	/// restart and could not keep is kept now, if its relay parent is in scope.
	pub fn leaf_activated(
		&mut self,
		now: Instant,
		leaf: &LeafFacts,
		chain: &ChainView,
		view: &mut impl View,
		out: &mut Outbox<BackingWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, view, out, |backing, turn| {
			backing.admit_leaf(leaf, turn);
			backing.try_again();
			backing.resume_promises(turn);
			let gone = backing.promises.forget(turn.chain.finalized_number());
			if !gone.is_empty() {
				turn.out.store(gone);
			}
		})
	}

	fn admit_leaf<V: View>(&mut self, leaf: &LeafFacts, turn: &mut Turn<'_, V>) {
		let hash = leaf.block.hash;
		let own_claims = Arc::new(leaf.claim_queue.clone());
		let disabled: BTreeSet<_> = leaf.disabled.iter().copied().collect();
		let limits: BTreeMap<_, _> = leaf
			.paras
			.iter()
			.map(|(para, at)| {
				(
					*para,
					SecondedLimits::new(leaf.params, &at.backing_state.constraints),
				)
			})
			.collect();
		for info in leaf.relay_parents() {
			let session = || {
				let known = turn.chain.session_of(info.hash);
				known
					.cloned()
					.unwrap_or_else(|| Arc::new(session_of_stranger(leaf)))
			};
			// The chain judges a candidate by the claims of its scheduling parent (R-REL-7).
			let claims = || {
				let told = leaf.ancestor_claim_queues.get(&info.hash);
				told.map_or_else(|| own_claims.clone(), |claims| Arc::new(claims.clone()))
			};
			let new = || RelayParent::new(*info, leaf, session(), claims());
			let parent = self.relay_parents.entry(info.hash).or_insert_with(new);
			parent.disable(&disabled);
			parent.note_limits(&limits);
		}
		let active = ActiveLeaf {
			relay_parents: leaf.relay_parents().map(|info| info.hash).collect(),
			disabled,
		};
		self.leaves.insert(hash, active);
		self.depths.add_leaf(hash);
		for ((scheduling_parent, candidate), promise) in self.promises.iter() {
			if !promise.intent.is_seconded() || !self.relay_parents.contains_key(&scheduling_parent) {
				continue;
			}
			if let Some(state) = self.candidates.get(&candidate) {
				let membership = turn.view.membership(state.para, candidate);
				self.depths.note(state.para, candidate, &membership);
			}
		}
	}

	/// A leaf is not active any more: forgets relay parents and candidates that no other leaf admits.
	///
	/// Validators that were disabled at that leaf only count again (R-BAK-14): candidates that thereby have their quorum
	/// are announced, and what this validator could not confirm is followed up.
	pub fn leaf_deactivated(
		&mut self,
		now: Instant,
		leaf: Hash,
		chain: &ChainView,
		view: &mut impl View,
		out: &mut Outbox<BackingWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, view, out, |backing, turn| {
			backing.drop_leaf(leaf, turn)
		})
	}

	fn drop_leaf<V: View>(&mut self, leaf: Hash, turn: &mut Turn<'_, V>) {
		self.leaves.remove(&leaf);
		self.depths.remove_leaf(leaf);
		let mut in_scope = BTreeMap::<Hash, BTreeSet<ValidatorIndex>>::new();
		for leaf in self.leaves.values() {
			for relay_parent in &leaf.relay_parents {
				in_scope.entry(*relay_parent).or_default().extend(&leaf.disabled);
			}
		}
		let mut counts_more = BTreeSet::new();
		self.relay_parents.retain(|hash, parent| {
			let disabled = in_scope.remove(hash);
			let is_kept = disabled.is_some();
			if disabled.is_some_and(|disabled| parent.replace_disabled(disabled)) {
				counts_more.insert(*hash);
			}
			is_kept
		});
		let parents = &self.relay_parents;
		let (to_confirm, executing) = (&mut self.to_confirm, &mut self.executing);
		self.candidates.retain(|hash, state| {
			let is_kept = parents.contains_key(&state.scheduling_parent);
			if !is_kept {
				if let Work::Validating { job, .. } = state.work {
					turn.out.cancel(job);
				}
				to_confirm.remove(hash);
				executing.remove(hash);
			}
			is_kept
		});
		self.requests
			.retain(|_, candidate| self.candidates.contains_key(candidate));
		self.promises.leave_scope(|parent| parents.contains_key(&parent));
		let affected: Vec<_> = self
			.candidates
			.iter()
			.filter(|(_, state)| counts_more.contains(&state.scheduling_parent))
			.map(|(hash, _)| *hash)
			.collect();
		for candidate in affected {
			self.follow_up(candidate, turn);
		}
	}
}

/// The session as a leaf shows it, for a chain view that does not know the leaf: nobody is behind its validators.
fn session_of_stranger(leaf: &LeafFacts) -> Session {
	Session {
		index: leaf.session_index,
		validators: leaf.validators.clone(),
		groups: leaf.groups.clone(),
		node_features: leaf.node_features.clone(),
		grid: leaf.grid,
		own: None,
	}
}
