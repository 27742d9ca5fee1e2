//! What a validation function may call on the host.
//!
//! Hashing, signature checks and tries are those of `sp-io`; the allocator, logging, printing, batches and versions of
//! runtimes are our own, because theirs panic on what a hostile guest may send, or show the guest the host's log level.
//!
//! Invariants:
//! - Every call, every access to the guest's memory and every item is charged (see [`prices`]) before it happens, and checked
//!   against its bounds.
//! - A call takes at most [`MAX_MEMORY`] of the host's memory, and leaves at most [`MAX_REASON_BYTES`] of it behind.
//! - No function tells the guest anything about the host.

mod functions;
mod link;
mod own;
pub mod prices;
mod table;
mod trie;

pub use functions::{offered, refused};
pub(crate) use link::link;
pub use trie::MAX_DEPTH as MAX_TRIE_DEPTH;

use prices::Price;

use sc_allocator::FreeingBumpHeapAllocator;
use sp_wasm_interface::{Function, FunctionContext, Pointer, Value, WordSize};
use std::panic::{self, AssertUnwindSafe};
use thiserror::Error;
use wasmtime::{AsContextMut, Caller, Memory, ResourceLimiter, Val};

/// Module from which a validation function imports.
pub const MODULE: &str = "env";
/// What is kept of a guest's last words, in bytes.
pub const MAX_REASON_BYTES: usize = 4096;
/// Most elements of a table. Far above what a runtime has functions; keeps a declaration of four bytes from
/// claiming gigabytes.
const MAX_TABLE_ELEMENTS: usize = 1 << 17;

/// Most memory of the host that one call may take, in bytes, as it is estimated before the call.
pub const MAX_MEMORY: u64 = 1 << 30;
/// Most attempts to grow a memory or a table that may be refused. A guest's allocator asks once and gives up; each attempt
/// costs the guest a unit and the host a hundred.
const MAX_REFUSALS: u32 = 1024;

/// Largest allocation that the allocator serves, in bytes.
const MAX_ALLOCATION: u32 = 32 * 1024 * 1024;
/// Most pages that a memory can have here, whatever the limits say: one below what Wasm allows.
const MAX_PAGES: u32 = 65_535;

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
	#[error("call to `{0}`, which needs a key store")]
	NoKeystore(String),
	#[error("a batch of signatures was {0}")]
	Batch(&'static str),
	#[error("host call that may take {bytes} bytes of the host's memory, of which {MAX_MEMORY} are allowed")]
	Memory { bytes: u64 },
	#[error("a trie with {depth} nodes on one path, of which {MAX_TRIE_DEPTH} are allowed")]
	TrieDepth { depth: usize },
	#[error("a memory or table that was refused room {MAX_REFUSALS} times")]
	Insisting,
	#[error("host call that failed: {0}")]
	Failed(String),
}

/// State of one execution.
pub(crate) struct StoreData {
	memory_limit: u32,
	memory: Option<Memory>,
	allocator: Option<FreeingBumpHeapAllocator>,
	refused_pages: Option<u32>,
	/// How often memory or table were refused.
	refusals: u32,
	out_of_fuel: bool,
	reason: Option<String>,
	/// While a batch of signatures is open: whether all were good so far.
	batch: Option<bool>,
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
			refusals: 0,
			out_of_fuel: false,
			reason: None,
			batch: None,
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

	/// An attempt is cheap for the guest and dear for the host, so that not many may fail.
	fn count_refusal(&mut self, allowed: bool) -> wasmtime::Result<bool> {
		if !allowed {
			self.refusals = self.refusals.saturating_add(1);
			if self.refusals > MAX_REFUSALS {
				return Err(HostError::Insisting.into());
			}
		}
		Ok(allowed)
	}

	fn refuse_pages(&mut self, pages: usize) {
		self.refused_pages = Some(u32::try_from(pages).unwrap_or(u32::MAX));
	}
}

const PAGE: usize = 64 * 1024;

impl ResourceLimiter for StoreData {
	fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
		let pages = desired.div_ceil(PAGE);
		let allowed = pages <= self.memory_limit as usize;
		if !allowed {
			self.refuse_pages(pages);
		}
		self.count_refusal(allowed && maximum.is_none_or(|maximum| desired <= maximum))
	}

	fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
		self.count_refusal(desired <= MAX_TABLE_ELEMENTS && maximum.is_none_or(|maximum| desired <= maximum))
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

/// Says whether a call that may take so much of the host's memory can be made.
fn reserve(bytes: u64) -> Result<(), HostError> {
	match bytes <= MAX_MEMORY {
		true => Ok(()),
		false => Err(HostError::Memory { bytes }),
	}
}

/// Runs code that is not ours. A panic is an error, and does not end a process whose panics otherwise do.
fn contained<T>(run: impl FnOnce() -> T) -> Result<T, HostError> {
	let _unwinds = sp_panic_handler::AbortGuard::force_unwind();
	panic::catch_unwind(AssertUnwindSafe(run)).map_err(|_| HostError::Failed("it panicked".into()))
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

/// What a "fat pointer" (low half pointer, high half length) refers to, without charge.
fn peek<'a>(caller: &'a Caller<'_, StoreData>, fat: u64) -> Result<&'a [u8], HostError> {
	let (pointer, length) = (fat as u32, (fat >> 32) as u32);
	let memory = caller.data().memory.ok_or(HostError::NotReady)?;
	let start = pointer as usize;
	start
		.checked_add(length as usize)
		.and_then(|end| memory.data(caller).get(start..end))
		.ok_or(HostError::OutOfBounds {
			pointer,
			length: u64::from(length),
		})
}

/// Reads `length` bytes at `pointer`.
fn read(
	caller: &mut Caller<'_, StoreData>,
	price: Price,
	pointer: u32,
	length: u32,
) -> Result<Vec<u8>, HostError> {
	charge(caller, price.of_bytes(length.into()))?;
	peek(caller, u64::from(pointer) | (u64::from(length) << 32)).map(<[u8]>::to_vec)
}

fn read_into(
	caller: &mut Caller<'_, StoreData>,
	price: Price,
	pointer: u32,
	dest: &mut [u8],
) -> Result<(), HostError> {
	let length = dest.len() as u64;
	charge(caller, price.of_bytes(length))?;
	memory_of(caller)?
		.read(&*caller, pointer as usize, dest)
		.map_err(|_| HostError::OutOfBounds { pointer, length })
}

fn write(
	caller: &mut Caller<'_, StoreData>,
	price: Price,
	pointer: u32,
	data: &[u8],
) -> Result<(), HostError> {
	let length = data.len() as u64;
	charge(caller, price.of_bytes(length))?;
	memory_of(caller)?
		.write(&mut *caller, pointer as usize, data)
		.map_err(|_| HostError::OutOfBounds { pointer, length })
}

/// The guest, as a function of `sp-io` sees it.
struct HostContext<'a, 'b> {
	caller: &'a mut Caller<'b, StoreData>,
	price: Price,
}

impl HostContext<'_, '_> {
	/// Calls a function of `sp-io`.
	fn enter(
		caller: &mut Caller<'_, StoreData>,
		price: Price,
		function: &'static dyn Function,
		args: &[Val],
	) -> Result<Option<Value>, HostError> {
		let mut context = HostContext { caller, price };
		let mut args = args.iter().map(link::to_value);
		contained(|| function.execute(&mut context, &mut args))?.map_err(HostError::Failed)
	}
}

impl FunctionContext for HostContext<'_, '_> {
	fn read_memory(&mut self, address: Pointer<u8>, size: WordSize) -> sp_wasm_interface::Result<Vec<u8>> {
		// The provided method allocates before it looks at the bounds: four gigabytes for the asking.
		read(self.caller, self.price, address.into(), size).map_err(|error| error.to_string())
	}

	fn read_memory_into(&mut self, address: Pointer<u8>, dest: &mut [u8]) -> sp_wasm_interface::Result<()> {
		read_into(self.caller, self.price, address.into(), dest).map_err(|error| error.to_string())
	}

	fn write_memory(&mut self, address: Pointer<u8>, data: &[u8]) -> sp_wasm_interface::Result<()> {
		write(self.caller, self.price, address.into(), data).map_err(|error| error.to_string())
	}

	// Paid for with the call that allocates for its result.
	fn allocate_memory(&mut self, size: WordSize) -> sp_wasm_interface::Result<Pointer<u8>> {
		allocate(self.caller, size)
			.map(Pointer::new)
			.map_err(|error| error.to_string())
	}

	fn deallocate_memory(&mut self, pointer: Pointer<u8>) -> sp_wasm_interface::Result<()> {
		with_allocator(self.caller, |allocator, heap| allocator.deallocate(heap, pointer))
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
