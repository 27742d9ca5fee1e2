//! The relay chain's runtime: the one of this program, or one from a file.

use crate::error::CliError;
use async_backing_devnet::RuntimeExecutor;
use clap::Args;
use std::{
	borrow::Cow,
	path::{Path, PathBuf},
};

/// Which relay runtime it is.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Relay runtime")]
pub(crate) struct RuntimeArgs {
	/// A relay runtime as Wasm, compressed or not, instead of the one of this program; see docs/guide/adopting.md.
	#[arg(long, value_name = "FILE")]
	pub(crate) runtime: Option<PathBuf>,
	/// Genesis preset of the runtime that the run begins with; by default the first of devnet, local_testnet and development
	/// that it has, else its default configuration.
	#[arg(long, value_name = "NAME")]
	pub(crate) preset: Option<String>,
}

/// A relay runtime, and what executes it.
#[derive(Clone)]
pub(crate) struct Runtime {
	/// The blob.
	pub(crate) code: Cow<'static, [u8]>,
	/// One for all runs, so that the blob is compiled once.
	pub(crate) executor: RuntimeExecutor,
}

impl Runtime {
	/// The runtime that was asked for.
	///
	/// # Errors
	/// The file can't be read, or this program was built without its own.
	pub(crate) fn of(args: &RuntimeArgs) -> Result<Self, CliError> {
		let code = match &args.runtime {
			Some(path) => read(path)?.into(),
			None => async_backing_relay_runtime::WASM_BINARY
				.ok_or(CliError::NoWasm("async-backing-relay-runtime"))?
				.into(),
		};
		#[cfg(test)]
		let code = crate::salt::salted(code);
		Ok(Self {
			code,
			executor: executor(),
		})
	}
}

/// A file with a runtime.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CliError> {
	std::fs::read(path).map_err(|source| CliError::Read {
		path: path.display().to_string(),
		source,
	})
}

/// An executor that finds the runtimes that an earlier call compiled, which takes seconds.
pub(crate) fn executor() -> RuntimeExecutor {
	let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
	let cache = variable("XDG_CACHE_HOME")
		.map(PathBuf::from)
		.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
	let cache = cache.map(|cache| cache.join("async-backing").join("runtimes"));
	// Without such a place each call compiles for itself.
	RuntimeExecutor::new(
		cache
			.filter(|path| std::fs::create_dir_all(path).is_ok())
			.as_deref(),
	)
}
