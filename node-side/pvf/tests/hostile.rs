//! Modules and results as an adversary would write them. Each is refused, for the right reason.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "hostile/catalogue.rs"]
mod catalogue;
mod common;
#[path = "hostile/host_calls.rs"]
mod host_calls;
#[path = "hostile/offered.rs"]
mod offered;
#[path = "hostile/prices.rs"]
mod prices;

use async_backing_primitives::ValidationCode;
use async_backing_pvf::{Limits, PrepareError, PvfConfig, PvfEngine, ValidateError, Validated};
use codec::Encode;
use common::{fat, params, result, Guest};
use host_calls::logging;
use proptest::prelude::*;
use wasm_encoder::{InstructionSink, MemArg, ValType};

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
fn code_is_as_large_as_its_chain_allows() {
	let engine = engine();
	let guest = Guest::default();
	let code = guest.code(|body| guest.accept(body));
	let packed = ValidationCode(sp_maybe_compressed_blob::compress_strongly(&code.0, 1 << 20).unwrap());
	let (exact, max) = (code.0.len(), code.0.len() - 1);
	for code in [&code, &packed] {
		let refused = Err(PrepareError::TooLarge { max });
		assert_eq!(engine.prepare_within(code, max).map(drop), refused);
		assert_eq!(
			engine.prepare_within(code, exact).unwrap().code_hash(),
			code.hash()
		);
		assert_eq!(
			engine.prepare_within(code, max).map(drop),
			refused,
			"also when it is compiled already"
		);
	}
	assert_eq!(
		PvfConfig::default().max_code_size,
		30 << 20,
		"the default of `validation_code_bomb_limit`"
	);
	let small = PvfEngine::new(PvfConfig {
		max_code_size: max,
		..Default::default()
	})
	.unwrap();
	assert_eq!(
		small.prepare_within(&code, usize::MAX).map(drop),
		Err(PrepareError::TooLarge { max }),
		"the engine's own bound holds as well"
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
