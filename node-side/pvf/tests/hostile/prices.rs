//! Guests that take more than they seem to: what they cost in fuel, and how they end. Their time is in `docs/pvf.md`.

use super::{
	common::{fat, guests, params, result, Guest, DATA},
	engine, trap_reason,
};
use async_backing_primitives::ValidationCode;
use async_backing_pvf::{
	host, Engine, Failure, InProcess, InProcessConfig, Limits, PrepareError, Unfinished, ValidateError,
	Validated, FUEL_PER_SECOND,
};
use std::time::{Duration, Instant};
use wasm_encoder::{BlockType, ValType};

/// A tenth of a second's worth.
const FUEL: u64 = FUEL_PER_SECOND / 10;

fn validate(code: &ValidationCode) -> Result<Validated, ValidateError> {
	let limits = Limits {
		fuel: FUEL,
		..Limits::default()
	};
	engine().prepare(code).unwrap().validate(&params(), &limits)
}

const OUT_OF_FUEL: Result<Validated, ValidateError> = Err(ValidateError::OutOfFuel { limit: FUEL });

/// What a guest used that calls `import` so often.
fn fuel_of(
	import: (&'static str, Vec<ValType>, Vec<ValType>),
	args: impl Fn(&mut wasm_encoder::InstructionSink<'_>),
	calls: usize,
) -> u64 {
	let has_result = !import.2.is_empty();
	let guest = Guest {
		imports: vec![import],
		..Default::default()
	};
	let code = guest.code(|code| {
		for _ in 0..calls {
			args(code);
			code.call(0);
			if has_result {
				code.drop();
			}
		}
		guest.accept(code);
	});
	validate(&code).unwrap().fuel_used
}

#[test]
fn every_call_costs_its_price_and_so_does_every_byte() {
	let name = "ext_hashing_keccak_256_version_1";
	let import = || (name, vec![ValType::I64], vec![ValType::I32]);
	let of = |length: u32, calls| {
		fuel_of(
			import(),
			|code| {
				code.i64_const(fat(DATA, length));
			},
			calls,
		)
	};
	let price = host::prices::of(name);
	assert!(price.call >= 1000 && price.byte >= 10, "{price:?}");
	// The constant and the call are an instruction each, of which a call has its weight; the hash is written: 32 bytes.
	const INSTRUCTIONS: u64 = 2 + 5;
	let written = 32 * price.byte;
	assert_eq!(of(0, 2) - of(0, 1), INSTRUCTIONS + price.call + written);
	assert_eq!(of(64, 1) - of(0, 1), 64 * price.byte);
}

#[test]
fn a_call_that_does_nothing_costs_something() {
	assert_eq!(validate(&guests::idle_calls()), OUT_OF_FUEL);
	let level = ("ext_logging_max_level_version_1", vec![], vec![ValType::I32]);
	let used = |calls| fuel_of(level.clone(), |_| (), calls);
	assert!(used(2) - used(1) >= 100);
	for name in host::offered() {
		assert!(host::prices::of(name).call >= 100, "{name}");
	}
}

#[test]
fn lines_of_log_are_paid_for_by_the_byte() {
	let of = |length: u32| {
		fuel_of(
			(
				"ext_logging_log_version_1",
				vec![ValType::I32, ValType::I64, ValType::I64],
				vec![],
			),
			|code| {
				code.i32_const(2).i64_const(fat(0, 0)).i64_const(fat(0, length));
			},
			1,
		)
	};
	assert!(of(10_000) - of(0) >= 10_000);
	for bytes in [0, 1 << 20] {
		assert_eq!(validate(&guests::logging(bytes)), OUT_OF_FUEL);
	}
}

#[test]
fn items_of_a_trie_are_paid_for_before_they_are_decoded() {
	// A byte of input each, but a node of the trie each too.
	assert_eq!(validate(&guests::root_of_nothing()), OUT_OF_FUEL);
	// Whatever fuel there is: so many take more memory than there is.
	let limits = Limits {
		fuel: u64::MAX / 2,
		..Limits::default()
	};
	let pvf = engine().prepare(&guests::root_of_nothing()).unwrap();
	let reason = trap_reason(pvf.validate(&params(), &limits));
	assert!(reason.contains("of the host's memory"), "{reason}");
}

#[test]
fn keys_that_nest_do_not_reach_the_end_of_the_stack() {
	let reason = trap_reason(validate(&guests::nested_keys(3000)));
	assert!(reason.contains("nodes on one path"), "{reason}");
	let deep = host::MAX_TRIE_DEPTH as u32;
	let valid = validate(&guests::nested_keys(deep)).unwrap();
	assert_eq!(valid.result, result());
	assert!(valid.fuel_used > u64::from(deep) * u64::from(deep), "{valid:?}");
}

#[test]
fn who_insists_on_memory_that_is_refused_is_stopped() {
	let stopped = validate(&guests::growing(60_000));
	assert!(
		matches!(stopped, Err(ValidateError::MemoryLimit { pages: 60_002, .. })),
		"{stopped:?}"
	);
	// A thousand times are fewer than too often.
	let patient = Guest {
		locals: 1,
		..Default::default()
	};
	let code = patient.code(|code| {
		code.loop_(BlockType::Empty);
		code.i32_const(60_000).memory_grow(0).drop();
		code.local_get(2).i32_const(1).i32_add().local_tee(2);
		code.i32_const(1000).i32_ne().br_if(0).end();
		patient.accept(code);
	});
	assert_eq!(validate(&code).unwrap().result, result());
}

/// Fuel for one round of a loop that does this sixteen times, without the loop's own.
fn round(body: impl Fn(&mut wasm_encoder::InstructionSink<'_>)) -> u64 {
	let used = |rounds: i32| {
		let guest = Guest {
			locals: 1,
			..Default::default()
		};
		let code = guest.code(|code| {
			code.loop_(BlockType::Empty);
			for _ in 0..16 {
				body(code);
			}
			code.local_get(2).i32_const(1).i32_add().local_tee(2);
			code.i32_const(rounds).i32_ne().br_if(0).end();
			guest.accept(code);
		});
		validate(&code).unwrap().fuel_used
	};
	used(3) - used(2) - 12
}

#[test]
fn slow_instructions_cost_more_than_quick_ones() {
	let add = round(|code| {
		code.i32_const(1).i32_const(7).i32_add().drop();
	});
	let divide = round(|code| {
		code.i32_const(1).i32_const(7).i32_div_u().drop();
	});
	let grow = round(|code| {
		code.i32_const(0).memory_grow(0).drop();
	});
	assert_eq!(add, 16 * 3);
	assert!(divide >= 5 * add, "{divide}");
	assert!(grow >= 50 * add, "{grow}");
	assert_eq!(validate(&guests::growing(0)), OUT_OF_FUEL);
	assert_eq!(validate(&guests::divisions()), OUT_OF_FUEL);
}

#[test]
fn a_chase_of_pointers_ends_with_its_fuel_or_by_the_clock() {
	let limits = Limits {
		fuel: FUEL / 5,
		..Limits::default()
	};
	let code = guests::pointer_chase();
	let untimed = engine().prepare(&code).unwrap().validate(&params(), &limits);
	assert_eq!(untimed, Err(ValidateError::OutOfFuel { limit: FUEL / 5 }));
	// An instruction that waits for memory takes far longer than its fuel says: this is what the clock is for.
	let timed = InProcess::new(InProcessConfig::default()).unwrap();
	let by = |seconds| Instant::now() + Duration::from_secs(seconds);
	let artifact = timed.prepare(&code, 1 << 20, by(60)).unwrap();
	let limits = Limits {
		fuel: u64::MAX / 2,
		..Limits::default()
	};
	let late = timed.execute(&artifact, &params(), &limits, by(1)).unwrap_err();
	assert_eq!(late, Failure::Unfinished(Unfinished::Late));
}

#[test]
fn code_that_takes_long_to_compile_is_refused() {
	let refused = |code: ValidationCode| match engine().prepare(&code) {
		Err(PrepareError::TooComplex {
			what, actual, max, ..
		}) => {
			assert!(actual > max);
			what
		}
		other => panic!("{other:?}"),
	};
	assert_eq!(
		refused(guests::nested_loops(1400, 1200)),
		"locals followed through loops"
	);
	assert_eq!(
		refused(guests::nested_loops(200, 1000)),
		"locals followed through loops"
	);
	assert_eq!(
		refused(guests::nested_blocks(5000, 10)),
		"blocks inside each other"
	);
	assert_eq!(
		refused(guests::nested_blocks(4000, 4000)),
		"locals followed through blocks"
	);
	assert_eq!(refused(guests::straight_line(1_000_000)), "instructions");
	assert_eq!(refused(guests::jump_table(5000)), "blocks inside each other");
	// What compilers write is far below.
	engine().prepare(&guests::nested_loops(12, 1000)).unwrap();
	engine().prepare(&guests::nested_blocks(500, 100)).unwrap();
	engine().prepare(&guests::jump_table(500)).unwrap();
}

#[test]
fn odd_modules_end_with_a_reason() {
	let odd = guests::Odd {
		starts: true,
		..Default::default()
	};
	assert_eq!(
		validate(&odd.code()),
		OUT_OF_FUEL,
		"the start function is paid for too"
	);
	let odd = guests::Odd {
		table: 1 << 20,
		..Default::default()
	};
	assert!(validate(&odd.code()).is_err(), "a table of a million elements");
	// An empty result is what these end with.
	let empty = |outcome| matches!(outcome, Err(ValidateError::UndecodableResult { length: 0, .. }));
	let odd = guests::Odd {
		table: 1 << 16,
		imports: 10_000,
		..Default::default()
	};
	assert!(empty(validate(&odd.code())), "many imports that nobody calls");
	// Deep recursion ends at the stack, not at the host's.
	assert!(trap_reason(validate(&guests::recursion())).contains("stack"));
}

#[test]
fn code_whose_version_is_read_is_paid_for_unpacked() {
	let code = guests::straight_line(100_000).0;
	let packed = sp_maybe_compressed_blob::compress_weakly(&code, 1 << 30).unwrap();
	let price = host::prices::of("ext_misc_runtime_version_version_1");
	let guest = |data: Vec<u8>| Guest {
		imports: vec![(
			"ext_misc_runtime_version_version_1",
			vec![ValType::I64],
			vec![ValType::I64],
		)],
		memory: (20, None),
		heap_base: 19 * 65_536,
		data: [result_and(&data)].concat(),
		..Default::default()
	};
	let used = |data: &[u8]| {
		let guest = guest(data.to_vec());
		let accepted = codec::Encode::encode(&result()).len() as u32;
		let code = guest.code(|body| {
			body.i64_const(fat(DATA + accepted, data.len() as u32))
				.call(0)
				.drop();
			body.i64_const(fat(DATA, accepted));
		});
		validate(&code).map(|valid| valid.fuel_used)
	};
	let unpacked = code.len() as u64;
	assert!(used(&packed).unwrap() > unpacked * price.item);
	// A bomb is nothing that has a version, and nothing that is unpacked whole.
	let bomb = sp_maybe_compressed_blob::compress_weakly(&vec![0; 51 << 20], 1 << 30).unwrap();
	assert_eq!(used(&bomb), Err(ValidateError::OutOfFuel { limit: FUEL }));
}

fn result_and(data: &[u8]) -> Vec<u8> {
	[&codec::Encode::encode(&result())[..], data].concat()
}
