//! Leaves come and go.

use super::{ActiveLeaf, StatementDistribution, Turn, ON_ITS_WAY};
use crate::{
	parent::{Parent, SessionRoutes},
	DistributionWords, Effect, Frontier,
};
use async_backing_chain_view::{ChainView, Session};
use async_backing_machine::{Instant, Outbox};
use async_backing_primitives::{Hash, LeafFacts};
use std::{collections::BTreeSet, sync::Arc};

impl StatementDistribution {
	/// A leaf became active: its relay parents are in scope. The chain view and the fragment trees know the leaf already;
	/// the session says what the grid follows from (R-NET-113), and without that nothing leaves the group.
	///
	/// Cost: O(n + members of all groups + groups x sqrt n) for a session that is new.
	pub fn leaf_activated(
		&mut self,
		now: Instant,
		leaf: &Arc<LeafFacts>,
		chain: &ChainView,
		frontier: &impl Frontier,
		out: &mut Outbox<DistributionWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, frontier, out, |part, turn| {
			let hash = leaf.block.hash;
			let Some(session) = chain.session_of(hash) else {
				return;
			};
			let routes = part.routes_of(session);
			let relay_parents: Vec<_> = leaf.relay_parents().map(|block| block.hash).collect();
			for block in leaf.relay_parents() {
				let new = || Parent::new(*block, leaf, routes.clone());
				part.parents.entry(block.hash).or_insert_with(new).learn(leaf);
			}
			part.scopes.insert(hash, relay_parents.clone());
			let disabled = leaf.disabled.iter().copied().collect();
			part.leaves.insert(
				hash,
				ActiveLeaf {
					relay_parents,
					disabled,
					routes,
				},
			);
			part.leaves_changed(true, turn);
		})
	}

	/// A leaf is not active any more: what is in no other leaf's scope is forgotten.
	pub fn leaf_deactivated(
		&mut self,
		now: Instant,
		leaf: Hash,
		chain: &ChainView,
		frontier: &impl Frontier,
		out: &mut Outbox<DistributionWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, frontier, out, |part, turn| {
			if part.leaves.remove(&leaf).is_some() {
				part.leaves_changed(false, turn);
			}
		})
	}

	/// Routes of a session: those of another leaf, if it is of the same one.
	fn routes_of(&self, session: &Arc<Session>) -> Arc<SessionRoutes> {
		let mut known = self.leaves.values().map(|leaf| &leaf.routes);
		let same = known.find(|routes| Arc::ptr_eq(&routes.session, session) || routes.session == *session);
		same.cloned()
			.unwrap_or_else(|| Arc::new(SessionRoutes::new(session.clone())))
	}

	fn leaves_changed<F: Frontier>(&mut self, is_new: bool, turn: &mut Turn<'_, F>) {
		let leaves = &self.leaves;
		let in_scope = |parent: &Hash| leaves.values().any(|leaf| leaf.relay_parents.contains(parent));
		self.bygone.retain(|(until, _)| *until > turn.now);
		let gone = self.parents.iter().filter(|(hash, _)| !in_scope(hash));
		let announced: BTreeSet<_> = gone.flat_map(|(_, parent)| parent.announced()).collect();
		if !announced.is_empty() {
			let until = turn.now.saturating_add(ON_ITS_WAY);
			self.bygone.push_back((until, announced));
		}
		self.parents.retain(|hash, _| in_scope(hash));
		self.untold.retain(|(hash, _)| in_scope(hash));
		self.scopes.retain(|hash, _| in_scope(hash));
		self.checks.retain(|parent| in_scope(&parent));
		for job in self.requests.retain(|parent| in_scope(&parent)) {
			turn.out.cancel(job);
		}
		for (hash, parent) in &mut self.parents {
			let admitting = leaves.values().filter(|leaf| leaf.relay_parents.contains(hash));
			parent.disabled = admitting.flat_map(|leaf| leaf.disabled.iter().copied()).collect();
		}
		let groups = leaves.values().map(|leaf| leaf.routes.session.groups.len());
		self.requests.groups_are(groups.max().unwrap_or(0));
		self.review(turn);
		self.requests.unpark_all();
		self.flush_all(is_new, turn);
	}
}
