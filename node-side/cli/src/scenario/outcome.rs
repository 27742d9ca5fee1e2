//! What a run came to: the figures that files speak of, and a row of the table.

use super::file::Figure;
use async_backing_devnet::{Fate, Fates, ParaReport, RunReport};
use std::fmt;

/// A figure of a run.
pub(super) fn figure(figure: Figure, run: &RunReport) -> u32 {
	let sum = |of: fn(&ParaReport) -> u32| run.paras.iter().map(of).fold(0, u32::saturating_add);
	match figure {
		Figure::Built => sum(|para| para.built),
		Figure::Included => sum(|para| para.included),
		Figure::RefusedOnChain => run.refused_on_chain,
		Figure::Wasted => sum(|para| para.wasted),
		Figure::Reused => sum(|para| para.reused),
		Figure::LeastIncluded => run.paras.iter().map(|para| para.included).min().unwrap_or(0),
		Figure::RelayBlocksLost => run.relay_blocks_lost,
		Figure::Sessions => run.sessions,
		Figure::FailedTransactions => u32::try_from(run.failed.len()).unwrap_or(u32::MAX),
	}
}

/// A row of the table in Markdown.
pub(super) struct Row {
	name: String,
	title: String,
	relay_blocks: u32,
	built: u32,
	included: u32,
	latency_s: Option<f64>,
	lost: String,
}

impl Row {
	/// The first two lines.
	pub(super) const HEAD: &'static str = "\
		| scenario | what it is | relay blocks | built | included | confidence | latency, mean | lost, and why |\n\
		|---|---|--:|--:|--:|--:|--:|---|\n";

	pub(super) fn of(name: &str, title: &str, run: &RunReport) -> Self {
		let fates = run
			.paras
			.iter()
			.fold(Fates::default(), |sum, para| sum.and(&para.fates));
		let lost: Vec<_> = Fate::ALL
			.into_iter()
			.filter(|fate| !matches!(fate, Fate::Included | Fate::InFlight))
			.filter(|fate| fates.of(*fate) > 0)
			.map(|fate| format!("{} {}", fates.of(fate), fate.name()))
			.collect();
		let included = figure(Figure::Included, run);
		// Of all paras together: each counts as much as it has blocks.
		let sum: f64 = run
			.paras
			.iter()
			.filter_map(|para| Some(para.latency.as_ref()?.mean_s * f64::from(para.included)))
			.sum();
		Self {
			name: name.into(),
			title: title.into(),
			relay_blocks: run.relay_blocks,
			built: figure(Figure::Built, run),
			included,
			latency_s: (included > 0).then(|| sum / f64::from(included)),
			lost: match lost.is_empty() {
				true => "none".into(),
				false => lost.join(", "),
			},
		}
	}
}

impl fmt::Display for Row {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self {
			name,
			title,
			relay_blocks,
			built,
			included,
			latency_s,
			lost,
		} = self;
		let confidence = match built {
			0 => "-".to_owned(),
			built => format!("{:.0} %", 100.0 * f64::from(*included) / f64::from(*built)),
		};
		let latency = latency_s.map_or("-".to_owned(), |seconds| format!("{seconds:.1} s"));
		writeln!(
			f,
			"| [{name}]({name}.toml) | {title} | {relay_blocks} | {built} | {included} | {confidence} | {latency} | {lost} |"
		)
	}
}
