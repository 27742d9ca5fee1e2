//! What a parachain's pace takes: the least parameters that sustain it.
//!
//! A block that is built when relay block `L` is the newest is backed in `L + d`, `d` being its backing delay, and included
//! `a` blocks later. A para that has a turn every `i` relay blocks, and builds `v` blocks for each, therefore has
//! `(d + a + o - 1) / i` earlier turns on its way, rounded down, when it builds on a relay parent that is `o` behind the newest.
//! All that [`PaceDemand::needs`] says follows from that:
//!
//! | value | least | why |
//! |---|---|---|
//! | segment capacity | `v * ((d + a + o - 1) / i + 1)` | R-SEG-2, R-SEG-8: earlier turns and this one |
//! | `max_candidate_depth` | capacity - 1 | R-PAR-4: what comes before the last block of a turn |
//! | `allowed_ancestry_len` | `d + o - 1` | R-ABP-2: the relay parent is that many blocks old when it is used |
//! | lookahead | `A + 1`, at least 2 unless backing is synchronous | R-SCH-12, R-NET-77 |
//!
//! Invariants: with one less of any of the first three the pace is not kept; more of them changes nothing. Constant time.

use crate::{AsyncBackingParams, BlockNumber, InvalidAsyncBackingParams, ParachainPace};

/// How a parachain wants to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceDemand {
	/// Blocks for each turn: one for each core that the para has at once (R-HOO-2). At least 1.
	pub velocity: u32,
	/// Relay blocks from one turn to the next: 1 on cores of one's own, `n` on a core that `n` paras share alike (R-SCH-7).
	/// At least 1.
	pub interval: BlockNumber,
	/// Relay blocks from the newest one when the last block of a turn is built to the one that backs it: 1 is the next. At
	/// least 1.
	pub backing_delay: BlockNumber,
	/// Relay blocks from the one that backs a block to the one that includes it: 1 where availability comes in time (R-AVL-8).
	/// At least 1.
	pub inclusion_delay: BlockNumber,
	/// How many relay blocks the relay parent is behind the newest one (R-COL-2).
	pub relay_parent_offset: BlockNumber,
}

/// The least values with which a pace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceNeeds {
	/// What the parachain's own hook has to allow: velocity, and unincluded blocks (R-SEG-8).
	pub pace: ParachainPace,
	/// What the relay chain has to allow (R-ABP-1, R-ABP-2).
	pub params: AsyncBackingParams,
	/// Blocks that the claim queue has to look ahead (R-SCH-12).
	pub lookahead: u32,
}

/// Why a pace cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImpossiblePace {
	/// A part of the demand is zero.
	#[error("{name} is 0, but at least 1")]
	Zero {
		/// Its name.
		name: &'static str,
	},
	/// It takes more than the relay chain can allow.
	#[error("the pace takes more than the relay chain can allow: {0}")]
	Beyond(#[from] InvalidAsyncBackingParams),
}

impl PaceDemand {
	/// The least values that sustain this pace; R-SEG-8, R-PAR-4, R-ABP-2, R-SCH-12.
	///
	/// ```
	/// use async_backing_primitives::{AsyncBackingParams, PaceDemand};
	///
	/// // One core, blocks of two seconds: backed in the second block after the newest, included in the third.
	/// let demand = PaceDemand { velocity: 1, interval: 1, backing_delay: 2, inclusion_delay: 1, relay_parent_offset: 0 };
	/// let needs = demand.needs()?;
	/// assert_eq!(needs.pace.segment_capacity, 3);
	/// assert_eq!(needs.params, AsyncBackingParams { max_candidate_depth: 2, allowed_ancestry_len: 1 });
	/// assert_eq!(needs.lookahead, 2);
	/// # Ok::<(), async_backing_primitives::ImpossiblePace>(())
	/// ```
	///
	/// # Errors
	/// [`ImpossiblePace`] if a part is zero that has to be positive, or a parameter would be beyond R-ABP-4.
	pub fn needs(&self) -> Result<PaceNeeds, ImpossiblePace> {
		let positive = [
			("velocity", self.velocity),
			("interval", self.interval),
			("backing_delay", self.backing_delay),
			("inclusion_delay", self.inclusion_delay),
		];
		if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
			return Err(ImpossiblePace::Zero { name });
		}
		let segment_capacity = self
			.turns_on_their_way()
			.saturating_add(1)
			.saturating_mul(self.velocity);
		let params = AsyncBackingParams::new(
			segment_capacity.saturating_sub(1),
			self.backing_delay
				.saturating_sub(1)
				.saturating_add(self.relay_parent_offset),
		)?;
		Ok(PaceNeeds {
			pace: ParachainPace {
				velocity: self.velocity,
				segment_capacity,
			},
			params,
			lookahead: params.matching_lookahead(),
		})
	}

	/// Earlier turns whose blocks are not included yet as seen from the relay parent; `interval` is positive.
	fn turns_on_their_way(&self) -> u32 {
		self.backing_delay
			.saturating_add(self.inclusion_delay)
			.saturating_add(self.relay_parent_offset)
			.saturating_sub(1)
			.checked_div(self.interval)
			.unwrap_or(u32::MAX)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::collections::BTreeSet;
	use proptest::prelude::*;

	fn demand(velocity: u32, interval: u32, backing_delay: u32, relay_parent_offset: u32) -> PaceDemand {
		PaceDemand {
			velocity,
			interval,
			backing_delay,
			inclusion_delay: 1,
			relay_parent_offset,
		}
	}

	#[test]
	fn r_seg_8_r_par_4_r_abp_2_r_sch_12_what_a_pace_takes() {
		// velocity, interval, backing delay, offset; capacity, D, A, lookahead.
		let rows = [
			// Synchronous: every other block, backed in the next one (R-SLO-1).
			((1, 2, 1, 0), (1, 0, 0, 1)),
			((1, 1, 1, 0), (2, 1, 0, 2)),
			((1, 1, 2, 0), (3, 2, 1, 2)),
			// R-SEG-8: three cores starve with seven.
			((3, 1, 2, 0), (9, 8, 1, 2)),
			((1, 1, 2, 1), (4, 3, 2, 3)),
			((12, 1, 3, 0), (48, 47, 2, 3)),
			// Shared by two and by four.
			((1, 2, 2, 0), (2, 1, 1, 2)),
			((1, 4, 2, 0), (1, 0, 1, 2)),
		];
		for ((velocity, interval, delay, offset), (capacity, depth, ancestry, lookahead)) in rows {
			let needs = demand(velocity, interval, delay, offset)
				.needs()
				.expect("it can be");
			assert_eq!(
				(
					needs.pace.segment_capacity,
					needs.params.max_candidate_depth,
					needs.params.allowed_ancestry_len,
					needs.lookahead
				),
				(capacity, depth, ancestry, lookahead),
				"{velocity} every {interval}, backed after {delay}, {offset} behind"
			);
		}
	}

	#[test]
	fn r_abp_4_what_cannot_be_is_refused() {
		assert_eq!(
			demand(0, 1, 1, 0).needs(),
			Err(ImpossiblePace::Zero { name: "velocity" })
		);
		assert_eq!(
			demand(1, 0, 1, 0).needs(),
			Err(ImpossiblePace::Zero { name: "interval" })
		);
		assert_eq!(
			demand(1, 1, 0, 0).needs(),
			Err(ImpossiblePace::Zero {
				name: "backing_delay"
			})
		);
		let beyond = |parameter, value| {
			Err(ImpossiblePace::Beyond(InvalidAsyncBackingParams {
				parameter,
				value,
			}))
		};
		assert_eq!(demand(86, 1, 2, 0).needs(), beyond("max_candidate_depth", 257));
		assert_eq!(
			demand(1, u32::MAX, 256, 1).needs(),
			beyond("allowed_ancestry_len", 256)
		);
		assert_eq!(
			demand(u32::MAX, 1, u32::MAX, u32::MAX).needs(),
			beyond("max_candidate_depth", u32::MAX - 1)
		);
	}

	/// Most unincluded blocks, the newest among them, that a para ever has in the eyes of its relay parent: counted turn by turn.
	fn counted(demand: PaceDemand) -> u32 {
		let PaceDemand {
			velocity,
			interval,
			backing_delay,
			inclusion_delay,
			relay_parent_offset,
		} = demand;
		let turns = 40;
		let mut unincluded = BTreeSet::new();
		let mut most = 0;
		for turn in 0..turns {
			let newest = turn * interval + 100;
			let relay_parent = newest - relay_parent_offset;
			unincluded.retain(|built: &u32| built + backing_delay + inclusion_delay > relay_parent);
			unincluded.insert(newest);
			most = most.max(unincluded.len() as u32 * velocity);
		}
		most
	}

	proptest! {
		#[test]
		fn r_seg_8_it_is_what_counting_says(
			velocity in 1u32..5,
			interval in 1u32..7,
			backing_delay in 1u32..6,
			inclusion_delay in 1u32..4,
			relay_parent_offset in 0u32..5,
		) {
			let demand = PaceDemand { velocity, interval, backing_delay, inclusion_delay, relay_parent_offset };
			let needs = demand.needs().expect("within bounds");
			prop_assert_eq!(needs.pace.segment_capacity, counted(demand));
			prop_assert_eq!(needs.params.max_unincluded(), needs.pace.segment_capacity, "R-PAR-4");
			// The relay parent is legal in the block that backs, and with one less it is not (R-ABP-2).
			let age = backing_delay + relay_parent_offset;
			prop_assert_eq!(needs.params.relay_parent_window(), age);
			prop_assert!(needs.params.tuning_warnings(needs.lookahead, None).is_empty());
		}
	}
}
