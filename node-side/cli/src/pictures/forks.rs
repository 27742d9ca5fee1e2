//! What keeping forks is worth: runs with trees beside the same runs with one path for each para.

use super::{run, shows};
use crate::args::{Cli, Command};
use async_backing_devnet::{Fate, ParaReport, RunReport};
use clap::Parser;

/// What all runs have.
const RUN: &str = "dev --blocks 40 --validators 9 --extrinsic-cost-us 20000";
/// What they have beside, and what that is.
const ROWS: [(&str, &str); 6] = [
	("nothing goes wrong", ""),
	("forks of the relay chain", "--forks 30"),
	(
		"a collator equivocates",
		"--collators-per-para 2 --misconduct c1=equivocate",
	),
	("few messages are lost", "--collators-per-para 3 --loss 5"),
	("more are", "--collators-per-para 3 --loss 10"),
	("many are", "--collators-per-para 3 --loss 20"),
];

fn dev(line: &str) -> RunReport {
	let words = std::iter::once("async-backing").chain(line.split_whitespace());
	let Command::Dev(dev) = Cli::try_parse_from(words).expect("it parses").command else {
		panic!("{line}")
	};
	run(dev.run_config()).1
}

fn sum(run: &RunReport, of: impl Fn(&ParaReport) -> u32) -> u32 {
	run.paras.iter().map(of).sum()
}

#[test]
fn r_sel_5_the_guide_shows_what_keeping_forks_is_worth() {
	let mut table =
		"| what goes wrong | flags | kept | built | included | fork lost | parent lost | wasted |\n\
	                 |---|---|---|---|---|---|---|---|\n"
			.to_owned();
	for (what, flags) in ROWS {
		let runs = ["tree", "chain"].map(|selection| {
			let line = format!("{RUN} {flags} --selection {selection}");
			(selection, dev(&line))
		});
		for (selection, run) in &runs {
			let fate = |fate: Fate| sum(run, |para| para.fates.of(fate));
			table += &format!(
				"| {what} | {} | {selection} | {} | {} | {} | {} | {} |\n",
				if flags.is_empty() {
					String::new()
				} else {
					format!("`{flags}`")
				},
				sum(run, |para| para.built),
				sum(run, |para| para.included),
				fate(Fate::ForkLost),
				fate(Fate::ParentLost),
				sum(run, |para| para.wasted),
			);
			// Whatever is kept, nothing wrong is offered.
			assert_eq!(run.refused_on_chain, 0, "{what}, {selection}");
		}
		let [tree, chain] = runs.map(|(_, run)| run);
		if flags.is_empty() {
			assert_eq!(
				(tree.events, tree.head),
				(chain.events, chain.head),
				"without forks there is no difference"
			);
		}
	}
	shows("docs/guide/faults.md", "selection", &table);
}
