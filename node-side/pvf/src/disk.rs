//! Compiled codes on disk, by code and by everything that they were compiled with.
//!
//! Invariants:
//! - What is returned was written by this process or one like it, whole: a file is there under its name at once or not at all,
//!   and its contents are hashed before they are used. A damaged one is removed, and compiled again.
//! - The files take at most [`DiskConfig::max_bytes`] together; the longest unused goes first.
//! - Nobody but their owner can write or read them: what is loaded from here is executed (decision 20).

use crate::EngineError;
use async_backing_primitives::{Hash, ValidationCodeHash};
use codec::{Decode, Encode};
use std::{
	fs::{self, File, OpenOptions},
	io::{self, Read, Write},
	path::{Path, PathBuf},
	process,
	sync::atomic::{AtomicU64, Ordering},
	time::SystemTime,
};

/// Where compiled codes are kept from one run to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskConfig {
	/// The directory, which is made if it is not there. It must be this user's, and nobody else may have access.
	pub directory: PathBuf,
	/// Most bytes of all files together.
	pub max_bytes: u64,
}

/// What a compiled code is kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Key {
	pub(crate) code: ValidationCodeHash,
	/// Of compiler, processor and everything that is compiled in.
	pub(crate) settings: Hash,
}

/// A code, compiled.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Compiled {
	/// Bytes of the code after decompression.
	pub(crate) size: u64,
	/// As the compiler wrote it down.
	pub(crate) artifact: Vec<u8>,
}

const EXTENSION: &str = "pvf";
/// First bytes of a file, with the version of what follows.
const MAGIC: [u8; 8] = *b"abpvf\0\0\x01";
const CHECKSUM: usize = 32;

/// A directory with compiled codes. Several processes may share it.
#[derive(Debug)]
pub(crate) struct Disk {
	config: DiskConfig,
	written: AtomicU64,
}

impl Disk {
	/// # Errors
	/// [`EngineError::Cache`] if the directory cannot be made or written, or others have access to it.
	pub(crate) fn open(config: DiskConfig) -> Result<Self, EngineError> {
		match make_private(&config.directory) {
			Ok(()) => Ok(Self {
				config,
				written: AtomicU64::new(0),
			}),
			Err(error) => Err(EngineError::Cache {
				directory: config.directory,
				reason: error.to_string(),
			}),
		}
	}

	/// What is kept under this key, if it is whole.
	pub(crate) fn load(&self, key: Key) -> Option<Compiled> {
		let path = self.path(key);
		let read = || -> io::Result<Vec<u8>> {
			let file = File::open(&path)?;
			let mut bytes = Vec::new();
			// No file of ours is larger.
			Read::take(&file, self.config.max_bytes).read_to_end(&mut bytes)?;
			// When it was used last. If that cannot be noted, it goes a little early.
			let _ = file.set_modified(SystemTime::now());
			Ok(bytes)
		};
		let bytes = match read() {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
			Err(error) => {
				log::warn!(target: "pvf", "{} cannot be read: {error}", path.display());
				return None;
			}
		};
		let compiled = unseal(key, &bytes);
		if compiled.is_none() {
			log::warn!(target: "pvf", "{} is damaged, and is compiled again", path.display());
			self.remove(key);
		}
		compiled
	}

	/// Keeps a compiled code. If that fails it is compiled again another time.
	pub(crate) fn store(&self, key: Key, compiled: &Compiled) {
		let bytes = seal(key, compiled);
		let size = bytes.len() as u64;
		if size > self.config.max_bytes {
			return;
		}
		self.make_room(size);
		let count = self.written.fetch_add(1, Ordering::Relaxed);
		let name = format!("{}-{count}.new", process::id());
		let temporary = self.config.directory.join(name);
		let written = write_private(&temporary, &bytes).and_then(|()| fs::rename(&temporary, self.path(key)));
		if let Err(error) = written {
			log::warn!(target: "pvf", "a compiled code is not kept in {}: {error}", temporary.display());
			let _ = fs::remove_file(&temporary);
		}
	}

	/// Forgets what is kept under this key.
	pub(crate) fn remove(&self, key: Key) {
		let _ = fs::remove_file(self.path(key));
	}

	fn path(&self, Key { code, settings }: Key) -> PathBuf {
		let name = format!("{:x}-{:x}.{EXTENSION}", code.0, settings);
		self.config.directory.join(name)
	}

	/// Removes those that were not used for longest until there is room for so many bytes. What processes that died left half
	/// written goes with them.
	fn make_room(&self, bytes: u64) {
		let Ok(entries) = fs::read_dir(&self.config.directory) else {
			return;
		};
		let mut files: Vec<_> = entries
			.filter_map(|entry| {
				let entry = entry.ok()?;
				let metadata = entry.metadata().ok()?;
				let path = entry.path();
				let is_ours = path
					.extension()
					.is_some_and(|extension| extension == EXTENSION || extension == "new");
				(is_ours && metadata.is_file()).then_some((metadata.modified().ok()?, path, metadata.len()))
			})
			.collect();
		files.sort();
		let mut taken = files
			.iter()
			.fold(bytes, |sum, (_, _, size)| sum.saturating_add(*size));
		for (_, path, size) in files {
			if taken <= self.config.max_bytes {
				return;
			}
			if fs::remove_file(path).is_ok() {
				taken = taken.saturating_sub(size);
			}
		}
	}
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
	sp_io::hashing::blake2_256(bytes)
}

/// A file's contents: magic, checksum, and what that is about.
fn seal(key: Key, compiled: &Compiled) -> Vec<u8> {
	let mut bytes = [&MAGIC[..], &[0; CHECKSUM]].concat();
	key.encode_to(&mut bytes);
	compiled.encode_to(&mut bytes);
	let begin = MAGIC.len() + CHECKSUM;
	let sum = checksum(&bytes[begin..]);
	bytes[MAGIC.len()..begin].copy_from_slice(&sum);
	bytes
}

/// The compiled code in a file's contents, if they are those of this key and whole.
fn unseal(key: Key, bytes: &[u8]) -> Option<Compiled> {
	let rest = bytes.strip_prefix(&MAGIC[..])?;
	let (sum, mut rest) = rest.split_at_checked(CHECKSUM)?;
	if sum != checksum(rest) || Key::decode(&mut rest).ok()? != key {
		return None;
	}
	<Compiled as codec::DecodeAll>::decode_all(&mut rest).ok()
}

#[cfg(unix)]
fn make_private(directory: &Path) -> io::Result<()> {
	use std::os::unix::fs::{DirBuilderExt, MetadataExt};
	fs::DirBuilder::new()
		.recursive(true)
		.mode(0o700)
		.create(directory)?;
	let metadata = fs::symlink_metadata(directory)?;
	if !metadata.is_dir() {
		return Err(io::Error::other("it is not a directory"));
	}
	if metadata.mode() & 0o077 != 0 {
		return Err(io::Error::other(format!(
			"others have access to it (mode {:o}, expected 700)",
			metadata.mode() & 0o777
		)));
	}
	// Whose this process's files are, the system says of a file.
	let probe = directory.join(format!("{}.new", process::id()));
	let _ = fs::remove_file(&probe);
	write_private(&probe, &[])?;
	let own = fs::symlink_metadata(&probe)?.uid();
	fs::remove_file(&probe)?;
	match own == metadata.uid() {
		true => Ok(()),
		false => Err(io::Error::other("it belongs to another user")),
	}
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
	Err(io::Error::other(
		"it cannot be kept from other users on this system",
	))
}

/// Writes a new file that only its owner can read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	options.open(path)?.write_all(bytes)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	fn key(number: u8) -> Key {
		Key {
			code: ValidationCodeHash(Hash::repeat_byte(number)),
			settings: Hash::repeat_byte(1),
		}
	}

	fn compiled(number: u8) -> Compiled {
		Compiled {
			size: 7,
			artifact: vec![number; 1000],
		}
	}

	fn disk(directory: &Path, max_bytes: u64) -> Disk {
		let directory = directory.join("codes");
		Disk::open(DiskConfig { directory, max_bytes }).unwrap()
	}

	fn files(disk: &Disk) -> usize {
		fs::read_dir(&disk.config.directory).unwrap().count()
	}

	#[test]
	fn what_is_stored_is_there_the_next_time_by_code_and_settings() {
		let directory = tempfile::tempdir().unwrap();
		disk(directory.path(), 1 << 20).store(key(1), &compiled(1));
		let disk = disk(directory.path(), 1 << 20);
		assert_eq!(disk.load(key(1)), Some(compiled(1)));
		assert_eq!(disk.load(key(2)), None);
		let other_settings = Key {
			settings: Hash::zero(),
			..key(1)
		};
		assert_eq!(disk.load(other_settings), None);
		assert_eq!(files(&disk), 1, "nothing is left beside it");
	}

	#[test]
	fn a_damaged_file_is_not_used_and_goes() {
		let directory = tempfile::tempdir().unwrap();
		let disk = disk(directory.path(), 1 << 20);
		let path = disk.path(key(1));
		let whole = seal(key(1), &compiled(1));
		let mut flipped = whole.clone();
		flipped[500] ^= 1;
		let of_another_code = seal(key(2), &compiled(1));
		for damaged in [
			&whole[..0],
			&whole[..20],
			&whole[..whole.len() - 1],
			&flipped,
			&of_another_code,
		] {
			disk.store(key(1), &compiled(1));
			fs::write(&path, damaged).unwrap();
			assert_eq!(disk.load(key(1)), None);
			assert!(!path.exists());
		}
		disk.store(key(1), &compiled(1));
		assert_eq!(disk.load(key(1)), Some(compiled(1)));
	}

	#[test]
	fn the_longest_unused_goes_first() {
		let directory = tempfile::tempdir().unwrap();
		let one = seal(key(1), &compiled(1)).len() as u64;
		let disk = disk(directory.path(), 3 * one);
		let used = |number: u8, seconds| {
			let file = OpenOptions::new()
				.append(true)
				.open(disk.path(key(number)))
				.unwrap();
			let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
			file.set_modified(at).unwrap();
		};
		for number in 1..=3 {
			disk.store(key(number), &compiled(number));
			used(number, u64::from(number));
		}
		// Uses it.
		assert!(disk.load(key(1)).is_some());
		disk.store(key(4), &compiled(4));
		assert_eq!(disk.load(key(2)), None);
		assert_eq!(files(&disk), 3);
		for number in [1, 3, 4] {
			assert!(disk.load(key(number)).is_some(), "{number}");
		}
		let too_large = Compiled {
			size: 1,
			artifact: vec![0; 4000],
		};
		disk.store(key(5), &too_large);
		assert_eq!(files(&disk), 3, "what never fits drives nobody out");
	}

	#[test]
	fn a_directory_that_others_can_reach_is_refused() {
		let directory = tempfile::tempdir().unwrap();
		let own = directory.path().join("codes");
		fs::create_dir(&own).unwrap();
		let open = || {
			Disk::open(DiskConfig {
				directory: own.clone(),
				max_bytes: 1,
			})
		};
		for (mode, is_private) in [(0o755, false), (0o710, false), (0o701, false), (0o700, true)] {
			fs::set_permissions(&own, fs::Permissions::from_mode(mode)).unwrap();
			assert_eq!(open().is_ok(), is_private, "{mode:o}");
		}
		let file = directory.path().join("file");
		fs::write(&file, []).unwrap();
		let config = DiskConfig {
			directory: file,
			max_bytes: 1,
		};
		assert!(matches!(Disk::open(config), Err(EngineError::Cache { .. })));
		let disk = disk(directory.path(), 1 << 20);
		disk.store(key(1), &compiled(1));
		let mode = fs::metadata(disk.path(key(1))).unwrap().permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
	}
}
