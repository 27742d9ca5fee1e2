//! Recordings of a validator: written by `dev --record`, told again by `rerun`.

use crate::{args, error::CliError, output};
use async_backing_devnet::{
	recording::{self, Ended, RerunError, MAGIC},
	Devnet,
};

use std::{
	fs::File,
	io::{BufReader, BufWriter, Read},
	path::Path,
};

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
		eprintln!(
			"{inputs} inputs of validator {} are in {path}; `async-backing rerun {path}` tells them again",
			args.of
		);
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
