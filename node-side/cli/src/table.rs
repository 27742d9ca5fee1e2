//! The table that `compare` ends with, and the one of a single run.

use async_backing_devnet::{Fate, Idleness, ParaReport, Refusal, RunReport};
use std::fmt::{self, Write};

/// How text is emphasised: on a terminal with colour, elsewhere not at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
	colour: bool,
}

impl Style {
	/// Colour only where somebody sees it.
	pub(crate) fn new(is_terminal: bool) -> Self {
		Self {
			colour: is_terminal && std::env::var_os("NO_COLOR").is_none(),
		}
	}

	/// No colour, whoever reads it.
	#[cfg(test)]
	pub(crate) fn plain() -> Self {
		Self { colour: false }
	}

	fn paint(self, code: &str, text: &str) -> String {
		if self.colour {
			format!("\x1b[{code}m{text}\x1b[0m")
		} else {
			text.into()
		}
	}

	fn bold(self, text: &str) -> String {
		self.paint("1", text)
	}

	fn good(self, text: &str) -> String {
		self.paint("32", text)
	}
}

/// Figures of a run over all its paras.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
	interval_s: Option<f64>,
	interval_overall_s: Option<f64>,
	session_change_cost_s: f64,
	authoring_s: Option<f64>,
	extrinsics_per_block: Option<f64>,
	extrinsics_per_minute: f64,
	pov_bytes_per_minute: f64,
	built: u32,
	backed: u32,
	included: u32,
	timed_out: u32,
	wasted: u32,
	reused: u32,
}

impl Totals {
	fn of(run: &RunReport, slot_s: f64) -> Self {
		let paras = &run.paras;
		// Ordered blocks come as often as somebody orders them, which says nothing about the chain.
		let leasing = || paras.iter().filter(|para| para.orders == 0);
		let sum = |field: fn(&ParaReport) -> u32| paras.iter().map(field).sum();
		let included: u32 = sum(|para| para.included);
		let extrinsics: u64 = paras.iter().map(|para| para.extrinsics_included).sum();
		let bytes: u64 = paras.iter().map(|para| para.pov_bytes_included).sum();
		let minutes = f64::from(run.relay_blocks) * slot_s / 60.0;
		Self {
			interval_s: mean(leasing().filter_map(|para| para.mean_interval_s)),
			interval_overall_s: mean(leasing().filter_map(|para| para.mean_interval_with_session_changes_s)),
			session_change_cost_s: mean(leasing().map(|para| para.session_change_cost_s)).unwrap_or_default(),
			authoring_s: mean(paras.iter().filter_map(|para| para.authoring_s)),
			extrinsics_per_block: (included > 0).then(|| extrinsics as f64 / f64::from(included)),
			extrinsics_per_minute: extrinsics as f64 / minutes,
			pov_bytes_per_minute: bytes as f64 / minutes,
			built: sum(|para| para.built),
			backed: sum(|para| para.backed),
			included,
			timed_out: sum(|para| para.timed_out),
			wasted: sum(|para| para.wasted),
			reused: sum(|para| para.reused),
		}
	}
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
	let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
	(count > 0).then(|| sum / f64::from(count))
}

/// A line of the table.
struct Row {
	label: &'static str,
	value: fn(&Totals) -> Option<f64>,
	show: fn(f64) -> String,
}

const ROWS: &[Row] = &[
	Row {
		label: "mean parablock interval",
		value: |t| t.interval_s,
		show: seconds,
	},
	Row {
		label: "  session changes included",
		value: |t| t.interval_overall_s,
		show: seconds,
	},
	Row {
		label: "lost to session changes",
		value: |t| Some(t.session_change_cost_s),
		show: seconds,
	},
	Row {
		label: "authoring time per parablock",
		value: |t| t.authoring_s,
		show: seconds,
	},
	Row {
		label: "extrinsics per parablock",
		value: |t| t.extrinsics_per_block,
		show: whole,
	},
	Row {
		label: "extrinsics per minute",
		value: |t| Some(t.extrinsics_per_minute),
		show: whole,
	},
	Row {
		label: "parablocks built",
		value: |t| Some(t.built.into()),
		show: whole,
	},
	Row {
		label: "parablocks backed",
		value: |t| Some(t.backed.into()),
		show: whole,
	},
	Row {
		label: "parablocks included",
		value: |t| Some(t.included.into()),
		show: whole,
	},
	Row {
		label: "parablocks reused",
		value: |t| Some(t.reused.into()),
		show: whole,
	},
	Row {
		label: "parablocks timed out",
		value: |t| Some(t.timed_out.into()),
		show: whole,
	},
	Row {
		label: "parablocks wasted",
		value: |t| Some(t.wasted.into()),
		show: whole,
	},
	Row {
		label: "PoV per minute",
		value: |t| Some(t.pov_bytes_per_minute),
		show: megabytes,
	},
];

fn seconds(value: f64) -> String {
	format!("{value:.2} s")
}

fn whole(value: f64) -> String {
	format!("{value:.0}")
}

fn megabytes(value: f64) -> String {
	format!("{:.2} MB", value / 1e6)
}

const LABEL: usize = 30;
const COLUMN: usize = 22;

/// What a run is called.
pub(crate) fn name(run: &RunReport) -> String {
	let (depth, ancestry) = (run.params.max_candidate_depth, run.params.allowed_ancestry_len);
	let kind = if (depth, ancestry) == (0, 0) {
		"synchronous"
	} else {
		"asynchronous"
	};
	format!("{kind} ({depth}, {ancestry})")
}

/// Rows of the table: the label and a cell for each run; of two runs their ratio too, where there is one.
pub(crate) fn rows(runs: &[RunReport], slot_s: f64) -> Vec<(&'static str, Vec<String>)> {
	let totals: Vec<_> = runs.iter().map(|run| Totals::of(run, slot_s)).collect();
	let row = |row: &Row| {
		let values: Vec<_> = totals.iter().map(row.value).collect();
		let shown = values
			.iter()
			.map(|value| value.map_or_else(|| "-".into(), row.show));
		let mut cells: Vec<String> = shown.collect();
		if let [Some(first), Some(second)] = values[..] {
			if first > 0.0 {
				cells.push(format!("{:.2}x", second / first));
			}
		}
		(row.label, cells)
	};
	let mut rows: Vec<_> = ROWS.iter().map(row).collect();
	let refused = runs.iter().map(|run| run.refused_on_chain.to_string());
	rows.push(("candidates refused on-chain", refused.collect()));
	rows
}

/// Writes runs side by side; of two runs their ratio too.
pub(crate) fn write(out: &mut impl Write, runs: &[RunReport], slot_s: f64, style: Style) -> fmt::Result {
	let mut header = format!("{:LABEL$}", "");
	for run in runs {
		write!(header, "{:>COLUMN$}", name(run))?;
	}
	if runs.len() == 2 {
		write!(header, "{:>10}", "ratio")?;
	}
	writeln!(out, "{}", style.bold(&header))?;
	// What no run has is no row, but a reason below.
	let is_there = |(_, cells): &(_, Vec<String>)| cells.iter().take(runs.len()).any(|cell| cell != "-");
	for (label, cells) in rows(runs, slot_s).into_iter().filter(is_there) {
		write!(out, "{label:LABEL$}")?;
		for (position, cell) in cells.iter().enumerate() {
			match position < runs.len() {
				true => write!(out, "{cell:>COLUMN$}")?,
				false => write!(out, "{}", style.good(&format!("{cell:>10}")))?,
			}
		}
		writeln!(out)?;
	}
	for para in runs
		.iter()
		.flat_map(|run| &run.paras)
		.filter(|para| para.orders > 0)
	{
		let label = format!("orders for para {}", para.id);
		let mut figures = format!(
			"{} orders; {} backed, {} included in all",
			para.orders, para.backed, para.included
		);
		if let Some(orders) = &para.order_fates {
			let named = [
				(orders.placed, "placed"),
				(orders.placed_again, "times placed again as a block was full"),
				(orders.failed, "failed"),
				(orders.served, "served"),
				(orders.lost, "lost"),
				(orders.waiting, "waiting"),
			];
			let told = named.iter().filter(|(count, _)| *count > 0);
			let told: Vec<_> = told.map(|(count, name)| format!("{count} {name}")).collect();
			write!(figures, "; {}", told.join(", "))?;
		}
		writeln!(out, "{label:LABEL$}{figures:>COLUMN$}")?;
	}
	for run in runs {
		if run.relay_blocks_lost > 0 {
			let figures = format!(
				"{} of {} relay blocks",
				run.relay_blocks_lost,
				run.relay_blocks.saturating_add(run.relay_blocks_lost)
			);
			writeln!(out, "{:LABEL$}{figures:>COLUMN$}", "lost to another fork")?;
		}
		for failed in &run.failed {
			writeln!(
				out,
				"{} transactions of the run failed: {}",
				failed.transactions, failed.reason
			)?;
		}
	}
	for charged in runs.iter().flat_map(|run| &run.charged) {
		writeln!(
			out,
			"validator {}, which misbehaves, was charged {} times: {}",
			charged.validator, charged.times, charged.reason
		)?;
	}
	write_fates(out, runs)?;
	write_refused(out, runs)?;
	write_idle(out, runs)
}

/// What became of the blocks of paras that lost some.
fn write_fates(out: &mut impl Write, runs: &[RunReport]) -> fmt::Result {
	for para in runs.iter().flat_map(|run| &run.paras) {
		let lost = Fate::ALL.iter().filter(|fate| fate.is_lost());
		let lost = lost.map(|fate| (fate.name(), para.fates.of(*fate)));
		let lost: Vec<_> = lost
			.filter(|(_, count)| *count > 0)
			.map(|(name, count)| format!("{name} {count}"))
			.collect();
		let (Some(confidence), false) = (para.confidence, lost.is_empty()) else {
			continue;
		};
		write!(
			out,
			"para {}: block confidence {:.1} %; lost: {}",
			para.id,
			100.0 * confidence,
			lost.join(", ")
		)?;
		if let Some(latency) = para.latency {
			write!(
				out,
				"; from authoring to inclusion {:.1} s, of 95 in 100 at most {:.1} s",
				latency.mean_s, latency.p95_s
			)?;
		}
		writeln!(out)?;
	}
	Ok(())
}

/// Why candidates that came to nothing did.
fn write_refused(out: &mut impl Write, runs: &[RunReport]) -> fmt::Result {
	for para in runs.iter().flat_map(|run| &run.paras) {
		for Refusal { reason, candidates } in &para.refusals {
			writeln!(out, "para {}: {candidates} not backed: {reason}", para.id)?;
		}
		for Refusal { reason, candidates } in &para.lost {
			writeln!(out, "para {}: {candidates} lost: {reason}", para.id)?;
		}
	}
	Ok(())
}

/// Why paras of which nothing was included have no blocks, and why others have none where one could not be made.
fn write_idle(out: &mut impl Write, runs: &[RunReport]) -> fmt::Result {
	let without = |para: &&ParaReport| para.included == 0;
	for run in runs {
		for para in run.paras.iter().filter(without) {
			write!(out, "para {}: nothing included, {} built", para.id, para.built)?;
			if runs.len() > 1 {
				write!(out, ", {}", name(run))?;
			}
			writeln!(out)?;
			for Idleness { reason, leaves } in &para.idle {
				writeln!(out, "  nothing to build at {leaves} leaves: {reason}")?;
			}
		}
		if run.relay_blocks <= TO_BEGIN
			&& !run.paras.is_empty()
			&& run.paras.iter().all(|para| para.included == 0)
		{
			writeln!(
				out,
				"{}: {} relay blocks are too few. The first parablock is built on relay block 1, backed in block 2 at the \
				 earliest, and included in one after that",
				name(run),
				run.relay_blocks
			)?;
		}
	}
	let with = |para: &&ParaReport| para.included > 0;
	for para in runs.iter().flat_map(|run| run.paras.iter().filter(with)) {
		let failed = |idle: &&Idleness| NO_BLOCK.iter().any(|words| idle.reason.starts_with(words));
		for Idleness { reason, leaves } in para.idle.iter().filter(failed).take(REASONS) {
			writeln!(
				out,
				"para {}: nothing built at {leaves} leaves: {reason}",
				para.id
			)?;
		}
	}
	Ok(())
}

/// Relay blocks that it takes to include anything: built on the first, backed two blocks later where blocks are full, and
/// included in the next one.
pub(crate) const TO_BEGIN: u32 = 4;
/// How reasons begin where the parachain itself has no block, or none that could be backed.
const NO_BLOCK: [&str; 2] = ["no block could be produced", "its block fits nowhere"];
/// As many of those are said: they may name a block each. All are in the JSON.
const REASONS: usize = 3;

#[cfg(test)]
pub(crate) mod tests;
