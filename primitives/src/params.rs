//! The two parameters of asynchronous backing, what follows from them, and what does not go together.

use crate::BlockNumber;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The two parameters of asynchronous backing (R-ABP-1, R-ABP-2).
///
/// `(0, 0)` means synchronous backing (R-ABP-3). Either may be zero alone (R-ABP-4): depth without ancestry allows
/// chains on one relay parent, ancestry without depth allows older relay parents but no pending ancestor.
///
/// ```
/// use async_backing_primitives::AsyncBackingParams;
///
/// let params = AsyncBackingParams::new(4, 3)?;
/// assert!(!params.is_synchronous());
/// assert_eq!(params.max_unincluded(), 5);
/// assert_eq!(params.relay_parent_window(), 4);
/// # Ok::<(), async_backing_primitives::InvalidAsyncBackingParams>(())
/// ```
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(
	feature = "serde",
	derive(serde::Serialize, serde::Deserialize),
	serde(deny_unknown_fields)
)]
pub struct AsyncBackingParams {
	/// Largest depth of a candidate: how many candidates may stand between the included head and it (R-ABP-1).
	pub max_candidate_depth: u32,
	/// How many ancestors of the newest possible relay parent are relay parents too (R-ABP-2).
	pub allowed_ancestry_len: u32,
}

/// A parameter is beyond what bounds memory (R-ABP-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} is {value}, but at most 255 (R-ABP-4)")]
pub struct InvalidAsyncBackingParams {
	/// Name of the parameter.
	pub parameter: &'static str,
	/// Its value.
	pub value: u32,
}

impl AsyncBackingParams {
	/// Largest legal value of either parameter (R-ABP-4).
	pub const MAX: u32 = 255;

	/// Parameters within their bounds. Every combination is legal (R-ABP-4).
	///
	/// # Errors
	/// [`InvalidAsyncBackingParams`] if either exceeds [`Self::MAX`].
	pub const fn new(
		max_candidate_depth: u32,
		allowed_ancestry_len: u32,
	) -> Result<Self, InvalidAsyncBackingParams> {
		let params = Self {
			max_candidate_depth,
			allowed_ancestry_len,
		};
		match params.validate() {
			Ok(()) => Ok(params),
			Err(error) => Err(error),
		}
	}

	/// Checks the bounds of parameters that were decoded or built field by field.
	///
	/// # Errors
	/// As [`Self::new`].
	pub const fn validate(&self) -> Result<(), InvalidAsyncBackingParams> {
		if self.max_candidate_depth > Self::MAX {
			let value = self.max_candidate_depth;
			return Err(InvalidAsyncBackingParams {
				parameter: "max_candidate_depth",
				value,
			});
		}
		if self.allowed_ancestry_len > Self::MAX {
			let value = self.allowed_ancestry_len;
			return Err(InvalidAsyncBackingParams {
				parameter: "allowed_ancestry_len",
				value,
			});
		}
		Ok(())
	}

	/// Whether backing is synchronous: both parameters are zero (R-ABP-3).
	pub const fn is_synchronous(&self) -> bool {
		self.max_candidate_depth == 0 && self.allowed_ancestry_len == 0
	}

	/// Number of relay blocks that may be relay parents of a candidate in one block (R-ABP-2).
	pub const fn relay_parent_window(&self) -> u32 {
		self.allowed_ancestry_len.saturating_add(1)
	}

	/// Largest number of candidates on one path that are not included (R-ABP-1).
	pub const fn max_unincluded(&self) -> u32 {
		self.max_candidate_depth.saturating_add(1)
	}
}

/// Relay blocks from building a candidate to seeing it included at a relay parent, when nothing goes wrong: backed in
/// the next block, included in the one after, seen from the one after that (R-SEG-8).
pub const RELAY_BLOCKS_TO_INCLUSION: BlockNumber = 3;

/// How a parachain builds, for [`AsyncBackingParams::tuning_warnings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParachainPace {
	/// Blocks that it builds for each relay block: with several cores, one for each.
	pub velocity: u32,
	/// Unincluded blocks that it allows itself.
	pub segment_capacity: u32,
}

/// Values that are legal each, but together slower than they could be (R-DEF-27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TuningWarning {
	/// The claim queue ends before the window of relay parents does: a collator on the newest relay parent cannot see
	/// which core takes its candidate in the last block that could.
	#[error(
		"the claim queue looks {lookahead} blocks ahead, but a relay parent is legal for {window} (R-SCH-12)"
	)]
	LookaheadBelowWindow {
		/// Blocks that the claim queue looks ahead.
		lookahead: u32,
		/// Blocks for which a relay parent is legal, `A + 1`.
		window: u32,
	},
	/// The claim queue goes on behind the window of relay parents: who derives the window from the lookahead, as the field's
	/// collators and validators do, builds on relay parents that are refused.
	#[error(
		"the claim queue looks {lookahead} blocks ahead, but a relay parent is legal for no more than {window} (R-NET-77)"
	)]
	LookaheadBeyondWindow {
		/// Blocks that the claim queue looks ahead.
		lookahead: u32,
		/// Blocks for which a relay parent is legal, `A + 1`.
		window: u32,
	},
	/// The parachain allows itself too few unincluded blocks, and pauses until some are included.
	#[error(
		"{capacity} unincluded blocks allowed, but {needed} come before the first is included (R-SEG-8)"
	)]
	SegmentStarves {
		/// Unincluded blocks that the parachain allows itself.
		capacity: u32,
		/// Those it builds until it sees the first of them included.
		needed: u32,
	},
	/// The relay chain allows too few unincluded blocks for this pace.
	#[error(
		"depth allows {limit} unincluded blocks, but {needed} come before the first is included (R-SEG-8)"
	)]
	DepthStarves {
		/// Unincluded blocks that the relay chain allows, `D + 1`.
		limit: u32,
		/// Those the parachain builds until it sees the first of them included.
		needed: u32,
	},
	/// The parachain allows itself more unincluded blocks than the relay chain does, which brings nothing.
	#[error(
		"{capacity} unincluded blocks allowed, but the relay chain takes no more than {limit} (R-PAR-4)"
	)]
	SegmentBeyondDepth {
		/// Unincluded blocks that the parachain allows itself.
		capacity: u32,
		/// Unincluded blocks that the relay chain allows, `D + 1`.
		limit: u32,
	},
}

impl AsyncBackingParams {
	/// Unincluded blocks that a parachain of this velocity builds before it sees the first of them included (R-SEG-8).
	///
	/// ```
	/// # use async_backing_primitives::AsyncBackingParams;
	/// assert_eq!(AsyncBackingParams::needed_segment_capacity(1), 3);
	/// assert_eq!(AsyncBackingParams::needed_segment_capacity(3), 9);
	/// ```
	pub const fn needed_segment_capacity(velocity: u32) -> u32 {
		velocity.saturating_mul(RELAY_BLOCKS_TO_INCLUSION)
	}

	/// Lookahead of the claim queue that goes with these parameters: one for each block in which a relay parent is legal
	/// (R-NET-77), and two at least unless backing is synchronous (R-SCH-12).
	///
	/// ```
	/// # use async_backing_primitives::{AsyncBackingParams, HostConfiguration};
	/// let config = HostConfiguration::default();
	/// assert_eq!(config.async_backing_params.matching_lookahead(), config.scheduling_lookahead);
	/// ```
	pub const fn matching_lookahead(&self) -> u32 {
		let window = self.relay_parent_window();
		if window == 1 && !self.is_synchronous() {
			2
		} else {
			window
		}
	}

	/// What does not go together (R-DEF-27): these parameters with the lookahead of the claim queue (R-ABP-8, R-SCH-12,
	/// R-NET-77) and, for a parachain, with its pace (R-SEG-8, R-PAR-4). Nothing of it is illegal. With synchronous backing
	/// nothing is said: there is no unincluded segment.
	#[must_use]
	pub fn tuning_warnings(&self, lookahead: u32, pace: Option<ParachainPace>) -> Vec<TuningWarning> {
		let mut warnings = Vec::new();
		if self.is_synchronous() {
			return warnings;
		}
		let (window, limit) = (self.relay_parent_window(), self.max_unincluded());
		if lookahead < window {
			warnings.push(TuningWarning::LookaheadBelowWindow { lookahead, window });
		}
		// Of two there have to be at least (R-SCH-12), also where the window is one.
		if lookahead > window.max(2) {
			warnings.push(TuningWarning::LookaheadBeyondWindow { lookahead, window });
		}
		let Some(ParachainPace {
			velocity,
			segment_capacity: capacity,
		}) = pace
		else {
			return warnings;
		};
		let needed = Self::needed_segment_capacity(velocity);
		if limit < needed {
			warnings.push(TuningWarning::DepthStarves { limit, needed });
		}
		if capacity < needed.min(limit) {
			warnings.push(TuningWarning::SegmentStarves { capacity, needed });
		}
		if capacity > limit {
			warnings.push(TuningWarning::SegmentBeyondDepth { capacity, limit });
		}
		warnings
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_1_golden_params() {
		let params = AsyncBackingParams::new(4, 3).expect("legal");
		assert_eq!(params.encode(), [4, 0, 0, 0, 3, 0, 0, 0]);
	}

	#[test]
	fn r_abp_4_every_combination_within_bounds_is_legal() {
		for (depth, ancestry, synchronous) in [(0, 0, true), (4, 0, false), (0, 3, false), (255, 255, false)]
		{
			let params = AsyncBackingParams::new(depth, ancestry).expect("legal");
			assert_eq!(params.is_synchronous(), synchronous, "R-ABP-3");
		}
		let refused = |parameter| {
			Err(InvalidAsyncBackingParams {
				parameter,
				value: 256,
			})
		};
		assert_eq!(AsyncBackingParams::new(256, 0), refused("max_candidate_depth"));
		assert_eq!(AsyncBackingParams::new(0, 256), refused("allowed_ancestry_len"));
	}

	/// Depth, ancestry, lookahead, pace, and what is said about them.
	type Row<'a> = (u32, u32, u32, Option<ParachainPace>, &'a [TuningWarning]);

	#[test]
	fn r_def_27_r_sch_12_r_net_77_r_seg_8_r_par_4_what_does_not_go_together_is_said() {
		use TuningWarning::*;
		let pace = |velocity, segment_capacity| {
			Some(ParachainPace {
				velocity,
				segment_capacity,
			})
		};
		let rows: [Row<'_>; 13] = [
			(4, 3, 4, None, &[]),
			(
				4,
				3,
				3,
				None,
				&[LookaheadBelowWindow {
					lookahead: 3,
					window: 4,
				}],
			),
			(
				4,
				3,
				5,
				None,
				&[LookaheadBeyondWindow {
					lookahead: 5,
					window: 4,
				}],
			),
			(4, 0, 2, None, &[]),
			(
				4,
				0,
				3,
				None,
				&[LookaheadBeyondWindow {
					lookahead: 3,
					window: 1,
				}],
			),
			(0, 0, 5, None, &[]),
			(4, 3, 4, pace(1, 3), &[]),
			(
				4,
				3,
				4,
				pace(1, 2),
				&[SegmentStarves {
					capacity: 2,
					needed: 3,
				}],
			),
			(
				4,
				3,
				4,
				pace(1, 6),
				&[SegmentBeyondDepth {
					capacity: 6,
					limit: 5,
				}],
			),
			// Three cores want nine blocks in flight; with seven they starve, as upstream found out.
			(8, 3, 4, pace(3, 9), &[]),
			(
				8,
				3,
				4,
				pace(3, 7),
				&[SegmentStarves {
					capacity: 7,
					needed: 9,
				}],
			),
			(6, 3, 4, pace(3, 7), &[DepthStarves { limit: 7, needed: 9 }]),
			(0, 0, 1, pace(1, 1), &[]),
		];
		for (depth, ancestry, lookahead, pace, expected) in rows {
			let params = AsyncBackingParams::new(depth, ancestry).expect("legal");
			assert_eq!(
				params.tuning_warnings(lookahead, pace),
				expected,
				"R-DEF-27: ({depth}, {ancestry}), lookahead {lookahead}, {pace:?}"
			);
		}
	}

	#[test]
	fn r_def_6_r_seg_8_needed_capacity_by_number_of_cores() {
		for (cores, needed) in [(1, 3), (2, 6), (3, 9), (10, 30)] {
			assert_eq!(
				AsyncBackingParams::needed_segment_capacity(cores),
				needed,
				"R-SEG-8: {cores} cores"
			);
		}
		assert_eq!(
			AsyncBackingParams::needed_segment_capacity(u32::MAX),
			u32::MAX,
			"R-PRE-2"
		);
	}
}
