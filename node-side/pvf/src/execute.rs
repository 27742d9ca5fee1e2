//! Executes a prepared validation function once.
//!
//! Invariants:
//! - An execution starts from the module's initial memory: none sees what another left behind.
//! - All that the guest does is paid from one budget of fuel, its start function and host calls included.
//! - The verdict and the fuel are functions of code, parameters and limits alone. A clock can end an execution without a
//!   verdict, and does nothing else.

use crate::{
	engine::PreparedPvf,
	error::ValidateError,
	host::{prices::FUEL_PER_SECOND, HostError, StoreData},
	port::{Failure, Unfinished},
	ENTRY_POINT, HEAP_BASE, MEMORY,
};
use async_backing_primitives::{ValidationParams, ValidationResult};
use codec::{DecodeAll, Encode};
use sp_state_machine::BasicExternalities;
use std::time::{Duration, Instant};
use thiserror::Error;
use wasmtime::{Memory, Store, Trap, UpdateDeadline, Val};

/// Ticks beyond which nobody lives: far enough from the largest number that adding what has passed is no overflow.
const NO_TICK: u64 = u64::MAX / 2;

/// What an execution may take of the clock, in times that its fuel is worth: an engine with a clock ends it then, whatever its
/// caller's deadline. What fuel holds takes less; what it does not is in `docs/pvf.md`.
pub const STRETCH: u32 = 2;
/// What it may take at least, however little its fuel is: a machine has other work beside.
pub const LEAST_TIME: Duration = Duration::from_secs(1);

/// What one execution may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Most pages of linear memory, 64 KiB each.
	pub memory_pages: u32,
	/// Units of fuel, of which [`FUEL_PER_SECOND`] are worth a second: one per Wasm instruction, plus what
	/// [`crate::host::prices`] says for host calls.
	pub fuel: u64,
}

impl Default for Limits {
	fn default() -> Self {
		Self {
			// What Polkadot gives: 2048 pages above a guess of 32 for the module's own data.
			memory_pages: 2080,
			// The execution limit of backing, 2 s (R-BAK-11).
			fuel: 2 * FUEL_PER_SECOND,
		}
	}
}

impl Limits {
	/// The time that the fuel is worth.
	pub fn worth(&self) -> Duration {
		let nanos = u128::from(self.fuel) * 1_000_000_000 / u128::from(FUEL_PER_SECOND);
		Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
	}

	/// When an execution that begins now is late: at its caller's deadline, and after so many times the time that its fuel is
	/// worth.
	pub(crate) fn late_at(&self, deadline: Instant, stretch: u32) -> Instant {
		let patience = self.worth().saturating_mul(stretch).max(LEAST_TIME);
		let own = Instant::now().checked_add(patience);
		own.map_or(deadline, |own| own.min(deadline))
	}
}

/// What stops an execution beside its limits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
	/// Nothing.
	None,
	/// This moment, if the engine is [interruptible](crate::PvfEngine::interruptible).
	Until(Instant),
}

/// The clock stopped the guest.
#[derive(Clone, Copy, Debug, Error)]
#[error("stopped by the clock")]
struct Interrupted;

/// A block that validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validated {
	/// What the validation function returned.
	pub result: ValidationResult,
	/// Fuel that the execution used, in units as in [`Limits::fuel`]. Equal on all machines.
	pub fuel_used: u64,
	/// Pages that the linear memory had in the end, 64 KiB each.
	pub memory_pages: u32,
}

impl PreparedPvf {
	/// Runs `validate_block` on `params`.
	///
	/// # Errors
	/// A [`ValidateError`] when the block is invalid or the execution exceeds `limits`. No error says that the host
	/// is at fault: every one counts against the candidate.
	pub fn validate(&self, params: &ValidationParams, limits: &Limits) -> Result<Validated, ValidateError> {
		match self.validate_by(params, limits, Clock::None) {
			Ok(validated) => Ok(validated),
			Err(Failure::Verdict(verdict)) => Err(verdict),
			// Nobody stops it.
			Err(Failure::Unfinished(unfinished)) => Err(ValidateError::Trap {
				reason: unfinished.to_string(),
			}),
		}
	}

	/// The same under a clock, which looks at the time whenever [`Self::tick`] is called.
	///
	/// # Errors
	/// [`Failure::Unfinished`] if the clock stopped it.
	pub(crate) fn validate_by(
		&self,
		params: &ValidationParams,
		limits: &Limits,
		clock: Clock,
	) -> Result<Validated, Failure<ValidateError>> {
		// Host functions look for extensions in the externalities around them; these are empty, and hide any that
		// the caller may have set.
		let mut nothing = BasicExternalities::default();
		sp_externalities::set_and_run_with_externalities(&mut nothing, || self.run(params, limits, clock))
	}

	/// Has every execution in this engine look at its clock.
	pub(crate) fn tick(&self) {
		self.0.module.engine().increment_epoch();
	}

	fn run(
		&self,
		params: &ValidationParams,
		limits: &Limits,
		clock: Clock,
	) -> Result<Validated, Failure<ValidateError>> {
		let mut store = Store::new(self.0.module.engine(), StoreData::new(limits.memory_pages));
		store.limiter(|data| data);
		store.set_epoch_deadline(NO_TICK);
		if let Clock::Until(deadline) = clock {
			store.epoch_deadline_callback(move |_| match Instant::now() < deadline {
				true => Ok(UpdateDeadline::Continue(1)),
				false => Err(wasmtime::Error::new(Interrupted)),
			});
			store.set_epoch_deadline(1);
		}
		// The engine looks at the fuel where loops and functions begin, and so lets the last straight line of code end on
		// credit. With one unit more than allowed, nothing left in the end means that more than the limit was used.
		let budget = limits.fuel.saturating_add(1);
		store.set_fuel(budget).map_err(|error| trap(&error))?;

		let (memory, packed) = self.call(&mut store, params).map_err(|error| match error {
			Stop::Verdict(verdict) => Failure::Verdict(verdict),
			Stop::Engine(error) if error.is::<Interrupted>() => Failure::Unfinished(Unfinished::Late),
			Stop::Engine(error) => Failure::Verdict(classify(&store, &error, limits)),
		})?;

		let fuel_left = store.get_fuel().map_err(|error| trap(&error))?;
		if fuel_left == 0 {
			return Err(ValidateError::OutOfFuel { limit: limits.fuel }.into());
		}

		let (pointer, length) = (packed as u32, (packed >> 32) as u32);
		let bytes = memory.data(&store);
		let encoded = (pointer as usize)
			.checked_add(length as usize)
			.and_then(|end| bytes.get(pointer as usize..end))
			.ok_or(ValidateError::ResultOutOfBounds {
				pointer,
				length,
				memory: bytes.len(),
			})?;
		let result = ValidationResult::decode_all(&mut &encoded[..]).map_err(|error| {
			ValidateError::UndecodableResult {
				length: encoded.len(),
				reason: error.to_string(),
			}
		})?;
		Ok(Validated {
			result,
			fuel_used: budget.saturating_sub(fuel_left),
			memory_pages: u32::try_from(memory.size(&store)).unwrap_or(u32::MAX),
		})
	}

	/// Instantiates, hands over the parameters and calls. Returns the memory and what the guest returned.
	fn call(&self, store: &mut Store<StoreData>, params: &ValidationParams) -> Result<(Memory, u64), Stop> {
		let instance = match &self.0.memory {
			Some(ty) => {
				let memory = Memory::new(&mut *store, ty.clone())?;
				let mut linker = self.0.linker.clone();
				linker.define(&*store, crate::host::MODULE, MEMORY, memory)?;
				store.data_mut().set_memory(memory);
				linker.instantiate(&mut *store, &self.0.module)?
			}
			None => self.0.linker.instantiate(&mut *store, &self.0.module)?,
		};
		let memory = match store.data().memory() {
			Some(memory) => memory,
			None => {
				let memory = instance
					.get_memory(&mut *store, MEMORY)
					.ok_or_else(|| missing(MEMORY))?;
				store.data_mut().set_memory(memory);
				memory
			}
		};
		let heap_base = match instance
			.get_global(&mut *store, HEAP_BASE)
			.map(|global| global.get(&mut *store))
		{
			Some(Val::I32(base)) => base as u32,
			_ => return Err(missing(HEAP_BASE)),
		};
		if !store.data_mut().start_heap(heap_base) {
			return Err(Stop::Verdict(ValidateError::Trap {
				reason: format!("`{HEAP_BASE}` is {heap_base:#x}, which leaves no heap"),
			}));
		}

		let encoded = params.encode();
		let length = encoded.len();
		let too_large = || Stop::Verdict(ValidateError::InputTooLarge { length });
		let size = u32::try_from(length).map_err(|_| too_large())?;
		let pointer = crate::host::allocate(&mut *store, size).map_err(|_| too_large())?;
		memory
			.write(&mut *store, pointer as usize, &encoded)
			.map_err(|_| too_large())?;
		// The guest has its own copy: no need to hold five megabytes twice while it runs.
		drop(encoded);

		let entry = instance.get_typed_func::<(u32, u32), u64>(&mut *store, ENTRY_POINT)?;
		let packed = entry.call(&mut *store, (pointer, size))?;
		Ok((memory, packed))
	}
}

enum Stop {
	Verdict(ValidateError),
	Engine(wasmtime::Error),
}

impl From<wasmtime::Error> for Stop {
	fn from(error: wasmtime::Error) -> Self {
		Self::Engine(error)
	}
}

/// An export vanished between preparation and execution. `prepare` checked it, so that this only guards the guard.
fn missing(name: &str) -> Stop {
	Stop::Verdict(ValidateError::Trap {
		reason: format!("the module does not export `{name}`"),
	})
}

fn trap(error: &wasmtime::Error) -> ValidateError {
	ValidateError::Trap {
		reason: format!("{error:#}"),
	}
}

/// Turns what the engine says into a verdict.
///
/// The order matters: a guest that is refused memory or fuel usually panics next, and its message would hide why.
fn classify(store: &Store<StoreData>, error: &wasmtime::Error, limits: &Limits) -> ValidateError {
	let engine_trap = error.downcast_ref::<Trap>().copied();
	let data = store.data();
	if data.is_out_of_fuel() || engine_trap == Some(Trap::OutOfFuel) {
		return ValidateError::OutOfFuel { limit: limits.fuel };
	}
	if let Some(pages) = data.refused_pages() {
		return ValidateError::MemoryLimit {
			pages,
			limit: limits.memory_pages,
		};
	}
	// Only `unreachable` and the abort function follow upon a panic; a message before any other trap is old news.
	let panicked = engine_trap == Some(Trap::UnreachableCodeReached)
		|| matches!(error.downcast_ref::<HostError>(), Some(HostError::Aborted));
	match data.reason() {
		Some(reason) if panicked => ValidateError::Aborted {
			reason: reason.to_owned(),
		},
		_ => trap(error),
	}
}
