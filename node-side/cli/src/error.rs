//! What can go wrong, in words for the terminal.

use async_backing_collator::ProduceError;
use async_backing_devnet::{ConfigError, DevnetError};
use async_backing_pvf::{EngineError, PrepareError, ValidateError};
use thiserror::Error;

/// Why the command failed.
#[derive(Debug, Error)]
pub(crate) enum CliError {
	/// Values that do not fit together. Names are those of flags, with underscores.
	#[error("{0}")]
	Config(#[from] ConfigError),
	/// The binary was built without its Wasm blobs.
	#[error("{0} was built with SKIP_WASM_BUILD; build again without it")]
	NoWasm(&'static str),
	/// The run failed.
	#[error("the run failed: {0}")]
	Devnet(#[from] DevnetError),
	/// The parachain has no block.
	#[error("{0}")]
	Produce(#[from] ProduceError),
	/// The engine for validation functions does not start.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// The parachain's code is no validation function.
	#[error(transparent)]
	Prepare(#[from] PrepareError),
	/// The parachain's code refuses the parachain's block.
	#[error(transparent)]
	Validate(#[from] ValidateError),
	/// The report cannot be written as JSON.
	#[error("the report is not JSON: {0}")]
	Json(#[from] serde_json::Error),
	/// The table cannot be written.
	#[error("the table cannot be formatted")]
	Format,
	/// A file cannot be written.
	#[error("cannot write {path}: {source}")]
	Write {
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
}

impl CliError {
	/// Whether the caller has to change what it asked for.
	pub(crate) fn is_usage(&self) -> bool {
		matches!(self, Self::Config(_))
	}
}
