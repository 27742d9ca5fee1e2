//! What keeping forks is worth: runs with trees beside the same runs with one path for each para.

use super::{is_update, run, shows};
use crate::args::{Cli, Command};
use async_backing_devnet::{Fate, ParaReport, RunReport};
use clap::Parser;

/// What all runs have.
const RUN: &str = "dev --blocks 30 --validators 9 --extrinsic-cost-us 100000";
/// A single run says little: what is lost depends on which message is. The document has the means of these, as whole blocks;
const SEEDS: std::ops::Range<u32> = 0..20;
/// and the test makes so many of them.
const QUICK: std::ops::Range<u32> = 0..3;
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

fn sum(run: &RunReport, of: impl Fn(&ParaReport) -> u32) -> f64 {
	run.paras.iter().map(of).map(f64::from).sum()
}

fn mean(runs: &[RunReport], of: impl Fn(&ParaReport) -> u32) -> f64 {
	runs.iter().map(|run| sum(run, &of)).sum::<f64>() / runs.len() as f64
}

/// By how much more the first runs include than the second, in each pair, and the standard error of that.
fn advantage([tree, chain]: &[Vec<RunReport>; 2]) -> (f64, f64) {
	let included = |run| sum(run, |para| para.included);
	let pairs: Vec<_> = tree
		.iter()
		.zip(chain)
		.map(|(tree, chain)| included(tree) - included(chain))
		.collect();
	let count = pairs.len() as f64;
	let mean = pairs.iter().sum::<f64>() / count;
	let squares: f64 = pairs.iter().map(|pair| (pair - mean).powi(2)).sum();
	(mean, (squares / (count - 1.0) / count).sqrt())
}

#[test]
fn r_sel_5_the_guide_shows_what_keeping_forks_is_worth() {
	let mut table =
		"| what goes wrong | flags | kept | built | included | fork lost | parent lost | wasted |\n\
	                 |---|---|---|---|---|---|---|---|\n"
			.to_owned();
	for (what, flags) in ROWS {
		let seeds = if is_update() { SEEDS } else { QUICK };
		let runs = ["tree", "chain"].map(|selection| {
			let run = |seed| dev(&format!("{RUN} {flags} --selection {selection} --seed {seed}"));
			seeds.clone().map(run).collect::<Vec<_>>()
		});
		let (more, error) = advantage(&runs);
		println!("{what}: trees include {more:.2} more a run, standard error {error:.2}");
		for (selection, runs) in ["tree", "chain"].into_iter().zip(&runs) {
			let fate = |fate: Fate| mean(runs, |para| para.fates.of(fate));
			let flags = if flags.is_empty() {
				String::new()
			} else {
				format!("`{flags}`")
			};
			table += &format!(
				"| {what} | {flags} | {selection} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} |\n",
				mean(runs, |para| para.built),
				mean(runs, |para| para.included),
				fate(Fate::ForkLost),
				fate(Fate::ParentLost),
				mean(runs, |para| para.wasted),
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
