//! A validator, all of its parts.

use async_backing_laws::try_thoroughly;
use async_backing_validator::laws::Town;

#[test]
fn a_validator_keeps_every_law() {
	let report = try_thoroughly(Town::new);
	let tried = [
		report.hostile,
		report.crashes,
		report.failed_requests,
		report.failed_jobs,
		report.promises,
	];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	// Most that was seen in 300 runs is half of this: a leak shows before the bound.
	assert!((1..2_000_000).contains(&report.memory), "{report:?}");
}
