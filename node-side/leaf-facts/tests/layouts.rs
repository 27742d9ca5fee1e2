//! Backing states in the layouts and by the methods that there are (R-DEF-22, R-BIN-31), and paras about which nothing can
//! be had (R-VIE-3).

mod common;

use async_backing_leaf_facts::{leaf_facts, Answer, FactsError};
use async_backing_primitives::{BackingState, Constraints, HeadData, PersistedValidationData};
use codec::Decode;
use common::{
	world::{self, World, CLAIMED, LEAF, PENDING, SCHEDULED},
	Block,
};

const STATE: &str = "ParachainHost_para_backing_state";

fn state_of(answer: &Answer) -> &BackingState {
	&answer.facts.paras[&PENDING].backing_state
}

#[test]
fn r_def_22_the_older_layout_is_read_at_every_version() {
	for host in [7, 10, 12, 13, 16] {
		let mut world = World::new(host, false);
		let state = world.backing_state();
		let older = world::older_layout(&state);
		world.at(LEAF).answer_bytes(STATE, PENDING, older);
		let answer = world.ask().unwrap();
		assert_eq!(state_of(&answer), &state, "version {host}, with 20480");
		assert!(answer.left_out.is_empty());
	}
}

/// A state whose older bytes read as the newer layout too: zeros can be anything.
fn ambiguous() -> BackingState {
	BackingState {
		constraints: Constraints {
			max_ump_num_per_candidate: 0,
			dmp_remaining_messages: vec![],
			hrmp_inbound: Default::default(),
			hrmp_channels_out: vec![],
			max_hrmp_num_per_candidate: 0,
			required_parent: HeadData(vec![0; 60]),
			validation_code_hash: Default::default(),
			upgrade_restriction: None,
			..world::backing_state(SCHEDULED, &[]).constraints
		},
		pending_availability: vec![],
	}
}

/// A world where the para on core 1 has that state, in the older layout.
fn ambiguous_world(host: u32) -> World {
	let (mut world, state) = (World::new(host, false), ambiguous());
	let older = world::older_layout(&state);
	assert!(
		Option::<BackingState>::decode(&mut &older[..]).is_ok_and(|read| read != Some(state.clone())),
		"it reads as something else"
	);
	let data = PersistedValidationData {
		parent_head: state.constraints.required_parent.clone(),
		..Default::default()
	};
	let assumption = async_backing_primitives::OccupiedCoreAssumption::TimedOut;
	let at = world.at(LEAF);
	at.answer_bytes(STATE, SCHEDULED, older);
	at.answer(
		"ParachainHost_persisted_validation_data",
		(SCHEDULED, assumption),
		Some(data),
	);
	at.answer(
		"ParachainHost_backing_constraints",
		SCHEDULED,
		Some(state.constraints),
	);
	world
}

#[test]
fn r_def_22_bytes_that_read_as_both_layouts_are_not_believed() {
	let answer = ambiguous_world(13).ask().unwrap();
	assert_eq!(
		answer.facts.paras[&SCHEDULED].backing_state,
		ambiguous(),
		"the pair of versions 13 and 11 has one layout"
	);
	let answer = ambiguous_world(12).ask().unwrap();
	assert!(!answer.facts.paras.contains_key(&SCHEDULED));
	let expected = HeadData(vec![0; 60]).hash();
	assert!(matches!(
		answer.left_out[&SCHEDULED],
		FactsError::Layout { para: SCHEDULED, expected: head, .. } if head == expected
	));
	assert!(answer.facts.paras.contains_key(&PENDING), "R-VIE-3");
}

#[test]
fn r_bin_31_without_the_backing_state_the_pair_of_later_methods_says_the_same() {
	let mut world = World::new(13, false);
	for para in [PENDING, SCHEDULED, CLAIMED] {
		world.at(LEAF).trap(STATE, para);
	}
	let answer = world.ask().unwrap();
	let expected = World::new(13, false).ask().unwrap();
	assert_eq!(answer.facts, expected.facts);
	assert_eq!(state_of(&answer).pending_availability.len(), 1);
	assert!(answer.left_out.is_empty());
}

#[test]
fn lists_of_other_runtimes_are_brought_into_order() {
	let mut world = World::new(13, false);
	let mut state = world.backing_state();
	state.constraints.hrmp_inbound.valid_watermarks = vec![7, 5];
	world.at(LEAF).answer(STATE, PENDING, Some(&state));
	assert_eq!(state_of(&world.ask().unwrap()), &world.backing_state());
}

#[test]
fn r_vie_3_what_fails_for_one_para_leaves_the_others() {
	for (host, own) in [(16, true), (16, false), (12, false)] {
		let mut world = World::new(host, own);
		world.at(LEAF).trap(STATE, SCHEDULED);
		world
			.at(LEAF)
			.trap("ParachainHost_backing_constraints", SCHEDULED);
		let answer = world.ask().unwrap();
		let method = match own || host < 13 {
			true => "para_backing_state",
			false => "backing_constraints",
		};
		assert!(matches!(
			&answer.left_out[&SCHEDULED],
			FactsError::Call { method: found, at, .. } if *found == method && *at == world.leaf()
		));
		assert_eq!(answer.left_out.len(), 1);
		let mut expected = World::new(host, own).ask().unwrap().facts;
		expected.paras.remove(&SCHEDULED);
		assert_eq!(answer.facts, expected);
		assert_eq!(
			leaf_facts::<_, Block>(&world.client, world.leaf()).unwrap(),
			expected
		);
	}
}

#[test]
fn r_base_16_a_para_without_a_head_has_no_facts() {
	for host in [7, 16] {
		let mut world = World::new(host, false);
		world.at(LEAF).answer(STATE, SCHEDULED, None::<BackingState>);
		let answer = world.ask().unwrap();
		assert!(!answer.facts.paras.contains_key(&SCHEDULED));
		assert!(answer.left_out.is_empty());
	}
}

#[test]
fn a_pending_candidate_whose_relay_parent_is_unknown_costs_its_para_only() {
	let mut world = World::new(16, true);
	let candidate = world.backing_state().pending_availability[0].candidate_hash;
	let relay_parent = world.hashes[5];
	world.forget(5);
	let answer = world.ask().unwrap();
	assert!(matches!(
		answer.left_out[&PENDING],
		FactsError::UnknownRelayParent { candidate: c, relay_parent: r } if (c, r) == (candidate, relay_parent)
	));
	assert_eq!(
		answer.facts.paras.keys().copied().collect::<Vec<_>>(),
		[SCHEDULED, CLAIMED]
	);
	assert!(answer.facts.pending_relay_parents.is_empty());
}
