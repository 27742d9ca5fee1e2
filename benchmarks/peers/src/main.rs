//! Runs our code and that of the published crates in turn, and writes what came out.
//!
//! `async-backing-bench-peers [FILE]` prints the tables. With a FILE it writes them there, and pictures into the folder
//! `pictures` beside it. `async-backing-bench-peers --recovery` prints those about the recovery of data alone.

use async_backing_bench_peers::{emulator, memory, recovery, report, scaling, trees};
use std::{
	error::Error,
	fs,
	path::{Path, PathBuf},
	process::{Command, ExitCode},
};

const PREFACE: &str = "# Benchmarks beside the published crates

Written by `make bench-peers`. Both sides run in turn in one process on the same input; a row shows the median time of
each and the median of the ratios of neighbouring samples, with the range from the 5th to the 95th percentile. There are
7 to 61 samples, by how long one takes; of fewer than 20 the range is that from the lowest to the highest. A ratio above 1
means that ours is faster. Rows in which ours loses stay in.

Elsewhere: [the inherent: weights, and beside the published pallets](weights.md).

Version 6 of prospective-parachains, the last with trees, is not here: its dependencies do not resolve any more
(`multihash` 0.18 requires `core2` 0.4, every version of which is withdrawn).
";

fn main() -> ExitCode {
	match run(std::env::args_os().nth(1).map(PathBuf::from)) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}

fn run(file: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
	if file.as_deref() == Some(Path::new("--recovery")) {
		recovery::tables().iter().for_each(|table| println!("{}", table.markdown()));
		return Ok(());
	}
	let held = count_memory()?;
	let mut text = format!("{PREFACE}\n{}\n\n{}\n", report::machine(), report::versions());
	text.push_str("\n## Case by case\n");
	let mut tables = emulator::tables();
	tables.extend(trees::tables());
	tables.extend(recovery::tables());
	for table in &tables {
		text.push('\n');
		text.push_str(&table.markdown());
	}
	let subjects = scaling::measure();
	text.push('\n');
	text.push_str(&scaling::markdown(&subjects, "pictures"));
	text.push('\n');
	text.push_str(&held);
	print!("{text}");
	if let Some(file) = file {
		let folder = file.parent().unwrap_or(Path::new("")).join("pictures");
		scaling::draw(&subjects, &folder)?;
		fs::write(file, text)?;
	}
	Ok(())
}

/// The section about memory, from the program beside this one that counts it.
fn count_memory() -> Result<String, Box<dyn Error>> {
	let program = std::env::current_exe()?.with_file_name(memory::PROGRAM);
	let output = Command::new(program).output()?;
	if !output.status.success() {
		return Err(String::from_utf8_lossy(&output.stderr).into());
	}
	Ok(String::from_utf8(output.stdout)?)
}
