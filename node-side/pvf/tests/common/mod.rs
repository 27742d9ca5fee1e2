//! Assembles small validation functions.
// Each test file uses its part of this.
#![allow(dead_code, unreachable_pub)]

pub mod guests;

use async_backing_primitives::{
	HeadData, PersistedValidationData, ValidationCode, ValidationParams, ValidationResult,
};
use codec::Encode;
use wasm_encoder::{
	CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
	GlobalSection, GlobalType, ImportSection, InstructionSink, MemorySection, MemoryType, Module,
	TypeSection, ValType,
};

/// Where the data segment of a guest lies.
pub const DATA: u32 = 1024;

pub struct Guest {
	/// Functions imported from `env`, indices from 0.
	pub imports: Vec<(&'static str, Vec<ValType>, Vec<ValType>)>,
	/// Import the memory instead of exporting it.
	pub import_memory: bool,
	pub memory: (u64, Option<u64>),
	pub heap_base: i32,
	pub data: Vec<u8>,
	/// Locals of type i32 behind the two parameters.
	pub locals: u32,
	pub entry: &'static str,
	pub results: Vec<ValType>,
}

impl Default for Guest {
	fn default() -> Self {
		Self {
			imports: Vec::new(),
			import_memory: true,
			memory: (2, None),
			heap_base: 65536,
			data: result().encode(),
			locals: 0,
			entry: "validate_block",
			results: vec![ValType::I64],
		}
	}
}

impl Guest {
	/// The module whose entry point has the instructions that `body` writes.
	pub fn code(&self, body: impl FnOnce(&mut InstructionSink<'_>)) -> ValidationCode {
		let mut types = TypeSection::new();
		let mut imports = ImportSection::new();
		for (index, (name, params, results)) in self.imports.iter().enumerate() {
			types
				.ty()
				.function(params.iter().copied(), results.iter().copied());
			imports.import("env", name, EntityType::Function(index as u32));
		}
		let entry = self.imports.len() as u32;
		types
			.ty()
			.function([ValType::I32, ValType::I32], self.results.iter().copied());

		let memory = MemoryType {
			minimum: self.memory.0,
			maximum: self.memory.1,
			memory64: false,
			shared: false,
			page_size_log2: None,
		};
		let mut memories = MemorySection::new();
		let mut exports = ExportSection::new();
		if self.import_memory {
			imports.import("env", "memory", memory);
		} else {
			memories.memory(memory);
			exports.export("memory", ExportKind::Memory, 0);
		}
		let mut globals = GlobalSection::new();
		globals.global(
			GlobalType {
				val_type: ValType::I32,
				mutable: false,
				shared: false,
			},
			&ConstExpr::i32_const(self.heap_base),
		);
		exports.export("__heap_base", ExportKind::Global, 0);
		exports.export(self.entry, ExportKind::Func, entry);

		let mut functions = FunctionSection::new();
		functions.function(entry);
		let mut function = Function::new([(self.locals, ValType::I32)]);
		body(&mut function.instructions());
		function.instructions().end();
		let mut code = CodeSection::new();
		code.function(&function);
		let mut data = DataSection::new();
		data.active(0, &ConstExpr::i32_const(DATA as i32), self.data.iter().copied());

		let mut module = Module::new();
		module.section(&types).section(&imports).section(&functions);
		if !self.import_memory {
			module.section(&memories);
		}
		module
			.section(&globals)
			.section(&exports)
			.section(&code)
			.section(&data);
		ValidationCode(module.finish())
	}

	/// Writes "return the data segment".
	pub fn accept(&self, body: &mut InstructionSink<'_>) {
		body.i64_const(fat(DATA, self.data.len() as u32));
	}
}

/// Pointer in the low half, length in the high half.
pub fn fat(pointer: u32, length: u32) -> i64 {
	(u64::from(pointer) | (u64::from(length) << 32)) as i64
}

pub fn result() -> ValidationResult {
	ValidationResult {
		head_data: HeadData(vec![1, 2, 3]),
		hrmp_watermark: 7,
		..Default::default()
	}
}

pub fn result_bytes() -> Vec<u8> {
	result().encode()
}

pub fn params() -> ValidationParams {
	ValidationParams {
		parent_head: HeadData(vec![9]),
		block_data: vec![8; 100].into(),
		relay_parent_number: 7,
		relay_parent_storage_root: Default::default(),
	}
}

/// What [`params`] are made of, beside the block.
pub fn validation_data() -> PersistedValidationData {
	let ValidationParams {
		parent_head,
		relay_parent_number,
		relay_parent_storage_root,
		..
	} = params();
	PersistedValidationData {
		parent_head,
		relay_parent_number,
		relay_parent_storage_root,
		max_pov_size: 10 << 20,
	}
}
