//! Everybody who executes a candidate executes it with the same.

use super::town::*;
use crate::{contexts::Contexts, CandidateContexts, RunConfig};
use async_backing_execution_context::Source;
use async_backing_sim::{Fault, NodeId};
use codec::Encode;
use std::time::Duration;

fn run(config: RunConfig) -> Town {
	let mut town = Town::new(config);
	town.chronicle.contexts = Some(Contexts::default());
	while town.sim.step(&mut town.chronicle).unwrap() {
		if let Some(contexts) = &mut town.chronicle.contexts {
			contexts.look(town.sim.scenario());
		}
	}
	town
}

/// Checks all that are included, and says how many.
fn check(town: &Town) -> usize {
	let contexts = town.chronicle.contexts.as_ref().unwrap();
	let included: Vec<_> = contexts
		.candidates()
		.iter()
		.filter(|known| known.included_in.is_some())
		.collect();
	for known in &included {
		let bytes = known.built_with.encode();
		let collator = &known.collator;
		assert_eq!(collator.validation_data.to_persisted().encode(), bytes, "R-COL-2");
		assert!(!known.backers.is_empty(), "somebody backed it");
		for backer in &known.backers {
			let context = backer.context.as_ref().unwrap();
			assert_eq!(context.validation_data.to_persisted().encode(), bytes, "R-COL-3");
			assert_eq!(backer.executed_with.encode(), bytes, "R-COL-3");
			assert_eq!(
				context.validation_code_hash.value,
				collator.validation_code_hash.value
			);
			assert_eq!(
				context.constraints.constraints.required_parent,
				known.built_with.parent_head
			);
		}
		let approver = contexts
			.approve(town.sim.scenario(), town.sim.now(), known.candidate)
			.unwrap();
		assert_eq!(approver.validation_data.to_persisted().encode(), bytes, "R-COL-4");
		assert_eq!(
			approver.validation_code_hash.value,
			collator.validation_code_hash.value
		);
		let descriptor = &known.receipt.descriptor;
		assert_eq!(
			approver.validation_data.hash(),
			descriptor.persisted_validation_data_hash(),
			"R-PVD-1"
		);
	}
	included.len()
}

#[test]
fn r_col_2_r_col_3_r_col_4_collator_backers_and_approver_have_the_same_validation_data() {
	for (seed, collators) in [(1, 1), (2, 2), (3, 3)] {
		let town = run(RunConfig {
			collators_per_para: collators,
			..config(30, seed)
		});
		let included = check(&town);
		assert!(included >= 20, "{included} are included");
		let ahead = |known: &CandidateContexts| known.collator.depth() > 0;
		let contexts = town.chronicle.contexts.as_ref().unwrap();
		assert!(
			contexts.candidates().iter().any(ahead),
			"something was built ahead"
		);
	}
}

#[test]
fn r_col_4_an_approver_needs_no_backer_that_is_there_still() {
	let mut config = config(20, 4);
	config.faults.plan = vec![Fault::dead(NodeId(0), Duration::from_secs(60))];
	let town = run(config);
	assert!(check(&town) >= 8);
}

#[test]
fn r_col_3_sources_say_what_a_backer_looked_up() {
	let town = run(config(20, 5));
	let contexts = town.chronicle.contexts.as_ref().unwrap();
	for known in contexts.candidates() {
		for backer in &known.backers {
			let context = backer.context.as_ref().unwrap();
			let data = &context.validation_data;
			assert_eq!(
				data.relay_parent_storage_root.source,
				Source::Header(known.relay_parent.number)
			);
			let parent = context.ancestors.last().map(|parent| parent.candidate);
			assert_eq!(data.parent_head.source.candidate(), parent);
		}
	}
}
