//! `scenario`.

use clap::Args;
use std::path::PathBuf;

/// Runs that files describe.
#[derive(Args, Debug)]
pub(crate) struct Scenario {
	/// The files; see docs/scenarios.
	#[arg(value_name = "FILE.toml", required = true)]
	pub(crate) files: Vec<PathBuf>,
	/// Says what each came to as a row of a table in Markdown.
	#[arg(long)]
	pub(crate) table: bool,
	/// Writes the outcomes as JSON, all in one list; `-` is the standard output, and nothing else goes there then.
	#[arg(long, value_name = "FILE")]
	pub(crate) json: Option<PathBuf>,
	/// Makes no run: shows the arguments of `dev` that make it.
	#[arg(long, conflicts_with_all = ["table", "json"])]
	pub(crate) dry_run: bool,
}
