//! What keeping forks is worth: runs with trees beside the same runs with one path for each para.

use super::{run, shows};
use crate::args::{Cli, Command};
use async_backing_devnet::{Fate, ParaReport, RunReport};
use clap::Parser;

/// What all runs have.
const RUN: &str = "dev --blocks 30 --validators 9 --extrinsic-cost-us 20000";
/// A single run says little: what is lost depends on which message is.
const SEEDS: [u32; 3] = [0, 1, 2];
/// What they have beside, and what that is.
const ROWS: [(&str, &str); 4] = [
	("nothing goes wrong", ""),
	("forks of the relay chain", "--forks 30"),
	("messages are lost", "--collators-per-para 3 --loss 10"),
	("many messages are lost", "--collators-per-para 3 --loss 20"),
];

fn dev(line: &str) -> RunReport {
	let words = std::iter::once("async-backing").chain(line.split_whitespace());
	let Command::Dev(dev) = Cli::try_parse_from(words).expect("it parses").command else {
		panic!("{line}")
	};
	run(dev.run_config()).1
}

fn sum(runs: &[RunReport], of: impl Fn(&ParaReport) -> u32) -> u32 {
	runs.iter().flat_map(|run| &run.paras).map(of).sum()
}

#[test]
fn r_sel_5_the_guide_shows_what_keeping_forks_is_worth() {
	let mut table =
		"| what goes wrong | flags | kept | built | included | fork lost | parent lost | wasted |\n\
	                 |---|---|---|---|---|---|---|---|\n"
			.to_owned();
	for (what, flags) in ROWS {
		let runs = ["tree", "chain"].map(|selection| {
			SEEDS.map(|seed| dev(&format!("{RUN} {flags} --selection {selection} --seed {seed}")))
		});
		for (selection, runs) in ["tree", "chain"].into_iter().zip(&runs) {
			let fate = |fate: Fate| sum(runs, |para| para.fates.of(fate));
			let flags = if flags.is_empty() {
				String::new()
			} else {
				format!("`{flags}`")
			};
			table += &format!(
				"| {what} | {flags} | {selection} | {} | {} | {} | {} | {} |\n",
				sum(runs, |para| para.built),
				sum(runs, |para| para.included),
				fate(Fate::ForkLost),
				fate(Fate::ParentLost),
				sum(runs, |para| para.wasted),
			);
			// Whatever is kept, nothing wrong is offered.
			assert!(
				runs.iter().all(|run| run.refused_on_chain == 0),
				"{what}, {selection}"
			);
		}
		let is_same = |(tree, chain): (&RunReport, &RunReport)| {
			(&tree.events, &tree.head) == (&chain.events, &chain.head)
		};
		let [tree, chain] = &runs;
		if !flags.contains("--loss") {
			assert!(
				tree.iter().zip(chain).all(is_same),
				"no para forks at a leaf: {what}"
			);
		}
	}
	shows("docs/guide/faults.md", "selection", &table);
}
