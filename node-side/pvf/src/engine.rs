//! Compiles validation codes and keeps what it compiled.
//!
//! Invariants:
//! - A [`PreparedPvf`] has the exports of the ABI with their types and no import that could fail to link: all that
//!   can still go wrong depends on the input or on the limits.
//! - The cache holds at most [`PvfConfig::cached_codes`] codes; what it returns equals a fresh compilation.

use crate::{
	disk::{Compiled, Disk, DiskConfig, Key},
	error::{EngineError, PrepareError},
	host::{self, StoreData},
	weigh::weigh,
	ENTRY_POINT, HEAP_BASE, MEMORY,
};
use async_backing_primitives::{Hash, ValidationCode, ValidationCodeHash};
use std::{
	borrow::Cow,
	collections::VecDeque,
	fmt,
	hash::{Hash as _, Hasher},
	sync::{Arc, Mutex, PoisonError},
};
use wasmtime::{Config, Engine, ExternType, Linker, MemoryType, Module, OptLevel, ValType};

/// How an engine compiles and how much of it it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PvfConfig {
	/// Largest code that is compiled, in bytes after decompression, whatever a chain allows. A compression bomb stops here.
	///
	/// The chain's own bound is `validation_code_bomb_limit` of its runtime API, for [`PvfEngine::prepare_within`].
	pub max_code_size: usize,
	/// Compiled codes that are kept; the longest unused goes first. Zero keeps none.
	pub cached_codes: usize,
	/// Where they are kept from one run to the next, if anywhere.
	pub disk: Option<DiskConfig>,
	/// Native stack that the guest may use, in bytes.
	///
	/// Frames depend on the compiler: all validators of a chain that is not a test must run the same build.
	pub max_stack: usize,
}

impl Default for PvfConfig {
	fn default() -> Self {
		Self {
			// Ten times the usual bound on the compressed code (3 MiB): what a runtime answers by default.
			max_code_size: 30 * 1024 * 1024,
			// A group rarely serves more paras than this between two sessions; a compiled code is a few MiB.
			cached_codes: 32,
			disk: None,
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
	disk: Option<Disk>,
	settings: Hash,
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
	/// [`EngineError::Configuration`] when this machine's architecture cannot be compiled for, and [`EngineError::Cache`] when
	/// compiled codes cannot be kept on disk as [`PvfConfig::disk`] asks.
	pub fn new(config: PvfConfig) -> Result<Self, EngineError> {
		Self::with(config, false)
	}

	/// An engine whose executions a clock can stop as well. They are a little slower; fuel and verdicts are the same.
	pub(crate) fn interruptible(config: PvfConfig) -> Result<Self, EngineError> {
		Self::with(config, true)
	}

	fn with(config: PvfConfig, interruptible: bool) -> Result<Self, EngineError> {
		let mut wasm = Config::new();
		wasm.consume_fuel(true)
			.epoch_interruption(interruptible)
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
			settings: settings(&engine, &config),
			disk: config.disk.clone().map(Disk::open).transpose()?,
			engine,
			config,
			cache: Mutex::new(VecDeque::new()),
		})
	}

	/// Everything that compiled code depends on, beside the code.
	pub(crate) fn settings(&self) -> Hash {
		self.settings
	}

	/// Compiles `code`, or finds it in the cache.
	///
	/// Cost: linear in the size of the code (about a second per MiB of Wasm); with a cache hit, one hash of it.
	///
	/// # Errors
	/// A [`PrepareError`] when no block can be checked with this code. Failures are not cached.
	pub fn prepare(&self, code: &ValidationCode) -> Result<PreparedPvf, PrepareError> {
		self.prepare_within(code, self.config.max_code_size)
	}

	/// The same for a chain whose `validation_code_bomb_limit` this is, in bytes. The engine's own bound holds as well.
	///
	/// # Errors
	/// As [`Self::prepare`]; [`PrepareError::TooLarge`] names the smaller of both bounds.
	pub fn prepare_within(
		&self,
		code: &ValidationCode,
		bomb_limit: usize,
	) -> Result<PreparedPvf, PrepareError> {
		let max = bomb_limit.min(self.config.max_code_size);
		let code_hash = code.hash();
		if let Some(pvf) = self.cached(code_hash, max)? {
			return Ok(pvf);
		}
		// Compiled outside the lock: two threads may do the same work once, none waits for another's compilation.
		let pvf = self.load_or_compile(&unpack(code, max)?, code_hash)?;
		let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
		if self.config.cached_codes > 0 && !cache.iter().any(|cached| cached.code_hash() == code_hash) {
			if cache.len() >= self.config.cached_codes {
				cache.pop_front();
			}
			cache.push_back(pvf.clone());
		}
		Ok(pvf)
	}

	/// Whether `code` is small enough, without compiling it.
	pub(crate) fn check_size(&self, code: &ValidationCode, bomb_limit: usize) -> Result<(), PrepareError> {
		check_size(code, bomb_limit.min(self.config.max_code_size))
	}

	/// How many compiled codes are kept at the moment.
	pub fn cached_codes(&self) -> usize {
		self.cache.lock().unwrap_or_else(PoisonError::into_inner).len()
	}

	/// The compiled code, if it is kept.
	///
	/// # Errors
	/// [`PrepareError::TooLarge`] if it is larger than `max`, as if it were compiled now.
	pub(crate) fn cached(
		&self,
		code_hash: ValidationCodeHash,
		max: usize,
	) -> Result<Option<PreparedPvf>, PrepareError> {
		// The queue is in order at every step, so that a panic elsewhere cannot have left it half-done.
		let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
		let Some(position) = cache.iter().position(|pvf| pvf.code_hash() == code_hash) else {
			return Ok(None);
		};
		let Some(pvf) = cache.remove(position) else {
			return Ok(None);
		};
		cache.push_back(pvf.clone());
		pvf.fits(max)?;
		Ok(Some(pvf))
	}

	/// The code as it was compiled before, if it is on disk; compiled now otherwise.
	fn load_or_compile(
		&self,
		wasm: &[u8],
		code_hash: ValidationCodeHash,
	) -> Result<PreparedPvf, PrepareError> {
		let key = Key {
			code: code_hash,
			settings: self.settings,
		};
		let Some(disk) = &self.disk else {
			return self.compile(wasm, code_hash);
		};
		if let Some(compiled) = disk.load(key) {
			// A file that is whole and refused is of another build, in spite of the settings.
			match self.prepared(code_hash, &compiled) {
				Ok(pvf) => return Ok(pvf),
				Err(error) => log::warn!(target: "pvf", "code {code_hash} is compiled again: {error}"),
			}
		}
		let pvf = self.compile(wasm, code_hash)?;
		if let Some(compiled) = pvf.compiled() {
			disk.store(key, &compiled);
		}
		Ok(pvf)
	}

	/// A code that an engine with the same [`settings`](Self::settings) compiled.
	///
	/// # Errors
	/// It is not, or not a whole one.
	pub(crate) fn prepared(
		&self,
		code_hash: ValidationCodeHash,
		compiled: &Compiled,
	) -> Result<PreparedPvf, PrepareError> {
		let size = usize::try_from(compiled.size).unwrap_or(usize::MAX);
		let module = crate::compiled::load(&self.engine, &compiled.artifact).map_err(invalid)?;
		self.link(module, code_hash, size)
	}

	fn compile(&self, wasm: &[u8], code_hash: ValidationCodeHash) -> Result<PreparedPvf, PrepareError> {
		// `from_binary`, not `new`: the latter reads files of the text format where that is compiled in.
		let module = Module::from_binary(&self.engine, &weigh(wasm)?).map_err(invalid)?;
		self.link(module, code_hash, wasm.len())
	}

	fn link(
		&self,
		module: Module,
		code_hash: ValidationCodeHash,
		size: usize,
	) -> Result<PreparedPvf, PrepareError> {
		let memory = check_shape(&module)?;
		let linker = host::link(&self.engine, &module)?;
		Ok(PreparedPvf(Arc::new(Prepared {
			code_hash,
			size,
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
	/// Bytes of the code after decompression.
	size: usize,
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

	/// As it can be kept; `None` if the compiler does not write it down.
	pub(crate) fn compiled(&self) -> Option<Compiled> {
		let artifact = self.0.module.serialize();
		let artifact = artifact.inspect_err(|error| log::warn!(target: "pvf", "not kept: {error:#}"));
		Some(Compiled {
			size: self.0.size as u64,
			artifact: artifact.ok()?,
		})
	}

	/// Whether it has at most so many bytes after decompression.
	pub(crate) fn fits(&self, max: usize) -> Result<(), PrepareError> {
		match self.0.size <= max {
			true => Ok(()),
			false => Err(PrepareError::TooLarge { max }),
		}
	}
}

fn invalid(error: wasmtime::Error) -> PrepareError {
	PrepareError::InvalidModule {
		reason: format!("{error:#}"),
	}
}

/// Version of what is compiled in beside the module: weights of instructions, and what the module is checked for before. To
/// be counted up when either changes.
const COMPILED_IN: u32 = 1;

/// A hash of all that makes compiled codes differ: compiler, processor, configuration and weights.
fn settings(engine: &Engine, config: &PvfConfig) -> Hash {
	/// Collects what is hashed.
	#[derive(Default)]
	struct Bytes(Vec<u8>);

	impl Hasher for Bytes {
		fn finish(&self) -> u64 {
			0
		}

		fn write(&mut self, bytes: &[u8]) {
			self.0.extend_from_slice(bytes);
		}
	}

	let mut bytes = Bytes::default();
	engine.precompile_compatibility_hash().hash(&mut bytes);
	(COMPILED_IN, env!("CARGO_PKG_VERSION"), config.max_stack).hash(&mut bytes);
	sp_io::hashing::blake2_256(&bytes.0).into()
}

/// Whether `code` has at most so many bytes after decompression.
pub(crate) fn check_size(code: &ValidationCode, max: usize) -> Result<(), PrepareError> {
	unpack(code, max).map(drop)
}

/// The code itself, decompressed if need be.
fn unpack(code: &ValidationCode, max: usize) -> Result<Cow<'_, [u8]>, PrepareError> {
	let wasm = sp_maybe_compressed_blob::decompress(&code.0, max).map_err(|error| match error {
		sp_maybe_compressed_blob::Error::PossibleBomb => PrepareError::TooLarge { max },
		sp_maybe_compressed_blob::Error::Invalid => PrepareError::CorruptCompression,
	})?;
	if wasm.len() > max {
		return Err(PrepareError::TooLarge { max });
	}
	Ok(wasm)
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
