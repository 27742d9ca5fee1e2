//! The entry point of the Wasm module: the only unsafe code of the workspace (docs/decisions/0005).

use alloc::string::ToString;
use async_backing_primitives::ValidationParams;
use codec::{DecodeAll, Encode};

/// Polkadot's ABI: takes the SCALE encoding of `ValidationParams`, returns that of `ValidationResult`, pointer in the
/// low half and length in the high half. Aborts with the reason when the block is invalid.
///
/// # Safety
/// `pointer` refers to `length` bytes that the host wrote and nobody changes while this runs. A validation function has
/// one thread and one call per instance.
#[allow(
	unsafe_code,
	reason = "the ABI hands over a raw pointer and finds this function by its name"
)]
#[no_mangle]
pub(crate) unsafe extern "C" fn validate_block(pointer: *const u8, length: usize) -> u64 {
	// SAFETY: the caller's part of the contract, above.
	let encoded = unsafe { core::slice::from_raw_parts(pointer, length) };
	let Ok(params) = ValidationParams::decode_all(&mut &encoded[..]) else {
		sp_io::panic_handler::abort_on_panic("the host's parameters do not decode")
	};
	match crate::validate(&params) {
		Ok(result) => {
			// Never freed: the instance ends with this call.
			let encoded = result.encode().leak();
			encoded.as_ptr() as u64 | ((encoded.len() as u64) << 32)
		}
		// The text alone; a panic would add the place in the source.
		Err(error) => sp_io::panic_handler::abort_on_panic(&error.to_string()),
	}
}
