//! The same again: from seed and plan, whole or up to a step; and random plans break no promise.

use super::toy::*;
use crate::{Effect, Fault, Kind, Moment, NodeId, Nodes, Sim, SimConfig, Step, Trace};
use async_backing_machine::{Input, Output, Priority, RequestId};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};

fn busy(nodes: usize) -> Vec<(Duration, NodeId, Do)> {
	let mut script = Vec::new();
	for number in 0..60u32 {
		let at = SECOND + 37 * MS * number;
		let node = NodeId(number as usize % nodes);
		let other = NodeId((number as usize + 1) % nodes);
		script.push((at, node, Do::Ask(other, number, 300 * MS)));
		script.push((at, other, Do::Say(node, number)));
		script.push((
			at,
			node,
			Do::Work(Priority::Normal, at + 400 * MS, u64::from(number) * 7),
		));
		script.push((at, node, Do::Store(number)));
		script.push((at, other, Do::Timer(at + SECOND)));
	}
	script
}

fn trouble() -> Vec<Fault> {
	vec![
		Fault::lossy(50_000),
		Fault::Parcels {
			from: Nodes::one(NodeId(2)),
			to: Nodes::All,
			kind: Some(Kind::Answer),
			during: 2 * SECOND..3 * SECOND,
			effect: Effect::Delay {
				least: 50 * MS,
				most: 500 * MS,
			},
		},
		Fault::Apart {
			nodes: [NodeId(0)].into(),
			during: 1500 * MS..2500 * MS,
			noticed_after: Some(300 * MS),
		},
		Fault::Crash {
			node: NodeId(1),
			when: Moment::Input(40),
			restart_after: Some(700 * MS),
		},
	]
}

fn rough(seed: u64, faults: Vec<Fault>) -> SimConfig {
	let mut config = config(faults);
	config.seed = seed;
	config.topology.default = config.topology.default.map(|link| crate::Link {
		jitter: 50 * MS,
		..link
	});
	config
}

#[test]
fn a_run_replays_bit_for_bit_from_its_seed() {
	let run = |seed| {
		let (sim, notes) = run(rough(seed, trouble()), busy(3));
		(sim.trace(), notes)
	};
	let once = run(7);
	assert_eq!(run(7), once);
	assert_ne!(run(8).0, once.0);
	assert!(once.0.steps > 500, "{:?}", once.0);
}

#[test]
fn a_rerun_to_a_step_is_the_beginning_of_the_run() {
	let play = || Play {
		script: busy(3),
		..Play::default()
	};
	let make = || Sim::new(rough(7, trouble()), play()).expect("the plan fits");
	let mut at_step: BTreeMap<u64, Trace> = BTreeMap::new();
	let mut whole = make();
	while whole.step(&mut ()).expect("puppets are bounded") {
		at_step.insert(whole.trace().steps, whole.trace());
	}
	for wanted in [1, 17, 250, 500] {
		let mut last = 0;
		let mut again = make();
		again
			.run_to(wanted, &mut |step: &Step<'_, Toy, String>| last = step.number)
			.expect("puppets are bounded");
		let trace = again.trace();
		assert!(trace.steps >= wanted && trace.steps == last);
		assert_eq!(at_step.get(&trace.steps), Some(&trace));
		assert_eq!(
			at_step.range(wanted..).next(),
			Some((&trace.steps, &trace)),
			"no further than it must"
		);
	}
}

#[test]
fn a_fault_moves_nothing_but_what_it_hits() {
	let script = || vec![(SECOND, NodeId(0), Do::Say(NodeId(2), 1))];
	let (_, without) = run(rough(7, Vec::new()), script());
	let silent = Fault::silent(NodeId(1), SECOND..2 * SECOND);
	let (_, with) = run(rough(7, vec![silent]), script());
	assert_eq!(with, without);
}

fn faults() -> impl Strategy<Value = Fault> {
	let node = || (0usize..3).prop_map(NodeId);
	let time = || (0u64..6000).prop_map(Duration::from_millis);
	let span = || (time(), time()).prop_map(|(one, other)| one.min(other)..one.max(other));
	prop_oneof![
		(0u32..500_000).prop_map(Fault::lossy),
		(node(), span()).prop_map(|(node, during)| Fault::silent(node, during)),
		(node(), span(), proptest::option::of(time())).prop_map(|(node, during, noticed_after)| {
			Fault::Apart {
				nodes: [node].into(),
				during,
				noticed_after,
			}
		}),
		(node(), 1u64..200, any::<bool>(), proptest::option::of(time())).prop_map(
			|(node, count, input, restart_after)| Fault::Crash {
				node,
				when: if input {
					Moment::Input(count)
				} else {
					Moment::Output(count)
				},
				restart_after,
			}
		),
		(node(), span(), 0u32..1000).prop_map(|(node, during, percent)| Fault::Slow {
			node,
			during,
			percent
		}),
		(node(), span(), 1u64..10_000).prop_map(|(node, during, bandwidth)| Fault::Clogged {
			node,
			during,
			bandwidth
		}),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	/// Whatever goes wrong: each request, job, timer and batch of a life that lasts ends exactly once, and what a life
	/// hears it has asked for itself.
	#[test]
	fn no_plan_of_faults_breaks_a_promise(seed in any::<u64>(), plan in proptest::collection::vec(faults(), 0..6)) {
		let mut open: BTreeMap<(NodeId, &'static str, u64), ()> = BTreeMap::new();
		let mut wrong = Vec::new();
		let play = Play { script: busy(3), ..Play::default() };
		let mut sim = Sim::new(rough(seed, plan.clone()), play).expect("the plan fits");
		let mut observer = |step: &Step<'_, Toy, String>| {
			let Some(node) = step.node else { return };
			let mut begin = |what, id| {
				open.insert((node, what, id), ());
			};
			match step.what {
				crate::What::Output(output) => match output {
					Output::Request { id: RequestId(id), .. } => begin("request", *id),
					Output::Job { id, .. } => begin("job", id.0),
					Output::Store(id, _) => begin("batch", id.0),
					Output::SetTimer(id, _) => begin("timer", id.0),
					_ => {}
				},
				crate::What::Input(input) => {
					let ended = match input {
						Input::Response(id, _) => Some(("request", id.0)),
						Input::Done(id, _) => Some(("job", id.0)),
						Input::Stored(id) => Some(("batch", id.0)),
						Input::Timer(id) => Some(("timer", id.0)),
						_ => None,
					};
					if let Some((what, id)) = ended {
						if open.remove(&(node, what, id)).is_none() {
							wrong.push((node, what, id));
						}
					}
				}
				crate::What::Crashed => open.retain(|(at, ..), _| *at != node),
				_ => {}
			}
		};
		sim.run(&mut observer).expect("puppets are bounded");
		prop_assert_eq!(wrong, Vec::new());
		prop_assert!(open.is_empty(), "{:?}", open);
		prop_assert_eq!(sim.scenario().proposals.len(), 2);

		let play = Play { script: busy(3), ..Play::default() };
		let mut again = Sim::new(rough(seed, plan), play).expect("the plan fits");
		again.run(&mut ()).expect("puppets are bounded");
		prop_assert_eq!(again.trace(), sim.trace());
	}
}
