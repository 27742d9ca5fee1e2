//! `compare --sweep`: synchronous beside asynchronous backing at several values of one flag.

mod told;

use crate::{
	args,
	error::CliError,
	output::{self, Output},
	page, run_watched,
	runtime::Runtime,
	table, warnings,
};
use async_backing_devnet::{RunConfig, RunReport};
use serde::Serialize;
use std::path::Path;

/// What came of a value.
#[derive(Debug, Serialize)]
struct Point {
	/// The value, in the unit of its flag.
	value: u64,
	/// Synchronous, then asynchronous.
	runs: Vec<RunReport>,
}

/// What came of all of them.
#[derive(Debug, Serialize)]
struct Swept {
	/// The flag, without dashes.
	flag: String,
	points: Vec<Point>,
	/// Seconds of a slot.
	#[serde(skip)]
	slot_s: f64,
}

/// Makes the runs, and shows what comes of each value.
pub(crate) fn sweep(args: &args::Compare) -> Result<(), CliError> {
	let Some(sweep) = &args.sweep else { return Ok(()) };
	let given = std::env::args_os().skip(2);
	let given: Vec<_> = given.map(|word| word.to_string_lossy().into_owned()).collect();
	let refuse = |reason| CliError::NoContext {
		flag: "sweep",
		value: sweep.flag.clone(),
		reason,
	};
	let points: Vec<_> = sweep
		.runs(&given)
		.map_err(refuse)?
		.into_iter()
		.map(|(value, compare)| (value, compare.run_configs()))
		.collect();
	// Before anything takes time.
	for config in points.iter().flat_map(|(_, configs)| configs) {
		config.validate()?;
	}
	let common = &args.common;
	page::check(common.report.as_deref(), page::is_stdout(common.json.as_deref()))?;
	let open = |flag, path: &Option<std::path::PathBuf>| {
		let path = path.as_deref();
		path.map(|path| Output::open(flag, path)).transpose()
	};
	let (mut json, out) = (open("json", &common.json)?, open("report", &common.report)?);
	let slot_s = points
		.first()
		.and_then(|(_, configs)| configs.first())
		.map_or(6.0, |config| config.model.slot.as_secs_f64());
	let swept = Swept {
		flag: sweep.flag.clone(),
		points: runs(points, &Runtime::of(&args.network.runtime)?)?,
		slot_s,
	};
	let quiet = [&common.json, &common.report]
		.into_iter()
		.any(|path| page::is_stdout(path.as_deref()));
	if !quiet {
		output::print(&told::text(&swept))?;
	}
	if let Some(out) = out {
		let path = common.report.as_deref().unwrap_or(Path::new("-"));
		page::write_alone(out, path, &told::report(&swept), Some(args.network.seed))?;
		page::tell(path, quiet)?;
	}
	if let Some(json) = &mut json {
		json.write(&(serde_json::to_string_pretty(&swept)? + "\n"))?;
	}
	json.map_or(Ok(()), Output::finish)
}

/// Makes the runs of each point.
fn runs(points: Vec<(u64, Vec<RunConfig>)>, runtime: &Runtime) -> Result<Vec<Point>, CliError> {
	points
		.into_iter()
		.map(|(value, configs)| {
			let runs = configs
				.into_iter()
				.map(|config| Ok(run_watched(config, runtime.clone(), |_| ())?.1))
				.collect::<Result<_, CliError>>()?;
			Ok(Point { value, runs })
		})
		.collect()
}

/// What the command prints with these words.
#[cfg(test)]
pub(crate) fn text_of(line: &str) -> String {
	use crate::args::{Cli, Command};
	use clap::Parser;
	let words: Vec<_> = line.split_whitespace().map(String::from).collect();
	let cli = Cli::try_parse_from(std::iter::once("async-backing".to_owned()).chain(words.clone()));
	let Command::Compare(args) = cli.expect("it parses").command else {
		panic!("{line}")
	};
	let sweep = args.sweep.expect("it sweeps");
	let points = sweep
		.runs(&words[1..])
		.expect("they are flags of compare")
		.into_iter();
	let points: Vec<_> = points
		.map(|(value, compare)| (value, compare.run_configs()))
		.collect();
	let runtime = Runtime::of(&args.network.runtime).expect("there is the compiled runtime");
	told::text(&Swept {
		flag: sweep.flag,
		points: runs(points, &runtime).expect("the relay chain runs"),
		slot_s: 6.0,
	})
}

impl Point {
	/// A row of the usual table: synchronous, asynchronous, ratio.
	fn row(&self, label: &str, slot_s: f64) -> Vec<String> {
		let rows = table::rows(&self.runs, slot_s);
		let found = rows.into_iter().find(|(of, _)| *of == label);
		found.map(|(_, cells)| cells).unwrap_or_default()
	}

	/// Why there is nothing to show of some run.
	fn reasons(&self) -> Vec<String> {
		let of = |run: &RunReport| {
			let reason = warnings::came_to_nothing(run)?;
			Some(format!("{} at {}: {reason}", table::name(run), self.value))
		};
		self.runs.iter().filter_map(of).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::tests::run;

	fn swept() -> Swept {
		let mut nothing = run(0, 0, 12.0, 0);
		for para in &mut nothing.paras {
			(para.built, para.backed, para.included) = (0, 0, 0);
			para.mean_interval_s = None;
			para.authoring_s = None;
		}
		Swept {
			flag: "link-latency-ms".into(),
			points: vec![
				Point {
					value: 50,
					runs: vec![run(0, 0, 12.0, 800), run(4, 3, 6.0, 3200)],
				},
				Point {
					value: 400,
					runs: vec![nothing, run(4, 3, 6.0, 3200)],
				},
			],
			slot_s: 6.0,
		}
	}

	#[test]
	fn the_table_has_a_line_for_each_value_and_a_reason_where_there_is_nothing() {
		let text = told::text(&swept());
		let lines: Vec<_> = text.lines().collect();
		assert!(lines[0].trim_start().starts_with("link-latency-ms"), "{text}");
		let row = |value: &str| {
			let starts = |line: &&&str| line.split_whitespace().next() == Some(value);
			lines.iter().find(starts).expect("there is a line").to_string()
		};
		assert!(row("50").contains("4.00x"), "{text}");
		assert!(row("400").contains('-'), "{text}");
		assert!(
			text.contains("synchronous (0, 0) at 400: no parablock was built in 20 relay blocks"),
			"{text}"
		);
	}

	#[test]
	fn the_page_has_the_curve_with_a_gap_where_there_is_nothing() {
		let report = told::report(&swept());
		let [ratios, both] = &report.chapters[..] else {
			panic!("two chapters")
		};
		let ratio = &ratios.curves[0].lines[0];
		let points: Vec<_> = ratio
			.points
			.iter()
			.map(|point| (point.across, point.thousandths))
			.collect();
		assert_eq!(points, [(50, Some(4000)), (400, None)]);
		assert_eq!(both.table.rows.len(), 2);
		assert!(report.notes.iter().any(|note| note.contains("at 400")));
	}
}
