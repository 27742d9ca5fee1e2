//! The plan held against runs: they have what it promises; at the bound the pace is kept, below it something is lost.

use super::{Outcome, World};
use crate::{args, error::CliError, output, run_devnet, runtime::Runtime, warnings};
use async_backing_devnet::{
	Assignee, CoreWork, Model, Pace, Rhythm, RunConfig, RunReport, FIRST_PARA, MAX_VALIDATORS,
	PARTS_OF_A_CORE,
};
use async_backing_primitives::{AsyncBackingParams, ParaId};
use serde::Serialize;

/// What the first run has more of each value than the plan needs.
const PLENTY: u32 = 3;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Verdict {
	pub(super) name: String,
	pub(super) segment_capacity: u32,
	pub(super) max_candidate_depth: u32,
	pub(super) allowed_ancestry_len: u32,
	/// Blocks included, of all paras.
	pub(super) included: u32,
	/// Extrinsics included, of all paras, over a minute.
	pub(super) extrinsics_per_minute: f64,
	/// Blocks built in vain.
	pub(super) wasted: u32,
	/// Why, most frequent first.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub(super) reasons: Vec<String>,
	/// Extrinsics that the plan promises, of all paras, over a minute.
	pub(super) promised_per_minute: f64,
	/// The least of them that a run with a beginning and an end has to have for that.
	pub(super) least_per_minute: f64,
	/// Whether it has as many.
	pub(super) reaches: bool,
	/// Whether it has as much as with plenty of everything, and, where it has to keep the pace, what the plan promises.
	pub(super) keeps: bool,
	/// Whether the plan said so.
	pub(super) holds: bool,
}

/// Values of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values {
	pub(super) capacity: u32,
	pub(super) params: AsyncBackingParams,
}

/// Runs with plenty, with the plan, and with one less of each value but the lookahead, which a run has as its ancestry takes it.
pub(super) fn verify(args: &args::Plan, world: &World, pace: &Pace) -> Result<Vec<Verdict>, CliError> {
	let planned = Values {
		capacity: pace.needs.pace.segment_capacity,
		params: pace.needs.params,
	};
	let AsyncBackingParams {
		max_candidate_depth: depth,
		allowed_ancestry_len: ancestry,
	} = planned.params;
	let plenty = Values {
		capacity: planned.capacity.saturating_add(PLENTY),
		params: AsyncBackingParams {
			max_candidate_depth: depth.saturating_add(PLENTY),
			allowed_ancestry_len: ancestry.saturating_add(PLENTY),
		},
	};
	let mut runs = vec![("plenty", true, plenty), ("the plan", true, planned)];
	if let Some(capacity) = planned.capacity.checked_sub(1).filter(|capacity| *capacity > 0) {
		runs.push(("one less of the segment", false, Values { capacity, ..planned }));
	}
	let with = |params| Values { params, ..planned };
	if let Some(max_candidate_depth) = depth.checked_sub(1) {
		let params = AsyncBackingParams {
			max_candidate_depth,
			..planned.params
		};
		runs.push(("one less of depth", false, with(params)));
	}
	if let Some(allowed_ancestry_len) = ancestry.checked_sub(1) {
		let params = AsyncBackingParams {
			allowed_ancestry_len,
			..planned.params
		};
		runs.push(("one less of ancestry", false, with(params)));
	}
	let runtime = Runtime::of(&args.runtime)?;
	let mut most = None;
	let mut verdicts = Vec::new();
	let count = runs.len();
	for (number, (name, keeps, values)) in (1..).zip(runs) {
		let config = config(args, world, pace, values);
		config.validate()?;
		// Of many validators in one group it takes minutes, and a bar is drawn on terminals alone.
		let Values { capacity, params } = values;
		output::say(format_args!(
			"run {number} of {count}: {name}: segment {capacity}, depth {}, ancestry {}; {} relay blocks of {} validators",
			params.max_candidate_depth, params.allowed_ancestry_len, config.blocks, config.validators
		));
		let (_, run) = run_devnet(config, runtime.clone())?;
		let plenty = *most.get_or_insert_with(|| (per_minute(&run), per_minute_of_a_turn(&run, pace)));
		let promise = Promise::of(&run, pace, &world.rhythm);
		verdicts.push(Verdict::of(name, values, &run, promise, plenty, keeps));
	}
	Ok(verdicts)
}

fn config(args: &args::Plan, world: &World, pace: &Pace, values: Values) -> RunConfig {
	let (paras, works) = match args.share {
		1 => (1, Vec::new()),
		share => (share, vec![shared_core(share)]),
	};
	RunConfig {
		blocks: args.blocks,
		validators: args
			.validators
			.unwrap_or_else(|| args.cores.saturating_mul(3).clamp(3, MAX_VALIDATORS)),
		paras,
		cores_per_para: args.cores,
		works,
		authoring: args.authoring(),
		preset: args.runtime.preset.clone(),
		seed: args.seed,
		params: values.params,
		model: Model {
			segment_capacity: values.capacity,
			velocity: pace.velocity,
			..world.model.clone()
		},
		..RunConfig::default()
	}
}

/// A core that so many paras share alike.
fn shared_core(share: u32) -> CoreWork {
	let parts = u32::from(PARTS_OF_A_CORE).checked_div(share).unwrap_or_default();
	let parts = u16::try_from(parts).unwrap_or(PARTS_OF_A_CORE);
	let paras = (FIRST_PARA..).take(share as usize);
	CoreWork {
		core: 0,
		begin: 0,
		end: None,
		shares: paras.map(|para| (Assignee::Para(ParaId(para)), parts)).collect(),
	}
}

fn per_minute(run: &RunReport) -> f64 {
	const PER_MINUTE: f64 = 10.0;
	let extrinsics: u64 = run.paras.iter().map(|para| para.extrinsics_included).sum();
	extrinsics as f64 * PER_MINUTE / f64::from(run.relay_blocks.max(1))
}

/// What one turn of each para adds to that.
fn per_minute_of_a_turn(run: &RunReport, pace: &Pace) -> f64 {
	let included: u32 = run.paras.iter().map(|para| para.included).sum();
	let blocks = f64::from(pace.velocity) * run.paras.len() as f64;
	per_minute(run) / f64::from(included.max(1)) * blocks
}

/// What a plan promises of a run, in extrinsics of all paras over a minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
	/// In the long run.
	long: f64,
	/// In this one, at least.
	least: f64,
}

impl Promise {
	/// No run has all of it. The first block is included so much later as its backing takes, and the last ones are under way; each
	/// change of sessions takes up to three blocks (R-ABP-10, R-ABP-11); turns of a shared core begin somewhere. What remains is taken
	/// for full blocks but for one in ten, so that nothing but a pace that is not kept falls short of it.
	pub(super) fn of(run: &RunReport, pace: &Pace, rhythm: &Rhythm) -> Self {
		const SLACK: u32 = 2;
		const SESSION_CHANGE: u32 = 3;
		const OF_TEN: f64 = 9.0;
		let included_after = pace
			.backing_delays
			.iter()
			.max()
			.map_or(1, |delay| delay.saturating_add(1));
		let changes = run.sessions.saturating_sub(1).saturating_mul(SESSION_CHANGE);
		let blocks = run
			.relay_blocks
			.saturating_sub(included_after)
			.saturating_sub(rhythm.relay_parent_offset)
			.saturating_sub(changes)
			.saturating_sub(SLACK);
		let interval = f64::from(rhythm.interval.max(1));
		let turns = (f64::from(blocks) / interval - 1.0).max(0.0);
		let all = f64::from(run.relay_blocks.max(1)) / interval;
		let long = Outcome::of(pace, rhythm.interval).extrinsics_per_minute * run.paras.len() as f64;
		Self {
			long,
			least: long * (turns / all) * OF_TEN / 10.0,
		}
	}
}

impl Verdict {
	/// A run keeps the pace if it lacks less than `turn`, extrinsics per minute of a turn of each para: one may begin or end outside.
	/// Where nothing is included at all, nothing is kept, however little there is with plenty.
	pub(super) fn of(
		name: &str,
		values: Values,
		run: &RunReport,
		promise: Promise,
		(most, turn): (f64, f64),
		expected: bool,
	) -> Self {
		let extrinsics_per_minute = per_minute(run);
		let reaches = extrinsics_per_minute > 0.0 && extrinsics_per_minute >= promise.least;
		let is_as_much = extrinsics_per_minute > 0.0 && extrinsics_per_minute >= most - turn;
		let keeps = is_as_much && (reaches || !expected);
		let sum = |figure: fn(&async_backing_devnet::ParaReport) -> u32| run.paras.iter().map(figure).sum();
		Self {
			promised_per_minute: promise.long,
			least_per_minute: promise.least,
			reaches,
			name: name.into(),
			segment_capacity: values.capacity,
			max_candidate_depth: values.params.max_candidate_depth,
			allowed_ancestry_len: values.params.allowed_ancestry_len,
			included: sum(|para| para.included),
			extrinsics_per_minute,
			wasted: sum(|para| para.wasted),
			reasons: warnings::losses(run),
			keeps,
			holds: keeps == expected,
		}
	}
}
