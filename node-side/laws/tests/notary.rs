//! The kit's example core.

use async_backing_laws::try_thoroughly;
use async_backing_machine::laws::example::Scene;

#[test]
fn the_example_keeps_every_law() {
	let report = try_thoroughly(|choices| Scene::new(None, choices));
	let tried = [
		report.hostile,
		report.crashes,
		report.failed_requests,
		report.failed_jobs,
	];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	assert!(report.memory > 0, "allocations are counted: {report:?}");
}
