//! Statement distribution, as the only part of a validator.

use async_backing_laws::try_thoroughly;
use async_backing_statement_distribution::laws::Scene;

#[test]
fn statement_distribution_keeps_every_law() {
	let report = try_thoroughly(|_| Scene::new());
	let tried = [
		report.hostile,
		report.crashes,
		report.requests,
		report.failed_requests,
		report.jobs,
		report.failed_jobs,
		report.answers,
		report.costs,
	];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	assert!(report.memory > 0, "allocations are counted: {report:?}");
}
