//! Where reports and drawings go: to the standard output, or into a file that is whole or as it was.

use crate::error::CliError;
use std::{
	fmt::Display,
	fs::{self, File},
	io::{self, Write},
	path::{Path, PathBuf},
};

/// Writes to the standard output. Who reads it may have heard enough: then nothing more is said, and nothing is wrong.
///
/// # Errors
/// [`CliError::Stdout`], for instance of a full disk.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
	let mut stdout = io::stdout().lock();
	// What is only in the buffer when the program ends is written without a word if it fails.
	quietly_if_closed(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Says something on the error output, in a line. Nobody may be there to read it, and its disk may be full: what a command comes
/// to is the same, so that nothing else is done about it. `eprintln!` would panic; a lint of this crate forbids it.
pub(crate) fn say(line: impl Display) {
	// One piece, so that lines of several programs do not mix.
	let text = format!("{line}\n");
	let mut stderr = io::stderr().lock();
	let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn quietly_if_closed(written: io::Result<()>) -> Result<(), CliError> {
	match written {
		Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
		written => written.map_err(CliError::Stdout),
	}
}

/// Where a report or drawing goes.
#[derive(Debug)]
pub(crate) struct Output {
	flag: &'static str,
	path: PathBuf,
	place: Place,
}

#[derive(Debug)]
enum Place {
	Stdout,
	/// Something that is not replaced but written to: a pipe, a device.
	Special(File),
	/// A file beside the one that it becomes when it is whole.
	Draft(File, PathBuf),
	/// Nothing is left to do.
	Finished,
}

impl Output {
	/// Opens it, so that nobody waits for what cannot be written. What is there already stays until
	/// [`finish`](Self::finish).
	///
	/// # Errors
	/// [`CliError::Write`] names the flag.
	pub(crate) fn open(flag: &'static str, path: &Path) -> Result<Self, CliError> {
		let place = open(path).map_err(|source| CliError::Write {
			flag,
			path: path.display().to_string(),
			source,
		})?;
		Ok(Self {
			flag,
			path: path.to_owned(),
			place,
		})
	}

	/// Writes more of it.
	///
	/// # Errors
	/// [`CliError::Unwritten`], for instance of a full disk.
	pub(crate) fn write(&mut self, text: &str) -> Result<(), CliError> {
		match &mut self.place {
			Place::Stdout => print(text),
			Place::Special(file) | Place::Draft(file, _) => {
				let written = file.write_all(text.as_bytes());
				match written {
					// Only a pipe is closed like that.
					Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
					written => written.map_err(|source| self.unwritten(source)),
				}
			}
			Place::Finished => Ok(()),
		}
	}

	/// All is written: it takes the place of what was there.
	///
	/// # Errors
	/// [`CliError::Unwritten`]; what was there is there still.
	pub(crate) fn finish(mut self) -> Result<(), CliError> {
		match &self.place {
			Place::Draft(file, draft) => {
				let whole = file.sync_all().and_then(|()| fs::rename(draft, &self.path));
				whole.map_err(|source| self.unwritten(source))?;
				self.place = Place::Finished;
				Ok(())
			}
			Place::Stdout | Place::Special(_) | Place::Finished => Ok(()),
		}
	}

	fn unwritten(&self, source: io::Error) -> CliError {
		CliError::Unwritten {
			flag: self.flag,
			path: self.path.display().to_string(),
			source,
		}
	}
}

/// What did not become whole is of no use.
impl Drop for Output {
	fn drop(&mut self) {
		if let Place::Draft(_, draft) = &self.place {
			// Nobody can do anything about it.
			let _ = fs::remove_file(draft);
		}
	}
}

fn open(path: &Path) -> io::Result<Place> {
	if path == Path::new("-") {
		return Ok(Place::Stdout);
	}
	match fs::metadata(path) {
		Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
		// A link is written through; a file that may not be written says so now.
		Ok(there) if !there.is_file() || path.is_symlink() => {
			File::options().write(true).open(path).map(Place::Special)
		}
		Ok(_) => {
			File::options().append(true).open(path)?;
			draft(path)
		}
		Err(error) if error.kind() == io::ErrorKind::NotFound => draft(path),
		Err(error) => Err(error),
	}
}

/// A new file in the same folder, so that renaming it is one step.
fn draft(path: &Path) -> io::Result<Place> {
	let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
	let mut draft = std::ffi::OsString::from(".");
	draft.push(name);
	draft.push(format!(".{}.part", std::process::id()));
	let draft = path.with_file_name(draft);
	File::create(&draft).map(|file| Place::Draft(file, draft))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn folder(name: &str) -> PathBuf {
		let folder = std::env::temp_dir().join(format!("async-backing-{name}-{}", std::process::id()));
		fs::create_dir_all(&folder).expect("there is room for a folder");
		folder
	}

	fn files(folder: &Path) -> Vec<String> {
		let entries = fs::read_dir(folder).expect("it is there");
		let mut names: Vec<_> = entries
			.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
			.collect();
		names.sort();
		names
	}

	#[test]
	fn an_old_report_is_replaced_by_a_whole_new_one_only() {
		let folder = folder("replaced");
		let path = folder.join("run.json");
		fs::write(&path, "old").expect("there is room");
		let read = || fs::read_to_string(&path).expect("it is there");
		let mut given_up = Output::open("json", &path).expect("it can be written");
		given_up.write("half of the new").expect("there is room");
		assert_eq!(read(), "old", "while it is written");
		drop(given_up);
		assert_eq!(
			(read(), files(&folder)),
			("old".to_owned(), vec!["run.json".to_owned()])
		);

		let mut whole = Output::open("json", &path).expect("it can be written");
		whole.write("new").expect("there is room");
		whole.finish().expect("there is room");
		assert_eq!(
			(read(), files(&folder)),
			("new".to_owned(), vec!["run.json".to_owned()])
		);
		fs::remove_dir_all(folder).expect("it is ours");
	}

	#[test]
	fn what_cannot_be_written_is_known_before_the_run() {
		let folder = folder("refused");
		for path in [folder.clone(), folder.join("nowhere").join("run.json")] {
			let error = Output::open("json", &path).expect_err("no file can be there");
			assert!(error.is_usage(), "{error}");
			assert!(error.to_string().contains("for '--json'"), "{error}");
		}
		assert_eq!(files(&folder), Vec::<String>::new());
		fs::remove_dir_all(folder).expect("it is ours");
	}

	#[test]
	#[cfg(target_os = "linux")]
	fn a_full_disk_is_an_error_and_no_wrong_flag() {
		let mut full = Output::open("json", Path::new("/dev/full")).expect("it opens");
		let error = full.write("anything").expect_err("it is full");
		assert!(!error.is_usage());
		assert!(
			error
				.to_string()
				.starts_with("the file of '--json', '/dev/full', could not be written:"),
			"{error}"
		);
	}

	/// This test starts itself with an error output that takes nothing.
	#[test]
	#[cfg(target_os = "linux")]
	fn a_full_error_output_changes_nothing() {
		const AGAIN: &str = "ASYNC_BACKING_FULL_STDERR";
		if std::env::var_os(AGAIN).is_some() {
			say("nobody hears this");
			return;
		}
		let full = File::options().write(true).open("/dev/full").expect("it opens");
		let again = std::process::Command::new(std::env::current_exe().expect("it was started"))
			.args([
				"--exact",
				"output::tests::a_full_error_output_changes_nothing",
				"--nocapture",
			])
			.env(AGAIN, "1")
			.stderr(full)
			.output()
			.expect("it starts again");
		let told = String::from_utf8_lossy(&again.stdout);
		assert!(again.status.success() && told.contains("1 passed"), "{told}");
	}

	#[test]
	fn who_has_heard_enough_is_left_in_peace() {
		let closed = quietly_if_closed(Err(io::ErrorKind::BrokenPipe.into()));
		assert!(closed.is_ok());
		let full = quietly_if_closed(Err(io::ErrorKind::StorageFull.into())).expect_err("that is an error");
		assert!(
			!full.is_usage()
				&& full
					.to_string()
					.starts_with("the standard output could not be written"),
			"{full}"
		);
	}
}
