//! What the tests share: a leaf, a collator, and a parachain whose head data say where they come from.

mod candidate;
mod claims;
mod hook;
mod on_demand;
mod parents;
mod serving;

use crate::*;
use async_backing_primitives::*;
use std::{collections::BTreeMap, convert::Infallible};

pub(super) const PARA: ParaId = ParaId(2000);
pub(super) const CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(6));
pub(super) const MAX_POV: u32 = 5 * 1024 * 1024;
/// Slot of relay block 0.
pub(super) const FIRST_SLOT: Slot = 1000;

pub(super) fn config(capacity: u32, velocity: u32) -> CollatorConfig {
	CollatorConfig {
		para: PARA,
		capacity,
		velocity,
	}
}

pub(super) fn params(max_candidate_depth: u32, allowed_ancestry_len: u32) -> AsyncBackingParams {
	AsyncBackingParams {
		max_candidate_depth,
		allowed_ancestry_len,
	}
}

pub(super) fn genesis() -> HeadData {
	HeadData(vec![0])
}

pub(super) fn relay_block(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
	}
}

/// A leaf at which `included` is included and nothing is pending, with this many cores for the para.
pub(super) fn leaf(
	number: BlockNumber,
	params: AsyncBackingParams,
	cores: u32,
	included: &HeadData,
) -> LeafFacts {
	let oldest = number.saturating_sub(params.allowed_ancestry_len);
	let constraints = Constraints {
		min_relay_parent_number: oldest,
		max_pov_size: MAX_POV,
		max_code_size: 100,
		max_head_data_size: 100,
		ump_remaining: 0,
		ump_remaining_bytes: 0,
		max_ump_num_per_candidate: 0,
		dmp_remaining_messages: vec![],
		hrmp_inbound: Default::default(),
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 0,
		required_parent: included.clone(),
		validation_code_hash: CODE,
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let backing_state = BackingState {
		constraints,
		pending_availability: vec![],
	};
	LeafFacts {
		block: relay_block(number),
		parent_hash: relay_block(number.saturating_sub(1)).hash,
		slot: FIRST_SLOT + u64::from(number),
		session_index: 1,
		session_ends_from_slot: Slot::MAX,
		params,
		ancestors: (oldest..number).rev().map(relay_block).collect(),
		validators: vec![],
		groups: (0..cores)
			.map(|group| (3 * group..3 * group + 3).map(ValidatorIndex).collect())
			.collect(),
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 5,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: vec![],
		cores: vec![],
		ancestor_claim_queues: Default::default(),
		claim_queue: (0..cores)
			.map(|core| (CoreIndex(core), vec![PARA; 3].into()))
			.collect(),
		paras: BTreeMap::from([(
			PARA,
			ParaAtLeaf {
				backing_state,
				extension: None,
			},
		)]),
		pending_relay_parents: BTreeMap::new(),
		codes_to_check: Vec::new(),
		events: vec![],
	}
}

/// Makes candidates pending at a leaf, in this order.
pub(super) fn set_pending(leaf: &mut LeafFacts, pending: &[(BuildOn, Collated)]) {
	let state = &mut leaf.paras.get_mut(&PARA).unwrap().backing_state;
	state.pending_availability = pending
		.iter()
		.map(|(build_on, collated)| CandidatePendingAvailability {
			candidate_hash: collated.hash,
			descriptor: collated.receipt.descriptor.clone(),
			commitments: collated.receipt.commitments.clone(),
			relay_parent_number: build_on.relay_parent.number,
			max_pov_size: MAX_POV,
		})
		.collect();
}

/// A block whose head is a hash of where it was built; as large as it says.
pub(super) fn produce(build_on: &BuildOn) -> ProducedBlock {
	let head = hash_of(&(&build_on.parent_head, build_on.relay_parent, build_on.core));
	ProducedBlock {
		commitments: CandidateCommitments {
			head_data: HeadData(head.0.to_vec()),
			hrmp_watermark: build_on.relay_parent.number,
			upward_messages: signals(build_on.selection),
			..Default::default()
		},
		pov: PoV {
			block_data: BlockData(vec![1; 10]),
		},
		extrinsics: 7,
	}
}

/// What a block sends that picks its core (R-UMP-3).
fn signals(selection: Option<CoreSelection>) -> Vec<UpwardMessage> {
	let signal = |(selector, offset)| codec::Encode::encode(&UmpSignal::SelectCore(selector, offset));
	selection.map_or_else(Vec::new, |selection| vec![vec![], signal(selection)])
}

pub(super) fn candidate_of(build_on: &BuildOn) -> Collated {
	collate(build_on, produce(build_on), |_| {
		Ok::<_, Infallible>(Hash::repeat_byte(9))
	})
	.unwrap()
}

/// Decides, builds and notes.
pub(super) fn build(collator: &mut Collator, leaf: &LeafFacts) -> Result<(BuildOn, Collated), NoBuild> {
	let build_on = collator.decide(leaf)?;
	let collated = candidate_of(&build_on);
	collator.note_built(&build_on, &collated);
	Ok((build_on, collated))
}

pub(super) fn head_of(built: &(BuildOn, Collated)) -> &HeadData {
	&built.1.receipt.commitments.head_data
}
