//! What is recorded of a run.

use clap::Args;
use std::path::PathBuf;

/// A recording of one validator.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Recording")]
pub(crate) struct Recording {
	/// Records a validator: everything that it is told, and what it does. `rerun FILE` tells it to a validator again, and compares
	/// every output.
	#[arg(long, value_name = "FILE")]
	pub(crate) record: Option<PathBuf>,
	/// Which validator is recorded, by its position from 0.
	#[arg(long, value_name = "VALIDATOR", default_value_t = 0, requires = "record")]
	pub(crate) of: usize,
}
