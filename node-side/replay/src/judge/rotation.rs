//! The rotation of groups that explains most of what was seen (R-GRP-1, R-GRP-2).

use super::session::Seen;
use async_backing_primitives::{BlockNumber, CoreIndex, GroupRotationInfo};
use std::{cmp::Reverse, collections::BTreeMap};

/// Blocks between two rotations on the public chains. Another frequency is found if the groups say so.
const USUAL_FREQUENCY: BlockNumber = 10;
const FREQUENCIES: std::ops::RangeInclusive<BlockNumber> = 1..=600;

/// Blocks from which the start of a session is sought: more than one, as what was seen for one may be wrong.
const ANCHORS: usize = 2;

/// By how many places groups and cores were shifted in each block, and how many candidates say so.
pub(super) struct Rotations {
	by_block: BTreeMap<BlockNumber, BTreeMap<u32, usize>>,
	all: usize,
	cores: u32,
}

impl Rotations {
	pub(super) fn of(seen: &BTreeMap<Seen, usize>, cores: usize) -> Self {
		let cores = u32::try_from(cores).unwrap_or_default();
		let mut by_block: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
		for ((at, core, group), count) in seen {
			if core.0 < cores && group.0 < cores {
				let shift = (group.0 + cores - core.0) % cores;
				*by_block.entry(*at).or_default().entry(shift).or_default() += count;
			}
		}
		Self {
			by_block,
			all: seen.values().sum(),
			cores,
		}
	}

	/// The rotation that explains most, if that is more than half: else nobody could say what is at fault. With how many
	/// candidates it explains.
	pub(super) fn most(&self, start: Option<BlockNumber>) -> Option<(usize, GroupRotationInfo)> {
		let mut best: Option<(usize, GroupRotationInfo)> = None;
		let anchors = self.anchors();
		for frequency in std::iter::once(USUAL_FREQUENCY).chain(FREQUENCIES) {
			let starts: Vec<_> = match start {
				Some(start) => vec![start],
				None => anchors
					.iter()
					.flat_map(|(at, shift)| starts(*at, *shift, frequency))
					.collect(),
			};
			for session_start_block in starts {
				let info = GroupRotationInfo {
					session_start_block,
					group_rotation_frequency: frequency,
					now: session_start_block,
				};
				let least = best.map_or(0, |(explained, _)| explained);
				if let Some(explained) = self.explained(info).filter(|explained| *explained > least) {
					best = Some((explained, info));
				}
			}
			if best.is_some_and(|(explained, _)| explained == self.all) {
				break;
			}
		}
		best.filter(|(explained, _)| explained * 2 > self.all)
	}

	/// How many candidates a rotation explains.
	fn explained(&self, info: GroupRotationInfo) -> Option<usize> {
		let cores = usize::try_from(self.cores).ok()?;
		let counts = self.by_block.iter().filter_map(|(at, shifts)| {
			let group_of_first = info.at(*at).group_for_core(CoreIndex(0), cores)?;
			shifts.get(&group_of_first.0)
		});
		Some(counts.sum())
	}

	/// Blocks for which most candidates agree, with what they say.
	fn anchors(&self) -> Vec<(BlockNumber, u32)> {
		let mut anchors: Vec<_> = self
			.by_block
			.iter()
			.filter_map(|(at, shifts)| {
				let (shift, count) = shifts.iter().max_by_key(|(_, count)| **count)?;
				Some((Reverse(*count), *at, *shift))
			})
			.collect();
		anchors.sort_unstable();
		anchors
			.into_iter()
			.take(ANCHORS)
			.map(|(_, at, shift)| (at, shift))
			.collect()
	}
}

/// Starts of a session in which groups have been shifted so often at this block.
fn starts(at: BlockNumber, shift: u32, frequency: BlockNumber) -> impl Iterator<Item = BlockNumber> {
	let latest = shift.checked_mul(frequency).and_then(|past| at.checked_sub(past));
	(0..frequency).filter_map(move |within| latest?.checked_sub(within))
}
