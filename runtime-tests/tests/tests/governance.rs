//! Parameters that change while candidates are in flight, through the compiled runtime: staged by root, in force two
//! sessions later, and at every block what the shared rules predict is what the chain does.

mod common;

use async_backing_primitives::{
	check_depth, AsyncBackingParams, CoreState, HostConfiguration, ParaId, ParachainsInherentData,
	SessionIndex,
};
use async_backing_relay_client::Slot;
use async_backing_relay_runtime as runtime;
use codec::{Decode, Encode};
use common::{
	cases::{self, World},
	sudo::by_sudo,
	world::{extrinsic, Compiled},
};
use serde_json::json;
use sp_runtime::{traits::Block as _, OpaqueExtrinsic};

const PARA: ParaId = cases::CORES[0];
/// Cores of that para.
const CORES: [u16; 3] = [0, 1, 2];
/// Blocks of a session.
const SESSION: u64 = 10;

fn ask<R: Decode>(world: &Compiled, method: &str, arguments: impl Encode) -> R {
	let answer = world.0.client.call(world.parent(), method, arguments);
	answer.expect("the runtime answers")
}

fn params(world: &Compiled) -> AsyncBackingParams {
	world.ask("async_backing_params", ())
}

fn pending_configurations(world: &Compiled) -> Vec<(SessionIndex, HostConfiguration)> {
	ask(world, "AsyncBackingApi_pending_configurations", ())
}

/// How many of these cores, in this order, the next block fills: by the rules of the node's side, from what the runtime
/// tells about the parent's state.
fn predicted(world: &Compiled, back: &[u16], enacted: usize) -> usize {
	let ends_from: Slot = ask(world, "AsyncBackingApi_session_ends_from_slot", ());
	if world.slot() >= ends_from {
		return 0;
	}
	let pending = world.pending_heads(PARA).len() - enacted;
	let depth = params(world).max_candidate_depth;
	(0..back.len())
		.take_while(|accepted| check_depth(pending, *accepted, depth).is_ok())
		.count()
}

/// Cores of the para on which a candidate waits.
fn occupied(world: &Compiled) -> Vec<u16> {
	let states: Vec<CoreState> = world.ask("availability_cores", ());
	let waits = |core: &u16| matches!(states.get(usize::from(*core)), Some(CoreState::Occupied(_)));
	CORES.into_iter().filter(waits).collect()
}

/// Makes the next block: everything that waits is attested if `attest`, and a chain is offered for all free cores.
/// Returns how many candidates were backed.
fn next_block(world: &Compiled, attest: bool, transactions: Vec<OpaqueExtrinsic>) -> usize {
	let occupied = occupied(world);
	let attested: Vec<u32> = occupied
		.iter()
		.filter(|_| attest)
		.map(|core| u32::from(*core))
		.collect();
	let free = |core: &u16| attest || !occupied.contains(core);
	let back: Vec<u16> = CORES.into_iter().filter(free).collect();
	let offered = cases::inherent_of(world, &back, &attested);
	let count = predicted(world, &back, attested.len());
	let expected = ParachainsInherentData {
		backed_candidates: offered.backed_candidates[..count].to_vec(),
		..offered.clone()
	};
	let waiting = if attest {
		0
	} else {
		world.pending_heads(PARA).len()
	};
	let included = world.head(PARA).0.len();
	let number = world.0.client.best().number + 1;
	let session = world.session();

	let built = world.build_with(&offered, transactions);
	assert_eq!(built.refused, [], "block {number}");
	assert!(
		built.block.extrinsics()[1] == extrinsic(expected),
		"R-DEP-1, R-ABP-10: block {number}: the chain backs the {count} candidates that the rules predict"
	);
	world.import(built.block);
	assert_eq!(
		world.head(PARA).0.len() - included,
		attested.len(),
		"R-ENA-3: block {number}: what was backed finishes"
	);
	let left = if world.session() == session {
		waiting + count
	} else {
		0
	};
	assert_eq!(
		world.pending_heads(PARA).len(),
		left,
		"R-ABP-9: block {number}: a new session begins with nothing pending"
	);
	count
}

#[test]
fn r_abp_5_root_shrinks_depth_and_ancestry_below_what_is_in_flight() {
	let world = Compiled::with(
		71,
		json!({
			"epochLength": { "slots": SESSION },
			"configuration": { "config": {
				"async_backing_params": { "max_candidate_depth": 2, "allowed_ancestry_len": 3 },
			} },
		}),
	);
	let old = params(&world);
	let new = AsyncBackingParams {
		max_candidate_depth: 0,
		allowed_ancestry_len: 1,
	};
	for _ in 0..2 {
		next_block(&world, true, vec![]);
	}
	// One block carries two changes: the second is laid over the first.
	let mut config: HostConfiguration = ask(&world, "AsyncBackingApi_active_configuration", ());
	config.group_rotation_frequency += 1;
	let calls = [
		pallet_async_backing_configuration::Call::set_config {
			config: config.clone(),
		},
		pallet_async_backing_configuration::Call::set_async_backing_params { params: new },
	];
	let batch = (0..).zip(calls).map(|(nonce, call)| {
		let call = runtime::RuntimeCall::Configuration(call);
		by_sudo(&world.0, nonce, call)
	});
	let in_flight = next_block(&world, true, batch.collect());
	assert_eq!(
		in_flight, 3,
		"a chain of three is in flight when the change is staged"
	);
	config.async_backing_params = new;
	assert_eq!(
		pending_configurations(&world),
		[(2, config.clone())],
		"R-ABP-5: one entry, for the session after the next"
	);
	assert_eq!(params(&world), old, "R-ABP-7: nothing changes within a session");

	let mut most = [0; 4];
	let mut none = [false; 4];
	while world.session() < 3 {
		let session = world.session() as usize;
		let expected = if session < 2 { old } else { new };
		assert_eq!(params(&world), expected, "R-ABP-5, R-ABP-7: in session {session}");
		let number = world.0.client.best().number;
		let count = next_block(&world, !number.is_multiple_of(3), vec![]);
		most[session] = most[session].max(count);
		none[session] |= count == 0 && world.session() as usize > session;
	}
	assert_eq!(
		most[..3],
		[3, 3, 1],
		"R-DEP-1: candidates that one block backs, by session"
	);
	assert_eq!(
		none[..3],
		[true; 3],
		"R-ABP-10: the last block of each session backs nothing"
	);
	assert_eq!(pending_configurations(&world), []);
	let active: HostConfiguration = ask(&world, "AsyncBackingApi_active_configuration", ());
	assert_eq!(active, config, "R-ABP-5: both changes are in force");
}
