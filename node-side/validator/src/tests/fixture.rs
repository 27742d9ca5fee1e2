//! A relay chain of two cores, six validators in two groups, and candidates of one para on the first core.

use crate::{translate::of_validators, CollatorPeer, Message, NodePeer, Request, Validator, ValidatorConfig};
use async_backing_availability::{encode, erasure_root_of};
use async_backing_machine::{Instant, PeerId};
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BackedCandidateManifest, BackingState, CandidateCommitments,
	CandidateDescriptor, CandidateHash, CandidatePendingAvailability, CandidateReceipt,
	CommittedCandidateReceipt, CompactStatement, Constraints, CoreIndex, CoreState, DescriptorFields,
	GridSeed, GroupIndex, GroupRotationInfo, Hash, HeadData, HeadHash, LeafFacts, OccupiedCore, ParaAtLeaf,
	ParaId, PersistedValidationData, PoV, RelayChainBlockInfo, SessionIndex, SignedCompactStatement,
	SigningContext, StatementDistributionMessage, StatementFilter, UncheckedSignedAvailabilityBitfield,
	ValidationCodeHash, ValidationResult, ValidatorId, ValidatorIndex,
};
use async_backing_statement_distribution::Grid;
use async_backing_wire::{
	declare_payload, AdvertisementV2, CollationMessage, CollationResponse, CollationVersion, CollatorId,
	CollatorMessage, CollatorSignature, Declaration, Envelope, ValidationMessage, View, Wire,
};
use codec::Encode;
use sp_core::{sr25519, Pair};
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, PoisonError},
	time::Duration,
};

pub(super) const PARA: ParaId = ParaId(2000);
pub(super) const NOW: Instant = Duration::from_secs(10);
/// The group of three that backs the para, then three others.
pub(super) const VALIDATORS: u8 = 6;
pub(super) const MAX_POV: u32 = 1 << 20;
/// A collator of the para.
pub(super) const COLLATOR: PeerId = PeerId(100);

pub(super) fn pair(index: u8) -> sr25519::Pair {
	sr25519::Pair::from_seed(&[index + 1; 32])
}

pub(super) fn key(index: u8) -> ValidatorId {
	pair(index).public().into()
}

/// The connection to a validator.
pub(super) fn peer(index: u8) -> PeerId {
	PeerId(index.into())
}

pub(super) fn validator(index: u8) -> Validator {
	Validator::new(ValidatorConfig::new(key(index)))
}

pub(super) fn constraints() -> Constraints {
	Constraints {
		min_relay_parent_number: 5,
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
	}
}

pub(super) fn block(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::repeat_byte(3),
	}
}

/// Block 10 of a session that began with block 1, or its child where a candidate waits on core 0. Core 0 is for the para,
/// group 0 for core 0.
pub(crate) fn leaf(pending: Option<&Candidate>) -> LeafFacts {
	let core = match pending {
		None => CoreState::Scheduled(PARA.into()),
		Some(candidate) => CoreState::Occupied(OccupiedCore {
			next_up_on_available: Some(PARA.into()),
			occupied_since: 10,
			time_out_at: 100,
			next_up_on_time_out: Some(PARA.into()),
			availability: Default::default(),
			group_responsible: Default::default(),
			candidate_hash: candidate.hash(),
			candidate_descriptor: candidate.receipt.descriptor.clone(),
		}),
	};
	let pending = pending.map(|candidate| CandidatePendingAvailability {
		candidate_hash: candidate.hash(),
		descriptor: candidate.receipt.descriptor.clone(),
		commitments: candidate.receipt.commitments.clone(),
		relay_parent_number: 10,
		max_pov_size: MAX_POV,
	});
	let number = if pending.is_some() { 11 } else { 10 };
	let backing_state = BackingState {
		constraints: constraints(),
		pending_availability: pending.into_iter().collect(),
	};
	LeafFacts {
		block: block(number),
		parent_hash: block(number - 1).hash,
		slot: number.into(),
		session_index: 1,
		session_ends_from_slot: 1000,
		params: AsyncBackingParams {
			max_candidate_depth: 2,
			allowed_ancestry_len: 2,
		},
		ancestors: (number - 2..number).rev().map(block).collect(),
		validators: (0..VALIDATORS).map(key).collect(),
		groups: vec![
			[0, 1, 2].map(ValidatorIndex).into(),
			[3, 4, 5].map(ValidatorIndex).into(),
		],
		rotation: GroupRotationInfo {
			session_start_block: 1,
			group_rotation_frequency: 1000,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores: vec![core, CoreState::Free],
		ancestor_claim_queues: Default::default(),
		claim_queue: [(CoreIndex(0), [PARA, PARA].into())].into(),
		paras: [(
			PARA,
			ParaAtLeaf {
				backing_state,
				extension: None,
			},
		)]
		.into(),
		pending_relay_parents: [(block(10).hash, block(10))].into(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: Some(GridSeed {
			randomness: [7; 32],
			authorities: VALIDATORS.into(),
		}),
		events: Vec::new(),
	}
}

/// A block on top of this leaf, with the same state. `fork` tells several of them apart.
pub(super) fn child_of(parent: &LeafFacts, fork: u8) -> LeafFacts {
	let number = parent.block.number + 1;
	let mut ancestors = vec![parent.block];
	ancestors.extend(parent.ancestors.iter().take(1).copied());
	LeafFacts {
		block: RelayChainBlockInfo {
			hash: Hash::from_low_u64_be(u64::from(fork) << 32 | u64::from(number)),
			number,
			storage_root: Hash::repeat_byte(4),
		},
		parent_hash: parent.block.hash,
		slot: number.into(),
		ancestors,
		rotation: GroupRotationInfo {
			now: number + 1,
			..parent.rotation
		},
		..parent.clone()
	}
}

/// A candidate with what its collator holds.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
	pub(crate) receipt: CommittedCandidateReceipt,
	pub(crate) validation_data: PersistedValidationData,
	pub(super) pov: Arc<PoV>,
}

impl Candidate {
	/// On the included head.
	pub(super) fn new() -> Self {
		Self::building_on(HeadData(vec![0]), HeadData(vec![1]))
	}

	/// Another one for the same place.
	pub(crate) fn rival(seed: u32) -> Self {
		Self::building_on(
			HeadData(vec![0]),
			HeadData([&[1][..], &seed.to_be_bytes()].concat()),
		)
	}

	pub(super) fn building_on(parent_head: HeadData, head_data: HeadData) -> Self {
		Self::with_pov(parent_head, head_data, 5000)
	}

	pub(super) fn with_pov(parent_head: HeadData, head_data: HeadData, pov_len: usize) -> Self {
		let pov = PoV {
			block_data: vec![7; pov_len].into(),
		};
		let validation_data = PersistedValidationData {
			parent_head,
			relay_parent_number: 10,
			relay_parent_storage_root: block(10).storage_root,
			max_pov_size: MAX_POV,
		};
		let commitments = CandidateCommitments {
			head_data,
			hrmp_watermark: 10,
			..Default::default()
		};
		Self::made(pov, validation_data, commitments, block(10).hash, 1)
	}

	pub(super) fn made(
		pov: PoV,
		validation_data: PersistedValidationData,
		commitments: CandidateCommitments,
		relay_parent: Hash,
		session_index: SessionIndex,
	) -> Self {
		let available = AvailableData {
			pov: pov.clone(),
			validation_data: validation_data.clone(),
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: PARA,
			relay_parent,
			core_index: 0,
			session_index,
			persisted_validation_data_hash: validation_data.hash(),
			pov_hash: pov.hash(),
			erasure_root: erasure_root_of(VALIDATORS.into(), &available).expect("six validators"),
			para_head: commitments.head_data.hash(),
			validation_code_hash: constraints().validation_code_hash,
		});
		let receipt = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		Self {
			receipt,
			validation_data,
			pov: Arc::new(pov),
		}
	}

	/// A candidate on this one.
	pub(crate) fn child(&self) -> Self {
		Self::building_on(self.receipt.commitments.head_data.clone(), HeadData(vec![2]))
	}

	pub(super) fn hash(&self) -> CandidateHash {
		self.receipt.hash()
	}

	pub(super) fn plain(&self) -> CandidateReceipt {
		self.receipt.to_plain()
	}

	/// What the validation function gives.
	pub(super) fn result(&self) -> ValidationResult {
		let commitments = &self.receipt.commitments;
		ValidationResult {
			head_data: commitments.head_data.clone(),
			new_validation_code: commitments.new_validation_code.clone(),
			hrmp_watermark: commitments.hrmp_watermark,
			..Default::default()
		}
	}

	pub(super) fn advertisement(&self) -> Message {
		advertise(self.hash(), self.validation_data.parent_head.hash())
	}

	/// How its collator is asked for it.
	pub(super) fn request(&self) -> Request {
		Request::Collation {
			scheduling_parent: self.receipt.descriptor.scheduling_parent(),
			para: PARA,
			candidate: self.hash(),
		}
	}

	pub(super) fn collation(&self) -> CollationResponse {
		CollationResponse {
			receipt: self.plain(),
			pov: self.pov.clone(),
			parent_head_data: None,
		}
	}

	pub(super) fn data(&self) -> AvailableData {
		AvailableData {
			pov: (*self.pov).clone(),
			validation_data: self.validation_data.clone(),
		}
	}

	pub(super) fn chunks(&self) -> Vec<Arc<async_backing_availability::ErasureChunk>> {
		encode(VALIDATORS.into(), &self.data())
			.expect("six validators")
			.chunks
	}
}

fn say(message: CollatorMessage<AdvertisementV2>) -> Message {
	Message::Collation(Envelope::Message(CollationMessage::V2(message)).encode())
}

/// An advertisement of a candidate with relay parent 10 (R-NET-63).
pub(super) fn advertise(candidate_hash: CandidateHash, parent_head_data_hash: HeadHash) -> Message {
	say(CollatorMessage::Advertise(AdvertisementV2 {
		scheduling_parent: block(10).hash,
		candidate_hash,
		parent_head_data_hash,
	}))
}

fn peer_id(id: PeerId) -> Vec<u8> {
	[&[0; 30], &id.0.to_be_bytes()[..]].concat()
}

/// Who opened a stream as this peer.
pub(super) fn collator(id: PeerId) -> NodePeer {
	NodePeer::collator(CollatorPeer {
		peer_id: peer_id(id),
		version: CollationVersion::V2,
	})
}

/// What it says first (R-NET-61), for a para.
pub(super) fn declare(id: PeerId, para_id: ParaId) -> Message {
	let mut seed = [0xcc; 32];
	seed[..8].copy_from_slice(&id.0.to_be_bytes());
	let pair = sr25519::Pair::from_seed(&seed);
	say(CollatorMessage::Declare(Declaration {
		collator: CollatorId(pair.public().0),
		para_id,
		signature: CollatorSignature(pair.sign(&declare_payload(&peer_id(id))).0),
	}))
}

/// What validators say to one another.
pub(super) fn among_validators(message: StatementDistributionMessage) -> Message {
	of_validators(ValidationMessage::Statement(message))
}

/// What a validator states about a candidate: whether it seconds it.
pub(super) fn signed(candidate: &Candidate, validator: u8, seconds: bool) -> SignedCompactStatement {
	let statement = match seconds {
		true => CompactStatement::Seconded(candidate.hash()),
		false => CompactStatement::Valid(candidate.hash()),
	};
	let context = SigningContext {
		session_index: 1,
		parent_hash: candidate.receipt.descriptor.scheduling_parent(),
	};
	SignedCompactStatement {
		statement,
		validator_index: ValidatorIndex(validator.into()),
		signature: pair(validator).sign(&statement.signing_payload(&context)).into(),
	}
}

/// The same, as it is sent. Whoever is asked for the candidate from now on has it.
pub(super) fn statement(candidate: &Candidate, validator: u8, seconds: bool) -> Message {
	let mut known = STATED.lock().unwrap_or_else(PoisonError::into_inner);
	known.insert(candidate.hash(), candidate.clone());
	let scheduling_parent = candidate.receipt.descriptor.scheduling_parent();
	among_validators(StatementDistributionMessage::Statement(
		scheduling_parent,
		signed(candidate, validator, seconds),
	))
}

/// Candidates that somebody has stated.
static STATED: Mutex<BTreeMap<CandidateHash, Candidate>> = Mutex::new(BTreeMap::new());

/// A candidate that somebody has stated.
pub(super) fn stated(candidate: CandidateHash) -> Option<Candidate> {
	let known = STATED.lock().unwrap_or_else(PoisonError::into_inner);
	known.get(&candidate).cloned()
}

/// Who of the first group stated a candidate: who seconds it, and who confirms it.
pub(super) fn filter(votes: &[(u8, bool)]) -> StatementFilter {
	let of = |kind: bool| (0..3).map(|member| votes.contains(&(member, kind))).collect();
	StatementFilter {
		seconded_in_group: of(true),
		validated_in_group: of(false),
	}
}

/// A candidate as it is told to other groups.
pub(super) fn manifest(candidate: &Candidate, votes: &[(u8, bool)]) -> Message {
	let manifest = BackedCandidateManifest {
		scheduling_parent: candidate.receipt.descriptor.scheduling_parent(),
		candidate_hash: candidate.hash(),
		group_index: GroupIndex(0),
		para_id: PARA,
		parent_head_data_hash: candidate.validation_data.parent_head.hash(),
		statement_knowledge: filter(votes),
	};
	among_validators(StatementDistributionMessage::BackedCandidateManifest(manifest))
}

/// Who tells a validator of the second group about candidates of the first one (R-SD-8).
pub(super) fn teller(own: u8) -> u8 {
	let facts = leaf(None);
	let grid = Grid::new(&facts.grid.expect("it has one"));
	let routes = grid.routes(ValidatorIndex(own.into()), &facts.groups);
	let teller = routes[0].receiving.first().expect("somebody does");
	u8::try_from(teller.0).expect("one of six")
}

/// A validator sees these blocks, the newest first.
pub(super) fn sees(heads: impl IntoIterator<Item = Hash>) -> Message {
	let view = View::new(heads, 0);
	Message::Validation(Envelope::<ValidationMessage>::View(view).encode())
}

/// A statement that was said.
pub(super) fn as_statement(message: &Message) -> Option<SignedCompactStatement> {
	let Message::Validation(bytes) = message else {
		return None;
	};
	match Envelope::from_wire(bytes) {
		Ok(Envelope::Message(ValidationMessage::Statement(StatementDistributionMessage::Statement(
			_,
			statement,
		)))) => Some(statement),
		_ => None,
	}
}

/// A bitfield that was said, and its leaf.
pub(super) fn as_bitfield(message: &Message) -> Option<(Hash, UncheckedSignedAvailabilityBitfield)> {
	let Message::Validation(bytes) = message else {
		return None;
	};
	match Envelope::from_wire(bytes) {
		Ok(Envelope::Message(ValidationMessage::Bitfield {
			relay_parent,
			bitfield,
		})) => Some((relay_parent, bitfield)),
		_ => None,
	}
}
