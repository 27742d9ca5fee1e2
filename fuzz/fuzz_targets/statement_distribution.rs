//! Statement distribution, as the only part of a validator, under the seven laws.
#![no_main]

use async_backing_laws::try_bytes;
use async_backing_statement_distribution::laws::Scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	try_bytes(|_| Scene::new(), bytes);
});
