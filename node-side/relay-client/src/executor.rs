//! Runs runtime blobs, and keeps what it compiled.

use crate::once;
use sc_executor::{HostFunctions, WasmExecutor};
use sp_wasm_interface::ExtendedHostFunctions;
use std::{collections::BTreeSet, path::Path};

/// The executor that the client is made with: compiled wasmtime with Substrate's host functions, and with what parachains
/// ask beside. Signatures are verified [once](once) for all calls.
pub(crate) type Executor = WasmExecutor<
	ExtendedHostFunctions<
		(
			sp_io::SubstrateHostFunctions,
			host::storage_proof_size::HostFunctions,
		),
		once::crypto::HostFunctions,
	>,
>;

/// What the macro writes is for the guest as well, and has configurations that are none here.
#[allow(
	unexpected_cfgs,
	dead_code,
	unreachable_pub,
	reason = "the macro writes for guests and hosts alike"
)]
mod host {
	use sp_externalities::ExternalitiesExt;
	use sp_runtime_interface::runtime_interface;
	use sp_trie::proof_size_extension::ProofSizeExt;

	/// What runtimes of parachains ask whoever builds their blocks: `ext_storage_proof_size_storage_proof_size_version_1`.
	#[runtime_interface]
	pub trait StorageProofSize {
		/// Bytes of the proof that was recorded so far; all ones where none is recorded.
		fn storage_proof_size(&mut self) -> u64 {
			self.extension::<ProofSizeExt>()
				.map_or(u64::MAX, |proof| proof.storage_proof_size())
		}
	}
}

/// Most instances of a runtime that are kept between calls. One client works one call at a time, and a call may
/// read another runtime's version meanwhile.
const MAX_INSTANCES: usize = 4;

/// Runs runtime blobs. Clones share what they compiled, so that clients of one process compile a blob once.
#[derive(Clone)]
pub struct RuntimeExecutor(pub(crate) Executor);

impl std::fmt::Debug for RuntimeExecutor {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("RuntimeExecutor")
	}
}

impl RuntimeExecutor {
	/// An executor that compiles each blob once, and not even that when `cache` holds it from an earlier process.
	pub fn new(cache: Option<&Path>) -> Self {
		let mut builder = Executor::builder().with_max_runtime_instances(MAX_INSTANCES);
		if let Some(path) = cache {
			builder = builder.with_cache_path(path);
		}
		Self(builder.build())
	}
}

impl RuntimeExecutor {
	/// Names of the host functions that runtimes of relay chains may import.
	pub fn host_functions() -> BTreeSet<&'static str> {
		<sp_io::SubstrateHostFunctions as HostFunctions>::host_functions()
			.into_iter()
			.map(|function| function.name())
			.collect()
	}
}

impl Default for RuntimeExecutor {
	fn default() -> Self {
		Self::new(None)
	}
}
