//! The choice of a block's content, under what is left of the laws for a machine without a driver.
#![no_main]

use async_backing_laws::{subjects::Author, try_subject_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	try_subject_bytes(Author::new, bytes);
});
