//! Fetches that are under way, and whether there is room for another one.
//!
//! Bounds: a para has at most as many places under way as it has claims, and rivals for one place are fetched one after
//! the other. Whoever does not answer within [`HOLD`] holds nobody up longer: the next may begin beside it (R-NET-85), so
//! that at most [`MAX_BESIDE`] are open for each claim. What has to be confirmed has no rivals, and is counted by itself in
//! the same way: one collator after the other is asked for it (R-DEF-38).

use super::{collators::Waiting, Purpose};
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
	pub(crate) purpose: Purpose,
	pub(crate) began: Instant,
	pub(crate) waiting: Waiting,
}

/// A candidate that was fetched, and whose end is not known.
#[derive(Debug)]
pub(crate) struct InHand {
	pub(crate) peer: PeerId,
	pub(crate) place: Place,
	pub(crate) purpose: Purpose,
	pub(crate) scheduling_parent: Hash,
	pub(crate) until: Instant,
	/// As it waited: should it come to nothing, it waits again.
	pub(crate) waiting: Waiting,
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
	/// Places that candidates in hand have.
	fn held(&self) -> impl Iterator<Item = Place> + '_ {
		let rivals = self.in_hand.values();
		rivals
			.filter(|in_hand| in_hand.purpose == Purpose::Second)
			.map(|in_hand| in_hand.place)
	}

	/// Whether a candidate in hand has this place.
	pub(crate) fn is_held(&self, place: Place) -> bool {
		self.held().any(|held| held == place)
	}

	/// Whether a peer's candidate is being fetched from it, or came from it and has not ended.
	pub(crate) fn is_under_way(&self, peer: PeerId, candidate: CandidateHash) -> bool {
		let mut open = self.open.values();
		open.any(|fetch| (fetch.peer, fetch.candidate) == (peer, candidate))
			|| self
				.in_hand
				.get(&candidate)
				.is_some_and(|in_hand| in_hand.peer == peer)
	}

	fn of_para(&self, para: ParaId, purpose: Purpose) -> impl Iterator<Item = &Fetch> {
		let open = self.open.values();
		open.filter(move |fetch| fetch.place.0 == para && fetch.purpose == purpose)
	}

	/// Whether a peer may be asked for what has to be confirmed, if the para has so many claims.
	pub(crate) fn room_to_confirm(
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
		let same = || self.open.values().filter(|fetch| fetch.candidate == candidate);
		let of_para = self.of_para(para, Purpose::Confirm).count();
		if same().any(|fetch| fetch.peer == peer)
			|| same().count() >= MAX_BESIDE
			|| of_para >= claims.saturating_mul(MAX_BESIDE)
		{
			return Room::Later;
		}
		match same().map(|fetch| fetch.began).max() {
			Some(last) => at(now, last + HOLD),
			None => Room::Now,
		}
	}

	/// Whether a peer's candidate for a place may be fetched, if its para has so many claims.
	pub(crate) fn room(&self, now: Instant, peer: PeerId, place: Place, claims: usize) -> Room {
		if self.is_held(place) {
			return Room::Later;
		}
		let of_para = || self.of_para(place.0, Purpose::Second);
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
		let mut busy: BTreeSet<_> = self.held().filter(|held| held.0 == place.0).collect();
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
	pub(crate) fn expire(&mut self, now: Instant) -> Vec<(CandidateHash, InHand)> {
		let expired = |in_hand: &InHand| in_hand.until <= now;
		let in_hand = self.in_hand.iter();
		let ids: Vec<_> = in_hand
			.filter(|(_, in_hand)| expired(in_hand))
			.map(|(candidate, _)| *candidate)
			.collect();
		ids.into_iter()
			.filter_map(|id| Some((id, self.in_hand.remove(&id)?)))
			.collect()
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

	fn waiting(head: u8) -> Waiting {
		let receipt = CandidateReceipt {
			descriptor: CandidateDescriptor::v2(DescriptorFields::default()),
			commitments_hash: Hash::zero(),
		};
		Waiting {
			advertisement: Box::new(Advertisement {
				receipt,
				parent_head: place(head).1,
			}),
			sequence: 0,
			attempts: 0,
			is_taken: false,
			is_spent: false,
		}
	}

	fn candidate(name: u8) -> CandidateHash {
		CandidateHash(Hash::repeat_byte(name))
	}

	fn fetch(fetching: &mut Fetching, peer: u64, head: u8, began: Instant) {
		fetch_for(fetching, Purpose::Second, peer, head, began);
	}

	/// The candidate has the name of the head that it builds on.
	fn fetch_for(fetching: &mut Fetching, purpose: Purpose, peer: u64, head: u8, began: Instant) {
		let fetch = Fetch {
			peer: PeerId(peer),
			candidate: candidate(head),
			place: place(head),
			purpose,
			began,
			waiting: waiting(head),
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
			purpose: Purpose::Second,
			scheduling_parent: Hash::zero(),
			until: NOW + IN_HAND,
			waiting: waiting(1),
		};
		fetching.in_hand.insert(CandidateHash::default(), in_hand);
		assert_eq!(fetching.room(NOW, PeerId(2), place(1), 2), Room::Later);
		assert_eq!(fetching.room(NOW, PeerId(2), place(2), 1), Room::Later);
		assert_eq!(fetching.room(NOW, PeerId(2), place(2), 2), Room::Now);
		assert_eq!(fetching.expire(NOW + IN_HAND).len(), 1);
		assert_eq!(fetching.room(NOW, PeerId(2), place(1), 1), Room::Now);
	}

	#[test]
	fn r_def_38_what_has_to_be_confirmed_is_asked_of_one_collator_after_the_other_beside_all_rivals() {
		let mut fetching = Fetching::default();
		let confirm = |fetching: &Fetching, now, peer| {
			fetching.room_to_confirm(now, PeerId(peer), candidate(1), ParaId(7), 1)
		};
		// A rival is in hand, and another one is being fetched.
		let rival = InHand {
			peer: PeerId(9),
			place: place(1),
			purpose: Purpose::Second,
			scheduling_parent: Hash::zero(),
			until: NOW + IN_HAND,
			waiting: waiting(1),
		};
		fetching.in_hand.insert(candidate(8), rival);
		fetch(&mut fetching, 8, 2, NOW);
		let mut now = NOW;
		for peer in 0..MAX_BESIDE as u64 {
			assert_eq!(confirm(&fetching, now, peer), Room::Now);
			fetch_for(&mut fetching, Purpose::Confirm, peer, 1, now);
			assert_eq!(confirm(&fetching, now, peer), Room::Later, "the same one");
			now += HOLD;
		}
		assert_eq!(confirm(&fetching, now, 50), Room::Later, "law 3");
		let other = fetching.room_to_confirm(now, PeerId(50), candidate(5), ParaId(7), 1);
		assert_eq!(other, Room::Later, "law 3: of all candidates together");
		// None of it is in the way of what is to be seconded.
		fetching.in_hand.clear();
		assert_eq!(fetching.room(now, PeerId(50), place(1), 1), Room::Now);
	}
}
