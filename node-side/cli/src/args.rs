//! The command line.

use async_backing_collator::sufficient_capacity;
use async_backing_devnet::{Assignee, Authoring, CoreWork, Model, RunConfig, PARTS_OF_A_CORE};
use async_backing_primitives::{AsyncBackingParams, Hash, ParaId};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, str::FromStr, time::Duration};

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
	Compare(Compare),
	/// Runs once with chosen parameters.
	Dev(Dev),
	/// Draws the fragment tree of a para at a relay block of a run, as a validator sees it right before the next block.
	Tree(Tree),
	/// Draws what a parablock is executed with, and where each value is from: by its collator, its backers, or approvers.
	Context(Context),
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
	#[command(flatten)]
	network: Network,
	#[command(flatten)]
	params: Params,
}

impl Tree {
	/// The run up to the block after the leaf: what the leaf's tree holds is what that block could take.
	pub(crate) fn run_config(&self) -> RunConfig {
		self.network
			.run_config(self.at.saturating_add(1), self.params.params(&self.network))
	}

	/// Where all randomness comes from.
	pub(crate) fn seed(&self) -> u64 {
		self.network.seed
	}
}

/// What a context is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Drawn {
	/// For the terminal.
	Text,
	/// A picture.
	Svg,
}

/// Whose context it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum As {
	/// Who builds the block.
	Collator,
	/// Who checks it before it is on-chain.
	Backer,
	/// Who checks it again when it is included.
	Approver,
}

/// An execution context.
#[derive(Args, Debug)]
pub(crate) struct Context {
	/// Relay parent of the parablock.
	#[arg(long, value_name = "BLOCK", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=9_000))]
	pub(crate) at: u32,
	/// The para.
	#[arg(long, value_name = "ID", default_value_t = 2000)]
	pub(crate) para: u32,
	/// Whose context it is.
	#[arg(long = "as", value_enum, value_name = "ROLE", default_value_t = As::Collator)]
	pub(crate) role: As,
	/// What it is drawn as.
	#[arg(long, value_enum, default_value_t = Drawn::Text)]
	pub(crate) format: Drawn,
	/// Where the drawing goes; the standard output if it is left out.
	#[arg(long, value_name = "FILE")]
	pub(crate) out: Option<PathBuf>,
	/// For a backer: what one finds whose leaf is this block, instead of the one who checked the block first.
	#[arg(long, value_name = "BLOCK", value_parser = clap::value_parser!(u32).range(1..=9_000))]
	pub(crate) leaf: Option<u32>,
	/// For a backer: what one finds if the collator names this parent instead, by the hash of its head data.
	#[arg(long, value_name = "HASH", value_parser = hash)]
	pub(crate) parent: Option<Hash>,
	#[command(flatten)]
	network: Network,
	#[command(flatten)]
	params: Params,
}

impl Context {
	/// The run until the block must be included, if it ever is: backed in the last block that may, available soon after.
	pub(crate) fn run_config(&self) -> RunConfig {
		/// Relay blocks from backing to inclusion, with room for late bitfields.
		const UNTIL_AVAILABLE: u32 = 4;
		let window = self.params.allowed_ancestry_len.saturating_add(1);
		let included = self.at.saturating_add(window).saturating_add(UNTIL_AVAILABLE);
		let blocks = match (self.leaf, self.parent) {
			// As seen from the leaf: it is the parent of the last block.
			(Some(leaf), _) => leaf.saturating_add(1),
			(None, Some(_)) => self.at.saturating_add(1),
			(None, None) => included,
		};
		self.network.run_config(blocks, self.params.params(&self.network))
	}
}

fn hash(text: &str) -> Result<Hash, String> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
	Hash::from_str(digits).map_err(|_| "must be 64 hexadecimal digits".to_owned())
}

/// What is written at the end of a run.
#[derive(Args, Debug)]
pub(crate) struct Common {
	/// Relay blocks to build.
	#[arg(long, value_name = "COUNT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	pub(crate) blocks: u32,
	/// Writes the outcome as JSON; `-` is the standard output, and nothing else goes there then.
	#[arg(long, value_name = "FILE")]
	pub(crate) json: Option<PathBuf>,
	/// Measures how long an extrinsic takes on this machine, and shows it beside the model's figure.
	#[arg(long)]
	pub(crate) calibrate: bool,
}

/// The network of a run.
#[derive(Args, Debug)]
pub(crate) struct Network {
	/// Validators, split evenly over the cores.
	#[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=100))]
	validators: u32,
	/// Paras; ids start at 2000.
	#[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
	paras: u32,
	/// Where all randomness comes from: the same seed gives the same run.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	pub(crate) seed: u64,
	/// Collators of each para: they take turns, slot by slot, and execute each other's parablocks.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
	collators_per_para: u32,
	/// Cores of each para: so many of its parablocks a relay block can back.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
	cores_per_para: u32,
	/// What a core does, instead of the cores of --cores-per-para and --on-demand: '0=2000', a lease '1=2000@10..40' of
	/// blocks 10 to 39, shares '0=2000:28800,pool:28800' of 57600 parts. Once for each core and lease.
	#[arg(long = "core", value_name = "CORE=WHO[:PARTS],..[@BEGIN..[END]]", value_parser = core_work)]
	works: Vec<CoreWork>,
	/// A para that somebody orders blocks for although it has a core. Once for each.
	#[arg(long = "order", value_name = "ID")]
	orders: Vec<u32>,
	/// When collators build the blocks of a relay parent.
	#[arg(long, value_enum, default_value_t = Building::Lookahead)]
	authoring: Building,
	/// Paras beyond these that lease no core: they have blocks that somebody orders, on as many cores of the pool.
	#[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20))]
	on_demand: u32,
	/// Relay blocks between two orders for one para.
	#[arg(long, value_name = "BLOCKS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	order_every: u32,
	#[command(flatten)]
	model: ModelArgs,
}

impl Network {
	/// A run of so many blocks with these parameters.
	fn run_config(&self, blocks: u32, params: AsyncBackingParams) -> RunConfig {
		RunConfig {
			blocks,
			validators: self.validators,
			paras: self.paras,
			seed: self.seed,
			params,
			model: self.model.model(self.cores_per_para),
			collators_per_para: self.collators_per_para,
			cores_per_para: self.cores_per_para,
			on_demand: self.on_demand,
			order_every: self.order_every,
			orders_for: self.orders.iter().copied().map(ParaId).collect(),
			works: self.works.clone(),
			authoring: match self.authoring {
				Building::Lookahead => Authoring::Lookahead,
				Building::SlotBased => Authoring::SlotBased,
			},
			..RunConfig::default()
		}
	}
}

/// When collators build the blocks of a relay parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Building {
	/// One after the other, as soon as it is a leaf.
	Lookahead,
	/// Each in its part of the slot.
	SlotBased,
}

/// Reads what a core does: `CORE=WHO[:PARTS],..[@BEGIN..[END]]`.
fn core_work(text: &str) -> Result<CoreWork, String> {
	const FORM: &str = "must be CORE=WHO[:PARTS],..[@BEGIN..[END]], WHO a para's id, 'pool' or 'idle'";
	let wrong = |_| FORM.to_owned();
	let (core, rest) = text.split_once('=').ok_or(FORM)?;
	let (shares, lease) = rest.split_once('@').unwrap_or((rest, "0.."));
	let (begin, end) = lease.split_once("..").ok_or(FORM)?;
	let shares = shares
		.split(',')
		.map(|share| {
			let (who, parts) = match share.split_once(':') {
				Some((who, parts)) => (who, parts.parse().map_err(wrong)?),
				None => (share, PARTS_OF_A_CORE),
			};
			let assignee = match who {
				"pool" => Assignee::Pool,
				"idle" => Assignee::Idle,
				para => Assignee::Para(ParaId(para.parse().map_err(wrong)?)),
			};
			Ok((assignee, parts))
		})
		.collect::<Result<_, String>>()?;
	Ok(CoreWork {
		core: core.parse().map_err(wrong)?,
		begin: begin.parse().map_err(wrong)?,
		end: (!end.is_empty())
			.then(|| end.parse().map_err(wrong))
			.transpose()?,
		shares,
	})
}

/// Parameters of asynchronous backing.
#[derive(Args, Debug)]
pub(crate) struct Params {
	/// How many candidates may stand between the included head and a new one; by default 4, or what the segment needs.
	#[arg(long, value_name = "DEPTH", value_parser = clap::value_parser!(u32).range(0..=255))]
	max_candidate_depth: Option<u32>,
	/// How many ancestors of the newest relay parent are relay parents too.
	#[arg(long, value_name = "BLOCKS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=255))]
	allowed_ancestry_len: u32,
}

impl Params {
	fn params(&self, network: &Network) -> AsyncBackingParams {
		let capacity = network.model.segment_capacity(network.cores_per_para);
		AsyncBackingParams {
			// A segment of more than D + 1 blocks brings nothing (R-PAR-4).
			max_candidate_depth: self
				.max_candidate_depth
				.unwrap_or_else(|| capacity.saturating_sub(1).clamp(4, AsyncBackingParams::MAX)),
			allowed_ancestry_len: self.allowed_ancestry_len,
		}
	}
}

/// Two runs.
#[derive(Args, Debug)]
pub(crate) struct Compare {
	#[command(flatten)]
	pub(crate) common: Common,
	#[command(flatten)]
	pub(crate) network: Network,
}

impl Compare {
	/// The same network with synchronous backing, and with asynchronous backing as it is in the lecture.
	pub(crate) fn run_configs(&self) -> Vec<RunConfig> {
		let run = |max_candidate_depth, allowed_ancestry_len| {
			let params = AsyncBackingParams {
				max_candidate_depth,
				allowed_ancestry_len,
			};
			self.network.run_config(self.common.blocks, params)
		};
		vec![run(0, 0), run(4, 3)]
	}
}

/// One run.
#[derive(Args, Debug)]
pub(crate) struct Dev {
	#[command(flatten)]
	pub(crate) common: Common,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
}

impl Dev {
	/// The run that was asked for.
	pub(crate) fn run_config(&self) -> RunConfig {
		self.network
			.run_config(self.common.blocks, self.params.params(&self.network))
	}
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

impl ModelArgs {
	fn velocity(&self, cores_per_para: u32) -> u32 {
		self.velocity.unwrap_or(cores_per_para)
	}

	/// What is asked for, or what never waits for inclusion at the pace of the default world (R-SEG-8): built on one relay
	/// block, backed in the second after it and included in the third. The last of several on one relay parent is a block
	/// later.
	fn segment_capacity(&self, cores_per_para: u32) -> u32 {
		let velocity = self.velocity(cores_per_para);
		let relay_blocks = if velocity > 1 { 4 } else { 3 };
		self.segment_capacity
			.unwrap_or_else(|| sufficient_capacity(velocity, relay_blocks).max(5))
	}

	fn model(&self, cores_per_para: u32) -> Model {
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
			segment_capacity: self.segment_capacity(cores_per_para),
			velocity: self.velocity(cores_per_para),
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
	fn r_seg_8_depth_and_segment_follow_from_the_cores() {
		for (line, expected) in [
			("dev", (4, 5, 1)),
			("dev --cores-per-para 3", (11, 12, 3)),
			("dev --cores-per-para 12 --paras 1 --validators 20", (47, 48, 12)),
			(
				"dev --cores-per-para 3 --max-candidate-depth 6 --velocity 2",
				(6, 8, 2),
			),
			("dev --segment-capacity 9", (8, 9, 1)),
		] {
			let Ok(Cli {
				command: Command::Dev(dev),
			}) = parse(line)
			else {
				panic!("{line}")
			};
			let RunConfig { params, model, .. } = dev.run_config();
			assert_eq!(
				(params.max_candidate_depth, model.segment_capacity, model.velocity),
				expected,
				"R-SEG-8: {line}"
			);
		}
	}

	#[test]
	fn what_a_core_does_is_read() {
		let para = |id| Assignee::Para(ParaId(id));
		let rows = [
			("0=2000", 0, 0, None, vec![(para(2000), 57_600)]),
			("3=2000@10..40", 3, 10, Some(40), vec![(para(2000), 57_600)]),
			("1=pool@7..", 1, 7, None, vec![(Assignee::Pool, 57_600)]),
			(
				"0=2001:28800,idle:14400,pool:14400",
				0,
				0,
				None,
				vec![
					(para(2001), 28_800),
					(Assignee::Idle, 14_400),
					(Assignee::Pool, 14_400),
				],
			),
		];
		for (text, core, begin, end, shares) in rows {
			let expected = CoreWork {
				core,
				begin,
				end,
				shares,
			};
			assert_eq!(core_work(text), Ok(expected), "{text}");
		}
		for wrong in ["2000", "0=", "x=2000", "0=2000@5", "0=2000:many", "0=2000@..9"] {
			assert!(core_work(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn compare_and_tree_take_what_a_run_takes() {
		let Ok(Cli {
			command: Command::Compare(compare),
		}) = parse("compare --link-latency-ms 250 --cores-per-para 2 --collators-per-para 3 --on-demand 1 --validators 9")
		else {
			panic!("compare takes the model's flags")
		};
		let configs = compare.run_configs();
		let params: Vec<_> = configs
			.iter()
			.map(|config| {
				(
					config.params.max_candidate_depth,
					config.params.allowed_ancestry_len,
				)
			})
			.collect();
		assert_eq!(params, [(0, 0), (4, 3)]);
		for config in configs {
			assert_eq!(config.model.link_latency, Duration::from_millis(250));
			assert_eq!(
				(config.cores_per_para, config.collators_per_para, config.on_demand),
				(2, 3, 1)
			);
		}
		let Ok(Cli {
			command: Command::Tree(tree),
		}) = parse("tree --at 9 --collators-per-para 3 --on-demand 1 --order-every 2 --velocity 1")
		else {
			panic!("tree takes them too")
		};
		let config = tree.run_config();
		assert_eq!(
			(
				config.blocks,
				config.collators_per_para,
				config.on_demand,
				config.order_every
			),
			(10, 3, 1, 2)
		);
	}

	#[test]
	fn a_context_needs_no_more_of_a_run_than_it_shows() {
		let config = |line| match parse(line) {
			Ok(Cli {
				command: Command::Context(context),
			}) => context.run_config(),
			other => panic!("{other:?}"),
		};
		assert_eq!(config("context").blocks, 12 + 4 + 4, "until it is included");
		assert_eq!(config("context --as backer --leaf 15").blocks, 16);
		let parent = "0x".to_owned() + &"07".repeat(32);
		assert_eq!(
			config(&format!("context --as backer --parent {parent}")).blocks,
			13
		);
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
			("context --at 0", ["'0'", "--at", "1..=9000"]),
			(
				"context --as nobody",
				["'nobody'", "--as", "collator, backer, approver"],
			),
			(
				"context --parent 0x12",
				["'0x12'", "--parent", "64 hexadecimal digits"],
			),
		] {
			let error = parse(line).expect_err(line);
			assert!(matches!(
				error.kind(),
				ErrorKind::ValueValidation | ErrorKind::InvalidValue
			));
			assert_eq!(error.exit_code(), 2);
			let message = error.to_string();
			assert!(parts.iter().all(|part| message.contains(part)), "{message}");
		}
	}
}
