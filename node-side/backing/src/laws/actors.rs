//! Who is there and what they may say: keys, blocks, candidates and statements, each a function of few numbers.

use super::Stated;
use crate::{Collation, SecondedCandidate};
use async_backing_availability::erasure_root_of;
use async_backing_fragment_tree::Candidate;
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BlockData, CandidateCommitments, CandidateDescriptor, CandidateHash,
	CommittedCandidateReceipt, CompactStatement, CoreIndex, DescriptorFields, GroupRotationInfo, Hash,
	HeadData, LeafFacts, ParaId, PersistedValidationData, PoV, RelayChainBlockInfo, SessionIndex,
	SignedCompactStatement, SigningContext, ValidatorId, ValidatorIndex, ValidatorPair, ValidatorSignature,
};
use sp_core::Pair;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Validators of each session; the first of them by key is this one.
pub(super) const VALIDATORS: u8 = 6;
/// This validator's key.
pub(super) const OWN: u8 = 0;
/// The para of all candidates.
pub(super) const PARA: ParaId = ParaId(2000);
/// Depth that nobody takes: what a collator advertises may stand there.
pub(super) const UNKNOWN_DEPTH: u32 = 9;
/// Relay blocks of a session. The next one has its validators in another order.
const SESSION_LENGTH: u32 = 12;
/// Depth and ancestry.
pub(super) const PARAMS: (u32, u32) = (3, 2);
/// Largest proof of validity.
const MAX_POV_SIZE: u32 = 4096;

static KEYS: LazyLock<Vec<ValidatorPair>> = LazyLock::new(|| {
	(0..VALIDATORS)
		.map(|key| ValidatorPair::from_seed(&[key + 1; 32]))
		.collect()
});

/// Signing draws randomness: of each payload one signature is kept, so that a run can be made twice.
static SIGNATURES: Mutex<BTreeMap<(u8, Vec<u8>), ValidatorSignature>> = Mutex::new(BTreeMap::new());

/// Roots of the coded data and hashes of candidates, by name and relay parent: they take long to find out.
static KNOWN: Mutex<BTreeMap<(u8, u32), (Hash, CandidateHash)>> = Mutex::new(BTreeMap::new());

static BY_HASH: Mutex<BTreeMap<CandidateHash, (u8, u32)>> = Mutex::new(BTreeMap::new());

/// Name and relay parent of a candidate that was spoken of.
pub(super) fn find(candidate: CandidateHash) -> Option<(u8, u32)> {
	let by_hash = BY_HASH.lock().unwrap_or_else(PoisonError::into_inner);
	by_hash.get(&candidate).copied()
}

fn known(name: u8, block: u32) -> (Hash, CandidateHash) {
	let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
	let mut by_hash = BY_HASH.lock().unwrap_or_else(PoisonError::into_inner);
	let find_out = || {
		let data = AvailableData {
			pov: pov(name),
			validation_data: validation_data(),
		};
		let root = erasure_root_of(VALIDATORS.into(), &data).unwrap_or_default();
		let hash = candidate_with(name, block, root).receipt.hash();
		by_hash.insert(hash, (name, block));
		(root, hash)
	};
	*known.entry((name, block)).or_insert_with(find_out)
}

/// The candidate of a name on a relay parent.
pub(super) fn candidate_hash(name: u8, block: u32) -> CandidateHash {
	known(name, block).1
}

pub(super) fn public(key: u8) -> ValidatorId {
	KEYS[usize::from(key % VALIDATORS)].public()
}

pub(super) fn sign(key: u8, payload: &[u8]) -> ValidatorSignature {
	let mut signatures = SIGNATURES.lock().unwrap_or_else(PoisonError::into_inner);
	let new = || KEYS[usize::from(key % VALIDATORS)].sign(payload);
	signatures
		.entry((key, payload.to_vec()))
		.or_insert_with(new)
		.clone()
}

pub(super) fn key_of(validator: &ValidatorId) -> Option<u8> {
	(0..VALIDATORS).find(|key| public(*key) == *validator)
}

pub(super) fn session_of(block: u32) -> SessionIndex {
	block / SESSION_LENGTH
}

/// The key of an index in the session of a block.
pub(super) fn key_at(block: u32, index: u8) -> u8 {
	let turned = u32::from(index).wrapping_add(session_of(block)) % u32::from(VALIDATORS);
	u8::try_from(turned).unwrap_or_default()
}

/// The index of a key in the session of a block.
pub(super) fn index_of(block: u32, key: u8) -> u8 {
	(0..VALIDATORS)
		.find(|index| key_at(block, *index) == key)
		.unwrap_or_default()
}

pub(super) fn hash(block: u32) -> Hash {
	Hash::from_low_u64_be(u64::from(block) + 1)
}

/// The number of a block.
pub(super) fn number(hash: Hash) -> u32 {
	u32::try_from(hash.to_low_u64_be().saturating_sub(1)).unwrap_or(u32::MAX)
}

fn info(block: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash(block),
		number: block,
		storage_root: Hash::zero(),
	}
}

/// What is known of a block: two groups that never rotate, the first of which backs the para.
pub(super) fn facts(block: u32) -> LeafFacts {
	let first = block.saturating_sub(PARAMS.1);
	let ancestors = (first..block).rev().map(info);
	let group = |indices: [u32; 3]| indices.map(ValidatorIndex).to_vec();
	LeafFacts {
		block: info(block),
		parent_hash: hash(block.wrapping_sub(1)),
		slot: block.into(),
		session_index: session_of(block),
		session_ends_from_slot: u64::MAX,
		params: AsyncBackingParams {
			max_candidate_depth: PARAMS.0,
			allowed_ancestry_len: PARAMS.1,
		},
		ancestors: ancestors
			.filter(|ancestor| session_of(ancestor.number) == session_of(block))
			.collect(),
		validators: (0..VALIDATORS)
			.map(|index| public(key_at(block, index)))
			.collect(),
		groups: vec![group([0, 1, 2]), group([3, 4, 5])],
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 0,
			now: block.saturating_add(1),
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores: Vec::new(),
		claim_queue: [(CoreIndex(0), VecDeque::from([PARA, PARA]))].into(),
		ancestor_claim_queues: Default::default(),
		paras: Default::default(),
		pending_relay_parents: Default::default(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: Vec::new(),
	}
}

pub(super) fn validation_data() -> PersistedValidationData {
	PersistedValidationData {
		parent_head: HeadData(vec![0]),
		max_pov_size: MAX_POV_SIZE,
		..Default::default()
	}
}

pub(super) fn pov(name: u8) -> PoV {
	PoV {
		block_data: BlockData(vec![name; 16]),
	}
}

/// A candidate by its name and its relay parent. It outputs its name.
pub(super) fn candidate(name: u8, block: u32) -> SecondedCandidate {
	candidate_with(name, block, known(name, block).0)
}

fn candidate_with(name: u8, block: u32, erasure_root: Hash) -> SecondedCandidate {
	let data = validation_data();
	let commitments = CandidateCommitments {
		head_data: HeadData(vec![name]),
		..Default::default()
	};
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: PARA,
		relay_parent: hash(block),
		core_index: 0,
		session_index: session_of(block),
		persisted_validation_data_hash: data.hash(),
		pov_hash: pov(name).hash(),
		erasure_root,
		para_head: commitments.head_data.hash(),
		validation_code_hash: Default::default(),
	});
	SecondedCandidate {
		receipt: Arc::new(CommittedCandidateReceipt {
			descriptor,
			commitments,
		}),
		validation_data: Arc::new(data),
	}
}

/// A collation of the candidate, with this proof of validity.
pub(super) fn collation(name: u8, block: u32, pov: PoV) -> Collation {
	Collation {
		receipt: candidate(name, block).receipt.to_plain(),
		pov: Arc::new(pov),
		parent_head: validation_data().parent_head.hash(),
		parent_head_data: None,
	}
}

/// What the validator with this index and key states about a candidate.
pub(super) fn statement(name: u8, block: u32, index: u8, key: u8, seconds: bool) -> Stated {
	let hash = candidate_hash(name, block);
	let said = match seconds {
		true => CompactStatement::Seconded(hash),
		false => CompactStatement::Valid(hash),
	};
	signed(said, name, block, (index, key))
}

fn signed(said: CompactStatement, name: u8, block: u32, (index, key): (u8, u8)) -> Stated {
	let context = SigningContext {
		session_index: session_of(block),
		parent_hash: hash(block),
	};
	let SecondedCandidate {
		receipt,
		validation_data,
	} = candidate(name, block);
	let known = Candidate::shared(receipt, validation_data, false);
	Stated {
		scheduling_parent: hash(block),
		statement: SignedCompactStatement {
			statement: said,
			validator_index: ValidatorIndex(index.into()),
			signature: sign(key, &said.signing_payload(&context)),
		},
		candidate: Arc::new(known.expect("candidates of this world are consistent; qed")),
	}
}

/// A confirmation of a candidate that nobody has heard of.
pub(super) fn blind_vote(candidate: u64, block: u32, index: u8, key: u8) -> Stated {
	let said = CompactStatement::Valid(CandidateHash(Hash::from_low_u64_be(candidate)));
	signed(said, 1, block, (index, key))
}

pub(super) fn data_key(candidate: CandidateHash) -> Vec<u8> {
	[b"av/", candidate.0.as_bytes()].concat()
}
