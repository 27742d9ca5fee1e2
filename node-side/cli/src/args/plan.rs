//! `plan`.

use super::{model::ModelArgs, network::Building};
use crate::runtime::RuntimeArgs;
use async_backing_devnet::{Authoring, Model, MAX_CORES_PER_PARA, MAX_VALIDATORS};
use clap::Args;
use std::path::PathBuf;

/// A para, its cores, and what its chain allows today.
#[derive(Args, Debug)]
pub(crate) struct Plan {
	/// Cores that the para has.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CORES_PER_PARA)))]
	pub(crate) cores: u32,
	/// Paras that share the one core, each with as many parts of it.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20), conflicts_with = "cores")]
	pub(crate) share: u32,
	/// Time from block to block that is wanted; by default the shortest that the cores give.
	#[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
	pub(crate) block_time_ms: Option<u64>,
	/// Execution of a block that is wanted; by default the longest that there is time for.
	#[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
	pub(crate) authoring_ms: Option<u64>,
	/// When collators build the blocks of a relay parent.
	#[arg(long, value_enum, default_value_t = Building::Lookahead)]
	authoring: Building,
	/// Validators of the run that --verify makes; by default three for each core.
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_VALIDATORS)))]
	pub(crate) validators: Option<u32>,
	/// Runs the plan on the devnet, and with one less of each value but the lookahead: the plan has to have what it promises, the
	/// others have to lose.
	#[arg(long)]
	pub(crate) verify: bool,
	/// Relay blocks of each run of --verify.
	#[arg(long, value_name = "COUNT", default_value_t = 40, value_parser = clap::value_parser!(u32).range(20..=10_000))]
	pub(crate) blocks: u32,
	/// Where all randomness of --verify comes from.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	pub(crate) seed: u64,
	/// Writes the plan as JSON; `-` is the standard output, and nothing else goes there then.
	#[arg(long, value_name = "FILE")]
	pub(crate) json: Option<PathBuf>,
	#[command(flatten)]
	pub(crate) today: Today,
	#[command(flatten)]
	model: ModelArgs,
	#[command(flatten)]
	pub(crate) runtime: RuntimeArgs,
}

/// What the chain and the parachain allow today; with --segment-capacity, the plan says what comes of it.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Today")]
pub(crate) struct Today {
	/// How many candidates may stand between the included head and a new one.
	#[arg(long, value_name = "DEPTH", value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(crate) max_candidate_depth: Option<u32>,
	/// How many ancestors of the newest relay parent are relay parents too.
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(crate) allowed_ancestry_len: Option<u32>,
	/// How many blocks the claim queue looks ahead.
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..=255))]
	pub(crate) lookahead: Option<u32>,
}

impl Plan {
	/// The model of the world; what it says of a parachain's pace is this plan's business.
	pub(crate) fn model(&self) -> Model {
		let mut model = self.model.model(self.cores);
		if let Some(authoring) = self.authoring_ms {
			let authoring = std::time::Duration::from_millis(authoring);
			model.backing_execution_limit = model.backing_execution_limit.min(authoring);
		}
		model
	}

	/// Unincluded blocks that the parachain allows itself today, and blocks that it wants per turn, if somebody said.
	pub(crate) fn pace_today(&self) -> (Option<u32>, Option<u32>) {
		self.model.pace()
	}

	/// When collators build.
	pub(crate) fn authoring(&self) -> Authoring {
		self.authoring.into()
	}
}
