//! What a validation function may call on the host.
//!
//! Hashing, signature checks, tries and printing are those of `sp-io`; the allocator, logging and the abort are our own,
//! because theirs panic on what a hostile guest may send, or show the guest the host's log level.
//!
//! Invariants:
//! - Every access to the guest's memory is checked against its bounds and charged (see [`fuel`]) before it happens.
//! - No function tells the guest anything about the host.

use crate::error::PrepareError;
use sc_allocator::FreeingBumpHeapAllocator;
use sp_wasm_interface::{FunctionContext, HostFunctionRegistry, HostFunctions, Pointer, WordSize};
use std::collections::BTreeMap;
use thiserror::Error;
use wasmtime::{
	AsContextMut, Caller, Engine, ExternType, FuncType, Linker, Memory, Module, ResourceLimiter, Store,
};

/// Module from which a validation function imports.
pub const MODULE: &str = "env";
/// What is kept of a guest's last words, in bytes.
pub const MAX_REASON_BYTES: usize = 4096;
/// Most elements of a table. Far above what a runtime has functions; keeps a declaration of four bytes from
/// claiming gigabytes.
const MAX_TABLE_ELEMENTS: usize = 1 << 17;

/// Largest allocation that the allocator serves, in bytes.
const MAX_ALLOCATION: u32 = 32 * 1024 * 1024;
/// Most pages that a memory can have here, whatever the limits say: one below what Wasm allows.
const MAX_PAGES: u32 = 65_535;

/// What host calls cost.
///
/// A guest pays for what the host does for it: without a price, a loop of a thousand instructions could hash for an
/// hour. The prices are round figures in units of Wasm instructions, high rather than exact. A signature check reads
/// three or four arguments, and so pays about what it takes.
pub mod fuel {
	/// For reading one argument from, or writing one result to, the guest's memory.
	pub const ACCESS: u64 = 10_000;
	/// For each byte so read or written: hashing takes the longest, at some nanoseconds per byte.
	pub const BYTE: u64 = 10;
	/// For one allocation or release.
	pub const ALLOCATION: u64 = 100;
	/// For a line of log, apart from its bytes.
	pub const LOG: u64 = 10_000;
}

/// The functions of `sp-io` that are offered, by prefix or, where the interface also has others, by name.
const OFFERED_PREFIXES: [&str; 3] = ["ext_hashing_", "ext_trie_", "ext_misc_print_"];
const OFFERED: [&str; 10] = [
	"ext_crypto_ed25519_verify_version_1",
	"ext_crypto_sr25519_verify_version_1",
	"ext_crypto_sr25519_verify_version_2",
	"ext_crypto_ecdsa_verify_version_1",
	"ext_crypto_ecdsa_verify_version_2",
	"ext_crypto_ecdsa_verify_prehashed_version_1",
	"ext_crypto_secp256k1_ecdsa_recover_version_1",
	"ext_crypto_secp256k1_ecdsa_recover_version_2",
	"ext_crypto_secp256k1_ecdsa_recover_compressed_version_1",
	"ext_crypto_secp256k1_ecdsa_recover_compressed_version_2",
];

type SubstrateFunctions = (
	sp_io::crypto::HostFunctions,
	sp_io::hashing::HostFunctions,
	sp_io::trie::HostFunctions,
	sp_io::misc::HostFunctions,
);

/// Why a host call ended the execution.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum HostError {
	#[error("host call without enough fuel")]
	OutOfFuel,
	#[error("host call with a pointer outside the memory: {length} bytes at {pointer}")]
	OutOfBounds { pointer: u32, length: u64 },
	#[error("host call before the module has a memory or a heap")]
	NotReady,
	#[error("the allocator refused: {0}")]
	Allocator(String),
	#[error("the guest aborted")]
	Aborted,
	#[error("call to `{0}`, which validation functions are not offered")]
	NotOffered(String),
}

/// State of one execution.
pub(crate) struct StoreData {
	memory_limit: u32,
	memory: Option<Memory>,
	allocator: Option<FreeingBumpHeapAllocator>,
	refused_pages: Option<u32>,
	out_of_fuel: bool,
	reason: Option<String>,
}

impl StoreData {
	/// State before instantiation. `memory_limit` is in pages.
	pub(crate) fn new(memory_limit: u32) -> Self {
		// A byte short of 4 GiB is not enough: the allocator computes the end of its heap in 32 bits.
		let memory_limit = memory_limit.min(MAX_PAGES);
		Self {
			memory_limit,
			memory: None,
			allocator: None,
			refused_pages: None,
			out_of_fuel: false,
			reason: None,
		}
	}

	pub(crate) fn set_memory(&mut self, memory: Memory) {
		self.memory = Some(memory);
	}

	pub(crate) fn memory(&self) -> Option<Memory> {
		self.memory
	}

	/// Opens the heap at `heap_base`. Says `false` when no heap can begin there.
	pub(crate) fn start_heap(&mut self, heap_base: u32) -> bool {
		// The allocator rounds up to eight bytes in 32-bit arithmetic.
		let fits = heap_base.checked_next_multiple_of(8).is_some();
		if fits {
			self.allocator = Some(FreeingBumpHeapAllocator::new(heap_base));
		}
		fits
	}

	/// Pages that the memory would have had when growth was last refused.
	pub(crate) fn refused_pages(&self) -> Option<u32> {
		self.refused_pages
	}

	/// Whether a host call could not be paid for.
	pub(crate) fn is_out_of_fuel(&self) -> bool {
		self.out_of_fuel
	}

	/// The guest's last words.
	pub(crate) fn reason(&self) -> Option<&str> {
		self.reason.as_deref()
	}

	fn refuse_pages(&mut self, pages: usize) {
		self.refused_pages = Some(u32::try_from(pages).unwrap_or(u32::MAX));
	}
}

const PAGE: usize = 64 * 1024;

impl ResourceLimiter for StoreData {
	fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
		let pages = desired.div_ceil(PAGE);
		if pages > self.memory_limit as usize {
			self.refuse_pages(pages);
			return Ok(false);
		}
		Ok(maximum.is_none_or(|maximum| desired <= maximum))
	}

	fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
		Ok(desired <= MAX_TABLE_ELEMENTS && maximum.is_none_or(|maximum| desired <= maximum))
	}
}

/// Takes `cost` from the remaining fuel.
fn charge(caller: &mut impl AsContextMut<Data = StoreData>, cost: u64) -> Result<(), HostError> {
	let mut context = caller.as_context_mut();
	let left = context
		.get_fuel()
		.map_err(|_| HostError::OutOfFuel)?
		.checked_sub(cost);
	if left.is_none() {
		context.data_mut().out_of_fuel = true;
	}
	context
		.set_fuel(left.unwrap_or(0))
		.map_err(|_| HostError::OutOfFuel)?;
	left.map(drop).ok_or(HostError::OutOfFuel)
}

fn charge_access(caller: &mut impl AsContextMut<Data = StoreData>, bytes: usize) -> Result<(), HostError> {
	charge(
		caller,
		(bytes as u64)
			.saturating_mul(fuel::BYTE)
			.saturating_add(fuel::ACCESS),
	)
}

fn memory_of(caller: &mut impl AsContextMut<Data = StoreData>) -> Result<Memory, HostError> {
	caller.as_context_mut().data().memory.ok_or(HostError::NotReady)
}

/// Guest memory as the allocator sees it.
struct Heap<'a, C> {
	memory: Memory,
	context: &'a mut C,
	limit: u32,
}

impl<C: AsContextMut<Data = StoreData>> sc_allocator::Memory for Heap<'_, C> {
	fn with_access_mut<R>(&mut self, run: impl FnOnce(&mut [u8]) -> R) -> R {
		run(self.memory.data_mut(&mut *self.context))
	}

	fn with_access<R>(&self, run: impl FnOnce(&[u8]) -> R) -> R {
		run(self.memory.data(&*self.context))
	}

	fn grow(&mut self, additional: u32) -> Result<(), ()> {
		self.memory
			.grow(&mut *self.context, u64::from(additional))
			.map(drop)
			.map_err(drop)
	}

	fn pages(&self) -> u32 {
		u32::try_from(self.memory.size(&*self.context)).unwrap_or(u32::MAX)
	}

	fn max_pages(&self) -> Option<u32> {
		Some(self.limit)
	}
}

/// Runs the allocator on the guest's heap.
fn with_allocator<C, R>(
	context: &mut C,
	run: impl FnOnce(&mut FreeingBumpHeapAllocator, &mut Heap<'_, C>) -> Result<R, sc_allocator::Error>,
) -> Result<R, HostError>
where
	C: AsContextMut<Data = StoreData>,
{
	let memory = memory_of(context)?;
	let declared = memory
		.ty(&*context)
		.maximum()
		.map_or(u32::MAX, |max| u32::try_from(max).unwrap_or(u32::MAX));
	let limit = context.as_context_mut().data().memory_limit.min(declared);
	// Out of the store and back, because the allocator reads the memory through the same store.
	let mut allocator = context
		.as_context_mut()
		.data_mut()
		.allocator
		.take()
		.ok_or(HostError::NotReady)?;
	let outcome = run(
		&mut allocator,
		&mut Heap {
			memory,
			context: &mut *context,
			limit,
		},
	);
	let mut store = context.as_context_mut();
	store.data_mut().allocator = Some(allocator);
	outcome.map_err(|error| {
		if matches!(error, sc_allocator::Error::AllocatorOutOfSpace) {
			// The allocator looks at the limit before it asks the engine, so that the limiter never hears of it.
			store.data_mut().refuse_pages(limit.saturating_add(1) as usize);
		}
		HostError::Allocator(error.to_string())
	})
}

/// Allocates `size` bytes of the guest's heap on behalf of the host.
pub(crate) fn allocate(
	context: &mut impl AsContextMut<Data = StoreData>,
	size: u32,
) -> Result<u32, HostError> {
	with_allocator(context, |allocator, heap| {
		// The allocator adds up what is allocated in 32 bits, unchecked. A guest that overwrites its free lists can
		// have the same block allocated again and again, and so reach any sum.
		if allocator.stats().bytes_allocated > u32::MAX - 2 * MAX_ALLOCATION {
			return Err(sc_allocator::Error::Other(
				"more is allocated than the heap can hold",
			));
		}
		allocator.allocate(heap, size)
	})
	.map(u32::from)
}

/// Reads `length` bytes at `pointer`.
fn read(caller: &mut Caller<'_, StoreData>, pointer: u32, length: u32) -> Result<Vec<u8>, HostError> {
	charge_access(caller, length as usize)?;
	let memory = memory_of(caller)?;
	let start = pointer as usize;
	start
		.checked_add(length as usize)
		.and_then(|end| memory.data(&*caller).get(start..end))
		.map(<[u8]>::to_vec)
		.ok_or(HostError::OutOfBounds {
			pointer,
			length: u64::from(length),
		})
}

fn read_into(caller: &mut Caller<'_, StoreData>, pointer: u32, dest: &mut [u8]) -> Result<(), HostError> {
	charge_access(caller, dest.len())?;
	let length = dest.len() as u64;
	memory_of(caller)?
		.read(&*caller, pointer as usize, dest)
		.map_err(|_| HostError::OutOfBounds { pointer, length })
}

fn write(caller: &mut Caller<'_, StoreData>, pointer: u32, data: &[u8]) -> Result<(), HostError> {
	charge_access(caller, data.len())?;
	memory_of(caller)?
		.write(&mut *caller, pointer as usize, data)
		.map_err(|_| HostError::OutOfBounds {
			pointer,
			length: data.len() as u64,
		})
}

/// Reads what a "fat pointer" (low half pointer, high half length) refers to.
fn read_fat(caller: &mut Caller<'_, StoreData>, fat: u64) -> Result<Vec<u8>, HostError> {
	read(caller, fat as u32, (fat >> 32) as u32)
}

struct HostContext<'a> {
	caller: Caller<'a, StoreData>,
}

impl FunctionContext for HostContext<'_> {
	fn read_memory(&mut self, address: Pointer<u8>, size: WordSize) -> sp_wasm_interface::Result<Vec<u8>> {
		// The provided method allocates before it looks at the bounds: four gigabytes for the asking.
		read(&mut self.caller, address.into(), size).map_err(|error| error.to_string())
	}

	fn read_memory_into(&mut self, address: Pointer<u8>, dest: &mut [u8]) -> sp_wasm_interface::Result<()> {
		read_into(&mut self.caller, address.into(), dest).map_err(|error| error.to_string())
	}

	fn write_memory(&mut self, address: Pointer<u8>, data: &[u8]) -> sp_wasm_interface::Result<()> {
		write(&mut self.caller, address.into(), data).map_err(|error| error.to_string())
	}

	fn allocate_memory(&mut self, size: WordSize) -> sp_wasm_interface::Result<Pointer<u8>> {
		charge(&mut self.caller, fuel::ALLOCATION)
			.and_then(|()| allocate(&mut self.caller, size))
			.map(Pointer::new)
			.map_err(|error| error.to_string())
	}

	fn deallocate_memory(&mut self, pointer: Pointer<u8>) -> sp_wasm_interface::Result<()> {
		charge(&mut self.caller, fuel::ALLOCATION)
			.and_then(|()| {
				with_allocator(&mut self.caller, |allocator, heap| {
					allocator.deallocate(heap, pointer)
				})
			})
			.map_err(|error| error.to_string())
	}

	fn register_panic_error_message(&mut self, message: &str) {
		set_reason(self.caller.data_mut(), message.as_bytes());
	}
}

fn set_reason(data: &mut StoreData, message: &[u8]) {
	let kept = &message[..message.len().min(MAX_REASON_BYTES)];
	data.reason = Some(String::from_utf8_lossy(kept).into_owned());
}

/// Registers the functions that a module wants and that are offered.
struct Registry<'a> {
	linker: &'a mut Linker<StoreData>,
	wanted: &'a mut BTreeMap<String, FuncType>,
}

impl HostFunctionRegistry for Registry<'_> {
	type State = StoreData;
	type Error = wasmtime::Error;
	type FunctionContext = HostContext<'static>;

	fn with_function_context<R>(
		caller: Caller<'_, Self::State>,
		callback: impl FnOnce(&mut dyn FunctionContext) -> R,
	) -> R {
		callback(&mut HostContext { caller })
	}

	fn register_static<Params, Results>(
		&mut self,
		fn_name: &str,
		func: impl wasmtime::IntoFunc<Self::State, Params, Results> + 'static,
	) -> Result<(), Self::Error> {
		let offered =
			OFFERED.contains(&fn_name) || OFFERED_PREFIXES.iter().any(|prefix| fn_name.starts_with(prefix));
		if offered && self.wanted.remove(fn_name).is_some() {
			self.linker.func_wrap(MODULE, fn_name, func)?;
		}
		Ok(())
	}
}

/// The allocator, logging and the abort.
fn link_own(linker: &mut Linker<StoreData>, wanted: &mut BTreeMap<String, FuncType>) -> wasmtime::Result<()> {
	let mut wants = |name: &'static str| wanted.remove(name).map(|_| name);
	if let Some(name) = wants("ext_allocator_malloc_version_1") {
		linker.func_wrap(
			MODULE,
			name,
			|mut caller: Caller<'_, StoreData>, size: u32| -> wasmtime::Result<u32> {
				charge(&mut caller, fuel::ALLOCATION)?;
				Ok(allocate(&mut caller, size)?)
			},
		)?;
	}
	if let Some(name) = wants("ext_allocator_free_version_1") {
		linker.func_wrap(
			MODULE,
			name,
			|mut caller: Caller<'_, StoreData>, pointer: u32| -> wasmtime::Result<()> {
				charge(&mut caller, fuel::ALLOCATION)?;
				Ok(with_allocator(&mut caller, |allocator, heap| {
					allocator.deallocate(heap, Pointer::new(pointer))
				})?)
			},
		)?;
	}
	if let Some(name) = wants("ext_logging_log_version_1") {
		linker.func_wrap(MODULE, name, guest_log)?;
	}
	if let Some(name) = wants("ext_logging_max_level_version_1") {
		// A constant: a guest whose work depended on the host's log level would not be deterministic.
		linker.func_wrap(MODULE, name, |_: Caller<'_, StoreData>| -> u32 { ERROR })?;
	}
	if let Some(name) = wants("ext_panic_handler_abort_on_panic_version_1") {
		linker.func_wrap(
			MODULE,
			name,
			|mut caller: Caller<'_, StoreData>, message: u64| -> wasmtime::Result<()> {
				let message = read_fat(&mut caller, message)?;
				set_reason(caller.data_mut(), &message);
				Err(HostError::Aborted.into())
			},
		)?;
	}
	Ok(())
}

/// The log level "error" as guests number it, and as they number the filter that lets only errors through.
const ERROR: u32 = 1;

/// Passes a guest's log line on. The panic handler of a runtime logs an error to the target `runtime`, then traps.
fn guest_log(
	mut caller: Caller<'_, StoreData>,
	level: u32,
	target: u64,
	message: u64,
) -> wasmtime::Result<()> {
	charge(&mut caller, fuel::LOG)?;
	let target = read_fat(&mut caller, target)?;
	let message = read_fat(&mut caller, message)?;
	if level == ERROR && target == b"runtime" {
		set_reason(caller.data_mut(), &message);
	}
	// Whatever the level, a candidate is a stranger: its words are worth a debug line.
	log::debug!(
		target: "pvf",
		"guest ({level}, {}): {}",
		String::from_utf8_lossy(&target),
		String::from_utf8_lossy(&message),
	);
	Ok(())
}

/// Links all function imports of `module`; those that are not offered trap when called.
pub(crate) fn link(engine: &Engine, module: &Module) -> Result<Linker<StoreData>, PrepareError> {
	let failed = |error: wasmtime::Error| PrepareError::InvalidModule {
		reason: format!("{error:#}"),
	};
	let imports: BTreeMap<String, FuncType> = module
		.imports()
		.filter_map(|import| match import.ty() {
			ExternType::Func(ty) => Some((import.name().to_owned(), ty)),
			_ => None,
		})
		.collect();

	let mut linker = Linker::new(engine);
	let mut wanted = imports.clone();
	link_own(&mut linker, &mut wanted).map_err(failed)?;
	SubstrateFunctions::register_static(&mut Registry {
		linker: &mut linker,
		wanted: &mut wanted,
	})
	.map_err(failed)?;
	for (name, ty) in wanted {
		let refused = name.clone();
		linker
			.func_new(MODULE, &name, ty, move |_, _, _| {
				Err(HostError::NotOffered(refused.clone()).into())
			})
			.map_err(failed)?;
	}

	// A module may import one name under several types; only the right one links.
	let mut scratch = Store::new(engine, StoreData::new(0));
	for import in module.imports() {
		let ExternType::Func(expected) = import.ty() else {
			continue;
		};
		let offered = linker
			.get(&mut scratch, MODULE, import.name())
			.and_then(|item| item.into_func());
		let actual = offered.map(|func| func.ty(&scratch));
		if !actual
			.as_ref()
			.is_some_and(|actual| FuncType::eq(actual, &expected))
		{
			return Err(PrepareError::WrongImport {
				name: import.name().into(),
				expected: expected.to_string(),
				actual: actual.map(|ty| ty.to_string()).unwrap_or_default(),
			});
		}
	}
	Ok(linker)
}
