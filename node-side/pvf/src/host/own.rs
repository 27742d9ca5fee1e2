//! Host functions of our own: those of `sp-io` that panic, or that show the guest something of the host.

use super::{
	allocate, charge, functions::Guest, link::sp_io_function, peek, prices::Price, read, reserve, set_reason,
	with_allocator, write, HostContext, HostError, MAX_REASON_BYTES,
};
use codec::Encode;
use sc_executor_common::runtime_blob::RuntimeBlob;
use sp_maybe_compressed_blob::CODE_BLOB_BOMB_LIMIT;
use sp_wasm_interface::{Pointer, Value};
use wasmtime::Val;

/// A call that has been paid for but for its bytes.
pub(crate) struct Call<'a> {
	pub(super) caller: Guest<'a>,
	pub(super) price: Price,
	/// Of the types in the function's signature.
	pub(super) args: &'a [Val],
}

impl Call<'_> {
	/// The argument at `index`, widened. The engine checked its type.
	fn arg(&self, index: usize) -> u64 {
		match self.args.get(index) {
			Some(Val::I32(value)) => u64::from(*value as u32),
			Some(Val::I64(value)) => *value as u64,
			_ => 0,
		}
	}

	/// The beginning of what the fat pointer at `index` refers to, at most [`MAX_REASON_BYTES`]. All of it is paid for.
	fn words(&mut self, index: usize) -> Result<Vec<u8>, HostError> {
		let fat = self.arg(index);
		let length = (fat >> 32) as u32;
		charge(&mut self.caller, self.price.of_bytes(length.into()))?;
		let bytes = peek(&self.caller, fat)?;
		Ok(bytes[..bytes.len().min(MAX_REASON_BYTES)].to_vec())
	}
}

/// How deep a module may be unpacked and taken apart, in bytes of host memory per byte of code: at worst a byte becomes an
/// instruction of sixteen, in a vector that doubles while it grows.
const MODULE_MEMORY: u64 = 64;

pub(super) fn malloc(mut caller: Guest<'_>, price: Price, size: u32) -> wasmtime::Result<u32> {
	charge(&mut caller, price.call)?;
	Ok(allocate(&mut caller, size)?)
}

pub(super) fn free(mut caller: Guest<'_>, price: Price, pointer: u32) -> wasmtime::Result<()> {
	charge(&mut caller, price.call)?;
	Ok(with_allocator(&mut caller, |allocator, heap| {
		allocator.deallocate(heap, Pointer::new(pointer))
	})?)
}

/// The log level "error" as guests number it.
const ERROR: u64 = 0;
/// The filter that lets only errors through, as guests number it: one more, because zero is "off".
const ERRORS_ONLY: i32 = 1;

/// Passes a guest's log line on. The panic handler of a runtime logs an error to the target `runtime`, then traps.
pub(super) fn log(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	let level = call.arg(0);
	let target = call.words(1)?;
	let message = call.words(2)?;
	if level == ERROR && target == b"runtime" {
		set_reason(call.caller.data_mut(), &message);
	}
	// Whatever the level, a candidate is a stranger: its words are worth a debug line.
	log::debug!(
		target: "pvf",
		"guest ({level}, {}): {}",
		String::from_utf8_lossy(&target),
		String::from_utf8_lossy(&message),
	);
	Ok(None)
}

/// A constant: a guest whose work depended on the host's log level would not be deterministic.
pub(super) fn max_level(_: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	Ok(Some(Val::I32(ERRORS_ONLY)))
}

pub(super) fn print_num(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	log::debug!(target: "pvf", "guest: {}", call.arg(0));
	Ok(None)
}

/// Prints text or bytes.
pub(super) fn print(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	let words = call.words(0)?;
	log::debug!(target: "pvf", "guest: {}", words.escape_ascii());
	Ok(None)
}

pub(super) fn abort(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	let message = call.words(0)?;
	set_reason(call.caller.data_mut(), &message);
	Err(HostError::Aborted.into())
}

/// Begins a batch. A second one inside the first is refused, as by Polkadot.
pub(super) fn start_batch_verify(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	let batch = &mut call.caller.data_mut().batch;
	if batch.is_some() {
		return Err(HostError::Batch("begun within another").into());
	}
	*batch = Some(true);
	Ok(None)
}

/// Whether all signatures since the beginning of the batch were good.
pub(super) fn finish_batch_verify(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	match call.caller.data_mut().batch.take() {
		Some(all_good) => Ok(Some(Val::I32(all_good.into()))),
		None => Err(HostError::Batch("ended before it was begun").into()),
	}
}

pub(super) fn ed25519_batch_verify(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	batch_verify(call, "ext_crypto_ed25519_verify_version_1")
}

pub(super) fn sr25519_batch_verify(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	batch_verify(call, "ext_crypto_sr25519_verify_version_2")
}

pub(super) fn ecdsa_batch_verify(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	batch_verify(call, "ext_crypto_ecdsa_verify_version_2")
}

/// Verifies at once, and notes the answer where a batch is open. So does the published host: nothing is put off any more.
fn batch_verify(call: &mut Call<'_>, verify: &'static str) -> wasmtime::Result<Option<Val>> {
	let function = sp_io_function(verify).ok_or_else(|| HostError::NotOffered(verify.to_owned()))?;
	let answer = HostContext::enter(&mut call.caller, call.price, function, call.args)?;
	let good = matches!(answer, Some(Value::I32(answer)) if answer != 0);
	if let Some(all_good) = &mut call.caller.data_mut().batch {
		*all_good &= good;
	}
	Ok(Some(Val::I32(good.into())))
}

/// The version that a runtime carries, as the encoding of an `Option` of its bytes. Nothing is executed for it: code that
/// does not carry its version has none, as in Polkadot's host.
pub(super) fn runtime_version(call: &mut Call<'_>) -> wasmtime::Result<Option<Val>> {
	let fat = call.arg(0);
	let code = read(&mut call.caller, call.price, fat as u32, (fat >> 32) as u32)?;
	let version = unpacked(call, &code)?.and_then(|code| version_of(&code));
	let answer = version.encode();
	let length = u32::try_from(answer.len()).map_err(|_| HostError::OutOfFuel)?;
	let pointer = allocate(&mut call.caller, length)?;
	write(&mut call.caller, call.price, pointer, &answer)?;
	let fat = u64::from(pointer) | (u64::from(length) << 32);
	Ok(Some(Val::I64(fat as i64)))
}

/// Unpacks code, if need be and if it can be paid for. `None` if it cannot be unpacked, or only to more than anybody takes.
fn unpacked(call: &mut Call<'_>, code: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
	use sp_maybe_compressed_blob::{decompress, Error};
	let per_byte = call.price.item.max(1);
	let payable = call.caller.get_fuel().map_err(|_| HostError::OutOfFuel)? / per_byte;
	let bearable = super::MAX_MEMORY / MODULE_MEMORY;
	let limit = payable.min(bearable).min(CODE_BLOB_BOMB_LIMIT as u64);
	let unpacked = match decompress(code, limit as usize) {
		Ok(unpacked) => unpacked.into_owned(),
		Err(Error::Invalid) => return Ok(None),
		Err(Error::PossibleBomb) if limit == CODE_BLOB_BOMB_LIMIT as u64 => return Ok(None),
		// It takes more than one of these allows, and one of the two says no.
		Err(Error::PossibleBomb) => {
			charge(&mut call.caller, (limit + 1).saturating_mul(per_byte))?;
			reserve((limit + 1).saturating_mul(MODULE_MEMORY))?;
			return Ok(None);
		}
	};
	let length = unpacked.len() as u64;
	charge(&mut call.caller, length.saturating_mul(per_byte))?;
	reserve(length.saturating_mul(MODULE_MEMORY))?;
	Ok(Some(unpacked))
}

fn version_of(code: &[u8]) -> Option<Vec<u8>> {
	let read = || {
		let blob = RuntimeBlob::new(code).ok()?;
		sc_executor::read_embedded_version(&blob).ok()?
	};
	// The parser is not ours.
	let version = super::contained(read).ok()?;
	version.map(|version| version.encode())
}
