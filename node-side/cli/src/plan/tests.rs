//! What plans say, of known incidents among others, and that the guide shows what the command prints.

use super::*;
use crate::args::{Cli, Command};
use clap::Parser;
use std::path::PathBuf;

fn arguments(line: &str) -> args::Plan {
	let words = std::iter::once("async-backing").chain(line.split_whitespace());
	let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
	let Command::Plan(args) = cli.command else {
		panic!("{line}")
	};
	args
}

fn made(line: &str) -> Result<Plan, CliError> {
	let args = arguments(line);
	let world = World::of(&args)?;
	let pace = world.pace(AsyncBackingParams::MAX)?;
	Plan::of(&args, &world, &pace)
}

fn of(line: &str) -> Plan {
	made(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn needs(plan: &Plan) -> Vec<u32> {
	plan.values.iter().map(|value| value.needs).collect()
}

#[test]
fn r_def_27_r_seg_8_what_kinds_of_cores_take() {
	// Segment, depth, ancestry, lookahead; blocks for each turn.
	let rows = [
		("plan", vec![3, 2, 1, 2], 1),
		("plan --authoring-ms 500", vec![2, 1, 0, 2], 1),
		("plan --cores 2", vec![7, 6, 2, 3], 2),
		("plan --share 4", vec![1, 0, 1, 2], 1),
		("plan --relay-parent-offset 1", vec![4, 2, 2, 3], 1),
	];
	for (line, least, blocks) in rows {
		let plan = of(line);
		assert_eq!(needs(&plan), least, "{line}");
		assert_eq!(plan.planned.blocks, blocks, "{line}");
	}
}

#[test]
fn r_def_27_a_segment_of_seven_is_too_small_for_three_cores() {
	let plan = of("plan --cores 3 --segment-capacity 7");
	assert!(plan.values[0].needs > 7, "{:?}", plan.values[0]);
	let today = plan.today.expect("something was said");
	assert!(today.extrinsics_per_minute < plan.planned.extrinsics_per_minute);
}

#[test]
fn r_abp_4_one_parameter_alone_is_said_to_be_slower() {
	let depth_alone = of("plan --max-candidate-depth 0 --allowed-ancestry-len 3");
	let today = depth_alone.today.expect("something was said");
	assert_eq!(
		(today.every, today.block_time_s),
		(3, 18.0),
		"slower than synchronous"
	);
	let says = |plan: &Plan, words: &str| plan.remarks.iter().any(|remark| remark.contains(words));
	assert!(
		says(&depth_alone, "slower than synchronous backing"),
		"{:?}",
		depth_alone.remarks
	);
	assert!(says(&depth_alone, "is zero"), "{:?}", depth_alone.remarks);
	let ancestry_alone = of("plan --max-candidate-depth 4 --allowed-ancestry-len 0");
	let today = ancestry_alone.today.expect("something was said");
	assert!(today.authoring_s < 1.0, "small blocks: {today:?}");
	assert!(says(&ancestry_alone, "is zero"));
	assert_eq!(of("plan").today, None);
}

#[test]
fn r_slo_1_synchronous_values_come_to_synchronous_backing() {
	let plan = of("plan --max-candidate-depth 0 --allowed-ancestry-len 0 --segment-capacity 1");
	let today = plan.today.expect("something was said");
	assert_eq!(today.every, 2, "{today:?}");
	assert!(!plan.remarks.iter().any(|remark| remark.contains("slower than")));
}

#[test]
fn r_sch_7_on_a_shared_core_nothing_is_slower_for_waiting_its_turn() {
	let plan = of("plan --share 4 --max-candidate-depth 4 --allowed-ancestry-len 3 --lookahead 5");
	assert_eq!(plan.today.map(|today| today.every), Some(4));
	assert!(
		!plan.remarks.iter().any(|remark| remark.contains("slower than")),
		"{:?}",
		plan.remarks
	);
	assert_eq!(plan.values[0].below, None, "a segment of none is none");
}

#[test]
fn r_sch_12_a_claim_queue_that_looks_too_little_ahead_makes_small_blocks() {
	let plan = of("plan --lookahead 1");
	let today = plan.today.expect("something was said");
	assert!(today.extrinsics < plan.planned.extrinsics);
	assert_eq!(plan.values[3].needs, 2);
}

#[test]
fn r_def_27_twelve_cores_and_a_selector_of_a_byte() {
	let plan = of("plan --cores 12 --authoring-ms 100");
	assert_eq!(plan.planned.blocks, 12);
	assert!(
		plan.remarks.iter().any(|remark| remark.contains("R-UMP-5")),
		"{:?}",
		plan.remarks
	);
	let eight = of("plan --cores 8 --authoring-ms 100");
	assert!(!eight.remarks.iter().any(|remark| remark.contains("R-UMP-5")));
}

#[test]
fn r_slo_2_a_block_time_that_cores_cannot_give_is_refused() {
	assert_eq!(of("plan --cores 3 --block-time-ms 3000").planned.blocks, 2);
	let error = |line: &str| made(line).expect_err(line).to_string();
	assert_eq!(
		error("plan --cores 3 --block-time-ms 1000"),
		"invalid value '1000' for '--block-time-ms': must be at least 2000 with 3 cores; 6 cores give such a time (R-SLO-2)"
	);
	assert_eq!(
		error("plan --cores 3 --block-time-ms 1"),
		"invalid value '1' for '--block-time-ms': must be at least 2000 with 3 cores (R-SLO-2)",
		"6,000 cores can't be had"
	);
	assert_eq!(
		error("plan --share 4 --block-time-ms 6000"),
		"invalid value '6000' for '--block-time-ms': must be at least 24000 where 4 paras share a core (R-SCH-7)"
	);
	assert!(
		error("plan --extrinsic-cost-us 1000000 --authoring-ms 1").contains("no time is left for extrinsics"),
		"an extrinsic that is longer than a block"
	);
}

/// Few extrinsics that take long each are executed as long as many that don't: what the plan counts with, the runs do.
#[test]
fn r_def_27_runs_hold_what_the_plan_says_of_few_extrinsics() {
	let args = arguments("plan --validators 4 --blocks 20 --verify --extrinsic-cost-us 100000");
	let world = World::of(&args).expect("it is a world");
	let pace = world.pace(AsyncBackingParams::MAX).expect("there is a pace");
	let runs = verify::verify(&args, &world, &pace).expect("the devnet runs");
	assert_eq!(runs.len(), 5, "{runs:?}");
	assert!(runs.iter().all(|run| run.holds), "{}", text::runs(&runs));
	assert_eq!(
		runs.iter().filter(|run| run.keeps).count(),
		2,
		"plenty, and the plan"
	);
}

/// A run of 20 relay blocks with so many extrinsics in blocks of a para, as the plan of a core of its own promises 20,000 a minute.
fn verdict(extrinsics: u64, plenty: f64, expected: bool) -> Verdict {
	let args = arguments("plan");
	let world = World::of(&args).expect("it is a world");
	let pace = world.pace(AsyncBackingParams::MAX).expect("there is a pace");
	let mut run = crate::table::tests::run(4, 3, 6.0, extrinsics);
	run.paras[0].lost = vec![async_backing_devnet::Refusal {
		reason: "no quorum".into(),
		candidates: 1,
	}];
	let values = verify::Values {
		capacity: 3,
		params: run_params(),
	};
	let promise = verify::Promise::of(&run, &pace, &world.rhythm);
	Verdict::of("plenty", values, &run, promise, (plenty, 1000.0), expected)
}

fn run_params() -> AsyncBackingParams {
	AsyncBackingParams {
		max_candidate_depth: 2,
		allowed_ancestry_len: 1,
	}
}

#[test]
fn r_def_27_a_run_has_what_the_plan_promises_or_contradicts_it() {
	let kept = verdict(34_000, 17_000.0, true);
	assert!(kept.keeps && kept.reaches && kept.holds, "{kept:?}");
	// As much as with plenty, and yet not what was promised.
	for extrinsics in [0, 10_000] {
		let slow = verdict(extrinsics, extrinsics as f64 / 2.0, true);
		assert!(!slow.keeps && !slow.reaches && !slow.holds, "{slow:?}");
		let told = text::runs(&[slow]);
		assert!(
			told.contains("20000 a minute come to in such a run: CONTRADICTS the plan (no quorum)"),
			"{told}"
		);
	}
	let nothing = verdict(0, 0.0, false);
	assert!(
		!nothing.keeps && nothing.holds,
		"there is nothing to lose: {nothing:?}"
	);
	let no_less = verdict(34_000, 17_000.0, false);
	assert!(no_less.keeps && !no_less.holds, "it should lose: {no_less:?}");
}

#[test]
fn r_net_16_slow_links_are_said_of_a_plan_as_of_a_run() {
	let says = |line: &str| of(line).remarks.iter().any(|remark| remark.contains("R-NET-16"));
	assert!(says("plan --link-latency-ms 600"));
	assert!(says("plan --cores 2 --link-latency-ms 490"));
	assert!(!says("plan --cores 2 --link-latency-ms 489"));
}

#[test]
fn what_is_wanted_and_not_given_is_said() {
	let says = |line: &str, words: &str| of(line).remarks.iter().any(|remark| remark.contains(words));
	assert!(says(
		"plan --authoring-ms 3000",
		"blocks of 3.00 s are wanted, but there is time for 2.00 s"
	));
	assert!(!says("plan --authoring-ms 2000", "are wanted"));
	assert!(!says("plan --authoring-ms 500", "are wanted"));
	assert!(says(
		"plan --block-time-ms 12000",
		"a block every 12000 ms is wanted, but there is one in each turn, every 6000 ms"
	));
	assert!(!says("plan --block-time-ms 6000", "is wanted"));
	assert!(!says("plan --share 2 --block-time-ms 12000", "is wanted"));
}

#[test]
fn r_sch_12_without_ancestry_the_chain_refuses_less_lookahead() {
	let plan = of("plan --authoring-ms 500");
	assert_eq!(plan.values[2].needs, 0, "no ancestry");
	let lookahead = &plan.values[3];
	assert_eq!((lookahead.needs, lookahead.rule), (2, "R-SCH-12, R-ABP-6"));
	assert_eq!(
		lookahead.below,
		Some("with asynchronous backing the relay chain refuses 1")
	);
	assert_eq!(of("plan").values[3].rule, "R-SCH-12, R-NET-77");
}

#[test]
fn r_net_77_runs_say_that_no_lookahead_is_tried() {
	assert!(text::runs(&[]).contains("one less of the lookahead is not tried"));
}

#[test]
fn the_guide_shows_what_the_command_prints() {
	let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/planning.md");
	let guide = std::fs::read_to_string(&path).expect("the guide is there");
	let mut parts = guide.split("```");
	let mut now = String::from(parts.next().unwrap_or_default());
	let mut shown = 0;
	let mut printed = None;
	for (position, part) in parts.enumerate() {
		now.push_str("```");
		let is_code = position % 2 == 0;
		match printed.take() {
			Some(text) if is_code && part.starts_with("text\n") => {
				now.push_str(&format!("text\n{text}"));
				shown += 1;
			}
			still => {
				now.push_str(part);
				printed = still;
			}
		}
		if is_code {
			let command = part
				.strip_prefix("sh\nasync-backing plan")
				.filter(|rest| !rest.contains("--verify"));
			if let Some(rest) = command {
				printed = Some(text::plan(&of(&format!("plan {rest}"))));
			}
		}
	}
	assert!(shown >= 5, "{shown} examples");
	if std::env::var_os("UPDATE_TABLES").is_some() {
		std::fs::write(&path, now).expect("it can be written");
	} else {
		assert_eq!(guide, now, "`make scheduling-tables` writes it anew");
	}
}
