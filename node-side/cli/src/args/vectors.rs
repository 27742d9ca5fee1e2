//! `vectors` and `target`.

use clap::Args;
use std::path::PathBuf;

/// Test vectors to write, or to compare.
#[derive(Args, Debug)]
pub(crate) struct Vectors {
	/// The folder.
	#[arg(value_name = "FOLDER", default_value = "vectors")]
	pub(crate) folder: PathBuf,
	/// Writes nothing, and fails if the folder has anything else than what would be written.
	#[arg(long)]
	pub(crate) check: bool,
}

/// Questions to answer.
#[derive(Args, Debug)]
pub(crate) struct Target {
	/// Reads questions from the standard input, and answers on the standard output: JSON, a line each.
	#[arg(long, required = true)]
	pub(crate) stdio: bool,
}
