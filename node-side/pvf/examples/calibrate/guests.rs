//! Times of hostile guests.

use crate::{
	common::{guests, params},
	cpu_time,
};
use async_backing_primitives::ValidationCode;
use async_backing_pvf::{Limits, PvfConfig, PvfEngine, FUEL_PER_SECOND};
use std::{fs, time::Instant};

/// What each of them gets: a tenth of a second's worth.
const FUEL: u64 = FUEL_PER_SECOND / 10;

/// Peak of resident memory since the last time, in MiB. Zero where the system does not tell.
fn peak() -> u64 {
	let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
	let line = status
		.lines()
		.find(|line| line.starts_with("VmHWM"))
		.unwrap_or_default();
	let kib: u64 = line
		.split_whitespace()
		.nth(1)
		.and_then(|kib| kib.parse().ok())
		.unwrap_or(0);
	// Resets the peak.
	let _ = fs::write("/proc/self/clear_refs", "5");
	kib / 1024
}

pub(crate) fn row(name: &str, code: &ValidationCode) {
	peak();
	let before = peak();
	let engine = PvfEngine::new(PvfConfig::default()).expect("the defaults are good");
	let started = Instant::now();
	let prepared = engine.prepare(code);
	let preparation = started.elapsed().as_millis();
	let compiling = peak().saturating_sub(before);
	let bytes = code.0.len();
	match prepared {
		Err(error) => println!("| {name} | {bytes} | {preparation} ms, {compiling} MiB | | | | {error} |"),
		Ok(pvf) => {
			let before = peak();
			let started = cpu_time();
			let limits = Limits {
				fuel: FUEL,
				..Limits::default()
			};
			let outcome = pvf.validate(&params(), &limits);
			let took = cpu_time().saturating_sub(started).as_millis();
			let memory = peak().saturating_sub(before);
			let (fuel, outcome) = match outcome {
				Ok(valid) => (
					format!("{}", valid.fuel_used * 1000 / FUEL_PER_SECOND),
					"valid".to_owned(),
				),
				Err(error) => ("100".to_owned(), error.to_string()),
			};
			println!(
				"| {name} | {bytes} | {preparation} ms, {compiling} MiB | {fuel} ms | {took} ms | {memory} MiB | {outcome} |"
			);
		}
	}
}

pub(crate) fn print() {
	println!("| guest | bytes | preparation | fuel is worth | takes | memory | outcome |\n|---|---|---|---|---|---|---|");
	row("endless loop", &guests::forever(&Default::default(), |_| ()));
	row("chase of pointers through 128 MiB", &guests::pointer_chase());
	row("chain of divisions", &guests::divisions());
	row(
		"ordered trie root of 33,554,432 empty values",
		&guests::root_of_nothing(),
	);
	row("trie root of 3000 keys that nest", &guests::nested_keys(3000));
	row("trie root of 200 keys that nest", &guests::nested_keys(200));
	row("empty lines of log", &guests::logging(0));
	row("lines of log of a MiB", &guests::logging(1 << 20));
	row("calls that do nothing", &guests::idle_calls());
	row("`memory.grow` that is refused", &guests::growing(60_000));
	row("`memory.grow` by nothing", &guests::growing(0));
	for (depth, locals) in [(12, 1000), (20, 1000), (100, 50), (200, 10), (1400, 1200)] {
		row(
			&format!("{depth} nested loops with {locals} locals"),
			&guests::nested_loops(depth, locals),
		);
	}
	for (depth, locals) in [(500, 500), (1000, 100), (4000, 100), (4000, 4000)] {
		row(
			&format!("{depth} nested blocks with {locals} locals"),
			&guests::nested_blocks(depth, locals),
		);
	}
	for instructions in [100_000, 200_000, 499_000] {
		row(
			&format!("{instructions} instructions in one line"),
			&guests::straight_line(instructions),
		);
	}
	for targets in [1000, 4000] {
		row(
			&format!("jump table with {targets} targets"),
			&guests::jump_table(targets),
		);
	}
}
