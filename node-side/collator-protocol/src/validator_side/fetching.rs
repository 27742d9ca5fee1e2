//! Fetches that are under way, and whether there is room for another one.
//!
//! Bounds: a para has at most as many places under way as it has claims, and rivals for one place are fetched one after
//! the other. Whoever does not answer within [`HOLD`] holds nobody up longer: the next may begin beside it (R-NET-85), so
//! that at most [`MAX_BESIDE`] are open for each claim. What has to be confirmed has no rivals, and is counted by itself in
//! the same way: one collator after the other is asked for it (R-DEF-38).

use super::collators::Waiting;
use crate::Offer;
use async_backing_machine::{Instant, JobId, PeerId, RequestId};
use async_backing_primitives::{CandidateHash, CandidateReceipt, Hash, HeadData, HeadHash, ParaId, PoV};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};

/// After so long without an answer the next fetch may begin beside it (R-NET-85).
pub const HOLD: Duration = Duration::from_millis(400);
/// Fetches for one claim that may be open at once.
pub const MAX_BESIDE: usize = 3;
/// How long a fetched candidate may keep its place: it is executed within 2 s (R-BAK-11), after what is executed before.
pub const IN_HAND: Duration = Duration::from_secs(6);

/// What rivals want: to be the next after this head of this para.
pub(super) type Place = (ParaId, HeadHash);

pub(super) const fn place(offer: &Offer) -> Place {
	(offer.para, offer.parent_head)
}

/// What a candidate is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
	/// To second it, if one of its rivals does not.
	Second,
	/// To confirm it: somebody else seconded it, and hands it over to nobody. It has no rivals in this.
	Confirm,
}

/// A candidate that was asked for.
#[derive(Debug)]
pub(super) struct Fetch {
	pub(super) peer: PeerId,
	pub(super) purpose: Purpose,
	pub(super) began: Instant,
	pub(super) waiting: Waiting,
}

/// What came and is being hashed.
#[derive(Debug)]
pub(super) struct Checking {
	pub(super) job: JobId,
	pub(super) receipt: CandidateReceipt,
	pub(super) pov: Arc<PoV>,
	pub(super) parent_head: Option<Arc<HeadData>>,
}

/// A candidate that was fetched, and whose end is not known.
#[derive(Debug)]
pub(super) struct InHand {
	pub(super) peer: PeerId,
	pub(super) purpose: Purpose,
	pub(super) until: Instant,
	/// As it waited: should it come to nothing, it waits again.
	pub(super) waiting: Waiting,
	/// Until it is handed to backing.
	pub(super) checking: Option<Checking>,
}

impl InHand {
	pub(super) const fn offer(&self) -> &Offer {
		&self.waiting.offer
	}
}

/// Whether another fetch may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
	Now,
	/// Not before this, unless something ends.
	At(Instant),
	/// When something ends.
	Later,
}

/// What of a para takes a claim.
#[derive(Debug)]
pub(super) struct UnderWay {
	/// Of each.
	pub(super) scheduling_parents: Vec<Hash>,
	/// When the first of them gives its claim up for being silent.
	pub(super) until: Option<Instant>,
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Fetching {
	pub(super) open: BTreeMap<RequestId, Fetch>,
	pub(super) in_hand: BTreeMap<CandidateHash, InHand>,
}

impl Fetching {
	fn held(&self) -> impl Iterator<Item = &Offer> {
		let rivals = self.in_hand.values();
		rivals
			.filter(|in_hand| in_hand.purpose == Purpose::Second)
			.map(InHand::offer)
	}

	/// Whether a candidate in hand has this place.
	pub(super) fn is_held(&self, wanted: Place) -> bool {
		self.held().any(|held| place(held) == wanted)
	}

	/// Whether a peer's candidate is being fetched from it, or came from it and has not ended.
	pub(super) fn is_under_way(&self, peer: PeerId, candidate: CandidateHash) -> bool {
		let mut open = self.open.values();
		open.any(|fetch| (fetch.peer, fetch.waiting.offer.candidate) == (peer, candidate))
			|| self
				.in_hand
				.get(&candidate)
				.is_some_and(|in_hand| in_hand.peer == peer)
	}

	fn of_para(&self, para: ParaId, purpose: Purpose) -> impl Iterator<Item = &Fetch> {
		let open = self.open.values();
		open.filter(move |fetch| fetch.waiting.offer.para == para && fetch.purpose == purpose)
	}

	/// Whether a peer may be asked for what has to be confirmed, if the para has so many claims.
	pub(super) fn room_to_confirm(
		&self,
		now: Instant,
		peer: PeerId,
		candidate: CandidateHash,
		para: ParaId,
		claims: usize,
	) -> Room {
		if self.in_hand.contains_key(&candidate) {
			return Room::Later;
		}
		let same = || {
			let open = self.open.values();
			open.filter(|fetch| fetch.waiting.offer.candidate == candidate)
		};
		let of_para = self.of_para(para, Purpose::Confirm).count();
		if same().any(|fetch| fetch.peer == peer)
			|| same().count() >= MAX_BESIDE
			|| of_para >= claims.saturating_mul(MAX_BESIDE)
		{
			return Room::Later;
		}
		match same().map(|fetch| fetch.began).max() {
			Some(last) => at(now, last.saturating_add(HOLD)),
			None => Room::Now,
		}
	}

	/// What of a para takes a claim: in hand, or asked for and not silent yet.
	pub(super) fn under_way(&self, now: Instant, para: ParaId) -> UnderWay {
		let held = self.held().filter(|held| held.para == para);
		let mut scheduling_parents: Vec<_> = held.map(|held| held.scheduling_parent).collect();
		let mut until = None;
		let mut places = BTreeSet::new();
		for fetch in self.of_para(para, Purpose::Second) {
			let silent = fetch.began.saturating_add(HOLD);
			if silent <= now {
				continue;
			}
			until = Some(until.map_or(silent, |until: Instant| until.min(silent)));
			if places.insert(fetch.waiting.offer.parent_head) {
				scheduling_parents.push(fetch.waiting.offer.scheduling_parent);
			}
		}
		UnderWay {
			scheduling_parents,
			until,
		}
	}

	/// Whether a peer's candidate may be fetched to be seconded, if its para has so many claims. `is_free` says whether one is
	/// left beside what is under way, the first of which is silent from `until` on.
	pub(super) fn room(
		&self,
		now: Instant,
		peer: PeerId,
		offer: &Offer,
		claims: usize,
		until: Option<Instant>,
		is_free: impl FnOnce() -> bool,
	) -> Room {
		let wanted = place(offer);
		if self.is_held(wanted) || self.in_hand.contains_key(&offer.candidate) {
			return Room::Later;
		}
		let of_para = || self.of_para(offer.para, Purpose::Second);
		if of_para().count() >= claims.saturating_mul(MAX_BESIDE) {
			return Room::Later;
		}
		let rivals = || of_para().filter(|fetch| place(&fetch.waiting.offer) == wanted);
		if rivals().any(|fetch| fetch.peer == peer) || rivals().count() >= MAX_BESIDE {
			return Room::Later;
		}
		if let Some(last) = rivals().map(|fetch| fetch.began).max() {
			match at(now, last.saturating_add(HOLD)) {
				Room::Now => {}
				later => return later,
			}
		}
		// Of rivals none is under way by now: they are silent.
		match (is_free(), until) {
			(true, _) => Room::Now,
			(false, Some(until)) => Room::At(until),
			(false, None) => Room::Later,
		}
	}

	/// The candidate that a job is about.
	pub(super) fn checked_by(&self, job: JobId) -> Option<CandidateHash> {
		let mut in_hand = self.in_hand.iter();
		let found = in_hand.find(|(_, it)| it.checking.as_ref().is_some_and(|it| it.job == job));
		found.map(|(candidate, _)| *candidate)
	}

	/// Takes out candidates whose end was never told, so that they keep nobody's place for ever.
	pub(super) fn expire(&mut self, now: Instant) -> Vec<InHand> {
		let expired = self.in_hand.iter().filter(|(_, in_hand)| in_hand.until <= now);
		let ids: Vec<_> = expired.map(|(candidate, _)| *candidate).collect();
		ids.into_iter()
			.filter_map(|id| self.in_hand.remove(&id))
			.collect()
	}

	/// When the first of them gives its place up.
	pub(super) fn next_expiry(&self) -> Option<Instant> {
		self.in_hand.values().map(|in_hand| in_hand.until).min()
	}
}

fn at(now: Instant, when: Instant) -> Room {
	match when <= now {
		true => Room::Now,
		false => Room::At(when),
	}
}
