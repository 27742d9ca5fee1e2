//! How peers answer: a peer that does not is asked seldom, however much it claims to have (R-SD-12, law 2).
//!
//! Invariant: what silence costs depends on how many are silent, never on what they claim. A peer that has not failed since
//! it answered last is asked for [`MOST_OF_ONE`] candidates at a time, others for one; and after each failure it rests, twice
//! as long as after the one before.

use async_backing_machine::{Instant, PeerId};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// Candidates that one peer is asked for at a time.
pub(crate) const MOST_OF_ONE: usize = 2;
/// Failures that count: the longest rest is the pause, five times doubled. With a third of the 73 silent who may claim a
/// candidate of a thousand validators to somebody, and the time-out of R-SD-12, two places are lost to them (of ten, with 200 groups).
const MOST_STRIKES: u32 = 6;

/// How one peer answers.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
	/// Requests that it has not answered yet.
	open: usize,
	/// Failures, less answers.
	strikes: u32,
	/// It is asked nothing before.
	rests_until: Instant,
}

impl Record {
	fn may_be_asked(&self, now: Instant) -> bool {
		let most = if self.strikes == 0 { MOST_OF_ONE } else { 1 };
		self.rests_until <= now && self.open < most
	}
}

/// Who may be asked now, and what waits for those who may not. Memory: a record for each connected peer that was asked, and
/// what waits.
#[derive(Clone, Debug)]
pub(crate) struct Manners<T> {
	records: BTreeMap<PeerId, Record>,
	waiting: BTreeMap<PeerId, BTreeSet<T>>,
	/// When somebody for whom something waits has rested.
	resting: BTreeSet<(Instant, PeerId)>,
	/// Those for whom something waits and who perhaps may be asked.
	freed: BTreeSet<PeerId>,
}

impl<T> Default for Manners<T> {
	fn default() -> Self {
		Self {
			records: BTreeMap::new(),
			waiting: BTreeMap::new(),
			resting: BTreeSet::new(),
			freed: BTreeSet::new(),
		}
	}
}

impl<T: Copy + Ord> Manners<T> {
	/// Whether a peer may be asked for one more candidate.
	pub(crate) fn may_be_asked(&self, peer: PeerId, now: Instant) -> bool {
		let record = self.records.get(&peer);
		record.is_none_or(|record| record.may_be_asked(now))
	}

	/// How badly it answers, and when it has rested: for choosing among those who may not be asked now.
	pub(crate) fn badness(&self, peer: PeerId) -> (u32, Instant) {
		let record = self.records.get(&peer).copied().unwrap_or_default();
		(record.strikes, record.rests_until)
	}

	/// A peer was asked.
	pub(crate) fn asked(&mut self, peer: PeerId) {
		let record = self.records.entry(peer).or_default();
		record.open = record.open.saturating_add(1);
	}

	/// A request ended, however.
	pub(crate) fn ended(&mut self, peer: PeerId) {
		if let Some(record) = self.records.get_mut(&peer) {
			record.open = record.open.saturating_sub(1);
			self.free(peer);
		}
	}

	/// It gave what it was asked for.
	pub(crate) fn answered(&mut self, peer: PeerId) {
		if let Some(record) = self.records.get_mut(&peer) {
			record.strikes = record.strikes.saturating_sub(1);
			self.free(peer);
		}
	}

	/// It did not. Gives what waited for it, which may find somebody better.
	#[must_use]
	pub(crate) fn failed(&mut self, peer: PeerId, now: Instant, pause: Duration) -> BTreeSet<T> {
		if let Some(record) = self.records.get_mut(&peer) {
			let rest = pause.saturating_mul(1 << record.strikes.min(MOST_STRIKES - 1));
			record.strikes = record.strikes.saturating_add(1).min(MOST_STRIKES);
			record.rests_until = record.rests_until.max(now.saturating_add(rest));
		}
		self.waiting.remove(&peer).unwrap_or_default()
	}

	/// A peer is gone. Gives what waited for it.
	#[must_use]
	pub(crate) fn forget(&mut self, peer: PeerId) -> BTreeSet<T> {
		self.records.remove(&peer);
		self.freed.remove(&peer);
		self.resting.retain(|(_, of)| *of != peer);
		self.waiting.remove(&peer).unwrap_or_default()
	}

	/// Something waits until a peer may be asked.
	pub(crate) fn wait(&mut self, peer: PeerId, what: T, now: Instant) {
		self.waiting.entry(peer).or_default().insert(what);
		self.watch(peer, now);
	}

	/// It does not wait any more.
	pub(crate) fn withdraw(&mut self, peer: PeerId, what: &T) {
		if let Some(waiting) = self.waiting.get_mut(&peer) {
			waiting.remove(what);
			if waiting.is_empty() {
				self.waiting.remove(&peer);
			}
		}
	}

	/// Looks who has rested: nobody need look again for that, also where there is no room to ask.
	pub(crate) fn look(&mut self, now: Instant) {
		while let Some((_, peer)) = self.resting.first().copied().filter(|(until, _)| *until <= now) {
			self.resting.pop_first();
			self.free(peer);
		}
	}

	/// The first of what waits for each who may be asked now.
	pub(crate) fn take(&mut self, now: Instant) -> Vec<T> {
		self.look(now);
		let mut taken = Vec::new();
		for peer in std::mem::take(&mut self.freed) {
			if !self.may_be_asked(peer, now) {
				self.watch(peer, now);
				continue;
			}
			if let Some(first) = self.waiting.get(&peer).and_then(BTreeSet::first).copied() {
				self.withdraw(peer, &first);
				taken.push(first);
				// Perhaps somebody else is asked for it.
				self.freed.insert(peer);
			}
		}
		taken
	}

	/// When somebody has rested for whom something waits.
	pub(crate) fn next_at(&self) -> Option<Instant> {
		self.resting.first().map(|(until, _)| *until)
	}

	fn free(&mut self, peer: PeerId) {
		if self.waiting.contains_key(&peer) {
			self.freed.insert(peer);
		}
	}

	/// Looks again when a peer that rests has rested. Whoever is at work ends that.
	fn watch(&mut self, peer: PeerId, now: Instant) {
		let (_, until) = self.badness(peer);
		if until > now && self.waiting.contains_key(&peer) {
			self.resting.insert((until, peer));
		}
	}

	/// Law 3: whether anything is kept of a peer.
	#[cfg(any(test, feature = "laws"))]
	pub(crate) fn knows(&self, peer: PeerId) -> bool {
		let rests = self.resting.iter().any(|(_, of)| *of == peer);
		self.records.contains_key(&peer)
			|| self.waiting.contains_key(&peer)
			|| self.freed.contains(&peer)
			|| rests
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const SECOND: Duration = Duration::from_secs(1);
	const PEER: PeerId = PeerId(1);

	/// How many requests are open at once, and how long a peer rests.
	#[test]
	fn r_sd_12_two_at_a_time_then_one_and_each_rest_twice_as_long() {
		let mut manners = Manners::<u8>::default();
		let mut now = Duration::ZERO;
		for _ in 0..MOST_OF_ONE {
			assert!(manners.may_be_asked(PEER, now));
			manners.asked(PEER);
		}
		assert!(!manners.may_be_asked(PEER, now), "no more at a time");
		manners.ended(PEER);
		assert!(manners.failed(PEER, now, SECOND).is_empty());
		manners.ended(PEER);
		assert!(!manners.may_be_asked(PEER, now), "it rests");
		for rest in [1, 2, 4, 8, 16, 32, 32, 32] {
			let over = now + rest * SECOND;
			assert!(!manners.may_be_asked(PEER, over - Duration::from_millis(1)));
			assert!(manners.may_be_asked(PEER, over), "{rest}");
			now = over;
			manners.asked(PEER);
			assert!(!manners.may_be_asked(PEER, now), "one at a time");
			manners.ended(PEER);
			let _ = manners.failed(PEER, now, SECOND);
		}
		now += 32 * SECOND;
		for answers in 1..=6 {
			assert!(manners.may_be_asked(PEER, now));
			manners.asked(PEER);
			assert!(!manners.may_be_asked(PEER, now), "{answers}: one at a time");
			manners.ended(PEER);
			manners.answered(PEER);
		}
		manners.asked(PEER);
		assert!(manners.may_be_asked(PEER, now), "as if nothing had happened");
		assert!(manners.forget(PEER).is_empty() && !manners.knows(PEER), "law 3");
	}

	#[test]
	fn what_waits_comes_when_the_peer_may_be_asked_one_at_a_time() {
		let mut manners = Manners::<u8>::default();
		manners.asked(PEER);
		manners.asked(PEER);
		for what in [3, 1, 2, 9] {
			manners.wait(PEER, what, SECOND);
		}
		manners.withdraw(PEER, &9);
		assert_eq!((manners.take(SECOND), manners.next_at()), (vec![], None));
		manners.ended(PEER);
		assert_eq!(manners.take(SECOND), [1]);
		assert_eq!(manners.take(SECOND), [2], "the first was asked of somebody else");
		manners.asked(PEER);
		assert_eq!(manners.take(SECOND), [0u8; 0]);
		manners.ended(PEER);
		assert_eq!(manners.failed(PEER, SECOND, SECOND), [3].into());
		manners.wait(PEER, 3, SECOND);
		assert_eq!(
			(manners.take(SECOND), manners.next_at()),
			(vec![], Some(2 * SECOND))
		);
		manners.look(2 * SECOND);
		assert_eq!(manners.next_at(), None, "it has rested");
		assert_eq!(manners.take(2 * SECOND), [0u8; 0], "but one is still open");
		manners.ended(PEER);
		assert_eq!(manners.take(2 * SECOND), [3]);
		manners.wait(PEER, 3, SECOND);
		assert_eq!(manners.forget(PEER), [3].into());
		assert!(
			!manners.knows(PEER) && manners.take(9 * SECOND).is_empty(),
			"law 3"
		);
	}
}
