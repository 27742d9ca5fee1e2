//! What follows from little: a leaf of which only that is known, and ports that answer but what they have to.

use async_backing_primitives::{
	ports::{CurrentSession, OnParaRemoved},
	*,
};
use std::collections::BTreeSet;

fn block(number: u32) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::repeat_byte(number as u8),
		number,
		storage_root: Hash::zero(),
	}
}

#[test]
fn r_abp_10_a_child_ends_the_session_from_the_slot_that_the_leaf_tells() {
	let leaf = LeafFacts {
		session_ends_from_slot: 20,
		..LeafFacts::new(block(7), Hash::repeat_byte(6))
	};
	for (slot, ends) in [(0, false), (19, false), (20, true), (21, true)] {
		assert_eq!(leaf.child_ends_session(slot), ends, "slot {slot}");
	}
	let usual = LeafFacts::new(block(7), Hash::repeat_byte(6));
	assert!(!usual.child_ends_session(1_000_000), "no end is known");
}

#[test]
fn r_glo_14_relay_parents_are_the_leaf_and_its_ancestors() {
	let leaf = LeafFacts {
		session_index: 4,
		ancestors: vec![block(6), block(5)],
		..LeafFacts::new(block(7), Hash::repeat_byte(6))
	};
	let numbers: Vec<_> = leaf.relay_parents().map(|block| block.number).collect();
	assert_eq!(numbers, [7, 6, 5]);
	assert_eq!(leaf.relay_parent(Hash::repeat_byte(5)), Some(&block(5)));
	assert_eq!(leaf.relay_parent(Hash::repeat_byte(4)), None);
	let context = SigningContext {
		session_index: 4,
		parent_hash: Hash::repeat_byte(5),
	};
	assert_eq!(leaf.signing_context(Hash::repeat_byte(5)), context);
}

struct Session;

impl CurrentSession for Session {
	fn index() -> SessionIndex {
		3
	}

	fn validators() -> Vec<ValidatorId> {
		let key = |byte| ValidatorId::from(sp_key(byte));
		vec![key(1), key(2), key(3)]
	}

	fn disabled() -> BTreeSet<ValidatorIndex> {
		BTreeSet::from([ValidatorIndex(1)])
	}

	fn is_change_buffered() -> bool {
		false
	}
}

/// A public key of this byte alone.
fn sp_key(byte: u8) -> sp_core::sr25519::Public {
	sp_core::sr25519::Public::from_raw([byte; 32])
}

#[test]
fn r_bkv_4_a_session_that_says_no_more_has_as_many_validators_as_keys_and_the_same_disabled_in_the_parent() {
	assert_eq!(Session::validator_count(), 3);
	assert_eq!(Session::disabled_in_parent(), Session::disabled());
}

struct Busy;

impl OnParaRemoved for Busy {
	fn has_time_for(para: ParaId) -> bool {
		para != ParaId(2000)
	}

	fn on_para_removed(_: ParaId) {}
}

struct Idle;

impl OnParaRemoved for Idle {
	fn on_para_removed(_: ParaId) {}
}

#[test]
fn r_def_33_there_is_time_where_all_have_time() {
	assert!(Idle::has_time_for(ParaId(2000)), "who says nothing has time");
	for (para, expected) in [(2000, false), (2001, true)] {
		assert_eq!(<(Idle, Busy)>::has_time_for(ParaId(para)), expected);
		assert_eq!(<(Busy, Idle)>::has_time_for(ParaId(para)), expected);
	}
}
