//! What the blocks of one session tell about it: number of validators, and how groups rotate.

use super::prepared::Prepared;
use crate::Block;
use async_backing_primitives::{
	availability_threshold, split_into_groups, BlockNumber, CoreIndex, GroupIndex, GroupRotationInfo,
};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks between two rotations on the public chains. Another frequency is found if the groups say so.
const USUAL_FREQUENCY: BlockNumber = 10;
const FREQUENCIES: std::ops::RangeInclusive<BlockNumber> = 1..=600;

/// Most validators that data can be coded for (R-AVL-1): an index beyond is none.
const MAX_VALIDATORS: u32 = 1 << 16;

/// How many validators there can be beyond the highest index that was seen.
const BEYOND: u32 = 2_048;

/// A candidate's core, its group, and the block for which that counts.
type Seen = (BlockNumber, CoreIndex, GroupIndex);

/// A piece of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
	/// First block, if the data tell it.
	pub(crate) start: Option<BlockNumber>,
	pub(crate) cores: usize,
	/// Least and largest number of validators that fits.
	pub(crate) validators: Option<(u32, u32)>,
	/// No number of validators gives groups of these sizes.
	pub(crate) sizes_conflict: bool,
	/// Sizes that each group was seen with, and how often.
	sizes: BTreeMap<GroupIndex, BTreeMap<usize, usize>>,
	seen: BTreeSet<Seen>,
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
		let bitfields = block
			.inherent
			.iter()
			.flat_map(|inherent| &inherent.data.bitfields);
		for bitfield in bitfields {
			self.cores = self.cores.max(bitfield.payload.0.len());
			self.highest = self.highest.max(Some(bitfield.validator_index.0));
		}
		for candidate in prepared {
			if let (Some(core), Some(group)) = (candidate.core, candidate.group) {
				if let Some(at) = candidate.group_at {
					self.seen.insert((at, core, group));
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
		self.count_validators();
		let usual = std::iter::once(USUAL_FREQUENCY).chain(FREQUENCIES);
		self.rotation = usual.filter_map(|frequency| self.fit(frequency)).next();
	}

	fn count_validators(&mut self) {
		let (Some(highest), Ok(cores)) = (self.highest, u32::try_from(self.cores)) else {
			return;
		};
		if self.sizes.is_empty() || cores == 0 || highest >= MAX_VALIDATORS {
			return;
		}
		// What contradicts most of a group's candidates is that candidate's fault.
		let sizes: BTreeMap<GroupIndex, usize> = self
			.sizes
			.iter()
			.filter_map(|(group, seen)| {
				let (size, _) = seen.iter().max_by_key(|(_, count)| **count)?;
				Some((*group, *size))
			})
			.collect();
		// R-GRP-5, without the groups themselves: these are made once it is known how many there can be.
		let size = |validators: u32, group: u32| validators / cores + u32::from(group < validators % cores);
		let fits = |validators: &u32| {
			let mut sizes = sizes.iter();
			sizes.all(|(group, seen)| size(*validators, group.0) as usize == *seen)
		};
		// Each validator more makes one group larger, so those that fit are neighbours.
		let least = highest + 1;
		let all = least..=least.saturating_add(BEYOND).min(MAX_VALIDATORS);
		let mut fitting = all.skip_while(|count| !fits(count)).take_while(fits);
		let ends = fitting
			.next()
			.map(|first| (first, fitting.last().unwrap_or(first)));
		let by_rule = |validators: u32| {
			let groups = split_into_groups(validators, cores);
			let size_of = |group: &GroupIndex| groups.get(group.as_usize()).map(Vec::len);
			sizes.iter().all(|(group, seen)| size_of(group) == Some(*seen))
		};
		self.validators = ends.filter(|(least, most)| by_rule(*least) && by_rule(*most));
		self.sizes_conflict = self.validators.is_none();
	}

	/// A rotation of this frequency with all that was seen.
	fn fit(&self, frequency: BlockNumber) -> Option<GroupRotationInfo> {
		let (at, core, group) = *self.seen.first()?;
		let fits = |info: &GroupRotationInfo| {
			self.seen
				.iter()
				.all(|(at, core, group)| info.at(*at).group_for_core(*core, self.cores) == Some(*group))
		};
		let starting = |session_start_block| GroupRotationInfo {
			session_start_block,
			group_rotation_frequency: frequency,
			now: at,
		};
		if let Some(start) = self.start {
			return Some(starting(start)).filter(fits);
		}
		let cores = u32::try_from(self.cores).ok().filter(|cores| *cores > 0)?;
		let rotations = (group.0 % cores + cores - core.0 % cores) % cores;
		(0..frequency)
			.filter_map(|within| {
				at.checked_sub(rotations.checked_mul(frequency)?)?
					.checked_sub(within)
			})
			.map(starting)
			.find(fits)
	}

	/// Which group backs a core, by the rotation that explains all others.
	pub(crate) fn group_of(&self, core: CoreIndex, at: BlockNumber) -> Option<GroupIndex> {
		self.rotation?.at(at).group_for_core(core, self.cores)
	}

	/// What fixes the unknown start of the session: one of those seen, which so decides nothing.
	pub(crate) fn fixing(&self) -> Option<Seen> {
		match self.start {
			Some(_) => None,
			None => self.seen.first().copied(),
		}
	}

	/// Rotations that were seen.
	pub(crate) fn has_rotated(&self) -> bool {
		let offset = |(_, core, group): &Seen| {
			let cores = u32::try_from(self.cores).unwrap_or(u32::MAX).max(1);
			(group.0 % cores + cores - core.0 % cores) % cores
		};
		self.seen.iter().map(offset).collect::<BTreeSet<_>>().len() > 1
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
}
