//! Times of hostile guests: without a clock, by the time that the system gave the thread; by the clock where fuel does not hold one.

use crate::{
	common::{
		guests::catalogue::{all, Case, End},
		validation_data,
	},
	cpu_time, process_time,
};
use async_backing_primitives::{BlockData, PoV, ValidationCode};
use async_backing_pvf::{
	validation_params, Engine, Failure, InProcess, InProcessConfig, Limits, PvfConfig, PvfEngine, Unfinished,
	STRETCH,
};
use std::{
	fs,
	time::{Duration, Instant},
};

/// What each of them gets: half a second's worth.
const FUEL: u64 = async_backing_pvf::FUEL_PER_SECOND / 2;
/// What a worker may write to, in MiB: the bound that is stated for a guest and its compilation.
const MEMORY: u64 = 2 << 10;
/// How much later than it should a guest may be ended on a machine that has other work, in per cent.
const SLACK: u32 = 10;
/// Nobody waits that long.
const LONG: Duration = Duration::from_secs(600);

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

/// What a row says, and whether it keeps what is promised.
struct Row {
	line: String,
	kept: bool,
}

fn millis(time: Duration) -> String {
	format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn measure(case: &Case) -> Row {
	let Case { name, code, pov, .. } = case;
	let bytes = match name.starts_with("PoV") {
		true => pov.block_data.0.len(),
		false => code.0.len(),
	};
	let limits = Limits {
		fuel: FUEL,
		..Limits::default()
	};
	// Fuel alone, and fuel with a clock.
	let (untimed, timed) = (
		PvfEngine::new(PvfConfig::default()).expect("the defaults are good"),
		InProcess::new(InProcessConfig::default()).expect("the defaults are good"),
	);
	peak();
	let before = peak();
	let started = process_time();
	let prepared = untimed.prepare(code);
	let preparation = millis(process_time().saturating_sub(started));
	let compiling = peak().saturating_sub(before);
	let pvf = match prepared {
		Err(error) => {
			return Row {
				line: format!("| {name} | {bytes} | {preparation}, {compiling} MiB | | | | {error} |"),
				kept: compiling <= MEMORY,
			}
		}
		Ok(pvf) => pvf,
	};
	let by = || Instant::now() + LONG;
	let artifact = timed.prepare(code, usize::MAX, by()).expect("it was prepared");
	let before = peak();
	let (started, cpu) = (Instant::now(), cpu_time());
	let params = validation_params(&validation_data(), pov).map_err(Failure::Verdict);
	let outcome = params.and_then(|params| match case.end {
		End::Clock => timed.execute(&artifact, &params, &limits, by()),
		_ => pvf.validate(&params, &limits).map_err(Failure::Verdict),
	});
	let (wall, mut took) = (started.elapsed(), cpu_time().saturating_sub(cpu));
	let memory = peak().saturating_sub(before);
	let promised = limits.worth();
	let (fuel, outcome) = match outcome {
		Ok(valid) => {
			let used = Limits {
				fuel: valid.fuel_used,
				..limits
			};
			(millis(used.worth()), "valid".to_owned())
		}
		Err(Failure::Unfinished(Unfinished::Late)) => {
			took = wall;
			(millis(promised), "ended by the clock: no verdict".to_owned())
		}
		Err(error) => {
			let error = error.to_string();
			let words: Vec<_> = error.split_whitespace().collect();
			// Only who ran out of it is known to have used it.
			let all = error.contains("ran out");
			let fuel = if all { millis(promised) } else { String::new() };
			(fuel, words.join(" "))
		}
	};
	Row {
		line: format!(
			"| {name} | {bytes} | {preparation}, {compiling} MiB | {fuel} | {} | {memory} MiB | {outcome} |",
			millis(took)
		),
		kept: took <= promised * STRETCH * (100 + SLACK) / 100 && compiling.max(memory) <= MEMORY,
	}
}

/// A row for other code, with a block that it will not know.
pub(crate) fn row(name: &str, code: &ValidationCode) {
	let case = Case {
		name: name.into(),
		code: code.clone(),
		pov: PoV {
			block_data: BlockData(vec![8; 100]),
		},
		end: End::Valid,
	};
	println!("{}", measure(&case).line);
}

/// The table, and whether each guest ended as it has to, in the time that its fuel promises and within the memory.
pub(crate) fn print() -> bool {
	println!("| guest | bytes | preparation | fuel used is worth | takes | memory | outcome |");
	println!("|---|---|---|---|---|---|---|");
	let mut all_kept = true;
	for case in all() {
		let Row { line, kept } = measure(&case);
		println!("{line}");
		if !kept {
			eprintln!("calibrate: not within what is promised: {line}");
		}
		all_kept &= kept;
	}
	all_kept
}
