//! Fuel and memory: what is counted, that it is counted alike, and what happens at the end of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_pvf::{Limits, PreparedPvf, PvfConfig, PvfEngine, ValidateError};
use common::{fat, params, result, Guest, DATA};
use proptest::prelude::*;
use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

fn prepare(guest: &Guest, body: impl FnOnce(&mut InstructionSink<'_>)) -> PreparedPvf {
	PvfEngine::new(PvfConfig::default())
		.unwrap()
		.prepare(&guest.code(body))
		.unwrap()
}

const LIMITS: Limits = Limits {
	memory_pages: 64,
	fuel: 10_000_000,
};

#[test]
fn an_infinite_loop_runs_out_of_fuel() {
	let pvf = prepare(&Guest::default(), |body| {
		body.loop_(BlockType::Empty).br(0).end().unreachable();
	});
	for fuel in [0, 1, 1_000, 10_000_000] {
		let limits = Limits { fuel, ..LIMITS };
		assert_eq!(
			pvf.validate(&params(), &limits),
			Err(ValidateError::OutOfFuel { limit: fuel })
		);
	}
}

/// Counts down from the length of its input.
fn countdown() -> PreparedPvf {
	let guest = Guest::default();
	prepare(&guest, |body| {
		body.loop_(BlockType::Empty)
			.local_get(1)
			.i32_const(1)
			.i32_sub()
			.local_tee(1)
			.br_if(0)
			.end();
		guest.accept(body);
	})
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

	/// Same input, same fuel, in another engine too; each further byte costs the same; one unit less is too little.
	#[test]
	fn fuel_is_a_function_of_the_input(length in 1usize..5_000) {
		let (one, other) = (countdown(), countdown());
		let with = |length: usize| {
			let mut params = params();
			params.block_data = vec![1; 16_384 + length].into();
			params
		};
		let used = one.validate(&with(length), &LIMITS).unwrap().fuel_used;
		prop_assert_eq!(other.validate(&with(length), &LIMITS).unwrap().fuel_used, used);
		let next = one.validate(&with(length + 1), &LIMITS).unwrap().fuel_used;
		let after = one.validate(&with(length + 2), &LIMITS).unwrap().fuel_used;
		prop_assert!(next > used);
		prop_assert_eq!(after - next, next - used);

		let exact = Limits { fuel: used, ..LIMITS };
		prop_assert_eq!(one.validate(&with(length), &exact).unwrap().fuel_used, used);
		let short = Limits { fuel: used - 1, ..LIMITS };
		prop_assert_eq!(one.validate(&with(length), &short), Err(ValidateError::OutOfFuel { limit: used - 1 }));
	}
}

#[test]
fn host_calls_are_paid_for() {
	// Hashes 64 KiB for ever: each round is a handful of instructions for the guest.
	let guest = Guest {
		imports: vec![(
			"ext_hashing_blake2_256_version_1",
			vec![ValType::I64],
			vec![ValType::I32],
		)],
		..Default::default()
	};
	let pvf = prepare(&guest, |body| {
		body.loop_(BlockType::Empty)
			.i64_const(fat(0, 65_536))
			.call(0)
			.drop()
			.br(0)
			.end()
			.unreachable();
	});
	let limits = Limits {
		fuel: 1_000_000_000,
		..LIMITS
	};
	// Memory may not run out first, although the guest never frees the hashes: a hash costs more than half a million.
	assert_eq!(
		pvf.validate(&params(), &limits),
		Err(ValidateError::OutOfFuel { limit: limits.fuel })
	);
}

#[test]
fn memory_that_is_refused_is_named() {
	// `memory.grow(100)` and a trap when it is refused, as a guest's own allocator would do.
	let grow = prepare(&Guest::default(), |body| {
		body.i32_const(100).memory_grow(0).i32_const(-1).i32_eq();
		body.if_(BlockType::Empty).unreachable().end();
		Guest::default().accept(body);
	});
	let small = Limits {
		memory_pages: 101,
		..LIMITS
	};
	assert_eq!(
		grow.validate(&params(), &small),
		Err(ValidateError::MemoryLimit {
			pages: 102,
			limit: 101
		})
	);
	let enough = Limits {
		memory_pages: 102,
		..LIMITS
	};
	assert_eq!(grow.validate(&params(), &enough).unwrap().memory_pages, 102);

	// Through the allocator.
	let guest = Guest {
		imports: vec![(
			"ext_allocator_malloc_version_1",
			vec![ValType::I32],
			vec![ValType::I32],
		)],
		..Default::default()
	};
	let malloc = prepare(&guest, |body| {
		body.loop_(BlockType::Empty)
			.i32_const(100_000)
			.call(0)
			.drop()
			.br(0)
			.end()
			.unreachable();
	});
	assert_eq!(
		malloc.validate(&params(), &LIMITS),
		Err(ValidateError::MemoryLimit { pages: 65, limit: 64 })
	);

	// By declaration, imported or not.
	for import_memory in [true, false] {
		let guest = Guest {
			import_memory,
			memory: (65, None),
			..Default::default()
		};
		let large = prepare(&guest, |body| guest.accept(body));
		assert_eq!(
			large.validate(&params(), &LIMITS),
			Err(ValidateError::MemoryLimit { pages: 65, limit: 64 })
		);
	}
}

#[test]
fn a_guest_that_copes_with_refused_memory_is_valid() {
	let guest = Guest::default();
	let pvf = prepare(&guest, |body| {
		body.i32_const(100).memory_grow(0).drop();
		guest.accept(body);
	});
	let valid = pvf.validate(&params(), &LIMITS).unwrap();
	assert_eq!((valid.result, valid.memory_pages), (result(), 2));
}

#[test]
fn memory_has_the_maximum_that_the_module_declares() {
	for import_memory in [true, false] {
		let guest = Guest {
			import_memory,
			memory: (2, Some(3)),
			..Default::default()
		};
		let pvf = prepare(&guest, |body| {
			// One page more is allowed, a second one is not.
			body.i32_const(1).memory_grow(0).i32_const(2).i32_ne();
			body.if_(BlockType::Empty).unreachable().end();
			body.i32_const(1).memory_grow(0).i32_const(-1).i32_ne();
			body.if_(BlockType::Empty).unreachable().end();
			guest.accept(body);
		});
		assert_eq!(pvf.validate(&params(), &LIMITS).unwrap().memory_pages, 3);
	}
}

#[test]
fn input_that_does_not_fit_is_an_error() {
	let guest = Guest::default();
	let pvf = prepare(&guest, |body| guest.accept(body));
	let mut large = params();
	large.block_data = vec![0; 64 * 65_536].into();
	assert!(matches!(
		pvf.validate(&large, &LIMITS),
		Err(ValidateError::InputTooLarge { .. })
	));
}

#[test]
fn executions_do_not_see_each_other() {
	// Returns its result once, and something else whenever the marker is already there.
	let guest = Guest::default();
	let word = MemArg {
		offset: 0,
		align: 2,
		memory_index: 0,
	};
	let pvf = prepare(&guest, |body| {
		body.i32_const(DATA as i32 - 4).i32_load(word);
		body.if_(BlockType::Empty).unreachable().end();
		body.i32_const(DATA as i32 - 4).i32_const(1).i32_store(word);
		guest.accept(body);
	});
	let first = pvf.validate(&params(), &LIMITS).unwrap();
	assert_eq!(pvf.validate(&params(), &LIMITS).unwrap(), first);
}
