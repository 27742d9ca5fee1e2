//! What values come to: how often there is a block, and how much of it.

use super::World;
use crate::{
	args::{self, Today},
	warnings,
};
use async_backing_devnet::Pace;
use async_backing_primitives::{AsyncBackingParams, PaceDemand};
use serde::Serialize;
use std::time::Duration;

/// Relay blocks of a minute.
const PER_MINUTE: f64 = 10.0;

/// What a para gets. Without any block at all, everything is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Outcome {
	/// Blocks for each turn.
	pub(super) blocks: u32,
	/// Relay blocks from turn to turn.
	pub(super) every: u32,
	/// Mean time between blocks, in seconds.
	pub(super) block_time_s: f64,
	/// Time to execute a block, in seconds.
	pub(super) authoring_s: f64,
	/// Extrinsics of a block.
	pub(super) extrinsics: u32,
	/// The same over a minute.
	pub(super) extrinsics_per_minute: f64,
}

impl Outcome {
	/// Of a pace that is kept every so many relay blocks.
	pub(super) fn of(pace: &Pace, every: u32) -> Self {
		Self::with(pace, pace.velocity, every)
	}

	fn with(pace: &Pace, blocks: u32, every: u32) -> Self {
		let per_relay_block = f64::from(blocks) / f64::from(every.max(1));
		Self {
			blocks,
			every,
			block_time_s: super::SLOT_MS as f64 / 1000.0 / per_relay_block,
			authoring_s: pace.authoring.as_secs_f64(),
			extrinsics: pace.extrinsics,
			extrinsics_per_minute: per_relay_block * PER_MINUTE * f64::from(pace.extrinsics),
		}
	}
}

/// What today's values come to; what nobody said counts as what the plan needs.
pub(super) fn today(world: &World, planned: &Pace, today: &Today, capacity: Option<u32>) -> Outcome {
	let needs = &planned.needs;
	let ancestry = today
		.allowed_ancestry_len
		.unwrap_or(needs.params.allowed_ancestry_len);
	// A claim further ahead than the queue looks is seen by nobody (R-SCH-4).
	let seen = today
		.lookahead
		.map_or(ancestry, |lookahead| ancestry.min(lookahead.saturating_sub(1)));
	let Ok(pace) = world.pace(seen) else {
		return Outcome::default();
	};
	let depth = today.max_candidate_depth.unwrap_or(AsyncBackingParams::MAX);
	let (capacity, unincluded) = (capacity.unwrap_or(u32::MAX), depth.saturating_add(1));
	let blocks = pace.velocity.min(capacity).min(unincluded);
	let delays: Vec<_> = pace
		.backing_delays
		.iter()
		.copied()
		.take(blocks as usize)
		.collect();
	// The most frequent turns of which so many blocks are never too many.
	let turns = world.rhythm.interval..=u32::MAX;
	let fits = |interval: &u32| {
		let demand = PaceDemand {
			interval: *interval,
			inclusion_delay: 1,
			relay_parent_offset: world.rhythm.relay_parent_offset,
			counted_on: 1,
		};
		demand.needs(&delays).is_ok_and(|needs| {
			needs.pace.segment_capacity <= capacity && needs.params.max_unincluded() <= unincluded
		})
	};
	// On a shared core only every n-th block is a turn.
	let mut turns = turns.step_by(world.rhythm.interval as usize);
	turns
		.find(fits)
		.map_or(Outcome::default(), |every| Outcome::with(&pace, blocks, every))
}

/// What else there is to say.
pub(super) fn remarks(args: &args::Plan, world: &World, pace: &Pace, today: Option<&Outcome>) -> Vec<String> {
	let mut remarks = Vec::new();
	let wanted = world.rhythm.velocity;
	if pace.velocity < wanted {
		remarks.push(format!(
			"{wanted} blocks per turn are wanted, but links and executions of one path leave time for {} (R-DEF-43)",
			pace.velocity
		));
	}
	remarks.extend(warnings::late_chunks(&world.model));
	remarks.extend(small_blocks(args, world, pace));
	remarks.extend(frequent_blocks(args));
	if let Some(today) = today {
		// Every other relay block, and on a shared core no more often than there is a turn (R-SLO-1).
		let every = world.rhythm.interval.max(2);
		let synchronous = world.pace(0).map(|pace| Outcome::of(&pace, every));
		if let Ok(synchronous) = synchronous {
			if today.block_time_s > synchronous.block_time_s || today.blocks == 0 {
				remarks.push(format!(
					"today's values are slower than synchronous backing, which has a block every {:.0} s (R-ABP-4)",
					synchronous.block_time_s
				));
			}
		}
	}
	let Today {
		max_candidate_depth,
		allowed_ancestry_len,
		lookahead,
	} = args.today;
	if let (Some(depth), Some(ancestry)) = (max_candidate_depth, allowed_ancestry_len) {
		if (depth == 0) != (ancestry == 0) {
			remarks.push(
				"only one of max_candidate_depth and allowed_ancestry_len is zero: blocks may be older but not deeper, or \
				 deeper but not older (R-ABP-4)"
					.into(),
			);
		}
		let params = AsyncBackingParams {
			max_candidate_depth: depth,
			allowed_ancestry_len: ancestry,
		};
		if let Some(lookahead) = lookahead {
			remarks.extend(
				params
					.tuning_warnings(lookahead, None)
					.iter()
					.map(ToString::to_string),
			);
		}
	}
	if pace.velocity > 1 && 256 % pace.velocity != 0 {
		remarks.push(format!(
			"a core selector that counts blocks in a byte names a core twice in a row every 256 blocks, as {} does not divide \
			 256: count modulo {} (R-UMP-5)",
			pace.velocity, pace.velocity
		));
	}
	if let Some(session) = world.model.session_length {
		let window = pace.needs.params.relay_parent_window();
		if session <= window.saturating_mul(2) {
			remarks.push(format!(
				"a session of {session} slots is hardly longer than the {window} blocks for which a relay parent is legal, and no \
				 relay parent is legal beyond its session (R-ABP-2, R-ABP-10)"
			));
		}
	}
	remarks
}

/// Executions that are wanted longer than there is time for, by an extrinsic or more.
fn small_blocks(args: &args::Plan, world: &World, pace: &Pace) -> Option<String> {
	let wanted = Duration::from_millis(args.authoring_ms?);
	let with_one_more = pace.authoring.saturating_add(world.model.extrinsic_cost);
	(with_one_more <= wanted).then(|| {
		format!(
			"blocks of {:.2} s are wanted, but there is time for {:.2} s (--authoring-ms, --execution-limit-ms; R-HOO-6)",
			wanted.as_secs_f64(),
			pace.authoring.as_secs_f64()
		)
	})
}

/// A time from block to block that is longer than from turn to turn: no turn is left out for it.
fn frequent_blocks(args: &args::Plan) -> Option<String> {
	let wanted = args.block_time_ms?;
	let between_turns = super::SLOT_MS.saturating_mul(args.share.into());
	(wanted > between_turns).then(|| {
		format!(
			"a block every {wanted} ms is wanted, but there is one in each turn, every {between_turns} ms: a para leaves no turn out"
		)
	})
}
