//! The kit finds nothing wrong with the notary, and what is wrong with each of its twins.

use super::{Flaw, Scene};
use crate::laws::{run, run_seeds, Allocations, Broken, Choices, Law, Plan, Report};

fn measure(run: &mut dyn FnMut()) -> Allocations {
	let counted = allocation_counter::measure(run);
	Allocations {
		total: counted.bytes_total,
		kept: counted.bytes_current,
	}
}

fn try_one(flaw: Option<Flaw>, seed: u64, inputs: u64) -> Result<Report, Broken> {
	let plan = Plan {
		inputs,
		measure: Some(measure),
	};
	run(|choices| Scene::new(flaw, choices), Choices::seeded(seed), plan)
}

#[test]
fn a_good_core_keeps_every_law_over_ten_thousand_inputs() {
	let scene = |choices: &mut Choices<'_>| Scene::new(None, choices);
	let report = run_seeds(scene, 0..4, Plan::thorough(measure)).unwrap_or_else(|broken| panic!("{broken}"));
	assert!(report.inputs >= 40_000, "{report:?}");
	// None of it was idle.
	let counts = [
		report.hostile,
		report.crashes,
		report.disconnections,
		report.requests,
		report.failed_requests,
		report.jobs,
		report.failed_jobs,
		report.answers,
		report.batches,
		report.costs,
		report.promises,
	];
	assert!(counts.iter().all(|count| *count > 20), "{report:?}");
	assert!(report.memory > 5_000 && report.most_allocated > 100, "{report:?}");
}

#[test]
fn a_good_core_keeps_every_law_in_any_weather() {
	for seed in 100..160 {
		try_one(None, seed, 500).unwrap_or_else(|broken| panic!("{broken}"));
	}
}

#[test]
fn runs_are_repeatable() {
	let traces = |seeds: [u64; 2]| seeds.map(|seed| try_one(None, seed, 300).map(|report| report.trace));
	assert_eq!(traces([1, 2]), traces([1, 2]));
	assert_ne!(traces([1, 1]), traces([2, 2]));
}

#[test]
fn bytes_of_a_fuzzer_decide_as_well() {
	let mut noise = Choices::seeded(5);
	for len in [0, 1, 100, 5000] {
		let bytes = noise.fill(len);
		let plan = Plan {
			inputs: 1000,
			measure: None,
		};
		let report = run(|choices| Scene::new(None, choices), Choices::bytes(&bytes), plan);
		let report = report.unwrap_or_else(|broken| panic!("{broken}"));
		assert!(report.inputs as usize <= len + 1000, "{report:?}");
	}
}

/// Every flaw is found, as what it is, within a few seeds.
#[track_caller]
fn is_found(flaw: Flaw, law: Law, what: &str) {
	let found = (0..40).find_map(|seed| try_one(Some(flaw), seed, 2000).err());
	let broken = found.unwrap_or_else(|| panic!("{flaw:?} is not found"));
	assert_eq!(broken.breach.law, law, "{broken}");
	assert!(broken.breach.what.contains(what), "{broken}");
	// It is seen again from what is said about it.
	let again = try_one(Some(flaw), broken.seed.unwrap_or(0), 2000);
	let again = again.err().map(|again| (again.breach.law, again.step));
	if flaw != Flaw::Random {
		assert_eq!(again, Some((law, broken.step)), "{broken}");
	}
	assert!(!broken.input.is_empty(), "{broken}");
}

#[test]
fn an_input_that_panics_is_found() {
	is_found(Flaw::Panics, Law::NoPanic, "document 4294967295");
}

#[test]
fn law_1_is_tried() {
	is_found(Flaw::Hashes, Law::Light, "hashed");
	is_found(Flaw::HashesLittle, Law::Light, "hashed");
	is_found(Flaw::Copies, Law::Light, "allocated");
}

#[test]
fn law_2_is_tried() {
	is_found(Flaw::Idles, Law::Ends, "nothing is open");
	is_found(Flaw::Procrastinates, Law::Ends, "nobody was asked");
	is_found(Flaw::Insists, Law::Ends, "there are others");
	is_found(Flaw::WaitsForADay, Law::Ends, "may take until");
	is_found(Flaw::AnswersTwice, Law::Ends, "twice");
	is_found(Flaw::NeverAnswers, Law::Ends, "never answered");
}

#[test]
fn law_3_is_tried() {
	is_found(Flaw::Hoards, Law::Memory, "its bound is");
	is_found(Flaw::Remembers, Law::Memory, "its bound is");
	is_found(Flaw::KeepsTheGone, Law::Memory, "something is kept of it");
	is_found(Flaw::NeverCancels, Law::Memory, "not cancelled");
	is_found(Flaw::NeverClears, Law::Memory, "timers are set");
}

#[test]
fn law_4_is_tried() {
	is_found(Flaw::NamesNobody, Law::Checked, "no report names");
	is_found(Flaw::NamesNobodyLater, Law::Checked, "which was hostile at input");
	is_found(Flaw::Believes, Law::Checked, "others see");
}

#[test]
fn law_5_is_tried() {
	is_found(Flaw::SignsEarly, Law::Restart, "");
	is_found(Flaw::Forgets, Law::Restart, "forgotten");
}

#[test]
fn law_6_is_tried() {
	is_found(Flaw::Random, Law::Determinism, "something else");
}

#[test]
fn law_7_is_tried() {
	is_found(Flaw::MistakesSession, Law::Sessions, "not the one");
}

#[test]
fn allocations_that_are_not_counted_are_no_proof() {
	let plan = Plan::thorough(|run| {
		run();
		Allocations::default()
	});
	let broken = run(|choices| Scene::new(None, choices), Choices::seeded(1), plan);
	assert_eq!(broken.map_err(|broken| broken.breach.law), Err(Law::Memory));
}
