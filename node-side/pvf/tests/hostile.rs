//! Modules and results as an adversary would write them. Each is refused, for the right reason.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_primitives::ValidationCode;
use async_backing_pvf::{Limits, PrepareError, PvfConfig, PvfEngine, ValidateError, Validated};
use codec::Encode;
use common::{fat, params, result, Guest, DATA};
use proptest::prelude::*;
use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

const LIMITS: Limits = Limits {
	memory_pages: 64,
	fuel: 10_000_000,
};

fn engine() -> PvfEngine {
	PvfEngine::new(PvfConfig::default()).unwrap()
}

fn run(guest: &Guest, body: impl FnOnce(&mut InstructionSink<'_>)) -> Result<Validated, ValidateError> {
	engine()
		.prepare(&guest.code(body))
		.unwrap()
		.validate(&params(), &LIMITS)
}

fn trap_reason(outcome: Result<Validated, ValidateError>) -> String {
	match outcome {
		Err(ValidateError::Trap { reason }) => reason,
		other => panic!("expected a trap, got {other:?}"),
	}
}

#[test]
fn an_honest_module_validates_with_imported_and_with_exported_memory() {
	for import_memory in [true, false] {
		let guest = Guest {
			import_memory,
			..Default::default()
		};
		assert_eq!(run(&guest, |body| guest.accept(body)).unwrap().result, result());
	}
}

#[test]
fn modules_that_do_not_follow_the_abi_are_refused() {
	let prepare = |code: &ValidationCode| engine().prepare(code).map(drop);
	let good = Guest::default();

	assert!(matches!(
		prepare(&ValidationCode(Vec::new())),
		Err(PrepareError::InvalidModule { .. })
	));
	assert!(matches!(
		prepare(&ValidationCode(b"(module)".to_vec())),
		Err(PrepareError::InvalidModule { .. })
	));
	let mut cut = good.code(|body| good.accept(body));
	cut.0.truncate(cut.0.len() - 5);
	assert!(matches!(prepare(&cut), Err(PrepareError::InvalidModule { .. })));

	let guest = Guest {
		entry: "validate_blocks",
		..Default::default()
	};
	assert_eq!(
		prepare(&guest.code(|body| guest.accept(body))),
		Err(PrepareError::MissingExport {
			expected: "`validate_block`"
		})
	);
	let guest = Guest {
		results: vec![],
		..Default::default()
	};
	assert!(matches!(
		prepare(&guest.code(|_| ())),
		Err(PrepareError::WrongExport {
			name: "validate_block",
			..
		})
	));
	let guest = Guest {
		imports: vec![(
			"ext_hashing_blake2_256_version_1",
			vec![ValType::I32],
			vec![ValType::I32],
		)],
		..Default::default()
	};
	match prepare(&guest.code(|body| guest.accept(body))) {
		Err(PrepareError::WrongImport { name, .. }) => assert_eq!(name, "ext_hashing_blake2_256_version_1"),
		other => panic!("{other:?}"),
	}

	// Exports and imports that the assembler above does not write.
	let mut module = wasm_encoder::Module::new();
	let mut imports = wasm_encoder::ImportSection::new();
	imports.import(
		"env",
		"secret",
		wasm_encoder::GlobalType {
			val_type: ValType::I32,
			mutable: false,
			shared: false,
		},
	);
	module.section(&imports);
	assert_eq!(
		prepare(&ValidationCode(module.finish())),
		Err(PrepareError::MissingExport {
			expected: "`validate_block`"
		})
	);
}

#[test]
fn compressed_code_is_accepted_and_bombs_are_not() {
	let guest = Guest::default();
	let code = guest.code(|body| guest.accept(body));
	let compress = |bytes: &[u8]| {
		ValidationCode(sp_maybe_compressed_blob::compress_weakly(bytes, 64 * 1024 * 1024).unwrap())
	};
	let engine = engine();
	let small = compress(&code.0);
	let pvf = engine.prepare(&small).unwrap();
	assert_eq!(
		pvf.code_hash(),
		small.hash(),
		"R-BIN-32: of the raw bytes, compressed or not"
	);
	assert_ne!(pvf.code_hash(), code.hash());
	assert_eq!(pvf.validate(&params(), &LIMITS).unwrap().result, result());

	let max = PvfConfig::default().max_code_size;
	assert_eq!(
		engine.prepare(&compress(&vec![0; max + 1])).map(drop),
		Err(PrepareError::TooLarge { max })
	);
	assert_eq!(
		engine.prepare(&ValidationCode(vec![0; max + 1])).map(drop),
		Err(PrepareError::TooLarge { max })
	);
	let mut corrupt = small;
	corrupt.0.truncate(12);
	assert_eq!(
		engine.prepare(&corrupt).map(drop),
		Err(PrepareError::CorruptCompression)
	);
}

#[test]
fn results_outside_the_memory_are_refused() {
	let memory = 2 * 65_536;
	for (pointer, length) in [
		(memory, 1),
		(0, memory + 1),
		(memory - 4, 5),
		(u32::MAX, u32::MAX),
		(u32::MAX, 1),
		(1, u32::MAX),
		(0x8000_0000, 0x8000_0000),
	] {
		let outcome = run(&Guest::default(), |body| {
			body.i64_const(fat(pointer, length));
		});
		assert_eq!(
			outcome,
			Err(ValidateError::ResultOutOfBounds {
				pointer,
				length,
				memory: memory as usize
			}),
			"result at {pointer} with length {length}"
		);
	}
}

#[test]
fn results_that_do_not_decode_are_refused() {
	let exact = result().encode();
	let trailing = [&exact[..], &[0]].concat();
	let huge_length = [0xfe, 0xff, 0xff, 0xff].to_vec();
	for data in [
		Vec::new(),
		exact[..exact.len() - 1].to_vec(),
		trailing,
		huge_length,
	] {
		let guest = Guest {
			data,
			..Default::default()
		};
		let length = guest.data.len();
		match run(&guest, |body| guest.accept(body)) {
			Err(ValidateError::UndecodableResult { length: actual, .. }) => assert_eq!(actual, length),
			other => panic!("{length} bytes gave {other:?}"),
		}
	}
}

#[test]
fn traps_have_a_reason() {
	let guest = Guest::default();
	let reason = trap_reason(run(&guest, |body| {
		body.unreachable();
	}));
	assert!(reason.contains("unreachable"), "{reason}");
	let reason = trap_reason(run(&guest, |body| {
		body.i32_const(1).i32_const(0).i32_div_u().drop();
		guest.accept(body);
	}));
	assert!(reason.contains("divide by zero"), "{reason}");
	let word = MemArg {
		offset: 0,
		align: 2,
		memory_index: 0,
	};
	let reason = trap_reason(run(&guest, |body| {
		body.i32_const(-1).i32_load(word).drop();
		guest.accept(body);
	}));
	assert!(reason.contains("out of bounds"), "{reason}");
	// Calls itself.
	let reason = trap_reason(run(&guest, |body| {
		body.local_get(0).local_get(1).call(0);
	}));
	assert!(reason.contains("stack"), "{reason}");
}

fn logging() -> (&'static str, Vec<ValType>, Vec<ValType>) {
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
	let outcome = run(&guest, |body| {
		log(body, 1);
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
		log(body, 2);
		body.unreachable();
	}));
	// Not a panic: what follows is another trap.
	trap_reason(run(&guest, |body| {
		log(body, 1);
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
		"ext_crypto_sr25519_sign_version_1",
		"ext_crypto_start_batch_verify_version_1",
		"ext_offchain_timestamp_version_1",
		"ext_misc_runtime_version_version_1",
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

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
	let engine = PvfEngine::new(PvfConfig {
		cached_codes: 2,
		..Default::default()
	})
	.unwrap();
	let codes: Vec<_> = (0..3u8)
		.map(|byte| {
			let guest = Guest {
				data: vec![byte],
				..Default::default()
			};
			guest.code(|body| guest.accept(body))
		})
		.collect();
	for (code, kept) in codes.iter().zip([1, 2, 2]) {
		assert_eq!(engine.prepare(code).unwrap().code_hash(), code.hash());
		assert_eq!(engine.cached_codes(), kept);
	}
	engine.prepare(&codes[1]).unwrap();
	assert_eq!(engine.cached_codes(), 2);

	let forgetful = PvfEngine::new(PvfConfig {
		cached_codes: 0,
		..Default::default()
	})
	.unwrap();
	forgetful.prepare(&codes[0]).unwrap();
	assert_eq!(forgetful.cached_codes(), 0);
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

	/// Neither preparation nor execution panics, whatever byte of a module is wrong.
	#[test]
	fn damaged_modules_never_panic(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
		let guest = Guest { imports: vec![logging()], ..Default::default() };
		let mut code = guest.code(|body| guest.accept(body));
		for (index, byte) in damage {
			let index = index.index(code.0.len());
			code.0[index] = byte;
		}
		if let Ok(pvf) = engine().prepare(&code) {
			let small = Limits { memory_pages: 16, fuel: 100_000 };
			let first = pvf.validate(&params(), &small);
			prop_assert_eq!(pvf.validate(&params(), &small), first);
		}
	}
}
