//! Both sides of the collator protocol.

use async_backing_collator_protocol::laws::{Fair, Market};
use async_backing_laws::{try_seeds, try_thoroughly};
use async_backing_machine::laws::THOROUGH;

#[test]
fn the_validators_side_keeps_every_law() {
	// Few checks of signatures are asked for in a run: eight seeds, so that enough of them are lost.
	let report = try_seeds(|_| Market::new(), 0..8, THOROUGH);
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
	assert!(report.memory > 0, "{report:?}");
}

#[test]
fn the_collators_side_keeps_every_law() {
	let report = try_thoroughly(|_| Fair::new());
	let tried = [report.hostile, report.crashes, report.answers, report.costs];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	assert!(report.memory > 0, "{report:?}");
}
