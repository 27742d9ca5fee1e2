//! Ancestors, slots, and blocks that are not there.

mod common;

use async_backing_leaf_facts::{ask, FactsError};
use async_backing_primitives::{Hash, Slot};
use common::{
	world::{self, World, LEAF, SESSION_START},
	Block,
};

fn ancestors(world: &World) -> Vec<u32> {
	let facts = world.ask().expect("the leaf is good").facts;
	assert!(facts
		.ancestors
		.iter()
		.all(|ancestor| *ancestor == world.info(ancestor.number)));
	assert!(facts.ancestor_claim_queues.keys().eq(facts
		.ancestors
		.iter()
		.map(|ancestor| ancestor.hash)
		.collect::<std::collections::BTreeSet<_>>()
		.iter()));
	facts.ancestors.iter().map(|ancestor| ancestor.number).collect()
}

#[test]
fn r_abp_13_ancestors_end_where_the_session_of_the_child_differs() {
	let mut world = World::new(16, true);
	world
		.at(LEAF)
		.answer("ParachainHost_async_backing_params", (), world::params(50));
	assert_eq!(ancestors(&world), (SESSION_START..LEAF).rev().collect::<Vec<_>>());
	for number in 0..LEAF {
		world
			.at(number)
			.answer("ParachainHost_session_index_for_child", (), 5u32);
	}
	assert_eq!(
		ancestors(&world),
		(0..LEAF).rev().collect::<Vec<_>>(),
		"down to genesis"
	);
}

#[test]
fn ancestors_that_the_client_never_had_are_out_of_scope() {
	let mut world = World::new(16, true);
	world.forget(7);
	assert_eq!(ancestors(&world), [8]);
}

#[test]
fn genesis_has_no_slot_and_ends_no_session() {
	for own in [true, false] {
		let mut world = World::new(16, own);
		world
			.at(0)
			.answer("AsyncBackingApi_session_ends_from_slot", (), Slot::MAX);
		let facts = ask::<_, Block>(&world.client, world.hashes[0]).unwrap().facts;
		assert_eq!(
			(facts.slot, facts.session_ends_from_slot, facts.ancestors),
			(0, Slot::MAX, vec![])
		);
	}
}

#[test]
fn a_block_without_a_claim_is_refused() {
	let mut world = World::new(16, true);
	let leaf = world.leaf();
	world.at(LEAF).header.digest.logs.clear();
	assert!(matches!(world.ask(), Err(FactsError::NoSlot(block)) if block == leaf));
}

#[test]
fn an_unknown_block_is_named() {
	let world = World::new(16, true);
	let unknown = Hash::repeat_byte(0xee);
	let error = ask::<_, Block>(&world.client, unknown).expect_err("nobody has it");
	assert!(matches!(error, FactsError::UnknownBlock(block) if block == unknown));
}

#[test]
fn a_call_that_every_leaf_needs_names_itself_when_it_fails() {
	let mut world = World::new(16, true);
	world.at(LEAF).trap("ParachainHost_validators", ());
	let error = world.ask().expect_err("nobody knows the validators");
	assert!(
		matches!(
			error,
			FactsError::Call {
				method: "validators",
				..
			}
		),
		"{error}"
	);
}
