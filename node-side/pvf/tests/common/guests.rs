//! Guests that take more than they seem to. Tests hold what they cost in fuel, `make calibrate` measures their time.

pub mod catalogue;

use super::Guest;
use async_backing_primitives::ValidationCode;
use wasm_encoder::{
	BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
	GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemorySection, MemoryType, Module,
	RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};

const WORD: MemArg = MemArg {
	offset: 0,
	align: 2,
	memory_index: 0,
};

/// Repeats `body` for ever.
pub fn forever(guest: &Guest, body: impl FnOnce(&mut InstructionSink<'_>)) -> ValidationCode {
	guest.code(|code| {
		code.loop_(BlockType::Empty);
		body(code);
		code.br(0).end().unreachable();
	})
}

/// Bytes of a line of the cache.
pub const LINE: u32 = 64;

/// Follows pointers through 128 MiB, each to a line of the cache that is nowhere near.
pub fn pointer_chase() -> ValidationCode {
	chase(1 << 21)
}

/// The same through so many lines, a power of two.
pub fn chase(lines: u32) -> ValidationCode {
	let guest = Guest {
		memory: (2 + u64::from(lines) * u64::from(LINE) / 65_536, None),
		locals: 1,
		..Default::default()
	};
	guest.code(|code| {
		// The line at i points to that at 5 i + 7654321: one cycle through all of them, like a random one.
		code.loop_(BlockType::Empty);
		code.local_get(2).i32_const(6).i32_shl();
		code.local_get(2).i32_const(1_664_525).i32_mul();
		code.i32_const(7_654_321)
			.i32_add()
			.i32_const(lines as i32 - 1)
			.i32_and();
		code.i32_const(6).i32_shl().i32_store(WORD);
		code.local_get(2).i32_const(1).i32_add().local_tee(2);
		code.i32_const(lines as i32).i32_ne().br_if(0).end();
		code.local_get(2)
			.i32_const(lines as i32 - 1)
			.i32_and()
			.local_set(2);
		code.loop_(BlockType::Empty);
		for _ in 0..64 {
			code.local_get(2).i32_load(WORD).local_set(2);
		}
		code.br(0).end().unreachable();
	})
}

/// Writes to every page of 128 MiB once, and is done.
pub fn touching() -> ValidationCode {
	const PAGE: i32 = 4096;
	let guest = Guest {
		memory: (2050, None),
		locals: 1,
		..Default::default()
	};
	guest.code(|code| {
		code.i32_const(131_072).local_set(2);
		code.loop_(BlockType::Empty);
		code.local_get(2).local_get(2).i32_store(WORD);
		code.local_get(2).i32_const(PAGE).i32_add().local_tee(2);
		code.i32_const(2050 * 65_536).i32_ne().br_if(0).end();
		guest.accept(code);
	})
}

/// Calls itself for ever.
pub fn recursion() -> ValidationCode {
	Guest::default().code(|code| {
		code.local_get(0).local_get(1).call(0);
	})
}

/// Looks at each byte of its parameters, and says that the block is empty if their sum is small.
pub fn summing() -> ValidationCode {
	const REASON: &[u8] = b"the block has nothing in it";
	let result = super::result_bytes();
	let guest = Guest {
		imports: vec![(
			"ext_panic_handler_abort_on_panic_version_1",
			vec![ValType::I64],
			vec![],
		)],
		memory: (2, None),
		data: [&result[..], REASON].concat(),
		locals: 2,
		..Default::default()
	};
	guest.code(|code| {
		code.loop_(BlockType::Empty);
		code.local_get(0)
			.local_get(3)
			.i32_add()
			.i32_load8_u(MemArg { align: 0, ..WORD });
		code.local_get(2).i32_add().local_set(2);
		code.local_get(3).i32_const(1).i32_add().local_tee(3);
		code.local_get(1).i32_ne().br_if(0).end();
		code.local_get(2).i32_const(3000).i32_lt_u().if_(BlockType::Empty);
		let reason = super::DATA + result.len() as u32;
		code.i64_const(super::fat(reason, REASON.len() as u32))
			.call(0)
			.end();
		code.i64_const(super::fat(super::DATA, result.len() as u32));
	})
}

/// Divides by what the division before gave.
pub fn divisions() -> ValidationCode {
	forever(
		&Guest {
			locals: 1,
			..Default::default()
		},
		|code| {
			for _ in 0..64 {
				code.i32_const(-1)
					.local_get(2)
					.i32_const(3)
					.i32_or()
					.i32_div_u()
					.local_set(2);
			}
		},
	)
}

/// The root of a trie of as many empty values as fit in 32 MiB, in one call.
pub fn root_of_nothing() -> ValidationCode {
	const VALUES: u32 = 32 << 20;
	let guest = Guest {
		imports: vec![(
			"ext_trie_blake2_256_ordered_root_version_2",
			vec![ValType::I64, ValType::I32],
			vec![ValType::I32],
		)],
		memory: (600, None),
		..Default::default()
	};
	guest.code(|code| {
		// A compact length of four bytes in front of zeros.
		code.i32_const(65_536)
			.i32_const(((VALUES << 2) | 2) as i32)
			.i32_store(WORD);
		code.i64_const(super::fat(65_536, VALUES + 4))
			.i32_const(0)
			.call(0)
			.drop();
		guest.accept(code);
	})
}

/// The root of a trie whose keys are beginnings of each other.
pub fn nested_keys(count: u32) -> ValidationCode {
	let pairs: Vec<(Vec<u8>, Vec<u8>)> = (0..count)
		.map(|length| (vec![0; length as usize], vec![]))
		.collect();
	let data = codec::Encode::encode(&pairs);
	let length = data.len() as u32;
	let guest = Guest {
		imports: vec![(
			"ext_trie_blake2_256_root_version_2",
			vec![ValType::I64, ValType::I32],
			vec![ValType::I32],
		)],
		memory: (2 + u64::from(length) / 65_536, None),
		heap_base: (65_536 + length) as i32,
		data: [super::result_bytes(), data].concat(),
		..Default::default()
	};
	let result = super::result_bytes().len() as u32;
	guest.code(|code| {
		code.i64_const(super::fat(super::DATA + result, length))
			.i32_const(0)
			.call(0)
			.drop();
		code.i64_const(super::fat(super::DATA, result));
	})
}

/// Logs nothing, or a MiB.
pub fn logging(bytes: u32) -> ValidationCode {
	let guest = Guest {
		imports: vec![(
			"ext_logging_log_version_1",
			vec![ValType::I32, ValType::I64, ValType::I64],
			vec![],
		)],
		memory: (17, None),
		..Default::default()
	};
	forever(&guest, |code| {
		code.i32_const(2)
			.i64_const(super::fat(0, 0))
			.i64_const(super::fat(0, bytes))
			.call(0);
	})
}

/// Calls a function that does next to nothing.
pub fn idle_calls() -> ValidationCode {
	let guest = Guest {
		imports: vec![("ext_misc_print_num_version_1", vec![ValType::I64], vec![])],
		..Default::default()
	};
	forever(&guest, |code| {
		code.i64_const(0).call(0);
	})
}

/// Asks for memory that it does not get, or for none.
pub fn growing(pages: i32) -> ValidationCode {
	forever(&Guest::default(), |code| {
		code.i32_const(pages).memory_grow(0).drop();
	})
}

/// Loops in loops, each of which changes every local: the compiler keeps an account of each local for each of them.
pub fn nested_loops(depth: u32, locals: u32) -> ValidationCode {
	let guest = Guest {
		locals,
		..Default::default()
	};
	guest.code(|code| {
		for _ in 0..depth {
			code.loop_(BlockType::Empty);
		}
		for local in 0..locals {
			code.local_get(2 + local)
				.i32_const(1)
				.i32_add()
				.local_set(2 + local);
		}
		for _ in 0..depth {
			code.local_get(2).br_if(0).end();
		}
		guest.accept(code);
	})
}

/// Blocks in blocks, and a jump out of each.
pub fn nested_blocks(depth: u32, locals: u32) -> ValidationCode {
	let guest = Guest {
		locals,
		..Default::default()
	};
	guest.code(|code| {
		for _ in 0..depth {
			code.block(BlockType::Empty);
		}
		for index in 0..depth {
			let local = 2 + index % locals;
			code.local_get(local)
				.i32_const(1)
				.i32_add()
				.local_tee(local)
				.br_if(0)
				.end();
		}
		guest.accept(code);
	})
}

/// One function of so many instructions in a straight line.
pub fn straight_line(instructions: u32) -> ValidationCode {
	let guest = Guest {
		locals: 8,
		..Default::default()
	};
	guest.code(|code| {
		for index in 0..instructions / 4 {
			let local = 2 + index % 8;
			code.local_get(local)
				.i32_const(index as i32)
				.i32_mul()
				.local_set(2 + (index * 5 + 1) % 8);
		}
		guest.accept(code);
	})
}

/// A table jump with so many targets, in front of as many blocks.
pub fn jump_table(targets: u32) -> ValidationCode {
	let guest = Guest::default();
	guest.code(|code| {
		for _ in 0..targets {
			code.block(BlockType::Empty);
		}
		code.local_get(0).br_table((0..targets).collect::<Vec<_>>(), 0);
		for _ in 0..targets {
			code.end();
		}
		guest.accept(code);
	})
}

/// What a module may have that ordinary ones do not.
#[derive(Default)]
pub struct Odd {
	/// Runs for ever when it is instantiated.
	pub starts: bool,
	/// Elements of its table.
	pub table: u64,
	/// Functions that it imports, and that nobody offers.
	pub imports: u32,
}

impl Odd {
	pub fn code(&self) -> ValidationCode {
		let mut types = TypeSection::new();
		types.ty().function([], []);
		types.ty().function([ValType::I32, ValType::I32], [ValType::I64]);
		let mut imports = ImportSection::new();
		for index in 0..self.imports {
			imports.import("env", &format!("ext_nothing_{index}"), EntityType::Function(0));
		}
		let mut functions = FunctionSection::new();
		functions.function(0).function(1);
		let mut tables = TableSection::new();
		tables.table(TableType {
			element_type: RefType::FUNCREF,
			table64: false,
			minimum: self.table,
			maximum: None,
			shared: false,
		});
		let mut memories = MemorySection::new();
		memories.memory(MemoryType {
			minimum: 2,
			maximum: None,
			memory64: false,
			shared: false,
			page_size_log2: None,
		});
		let mut globals = GlobalSection::new();
		let ty = GlobalType {
			val_type: ValType::I32,
			mutable: false,
			shared: false,
		};
		globals.global(ty, &ConstExpr::i32_const(65_536));
		let mut exports = ExportSection::new();
		exports.export("memory", ExportKind::Memory, 0);
		exports.export("__heap_base", ExportKind::Global, 0);
		exports.export("validate_block", ExportKind::Func, self.imports + 1);
		let mut start = Function::new([]);
		start.instructions().loop_(BlockType::Empty).br(0).end().end();
		let mut entry = Function::new([]);
		entry.instructions().i64_const(0).end();
		let mut code = CodeSection::new();
		code.function(&start).function(&entry);
		let mut module = Module::new();
		module
			.section(&types)
			.section(&imports)
			.section(&functions)
			.section(&tables);
		module.section(&memories).section(&globals).section(&exports);
		if self.starts {
			module.section(&StartSection {
				function_index: self.imports,
			});
		}
		module.section(&code);
		ValidationCode(module.finish())
	}
}
