//! Small chains.

mod early;
mod finality;
mod histories;
mod leaves;
mod peers;
mod sessions;

use crate::{ChainError, ChainEvent, ChainView, Identity, LeafUpdate, Limits};
use async_backing_machine::PeerId;
use async_backing_primitives::{
	AsyncBackingParams, BlockNumber, GroupRotationInfo, Hash, LeafFacts, RelayChainBlockInfo, SessionIndex,
	ValidatorId, ValidatorIndex,
};
use std::sync::Arc;

const ANCESTRY: usize = 3;

/// The key of somebody.
fn key(who: u8) -> ValidatorId {
	sp_core::sr25519::Public::from_raw([who; 32]).into()
}

fn keys(who: impl IntoIterator<Item = u8>) -> Vec<ValidatorId> {
	who.into_iter().map(key).collect()
}

fn hash(name: u64) -> Hash {
	Hash::from_low_u64_be(name)
}

fn info(name: u64, number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: hash(name),
		number,
		storage_root: hash(name + 1_000_000),
	}
}

/// A block about whose ancestors nothing is known, with validators 0, 1 and 2.
fn root(name: u64, number: BlockNumber) -> LeafFacts {
	LeafFacts {
		block: info(name, number),
		parent_hash: hash(name + 2_000_000),
		slot: u64::from(number),
		session_index: 1,
		session_ends_from_slot: u64::MAX,
		params: AsyncBackingParams {
			max_candidate_depth: 4,
			allowed_ancestry_len: ANCESTRY as u32,
		},
		ancestors: vec![],
		validators: keys([0, 1, 2]),
		groups: vec![
			vec![ValidatorIndex(0)],
			vec![ValidatorIndex(1)],
			vec![ValidatorIndex(2)],
		],
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 1,
			now: number + 1,
		},
		minimum_backing_votes: 1,
		disabled: vec![],
		cores: vec![],
		claim_queue: Default::default(),
		ancestor_claim_queues: Default::default(),
		paras: Default::default(),
		pending_relay_parents: Default::default(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: vec![],
	}
}

/// A child in the same session.
fn child(parent: &LeafFacts, name: u64) -> LeafFacts {
	let number = parent.block.number + 1;
	LeafFacts {
		block: info(name, number),
		parent_hash: parent.block.hash,
		slot: u64::from(number),
		ancestors: parent.relay_parents().take(ANCESTRY).copied().collect(),
		rotation: parent.rotation.at(number + 1),
		..parent.clone()
	}
}

/// A child whose own children are in another session (R-GLO-14): none of its ancestors is in scope.
fn child_in_session(
	parent: &LeafFacts,
	name: u64,
	session: SessionIndex,
	validators: Vec<ValidatorId>,
) -> LeafFacts {
	LeafFacts {
		session_index: session,
		validators,
		ancestors: vec![],
		..child(parent, name)
	}
}

/// A chain of blocks with these names.
fn chain(root: &LeafFacts, names: impl IntoIterator<Item = u64>) -> Vec<LeafFacts> {
	let mut blocks = vec![root.clone()];
	for name in names {
		let next = child(&blocks[blocks.len() - 1], name);
		blocks.push(next);
	}
	blocks
}

fn view() -> ChainView {
	ChainView::new(Some(key(0)), Limits::default())
}

fn view_with(limits: Limits) -> ChainView {
	ChainView::new(None, limits)
}

fn imported(facts: &LeafFacts) -> ChainEvent {
	ChainEvent::Imported {
		facts: Arc::new(facts.clone()),
		fresh: true,
	}
}

fn caught_up(facts: &LeafFacts) -> ChainEvent {
	ChainEvent::Imported {
		facts: Arc::new(facts.clone()),
		fresh: false,
	}
}

fn finalized(facts: &LeafFacts) -> ChainEvent {
	ChainEvent::Finalized {
		hash: facts.block.hash,
		number: facts.block.number,
	}
}

fn reverted(facts: &LeafFacts) -> ChainEvent {
	ChainEvent::Reverted {
		hash: facts.block.hash,
	}
}

/// Names of leaves that an event made and ended.
fn change(view: &mut ChainView, event: ChainEvent) -> (Vec<u64>, Vec<u64>) {
	let (update, result) = view.try_handle(event);
	assert_eq!(result, Ok(()));
	names(&update)
}

fn names(update: &LeafUpdate) -> (Vec<u64>, Vec<u64>) {
	let activated = update.activated.iter().map(|leaf| name(leaf.block.hash));
	(
		activated.collect(),
		update.deactivated.iter().copied().map(name).collect(),
	)
}

fn name(hash: Hash) -> u64 {
	hash.to_low_u64_be()
}

fn leaf_names(view: &ChainView) -> Vec<u64> {
	view.leaves().map(|leaf| name(leaf.block.hash)).collect()
}

/// What an event is refused for, which changes no leaf.
fn refusal(view: &mut ChainView, event: ChainEvent) -> ChainError {
	let before = view.refused().events;
	let (update, result) = view.try_handle(event);
	assert!(update.is_empty(), "{update:?}");
	assert_eq!(view.refused().events, before + 1);
	result.expect_err("it is refused")
}
