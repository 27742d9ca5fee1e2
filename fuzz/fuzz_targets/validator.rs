//! A validator, all of its parts, under the seven laws.
#![no_main]

use async_backing_laws::try_bytes;
use async_backing_validator::laws::Town;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	try_bytes(Town::new, bytes);
});
