//! Runs that were stopped, as files: written when something does not hold, and made again by `rerun`.
//!
//! A run follows from its parameters and its seed. A file has these as the arguments of `dev`, and the number and hash of
//! the run's steps, so that whoever makes the run again knows that it is the same one.

use crate::{
	args::{self, Cli, Command},
	error::CliError,
	output::{self, Output},
	run_prepared,
	runtime::Runtime,
};
use async_backing_devnet::{Devnet, DevnetError, RunConfig, RunReport, Violation};
use async_backing_foreign_parachain::ForeignPara;
use clap::Parser;
use serde::{Deserialize, Serialize};
use std::{fmt::Write, path::PathBuf};

/// What a file of a stopped run of the devnet begins with: its first line.
pub(crate) const MAGIC: &str = "async-backing rerun 1: devnet\n";

/// Flags of a run that say where something goes, or to whom, and nothing of what it is.
const PLACES: [&str; 4] = ["--json", "--report", "--record", "--of"];

/// A stopped run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stopped {
	/// Version of the program that wrote it.
	pub(crate) version: String,
	/// Arguments of `dev`.
	pub(crate) arguments: Vec<String>,
	/// Name of what does not hold.
	pub(crate) invariant: String,
	/// With the objects.
	pub(crate) message: String,
	/// Number of the last step.
	pub(crate) event: u64,
	/// Hash of all steps up to it, as hexadecimal text.
	pub(crate) events: String,
	/// When it was, in virtual seconds.
	pub(crate) at_s: f64,
	/// What happened last, oldest first.
	pub(crate) last: Vec<String>,
}

impl Stopped {
	pub(crate) fn new(arguments: Vec<String>, violation: &Violation) -> Self {
		Self {
			version: env!("CARGO_PKG_VERSION").into(),
			arguments,
			invariant: violation.invariant.name().into(),
			message: violation.message.clone(),
			event: violation.event,
			events: hexadecimal(&violation.trace),
			at_s: violation.at.as_secs_f64(),
			last: violation.last.clone(),
		}
	}

	/// The file's text.
	pub(crate) fn text(&self) -> Result<String, CliError> {
		Ok(format!("{MAGIC}{}\n", serde_json::to_string_pretty(self)?))
	}

	/// Out of a file's text.
	fn read(text: &str) -> Result<Self, String> {
		let rest = text
			.strip_prefix(MAGIC)
			.ok_or_else(|| format!("does not begin with '{}'", MAGIC.trim_end()))?;
		serde_json::from_str(rest).map_err(|error| error.to_string())
	}

	/// The command line that makes the run.
	pub(crate) fn command(&self) -> String {
		format!("async-backing dev {}", self.arguments.join(" "))
	}

	/// Writes it into a new file of the working folder, and says which.
	pub(crate) fn keep(&self) -> Result<PathBuf, CliError> {
		let start: String = self.events.chars().take(8).collect();
		let path = PathBuf::from(format!("{}-{start}.rerun", self.invariant));
		let mut out = Output::open("rerun", &path)?;
		out.write(&self.text()?)?;
		out.finish()?;
		Ok(path)
	}
}

fn hexadecimal(bytes: &[u8]) -> String {
	bytes.iter().fold(String::new(), |mut text, byte| {
		// A string takes all.
		let _ = write!(text, "{byte:02x}");
		text
	})
}

/// The run of these arguments of `dev`.
pub(crate) fn dev(arguments: &[String]) -> Result<args::Dev, clap::Error> {
	let line = ["async-backing", "dev"].into_iter();
	let line = line.chain(arguments.iter().map(String::as_str));
	match Cli::try_parse_from(line)?.command {
		Command::Dev(dev) => Ok(dev),
		_ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
	}
}

/// If a run was stopped since something did not hold: shows what happened last, and keeps it in a file. `config` is the run's,
/// and `given` what followed the name of the command that made it.
pub(crate) fn keep(error: CliError, config: &RunConfig, given: &[String]) -> CliError {
	let CliError::Devnet(DevnetError::Violated(violation)) = &error else {
		return error;
	};
	let mut arguments = without_places(given);
	let params = config.params;
	for (flag, value) in [
		("--max-candidate-depth", params.max_candidate_depth),
		("--allowed-ancestry-len", params.allowed_ancestry_len),
	] {
		if !arguments.iter().any(|word| word.starts_with(flag)) {
			arguments.extend([flag.to_owned(), value.to_string()]);
		}
	}
	for line in &violation.last {
		output::say(line);
	}
	match Stopped::new(arguments, violation).keep() {
		Ok(path) => CliError::Violated {
			violation: violation.clone(),
			path,
		},
		// What broke is more than that it cannot be kept.
		Err(_) => error,
	}
}

/// Words without flags that say where something goes.
fn without_places(given: &[String]) -> Vec<String> {
	let mut words = given.iter();
	let mut kept = Vec::new();
	while let Some(word) = words.next() {
		match PLACES.iter().find(|flag| word.starts_with(**flag)) {
			Some(flag) if word == flag => drop(words.next()),
			Some(_) => {}
			None => kept.push(word.clone()),
		}
	}
	kept
}

/// Makes a run again that was stopped.
pub(crate) fn rerun(args: &args::Rerun) -> Result<(), CliError> {
	let unreadable = |reason: String| CliError::NoRerun {
		path: args.file.display().to_string(),
		reason,
	};
	if crate::recording::is_one(&args.file).map_err(|error| unreadable(error.to_string()))? {
		return crate::recording::rerun(&args.file);
	}
	let text = std::fs::read_to_string(&args.file).map_err(|error| unreadable(error.to_string()))?;
	let stopped = Stopped::read(&text).map_err(unreadable)?;
	let dev = dev(&stopped.arguments).map_err(|error| unreadable(error.to_string()))?;
	let config = dev.run_config();
	config.validate()?;
	let runtime = Runtime::of(&dev.network.runtime)?;
	let foreign = crate::foreign::load(&dev.para_specs, config.seed, &runtime.executor)?;
	let mut config = config;
	if !foreign.is_empty() {
		crate::foreign::place(&mut config, &foreign)?;
	}
	output::print(&format!(
		"{}\nstopped at event {}: {}: {}\n",
		stopped.command(),
		stopped.event,
		stopped.invariant,
		stopped.message
	))?;
	if let Some(until) = args.until {
		return look(config, runtime, foreign, until);
	}
	match run_prepared(config, runtime, foreign, |_| Ok(())) {
		Err(CliError::Devnet(DevnetError::Violated(violation))) => {
			for line in &violation.last {
				output::print(&format!("{line}\n"))?;
			}
			let again = Stopped::new(stopped.arguments.clone(), &violation);
			let is_same = (again.event, &again.events) == (stopped.event, &stopped.events);
			output::print(match is_same {
				true => "the same run, event by event\n",
				false => "another run: what it follows from has changed since\n",
			})?;
			Err(DevnetError::Violated(violation).into())
		}
		Err(error) => Err(error),
		Ok((_, report)) => output::print(&format!(
			"all holds now, in {} relay blocks\n",
			report.relay_blocks
		)),
	}
}

/// Shows what a run does up to an event.
fn look(config: RunConfig, runtime: Runtime, foreign: Vec<ForeignPara>, until: u64) -> Result<(), CliError> {
	let calls = crate::foreign::calls(&foreign);
	let paras = crate::foreign::parachains(&config, foreign)?;
	let mut devnet = Devnet::with_runtime_executor(config, &runtime.code, paras, runtime.executor)?;
	crate::foreign::send(&mut devnet, calls)?;
	let last = devnet.run_to(until)?;
	let trace = devnet.trace();
	output::print(&format!(
		"{}\nevent {}, hash {}\n",
		last.join("\n"),
		trace.steps,
		hexadecimal(&trace.hash)
	))
}

/// A run of these arguments of `dev`, without a word.
pub(crate) fn quietly(dev: &args::Dev, runtime: &Runtime) -> Result<RunReport, CliError> {
	let config = dev.run_config();
	config.validate()?;
	let paras = crate::foreign::parachains(&config, Vec::new())?;
	let executor = runtime.executor.clone();
	let mut devnet = Devnet::with_runtime_executor(config, &runtime.code, paras, executor)?;
	Ok(devnet.run(|_| ())?)
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_devnet::Invariant;
	use std::time::Duration;

	fn violation() -> Violation {
		Violation {
			invariant: Invariant::ParaLives,
			message: "nothing of para 2000 is included".into(),
			seed: 7,
			at: Duration::from_millis(1500),
			event: 12,
			trace: [0xa5; 32],
			last: vec!["11 1.0 node 0 crashes".into()],
		}
	}

	#[test]
	fn a_file_says_what_makes_the_run_again() {
		let arguments: Vec<_> = ["--seed", "7", "--loss", "2@1..9"].map(String::from).into();
		let stopped = Stopped::new(arguments.clone(), &violation());
		let text = stopped.text().expect("it is JSON");
		assert!(text.starts_with("async-backing rerun 1: devnet\n{"), "{text}");
		assert_eq!(Stopped::read(&text), Ok(stopped.clone()));
		assert_eq!(stopped.events, "a5".repeat(32));
		let dev = dev(&arguments).expect("they are arguments of dev");
		assert_eq!(dev.run_config().seed, 7);
		assert_eq!(dev.run_config().faults.troubles.len(), 1);
		assert!(Stopped::read("async-backing rerun 2: devnet\n{}").is_err());
		assert!(Stopped::read(&text.replace("event", "evant")).is_err());
	}

	#[test]
	fn where_a_report_goes_is_no_part_of_a_run() {
		let words = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
		let given = words("--json - --seed 7 --report=a.html --report b.html --blocks 9");
		assert_eq!(without_places(&given), words("--seed 7 --blocks 9"));
	}
}
