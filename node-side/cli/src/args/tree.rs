//! `tree`.

use super::{Network, Params};
use async_backing_devnet::RunConfig;
use clap::Args;
use std::path::PathBuf;

/// What a tree is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
	/// For the terminal.
	Text,
	/// For Graphviz.
	Dot,
	/// A picture.
	Svg,
	/// For programs.
	Json,
}

/// A drawing.
#[derive(Args, Debug)]
pub(crate) struct Tree {
	/// Relay block that is the leaf.
	#[arg(long, value_name = "BLOCK", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=9_999))]
	pub(crate) at: u32,
	/// The para.
	#[arg(long, value_name = "ID", default_value_t = 2000)]
	pub(crate) para: u32,
	/// What the tree is drawn as.
	#[arg(long, value_enum, default_value_t = Format::Text)]
	pub(crate) format: Format,
	/// Where the drawing goes; the standard output if it is left out.
	#[arg(long, value_name = "FILE")]
	pub(crate) out: Option<PathBuf>,
	/// Whose view it is, counted from 0.
	#[arg(long, value_name = "POSITION", default_value_t = 0)]
	pub(crate) validator: usize,
	/// Draws a made-up tree of so many candidates with forks instead, without a run: honest collators hardly fork.
	#[arg(long, value_name = "CANDIDATES", conflicts_with_all = ["at", "para", "validator"], value_parser = clap::value_parser!(u32).range(1..=1000))]
	pub(crate) example: Option<u32>,
	/// Draws every tree of the view, of each leaf and para, as text or svg.
	#[arg(long, conflicts_with_all = ["example", "slide", "para"])]
	pub(crate) all: bool,
	/// Tells the scope of the tree instead: what is legal there, field by field, as text.
	#[arg(long, conflicts_with_all = ["all", "example", "slide", "format"])]
	pub(crate) scope: bool,
	/// Draws a game of the playground instead, without a run: the one for this slide of the lecture.
	#[arg(long, value_name = "KEY", conflicts_with_all = ["at", "para", "validator", "example"], value_parser = clap::builder::PossibleValuesParser::new(crate::tree::slides()))]
	pub(crate) slide: Option<String>,
	/// After how many of its steps; all of them if it is left out.
	#[arg(long, value_name = "NUMBER", requires = "slide", value_parser = clap::value_parser!(u32).range(1..=99))]
	pub(crate) step: Option<u32>,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
}

impl Tree {
	/// The run up to the block after the leaf: what the leaf's tree holds is what that block could take.
	pub(crate) fn run_config(&self) -> RunConfig {
		self.network
			.run_config(self.at.saturating_add(1), self.params.params(&self.network))
	}

	/// Where all randomness comes from.
	pub(crate) fn seed(&self) -> u64 {
		self.network.seed
	}
}
