//! Several collators of a para.

use super::town::*;
use crate::{
	words::{Event, Message, Stream},
	Faults, Misconduct, RunConfig,
};
use async_backing_machine::{Input, Output, PeerEvent};
use async_backing_sim::{Effect, Fault, Kind, Moment, NodeId, Nodes, What, ALL, ALWAYS};
use std::{collections::BTreeMap, time::Duration};

const BLOCKS: u32 = 30;

/// A run with so many collators, and how many blocks each of them built.
fn run(collators: u32, plan: Vec<Fault>) -> (Town, BTreeMap<NodeId, u32>) {
	run_with(
		collators,
		Faults {
			plan,
			..Faults::default()
		},
	)
}

fn run_with(collators: u32, faults: Faults) -> (Town, BTreeMap<NodeId, u32>) {
	let config = RunConfig {
		collators_per_para: collators,
		faults,
		..config(BLOCKS, 3)
	};
	let mut town = Town::new(config);
	let mut built = BTreeMap::<_, u32>::new();
	town.run(|step| {
		if let (Some(node), What::Output(Output::Event(Event::Built(_)))) = (step.node, step.what) {
			*built.entry(node).or_default() += 1;
		}
	});
	let numbers = town.numbers();
	let expected: Vec<_> = (1..=numbers.len() as u32).collect();
	assert_eq!(numbers, expected, "one after the other");
	(town, built)
}

/// Node of a collator.
fn collator(position: usize) -> NodeId {
	NodeId(config(BLOCKS, 0).collators_of(0).start + position)
}

#[test]
fn r_net_74_r_net_114_honest_nodes_cost_one_another_nothing_and_keep_their_streams() {
	let config = RunConfig {
		collators_per_para: 3,
		..config(BLOCKS, 3)
	};
	let mut town = Town::new(config);
	let (mut costs, mut opened, mut closed) = (Vec::new(), 0, 0);
	let mut heard = BTreeMap::<_, u32>::new();
	town.run(|step| match step.what {
		What::Output(Output::Report(_, judgement)) if judgement.value() < 0 => {
			costs.push((step.node, judgement.reason()));
		}
		What::Input(Input::Peer(_, PeerEvent::Message(message))) => {
			*heard.entry(message.kind()).or_default() += 1;
			match message {
				Message::Stream(Stream::Opened) => opened += 1,
				Message::Stream(Stream::Closed) => closed += 1,
				_ => {}
			}
		}
		_ => {}
	});
	assert_eq!(costs, [], "R-NET-114");
	// Three collators, four validators in one group.
	assert_eq!((opened, closed), (12, 0), "R-NET-74");
	assert_eq!(heard.get("declare"), Some(&12), "R-NET-76");
	let (views, seconded) = (heard["view"], heard["collation seconded"]);
	assert!(views >= 12 * (BLOCKS - 3), "R-NET-75: {heard:?}");
	assert!(seconded + 5 >= BLOCKS, "R-NET-80: {heard:?}");
}

#[test]
fn collators_take_turns_and_the_para_makes_as_many_blocks_as_with_one() {
	let (alone, _) = run(1, Vec::new());
	assert!(
		alone.included.len() >= BLOCKS as usize - 5,
		"{:?}",
		alone.numbers()
	);
	for collators in [2, 3, 5] {
		let (town, built) = run(collators, Vec::new());
		assert_eq!(town.numbers(), alone.numbers(), "{collators} collators");
		assert_eq!(built.len(), collators as usize);
		let (least, most) = (built.values().min().unwrap(), built.values().max().unwrap());
		assert!(most - least <= 1, "{built:?}");
	}
}

#[test]
fn when_one_of_two_collators_vanishes_the_other_takes_its_turns() {
	let (alone, _) = run(1, Vec::new());
	let dead_from = Duration::from_secs(60);
	for dead in [0, 1] {
		let (town, _) = run(2, vec![Fault::dead(collator(dead), dead_from)]);
		let after = |town: &Town| town.included.iter().filter(|(at, _)| *at > dead_from).count();
		let (of_one, of_both) = (after(&town), after(&alone));
		// The one that it was building, and nothing more.
		assert!(of_one + 1 >= of_both, "{of_one} of {of_both}");
		assert!(
			town.longest_gap() <= Duration::from_secs(12),
			"{:?}",
			town.included
		);
	}
}

#[test]
fn a_collator_that_vanishes_between_any_two_of_its_outputs_costs_its_time_out() {
	let (alone, _) = run(1, Vec::new());
	let outputs = {
		let (town, _) = run(2, Vec::new());
		town.sim.counters(collator(0)).unwrap().outputs
	};
	for output in (1..=outputs).step_by(5) {
		let crash = Fault::Crash {
			node: collator(0),
			when: Moment::Output(output),
			restart_after: None,
		};
		let (town, _) = run(2, vec![crash]);
		let (of_one, of_both) = (town.included.len(), alone.included.len());
		assert!(of_one + 2 >= of_both, "output {output}: {of_one} of {of_both}");
	}
}

#[test]
fn a_collator_that_vanishes_with_a_block_that_is_pending_is_followed_by_one_that_never_heard_of_it() {
	// Collators hear nothing of one another, and the second knows the first one's blocks from the chain alone.
	let apart = |from, to| Fault::Parcels {
		from: Nodes::one(collator(from)),
		to: Nodes::one(collator(to)),
		kind: None,
		during: ALWAYS,
		effect: Effect::Lose(1_000_000),
	};
	let (alone, _) = run(1, Vec::new());
	let faults = vec![
		apart(0, 1),
		apart(1, 0),
		Fault::dead(collator(0), Duration::from_secs(60)),
	];
	let (town, built) = run(2, faults);
	assert!(built[&collator(1)] > 0, "{built:?}");
	let late = |town: &Town| {
		let from = Duration::from_secs(90);
		town.included.iter().filter(|(at, _)| *at > from).count()
	};
	assert!(
		late(&town) + 2 >= late(&alone),
		"{} of {}",
		late(&town),
		late(&alone)
	);
}

#[test]
fn a_collator_that_dies_between_any_two_of_its_outputs_leaves_no_block_that_stops_the_others() {
	let outputs = {
		let (town, _) = run(2, Vec::new());
		town.sim.counters(collator(0)).unwrap().outputs
	};
	for output in (1..=outputs).step_by(3) {
		let crash = Fault::Crash {
			node: collator(0),
			when: Moment::Output(output),
			restart_after: None,
		};
		let (town, _) = run(2, vec![crash]);
		let included = town.included.len();
		assert!(
			included * 2 + 4 >= BLOCKS as usize - 5,
			"output {output}: {included}"
		);
	}
}

/// Messages of the second collator to these are lost; it has declared itself by then.
fn says_nothing_to(to: Nodes) -> Faults {
	let fault = Fault::Parcels {
		from: Nodes::one(collator(1)),
		to,
		kind: Some(Kind::Message),
		during: Duration::from_secs(2)..Duration::MAX,
		effect: Effect::Lose(ALL),
	};
	Faults {
		plan: vec![fault],
		..Faults::default()
	}
}

fn misconduct(what: Misconduct) -> Faults {
	Faults {
		collators: [(collator(1), what)].into(),
		..Faults::default()
	}
}

#[test]
fn a_collator_that_is_there_and_of_no_use_costs_its_time_out_and_the_others_take_its_turns() {
	let (alone, _) = run(1, Vec::new());
	let validators = || Nodes::These((0..config(BLOCKS, 0).validators as usize).map(NodeId).collect());
	let silent = || Faults {
		plan: vec![Fault::silent(collator(1), ALWAYS)],
		..Faults::default()
	};
	type Row<'a> = (&'a str, &'a dyn Fn() -> Faults, usize);
	// What it does, and how many blocks of the run that costs at most.
	let rows: [Row<'_>; 7] = [
		("it builds nothing", &|| misconduct(Misconduct::Mute), 0),
		("it says nothing to anybody", &|| says_nothing_to(Nodes::All), 0),
		(
			"it says nothing to validators",
			&|| says_nothing_to(validators()),
			0,
		),
		("it advertises, and never answers", &silent, 2),
		(
			"all its blocks are invalid",
			&|| misconduct(Misconduct::Invalid),
			2,
		),
		(
			"it builds on what nobody has",
			&|| misconduct(Misconduct::PrivateFork),
			2,
		),
		("it is all right", &Faults::default, 0),
	];
	for collators in [2, 3] {
		for (name, faults, cost) in &rows {
			let (town, built) = run_with(collators, faults());
			let (with, without) = (town.included.len(), alone.included.len());
			assert!(
				with <= without && with + cost >= without,
				"{name}, {collators} collators: {with} of {without}, {built:?}"
			);
		}
	}
}

#[test]
fn a_collator_that_comes_back_catches_up_and_takes_its_turns_again() {
	let crash = Fault::Crash {
		node: collator(0),
		when: Moment::At(Duration::from_secs(30)),
		restart_after: Some(Duration::from_secs(60)),
	};
	let (town, _) = run(2, vec![crash]);
	// By then it has executed all that was built without it.
	let late = Duration::from_secs(6 * (u64::from(BLOCKS) - 8));
	let times: Vec<_> = town
		.included
		.iter()
		.map(|(at, _)| *at)
		.filter(|at| *at > late)
		.collect();
	assert!(times.len() >= 7, "each slot has a block again: {times:?}");
}
