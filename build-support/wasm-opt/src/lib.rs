#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod strip;

use std::{
	io,
	path::{Path, PathBuf},
};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// A pass of Binaryen that the builder of runtimes asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
	/// Sections for debuggers (`.debug_*`) are left out.
	StripDwarf,
	/// No sign-extension operator is left. A module that has one is refused: it is not lowered here.
	SignextLowering,
}

/// Why a module was not written. Nothing is, then.
#[derive(Debug, thiserror::Error)]
pub enum OptimizationError {
	/// A file could not be read or written.
	#[error("{}: {source}", path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
	/// The module needs more than WebAssembly 1.0 with mutable globals, which is what lowering would leave.
	#[error(
		"{} is no WebAssembly 1.0 ({source}); compile it for wasm32v1-none, or build with the published wasm-opt",
		path.display()
	)]
	NotMvp {
		/// The module.
		path: PathBuf,
		/// The operator, and where it is.
		source: wasmparser::BinaryReaderError,
	},
}

/// What to do with a module; the order of passes does not matter here.
#[derive(Clone, Debug, Default)]
pub struct OptimizationOptions {
	passes: Vec<Pass>,
}

impl OptimizationOptions {
	/// Nothing is optimised.
	pub fn new_opt_level_0() -> Self {
		Self::default()
	}

	/// A module may use WebAssembly 1.0 alone. That holds here in any case.
	pub fn mvp_features_only(&mut self) -> &mut Self {
		self
	}

	/// Names of functions are kept. That holds here in any case.
	pub fn debug_info(&mut self, _keep: bool) -> &mut Self {
		self
	}

	/// One more pass.
	pub fn add_pass(&mut self, pass: Pass) -> &mut Self {
		self.passes.push(pass);
		self
	}

	/// Reads `infile`, and writes what the passes make of it to `outfile`, which may be the same file.
	///
	/// # Errors
	/// A file cannot be read or written, or the module needs what [`Pass::SignextLowering`] would have to lower.
	pub fn run(&self, infile: impl AsRef<Path>, outfile: impl AsRef<Path>) -> Result<(), OptimizationError> {
		let (infile, outfile) = (infile.as_ref(), outfile.as_ref());
		let file = |path: &Path, source| OptimizationError::File {
			path: path.to_owned(),
			source,
		};
		let module = std::fs::read(infile).map_err(|source| file(infile, source))?;
		if self.passes.contains(&Pass::SignextLowering) {
			check(&module).map_err(|source| OptimizationError::NotMvp {
				path: infile.to_owned(),
				source,
			})?;
		}
		let written = match self.passes.contains(&Pass::StripDwarf) {
			true => strip::without_sections(&module, |name| name.starts_with(".debug_")),
			false => module.clone(),
		};
		if infile == outfile && written == module {
			return Ok(());
		}
		std::fs::write(outfile, written).map_err(|source| file(outfile, source))
	}
}

/// Is it WebAssembly 1.0, with the mutable globals that every executor knows?
fn check(module: &[u8]) -> wasmparser::Result<()> {
	let mut validator = Validator::new_with_features(WasmFeatures::WASM1);
	validator.validate_all(module).map(drop)
}

#[cfg(test)]
mod tests;
