//! Both sides of the collator protocol, each under the seven laws: the first byte says which.
#![no_main]

use async_backing_collator_protocol::laws::{Fair, Market};
use async_backing_laws::try_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	match bytes.split_first() {
		Some((side, bytes)) if side % 2 == 1 => {
			try_bytes(|_| Fair::new(), bytes);
		}
		Some((_, bytes)) => {
			try_bytes(|_| Market::new(), bytes);
		}
		None => {}
	}
});
