//! What the run has measured, as text and as Markdown.

use crate::measure::Comparison;
use std::fmt::Write;

/// One row of a table.
#[derive(Clone, Debug)]
pub struct Row {
	pub name: String,
	pub comparison: Comparison,
}

/// Rows about one subject.
#[derive(Clone, Debug)]
pub struct Table {
	pub title: &'static str,
	pub peer: &'static str,
	pub note: String,
	pub rows: Vec<Row>,
}

/// A time with three digits that count.
pub fn time(ns: f64) -> String {
	match ns {
		ns if ns < 1e3 => format!("{ns:.0} ns"),
		ns if ns < 1e4 => format!("{:.2} us", ns / 1e3),
		ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
		ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
		ns => format!("{:.2} s", ns / 1e9),
	}
}

/// A number with commas between thousands.
pub fn count(number: usize) -> String {
	match number {
		0..1_000 => number.to_string(),
		_ => format!("{},{:03}", count(number / 1_000), number % 1_000),
	}
}

/// Rows as a table in Markdown, with a title for what tells them apart.
pub fn table(case: &str, rows: &[Row]) -> String {
	let mut text =
		format!("| {case} | ours | theirs | theirs / ours | 5 % to 95 % |\n|---|---:|---:|---:|---:|\n");
	for Row { name, comparison } in rows {
		let Comparison {
			ours_ns,
			theirs_ns,
			ratio,
			ratio_low,
			ratio_high,
		} = comparison;
		let _ = writeln!(
			text,
			"| {name} | {} | {} | **{}** | {} to {} |",
			time(*ours_ns),
			time(*theirs_ns),
			times(*ratio),
			times(*ratio_low),
			times(*ratio_high),
		);
	}
	text
}

/// A ratio; around 1 with one more digit, because there it says who is faster.
pub fn times(ratio: f64) -> String {
	match ratio {
		ratio if ratio < 2.0 => format!("{ratio:.2}"),
		ratio => format!("{ratio:.1}"),
	}
}

impl Table {
	/// The table in Markdown.
	pub fn markdown(&self) -> String {
		format!(
			"### {}\n\nPeer: {}. {}\n\n{}",
			self.title,
			self.peer,
			self.note,
			table("case", &self.rows)
		)
	}
}

/// What the machine is like, without its name, and what compiled the program.
pub fn machine() -> String {
	let cores = std::thread::available_parallelism().map_or(0, usize::from);
	format!(
		"Machine class: {} {}, {cores} cores, {}. Release profile, {}.",
		std::env::consts::OS,
		std::env::consts::ARCH,
		processor(),
		env!("COMPILER")
	)
}

/// Name of the processor, where the system tells.
fn processor() -> String {
	let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let name = told.lines().find_map(|line| line.strip_prefix("model name"));
	name.map_or("an unknown processor".into(), |name| {
		name.trim_start_matches([' ', '\t', ':']).to_string()
	})
}

/// The published crates that are measured, in the versions that are linked.
pub fn versions() -> String {
	const LOCK: &str = include_str!("../Cargo.lock");
	const PEERS: [&str; 5] = [
		"polkadot-erasure-coding",
		"polkadot-node-core-prospective-parachains",
		"polkadot-node-subsystem-util",
		"polkadot-primitives",
		"polkadot-statement-table",
	];
	let version = |name: &str| {
		let entry = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?.1;
		Some(format!("{name} {}", entry.split_once('"')?.0))
	};
	let versions: Vec<_> = PEERS.into_iter().filter_map(version).collect();
	format!("Published crates: {}.", versions.join(", "))
}
