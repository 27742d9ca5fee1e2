//! Availability, as the only part of a validator.

use async_backing_availability::laws::{Needs, Surroundings};
use async_backing_laws::{try_bytes, try_thoroughly};

#[test]
fn availability_keeps_every_law() {
	let report = try_thoroughly(Surroundings::new);
	let tried = [
		report.hostile,
		report.crashes,
		report.failed_requests,
		report.failed_jobs,
		report.answers,
		report.batches,
		report.costs,
	];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	assert!(report.promises > 0, "{report:?}");
	// Most that was seen in 400 runs is half of this: a leak shows before the bound.
	assert!((1..700_000).contains(&report.memory), "{report:?}");
}

/// What a fuzzer found: with many fetches under way each input took the map of them apart and put it together again, 79 kB.
#[test]
fn law_1_an_input_is_no_heavier_for_what_is_fetched_besides() {
	let found = include_bytes!("../../../fuzz/seeds/availability/law-1-many-fetches");
	let report = try_bytes(Surroundings::new, found);
	assert!(report.failed_requests > 20, "{report:?}");
}

/// What a fuzzer found: a request of a fetch that had ended failed while another one looked for the same chunk, whose first question
/// went to the same peer. Nobody was asked twice in a round.
#[test]
fn law_2_whom_an_earlier_fetch_asked_the_next_one_may_ask_at_once() {
	let found = include_bytes!("../../../fuzz/seeds/availability/law-2-asked-again");
	let report = try_bytes(Surroundings::new, found);
	assert!(report.failed_requests > 0, "{report:?}");
}

/// What a fuzzer found: the law counted few blocks, and this chain was not finalized for long.
#[test]
fn law_3_at_rest_there_is_what_the_chain_knows() {
	let found = include_bytes!("../../../fuzz/seeds/availability/law-3-many-blocks");
	let report = try_bytes(Surroundings::new, found);
	assert!(report.rest > 64 * 1024, "{report:?}");
}

#[test]
fn recovery_keeps_every_law() {
	let report = try_thoroughly(Needs::new);
	let tried = [
		report.hostile,
		report.crashes,
		report.failed_requests,
		report.failed_jobs,
		report.answers,
		report.costs,
	];
	assert!(tried.iter().all(|times| *times > 20), "{report:?}");
	assert!((1..700_000).contains(&report.memory), "{report:?}");
}
