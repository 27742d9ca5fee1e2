//! The relay chain of the town.

use super::Port;
use crate::{work::Signer, Request};
use async_backing_availability::{encode, erasure_root_of, ErasureChunk};
use async_backing_chain_view::ChainEvent;
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BackedCandidateManifest, BackingState, BlockNumber,
	CandidateCommitments, CandidateDescriptor, CandidateHash, CandidatePendingAvailability,
	CommittedCandidateReceipt, CompactStatement, Constraints, CoreIndex, CoreState, DescriptorFields,
	GridSeed, GroupIndex, GroupRotationInfo, Hash, HeadData, LeafFacts, OccupiedCore, ParaAtLeaf, ParaId,
	PersistedValidationData, PoV, RelayChainBlockInfo, SessionIndex, SignedCompactStatement, SigningContext,
	StatementFilter, ValidationCodeHash, ValidationResult, ValidatorId, ValidatorIndex, ValidatorSignature,
};
use async_backing_statement_distribution::Attested;
use sp_core::{sr25519, Pair};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// The para.
pub(super) const PARA: ParaId = ParaId(2000);
/// Validators that there are, of which a session has [`VALIDATORS`].
pub(super) const KEYS: u8 = 8;
const VALIDATORS: u8 = 6;
const MAX_POV: u32 = 2000;
/// Bytes of a proof of validity: more than all that is hashed of what a peer sends.
const POV: usize = 1500;
/// Blocks that are remembered here.
pub(super) const REMEMBERED: usize = 12;

static PAIRS: LazyLock<Vec<sr25519::Pair>> = LazyLock::new(|| {
	let pair = |index| sr25519::Pair::from_seed(&[index; 32]);
	(1..=KEYS).map(pair).collect()
});

/// Signing draws randomness: of each payload one signature is kept, so that a run can be made twice.
static SIGNATURES: LazyLock<Mutex<Signatures>> = LazyLock::new(Mutex::default);
type Signatures = BTreeMap<(u8, Vec<u8>), ValidatorSignature>;

pub(super) fn key(index: u8) -> ValidatorId {
	PAIRS[usize::from(index % KEYS)].public().into()
}

pub(super) fn sign(index: u8, payload: &[u8]) -> ValidatorSignature {
	let mut signatures = SIGNATURES.lock().unwrap_or_else(PoisonError::into_inner);
	let new = || PAIRS[usize::from(index % KEYS)].sign(payload).into();
	signatures
		.entry((index % KEYS, payload.to_vec()))
		.or_insert_with(new)
		.clone()
}

/// A relay block, with candidates that name it as their relay parent.
#[derive(Clone, Debug)]
pub(super) struct Block {
	pub(super) facts: Arc<LeafFacts>,
	pub(super) samples: Vec<Sample>,
	/// What is pending there.
	pub(super) pending: Option<CandidateHash>,
}

/// A candidate with what its collator holds.
#[derive(Clone, Debug)]
pub(super) struct Sample {
	pub(super) receipt: CommittedCandidateReceipt,
	pub(super) validation_data: PersistedValidationData,
	pub(super) pov: Arc<PoV>,
	pub(super) result: ValidationResult,
	hash: CandidateHash,
	session: SessionIndex,
}

impl Sample {
	fn new(block: RelayChainBlockInfo, session: SessionIndex, parent: Vec<u8>, head: Vec<u8>) -> Self {
		let pov = PoV {
			block_data: vec![head[0]; POV].into(),
		};
		let validation_data = PersistedValidationData {
			parent_head: HeadData(parent),
			relay_parent_number: block.number,
			relay_parent_storage_root: block.storage_root,
			max_pov_size: MAX_POV,
		};
		let result = ValidationResult {
			head_data: HeadData(head),
			hrmp_watermark: block.number,
			..Default::default()
		};
		let commitments = CandidateCommitments::from(result.clone());
		let data = AvailableData {
			pov: pov.clone(),
			validation_data: validation_data.clone(),
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: PARA,
			relay_parent: block.hash,
			core_index: 0,
			session_index: session,
			persisted_validation_data_hash: validation_data.hash(),
			pov_hash: pov.hash(),
			erasure_root: erasure_root_of(VALIDATORS.into(), &data).unwrap_or_default(),
			para_head: commitments.head_data.hash(),
			validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
		});
		let receipt = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		Self {
			hash: receipt.hash(),
			receipt,
			validation_data,
			pov: Arc::new(pov),
			result,
			session,
		}
	}

	pub(super) fn hash(&self) -> CandidateHash {
		self.hash
	}

	/// How its collator is asked for it.
	pub(super) fn request(&self) -> Request {
		Request::Collation {
			scheduling_parent: self.receipt.descriptor.scheduling_parent(),
			para: PARA,
			candidate: self.hash,
		}
	}

	pub(super) fn data(&self) -> AvailableData {
		AvailableData {
			pov: PoV::clone(&self.pov),
			validation_data: self.validation_data.clone(),
		}
	}

	pub(super) fn chunks(&self) -> Vec<Arc<ErasureChunk>> {
		encode(VALIDATORS.into(), &self.data()).map_or(Vec::new(), |coded| coded.chunks)
	}

	/// What a validator says about it.
	pub(super) fn statement(
		&self,
		author: ValidatorIndex,
		seconds: bool,
		port: &Port,
		signer: &ValidatorId,
		is_forged: bool,
	) -> SignedCompactStatement {
		let statement = match seconds {
			true => CompactStatement::Seconded(self.hash),
			false => CompactStatement::Valid(self.hash),
		};
		let context = SigningContext {
			session_index: self.session,
			parent_hash: match is_forged {
				true => Hash::zero(),
				false => self.scheduling_parent(),
			},
		};
		let signature = port.sign(signer, &statement.signing_payload(&context));
		SignedCompactStatement {
			statement,
			validator_index: author,
			signature: signature.unwrap_or_else(|| sr25519::Signature::default().into()),
		}
	}

	pub(super) fn scheduling_parent(&self) -> Hash {
		self.receipt.descriptor.scheduling_parent()
	}

	/// What is told of it outside of its group, the first.
	pub(super) fn manifest(&self, statement_knowledge: StatementFilter) -> BackedCandidateManifest {
		BackedCandidateManifest {
			scheduling_parent: self.scheduling_parent(),
			candidate_hash: self.hash,
			group_index: GroupIndex(0),
			para_id: PARA,
			parent_head_data_hash: self.validation_data.parent_head.hash(),
			statement_knowledge,
		}
	}

	/// How it is sent, with statements of two others of its group, where these are the keys of the session.
	pub(super) fn attested(&self, port: &Port, keys: &[ValidatorId]) -> Attested {
		// Nobody else signs for the validator itself.
		let group = (0..).map(ValidatorIndex).zip(keys).take(3);
		let others = group.filter(|(_, other)| **other != key(0)).take(2);
		let said = |(position, (index, signer)): (usize, (ValidatorIndex, &ValidatorId))| {
			self.statement(index, position == 0, port, signer, false)
		};
		Attested {
			receipt: Arc::new(self.receipt.clone()),
			validation_data: Arc::new(self.validation_data.clone()),
			statements: others.enumerate().map(said).collect(),
		}
	}
}

/// The chain, as far as it is remembered.
#[derive(Debug, Default)]
pub(super) struct Chain {
	/// Oldest first.
	blocks: VecDeque<Block>,
	made: u64,
	session: SessionIndex,
	session_start: BlockNumber,
	finalized: Option<(Hash, BlockNumber)>,
	/// What is signed and by whom at each block that there ever was.
	sessions: BTreeMap<Hash, (SigningContext, Vec<ValidatorId>)>,
}

impl Chain {
	/// The newest block, or one that many before it.
	pub(super) fn block(&self, back: usize) -> &Block {
		let last = self.blocks.len().saturating_sub(1);
		&self.blocks[last.saturating_sub(back)]
	}

	/// All candidates that are remembered.
	pub(super) fn samples(&self) -> impl Iterator<Item = &Sample> {
		self.blocks.iter().flat_map(|block| &block.samples)
	}

	/// The newest session that there was.
	pub(super) fn newest_session(&self) -> SessionIndex {
		self.session
	}

	/// What is signed at a block, and the keys of those who sign.
	pub(super) fn session_at(&self, block: Hash) -> Option<&(SigningContext, Vec<ValidatorId>)> {
		self.sessions.get(&block)
	}

	/// Whether a key is one of the session of a block.
	pub(super) fn has_validator(&self, block: Hash, mut keys: impl Iterator<Item = ValidatorId>) -> bool {
		let known = self.sessions.get(&block);
		known.is_some_and(|(_, validators)| keys.any(|key| validators.contains(&key)))
	}

	/// Adds a block on the newest, or on one that many before it.
	pub(super) fn grow(&mut self, back: usize, ends_session: bool) -> &Block {
		self.made += 1;
		let parent = (!self.blocks.is_empty()).then(|| self.block(back).clone());
		let parent_block = parent.as_ref().map(|parent| parent.facts.block);
		let number = parent_block.map_or(10, |parent| parent.number + 1);
		let block = RelayChainBlockInfo {
			hash: Hash::from_low_u64_be(self.made),
			number,
			storage_root: Hash::repeat_byte(3),
		};
		let is_new = parent
			.as_ref()
			.is_none_or(|parent| parent.facts.session_index != self.session);
		if ends_session || is_new {
			self.session += 1;
			self.session_start = number;
		}
		let mut ancestors = Vec::new();
		if let Some(parent) = parent.as_ref().filter(|_| !ends_session && !is_new) {
			ancestors.push(parent.facts.block);
			ancestors.extend(parent.facts.ancestors.first().copied());
		}
		// What builds on the included head may be pending, every other time.
		let pending = parent
			.as_ref()
			.filter(|_| !ancestors.is_empty() && number % 2 == 1)
			.and_then(|parent| parent.samples.first().cloned());
		let facts = self.facts(block, parent_block, ancestors, pending.as_ref());
		let signed = (facts.signing_context(block.hash), facts.validators.clone());
		self.sessions.insert(block.hash, signed);
		let session = self.session;
		let sample = |parent: u8, head: u8| Sample::new(block, session, vec![parent], vec![head]);
		let first = sample(0, 1);
		let head = |parent: u8, head: u8| sample(parent, head);
		let samples = vec![first, head(0, 2), head(0, 3), head(1, 4), head(2, 5)];
		self.blocks.push_back(Block {
			facts: Arc::new(facts),
			samples,
			pending: pending.map(|pending| pending.hash()),
		});
		if self.blocks.len() > REMEMBERED {
			self.blocks.pop_front();
		}
		self.block(0)
	}

	fn facts(
		&self,
		block: RelayChainBlockInfo,
		parent: Option<RelayChainBlockInfo>,
		ancestors: Vec<RelayChainBlockInfo>,
		pending: Option<&Sample>,
	) -> LeafFacts {
		let core = match pending {
			None => CoreState::Scheduled(PARA.into()),
			Some(sample) => CoreState::Occupied(OccupiedCore {
				next_up_on_available: Some(PARA.into()),
				occupied_since: block.number,
				time_out_at: block.number + 5,
				next_up_on_time_out: Some(PARA.into()),
				availability: Default::default(),
				group_responsible: Default::default(),
				candidate_hash: sample.hash(),
				candidate_descriptor: sample.receipt.descriptor.clone(),
			}),
		};
		let pending_availability = pending.map(|sample| CandidatePendingAvailability {
			candidate_hash: sample.hash(),
			descriptor: sample.receipt.descriptor.clone(),
			commitments: sample.receipt.commitments.clone(),
			relay_parent_number: sample.validation_data.relay_parent_number,
			max_pov_size: MAX_POV,
		});
		let at_leaf = ParaAtLeaf {
			backing_state: BackingState {
				constraints: Constraints {
					min_relay_parent_number: block.number.saturating_sub(2),
					max_pov_size: MAX_POV,
					max_code_size: 1 << 20,
					max_head_data_size: 1024,
					ump_remaining: 10,
					ump_remaining_bytes: 1000,
					max_ump_num_per_candidate: 5,
					dmp_remaining_messages: Vec::new(),
					hrmp_inbound: Default::default(),
					hrmp_channels_out: Vec::new(),
					max_hrmp_num_per_candidate: 4,
					required_parent: HeadData(vec![0]),
					validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
					upgrade_restriction: None,
					future_validation_code: None,
				},
				pending_availability: pending_availability.into_iter().collect(),
			},
			extension: None,
		};
		// The validator itself stays; the others change their places.
		let shift = self.session % u32::from(KEYS - 1);
		let others = (0..u32::from(KEYS) - 1).map(|place| (place + shift) % u32::from(KEYS - 1) + 1);
		let validators = std::iter::once(0)
			.chain(others)
			.take(VALIDATORS.into())
			.map(|index| key(index as u8));
		LeafFacts {
			block,
			parent_hash: parent.map_or_else(Hash::zero, |parent| parent.hash),
			slot: block.number.into(),
			session_index: self.session,
			session_ends_from_slot: u64::MAX,
			params: AsyncBackingParams {
				max_candidate_depth: 2,
				allowed_ancestry_len: 2,
			},
			pending_relay_parents: ancestors.iter().map(|info| (info.hash, *info)).collect(),
			ancestors,
			validators: validators.collect(),
			groups: vec![
				[0, 1, 2].map(ValidatorIndex).into(),
				[3, 4, 5].map(ValidatorIndex).into(),
			],
			rotation: GroupRotationInfo {
				session_start_block: self.session_start,
				group_rotation_frequency: 1000,
				now: block.number + 1,
			},
			minimum_backing_votes: 2,
			disabled: Vec::new(),
			cores: vec![core, CoreState::Free],
			ancestor_claim_queues: Default::default(),
			claim_queue: [(CoreIndex(0), [PARA, PARA].into())].into(),
			paras: [(PARA, at_leaf)].into(),
			codes_to_check: vec![ValidationCodeHash(Hash::from_low_u64_be(u64::from(
				block.number / 8,
			)))],
			node_features: Default::default(),
			grid: Some(GridSeed {
				randomness: [7; 32],
				authorities: VALIDATORS.into(),
			}),
			events: Vec::new(),
		}
	}

	/// The newest block's ancestor becomes final.
	pub(super) fn finalize(&mut self) -> Option<(Hash, BlockNumber)> {
		let final_block = self.block(0).facts.ancestors.last().copied()?;
		let is_higher = self
			.finalized
			.is_none_or(|(_, number)| final_block.number > number);
		if !is_higher {
			return None;
		}
		self.finalized = Some((final_block.hash, final_block.number));
		self.finalized
	}

	/// Whether a block is remembered, and not below the final one.
	pub(super) fn may_be_leaf(&self, hash: Hash) -> bool {
		let found = self.blocks.iter().find(|block| block.facts.block.hash == hash);
		let lowest = self.finalized.map_or(0, |(_, number)| number);
		found.is_some_and(|block| block.facts.block.number >= lowest)
	}

	/// The newest block is not to be built on.
	pub(super) fn revert(&mut self) -> Option<Hash> {
		if self.blocks.len() < 4 {
			return None;
		}
		self.blocks.pop_back().map(|block| block.facts.block.hash)
	}

	/// What a validator that begins again is told.
	pub(super) fn retold(&self) -> Vec<ChainEvent> {
		let finalized = self
			.finalized
			.map(|(hash, number)| ChainEvent::Finalized { hash, number });
		let imported = self.blocks.iter().map(|block| ChainEvent::Imported {
			facts: block.facts.clone(),
			fresh: true,
		});
		finalized.into_iter().chain(imported).collect()
	}
}
