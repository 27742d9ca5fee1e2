//! What is read, and what is refused.

use super::{network::core_work, *};
use async_backing_devnet::{Assignee, CoreWork, RunConfig};
use async_backing_primitives::ParaId;
use clap::error::ErrorKind;
use std::time::Duration;

fn parse(line: &str) -> Result<Cli, clap::Error> {
	Cli::try_parse_from(std::iter::once("async-backing").chain(line.split_whitespace()))
}

#[test]
fn defaults_are_those_of_the_model() {
	let Ok(Cli {
		command: Command::Dev(dev),
	}) = parse("dev")
	else {
		panic!("a plain dev parses")
	};
	assert_eq!(dev.run_config(), RunConfig::default());
	assert_eq!(dev.run_config().validate(), Ok(()));
}

#[test]
fn r_seg_8_depth_and_segment_follow_from_the_cores() {
	for (line, expected) in [
		("dev", (4, 5, 1)),
		("dev --cores-per-para 3", (11, 12, 3)),
		("dev --cores-per-para 12 --paras 1 --validators 20", (47, 48, 12)),
		(
			"dev --cores-per-para 3 --max-candidate-depth 6 --velocity 2",
			(6, 8, 2),
		),
		("dev --segment-capacity 9", (8, 9, 1)),
		("dev --paras 1 --core 0=2000 --core 1=2000", (7, 8, 2)),
		(
			"dev --paras 1 --core 0=2000 --core 1=pool --order 2000",
			(7, 8, 2),
		),
		("dev --paras 1 --core 0=2000 --core 1=pool", (4, 5, 1)),
		("dev --core 0=2000 --core 1=2001", (4, 5, 1)),
		(
			"dev --paras 1 --validators 9 --core 0=2000 --core 1=2000@12..36 --core 2=2000@20..28",
			(11, 12, 3),
		),
		(
			"dev --paras 1 --core 0=2000 --core 1=2000 --velocity 1",
			(4, 5, 1),
		),
		("dev --on-demand 1 --order 2000", (7, 8, 2)),
		("dev --on-demand 1", (4, 5, 1)),
	] {
		let Ok(Cli {
			command: Command::Dev(dev),
		}) = parse(line)
		else {
			panic!("{line}")
		};
		let RunConfig { params, model, .. } = dev.run_config();
		assert_eq!(
			(params.max_candidate_depth, model.segment_capacity, model.velocity),
			expected,
			"R-SEG-8: {line}"
		);
	}
}

#[test]
fn nothing_of_a_disturbance_goes_on_in_the_calm() {
	let faults = |line: String| match parse(&line) {
		Ok(Cli {
			command: Command::Dev(dev),
		}) => dev.run_config().faults,
		other => panic!("{line}: {other:?}"),
	};
	for disturbance in async_backing_devnet::Disturbance::ALL {
		let calm = faults(format!("dev --disturbance {disturbance} --calm-from 0"));
		assert_eq!(
			(calm.plan, calm.calm_from),
			(Vec::new(), Some(0)),
			"{disturbance}"
		);
		let ever = faults(format!("dev --disturbance {disturbance}"));
		assert!(
			!ever.plan.is_empty() || !ever.backs_nothing.is_empty(),
			"{disturbance}"
		);
	}
}

#[test]
fn a_run_of_one_para_that_orders_is_the_same_to_dev_and_context() {
	let Ok(Cli {
		command: Command::Context(context),
	}) = parse("context --paras 0 --on-demand 1")
	else {
		panic!("it parses")
	};
	assert_eq!(context.run_config().validate(), Ok(()));
	let Ok(Cli {
		command: Command::Dev(dev),
	}) = parse("dev --paras 0 --on-demand 1")
	else {
		panic!("it parses")
	};
	assert_eq!(dev.run_config().validate(), Ok(()));
}

#[test]
fn what_a_core_does_is_read() {
	let para = |id| Assignee::Para(ParaId(id));
	let rows = [
		("0=2000", 0, 0, None, vec![(para(2000), 57_600)]),
		("3=2000@10..40", 3, 10, Some(40), vec![(para(2000), 57_600)]),
		("1=pool@7..", 1, 7, None, vec![(Assignee::Pool, 57_600)]),
		(
			"0=2001:28800,idle:14400,pool:14400",
			0,
			0,
			None,
			vec![
				(para(2001), 28_800),
				(Assignee::Idle, 14_400),
				(Assignee::Pool, 14_400),
			],
		),
	];
	for (text, core, begin, end, shares) in rows {
		let expected = CoreWork {
			core,
			begin,
			end,
			shares,
		};
		assert_eq!(core_work(text), Ok(expected), "{text}");
	}
	for wrong in ["2000", "0=", "x=2000", "0=2000@5", "0=2000:many", "0=2000@..9"] {
		assert!(core_work(wrong).is_err(), "{wrong}");
	}
}

#[test]
fn compare_and_tree_take_what_a_run_takes() {
	let Ok(Cli {
		command: Command::Compare(compare),
	}) = parse("compare --link-latency-ms 250 --cores-per-para 2 --collators-per-para 3 --on-demand 1 --validators 9")
	else {
		panic!("compare takes the model's flags")
	};
	let configs = compare.run_configs();
	let params: Vec<_> = configs
		.iter()
		.map(|config| {
			(
				config.params.max_candidate_depth,
				config.params.allowed_ancestry_len,
			)
		})
		.collect();
	assert_eq!(params, [(0, 0), (4, 3)]);
	for config in configs {
		assert_eq!(config.model.link_latency, Duration::from_millis(250));
		assert_eq!(
			(config.cores_per_para, config.collators_per_para, config.on_demand),
			(2, 3, 1)
		);
	}
	let Ok(Cli {
		command: Command::Tree(tree),
	}) = parse("tree --at 9 --collators-per-para 3 --on-demand 1 --order-every 2 --velocity 1")
	else {
		panic!("tree takes them too")
	};
	let config = tree.run_config();
	assert_eq!(
		(
			config.blocks,
			config.collators_per_para,
			config.on_demand,
			config.order_every
		),
		(10, 3, 1, 2)
	);
}

#[test]
fn a_context_needs_no_more_of_a_run_than_it_shows() {
	let config = |line| match parse(line) {
		Ok(Cli {
			command: Command::Context(context),
		}) => context.run_config(),
		other => panic!("{other:?}"),
	};
	assert_eq!(config("context").blocks, 12 + 4 + 4, "until it is included");
	assert_eq!(config("context --as backer --leaf 15").blocks, 16);
	let parent = "0x".to_owned() + &"07".repeat(32);
	assert_eq!(
		config(&format!("context --as backer --parent {parent}")).blocks,
		13
	);
}

#[test]
fn wrong_values_name_flag_value_and_range() {
	for (line, parts) in [
		("compare --blocks 0", ["'0'", "--blocks", "1..=10000"]),
		(
			"dev --max-candidate-depth 256",
			["'256'", "--max-candidate-depth", "0..=255"],
		),
		("compare --forks 101", ["'101'", "--forks", "0..=100"]),
		(
			"dev --relay-parent-offset 17",
			["'17'", "--relay-parent-offset", "0..=16"],
		),
		("dev --validators many", ["'many'", "--validators", "invalid"]),
		("context --at 0", ["'0'", "--at", "1..=9000"]),
		(
			"context --as nobody",
			["'nobody'", "--as", "collator, backer, approver"],
		),
		(
			"context --parent 0x12",
			["'0x12'", "--parent", "64 hexadecimal digits"],
		),
	] {
		let error = parse(line).expect_err(line);
		assert!(matches!(
			error.kind(),
			ErrorKind::ValueValidation | ErrorKind::InvalidValue
		));
		assert_eq!(error.exit_code(), 2);
		let message = error.to_string();
		assert!(parts.iter().all(|part| message.contains(part)), "{message}");
	}
}
