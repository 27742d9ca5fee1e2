//! The vectors in a folder.

use crate::{files, Malformed};
use std::{
	fs, io,
	path::{Path, PathBuf},
};
use thiserror::Error;

/// What is in the folder besides, written by another command and judged by another test: `make beside-published` writes what the
/// published pallets answered, and tests of the relay runtime replay it.
const MADE_ELSEWHERE: [&str; 1] = ["inherent"];

/// Why a folder has not the vectors that it should have.
#[derive(Debug, Error)]
pub enum FolderError {
	/// A vector makes no sense.
	#[error(transparent)]
	Malformed(#[from] Malformed),
	/// Something cannot be read or written.
	#[error("{}: {source}", path.display())]
	Io {
		/// What.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The files are not what the code makes.
	#[error("not what `make vectors` writes: {}", .0.join(", "))]
	Differs(Vec<String>),
}

/// Writes all vectors into a folder, which is made if there is none, and returns their number.
///
/// # Errors
/// [`FolderError`] but for the last.
pub fn write_to(folder: &Path) -> Result<usize, FolderError> {
	let files = files()?;
	fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
	for (name, content) in &files {
		let path = folder.join(name);
		fs::write(&path, content).map_err(|source| failed(&path, source))?;
	}
	Ok(files.len())
}

/// Whether a folder has the vectors that the code makes, to the byte, and nothing else but what is made elsewhere. Returns their number.
///
/// # Errors
/// [`FolderError::Differs`] names the files: with the first line that differs, that are missing, or that are too many.
pub fn check(folder: &Path) -> Result<usize, FolderError> {
	let files = files()?;
	let mut differ = Vec::new();
	for (name, expected) in &files {
		match fs::read_to_string(folder.join(name)) {
			Ok(got) if got == *expected => {}
			Ok(got) => {
				let same = got
					.lines()
					.zip(expected.lines())
					.take_while(|(got, expected)| got == expected);
				differ.push(format!("{name} from line {} on", same.count() + 1));
			}
			Err(source) => differ.push(format!("{name} ({source})")),
		}
	}
	let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
	for entry in entries {
		let name = entry.map_err(|source| failed(folder, source))?.file_name();
		let is_known = files.iter().any(|(known, _)| name == known.as_str());
		if !is_known && !MADE_ELSEWHERE.iter().any(|known| name == *known) {
			differ.push(format!("{} is not one of them", name.to_string_lossy()));
		}
	}
	match differ.is_empty() {
		true => Ok(files.len()),
		false => Err(FolderError::Differs(differ)),
	}
}

fn failed(path: &Path, source: io::Error) -> FolderError {
	FolderError::Io {
		path: path.to_owned(),
		source,
	}
}
