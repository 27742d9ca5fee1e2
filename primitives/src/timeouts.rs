//! When a candidate that does not become available is dropped.
//!
//! Candidates time out only in the window after a rotation in which the new group had its chance (R-TMO-1).

use crate::BlockNumber;

/// What fixes the time-outs of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvailabilityTimeouts {
	/// First block of the session.
	pub session_start: BlockNumber,
	/// Blocks between two rotations. 0, which the configuration forbids, keeps the window always open.
	pub group_rotation_frequency: BlockNumber,
	/// Blocks that a candidate has to become available.
	pub paras_availability_period: BlockNumber,
}

impl AvailabilityTimeouts {
	/// Whether block `at` drops candidates at all (R-TMO-1).
	pub fn is_active(&self, at: BlockNumber) -> bool {
		let since = u64::from(at) + 1;
		let Some(since) = since.checked_sub(u64::from(self.session_start)) else {
			return false;
		};
		match since.checked_rem(u64::from(self.group_rotation_frequency)) {
			Some(since_rotation) => since_rotation < u64::from(self.paras_availability_period),
			None => true,
		}
	}

	/// Whether block `at` drops a candidate that was backed in block `backed_in` (R-TMO-2).
	pub fn times_out(&self, backed_in: BlockNumber, at: BlockNumber) -> bool {
		self.is_active(at) && backed_in.saturating_add(self.paras_availability_period) <= at
	}

	/// The block that drops a candidate backed in `backed_in`, if it does not become available (R-TMO-3).
	pub fn time_out_at(&self, backed_in: BlockNumber) -> BlockNumber {
		// Whoever asks about a block before the session gets the first block that looks at time-outs.
		let earliest = backed_in
			.saturating_add(self.paras_availability_period)
			.max(self.session_start.saturating_sub(1));
		if self.is_active(earliest) || self.paras_availability_period == 0 {
			return earliest;
		}
		// Outside the window, which opens one block before the next multiple of the frequency.
		let frequency = u64::from(self.group_rotation_frequency);
		let since = (u64::from(earliest) + 1).saturating_sub(self.session_start.into());
		let until_open = since
			.checked_rem(frequency)
			.map_or(0, |passed| frequency - passed);
		u32::try_from(u64::from(earliest) + until_open).unwrap_or(u32::MAX)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec::Vec;

	const EXAMPLE: AvailabilityTimeouts = AvailabilityTimeouts {
		session_start: 10,
		group_rotation_frequency: 5,
		paras_availability_period: 2,
	};

	#[test]
	fn r_tmo_4_worked_example() {
		let window: Vec<_> = (10..=25).filter(|at| EXAMPLE.is_active(*at)).collect();
		assert_eq!(window, [10, 14, 15, 19, 20, 24, 25], "R-TMO-1");
		for (backed_in, at) in [(11, 14), (12, 14), (13, 15), (14, 19), (15, 19)] {
			assert_eq!(
				EXAMPLE.time_out_at(backed_in),
				at,
				"R-TMO-4: backed in {backed_in}"
			);
		}
	}

	#[test]
	fn r_pre_2_extreme_numbers_saturate() {
		let late = AvailabilityTimeouts {
			session_start: u32::MAX - 2,
			..EXAMPLE
		};
		assert_eq!(late.time_out_at(u32::MAX - 1), u32::MAX, "R-PRE-2");
		let never = AvailabilityTimeouts {
			paras_availability_period: 0,
			..EXAMPLE
		};
		assert!(!never.times_out(11, 1000), "R-TMO-1: the window never opens");
		let always = AvailabilityTimeouts {
			group_rotation_frequency: 0,
			..EXAMPLE
		};
		assert_eq!(always.time_out_at(11), 13, "R-TMO-2 without rotation");
	}

	proptest::proptest! {
		#[test]
		fn r_tmo_3_prediction_equals_effect(
			start in 0u32..50, frequency in 1u32..12, period in 1u32..12, backed_after in 0u32..60,
		) {
			let timeouts = AvailabilityTimeouts {
				session_start: start, group_rotation_frequency: frequency, paras_availability_period: period,
			};
			// From before the session, which nothing pending is, up to far into it.
			let backed_in = (start + backed_after).saturating_sub(20);
			let effect = (backed_in..backed_in + 300).find(|at| timeouts.times_out(backed_in, *at));
			proptest::prop_assert_eq!(effect, Some(timeouts.time_out_at(backed_in)), "R-TMO-2, R-TMO-3");
		}
	}
}
