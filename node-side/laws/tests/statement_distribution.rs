//! Statement distribution, as the only part of a validator.

use async_backing_laws::{try_bytes, try_thoroughly};
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

/// What fuzzers found: silent validators that claimed more than others could be asked for in time (law 2).
#[test]
fn law_2_after_a_time_out_somebody_else_is_asked() {
	let found = include_bytes!("../../../fuzz/seeds/statement_distribution/law-2-after-a-time-out");
	let report = try_bytes(|_| Scene::new(), found);
	assert!(report.failed_requests > 0, "{report:?}");
}
