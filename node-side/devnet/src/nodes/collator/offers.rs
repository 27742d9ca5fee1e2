//! Candidates on offer: to fellows as they are, and to those who back them over the collation protocol.
//!
//! Every member of a candidate's group hears of it, whichever of them may vanish with it, and so does who comes or comes back,
//! until no leaf admits its relay parent any more (R-COL-6). Whoever has heard of it and has no place for it yet keeps it, and
//! asks again at each leaf (R-DEF-41).

use super::{CollatorCore, Out};
use crate::words::Announcement;
use async_backing_collator_protocol::Collation;
use async_backing_machine::Instant;
use async_backing_primitives::{
	BlockNumber, CandidateHash, CandidatePendingAvailability, CandidateReceipt, CoreIndex, HeadData,
	HeadHash, LeafFacts, ParaId, PoV, ValidatorId,
};
use std::{collections::VecDeque, sync::Arc};

/// Candidates that a collator offers: far more than can be in flight.
pub(super) const OFFERS_KEPT: usize = 64;

/// A candidate on offer.
#[derive(Debug)]
pub(super) struct Offer {
	pub(super) candidate: CandidateHash,
	pub(super) receipt: CandidateReceipt,
	pub(super) parent_head: HeadHash,
	pub(super) pov: Arc<PoV>,
}

impl Offer {
	pub(super) fn announcement(&self) -> Box<Announcement> {
		Box::new(Announcement {
			receipt: self.receipt.clone(),
			parent_head: self.parent_head,
		})
	}
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(super) struct Offers(VecDeque<Offer>);

impl Offers {
	pub(super) fn iter(&self) -> impl Iterator<Item = &Offer> {
		self.0.iter()
	}

	pub(super) fn get(&self, candidate: CandidateHash) -> Option<&Offer> {
		self.0.iter().find(|offer| offer.candidate == candidate)
	}

	/// Puts a candidate to those on offer; one that is there stays as it is.
	fn keep(&mut self, offer: Offer) {
		if self.get(offer.candidate).is_some() {
			return;
		}
		if self.0.len() >= OFFERS_KEPT {
			self.0.pop_front();
		}
		self.0.push_back(offer);
	}
}

impl CollatorCore {
	/// From now on a candidate is offered: to fellows, and to backers on this core, if it is of use to them at the leaf.
	pub(super) fn offer(
		&mut self,
		now: Instant,
		offer: Offer,
		parent_head: HeadData,
		core: Option<CoreIndex>,
		out: &mut Out,
	) {
		let core = core.filter(|_| self.is_of_use(offer.candidate));
		if let Some(core) = core {
			let collation = Collation {
				receipt: offer.receipt.clone(),
				pov: offer.pov.clone(),
				parent_head: Arc::new(parent_head),
				parent_head_hash: offer.parent_head,
				core,
			};
			self.offer_to_backers(now, collation, out);
		}
		self.offers.keep(offer);
	}

	/// Whether a candidate may be backed after the leaf: it is alive, and not on-chain.
	fn is_of_use(&self, candidate: CandidateHash) -> bool {
		let Some(leaf) = &self.leaf else { return false };
		let is_pending = pending(leaf, self.para).any(|pending| pending.candidate_hash == candidate);
		!is_pending && self.author.collator().alive(leaf).contains(&candidate)
	}
}

/// Who backs a candidate on this core with a relay parent of this number: the members of its group take turns in being
/// first, relay block by relay block.
pub(super) fn group_of(leaf: &LeafFacts, core: CoreIndex, relay_parent: BlockNumber) -> Vec<ValidatorId> {
	let child = leaf.rotation.at(relay_parent.saturating_add(1));
	let group = child
		.group_for_core(core, leaf.groups.len())
		.and_then(|group| leaf.groups.get(group.as_usize()));
	let members = group.into_iter().flatten();
	let mut members: Vec<_> = members
		.filter_map(|member| leaf.validators.get(member.as_usize()).cloned())
		.collect();
	let turn = (relay_parent as usize).checked_rem(members.len()).unwrap_or(0);
	members.rotate_left(turn);
	members
}

/// Candidates of the para that wait for availability.
pub(super) fn pending(leaf: &LeafFacts, para: ParaId) -> impl Iterator<Item = &CandidatePendingAvailability> {
	let at_leaf = leaf.paras.get(&para);
	at_leaf
		.into_iter()
		.flat_map(|para| &para.backing_state.pending_availability)
}
