//! The inherent on the scales: the weight that it is charged against the time that it takes, ours beside the published
//! pallets, and what fills a block.
//!
//! `async-backing-bench-inherent <page.md>` measures, and writes the page with its pictures. See
//! docs/decisions/0012-weights.md for what is compared with what. `async-backing-bench-inherent --only <bitfields>
//! <candidates> <votes> <waiting> <times>` executes one inherent, for a profiler: with `WASMTIME_PROFILING_STRATEGY=perfmap`
//! perf can tell the functions of the runtime.

mod beside;
mod block;
mod composition;
mod model;
mod plot;
mod published;
mod real;
mod report;
mod state;

use report::Report;
use state::Runtime;
use std::{env, error::Error, fs, path::PathBuf, process::ExitCode, time::Instant};

/// The relay runtime with its benchmarks.
#[allow(missing_docs, dead_code)]
mod relay_runtime {
	include!(concat!(env!("OUT_DIR"), "/relay_runtime.rs"));
}

/// The published pallets in a small runtime.
#[allow(missing_docs, dead_code)]
mod para_inherent {
	include!(concat!(env!("OUT_DIR"), "/para_inherent.rs"));
}

/// What stands above the numbers.
const INTRODUCTION: &str = "Written by `make weights` and by `make bench-peers`, in one run on one machine. Times are medians, of real \
	inherents with real signatures, executed in Wasm by the client's executor, without a database. The weights are \
	those of `make weights`; see [decision 12](decisions/0012-weights.md) for how they are put together.";
/// The relay chain proves its state to nobody.
const PROOFS: &str = "Storage proofs are not charged and so not compared: a relay chain proves its state to nobody, and \
	the proof size of its weights is zero. The bytes of the inherent count once, against the length of the block \
	(R-WGT-6).";

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
	if env::args().nth(1).as_deref() == Some("--only") {
		return only(
			&env::args()
				.skip(2)
				.map(|number| number.parse())
				.collect::<Result<Vec<u32>, _>>()?,
		);
	}
	let page = env::args_os()
		.nth(1)
		.map(PathBuf::from)
		.ok_or("say which page to write")?;
	let pictures = page.with_file_name("pictures");
	fs::create_dir_all(&pictures)?;
	const SKIPPED: &str = "built with SKIP_WASM_BUILD; build again without it";
	let ours = Runtime::new(relay_runtime::WASM_BINARY.ok_or(SKIPPED)?, Default::default())?;
	let theirs = Runtime::new(para_inherent::WASM_BINARY.ok_or(SKIPPED)?, Default::default())?;

	let begun = Instant::now();
	let mut report = Report::new("The weight of the inherent");
	report.text(INTRODUCTION);
	report.text(&format!(
		"Machine class: {} {}, {} cores, {}.",
		env::consts::OS,
		env::consts::ARCH,
		std::thread::available_parallelism()?,
		processor()
	));
	let rows = model::measure(&ours)?;
	model::report(&rows, &mut report);
	plot::draw(&rows, &pictures.join("weights-model.svg"))?;
	report.text(PROOFS);
	for size in [(1_000, 200), (200, 40)] {
		beside::compare(&ours, &theirs, size, &mut report)?;
	}
	block::compare(&ours, &mut report)?;
	real::compare(&ours, &mut report)?;
	fs::write(&page, report.finish())?;
	eprintln!(
		"written to {} after {} s",
		page.display(),
		begun.elapsed().as_secs()
	);
	Ok(())
}

/// Executes one inherent of the large chain so many times.
fn only(numbers: &[u32]) -> Result<(), Box<dyn Error>> {
	let [bitfields, candidates, votes, pending, times] = numbers else {
		return Err("say how many bitfields, candidates, votes, waiting candidates, and times".into());
	};
	let composition = composition::Composition {
		bitfields: *bitfields,
		candidates: *candidates,
		votes: *votes,
		pending: *pending,
		..composition::Composition::empty(1_000, 200)
	};
	let blob = relay_runtime::WASM_BINARY.ok_or("built with SKIP_WASM_BUILD; build again without it")?;
	let measured = Runtime::new(blob, Default::default())?.compose(&composition.components(), *times)?;
	println!("{}", report::milliseconds(measured.median()));
	Ok(())
}

/// Name of the processor, where the system tells.
fn processor() -> String {
	let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let name = told.lines().find_map(|line| line.strip_prefix("model name"));
	name.map_or("an unknown processor".into(), |name| {
		name.trim_start_matches([' ', '\t', ':']).to_string()
	})
}
