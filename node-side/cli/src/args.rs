//! The command line.

use async_backing_devnet::{Model, RunConfig};
use async_backing_primitives::AsyncBackingParams;
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Asynchronous backing on a devnet of your own: real runtime, real signatures, virtual clock.
#[derive(Debug, Parser)]
#[command(name = "async-backing", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
	#[command(subcommand)]
	pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
	/// Runs synchronous backing (0, 0), then asynchronous backing (4, 3), and shows both side by side.
	Compare(Common),
	/// Runs once with chosen parameters.
	Dev(Dev),
	/// Draws the fragment tree of a para at a relay block of a run, as a validator sees it right before the next block.
	Tree(Tree),
	/// Compiles and executes validation functions for the process that starts it, over its standard input and output.
	PvfWorker,
}

/// What a tree is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
	/// For the terminal.
	Text,
	/// For Graphviz.
	Dot,
	/// A picture.
	Svg,
	/// For programs.
	Json,
}

/// A drawing.
#[derive(Args, Debug)]
pub(crate) struct Tree {
	/// Relay block that is the leaf.
	#[arg(long, value_name = "BLOCK", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=9_999))]
	pub(crate) at: u32,
	/// The para.
	#[arg(long, value_name = "ID", default_value_t = 2000)]
	pub(crate) para: u32,
	/// What the tree is drawn as.
	#[arg(long, value_enum, default_value_t = Format::Text)]
	pub(crate) format: Format,
	/// Where the drawing goes; the standard output if it is left out.
	#[arg(long, value_name = "FILE")]
	pub(crate) out: Option<PathBuf>,
	/// Whose view it is, counted from 0.
	#[arg(long, value_name = "POSITION", default_value_t = 0)]
	pub(crate) validator: usize,
	/// Draws a made-up tree of so many candidates with forks instead, without a run: honest collators hardly fork.
	#[arg(long, value_name = "CANDIDATES", conflicts_with_all = ["at", "para", "validator"], value_parser = clap::value_parser!(u32).range(1..=1000))]
	pub(crate) example: Option<u32>,
	/// Validators, split evenly over the cores.
	#[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=100))]
	validators: u32,
	/// Paras; ids start at 2000.
	#[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
	paras: u32,
	/// Cores of each para.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
	cores_per_para: u32,
	/// Where all randomness comes from: the same seed gives the same drawing.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	pub(crate) seed: u64,
	/// How many candidates may stand between the included head and a new one.
	#[arg(long, value_name = "DEPTH", default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=255))]
	max_candidate_depth: u32,
	/// How many ancestors of the newest relay parent are relay parents too.
	#[arg(long, value_name = "BLOCKS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=255))]
	allowed_ancestry_len: u32,
	#[command(flatten)]
	model: ModelArgs,
}

impl Tree {
	/// The run up to the block after the leaf: what the leaf's tree holds is what that block could take.
	pub(crate) fn run_config(&self) -> RunConfig {
		RunConfig {
			blocks: self.at.saturating_add(1),
			validators: self.validators,
			paras: self.paras,
			seed: self.seed,
			params: AsyncBackingParams {
				max_candidate_depth: self.max_candidate_depth,
				allowed_ancestry_len: self.allowed_ancestry_len,
			},
			model: self.model.model(self.cores_per_para),
			cores_per_para: self.cores_per_para,
			..RunConfig::default()
		}
	}
}

/// What both commands take.
#[derive(Args, Debug)]
pub(crate) struct Common {
	/// Relay blocks to build.
	#[arg(long, value_name = "COUNT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	pub(crate) blocks: u32,
	/// Validators, split evenly over the cores.
	#[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=100))]
	pub(crate) validators: u32,
	/// Paras; ids start at 2000.
	#[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
	pub(crate) paras: u32,
	/// Where all randomness comes from: the same seed gives the same run.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	pub(crate) seed: u64,
	/// Writes the outcome as JSON; `-` is the standard output, and nothing else goes there then.
	#[arg(long, value_name = "FILE")]
	pub(crate) json: Option<PathBuf>,
	/// Measures how long an extrinsic takes on this machine, and shows it beside the model's figure.
	#[arg(long)]
	pub(crate) calibrate: bool,
}

/// One run.
#[derive(Args, Debug)]
pub(crate) struct Dev {
	#[command(flatten)]
	pub(crate) common: Common,
	/// How many candidates may stand between the included head and a new one.
	#[arg(long, value_name = "DEPTH", default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(crate) max_candidate_depth: u32,
	/// How many ancestors of the newest relay parent are relay parents too.
	#[arg(long, value_name = "BLOCKS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(crate) allowed_ancestry_len: u32,
	/// Collators of each para: they take turns, slot by slot, and execute each other's parablocks.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
	pub(crate) collators_per_para: u32,
	/// Cores of each para: so many of its parablocks a relay block can back.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
	pub(crate) cores_per_para: u32,
	/// Paras beyond these that lease no core: they have blocks that somebody orders, on as many cores of the pool.
	#[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20))]
	pub(crate) on_demand: u32,
	/// Relay blocks between two orders for one para.
	#[arg(long, value_name = "BLOCKS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	pub(crate) order_every: u32,
	#[command(flatten)]
	pub(crate) model: ModelArgs,
}

/// Inputs of the model; see docs/decisions/0007-the-time-model.md.
#[derive(Args, Debug)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
	/// How far into its slot a relay block is a leaf everywhere.
	#[arg(long, value_name = "MS", default_value_t = 3000, value_parser = clap::value_parser!(u64).range(100..=4000))]
	leaf_active_ms: u64,
	/// Time that a message takes from node to node.
	#[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(0..=2000))]
	link_latency_ms: u64,
	/// Largest random addition to the latency.
	#[arg(long, value_name = "MS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=2000))]
	link_jitter_ms: u64,
	/// What a node can send.
	#[arg(long, value_name = "BYTES_PER_SECOND", default_value_t = 62_500_000, value_parser = clap::value_parser!(u64).range(1000..))]
	bandwidth: u64,
	/// Virtual time to execute one extrinsic.
	#[arg(long, value_name = "US", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
	extrinsic_cost_us: u64,
	/// Longest execution that a backer accepts.
	#[arg(long, value_name = "MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
	execution_limit_ms: u64,
	/// How long after a leaf's activation bitfields are signed.
	#[arg(long, value_name = "MS", default_value_t = 1500, value_parser = clap::value_parser!(u64).range(0..=5000))]
	bitfield_after_ms: u64,
	/// How long after a leaf's activation an inherent is assembled at the earliest.
	#[arg(long, value_name = "MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(0..=5000))]
	inherent_after_ms: u64,
	/// What a collator keeps in reserve.
	#[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(0..=3000))]
	collator_margin_ms: u64,
	/// Unincluded blocks that a parachain allows itself; by default 5, or what its cores need.
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..=256))]
	segment_capacity: Option<u32>,
	/// Blocks that a parachain wants per relay block; by default one for each of its cores.
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..=16))]
	velocity: Option<u32>,
	/// Slots of a session.
	#[arg(long, value_name = "SLOTS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(4..=1_000_000))]
	session_length: u32,
	/// Votes that back a candidate, unless its group is smaller.
	#[arg(long, value_name = "VOTES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
	minimum_backing_votes: u32,
}

impl Common {
	/// A run with these parameters of asynchronous backing in the default world.
	pub(crate) fn run_config(&self, max_candidate_depth: u32, allowed_ancestry_len: u32) -> RunConfig {
		RunConfig {
			blocks: self.blocks,
			validators: self.validators,
			paras: self.paras,
			seed: self.seed,
			params: AsyncBackingParams {
				max_candidate_depth,
				allowed_ancestry_len,
			},
			..RunConfig::default()
		}
	}
}

impl Dev {
	/// The run that was asked for.
	pub(crate) fn run_config(&self) -> RunConfig {
		RunConfig {
			model: self.model.model(self.cores_per_para),
			collators_per_para: self.collators_per_para,
			cores_per_para: self.cores_per_para,
			on_demand: self.on_demand,
			order_every: self.order_every,
			..self
				.common
				.run_config(self.max_candidate_depth, self.allowed_ancestry_len)
		}
	}
}

impl ModelArgs {
	fn model(&self, cores_per_para: u32) -> Model {
		/// From being built to being included, at the pace of the default world (R-SEG-8).
		const RELAY_BLOCKS_TO_INCLUSION: u32 = 3;
		let velocity = self.velocity.unwrap_or(cores_per_para);
		Model {
			leaf_active_after: Duration::from_millis(self.leaf_active_ms),
			link_latency: Duration::from_millis(self.link_latency_ms),
			link_jitter: Duration::from_millis(self.link_jitter_ms),
			bandwidth: self.bandwidth,
			extrinsic_cost: Duration::from_micros(self.extrinsic_cost_us),
			backing_execution_limit: Duration::from_millis(self.execution_limit_ms),
			bitfield_after: Duration::from_millis(self.bitfield_after_ms),
			inherent_after: Duration::from_millis(self.inherent_after_ms),
			collator_margin: Duration::from_millis(self.collator_margin_ms),
			segment_capacity: self
				.segment_capacity
				.unwrap_or_else(|| 5.max(velocity.saturating_mul(RELAY_BLOCKS_TO_INCLUSION))),
			velocity,
			session_length: self.session_length,
			minimum_backing_votes: self.minimum_backing_votes,
			..Model::default()
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::error::ErrorKind;

	fn parse(line: &str) -> Result<Cli, clap::Error> {
		Cli::try_parse_from(std::iter::once("async-backing").chain(line.split_whitespace()))
	}

	#[test]
	fn defaults_are_those_of_the_model() {
		let Ok(Cli {
			command: Command::Dev(dev),
		}) = parse("dev")
		else {
			panic!("a plain dev parses")
		};
		assert_eq!(dev.run_config(), RunConfig::default());
		assert_eq!(dev.run_config().validate(), Ok(()));
	}

	#[test]
	fn wrong_values_name_flag_value_and_range() {
		for (line, parts) in [
			("compare --blocks 0", ["'0'", "--blocks", "1..=10000"]),
			(
				"dev --max-candidate-depth 256",
				["'256'", "--max-candidate-depth", "0..=255"],
			),
			("dev --validators many", ["'many'", "--validators", "invalid"]),
		] {
			let error = parse(line).expect_err(line);
			assert_eq!(error.kind(), ErrorKind::ValueValidation);
			assert_eq!(error.exit_code(), 2);
			let message = error.to_string();
			assert!(parts.iter().all(|part| message.contains(part)), "{message}");
		}
	}
}
