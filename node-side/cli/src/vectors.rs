//! Test vectors, and questions of others.

use crate::{args::Vectors, error::CliError, output};
use async_backing_vectors::{check, serve, write_to};
use std::io::{stdin, stdout};

/// Writes the vectors, or compares them.
pub(crate) fn vectors(args: &Vectors) -> Result<(), CliError> {
	let folder = args.folder.display();
	let line = match args.check {
		true => format!(
			"{} files in {folder} are what the code makes\n",
			check(&args.folder)?
		),
		false => format!("{} files written to {folder}\n", write_to(&args.folder)?),
	};
	output::print(&line)
}

/// Answers questions until there are none.
pub(crate) fn target() -> Result<(), CliError> {
	serve(stdin().lock(), stdout().lock()).map_err(CliError::Target)
}
