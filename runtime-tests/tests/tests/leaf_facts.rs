//! What is said of a leaf, against the compiled runtime and as if it were an older one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[path = "leaf_facts/older.rs"]
mod older;

use async_backing_leaf_facts::{ask, leaf_facts, FactsError};
use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	CoreState, GridSeed, LeafFacts, NodeFeatures, ParaAtLeaf,
};
use async_backing_relay_client::{Block, Hash, QueryError, RelayClient};
use common::{cases, world::Compiled};
use older::Older;
use sp_consensus_babe::BabeApi;
use std::collections::{BTreeMap, BTreeSet};

/// A chain with candidates pending, in its third block of a session or a later one; and blocks on top.
fn chain() -> (&'static RelayClient, Vec<Hash>) {
	let world = Compiled::new(97);
	let mut leaves = vec![world.parent()];
	let built = world.build(&cases::honest(&world));
	leaves.push(world.import(built.block));
	world.0.run(world.slot(), 1);
	leaves.push(world.parent());
	// An API that is handed on has to live as long as anybody likes.
	let world: &'static Compiled = Box::leak(Box::new(world));
	(&world.0.client, leaves)
}

/// Each method asked for by itself, all of them being there.
fn one_by_one(client: &RelayClient, leaf: Hash) -> LeafFacts {
	let header = client.header(leaf).unwrap();
	let api = client.api();
	let session_index = api.session_index_for_child(leaf).unwrap();
	let params = api.async_backing_params(leaf).unwrap();
	let (groups, rotation) = api.validator_groups(leaf).unwrap();
	let cores = api.availability_cores(leaf).unwrap();
	let claim_queue = api.claim_queue(leaf).unwrap();
	let next = |core: &CoreState| match core {
		CoreState::Occupied(occupied) => Some(occupied.candidate_descriptor.para_id()),
		CoreState::Scheduled(scheduled) => Some(scheduled.para_id),
		CoreState::Free => None,
	};
	let scheduled: BTreeSet<_> = claim_queue
		.values()
		.flatten()
		.copied()
		.chain(cores.iter().filter_map(next))
		.collect();
	let mut paras = BTreeMap::new();
	let mut pending_relay_parents = BTreeMap::new();
	for para in scheduled {
		let backing_state = api
			.para_backing_state(leaf, para)
			.unwrap()
			.expect("it has a head");
		for pending in &backing_state.pending_availability {
			let relay_parent = pending.descriptor.relay_parent();
			pending_relay_parents.insert(relay_parent, client.block_info(relay_parent).unwrap());
		}
		let extension = api.constraints_extension(leaf, para).unwrap();
		paras.insert(
			para,
			ParaAtLeaf {
				backing_state,
				extension,
			},
		);
	}
	let ancestors: Vec<_> = client
		.ancestry(leaf, params.allowed_ancestry_len as usize)
		.unwrap()
		.into_iter()
		.take_while(|ancestor| client.api().session_index_for_child(*ancestor).unwrap() == session_index)
		.map(|ancestor| client.block_info(ancestor).unwrap())
		.collect();
	LeafFacts {
		block: client.block_info(leaf).unwrap(),
		parent_hash: header.parent_hash,
		slot: client.slot(leaf).unwrap().expect("it has one"),
		session_index,
		session_ends_from_slot: api.session_ends_from_slot(leaf).unwrap(),
		params,
		ancestor_claim_queues: ancestors
			.iter()
			.map(|ancestor| (ancestor.hash, client.api().claim_queue(ancestor.hash).unwrap()))
			.collect(),
		ancestors,
		validators: api.validators(leaf).unwrap(),
		groups,
		rotation,
		minimum_backing_votes: api.minimum_backing_votes(leaf).unwrap(),
		disabled: api.disabled_validators(leaf).unwrap(),
		cores,
		claim_queue,
		paras,
		pending_relay_parents,
		codes_to_check: api.pvfs_require_precheck(leaf).unwrap(),
		node_features: api.node_features(leaf).unwrap(),
		grid: api
			.session_info(leaf, session_index)
			.unwrap()
			.map(|info| GridSeed {
				randomness: api.current_epoch(leaf).unwrap().randomness,
				authorities: info.discovery_keys.len() as u32,
			}),
		events: api.candidate_events(leaf).unwrap(),
	}
}

#[test]
fn r_bin_31_the_compiled_runtime_is_asked_for_everything_and_less_as_if_it_were_older() {
	let (client, leaves) = chain();
	for leaf in leaves.iter().copied() {
		let now = client.leaf_facts(leaf).unwrap();
		assert_eq!(now, one_by_one(client, leaf));
		assert_eq!(leaf_facts::<_, Block>(client, leaf).unwrap(), now);
		assert!(now
			.grid
			.is_some_and(|grid| grid.authorities as usize >= now.validators.len()));
		assert!(!now.ancestors.is_empty() && now.paras.len() == 2);
		for (host, own) in [
			(7, false),
			(7, true),
			(8, false),
			(11, false),
			(13, false),
			(16, false),
			(16, true),
		] {
			let older = Older { client, host, own };
			let answer = ask(&older, leaf).unwrap();
			assert!(
				answer.left_out.is_empty(),
				"version {host}: {:?}",
				answer.left_out
			);
			let mut expected = now.clone();
			if host < 8 {
				expected.disabled.clear();
			}
			if host < 9 {
				expected.node_features = NodeFeatures::default();
			}
			if host < 11 {
				// What a core has next is the first of its claims (R-SCH-3), and each para here has a core.
				let queues = expected.ancestor_claim_queues.values_mut();
				for claims in queues
					.chain([&mut expected.claim_queue])
					.flat_map(|queue| queue.values_mut())
				{
					claims.truncate(1);
				}
			}
			if !own {
				// The end of the session is that of BABE's epoch, so it does not go.
				for para in expected.paras.values_mut() {
					para.extension = None;
				}
			}
			assert_eq!(answer.facts, expected, "version {host}, own API: {own}");
		}
	}
	let pending = |leaf| client.leaf_facts(leaf).unwrap().pending_relay_parents.len();
	assert_eq!(
		leaves.iter().map(|leaf| pending(*leaf) > 0).collect::<Vec<_>>(),
		[false, true, true]
	);

	let below = Older {
		client,
		host: 6,
		own: true,
	};
	let error = ask(&below, leaves[0]).expect_err("there is no backing state");
	assert!(
		matches!(
			error,
			FactsError::Unsupported {
				expected: 7,
				found: Some(6),
				..
			}
		),
		"{error}"
	);

	let unknown = Hash::repeat_byte(1);
	let error = client.leaf_facts(unknown).expect_err("nobody built it");
	assert!(matches!(error, QueryError::UnknownBlock(block) if block == unknown));
}
