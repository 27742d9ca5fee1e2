//! `dev`.

use super::{Common, Network, Params, Recording};
use crate::serve::{Serving, SEEN};
use async_backing_devnet::RunConfig;
use clap::{ArgGroup, Args};
use std::path::PathBuf;

/// One run.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new(SEEN).multiple(true)))]
pub(crate) struct Dev {
	#[command(flatten)]
	pub(crate) common: Common,
	/// Shows the run while it goes on: slots, forks, the parablocks of each para, and trees at the best leaf. Without a terminal
	/// it tells a line for each relay block. --real-time makes it slow enough to follow.
	#[arg(long, group = SEEN)]
	pub(crate) watch: bool,
	/// A parachain of your own: a file in TOML or JSON that says its code and who builds its blocks; see docs/interop.md. Once
	/// for each. With any, there are no other paras unless --paras says so.
	#[arg(long = "para-spec", value_name = "FILE")]
	pub(crate) para_specs: Vec<PathBuf>,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
	#[command(flatten)]
	pub(crate) serving: Serving,
	#[command(flatten)]
	pub(crate) recording: Recording,
}

impl Dev {
	/// The run that was asked for.
	pub(crate) fn run_config(&self) -> RunConfig {
		let params = self.params.params(&self.network);
		let config = self.network.run_config(self.common.blocks, params);
		RunConfig {
			paras: match self.para_specs.is_empty() {
				true => config.paras,
				false => self.network.paras.unwrap_or(0),
			},
			..config
		}
	}
}
