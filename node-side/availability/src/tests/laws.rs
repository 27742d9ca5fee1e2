//! A short run under the laws that need no counted memory. The long one is in `async-backing-laws`.

use crate::laws::{Needs, Surroundings};
use async_backing_machine::laws::{run_seeds, Plan};

const PLAN: Plan = Plan {
	inputs: 2000,
	measure: None,
};

#[test]
fn what_is_kept_and_what_is_recovered_keeps_the_laws() {
	let kept = run_seeds(Surroundings::new, 0..2, PLAN).unwrap_or_else(|broken| panic!("{broken}"));
	let found = run_seeds(Needs::new, 0..6, PLAN).unwrap_or_else(|broken| panic!("{broken}"));
	for report in [kept, found] {
		let tried = [
			report.hostile,
			report.crashes,
			report.failed_requests,
			report.jobs,
		];
		assert!(tried.iter().all(|times| *times > 10), "{report:?}");
	}
}
