//! Tables of the lecture that are neither the README's nor a drawing, and what pictures claim.

use super::{root, run, shows, Runs};
use crate::{
	args::{Cli, Command},
	sweep,
};
use async_backing_devnet::{Devnet, Passing, RunReport};
use clap::Parser;
use std::{collections::BTreeSet, time::Duration};

/// Of all links in the lecture's runs.
const LATENCY: Duration = Duration::from_millis(100);
/// Values of max_candidate_depth and allowed_ancestry_len, the lecture's last.
const PARAMS: [(u32, u32); 7] = [(0, 0), (0, 3), (3, 0), (1, 1), (2, 1), (2, 2), (4, 3)];
/// What each is run with.
const RUN: &str = "dev --blocks 24 --paras 1";

#[test]
fn r_abp_1_r_abp_2_the_lecture_shows_what_depth_and_ancestry_do() {
	let mut table =
		"| `max_candidate_depth` | `allowed_ancestry_len` | built | included | wasted | parablock interval | extrinsics per \
		 minute |\n|---|---|---|---|---|---|---|\n".to_owned();
	let mut throughput = Vec::new();
	for (depth, ancestry) in PARAMS {
		let line = format!("{RUN} --max-candidate-depth {depth} --allowed-ancestry-len {ancestry}");
		let report = dev(&line);
		let para = &report.paras[0];
		let interval = para
			.mean_interval_s
			.map_or_else(|| "-".to_owned(), |interval| format!("{interval:.2} s"));
		let per_minute = para.extrinsics_included * 10 / u64::from(report.relay_blocks);
		throughput.push(per_minute);
		table += &format!(
			"| {depth} | {ancestry} | {} | {} | {} | {interval} | {per_minute} |\n",
			para.built, para.included, para.wasted
		);
	}
	shows("docs/lecture/README.md", "params", &table);
	let text = lecture();
	assert!(text.contains(&format!("`async-backing {RUN} ")), "it says how");
	// Each of both alone brings a part of what they bring together (R-DEF-27), and what `plan` says is enough is enough.
	let [synchronous, ancestry_alone, depth_alone, _, planned, .., lectures] = throughput[..] else {
		panic!("{throughput:?}")
	};
	for part in [ancestry_alone, depth_alone] {
		assert!((synchronous + 1..lectures).contains(&part), "{throughput:?}");
	}
	assert_eq!(planned, lectures, "{throughput:?}");
}

/// The lecture's 5 to 10 times and 10 to 20 times, as a curve: where links are slow, synchronous backing has hardly any time.
#[test]
fn r_seg_2_slow_links_bring_the_ratios_of_the_lecture() {
	const LINE: &str = "compare --blocks 24 --paras 1 --sweep link-latency-ms=50..250/50";
	let swept = sweep::text_of(LINE);
	shows(
		"docs/lecture/README.md",
		"sweep",
		&format!("```text\n{swept}```\n"),
	);
	let ratios: Vec<Vec<f64>> = swept
		.lines()
		.filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
		.map(|line| {
			let ratios = line.split_whitespace().filter_map(|cell| cell.strip_suffix('x'));
			ratios.filter_map(|ratio| ratio.parse().ok()).collect()
		})
		.collect();
	assert_eq!(ratios.len(), 5, "{swept}");
	let at_200 = &ratios[3];
	assert!(
		(5.0..=10.0).contains(&at_200[1]),
		"extrinsics per parablock: {swept}"
	);
	assert!(
		(10.0..=20.0).contains(&at_200[2]),
		"extrinsics per minute: {swept}"
	);
}

/// `make scheduling-tables` writes the guide's; the lecture has the same.
#[test]
fn r_sch_7_exotic_scheduling_is_the_table_of_the_guide() {
	let guide = std::fs::read_to_string(root().join("docs/guide/scheduling.md")).expect("it is there");
	let (_, table) = guide
		.split_once("<!-- table: kinds -->\n")
		.expect("it has the table");
	let (table, _) = table.split_once("<!-- end -->").expect("it ends");
	shows("docs/lecture/README.md", "exotic", table);
}

/// Every slide of the lecture has its heading, in the lecture's order.
#[test]
fn every_slide_is_found_by_its_title() {
	const TITLES: [&str; 31] = [
		"Overview",
		"Async Backing Motivation",
		"Terminology: Backable vs Backed",
		"Synchronous Backing",
		"Asynchronous Backing",
		"The Async Backing Reasonable Collator Assumptions",
		"Laying The Groundwork: Contextual Execution of Parablocks",
		"Async Backing Execution Context",
		"Required Parent Rule",
		"Relay Parent Rule",
		"Constraints",
		"Finding Our Execution Context: Collators",
		"Finding Our Execution Context: Backers",
		"Finding Our Execution Context: Approvers",
		"Prospective Parachains",
		"Prospective Parachains Snapshot",
		"Anatomy of A Fragment Tree",
		"Fragment Tree Scope",
		"Revisiting Relay Parent Limitations",
		"Fragment Tree Inclusion Checklist",
		"AsyncBackingParams",
		"Supporting Changes",
		"Backing Changes",
		"Statement Distribution Changes",
		"How Prospective Parachains Candidates are Used",
		"Cumulus Block Authoring Hooks",
		"Async Backing Advantages, Current and Future",
		"Advantages of Asynchronous Backing",
		"Async Backing and Exotic Core Scheduling",
		"Resources",
		"Questions",
	];
	let text = lecture();
	let headings: Vec<_> = text
		.lines()
		.filter_map(|line| Some(line.strip_prefix("##")?.trim_start_matches('#').trim()))
		.collect();
	assert_eq!(headings, TITLES);
}

fn lecture() -> String {
	std::fs::read_to_string(root().join("docs/lecture/README.md")).expect("it is there")
}

fn dev(line: &str) -> RunReport {
	let words = std::iter::once("async-backing").chain(line.split_whitespace());
	let Command::Dev(dev) = Cli::try_parse_from(words).expect("it parses").command else {
		panic!("{line}")
	};
	run(dev.run_config()).1
}

/// What the pictures of roads show: while there is no quorum, statements reach nobody but the group; manifests come after it
/// (R-SD-1).
pub(super) fn group_first(runs: &Runs) {
	let mut told = 0;
	for (devnet, blocks) in runs.with_roads() {
		for block in blocks {
			told += usize::from(is_group_first(devnet, block));
		}
	}
	assert!(told >= 20, "{told} candidates had manifests");
}

fn is_group_first(devnet: &Devnet, candidate: async_backing_primitives::CandidateHash) -> bool {
	let road = devnet.road(candidate);
	let quorum = road.iter().find(|passage| passage.what == Passing::Backable);
	let Some(quorum) = quorum.map(|passage| passage.at) else {
		return false;
	};
	// Each is known from when it was sent: no link is faster than its latency.
	for passage in road
		.iter()
		.filter(|passage| matches!(passage.what, Passing::Heard { .. }))
	{
		assert!(passage.at - passage.began >= LATENCY, "{passage:?}");
	}
	let heard = |wanted: &'static str| {
		road.iter()
			.filter(move |passage| matches!(passage.what, Passing::Heard { kind, .. } if kind == wanted))
	};
	let group: BTreeSet<_> = heard("advertise").map(|passage| passage.node).collect();
	for passage in heard("statement").filter(|passage| passage.began < quorum) {
		assert!(group.contains(&passage.node), "R-SD-1: {passage:?}");
	}
	for passage in heard("manifest") {
		assert!(passage.began >= quorum, "R-SD-1: {passage:?}");
	}
	heard("manifest").next().is_some()
}
