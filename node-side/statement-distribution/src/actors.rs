//! Who is there and what may be said, for tests and for the kit: keys, blocks, candidates and statements, each a function
//! of few numbers.

use crate::{Attested, GridSeed};
use async_backing_fragment_tree::Candidate;
use async_backing_primitives::{
	AsyncBackingParams, BackedCandidateAcknowledgement, BackedCandidateManifest, CandidateCommitments,
	CandidateDescriptor, CandidateHash, CommittedCandidateReceipt, CompactStatement, CoreIndex,
	DescriptorFields, GroupIndex, GroupRotationInfo, Hash, HeadData, LeafFacts, ParaId,
	PersistedValidationData, RelayChainBlockInfo, SessionIndex, SignedCompactStatement, SigningContext,
	StatementFilter, ValidatorId, ValidatorIndex, ValidatorPair, ValidatorSignature,
};
use sp_core::Pair;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Most validators of a setting.
const KEYS: u8 = 64;
/// Relay blocks of a session. The next one has its validators in another order.
pub(crate) const SESSION_LENGTH: u32 = 12;
/// What each candidate builds on.
const PARENT_HEAD: u8 = 255;

static PAIRS: LazyLock<Vec<ValidatorPair>> = LazyLock::new(|| {
	(0..KEYS)
		.map(|key| ValidatorPair::from_seed(&[key + 1; 32]))
		.collect()
});

/// Signing draws randomness: of each payload one signature is kept, so that a run can be made twice.
static SIGNATURES: Mutex<BTreeMap<(u32, Vec<u8>), ValidatorSignature>> = Mutex::new(BTreeMap::new());

/// Name, group and relay parent of candidates that were spoken of.
static BY_HASH: Mutex<BTreeMap<CandidateHash, (u8, u32, u32)>> = Mutex::new(BTreeMap::new());

/// Name, group and relay parent of a candidate that was spoken of.
#[cfg(feature = "laws")]
pub(crate) fn find(candidate: CandidateHash) -> Option<(u8, u32, u32)> {
	let by_hash = BY_HASH.lock().unwrap_or_else(PoisonError::into_inner);
	by_hash.get(&candidate).copied()
}

/// How large everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
	pub(crate) validators: u32,
	pub(crate) group_size: u32,
	pub(crate) minimum_votes: u32,
	pub(crate) depth: u32,
	pub(crate) ancestry: u32,
	pub(crate) randomness: u8,
}

pub(crate) fn public(key: u32) -> ValidatorId {
	PAIRS[key as usize % PAIRS.len()].public()
}

pub(crate) fn hash(block: u32) -> Hash {
	Hash::from_low_u64_be(u64::from(block) + 1)
}

pub(crate) fn session_of(block: u32) -> SessionIndex {
	block / SESSION_LENGTH
}

fn info(block: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash(block),
		number: block,
		storage_root: Hash::zero(),
	}
}

impl Setting {
	pub(crate) fn seed(&self) -> GridSeed {
		GridSeed {
			randomness: [self.randomness; 32],
			authorities: self.validators,
		}
	}

	/// The key of an index in the session of a block.
	pub(crate) fn key_at(&self, block: u32, index: u32) -> u32 {
		(index + session_of(block)) % self.validators
	}

	/// The index of a key in the session of a block.
	#[cfg(feature = "laws")]
	pub(crate) fn index_of(&self, block: u32, key: u32) -> u32 {
		let turn = session_of(block) % self.validators;
		(key + self.validators - turn) % self.validators
	}

	pub(crate) fn groups(&self) -> Vec<Vec<ValidatorIndex>> {
		let all: Vec<_> = (0..self.validators).map(ValidatorIndex).collect();
		all.chunks(self.group_size as usize).map(<[_]>::to_vec).collect()
	}

	/// Group and place of an index.
	pub(crate) fn place(&self, index: u32) -> (u32, usize) {
		(index / self.group_size, (index % self.group_size) as usize)
	}

	pub(crate) fn size_of(&self, group: u32) -> usize {
		self.groups().get(group as usize).map_or(0, Vec::len)
	}

	pub(crate) fn limit(&self) -> usize {
		self.depth as usize + 1
	}

	/// Groups never rotate: each backs the para of its own number.
	pub(crate) fn facts(&self, block: u32) -> LeafFacts {
		let first = block.saturating_sub(self.ancestry);
		let ancestors = (first..block)
			.rev()
			.filter(|other| session_of(*other) == session_of(block));
		let ancestors: Vec<_> = ancestors.map(info).collect();
		let claims = (0..)
			.zip(self.groups())
			.map(|(group, _)| (CoreIndex(group), VecDeque::from([para(group), para(group)])));
		let claim_queue: async_backing_primitives::ClaimQueue = claims.collect();
		LeafFacts {
			session_index: session_of(block),
			params: AsyncBackingParams {
				max_candidate_depth: self.depth,
				allowed_ancestry_len: self.ancestry,
			},
			ancestor_claim_queues: ancestors
				.iter()
				.map(|ancestor| (ancestor.hash, claim_queue.clone()))
				.collect(),
			ancestors,
			validators: (0..self.validators)
				.map(|index| public(self.key_at(block, index)))
				.collect(),
			groups: self.groups(),
			rotation: GroupRotationInfo {
				session_start_block: 0,
				group_rotation_frequency: 0,
				now: block.saturating_add(1),
			},
			minimum_backing_votes: self.minimum_votes,
			claim_queue,
			grid: Some(self.seed()),
			..LeafFacts::new(info(block), hash(block.wrapping_sub(1)))
		}
	}

	pub(crate) fn statement(
		&self,
		candidate: CandidateHash,
		seconds: bool,
		block: u32,
		index: u32,
		key: u32,
	) -> SignedCompactStatement {
		let statement = match seconds {
			true => CompactStatement::Seconded(candidate),
			false => CompactStatement::Valid(candidate),
		};
		let context = SigningContext {
			session_index: session_of(block),
			parent_hash: hash(block),
		};
		let payload = statement.signing_payload(&context);
		let mut signatures = SIGNATURES.lock().unwrap_or_else(PoisonError::into_inner);
		let sign = || PAIRS[key as usize % PAIRS.len()].sign(&payload);
		let signature = signatures
			.entry((key, payload.clone()))
			.or_insert_with(sign)
			.clone();
		SignedCompactStatement {
			statement,
			validator_index: ValidatorIndex(index),
			signature,
		}
	}

	/// A statement that its author makes.
	pub(crate) fn said(
		&self,
		candidate: CandidateHash,
		seconds: bool,
		block: u32,
		index: u32,
	) -> SignedCompactStatement {
		self.statement(candidate, seconds, block, index, self.key_at(block, index))
	}

	/// A candidate with the statements of these members of its group: who seconds, and who confirms.
	pub(crate) fn attested(
		&self,
		name: u8,
		group: u32,
		block: u32,
		seconds: &[u32],
		valid: &[u32],
	) -> Attested {
		let candidate = candidate(name, group, block);
		let said = |seconds: bool, members: &[u32]| -> Vec<_> {
			let first = group * self.group_size;
			let said = |member: &u32| self.said(candidate.hash(), seconds, block, first + member);
			members.iter().map(said).collect()
		};
		Attested {
			receipt: candidate.shared_receipt().clone(),
			validation_data: candidate.shared_validation_data().clone(),
			statements: [said(true, seconds), said(false, valid)].concat(),
		}
	}

	#[cfg(test)]
	pub(crate) fn filter(&self, group: u32, seconds: &[usize], valid: &[usize]) -> StatementFilter {
		use crate::filter::{Filter, Kind};
		let mut filter = StatementFilter::blank(self.size_of(group));
		for member in seconds {
			filter.note(Kind::Seconded, *member);
		}
		for member in valid {
			filter.note(Kind::Valid, *member);
		}
		filter
	}
}

pub(crate) fn para(group: u32) -> ParaId {
	ParaId(2000 + group)
}

/// A candidate of a group at a relay parent. It outputs its name.
pub(crate) fn candidate(name: u8, group: u32, block: u32) -> Arc<Candidate> {
	let data = PersistedValidationData {
		parent_head: HeadData(vec![PARENT_HEAD]),
		max_pov_size: 4096,
		..Default::default()
	};
	let commitments = CandidateCommitments {
		head_data: HeadData(vec![name]),
		..Default::default()
	};
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: para(group),
		relay_parent: hash(block),
		core_index: group as u16,
		session_index: session_of(block),
		persisted_validation_data_hash: data.hash(),
		para_head: commitments.head_data.hash(),
		..Default::default()
	});
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments,
	};
	let candidate = Candidate::new(receipt, data, false).expect("it is consistent");
	let mut by_hash = BY_HASH.lock().unwrap_or_else(PoisonError::into_inner);
	by_hash.insert(candidate.hash(), (name, group, block));
	Arc::new(candidate)
}

pub(crate) fn manifest(name: u8, group: u32, block: u32, filter: StatementFilter) -> BackedCandidateManifest {
	let candidate = candidate(name, group, block);
	BackedCandidateManifest {
		scheduling_parent: hash(block),
		candidate_hash: candidate.hash(),
		group_index: GroupIndex(group),
		para_id: candidate.para_id(),
		parent_head_data_hash: candidate.parent_head_hash(),
		statement_knowledge: filter,
	}
}

pub(crate) fn known(
	name: u8,
	group: u32,
	block: u32,
	filter: StatementFilter,
) -> BackedCandidateAcknowledgement {
	BackedCandidateAcknowledgement {
		candidate_hash: candidate(name, group, block).hash(),
		statement_knowledge: filter,
	}
}
