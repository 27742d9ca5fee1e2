//! What the tests share: a leaf, an author, and a parachain whose head data say where they come from.

mod chain;
mod deciding;
mod pace;
mod rhythm;
mod timing;

use super::{Author, Budget, Idle, Place, Timing};
use async_backing_collator::*;
pub(crate) use async_backing_primitives::test_helpers::relay::{
	genesis, leaf, relay_block, FIRST_SLOT, MAX_POV, PARA,
};
use async_backing_primitives::*;
use codec::Encode;
use std::{convert::Infallible, time::Duration};

pub(crate) const POV: PovSize = PovSize {
	base: 10_000,
	per_extrinsic: 150,
};

pub(crate) fn timing() -> Timing {
	Timing {
		slot: Duration::from_secs(6),
		leaf_active_after: Duration::from_secs(3),
		inherent_after: Duration::from_secs(2),
		link_latency: Duration::from_millis(100),
		link_jitter: Duration::from_millis(10),
		bandwidth: 62_500_000,
		extrinsic_cost: Duration::from_millis(1),
		empty_block: Duration::from_millis(29),
		execution_limit: Duration::from_secs(2),
		margin: Duration::from_millis(500),
		fellows: 0,
	}
}

/// An author with this capacity and velocity.
pub(crate) fn author(capacity: u32, velocity: u32) -> Author {
	author_with(capacity, velocity, timing())
}

pub(crate) fn author_with(capacity: u32, velocity: u32, timing: Timing) -> Author {
	let config = CollatorConfig {
		para: PARA,
		capacity,
		velocity,
		relay_parent_offset: RelayParentOffset::UpTo(0),
	};
	Author::new(config, &genesis(), timing, POV, Box::new(Lookahead))
}

pub(crate) fn params(max_candidate_depth: u32, allowed_ancestry_len: u32) -> AsyncBackingParams {
	AsyncBackingParams {
		max_candidate_depth,
		allowed_ancestry_len,
	}
}

/// Makes candidates pending at a leaf, in this order.
pub(crate) fn set_pending(leaf: &mut LeafFacts, pending: &[Built]) {
	let state = &mut leaf.paras.get_mut(&PARA).unwrap().backing_state;
	state.pending_availability = pending
		.iter()
		.map(|built| CandidatePendingAvailability {
			candidate_hash: built.collated.hash,
			descriptor: built.collated.receipt.descriptor.clone(),
			commitments: built.collated.receipt.commitments.clone(),
			relay_parent_number: built.build_on.relay_parent.number,
			max_pov_size: MAX_POV,
		})
		.collect();
}

/// What an author decided, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Built {
	pub(crate) build_on: BuildOn,
	pub(crate) budget: Budget,
	pub(crate) backing_delay: u32,
	pub(crate) collated: Collated,
}

impl Built {
	pub(crate) fn head(&self) -> &HeadData {
		&self.collated.receipt.commitments.head_data
	}
}

/// What a block sends that picks its core (R-UMP-3).
pub(crate) fn signals(selection: Option<CoreSelection>) -> Vec<UpwardMessage> {
	let signal = |(selector, offset)| UmpSignal::SelectCore(selector, offset).encode();
	selection.map_or_else(Vec::new, |selection| vec![vec![], signal(selection)])
}

/// A block whose head is a hash of where it was built; as large as it says.
fn produce(build_on: &BuildOn, budget: &Budget) -> ProducedBlock {
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
		extrinsics: budget.extrinsics,
	}
}

/// Decides, builds and notes.
pub(crate) fn build(author: &mut Author, leaf: &LeafFacts) -> Result<Built, Idle> {
	let order = author.decide(leaf, Duration::ZERO)?;
	author.begun(&order);
	let produced = produce(&order.build_on, &order.budget);
	let collated = collate(&order.build_on, produced, |_| {
		Ok::<_, Infallible>(Hash::repeat_byte(9))
	})
	.unwrap();
	author.collator_mut().note_built(&order.build_on, &collated);
	Ok(Built {
		build_on: order.build_on,
		budget: order.budget,
		backing_delay: order.backing_delay,
		collated,
	})
}
