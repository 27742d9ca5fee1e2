//! `context`.

use super::{Network, Params};
use async_backing_devnet::RunConfig;
use async_backing_primitives::Hash;
use clap::Args;
use std::{path::PathBuf, str::FromStr};

/// What a context is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Drawn {
	/// For the terminal.
	Text,
	/// A picture.
	Svg,
}

/// Whose context it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum As {
	/// Who builds the block.
	Collator,
	/// Who checks it before it is on-chain.
	Backer,
	/// Who checks it again when it is included.
	Approver,
}

/// An execution context.
#[derive(Args, Debug)]
pub(crate) struct Context {
	/// Relay parent of the parablock.
	#[arg(long, value_name = "BLOCK", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=9_000))]
	pub(crate) at: u32,
	/// The para.
	#[arg(long, value_name = "ID", default_value_t = 2000)]
	pub(crate) para: u32,
	/// Whose context it is.
	#[arg(long = "as", value_enum, value_name = "ROLE", default_value_t = As::Collator)]
	pub(crate) role: As,
	/// What it is drawn as.
	#[arg(long, value_enum, default_value_t = Drawn::Text)]
	pub(crate) format: Drawn,
	/// Where the drawing goes; the standard output if it is left out.
	#[arg(long, value_name = "FILE")]
	pub(crate) out: Option<PathBuf>,
	/// For a backer: what one finds whose leaf is this block, instead of the one who checked the block first.
	#[arg(long, value_name = "BLOCK", value_parser = clap::value_parser!(u32).range(1..=9_000))]
	pub(crate) leaf: Option<u32>,
	/// For a backer: what one finds if the collator names this parent instead, by the hash of its head data.
	#[arg(long, value_name = "HASH", value_parser = hash)]
	pub(crate) parent: Option<Hash>,
	#[command(flatten)]
	pub(crate) network: Network,
	#[command(flatten)]
	params: Params,
}

impl Context {
	/// The run until the block must be included, if it ever is: backed in the last block that may, available soon after.
	pub(crate) fn run_config(&self) -> RunConfig {
		/// Relay blocks from backing to inclusion, with room for late bitfields.
		const UNTIL_AVAILABLE: u32 = 4;
		let window = self.params.allowed_ancestry_len.saturating_add(1);
		let included = self.at.saturating_add(window).saturating_add(UNTIL_AVAILABLE);
		let blocks = match (self.leaf, self.parent) {
			// As seen from the leaf: it is the parent of the last block.
			(Some(leaf), _) => leaf.saturating_add(1),
			(None, Some(_)) => self.at.saturating_add(1),
			(None, None) => included,
		};
		self.network.run_config(blocks, self.params.params(&self.network))
	}
}

fn hash(text: &str) -> Result<Hash, String> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
	Hash::from_str(digits).map_err(|_| "must be 64 hexadecimal digits".to_owned())
}
