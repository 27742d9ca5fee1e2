//! Compiles validation codes and keeps what it compiled.
//!
//! Invariants:
//! - A [`PreparedPvf`] has the exports of the ABI with their types and no import that could fail to link: all that
//!   can still go wrong depends on the input or on the limits.
//! - The cache holds at most [`PvfConfig::cached_codes`] codes; what it returns equals a fresh compilation.

use crate::{
	error::{EngineError, PrepareError},
	host::{self, StoreData},
	ENTRY_POINT, HEAP_BASE, MEMORY,
};
use async_backing_primitives::{ValidationCode, ValidationCodeHash};
use std::{
	collections::VecDeque,
	fmt,
	sync::{Arc, Mutex, PoisonError},
};
use wasmtime::{Config, Engine, ExternType, Linker, MemoryType, Module, OptLevel, ValType};

/// How an engine compiles and how much of it it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PvfConfig {
	/// Largest code that is compiled, in bytes after decompression. A compression bomb stops here.
	pub max_code_size: usize,
	/// Compiled codes that are kept; the longest unused goes first. Zero keeps none.
	pub cached_codes: usize,
	/// Native stack that the guest may use, in bytes.
	///
	/// Frames depend on the compiler: all validators of a chain that is not a test must run the same build.
	pub max_stack: usize,
}

impl Default for PvfConfig {
	fn default() -> Self {
		Self {
			// Four times the usual bound on the compressed code (3 MiB).
			max_code_size: 12 * 1024 * 1024,
			// A group rarely serves more paras than this between two sessions; a compiled code is a few MiB.
			cached_codes: 32,
			max_stack: 1024 * 1024,
		}
	}
}

/// Compiles validation codes. Cheap to share behind a reference between threads; one per process is enough.
pub struct PvfEngine {
	engine: Engine,
	config: PvfConfig,
	/// Most recently used last.
	cache: Mutex<VecDeque<PreparedPvf>>,
}

impl fmt::Debug for PvfEngine {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("PvfEngine")
			.field("config", &self.config)
			.finish_non_exhaustive()
	}
}

impl PvfEngine {
	/// An engine with an empty cache.
	///
	/// # Errors
	/// [`EngineError::Configuration`] when this machine's architecture cannot be compiled for.
	pub fn new(config: PvfConfig) -> Result<Self, EngineError> {
		let mut wasm = Config::new();
		wasm.consume_fuel(true)
			.max_wasm_stack(config.max_stack)
			.cranelift_opt_level(OptLevel::Speed)
			// The payload of a NaN differs between processors.
			.cranelift_nan_canonicalization(true)
			.wasm_backtrace(false)
			// What the targets of Substrate runtimes emit, and no more: each further feature would become consensus.
			.wasm_bulk_memory(false)
			.wasm_multi_value(false)
			.wasm_multi_memory(false)
			.wasm_memory64(false)
			.wasm_tail_call(false)
			.wasm_extended_const(false)
			// Relaxed before plain: the engine refuses the former without the latter.
			.wasm_relaxed_simd(false)
			.wasm_simd(false);
		let engine = Engine::new(&wasm).map_err(|error| EngineError::Configuration {
			reason: format!("{error:#}"),
		})?;
		Ok(Self {
			engine,
			config,
			cache: Mutex::new(VecDeque::new()),
		})
	}

	/// Compiles `code`, or finds it in the cache.
	///
	/// Cost: linear in the size of the code (about a second per MiB of Wasm); with a cache hit, one hash of it.
	///
	/// # Errors
	/// A [`PrepareError`] when no block can be checked with this code. Failures are not cached.
	pub fn prepare(&self, code: &ValidationCode) -> Result<PreparedPvf, PrepareError> {
		let code_hash = code.hash();
		if let Some(pvf) = self.cached(code_hash) {
			return Ok(pvf);
		}
		// Compiled outside the lock: two threads may do the same work once, none waits for another's compilation.
		let pvf = self.compile(code, code_hash)?;
		let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
		if self.config.cached_codes > 0 && !cache.iter().any(|cached| cached.code_hash() == code_hash) {
			if cache.len() >= self.config.cached_codes {
				cache.pop_front();
			}
			cache.push_back(pvf.clone());
		}
		Ok(pvf)
	}

	/// How many compiled codes are kept at the moment.
	pub fn cached_codes(&self) -> usize {
		self.cache.lock().unwrap_or_else(PoisonError::into_inner).len()
	}

	fn cached(&self, code_hash: ValidationCodeHash) -> Option<PreparedPvf> {
		// The queue is in order at every step, so that a panic elsewhere cannot have left it half-done.
		let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
		let position = cache.iter().position(|pvf| pvf.code_hash() == code_hash)?;
		let pvf = cache.remove(position)?;
		cache.push_back(pvf.clone());
		Some(pvf)
	}

	fn compile(
		&self,
		code: &ValidationCode,
		code_hash: ValidationCodeHash,
	) -> Result<PreparedPvf, PrepareError> {
		let max = self.config.max_code_size;
		let wasm = sp_maybe_compressed_blob::decompress(&code.0, max).map_err(|error| match error {
			sp_maybe_compressed_blob::Error::PossibleBomb => PrepareError::TooLarge { max },
			sp_maybe_compressed_blob::Error::Invalid => PrepareError::CorruptCompression,
		})?;
		if wasm.len() > max {
			return Err(PrepareError::TooLarge { max });
		}
		// `from_binary`, not `new`: the latter reads files of the text format where that is compiled in.
		let module =
			Module::from_binary(&self.engine, &wasm).map_err(|error| PrepareError::InvalidModule {
				reason: format!("{error:#}"),
			})?;
		let memory = check_shape(&module)?;
		let linker = host::link(&self.engine, &module)?;
		Ok(PreparedPvf(Arc::new(Prepared {
			code_hash,
			module,
			linker,
			memory,
		})))
	}
}

/// A validation function, compiled and linked. Clones share it.
#[derive(Clone)]
pub struct PreparedPvf(pub(crate) Arc<Prepared>);

pub(crate) struct Prepared {
	pub(crate) code_hash: ValidationCodeHash,
	pub(crate) module: Module,
	/// All imports but the memory, which belongs to a single execution.
	pub(crate) linker: Linker<StoreData>,
	/// The memory that the module imports. `None` when it brings its own.
	pub(crate) memory: Option<MemoryType>,
}

impl fmt::Debug for PreparedPvf {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("PreparedPvf")
			.field("code_hash", &self.0.code_hash)
			.finish_non_exhaustive()
	}
}

impl PreparedPvf {
	/// Hash of the code as it was handed in, compressed or not (R-BIN-32).
	pub fn code_hash(&self) -> ValidationCodeHash {
		self.0.code_hash
	}
}

/// Checks the exports that the ABI asks for, and where the memory comes from.
fn check_shape(module: &Module) -> Result<Option<MemoryType>, PrepareError> {
	const ENTRY_TYPE: &str = "a function (i32, i32) -> i64";
	const GLOBAL_TYPE: &str = "a global of type i32";

	match module.get_export(ENTRY_POINT) {
		None => {
			return Err(PrepareError::MissingExport {
				expected: "`validate_block`",
			})
		}
		Some(ExternType::Func(ty))
			if ty.params().map(|ty| matches!(ty, ValType::I32)).eq([true, true])
				&& ty.results().map(|ty| matches!(ty, ValType::I64)).eq([true]) => {}
		Some(_) => {
			return Err(PrepareError::WrongExport {
				name: ENTRY_POINT,
				expected: ENTRY_TYPE,
			})
		}
	}
	match module.get_export(HEAP_BASE) {
		None => {
			return Err(PrepareError::MissingExport {
				expected: "`__heap_base`",
			})
		}
		Some(ExternType::Global(ty)) if matches!(ty.content(), ValType::I32) => {}
		Some(_) => {
			return Err(PrepareError::WrongExport {
				name: HEAP_BASE,
				expected: GLOBAL_TYPE,
			})
		}
	}

	let mut memory = None;
	for import in module.imports() {
		match import.ty() {
			ExternType::Func(_) if import.module() == host::MODULE => {}
			// The engine allows one memory per module, so there is no second one to overwrite this.
			ExternType::Memory(ty) if import.module() == host::MODULE && import.name() == MEMORY => {
				memory = Some(ty)
			}
			_ => {
				return Err(PrepareError::ImpossibleImport {
					module: import.module().into(),
					name: import.name().into(),
				})
			}
		}
	}
	if memory.is_none() {
		match module.get_export(MEMORY) {
			None => {
				return Err(PrepareError::MissingExport {
					expected: "`memory`, nor does it import one",
				})
			}
			Some(ExternType::Memory(_)) => {}
			Some(_) => {
				return Err(PrepareError::WrongExport {
					name: MEMORY,
					expected: "a memory",
				})
			}
		}
	}
	Ok(memory)
}
