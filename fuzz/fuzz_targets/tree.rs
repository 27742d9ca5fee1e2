//! A fragment tree beside the naive one, after every event of a history (R-TRE-5, R-TRE-8, R-TRE-12, R-SEL-3).
#![no_main]

use async_backing_fragment_tree::model::try_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| try_bytes(bytes));
