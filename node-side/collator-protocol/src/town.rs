//! A relay chain, collators and candidates for tests, each a function of few numbers.

use async_backing_fragment_tree::SharedValidationData;
use async_backing_primitives::{
	AsyncBackingParams, BackingState, BlockData, CandidateCommitments, CandidateDescriptor, CandidateHash,
	CandidatePendingAvailability, CandidateReceipt, CommittedCandidateReceipt, Constraints, CoreIndex,
	DescriptorFields, GroupRotationInfo, Hash, HeadData, HeadHash, LeafFacts, ParaAtLeaf, ParaId,
	PersistedValidationData, PoV, RelayChainBlockInfo, SessionIndex, ValidatorId, ValidatorIndex,
};
use async_backing_wire::{declare_payload, CollatorId, CollatorSignature, Declaration};
use sp_core::{sr25519, Pair};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Validators of each session; this one has the first key.
pub(crate) const VALIDATORS: u8 = 6;
/// Two paras that share core 0.
pub(crate) const PARA: ParaId = ParaId(2000);
pub(crate) const OTHER: ParaId = ParaId(2001);
/// A para alone on core 1.
pub(crate) const THIRD: ParaId = ParaId(2002);
/// A para without a core.
pub(crate) const NOWHERE: ParaId = ParaId(3000);
/// Relay blocks of a session. The next one has its validators in another order.
pub(crate) const SESSION_LENGTH: u32 = 12;
/// Ancestry.
pub(crate) const ANCESTRY: u32 = 2;
/// Claims of a core.
pub(crate) const CLAIMS: u32 = 4;
/// Largest proof of validity.
pub(crate) const MAX_POV_SIZE: u32 = 4096;
/// Names of heads, and of the candidates that lead to them.
pub(crate) const NAMES: u8 = 16;

pub(crate) fn public(key: u8) -> ValidatorId {
	sr25519::Public::from_raw([key % VALIDATORS + 1; 32]).into()
}

pub(crate) fn session_of(block: u32) -> SessionIndex {
	block / SESSION_LENGTH
}

/// The key of an index in the session of a block.
pub(crate) fn key_at(block: u32, index: u8) -> u8 {
	let turned = u32::from(index).wrapping_add(session_of(block)) % u32::from(VALIDATORS);
	u8::try_from(turned).unwrap_or_default()
}

/// The index of a key in the session of a block.
pub(crate) fn index_of(block: u32, key: u8) -> u8 {
	let mut indices = 0..VALIDATORS;
	indices
		.find(|index| key_at(block, *index) == key)
		.unwrap_or_default()
}

/// The core that a key's group serves with this relay parent.
pub(crate) fn core_of(block: u32, key: u8) -> CoreIndex {
	CoreIndex(u32::from(index_of(block, key) / 3))
}

pub(crate) fn hash(block: u32) -> Hash {
	Hash::from_low_u64_be(u64::from(block) + 1)
}

pub(crate) fn info(block: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash(block),
		number: block,
		storage_root: Hash::zero(),
	}
}

pub(crate) fn head(name: u8) -> HeadData {
	HeadData(vec![name; 4])
}

static HEADS: LazyLock<BTreeMap<HeadHash, u8>> =
	LazyLock::new(|| (0..NAMES).map(|name| (head(name).hash(), name)).collect());

pub(crate) fn head_hash(name: u8) -> HeadHash {
	let mut heads = HEADS.iter();
	heads
		.find(|(_, known)| **known == name)
		.map(|(hash, _)| *hash)
		.unwrap_or_default()
}

/// The head data with this hash.
pub(crate) fn head_of(hash: HeadHash) -> Option<HeadData> {
	HEADS.get(&hash).map(|name| head(*name))
}

fn constraints() -> Constraints {
	Constraints {
		min_relay_parent_number: 0,
		max_pov_size: MAX_POV_SIZE,
		max_code_size: 1 << 20,
		max_head_data_size: 1 << 20,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		dmp_remaining_messages: Vec::new(),
		hrmp_inbound: Default::default(),
		hrmp_channels_out: Vec::new(),
		max_hrmp_num_per_candidate: 4,
		required_parent: head(0),
		validation_code_hash: Default::default(),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// Who has the claims of core 0: one para after the other.
pub(crate) fn claimed_by(block: u32) -> ParaId {
	match block % 2 {
		0 => PARA,
		_ => OTHER,
	}
}

/// What is known of a block: two groups that never rotate within a session, and two cores.
pub(crate) fn facts(block: u32) -> LeafFacts {
	facts_with(block, &[])
}

/// The same, where these candidates are pending.
pub(crate) fn facts_with(block: u32, pending: &[&Named]) -> LeafFacts {
	let ahead = || (1..=CLAIMS).map(|ahead| block.saturating_add(ahead));
	let shared: VecDeque<_> = ahead().map(claimed_by).collect();
	let alone: VecDeque<_> = ahead().map(|_| THIRD).collect();
	let group = |indices: [u32; 3]| indices.map(ValidatorIndex).to_vec();
	let first = block.saturating_sub(ANCESTRY);
	let at_leaf = |para: ParaId| {
		let of_para = pending.iter().filter(|it| it.para == para);
		let pending_availability = of_para.map(|it| it.pending()).collect();
		ParaAtLeaf {
			backing_state: BackingState {
				constraints: constraints(),
				pending_availability,
			},
			extension: None,
		}
	};
	LeafFacts {
		slot: block.into(),
		session_index: session_of(block),
		params: AsyncBackingParams {
			max_candidate_depth: 3,
			allowed_ancestry_len: ANCESTRY,
		},
		ancestors: (first..block)
			.rev()
			.map(info)
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
		claim_queue: [(CoreIndex(0), shared), (CoreIndex(1), alone)].into(),
		paras: [PARA, OTHER, THIRD].map(|para| (para, at_leaf(para))).into(),
		..LeafFacts::new(info(block), hash(block.wrapping_sub(1)))
	}
}

/// A candidate by few numbers: from one head to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
	pub(crate) para: ParaId,
	pub(crate) block: u32,
	pub(crate) from: u8,
	pub(crate) to: u8,
}

pub(crate) fn named(para: ParaId, block: u32, from: u8, to: u8) -> Named {
	Named {
		para,
		block,
		from,
		to,
	}
}

static KNOWN: Mutex<BTreeMap<Named, (CandidateReceipt, CandidateHash)>> = Mutex::new(BTreeMap::new());

pub(crate) fn pov(name: u8) -> PoV {
	PoV {
		block_data: BlockData(vec![name; 64]),
	}
}

pub(crate) fn validation_data_on(parent_head: HeadData, block: u32) -> PersistedValidationData {
	PersistedValidationData {
		parent_head,
		relay_parent_number: block,
		relay_parent_storage_root: Hash::zero(),
		max_pov_size: MAX_POV_SIZE,
	}
}

impl Named {
	fn known(&self) -> (CandidateReceipt, CandidateHash) {
		let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
		let make = || {
			let committed = self.committed();
			let receipt = committed.to_plain();
			let hash = receipt.hash();
			(receipt, hash)
		};
		known.entry(*self).or_insert_with(make).clone()
	}

	pub(crate) fn core(&self) -> CoreIndex {
		CoreIndex(u32::from(self.para == THIRD))
	}

	pub(crate) fn committed(&self) -> CommittedCandidateReceipt {
		let commitments = CandidateCommitments {
			head_data: head(self.to),
			hrmp_watermark: self.block,
			..Default::default()
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: self.para,
			relay_parent: hash(self.block),
			core_index: self.core().0 as u16,
			session_index: session_of(self.block),
			persisted_validation_data_hash: validation_data_on(head(self.from), self.block).hash(),
			pov_hash: pov(self.to).hash(),
			para_head: commitments.head_data.hash(),
			..Default::default()
		});
		CommittedCandidateReceipt {
			descriptor,
			commitments,
		}
	}

	fn pending(&self) -> CandidatePendingAvailability {
		let CommittedCandidateReceipt {
			descriptor,
			commitments,
		} = self.committed();
		CandidatePendingAvailability {
			candidate_hash: self.hash(),
			descriptor,
			commitments,
			relay_parent_number: self.block,
			max_pov_size: MAX_POV_SIZE,
		}
	}

	pub(crate) fn receipt(&self) -> CandidateReceipt {
		self.known().0
	}

	pub(crate) fn hash(&self) -> CandidateHash {
		self.known().1
	}
}

/// Validation data as a node knows them: of heads that have a name, or that came along.
pub(crate) fn known_validation_data(
	relay_parent: Hash,
	parent_head: HeadHash,
	sent: Option<&Arc<HeadData>>,
) -> Option<SharedValidationData> {
	let number = u32::try_from(relay_parent.to_low_u64_be().checked_sub(1)?).ok()?;
	let head = head_of(parent_head).or_else(|| sent.map(|head| (**head).clone()))?;
	Some(validation_data_on(head, number).into())
}

/// Signing draws randomness: of each payload one signature is kept, so that a run can be made twice.
static SIGNATURES: Mutex<BTreeMap<u8, CollatorSignature>> = Mutex::new(BTreeMap::new());

static PAIRS: LazyLock<Vec<sr25519::Pair>> = LazyLock::new(|| {
	(0..=255)
		.map(|name: u8| sr25519::Pair::from_seed(&[name; 32]))
		.collect()
});

/// A collator's peer id.
pub(crate) fn peer_id(name: u8) -> Vec<u8> {
	vec![name; 38]
}

/// What a collator says first.
pub(crate) fn declaration(name: u8, para: ParaId) -> Declaration {
	let pair = &PAIRS[usize::from(name)];
	let mut signatures = SIGNATURES.lock().unwrap_or_else(PoisonError::into_inner);
	let sign = || CollatorSignature(pair.sign(&declare_payload(&peer_id(name))).0);
	Declaration {
		collator: CollatorId(pair.public().0),
		para_id: para,
		signature: *signatures.entry(name).or_insert_with(sign),
	}
}
