//! How many horizontal messages a candidate consumes (R-BASE-17, R-HRMP-1).
//!
//! A watermark consumes every message that it passes, and enacting the candidate removes each of them. What the enactment
//! of one candidate may cost has to be bounded, so the number is.

use crate::BlockNumber;

/// Horizontal messages that a watermark passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HrmpConsumption {
	/// How many.
	pub messages: u32,
	/// The steps in which a watermark could pass them, one at a time.
	pub steps: u32,
}

impl HrmpConsumption {
	/// What a watermark passes on its way from block `after`, or from below all of `waiting`, to block `watermark`.
	///
	/// `waiting` ascends by relay block and tells how many messages came; see [`crate::ConstraintsExtension::hrmp_waiting`].
	/// Sums saturate. Cost: two logarithmic lookups, and linear in the steps.
	pub fn between(
		waiting: &[(BlockNumber, u32)],
		after: Option<BlockNumber>,
		watermark: BlockNumber,
	) -> Self {
		let passed = waiting.partition_point(|(block, _)| after.is_some_and(|after| *block <= after));
		let reached = waiting.partition_point(|(block, _)| *block <= watermark);
		let steps = waiting.get(passed..reached).unwrap_or_default();
		Self {
			messages: steps
				.iter()
				.fold(0, |sum, (_, messages)| sum.saturating_add(*messages)),
			steps: u32::try_from(steps.len()).unwrap_or(u32::MAX),
		}
	}

	/// Whether one candidate may consume so much: `max` messages, or a single step whatever it holds, so that no para is
	/// ever stuck.
	#[inline]
	pub fn is_within(&self, max: u32) -> bool {
		self.steps <= 1 || self.messages <= max
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::{collection, option, prelude::*};

	#[test]
	fn r_def_33_r_hrmp_1_messages_are_counted_between_two_watermarks() {
		let waiting = [(3, 5), (7, 1), (8, 100), (20, 2)];
		let consumed = |after, watermark| {
			let HrmpConsumption { messages, steps } = HrmpConsumption::between(&waiting, after, watermark);
			(messages, steps)
		};
		assert_eq!(consumed(None, 2), (0, 0));
		assert_eq!(consumed(None, 3), (5, 1), "the watermark's own block is consumed");
		assert_eq!(consumed(None, 19), (106, 3));
		assert_eq!(consumed(None, u32::MAX), (108, 4));
		assert_eq!(consumed(Some(3), 7), (1, 1), "the block where it stood is not");
		assert_eq!(consumed(Some(4), 8), (101, 2));
		assert_eq!(consumed(Some(8), 8), (0, 0), "R-HRMP-1: it may stay");
		assert_eq!(consumed(Some(20), 9), (0, 0), "and backwards nothing is consumed");
		let many = [(1, u32::MAX), (2, 1)];
		assert_eq!(
			HrmpConsumption::between(&many, None, 2).messages,
			u32::MAX,
			"saturates"
		);
	}

	#[test]
	fn r_def_33_one_step_is_always_within_the_limit() {
		let consumption = |messages, steps| HrmpConsumption { messages, steps };
		assert!(consumption(0, 0).is_within(0));
		assert!(
			consumption(1_000, 1).is_within(0),
			"R-DEF-33: nobody is ever stuck"
		);
		assert!(consumption(10, 3).is_within(10), "R-CON-6: exactly the limit");
		assert!(!consumption(11, 2).is_within(10));
	}

	proptest! {
		/// Stacking watermarks loses no message and counts none twice.
		#[test]
		fn r_hrmp_2_what_two_candidates_consume_is_what_one_would(
			waiting in collection::btree_map(0u32..40, 0u32..9, 0..12), after in option::of(0u32..40), way in (0u32..40, 0u32..40),
		) {
			let waiting: alloc::vec::Vec<_> = waiting.into_iter().collect();
			let first = after.map_or(way.0, |after| after.max(way.0));
			let second = first.max(way.1);
			let between = |after, to| HrmpConsumption::between(&waiting, after, to);
			let (one, two, both) = (between(after, first), between(Some(first), second), between(after, second));
			prop_assert_eq!(one.messages + two.messages, both.messages);
			prop_assert_eq!(one.steps + two.steps, both.steps);
		}
	}
}
