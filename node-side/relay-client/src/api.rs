//! Typed runtime-API calls on a chain whose runtime is known only as a Wasm blob.
//!
//! `impl_runtime_apis!` would write the client's half of the runtime APIs, but only beside a native runtime: this
//! crate has none. [`RuntimeApi`] is that half written by hand. A trait from `decl_runtime_apis!` carries all of its
//! methods as defaults over one raw call, so that an API costs one line here and keeps its argument and result types.
//!
//! Invariants:
//! - one [`RuntimeApi`] speaks about one block: the changes that its calls make lie over that block's state;
//! - a call that fails leaves no change behind.

use crate::{Block, Executor, FullBackend, FullClient, Hash};
use codec::Codec;
use sc_client_api::{CallExecutor, ExecutorProvider};
use sc_executor::RuntimeVersion;
use sc_service::LocalCallExecutor;
use sp_api::{
	ApiError, ApiExt, ApiRef, CallContext, ConstructRuntimeApi, ProofRecorder, RuntimeApiInfo, StorageProof,
};
use sp_externalities::{Extension, Extensions, TransactionType};
use sp_runtime::traits::{BlakeTwo256, MaybeDisplay};
use sp_runtime::TransactionOutcome;
use sp_state_machine::{Backend as StateBackend, OverlayedChanges, StorageChanges};
use std::cell::{Cell, RefCell};

/// Tells the client which runtime APIs there are. Has no values.
#[derive(Debug)]
pub enum RuntimeApis {}

/// Runtime-API calls against the state of one block.
///
/// The methods come from the API traits: import `sp_consensus_babe::BabeApi`,
/// `async_backing_primitives::runtime_api::ParachainHost` or another one of those implemented below.
pub struct RuntimeApi {
	executor: LocalCallExecutor<Block, FullBackend, Executor>,
	changes: RefCell<OverlayedChanges<BlakeTwo256>>,
	recorder: Option<ProofRecorder<Block>>,
	context: CallContext,
	extensions: RefCell<Extensions>,
	at: Cell<Option<Hash>>,
	in_transaction: Cell<bool>,
}

impl std::fmt::Debug for RuntimeApi {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("RuntimeApi")
			.field("at", &self.at)
			.field("context", &self.context)
			.finish_non_exhaustive()
	}
}

impl ConstructRuntimeApi<Block, FullClient> for RuntimeApis {
	type RuntimeApi = RuntimeApi;

	fn construct_runtime_api(client: &FullClient) -> ApiRef<'_, RuntimeApi> {
		RuntimeApi {
			executor: client.executor().clone(),
			changes: RefCell::default(),
			recorder: None,
			context: CallContext::Offchain,
			extensions: RefCell::default(),
			at: Cell::new(None),
			in_transaction: Cell::new(false),
		}
		.into()
	}
}

impl RuntimeApi {
	/// Calls `function` with encoded arguments. Changes are kept when the call succeeds.
	fn call_raw(
		&self,
		at: Hash,
		arguments: &[u8],
		function: &dyn Fn(RuntimeVersion) -> &'static str,
	) -> Result<Vec<u8>, ApiError> {
		match self.at.get() {
			Some(earlier) if earlier != at => return Err(ApiError::UsingSameInstanceForDifferentBlocks),
			Some(_) => {}
			None => {
				// The number would matter to a factory of extensions; the client is built without one.
				let installed = self.executor.execution_extensions().extensions(at, 0);
				self.extensions.borrow_mut().merge(installed);
				self.at.set(Some(at));
			}
		}
		let call = || {
			let function = function(self.version_at(at)?);
			self.executor
				.contextual_call(
					at,
					function,
					arguments,
					&self.changes,
					&self.recorder,
					self.context,
					&self.extensions,
				)
				.map_err(ApiError::from)
		};
		if self.in_transaction.get() {
			return call();
		}
		self.start_transaction();
		let result = call();
		self.end_transaction(result.is_ok());
		result
	}

	fn version_at(&self, at: Hash) -> Result<RuntimeVersion, ApiError> {
		CallExecutor::runtime_version(&self.executor, at, self.context).map_err(ApiError::from)
	}

	fn start_transaction(&self) {
		self.changes.borrow_mut().start_transaction();
		if let Some(recorder) = &self.recorder {
			recorder.start_transaction();
		}
		self.extensions
			.borrow_mut()
			.start_transaction(TransactionType::Host);
	}

	fn end_transaction(&self, commit: bool) {
		const BALANCED: &str =
			"call_raw() and execute_in_transaction() open one transaction and close that one, \
			and the runtime cannot close a transaction that the host opened; qed";
		let recorded = match (&self.recorder, commit) {
			(None, _) => Ok(()),
			(Some(recorder), true) => recorder.commit_transaction(),
			(Some(recorder), false) => recorder.rollback_transaction(),
		};
		let mut extensions = self.extensions.borrow_mut();
		if commit {
			self.changes.borrow_mut().commit_transaction().expect(BALANCED);
			extensions.commit_transaction(TransactionType::Host);
		} else {
			self.changes.borrow_mut().rollback_transaction().expect(BALANCED);
			extensions.rollback_transaction(TransactionType::Host);
		}
		recorded.expect(BALANCED);
	}
}

impl ApiExt<Block> for RuntimeApi {
	fn execute_in_transaction<F: FnOnce(&Self) -> TransactionOutcome<R>, R>(&self, call: F) -> R {
		self.start_transaction();
		let outer = self.in_transaction.replace(true);
		let outcome = call(self);
		self.in_transaction.set(outer);
		self.end_transaction(matches!(outcome, TransactionOutcome::Commit(_)));
		outcome.into_inner()
	}

	fn has_api<A: RuntimeApiInfo + ?Sized>(&self, at: Hash) -> Result<bool, ApiError> {
		Ok(self
			.version_at(at)?
			.has_api_with(&A::ID, |version| version == A::VERSION))
	}

	fn has_api_with<A: RuntimeApiInfo + ?Sized, P: Fn(u32) -> bool>(
		&self,
		at: Hash,
		predicate: P,
	) -> Result<bool, ApiError> {
		Ok(self.version_at(at)?.has_api_with(&A::ID, predicate))
	}

	fn api_version<A: RuntimeApiInfo + ?Sized>(&self, at: Hash) -> Result<Option<u32>, ApiError> {
		Ok(self.version_at(at)?.api_version(&A::ID))
	}

	fn record_proof(&mut self) {
		self.recorder = Some(ProofRecorder::<Block>::default());
	}

	fn record_proof_with_recorder(&mut self, recorder: ProofRecorder<Block>) {
		self.recorder = Some(recorder);
	}

	fn extract_proof(&mut self) -> Option<StorageProof> {
		self.recorder
			.take()
			.map(|recorder| recorder.drain_storage_proof())
	}

	fn proof_recorder(&self) -> Option<ProofRecorder<Block>> {
		self.recorder.clone()
	}

	fn into_storage_changes<B: StateBackend<BlakeTwo256>>(
		&self,
		backend: &B,
		parent_hash: Hash,
	) -> Result<StorageChanges<BlakeTwo256>, String> {
		let version = self.version_at(parent_hash).map_err(|error| error.to_string())?;
		self.changes
			.borrow_mut()
			.drain_storage_changes(backend, version.state_version())
	}

	fn set_call_context(&mut self, call_context: CallContext) {
		self.context = call_context;
	}

	fn register_extension<E: Extension>(&mut self, extension: E) {
		self.extensions.borrow_mut().register(extension);
	}

	fn set_overlayed_changes(&mut self, changes: OverlayedChanges<BlakeTwo256>) {
		*self.changes.borrow_mut() = changes;
	}
}

/// Each of these traits has its methods as defaults over the one that is given here. What stands before a trait are types
/// that a runtime is free in.
macro_rules! apis {
	($($([$($own:ident),*])? $api:path),* $(,)?) => { $(
		impl$(<$($own: Codec + MaybeDisplay),*>)? $api for RuntimeApi {
			fn __runtime_api_internal_call_api_at(
				&self,
				at: Hash,
				arguments: Vec<u8>,
				function: &dyn Fn(RuntimeVersion) -> &'static str,
			) -> Result<Vec<u8>, ApiError> {
				self.call_raw(at, &arguments, function)
			}
		}
	)* };
}

apis! {
	sp_api::Core<Block>,
	sp_block_builder::BlockBuilder<Block>,
	sp_consensus_babe::BabeApi<Block>,
	async_backing_primitives::runtime_api::ParachainHost<Block>,
	async_backing_primitives::runtime_api::AsyncBackingApi<Block>,
	sp_api::Metadata<Block>,
	sp_session::SessionKeys<Block>,
	sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block>,
	[AccountId, Nonce] frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce>,
	[Balance] pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>,
}
