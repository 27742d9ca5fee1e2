//! The client: set-up and questions.

use crate::{
	api::RuntimeApi, babe, executor::Executor, tasks::Tasks, Block, BlockNumber, Genesis, Hash, Header,
	QueryError, RuntimeApis, RuntimeExecutor, SetupError, Slot, SlotAuthor,
};
use codec::{Decode, Encode};
use sc_chain_spec::GenesisBlockBuilder;
use sc_client_api::{
	Backend as _, BlockBackend, CallExecutor, ExecutorProvider, ProofProvider, StorageProvider,
};
use sc_client_db::{Backend, BlocksPruning, DatabaseSettings, DatabaseSource, PruningMode};
use sc_service::{
	client::{new_with_backend, Client},
	ClientConfig, LocalCallExecutor,
};
use sp_api::{ApiRef, CallContext, ProvideRuntimeApi, StorageProof};
use sp_blockchain::{Backend as _, HeaderBackend};
use sp_consensus_babe::BabeApi;
use sp_core::storage::StorageKey;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// Where blocks and states are kept.
pub type FullBackend = Backend<Block>;
/// The client of `sc-service` over this crate's types.
pub type FullClient =
	Client<FullBackend, LocalCallExecutor<Block, FullBackend, Executor>, Block, RuntimeApis>;

/// Trie nodes that are kept decoded, in bytes. A devnet's state, less the code, fits several times over.
const TRIE_CACHE_BYTES: usize = 32 * 1024 * 1024;

/// Blocks without finality after which the database treats a block as canonical. All states are kept anyway; the
/// value only has to be above the length of a fork.
const CANONICALIZATION_DELAY: u64 = 4_096;

/// Where the chain is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Database {
	/// In memory; gone with the client.
	#[default]
	InMemory,
	/// In a ParityDB in this folder; a chain that is already there is continued.
	ParityDb(PathBuf),
}

/// What a client is made from.
#[derive(Clone, Debug)]
pub struct RelayClientConfig {
	/// The runtime's Wasm blob, compressed or not.
	pub wasm: Vec<u8>,
	/// State of block 0.
	pub genesis: Genesis,
	/// Where the chain is kept.
	pub database: Database,
	/// Runs the blob. Hand the same one to several clients and the blob is compiled once.
	pub executor: RuntimeExecutor,
}

impl RelayClientConfig {
	/// A chain in memory.
	pub fn new(wasm: impl Into<Vec<u8>>, genesis: Genesis) -> Self {
		Self {
			wasm: wasm.into(),
			genesis,
			database: Database::default(),
			executor: RuntimeExecutor::default(),
		}
	}
}

/// A relay chain: all of its blocks and states, and the runtime that makes and checks them.
pub struct RelayClient {
	pub(crate) client: Arc<FullClient>,
	pub(crate) backend: Arc<FullBackend>,
	pub(crate) tasks: Tasks,
}

impl std::fmt::Debug for RelayClient {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("RelayClient")
			.field("best", &self.best())
			.finish_non_exhaustive()
	}
}

/// A block by hash and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
	/// Hash of the header, seal included.
	pub hash: Hash,
	/// Number of the block.
	pub number: BlockNumber,
}

impl RelayClient {
	/// Builds the genesis state by the runtime itself and starts a chain from it.
	///
	/// # Errors
	/// The blob is no runtime, the preset is unknown, the runtime refuses the configuration, or the database
	/// cannot be opened.
	pub fn new(config: RelayClientConfig) -> Result<Self, SetupError> {
		let RelayClientConfig {
			wasm,
			genesis,
			database,
			executor,
		} = config;
		let storage = genesis.build(&executor, &wasm)?;
		let source = match database {
			Database::InMemory => DatabaseSource::Custom {
				db: Arc::new(sp_database::MemDb::new()),
				// An empty one has to be written first.
				require_create_flag: true,
			},
			Database::ParityDb(path) => DatabaseSource::ParityDb { path },
		};
		let settings = DatabaseSettings {
			trie_cache_maximum_size: Some(TRIE_CACHE_BYTES),
			state_pruning: Some(PruningMode::ArchiveAll),
			source,
			blocks_pruning: BlocksPruning::KeepAll,
			pruning_filters: Vec::new(),
			metrics_registry: None,
		};
		let backend = Arc::new(Backend::new(settings, CANONICALIZATION_DELAY)?);
		let tasks = Tasks::default();
		let genesis =
			GenesisBlockBuilder::new_with_storage(storage, true, backend.clone(), executor.0.clone())?;
		let client = new_with_backend(
			backend.clone(),
			executor.0,
			genesis,
			Box::new(tasks.clone()),
			None,
			None,
			ClientConfig::default(),
		)?;
		Ok(Self {
			client: Arc::new(client),
			backend,
			tasks,
		})
	}

	/// The client itself, for what Substrate offers over one: RPC servers, transaction pools. It may be used by other
	/// threads while this one builds and imports.
	pub fn substrate(&self) -> Arc<FullClient> {
		self.client.clone()
	}

	/// Where blocks and states are kept, for the same.
	pub fn backend(&self) -> Arc<FullBackend> {
		self.backend.clone()
	}

	/// Lets the client's background task go on, which takes blocks out of the cache when nobody needs them any more. Every import
	/// does it; whoever only answers questions calls it now and then.
	pub fn poll_tasks(&self) {
		self.tasks.poll();
	}

	/// Hash of block 0.
	pub fn genesis_hash(&self) -> Hash {
		self.client.chain_info().genesis_hash
	}

	/// Head of the longest chain. Of two equally long ones it is the one that was there first.
	pub fn best(&self) -> BlockRef {
		let info = self.client.chain_info();
		BlockRef {
			hash: info.best_hash,
			number: info.best_number,
		}
	}

	/// Whether `block` is the head of the longest chain.
	pub fn is_best(&self, block: Hash) -> bool {
		self.best().hash == block
	}

	/// Header of `block`, with the seal.
	///
	/// # Errors
	/// The block is unknown.
	pub fn header(&self, block: Hash) -> Result<Header, QueryError> {
		HeaderBackend::header(&*self.client, block)?.ok_or(QueryError::UnknownBlock(block))
	}

	/// The whole block, with the seal.
	///
	/// # Errors
	/// The block is unknown.
	pub fn block(&self, block: Hash) -> Result<Block, QueryError> {
		Ok(self
			.client
			.block(block)?
			.ok_or(QueryError::UnknownBlock(block))?
			.block)
	}

	/// Number of `block`.
	///
	/// # Errors
	/// The block is unknown.
	pub fn number(&self, block: Hash) -> Result<BlockNumber, QueryError> {
		HeaderBackend::number(&*self.client, block)?.ok_or(QueryError::UnknownBlock(block))
	}

	/// Root of the state after `block`.
	///
	/// # Errors
	/// The block is unknown.
	pub fn state_root(&self, block: Hash) -> Result<Hash, QueryError> {
		Ok(self.header(block)?.state_root)
	}

	/// The blocks on top of `block`, ascending by hash.
	///
	/// # Errors
	/// The database fails.
	pub fn children(&self, block: Hash) -> Result<Vec<Hash>, QueryError> {
		let mut children = self.backend.blockchain().children(block)?;
		children.sort_unstable();
		Ok(children)
	}

	/// Up to `count` ancestors of `block`, the parent first; fewer when genesis is nearer.
	///
	/// # Errors
	/// The block is unknown.
	pub fn ancestry(&self, block: Hash, count: usize) -> Result<Vec<Hash>, QueryError> {
		let mut header = self.header(block)?;
		let mut ancestors = Vec::new();
		while ancestors.len() < count && header.number > 0 {
			ancestors.push(header.parent_hash);
			header = self.header(header.parent_hash)?;
		}
		Ok(ancestors)
	}

	/// The slot in which `block` was written; `None` for genesis, which has none.
	///
	/// # Errors
	/// The block is unknown.
	pub fn slot(&self, block: Hash) -> Result<Option<Slot>, QueryError> {
		Ok(babe::claim_of(&self.header(block)?.digest)
			.ok()
			.map(|claim| claim.slot.into()))
	}

	/// Whose slot `slot` is in a child of `parent`.
	///
	/// # Errors
	/// The parent is unknown, or the epoch has no authorities.
	pub fn slot_author(&self, parent: Hash, slot: Slot) -> Result<SlotAuthor, QueryError> {
		let number = self.number(parent)?;
		let (current, next) = (self.api().current_epoch(parent)?, self.api().next_epoch(parent)?);
		let epoch = babe::epoch_of_slot(number == 0, current, next, slot.into());
		babe::author(&epoch, slot.into()).ok_or(QueryError::NoAuthor(slot))
	}

	/// Length of a slot in milliseconds, at `block`.
	///
	/// # Errors
	/// The block is unknown.
	pub fn slot_duration_millis(&self, block: Hash) -> Result<u64, QueryError> {
		Ok(self.api().configuration(block)?.slot_duration)
	}

	/// Typed runtime-API calls. Take a new one for each block; changes that a call makes are dropped with it.
	///
	/// ```no_run
	/// use async_backing_primitives::runtime_api::ParachainHost;
	/// # fn f(client: async_backing_relay_client::RelayClient) -> Result<(), sp_api::ApiError> {
	/// let session = client.api().session_index_for_child(client.best().hash)?;
	/// # Ok(()) }
	/// ```
	pub fn api(&self) -> ApiRef<'_, RuntimeApi> {
		self.client.runtime_api()
	}

	/// Calls a runtime function by name, for APIs that [`RuntimeApi`] does not know. `arguments` is a tuple.
	///
	/// # Errors
	/// The block is unknown, the runtime traps or has no such function, or the answer is no `R`.
	pub fn call<R: Decode>(&self, at: Hash, method: &str, arguments: impl Encode) -> Result<R, QueryError> {
		self.number(at)?;
		let answer = self
			.client
			.executor()
			.call(at, method, &arguments.encode(), CallContext::Offchain)?;
		R::decode(&mut &answer[..]).map_err(|source| QueryError::Decode {
			method: method.into(),
			source,
		})
	}

	/// The value under `key` in the state after `block`.
	///
	/// # Errors
	/// The block is unknown.
	pub fn storage(&self, block: Hash, key: &[u8]) -> Result<Option<Vec<u8>>, QueryError> {
		self.number(block)?;
		Ok(self
			.client
			.storage(block, &StorageKey(key.to_vec()))?
			.map(|data| data.0))
	}

	/// All of the state after `block`, for tools that look at it as a whole. Linear in the state.
	///
	/// # Errors
	/// The block is unknown.
	pub fn entries(&self, block: Hash) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, QueryError> {
		self.number(block)?;
		let pairs = self.client.storage_pairs(block, None, None)?;
		Ok(pairs.map(|(key, value)| (key.0, value.0)).collect())
	}

	/// A proof of the values under `keys`, against [`Self::state_root`] of `block`. Absence is proven too.
	///
	/// # Errors
	/// The block is unknown.
	pub fn storage_proof(&self, block: Hash, keys: &[&[u8]]) -> Result<StorageProof, QueryError> {
		self.number(block)?;
		Ok(self.client.read_proof(block, &mut keys.iter().copied())?)
	}

	/// SCALE encoding of the events that `block` deposited, `Vec<EventRecord>` of its runtime; empty when there
	/// are none.
	///
	/// # Errors
	/// The block is unknown.
	pub fn events(&self, block: Hash) -> Result<Vec<u8>, QueryError> {
		use sp_io::hashing::twox_128;
		let key = [twox_128(b"System"), twox_128(b"Events")].concat();
		Ok(self.storage(block, &key)?.unwrap_or_default())
	}
}
