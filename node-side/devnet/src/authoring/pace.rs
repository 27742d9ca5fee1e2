//! What a pace comes to: how large blocks may be, when they are backed, and what has to be allowed for it.
//!
//! The same estimate that a collator makes at each leaf, for a para that goes on for ever. Turns follow one another at an even
//! distance; what is left of one turn's work when the next begins is carried on until it no longer changes.

use super::{Place, Timing};
use async_backing_collator::{AuthoringHook, PovSize};
use async_backing_primitives::{AsyncBackingParams, ImpossiblePace, PaceDemand, PaceNeeds};
use std::time::Duration;
use thiserror::Error;

/// Turns after which what is carried over has long settled.
const SETTLED: u32 = 8;

/// How often a para has a turn, and what its blocks are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rhythm {
	/// Blocks that it wants for each turn (R-HOO-2).
	pub velocity: u32,
	/// Relay blocks from one turn to the next (R-SCH-7).
	pub interval: u32,
	/// How many relay blocks its relay parents are behind the newest one (R-COL-2).
	pub relay_parent_offset: u32,
	/// Votes that back its candidates (R-BKV-1).
	pub votes: u32,
	/// How large its PoVs are.
	pub pov: PovSize,
	/// How large they may be.
	pub max_pov_size: u32,
	/// Largest legal `allowed_ancestry_len`: blocks are no larger than it leaves time for.
	pub allowed_ancestry_len: u32,
}

/// What a pace comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
	/// Blocks for each turn: as many as there is time for (R-DEF-43).
	pub velocity: u32,
	/// Extrinsics of each.
	pub extrinsics: u32,
	/// Time to execute one of them.
	pub authoring: Duration,
	/// Relay blocks from the newest one when it is built to the one that backs it, for each block of a turn.
	pub backing_delays: Vec<u32>,
	/// The least values that sustain it.
	pub needs: PaceNeeds,
}

/// Why there is no pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoPace {
	/// Not even one extrinsic is executed and checked in time.
	#[error("no time is left for extrinsics with an ancestry of {allowed_ancestry_len} (R-SLO-1, R-ABP-2)")]
	NoTime {
		/// The largest legal ancestry.
		allowed_ancestry_len: u32,
	},
	/// It takes what nothing allows.
	#[error(transparent)]
	Impossible(#[from] ImpossiblePace),
}

/// Blocks of one turn, as estimated at the leaf they are built on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Estimate {
	/// Extrinsics of each.
	pub(super) extrinsics: u32,
	/// Time to execute one.
	pub(super) authoring: Duration,
	/// In which block after the leaf each can be backed at the earliest.
	pub(super) delays: Vec<u32>,
	/// When the last is built, from the activation of the leaf on.
	pub(super) authored: Duration,
	/// When the last is seconded.
	pub(super) seconded: Duration,
}

impl Timing {
	/// Blocks of a leaf that are begun one after the other at this place, up to so many, as the hook spreads them.
	pub(super) fn estimate(&self, mut place: Place, blocks: u32, hook: &dyn AuthoringHook) -> Estimate {
		let budget = self.budget_at(&place, blocks);
		let mut delays = Vec::new();
		for position in 0..budget.blocks {
			let from = hook.window(position, budget.blocks, self.slot).start;
			place.window.start = place.window.start.max(from);
			delays.push(self.backing_delay_at(&place, budget.extrinsics));
			place.parent_seconded = self.seconded(&place, budget.extrinsics);
			place.window.start = place.window.start.saturating_add(budget.time);
		}
		Estimate {
			extrinsics: budget.extrinsics,
			authoring: budget.time,
			delays,
			authored: place.window.start,
			seconded: place.parent_seconded,
		}
	}

	/// What these turns come to with the largest blocks that there is time for, and the least values that sustain them.
	///
	/// `O(A * v * log x)`, `A` the largest ancestry, `v` blocks for each turn and `x` extrinsics of a block.
	///
	/// # Errors
	/// [`NoPace`] if a block can't have a single extrinsic, or the pace takes more than a relay chain can allow (R-ABP-4).
	pub fn pace(&self, rhythm: &Rhythm, hook: &dyn AuthoringHook) -> Result<Pace, NoPace> {
		let ancestry = rhythm.allowed_ancestry_len.min(AsyncBackingParams::MAX);
		let no_time = NoPace::NoTime {
			allowed_ancestry_len: ancestry,
		};
		let blocks_in_time = ancestry
			.saturating_add(1)
			.checked_sub(rhythm.relay_parent_offset)
			.ok_or(no_time)?;
		// More time never makes a turn smaller: the least with which it is as large as ever.
		let executes =
			|estimate: &Estimate| u64::from(estimate.extrinsics).saturating_mul(estimate.delays.len() as u64);
		let most = executes(&self.settled(rhythm, blocks_in_time, hook));
		let (deadline, turn) = (1..=blocks_in_time)
			.map(|deadline| (deadline, self.settled(rhythm, deadline, hook)))
			.find(|(_, estimate)| executes(estimate) >= most)
			.filter(|(_, estimate)| estimate.extrinsics > 0)
			.ok_or(no_time)?;
		let velocity = u32::try_from(turn.delays.len()).unwrap_or(u32::MAX);
		let demand = PaceDemand {
			interval: rhythm.interval,
			inclusion_delay: 1,
			relay_parent_offset: rhythm.relay_parent_offset,
			counted_on: deadline,
		};
		Ok(Pace {
			velocity,
			extrinsics: turn.extrinsics,
			authoring: turn.authoring,
			needs: demand.needs(&turn.delays)?,
			backing_delays: turn.delays,
		})
	}

	/// A turn like all others, whose blocks are backed by `deadline`.
	fn settled(&self, rhythm: &Rhythm, deadline: u32, hook: &dyn AuthoringHook) -> Estimate {
		let between = self.slot.saturating_mul(rhythm.interval);
		let mut turn = Estimate::default();
		for _ in 0..SETTLED {
			let begins = turn.authored.saturating_sub(between);
			let place = Place {
				window: begins..begins.saturating_add(self.slot),
				parent_seconded: turn.seconded.saturating_sub(between),
				spent: Duration::ZERO,
				deadline,
				votes: rhythm.votes,
				pov: rhythm.pov,
				max_pov_size: rhythm.max_pov_size,
			};
			let next = self.estimate(place, rhythm.velocity, hook);
			let is_settled = next == turn;
			turn = next;
			if is_settled {
				break;
			}
		}
		turn
	}
}
