//! A compiled runtime that says of itself what another runtime says.

use wasm_encoder::{
	reencode::{self, Reencode},
	CodeSection, ConstExpr, DataSection, Function, GlobalSection, Instruction, MemoryType, Module,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// Bytes of a page of Wasm memory.
const PAGE: u64 = 65_536;

/// The blob with `answer` as what its function `export` answers, whatever it is asked. All else stays as it was compiled.
///
/// The answer lies where the heap began, and the heap begins behind it.
pub(crate) fn answering(blob: &[u8], export: &str, answer: &[u8]) -> Vec<u8> {
	let mut transplant = Transplant::find(blob, export, answer);
	let mut module = Module::new();
	transplant
		.parse_core_module(&mut module, Parser::new(0), blob)
		.expect("the blob is valid");
	module.finish()
}

struct Transplant<'a> {
	answer: &'a [u8],
	/// The function, counted without those that are imported.
	function: u32,
	functions: u32,
	/// The global that says where the heap begins.
	heap_base: u32,
	globals: u32,
	/// Where the heap began.
	place: u32,
}

impl<'a> Transplant<'a> {
	fn find(blob: &[u8], export: &str, answer: &'a [u8]) -> Self {
		let (mut imported, mut function, mut heap_base) = (0, None, None);
		let mut globals = Vec::new();
		for payload in Parser::new(0).parse_all(blob) {
			match payload.expect("the blob is valid") {
				Payload::ImportSection(section) => {
					let imports = section.into_iter().map(|import| import.expect("it is valid").ty);
					imported = imports.filter(|ty| matches!(ty, TypeRef::Func(_))).count() as u32;
				}
				Payload::GlobalSection(section) => {
					globals = section
						.into_iter()
						.map(|global| global.expect("it is valid").init_expr)
						.collect();
				}
				Payload::ExportSection(section) => {
					for item in section {
						let item = item.expect("it is valid");
						match item.kind {
							ExternalKind::Func if item.name == export => function = Some(item.index),
							ExternalKind::Global if item.name == "__heap_base" => {
								heap_base = Some(item.index)
							}
							_ => {}
						}
					}
				}
				_ => {}
			}
		}
		let heap_base = heap_base.expect("runtimes say where their heap begins");
		let mut operators = globals[heap_base as usize].get_operators_reader();
		let wasmparser::Operator::I32Const { value } = operators.read().expect("it is valid") else {
			panic!("where the heap begins is a constant");
		};
		Self {
			answer,
			function: function.expect("the blob exports it") - imported,
			functions: 0,
			heap_base,
			globals: 0,
			place: value as u32,
		}
	}

	fn behind(&self) -> u32 {
		(self.place + self.answer.len() as u32).next_multiple_of(16)
	}
}

type Done = Result<(), reencode::Error>;

impl Reencode for Transplant<'_> {
	type Error = std::convert::Infallible;

	fn memory_type(&mut self, memory: wasmparser::MemoryType) -> Result<MemoryType, reencode::Error> {
		let mut memory = reencode::utils::memory_type(self, memory);
		memory.minimum = memory.minimum.max(u64::from(self.behind()).div_ceil(PAGE) + 1);
		Ok(memory)
	}

	fn parse_global(&mut self, globals: &mut GlobalSection, global: wasmparser::Global<'_>) -> Done {
		self.globals += 1;
		if self.globals - 1 == self.heap_base {
			let ty = self.global_type(global.ty)?;
			globals.global(ty, &ConstExpr::i32_const(self.behind() as i32));
			return Ok(());
		}
		reencode::utils::parse_global(self, globals, global)
	}

	fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Done {
		self.functions += 1;
		if self.functions - 1 == self.function {
			// A pointer below, a length above.
			let answer = (self.answer.len() as u64) << 32 | u64::from(self.place);
			let mut function = Function::new([]);
			function
				.instruction(&Instruction::I64Const(answer as i64))
				.instruction(&Instruction::End);
			code.function(&function);
			return Ok(());
		}
		reencode::utils::parse_function_body(self, code, body)
	}

	fn parse_data_section(
		&mut self,
		data: &mut DataSection,
		section: wasmparser::DataSectionReader<'_>,
	) -> Done {
		reencode::utils::parse_data_section(self, data, section)?;
		data.active(
			0,
			&ConstExpr::i32_const(self.place as i32),
			self.answer.iter().copied(),
		);
		Ok(())
	}

	fn data_count(&mut self, count: u32) -> Result<u32, reencode::Error> {
		Ok(count + 1)
	}
}
