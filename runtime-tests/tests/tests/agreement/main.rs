//! Agreement: what a node predicts at a leaf, what an author offers there, and what the compiled runtime says (R-GLO-10,
//! R-BASE-18, R-FRG-17).
//!
//! The stories are those of `two_halves`: governance, messages, channels, upgrades, sessions, cores, orders and offences at
//! random, in the first half of a block as well, which nobody saw who predicts; time-outs and availability. Beside the
//! candidates of these stories there are some that are wrong by one ([`wrong`]). Each candidate is judged three times: by
//! tree and provisioner of a node at the leaf, by the native runtime, and by the compiled one in the same state. All that
//! is offered together is judged by both runtimes as well.
//!
//! `AGREEMENT` says how many comparisons to make (5,000 without it), `AGREEMENT_REPORT` where to write the table.

#[path = "../../../relay-runtime/tests/two_halves/chain.rs"]
mod chain;
mod compiled;
#[path = "../../../relay-runtime/tests/two_halves/node.rs"]
mod node;
#[path = "../../../relay-runtime/tests/two_halves/plan.rs"]
mod plan;
mod rules;
#[path = "../../../relay-runtime/tests/two_halves/story.rs"]
mod story;
mod wrong;

use async_backing_primitives::ParachainsInherentData;
use async_backing_relay_runtime::Runtime;
use compiled::Compiled;
use node::{AtLeaf, Made};
use proptest::{
	strategy::{Strategy, ValueTree},
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use rules::Counts;
use scale_info::{TypeDef, TypeInfo};
use std::collections::BTreeSet;
use story::{run, Tally, Watcher};

/// Comparisons without `AGREEMENT`.
const COMPARISONS: u64 = 5_000;

/// Asks the compiled runtime too, and counts.
struct Judge {
	compiled: Compiled,
	counts: Counts,
	offered: u64,
	/// Which wrong candidate is made next.
	next: usize,
	/// Candidates of the block before, and of those before that wait still.
	earlier: Vec<Made>,
}

impl Watcher for Judge {
	fn add_to(&mut self, leaf: &AtLeaf, made: &mut Vec<Made>) {
		let paras = leaf.facts.paras.values();
		let pending: BTreeSet<_> = paras
			.flat_map(|para| &para.backing_state.pending_availability)
			.map(|pending| pending.candidate_hash)
			.collect();
		self.earlier
			.retain(|candidate| pending.contains(&candidate.hash()));
		let honest = made.clone();
		for candidate in &honest {
			made.extend(wrong::by_one(leaf, candidate, self.next));
			made.extend(leaf.voted_by_all(candidate));
			self.next += 1;
		}
		// Once more what waits already.
		made.extend(self.earlier.iter().cloned());
		self.earlier.extend(honest);
	}

	fn judged(&mut self, candidate: &Made, data: &ParachainsInherentData, refusal: Option<&'static str>) {
		let compiled = self.compiled.accepts(data);
		assert_eq!(
			compiled,
			refusal.is_none(),
			"R-WGT-7: the compiled runtime says {compiled}, the native one {refusal:?}: {candidate:?}"
		);
		self.counts.add(candidate, refusal);
	}

	fn offered(&mut self, data: &ParachainsInherentData) {
		assert!(
			self.compiled.accepts(data),
			"R-INC-3: the compiled runtime refuses what a provisioner offers: {data:?}"
		);
		self.offered += 1;
	}
}

#[test]
fn r_glo_10_prediction_choice_and_verdict_agree() {
	let wanted = std::env::var("AGREEMENT")
		.ok()
		.and_then(|count| count.parse().ok());
	let wanted: u64 = wanted.unwrap_or(COMPARISONS);
	let mut judge = Judge {
		compiled: Compiled::new(),
		counts: Counts::default(),
		offered: 0,
		next: 0,
		earlier: Vec::new(),
	};
	let mut tally = Tally::default();
	let config = Config {
		failure_persistence: None,
		..Config::default()
	};
	// The same histories every time: more of them are the same and more.
	let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
	let mut runner = TestRunner::new_with_rng(config, rng);
	let stories = plan::story();
	while judge.counts.comparisons() < wanted {
		let (start, blocks) = stories
			.new_tree(&mut runner)
			.expect("there are stories")
			.current();
		match run(start, &blocks, &mut judge) {
			Ok(story) => tally.add(story),
			Err(error) => panic!("{error}: {start:?} {blocks:#?}"),
		}
	}
	let report = judge.counts.report(&tally, judge.offered);
	println!("{report}");
	if let Ok(path) = std::env::var("AGREEMENT_REPORT") {
		std::fs::write(path, &report).expect("the report can be written");
	}
	let never = judge.counts.never();
	assert!(never.is_empty(), "every rule accepts and refuses: {never:?}");
	let unexpected = judge.counts.unexpected();
	assert!(
		unexpected.is_empty(),
		"what is said to be out of reach is not: {unexpected:?}"
	);
}

#[test]
fn r_glo_10_every_error_of_the_inherent_is_accounted_for() {
	let type_info = <pallet_async_backing_inclusion::Error<Runtime> as TypeInfo>::type_info();
	let TypeDef::Variant(errors) = type_info.type_def else {
		panic!("errors are an enumeration");
	};
	for error in errors.variants {
		let places = rules::places(error.name);
		assert_eq!(places, 1, "{} is in {places} tables", error.name);
	}
}
