//! Who is told which bitfield (R-NET-104): neighbours on the grid, and a few others in case these keep it to themselves.
//!
//! A bitfield goes along the grid in two steps: from its validator to those in its row and column, from the first to the
//! columns of these, from the second to their rows; so everybody has it, mostly twice at most. What of it is signed rightly is for its
//! owner to check; here is only who may say what, and who hears it.
//!
//! Invariants: a peer is told a bitfield once at most, and never one that it told us; only who has said that it knows the leaf is
//! told anything about it; a peer that repeats itself, speaks of leaves that are not ours or of validators that are none
//! pays (R-NET-104).

use async_backing_chain_view::{Neighbours, MAX_PEERS};
use async_backing_machine::{Cost, PeerId};
use async_backing_primitives::{Hash, ValidatorIndex};
use async_backing_wire::MAX_VIEW_HEADS;
use rand::seq::index::sample;
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

mod crowd;
#[cfg(test)]
mod tests;
mod told;

use crowd::{Crowd, Member};
use told::{Bits, Told};

/// Peers that are told a bitfield although the grid would not have them told.
pub const RANDOM_PEERS: usize = 4;
/// Of how many peers these are the first that have a use for it: so many are drawn of all who know the leaf.
pub const RANDOM_SAMPLE: usize = 25;

/// Why a bitfield is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GossipError {
	/// It is of a block that is no leaf here.
	#[error("a bitfield of {0}, which is no leaf here (R-NET-104)")]
	OutOfView(Hash),
	/// No validator has this index.
	#[error("a bitfield of validator {index}, but there are {validators} (R-NET-104)")]
	NoValidator {
		/// Validators of the session.
		validators: usize,
		/// The index.
		index: u32,
	},
	/// The same peer has sent it before.
	#[error("a bitfield of validator {0} that this peer has sent before (R-NET-104)")]
	Repeated(u32),
	/// The peer is not known.
	#[error("nobody knows {0:?}")]
	UnknownPeer(PeerId),
}

impl GossipError {
	/// What it costs the peer; `None` where it is no fault of it.
	pub const fn cost(self) -> Option<Cost> {
		match self {
			Self::OutOfView(_) => Some(Cost::Minor),
			Self::NoValidator { .. } => Some(Cost::Major),
			Self::Repeated(_) => Some(Cost::MinorRepeated),
			Self::UnknownPeer(_) => None,
		}
	}
}

/// What to do about a bitfield that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
	/// It is the first of this validator: it is to be checked, and if it is right, [spread](Gossip::spread).
	New,
	/// It is here already, from somebody else.
	Known,
}

#[derive(Clone, Debug)]
struct AtLeaf {
	/// The own index, if it validates there.
	own: Option<ValidatorIndex>,
	neighbours: Neighbours,
	validators: usize,
	/// Bitfields that are here and right.
	known: Bits,
	/// What each peer has sent or was sent.
	told: Told,
	/// Who knows the leaf, as soon as somebody wants to know.
	crowd: Option<Crowd>,
}

impl AtLeaf {
	/// What is here and not there, if the peer is this validator and that is a neighbour. It counts as told.
	fn missing(&mut self, peer: PeerId, index: Option<ValidatorIndex>) -> Vec<ValidatorIndex> {
		let mut missing = Vec::new();
		if index.is_some_and(|index| self.neighbours.contains(index)) {
			let slot = self.told.slot(peer);
			let known = self.known.iter().map(ValidatorIndex);
			missing.extend(known.filter(|bitfield| self.told.gets(slot, *bitfield)));
		}
		missing
	}
}

/// Who has heard which bitfield.
///
/// Memory: [`gossip_memory_bound`]. Cost: of what spreads, once through the neighbours, and for the first of a leaf through the
/// peers.
#[derive(Clone, Debug)]
pub struct Gossip {
	leaves: BTreeMap<Hash, AtLeaf>,
	/// What peers say they know: at most [`MAX_PEERS`] of them, [`MAX_VIEW_HEADS`] each.
	views: BTreeMap<PeerId, BTreeSet<Hash>>,
	random: ChaCha8Rng,
}

/// Most bytes of memory that a [`Gossip`] needs (law 3), whatever peers send.
pub const fn gossip_memory_bound(validators: usize, leaves: usize, peers: usize) -> usize {
	/// Maps and keys of a peer.
	const PEER: usize = 256;
	/// Two sets and what the allocator adds.
	const BITFIELD: usize = 128;
	let sets = peers.div_ceil(64).saturating_mul(8 * 2).saturating_add(BITFIELD);
	let places = validators.saturating_mul(16);
	let at_leaf = sets
		.saturating_mul(validators)
		.saturating_add(places)
		.saturating_add(peers.saturating_mul(PEER));
	leaves
		.saturating_mul(at_leaf)
		.saturating_add(peers.saturating_mul(PEER + 64 * MAX_VIEW_HEADS))
}

impl Gossip {
	/// Draws from this seed, which nobody else should know.
	pub fn new(seed: u64) -> Self {
		Self {
			leaves: BTreeMap::new(),
			views: BTreeMap::new(),
			random: ChaCha8Rng::seed_from_u64(seed),
		}
	}

	/// A block is a leaf: bitfields of its validators spread over the grid of its session, where these are the own neighbours
	/// (R-SD-7). `own` is `None` for who validates nothing there, and has no neighbours.
	pub fn leaf_activated(
		&mut self,
		leaf: Hash,
		validators: usize,
		own: Option<ValidatorIndex>,
		neighbours: Neighbours,
	) {
		self.leaves.entry(leaf).or_insert_with(|| AtLeaf {
			own,
			neighbours,
			validators,
			known: Bits::default(),
			told: Told::new(validators),
			crowd: None,
		});
	}

	/// A block is no leaf any more.
	pub fn leaf_deactivated(&mut self, leaf: Hash) {
		self.leaves.remove(&leaf);
	}

	/// A peer is there, or is known to be somebody else. Above [`MAX_PEERS`] it is not known.
	pub fn connected(&mut self, peer: PeerId) {
		if self.views.contains_key(&peer) {
			// Which validator it is will be asked again.
			self.leaves.values_mut().for_each(|at| at.crowd = None);
		} else if self.views.len() < MAX_PEERS {
			self.views.insert(peer, BTreeSet::new());
		}
	}

	/// A peer is gone, and all that is known of it.
	pub fn disconnected(&mut self, peer: PeerId) {
		self.views.remove(&peer);
		self.leaves.values_mut().for_each(|at| {
			at.told.forget(peer);
			if let Some(crowd) = &mut at.crowd {
				crowd.remove(peer);
			}
		});
	}

	/// A peer knows these leaves, and no others. Returns the bitfields that it is to be sent now: those that are here of leaves
	/// that are new to it, if it is a neighbour. `index_of` says which validator of a leaf's session it is (law 7).
	pub fn view(
		&mut self,
		peer: PeerId,
		heads: &[Hash],
		index_of: impl Fn(Hash, PeerId) -> Option<ValidatorIndex>,
	) -> Vec<(Hash, ValidatorIndex)> {
		let Some(view) = self.views.get_mut(&peer) else {
			return Vec::new();
		};
		let heads: BTreeSet<_> = heads.iter().take(MAX_VIEW_HEADS).copied().collect();
		let before = std::mem::replace(view, heads.clone());
		for gone in before.difference(&heads) {
			if let Some(crowd) = self.leaves.get_mut(gone).and_then(|at| at.crowd.as_mut()) {
				crowd.remove(peer);
			}
		}
		let mut missing = Vec::new();
		for head in heads.difference(&before) {
			let Some(at) = self.leaves.get_mut(head) else {
				continue;
			};
			let index = index_of(*head, peer);
			if let Some(crowd) = &mut at.crowd {
				crowd.insert(peer, index, &at.neighbours, &mut at.told);
			}
			let lacking = at.missing(peer, index).into_iter();
			missing.extend(lacking.map(|bitfield| (*head, bitfield)));
		}
		missing
	}

	/// A peer that is there is known to be somebody else: the bitfields that it is to be sent now, as of [`view`](Self::view).
	pub fn missing(
		&mut self,
		peer: PeerId,
		index_of: impl Fn(Hash, PeerId) -> Option<ValidatorIndex>,
	) -> Vec<(Hash, ValidatorIndex)> {
		let mut missing = Vec::new();
		for head in self.views.get(&peer).into_iter().flatten() {
			if let Some(at) = self.leaves.get_mut(head) {
				let lacking = at.missing(peer, index_of(*head, peer)).into_iter();
				missing.extend(lacking.map(|bitfield| (*head, bitfield)));
			}
		}
		missing
	}

	/// A peer sends the bitfield of a validator.
	///
	/// # Errors
	/// [`GossipError`], with its [cost](GossipError::cost).
	pub fn heard(
		&mut self,
		peer: PeerId,
		leaf: Hash,
		validator: ValidatorIndex,
	) -> Result<Heard, GossipError> {
		let is_there = || self.views.contains_key(&peer);
		let unknown = GossipError::UnknownPeer(peer);
		let Some(at) = self.leaves.get_mut(&leaf) else {
			return Err(if is_there() {
				GossipError::OutOfView(leaf)
			} else {
				unknown
			});
		};
		// Whoever has a slot is there.
		let slot = at.told.known(peer);
		if slot.is_none() && !is_there() {
			return Err(unknown);
		}
		let index = validator.0;
		if index as usize >= at.validators {
			let validators = at.validators;
			return Err(GossipError::NoValidator { validators, index });
		}
		let slot = slot.unwrap_or_else(|| at.told.slot(peer));
		if !at.told.sent(slot, validator) {
			return Err(GossipError::Repeated(index));
		}
		Ok(match at.known.contains(index) {
			true => Heard::Known,
			false => Heard::New,
		})
	}

	/// A bitfield is right, or it is the own one. Returns whom to tell, ascending; they count as told. `index_of` says which validator of
	/// the leaf's session a peer is (law 7).
	pub fn spread(
		&mut self,
		leaf: Hash,
		validator: ValidatorIndex,
		index_of: impl Fn(Hash, PeerId) -> Option<ValidatorIndex>,
	) -> Vec<PeerId> {
		let Self {
			leaves,
			views,
			random,
		} = self;
		let Some(at) = leaves
			.get_mut(&leaf)
			.filter(|at| (validator.0 as usize) < at.validators)
		else {
			return Vec::new();
		};
		if !at.known.insert(validator.0) {
			return Vec::new();
		}
		let AtLeaf {
			own,
			neighbours,
			told: holders,
			crowd,
			..
		} = at;
		let crowd = crowd.get_or_insert_with(|| {
			let mut crowd = Crowd::default();
			for (peer, _) in views.iter().filter(|(_, view)| view.contains(&leaf)) {
				crowd.insert(*peer, index_of(leaf, *peer), neighbours, holders);
			}
			crowd
		});
		let mut told = Vec::new();
		// Not whose own it is. Whoever is told has it, and is not told again.
		let mut tell = |member: &Member| {
			let is_told = member.index != validator && holders.gets(member.slot, validator);
			if is_told {
				told.push(member.peer);
			}
			is_told
		};
		let (row, column) = neighbours.leads_along(*own, validator);
		crowd.along(row, column).for_each(|member| {
			tell(member);
		});
		// Of as many as are sampled the first few that have a use for it.
		let all = crowd.all();
		let sampled = sample(random, all.len(), all.len().min(RANDOM_SAMPLE));
		let others = sampled.into_iter().filter_map(|place| all.get(place));
		others
			.filter(|member| tell(member))
			.take(RANDOM_PEERS)
			.for_each(drop);
		told.sort_unstable();
		told
	}
}
