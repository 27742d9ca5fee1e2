//! `scenario`: runs that files describe, and whether they came to what the files expect.
//!
//! A scenario is nothing but arguments of `dev`, so that what is stopped in it is made again by `rerun` like any other run.

mod file;
mod outcome;

use crate::{
	args,
	error::CliError,
	output::{self, Output},
	rerun, run_prepared,
	runtime::Runtime,
	table::{self, Style},
};
use async_backing_devnet::{Report, RunReport};
use file::File;
use outcome::{figure, Row};
use std::{
	io::IsTerminal,
	path::{Path, PathBuf},
};

/// Reads a file.
fn load(path: &Path) -> Result<File, CliError> {
	let wrong = |reason: String| CliError::NoScenario {
		path: path.display().to_string(),
		reason,
	};
	let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
	let folder = path.parent().unwrap_or(Path::new("."));
	File::read(&text, folder).map_err(|error| wrong(error.to_string()))
}

/// Makes the run of a file.
fn run(file: &File) -> Result<RunReport, CliError> {
	let dev = rerun::dev(&file.arguments).map_err(|error| CliError::NoScenario {
		path: file.title.clone(),
		reason: error.to_string(),
	})?;
	let mut config = dev.run_config();
	let runtime = Runtime::of(&dev.network.runtime)?;
	let foreign = crate::foreign::load(&dev.para_specs, config.seed, &runtime.executor)?;
	match foreign.is_empty() {
		true => config.validate()?,
		false => crate::foreign::place(&mut config, &foreign)?,
	}
	let (_, report) = run_prepared(config.clone(), runtime, foreign, |_| Ok(()))
		.map_err(|error| rerun::keep(error, &config, &file.arguments))?;
	Ok(report)
}

/// What does not come up to what the file expects.
fn missed(file: &File, report: &RunReport) -> Vec<String> {
	let missed = file.expected.iter().filter_map(|expected| {
		let got = figure(expected.figure, report);
		let is_there = (expected.least..=expected.most).contains(&got);
		(!is_there).then(|| format!("expected {expected}, but it is {got}"))
	});
	missed.collect()
}

/// The name of a file without its folder and ending.
fn name(path: &Path) -> String {
	path.file_stem()
		.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// Makes the runs of all files that were asked for.
pub(crate) fn scenario(args: &args::Scenario) -> Result<(), CliError> {
	let files: Vec<(&PathBuf, File)> = args
		.files
		.iter()
		.map(|path| Ok((path, load(path)?)))
		.collect::<Result<_, CliError>>()?;
	if args.dry_run {
		let line = |(_, file): &(_, File)| format!("async-backing dev {}\n", quoted(&file.arguments));
		return output::print(&files.iter().map(line).collect::<String>());
	}
	let mut json = args
		.json
		.as_deref()
		.map(|path| Output::open("json", path))
		.transpose()?;
	let quiet = args.json.as_deref() == Some(Path::new("-"));
	let mut failed = 0;
	let mut runs = Vec::new();
	if args.table && !quiet {
		output::print(Row::HEAD)?;
	}
	for (path, file) in &files {
		let report = run(file)?;
		let missed = missed(file, &report);
		if !quiet {
			let text = match args.table {
				true => Row::of(&name(path), &file.title, &report).to_string(),
				false => told(file, &report)?,
			};
			output::print(&text)?;
		}
		failed += usize::from(!missed.is_empty());
		for line in missed {
			eprintln!("{}: {line}", path.display());
		}
		runs.push(report);
	}
	if let Some(json) = &mut json {
		json.write(&(serde_json::to_string_pretty(&Report::new(0, runs))? + "\n"))?;
	}
	json.map_or(Ok(()), Output::finish)?;
	match failed {
		0 => Ok(()),
		failed => Err(CliError::Unexpected { failed }),
	}
}

/// A run as `dev` shows it, under its title.
fn told(file: &File, report: &RunReport) -> Result<String, CliError> {
	let mut text = format!("{}\n\n", file.title);
	let style = Style::new(std::io::stdout().is_terminal());
	table::write(&mut text, std::slice::from_ref(report), 6.0, style).map_err(|_| CliError::Format)?;
	for expected in &file.expected {
		let got = figure(expected.figure, report);
		text += &format!("{expected}: {got}\n");
	}
	Ok(text + "\n")
}

/// Words for a shell.
fn quoted(words: &[String]) -> String {
	let quote = |word: &String| match word
		.chars()
		.all(|c| c.is_ascii_alphanumeric() || "-=.,:@_/".contains(c))
	{
		true => word.clone(),
		false => format!("'{}'", word.replace('\'', r"'\''")),
	};
	words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{HostConfiguration, OccupiedCoreAssumption, ParaId, ValidationCodeHash};

	/// What is in the state of a run's head.
	fn at_the_end(name: &str) -> (HostConfiguration, [ValidationCodeHash; 2]) {
		let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios");
		let file = load(&path.join(name)).expect("it is in the gallery");
		let dev = rerun::dev(&file.arguments).expect("they are arguments of dev");
		let runtime = Runtime::of(&dev.network.runtime).expect("it is built in");
		let (devnet, _) =
			run_prepared(dev.run_config(), runtime, Vec::new(), |_| Ok(())).expect("nothing breaks");
		let client = devnet.relay().client();
		let best = client.best().hash;
		let code = |id| {
			let asked = (ParaId(id), OccupiedCoreAssumption::Included);
			let code: Option<ValidationCodeHash> = client
				.call(best, "ParachainHost_validation_code_hash", asked)
				.expect("the runtime answers");
			code.expect("it is a para")
		};
		let config = client
			.call(best, "AsyncBackingApi_active_configuration", ())
			.expect("the runtime answers");
		(config, [code(2000), code(2001)])
	}

	#[test]
	fn r_code_3_a_para_that_upgrades_has_another_code_at_the_end() {
		let (_, [upgraded, other]) = at_the_end("code-upgrade-mid-flight.toml");
		assert_ne!(upgraded, other, "R-CODE-3");
	}

	#[test]
	fn what_root_says_is_in_force_at_the_end() {
		let (config, [one, other]) = at_the_end("governance-mid-flight.toml");
		assert_eq!(config.async_backing_params.max_candidate_depth, 1);
		assert_eq!(one, other);
	}
}
