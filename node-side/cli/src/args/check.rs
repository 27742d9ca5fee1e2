//! `check-runtime`.

use clap::Args;
use std::path::PathBuf;

/// A runtime to check.
#[derive(Args, Debug)]
pub(crate) struct CheckRuntime {
	/// The runtime as Wasm, compressed or not.
	#[arg(value_name = "FILE")]
	pub(crate) file: PathBuf,
	/// Genesis preset that the run begins with; by default the first of devnet, local_testnet and development that the runtime
	/// has, else its default configuration.
	#[arg(long, value_name = "NAME")]
	pub(crate) preset: Option<String>,
	/// Prints what was found as JSON.
	#[arg(long)]
	pub(crate) json: bool,
}
