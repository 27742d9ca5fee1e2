//! Candidates that build on one another in many ways, and leaves at which they are legal.

use async_backing_primitives::{
	AsyncBackingParams, BackingState, BlockNumber, CandidateCommitments, CandidateDescriptor, ClaimQueue,
	CommittedCandidateReceipt, Constraints, CoreIndex, DescriptorFields, GroupRotationInfo, Hash, HeadData,
	InboundHrmpLimitations, LeafFacts, ParaAtLeaf, ParaId, PersistedValidationData, RelayChainBlockInfo,
	ValidationCodeHash, ValidatorIndex,
};
use std::collections::BTreeMap;

/// The parachain of all candidates, unless others are named.
pub const PARA: ParaId = ParaId(2000);
/// Number of the relay block that all candidates are built on.
pub const RELAY_PARENT: BlockNumber = 1000;
/// Largest legal depth, and one less than the number of the para's cores: more than any row needs.
pub const MAX_DEPTH: u32 = 127;

const MAX_POV_SIZE: u32 = 5 << 20;
const HEAD_SIZE: usize = 300;

/// A relay block. Those with the same number and another `fork` are siblings.
pub fn block(number: BlockNumber, fork: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(u64::from(number) << 32 | u64::from(fork)),
		number,
		storage_root: Hash::from_low_u64_be(u64::from(number)),
	}
}

/// Head data of some length that differs in its first bytes. Number 0 is the included head.
fn head(number: u32) -> HeadData {
	let mut bytes = vec![0; HEAD_SIZE];
	bytes[..4].copy_from_slice(&number.to_le_bytes());
	HeadData(bytes)
}

/// Base constraints at the leaves.
pub fn base() -> Constraints {
	Constraints {
		min_relay_parent_number: RELAY_PARENT - 2,
		max_pov_size: MAX_POV_SIZE,
		max_code_size: 3 << 20,
		max_head_data_size: 20_480,
		ump_remaining: 1000,
		ump_remaining_bytes: 1 << 20,
		max_ump_num_per_candidate: 16,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![],
		},
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 10,
		required_parent: head(0),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(6)),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// What all leaves have in common.
#[derive(Clone, Debug)]
pub struct Schedule {
	/// How many paras are scheduled: [`PARA`] and those that follow it.
	pub paras: u32,
	/// Cores of each para. Its candidates may follow one another as often.
	pub cores_per_para: u32,
	/// Base constraints of each para.
	pub constraints: Constraints,
}

impl Default for Schedule {
	/// One para on more cores than it needs.
	fn default() -> Self {
		Self {
			paras: 1,
			cores_per_para: MAX_DEPTH + 1,
			constraints: base(),
		}
	}
}

impl Schedule {
	/// The paras.
	pub fn paras(&self) -> impl Iterator<Item = ParaId> {
		(PARA.0..).take(self.paras as usize).map(ParaId)
	}

	/// Claims at every leaf: one on each core.
	pub fn claim_queue(&self) -> ClaimQueue {
		let claims = self
			.paras()
			.flat_map(|para| std::iter::repeat_n(para, self.cores_per_para as usize));
		(0..)
			.zip(claims)
			.map(|(core, para)| (CoreIndex(core), [para].into()))
			.collect()
	}

	/// What a node knows of a leaf. Its ancestors reach back to block 998.
	pub fn leaf(&self, number: BlockNumber, fork: u32) -> LeafFacts {
		let ancestors: Vec<_> = (RELAY_PARENT - 2..number)
			.rev()
			.map(|number| block(number, 0))
			.collect();
		let para = ParaAtLeaf {
			backing_state: BackingState {
				constraints: self.constraints.clone(),
				pending_availability: vec![],
			},
			extension: None,
		};
		LeafFacts {
			block: block(number, fork),
			parent_hash: block(number - 1, 0).hash,
			slot: number.into(),
			session_index: 0,
			session_ends_from_slot: u64::MAX,
			params: AsyncBackingParams {
				max_candidate_depth: self.cores_per_para - 1,
				allowed_ancestry_len: 4,
			},
			ancestors,
			validators: vec![],
			groups: vec![(0..5).map(ValidatorIndex).collect()],
			rotation: GroupRotationInfo {
				session_start_block: 0,
				group_rotation_frequency: 10,
				now: number + 1,
			},
			minimum_backing_votes: 2,
			disabled: vec![],
			cores: vec![],
			ancestor_claim_queues: Default::default(),
			claim_queue: self.claim_queue(),
			paras: self.paras().map(|id| (id, para.clone())).collect(),
			pending_relay_parents: BTreeMap::new(),
			codes_to_check: Vec::new(),
			node_features: Default::default(),
			grid: None,
			events: vec![],
		}
	}
}

/// A leaf of the default [`Schedule`].
pub fn leaf(number: BlockNumber, fork: u32) -> LeafFacts {
	Schedule::default().leaf(number, fork)
}

/// A candidate from one head to another, and its validation data.
fn candidate(from: u32, to: u32) -> (CommittedCandidateReceipt, PersistedValidationData) {
	twin(PARA, from, to, 0)
}

/// As [`candidate`], one of several that differ in nothing else.
fn twin(para: ParaId, from: u32, to: u32, salt: u8) -> (CommittedCandidateReceipt, PersistedValidationData) {
	let relay_parent = block(RELAY_PARENT, 0);
	let validation_data = PersistedValidationData {
		parent_head: head(from),
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: relay_parent.storage_root,
		max_pov_size: MAX_POV_SIZE,
	};
	let commitments = CandidateCommitments {
		head_data: head(to),
		hrmp_watermark: relay_parent.number,
		..Default::default()
	};
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: para,
		relay_parent: relay_parent.hash,
		persisted_validation_data_hash: validation_data.hash(),
		pov_hash: Hash::repeat_byte(salt),
		para_head: commitments.head_data.hash(),
		validation_code_hash: base().validation_code_hash,
		..Default::default()
	});
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments,
	};
	(receipt, validation_data)
}

/// Candidates with their validation data.
pub type Candidates = Vec<(CommittedCandidateReceipt, PersistedValidationData)>;

/// Forks of the included head, each so many candidates long, one fork after the other, each from the included head on.
pub fn forks(count: u32, depth: u32) -> Candidates {
	(0..count)
		.flat_map(|fork| (0..depth).map(move |step| (fork * depth + step, step)))
		.map(|(number, step)| candidate(if step == 0 { 0 } else { number }, number + 1))
		.collect()
}

/// One path of so many candidates for each para.
pub fn paths(paras: impl Iterator<Item = ParaId>, depth: u32) -> Candidates {
	paras
		.flat_map(|para| (0..depth).map(move |step| twin(para, step, step + 1, 0)))
		.collect()
}

/// Candidates whose parents nobody knows.
pub fn orphans(count: u32) -> Candidates {
	(0..count)
		.map(|number| candidate(1_000_000 + number, number + 1))
		.collect()
}

/// Candidates that stand at as many nodes as the default limits of a tree admit, 100 candidates and 400 nodes: `twins` of
/// them build on the included head and end on one and the same, and so on, level after level. Each path is there, so the
/// nodes multiply from level to level while candidates only add up.
pub fn twins_on_twins(levels: &[u8]) -> Candidates {
	let level = |(level, twins): (u32, &u8)| (0..*twins).map(move |salt| twin(PARA, level, level + 1, salt));
	(0..).zip(levels).flat_map(level).collect()
}
