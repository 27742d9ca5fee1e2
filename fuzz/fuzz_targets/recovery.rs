//! The recovery of available data, as all that a node does, under the seven laws.
#![no_main]

use async_backing_availability::laws::Needs;
use async_backing_laws::try_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	try_bytes(Needs::new, bytes);
});
