//! What an instruction that waits for memory takes, and what honest blocks would cost if each that may were priced so.

use crate::{
	common::{guests, params},
	cpu_time,
};
use async_backing_primitives::{ValidationCode, ValidationParams};
use async_backing_pvf::{Limits, PvfConfig, PvfEngine, FUEL_PER_SECOND};
use codec::DecodeAll;
use std::{fs, path::Path};
use wasm_encoder::{
	reencode::{Error, Reencode},
	CodeSection, Instruction, Module,
};
use wasmparser::{FunctionBody, Operator, Parser};

/// Loads of a measurement.
const LOADS: u64 = 3_000_000;
/// Companions of a load, to count it by.
const COMPANIONS: u64 = 2;

fn engine() -> PvfEngine {
	PvfEngine::new(PvfConfig::default()).expect("the defaults are good")
}

/// Nanoseconds of a load in a chase through so many bytes.
fn nanos(bytes: u32) -> f64 {
	let code = guests::chase(bytes / guests::LINE);
	let pvf = engine().prepare(&code).expect("it is valid code");
	// A load is three instructions, and its share of a loop.
	let took = |fuel| {
		let limits = Limits {
			fuel,
			..Limits::default()
		};
		let started = cpu_time();
		let _ = pvf.validate(&params(), &limits);
		cpu_time().saturating_sub(started)
	};
	// The chain is laid first.
	let laid = 30 * u64::from(bytes / guests::LINE);
	let best = |fuel| (0..3).map(|_| took(fuel)).min().expect("there are some");
	let (short, long) = (best(laid), best(laid + 3 * LOADS));
	long.saturating_sub(short).as_nanos() as f64 / LOADS as f64
}

/// Puts companions in front of each load.
struct Counter;

impl Reencode for Counter {
	type Error = std::convert::Infallible;

	fn parse_function_body(
		&mut self,
		code: &mut CodeSection,
		body: FunctionBody<'_>,
	) -> Result<(), Error<Self::Error>> {
		let mut function = self.new_function_with_parsed_locals(&body)?;
		let mut operators = body.get_operators_reader()?;
		while !operators.eof() {
			let operator = operators.read()?;
			if is_load(&operator) {
				for _ in 0..COMPANIONS {
					function
						.instruction(&Instruction::I32Const(0))
						.instruction(&Instruction::Drop);
				}
			}
			function.instruction(&self.instruction(operator)?);
		}
		code.function(&function);
		Ok(())
	}
}

fn is_load(operator: &Operator<'_>) -> bool {
	// All are named so, whatever they load.
	format!("{operator:?}")
		.split([' ', '{'])
		.next()
		.is_some_and(|name| name.contains("Load"))
}

/// Fuel of a block, its loads and its pages.
fn block(code: &[u8], params: &ValidationParams) -> Result<(u64, u64, u32), String> {
	let plain = sp_maybe_compressed_blob::decompress(code, 64 << 20).map_err(|error| error.to_string())?;
	let mut counting = Module::new();
	Counter
		.parse_core_module(&mut counting, Parser::new(0), &plain)
		.map_err(|error| error.to_string())?;
	let run = |code: Vec<u8>| {
		let pvf = engine()
			.prepare(&ValidationCode(code))
			.map_err(|error| error.to_string())?;
		pvf.validate(params, &Limits::default())
			.map_err(|error| error.to_string())
	};
	let valid = run(plain.to_vec())?;
	let counted = run(counting.finish())?;
	let loads = (counted.fuel_used - valid.fuel_used) / COMPANIONS;
	Ok((valid.fuel_used, loads, valid.memory_pages))
}

/// The table of memories, and a row for each block that lies beside its code as `NAME.params`.
pub(crate) fn print(folder: Option<&Path>) {
	println!("| a chase of pointers through | takes for a load | of what its fuel is worth |");
	println!("|---|---|---|");
	let mut dearest = 0.0f64;
	for shift in [15, 18, 20, 22, 24, 26, 27] {
		let nanos = nanos(1 << shift);
		let worth = 3.0 * 1e9 / FUEL_PER_SECOND as f64;
		println!(
			"| {} KiB | {nanos:.1} ns | {:.0} times |",
			1u32 << (shift - 10),
			nanos / worth
		);
		dearest = dearest.max(nanos);
	}
	let units = dearest * FUEL_PER_SECOND as f64 / 1e9;
	let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
	let mut files: Vec<_> = entries
		.into_iter()
		.flatten()
		.filter_map(|entry| Some(entry.ok()?.path()))
		.filter(|path| path.extension().is_some_and(|extension| extension == "params"))
		.collect();
	files.sort();
	if files.is_empty() {
		return;
	}
	println!(
		"\n| an honest block of | memory | fuel | loads | fuel if a load cost {units:.0} | of the limit |"
	);
	println!("|---|---|---|---|---|---|");
	for file in files {
		let name = file
			.file_stem()
			.unwrap_or_default()
			.to_string_lossy()
			.into_owned();
		let read = fs::read(file.with_extension("wasm")).and_then(|code| Ok((code, fs::read(&file)?)));
		let row = read
			.map_err(|error| error.to_string())
			.and_then(|(code, params)| {
				let params =
					ValidationParams::decode_all(&mut &params[..]).map_err(|error| error.to_string())?;
				block(&code, &params)
			});
		match row {
			Ok((fuel, loads, pages)) => {
				let priced = fuel as f64 + loads as f64 * units;
				let share = 100.0 * priced / Limits::default().fuel as f64;
				let memory = f64::from(pages) / 16.0;
				println!("| {name} | {memory:.1} MiB | {fuel} | {loads} | {priced:.0} | {share:.0} % |");
			}
			Err(error) => eprintln!("calibrate: {}: {error}", file.display()),
		}
	}
}
