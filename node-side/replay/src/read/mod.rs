//! Reading: files and folders become blocks.

mod bits;
mod candidates;
mod extrinsic;
mod hex;
mod index;
pub(crate) mod node;
mod rest;

pub use extrinsic::read_extrinsic;

use crate::{Block, Inherent, ReadError};
use node::Node;
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Largest file that is read: ranges of blocks as JSON take a megabyte each.
pub const MAX_FILE: u64 = 512 * 1024 * 1024;

/// What was read, and what couldn't be.
#[derive(Debug, Default)]
pub struct Read {
	/// Blocks, in the order of the files.
	pub blocks: Vec<Block>,
	/// Folders with values of storage in them.
	pub storage: Vec<PathBuf>,
	/// What couldn't be read. The rest was read nevertheless.
	pub errors: Vec<ReadError>,
}

/// Reads what is at these paths: folders in the form of `index.json` beside extrinsics (also as `blocks` in a folder), folders
/// of files, and files with an extrinsic as SCALE or hexadecimal, with JSON of a REST service, or with a list of any of these.
pub fn read(paths: &[PathBuf]) -> Read {
	let mut read = Read::default();
	for path in paths {
		let before = (read.blocks.len(), read.storage.len(), read.errors.len());
		match path.is_dir() {
			true => read_folder(path, &mut read),
			false => read_one(path, &mut read),
		}
		if before == (read.blocks.len(), read.storage.len(), read.errors.len()) {
			read.errors.push(ReadError::Nothing {
				place: path.display().to_string(),
				why: "neither an extrinsic nor JSON of blocks",
			});
		}
	}
	read
}

fn read_folder(folder: &Path, read: &mut Read) {
	let (blocks, storage) = (folder.join("blocks"), folder.join("storage"));
	if storage.join("index.json").is_file() {
		read.storage.push(storage);
	}
	if blocks.is_dir() {
		let before = (read.blocks.len(), read.storage.len(), read.errors.len());
		read_folder(&blocks, read);
		// One with nothing in it hides nothing that lies beside it.
		if before != (read.blocks.len(), read.storage.len(), read.errors.len()) {
			return;
		}
	}
	let index = folder.join("index.json");
	if index.is_file() {
		let is_storage = |value: &Value| {
			value
				.get(0)
				.is_some_and(|first| first.get("bytes").is_some() && first.get("number").is_none())
		};
		match json(&index) {
			Ok(value) if is_storage(&value) => read.storage.push(folder.to_owned()),
			Ok(value) => take(&Node::new(&value, index.display().to_string()), folder, read),
			Err(error) => read.errors.push(error),
		}
		return;
	}
	let entries = fs::read_dir(folder).and_then(|entries| {
		let paths = entries.map(|entry| Ok(entry?.path()));
		paths.collect::<Result<Vec<_>, std::io::Error>>()
	});
	match entries {
		Ok(mut paths) => {
			paths.sort();
			paths
				.iter()
				.filter(|path| path.is_file() && is_wanted(path))
				.for_each(|path| read_one(path, read));
		}
		Err(source) => read.errors.push(ReadError::Io {
			path: folder.to_owned(),
			source,
		}),
	}
}

/// Files of a folder that are read: others may lie beside them.
fn is_wanted(path: &Path) -> bool {
	let extension = path.extension().and_then(|extension| extension.to_str());
	let extension = extension.map(str::to_ascii_lowercase);
	matches!(
		extension.as_deref(),
		Some("scale" | "hex" | "json" | "bin" | "txt")
	)
}

fn read_one(path: &Path, read: &mut Read) {
	if let Err(error) = read_file(path).and_then(|bytes| sniff(path, &bytes, read)) {
		read.errors.push(error);
	}
}

/// Finds out what a file is by its content.
fn sniff(path: &Path, bytes: &[u8], read: &mut Read) -> Result<(), ReadError> {
	let place = || path.display().to_string();
	let bytes = plain_bytes(path, bytes)?;
	let text = std::str::from_utf8(bytes).ok().map(str::trim);
	if let Some(text) = text {
		if text.starts_with(['{', '[', '"']) {
			let value = parse(path, text)?;
			let folder = path.parent().unwrap_or(Path::new("."));
			take(&Node::new(&value, place()), folder, read);
			return Ok(());
		}
		if let Some(digits) = hex::in_one_piece(text) {
			let block = extrinsic(&hex::decode(&digits, place)?, place())?;
			read.blocks.push(block);
			return Ok(());
		}
	}
	read.blocks.push(extrinsic(bytes, place())?);
	Ok(())
}

/// The bytes without the mark that some editors put in front of UTF-8.
///
/// # Errors
/// [`ReadError::Form`] for what is packed, or in another encoding: as an extrinsic it would be called too short, or too long.
fn plain_bytes<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8], ReadError> {
	let got = match bytes {
		[0xef, 0xbb, 0xbf, rest @ ..] => return Ok(rest),
		[0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..] => {
			"text as UTF-16: convert it first"
		}
		[0x1f, 0x8b, ..] => "a file packed by gzip: unpack it first",
		[0x28, 0xb5, 0x2f, 0xfd, ..] => "a file packed by zstd: unpack it first",
		[0xfd, b'7', b'z', b'X', b'Z', ..] => "a file packed by xz: unpack it first",
		[b'P', b'K', 3, 4, ..] => "a zip archive: unpack it first",
		_ => return Ok(bytes),
	};
	Err(ReadError::Form {
		place: path.display().to_string(),
		got,
	})
}

/// Takes a block, or each of a list: blocks, and extrinsics among which inherents are found.
fn take(node: &Node<'_>, folder: &Path, read: &mut Read) {
	let outcome = match node.value {
		Value::Array(_) => return take_each(node, folder, read),
		Value::String(_) => node
			.bytes()
			.and_then(|bytes| extrinsic(&bytes, node.place.clone())),
		_ if index::is_entry(node) || index::is_entry_without_hash(node) => index::read_entry(node, folder),
		_ if rest::is_block(node) => rest::read_block(node),
		_ => Err(node.not("a block with extrinsics, or an entry of an index")),
	};
	match outcome {
		Ok(block) => read.blocks.push(block),
		Err(error) => read.errors.push(error),
	}
}

/// Takes each of a list by itself: one that is wrong keeps no other from being read.
fn take_each(node: &Node<'_>, folder: &Path, read: &mut Read) {
	let (mut found, mut other) = (false, None);
	for item in node.items().into_iter().flatten() {
		if !item.value.is_string() {
			take(&item, folder, read);
			continue;
		}
		match item.bytes().and_then(|bytes| listed(&bytes, &item.place)) {
			Ok(Ok(block)) => {
				found = true;
				read.blocks.push(block);
			}
			// The other extrinsics of the block.
			Ok(Err(error)) => other = Some(error),
			Err(error) => {
				found = true;
				read.errors.push(error);
			}
		}
	}
	if let Some(error) = other.filter(|_| !found) {
		read.errors.push(error);
	}
}

/// An extrinsic of a list: a block, or what says why it calls something else.
fn listed(bytes: &[u8], place: &str) -> Result<Result<Block, ReadError>, ReadError> {
	let read = extrinsic::among_others(bytes).map_err(|source| ReadError::Extrinsic {
		place: place.into(),
		source,
	})?;
	Ok(match read {
		Some(inherent) => Ok(block_of(inherent, place.into())),
		None => extrinsic(bytes, place.into()),
	})
}

fn extrinsic(bytes: &[u8], place: String) -> Result<Block, ReadError> {
	match read_extrinsic(bytes) {
		Ok(inherent) => Ok(block_of(inherent, place)),
		Err(source) => Err(ReadError::Extrinsic { place, source }),
	}
}

fn block_of(inherent: Inherent, source: String) -> Block {
	Block {
		source,
		inherent: Some(inherent),
		..Block::default()
	}
}

pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, ReadError> {
	let failed = |source| ReadError::Io {
		path: path.to_owned(),
		source,
	};
	let bytes = fs::metadata(path).map_err(failed)?.len();
	if bytes > MAX_FILE {
		return Err(ReadError::TooLarge {
			path: path.to_owned(),
			bytes,
			max: MAX_FILE,
		});
	}
	fs::read(path).map_err(failed)
}

/// The JSON in a file.
pub(crate) fn json(path: &Path) -> Result<Value, ReadError> {
	let bytes = read_file(path)?;
	parse(path, &String::from_utf8_lossy(plain_bytes(path, &bytes)?))
}

fn parse(path: &Path, text: &str) -> Result<Value, ReadError> {
	serde_json::from_str(text).map_err(|error| ReadError::Json {
		path: path.to_owned(),
		line: error.line(),
		column: error.column(),
		what: error.to_string(),
	})
}
