//! What the blocks of one session tell about it: number of cores and of validators, and how groups rotate.
//!
//! One block, or one event, may be wrong. So what most say counts, and what contradicts it is at fault.

use super::{prepared::Prepared, rotation::Rotations};
use crate::Block;
use async_backing_primitives::{
	availability_threshold, split_into_groups, BlockNumber, CoreIndex, GroupIndex, GroupRotationInfo,
};
use std::collections::{BTreeMap, BTreeSet};

/// Most validators that data can be coded for (R-AVL-1): an index beyond is none.
const MAX_VALIDATORS: u32 = 1 << 16;

/// How many validators there can be beyond the highest index that was seen.
const BEYOND: u32 = 2_048;

/// Lengths of bitfields among which that of the chain is sought: those that most have.
const MOST_LENGTHS: usize = 3;

/// Of so many candidates one may have a group of a size that the number of validators doesn't give. More, and the chain may
/// split its validators another way.
const CANDIDATES_PER_FAULT: usize = 8;

/// A candidate's core, its group, and the block for which that counts.
pub(super) type Seen = (BlockNumber, CoreIndex, GroupIndex);

/// A piece of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
	/// First block, if the data tell it.
	pub(crate) start: Option<BlockNumber>,
	/// Number of cores; 0 where the data don't tell.
	pub(crate) cores: usize,
	/// Least and largest number of validators that fits.
	pub(crate) validators: Option<(u32, u32)>,
	/// No number of validators gives groups of these sizes.
	pub(crate) sizes_conflict: bool,
	/// Numbers of bits of bitfields, and how many have so many.
	lengths: BTreeMap<usize, usize>,
	/// Cores and groups that events name, and how often: there are as many of the ones as of the others.
	told_places: BTreeMap<u32, usize>,
	/// Sizes that each group was seen with, and how often.
	sizes: BTreeMap<GroupIndex, BTreeMap<usize, usize>>,
	seen: BTreeMap<Seen, usize>,
	highest: Option<u32>,
	/// The rotation that explains the groups: session start (one of those that do) and frequency.
	pub(crate) rotation: Option<GroupRotationInfo>,
}

impl Session {
	pub(crate) fn beginning_at(start: Option<BlockNumber>) -> Self {
		Self {
			start,
			..Self::default()
		}
	}

	/// Takes in a block of it.
	pub(crate) fn see(&mut self, block: &Block, prepared: &[Prepared]) {
		if let Some(inherent) = &block.inherent {
			for bitfield in &inherent.data.bitfields {
				if inherent.bits_unknown.is_none() {
					*self.lengths.entry(bitfield.payload.0.len()).or_default() += 1;
				}
				self.highest = self.highest.max(Some(bitfield.validator_index.0));
			}
		}
		for told in block.told() {
			let (_, core, group) = told.place();
			for place in [core.map(|core| core.0), group.map(|group| group.0)]
				.into_iter()
				.flatten()
			{
				*self.told_places.entry(place).or_default() += 1;
			}
		}
		for candidate in prepared {
			if let (Some(core), Some(group)) = (candidate.core, candidate.group) {
				if let Some(at) = candidate.group_at {
					*self.seen.entry((at, core, group)).or_default() += 1;
				}
				if let Some(size) = candidate.group_size {
					let seen = self.sizes.entry(group).or_default().entry(size);
					*seen.or_default() += 1;
				}
			}
		}
	}

	/// Draws the conclusions.
	pub(crate) fn conclude(&mut self) {
		self.cores = self.count_cores();
		self.count_validators();
		let rotation = Rotations::of(&self.seen, self.cores).most(self.start);
		self.rotation = rotation.map(|(_, info)| info);
	}

	/// The length that most bitfields have. Where they have several, those events count with them whose core and group there are
	/// then, and those candidates that a rotation explains with so many cores.
	fn count_cores(&self) -> usize {
		let mut lengths: Vec<_> = self
			.lengths
			.iter()
			.map(|(length, count)| (*count, *length))
			.collect();
		lengths.sort_unstable_by(|one, other| other.cmp(one));
		lengths.truncate(MOST_LENGTHS);
		if let [] | [_] = lengths[..] {
			return lengths.first().map_or(0, |(_, length)| *length);
		}
		let votes = |bitfields: usize, length: usize| {
			let places = self.told_places.iter();
			let fitting = places.filter(|(place, _)| (**place as usize) < length);
			let rotation = Rotations::of(&self.seen, length).most(self.start);
			let explained = rotation.map_or(0, |(explained, _)| explained);
			bitfields + explained + fitting.map(|(_, count)| count).sum::<usize>()
		};
		let most = lengths
			.into_iter()
			.max_by_key(|(bitfields, length)| votes(*bitfields, *length));
		most.map_or(0, |(_, length)| length)
	}

	fn count_validators(&mut self) {
		let (Some(highest), Ok(cores)) = (self.highest, u32::try_from(self.cores)) else {
			return;
		};
		if self.sizes.is_empty() || cores == 0 || highest >= MAX_VALIDATORS {
			return;
		}
		// R-GRP-5, without the groups themselves: these are made once it is known how many there can be.
		let size = |validators: u32, group: u32| {
			let larger = u32::from(group < validators % cores);
			(group < cores).then_some((validators / cores + larger) as usize)
		};
		let all: usize = self.sizes.values().flat_map(BTreeMap::values).sum();
		let fitting = |size_of: &dyn Fn(GroupIndex) -> Option<usize>| -> usize {
			let counts = self
				.sizes
				.iter()
				.filter_map(|(group, seen)| seen.get(&size_of(*group)?));
			counts.sum()
		};
		let least = highest + 1;
		let counts = least..=least.saturating_add(BEYOND).min(MAX_VALIDATORS);
		let scored: Vec<_> = counts
			.map(|count| (fitting(&|group| size(count, group.0)), count))
			.collect();
		let best = scored.iter().map(|(score, _)| *score).max().unwrap_or_default();
		let mut fit = scored.iter().filter(|(score, _)| *score == best);
		let first = fit.next().map(|(_, count)| *count);
		let last = fit.next_back().map(|(_, count)| *count).or(first);
		let by_rule = |validators: u32| {
			let groups = split_into_groups(validators, cores);
			fitting(&|group| groups.get(group.as_usize()).map(Vec::len)) == best
		};
		let is_enough = (all - best) * CANDIDATES_PER_FAULT <= all;
		let ends = first.zip(last);
		self.validators = ends.filter(|(least, most)| is_enough && by_rule(*least) && by_rule(*most));
		self.sizes_conflict = self.validators.is_none();
	}

	/// Which group backs a core, by the rotation that explains most others.
	pub(crate) fn group_of(&self, core: CoreIndex, at: BlockNumber) -> Option<GroupIndex> {
		self.rotation?.at(at).group_for_core(core, self.cores)
	}

	fn is_explained(&self, (at, core, group): &Seen) -> bool {
		self.group_of(*core, *at) == Some(*group)
	}

	/// What fixes the unknown start of the session: one of those seen, which so decides nothing.
	pub(crate) fn fixing(&self) -> Option<Seen> {
		match self.start {
			Some(_) => None,
			None => self.seen.keys().find(|seen| self.is_explained(seen)).copied(),
		}
	}

	/// Rotations that were seen.
	pub(crate) fn has_rotated(&self) -> bool {
		let offset = |(_, core, group): &Seen| {
			let cores = u32::try_from(self.cores).unwrap_or(u32::MAX).max(1);
			(group.0 % cores + cores - core.0 % cores) % cores
		};
		let explained = self.seen.keys().filter(|seen| self.is_explained(seen));
		explained.map(offset).collect::<BTreeSet<_>>().len() > 1
	}

	/// Votes that make a candidate available: by the least and the largest number of validators that fits.
	pub(crate) fn thresholds(&self) -> Option<(usize, usize)> {
		let (least, most) = self.validators?;
		Some((
			availability_threshold(least as usize),
			availability_threshold(most as usize),
		))
	}

	/// The size of a group by R-GRP-5, if all numbers of validators that fit agree on it.
	pub(crate) fn group_size(&self, group: GroupIndex) -> Option<usize> {
		let (least, most) = self.validators?;
		let cores = u32::try_from(self.cores).ok()?;
		let size = |count| {
			split_into_groups(count, cores)
				.get(group.as_usize())
				.map(Vec::len)
		};
		size(least).filter(|found| size(most) == Some(*found))
	}

	/// Whether a bitfield of so many bits is dropped, as its length is not the number of cores (R-BIT-1).
	pub(crate) fn is_of_wrong_length(&self, bits: usize) -> bool {
		self.cores > 0 && bits != self.cores
	}
}
