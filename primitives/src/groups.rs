//! Backing groups: their sizes, and how they rotate over the cores.
//!
//! Rotation is a function of block numbers alone, so that everybody who knows the session's start agrees on it.

use crate::{BlockNumber, CoreIndex, GroupIndex, ValidatorIndex};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// How groups rotate in a session, seen from one block (R-BIN-9).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupRotationInfo {
	/// First block of the session.
	pub session_start_block: BlockNumber,
	/// Blocks between two rotations; 0 means that groups never rotate (R-GRP-2).
	pub group_rotation_frequency: BlockNumber,
	/// The block for which the question is asked.
	pub now: BlockNumber,
}

impl GroupRotationInfo {
	/// Number of rotations since the session's start, or `None` before it.
	fn rotations(&self) -> Option<u32> {
		let blocks = self.now.checked_sub(self.session_start_block)?;
		Some(blocks.checked_div(self.group_rotation_frequency).unwrap_or(0))
	}

	/// The group that backs `core` (R-GRP-2), or `None` before the session's start and for an unknown core.
	pub fn group_for_core(&self, core: CoreIndex, cores: usize) -> Option<GroupIndex> {
		let cores = u32::try_from(cores).ok()?;
		if core.0 >= cores {
			return None;
		}
		let group = (u64::from(core.0) + u64::from(self.rotations()?)) % u64::from(cores);
		u32::try_from(group).ok().map(GroupIndex)
	}

	/// The core that `group` backs: the inverse of [`group_for_core`](Self::group_for_core) (R-GRP-3).
	pub fn core_for_group(&self, group: GroupIndex, cores: usize) -> Option<CoreIndex> {
		let cores = u32::try_from(cores).ok()?;
		if group.0 >= cores {
			return None;
		}
		let back = cores - self.rotations()? % cores;
		let core = (u64::from(group.0) + u64::from(back)) % u64::from(cores);
		u32::try_from(core).ok().map(CoreIndex)
	}

	/// First block of the next rotation (R-GRP-4); `None` when groups never rotate.
	pub fn next_rotation_at(&self) -> Option<BlockNumber> {
		self.last_rotation_at()?
			.checked_add(self.group_rotation_frequency)
	}

	/// First block of the current rotation (R-GRP-4); `None` when groups never rotate, or before the session.
	pub fn last_rotation_at(&self) -> Option<BlockNumber> {
		if self.group_rotation_frequency == 0 {
			return None;
		}
		self.rotations()?
			.checked_mul(self.group_rotation_frequency)?
			.checked_add(self.session_start_block)
	}

	/// As seen from another block.
	pub fn at(self, now: BlockNumber) -> Self {
		Self { now, ..self }
	}
}

/// Number of cores, hence of groups, of a session (R-GRP-5).
pub fn core_count(num_cores: u32, validators: usize, max_validators_per_core: Option<u32>) -> u32 {
	let by_validators = match max_validators_per_core {
		Some(max) if max > 0 => u32::try_from(validators / max as usize).unwrap_or(u32::MAX),
		_ => 0,
	};
	num_cores.max(by_validators)
}

/// Splits validators `0..validators` of a shuffled set over the groups (R-GRP-5): consecutive members, and the first
/// `validators mod groups` groups have one more. Cost: linear in the number of validators.
pub fn split_into_groups(validators: u32, groups: u32) -> Vec<Vec<ValidatorIndex>> {
	let Some(size) = validators.checked_div(groups) else {
		return Vec::new();
	};
	let larger = validators % groups;
	let mut next = 0;
	(0..groups)
		.map(|group| {
			let end = next + size + u32::from(group < larger);
			let members = (next..end).map(ValidatorIndex).collect();
			next = end;
			members
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn info(now: BlockNumber) -> GroupRotationInfo {
		GroupRotationInfo {
			session_start_block: 10,
			group_rotation_frequency: 5,
			now,
		}
	}

	#[test]
	fn r_bin_9_golden_rotation() {
		let info = GroupRotationInfo {
			session_start_block: 1,
			group_rotation_frequency: 2,
			now: 0x0304,
		};
		assert_eq!(info.encode(), [1, 0, 0, 0, 2, 0, 0, 0, 4, 3, 0, 0], "R-BIN-9");
	}

	#[test]
	fn r_grp_4_worked_example() {
		let rows = [
			(14, 0, 0),
			(14, 2, 2),
			(15, 0, 1),
			(15, 2, 0),
			(20, 0, 2),
			(25, 0, 0),
		];
		for (at, core, group) in rows {
			assert_eq!(
				info(at).group_for_core(CoreIndex(core), 3),
				Some(GroupIndex(group)),
				"R-GRP-4: at {at}"
			);
		}
		assert_eq!(info(12).next_rotation_at(), Some(15));
		assert_eq!(info(12).last_rotation_at(), Some(10));
	}

	#[test]
	fn r_grp_2_undefined_cases() {
		assert_eq!(
			info(9).group_for_core(CoreIndex(0), 3),
			None,
			"before the session"
		);
		assert_eq!(info(14).group_for_core(CoreIndex(3), 3), None, "unknown core");
		assert_eq!(info(14).group_for_core(CoreIndex(0), 0), None, "no cores");
		let never = GroupRotationInfo {
			group_rotation_frequency: 0,
			..info(1000)
		};
		assert_eq!(
			never.group_for_core(CoreIndex(1), 3),
			Some(GroupIndex(1)),
			"0 never rotates"
		);
		assert_eq!(never.next_rotation_at(), None);
	}

	#[test]
	fn r_grp_5_group_sizes() {
		let sizes: Vec<_> = split_into_groups(10, 3).iter().map(Vec::len).collect();
		assert_eq!(sizes, [4, 3, 3]);
		assert_eq!(split_into_groups(10, 3)[1], [4, 5, 6].map(ValidatorIndex));
		assert_eq!(
			split_into_groups(2, 3).iter().map(Vec::len).collect::<Vec<_>>(),
			[1, 1, 0]
		);
		assert!(split_into_groups(2, 0).is_empty());
		assert_eq!(core_count(2, 10, Some(3)), 3);
		assert_eq!(core_count(2, 10, Some(0)), 2);
		assert_eq!(core_count(5, 10, None), 5);
	}

	#[test]
	fn r_pre_2_extreme_numbers_do_not_overflow() {
		let late = GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 1,
			now: u32::MAX,
		};
		let cores = u32::MAX as usize;
		// u32::MAX rotations over u32::MAX cores come back to where they began.
		let last = CoreIndex(u32::MAX - 1);
		assert_eq!(
			late.group_for_core(last, cores),
			Some(GroupIndex(u32::MAX - 1)),
			"R-GRP-2"
		);
		assert_eq!(
			late.core_for_group(GroupIndex(u32::MAX - 1), cores),
			Some(last),
			"R-GRP-3"
		);
		assert_eq!(late.next_rotation_at(), None, "R-PRE-2: there is no such block");
		assert_eq!(info(9).last_rotation_at(), None, "R-GRP-2: before the session");
		assert_eq!(core_count(u32::MAX, usize::MAX, Some(1)), u32::MAX, "R-GRP-5");
	}

	proptest::proptest! {
		#[test]
		fn r_grp_3_is_the_inverse_of_r_grp_2(
			start in 0u32..1000, frequency in 0u32..20, elapsed in 0u32..100_000, cores in 1u32..300, core in 0u32..300,
		) {
			let core = CoreIndex(core % cores);
			let info = GroupRotationInfo {
				session_start_block: start, group_rotation_frequency: frequency, now: start + elapsed,
			};
			let group = info.group_for_core(core, cores as usize).expect("the core exists");
			proptest::prop_assert_eq!(info.core_for_group(group, cores as usize), Some(core), "R-GRP-3");
		}
	}
}
