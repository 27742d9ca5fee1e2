//! The example core of the kit, under the seven laws.
#![no_main]

use async_backing_laws::try_bytes;
use async_backing_machine::laws::example::Scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	try_bytes(|choices| Scene::new(None, choices), bytes);
});
