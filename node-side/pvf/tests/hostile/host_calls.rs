//! What a guest may call on the host, called as an adversary would.

use super::{
	common::{fat, params, result, Guest, DATA},
	engine, run, trap_reason,
};
use async_backing_pvf::{Limits, ValidateError};
use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

pub(crate) fn logging() -> (&'static str, Vec<ValType>, Vec<ValType>) {
	(
		"ext_logging_log_version_1",
		vec![ValType::I32, ValType::I64, ValType::I64],
		vec![],
	)
}

#[test]
fn the_last_words_of_a_guest_are_the_reason() {
	// As `sp-io` guests do it by default: an error logged to the target `runtime`, then `unreachable`.
	let guest = Guest {
		imports: vec![logging()],
		data: b"runtimewrong parent".to_vec(),
		..Default::default()
	};
	let log = |body: &mut InstructionSink<'_>, level: i32| {
		body.i32_const(level)
			.i64_const(fat(DATA, 7))
			.i64_const(fat(DATA + 7, 12))
			.call(0);
	};
	// Levels begin with zero, which is an error.
	let outcome = run(&guest, |body| {
		log(body, 0);
		body.unreachable();
	});
	assert_eq!(
		outcome,
		Err(ValidateError::Aborted {
			reason: "wrong parent".into()
		})
	);

	// Not a panic: the level is another one.
	trap_reason(run(&guest, |body| {
		log(body, 1);
		body.unreachable();
	}));
	// Not a panic: what follows is another trap.
	trap_reason(run(&guest, |body| {
		log(body, 0);
		body.i32_const(1).i32_const(0).i32_div_u().drop().unreachable();
	}));

	// With the function that is made for it.
	let guest = Guest {
		imports: vec![(
			"ext_panic_handler_abort_on_panic_version_1",
			vec![ValType::I64],
			vec![],
		)],
		data: b"bad \xff signature".to_vec(),
		..Default::default()
	};
	let outcome = run(&guest, |body| {
		body.i64_const(fat(DATA, 15)).call(0);
		guest.accept(body);
	});
	assert_eq!(
		outcome,
		Err(ValidateError::Aborted {
			reason: "bad \u{fffd} signature".into()
		})
	);
	// Long speeches are cut.
	let outcome = run(&guest, |body| {
		body.i64_const(fat(0, 65_536)).call(0);
		guest.accept(body);
	});
	match outcome {
		Err(ValidateError::Aborted { reason }) => {
			assert!(reason.len() <= 3 * async_backing_pvf::host::MAX_REASON_BYTES)
		}
		other => panic!("{other:?}"),
	}
}

#[test]
fn the_log_level_that_a_guest_sees_is_a_constant() {
	let guest = Guest {
		imports: vec![("ext_logging_max_level_version_1", vec![], vec![ValType::I32])],
		..Default::default()
	};
	let outcome = run(&guest, |body| {
		body.call(0).i32_const(1).i32_ne();
		body.if_(BlockType::Empty).unreachable().end();
		guest.accept(body);
	});
	assert_eq!(outcome.unwrap().result, result());
}

#[test]
fn functions_that_are_not_offered_trap_when_called() {
	for name in [
		"ext_storage_get_version_1",
		"ext_offchain_timestamp_version_1",
		"ext_default_child_storage_get_version_1",
		"no_such_function",
	] {
		let guest = Guest {
			imports: vec![(name, vec![], vec![])],
			..Default::default()
		};
		assert_eq!(
			run(&guest, |body| guest.accept(body)).unwrap().result,
			result(),
			"{name} is only imported"
		);
		let reason = trap_reason(run(&guest, |body| {
			body.call(0);
			guest.accept(body);
		}));
		assert!(reason.contains(name), "{reason}");
	}
}

#[test]
fn host_functions_check_every_pointer() {
	let hash = vec![(
		"ext_hashing_blake2_256_version_1",
		vec![ValType::I64],
		vec![ValType::I32],
	)];
	let verify = vec![(
		"ext_crypto_sr25519_verify_version_2",
		vec![ValType::I32, ValType::I64, ValType::I32],
		vec![ValType::I32],
	)];
	let root = vec![(
		"ext_trie_blake2_256_root_version_2",
		vec![ValType::I64, ValType::I32],
		vec![ValType::I32],
	)];

	let guest = Guest {
		imports: hash,
		..Default::default()
	};
	for argument in [fat(131_072, 1), fat(0, 131_073), fat(u32::MAX, u32::MAX)] {
		// Reading four gigabytes also costs more than the guest has; either verdict refuses it.
		match run(&guest, |body| {
			body.i64_const(argument).call(0).drop();
			guest.accept(body);
		}) {
			Err(ValidateError::Trap { reason }) => assert!(reason.contains("outside the memory"), "{reason}"),
			Err(ValidateError::OutOfFuel { .. }) => assert_eq!(argument, fat(u32::MAX, u32::MAX)),
			other => panic!("{other:?}"),
		}
	}
	let guest = Guest {
		imports: verify,
		..Default::default()
	};
	trap_reason(run(&guest, |body| {
		body.i32_const(131_072 - 63)
			.i64_const(0)
			.i32_const(0)
			.call(0)
			.drop();
		guest.accept(body);
	}));
	// A vector that claims more pairs than there are bytes; an unknown state version.
	let guest = Guest {
		imports: root,
		data: vec![0xfe, 0xff, 0xff, 0xff],
		..Default::default()
	};
	for (length, version) in [(4, 1), (0, 1), (1, 9)] {
		trap_reason(run(&guest, |body| {
			body.i64_const(fat(DATA, length))
				.i32_const(version)
				.call(0)
				.drop();
			guest.accept(body);
		}));
	}
}

#[test]
fn a_corrupted_heap_does_not_reach_the_host() {
	// No room for a heap at all.
	for heap_base in [-1, -8, 131_072 * 1024] {
		let guest = Guest {
			heap_base,
			..Default::default()
		};
		assert!(
			run(&guest, |body| guest.accept(body)).is_err(),
			"heap base {heap_base:#x}"
		);
	}
	let imports = vec![
		(
			"ext_allocator_malloc_version_1",
			vec![ValType::I32],
			vec![ValType::I32],
		),
		("ext_allocator_free_version_1", vec![ValType::I32], vec![]),
	];
	let guest = Guest {
		imports,
		locals: 1,
		..Default::default()
	};
	for pointer in [0, 7, -1, 4096, 131_072 - 1] {
		trap_reason(run(&guest, |body| {
			body.i32_const(pointer).call(1);
			guest.accept(body);
		}));
	}
	// Ties the free list into a knot, so that the same megabytes are allocated until their sum passes 32 bits.
	let word = MemArg {
		offset: 0,
		align: 3,
		memory_index: 0,
	};
	let code = guest.code(|body| {
		body.i32_const(32 << 20).call(0).local_tee(2).call(1);
		body.loop_(BlockType::Empty);
		body.local_get(2).i32_const(8).i32_sub();
		body.local_get(2).i32_const(8).i32_sub().i64_extend_i32_u();
		body.i64_store(word);
		body.i32_const(32 << 20).call(0).drop();
		body.br(0).end().unreachable();
	});
	let roomy = Limits {
		memory_pages: 2080,
		fuel: 1_000_000_000,
	};
	let reason = trap_reason(engine().prepare(&code).unwrap().validate(&params(), &roomy));
	assert!(reason.contains("allocator refused"), "{reason}");
}
