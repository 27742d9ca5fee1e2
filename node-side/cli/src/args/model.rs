//! Inputs of the model.

use async_backing_collator::sufficient_capacity;
use async_backing_devnet::{Model, MAX_CORES_PER_PARA};
use clap::Args;
use std::time::Duration;

/// Inputs of the model; see docs/decisions/0007-the-time-model.md.
#[derive(Args, Debug)]
#[command(next_help_heading = "Model")]
pub(super) struct ModelArgs {
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
	/// Blocks that a parachain wants per relay block; by default one for each of its cores, of those of --core and --order the
	/// most that one para has at once.
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CORES_PER_PARA)))]
	velocity: Option<u32>,
	/// How many relay blocks behind the best one parablocks are built on, as far as --allowed-ancestry-len and the session have
	/// so many: a fork that loses kills none of them then.
	#[arg(long, value_name = "BLOCKS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=16))]
	relay_parent_offset: u32,
	/// Slots of a session; by default as many as the runtime has, 50 for the one of this program.
	#[arg(long, value_name = "SLOTS", value_parser = clap::value_parser!(u32).range(4..=1_000_000))]
	session_length: Option<u32>,
	/// Votes that back a candidate, unless its group is smaller.
	#[arg(long, value_name = "VOTES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
	minimum_backing_votes: u32,
	/// Relay blocks from the announcement of a para's code to its use, at least.
	#[arg(long, value_name = "BLOCKS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(11..=100_000))]
	upgrade_delay: u32,
	/// Relay blocks that validators keep the data of what is included, after it is final. Nobody asks for older ones than by
	/// default; fewer take less memory, and a collator that was away for longer finds none.
	#[arg(long, value_name = "BLOCKS", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
	keep_included: u32,
}

impl ModelArgs {
	fn velocity(&self, cores: u32) -> u32 {
		self.velocity.unwrap_or(cores)
	}

	/// What is asked for, or what never waits for inclusion at the pace of the default world (R-SEG-8): built on one relay
	/// block, backed in the second after it and included in the third. The last of several on one relay parent is a block
	/// later, and all are as much later as relay parents are behind.
	pub(super) fn segment_capacity(&self, cores: u32) -> u32 {
		let velocity = self.velocity(cores);
		let relay_blocks = if velocity > 1 { 4 } else { 3 } + self.relay_parent_offset;
		self.segment_capacity
			.unwrap_or_else(|| sufficient_capacity(velocity, relay_blocks).max(5))
	}

	/// Segment capacity and velocity, where somebody asked for them.
	pub(super) fn pace(&self) -> (Option<u32>, Option<u32>) {
		(self.segment_capacity, self.velocity)
	}

	pub(super) fn model(&self, cores: u32) -> Model {
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
			segment_capacity: self.segment_capacity(cores),
			velocity: self.velocity(cores),
			relay_parent_offset: self.relay_parent_offset,
			session_length: self.session_length,
			minimum_backing_votes: self.minimum_backing_votes,
			upgrade_delay: self.upgrade_delay,
			keep_included: self.keep_included,
			..Model::default()
		}
	}
}
