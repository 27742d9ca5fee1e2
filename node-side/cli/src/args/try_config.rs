//! `try-config`.

use super::{Network, Params};
use async_backing_devnet::RunConfig;
use clap::Args;
use std::path::PathBuf;

/// A configuration to be tried.
#[derive(Args, Debug)]
pub(crate) struct TryConfig {
	/// Fields of a host configuration as JSON, the others as they are; or one as a chain stores it, in ours or a published layout,
	/// SCALE as bytes or as hexadecimal text.
	#[arg(value_name = "FILE")]
	pub(crate) file: PathBuf,
	/// Relay blocks before root stages it.
	#[arg(long, value_name = "BLOCKS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	pub(crate) after: u32,
	/// Relay blocks to build; by default those of four sessions, of which it is in force in the last two.
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
	blocks: Option<u32>,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
}

/// Slots of a session, unless somebody asks for others: long enough for a pace to be seen.
const SESSION: u32 = 12;

impl TryConfig {
	/// The run without the change.
	pub(crate) fn run_config(&self) -> RunConfig {
		let params = self.params.params(&self.network);
		let mut config = self.network.run_config(1, params);
		let session = *config.model.session_length.get_or_insert(SESSION);
		config.blocks = self.blocks.unwrap_or_else(|| session.saturating_mul(4));
		config.customer_is_root = true;
		config
	}
}
