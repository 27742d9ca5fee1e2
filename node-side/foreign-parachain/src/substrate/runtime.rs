//! The runtimes that a parachain has had: it may upgrade.

use crate::ProducerError;
use async_backing_relay_client::{Hash, QueryError, RelayClient};
use async_backing_runtime_metadata::{Blob, BlobError, Metadata};
use sp_core::storage::well_known_keys::CODE;
use sp_io::hashing::blake2_256;
use sp_version::RuntimeVersion;
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// Versions of metadata that are understood here, newest first.
const METADATA: u32 = 15;

/// How many relay blocks the runtime after a block demands on top of a relay parent; none if it does not know of such.
pub(super) fn relay_parent_offset(client: &RelayClient, blob: &Blob, at: Hash) -> Result<u32, QueryError> {
	match blob.api("RelayParentOffsetApi") {
		Some(_) => client.call(at, "RelayParentOffsetApi_relay_parent_offset", ()),
		None => Ok(0),
	}
}

/// What a runtime says of itself.
#[derive(Debug)]
pub(super) struct RuntimeAt {
	pub(super) blob: Blob,
	pub(super) version: RuntimeVersion,
	pub(super) metadata: Metadata,
}

impl RuntimeAt {
	/// A blob, without the code that it is made of: a parachain may have had many.
	pub(super) fn blob(code: &[u8]) -> Result<Blob, BlobError> {
		let mut blob = Blob::read(code)?;
		blob.wasm = Vec::new();
		Ok(blob)
	}

	fn read(client: &RelayClient, at: Hash, code: &[u8]) -> Result<Self, ProducerError> {
		let mut blob = Self::blob(code)?;
		let version: RuntimeVersion = client.call(at, "Core_version", ())?;
		// What the section says is what it was compiled with; what counts is what the runtime answers.
		blob.version = Some(version.clone());
		let newest = match blob.api("Metadata") {
			Some(version) if version >= 2 => {
				client.call::<Option<Vec<u8>>>(at, "Metadata_metadata_at_version", METADATA)?
			}
			_ => None,
		};
		let metadata = match newest {
			Some(metadata) => metadata,
			None => client.call(at, "Metadata_metadata", ())?,
		};
		Ok(Self {
			blob,
			version,
			metadata: Metadata::decode(&metadata)?,
		})
	}
}

/// Runtimes by the hashes of their code.
#[derive(Debug, Default)]
pub(super) struct Runtimes(RefCell<BTreeMap<[u8; 32], Arc<RuntimeAt>>>);

impl Runtimes {
	/// The runtime that executes what comes after a block.
	pub(super) fn at(&self, client: &RelayClient, block: Hash) -> Result<Arc<RuntimeAt>, ProducerError> {
		let code = client
			.storage(block, CODE)?
			.ok_or(QueryError::UnknownBlock(block))?;
		let hash = blake2_256(&code);
		if let Some(known) = self.0.borrow().get(&hash) {
			return Ok(known.clone());
		}
		let runtime = Arc::new(RuntimeAt::read(client, block, &code)?);
		self.0.borrow_mut().insert(hash, runtime.clone());
		Ok(runtime)
	}
}
