//! Crash and restart.

use super::toy::*;
use crate::{Fault, Moment, NodeId};
use async_backing_machine::{Input, PeerEvent, Priority, RequestFailure};
use std::time::Duration;

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

fn crash(node: NodeId, when: Moment, restart_after: Option<Duration>) -> Fault {
	Fault::Crash {
		node,
		when,
		restart_after,
	}
}

#[test]
fn a_crashed_node_hears_nothing_and_comes_back_with_what_it_stored() {
	let script = vec![
		(SECOND, B, Do::Store(1)),
		(SECOND, B, Do::Ask(A, 43, 9 * SECOND)),
		(SECOND, B, Do::Work(Priority::Low, 9 * SECOND, 5000)),
		(SECOND, B, Do::Timer(8 * SECOND)),
		(1900 * MS, A, Do::Ask(B, 43, 9 * SECOND)),
		(3 * SECOND, A, Do::Say(B, 1)),
		(6 * SECOND, A, Do::Say(B, 2)),
		(7 * SECOND, B, Do::Store(2)),
	];
	let fault = crash(B, Moment::At(2 * SECOND), Some(3 * SECOND));
	let (sim, notes) = run(config(vec![fault]), script);
	assert_eq!(
		notes.responses(A),
		[(2 * SECOND + LATENCY, Err(RequestFailure::Disconnected))]
	);
	assert_eq!(notes.responses(B), []);
	assert_eq!(notes.done(B), []);
	assert_eq!(notes.messages(B), [(6 * SECOND + LATENCY, 2)]);
	let lives: Vec<_> = notes.of(B, |input| match input {
		Input::Restored(snapshot) => Some(snapshot.0.len()),
		Input::Timer(_) => Some(99),
		_ => None,
	});
	assert_eq!(lives, [(5 * SECOND, 1)]);
	let known = notes.of(A, |input| match input {
		Input::Peer(peer, PeerEvent::Connected(node)) if *node == B => Some(peer.0),
		_ => None,
	});
	assert_eq!(
		known.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
		[LATENCY, 5 * SECOND + LATENCY]
	);
	assert_ne!(known[0].1, known[1].1, "who comes back has another name");
	assert_eq!(sim.stored(B).map(|snapshot| snapshot.0.len()), Some(2));
	assert_eq!(sim.counters(B).map(|counters| counters.crashes), Some(1));
}

#[test]
fn a_node_crashes_with_an_input_before_or_after_an_output() {
	// The third input is the first `Say`, behind two peers.
	let script: Vec<_> = (0..4).map(|number| (SECOND, B, Do::Say(A, number))).collect();
	let heard = |moment| {
		let (_, notes) = run(config(vec![crash(B, moment, None)]), script.clone());
		assert_eq!(notes.crashed, 1);
		notes.messages(A).len()
	};
	assert_eq!(heard(Moment::Input(3)), 0, "it is handled, nothing is done");
	assert_eq!(heard(Moment::Input(4)), 1);
	assert_eq!(heard(Moment::Output(1)), 1, "what was sent arrives");
	assert_eq!(heard(Moment::Output(3)), 3);
}

#[test]
fn of_batches_under_way_a_beginning_is_written() {
	let mut kept = std::collections::BTreeSet::new();
	for seed in 0..40 {
		let mut config = config(vec![crash(B, Moment::At(SECOND + 5 * MS / 2), None)]);
		config.seed = seed;
		let script = (0..6).map(|number| (SECOND, B, Do::Store(number))).collect();
		let (sim, _) = run(config, script);
		let snapshot = sim.stored(B).expect("it is there");
		let keys: Vec<_> = snapshot.0.keys().map(|key| u32::from(key[3])).collect();
		assert_eq!(keys, (0..keys.len() as u32).collect::<Vec<_>>(), "oldest first");
		assert!(keys.len() >= 2, "two were stored");
		kept.insert(keys.len());
	}
	assert_eq!(kept, (2..=6).collect());
}

#[test]
fn ids_of_another_life_are_others() {
	let script = vec![(SECOND, B, Do::Store(1)), (3 * SECOND, B, Do::Store(2))];
	let fault = crash(B, Moment::At(2 * SECOND), Some(MS));
	let (_, notes) = run(config(vec![fault]), script);
	let ids = notes.of(B, |input| match input {
		Input::Stored(batch) => Some(batch.0),
		_ => None,
	});
	assert_eq!(ids.len(), 2);
	assert!(ids[1].1 > ids[0].1);
}

#[test]
fn who_restarts_apart_is_met_when_the_others_can_be_reached() {
	let apart = Fault::Apart {
		nodes: [B].into(),
		during: SECOND..6 * SECOND,
		noticed_after: None,
	};
	let fault = crash(B, Moment::At(2 * SECOND), Some(SECOND));
	let (_, notes) = run(config(vec![apart, fault]), Vec::new());
	let met = notes.of(A, |input| match input {
		Input::Peer(_, PeerEvent::Connected(node)) if *node == B => Some(()),
		_ => None,
	});
	assert_eq!(met, [(LATENCY, ()), (6 * SECOND + LATENCY, ())]);
}
