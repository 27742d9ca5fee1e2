//! What pages are made of.

use super::{replayed, *};
use async_backing_replay::{Moment, ParaReport, Report as Replayed};
use async_backing_report::Class;

#[test]
fn a_page_has_the_table_that_the_terminal_has() {
	let reports = [
		crate::table::tests::run(0, 0, 12.0, 800),
		crate::table::tests::run(4, 3, 6.0, 3200),
	];
	let report = of_runs(&reports, 6.0);
	assert_eq!(
		report.table.columns,
		["synchronous (0, 0)", "asynchronous (4, 3)", "ratio"]
	);
	let labels: Vec<_> = report.table.rows.iter().map(|row| row.label.as_str()).collect();
	let expected: Vec<_> = table::rows(&reports, 6.0)
		.into_iter()
		.map(|(label, _)| label)
		.collect();
	assert_eq!(labels, expected);
	assert!(report.table.rows.iter().all(|row| row.cells.len() == 3));
	assert_eq!(
		report.summary,
		"A parablock every 6.00 s instead of every 12.00 s, with 4.00 times the extrinsics in each: 4.00 times the throughput."
	);
	let one = of_runs(&reports[1..], 6.0);
	assert_eq!(one.title, "One run: asynchronous (4, 3) backing");
	assert_eq!(one.table.columns.len(), 1);
}

#[test]
fn two_outputs_are_not_one() {
	assert!(check(Some(Path::new("-")), true).is_err_and(|error| error.is_usage()));
	assert!(check(Some(Path::new("-")), false).is_ok());
	assert!(check(Some(Path::new("page.html")), true).is_ok());
}

#[test]
fn r_tmo_2_a_replay_shows_what_the_chain_said_of_each_candidate() {
	let moment = |block, what, candidate: &str| Moment {
		block: Some(block),
		what,
		candidate: candidate.into(),
		core: Some(3),
		group: None,
		lag: Some(2),
		depth: None,
	};
	let para = ParaReport {
		time_line: vec![
			moment(10, "included", "0xaa"),
			moment(10, "backed", "0xbb"),
			moment(11, "backed", "0xcc"),
			moment(5000, "included", "0xbb"),
			moment(5000, "timed out", "0xdd"),
		],
		..ParaReport::default()
	};
	let replayed = Replayed {
		paras: [("chain".to_owned(), [(1000, para)].into())].into(),
		..Replayed::default()
	};
	let report = replayed::of(&replayed);
	let run = &report.runs[0];
	let at: Vec<_> = run
		.relay_blocks
		.iter()
		.map(|block| (block.number, block.at_ms))
		.collect();
	assert_eq!(at, [(10, 0), (11, 6000), (5000, 18_000)], "holes are short");
	let classes: Vec<_> = run.paras[0].blocks.iter().map(|block| block.class).collect();
	use Class::{AvailabilityLate, InFlight, Included};
	assert_eq!(classes, [Included, Included, InFlight, AvailabilityLate]);
	assert_eq!(run.paras[0].blocks[1].relay_parent, Some(8));
	assert_eq!(
		run.paras[0].blocks[2].ends_ms(18_000),
		12_000,
		"nothing more is seen of it"
	);
	assert!(html(&report).contains("Para 1000"));
}
