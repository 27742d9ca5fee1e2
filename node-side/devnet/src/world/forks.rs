//! Forks of the relay chain: which blocks reached which node, who builds on what, and what a fork that loses takes with it.
//!
//! Every node takes for the best block the highest one that it has, of several the one that it had first, as BABE's rule has
//! it where all claims are secondary ones, and none that is not on what it knows to be final. Authors build on theirs. A fork
//! begins where a block reaches the author of the next slot too late: that one builds on the parent, and there are two blocks of
//! one height. Which of them wins is nobody's decision but that of the authors after: what is built on is longer, and all follow it.

use super::{Final, Spread, World};
use crate::{relay::Chain, DevnetError};
use async_backing_primitives::{supermajority_threshold, Hash, Slot};
use async_backing_sim::{Fault, Instant, NodeId};
use rand::Rng;
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};
use std::{cmp::Reverse, collections::BTreeSet, time::Duration};

/// Streams of the generator that slots are drawn from; import times are drawn from the last one.
const LATE: u64 = u64::MAX - 1;
const EMPTY: u64 = u64::MAX - 2;
const JITTER: u64 = u64::MAX - 3;

/// How long it takes those who were apart to hear what they missed.
const CATCH_UP: Duration = Duration::from_millis(500);

/// A generator of its own for what a run may do without.
pub(super) fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
	let mut random = ChaCha8Rng::seed_from_u64(seed);
	random.set_stream(stream);
	random
}

/// How much later than others nodes have a block.
pub(super) fn jitter(seed: u64) -> ChaCha8Rng {
	stream(seed, JITTER)
}

/// Some slots of a hundred.
#[derive(Debug)]
pub(super) struct Drawn {
	percent: u32,
	random: ChaCha8Rng,
}

impl Drawn {
	/// Slots whose block comes late to part of the network.
	pub(super) fn late(percent: u32, seed: u64) -> Self {
		let random = stream(seed, LATE);
		Self { percent, random }
	}

	/// Slots in which nobody builds.
	pub(super) fn empty(percent: u32, seed: u64) -> Self {
		let random = stream(seed, EMPTY);
		Self { percent, random }
	}

	/// Whether the next slot is one of them, and what decides the rest. Asked once for each slot, so that runs of one seed have
	/// theirs in the same slots, whatever else they do.
	pub(super) fn next(&mut self) -> Option<u64> {
		if self.percent == 0 {
			return None;
		}
		let is_late = self.random.gen_range(0..100) < self.percent;
		let draw = self.random.next_u64();
		is_late.then_some(draw)
	}
}

impl<C: Chain> World<C> {
	/// Number of a relay block that is remembered; 0 for what the run begins with.
	pub(super) fn number_of(&self, block: Hash) -> u32 {
		let mut known = self.blocks.iter().rev();
		let found = known.find(|(_, known)| known.facts.block.hash == block);
		found.map_or(0, |((number, _), _)| *number)
	}

	/// The block that a node takes for the best: the highest that it has on what it knows to be final, of several the one that it
	/// had first.
	pub(super) fn best_of(&self, node: NodeId, now: Instant) -> Hash {
		let known = |last: &&Final| last.at.get(node.0).is_some_and(|at| *at <= now);
		let last = self.finals.iter().rev().find(known);
		let arrived = self.blocks.iter().filter_map(|((number, order), block)| {
			let at = block.at.get(node.0).filter(|at| **at <= now)?;
			Some(((*number, Reverse(*at), Reverse(*order)), block.facts.block.hash))
		});
		let mut arrived: Vec<_> = arrived.collect();
		arrived.sort_unstable_by_key(|(rank, _)| Reverse(*rank));
		let best = arrived.into_iter().find(|(_, hash)| self.is_on(*hash, last));
		best.map_or_else(|| self.relay.genesis(), |(_, hash)| hash)
	}

	/// Whether a block is on what is final by now.
	pub(super) fn is_on_final(&self, block: Hash) -> bool {
		self.is_on(block, self.finals.back())
	}

	fn is_on(&self, block: Hash, last: Option<&Final>) -> bool {
		let oldest = self.blocks.keys().next().map_or(0, |(number, _)| *number);
		// Of what is older nobody remembers where it was.
		let last = last.filter(|last| last.number >= oldest);
		last.is_none_or(|last| {
			self.ancestor(block, last.number)
				.is_some_and(|ancestor| ancestor.facts.block.hash == last.hash)
		})
	}

	/// Who builds in a slot, and on which block: whoever's slot it is on the block that it takes for the best itself. Nobody, if
	/// forks in different epochs have different authors and each follows the other's.
	pub(super) fn winner(&self, slot: Slot, now: Instant) -> Result<Option<(usize, Hash)>, DevnetError> {
		let validators = 0..self.relay.validators().len();
		let bests: BTreeSet<_> = validators.map(|node| self.best_of(NodeId(node), now)).collect();
		// What the run takes for the best goes first.
		let others = bests.iter().filter(|best| **best != self.head);
		for best in bests.get(&self.head).into_iter().chain(others) {
			let author = self.relay.author(*best, slot)?;
			if self.best_of(NodeId(author), now) == *best {
				return Ok(Some((author, *best)));
			}
		}
		Ok(None)
	}

	/// Nodes that a block reaches a slot too late: about half of them, the author of the next slot among them. Nobody, if that
	/// is the author of this one.
	pub(super) fn late_nodes(
		&self,
		draw: Option<u64>,
		block: Hash,
		slot: Slot,
		author: usize,
	) -> Result<BTreeSet<NodeId>, DevnetError> {
		let Some(draw) = draw else {
			return Ok(BTreeSet::new());
		};
		let next = self.relay.author(block, slot.saturating_add(1))?;
		if next == author {
			return Ok(BTreeSet::new());
		}
		let mut random = ChaCha8Rng::seed_from_u64(draw);
		let late = (0..self.config.nodes()).filter(|node| {
			let is_late = random.gen::<bool>();
			*node == next || (is_late && *node != author)
		});
		Ok(late.map(NodeId).collect())
	}

	/// When what arrives at a node at this time does so, if an author's block cannot reach it before: a partition holds it up.
	pub(super) fn reaches(&self, author: NodeId, node: NodeId, at: Instant) -> Instant {
		let mut at = at;
		let holding = |at| {
			let plan = self.config.faults.plan.iter();
			plan.filter_map(|fault| match fault {
				Fault::Apart { nodes, during, .. }
					if during.contains(&at) && nodes.contains(&author) != nodes.contains(&node) =>
				{
					Some(during.end)
				}
				_ => None,
			})
			.max()
		};
		while let Some(end) = holding(at) {
			at = end.saturating_add(CATCH_UP);
		}
		at
	}

	/// Whether more than two thirds of the validators follow a block.
	pub(super) fn is_followed(&self, number: u32, hash: Hash, now: Instant) -> bool {
		let validators = self.relay.validators().len();
		let follows = |validator: &usize| {
			let best = self.best_of(NodeId(*validator), now);
			let ancestor = self.ancestor(best, number);
			ancestor.is_some_and(|ancestor| ancestor.facts.block.hash == hash)
		};
		let following = (0..validators).filter(follows).count();
		following >= supermajority_threshold(validators)
	}

	/// How much later a late block comes: after the one that is built beside it, before the one after that.
	pub(super) fn lateness(&self) -> Duration {
		let slot = self.config.model.slot;
		slot.saturating_add(slot / 4)
	}

	/// The ancestor of a block that is so many blocks before it, unless some fork that is still alive has another one there. One
	/// that is not on what is final is not.
	pub(super) fn common_ancestor(&self, block: Hash, before: u32) -> Option<&Spread> {
		let number = self.number_of(block).checked_sub(before)?;
		let hash_of = |tip: &Spread| tip.facts.block.hash;
		let mut alive = self
			.blocks
			.iter()
			.rev()
			.filter(|(_, tip)| self.is_on_final(hash_of(tip)))
			.peekable();
		let newest = alive.peek().map(|((number, _), _)| *number)?;
		let tips: Vec<_> = alive
			.take_while(|((number, _), _)| number.saturating_add(1) >= newest)
			.map(|(_, tip)| hash_of(tip))
			.collect();
		let ancestor = self.ancestor(block, number)?;
		let is_common = |tip: &Hash| {
			self.ancestor(*tip, number)
				.is_some_and(|other| other.facts.block.hash == ancestor.facts.block.hash)
		};
		tips.iter().all(is_common).then_some(ancestor)
	}

	/// The ancestor of a block with this number, or the block itself.
	fn ancestor(&self, block: Hash, number: u32) -> Option<&Spread> {
		let (mut at, mut hash) = (self.number_of(block), block);
		loop {
			let mut siblings = self.blocks.range((at, 0)..=(at, u64::MAX));
			let (_, known) = siblings.find(|(_, known)| known.facts.block.hash == hash)?;
			if at <= number {
				return (at == number).then_some(known);
			}
			hash = known.facts.parent_hash;
			at = at.checked_sub(1)?;
		}
	}
}
