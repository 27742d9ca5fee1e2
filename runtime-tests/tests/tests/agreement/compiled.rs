//! The compiled runtime, in the state that the native one has come to.

use async_backing_primitives::{hash_bytes, ParachainsInherentData};
use async_backing_relay_runtime as runtime;
use codec::{Decode, Encode};
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_runtime::ApplyExtrinsicResult;
use std::path::Path;

/// The relay runtime's blob, and what runs it.
pub(crate) struct Compiled {
	executor: WasmExecutor<sp_io::SubstrateHostFunctions>,
	code: &'static [u8],
	hash: Vec<u8>,
}

impl Compiled {
	/// Compiled once, and kept on disk for the next run.
	pub(crate) fn new() -> Self {
		let code = runtime::WASM_BINARY.expect("this test needs the compiled runtime: unset SKIP_WASM_BUILD");
		Self {
			executor: WasmExecutor::builder()
				.with_cache_path(Path::new(env!("CARGO_TARGET_TMPDIR")))
				.build(),
			code,
			hash: hash_bytes(code).as_bytes().to_vec(),
		}
	}

	/// Whether the block being made may carry this inherent. Leaves the state as it is.
	pub(crate) fn accepts(&self, data: &ParachainsInherentData) -> bool {
		let call = pallet_async_backing_inclusion::inherent::Call::enter { data: data.clone() };
		let call = runtime::RuntimeCall::ParaInherent(call);
		let extrinsic = runtime::UncheckedExtrinsic::new_bare(call).encode();
		let answer = sp_externalities::with_externalities(|state| {
			let fetcher = WrappedRuntimeCode(self.code.into());
			let code = RuntimeCode {
				code_fetcher: &fetcher,
				hash: self.hash.clone(),
				heap_pages: None,
			};
			state.storage_start_transaction();
			let (answer, _) = self.executor.call(
				state,
				&code,
				"BlockBuilder_apply_extrinsic",
				&extrinsic,
				CallContext::Offchain,
			);
			state.storage_rollback_transaction().expect("it was begun here");
			answer
		});
		let answer = answer
			.expect("a chain is being executed")
			.expect("the runtime answers");
		let applied = ApplyExtrinsicResult::decode(&mut &answer[..]).expect("it is that");
		matches!(applied, Ok(Ok(())))
	}
}
