//! What comes out of runtimes of different ages (R-BIN-31).

mod common;

use async_backing_leaf_facts::{leaf_facts, offer_at, Answer, FactsError, Offer};
use async_backing_primitives::{GridSeed, LeafFacts, NodeFeatures, ParaAtLeaf, SessionInfo, Slot};
use common::{
	world::{self, World, CLAIMED, LEAF, PENDING, SCHEDULED},
	Block,
};
use std::collections::BTreeMap;

/// What a runtime with all versions and our own API says.
fn everything(world: &World) -> LeafFacts {
	let para_at = |para| ParaAtLeaf {
		backing_state: world::backing_state(para, &world.hashes),
		extension: Some(world::extension()),
	};
	let ancestors = [8, 7, 6].map(|number| world.info(number)).to_vec();
	LeafFacts {
		block: world.info(LEAF),
		parent_hash: world.hashes[8],
		slot: world::FIRST_SLOT + 9,
		session_index: 5,
		session_ends_from_slot: world::FIRST_SLOT + world::EPOCH,
		params: world::params(3),
		ancestor_claim_queues: ancestors
			.iter()
			.map(|ancestor| (ancestor.hash, world::claim_queue()))
			.collect(),
		ancestors,
		validators: world::validators(),
		groups: world::groups(),
		rotation: world::rotation(LEAF),
		minimum_backing_votes: 2,
		disabled: vec![1u32.into()],
		cores: world::cores(&world.hashes),
		claim_queue: world::claim_queue(),
		paras: [PENDING, SCHEDULED, CLAIMED]
			.map(|para| (para, para_at(para)))
			.into(),
		pending_relay_parents: [(world.hashes[5], world.info(5))].into(),
		codes_to_check: world::codes_to_check(),
		node_features: world::features(),
		grid: Some(world::grid()),
		events: world::events(&world.hashes),
	}
}

/// The same, less what a runtime of this version does not tell.
fn as_of(world: &World, host: u32, own: bool) -> LeafFacts {
	let mut facts = everything(world);
	if host < 8 {
		facts.disabled.clear();
	}
	if host < 9 {
		facts.node_features = NodeFeatures::default();
	}
	if host < 11 {
		facts.claim_queue = world::first_claims();
		for queue in facts.ancestor_claim_queues.values_mut() {
			*queue = world::first_claims();
		}
		// Nobody says that it comes to a core later.
		facts.paras.remove(&CLAIMED);
	}
	if !own {
		for para in facts.paras.values_mut() {
			para.extension = None;
		}
	}
	facts
}

#[test]
fn r_bin_31_each_version_tells_what_it_has_and_nothing_else_is_asked() {
	for host in 7..=17 {
		for own in [true, false] {
			let world = World::new(host, own);
			let Answer {
				facts,
				offer,
				left_out,
			} = world
				.ask()
				.unwrap_or_else(|error| panic!("version {host}: {error}"));
			assert_eq!(facts, as_of(&world, host, own), "version {host}, own API: {own}");
			assert!(left_out.is_empty(), "{left_out:?}");
			let expected = Offer {
				parachain_host: Some(host),
				async_backing: own,
				babe: true,
			};
			assert_eq!(offer, expected);
			assert_eq!(
				offer_at::<_, Block>(&world.client, world.leaf()).unwrap(),
				expected
			);
			assert_eq!(
				leaf_facts::<_, Block>(&world.client, world.leaf()).unwrap(),
				facts
			);
		}
	}
}

#[test]
fn r_bin_31_below_version_7_the_error_names_method_and_versions() {
	for host in [None, Some(1), Some(5), Some(6)] {
		let world = World::new(host, false);
		let error = world.ask().expect_err("there is no backing state");
		assert!(matches!(
			error,
			FactsError::Unsupported { method: "para_backing_state", expected: 7, found, at }
				if found == host && at == world.leaf()
		));
		let text = error.to_string();
		assert!(
			text.starts_with("para_backing_state is there from version 7 of ParachainHost on"),
			"{text}"
		);
		let found = host.map_or("no such API".into(), |host| format!("version {host}"));
		assert!(text.ends_with(&found), "{text}");
	}
}

#[test]
fn r_bin_31_an_upgrade_between_an_ancestor_and_the_leaf_is_noticed() {
	let mut world = World::new(16, true);
	// Too old for a leaf, but an ancestor is asked for less.
	for (number, host) in [(8, 11), (7, 10), (6, 5)] {
		(world.at(number).host, world.at(number).own) = (Some(host), false);
	}
	let facts = world.ask().unwrap().facts;
	let mut expected = everything(&world);
	for number in [7, 6] {
		let hash = world.hashes[number];
		expected.ancestor_claim_queues.insert(hash, world::first_claims());
	}
	assert_eq!(facts, expected);
}

#[test]
fn r_bin_31_zero_and_zero_leave_the_leaf_alone_in_scope() {
	let mut world = World::new(7, false);
	world.at(LEAF).answer(
		"ParachainHost_async_backing_params",
		(),
		async_backing_primitives::AsyncBackingParams::default(),
	);
	let facts = world.ask().unwrap().facts;
	assert_eq!(
		(facts.params.max_candidate_depth, facts.ancestors),
		(0, vec![]),
		"R-VIE-2"
	);
	assert_eq!(facts.ancestor_claim_queues, BTreeMap::new());
}

#[test]
fn r_abp_10_the_end_of_the_session_is_told_by_us_or_babe_or_nobody() {
	let end = |own, babe| {
		let mut world = World::new(16, own);
		world.at(LEAF).babe = babe;
		world
			.at(LEAF)
			.answer("AsyncBackingApi_session_ends_from_slot", (), 1007u64);
		world.ask().unwrap().facts.session_ends_from_slot
	};
	assert_eq!(end(true, Some(2)), 1007);
	assert_eq!(end(false, Some(2)), 1025, "an epoch is a session");
	assert_eq!(end(false, Some(1)), Slot::MAX, "its first version had no epochs");
	assert_eq!(end(false, None), Slot::MAX);
}

/// R-NET-113, R-SD-7: randomness of the epoch, and one place in the grid for each discovery key.
#[test]
fn r_net_113_the_grid_follows_from_epoch_and_discovery_keys() {
	let grid = |babe, info: Option<SessionInfo>| {
		let mut world = World::new(16, true);
		let at = world.at(LEAF);
		at.babe = babe;
		at.answer("ParachainHost_session_info", 5u32, info);
		world.ask().unwrap().facts.grid
	};
	let info = |keys: u8| SessionInfo {
		discovery_keys: (0..keys)
			.map(|who| sp_core::sr25519::Public::from_raw([who; 32]).into())
			.collect(),
		..Default::default()
	};
	let seed = |authorities| {
		Some(GridSeed {
			authorities,
			..world::grid()
		})
	};
	assert_eq!(grid(Some(2), Some(info(9))), seed(9));
	assert_eq!(grid(Some(2), Some(info(0))), seed(4), "validators at least");
	assert_eq!(
		grid(Some(2), None),
		None,
		"a session that the runtime has forgotten"
	);
	assert_eq!(grid(None, Some(info(9))), None, "nobody tells the randomness");
}
