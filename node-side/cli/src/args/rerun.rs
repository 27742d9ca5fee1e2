//! `rerun`.

use clap::Args;
use std::path::PathBuf;

/// A run that was stopped.
#[derive(Args, Debug)]
pub(crate) struct Rerun {
	/// What was written when it was stopped.
	#[arg(value_name = "FILE")]
	pub(crate) file: PathBuf,
	/// Stops at this event, and shows what happened last.
	#[arg(long, value_name = "EVENT")]
	pub(crate) until: Option<u64>,
}
