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
use async_backing_devnet::{DevnetError, Report, RootCall, RunReport};
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

/// Something that is wrong with a file, of which only it can be the reason.
fn of_file(path: &Path, error: CliError) -> CliError {
	match error {
		error @ CliError::NoScenario { .. } => error,
		error if error.is_usage() => CliError::NoScenario {
			path: path.display().to_string(),
			reason: error.to_string(),
		},
		error => error,
	}
}

/// The arguments of a file.
fn dev(path: &Path, file: &File) -> Result<args::Dev, CliError> {
	rerun::dev(&file.arguments).map_err(|error| CliError::NoScenario {
		path: path.display().to_string(),
		reason: error.to_string(),
	})
}

/// Checks that the runtime of a file has what root is to call in it. Nothing runs for that.
fn check_calls(path: &Path, file: &File) -> Result<(), CliError> {
	let dev = dev(path, file)?;
	let calls = dev.run_config().root_calls;
	if calls.is_empty() {
		return Ok(());
	}
	let runtime = Runtime::of(&dev.network.runtime).map_err(|error| of_file(path, error))?;
	match RootCall::check_all(&calls, &runtime.code, runtime.executor) {
		Err(DevnetError::Root(wrong)) => Err(CliError::NoScenario {
			path: path.display().to_string(),
			reason: file.wrong_call(&wrong).to_string(),
		}),
		checked => checked.map_err(|error| of_file(path, error.into())),
	}
}

/// Makes the run of a file.
fn run(path: &Path, file: &File) -> Result<RunReport, CliError> {
	let dev = dev(path, file)?;
	let prepare = || {
		let mut config = dev.run_config();
		let runtime = Runtime::of(&dev.network.runtime)?;
		let foreign = crate::foreign::load(&dev.para_specs, config.seed, &runtime.executor)?;
		match foreign.is_empty() {
			true => config.validate()?,
			false => crate::foreign::place(&mut config, &foreign)?,
		}
		Ok((config, runtime, foreign))
	};
	let (config, runtime, foreign) = prepare().map_err(|error| of_file(path, error))?;
	let (_, report) = run_prepared(config.clone(), runtime, foreign, |_| Ok(()))
		.map_err(|error| of_file(path, rerun::keep(error, &config, &file.arguments)))?;
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
	for (path, file) in &files {
		check_calls(path, file)?;
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
		let report = run(path, file)?;
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
			output::say(format_args!("{}: {line}", path.display()));
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
	fn what_root_cannot_call_is_told_with_its_line_and_key() {
		let rows = [
			("nope", "set_max_code_size", "{ new = 1000 }", "line 4: pallet: "),
			("configuration", "nope", "{ new = 1000 }", "line 5: call: "),
			(
				"configuration",
				"set_max_code_size",
				"{ old = 1 }",
				"line 6: arguments: ",
			),
			(
				"configuration",
				"set_max_code_size",
				"{ new = -1 }",
				"line 6: arguments: ",
			),
		];
		let path = Path::new("wrong.toml");
		for (pallet, call, arguments, at) in rows {
			let text = format!(
				"title = \"a\"\n[[root]]\nafter = 1\npallet = \"{pallet}\"\ncall = \"{call}\"\narguments = {arguments}\n"
			);
			let file = File::read(&text, Path::new(".")).expect("it reads");
			let error = check_calls(path, &file).expect_err("there is no such call");
			assert!(error.is_usage(), "{error}");
			let told = error.to_string();
			assert!(told.starts_with(&format!("wrong.toml: {at}")), "{told}");
		}
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
