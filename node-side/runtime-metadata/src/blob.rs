//! A runtime's blob, taken apart without executing it.

use crate::BlobError;
use codec::Decode;
use sp_maybe_compressed_blob::CODE_BLOB_BOMB_LIMIT;
use sp_version::RuntimeVersion;
use std::collections::BTreeSet;
use wasmparser::{Parser, Payload};

/// How Wasm begins.
const MAGIC: &[u8] = b"\0asm";
/// What every runtime exports: its version.
const VERSION: &str = "Core_version";
/// Bytes for one API in the section that names them: eight of its id, four of its version.
const API_SIZE: usize = 12;

/// A runtime's blob.
#[derive(Clone, Debug)]
pub struct Blob {
	/// As Wasm, not compressed.
	pub wasm: Vec<u8>,
	/// What its section says of its version, with the APIs. `None` for a runtime that has no such section: its version is to
	/// be asked.
	pub version: Option<RuntimeVersion>,
	/// Host functions that it imports.
	pub imports: BTreeSet<String>,
	/// Functions that it exports.
	pub exports: BTreeSet<String>,
}

impl Blob {
	/// Takes a blob apart, compressed or not.
	///
	/// # Errors
	/// It is no Wasm, or no runtime.
	pub fn read(bytes: &[u8]) -> Result<Self, BlobError> {
		let wasm = sp_maybe_compressed_blob::decompress(bytes, CODE_BLOB_BOMB_LIMIT)
			.map_err(BlobError::Compressed)?
			.into_owned();
		if !wasm.starts_with(MAGIC) {
			let found = wasm.iter().take(MAGIC.len()).copied().collect();
			return Err(BlobError::NotWasm { found });
		}
		let (mut imports, mut exports) = (BTreeSet::new(), BTreeSet::new());
		let (mut version, mut apis) = (None, None);
		for payload in Parser::new(0).parse_all(&wasm) {
			match payload? {
				Payload::ImportSection(section) => {
					for import in section {
						let import = import?;
						if matches!(import.ty, wasmparser::TypeRef::Func(_)) {
							imports.insert(import.name.to_owned());
						}
					}
				}
				Payload::ExportSection(section) => {
					for export in section {
						exports.insert(export?.name.to_owned());
					}
				}
				Payload::CustomSection(section) => match section.name() {
					"runtime_version" => version = Some(section.data().to_vec()),
					"runtime_apis" => apis = Some(apis_in(section.data())),
					_ => {}
				},
				_ => {}
			}
		}
		if !exports.contains(VERSION) {
			return Err(BlobError::NotARuntime { missing: VERSION });
		}
		let version = version.map(|bytes| version_of(&bytes, apis)).transpose()?;
		Ok(Self {
			wasm,
			version,
			imports,
			exports,
		})
	}

	/// Version of the runtime API of this name, if the runtime has it; `None` as well if the blob has no section that tells.
	pub fn api(&self, name: &str) -> Option<u32> {
		let id = blake2_64(name.as_bytes());
		self.version.as_ref()?.api_version(&id)
	}
}

/// How runtimes name their APIs: by eight bytes of hash.
fn blake2_64(name: &[u8]) -> [u8; 8] {
	let mut id = [0; 8];
	let hash = blake2b_simd::Params::new().hash_length(8).hash(name);
	id.copy_from_slice(hash.as_bytes());
	id
}

fn apis_in(section: &[u8]) -> Vec<([u8; 8], u32)> {
	let api = |bytes: &[u8]| {
		let (id, version) = bytes.split_at(8);
		Some((id.try_into().ok()?, u32::from_le_bytes(version.try_into().ok()?)))
	};
	section.chunks_exact(API_SIZE).filter_map(api).collect()
}

fn version_of(section: &[u8], apis: Option<Vec<([u8; 8], u32)>>) -> Result<RuntimeVersion, BlobError> {
	let core = apis
		.as_ref()
		.and_then(|apis| apis.iter().find(|(id, _)| *id == blake2_64(b"Core")))
		.map(|(_, version)| *version);
	let mut version = match core {
		// What the section holds has no APIs, by which older layouts are told apart otherwise.
		Some(core) => RuntimeVersion::decode_with_version_hint(&mut &section[..], Some(core)),
		None => RuntimeVersion::decode(&mut &section[..]),
	}
	.map_err(BlobError::Version)?;
	if let Some(apis) = apis {
		version.apis = apis.into();
	}
	Ok(version)
}

#[cfg(test)]
mod tests {
	use super::*;

	/// `(module (func (export "name")))`
	fn module(export: &str) -> Vec<u8> {
		let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07".to_vec();
		let length = export.len() as u8;
		bytes.extend([length + 4, 1, length]);
		bytes.extend(export.as_bytes());
		bytes.extend(b"\0\0\x0a\x04\x01\x02\0\x0b");
		bytes
	}

	#[test]
	fn what_is_no_runtime_is_told_apart() {
		let read = |bytes: &[u8]| Blob::read(bytes).map(|_| ()).unwrap_err().to_string();
		assert_eq!(
			read(b""),
			"no Wasm file: it begins with nothing, not with 00 61 73 6d"
		);
		assert_eq!(
			read(b"{}\n"),
			"no Wasm file: it begins with 7b 7d 0a, not with 00 61 73 6d"
		);
		assert!(read(b"\0asm\x01\0\0\0\xff").starts_with("no valid Wasm: "));
		assert_eq!(
			read(&module("validate_block")),
			"Wasm, but no runtime: it does not export `Core_version`"
		);
		let blob = Blob::read(&module(VERSION)).expect("it exports its version");
		assert!(blob.version.is_none() && blob.api("Core").is_none());
	}

	#[test]
	fn compressed_blobs_are_read() {
		let packed = sp_maybe_compressed_blob::compress_strongly(&module(VERSION), CODE_BLOB_BOMB_LIMIT);
		let packed = packed.expect("it is small");
		assert_eq!(Blob::read(&packed).expect("it is one").wasm, module(VERSION));
		let cut = Blob::read(&packed[..packed.len() - 4]).map(|_| ());
		assert!(matches!(cut, Err(BlobError::Compressed(_))), "{cut:?}");
	}

	#[test]
	fn apis_are_read_from_their_section() {
		let mut section = blake2_64(b"ParachainHost").to_vec();
		section.extend(16u32.to_le_bytes());
		assert_eq!(apis_in(&section), [(blake2_64(b"ParachainHost"), 16)]);
	}
}
