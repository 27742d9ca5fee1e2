//! Runs the benchmarks of the relay runtime and writes the weights of its pallets; and those of the pallet for parachains, in a
//! runtime of their own.
//!
//! `async-backing-bench-weights <what FRAME's `benchmark pallet` takes>`; the runtime is the one that this was built
//! with. The measuring, the analysis and the files are those of FRAME's benchmarking library. This is the command that
//! hands it a runtime, built without the databases and the node that the field's own commands bring along: see
//! docs/decisions/0012-weights.md.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;
use std::{env, error::Error, fs, process::ExitCode};

/// The relay runtime with its benchmarks.
#[allow(missing_docs, dead_code)]
mod relay_runtime {
	include!(concat!(env!("OUT_DIR"), "/relay_runtime.rs"));
}

/// A parachain with the pallet that is for parachains.
#[allow(missing_docs, dead_code)]
mod para_segment {
	include!(concat!(env!("OUT_DIR"), "/para_segment.rs"));
}

/// The one pallet that no relay chain has.
const OF_PARACHAINS: &str = "pallet_async_backing_unincluded_segment";

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}

fn run() -> Result<(), Box<dyn Error>> {
	// A benchmark that fails says why in the log only.
	sp_tracing::try_init_simple();
	let blob = match env::args().any(|argument| argument == OF_PARACHAINS) {
		true => para_segment::WASM_BINARY,
		false => relay_runtime::WASM_BINARY,
	};
	let blob = blob.ok_or("built with SKIP_WASM_BUILD; build again without it")?;
	let path = env::temp_dir().join(format!(
		"runtime-with-benchmarks-{}.wasm",
		std::process::id()
	));
	fs::write(&path, blob)?;
	let program = env::args_os().next().unwrap_or_default();
	let runtime = ["--runtime".into(), path.clone().into_os_string()];
	let arguments = std::iter::once(program)
		.chain(runtime)
		.chain(env::args_os().skip(1));
	// The runtime asks the host for nothing beyond what the library offers.
	let outcome = PalletCmd::parse_from(arguments).run_with_spec::<BlakeTwo256, ()>(None);
	fs::remove_file(&path)?;
	Ok(outcome?)
}
