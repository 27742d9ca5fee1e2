//! Reading: files and folders become blocks.

mod bits;
mod candidates;
mod extrinsic;
mod hex;
mod index;
pub(crate) mod node;
mod rest;

pub use extrinsic::read_extrinsic;

use crate::{Block, ReadError};
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
		return read_folder(&blocks, read);
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
	matches!(extension, Some("scale" | "hex" | "json" | "bin" | "txt"))
}

fn read_one(path: &Path, read: &mut Read) {
	if let Err(error) = read_file(path).and_then(|bytes| sniff(path, &bytes, read)) {
		read.errors.push(error);
	}
}

/// Finds out what a file is by its content.
fn sniff(path: &Path, bytes: &[u8], read: &mut Read) -> Result<(), ReadError> {
	let place = || path.display().to_string();
	let text = std::str::from_utf8(bytes).ok().map(str::trim);
	if let Some(text) = text {
		if text.starts_with(['{', '[', '"']) {
			let value = parse(path, text)?;
			let folder = path.parent().unwrap_or(Path::new("."));
			take(&Node::new(&value, place()), folder, read);
			return Ok(());
		}
		if hex::is_hex(text) {
			let block = extrinsic(&hex::decode(text, place)?, place())?;
			read.blocks.push(block);
			return Ok(());
		}
	}
	read.blocks.push(extrinsic(bytes, place())?);
	Ok(())
}

/// Takes a block, or each of a list.
fn take(node: &Node<'_>, folder: &Path, read: &mut Read) {
	let outcome = match node.value {
		Value::Array(items) if items.iter().any(Value::is_string) => extrinsics(node),
		Value::Array(_) => {
			if let Ok(items) = node.items() {
				items.for_each(|item| take(&item, folder, read));
			}
			return;
		}
		Value::String(_) => node
			.bytes()
			.and_then(|bytes| extrinsic(&bytes, node.place.clone())),
		_ if index::is_entry(node) => index::read_entry(node, folder),
		_ if rest::is_block(node) => rest::read_block(node),
		_ => Err(node.not("a block with extrinsics, or an entry of an index")),
	};
	match outcome {
		Ok(block) => read.blocks.push(block),
		Err(error) => read.errors.push(error),
	}
}

/// A block as a list of its extrinsics.
fn extrinsics(node: &Node<'_>) -> Result<Block, ReadError> {
	let mut last = None;
	for item in node.items()? {
		match extrinsic(&item.bytes()?, item.place.clone()) {
			Ok(block) => return Ok(block),
			Err(error) => last = Some(error),
		}
	}
	Err(last.unwrap_or_else(|| node.not("a list of extrinsics")))
}

fn extrinsic(bytes: &[u8], place: String) -> Result<Block, ReadError> {
	match read_extrinsic(bytes) {
		Ok(inherent) => Ok(Block {
			source: place,
			inherent: Some(inherent),
			..Block::default()
		}),
		Err(source) => Err(ReadError::Extrinsic { place, source }),
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
	parse(path, &String::from_utf8_lossy(&bytes))
}

fn parse(path: &Path, text: &str) -> Result<Value, ReadError> {
	serde_json::from_str(text).map_err(|error| ReadError::Json {
		path: path.to_owned(),
		line: error.line(),
		column: error.column(),
		what: error.to_string(),
	})
}
