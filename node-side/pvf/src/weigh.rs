//! Makes fuel mean time, and compilation end: one walk over a module's code before it is compiled.
//!
//! The engine counts one unit of fuel for an instruction, whatever it is. Some take ten or a hundred times as long as others,
//! and a guest made of those would run for that much longer than its fuel says. So each of them gets companions that cost a unit
//! and compile to nothing: a constant that is dropped at once.
//!
//! The same walk bounds what makes compilers slow. Compiling takes time in the number of instructions, but loops in loops
//! take more: every local is followed through every loop around it.

use crate::error::PrepareError;
use wasm_encoder::{
	reencode::{Error, Reencode},
	CodeSection, Instruction, Module,
};
use wasmparser::{FunctionBody, Operator, Parser, Validator, WasmFeatures};

/// Fuel that an instruction costs beyond one unit, by `make calibrate` on guests that do little else.
mod weight {
	/// A loop asks at its head whether fuel is left.
	pub(super) const LOOP: u32 = 5;
	/// A function asks that as well, and for room on the stack.
	pub(super) const CALL: u32 = 5;
	/// Integers: the slowest of what processors do with them.
	pub(super) const DIVISION: u32 = 16;
	/// Floating-point numbers: the same, and one representation for what is not a number.
	pub(super) const ROOT: u32 = 16;
	/// Asks the host, even for nothing.
	pub(super) const GROW: u32 = 180;
}

/// Most instructions of a function, with what is added to them.
pub const MAX_INSTRUCTIONS: u64 = 500_000;
/// Most of those for all functions of a module together: our relay runtime has 1.7 million in 3.7 MB.
pub const MAX_MODULE_INSTRUCTIONS: u64 = 30_000_000;
/// Most locals that are followed through the loops of a function: for each loop, all of the function, times the loops around
/// it. Each takes the compiler some ten microseconds; our relay runtime has 43,000 in its worst function and 113,000 in all.
pub const MAX_LOOP_EFFORT: u64 = 300_000;
/// Most of that for all functions of a module together.
pub const MAX_MODULE_LOOP_EFFORT: u64 = 3_000_000;
/// Most locals that are followed through the blocks of a function: all of the function, times the deepest nesting.
pub const MAX_BLOCK_EFFORT: u64 = 2_000_000;
/// Most of that for all functions of a module together.
pub const MAX_MODULE_BLOCK_EFFORT: u64 = 100_000_000;
/// Most blocks, loops and branches inside each other.
pub const MAX_NESTING: usize = 4096;
/// Most targets of all table jumps of a function together.
pub const MAX_TARGETS: u64 = 100_000;

/// How many bounds there are.
pub(crate) const BOUNDS: usize = 8;

/// What the compiler will have to do for one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Effort {
	instructions: u64,
	/// For each loop, the locals of the function times the loops around and including it.
	loops: u64,
	/// The locals of the function times its deepest nesting.
	blocks: u64,
	nesting: usize,
	targets: u64,
}

/// What goes in front of an instruction, or behind it where control comes back to it.
fn weight(operator: &Operator<'_>) -> u32 {
	match operator {
		Operator::Loop { .. } => weight::LOOP,
		Operator::Call { .. } | Operator::CallIndirect { .. } => weight::CALL,
		Operator::I32DivS
		| Operator::I32DivU
		| Operator::I32RemS
		| Operator::I32RemU
		| Operator::I64DivS
		| Operator::I64DivU
		| Operator::I64RemS
		| Operator::I64RemU => weight::DIVISION,
		Operator::F32Div | Operator::F64Div | Operator::F32Sqrt | Operator::F64Sqrt => weight::ROOT,
		Operator::MemoryGrow { .. } => weight::GROW,
		_ => 0,
	}
}

#[derive(Debug, Default)]
struct Weigher {
	/// Of all functions so far.
	instructions: u64,
	/// The same.
	loops: u64,
	/// The same.
	blocks: u64,
	functions: u32,
}

/// What a module may use: what the targets of Substrate runtimes emit and Polkadot accepts, and no more. Each further feature
/// would become consensus.
const FEATURES: WasmFeatures = WasmFeatures::WASM1
	.union(WasmFeatures::SIGN_EXTENSION)
	.union(WasmFeatures::SATURATING_FLOAT_TO_INT);

/// The same module with its weights.
///
/// # Errors
/// [`PrepareError::InvalidModule`] if it is not valid, and [`PrepareError::TooComplex`] if compiling it takes too long.
pub(crate) fn weigh(wasm: &[u8]) -> Result<Vec<u8>, PrepareError> {
	// Before it is changed, which may mend what is wrong with it.
	Validator::new_with_features(FEATURES)
		.validate_all(wasm)
		.map_err(|error| PrepareError::InvalidModule {
			reason: error.to_string(),
		})?;
	let mut module = Module::new();
	let mut weigher = Weigher::default();
	weigher
		.parse_core_module(&mut module, Parser::new(0), wasm)
		.map_err(|error| match error {
			Error::UserError(error) => error,
			error => PrepareError::InvalidModule {
				reason: error.to_string(),
			},
		})?;
	Ok(module.finish())
}

impl Reencode for Weigher {
	type Error = PrepareError;

	fn parse_function_body(
		&mut self,
		code: &mut CodeSection,
		body: FunctionBody<'_>,
	) -> Result<(), Error<Self::Error>> {
		let mut locals = 1u64;
		for group in body.get_locals_reader()? {
			locals = locals.saturating_add(group?.0.into());
		}
		let mut function = self.new_function_with_parsed_locals(&body)?;
		let mut effort = Effort::default();
		// Whether each block around is a loop, and how many are.
		let mut around: Vec<bool> = Vec::new();
		let mut depth = 0u64;
		let mut operators = body.get_operators_reader()?;
		while !operators.eof() {
			let operator = operators.read()?;
			let weight = weight(&operator);
			effort.instructions = effort.instructions.saturating_add(1 + 2 * u64::from(weight));
			match &operator {
				Operator::Loop { .. } => {
					around.push(true);
					depth += 1;
					effort.loops = effort.loops.saturating_add(locals.saturating_mul(depth));
				}
				Operator::Block { .. } | Operator::If { .. } => around.push(false),
				Operator::End => depth -= u64::from(around.pop().unwrap_or(false)),
				Operator::BrTable { targets } => effort.targets += u64::from(targets.len()),
				_ => {}
			}
			effort.nesting = effort.nesting.max(around.len());
			effort.blocks = locals.saturating_mul(effort.nesting as u64);
			self.check(effort)?;
			// At the head of a loop, so that each round pays.
			let behind = matches!(operator, Operator::Loop { .. });
			let instruction = self.instruction(operator)?;
			if behind {
				function.instruction(&instruction);
			}
			for _ in 0..weight {
				function
					.instruction(&Instruction::I32Const(0))
					.instruction(&Instruction::Drop);
			}
			if !behind {
				function.instruction(&instruction);
			}
		}
		self.instructions = self.instructions.saturating_add(effort.instructions);
		self.loops = self.loops.saturating_add(effort.loops);
		self.blocks = self.blocks.saturating_add(effort.blocks);
		self.functions += 1;
		code.function(&function);
		Ok(())
	}

	/// Nobody reads them here, and the engine does not look whether they are in order.
	fn parse_custom_section(
		&mut self,
		_: &mut Module,
		_: wasmparser::CustomSectionReader<'_>,
	) -> Result<(), Error<Self::Error>> {
		Ok(())
	}
}

impl Weigher {
	fn check(&self, effort: Effort) -> Result<(), Error<PrepareError>> {
		let bounds: [_; BOUNDS] = [
			("instructions", effort.instructions, MAX_INSTRUCTIONS),
			(
				"instructions in all functions",
				self.instructions.saturating_add(effort.instructions),
				MAX_MODULE_INSTRUCTIONS,
			),
			("locals followed through loops", effort.loops, MAX_LOOP_EFFORT),
			(
				"locals followed through loops in all functions",
				self.loops.saturating_add(effort.loops),
				MAX_MODULE_LOOP_EFFORT,
			),
			("locals followed through blocks", effort.blocks, MAX_BLOCK_EFFORT),
			(
				"locals followed through blocks in all functions",
				self.blocks.saturating_add(effort.blocks),
				MAX_MODULE_BLOCK_EFFORT,
			),
			(
				"blocks inside each other",
				effort.nesting as u64,
				MAX_NESTING as u64,
			),
			("targets of table jumps", effort.targets, MAX_TARGETS),
		];
		match bounds.into_iter().find(|(_, actual, max)| actual > max) {
			None => Ok(()),
			Some((what, actual, max)) => Err(Error::UserError(PrepareError::TooComplex {
				function: self.functions,
				what,
				actual,
				max,
			})),
		}
	}
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
	use super::*;
	use wasm_encoder::{BlockType, CustomSection, Function, FunctionSection, TypeSection};

	fn module(write: impl FnOnce(&mut wasm_encoder::InstructionSink<'_>)) -> Vec<u8> {
		let mut types = TypeSection::new();
		types.ty().function([], []);
		let mut functions = FunctionSection::new();
		functions.function(0);
		let mut function = Function::new([]);
		write(&mut function.instructions());
		function.instructions().end();
		let mut code = CodeSection::new();
		code.function(&function);
		let mut module = Module::new();
		module.section(&types).section(&functions).section(&code);
		module.section(&CustomSection {
			name: "name".into(),
			data: vec![255; 3].into(),
		});
		module.finish()
	}

	/// Instructions of the only function.
	fn instructions(wasm: &[u8]) -> usize {
		let body = Parser::new(0)
			.parse_all(wasm)
			.find_map(|payload| match payload.unwrap() {
				wasmparser::Payload::CodeSectionEntry(body) => Some(body),
				_ => None,
			});
		body.unwrap().get_operators_reader().unwrap().into_iter().count()
	}

	#[test]
	fn slow_instructions_get_company_and_others_do_not() {
		let plain = module(|code| {
			code.i32_const(1).i32_const(2).i32_add().drop();
		});
		assert_eq!(instructions(&weigh(&plain).unwrap()), instructions(&plain));
		let slow = module(|code| {
			code.loop_(BlockType::Empty).end();
			code.i32_const(1).i32_const(2).i32_div_u().drop();
			code.call(0);
		});
		let more = 2 * (weight::LOOP + weight::DIVISION + weight::CALL) as usize;
		assert_eq!(instructions(&weigh(&slow).unwrap()), instructions(&slow) + more);
	}

	#[test]
	fn bounds_are_exact() {
		let nested = |depth: usize| {
			weigh(&module(|code| {
				for _ in 0..depth {
					code.block(BlockType::Empty);
				}
				for _ in 0..depth {
					code.end();
				}
			}))
		};
		assert!(nested(MAX_NESTING).is_ok());
		let max = MAX_NESTING as u64;
		assert_eq!(
			nested(MAX_NESTING + 1),
			Err(PrepareError::TooComplex {
				function: 0,
				what: "blocks inside each other",
				actual: max + 1,
				max
			})
		);
		let long = |instructions: u64| {
			weigh(&module(|code| {
				for _ in 1..instructions {
					code.nop();
				}
			}))
		};
		assert!(long(MAX_INSTRUCTIONS).is_ok());
		assert!(matches!(
			long(MAX_INSTRUCTIONS + 1),
			Err(PrepareError::TooComplex {
				what: "instructions",
				..
			})
		));
	}
}
