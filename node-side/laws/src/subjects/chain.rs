//! A relay chain and candidates.

use async_backing_machine::laws::Choices;
use async_backing_primitives::{
	AsyncBackingParams, BackingState, CandidateCommitments, CandidateDescriptor,
	CandidatePendingAvailability, CommittedCandidateReceipt, Constraints, CoreIndex, CoreState,
	DescriptorFields, GroupIndex, GroupRotationInfo, Hash, HeadData, LeafFacts, OccupiedCore, ParaAtLeaf,
	ParaId, PersistedValidationData, RelayChainBlockInfo, ValidationCode, ValidationCodeHash, ValidatorId,
	ValidatorIndex,
};
use std::collections::VecDeque;

pub(super) const PARA: ParaId = ParaId(2000);
pub(super) const OTHER: ParaId = ParaId(2001);
/// Depth and ancestry.
pub(super) const PARAMS: (u32, u32) = (3, 3);
/// Validators of each session.
pub(super) const VALIDATORS: u8 = 6;
/// Keys that there are.
pub(super) const KEYS: u8 = 9;
/// Largest code that a candidate announces.
pub(super) const CODE: usize = 300_000;

pub(super) fn key(name: u8) -> ValidatorId {
	sp_core::sr25519::Public::from_raw([name % KEYS + 1; 32]).into()
}

/// A block of a fork of the relay chain. Which block is below it follows from number and fork: forks part at every
/// eighth block, and the first of them is what the others go on from.
pub(super) fn block(fork: u8, number: u32) -> RelayChainBlockInfo {
	let fork = if number.is_multiple_of(8) { 0 } else { fork };
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(u64::from(number) << 8 | u64::from(fork)),
		number,
		storage_root: Hash::from_low_u64_be(number.into()),
	}
}

/// Sessions of ten blocks, on each fork the keys in another order.
pub(super) fn validators(fork: u8, number: u32) -> Vec<ValidatorId> {
	let fork = if number.is_multiple_of(8) { 0 } else { fork };
	let first = u8::try_from(number / 10 % u32::from(KEYS)).unwrap_or_default();
	(0..VALIDATORS)
		.map(|index| key(first.wrapping_add(index).wrapping_add(fork)))
		.collect()
}

pub(super) fn head(name: u8) -> HeadData {
	HeadData(vec![name])
}

pub(super) fn constraints(number: u32, included: u8) -> Constraints {
	Constraints {
		min_relay_parent_number: number.saturating_sub(PARAMS.1),
		max_pov_size: 1024,
		max_code_size: 1 << 20,
		max_head_data_size: 1 << 20,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		dmp_remaining_messages: Vec::new(),
		hrmp_inbound: Default::default(),
		hrmp_channels_out: Vec::new(),
		max_hrmp_num_per_candidate: 4,
		required_parent: head(included),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// A candidate from one head to another, which may announce a code.
pub fn candidate(
	from: u8,
	to: u8,
	relay_parent: RelayChainBlockInfo,
	core: u16,
	code: Option<usize>,
) -> (CommittedCandidateReceipt, PersistedValidationData) {
	let validation_data = PersistedValidationData {
		parent_head: head(from),
		relay_parent_number: relay_parent.number,
		relay_parent_storage_root: relay_parent.storage_root,
		max_pov_size: 1024,
	};
	let commitments = CandidateCommitments {
		head_data: head(to),
		hrmp_watermark: relay_parent.number,
		new_validation_code: code.map(|len| ValidationCode(vec![to; len])),
		..Default::default()
	};
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: PARA,
		relay_parent: relay_parent.hash,
		core_index: core,
		persisted_validation_data_hash: validation_data.hash(),
		para_head: commitments.head_data.hash(),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(9)),
		..Default::default()
	});
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments,
	};
	(receipt, validation_data)
}

/// Some block, as the runtime tells it, or as no runtime does.
pub fn facts(fork: u8, number: u32, choices: &mut Choices<'_>) -> LeafFacts {
	let depth = choices.below(u64::from(PARAMS.1) + 1) as u32;
	let first = number.saturating_sub(depth);
	let included = choices.below(4) as u8;
	let mut pending = Vec::new();
	let free = |choices: &mut Choices<'_>| match choices.flip() {
		true => CoreState::Scheduled(OTHER.into()),
		false => CoreState::Free,
	};
	let mut cores = vec![CoreState::Scheduled(PARA.into()), free(choices), free(choices)];
	let occupied = choices.index(3);
	for (core, state) in cores.iter_mut().enumerate().take(occupied) {
		let parent = block(fork, number.saturating_sub(1));
		let from = included + core as u8;
		let (receipt, _) = candidate(from, from + 1, parent, core as u16, None);
		let hash = receipt.hash();
		*state = CoreState::Occupied(OccupiedCore {
			next_up_on_available: choices.flip().then(|| PARA.into()),
			occupied_since: number,
			time_out_at: number + choices.below(6) as u32,
			next_up_on_time_out: choices.flip().then(|| PARA.into()),
			availability: (0..choices.below(9)).map(|_| choices.flip()).collect(),
			group_responsible: GroupIndex(choices.below(4) as u32),
			candidate_hash: hash,
			candidate_descriptor: receipt.descriptor.clone(),
		});
		pending.push(CandidatePendingAvailability {
			candidate_hash: hash,
			descriptor: receipt.descriptor,
			commitments: receipt.commitments,
			relay_parent_number: parent.number,
			max_pov_size: 1024,
		});
	}
	let at_leaf = ParaAtLeaf {
		backing_state: BackingState {
			constraints: constraints(number, included),
			pending_availability: pending,
		},
		extension: None,
	};
	let claims = |choices: &mut Choices<'_>| {
		(0..choices.below(4))
			.map(|_| if choices.flip() { PARA } else { OTHER })
			.collect::<VecDeque<_>>()
	};
	let ancestors: Vec<_> = (first..number).rev().map(|number| block(fork, number)).collect();
	LeafFacts {
		block: block(fork, number),
		parent_hash: block(fork, number.saturating_sub(1)).hash,
		slot: u64::from(number),
		session_index: number / 10,
		session_ends_from_slot: u64::from(number / 10 * 10 + choices.below(20) as u32),
		params: AsyncBackingParams {
			max_candidate_depth: choices.below(u64::from(PARAMS.0) + 1) as u32,
			allowed_ancestry_len: PARAMS.1,
		},
		pending_relay_parents: ancestors.iter().map(|info| (info.hash, *info)).collect(),
		ancestors,
		validators: validators(fork, number),
		groups: vec![
			[0, 1, 2].map(ValidatorIndex).to_vec(),
			[3, 4, 5].map(ValidatorIndex).to_vec(),
			Vec::new(),
		],
		rotation: GroupRotationInfo {
			session_start_block: number / 10 * 10,
			group_rotation_frequency: choices.below(4) as u32,
			now: number + 1,
		},
		minimum_backing_votes: choices.below(4) as u32,
		disabled: (0..choices.below(2))
			.map(|_| ValidatorIndex(choices.below(8) as u32))
			.collect(),
		cores,
		ancestor_claim_queues: Default::default(),
		claim_queue: [
			(CoreIndex(0), claims(choices)),
			(CoreIndex(1), claims(choices)),
			(CoreIndex(2), claims(choices)),
		]
		.into(),
		paras: match choices.one_in(24) {
			true => Default::default(),
			false => [(PARA, at_leaf.clone()), (OTHER, at_leaf)].into(),
		},
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: Vec::new(),
	}
}
