//! A client whose runtimes are tables: for each block the versions of its APIs, and bytes for each call.
//!
//! Asking for a method that the version at that block does not have fails the test.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

pub mod world;

use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	Hash, Header,
};
use codec::Encode;
use sp_api::{
	ApiError, ApiExt, ApiRef, CallContext, Core, ProofRecorder, ProvideRuntimeApi, RuntimeApiInfo,
	StorageProof, TransactionOutcome,
};
use sp_blockchain::{BlockStatus, HeaderBackend, Info};
use sp_consensus_babe::BabeApi;
use sp_externalities::Extension;
use sp_runtime::{traits::BlakeTwo256, OpaqueExtrinsic};
use sp_state_machine::{Backend as StateBackend, OverlayedChanges, StorageChanges};
use sp_version::RuntimeVersion;
use std::{cell::Cell, collections::BTreeMap, sync::Arc};

pub type Block = sp_runtime::generic::Block<Header, OpaqueExtrinsic>;

/// First version of ParachainHost that has the method (R-BIN-30); those that are left out are there from the beginning.
const SINCE: [(&str, u32); 10] = [
	("minimum_backing_votes", 6),
	("para_backing_state", 7),
	("async_backing_params", 7),
	("disabled_validators", 8),
	("node_features", 9),
	("approval_voting_params", 10),
	("claim_queue", 11),
	("candidates_pending_availability", 11),
	("backing_constraints", 13),
	("scheduling_lookahead", 13),
];

/// A block: its header, and what its runtime says.
#[derive(Clone)]
pub struct At {
	pub header: Header,
	pub host: Option<u32>,
	pub own: bool,
	pub babe: Option<u32>,
	answers: BTreeMap<(String, Vec<u8>), Vec<u8>>,
}

impl At {
	pub fn new(header: Header) -> Self {
		Self {
			header,
			host: Some(16),
			own: true,
			babe: Some(2),
			answers: BTreeMap::new(),
		}
	}

	/// What the runtime answers, as `Api_method`.
	pub fn answer(&mut self, function: &str, arguments: impl Encode, answer: impl Encode) {
		self.answer_bytes(function, arguments, answer.encode());
	}

	pub fn answer_bytes(&mut self, function: &str, arguments: impl Encode, answer: Vec<u8>) {
		self.answers.insert((function.into(), arguments.encode()), answer);
	}

	/// The call traps from now on.
	pub fn trap(&mut self, function: &str, arguments: impl Encode) {
		let removed = self.answers.remove(&(function.into(), arguments.encode()));
		assert!(removed.is_some(), "{function} was answered before");
	}

	fn call(&self, function: &'static str, arguments: &[u8]) -> Result<Vec<u8>, ApiError> {
		let (api, method) = function.split_once('_').expect("Api_method");
		let since = SINCE.iter().find(|(name, _)| *name == method);
		let there = match api {
			"ParachainHost" => self
				.host
				.is_some_and(|version| version >= since.map_or(5, |(_, since)| *since)),
			"AsyncBackingApi" => self.own,
			"BabeApi" => self.babe.is_some_and(|version| version >= 2),
			_ => false,
		};
		assert!(there, "{function} is not there at block {}", self.header.number);
		let answer = self.answers.get(&(function.into(), arguments.to_vec()));
		answer
			.cloned()
			.ok_or_else(|| ApiError::Application(format!("{function} traps").into()))
	}

	fn version_of(&self, id: [u8; 8]) -> Option<u32> {
		match id {
			id if id == <dyn ParachainHost<Block>>::ID => self.host,
			id if id == <dyn AsyncBackingApi<Block>>::ID => self.own.then_some(1),
			id if id == <dyn BabeApi<Block>>::ID => self.babe,
			_ => None,
		}
	}
}

/// A client that has these blocks.
#[derive(Clone, Default)]
pub struct Client(pub BTreeMap<Hash, At>);

impl HeaderBackend<Block> for Client {
	fn header(&self, hash: Hash) -> sp_blockchain::Result<Option<Header>> {
		Ok(self.0.get(&hash).map(|at| at.header.clone()))
	}

	fn info(&self) -> Info<Block> {
		panic!("nobody asks for the best block: a leaf is named")
	}

	fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
		panic!("nobody asks for a status: headers say all")
	}

	fn number(&self, hash: Hash) -> sp_blockchain::Result<Option<u32>> {
		Ok(self.0.get(&hash).map(|at| at.header.number))
	}

	fn hash(&self, _: u32) -> sp_blockchain::Result<Option<Hash>> {
		panic!("nobody asks by number: forks share numbers")
	}
}

impl ProvideRuntimeApi<Block> for Client {
	type Api = Api;

	fn runtime_api(&self) -> ApiRef<'_, Api> {
		Api {
			blocks: Arc::new(self.0.clone()),
			at: Cell::new(None),
		}
		.into()
	}
}

/// As those of `sp-api`: an instance speaks about one block.
pub struct Api {
	blocks: Arc<BTreeMap<Hash, At>>,
	at: Cell<Option<Hash>>,
}

impl Api {
	fn at(&self, at: Hash) -> Result<&At, ApiError> {
		if self.at.replace(Some(at)).is_some_and(|before| before != at) {
			return Err(ApiError::UsingSameInstanceForDifferentBlocks);
		}
		self.blocks
			.get(&at)
			.ok_or_else(|| ApiError::UnknownBlock(format!("{at:?}")))
	}
}

macro_rules! apis {
	($($api:path),* $(,)?) => { $(
		impl $api for Api {
			fn __runtime_api_internal_call_api_at(
				&self,
				at: Hash,
				arguments: Vec<u8>,
				function: &dyn Fn(RuntimeVersion) -> &'static str,
			) -> Result<Vec<u8>, ApiError> {
				self.at(at)?.call(function(RuntimeVersion::default()), &arguments)
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

impl ApiExt<Block> for Api {
	fn execute_in_transaction<F: FnOnce(&Self) -> TransactionOutcome<R>, R>(&self, call: F) -> R {
		call(self).into_inner()
	}

	fn has_api<A: RuntimeApiInfo + ?Sized>(&self, at: Hash) -> Result<bool, ApiError> {
		Ok(self.api_version::<A>(at)? == Some(A::VERSION))
	}

	fn has_api_with<A: RuntimeApiInfo + ?Sized, P: Fn(u32) -> bool>(
		&self,
		at: Hash,
		predicate: P,
	) -> Result<bool, ApiError> {
		Ok(self.api_version::<A>(at)?.is_some_and(predicate))
	}

	fn api_version<A: RuntimeApiInfo + ?Sized>(&self, at: Hash) -> Result<Option<u32>, ApiError> {
		Ok(self.at(at)?.version_of(A::ID))
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
	) -> Result<StorageChanges<BlakeTwo256>, String> {
		Err("nothing changes".into())
	}

	fn set_call_context(&mut self, _: CallContext) {}

	fn register_extension<E: Extension>(&mut self, _: E) {}

	fn set_overlayed_changes(&mut self, _: OverlayedChanges<BlakeTwo256>) {}
}
