//! Where a proof of validity comes from when whoever seconded the candidate keeps it to itself (R-DEF-38): from any collator
//! that advertises it, whatever else is known of the candidate.

use super::{
	fixture::*,
	net::{Net, LATENCY},
	rows::{only_request, stranger},
	solo::*,
};
use crate::{Event, Request, Response};
use async_backing_machine::{Input, PeerEvent, PeerId, RequestFailure, RequestId};
use async_backing_primitives::{CompactStatement, PoV};
use async_backing_wire::CollationResponse;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// How a seconder fails to hand over what it seconded.
#[derive(Clone, Copy, Debug)]
enum Fault {
	Silent,
	Refuses,
	Crashes,
	/// It hands over something else.
	Lies,
}

const FAULTS: [Fault; 4] = [Fault::Silent, Fault::Refuses, Fault::Crashes, Fault::Lies];

/// Validator 1, which knows what the candidate gives.
fn voter(candidate: &Candidate) -> Solo {
	Solo::at(1, &leaf(None)).knows(&[candidate])
}

/// The seconder, validator 0, is asked, and fails.
fn fails(solo: &mut Solo, asked: &Outputs, candidate: &Candidate, fault: Fault) -> Outputs {
	let (id, of, request) = only_request(asked);
	assert_eq!(
		(of, request),
		(peer(0), Request::Pov(candidate.hash())),
		"R-BAK-10"
	);
	match fault {
		Fault::Silent => solo.answer(id, Err(RequestFailure::TimedOut)),
		Fault::Refuses => solo.answer(id, Err(RequestFailure::Refused)),
		Fault::Crashes => {
			let mut outputs = solo.answer(id, Err(RequestFailure::Disconnected));
			outputs.extend(solo.give(Input::Peer(peer(0), PeerEvent::Disconnected)));
			outputs
		}
		Fault::Lies => {
			let outputs = solo.answer(id, Ok(Response::Pov(Arc::new(PoV::default()))));
			assert_eq!(costs(&outputs), [(peer(0), "another proof of validity")]);
			outputs
		}
	}
}

fn hands_over(solo: &mut Solo, id: RequestId, candidate: &Candidate) -> Outputs {
	solo.answer(id, Ok(Response::Collation(candidate.collation())))
}

/// Exactly one statement was made: the candidate is valid.
fn confirms(outputs: &Outputs, candidate: &Candidate) {
	let said: Vec<_> = statements(outputs).iter().filter_map(as_statement).collect();
	let own: Vec<_> = said.iter().filter(|said| said.validator_index.0 == 1).collect();
	let [statement] = own[..] else {
		panic!("one statement: {outputs:?}")
	};
	let valid = CompactStatement::Valid(candidate.hash());
	assert_eq!(statement.statement, valid, "not a second Seconded");
	assert!(is_backable(outputs, candidate), "R-BAK-7: {outputs:?}");
}

fn asks_collator(outputs: &Outputs, candidate: &Candidate, collator: PeerId) -> RequestId {
	let (id, of, request) = only_request(outputs);
	assert_eq!((of, request), (collator, candidate.request()), "R-DEF-38");
	id
}

#[test]
fn r_def_38_a_seconder_that_hands_nothing_over_costs_one_retry() {
	let candidate = Candidate::new();
	for fault in FAULTS {
		let mut solo = voter(&candidate);
		let asked = solo.say(peer(0), statement(&candidate, 0, true));
		let advertised = solo.say(COLLATOR, candidate.advertisement());
		assert!(requests(&advertised).is_empty(), "the seconder is being asked");
		assert!(costs(&advertised).is_empty());
		let outputs = fails(&mut solo, &asked, &candidate, fault);
		let id = asks_collator(&outputs, &candidate, COLLATOR);
		let outputs = hands_over(&mut solo, id, &candidate);
		confirms(&outputs, &candidate);
		assert!(costs(&outputs).is_empty(), "{fault:?}");
		assert_eq!(solo.results.executed, [candidate.hash()]);
	}
}

#[test]
fn r_def_38_an_advertisement_that_comes_afterwards_is_as_good() {
	let candidate = Candidate::new();
	for fault in FAULTS {
		let mut solo = voter(&candidate);
		let asked = solo.say(peer(0), statement(&candidate, 0, true));
		let outputs = fails(&mut solo, &asked, &candidate, fault);
		assert!(requests(&outputs).is_empty(), "nobody else has it: {fault:?}");
		let outputs = solo.say(COLLATOR, candidate.advertisement());
		let id = asks_collator(&outputs, &candidate, COLLATOR);
		confirms(&hands_over(&mut solo, id, &candidate), &candidate);
	}
}

#[test]
fn r_def_38_what_a_rival_had_the_place_of_when_it_was_advertised_is_confirmed_all_the_same() {
	let (candidate, rival) = (Candidate::new(), Candidate::rival(7));
	let mut solo = voter(&candidate).knows(&[&rival]);
	let id = asks_collator(&solo.say(COLLATOR, rival.advertisement()), &rival, COLLATOR);
	let outputs = hands_over(&mut solo, id, &rival);
	assert_eq!(statements(&outputs).len(), 1, "it is seconded");
	// Its place is taken, so that it is of no use; it is not forgotten for that.
	assert!(requests(&solo.say(COLLATOR, candidate.advertisement())).is_empty());
	let asked = solo.say(peer(0), statement(&candidate, 0, true));
	let outputs = fails(&mut solo, &asked, &candidate, Fault::Silent);
	let id = asks_collator(&outputs, &candidate, COLLATOR);
	confirms(&hands_over(&mut solo, id, &candidate), &candidate);
}

#[test]
fn r_def_38_what_is_on_its_way_when_somebody_seconds_it_confirms_it() {
	let (candidate, rival) = (Candidate::new(), Candidate::rival(7));
	let mut solo = voter(&candidate).knows(&[&rival]);
	let second = stranger(&mut solo, 201);
	let first = asks_collator(&solo.say(COLLATOR, rival.advertisement()), &rival, COLLATOR);
	solo.say(second, candidate.advertisement());
	let outputs = solo.wait(NOW + Duration::from_millis(400));
	let of_second = asks_collator(&outputs, &candidate, second);
	// The rival is quicker, and is being executed.
	solo.holds_jobs = true;
	hands_over(&mut solo, first, &rival);
	solo.holds_jobs = false;
	solo.say(peer(0), statement(&candidate, 0, true));
	confirms(&hands_over(&mut solo, of_second, &candidate), &candidate);
}

#[test]
fn r_def_38_silent_collators_cost_their_time_outs_one_after_the_other() {
	let candidate = Candidate::new();
	let mut solo = voter(&candidate);
	let others: Vec<_> = (201..204).map(|id| stranger(&mut solo, id)).collect();
	let asked = solo.say(peer(0), statement(&candidate, 0, true));
	for collator in [COLLATOR].iter().chain(&others) {
		assert!(requests(&solo.say(*collator, candidate.advertisement())).is_empty());
	}
	let outputs = fails(&mut solo, &asked, &candidate, Fault::Silent);
	let first = asks_collator(&outputs, &candidate, COLLATOR);
	// R-NET-85: the next ones beside it, three at most.
	let mut open = vec![first];
	for collator in &others[..2] {
		let outputs = solo.wait(solo.now + Duration::from_millis(400));
		open.push(asks_collator(&outputs, &candidate, *collator));
	}
	assert!(
		requests(&solo.wait(solo.now + Duration::from_millis(800))).is_empty(),
		"law 3"
	);
	let outputs = solo.answer(open[0], Err(RequestFailure::TimedOut));
	let id = asks_collator(&outputs, &candidate, others[2]);
	confirms(&hands_over(&mut solo, id, &candidate), &candidate);
	for id in &open[1..] {
		let late = hands_over(&mut solo, *id, &candidate);
		assert!(
			statements(&late).is_empty() && costs(&late).is_empty(),
			"nobody's fault"
		);
	}
	assert_eq!(solo.results.executed.len(), 1, "R-BAK-10");
}

#[test]
fn r_def_38_who_is_silent_at_one_leaf_is_asked_again_at_the_next() {
	let candidate = Candidate::new();
	let mut solo = voter(&candidate);
	let asked = solo.say(peer(0), statement(&candidate, 0, true));
	solo.say(COLLATOR, candidate.advertisement());
	let mut outputs = fails(&mut solo, &asked, &candidate, Fault::Silent);
	for _ in 0..2 {
		let id = asks_collator(&outputs, &candidate, COLLATOR);
		outputs = solo.answer(id, Err(RequestFailure::TimedOut));
	}
	assert!(requests(&outputs).is_empty(), "it is left alone for now");
	let mut asked = requests(&solo.import(&child_of(&leaf(None), 1)));
	asked.sort_by_key(|(_, peer, _)| *peer);
	let hash = candidate.hash();
	let [(_, of_seconder, Request::Pov(pov)), (id, COLLATOR, collation)] = &asked[..] else {
		panic!("both are asked: {asked:?}")
	};
	assert_eq!(
		(*of_seconder, *pov, collation),
		(peer(0), hash, &candidate.request())
	);
	confirms(&hands_over(&mut solo, *id, &candidate), &candidate);
}

#[test]
fn r_def_38_a_collator_that_hands_over_another_candidate_pays_and_the_next_is_asked() {
	let (candidate, other) = (Candidate::new(), Candidate::rival(7));
	let with = |receipt: &Candidate, pov: &Candidate| CollationResponse {
		receipt: receipt.plain(),
		pov: pov.pov.clone(),
		parent_head_data: None,
	};
	let other_pov = Candidate::with_pov(
		candidate.validation_data.parent_head.clone(),
		candidate.receipt.commitments.head_data.clone(),
		77,
	);
	let lies = [
		(with(&other, &other), "collation is not as advertised"),
		(
			with(&candidate, &other_pov),
			"collation with another proof of validity",
		),
	];
	for (lie, reason) in lies {
		let mut solo = voter(&candidate);
		let second = stranger(&mut solo, 201);
		let asked = solo.say(peer(0), statement(&candidate, 0, true));
		solo.say(COLLATOR, candidate.advertisement());
		solo.say(second, candidate.advertisement());
		let outputs = fails(&mut solo, &asked, &candidate, Fault::Silent);
		let id = asks_collator(&outputs, &candidate, COLLATOR);
		let outputs = solo.answer(id, Ok(Response::Collation(lie)));
		assert_eq!(costs(&outputs), [(COLLATOR, reason)]);
		let id = asks_collator(&outputs, &candidate, second);
		confirms(&hands_over(&mut solo, id, &candidate), &candidate);
	}
}

#[test]
fn r_def_38_a_collator_that_is_gone_in_the_middle_is_followed_by_the_next() {
	let candidate = Candidate::new();
	let mut solo = voter(&candidate);
	let second = stranger(&mut solo, 201);
	let asked = solo.say(peer(0), statement(&candidate, 0, true));
	solo.say(COLLATOR, candidate.advertisement());
	solo.say(second, candidate.advertisement());
	let outputs = fails(&mut solo, &asked, &candidate, Fault::Crashes);
	let id = asks_collator(&outputs, &candidate, COLLATOR);
	let mut outputs = solo.answer(id, Err(RequestFailure::Disconnected));
	outputs.extend(solo.give(Input::Peer(COLLATOR, PeerEvent::Disconnected)));
	let id = asks_collator(&outputs, &candidate, second);
	confirms(&hands_over(&mut solo, id, &candidate), &candidate);
}

#[test]
fn r_def_38_a_reorganisation_in_the_middle_is_nobodys_fault() {
	let candidate = Candidate::new();
	let ten = leaf(None);
	// The relay parent is block 10: in scope for two blocks more.
	for (blocks, goes_on) in [(1, true), (4, false)] {
		let mut solo = voter(&candidate);
		let asked = solo.say(peer(0), statement(&candidate, 0, true));
		solo.say(COLLATOR, candidate.advertisement());
		let outputs = fails(&mut solo, &asked, &candidate, Fault::Silent);
		let id = asks_collator(&outputs, &candidate, COLLATOR);
		let mut newest = ten.clone();
		for fork in 0..blocks {
			newest = child_of(&newest, 1 + fork);
			solo.import(&newest);
		}
		let outputs = hands_over(&mut solo, id, &candidate);
		assert!(costs(&outputs).is_empty(), "{outputs:?}");
		match goes_on {
			true => confirms(&outputs, &candidate),
			false => assert!(statements(&outputs).is_empty() && solo.results.executed.is_empty()),
		}
	}
}

#[test]
fn r_def_38_law_3_advertisements_that_are_kept_are_bounded() {
	let mut solo = Solo::at(1, &leaf(None));
	let first = Candidate::rival(0);
	solo.results.known.insert(first.hash(), Ok(first.result()));
	let id = asks_collator(&solo.say(COLLATOR, first.advertisement()), &first, COLLATOR);
	hands_over(&mut solo, id, &first);
	// Each has no place. A core with two claims: three of each collator and relay parent.
	for seed in 1..100 {
		let outputs = solo.say(COLLATOR, Candidate::rival(seed).advertisement());
		assert!(requests(&outputs).is_empty());
	}
	assert!(
		solo.core.collations.waiting() <= 3,
		"{}",
		solo.core.collations.waiting()
	);
	assert!(solo
		.core
		.reports()
		.get("too many advertisements")
		.is_some_and(|times| *times > 10));
}

#[test]
fn r_def_38_the_whole_group_votes_without_the_seconder() {
	let candidate = Candidate::new();
	for (advertised_before, collator_is_silent) in [(true, false), (false, false), (true, true)] {
		let mut net = Net::new(&[&candidate]);
		net.import(&leaf(None));
		net.advertise(&candidate, &[0]);
		// It seconds, and answers nobody.
		net.silent.insert(peer(0));
		if advertised_before {
			// The others know by then what it seconded.
			net.run_until(net.now + 8 * LATENCY);
			net.advertise(&candidate, &[1, 2]);
		}
		if collator_is_silent {
			net.silent.insert(COLLATOR);
		}
		net.run_until(net.now + Duration::from_millis(2500));
		if !advertised_before {
			net.advertise(&candidate, &[1, 2]);
		}
		if collator_is_silent {
			net.run_until(net.now + Duration::from_secs(4));
			net.silent.remove(&COLLATOR);
			net.import(&child_of(&leaf(None), 1));
		}
		net.run_until(net.now + Duration::from_millis(4500));
		let voters: Vec<_> = net
			.shared
			.iter()
			.filter_map(|(node, message)| Some((*node, as_statement(message)?)))
			.filter(|(node, statement)| statement.validator_index.0 == u32::from(*node))
			.map(|(node, statement)| (node, matches!(statement.statement, CompactStatement::Seconded(_))))
			.collect::<BTreeSet<_>>()
			.into_iter()
			.collect();
		// Whoever heard of the candidate from nobody but the silent one seconds it itself.
		assert_eq!(voters.len(), 3, "{voters:?}");
		assert_eq!(voters[0], (0, true), "{voters:?}");
		let who: Vec<_> = voters.iter().map(|(node, _)| *node).collect();
		assert_eq!(who, [0, 1, 2], "{voters:?}");
		for node in 0..VALIDATORS {
			let backable = (node, Event::Backable(candidate.hash()));
			assert!(net.events.contains(&backable), "validator {node}");
		}
	}
}
