//! Times of host calls, and prices that follow.

use crate::common::{fat, params, result_bytes, Guest};
use crate::cpu_time;
use async_backing_pvf::{host, Limits, PvfConfig, PvfEngine, FUEL_PER_SECOND};
use codec::Encode;
use sp_core::{ecdsa, ed25519, sr25519, Pair};
use std::time::Duration;
use wasm_encoder::{BlockType, ValType};

/// What a price has above the time that was measured, in per cent.
const MARGIN: f64 = 25.0;
/// Rounds of each measurement; the quickest counts.
const ROUNDS: u32 = 4;
/// What a round takes at least.
const ROUND: Duration = Duration::from_millis(20);
/// A large argument, in bytes.
const LARGE: u32 = 1 << 20;
/// Items of a trie: as many as a guest can pay for, nearly. They take longer when they are many.
const ITEMS: u32 = 200_000;

#[derive(Clone)]
enum Arg {
	I32(i32),
	I64(i64),
	/// Pointer to these bytes.
	At(Vec<u8>),
	/// Fat pointer to these bytes.
	Fat(Vec<u8>),
}

use Arg::{At, Fat, I32, I64};

/// Nanoseconds that a call takes.
fn time(name: &'static str, args: &[Arg], result: Option<ValType>) -> f64 {
	// What a loop takes that calls nothing is the guest's own affair.
	let mut calls = 1;
	loop {
		let (took, _) = round(name, args, result, calls);
		if took >= ROUND || calls > 1 << 20 {
			break;
		}
		calls *= 4;
	}
	let best = (0..ROUNDS)
		.map(|_| round(name, args, result, calls).0)
		.min()
		.expect("there are rounds");
	let idle = (0..ROUNDS).map(|_| round(name, args, result, 0).0).min();
	let idle = idle.expect("there are rounds");
	best.saturating_sub(idle).as_nanos() as f64 / f64::from(calls)
}

fn round(name: &'static str, args: &[Arg], result: Option<ValType>, calls: u32) -> (Duration, u64) {
	let mut data = result_bytes();
	let accepted = data.len() as u32;
	let mut places = Vec::new();
	for arg in args {
		places.push(crate::common::DATA + data.len() as u32);
		if let At(bytes) | Fat(bytes) = arg {
			data.extend(bytes);
		}
	}
	let types = args
		.iter()
		.map(|arg| match arg {
			I32(_) | At(_) => ValType::I32,
			I64(_) | Fat(_) => ValType::I64,
		})
		.collect();
	let end = (crate::common::DATA as usize + data.len()).next_multiple_of(65_536);
	let guest = Guest {
		imports: vec![
			(name, types, result.into_iter().collect()),
			(
				"ext_allocator_malloc_version_1",
				vec![ValType::I32],
				vec![ValType::I32],
			),
		],
		memory: (end as u64 / 65_536 + 1, None),
		heap_base: end as i32,
		data,
		locals: 1,
		..Default::default()
	};
	let code = guest.code(|code| {
		if calls > 0 {
			code.loop_(BlockType::Empty);
			for (arg, place) in args.iter().zip(&places) {
				match arg {
					I32(value) => code.i32_const(*value),
					I64(value) => code.i64_const(*value),
					At(_) => code.i32_const(*place as i32),
					Fat(bytes) => code.i64_const(fat(*place, bytes.len() as u32)),
				};
			}
			if name == "ext_allocator_free_version_1" {
				code.drop().i32_const(32).call(1);
			}
			code.call(0);
			if result.is_some() {
				code.drop();
			}
			code.local_get(2).i32_const(1).i32_add().local_tee(2);
			code.i32_const(calls as i32).i32_lt_u().br_if(0).end();
		}
		code.i64_const(fat(crate::common::DATA, accepted));
	});
	let pvf = PvfEngine::new(PvfConfig::default())
		.expect("the defaults are good")
		.prepare(&code)
		.expect("the guest is valid code");
	let limits = Limits {
		memory_pages: 60_000,
		fuel: u64::MAX / 4,
	};
	let started = cpu_time();
	let valid = pvf
		.validate(&params(), &limits)
		.unwrap_or_else(|error| panic!("{name}: {error}"));
	(cpu_time().saturating_sub(started), valid.fuel_used)
}

/// A price for so many nanoseconds: with the margin, and two digits.
fn price(nanos: f64) -> u64 {
	let exact = (nanos.max(0.0) * FUEL_PER_SECOND as f64 / 1e9 * (1.0 + MARGIN / 100.0)).ceil() as u64;
	let mut unit = 1;
	while exact / unit >= 100 {
		unit *= 10;
	}
	exact.div_ceil(unit) * unit
}

struct Row {
	name: &'static str,
	call: f64,
	byte: f64,
	item: f64,
}

fn row(name: &'static str) -> Row {
	let message = vec![0u8; 32];
	let large = vec![0u8; LARGE as usize];
	let i32_ = Some(ValType::I32);
	let i64_ = Some(ValType::I64);
	// Small and large arguments, what is returned, and bytes between the two.
	let linear = |small: Vec<Arg>, much: Vec<Arg>, result| {
		let call = time(name, &small, result);
		let byte = (time(name, &much, result) - call) / f64::from(LARGE);
		Row {
			name,
			call,
			byte,
			item: 0.0,
		}
	};
	let fixed = |args: Vec<Arg>, result| Row {
		name,
		call: time(name, &args, result),
		byte: 0.0,
		item: 0.0,
	};
	let verifying = |sign: &dyn Fn(&[u8]) -> Vec<u8>, public: Vec<u8>| {
		linear(
			vec![At(sign(&message)), Fat(message.clone()), At(public.clone())],
			vec![At(sign(&large)), Fat(large.clone()), At(public)],
			i32_,
		)
	};
	let ed = ed25519::Pair::from_seed(&[1; 32]);
	let sr = sr25519::Pair::from_seed(&[1; 32]);
	let ec = ecdsa::Pair::from_seed(&[1; 32]);
	let prehashed = At(ec.sign_prehashed(&[7; 32]).0.to_vec());
	match name {
		"ext_allocator_malloc_version_1" => fixed(vec![I32(32)], i32_),
		"ext_allocator_free_version_1" => fixed(vec![I32(0)], None),
		name if name.contains("ed25519") => {
			verifying(&|message| ed.sign(message).0.to_vec(), ed.public().0.to_vec())
		}
		name if name.contains("sr25519") => {
			verifying(&|message| sr.sign(message).0.to_vec(), sr.public().0.to_vec())
		}
		"ext_crypto_ecdsa_verify_prehashed_version_1" => {
			fixed(vec![prehashed, At(vec![7; 32]), At(ec.public().0.to_vec())], i32_)
		}
		name if name.contains("ecdsa_recover") => fixed(vec![prehashed, At(vec![7; 32])], i64_),
		name if name.contains("crypto_ecdsa") => {
			verifying(&|message| ec.sign(message).0.to_vec(), ec.public().0.to_vec())
		}
		name if name.contains("hashing") => linear(vec![Fat(vec![])], vec![Fat(large.clone())], i32_),
		"ext_logging_log_version_1" => linear(
			vec![I32(2), Fat(vec![]), Fat(vec![])],
			vec![I32(2), Fat(vec![]), Fat(large.clone())],
			None,
		),
		"ext_logging_max_level_version_1" => fixed(vec![], i32_),
		"ext_misc_print_num_version_1" => fixed(vec![I64(0)], None),
		"ext_misc_print_hex_version_1" | "ext_misc_print_utf8_version_1" => {
			linear(vec![Fat(vec![])], vec![Fat(large.clone())], None)
		}
		"ext_misc_runtime_version_version_1" => {
			let call = time(name, &[Fat(vec![])], i64_);
			// Instructions, which take the reader longest.
			let module = crate::common::guests::straight_line(200_000).0;
			let length = module.len() as f64;
			let item = (time(name, &[Fat(module)], i64_) - call) / length;
			Row {
				name,
				call,
				byte: 0.0,
				item,
			}
		}
		name if name.contains("ordered_root") => {
			let version = name.ends_with("2").then_some(I32(1));
			let args = |values: Vec<Vec<u8>>| {
				[Fat(values.encode())]
					.into_iter()
					.chain(version.clone())
					.collect::<Vec<_>>()
			};
			let call = time(name, &args(vec![]), i32_);
			let item = (time(name, &args(vec![vec![]; ITEMS as usize]), i32_) - call) / f64::from(ITEMS);
			let byte =
				(time(name, &args(vec![vec![7; LARGE as usize / 10]; 10]), i32_) - call) / f64::from(LARGE);
			Row {
				name,
				call,
				byte,
				item,
			}
		}
		name if name.contains("_root_") => {
			let version = name.ends_with("2").then_some(I32(1));
			let args = |pairs: Vec<(Vec<u8>, Vec<u8>)>| {
				[Fat(pairs.encode())]
					.into_iter()
					.chain(version.clone())
					.collect::<Vec<_>>()
			};
			let call = time(name, &args(vec![]), i32_);
			let hashed = |number: u32| sp_io::hashing::blake2_256(&number.to_le_bytes()).to_vec();
			let pairs = (0..ITEMS).map(|number| (hashed(number), vec![])).collect();
			let item = (time(name, &args(pairs), i32_) - call) / f64::from(ITEMS);
			let large = (0..10)
				.map(|number| (hashed(number), vec![7; LARGE as usize / 10]))
				.collect();
			let byte = (time(name, &args(large), i32_) - call) / f64::from(LARGE);
			Row {
				name,
				call,
				byte,
				item,
			}
		}
		name if name.contains("verify_proof") => {
			let version = name.ends_with("2").then_some(I32(1));
			let root = At(vec![7; 32]);
			let args = |proof: Vec<Vec<u8>>| {
				[root.clone(), Fat(proof.encode()), Fat(vec![1; 32]), Fat(vec![])]
					.into_iter()
					.chain(version.clone())
					.collect::<Vec<_>>()
			};
			let call = time(name, &args(vec![]), i32_);
			let item = (time(name, &args(vec![vec![]; ITEMS as usize]), i32_) - call) / f64::from(ITEMS);
			let byte =
				(time(name, &args(vec![vec![7; LARGE as usize / 10]; 10]), i32_) - call) / f64::from(LARGE);
			Row {
				name,
				call,
				byte,
				item,
			}
		}
		_ => fixed(vec![], None),
	}
}

/// With its digits in groups of three.
fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let mut out = String::new();
	for (index, digit) in digits.chars().enumerate() {
		if index > 0 && (digits.len() - index).is_multiple_of(3) {
			out.push('_');
		}
		out.push(digit);
	}
	out
}

pub(crate) fn print() {
	let mut rows: Vec<Row> = Vec::new();
	for name in host::offered() {
		// Batches are begun and ended once, and cost what the cheapest call does.
		let batch =
			name.ends_with("start_batch_verify_version_1") || name.ends_with("finish_batch_verify_version_1");
		rows.push(match batch {
			true => Row {
				name,
				..row("ext_logging_max_level_version_1")
			},
			false => row(name),
		});
	}
	for index in 0..rows.len() {
		// What a node of a proof costs depends on where it leads; hashed it is like a node that is made.
		if let Some((hasher, _)) = rows[index].name.split_once("_verify_proof_") {
			let ordered = format!("{hasher}_ordered_root_version_2");
			let made = rows
				.iter()
				.find(|row| row.name == ordered)
				.map(|row| (row.byte, row.item));
			if let Some((byte, item)) = made {
				rows[index].byte = rows[index].byte.max(byte);
				rows[index].item = rows[index].item.max(item);
			}
		}
	}
	println!("//! Written by `make calibrate`: name, and units of fuel for a call, a byte and an item.\n");
	println!("// One row for each function, as it was measured.\n#[rustfmt::skip]");
	println!(
		"pub(super) const TABLE: [(&str, u64, u64, u64); {}] = [",
		rows.len()
	);
	for Row {
		name,
		call,
		byte,
		item,
	} in rows
	{
		// A byte is never free.
		let (call, byte, item) = (price(call), price(byte).max(1), price(item));
		let [call, byte, item] = [call, byte, item].map(grouped);
		println!("\t(\"{name}\", {call}, {byte}, {item}),");
	}
	println!("];");
}
