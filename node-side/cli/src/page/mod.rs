//! Runs as a page: what `--report` writes.

mod command;
mod replayed;
mod run;

pub(crate) use command::quoted;
pub(crate) use replayed::write as write_replay;

use crate::{error::CliError, output, output::Output, table};
use async_backing_devnet::{Devnet, RunConfig, RunReport};
use async_backing_report::{html, picture, Figure, Report, Row, Run, Table};
use std::path::{Path, PathBuf};

/// A page of runs, while they are made.
#[derive(Debug)]
pub(crate) struct Page {
	out: Output,
	path: PathBuf,
	runs: Vec<Run>,
	seed: u64,
}

impl Page {
	/// Opens the file, so that nobody waits for a page that cannot be written.
	///
	/// # Errors
	/// [`CliError::Write`].
	pub(crate) fn open(path: &Path, seed: u64) -> Result<Self, CliError> {
		Ok(Self {
			out: Output::open("report", path)?,
			path: path.to_owned(),
			runs: Vec::new(),
			seed,
		})
	}

	/// Adds a run whose story was kept.
	///
	/// # Errors
	/// The relay chain fails.
	pub(crate) fn add(
		&mut self,
		devnet: &Devnet,
		config: &RunConfig,
		report: &RunReport,
	) -> Result<(), CliError> {
		if let Some(story) = devnet.story()? {
			self.runs.push(run::of(&story, config, report));
		}
		Ok(())
	}

	/// Writes it, and says where.
	///
	/// # Errors
	/// As of [`Output`].
	pub(crate) fn finish(self, reports: &[RunReport], slot_s: f64, quiet: bool) -> Result<(), CliError> {
		let arguments = std::env::args_os().skip(1);
		let arguments: Vec<_> = arguments
			.map(|word| word.to_string_lossy().into_owned())
			.collect();
		let mut report = of_runs(reports, slot_s);
		report.runs = self.runs;
		report.command = command::again(&arguments, Some(self.seed));
		if arguments
			.iter()
			.any(|word| word == "--rpc" || word.starts_with("--rpc="))
		{
			report.notes.push(
				"The run was served to others: what they sent is not part of the command below.".into(),
			);
		}
		finish(self.out, &self.path, &report, quiet)
	}
}

/// Writes a page that is not of single runs. `seed` is what they are drawn from.
///
/// # Errors
/// As of [`Output`].
pub(crate) fn write_alone(
	out: Output,
	path: &Path,
	report: &Report,
	seed: Option<u64>,
) -> Result<(), CliError> {
	let arguments = std::env::args_os().skip(1);
	let arguments: Vec<_> = arguments
		.map(|word| word.to_string_lossy().into_owned())
		.collect();
	let report = Report {
		command: command::again(&arguments, seed),
		version: version(),
		..report.clone()
	};
	put(out, path, &report)
}

/// Whether a file is the standard output.
pub(crate) fn is_stdout(path: Option<&Path>) -> bool {
	path == Some(Path::new("-"))
}

/// Refuses a page and other output on one standard output.
pub(crate) fn check(report: Option<&Path>, other_is_stdout: bool) -> Result<(), CliError> {
	match is_stdout(report) && other_is_stdout {
		false => Ok(()),
		true => Err(CliError::OutOfRange {
			name: "report",
			value: "-".into(),
			allowed: "a file, as the standard output is for '--json'".into(),
		}),
	}
}

/// Whether a file is to be a picture, by its name: of the time lines alone.
fn is_picture(path: &Path) -> bool {
	path.extension().is_some_and(|extension| extension == "svg")
}

/// The time lines of runs whose story was kept, as the command draws them.
#[cfg(test)]
pub(crate) fn time_lines<'a>(
	runs: impl IntoIterator<Item = (&'a Devnet, &'a RunConfig, &'a RunReport)>,
) -> Result<String, CliError> {
	let mut report = Report::default();
	for (devnet, config, of) in runs {
		let story = devnet.story()?;
		report.runs.extend(story.map(|story| run::of(&story, config, of)));
	}
	Ok(picture(&report))
}

fn version() -> String {
	format!("Written by async-backing {}.", env!("CARGO_PKG_VERSION"))
}

fn finish(out: Output, path: &Path, report: &Report, quiet: bool) -> Result<(), CliError> {
	put(out, path, report)?;
	tell(path, quiet)
}

fn put(mut out: Output, path: &Path, report: &Report) -> Result<(), CliError> {
	out.write(&if is_picture(path) {
		picture(report)
	} else {
		html(report)
	})?;
	out.finish()
}

/// Says where a page is: on the standard error, where the standard output belongs to something else.
///
/// # Errors
/// As of [`output::print`].
pub(crate) fn tell(path: &Path, quiet: bool) -> Result<(), CliError> {
	if is_stdout(Some(path)) {
		return Ok(());
	}
	let place = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
	let line = format!("report: file://{}", place.display());
	if quiet {
		output::say(line);
		return Ok(());
	}
	output::print(&format!("\n{line}\n"))
}

/// What is said over runs.
fn of_runs(reports: &[RunReport], slot_s: f64) -> Report {
	let rows = table::rows(reports, slot_s);
	let mut columns: Vec<_> = reports.iter().map(table::name).collect();
	let compared = reports.len() == 2;
	if compared {
		columns.push("ratio".into());
	}
	let width = columns.len();
	let cell = |label: &str, position: usize| {
		let (_, cells) = rows.iter().find(|(of, _)| *of == label)?;
		cells.get(position).filter(|cell| *cell != "-").cloned()
	};
	let last = reports.len().saturating_sub(1);
	let figure = |label: &str, row: &str, note: &dyn Fn() -> Option<String>| Figure {
		label: label.into(),
		value: cell(row, last).unwrap_or_else(|| "none".into()),
		note: note().unwrap_or_default(),
	};
	let synchronous = |row: &str| Some(format!("{} synchronous", cell(row, 0).filter(|_| compared)?));
	let (built, included) = counts(reports.last());
	let mut figures = vec![
		figure("Parablock interval", "mean parablock interval", &|| {
			synchronous("mean parablock interval")
		}),
		figure("Extrinsics per parablock", "extrinsics per parablock", &|| {
			synchronous("extrinsics per parablock")
		}),
		figure("Extrinsics per minute", "extrinsics per minute", &|| {
			let ratio = compared.then(|| cell("extrinsics per minute", 2))??;
			Some(format!("{} times as many", ratio.trim_end_matches('x')))
		}),
	];
	figures.push(Figure {
		label: "Block confidence".into(),
		value: match built {
			0 => "none".into(),
			_ => format!("{:.1} %", 100.0 * f64::from(included) / f64::from(built)),
		},
		note: format!("{included} of {built} parablocks included"),
	});
	Report {
		title: title(reports),
		summary: summary(reports, &cell),
		figures,
		table: Table {
			columns,
			rows: rows
				.iter()
				.map(|(label, cells)| {
					let missing = width.saturating_sub(cells.len());
					Row {
						label: (*label).into(),
						cells: cells
							.iter()
							.cloned()
							.chain(std::iter::repeat_n(String::new(), missing))
							.collect(),
					}
				})
				.collect(),
		},
		version: version(),
		..Report::default()
	}
}

fn counts(report: Option<&RunReport>) -> (u32, u32) {
	let paras = || report.into_iter().flat_map(|report| &report.paras);
	(
		paras().map(|para| para.built).sum(),
		paras().map(|para| para.included).sum(),
	)
}

fn title(reports: &[RunReport]) -> String {
	match reports {
		[one] => format!("One run: {} backing", table::name(one)),
		_ => "Synchronous beside asynchronous backing".into(),
	}
}

/// What came out, in a sentence.
fn summary(reports: &[RunReport], cell: &dyn Fn(&str, usize) -> Option<String>) -> String {
	let ratio = |label| Some(cell(label, 2)?.trim_end_matches('x').to_owned());
	let compared = || {
		Some(format!(
			"A parablock every {} instead of every {}, with {} times the extrinsics in each: {} times the throughput.",
			cell("mean parablock interval", 1)?,
			cell("mean parablock interval", 0)?,
			ratio("extrinsics per parablock")?,
			ratio("extrinsics per minute")?
		))
	};
	let blocks = reports.last().map_or(0, |report| report.relay_blocks);
	let (built, included) = counts(reports.last());
	let alone = || format!("{blocks} relay blocks: {included} of {built} parablocks are included.");
	match reports.len() {
		2 => compared().unwrap_or_else(alone),
		_ => alone(),
	}
}

#[cfg(test)]
mod tests;
