//! Fetches that are under way, and whether there is room for another one.
//!
//! Bounds: a para has at most as many places under way as it has claims, and rivals for one place are fetched one after
//! the other. Whoever does not answer within [`HOLD`] holds nobody up longer: the next may begin beside it (R-NET-85), so
//! that at most [`MAX_BESIDE`] are open for each claim.

use super::collators::Waiting;
use async_backing_machine::{Instant, PeerId, RequestId};
use async_backing_primitives::{CandidateHash, Hash, HeadHash, ParaId};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// How long an answer is waited for (R-NET-18 to R-NET-20).
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
/// After so long without an answer the next fetch may begin beside it (R-NET-85).
pub(crate) const HOLD: Duration = Duration::from_millis(400);
/// Fetches for one claim that may be open at once.
pub(crate) const MAX_BESIDE: usize = 3;
/// How long a fetched candidate may keep its place: it is executed within 2 s (R-BAK-11), after what is executed before.
pub(crate) const IN_HAND: Duration = Duration::from_secs(6);

/// What rivals want: to be the next after this head of this para.
pub(crate) type Place = (ParaId, HeadHash);

/// A candidate that was asked for.
#[derive(Debug)]
pub(crate) struct Fetch {
	pub(crate) peer: PeerId,
	pub(crate) candidate: CandidateHash,
	pub(crate) place: Place,
	pub(crate) began: Instant,
	pub(crate) waiting: Waiting,
}

/// A candidate that was fetched, and whose end is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InHand {
	pub(crate) peer: PeerId,
	pub(crate) place: Place,
	pub(crate) scheduling_parent: Hash,
	pub(crate) until: Instant,
}

/// Whether another fetch may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
	Now,
	/// Not before this, unless something ends.
	At(Instant),
	/// When something ends.
	Later,
}

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Fetching {
	pub(crate) open: BTreeMap<RequestId, Fetch>,
	pub(crate) in_hand: BTreeMap<CandidateHash, InHand>,
}

impl Fetching {
	/// Whether a peer's candidate for a place may be fetched, if its para has so many claims.
	pub(crate) fn room(&self, now: Instant, peer: PeerId, place: Place, claims: usize) -> Room {
		if self.in_hand.values().any(|in_hand| in_hand.place == place) {
			return Room::Later;
		}
		let of_para = || self.open.values().filter(|fetch| fetch.place.0 == place.0);
		if of_para().count() >= claims.saturating_mul(MAX_BESIDE) {
			return Room::Later;
		}
		let rivals = || of_para().filter(|fetch| fetch.place == place);
		if rivals().any(|fetch| fetch.peer == peer) || rivals().count() >= MAX_BESIDE {
			return Room::Later;
		}
		if let Some(last) = rivals().map(|fetch| fetch.began).max() {
			return at(now, last + HOLD);
		}
		// Another place: there are as many as claims, but for those where somebody keeps silent.
		let held = self.in_hand.values().map(|in_hand| in_hand.place);
		let mut busy: BTreeSet<_> = held.filter(|held| held.0 == place.0).collect();
		let young: Vec<_> = of_para().filter(|fetch| fetch.began + HOLD > now).collect();
		busy.extend(young.iter().map(|fetch| fetch.place));
		if busy.len() < claims {
			return Room::Now;
		}
		match young.iter().map(|fetch| fetch.began + HOLD).min() {
			Some(free) => Room::At(free),
			None => Room::Later,
		}
	}

	/// Lets go of candidates whose end was never told, so that they keep nobody's place for ever.
	pub(crate) fn expire(&mut self, now: Instant) {
		self.in_hand.retain(|_, in_hand| in_hand.until > now);
	}

	/// When the first of them gives its place up.
	pub(crate) fn next_expiry(&self) -> Option<Instant> {
		self.in_hand.values().map(|in_hand| in_hand.until).min()
	}
}

fn at(now: Instant, when: Instant) -> Room {
	match when <= now {
		true => Room::Now,
		false => Room::At(when),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::collations::Advertisement;
	use async_backing_primitives::{CandidateDescriptor, CandidateReceipt, DescriptorFields};

	const NOW: Duration = Duration::from_secs(10);

	fn place(head: u8) -> Place {
		(ParaId(7), HeadHash(Hash::repeat_byte(head)))
	}

	fn fetch(fetching: &mut Fetching, peer: u64, head: u8, began: Instant) {
		let receipt = CandidateReceipt {
			descriptor: CandidateDescriptor::v2(DescriptorFields::default()),
			commitments_hash: Hash::zero(),
		};
		let waiting = Waiting {
			advertisement: Box::new(Advertisement {
				receipt,
				parent_head: place(head).1,
			}),
			sequence: 0,
			attempts: 0,
		};
		let fetch = Fetch {
			peer: PeerId(peer),
			candidate: CandidateHash::default(),
			place: place(head),
			began,
			waiting,
		};
		let id = RequestId(fetching.open.len() as u64);
		fetching.open.insert(id, fetch);
	}

	#[test]
	fn r_net_85_rivals_are_fetched_one_after_the_other() {
		let mut fetching = Fetching::default();
		assert_eq!(fetching.room(NOW, PeerId(1), place(1), 1), Room::Now);
		fetch(&mut fetching, 1, 1, NOW);
		assert_eq!(fetching.room(NOW, PeerId(2), place(1), 1), Room::At(NOW + HOLD));
		assert_eq!(fetching.room(NOW, PeerId(2), place(2), 1), Room::At(NOW + HOLD));
		assert_eq!(
			fetching.room(NOW, PeerId(2), place(2), 2),
			Room::Now,
			"another claim"
		);
		let late = NOW + HOLD;
		assert_eq!(fetching.room(late, PeerId(2), place(1), 1), Room::Now);
		assert_eq!(
			fetching.room(late, PeerId(1), place(1), 1),
			Room::Later,
			"the silent one"
		);
		assert_eq!(fetching.room(late, PeerId(2), place(2), 1), Room::Now);
	}

	#[test]
	fn law_3_silent_collators_open_a_few_fetches_for_each_claim() {
		let mut fetching = Fetching::default();
		let mut now = NOW;
		for peer in 0..MAX_BESIDE as u64 {
			assert_eq!(fetching.room(now, PeerId(peer), place(1), 1), Room::Now);
			fetch(&mut fetching, peer, 1, now);
			now += HOLD;
		}
		for head in [1, 2] {
			assert_eq!(fetching.room(now, PeerId(9), place(head), 1), Room::Later);
		}
	}

	#[test]
	fn a_place_is_taken_while_its_candidate_is_executed() {
		let mut fetching = Fetching::default();
		let in_hand = InHand {
			peer: PeerId(1),
			place: place(1),
			scheduling_parent: Hash::zero(),
			until: NOW + IN_HAND,
		};
		fetching.in_hand.insert(CandidateHash::default(), in_hand);
		assert_eq!(fetching.room(NOW, PeerId(2), place(1), 2), Room::Later);
		assert_eq!(fetching.room(NOW, PeerId(2), place(2), 1), Room::Later);
		assert_eq!(fetching.room(NOW, PeerId(2), place(2), 2), Room::Now);
		fetching.expire(NOW + IN_HAND);
		assert_eq!(fetching.room(NOW, PeerId(2), place(1), 1), Room::Now);
	}
}
