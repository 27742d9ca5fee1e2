//! Who collates, and what waits to be fetched.
//!
//! Bounds: [`MAX_COLLATORS`] peers, [`MAX_COLLATORS_PER_PARA`] of a para, and for each of them and relay parent one candidate
//! more than the own core has claims. What waits is never pushed out by what comes: it goes when it is fetched, is of no use
//! any more, or its collator is gone. What may not be seconded waits all the same: should somebody else second it and hand it
//! over to nobody, its collator has it (R-DEF-38).

use super::{Parting, MAX_ATTEMPTS};
use crate::{CollatorPeer, Offer};
use async_backing_machine::{Instant, PeerId};
use async_backing_primitives::{BlockNumber, CandidateHash, Hash, ParaId};
use async_backing_wire::{CollationVersion, CollatorId};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};
use thiserror::Error;

/// Peers that are listened to at once: far more than the paras of one core have.
pub const MAX_COLLATORS: usize = 300;
/// Collators of one para that are listened to at once.
pub const MAX_COLLATORS_PER_PARA: usize = 60;
/// Who has not declared within this is let go (R-NET-82).
pub const DECLARE_WITHIN: Duration = Duration::from_secs(1);
/// Who advertised nothing for so long is let go (R-NET-82).
pub const IDLE: Duration = Duration::from_secs(24);

/// Why something that a peer says is not listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unheard {
	/// It declared before.
	#[error("a second declaration (R-NET-81)")]
	DeclaredBefore,
	/// Another peer has this key.
	#[error("the collator id of another peer (R-NET-81)")]
	SharedKey,
	/// Nobody collates for this para here.
	#[error("para {0} has no claim on an own core (R-NET-81)")]
	NotServed(ParaId),
	/// It has not proved to have the key.
	#[error("a declaration that its key did not sign (R-NET-67)")]
	BadSignature,
	/// There are as many as are listened to.
	#[error("too many collators of the para")]
	TooManyCollators,
	/// It has not declared.
	#[error("an advertisement of an undeclared peer (R-NET-84)")]
	Undeclared,
	/// It came before.
	#[error("an advertisement that came before (R-NET-84)")]
	Repeated,
	/// There are as many as it may have.
	#[error("too many advertisements at a relay parent (R-NET-84)")]
	TooMany,
}

impl Unheard {
	/// The reason as reports have it.
	pub const fn reason(self) -> &'static str {
		match self {
			Self::DeclaredBefore => "collator declared twice",
			Self::SharedKey => "collator with the key of another one",
			Self::NotServed(_) => "collator of a para that is not served",
			Self::BadSignature => "declaration with a wrong signature",
			Self::TooManyCollators => "too many collators",
			Self::Undeclared => "undeclared collator",
			Self::Repeated => "repeated advertisement",
			Self::TooMany => "too many advertisements",
		}
	}
}

/// An advertised candidate that is not being fetched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
	/// What was said.
	pub(super) offer: Offer,
	/// Earlier ones have lower numbers.
	sequence: u64,
	/// How often it was asked for in vain since the last leaf.
	pub(super) attempts: u8,
	/// Another one had its place at the last leaf.
	is_taken: bool,
	/// It was executed, to no avail: that is done again only to confirm it.
	pub(super) is_spent: bool,
	/// Something has to happen first: a leaf, or something of its para (R-NET-87).
	pub(super) is_blocked: bool,
	/// It was asked for before anybody here knew its parent (R-BAK-5).
	pub(super) is_unconnected: bool,
	/// Like that it came to nothing, or without the head data that it takes: its parent has to be known first (R-NET-87).
	pub(super) needs_parent: bool,
}

impl Waiting {
	/// Whether it may be fetched to be seconded.
	pub(super) const fn may_be_seconded(&self) -> bool {
		!self.is_taken && !self.is_spent && !self.is_blocked
	}
}

/// A peer that has a stream open.
#[derive(Debug)]
struct Peer {
	who: CollatorPeer,
	since: Instant,
	declared: Option<Collator>,
}

#[derive(Debug)]
struct Collator {
	para: ParaId,
	key: CollatorId,
	last_heard: Instant,
	/// How often it did not hand over what it advertised.
	failures: u32,
	/// What it advertised at each relay parent in scope.
	heard: BTreeMap<Hash, BTreeMap<CandidateHash, Heard>>,
	/// By sequence: each candidate once.
	waiting: BTreeMap<u64, Waiting>,
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
pub(super) struct Turn {
	/// Whoever was asked for it in vain comes after those who were not (law 2).
	attempts: u8,
	failures: u32,
	sequence: u64,
	/// Who advertised it.
	pub(super) peer: PeerId,
}

/// Peers with what they declared and advertised.
#[derive(Debug, Default)]
pub(super) struct Collators {
	by_peer: BTreeMap<PeerId, Peer>,
	sequence: u64,
}

impl Collators {
	/// A peer is there, or somebody else than it was thought to be. Whoever gives way to it, or itself if nobody does.
	pub(super) fn connected(&mut self, now: Instant, peer: PeerId, who: CollatorPeer) -> Option<PeerId> {
		if let Some(known) = self.by_peer.get_mut(&peer) {
			known.who = who;
			return None;
		}
		let mut gives_way = None;
		if self.by_peer.len() >= MAX_COLLATORS {
			match self.worst(now, |_| true) {
				Some(worst) => gives_way = Some(worst),
				None => return Some(peer),
			}
		}
		if let Some(worst) = gives_way {
			self.by_peer.remove(&worst);
		}
		let known = Peer {
			who,
			since: now,
			declared: None,
		};
		self.by_peer.insert(peer, known);
		gives_way
	}

	/// Whether a peer may declare, with this key.
	pub(super) fn may_declare(&self, peer: PeerId, key: CollatorId) -> Result<&CollatorPeer, Unheard> {
		let known = self.by_peer.get(&peer).ok_or(Unheard::Undeclared)?;
		if known.declared.is_some() {
			return Err(Unheard::DeclaredBefore);
		}
		let mut declared = self.by_peer.values().filter_map(|other| other.declared.as_ref());
		match declared.any(|other| other.key == key) {
			true => Err(Unheard::SharedKey),
			false => Ok(&known.who),
		}
	}

	/// A peer has proved to collate for this para. Whoever gives way to it.
	pub(super) fn declare(
		&mut self,
		now: Instant,
		peer: PeerId,
		para: ParaId,
		key: CollatorId,
	) -> Result<Option<PeerId>, Unheard> {
		let is_of_para = |known: &Peer| known.declared.as_ref().is_some_and(|it| it.para == para);
		let of_para = self.by_peer.values().filter(|known| is_of_para(known)).count();
		let mut gives_way = None;
		if of_para >= MAX_COLLATORS_PER_PARA {
			let worst = self.worst(now, is_of_para).ok_or(Unheard::TooManyCollators)?;
			self.by_peer.remove(&worst);
			gives_way = Some(worst);
		}
		let known = self.by_peer.get_mut(&peer).ok_or(Unheard::Undeclared)?;
		known.declared = Some(Collator {
			para,
			key,
			last_heard: now,
			failures: 0,
			heard: BTreeMap::new(),
			waiting: BTreeMap::new(),
		});
		Ok(gives_way)
	}

	/// Who gives way to others: whoever fails most, or else says nothing for longest.
	fn worst(&self, now: Instant, among: impl Fn(&Peer) -> bool) -> Option<PeerId> {
		let found = self.by_peer.iter().filter(|(_, known)| among(known));
		let found = found.map(|(peer, known)| (known.failures(), known.overdue(now), *peer));
		let worst = found.filter(|(failures, overdue, _)| *failures > 0 || overdue.is_some());
		worst.max().map(|(_, _, peer)| peer)
	}

	/// Who has not declared or advertised in time (R-NET-82).
	pub(super) fn overdue(&self, now: Instant) -> Vec<(PeerId, Parting)> {
		let overdue = self.by_peer.iter().filter_map(|(peer, known)| {
			known.overdue(now)?;
			let why = match known.declared {
				None => Parting::NotDeclared,
				Some(_) => Parting::Idle,
			};
			Some((*peer, why))
		});
		overdue.collect()
	}

	/// Who collates for a para that is not served any more (R-NET-83).
	pub(super) fn unserved(&self, is_served: impl Fn(ParaId) -> bool) -> Vec<PeerId> {
		let mut answers = BTreeMap::new();
		let unserved = self.by_peer.iter().filter(|(_, known)| {
			let para = known.declared.as_ref().map(|declared| declared.para);
			para.is_some_and(|para| !*answers.entry(para).or_insert_with(|| is_served(para)))
		});
		unserved.map(|(peer, _)| *peer).collect()
	}

	/// Whether a peer is listened to.
	pub(super) fn knows(&self, peer: PeerId) -> bool {
		self.by_peer.contains_key(&peer)
	}

	/// Peers, ascending.
	pub(super) fn peers(&self) -> impl Iterator<Item = PeerId> + '_ {
		self.by_peer.keys().copied()
	}

	/// Number of peers.
	pub(super) fn len(&self) -> usize {
		self.by_peer.len()
	}

	/// Version of a peer's stream.
	pub(super) fn version(&self, peer: PeerId) -> Option<CollationVersion> {
		self.by_peer.get(&peer).map(|known| known.who.version)
	}

	/// The para that a peer collates for.
	pub(super) fn para_of(&self, peer: PeerId) -> Option<ParaId> {
		self.declared(peer).map(|collator| collator.para)
	}

	fn declared(&self, peer: PeerId) -> Option<&Collator> {
		self.by_peer.get(&peer)?.declared.as_ref()
	}

	fn declared_mut(&mut self, peer: PeerId) -> Option<&mut Collator> {
		self.by_peer.get_mut(&peer)?.declared.as_mut()
	}

	fn all(&self) -> impl Iterator<Item = (PeerId, &Collator)> {
		let all = self.by_peer.iter();
		all.filter_map(|(peer, known)| Some((*peer, known.declared.as_ref()?)))
	}

	/// Notes that a peer advertised a candidate; at most `limit` at a relay parent. For each new leaf it may say so once more,
	/// because a candidate that missed its block is offered as long as it may be backed (R-COL-6).
	pub(super) fn hear(
		&mut self,
		(now, newest): (Instant, BlockNumber),
		peer: PeerId,
		relay_parent: Hash,
		candidate: CandidateHash,
		limit: usize,
	) -> Result<(), Unheard> {
		let collator = self.declared_mut(peer).ok_or(Unheard::Undeclared)?;
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
	pub(super) fn wait(&mut self, peer: PeerId, offer: Offer) -> Option<Turn> {
		let sequence = self.sequence;
		self.sequence = sequence.wrapping_add(1);
		let collator = self.declared_mut(peer)?;
		let turn = |collator: &Collator, sequence| Turn {
			attempts: 0,
			failures: collator.failures,
			sequence,
			peer,
		};
		if let Some(waiting) = collator.waiting_for(offer.candidate) {
			waiting.attempts = 0;
			let sequence = waiting.sequence;
			return Some(turn(collator, sequence));
		}
		let waiting = Waiting {
			offer,
			sequence,
			attempts: 0,
			is_taken: false,
			is_spent: false,
			is_blocked: false,
			is_unconnected: false,
			needs_parent: false,
		};
		collator.waiting.insert(sequence, waiting);
		Some(turn(collator, sequence))
	}

	/// At a new leaf whoever did not hand something over may be asked again, and places may be free.
	pub(super) fn new_leaf(&mut self) {
		let collators = self
			.by_peer
			.values_mut()
			.filter_map(|known| known.declared.as_mut());
		for waiting in collators.flat_map(|collator| collator.waiting.values_mut()) {
			(waiting.attempts, waiting.is_taken, waiting.is_blocked) = (0, false, false);
		}
	}

	/// Something of a para happened, so that what is blocked may have its turn (R-NET-87).
	pub(super) fn unblock(&mut self, para: ParaId) {
		let collators = self
			.by_peer
			.values_mut()
			.filter_map(|known| known.declared.as_mut());
		let of_para = collators.filter(|collator| collator.para == para);
		for waiting in of_para.flat_map(|collator| collator.waiting.values_mut()) {
			waiting.is_blocked = false;
		}
	}

	/// Another candidate has the place of one that waits, at all leaves that there are.
	pub(super) fn taken(&mut self, turn: Turn) {
		let collator = self.declared_mut(turn.peer);
		if let Some(waiting) = collator.and_then(|collator| collator.waiting.get_mut(&turn.sequence)) {
			waiting.is_taken = true;
		}
	}

	/// A candidate that was asked for waits as before. Nothing happens if its collator is gone.
	pub(super) fn wait_again(&mut self, peer: PeerId, waiting: Waiting) {
		let Some(collator) = self.declared_mut(peer) else {
			return;
		};
		if collator.waiting_for(waiting.offer.candidate).is_none() {
			collator.waiting.insert(waiting.sequence, waiting);
		}
	}

	/// A candidate that waits.
	pub(super) fn waiting(&self, turn: Turn) -> Option<Waiting> {
		self.declared(turn.peer)?.waiting.get(&turn.sequence).copied()
	}

	/// Takes out a candidate that waits.
	pub(super) fn take(&mut self, turn: Turn) -> Option<Waiting> {
		self.declared_mut(turn.peer)?.waiting.remove(&turn.sequence)
	}

	/// What waits of a para and may be asked for, in the order of its turns: those who were not asked yet, then those who failed
	/// least, so that whoever does not hand over what it advertises holds nobody up for long (R-NET-85).
	pub(super) fn turns(&self, para: ParaId) -> Vec<Turn> {
		let of_para = || self.all().filter(|(_, collator)| collator.para == para);
		let most = of_para().map(|(_, collator)| collator.waiting.len()).sum();
		// In one piece: there may be a thousand.
		let mut turns = Vec::with_capacity(most);
		for (peer, collator) in of_para() {
			let open = collator
				.waiting
				.iter()
				.filter(|(_, it)| it.attempts < MAX_ATTEMPTS);
			turns.extend(open.map(|(sequence, waiting)| Turn {
				attempts: waiting.attempts,
				failures: collator.failures,
				sequence: *sequence,
				peer,
			}));
		}
		turns.sort_unstable();
		turns
	}

	/// Paras of which anything waits, ascending.
	pub(super) fn paras(&self) -> BTreeSet<ParaId> {
		let busy = self.all().filter(|(_, known)| !known.waiting.is_empty());
		busy.map(|(_, known)| known.para).collect()
	}

	/// A collator did not hand over what it advertised.
	pub(super) fn failed(&mut self, peer: PeerId) {
		if let Some(collator) = self.declared_mut(peer) {
			collator.failures = collator.failures.saturating_add(1);
		}
	}

	/// A collator handed over what this validator seconds.
	pub(super) fn served(&mut self, peer: PeerId) {
		if let Some(collator) = self.declared_mut(peer) {
			collator.failures = 0;
		}
	}

	/// Forgets what was said about relay parents that are in no scope any more.
	pub(super) fn retain(&mut self, in_scope: &BTreeSet<Hash>) {
		let collators = self
			.by_peer
			.values_mut()
			.filter_map(|known| known.declared.as_mut());
		for collator in collators {
			collator
				.heard
				.retain(|relay_parent, _| in_scope.contains(relay_parent));
			collator
				.waiting
				.retain(|_, waiting| in_scope.contains(&waiting.offer.scheduling_parent));
		}
	}

	/// Most candidates that one collator advertised at a relay parent.
	#[cfg(feature = "laws")]
	pub(super) fn most_heard(&self) -> usize {
		let heard = self.all().flat_map(|(_, collator)| collator.heard.values());
		heard.map(BTreeMap::len).max().unwrap_or(0)
	}

	/// A peer is gone.
	pub(super) fn remove(&mut self, peer: PeerId) {
		self.by_peer.remove(&peer);
	}

	/// Number of candidates that wait.
	pub(super) fn waiting_len(&self) -> usize {
		self.all().map(|(_, known)| known.waiting.len()).sum()
	}
}

impl Collator {
	/// A candidate that waits. Cost: what waits of this collator.
	fn waiting_for(&mut self, candidate: CandidateHash) -> Option<&mut Waiting> {
		let mut waiting = self.waiting.values_mut();
		waiting.find(|waiting| waiting.offer.candidate == candidate)
	}
}

impl Peer {
	fn failures(&self) -> u32 {
		self.declared.as_ref().map_or(0, |declared| declared.failures)
	}

	/// For how long it should have said something, if it should.
	fn overdue(&self, now: Instant) -> Option<Duration> {
		let due = match &self.declared {
			None => self.since.saturating_add(DECLARE_WITHIN),
			Some(declared) => declared.last_heard.saturating_add(IDLE),
		};
		now.checked_sub(due)
	}
}
