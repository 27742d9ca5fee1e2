//! Random histories against a model that keeps all blocks for ever and asks each about each.

use super::*;
use crate::{Arrived, Early, EarlyLimits};
use proptest::prelude::*;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

#[derive(Clone, Copy, Debug)]
enum Step {
	Import(usize, bool),
	Finalize(usize),
	Revert(usize),
}

/// A tree: each block with its parent among those before.
fn tree() -> impl Strategy<Value = Vec<LeafFacts>> {
	prop::collection::vec((any::<prop::sample::Index>(), 0..4u8), 2..24).prop_map(|parents| {
		let mut blocks = vec![root(0, 10)];
		for (name, (parent, kind)) in (1..).zip(parents) {
			// Mostly long branches.
			let newest = blocks.len().saturating_sub(3);
			let parent = &blocks[newest + parent.index(blocks.len() - newest)];
			let block = match kind {
				0 => child_in_session(parent, name, parent.session_index + 1, keys([name as u8, 0])),
				_ => child(parent, name),
			};
			blocks.push(block);
		}
		blocks
	})
}

fn step(blocks: usize) -> impl Strategy<Value = Step> {
	prop_oneof![
		12 => (0..blocks, prop::bool::weighted(0.85)).prop_map(|(block, fresh)| Step::Import(block, fresh)),
		1 => (0..blocks).prop_map(Step::Finalize),
		2 => (0..blocks).prop_map(Step::Revert),
	]
}

/// Steps mostly in the order of the chain, with some of any order in between.
fn history() -> impl Strategy<Value = (Vec<LeafFacts>, Vec<Step>)> {
	tree().prop_flat_map(|blocks| {
		let number = blocks.len();
		let any_order = prop::collection::vec((step(number), 0..number), 0..48);
		(Just(blocks), any_order).prop_map(move |(blocks, others)| {
			let mut steps: Vec<_> = (0..number).map(|block| Step::Import(block, true)).collect();
			for (step, place) in others {
				match step {
					// Swaps make children come before their parents.
					Step::Import(block, true) => {
						let place = place.min(steps.len() - 1);
						let other = block.min(steps.len() - 1);
						steps.swap(place, other);
					}
					step => steps.insert((2 * place).min(steps.len()), step),
				}
			}
			(blocks, steps)
		})
	})
}

fn event(blocks: &[LeafFacts], step: Step) -> ChainEvent {
	match step {
		Step::Import(block, true) => imported(&blocks[block]),
		Step::Import(block, false) => caught_up(&blocks[block]),
		Step::Finalize(block) => finalized(&blocks[block]),
		Step::Revert(block) => reverted(&blocks[block]),
	}
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Gone {
	Reverted,
	Finality,
}

/// All blocks that are there, with whether they can be leaves and in which order they came; all that are not.
#[derive(Default)]
struct Model {
	there: BTreeMap<Hash, (LeafFacts, bool, usize)>,
	gone: BTreeMap<Hash, (BlockNumber, Gone)>,
	finalized: Option<(BlockNumber, Hash)>,
	events: usize,
}

impl Model {
	/// Who is said to be an ancestor, with numbers.
	fn named(facts: &LeafFacts) -> BTreeMap<Hash, BlockNumber> {
		let parent = (facts.parent_hash, facts.block.number - 1);
		let others = facts.ancestors.iter().map(|info| (info.hash, info.number));
		others.chain([parent]).collect()
	}

	/// All ancestors that follow from what is there.
	fn ancestors(&self, facts: &LeafFacts) -> BTreeMap<Hash, BlockNumber> {
		let mut all = Self::named(facts);
		for _ in 0..self.there.len() {
			for ancestor in all.clone().keys() {
				if let Some((facts, ..)) = self.there.get(ancestor) {
					all.extend(Self::named(facts));
				}
			}
		}
		all
	}

	fn descendants(&self, hash: Hash) -> Vec<(Hash, BlockNumber)> {
		let there = self.there.iter();
		there
			.filter(|(_, (facts, ..))| self.ancestors(facts).contains_key(&hash))
			.map(|(descendant, (facts, ..))| (*descendant, facts.block.number))
			.collect()
	}

	fn drop_all(&mut self, all: Vec<(Hash, BlockNumber)>, why: Gone) {
		for (hash, number) in all {
			self.there.remove(&hash);
			self.gone.insert(hash, (number, why));
		}
	}

	fn is_excluded(&self, hash: Hash) -> bool {
		matches!(self.gone.get(&hash), Some((_, Gone::Finality)))
	}

	fn prune(&mut self) {
		let Some((number, hash)) = self.finalized else {
			return;
		};
		let forks = self.there.values().filter(|(facts, ..)| {
			let mut ancestors = self.ancestors(facts).into_iter();
			facts.block.number > number && ancestors.any(|(other, at)| at == number && other != hash)
		});
		let forks = forks
			.map(|(facts, ..)| (facts.block.hash, facts.block.number))
			.collect();
		self.drop_all(forks, Gone::Finality);
	}

	fn handle(&mut self, event: ChainEvent) {
		self.events += 1;
		match event {
			ChainEvent::Imported { facts, fresh } => {
				let hash = facts.block.hash;
				if let Some((_, is_fresh, _)) = self.there.get_mut(&hash) {
					*is_fresh |= fresh;
					return;
				}
				let is_old = |(number, finalized)| facts.block.number <= number && hash != finalized;
				if self.finalized.is_some_and(is_old) || self.is_excluded(hash) {
					return;
				}
				let ancestors =
					std::iter::once(facts.parent_hash).chain(facts.ancestors.iter().map(|info| info.hash));
				if let Some(why) = ancestors
					.clone()
					.find_map(|ancestor| Some(self.gone.get(&ancestor)?.1))
				{
					self.drop_all(
						[self.descendants(hash), vec![(hash, facts.block.number)]].concat(),
						why,
					);
					return;
				}
				self.gone.remove(&hash);
				self.there.insert(hash, ((*facts).clone(), fresh, self.events));
				self.prune();
			}
			ChainEvent::Finalized { hash, number } => {
				let goes_back = self.finalized.is_some_and(|(before, _)| number <= before);
				if goes_back || self.is_excluded(hash) {
					return;
				}
				self.finalized = Some((number, hash));
				// Numbers tell from now on.
				self.gone.retain(|_, (gone, _)| *gone > number);
				let old = self.there.iter().filter(|(other, (facts, ..))| {
					facts.block.number < number || (facts.block.number == number && **other != hash)
				});
				for hash in old.map(|(hash, _)| *hash).collect::<Vec<_>>() {
					self.there.remove(&hash);
				}
				self.prune();
			}
			ChainEvent::Reverted { hash } => {
				let descendants = self.descendants(hash);
				let number = self.there.get(&hash).map(|(facts, ..)| facts.block.number);
				let named = self
					.there
					.values()
					.find_map(|(facts, ..)| Self::named(facts).get(&hash).copied());
				let number = number.or(named);
				let is_final = |number| self.finalized.is_some_and(|(finalized, _)| number <= finalized);
				if let Some(number) = number.filter(|number| !is_final(*number)) {
					self.drop_all([descendants, vec![(hash, number)]].concat(), Gone::Reverted);
				}
			}
		}
	}

	fn leaves(&self) -> BTreeSet<Hash> {
		let there = self.there.values();
		there
			.filter(|(facts, fresh, _)| {
				let hash = facts.block.hash;
				*fresh && self.there.values().all(|(other, ..)| other.parent_hash != hash)
			})
			.map(|(facts, ..)| facts.block.hash)
			.collect()
	}
}

/// Leaves as one would have them who only hears of changes.
fn follow(leaves: &mut BTreeSet<Hash>, update: &LeafUpdate) {
	for leaf in &update.activated {
		assert!(leaves.insert(leaf.block.hash), "activated once");
	}
	for leaf in &update.deactivated {
		assert!(leaves.remove(leaf), "deactivated once, after it was activated");
	}
}

/// Peer, relay parent, bytes, time of arrival, item.
type Waiting = (u64, u64, usize, Duration, usize);

proptest! {
	#![proptest_config(ProptestConfig::with_cases(400))]

	#[test]
	fn leaves_are_those_of_a_naive_model((blocks, steps) in history()) {
		let limits = Limits { leaves: 64, ..Limits::default() };
		let (mut view, mut model) = (view_with(limits), Model::default());
		let mut again = view.clone();
		let mut leaves = BTreeSet::new();
		for step in steps {
			let event = event(&blocks, step);
			model.handle(event.clone());
			let update = view.handle(event.clone());
			prop_assert_eq!(&update, &again.handle(event));
			follow(&mut leaves, &update);
			prop_assert_eq!(&leaves, &model.leaves(), "after {:?}", step);
			prop_assert_eq!(&leaves, &view.leaves().map(|leaf| leaf.block.hash).collect());
			let newest = view.newest().map(|leaf| leaf.block.number);
			prop_assert_eq!(newest, view.leaves().map(|leaf| leaf.block.number).max());
			for (hash, (facts, ..)) in &model.there {
				let session = view.session_of(*hash).map(|session| session.index);
				prop_assert_eq!(session, Some(facts.session_index));
			}
		}
	}

	#[test]
	fn whatever_the_order_the_leaves_are_the_same(
		(blocks, order) in tree().prop_flat_map(|blocks| (Just(blocks.clone()), Just(blocks).prop_shuffle())),
	) {
		let (mut view, mut other) = (view(), view());
		for block in &blocks {
			let _ = view.handle(imported(block));
		}
		for block in &order {
			let _ = other.handle(imported(block));
		}
		prop_assert_eq!(leaf_names(&view), leaf_names(&other));
		for block in &blocks {
			prop_assert_eq!(view.session_of(block.block.hash), other.session_of(block.block.hash));
		}
	}

	#[test]
	fn small_bounds_hold_and_changes_pair_up((blocks, steps) in history()) {
		let limits = Limits { leaves: 2, blocks: 5, facts: 2, finalized: 2, ..Limits::default() };
		let mut view = view_with(limits);
		let mut leaves = BTreeSet::new();
		for step in steps {
			let update = view.handle(event(&blocks, step));
			follow(&mut leaves, &update);
			prop_assert_eq!(&leaves, &view.leaves().map(|leaf| leaf.block.hash).collect());
			prop_assert!(leaves.len() <= 2 && view.block_count() <= 5);
			prop_assert!(view.blocks_hold_facts() <= 4 && view.session_count() <= 5);
			prop_assert!(view.relay_parent_count() <= 5 * (1 + ANCESTRY));
		}
	}

	#[test]
	fn early_things_are_bounded_and_only_their_own_peer_evicts_them(
		steps in prop::collection::vec((0..5u64, 0..5u64, 0..20usize, 0..3u64), 0..200),
	) {
		let limits = EarlyLimits {
			per_peer: 4,
			per_relay_parent: 5,
			total: 10,
			bytes_per_peer: 40,
			total_bytes: 90,
			time: Duration::from_secs(30),
			leaves: 3,
		};
		let mut early = Early::new(limits);
		let mut now = Duration::ZERO;
		// What should be there, in order of arrival.
		let mut kept: Vec<Waiting> = Vec::new();
		for (item, (peer, relay_parent, bytes, later)) in steps.into_iter().enumerate() {
			now += Duration::from_secs(later);
			kept.retain(|(.., at, _)| now - *at <= limits.time);
			match early.insert(now, PeerId(peer), hash(relay_parent), item, bytes) {
				Ok(gone) => {
					for Arrived { peer: of, item, .. } in gone {
						prop_assert_eq!(of, PeerId(peer));
						kept.retain(|(.., other)| *other != item);
					}
					kept.push((peer, relay_parent, bytes, now, item));
				}
				Err(_) => prop_assert!(
					kept.len() == limits.total
						|| kept.iter().filter(|other| other.1 == relay_parent).count() == limits.per_relay_parent
						|| early.bytes() + bytes > limits.total_bytes
				),
			}
			prop_assert_eq!(early.len(), kept.len());
			prop_assert_eq!(early.bytes(), kept.iter().map(|(_, _, bytes, ..)| bytes).sum::<usize>());
			let of = |which: &dyn Fn(&Waiting) -> bool| kept.iter().filter(|kept| which(kept)).count();
			prop_assert!(of(&|kept| kept.0 == peer) <= limits.per_peer);
			prop_assert!(of(&|kept| kept.1 == relay_parent) <= limits.per_relay_parent);
			prop_assert!(kept.len() <= limits.total && early.bytes() <= limits.total_bytes);
			if item % 7 == 6 {
				let released: Vec<_> = early.release(hash(relay_parent)).into_iter().map(|arrived| arrived.item).collect();
				let expected: Vec<_> = kept.iter().filter(|kept| kept.1 == relay_parent).map(|kept| kept.4).collect();
				prop_assert_eq!(released, expected);
				kept.retain(|kept| kept.1 != relay_parent);
			}
		}
	}
}
