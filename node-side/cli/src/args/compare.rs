//! `compare`.

use super::{Common, Network, Sweep};
use async_backing_devnet::RunConfig;
use async_backing_primitives::AsyncBackingParams;
use clap::Args;

/// Two runs.
#[derive(Args, Debug)]
pub(crate) struct Compare {
	#[command(flatten)]
	pub(crate) common: Common,
	/// Compares at several values of one flag, and shows what comes of each: 'link-latency-ms=50..400', or in steps of a size,
	/// 'link-latency-ms=50..400/25'.
	#[arg(long, value_name = "FLAG=FROM..TO[/STEP]")]
	pub(crate) sweep: Option<Sweep>,
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
