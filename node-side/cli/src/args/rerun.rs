//! `rerun`.

use clap::Args;
use std::path::PathBuf;

/// A run that was stopped, or a recording.
#[derive(Args, Debug)]
pub(crate) struct Rerun {
	/// What was written when it was stopped, or by `dev --record`.
	#[arg(value_name = "FILE")]
	pub(crate) file: PathBuf,
	/// Stops at this event, and shows what happened last.
	#[arg(long, value_name = "EVENT")]
	pub(crate) until: Option<u64>,
}
