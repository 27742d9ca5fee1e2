//! What is written reads back, and what cannot be is refused.

use super::{Slots, Trouble};
use crate::RunConfig;
use async_backing_sim::{Fault, NodeId};
use std::time::Duration;

type Read = fn(&str) -> Result<Trouble, String>;

#[test]
fn a_trouble_reads_back_as_itself() {
	let rows: &[(Read, &str, &[&str])] = &[
		(
			Trouble::loss,
			"--loss",
			&["2", "0.25", "100@3..", "0.0001@10..40"],
		),
		(Trouble::repeat, "--repeat", &["50", "12.5@0..9"]),
		(Trouble::delay, "--delay", &["0..4000", "500..500@10..40"]),
		(
			Trouble::partition,
			"--partition",
			&["20..40:0-3|4-9", "2..9:0,2-3|1|4-5"],
		),
		(Trouble::crash, "--crash", &["3@10", "3@10+4"]),
		(Trouble::slow, "--slow", &["1=300", "1=100@4.."]),
		(Trouble::clog, "--clog", &["1=20000", "1=1@4..9"]),
		(
			Trouble::misconduct,
			"--misconduct",
			&[
				"v3=withhold-chunks",
				"v0=vouch-for-all",
				"v1=equivocate",
				"v2=lie-in-manifests",
				"c2=exceed-pov",
				"c3=garbled-pov",
				"c0=mute",
				"c1=equivocate",
			],
		),
	];
	for (read, flag, texts) in rows {
		for text in *texts {
			let trouble = read(text).expect(text);
			assert_eq!((trouble.to_string().as_str(), trouble.flag()), (*text, *flag));
		}
	}
}

#[test]
fn what_cannot_be_is_refused() {
	let rows: &[(Read, &[&str])] = &[
		(
			Trouble::loss,
			&["", "101", "1.23456", "-1", "2@9..9", "2@9", "4294967295"],
		),
		(Trouble::delay, &["5", "9..8", "0..60001"]),
		(
			Trouble::partition,
			&["20..40", "20..:0|1", "2..4:0-3", "2..4:0-3|3-5", "2..4:5-4|6"],
		),
		(Trouble::crash, &["3", "a@2", "3@1+"]),
		(Trouble::slow, &["1", "1=99", "1=10001"]),
		(Trouble::clog, &["1", "1=0", "a=3", "1=3@"]),
		(
			Trouble::misconduct,
			&["3=mute", "v3=private-fork", "c3=withhold-chunks", "v=mute"],
		),
	];
	for (read, texts) in rows {
		for text in *texts {
			assert!(read(text).is_err(), "{text}");
		}
	}
	let mut config = RunConfig::default();
	config.faults.calm_from = None;
	for (trouble, allowed) in [
		(Trouble::crash("8@1"), "a node below 8"),
		(Trouble::partition("0..41:0|1"), "within 40 slots"),
		(Trouble::partition("0..9:0|8"), "a node below 8"),
		(Trouble::misconduct("v6=mute"), "a validator below 6"),
		(Trouble::misconduct("c2=mute"), "a collator below 2"),
		(Trouble::misconduct("c4294967295=mute"), "a collator below 2"),
	] {
		let error = trouble.expect("it reads").add(&mut config).expect_err(allowed);
		assert!(error.to_string().contains(allowed), "{error}");
	}
	assert!(config.faults.plan.is_empty() && config.faults.collators.is_empty());
}

#[test]
fn what_ends_of_itself_ends_before_the_calm() {
	let mut config = RunConfig::default();
	config.faults.calm_from = Some(30);
	for trouble in [
		Trouble::loss("5@20.."),
		Trouble::partition("20..90:0|1-7"),
		Trouble::crash("2@10"),
		Trouble::slow("2=200@20..25"),
	] {
		trouble
			.expect("it reads")
			.add(&mut config)
			.expect("there are such nodes");
	}
	let slot = config.model.slot;
	let ends: Vec<_> = config
		.faults
		.plan
		.iter()
		.map(|fault| match fault {
			Fault::Parcels { during, .. }
			| Fault::Apart { during, .. }
			| Fault::Slow { during, .. }
			| Fault::Clogged { during, .. } => during.end,
			Fault::Crash { restart_after, .. } => {
				let away = restart_after.unwrap_or(Duration::MAX);
				away.saturating_add(slot * 10 + slot / 2)
			}
		})
		.collect();
	assert_eq!(ends, [slot * 30, slot * 30, slot * 30, slot * 25]);
	assert_eq!(Slots::ALL.before(None), Slots::ALL);
}

#[test]
fn each_side_of_a_partition_is_apart_from_all_others() {
	let mut config = RunConfig::default();
	let three = Trouble::partition("2..4:0|1-2|3").expect("it reads");
	three.add(&mut config).expect("there are such nodes");
	let sides: Vec<Vec<_>> = config
		.faults
		.plan
		.iter()
		.map(|fault| match fault {
			Fault::Apart { nodes, .. } => nodes.iter().copied().collect(),
			other => panic!("{other:?}"),
		})
		.collect();
	assert_eq!(sides, [vec![NodeId(1), NodeId(2)], vec![NodeId(0)]]);
}

#[test]
fn nothing_begins_in_the_calm() {
	let rows: &[(Read, &str)] = &[
		(Trouble::loss, "2@45..50"),
		(Trouble::repeat, "2@50.."),
		(Trouble::delay, "500..4000@45.."),
		(Trouble::partition, "50..60:0-3|4-5"),
		(Trouble::crash, "3@45+4"),
		(Trouble::crash, "3@50"),
		(Trouble::slow, "1=300@50.."),
		(Trouble::clog, "1=20000@46..50"),
	];
	for (read, text) in rows {
		let mut config = RunConfig::default();
		config.faults.troubles = vec![read(text).expect(text)];
		let plan = |config: RunConfig| config.expanded().expect(text).faults.plan;
		assert_eq!(plan(config.clone()).len(), 1, "{text}");
		config.faults.calm_from = Some(45);
		assert_eq!(plan(config.clone()), [], "{text}");
		config.faults.calm_from = Some(51);
		assert_eq!(plan(config).len(), 1, "{text}: it begins before");
	}
	let mut config = RunConfig::default();
	config.faults.calm_from = Some(45);
	config.faults.troubles = vec![Trouble::crash("99@50").expect("it reads")];
	assert!(config.validate().is_err(), "nobody has that number");
}
