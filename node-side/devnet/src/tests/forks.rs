//! Forks of the relay chain: blocks come late, two are built beside each other, and one of them loses.

use super::town::{config, Town, PARA};
use crate::{relay::Chain, world::Note, ParaReport, RunConfig};
use async_backing_primitives::Hash;
use async_backing_sim::What;
use std::{collections::BTreeSet, time::Duration};

fn forked(percent: u32, seed: u64) -> RunConfig {
	let mut config = config(60, seed);
	config.faults.forks = percent;
	config
}

/// A run, its report, and the parents of all relay blocks.
fn run(config: RunConfig) -> (Town, ParaReport, Vec<Hash>) {
	let slot: Duration = config.model.slot;
	let mut town = Town::new(config);
	let mut parents = Vec::new();
	town.run(|step| {
		if let What::Note(Note::RelayBlock(block)) = step.what {
			parents.push(block.facts.parent_hash);
		}
	});
	let world = town.sim.scenario();
	let last = world.relay.facts(world.head).unwrap();
	let lost = town.chronicle.branch.lost();
	let report = town.chronicle.tally.report(PARA, &last, lost, slot);
	(town, report, parents)
}

#[test]
fn r_col_5_forks_come_and_one_of_them_loses() {
	let (town, report, parents) = run(forked(30, 1));
	let lost = town.chronicle.branch.lost().len();
	assert!(lost > 0, "R-COL-5: {report:?}");
	assert_eq!(
		town.chronicle.relay_blocks, 60,
		"the best chain is as long as the run"
	);
	assert_eq!(
		parents.len(),
		60 + lost,
		"each block is on the best chain or beside it"
	);
	let twice = parents.len() - parents.iter().collect::<BTreeSet<_>>().len();
	assert!(twice > 0, "two blocks on one parent");
	assert!(report.included > 20, "R-COL-6: the para goes on: {report:?}");
}

#[test]
fn without_forks_no_relay_block_is_lost() {
	let (town, report, parents) = run(forked(0, 1));
	assert!(town.chronicle.branch.lost().is_empty());
	assert_eq!(parents.len(), 60);
	assert_eq!((report.wasted, report.reused), (0, 0), "{report:?}");
}

#[test]
fn what_is_lost_has_a_reason() {
	for seed in 0..6 {
		let (_, report, _) = run(forked(40, seed));
		let reasons = report.lost.iter().chain(&report.refusals);
		let told: u32 = reasons.map(|lost| lost.candidates).sum();
		assert_eq!(told, report.wasted, "R-COL-6: seed {seed}: {report:?}");
	}
}

#[test]
fn r_col_2_behind_the_best_block_a_fork_that_loses_kills_nothing() {
	let (mut at_the_leaf, mut behind) = (0, 0);
	for seed in 0..6 {
		at_the_leaf += run(forked(30, seed)).1.wasted;
		let mut config = forked(30, seed);
		(config.model.relay_parent_offset, config.model.segment_capacity) = (1, 6);
		behind += run(config).1.wasted;
	}
	assert!(behind < at_the_leaf, "R-COL-2: {behind} instead of {at_the_leaf}");
}

#[test]
fn the_same_seed_has_the_same_forks() {
	let once = || {
		let (town, report, _) = run(forked(30, 7));
		(town.sim.trace(), town.chronicle.log.hash(), report)
	};
	assert_eq!(once(), once());
}
