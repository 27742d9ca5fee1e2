//! Candidates on offer: who has heard of them, and who has not.
//!
//! Every member of a candidate's group hears of it, whichever of them may vanish with it. At each new leaf at which it is
//! alive and not on-chain those hear who came since; and once it has missed its block all do, leaf by leaf, until it
//! cannot be backed any more (R-COL-6). A member that comes back hears at once.

use super::{CollatorCore, Out};
use async_backing_machine::{PeerId, Recipients};
use async_backing_primitives::{
	BlockNumber, CandidateHash, CandidatePendingAvailability, CandidateReceipt, CoreIndex, HeadHash,
	LeafFacts, ParaId, PoV, ValidatorId,
};
use async_backing_validator::{Advertisement, Message};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
};

/// Candidates that a collator offers: far more than can be in flight.
pub(super) const OFFERS_KEPT: usize = 64;
/// Relay blocks after its relay parent by which a candidate of which no more is known should be on-chain.
pub(super) const USUAL_DELAY: BlockNumber = 2;

/// A candidate on offer.
#[derive(Debug)]
pub(super) struct Offer {
	pub(super) candidate: CandidateHash,
	pub(super) receipt: CandidateReceipt,
	pub(super) parent_head: HeadHash,
	pub(super) pov: Arc<PoV>,
	/// Members of its group. They take turns in being told first.
	pub(super) group: Vec<ValidatorId>,
	/// Number of the relay block that should have backed it.
	pub(super) due: BlockNumber,
	/// Members that have heard of it, and the number of the leaf at which they did last.
	pub(super) told: BTreeMap<PeerId, BlockNumber>,
}

impl Offer {
	pub(super) fn advertisement(&self) -> Box<Advertisement> {
		Box::new(Advertisement {
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
	/// From now on a candidate is offered.
	pub(super) fn offer(&mut self, offer: Offer, out: &mut Out) {
		self.offers.keep(offer);
		self.offer_all(out);
	}

	/// Tells whoever is to hear of a candidate that is of use at the leaf.
	pub(super) fn offer_all(&mut self, out: &mut Out) {
		let Some(leaf) = &self.leaf else { return };
		let alive = self.author.collator().alive(leaf);
		let newest = leaf.block.number;
		for offer in &mut self.offers.0 {
			let is_pending =
				pending(leaf, self.para).any(|pending| pending.candidate_hash == offer.candidate);
			if is_pending || !alive.contains(&offer.candidate) {
				continue;
			}
			// A candidate that this block backed is pending, or included, in its state.
			let is_late = newest >= offer.due;
			let told = &mut offer.told;
			told.retain(|peer, _| self.validators.contains_key(peer));
			let mut to = Vec::new();
			for member in &offer.group {
				let connections = self.validators.iter().filter(|(_, keys)| keys.contains(member));
				for (peer, _) in connections {
					let is_next = match told.get(peer) {
						None => true,
						Some(at) => is_late && *at < newest,
					};
					if is_next {
						told.insert(*peer, newest);
						to.push(*peer);
					}
				}
			}
			if !to.is_empty() {
				out.notify(Recipients::Peers(to), Message::Advertise(offer.advertisement()));
			}
		}
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
