//! Measures what host calls take on this machine and prints their prices, and what hostile guests take.
//!
//! `calibrate prices` prints `src/host/table.rs`, `calibrate guests` the table of `docs/pvf.md`, `calibrate loads [FOLDER]` what
//! waiting for memory takes, and `calibrate codes FILE...` rows like those of the first table for other codes. Prices are part
//! of the consensus: a table that was measured anew is a proposal.

#![allow(
	clippy::unwrap_used,
	clippy::print_stdout,
	reason = "a measurement that cannot go on has failed"
)]

#[path = "../../tests/common/mod.rs"]
mod common;
mod guests;
mod loads;
mod prices;

use std::{
	fs,
	path::Path,
	process::ExitCode,
	sync::OnceLock,
	time::{Duration, Instant},
};

/// Time that this thread was given by the system, so that others on the machine count little; where the system does not
/// tell, the time of the clock.
fn cpu_time() -> Duration {
	static STARTED: OnceLock<Instant> = OnceLock::new();
	let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
	told.and_then(|line| line.split_whitespace().next()?.parse().ok())
		.map_or_else(
			|| STARTED.get_or_init(Instant::now).elapsed(),
			Duration::from_nanos,
		)
}

/// Time that all threads of this process were given, to a hundredth of a second; where the system does not tell, the time of
/// the clock.
fn process_time() -> Duration {
	static STARTED: OnceLock<Instant> = OnceLock::new();
	let told = fs::read_to_string("/proc/self/stat").ok();
	// Behind the name, which may have spaces: times in the mode of the program and in that of the system.
	let ticks = told.and_then(|line| {
		let mut fields = line.rsplit(')').next()?.split_whitespace().skip(11);
		let mut next = || fields.next()?.parse::<u64>().ok();
		Some(next()? + next()?)
	});
	ticks.map_or_else(
		|| STARTED.get_or_init(Instant::now).elapsed(),
		|ticks| Duration::from_millis(10 * ticks),
	)
}

fn main() -> ExitCode {
	let mut kept = true;
	match std::env::args().nth(1).as_deref() {
		Some("prices") => prices::print(),
		Some("guests") => kept = guests::print(),
		Some("loads") => loads::print(std::env::args().nth(2).as_deref().map(Path::new)),
		// Codes of others: how long they compile, and what is said of them.
		Some("codes") => {
			for path in std::env::args().skip(2) {
				match fs::read(&path) {
					Ok(code) => guests::row(&path, &async_backing_primitives::ValidationCode(code)),
					Err(error) => eprintln!("calibrate: {path}: {error}"),
				}
			}
		}
		_ => {
			prices::print();
			kept = guests::print();
		}
	}
	ExitCode::from(u8::from(!kept))
}
