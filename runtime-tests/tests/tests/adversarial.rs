//! The table of bad inherents, and that of candidates' ways, against the compiled runtime.
//!
//! The same tables run against the pallet's mock, where each refusal has its own error. Here: creating the inherent drops
//! exactly the bad part, and a block that carries it is not imported and leaves the best head where it was.

mod common;

use async_backing_relay_client::{ImportError, ImportOutcome};
use common::{
	cases::{self, Step},
	world::{extrinsic, extrinsics_root, Compiled, GENESIS_HEAD},
};
use sp_runtime::{
	traits::Block as _,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

#[test]
fn r_inc_3_and_r_inc_4_no_block_with_a_bad_inherent_gets_in_and_an_author_drops_exactly_the_bad_part() {
	let world = Compiled::new(41);
	let best = world.0.client.best();
	assert_eq!(best.number + 1, cases::BLOCK);
	let mut last = None;
	for case in cases::bad::cases() {
		let name = case.name;
		let offered = (case.make)(&world);
		let honest = world.build(&offered.data);
		let body = honest.block.extrinsics();
		assert_eq!(
			extrinsics_root(body),
			honest.block.header().extrinsics_root,
			"{name}: roots are made alike"
		);
		assert!(
			body[1] == extrinsic(offered.kept),
			"R-INC-4: {name}: creation keeps the honest rest"
		);
		let bad = vec![body[0].clone(), extrinsic(offered.data)];
		let refused = world
			.0
			.client
			.import(world.with_body(&honest.block, bad))
			.expect_err(name);
		let by_inherent = TransactionValidityError::Invalid(InvalidTransaction::BadMandatory);
		let by_length = TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources);
		assert!(
			matches!(
				&refused,
				ImportError::Extrinsic { index: 1, source } if *source == by_inherent || *source == by_length
			),
			"R-INC-3: {name}: {refused}"
		);
		assert_eq!(world.0.client.best(), best, "{name}: the best head stays");
		last = Some(honest);
	}
	let honest = last.expect("there are cases").block;
	let without = vec![honest.extrinsics()[0].clone()];
	world
		.0
		.client
		.import(world.with_body(&honest, without))
		.expect_err("R-INC-1: no inherent");
	let twice = [honest.extrinsics(), &honest.extrinsics()[1..]].concat();
	world
		.0
		.client
		.import(world.with_body(&honest, twice))
		.expect_err("R-INC-1: a second inherent");
	assert_eq!(world.0.client.best(), best);
	// The same header, body and seal are good with the honest rest.
	let body = honest.extrinsics().to_vec();
	let outcome = world.0.client.import(world.with_body(&honest, body));
	assert!(matches!(
		outcome,
		Ok(ImportOutcome::Imported { new_best: true, .. })
	));
}

#[test]
fn r_ena_3_and_r_dep_1_the_ways_of_candidates() {
	for (seed, (name, steps)) in (50..).zip(cases::scenarios()) {
		let world = Compiled::new(seed);
		for (at, step) in steps.iter().enumerate() {
			run_step(&world, name, at, step);
		}
	}
}

fn run_step(world: &Compiled, name: &str, at: usize, step: &Step) {
	let data = cases::inherent_of(world, step.back, step.attest);
	let built = world.build(&data);
	assert!(
		built.block.extrinsics()[1] == extrinsic(data),
		"R-INC-3: {name}, block {at}: all of it is kept"
	);
	world.import(built.block);
	cases::check_step(world, name, at, step, GENESIS_HEAD.len());
}
