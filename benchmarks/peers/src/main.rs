//! Runs our code and that of the published crates in turn, and writes what came out.
//!
//! `async-backing-bench-peers [FILE]` prints the tables, and writes them to FILE as well.

mod emulator;
mod measure;
mod report;
mod subsystem;
mod trees;

use std::process::ExitCode;

const PREFACE: &str = "# Benchmarks beside the published crates

Written by `make bench-peers`. Both sides run in turn in one process on the same input; a row shows the median time of
each and the median of the ratios of neighbouring samples, with the range from the 5th to the 95th percentile. A ratio
above 1 means that ours is faster. Rows in which ours loses stay in.

Version 6 of prospective-parachains, the last with trees, is not here: its dependencies do not resolve any more
(`multihash` 0.18 requires `core2` 0.4, every version of which is withdrawn).
";

fn main() -> ExitCode {
	let mut tables = emulator::tables();
	tables.extend(trees::tables());
	let mut text = format!("{PREFACE}\n{}\n", report::machine());
	for table in &tables {
		text.push('\n');
		text.push_str(&table.markdown());
	}
	print!("{text}");
	match std::env::args()
		.nth(1)
		.map(|file| (std::fs::write(&file, &text), file))
	{
		Some((Err(error), file)) => {
			eprintln!("cannot write {file}: {error}");
			ExitCode::FAILURE
		}
		_ => ExitCode::SUCCESS,
	}
}
