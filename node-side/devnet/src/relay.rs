//! The relay chain of a devnet: its genesis, its validators' keys, and its blocks.

use crate::{orders::OrderDesk, relay_state::StateAt, runtime::Runtime, DevnetError, Parachain, RunConfig};
use async_backing_collator::RelayParentState;
use async_backing_primitives::{
	CandidateEvent, Hash, HostConfiguration, LeafFacts, ParachainsInherentData, PvfCheckStatement, Slot,
	ValidationCode, ValidationCodeHash, ValidatorId, ValidatorSignature, PARACHAINS_INHERENT_IDENTIFIER,
};
use async_backing_provisioner::Proposal;
use async_backing_relay_client::{
	BuildBlock, QueryError, RelayClient, RelayClientConfig, RuntimeExecutor, ValidatorKeys,
};
use async_backing_runtime_metadata::Chain as TransactionsOf;
use sp_consensus_babe::BabeApi;
use sp_inherents::InherentData;
use sp_runtime::{transaction_validity::TransactionValidityError, OpaqueExtrinsic};
use sp_version::RuntimeVersion;

/// Slot of the first relay block. Any would do; this one is in the year 2025.
pub const FIRST_SLOT: Slot = 291_000_000;

/// The relay chain, as far as the world of the nodes needs it.
pub(crate) trait Chain {
	/// Keys of all validators.
	fn validators(&self) -> &[ValidatorKeys];

	/// Hash of the block that the run begins with.
	fn genesis(&self) -> Hash;

	/// Position of the validator that builds in `slot` on `parent`.
	fn author(&self, parent: Hash, slot: Slot) -> Result<usize, DevnetError>;

	/// The block of `slot` on `parent`, with what its author's node proposes, and with these transactions.
	fn grow(
		&mut self,
		parent: Hash,
		slot: Slot,
		author: usize,
		proposal: Proposal,
		extrinsics: Vec<OpaqueExtrinsic>,
	) -> Result<ImportedBlock, DevnetError>;

	/// What a node learns of a leaf.
	fn facts(&self, leaf: Hash) -> Result<LeafFacts, DevnetError>;

	/// What a collator can read at a relay parent.
	fn state(&self, relay_parent: Hash) -> Box<dyn RelayParentState + '_>;

	/// A validation code in the state of a block, and how many bytes it may have there after decompression; `None` if there
	/// is none.
	fn code(
		&self,
		at: Hash,
		code: ValidationCodeHash,
	) -> Result<Option<(ValidationCode, usize)>, DevnetError>;

	/// The transactions that carry a vote about a code (R-CODE-3).
	fn ballot(
		&self,
		at: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<Vec<OpaqueExtrinsic>, DevnetError>;
}

/// The relay chain.
#[derive(Debug)]
pub struct RelayChain {
	client: RelayClient,
	validators: Vec<ValidatorKeys>,
	runtime: Runtime,
	session_length: u64,
}

/// A relay block that was built and imported.
#[derive(Clone, Debug)]
pub struct ImportedBlock {
	/// Its hash.
	pub hash: Hash,
	/// Position of its author among the validators.
	pub author: usize,
	/// What happened to candidates in it.
	pub events: Vec<CandidateEvent>,
	/// Transactions that the runtime does not accept, by their position among those that were brought.
	pub refused: Vec<(usize, TransactionValidityError)>,
	/// Transactions that are in the block and failed, by the same position, and why.
	pub failed: Vec<(usize, String)>,
}

impl RelayChain {
	/// A chain with the validators and paras of a run.
	///
	/// # Errors
	/// The runtime refuses the genesis configuration.
	pub fn new(
		config: &RunConfig,
		runtime: &[u8],
		parachains: &[Parachain],
		executor: RuntimeExecutor,
	) -> Result<Self, DevnetError> {
		let validators: Vec<_> = (0..config.validators)
			.map(|index| ValidatorKeys::of_run(config.seed, index))
			.collect();
		let runtime = Runtime::read(runtime, executor)?;
		let genesis = runtime.genesis(config, &validators, parachains)?;
		let client = RelayClient::new(RelayClientConfig {
			executor: runtime.executor.clone(),
			..RelayClientConfig::new(runtime.code.clone(), genesis)
		})?;
		let babe = client
			.api()
			.configuration(client.genesis_hash())
			.map_err(QueryError::from)?;
		let expected = config.model.slot.as_millis();
		if u128::from(babe.slot_duration) != expected {
			return Err(DevnetError::SlotDuration {
				expected,
				found: babe.slot_duration,
			});
		}
		if let Some(asked) = config.model.session_length {
			if u64::from(asked) != babe.epoch_length {
				return Err(DevnetError::SessionLength {
					asked,
					found: babe.epoch_length,
				});
			}
		}
		Ok(Self {
			client,
			validators,
			runtime,
			session_length: babe.epoch_length,
		})
	}

	/// Slots of a session, as the runtime says.
	pub fn session_length(&self) -> u64 {
		self.session_length
	}

	/// The host configuration at genesis: the run's values over the preset's.
	///
	/// # Errors
	/// The runtime does not answer.
	pub fn configuration(&self) -> Result<HostConfiguration, DevnetError> {
		let genesis = self.client.genesis_hash();
		Ok(self
			.client
			.call(genesis, "AsyncBackingApi_active_configuration", ())?)
	}

	/// Whoever sends a run's transactions.
	pub(crate) fn order_desk(&self) -> OrderDesk {
		let RuntimeVersion {
			spec_version,
			transaction_version,
			..
		} = self.runtime.version;
		let chain = TransactionsOf {
			spec_version,
			transaction_version,
			genesis: self.client.genesis_hash(),
		};
		OrderDesk::new(self.runtime.metadata.clone(), chain)
	}

	/// The client behind it.
	pub fn client(&self) -> &RelayClient {
		&self.client
	}

	/// Keys of all validators.
	pub fn validators(&self) -> &[ValidatorKeys] {
		&self.validators
	}

	/// What a collator can read at a relay parent.
	pub fn state(&self, relay_parent: Hash) -> impl RelayParentState + '_ {
		StateAt::new(&self.client, relay_parent)
	}

	/// Position of the validator that builds in `slot` on `parent`.
	///
	/// # Errors
	/// The parent is unknown, or the author is none of ours.
	pub fn author(&self, parent: Hash, slot: Slot) -> Result<usize, DevnetError> {
		let key = self.client.slot_author(parent, slot)?.key;
		self.validators
			.iter()
			.position(|keys| keys.sr25519_public() == key)
			.ok_or_else(|| DevnetError::UnknownAuthor(ValidatorId::from(key)))
	}

	/// Builds the block of `slot` on `parent` from what its author brings, with these transactions, executes and imports
	/// it.
	///
	/// # Errors
	/// The runtime refuses the block. An inherent that carries bad candidates is no such case: the runtime drops them.
	pub fn extend(
		&self,
		parent: Hash,
		slot: Slot,
		author: usize,
		inherent: &ParachainsInherentData,
		extrinsics: Vec<OpaqueExtrinsic>,
	) -> Result<ImportedBlock, DevnetError> {
		let mut inherents = InherentData::new();
		inherents.put_data(PARACHAINS_INHERENT_IDENTIFIER, inherent)?;
		let keys = self
			.validators
			.get(author)
			.ok_or(DevnetError::NoValidator(author))?;
		let request = BuildBlock {
			inherents,
			extrinsics,
			..BuildBlock::new(parent, slot, &keys.sr25519)
		};
		let brought = request.extrinsics.len();
		let built = self.client.build_block(request)?;
		self.client.import(built.block)?;
		let events = self.client.candidate_events(built.hash)?;
		let failed = match brought {
			0 => Vec::new(),
			brought => {
				let is_in = |position: &usize| !built.refused.iter().any(|(refused, _)| refused == position);
				let taken: Vec<_> = (0..brought).filter(is_in).collect();
				self.failed(built.hash, built.inherents, &taken)?
			}
		};
		Ok(ImportedBlock {
			hash: built.hash,
			author,
			events,
			refused: built.refused,
			failed,
		})
	}

	/// Which of the transactions behind so many inherents failed in a block, by the positions that they were brought in.
	fn failed(
		&self,
		block: Hash,
		inherents: usize,
		taken: &[usize],
	) -> Result<Vec<(usize, String)>, DevnetError> {
		let events = self.client.events(block)?;
		let failed = self.runtime.metadata.failed_dispatches(&events)?;
		let brought = failed.into_iter().filter_map(|failed| {
			let behind = (failed.extrinsic as usize).checked_sub(inherents)?;
			Some((*taken.get(behind)?, failed.reason))
		});
		Ok(brought.collect())
	}

	/// What a node learns of a leaf.
	///
	/// # Errors
	/// The block is unknown.
	pub fn leaf_facts(&self, leaf: Hash) -> Result<LeafFacts, DevnetError> {
		Ok(self.client.leaf_facts(leaf)?)
	}
}

impl Chain for RelayChain {
	fn validators(&self) -> &[ValidatorKeys] {
		self.validators()
	}

	fn genesis(&self) -> Hash {
		self.client.genesis_hash()
	}

	fn author(&self, parent: Hash, slot: Slot) -> Result<usize, DevnetError> {
		self.author(parent, slot)
	}

	fn grow(
		&mut self,
		parent: Hash,
		slot: Slot,
		author: usize,
		proposal: Proposal,
		extrinsics: Vec<OpaqueExtrinsic>,
	) -> Result<ImportedBlock, DevnetError> {
		let inherent = proposal.into_inherent_data(self.client.header(parent)?, Vec::new());
		self.extend(parent, slot, author, &inherent, extrinsics)
	}

	fn facts(&self, leaf: Hash) -> Result<LeafFacts, DevnetError> {
		self.leaf_facts(leaf)
	}

	fn state(&self, relay_parent: Hash) -> Box<dyn RelayParentState + '_> {
		Box::new(self.state(relay_parent))
	}

	fn code(
		&self,
		at: Hash,
		code: ValidationCodeHash,
	) -> Result<Option<(ValidationCode, usize)>, DevnetError> {
		let client = &self.client;
		let found: Option<ValidationCode> = client.call(at, "ParachainHost_validation_code_by_hash", code)?;
		let bomb_limit: u32 = client.call(at, "ParachainHost_validation_code_bomb_limit", ())?;
		Ok(found.map(|code| (code, bomb_limit as usize)))
	}

	fn ballot(
		&self,
		at: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		Ok(self.client.pvf_check_transactions(at, statement, signature)?)
	}
}
