//! A model of a relay chain with one para on one core, and of a parachain that counts its blocks.
//!
//! The real ones run in Wasm, in the tests of the compiled runtime; a run of these is a matter of milliseconds, so that it
//! can be made a thousand times.

use crate::{
	chronicle::Chronicle,
	execution::{fuel_of, Executes},
	relay::{Chain, ImportedBlock},
	simulation::sim_config,
	words::DevnetWords,
	world::{Note, World},
	DevnetError, Model, Parachain, RunConfig,
};
use async_backing_collator::{
	BlockProducer, FuelUse, NoRelayState, PovSize, ProduceBlock, ProduceError, ProducedBlock,
	RelayParentState,
};
use async_backing_machine::Instant;
use async_backing_primitives::{
	availability_threshold, hash_of, AsyncBackingParams, BackedCandidate, BackingState, BlockData,
	CandidateCommitments, CandidateEvent, CandidateHash, CandidatePendingAvailability, Constraints,
	CoreIndex, CoreState, GridSeed, GroupIndex, GroupRotationInfo, Hash, HeadData, LeafFacts, OccupiedCore,
	ParaAtLeaf, ParaId, PersistedValidationData, PoV, PvfCheckStatement, RelayChainBlockInfo, Slot,
	ValidationCode, ValidationCodeHash, ValidationResult, ValidatorIndex, ValidatorSignature,
};
use async_backing_provisioner::Proposal;
use async_backing_relay_client::ValidatorKeys;
use async_backing_sim::{Observer, Sim, Step};
use async_backing_validator::work::{Execution, Executor};
use codec::{Decode, Encode};
use sp_runtime::OpaqueExtrinsic;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

pub(crate) const PARA: ParaId = ParaId(crate::FIRST_PARA);
const CORE: CoreIndex = CoreIndex(0);
const GROUP: GroupIndex = GroupIndex(0);
const MAX_POV: u32 = 1 << 20;
/// Blocks after which a candidate that is not available loses its core.
const PATIENCE: u32 = 5;
/// Bytes of a parablock beside its number.
const FILLING: usize = 300;

fn code() -> ValidationCode {
	ValidationCode(vec![1])
}

/// The least validators of which one may be missing: three of four attest, two of three back.
pub(crate) fn config(blocks: u32, seed: u64) -> RunConfig {
	RunConfig {
		blocks,
		validators: 4,
		paras: 1,
		seed,
		..RunConfig::default()
	}
}

/// A candidate on the core, and who has its chunk.
#[derive(Clone, Debug)]
struct OnCore {
	backed: BackedCandidate,
	relay_parent: RelayChainBlockInfo,
	since: u32,
	has: BTreeSet<ValidatorIndex>,
}

#[derive(Clone, Debug)]
struct Block {
	info: RelayChainBlockInfo,
	parent: Hash,
	slot: Slot,
	included: HeadData,
	on_core: Option<OnCore>,
	events: Vec<CandidateEvent>,
}

/// The relay chain.
#[derive(Debug)]
pub(crate) struct ModelChain {
	validators: Vec<ValidatorKeys>,
	params: AsyncBackingParams,
	genesis: Hash,
	blocks: BTreeMap<Hash, Block>,
	/// A code about which the validators are asked, from this block on.
	pub(super) asks: Option<(u32, ValidationCodeHash)>,
	/// What they said of it, and in which block.
	pub(super) votes: Vec<(u32, PvfCheckStatement)>,
}

impl ModelChain {
	fn new(config: &RunConfig) -> Self {
		let info = RelayChainBlockInfo {
			hash: hash_of(&"genesis"),
			number: 0,
			storage_root: Hash::zero(),
		};
		let genesis = Block {
			info,
			parent: Hash::zero(),
			slot: 0,
			included: Counter.genesis_head(),
			on_core: None,
			events: Vec::new(),
		};
		Self {
			validators: (0..config.validators)
				.map(|index| ValidatorKeys::of_run(config.seed, index))
				.collect(),
			params: config.params,
			genesis: info.hash,
			blocks: [(info.hash, genesis)].into(),
			asks: None,
			votes: Vec::new(),
		}
	}

	/// Votes count once for each validator, if they are its own, as long as there is no quorum.
	fn note_vote(&mut self, number: u32, transaction: &OpaqueExtrinsic) {
		let bytes: Vec<u8> = Decode::decode(&mut &transaction.encode()[..]).unwrap();
		let (statement, signature): (PvfCheckStatement, ValidatorSignature) =
			Decode::decode(&mut &bytes[..]).unwrap();
		let key = self.validators[statement.validator_index.as_usize()].sr25519_public();
		assert!(statement.is_signed_by(&key.into(), &signature), "R-CODE-3");
		let is_known =
			|(_, known): &(u32, PvfCheckStatement)| known.validator_index == statement.validator_index;
		if self.is_asking(number) && !self.votes.iter().any(is_known) {
			self.votes.push((number, statement));
		}
	}

	fn is_asking(&self, number: u32) -> bool {
		let needed = async_backing_primitives::supermajority_threshold(self.validators.len());
		self.asks.is_some_and(|(from, _)| number >= from) && self.votes.len() < needed
	}

	fn block(&self, hash: Hash) -> &Block {
		&self.blocks[&hash]
	}

	fn ancestors(&self, block: &Block) -> Vec<RelayChainBlockInfo> {
		let parents = std::iter::successors(self.blocks.get(&block.parent), |block| {
			self.blocks.get(&block.parent)
		});
		let legal = parents.take(self.params.allowed_ancestry_len as usize);
		legal.map(|block| block.info).collect()
	}

	/// The relay parent of a candidate that may be backed on this parent, if it is legal and fits there.
	fn fits(&self, parent: &Block, backed: &BackedCandidate) -> Option<RelayChainBlockInfo> {
		let descriptor = &backed.candidate.descriptor;
		let mut legal = self.ancestors(parent);
		legal.push(parent.info);
		let relay_parent = legal
			.into_iter()
			.find(|info| info.hash == descriptor.relay_parent())?;
		let validation_data = PersistedValidationData {
			parent_head: parent.included.clone(),
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: MAX_POV,
		};
		let is_child = descriptor.persisted_validation_data_hash() == validation_data.hash();
		(is_child && backed.validity_votes.len() >= 2).then_some(relay_parent)
	}
}

impl Chain for ModelChain {
	fn validators(&self) -> &[ValidatorKeys] {
		&self.validators
	}

	fn genesis(&self) -> Hash {
		self.genesis
	}

	fn author(&self, _: Hash, slot: Slot) -> Result<usize, DevnetError> {
		Ok(slot as usize % self.validators.len())
	}

	fn grow(
		&mut self,
		parent: Hash,
		slot: Slot,
		author: usize,
		proposal: Proposal,
		transactions: Vec<OpaqueExtrinsic>,
	) -> Result<ImportedBlock, DevnetError> {
		for transaction in transactions {
			self.note_vote(self.block(parent).info.number + 1, &transaction);
		}
		let candidates: Vec<_> = proposal
			.backed_candidates
			.iter()
			.map(|backed| backed.to_backed())
			.collect();
		let hash = hash_of(&(parent, slot, &proposal.bitfields, &candidates));
		let mut block = self.block(parent).clone();
		block.info = RelayChainBlockInfo {
			hash,
			number: block.info.number + 1,
			storage_root: hash_of(&hash),
		};
		(block.parent, block.slot) = (parent, slot);
		block.events.clear();
		if let Some(on_core) = &mut block.on_core {
			let set = proposal.bitfields.iter().filter(|signed| signed.payload.0[0]);
			on_core.has.extend(set.map(|signed| signed.validator_index));
			let receipt = on_core.backed.candidate.to_plain();
			let head = on_core.backed.candidate.commitments.head_data.clone();
			if on_core.has.len() >= availability_threshold(self.validators.len()) {
				block.included = head.clone();
				block
					.events
					.push(CandidateEvent::CandidateIncluded(receipt, head, CORE, GROUP));
				block.on_core = None;
			} else if block.info.number >= on_core.since + PATIENCE {
				block
					.events
					.push(CandidateEvent::CandidateTimedOut(receipt, head, CORE));
				block.on_core = None;
			}
		}
		// What fits is judged by the state before this block, but for what it includes.
		let at_parent = Block {
			included: block.included.clone(),
			..self.block(parent).clone()
		};
		let fitting = candidates
			.iter()
			.filter(|_| block.on_core.is_none())
			.find_map(|backed| Some((backed, self.fits(&at_parent, backed)?)));
		if let Some((backed, relay_parent)) = fitting {
			let receipt = backed.candidate.to_plain();
			let head = backed.candidate.commitments.head_data.clone();
			block
				.events
				.push(CandidateEvent::CandidateBacked(receipt, head, CORE, GROUP));
			block.on_core = Some(OnCore {
				backed: backed.clone(),
				relay_parent,
				since: block.info.number,
				has: BTreeSet::new(),
			});
		}
		let events = block.events.clone();
		self.blocks.insert(hash, block);
		Ok(ImportedBlock {
			hash,
			author,
			events,
			refused: Vec::new(),
			failed: Vec::new(),
		})
	}

	fn state(&self, _: Hash) -> Box<dyn RelayParentState + '_> {
		Box::new(NoRelayState)
	}

	fn code(&self, _: Hash, _: ValidationCodeHash) -> Result<Option<(ValidationCode, usize)>, DevnetError> {
		Ok(Some((code(), 1 << 20)))
	}

	fn ballot(
		&self,
		_: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		let transaction = (statement, signature).encode();
		Ok(vec![
			OpaqueExtrinsic::decode(&mut &transaction.encode()[..]).unwrap()
		])
	}

	fn facts(&self, leaf: Hash) -> Result<LeafFacts, DevnetError> {
		let block = self.block(leaf);
		let ancestors = self.ancestors(block);
		let claims = || [(CORE, [PARA, PARA, PARA].into())].into();
		let pending = block
			.on_core
			.as_ref()
			.map(|on_core| CandidatePendingAvailability {
				candidate_hash: on_core.backed.candidate.hash(),
				descriptor: on_core.backed.candidate.descriptor.clone(),
				commitments: on_core.backed.candidate.commitments.clone(),
				relay_parent_number: on_core.relay_parent.number,
				max_pov_size: MAX_POV,
			});
		let core = match &block.on_core {
			None => CoreState::Scheduled(PARA.into()),
			Some(on_core) => CoreState::Occupied(OccupiedCore {
				next_up_on_available: Some(PARA.into()),
				occupied_since: on_core.since,
				time_out_at: on_core.since + PATIENCE,
				next_up_on_time_out: Some(PARA.into()),
				availability: (0..self.validators.len())
					.map(|index| on_core.has.contains(&ValidatorIndex(index as u32)))
					.collect(),
				group_responsible: GROUP,
				candidate_hash: on_core.backed.candidate.hash(),
				candidate_descriptor: on_core.backed.candidate.descriptor.clone(),
			}),
		};
		let constraints = Constraints {
			min_relay_parent_number: ancestors.last().map_or(block.info.number, |oldest| oldest.number),
			max_pov_size: MAX_POV,
			max_code_size: 1000,
			max_head_data_size: 100,
			ump_remaining: 0,
			ump_remaining_bytes: 0,
			max_ump_num_per_candidate: 0,
			dmp_remaining_messages: Vec::new(),
			hrmp_inbound: Default::default(),
			hrmp_channels_out: Vec::new(),
			max_hrmp_num_per_candidate: 0,
			required_parent: block.included.clone(),
			validation_code_hash: code().hash(),
			upgrade_restriction: None,
			future_validation_code: None,
		};
		let at_leaf = ParaAtLeaf {
			backing_state: BackingState {
				constraints,
				pending_availability: pending.into_iter().collect(),
			},
			extension: None,
		};
		let relay_parent = block.on_core.as_ref().map(|on_core| on_core.relay_parent);
		let group = (0..self.validators.len()).map(|index| ValidatorIndex(index as u32));
		Ok(LeafFacts {
			block: block.info,
			parent_hash: block.parent,
			slot: block.slot,
			session_index: 1,
			session_ends_from_slot: Slot::MAX,
			params: self.params,
			ancestor_claim_queues: ancestors.iter().map(|info| (info.hash, claims())).collect(),
			ancestors,
			validators: self
				.validators
				.iter()
				.map(|keys| keys.sr25519_public().into())
				.collect(),
			groups: vec![group.collect()],
			rotation: GroupRotationInfo {
				session_start_block: 0,
				group_rotation_frequency: 1_000_000,
				now: block.info.number + 1,
			},
			minimum_backing_votes: 2,
			disabled: Vec::new(),
			cores: vec![core],
			claim_queue: claims(),
			paras: [(PARA, at_leaf)].into(),
			pending_relay_parents: relay_parent.map(|info| (info.hash, info)).into_iter().collect(),
			codes_to_check: match self.asks {
				Some((_, code)) if self.is_asking(block.info.number) => vec![code],
				_ => Vec::new(),
			},
			node_features: Default::default(),
			grid: Some(GridSeed {
				randomness: [7; 32],
				authorities: self.validators.len() as u32,
			}),
			events: block.events.clone(),
		})
	}
}

/// A parachain that counts its blocks: its head data are the number alone, so that two runs can be compared whose relay
/// blocks differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter;

/// A block, as its proof of validity has it.
#[derive(Encode, Decode)]
struct Counted {
	number: u32,
	extrinsics: u32,
	filling: Vec<u8>,
}

pub(super) fn head(number: u32) -> HeadData {
	HeadData(number.encode())
}

pub(super) fn number(head: &HeadData) -> u32 {
	u32::decode(&mut &head.0[..]).unwrap()
}

impl BlockProducer for Counter {
	fn genesis_head(&self) -> HeadData {
		head(0)
	}

	fn pov_size(&self) -> PovSize {
		PovSize {
			base: FILLING as u64 + 20,
			per_extrinsic: 0,
		}
	}

	fn fuel(&self) -> FuelUse {
		FuelUse::default()
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		let ProduceBlock {
			parent_head,
			relay_parent,
			max_extrinsics,
			..
		} = *block;
		let number = number(parent_head) + 1;
		let block = Counted {
			number,
			extrinsics: max_extrinsics,
			filling: vec![number as u8; FILLING],
		};
		Ok(ProducedBlock {
			commitments: CandidateCommitments {
				head_data: head(number),
				hrmp_watermark: relay_parent.number,
				..Default::default()
			},
			pov: PoV {
				block_data: BlockData(block.encode()),
			},
			extrinsics: max_extrinsics,
		})
	}
}

impl Executes for Counter {
	fn knows(&self, _: ValidationCodeHash) -> bool {
		true
	}

	fn learn(&mut self, _: ValidationCode, _: usize) {}
}

impl Executor for Counter {
	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> Execution {
		let block = Counted::decode(&mut &pov.block_data.0[..]).unwrap();
		let is_next = block.number == number(&validation_data.parent_head) + 1;
		let outcome = is_next.then(|| ValidationResult {
			head_data: head(block.number),
			hrmp_watermark: validation_data.relay_parent_number,
			..Default::default()
		});
		let cost = Model::default().extrinsic_cost.saturating_mul(block.extrinsics);
		Execution {
			outcome: outcome.ok_or_else(|| "not the next number".into()),
			fuel: fuel_of(cost),
		}
	}
}

/// A devnet over the model.
pub(crate) struct Town {
	pub(crate) sim: Sim<World<ModelChain>>,
	pub(crate) chronicle: Chronicle,
	/// Heads that the chain included, in its order, and when.
	pub(super) included: Vec<(Instant, HeadData)>,
}

impl Town {
	pub(crate) fn new(config: RunConfig) -> Self {
		Self::with_executor(config, Counter)
	}

	/// Whose candidates somebody else executes.
	pub(super) fn with_executor(config: RunConfig, executor: impl Executes + 'static) -> Self {
		config.validate().unwrap();
		let chain = ModelChain::new(&config);
		let (sim_config, chronicle) = (sim_config(&config), Chronicle::new(&config));
		let parachain = Parachain::new(code(), Counter);
		let world = World::new(config, chain, vec![parachain], executor);
		Self {
			sim: Sim::new(sim_config, world).unwrap(),
			chronicle,
			included: Vec::new(),
		}
	}

	/// Runs to the end, under the eyes of one more observer.
	pub(crate) fn run(&mut self, watch: impl FnMut(&Step<'_, DevnetWords, Note>)) {
		self.try_run(watch).unwrap();
	}

	/// The same where the run may not come to its end.
	pub(crate) fn try_run(
		&mut self,
		mut watch: impl FnMut(&Step<'_, DevnetWords, Note>),
	) -> Result<(), DevnetError> {
		let Self {
			sim,
			chronicle,
			included,
		} = self;
		loop {
			let mut observer = |step: &Step<'_, DevnetWords, Note>| {
				chronicle.see(step);
				watch(step);
				let async_backing_sim::What::Note(Note::RelayBlock(block)) = step.what else {
					return;
				};
				for event in &block.events {
					if let CandidateEvent::CandidateIncluded(_, head, ..) = event {
						included.push((step.at, head.clone()));
					}
				}
			};
			if !sim.step(&mut observer)? {
				return Ok(());
			}
			chronicle.invariants.check(sim)?;
		}
	}

	/// Numbers of the included blocks.
	pub(super) fn numbers(&self) -> Vec<u32> {
		self.included.iter().map(|(_, head)| number(head)).collect()
	}

	/// Included blocks of which more than this has passed since the one before.
	pub(super) fn longest_gap(&self) -> Duration {
		let times: Vec<_> = self.included.iter().map(|(at, _)| *at).collect();
		times
			.windows(2)
			.map(|pair| pair[1] - pair[0])
			.max()
			.unwrap_or_default()
	}
}
