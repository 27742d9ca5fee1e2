//! The smallest parachain: its validation function returns what its block says.

use async_backing_collator::{BlockProducer, FuelUse, PovSize, ProduceBlock, ProduceError, ProducedBlock};
use async_backing_primitives::{
	BlockData, CandidateCommitments, HeadData, PoV, ValidationCode, ValidationResult,
};
use codec::Encode;
use wasm_encoder::{
	CodeSection, ConstExpr, CustomSection, ExportKind, ExportSection, Function, FunctionSection,
	GlobalSection, GlobalType, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Bytes of head data: so many that the length of the block data, in front of them, takes two bytes, and their own as well.
const HEAD: usize = 100;

/// The parachain, whose heads count its blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Echo {
	/// Whether its first block announces the second version of its code.
	pub(crate) upgrades: bool,
	/// Whether its first block sends a message of one byte upward.
	pub(crate) sends: bool,
}

impl Echo {
	/// Its validation function, which takes its parameters apart and returns the block data: a validation result. Versions
	/// differ in nothing but their hash.
	pub(crate) fn code(version: u8) -> ValidationCode {
		let (mut types, mut functions, mut memories) =
			(TypeSection::new(), FunctionSection::new(), MemorySection::new());
		types.ty().function([ValType::I32; 2], [ValType::I64]);
		functions.function(0);
		memories.memory(MemoryType {
			minimum: 32,
			maximum: None,
			memory64: false,
			shared: false,
			page_size_log2: None,
		});
		let mut globals = GlobalSection::new();
		let heap = GlobalType {
			val_type: ValType::I32,
			mutable: false,
			shared: false,
		};
		globals.global(heap, &ConstExpr::i32_const(1024));
		let mut exports = ExportSection::new();
		exports
			.export("validate_block", ExportKind::Func, 0)
			.export("memory", ExportKind::Memory, 0)
			.export("__heap_base", ExportKind::Global, 0);
		let mut code = CodeSection::new();
		code.function(&answer());
		let mut module = Module::new();
		module
			.section(&types)
			.section(&functions)
			.section(&memories)
			.section(&globals)
			.section(&exports)
			.section(&code)
			.section(&CustomSection {
				name: "version".into(),
				data: vec![version].into(),
			});
		ValidationCode(module.finish())
	}

	fn head(number: u32) -> HeadData {
		let mut bytes = number.to_le_bytes().to_vec();
		bytes.resize(HEAD, 0);
		HeadData(bytes)
	}

	fn number(head: &HeadData) -> u32 {
		let bytes = head.0.first_chunk().copied().unwrap_or_default();
		u32::from_le_bytes(bytes)
	}
}

/// Pointer and length of the block data within the parameters, where its length stands in front of it as two bytes.
fn answer() -> Function {
	let length_at = 2 + HEAD as u64;
	let mut function = Function::new([]);
	function
		.instructions()
		.local_get(0)
		.i32_load16_u(MemArg {
			offset: length_at,
			align: 0,
			memory_index: 0,
		})
		.i32_const(2)
		.i32_shr_u()
		.i64_extend_i32_u()
		.i64_const(32)
		.i64_shl()
		.local_get(0)
		.i32_const(length_at as i32 + 2)
		.i32_add()
		.i64_extend_i32_u()
		.i64_or()
		.end();
	function
}

impl BlockProducer for Echo {
	fn genesis_head(&self) -> HeadData {
		Self::head(0)
	}

	fn pov_size(&self) -> PovSize {
		PovSize {
			base: 1000,
			per_extrinsic: 0,
		}
	}

	fn fuel(&self) -> FuelUse {
		FuelUse {
			base: 100_000,
			per_extrinsic: 100_000,
			per_code_byte: 0,
		}
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		let number = Self::number(block.parent_head).saturating_add(1);
		let result = ValidationResult {
			head_data: Self::head(number),
			new_validation_code: (self.upgrades && number == 1).then(|| Self::code(2)),
			upward_messages: match self.sends && number == 1 {
				true => vec![vec![0]],
				false => Vec::new(),
			},
			hrmp_watermark: block.relay_parent.number,
			..Default::default()
		};
		let pov = PoV {
			block_data: BlockData(result.encode()),
		};
		Ok(ProducedBlock {
			commitments: CandidateCommitments::from(result),
			pov,
			extrinsics: 1,
		})
	}
}
