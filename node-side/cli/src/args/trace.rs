//! `trace`.

use super::{Drawn, Network, Params};
use async_backing_devnet::RunConfig;
use clap::Args;
use std::path::PathBuf;

/// How far a road is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Until {
	/// Until the last validator knows a quorum for it.
	Quorum,
	/// Until a relay block backs it.
	Backed,
	/// Until a relay block includes it.
	Included,
}

/// The road of a parablock.
#[derive(Args, Debug)]
pub(crate) struct Trace {
	/// Relay parent of the parablock.
	#[arg(long, value_name = "BLOCK", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=9_000))]
	pub(crate) at: u32,
	/// Tells of all parablocks on relay parents up to this one instead, of each who voted for it when, and what was on-chain
	/// then.
	#[arg(long, value_name = "BLOCK", value_parser = clap::value_parser!(u32).range(1..=9_000))]
	pub(crate) to: Option<u32>,
	/// The para.
	#[arg(long, value_name = "ID", default_value_t = 2000)]
	pub(crate) para: u32,
	/// How far it is followed.
	#[arg(long, value_enum, default_value_t = Until::Included, conflicts_with = "to")]
	pub(crate) until: Until,
	/// What it is drawn as.
	#[arg(long, value_enum, default_value_t = Drawn::Text)]
	pub(crate) format: Drawn,
	/// Where the drawing goes; the standard output if it is left out.
	#[arg(long, value_name = "FILE")]
	pub(crate) out: Option<PathBuf>,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
}

impl Trace {
	/// The run until the last of the blocks must be included, if it ever is: backed in the last block that may, available soon
	/// after.
	pub(crate) fn run_config(&self) -> RunConfig {
		/// Relay blocks from backing to inclusion, with room for late bitfields.
		const UNTIL_AVAILABLE: u32 = 4;
		let window = self.params.allowed_ancestry_len.saturating_add(1);
		let last = self.to.unwrap_or(self.at).saturating_add(window);
		let blocks = last.saturating_add(UNTIL_AVAILABLE);
		self.network.run_config(blocks, self.params.params(&self.network))
	}
}
