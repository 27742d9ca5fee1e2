//! Several sources of one block: joined where they tell the same, so that all that is known counts, in whatever order they come.
//! What contradicts another source of the same block is judged by itself, and the contradiction is a disagreement.

use crate::{Block, Inherent, Question, Told};
use async_backing_primitives::{hash_bytes, BackingBits, CandidateEvent, Hash, ParachainsInherentData};
use std::{cmp::Reverse, collections::BTreeMap};

/// A block, and the sources of the same block that tell something else.
pub(super) struct Joined {
	pub(super) block: Block,
	pub(super) contradictions: Vec<(Question, String)>,
}

/// Joins sources of the same block. Also returns how many told nothing else than another.
pub(super) fn joined(mut blocks: Vec<Block>) -> (Vec<Joined>, usize) {
	// Those that know most come first; the rest makes the order that of no command line.
	blocks.sort_by_cached_key(|block| {
		(
			block.hash.is_none(),
			Reverse(richness(block)),
			block.source.clone(),
		)
	});
	let mut joined: Vec<Joined> = Vec::new();
	let mut by_hash: BTreeMap<Hash, Vec<usize>> = BTreeMap::new();
	let mut by_bytes: BTreeMap<Hash, Vec<usize>> = BTreeMap::new();
	let mut duplicates = 0;
	for block in blocks {
		// An inherent names its parent, so that it tells the block where no hash does.
		let bytes = bytes_hash(&block);
		let same = match block.hash {
			Some(hash) => by_hash.get(&hash),
			None => bytes.and_then(|bytes| by_bytes.get(&bytes)),
		};
		let same = same.cloned().unwrap_or_default();
		let mut differences = Vec::new();
		let mut is_joined = false;
		for position in &same {
			let Some(other) = joined.get_mut(*position) else {
				continue;
			};
			match difference(&other.block, &block) {
				None => {
					join(&mut other.block, &block);
					is_joined = true;
					break;
				}
				Some((question, what)) => differences.push((*position, question, what)),
			}
		}
		if is_joined {
			duplicates += 1;
			continue;
		}
		let position = joined.len();
		let mut contradictions = Vec::new();
		for (other, question, what) in differences {
			let Some(other) = joined.get_mut(other) else {
				continue;
			};
			let says = |source: &str| {
				(
					question,
					format!("{source} tells the same block with another {what}"),
				)
			};
			contradictions.push(says(&other.block.source));
			other.contradictions.push(says(&block.source));
		}
		if let Some(hash) = block.hash {
			by_hash.entry(hash).or_default().push(position);
		}
		if let Some(bytes) = bytes {
			by_bytes.entry(bytes).or_default().push(position);
		}
		joined.push(Joined {
			block,
			contradictions,
		});
	}
	(joined, duplicates)
}

fn bytes_hash(block: &Block) -> Option<Hash> {
	Some(hash_bytes(block.inherent.as_ref()?.bytes.as_ref()?))
}

/// How much a source knows.
fn richness(block: &Block) -> (usize, usize, usize) {
	let events = block.told().iter();
	(
		block.inherent.as_ref().map_or(0, known_of),
		block
			.events
			.as_ref()
			.map_or(0, |_| 1 + events.map(known_of_event).sum::<usize>()),
		[block.parent_hash, block.state_root].iter().flatten().count()
			+ usize::from(block.booked.is_some())
			+ usize::from(block.chain.is_some()),
	)
}

/// The same of an inherent: its bits, which decide as much as the two others, its bytes and its hash.
fn known_of(inherent: &Inherent) -> usize {
	let are_bits_known = usize::from(inherent.bits_unknown.is_none());
	let others = [inherent.bytes.is_some(), inherent.told_hash.is_some()];
	1 + 2 * are_bits_known + others.into_iter().filter(|known| *known).count()
}

fn known_of_event(told: &Told) -> usize {
	usize::from(told.has_core) + usize::from(told.candidate_hash.is_some())
}

/// What two sources of a block tell differently. What one of them doesn't tell is no difference, nor is the weight, on which no
/// verdict hangs.
fn difference(one: &Block, other: &Block) -> Option<(Question, &'static str)> {
	fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
		one.zip(other).is_some_and(|(one, other)| one != other)
	}
	let inherents = one.inherent.as_ref().zip(other.inherent.as_ref());
	let told_hash = |block: &Block| block.inherent.as_ref().and_then(|inherent| inherent.told_hash);
	let events = one.events.as_deref().zip(other.events.as_deref());
	match () {
		() if differ(one.number, other.number) => Some((Question::Parent, "number")),
		() if differ(one.parent_hash, other.parent_hash) => Some((Question::Parent, "parent")),
		() if differ(one.state_root, other.state_root) => Some((Question::Parent, "state root")),
		() if inherents.is_some_and(|(one, other)| !are_alike(one, other)) => {
			Some((Question::Encoding, "inherent"))
		}
		() if differ(told_hash(one), told_hash(other)) => Some((Question::Encoding, "hash of the extrinsic")),
		() if events.is_some_and(|(one, other)| !are_events_alike(one, other)) => {
			Some((Question::CandidateHash, "list of events"))
		}
		() => None,
	}
}

fn are_alike(one: &Inherent, other: &Inherent) -> bool {
	let decided = one.encodes_alike.zip(other.encodes_alike);
	if decided.is_some_and(|(one, other)| one != other) {
		return false;
	}
	match (&one.bits_unknown, &other.bits_unknown) {
		(None, None) => one.data == other.data,
		_ => in_bytes(&one.data) == in_bytes(&other.data),
	}
}

/// With bit lists filled up to whole bytes, as services tell them.
fn in_bytes(data: &ParachainsInherentData) -> ParachainsInherentData {
	let fill = |bits: &mut BackingBits| bits.resize(bits.len().next_multiple_of(8), false);
	let mut data = data.clone();
	for bitfield in &mut data.bitfields {
		fill(&mut bitfield.payload.0);
	}
	for backed in &mut data.backed_candidates {
		fill(&mut backed.validator_indices);
	}
	data
}

/// Whether events are the same, in whatever order; cores and hashes are compared where both lists have them all.
fn are_events_alike(one: &[Told], other: &[Told]) -> bool {
	let all = |has: fn(&Told) -> bool| one.iter().chain(other).all(has);
	let (cores, hashes) = (
		all(|told| told.has_core),
		all(|told| told.candidate_hash.is_some()),
	);
	let keys = |events: &[Told]| {
		let mut keys: Vec<_> = events
			.iter()
			.map(|told| {
				let (head, core, group) = told.place();
				let kind = match told.event {
					CandidateEvent::CandidateBacked(..) => 0,
					CandidateEvent::CandidateIncluded(..) => 1,
					CandidateEvent::CandidateTimedOut(..) => 2,
				};
				let place = cores.then_some((core, group));
				let hash = told.candidate_hash.filter(|_| hashes);
				(told.receipt().hash(), kind, head.0.clone(), place, hash)
			})
			.collect();
		keys.sort();
		keys
	};
	keys(one) == keys(other)
}

/// Adds what only `other` knows.
fn join(one: &mut Block, other: &Block) {
	one.number = one.number.or(other.number);
	one.hash = one.hash.or(other.hash);
	one.parent_hash = one.parent_hash.or(other.parent_hash);
	one.state_root = one.state_root.or(other.state_root);
	one.chain = match (one.chain.take(), other.chain.clone()) {
		(Some(one), Some(other)) => Some(one.min(other)),
		(one, other) => one.or(other),
	};
	let hash_of = |block: &Block| block.inherent.as_ref().and_then(|inherent| inherent.told_hash);
	let told_hash = hash_of(one).or(hash_of(other));
	one.inherent = match (one.inherent.take(), &other.inherent) {
		(Some(one), Some(other)) if known_of(other) > known_of(&one) => Some(other.clone()),
		(one, other) => one.or_else(|| other.clone()),
	};
	if let Some(inherent) = &mut one.inherent {
		inherent.told_hash = told_hash;
	}
	let known = |block: &Block| block.told().iter().map(known_of_event).sum::<usize>();
	if one.events.is_none() || known(other) > known(one) {
		one.events = other.events.clone().or(one.events.take());
	}
	one.booked = match (one.booked, other.booked) {
		(Some(one), Some(other)) if one.proof_size.is_none() => Some(other),
		(one, other) => one.or(other),
	};
}
