//! What the tests share: a leaf, a collator, and a parachain whose head data say where they come from.

mod behind;
mod candidate;
mod claims;
mod hook;
mod on_demand;
mod parents;
mod relay_state;
mod serving;

use crate::*;
pub(super) use async_backing_primitives::test_helpers::relay::{
	genesis, leaf, relay_block, CODE, FIRST_SLOT, MAX_POV, PARA,
};
use async_backing_primitives::*;
use std::{collections::BTreeMap, convert::Infallible};

pub(super) fn config(capacity: u32, velocity: u32) -> CollatorConfig {
	CollatorConfig {
		para: PARA,
		capacity,
		velocity,
		relay_parent_offset: RelayParentOffset::UpTo(0),
	}
}

pub(super) fn params(max_candidate_depth: u32, allowed_ancestry_len: u32) -> AsyncBackingParams {
	AsyncBackingParams {
		max_candidate_depth,
		allowed_ancestry_len,
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
	let head = hash_of(&(build_on.parent_head(), build_on.relay_parent, build_on.core));
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
