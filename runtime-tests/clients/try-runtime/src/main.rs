//! Writes the relay runtime with `try-runtime` into a file: the argument.

use std::process::ExitCode;

/// The relay runtime with what try-runtime asks.
#[allow(missing_docs, dead_code)]
mod runtime {
	include!(concat!(env!("OUT_DIR"), "/relay_runtime.rs"));
}

fn main() -> ExitCode {
	let (Some(blob), Some(path)) = (runtime::WASM_BINARY, std::env::args_os().nth(1)) else {
		eprintln!("error: built with SKIP_WASM_BUILD, or no file was named");
		return ExitCode::FAILURE;
	};
	match std::fs::write(path, blob) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}
