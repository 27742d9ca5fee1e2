//! A client that says of its chain that it is older than it is.

use async_backing_primitives::runtime_api::{AsyncBackingApi, ParachainHost};
use async_backing_relay_client::{Block, Hash, Header, RelayClient, RuntimeApi};
use sp_api::{
	ApiError, ApiExt, ApiRef, CallContext, Core, ProofRecorder, ProvideRuntimeApi, RuntimeApiInfo,
	StorageProof, TransactionOutcome,
};
use sp_blockchain::{BlockStatus, HeaderBackend, Info, Result};
use sp_consensus_babe::BabeApi;
use sp_externalities::Extension;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{Backend as StateBackend, OverlayedChanges, StorageChanges};
use sp_version::RuntimeVersion;

/// A chain of this version of ParachainHost, with or without our own API.
pub(crate) struct Older {
	pub(crate) client: &'static RelayClient,
	pub(crate) host: u32,
	pub(crate) own: bool,
}

pub(crate) struct OlderApi {
	api: ApiRef<'static, RuntimeApi>,
	host: u32,
	own: bool,
}

impl ProvideRuntimeApi<Block> for Older {
	type Api = OlderApi;

	fn runtime_api(&self) -> ApiRef<'_, OlderApi> {
		OlderApi {
			api: self.client.runtime_api(),
			host: self.host,
			own: self.own,
		}
		.into()
	}
}

impl HeaderBackend<Block> for Older {
	fn header(&self, hash: Hash) -> Result<Option<Header>> {
		HeaderBackend::header(self.client, hash)
	}

	fn info(&self) -> Info<Block> {
		self.client.info()
	}

	fn status(&self, hash: Hash) -> Result<BlockStatus> {
		self.client.status(hash)
	}

	fn number(&self, hash: Hash) -> Result<Option<u32>> {
		HeaderBackend::number(self.client, hash)
	}

	fn hash(&self, number: u32) -> Result<Option<Hash>> {
		HeaderBackend::hash(self.client, number)
	}
}

macro_rules! apis {
	($($api:path),* $(,)?) => { $(
		impl $api for OlderApi {
			fn __runtime_api_internal_call_api_at(
				&self,
				at: Hash,
				arguments: Vec<u8>,
				function: &dyn Fn(RuntimeVersion) -> &'static str,
			) -> std::result::Result<Vec<u8>, ApiError> {
				<RuntimeApi as $api>::__runtime_api_internal_call_api_at(&self.api, at, arguments, function)
			}
		}
	)* };
}

apis!(
	Core<Block>,
	BabeApi<Block>,
	ParachainHost<Block>,
	AsyncBackingApi<Block>
);

impl ApiExt<Block> for OlderApi {
	fn execute_in_transaction<F: FnOnce(&Self) -> TransactionOutcome<R>, R>(&self, call: F) -> R {
		call(self).into_inner()
	}

	fn has_api<A: RuntimeApiInfo + ?Sized>(&self, at: Hash) -> std::result::Result<bool, ApiError> {
		Ok(self.api_version::<A>(at)? == Some(A::VERSION))
	}

	fn has_api_with<A: RuntimeApiInfo + ?Sized, P: Fn(u32) -> bool>(
		&self,
		at: Hash,
		predicate: P,
	) -> std::result::Result<bool, ApiError> {
		Ok(self.api_version::<A>(at)?.is_some_and(predicate))
	}

	fn api_version<A: RuntimeApiInfo + ?Sized>(
		&self,
		at: Hash,
	) -> std::result::Result<Option<u32>, ApiError> {
		let version = self.api.api_version::<A>(at)?;
		Ok(match A::ID {
			id if id == <dyn ParachainHost<Block>>::ID => version.map(|version| version.min(self.host)),
			id if id == <dyn AsyncBackingApi<Block>>::ID => version.filter(|_| self.own),
			_ => version,
		})
	}

	fn record_proof(&mut self) {}

	fn record_proof_with_recorder(&mut self, _: ProofRecorder<Block>) {}

	fn extract_proof(&mut self) -> Option<StorageProof> {
		None
	}

	fn proof_recorder(&self) -> Option<ProofRecorder<Block>> {
		None
	}

	fn into_storage_changes<B: StateBackend<BlakeTwo256>>(
		&self,
		_: &B,
		_: Hash,
	) -> std::result::Result<StorageChanges<BlakeTwo256>, String> {
		Err("nothing changes".into())
	}

	fn set_call_context(&mut self, _: CallContext) {}

	fn register_extension<E: Extension>(&mut self, _: E) {}

	fn set_overlayed_changes(&mut self, _: OverlayedChanges<BlakeTwo256>) {}
}
