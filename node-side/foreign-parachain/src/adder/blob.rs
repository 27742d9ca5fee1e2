//! The adder's validation function, put together by hand: 127 bytes of parameters have their places, whatever they say.

use wasm_encoder::{
	BlockType, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
	FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemorySection,
	MemoryType, Module, TypeSection, ValType,
};

/// Bytes of the parameters: head, block, number and state root of the relay parent. More may follow.
const PARAMS: i32 = 2 + HEAD + 1 + BLOCK + 4 + 32;
/// Bytes of a head.
const HEAD: i32 = 72;
/// Bytes of a block.
const BLOCK: i32 = 16;
/// Where a head's number, parent hash and state hash are, in the parameters and in the result alike: after their length.
const NUMBER: u64 = 2;
const PARENT_HASH: u64 = 10;
const POST_STATE: u64 = 42;
/// Where the length of the block data is, and the state and the summand after it.
const BLOCK_LENGTH: u64 = 74;
const STATE: u64 = 75;
const ADD: u64 = 83;
/// Number of the relay parent.
const RELAY_PARENT: u64 = 91;
/// Lengths of head and block as SCALE writes them.
const HEAD_PREFIX: i32 = (HEAD << 2) | 1;
const BLOCK_PREFIX: i32 = BLOCK << 2;

/// Where the result is put together. Memory begins as zeros, which is what most of it says.
const OUT: i32 = 1024;
/// Head, nothing, no messages, none processed, watermark.
const OUT_LENGTH: i64 = 2 + HEAD as i64 + 3 + 4 + 4;
/// Where the result has the watermark.
const WATERMARK: u64 = 81;
/// Where the state after the block is hashed.
const SCRATCH: i32 = 2048;
const HEAP: i32 = 4096;

/// Functions by their index.
const KECCAK: u32 = 0;
const LOG: u32 = 1;
const VALIDATE: u32 = 2;

/// Where the log's target and the reasons are.
const TEXTS: i32 = 16;
/// What the host keeps as last words.
const TARGET: &str = "runtime";
const NOT_PARAMS: &str = "the parameters are not the adder's";
const NOT_A_HEAD: &str = "the head is not the adder's";
const NOT_A_BLOCK: &str = "the block is not the adder's";
const WRONG_STATE: &str = "the block's state is not the one that the head hashes";
const ALL: [&str; 5] = [TARGET, NOT_PARAMS, NOT_A_HEAD, NOT_A_BLOCK, WRONG_STATE];

pub(super) fn module() -> Vec<u8> {
	let mut types = TypeSection::new();
	types.ty().function([ValType::I64], [ValType::I32]);
	types
		.ty()
		.function([ValType::I32, ValType::I64, ValType::I64], []);
	types.ty().function([ValType::I32; 2], [ValType::I64]);
	let mut imports = ImportSection::new();
	imports
		.import("env", "ext_hashing_keccak_256_version_1", EntityType::Function(0))
		.import("env", "ext_logging_log_version_1", EntityType::Function(1));
	let mut functions = FunctionSection::new();
	functions.function(2);
	let mut memories = MemorySection::new();
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
	globals.global(heap, &ConstExpr::i32_const(HEAP));
	let mut exports = ExportSection::new();
	exports
		.export("validate_block", ExportKind::Func, VALIDATE)
		.export("memory", ExportKind::Memory, 0)
		.export("__heap_base", ExportKind::Global, 0);
	let mut code = CodeSection::new();
	code.function(&validate());
	let mut data = DataSection::new();
	data.active(0, &ConstExpr::i32_const(TEXTS), ALL.concat().into_bytes());
	let mut module = Module::new();
	module
		.section(&types)
		.section(&imports)
		.section(&functions)
		.section(&memories)
		.section(&globals)
		.section(&exports)
		.section(&code)
		.section(&data);
	module.finish()
}

fn validate() -> Function {
	let mut function = Function::new([(1, ValType::I32)]);
	let mut sink = function.instructions();
	// What is not as long as it must be is not read.
	sink.local_get(1).i32_const(PARAMS).i32_lt_u();
	refuse(&mut sink, NOT_PARAMS);
	sink.local_get(0)
		.i32_load16_u(at(0))
		.i32_const(HEAD_PREFIX)
		.i32_ne();
	refuse(&mut sink, NOT_A_HEAD);
	sink.local_get(0)
		.i32_load8_u(at(BLOCK_LENGTH))
		.i32_const(BLOCK_PREFIX)
		.i32_ne();
	refuse(&mut sink, NOT_A_BLOCK);

	sink.local_get(0).i32_const(STATE as i32).i32_add();
	keccak(&mut sink, 8);
	for word in words() {
		sink.local_get(0)
			.i64_load(at(POST_STATE + word))
			.local_get(2)
			.i64_load(at(word))
			.i64_ne();
		refuse(&mut sink, WRONG_STATE);
	}

	sink.i32_const(OUT).i32_const(HEAD_PREFIX).i32_store16(at(0));
	sink.i32_const(OUT)
		.local_get(0)
		.i64_load(at(NUMBER))
		.i64_const(1)
		.i64_add()
		.i64_store(at(NUMBER));
	sink.local_get(0).i32_const(NUMBER as i32).i32_add();
	keccak(&mut sink, HEAD);
	copy_hash(&mut sink, PARENT_HASH);
	sink.i32_const(SCRATCH)
		.local_get(0)
		.i64_load(at(STATE))
		.local_get(0)
		.i64_load(at(ADD))
		.i64_add()
		.i64_store(at(0));
	sink.i32_const(SCRATCH);
	keccak(&mut sink, 8);
	copy_hash(&mut sink, POST_STATE);
	sink.i32_const(OUT)
		.local_get(0)
		.i32_load(at(RELAY_PARENT))
		.i32_store(at(WATERMARK));
	sink.i64_const((OUT_LENGTH << 32) | i64::from(OUT)).end();
	function
}

/// If what is on the stack is not zero, says why and ends.
fn refuse(sink: &mut InstructionSink<'_>, reason: &str) {
	sink.if_(BlockType::Empty)
		.i32_const(0)
		.i64_const(text(TARGET))
		.i64_const(text(reason))
		.call(LOG)
		.unreachable()
		.end();
}

/// Hashes so many bytes from the address on the stack, and keeps the address of the hash.
fn keccak(sink: &mut InstructionSink<'_>, length: i32) {
	sink.i64_extend_i32_u()
		.i64_const(i64::from(length) << 32)
		.i64_or()
		.call(KECCAK)
		.local_set(2);
}

/// Copies the hash that is kept into the result.
fn copy_hash(sink: &mut InstructionSink<'_>, to: u64) {
	for word in words() {
		sink.i32_const(OUT)
			.local_get(2)
			.i64_load(at(word))
			.i64_store(at(to + word));
	}
}

/// The four words of a hash.
fn words() -> impl Iterator<Item = u64> {
	(0..32).step_by(8)
}

/// Address and length of a text.
fn text(text: &str) -> i64 {
	let before: usize = ALL
		.iter()
		.take_while(|other| **other != text)
		.map(|other| other.len())
		.sum();
	((text.len() as i64) << 32) | (i64::from(TEXTS) + before as i64)
}

fn at(offset: u64) -> MemArg {
	MemArg {
		offset,
		align: 0,
		memory_index: 0,
	}
}
