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
fn time(ns: f64) -> String {
	match ns {
		ns if ns < 1e3 => format!("{ns:.0} ns"),
		ns if ns < 1e4 => format!("{:.2} us", ns / 1e3),
		ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
		ns => format!("{:.2} ms", ns / 1e6),
	}
}

impl Table {
	/// The table in Markdown.
	pub fn markdown(&self) -> String {
		let mut text = format!("## {}\n\nPeer: {}. {}\n\n", self.title, self.peer, self.note);
		text.push_str("| case | ours | theirs | theirs / ours | 5 % to 95 % |\n|---|---:|---:|---:|---:|\n");
		for Row { name, comparison } in &self.rows {
			let Comparison {
				ours_ns,
				theirs_ns,
				ratio,
				ratio_low,
				ratio_high,
			} = comparison;
			let _ = writeln!(
				text,
				"| {name} | {} | {} | **{ratio:.1}** | {ratio_low:.1} to {ratio_high:.1} |",
				time(*ours_ns),
				time(*theirs_ns)
			);
		}
		text
	}
}

/// What the machine is like, without its name.
pub fn machine() -> String {
	let cores = std::thread::available_parallelism().map_or(0, usize::from);
	format!(
		"Machine class: {} {}, {cores} cores, shared virtual machine. Release profile.",
		std::env::consts::OS,
		std::env::consts::ARCH
	)
}
