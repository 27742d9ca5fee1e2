//! Requests, connections, timers, batches, proposals.

use super::toy::*;
use crate::{
	node::Reputation, Ban, ConfigError, Effect, Fault, Kind, Loss, NodeId, Nodes, Uplink, ALL, ALWAYS,
};
use async_backing_machine::{Cost, Input, PeerEvent, ProposeId, RequestFailure};
use std::time::Duration;

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

#[test]
fn a_request_ends_once_with_an_answer_a_refusal_or_a_time_out() {
	let script = vec![
		(SECOND, A, Do::Ask(B, 42, SECOND)),
		(2 * SECOND, A, Do::Ask(B, 21, SECOND)),
		(3 * SECOND, A, Do::Ask(B, 43, SECOND)),
		// The answer would come at the very instant of the time-out, and later.
		(5 * SECOND, A, Do::Ask(B, 2, 2 * LATENCY)),
		(6 * SECOND, A, Do::Ask(B, 2, LATENCY)),
	];
	let (sim, notes) = run(config(Vec::new()), script);
	assert_eq!(
		notes.responses(A),
		[
			(SECOND + 2 * LATENCY, Ok(21)),
			(2 * SECOND + 2 * LATENCY, Err(RequestFailure::Refused)),
			(4 * SECOND, Err(RequestFailure::TimedOut)),
			(5 * SECOND + 2 * LATENCY, Err(RequestFailure::TimedOut)),
			(6 * SECOND + LATENCY, Err(RequestFailure::TimedOut)),
		]
	);
	assert_eq!(
		sim.counters(B).expect("it is there").unwanted,
		2,
		"two answers nobody waits for"
	);
	assert_eq!(sim.under_way(), 0);
}

#[test]
fn a_request_to_nobody_ends_at_once_and_one_above_the_limit_is_refused() {
	let mut config = config(Vec::new());
	config.limits.requests = 1;
	let script = vec![
		(SECOND, A, Do::Ask(NodeId(9), 2, SECOND)),
		(2 * SECOND, A, Do::Ask(B, 43, SECOND)),
		(2 * SECOND, A, Do::Ask(B, 2, SECOND)),
	];
	let (sim, notes) = run(config, script);
	assert_eq!(
		notes.responses(A),
		[
			(SECOND, Err(RequestFailure::Disconnected)),
			(2 * SECOND, Err(RequestFailure::Refused)),
			(3 * SECOND, Err(RequestFailure::TimedOut)),
		]
	);
	assert_eq!(sim.counters(A).expect("it is there").requests_refused, 1);
}

#[test]
fn a_silent_node_is_a_time_out_and_a_garbled_answer_is_malformed() {
	let garbled = Fault::Parcels {
		from: Nodes::one(C),
		to: Nodes::All,
		kind: Some(Kind::Answer),
		during: ALWAYS,
		effect: Effect::Garble,
	};
	let script = vec![
		(SECOND, A, Do::Ask(B, 2, SECOND)),
		(SECOND, A, Do::Ask(C, 2, SECOND)),
		(SECOND, B, Do::Say(A, 1)),
	];
	let (_, notes) = run(config(vec![Fault::silent(B, ALWAYS), garbled]), script);
	assert_eq!(
		notes.responses(A),
		[
			(SECOND + 2 * LATENCY, Err(RequestFailure::Malformed)),
			(2 * SECOND, Err(RequestFailure::TimedOut)),
		]
	);
	assert_eq!(notes.messages(A).len(), 1, "it is silent, not mute");
	assert_eq!(notes.lost, [(Kind::Answer, Loss::Fault)]);
}

#[test]
fn requests_to_a_peer_end_before_it_is_said_to_be_gone_and_it_comes_back_by_another_name() {
	let apart = Fault::Apart {
		nodes: [B].into(),
		during: 2 * SECOND..5 * SECOND,
		noticed_after: Some(SECOND),
	};
	let script = vec![
		(SECOND, A, Do::Ask(B, 43, 9 * SECOND)),
		(SECOND, A, Do::Ask(C, 43, 9 * SECOND)),
		(SECOND, A, Do::Ask(B, 45, 9 * SECOND)),
		(2 * SECOND, A, Do::Say(B, 1)),
		(4 * SECOND, A, Do::Say(B, 2)),
		(6 * SECOND, A, Do::Say(B, 3)),
	];
	let (_, notes) = run(config(vec![apart]), script);
	let story: Vec<_> = notes
		.of(A, |input| match input {
			Input::Response(_, Err(failure)) => Some(format!("{failure}")),
			Input::Peer(peer, PeerEvent::Disconnected) => Some(format!("{} gone", peer.0)),
			Input::Peer(peer, PeerEvent::Connected(node)) => Some(format!("{} is {}", peer.0, node.0)),
			_ => None,
		})
		.into_iter()
		.map(|(at, what)| (at.as_millis(), what))
		.collect();
	let expected = [
		(100, "1 is 1"),
		(100, "3 is 2"),
		(3000, "the peer is not connected"),
		(3000, "the peer is not connected"),
		(3000, "1 gone"),
		(5100, "7 is 1"),
		(10_000, "no answer in time"),
	];
	assert_eq!(story, expected.map(|(at, what)| (at, what.to_owned())));
	assert_eq!(notes.messages(B), [(6 * SECOND + LATENCY, 3)]);
	assert_eq!(
		notes.lost,
		[(Kind::Message, Loss::Fault), (Kind::Message, Loss::Gone)]
	);
}

#[test]
fn messages_of_a_pair_stay_in_order_and_what_overflows_is_lost_and_counted() {
	let mut config = config(Vec::new());
	config.topology.uplink = Uplink {
		bandwidth: 1000,
		queue: 3000,
	};
	config.topology.default = config.topology.default.map(|link| crate::Link {
		jitter: 10 * SECOND,
		..link
	});
	let script = (0..9)
		.map(|number| (20 * SECOND, A, Do::Say(B, 500 + number)))
		.collect();
	let (sim, notes) = run(config, script);
	let numbers: Vec<_> = notes.messages(B).into_iter().map(|(_, number)| number).collect();
	assert_eq!(numbers, [500, 501, 502, 503, 504]);
	assert_eq!(sim.counters(A).expect("it is there").overflowed, 4);
	assert_eq!(notes.lost, [(Kind::Message, Loss::Overflow); 4]);
}

#[test]
fn a_scenario_loses_what_it_wants() {
	let play = Play {
		script: (0..3).map(|number| (SECOND, A, Do::Say(B, number))).collect(),
		swallowed: Some(1),
		..Play::default()
	};
	let (_, notes) = run_play(config(Vec::new()), play);
	let at = SECOND + LATENCY;
	assert_eq!(notes.messages(B), [(at, 0), (at, 2)]);
}

#[test]
fn timers_run_out_once_unless_cleared_and_batches_are_stored_in_order() {
	let script = vec![
		(SECOND, A, Do::Timer(4 * SECOND)),
		(SECOND, A, Do::Timer(2 * SECOND)),
		(3 * SECOND, A, Do::ClearAll),
		(3 * SECOND, A, Do::Timer(SECOND)),
		(SECOND, A, Do::Store(1)),
		(SECOND, A, Do::Store(2)),
	];
	let (sim, notes) = run(config(Vec::new()), script);
	let timers = notes.of(A, |input| matches!(input, Input::Timer(_)).then_some(()));
	assert_eq!(
		timers,
		[(2 * SECOND, ()), (3 * SECOND, ())],
		"a time that has passed is now"
	);
	let stored = notes.of(A, |input| match input {
		Input::Stored(batch) => Some(batch.0),
		_ => None,
	});
	let (first, second) = (stored[0], stored[1]);
	assert!(first.1 < second.1);
	assert_eq!((first.0, second.0), (SECOND + MS, SECOND + 2 * MS));
	assert_eq!(sim.stored(A).map(|snapshot| snapshot.0.len()), Some(2));
}

#[test]
fn a_proposal_comes_or_there_is_none_by_its_deadline_and_views_reach_all_peers() {
	let (sim, notes) = run(config(Vec::new()), Vec::new());
	let proposals = &sim.scenario().proposals;
	assert_eq!(proposals[..], [(ProposeId(0), Some(4)), (ProposeId(1), None)]);
	for node in [A, C] {
		let views = notes.of(node, |input| match input {
			Input::Peer(_, PeerEvent::View(view)) => Some(*view),
			_ => None,
		});
		assert_eq!(views, [(SECOND + LATENCY, 5)]);
	}
	assert_eq!(notes.said, ["half time"]);
}

#[test]
fn whom_a_core_reports_too_often_is_cut_off_for_a_while() {
	let mut config = config(Vec::new());
	config.ban = Some(Ban {
		below: -500_000,
		lasts: 10 * SECOND,
	});
	let script = vec![
		(SECOND, A, Do::Report(B, Cost::Major)),
		(2 * SECOND, B, Do::Say(A, 1)),
		(2 * SECOND, A, Do::Report(B, Cost::Major)),
		(4 * SECOND, B, Do::Say(A, 2)),
		(13 * SECOND, B, Do::Say(A, 3)),
	];
	let (sim, notes) = run(config, script);
	assert_eq!(notes.messages(A), [(13 * SECOND + LATENCY, 3)]);
	assert_eq!(sim.counters(A).expect("it is there").bans, 1);
	let gone = |node| {
		notes.of(node, |input| {
			matches!(input, Input::Peer(_, PeerEvent::Disconnected)).then_some(())
		})
	};
	assert_eq!(gone(A), [(2 * SECOND, ())]);
	assert_eq!(gone(B), [(2 * SECOND + LATENCY, ())]);
}

/// R-NET-115: from the lowest reputation it takes the time of a ban to be above its bound again, and small costs that come far apart
/// are no ban.
#[test]
fn r_net_115_what_is_thought_of_a_peer_is_forgotten() {
	let Ban { below, lasts } = Ban::default();
	let mut worst = Reputation::default();
	assert_eq!(worst.change(Duration::ZERO, i32::MIN), i32::MIN);
	assert!(worst.change(lasts - SECOND, 0) < below);
	assert!(worst.change(lasts, 0) >= below);
	let mut tolerated = Reputation::default();
	for second in 0..20_000 {
		let value = tolerated.change(second * SECOND, -100_000);
		assert!(value >= -20_200_000, "{second}: {value}");
	}
}

#[test]
fn a_core_that_is_not_bounded_ends_the_run_and_so_does_time_that_stands_still() {
	let many = |what: Do| -> Vec<_> { (0..5).map(|_| (SECOND, A, what.clone())).collect() };
	let error = |what: Do, edit: fn(&mut crate::Limits)| {
		let mut config = config(Vec::new());
		edit(&mut config.limits);
		let play = Play {
			script: many(what),
			..Play::default()
		};
		let mut sim = crate::Sim::new(config, play).expect("no faults");
		sim.run(&mut ()).map_err(|error| error.to_string())
	};
	assert_eq!(
		error(Do::Timer(9 * SECOND), |limits| limits.timers = 4),
		Err("node 0 has more than 4 timers under way".into())
	);
	assert_eq!(
		error(Do::Store(1), |limits| limits.batches = 4),
		Err("node 0 has more than 4 batches under way".into())
	);
	assert_eq!(
		error(Do::ClearAll, |limits| limits.events_at_once = 4),
		Err("more than 4 events at 1s".into())
	);
}

#[test]
fn a_plan_for_nodes_that_there_are_not_is_refused() {
	let config = config(vec![Fault::dead(NodeId(3), SECOND)]);
	let error = ConfigError::UnknownNode {
		node: NodeId(3),
		nodes: 3,
	};
	assert_eq!(config.validate(), Err(error));
	assert_eq!(
		error.to_string(),
		"node 3 is named, but there are 3, counted from 0"
	);
}

#[test]
fn a_network_that_loses_everything_still_ends_every_request() {
	let script: Vec<_> = (0..50)
		.map(|number| (SECOND, A, Do::Ask(B, number, SECOND)))
		.collect();
	let (sim, notes) = run(config(vec![Fault::lossy(ALL)]), script);
	assert_eq!(
		notes.responses(A),
		vec![(2 * SECOND, Err(RequestFailure::TimedOut)); 50]
	);
	assert_eq!((sim.under_way(), sim.now()), (0, 3 * SECOND));
}
