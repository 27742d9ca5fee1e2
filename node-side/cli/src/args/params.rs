//! Parameters of asynchronous backing.

use super::Network;
use async_backing_primitives::AsyncBackingParams;
use clap::Args;

/// Parameters of asynchronous backing.
#[derive(Args, Debug)]
pub(crate) struct Params {
	/// How many candidates may stand between the included head and a new one; by default 4, or what the segment needs.
	#[arg(long, value_name = "DEPTH", value_parser = clap::value_parser!(u32).range(0..=255))]
	max_candidate_depth: Option<u32>,
	/// How many ancestors of the newest relay parent are relay parents too.
	#[arg(long, value_name = "BLOCKS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(super) allowed_ancestry_len: u32,
}

impl Params {
	pub(super) fn params(&self, network: &Network) -> AsyncBackingParams {
		let capacity = network.model.segment_capacity(network.most_cores());
		AsyncBackingParams {
			// A segment of more than D + 1 blocks brings nothing (R-PAR-4).
			max_candidate_depth: self
				.max_candidate_depth
				.unwrap_or_else(|| capacity.saturating_sub(1).clamp(4, AsyncBackingParams::MAX)),
			allowed_ancestry_len: self.allowed_ancestry_len,
		}
	}
}
