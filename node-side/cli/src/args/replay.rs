//! `replay`.

use clap::Args;
use std::path::PathBuf;

/// Relay blocks to judge.
#[derive(Args, Debug)]
pub(crate) struct Replay {
	/// Folders with extrinsics and an index, extrinsics as SCALE or hexadecimal, JSON of a REST service or of `chain_getBlock`.
	#[arg(value_name = "PATH", required = true)]
	pub(crate) paths: Vec<PathBuf>,
	/// Prints what was found as JSON.
	#[arg(long)]
	pub(crate) json: bool,
	/// Writes what was found as a page to look at in a browser. The last one counts.
	#[arg(long, value_name = "FILE.html", overrides_with = "report")]
	pub(crate) report: Option<PathBuf>,
	/// max_candidate_depth that was in force. With both parameters told, depth and relay parents are judged by them.
	#[arg(long, value_name = "DEPTH", requires = "allowed_ancestry_len", value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(crate) max_candidate_depth: Option<u32>,
	/// allowed_ancestry_len that was in force.
	#[arg(long, value_name = "BLOCKS", requires = "max_candidate_depth", value_parser = clap::value_parser!(u32).range(0..=255))]
	pub(crate) allowed_ancestry_len: Option<u32>,
	/// Largest size of a proof of validity to try beside those that public chains have had, in bytes.
	#[arg(long, value_name = "BYTES")]
	pub(crate) max_pov_size: Vec<u32>,
}
