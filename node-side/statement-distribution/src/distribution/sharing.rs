//! What backing says, and candidates that become known in full.

use super::{StatementDistribution, Turn};
use crate::{
	filter::Kind, parent::Confirmed, requests::Wanted, store::Key, DistributionWords, Effect, Frontier,
	Misdeed,
};
use async_backing_chain_view::ChainView;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{Instant, Outbox};
use async_backing_primitives::{CandidateHash, Hash, ParaId, SignedCompactStatement};
use std::sync::Arc;

impl StatementDistribution {
	/// This validator made a statement about a candidate, in the group of which it is a member at the scheduling parent.
	/// Backing calls it when the statement is stored, before it says that the candidate is backable; and again for what
	/// it promised before a crash.
	#[allow(clippy::too_many_arguments)] // the usual five, and what is shared
	pub fn share(
		&mut self,
		now: Instant,
		scheduling_parent: Hash,
		statement: &SignedCompactStatement,
		candidate: &Arc<Candidate>,
		chain: &ChainView,
		frontier: &impl Frontier,
		out: &mut Outbox<DistributionWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, frontier, out, |part, turn| {
			let at = scheduling_parent;
			let Some(parent) = part.parents.get(&at) else {
				return;
			};
			if parent.routes.session.own != Some(statement.validator_index) {
				return;
			}
			let Some((key, _)) = part.keep(at, statement) else {
				return;
			};
			let Some(parent) = part.parents.get_mut(&at) else {
				return;
			};
			if let Some((_, member)) = parent.routes.place(statement.validator_index) {
				parent
					.store
					.note_told(key, Kind::of(&statement.statement), member);
			}
			part.confirm(at, key, candidate.clone(), turn);
			part.flush(at, key, None, false, turn);
		})
	}

	/// Backing says that a candidate has its quorum, whoever backs it (R-BAK-7). It is announced on the grid, if it has a
	/// place (R-SD-15).
	pub fn backable(
		&mut self,
		now: Instant,
		scheduling_parent: Hash,
		candidate: CandidateHash,
		chain: &ChainView,
		frontier: &impl Frontier,
		out: &mut Outbox<DistributionWords>,
	) -> Vec<Effect> {
		self.turn(now, chain, frontier, out, |part, turn| {
			let Some(parent) = part.parents.get_mut(&scheduling_parent) else {
				return;
			};
			let keys = parent.confirmed_keys(candidate);
			for key in &keys {
				if let Some(confirmed) = parent.confirmed.get_mut(key) {
					confirmed.is_backable = true;
				}
			}
			let paras: Vec<_> = keys.iter().filter_map(|key| parent.para_of(*key)).collect();
			for key in keys {
				part.flush(scheduling_parent, key, None, false, turn);
			}
			// What builds on it may have a place now: it is handed to backing, and if it has its quorum already, announced.
			part.review(turn);
			for (at, key) in part.unannounced_of(&paras) {
				part.flush_grid(at, key, None, false, turn);
			}
			part.requests.unpark();
		})
	}

	/// Candidates of these paras that have their quorum, and had no place so far.
	fn unannounced_of(&self, paras: &[ParaId]) -> Vec<(Hash, Key)> {
		let of = |(at, parent): (&Hash, &crate::parent::Parent)| {
			let at = *at;
			let confirmed = parent.confirmed.iter();
			let waiting = confirmed.filter(|(_, confirmed)| {
				let is_waiting = confirmed.is_backable && !confirmed.is_announced;
				is_waiting && paras.contains(&confirmed.candidate.para_id())
			});
			waiting.map(|(key, _)| (at, *key)).collect::<Vec<_>>()
		};
		self.parents.iter().flat_map(of).collect()
	}

	/// A candidate is known in full.
	pub(super) fn confirm<F: Frontier>(
		&mut self,
		at: Hash,
		key: Key,
		candidate: Arc<Candidate>,
		turn: &mut Turn<'_, F>,
	) {
		let wanted = Wanted { parent: at, key };
		for job in self.requests.useless_after(wanted) {
			turn.out.cancel(job);
		}
		self.requests.forget(wanted);
		let Some(parent) = self.parents.get_mut(&at) else {
			return;
		};
		if parent.confirmed.contains_key(&key) {
			return;
		}
		let (para, parent_head) = (candidate.para_id(), candidate.parent_head_hash());
		let confirmed = Confirmed {
			candidate: candidate.clone(),
			is_backable: false,
			is_announced: false,
		};
		parent.confirmed.insert(key, confirmed);
		let claims = parent.grid.claimants(key);
		let liars: Vec<_> = claims
			.filter(|(_, claim)| (claim.para, claim.parent_head) != (para, parent_head))
			.map(|(claimant, _)| claimant)
			.collect();
		for liar in &liars {
			parent.grid.forget_claimant(key, *liar);
		}
		for peer in liars.into_iter().filter_map(|liar| turn.chain.peer_of(at, liar)) {
			self.misdeed(peer, Misdeed::Inaccurate(key.candidate), turn);
		}
		turn.effects.push(Effect::Confirmed {
			scheduling_parent: at,
			group: key.group,
			candidate,
		});
		self.tell_backing(at, key, turn);
		self.flush(at, key, None, false, turn);
		self.review(turn);
		self.requests.unpark();
	}
}
