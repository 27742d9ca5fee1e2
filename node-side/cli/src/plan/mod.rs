//! What a pace takes, for whoever tunes a chain or a parachain (R-DEF-27).
//!
//! The values are `PaceDemand`'s, for the largest blocks that the devnet's own collator would build in the same world. Nothing here
//! counts by itself; `--verify` holds the devnet against it.

mod outcome;
mod text;
mod verify;

#[cfg(test)]
mod tests;

use crate::{
	args::{self, Today},
	error::CliError,
	output::{self, Output},
	parachains,
};
use async_backing_collator::BlockProducer;
use async_backing_counter_parachain::Producer;
use async_backing_devnet::{Authoring, Model, Pace, Rhythm, Timing, FIRST_PARA, MAX_CORES_PER_PARA};
use async_backing_primitives::{AsyncBackingParams, HostConfiguration, ParaId};
use outcome::Outcome;
use serde::Serialize;
use std::path::Path;
use verify::Verdict;

/// Milliseconds of a relay-chain slot.
const SLOT_MS: u64 = 6_000;

/// A plan; schema 1 of its JSON, to which fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Plan {
	schema: u32,
	/// Cores of the para, or 1 that it shares.
	cores: u32,
	/// Paras that share it.
	share: u32,
	/// With the values of the plan.
	planned: Outcome,
	/// With what is allowed today, if anything was said of that.
	today: Option<Outcome>,
	/// Relay blocks from the newest one when it is built to the one that backs it, for each block of a turn; it is included in the
	/// one after that.
	backing_delays: Vec<u32>,
	/// What has to be allowed, one by one.
	values: Vec<Value>,
	/// What else somebody wants to know.
	remarks: Vec<String>,
	/// What runs came to.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	runs: Vec<Verdict>,
}

/// One value of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Value {
	name: &'static str,
	/// The least that sustains the pace.
	needs: u32,
	/// What there is today.
	has: Option<u32>,
	/// The rule that binds.
	rule: &'static str,
	/// What happens with one less; `None` where there is no less.
	below: Option<&'static str>,
}

/// The world of a plan.
struct World {
	timing: Timing,
	rhythm: Rhythm,
	authoring: Authoring,
	model: Model,
}

/// Makes a plan, prints it, and fails if a run contradicts it.
pub(crate) fn plan(args: &args::Plan) -> Result<(), CliError> {
	let world = World::of(args)?;
	let pace = world.pace(AsyncBackingParams::MAX)?;
	let mut plan = Plan::of(args, &world, &pace)?;
	let quiet = args.json.as_deref() == Some(Path::new("-"));
	let mut json = args
		.json
		.as_deref()
		.map(|path| Output::open("json", path))
		.transpose()?;
	if !quiet {
		output::print(&text::plan(&plan))?;
	}
	if args.verify {
		plan.runs = verify::verify(args, &world, &pace)?;
		if !quiet {
			output::print(&text::runs(&plan.runs))?;
		}
	}
	if let Some(json) = &mut json {
		json.write(&(serde_json::to_string_pretty(&plan)? + "\n"))?;
	}
	json.map_or(Ok(()), Output::finish)?;
	match plan.runs.iter().filter(|run| !run.holds).count() {
		0 => Ok(()),
		contradicted => Err(CliError::Contradicted { contradicted }),
	}
}

/// What `plan` prints without runs.
#[cfg(test)]
pub(crate) fn said(args: &args::Plan) -> Result<String, CliError> {
	let world = World::of(args)?;
	let pace = world.pace(AsyncBackingParams::MAX)?;
	Ok(text::plan(&Plan::of(args, &world, &pace)?))
}

impl World {
	fn of(args: &args::Plan) -> Result<Self, CliError> {
		let model = args.model();
		// As large as the blocks of the parachains that runs have.
		let pace = parachains::pace(ParaId(FIRST_PARA), &model);
		let producer = Producer::paced(args.seed, parachains::ACCOUNTS, pace, None);
		let rhythm = Rhythm {
			velocity: velocity(args)?,
			interval: args.share,
			relay_parent_offset: model.relay_parent_offset,
			votes: model.minimum_backing_votes,
			pov: producer.pov_size(),
			max_pov_size: HostConfiguration::default().max_pov_size,
			allowed_ancestry_len: AsyncBackingParams::MAX,
		};
		Ok(Self {
			timing: Timing::new(&model, producer.fuel(), 1),
			rhythm,
			authoring: args.authoring(),
			model,
		})
	}

	/// The pace with the largest blocks that this ancestry leaves time for.
	fn pace(&self, allowed_ancestry_len: u32) -> Result<Pace, CliError> {
		let rhythm = Rhythm {
			allowed_ancestry_len,
			..self.rhythm.clone()
		};
		Ok(self.timing.pace(&rhythm, &*self.authoring.hook())?)
	}
}

/// Blocks that are wanted for each turn: all that the cores give, or as many as the wanted block time takes.
fn velocity(args: &args::Plan) -> Result<u32, CliError> {
	let (_, wanted) = args.pace_today();
	let Some(block_time) = args.block_time_ms else {
		return Ok(wanted.unwrap_or(args.cores).min(args.cores));
	};
	let between_turns = SLOT_MS.saturating_mul(args.share.into());
	let blocks = between_turns.div_ceil(block_time);
	if blocks > args.cores.into() {
		let least = between_turns.div_ceil(args.cores.into());
		let cores = args.cores;
		let allowed = match args.share {
			1 if blocks <= MAX_CORES_PER_PARA.into() => {
				format!("at least {least} with {cores} cores; {blocks} cores give such a time (R-SLO-2)")
			}
			1 => format!("at least {least} with {cores} cores (R-SLO-2)"),
			share => format!("at least {least} where {share} paras share a core (R-SCH-7)"),
		};
		return Err(CliError::OutOfRange {
			name: "block_time_ms",
			value: block_time.to_string(),
			allowed,
		});
	}
	Ok(u32::try_from(blocks).unwrap_or(args.cores))
}

impl Plan {
	fn of(args: &args::Plan, world: &World, pace: &Pace) -> Result<Self, CliError> {
		let Today {
			max_candidate_depth,
			allowed_ancestry_len,
			lookahead,
		} = args.today;
		let (capacity, _) = args.pace_today();
		let is_known = [max_candidate_depth, allowed_ancestry_len, lookahead, capacity]
			.iter()
			.any(Option::is_some);
		let today = is_known.then(|| outcome::today(world, pace, &args.today, capacity));
		let planned = Outcome::of(pace, world.rhythm.interval);
		let needs = &pace.needs;
		let value = |name, least: u32, needs: u32, has, rule, below| Value {
			name,
			needs,
			has,
			rule,
			below: (needs > least).then_some(below),
		};
		// With asynchronous backing the relay chain refuses a lookahead of 1, whoever would look no further; beyond that it is what
		// collators see.
		let (lookahead_rule, less_lookahead) = match needs.params.allowed_ancestry_len {
			0 => (
				"R-SCH-12, R-ABP-6",
				"with asynchronous backing the relay chain refuses 1",
			),
			_ => (
				"R-SCH-12, R-NET-77",
				"collators do not see the claim that their block will be backed for",
			),
		};
		let values = vec![
			value(
				"segment_capacity",
				1,
				needs.pace.segment_capacity,
				capacity,
				"R-SEG-2, R-SEG-8",
				"the parachain pauses until one of its blocks is included",
			),
			value(
				"max_candidate_depth",
				0,
				needs.params.max_candidate_depth,
				max_candidate_depth,
				"R-ABP-1, R-PAR-4",
				"the last block of a turn is too deep until one is included",
			),
			value(
				"allowed_ancestry_len",
				0,
				needs.params.allowed_ancestry_len,
				allowed_ancestry_len,
				"R-ABP-2, R-SLO-2",
				"its relay parent is too old in the block that could back it: blocks are smaller",
			),
			value(
				"scheduling_lookahead",
				1,
				needs.lookahead,
				lookahead,
				lookahead_rule,
				less_lookahead,
			),
		];
		Ok(Self {
			schema: 1,
			cores: args.cores,
			share: args.share,
			planned,
			remarks: outcome::remarks(args, world, pace, today.as_ref()),
			today,
			backing_delays: pace.backing_delays.clone(),
			values,
			runs: Vec::new(),
		})
	}
}
