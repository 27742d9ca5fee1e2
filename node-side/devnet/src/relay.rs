//! The relay chain of a devnet: its genesis, its validators' keys, and its blocks.

use crate::{DevnetError, Parachain, RunConfig};
use async_backing_primitives::{
	CandidateEvent, Hash, HostConfiguration, LeafFacts, ParachainsInherentData, PvfCheckStatement, Slot,
	ValidationCode, ValidationCodeHash, ValidatorId, ValidatorSignature, PARACHAINS_INHERENT_IDENTIFIER,
};
use async_backing_provisioner::Proposal;
use async_backing_relay_client::{
	validators_patch, BuildBlock, Genesis, RelayClient, RelayClientConfig, RuntimeExecutor, ValidatorKeys,
};
use serde_json::{json, Value};
use sp_inherents::InherentData;
use sp_runtime::OpaqueExtrinsic;

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
		let genesis = Genesis::preset("devnet")
			.with(validators_patch(&validators, &SESSION_KEYS))
			.with(genesis_patch(config, parachains));
		let client = RelayClient::new(RelayClientConfig {
			executor,
			..RelayClientConfig::new(runtime, genesis)
		})?;
		Ok(Self { client, validators })
	}

	/// The client behind it.
	pub fn client(&self) -> &RelayClient {
		&self.client
	}

	/// Keys of all validators.
	pub fn validators(&self) -> &[ValidatorKeys] {
		&self.validators
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
		let built = self.client.build_block(request)?;
		self.client.import(built.block)?;
		let events = self.client.candidate_events(built.hash)?;
		Ok(ImportedBlock {
			hash: built.hash,
			author,
			events,
		})
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

/// The account of the presets that orders blocks, and gives cores work where that is asked for. Its signatures follow from
/// what is signed, which those of the presets' own root do not.
const CUSTOMER: &str = "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu";

/// Session keys of the runtime, by its names; one sr25519 key of a validator serves for all but GRANDPA.
const SESSION_KEYS: [&str; 5] = [
	"babe",
	"grandpa",
	"para_validator",
	"para_assignment",
	"authority_discovery",
];

/// What the run changes about the preset.
fn genesis_patch(config: &RunConfig, parachains: &[Parachain]) -> Value {
	let defaults = HostConfiguration::default();
	let host = HostConfiguration {
		async_backing_params: config.params,
		num_cores: config.cores(),
		minimum_backing_votes: config.model.minimum_backing_votes,
		validation_upgrade_delay: config.model.upgrade_delay,
		minimum_validation_upgrade_delay: defaults
			.minimum_validation_upgrade_delay
			.min(config.model.upgrade_delay),
		..defaults
	};
	let paras: Vec<_> = config
		.para_ids()
		.zip(parachains)
		.map(|(id, parachain)| {
			json!({
				"id": id,
				"head": parachain.genesis_head(),
				"code": parachain.validation_code(),
			})
		})
		.collect();
	// Cores that are given work have no other.
	let given = !config.works.is_empty();
	let cores = config
		.leasing_paras()
		.flat_map(|para| (0..config.cores_per_para).map(move |_| para));
	let assignments: Vec<_> = (0u32..).zip(cores).filter(|_| !given).collect();
	let pool = (config.leased_cores()..config.cores()).filter(|_| !given);
	let mut patch = json!({
		"configuration": { "config": host },
		"epochLength": { "slots": config.model.session_length },
		"paras": { "paras": paras },
		"paraScheduler": {
			"assignments": assignments,
			"pool": pool.collect::<Vec<_>>(),
		},
	});
	if given {
		patch["sudo"] = json!({ "key": CUSTOMER });
	}
	patch
}
