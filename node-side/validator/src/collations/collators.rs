//! Who collates, and what waits to be fetched.
//!
//! Bounds: [`MAX_COLLATORS`], [`MAX_COLLATORS_PER_PARA`], and for each collator and relay parent one candidate more than
//! the own core has claims. What waits is never pushed out by what comes: it goes when it is fetched, is of no use any
//! more, or its collator is gone. What may not be seconded waits all the same: should somebody else second it and hand it
//! over to nobody, its collator has it (R-DEF-38).

use super::Advertisement;
use async_backing_machine::{Instant, PeerId};
use async_backing_primitives::{BlockNumber, CandidateHash, Hash, ParaId};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};
use thiserror::Error;

/// Collators that are listened to at once: far more than the paras of one core have.
pub(crate) const MAX_COLLATORS: usize = 300;
/// Collators of one para that are listened to at once.
pub(crate) const MAX_COLLATORS_PER_PARA: usize = 60;
/// A collator that advertised nothing for so long gives way to another one (R-NET-82).
pub(crate) const IDLE: Duration = Duration::from_secs(24);

/// Why a collator or its candidate is not listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unheard {
	#[error("a second declaration (R-NET-81)")]
	DeclaredBefore,
	#[error("too many collators (R-NET-81)")]
	TooManyCollators,
	#[error("an advertisement of an undeclared peer (R-NET-84)")]
	Undeclared,
	#[error("an advertisement for another para than declared (R-NET-84)")]
	OtherPara,
	#[error("an advertisement that came before (R-NET-84)")]
	Repeated,
	#[error("too many advertisements at a relay parent (R-NET-84)")]
	TooMany,
}

impl Unheard {
	/// The reason as reports have it.
	pub(crate) const fn reason(self) -> &'static str {
		match self {
			Self::DeclaredBefore => "collator declared twice",
			Self::TooManyCollators => "too many collators",
			Self::Undeclared => "undeclared collator",
			Self::OtherPara => "collation of another para",
			Self::Repeated => "repeated advertisement",
			Self::TooMany => "too many advertisements",
		}
	}
}

/// An advertised candidate that is not being fetched.
#[derive(Debug)]
pub(crate) struct Waiting {
	/// The candidate.
	pub(crate) advertisement: Box<Advertisement>,
	/// Earlier ones have lower numbers.
	pub(crate) sequence: u64,
	/// How often it was asked for in vain since the last leaf.
	pub(crate) attempts: u8,
	/// Another one had its place at the last leaf.
	pub(crate) is_taken: bool,
	/// It was executed, to no avail: that is done again only to confirm it.
	pub(crate) is_spent: bool,
}

impl Waiting {
	/// Whether it may be fetched to be seconded.
	pub(crate) fn may_be_seconded(&self) -> bool {
		!self.is_taken && !self.is_spent
	}
}

#[derive(Debug)]
struct Collator {
	para: ParaId,
	last_heard: Instant,
	/// How often it did not hand over what it advertised.
	failures: u32,
	/// What it advertised at each relay parent in scope.
	heard: BTreeMap<Hash, BTreeMap<CandidateHash, Heard>>,
	waiting: BTreeMap<CandidateHash, Waiting>,
}

/// How often a candidate was advertised.
#[derive(Clone, Copy, Debug)]
struct Heard {
	/// Number of the newest leaf the first time.
	first: BlockNumber,
	/// How often since then.
	again: BlockNumber,
}

/// A candidate that waits, and what decides when its turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
	failures: u32,
	sequence: u64,
	/// Who advertised it.
	pub(crate) peer: PeerId,
	/// The candidate.
	pub(crate) candidate: CandidateHash,
}

/// Declared collators with what they advertised.
#[derive(Debug, Default)]
pub(crate) struct Collators {
	by_peer: BTreeMap<PeerId, Collator>,
	sequence: u64,
}

impl Collators {
	/// A peer says for which para it collates. `is_served` says whether a para has claims on a core of the own group.
	pub(crate) fn declare(
		&mut self,
		now: Instant,
		peer: PeerId,
		para: ParaId,
		is_served: impl Fn(ParaId) -> bool,
	) -> Result<(), Unheard> {
		if self.by_peer.contains_key(&peer) {
			return Err(Unheard::DeclaredBefore);
		}
		let of_para = self.by_peer.values().filter(|known| known.para == para).count();
		if of_para >= MAX_COLLATORS_PER_PARA {
			self.make_room(now, |known| known.para == para)?;
		} else if self.by_peer.len() >= MAX_COLLATORS {
			let made = self.make_room(now, |_| true);
			if made.is_err() {
				// Groups rotate and claims come, so that whoever has none now is kept, but not before one that has.
				let unserved = self.by_peer.iter().find(|(_, known)| !is_served(known.para));
				let gives_way = unserved.filter(|_| is_served(para)).map(|(peer, _)| *peer);
				self.by_peer.remove(&gives_way.ok_or(Unheard::TooManyCollators)?);
			}
		}
		let collator = Collator {
			para,
			last_heard: now,
			failures: 0,
			heard: BTreeMap::new(),
			waiting: BTreeMap::new(),
		};
		self.by_peer.insert(peer, collator);
		Ok(())
	}

	/// Lets go of the collator that fails most, or else says nothing for longest.
	fn make_room(&mut self, now: Instant, among: impl Fn(&Collator) -> bool) -> Result<(), Unheard> {
		let worst = self
			.by_peer
			.iter()
			.filter(|(_, known)| among(known))
			.map(|(peer, known)| (known.failures, now.saturating_sub(known.last_heard), *peer))
			.max()
			.filter(|(failures, idle, _)| *failures > 0 || *idle >= IDLE);
		let (_, _, peer) = worst.ok_or(Unheard::TooManyCollators)?;
		self.by_peer.remove(&peer);
		Ok(())
	}

	/// The para that a peer collates for.
	pub(crate) fn para_of(&self, peer: PeerId) -> Option<ParaId> {
		self.by_peer.get(&peer).map(|collator| collator.para)
	}

	/// Whether a candidate is one that a peer may advertise.
	pub(crate) fn check(&self, peer: PeerId, para: ParaId) -> Result<(), Unheard> {
		match self.para_of(peer) {
			None => Err(Unheard::Undeclared),
			Some(declared) if declared != para => Err(Unheard::OtherPara),
			Some(_) => Ok(()),
		}
	}

	/// Notes that a peer advertised a candidate; at most `limit` at a relay parent. For each new leaf it may say so once more,
	/// because a candidate that missed its block is offered as long as it may be backed (R-COL-6).
	pub(crate) fn hear(
		&mut self,
		(now, newest): (Instant, BlockNumber),
		peer: PeerId,
		relay_parent: Hash,
		candidate: CandidateHash,
		limit: usize,
	) -> Result<(), Unheard> {
		let collator = self.by_peer.get_mut(&peer).ok_or(Unheard::Undeclared)?;
		let heard = collator.heard.entry(relay_parent).or_default();
		let is_full = heard.len() >= limit;
		match heard.get_mut(&candidate) {
			Some(known) if known.again >= newest.saturating_sub(known.first) => {
				return Err(Unheard::Repeated);
			}
			Some(known) => known.again = known.again.saturating_add(1),
			None if is_full => return Err(Unheard::TooMany),
			None => {
				let first = Heard {
					first: newest,
					again: 0,
				};
				heard.insert(candidate, first);
			}
		}
		collator.last_heard = now;
		Ok(())
	}

	/// A candidate waits for its turn, behind all that wait. One that waits already keeps its turn.
	pub(crate) fn wait(&mut self, peer: PeerId, candidate: CandidateHash, advertisement: Box<Advertisement>) {
		if let Some(waiting) = self
			.by_peer
			.get_mut(&peer)
			.and_then(|collator| collator.waiting.get_mut(&candidate))
		{
			waiting.attempts = 0;
			return;
		}
		let sequence = self.sequence;
		self.sequence = sequence.wrapping_add(1);
		let waiting = Waiting {
			advertisement,
			sequence,
			attempts: 0,
			is_taken: false,
			is_spent: false,
		};
		self.wait_again(peer, candidate, waiting);
	}

	/// At a new leaf whoever did not hand something over may be asked again, and places may be free.
	pub(crate) fn new_leaf(&mut self) {
		let collators = self.by_peer.values_mut();
		for waiting in collators.flat_map(|collator| collator.waiting.values_mut()) {
			(waiting.attempts, waiting.is_taken) = (0, false);
		}
	}

	/// Another candidate has the place of one that waits, at all leaves that there are.
	pub(crate) fn taken(&mut self, turn: Turn) {
		let collator = self.by_peer.get_mut(&turn.peer);
		if let Some(waiting) = collator.and_then(|collator| collator.waiting.get_mut(&turn.candidate)) {
			waiting.is_taken = true;
		}
	}

	/// A candidate that was asked for waits as before. Nothing happens if its collator is gone.
	pub(crate) fn wait_again(&mut self, peer: PeerId, candidate: CandidateHash, waiting: Waiting) {
		if let Some(collator) = self.by_peer.get_mut(&peer) {
			collator.waiting.insert(candidate, waiting);
		}
	}

	/// A candidate that waits.
	pub(crate) fn waiting(&self, turn: Turn) -> Option<&Waiting> {
		self.by_peer.get(&turn.peer)?.waiting.get(&turn.candidate)
	}

	/// Takes out a candidate that waits.
	pub(crate) fn take(&mut self, turn: Turn) -> Option<Waiting> {
		self.by_peer.get_mut(&turn.peer)?.waiting.remove(&turn.candidate)
	}

	/// What waits of a para, in the order of its turns: those who failed least first, so that whoever does not hand over
	/// what it advertises holds nobody up for long.
	pub(crate) fn turns(&self, para: ParaId) -> Vec<Turn> {
		let of_para = self.by_peer.iter().filter(|(_, collator)| collator.para == para);
		let mut turns: Vec<_> = of_para
			.flat_map(|(peer, collator)| {
				collator.waiting.iter().map(|(candidate, waiting)| Turn {
					failures: collator.failures,
					sequence: waiting.sequence,
					peer: *peer,
					candidate: *candidate,
				})
			})
			.collect();
		turns.sort_unstable();
		turns
	}

	/// Paras of which anything waits, ascending.
	pub(crate) fn paras(&self) -> BTreeSet<ParaId> {
		let busy = self.by_peer.values().filter(|known| !known.waiting.is_empty());
		busy.map(|known| known.para).collect()
	}

	/// A collator did not hand over what it advertised.
	pub(crate) fn failed(&mut self, peer: PeerId) {
		if let Some(collator) = self.by_peer.get_mut(&peer) {
			collator.failures = collator.failures.saturating_add(1);
		}
	}

	/// A collator handed over what this validator seconds.
	pub(crate) fn served(&mut self, peer: PeerId) {
		if let Some(collator) = self.by_peer.get_mut(&peer) {
			collator.failures = 0;
		}
	}

	/// Forgets what was said about relay parents that are in no scope any more.
	pub(crate) fn retain(&mut self, in_scope: impl Fn(Hash) -> bool) {
		for collator in self.by_peer.values_mut() {
			collator.heard.retain(|relay_parent, _| in_scope(*relay_parent));
			collator
				.waiting
				.retain(|_, waiting| in_scope(waiting.advertisement.receipt.descriptor.scheduling_parent()));
		}
	}

	/// Most candidates that one collator advertised at a relay parent.
	#[cfg(feature = "laws")]
	pub(crate) fn most_heard(&self) -> usize {
		let heard = self.by_peer.values().flat_map(|collator| collator.heard.values());
		heard.map(BTreeMap::len).max().unwrap_or(0)
	}

	/// A peer is gone.
	pub(crate) fn remove(&mut self, peer: PeerId) {
		self.by_peer.remove(&peer);
	}

	/// Number of candidates that wait.
	#[cfg(test)]
	pub(crate) fn len(&self) -> usize {
		self.by_peer.values().map(|known| known.waiting.len()).sum()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const PARA: ParaId = ParaId(7);
	const SECOND: Duration = Duration::from_secs(1);

	fn para(id: u32) -> ParaId {
		ParaId(id)
	}

	#[test]
	fn r_net_81_a_peer_declares_once() {
		let mut collators = Collators::default();
		assert_eq!(collators.declare(SECOND, PeerId(1), PARA, |_| true), Ok(()));
		let again = collators.declare(SECOND, PeerId(1), para(8), |_| true);
		assert_eq!(again, Err(Unheard::DeclaredBefore));
		assert_eq!(collators.check(PeerId(1), PARA), Ok(()));
		assert_eq!(collators.check(PeerId(1), para(8)), Err(Unheard::OtherPara));
		assert_eq!(collators.check(PeerId(2), PARA), Err(Unheard::Undeclared));
	}

	#[test]
	fn law_3_collators_of_a_para_are_bounded_and_the_worst_gives_way() {
		let mut collators = Collators::default();
		for peer in 0..MAX_COLLATORS_PER_PARA as u64 {
			assert_eq!(collators.declare(SECOND, PeerId(peer), PARA, |_| true), Ok(()));
		}
		let full = Err(Unheard::TooManyCollators);
		assert_eq!(collators.declare(SECOND, PeerId(1000), PARA, |_| true), full);
		collators.failed(PeerId(7));
		assert_eq!(collators.declare(SECOND, PeerId(1000), PARA, |_| true), Ok(()));
		assert_eq!(collators.para_of(PeerId(7)), None, "it failed");
		assert_eq!(
			collators.declare(SECOND + IDLE, PeerId(1001), PARA, |_| true),
			Ok(()),
			"R-NET-82"
		);
	}

	#[test]
	fn law_3_collators_are_bounded_and_those_without_a_claim_give_way() {
		let mut collators = Collators::default();
		let declare = |collators: &mut Collators, peer: u64, id: u32| {
			collators.declare(SECOND, PeerId(peer), para(id), |para| para == PARA)
		};
		for peer in 0..MAX_COLLATORS as u64 {
			assert_eq!(declare(&mut collators, peer, 100 + peer as u32), Ok(()));
		}
		let full = Err(Unheard::TooManyCollators);
		assert_eq!(declare(&mut collators, 1000, 50), full);
		assert_eq!(declare(&mut collators, 1000, 7), Ok(()), "its para has a claim");
		assert_eq!(declare(&mut collators, 1001, 7), Ok(()));
		assert_eq!(collators.by_peer.len(), MAX_COLLATORS);
	}

	#[test]
	fn r_net_84_candidates_of_a_collator_and_relay_parent_are_bounded() {
		let mut collators = Collators::default();
		let (here, there) = (Hash::repeat_byte(1), Hash::repeat_byte(2));
		let candidate = |byte| CandidateHash(Hash::repeat_byte(byte));
		collators
			.declare(SECOND, PeerId(1), PARA, |_| true)
			.expect("the first");
		for byte in 0..3 {
			assert_eq!(
				collators.hear((SECOND, 10), PeerId(1), here, candidate(byte), 3),
				Ok(())
			);
		}
		let again = collators.hear((SECOND, 10), PeerId(1), here, candidate(0), 3);
		assert_eq!(again, Err(Unheard::Repeated));
		let more = collators.hear((SECOND, 10), PeerId(1), here, candidate(9), 3);
		assert_eq!(more, Err(Unheard::TooMany));
		assert_eq!(
			collators.hear((SECOND, 10), PeerId(1), there, candidate(0), 3),
			Ok(())
		);
		collators.retain(|relay_parent| relay_parent == there);
		assert_eq!(
			collators.hear((SECOND, 10), PeerId(1), here, candidate(9), 3),
			Ok(())
		);
	}

	#[test]
	fn r_col_6_a_candidate_may_be_advertised_again_once_for_each_new_leaf() {
		let mut collators = Collators::default();
		let (here, candidate) = (Hash::repeat_byte(1), CandidateHash(Hash::repeat_byte(9)));
		collators
			.declare(SECOND, PeerId(1), PARA, |_| true)
			.expect("the first");
		let rows = [
			(10, Ok(())),
			(10, Err(Unheard::Repeated)),
			(11, Ok(())),
			(11, Err(Unheard::Repeated)),
			// A leaf that went back.
			(10, Err(Unheard::Repeated)),
			(12, Ok(())),
			(14, Ok(())),
			// Collator and validator import a leaf at different times.
			(14, Ok(())),
			(14, Err(Unheard::Repeated)),
		];
		for (newest, expected) in rows {
			let heard = collators.hear((SECOND, newest), PeerId(1), here, candidate, 1);
			assert_eq!(heard, expected, "at leaf {newest}");
		}
	}
}
