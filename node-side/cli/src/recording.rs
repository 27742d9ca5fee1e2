//! Recordings of a validator: written by `dev --record`, told again by `rerun`.

use crate::{args, error::CliError, output};
use async_backing_devnet::{
	recording::{self, Ended, RerunError, MAGIC},
	Devnet, RunConfig,
};

use std::{
	fs::File,
	io::{BufReader, BufWriter, Read},
	path::Path,
};

/// Checks that there is somebody to record, before the file is touched.
pub(crate) fn check(args: &args::Recording, config: &RunConfig) -> Result<(), CliError> {
	let is_there = u32::try_from(args.of).is_ok_and(|of| of < config.validators);
	if args.record.is_some() && !is_there {
		return Err(CliError::OutOfRange {
			name: "of",
			value: args.of.to_string(),
			allowed: format!("a validator below {}", config.validators),
		});
	}
	Ok(())
}

/// Begins the recording that was asked for, if one was.
pub(crate) fn begin(args: &args::Recording, devnet: &mut Devnet) -> Result<(), CliError> {
	let Some(path) = &args.record else { return Ok(()) };
	let file = File::create(path).map_err(|source| CliError::Write {
		flag: "record",
		path: path.display().to_string(),
		source,
	})?;
	Ok(devnet.record(args.of, BufWriter::new(file))?)
}

/// Ends it, and says what is in it.
pub(crate) fn end(args: &args::Recording, devnet: &mut Devnet) -> Result<(), CliError> {
	let inputs = devnet.end_recording()?;
	if let (Some(inputs), Some(path)) = (inputs, &args.record) {
		let path = path.display();
		output::say(format_args!(
			"{inputs} inputs of validator {} are in {path}; `async-backing rerun {path}` tells them again",
			args.of
		));
	}
	Ok(())
}

/// Whether a file begins like a recording.
pub(crate) fn is_one(path: &Path) -> std::io::Result<bool> {
	let mut beginning = Vec::new();
	File::open(path)?
		.take(MAGIC.len() as u64)
		.read_to_end(&mut beginning)?;
	Ok(beginning == MAGIC)
}

/// Tells a recording again, and compares every output.
pub(crate) fn rerun(path: &Path) -> Result<(), CliError> {
	let unreadable = |reason: String| CliError::NoRerun {
		path: path.display().to_string(),
		reason,
	};
	let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
	match recording::rerun(BufReader::new(file)) {
		Ok(told) => output::print(&format!(
			"recorded by version {}\n{} inputs until {:.3} s, {} starts: {} outputs, each the same\n{}",
			told.version,
			told.steps,
			told.last.as_secs_f64(),
			told.starts,
			told.outputs,
			match told.ended {
				Ended::Whole => "",
				Ended::Torn => "the recording ends within an input: whoever wrote it was stopped\n",
			}
		)),
		Err(RerunError::Differs(difference)) => {
			output::print(&format!("{difference}\n"))?;
			Err(CliError::Differs {
				step: difference.step,
			})
		}
		Err(error) => Err(unreadable(error.to_string())),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::args::Cli;
	use clap::Parser;

	/// As the program does it, up to its error.
	fn refused(line: &str) -> CliError {
		let words = std::iter::once("async-backing").chain(line.split_whitespace());
		let command = Cli::try_parse_from(words).expect(line).command;
		crate::execute(&command).expect_err(line)
	}

	#[test]
	fn who_is_not_there_is_named_before_the_file_is_touched() {
		let name = format!("async-backing-precious-{}", std::process::id());
		let path = std::env::temp_dir().join(name);
		std::fs::write(&path, "precious").expect("there is room");
		let error = refused(&format!("dev --blocks 1 --record {} --of 6", path.display()));
		assert!(error.is_usage(), "{error}");
		assert_eq!(
			error.to_string(),
			"invalid value '6' for '--of': must be a validator below 6"
		);
		assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some("precious"));
		std::fs::remove_file(path).expect("it is ours");
	}

	#[test]
	fn nobody_is_looked_for_where_nothing_is_recorded() {
		let nobody = args::Recording { record: None, of: 9 };
		assert!(check(&nobody, &RunConfig::default()).is_ok());
		for (of, is_there) in [(5, true), (6, false)] {
			let record = Some(std::path::PathBuf::from("a"));
			let args = args::Recording { record, of };
			assert_eq!(check(&args, &RunConfig::default()).is_ok(), is_there, "{of}");
		}
	}
}
