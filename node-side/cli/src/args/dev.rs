//! `dev`.

use super::{Common, Network, Params};
use crate::serve::Serving;
use async_backing_devnet::RunConfig;
use clap::Args;

/// One run.
#[derive(Args, Debug)]
pub(crate) struct Dev {
	#[command(flatten)]
	pub(crate) common: Common,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
	#[command(flatten)]
	pub(crate) serving: Serving,
}

impl Dev {
	/// The run that was asked for.
	pub(crate) fn run_config(&self) -> RunConfig {
		self.network
			.run_config(self.common.blocks, self.params.params(&self.network))
	}
}
