//! Backing.

use async_backing_backing::laws::Scene;
use async_backing_laws::try_thoroughly;

#[test]
fn backing_keeps_every_law() {
	let report = try_thoroughly(|_| Scene::new());
	let tried = [
		report.hostile,
		report.crashes,
		report.requests,
		report.failed_requests,
		report.jobs,
		report.failed_jobs,
		report.batches,
		report.costs,
		report.promises,
	];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	// Most that was seen in 300 runs is half of this: a leak shows before the bound.
	assert!((1..700_000).contains(&report.memory), "{report:?}");
}
