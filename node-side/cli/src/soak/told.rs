//! What runs of `soak` came to, as a page: how they ended, what became of their parablocks, by fault, and how to make one of
//! them again.

use super::{mix::Plan, state::Outcome};
use crate::{args, error::CliError, output::Output, page};
use async_backing_devnet::Fate;
use async_backing_report::{Chapter, Figure, Report, Row, Table};
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
};

/// Writes the page.
pub(super) fn write(out: Output, args: &args::Soak, outcomes: &[Outcome]) -> Result<(), CliError> {
	let path = args.report.as_deref().unwrap_or(Path::new("-"));
	page::write_alone(out, path, &report(args, outcomes), Some(args.seed))
}

fn row(label: impl ToString, cells: impl IntoIterator<Item = String>) -> Row {
	Row {
		label: label.to_string(),
		cells: cells.into_iter().collect(),
	}
}

fn columns<const N: usize>(names: [&str; N]) -> Vec<String> {
	names.map(String::from).into()
}

/// Included of built, in words.
fn confidence(included: u64, built: u64) -> String {
	match built {
		0 => "-".into(),
		_ => format!("{:.1} %", 100.0 * included as f64 / built as f64),
	}
}

/// The page of runs.
pub(super) fn report(args: &args::Soak, outcomes: &[Outcome]) -> Report {
	let runs: Vec<_> = outcomes
		.iter()
		.map(|outcome| (outcome, Plan::draw(args, outcome.run)))
		.collect();
	let sum = |of: fn(&Outcome) -> u32| outcomes.iter().map(|outcome| u64::from(of(outcome))).sum::<u64>();
	let (built, included) = (sum(|outcome| outcome.built), sum(|outcome| outcome.included));
	let broke = outcomes.iter().filter(|outcome| outcome.broke.is_some()).count();
	let noticed = match args.beyond {
		true => {
			"more validators misbehave than may, so that something has to break, or those who contradict themselves have to be \
			 charged for it"
		}
		false => "of n = 3 f + 1 validators up to f misbehave or crash at once",
	};
	let figure = |label: &str, value: String, note: String| Figure {
		label: label.into(),
		value,
		note,
	};
	let mut chapters = vec![all(&runs), fates(outcomes), faults(&runs)];
	chapters.extend((broke > 0).then(|| what_broke(&runs)));
	chapters.push(again(&runs));
	Report {
		title: "Runs in which things go wrong".into(),
		summary: format!(
			"{} runs of {} relay blocks with faults out of seed {}: {}; {included} of {built} parablocks are included.",
			outcomes.len(),
			args.blocks,
			args.seed,
			match broke {
				0 => "nothing broke".to_owned(),
				broke => format!("something broke in {broke}"),
			}
		),
		figures: vec![
			figure("Runs", outcomes.len().to_string(), format!("{} validators each", args.validators)),
			figure("Broken", broke.to_string(), "runs in which something did not hold".into()),
			figure(
				"Relay blocks",
				sum(|outcome| outcome.relay_blocks).to_string(),
				"in runs that went to their end".into(),
			),
			figure(
				"Block confidence",
				confidence(included, built),
				format!("{included} of {built} parablocks included"),
			),
		],
		notes: vec![format!(
			"Faults are drawn from the seed: {noticed}, whatever else goes wrong. Until slot {} things go wrong, then all is \
			 calm, and every para has to live. What has to hold is looked at after every event of every run.",
			args.blocks / 2
		)],
		chapters,
		..Report::default()
	}
}

/// One line for each run.
fn all(runs: &[(&Outcome, Plan)]) -> Chapter {
	let lost = |outcome: &Outcome| {
		let lost = Fate::ALL.iter().filter(|fate| fate.is_lost());
		let lost = lost.filter_map(|fate| {
			let count = outcome.fates.get(fate.name())?;
			Some(format!("{} {count}", fate.name()))
		});
		lost.collect::<Vec<_>>().join(", ")
	};
	let rows = runs.iter().map(|(outcome, plan)| {
		row(
			outcome.run,
			[
				outcome.broke.clone().unwrap_or_else(|| "all held".into()),
				outcome.built.to_string(),
				outcome.included.to_string(),
				confidence(outcome.included.into(), outcome.built.into()),
				lost(outcome),
				plan.faults(),
			],
		)
	});
	Chapter {
		title: "Runs".into(),
		text: "A run in which something did not hold was stopped there.".into(),
		rows_are: "run".into(),
		table: Table {
			columns: columns(["result", "built", "included", "confidence", "lost", "faults"]),
			rows: rows.collect(),
		},
		..Chapter::default()
	}
}

/// What became of the parablocks of all runs.
fn fates(outcomes: &[Outcome]) -> Chapter {
	let total: u64 = outcomes
		.iter()
		.flat_map(|outcome| outcome.fates.values())
		.map(|count| u64::from(*count))
		.sum();
	let rows = Fate::ALL.iter().map(|fate| {
		let counts = || {
			outcomes
				.iter()
				.filter_map(|outcome| outcome.fates.get(fate.name()))
		};
		let count: u64 = counts().map(|count| u64::from(*count)).sum();
		row(
			fate.name(),
			[
				count.to_string(),
				confidence(count, total),
				counts().count().to_string(),
			],
		)
	});
	Chapter {
		title: "What became of their parablocks".into(),
		text: "Every parablock that a collator built ends in exactly one class.".into(),
		rows_are: "class".into(),
		table: Table {
			columns: columns(["parablocks", "share", "runs with any"]),
			rows: rows.collect(),
		},
		..Chapter::default()
	}
}

/// What runs with each kind of fault came to.
fn faults(runs: &[(&Outcome, Plan)]) -> Chapter {
	let mut by_kind: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
	for (outcome, plan) in runs {
		let kinds: BTreeSet<_> = plan.kinds().into_iter().collect();
		for kind in kinds {
			by_kind.entry(kind).or_default().push(outcome);
		}
	}
	let rows = by_kind.into_iter().map(|(kind, of)| {
		let sum = |what: fn(&Outcome) -> u32| of.iter().map(|outcome| u64::from(what(outcome))).sum::<u64>();
		let (built, included) = (sum(|outcome| outcome.built), sum(|outcome| outcome.included));
		let broke = of.iter().filter(|outcome| outcome.broke.is_some()).count();
		row(
			kind,
			[
				of.len().to_string(),
				built.to_string(),
				included.to_string(),
				confidence(included, built),
				broke.to_string(),
			],
		)
	});
	Chapter {
		title: "By fault".into(),
		text: "A run has several faults, and counts for each of them.".into(),
		rows_are: "fault".into(),
		table: Table {
			columns: columns(["runs", "built", "included", "confidence", "broken"]),
			rows: rows.collect(),
		},
		..Chapter::default()
	}
}

/// What did not hold, and what is left of the run that shows it.
fn what_broke(runs: &[(&Outcome, Plan)]) -> Chapter {
	let broken = runs.iter().filter_map(|(outcome, _)| {
		let invariant = outcome.broke.clone()?;
		let (smaller, file) = outcome.smaller.clone().unwrap_or_default();
		Some(row(
			outcome.run,
			[invariant, outcome.message.clone(), smaller, file],
		))
	});
	Chapter {
		title: "What broke".into(),
		text: "Faults were taken away as long as the same thing broke without them: what is left are arguments of async-backing \
		       dev, and a file for async-backing rerun."
			.into(),
		rows_are: "run".into(),
		table: Table {
			columns: columns(["what did not hold", "objects", "smaller run", "file"]),
			rows: broken.collect(),
		},
		..Chapter::default()
	}
}

/// The command of each run.
fn again(runs: &[(&Outcome, Plan)]) -> Chapter {
	let rows = runs
		.iter()
		.map(|(outcome, plan)| row(outcome.run, [plan.seed().to_string(), plan.command()]));
	Chapter {
		title: "One run again".into(),
		text: "Each run is a command of its own, with its seed.".into(),
		rows_are: "run".into(),
		table: Table {
			columns: columns(["seed", "command"]),
			rows: rows.collect(),
		},
		is_folded: true,
		..Chapter::default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::args::{Cli, Command};
	use async_backing_report::html;
	use clap::Parser;

	fn soak(line: &str) -> args::Soak {
		let words = std::iter::once("async-backing").chain(line.split_whitespace());
		match Cli::try_parse_from(words).expect("it parses").command {
			Command::Soak(soak) => soak,
			other => panic!("{other:?}"),
		}
	}

	fn outcome(run: u32, broke: Option<&str>) -> Outcome {
		let fates = [("included", 150), ("fork lost", 7), ("parent lost", 3)];
		Outcome {
			run,
			relay_blocks: if broke.is_some() { 0 } else { 100 },
			built: 160,
			included: 150,
			events: "0x01".into(),
			broke: broke.map(String::from),
			fates: fates.map(|(name, count)| (name.to_owned(), count)).into(),
			charged: [].into(),
			message: broke
				.map(|_| "para 2000 <is> dead".to_owned())
				.unwrap_or_default(),
			smaller: broke.map(|_| ("--seed 9 --loss 2".to_owned(), "para-lives-00.rerun".to_owned())),
		}
	}

	#[test]
	fn a_page_says_how_each_run_ended_and_how_to_make_it_again() {
		let args = soak("soak --seed 1 --runs 2 --report soak.html");
		let report = report(&args, &[outcome(0, None), outcome(1, Some("para-lives"))]);
		let titles: Vec<_> = report
			.chapters
			.iter()
			.map(|chapter| chapter.title.as_str())
			.collect();
		assert_eq!(
			titles,
			[
				"Runs",
				"What became of their parablocks",
				"By fault",
				"What broke",
				"One run again"
			]
		);
		let runs = &report.chapters[0].table.rows;
		assert_eq!(runs[0].cells[..4], ["all held", "160", "150", "93.8 %"]);
		assert_eq!(runs[0].cells[4], "fork lost 7, parent lost 3");
		assert_eq!(runs[1].cells[0], "para-lives");
		let again = &report.chapters[4].table.rows[0];
		assert_eq!(again.cells[0], "1000003", "the seed of the first run");
		// A run of its own, that the parser of the command takes.
		let words: Vec<_> = again.cells[1]
			.split_whitespace()
			.map(|word| word.trim_matches('\''))
			.collect();
		let Command::Dev(dev) = Cli::try_parse_from(words).expect("it parses").command else {
			panic!("it is a run of dev")
		};
		assert_eq!(dev.run_config().seed, 1_000_003);
		let page = html(&report);
		assert!(page.contains("para 2000 &lt;is&gt; dead"));
		assert!(page.len() < 100_000, "{}", page.len());
	}

	#[test]
	fn a_thousand_runs_fit() {
		let args = soak("soak --seed 1");
		let outcomes: Vec<_> = (0..1000).map(|run| outcome(run, None)).collect();
		let page = html(&report(&args, &outcomes));
		assert!(page.len() < 2_000_000, "{} bytes", page.len());
	}
}
