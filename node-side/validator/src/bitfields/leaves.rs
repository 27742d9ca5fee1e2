//! Leaves come and go, and with them what is collected for a block on each.

use super::{Around, AtLeaf, Bitfields, Out, Own, Timer};
use async_backing_chain_view::{LeafUpdate, Neighbours, Session};
use async_backing_primitives::LeafFacts;
use async_backing_provisioner::Bitfields as Collected;
use async_backing_statement_distribution::Grid;
use std::{collections::BTreeMap, sync::Arc};

impl Bitfields {
	pub(super) fn leaves_changed(&mut self, update: LeafUpdate, around: Around<'_>, out: &mut Out) {
		for facts in &update.activated {
			self.leaf_activated(facts.clone(), around, out);
		}
		for leaf in &update.deactivated {
			self.leaves.remove(leaf);
			self.gossip.leaf_deactivated(*leaf);
		}
		let (mut cleared, leaves) = (Vec::new(), &self.leaves);
		self.timers.retain(|timer, what| {
			let (Timer::Own(leaf) | Timer::Check(leaf)) = what;
			let is_kept = leaves.contains_key(leaf);
			if !is_kept {
				cleared.push(*timer);
			}
			is_kept
		});
		cleared.into_iter().for_each(|timer| out.clear_timer(timer));
		let batch = self.promises.finalized(around.chain.finalized_number());
		if !batch.is_empty() {
			out.store(batch);
		}
	}

	/// The own neighbours in the grid of a session (R-SD-7), nobody where nothing tells the grid. Cost: O(authorities) for
	/// another session than the last one.
	fn neighbours_in(&mut self, session: &Arc<Session>) -> Neighbours {
		if let Some((of, neighbours)) = &self.neighbours {
			if Arc::ptr_eq(of, session) || of == session {
				return neighbours.clone();
			}
		}
		let neighbours = session
			.own
			.zip(session.grid)
			.and_then(|(own, seed)| Grid::new(&seed).neighbours(own))
			.unwrap_or_default();
		self.neighbours = Some((session.clone(), neighbours.clone()));
		neighbours
	}

	/// Bitfields are collected for fresh leaves alone (R-PRV-7).
	fn leaf_activated(&mut self, facts: Arc<LeafFacts>, around: Around<'_>, out: &mut Out) {
		let hash = facts.block.hash;
		if !around.chain.is_fresh(hash) || self.leaves.contains_key(&hash) {
			return;
		}
		let at = AtLeaf {
			collected: Collected::new(&facts),
			facts,
			waiting: BTreeMap::new(),
			own: Own::Waiting,
			is_checking: false,
		};
		let validators = at.facts.validators.len();
		self.leaves.insert(hash, at);
		if let Some(session) = around.chain.session_of(hash) {
			let neighbours = self.neighbours_in(session);
			self.gossip
				.leaf_activated(hash, validators, session.own, neighbours);
		}
		if around.chain.own_index(hash).is_none() {
			return;
		}
		let promised = self.promises.get(hash);
		if promised.is_some_and(|promise| promise.signature.is_some()) {
			// It may have been shared before the crash, or not.
			self.share(hash, around.chain, out);
		} else {
			self.set_timer(Timer::Own(hash), around.now.saturating_add(self.after), out);
		}
	}
}
