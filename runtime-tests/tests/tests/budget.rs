//! What an author keeps has room in the block, against the compiled runtime.

mod common;

use codec::Encode;
use common::{
	cases::{self, World},
	world::{extrinsic, Compiled},
	FIRST_SLOT,
};
use serde_json::json;

/// Validators: the digest that ends an epoch names each, with 40 bytes.
const VALIDATORS: u32 = 600;
/// Bytes of a block.
const BLOCK_BYTES: usize = 5 * 1024 * 1024;

/// Candidates of both paras that wait.
fn waiting(world: &Compiled) -> usize {
	let of = |core: usize| world.pending_heads(cases::CORES[core]).len();
	of(0) + of(3)
}

#[test]
fn r_def_28_r_wgt_1_a_full_inherent_has_room_behind_an_epochs_end() {
	let world = Compiled::sized(71, VALIDATORS, json!({ "epochLength": { "slots": 5 } }));
	// The genesis epoch is announced too; this is about one that follows.
	world.0.run(FIRST_SLOT, 2);
	let longest = 40 * VALIDATORS as usize;
	let mut blocks = 0;
	while world.parent_header().encoded_size() < longest {
		blocks += 1;
		assert!(blocks <= 12, "an epoch has five slots");
		world.0.run(world.slot(), 1);
	}
	// Both have room beside the header of the parent and what other inherents may take.
	let both = cases::announcing(&world, (BLOCK_BYTES - 60_000) / 2);
	let built = world.build(&both);
	assert!(
		built.block.extrinsics[1] == extrinsic(both),
		"R-WGT-2: all of it is kept"
	);
	// Both would have room if the header were a small one.
	let one_too_many = cases::announcing(&world, (BLOCK_BYTES - 20_000) / 2);
	let all = extrinsic(one_too_many.clone()).encoded_size();
	assert!(
		all > BLOCK_BYTES && all - longest < BLOCK_BYTES,
		"{all} bytes in all"
	);
	let built = world.build(&one_too_many);
	world.import(built.block);
	assert_eq!(
		waiting(&world),
		1,
		"R-DEF-28: one is kept, and the block takes it"
	);
}
