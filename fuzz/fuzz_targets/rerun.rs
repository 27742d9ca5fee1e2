//! A recording that somebody sends in (`async-backing rerun FILE`): its bytes are hostile.
//!
//! - Whatever they say, they are told to their end, or there is an error that says why not: no panic.
//! - The same bytes come to the same.
//! - Also where the outputs are not those that it tells: the validator hears what no honest chain and no driver says.
#![no_main]

use async_backing_validator::recording::{rerun, rerun_regardless, Rerun, RerunError};
use libfuzzer_sys::fuzz_target;

fn text(outcome: Result<Rerun, RerunError>) -> String {
	match outcome {
		Ok(rerun) => format!("{rerun:?}"),
		Err(error) => error.to_string(),
	}
}

fuzz_target!(|bytes: &[u8]| {
	assert_eq!(text(rerun(bytes)), text(rerun(bytes)), "law 6");
	let _ = rerun_regardless(bytes);
});
