//! What a parachain's pace takes: the least parameters that sustain it.
//!
//! A block that is built when relay block `L` is the newest is backed in `L + d`, `d` being its backing delay, and included
//! `a` blocks later. A para that has a turn every `i` relay blocks therefore has such blocks of `(d + a + o - 1) / i` earlier turns
//! on their way, rounded down, when it builds on a relay parent that is `o` behind the newest. All that [`PaceDemand::needs`] says
//! follows from that:
//!
//! | value | least | why |
//! |---|---|---|
//! | segment capacity | sum over a turn's blocks of `(d + a + o - 1) / i + 1` | R-SEG-2, R-SEG-8: earlier turns and this one |
//! | `max_candidate_depth` | the same with `o = 0`, less 1 | R-ABP-1: trees count what comes before the last block of a turn at the newest block |
//! | `allowed_ancestry_len` | `w + o - 1` | R-ABP-2: the relay parent is that many blocks old when it is used at the latest |
//! | lookahead | `A + 1`, at least 2 unless backing is synchronous | R-SCH-12, R-NET-77 |
//!
//! `w` is the block after `L` that a collator counts on at the latest, its margin included: the largest `d`, or the block after it.
//!
//! Invariants: with one less of any of the first three the pace is not kept; more of them changes nothing. Time linear in the blocks
//! of a turn.

use crate::{AsyncBackingParams, BlockNumber, InvalidAsyncBackingParams, ParachainPace};

/// How often a parachain builds, and from how far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceDemand {
	/// Relay blocks from one turn to the next: 1 on cores of one's own, `n` on a core that `n` paras share alike (R-SCH-7).
	/// At least 1.
	pub interval: BlockNumber,
	/// Relay blocks from the one that backs a block to the one that includes it: 1 where availability comes in time (R-AVL-8).
	/// At least 1.
	pub inclusion_delay: BlockNumber,
	/// How many relay blocks the relay parent is behind the newest one (R-COL-2).
	pub relay_parent_offset: BlockNumber,
	/// Relay blocks from the newest one to the last that a collator counts on to back a block, its margin included. Less than
	/// the largest backing delay counts as that.
	pub counted_on: BlockNumber,
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
	/// The least values that sustain this pace, with a block for each of `backing_delays` in each turn (R-HOO-2): relay blocks from
	/// the newest one when it is built to the one that backs it, 1 for the next. R-SEG-8, R-PAR-4, R-ABP-2, R-SCH-12.
	///
	/// ```
	/// use async_backing_primitives::{AsyncBackingParams, PaceDemand};
	///
	/// // One core, blocks of two seconds: backed in the second block after the newest, included in the third.
	/// let demand = PaceDemand { interval: 1, inclusion_delay: 1, relay_parent_offset: 0, counted_on: 2 };
	/// let needs = demand.needs(&[2])?;
	/// assert_eq!(needs.pace.segment_capacity, 3);
	/// assert_eq!(needs.params, AsyncBackingParams { max_candidate_depth: 2, allowed_ancestry_len: 1 });
	/// assert_eq!(needs.lookahead, 2);
	/// # Ok::<(), async_backing_primitives::ImpossiblePace>(())
	/// ```
	///
	/// # Errors
	/// [`ImpossiblePace`] if something is zero that has to be positive, or a parameter would be beyond R-ABP-4.
	pub fn needs(&self, backing_delays: &[BlockNumber]) -> Result<PaceNeeds, ImpossiblePace> {
		let velocity = u32::try_from(backing_delays.len()).unwrap_or(u32::MAX);
		let positive = [
			("velocity", velocity),
			("interval", self.interval),
			("inclusion_delay", self.inclusion_delay),
		];
		let delays = backing_delays.iter().map(|delay| ("backing_delay", *delay));
		if let Some((name, _)) = positive.into_iter().chain(delays).find(|(_, value)| *value == 0) {
			return Err(ImpossiblePace::Zero { name });
		}
		let unincluded = |relay_parent_offset| {
			let each = backing_delays.iter().map(|delay| {
				self.turns_on_their_way(*delay, relay_parent_offset)
					.saturating_add(1)
			});
			each.fold(0, u32::saturating_add)
		};
		let segment_capacity = unincluded(self.relay_parent_offset);
		let latest = backing_delays.iter().copied().fold(self.counted_on, u32::max);
		let params = AsyncBackingParams::new(
			unincluded(0).saturating_sub(1),
			latest.saturating_sub(1).saturating_add(self.relay_parent_offset),
		)?;
		Ok(PaceNeeds {
			pace: ParachainPace {
				velocity,
				segment_capacity,
			},
			params,
			lookahead: params.matching_lookahead(),
		})
	}

	/// Earlier turns whose blocks of this delay are not included yet as seen from so many blocks behind the newest; `interval` is
	/// positive.
	fn turns_on_their_way(&self, backing_delay: BlockNumber, behind: BlockNumber) -> u32 {
		backing_delay
			.saturating_add(self.inclusion_delay)
			.saturating_add(behind)
			.saturating_sub(1)
			.checked_div(self.interval)
			.unwrap_or(u32::MAX)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{collections::BTreeSet, vec};
	use proptest::prelude::*;

	fn demand(interval: u32, relay_parent_offset: u32) -> PaceDemand {
		PaceDemand {
			interval,
			inclusion_delay: 1,
			relay_parent_offset,
			counted_on: 1,
		}
	}

	#[test]
	fn r_seg_8_r_par_4_r_abp_2_r_sch_12_what_a_pace_takes() {
		// Backing delays, interval, offset; capacity, D, A, lookahead.
		let rows = [
			// Synchronous: every other block, backed in the next one (R-SLO-1).
			((vec![1], 2, 0), (1, 0, 0, 1)),
			((vec![1], 1, 0), (2, 1, 0, 2)),
			((vec![2], 1, 0), (3, 2, 1, 2)),
			// R-SEG-8: three cores starve with seven.
			((vec![2, 2, 2], 1, 0), (9, 8, 1, 2)),
			((vec![2, 3], 1, 0), (7, 6, 2, 3)),
			((vec![2], 1, 1), (4, 2, 2, 3)),
			((vec![3; 12], 1, 0), (48, 47, 2, 3)),
			// Shared by two and by four.
			((vec![2], 2, 0), (2, 1, 1, 2)),
			((vec![2], 4, 0), (1, 0, 1, 2)),
		];
		for ((delays, interval, offset), (capacity, depth, ancestry, lookahead)) in rows {
			let needs = demand(interval, offset).needs(&delays).expect("it can be");
			assert_eq!(
				(
					needs.pace.segment_capacity,
					needs.params.max_candidate_depth,
					needs.params.allowed_ancestry_len,
					needs.lookahead
				),
				(capacity, depth, ancestry, lookahead),
				"backed after {delays:?}, every {interval}, {offset} behind"
			);
		}
	}

	#[test]
	fn r_abp_4_what_cannot_be_is_refused() {
		let zero = |name| Err(ImpossiblePace::Zero { name });
		assert_eq!(demand(1, 0).needs(&[]), zero("velocity"));
		assert_eq!(demand(0, 0).needs(&[1]), zero("interval"));
		assert_eq!(demand(1, 0).needs(&[1, 0]), zero("backing_delay"));
		let beyond = |parameter, value| {
			Err(ImpossiblePace::Beyond(InvalidAsyncBackingParams {
				parameter,
				value,
			}))
		};
		assert_eq!(demand(1, 0).needs(&[2; 86]), beyond("max_candidate_depth", 257));
		assert_eq!(
			demand(u32::MAX, 1).needs(&[256]),
			beyond("allowed_ancestry_len", 256)
		);
		assert_eq!(
			demand(1, u32::MAX).needs(&[u32::MAX; 2]),
			beyond("max_candidate_depth", u32::MAX - 1)
		);
	}

	/// Most unincluded blocks, the newest among them, that a para ever has as seen from so many blocks behind the newest: counted
	/// turn by turn.
	fn counted(demand: PaceDemand, backing_delays: &[u32], behind: u32) -> usize {
		let mut unincluded = BTreeSet::new();
		let mut most = 0;
		for turn in 0..40 {
			let newest = turn * demand.interval + 100;
			let seen_from = newest - behind;
			unincluded.retain(|(built, _, delay): &(u32, usize, u32)| {
				built + delay + demand.inclusion_delay > seen_from
			});
			for (position, delay) in backing_delays.iter().enumerate() {
				unincluded.insert((newest, position, *delay));
				most = most.max(unincluded.len());
			}
		}
		most
	}

	proptest! {
		#[test]
		fn r_seg_8_it_is_what_counting_says(
			backing_delays in proptest::collection::vec(1u32..6, 1..5),
			interval in 1u32..7,
			inclusion_delay in 1u32..4,
			relay_parent_offset in 0u32..5,
			counted_on in 0u32..8,
		) {
			let demand = PaceDemand { interval, inclusion_delay, relay_parent_offset, counted_on };
			let needs = demand.needs(&backing_delays).expect("within bounds");
			let at = |behind| counted(demand, &backing_delays, behind);
			prop_assert_eq!(needs.pace.segment_capacity as usize, at(relay_parent_offset), "R-SEG-2");
			prop_assert_eq!(needs.params.max_unincluded() as usize, at(0), "R-ABP-1");
			// The relay parent is legal in the last block that is counted on, and with one less it is not (R-ABP-2).
			let slowest = *backing_delays.iter().max().expect("there is one");
			let age = slowest.max(counted_on) + relay_parent_offset;
			prop_assert_eq!(needs.params.relay_parent_window(), age);
			prop_assert!(needs.params.tuning_warnings(needs.lookahead, None).is_empty());
		}
	}
}
