//! A seconder that keeps the proof of validity to itself, and collators that have it (R-DEF-38).

use super::*;
use async_backing_machine::{Input, JobFailure, PeerEvent, RequestFailure};

fn demand(node: &Node, name: u8) -> Option<Demand> {
	node.backing.demand(hash(name, leaf_hash(10)), &node.chain)
}

fn fetch(name: u8, from: u32) -> Seen {
	Seen::Fetch {
		candidate: hash(name, leaf_hash(10)),
		from,
	}
}

/// Validator 0, which has heard that validator 1 seconded the candidate 1 and asks it.
fn asking() -> Node {
	let mut node = validator(0, Script::at(leaf_hash(10), &[0]));
	let seen = node.hear(&seconded(1, 1, leaf_hash(10)));
	assert_eq!(seen, Ok(vec![fetch(1, 1)]));
	assert_eq!(demand(&node, 1), Some(Demand::Later), "a backer is being asked");
	node
}

/// The candidate is validated, and confirmed.
fn confirms(node: &mut Node, name: u8) {
	let seen = node.validated(hash(name, leaf_hash(10)), Some(outcome(name)));
	let statement = shared(&seen);
	assert_eq!(
		statement.content,
		StatementContent::Valid(hash(name, leaf_hash(10))),
		"not a second Seconded"
	);
	assert_eq!(demand(node, name), Some(Demand::Never), "it has it");
}

#[test]
fn r_def_38_nobody_seconded_it_so_that_it_may_be_seconded() {
	let node = validator(0, Script::at(leaf_hash(10), &[0]));
	assert_eq!(demand(&node, 1), None);
}

#[test]
fn r_def_38_whatever_ends_the_request_a_collator_is_as_good_as_the_next_backer() {
	let ten = leaf_hash(10);
	for failure in [
		RequestFailure::TimedOut,
		RequestFailure::Disconnected,
		RequestFailure::Refused,
		RequestFailure::Malformed,
	] {
		let mut node = asking();
		node.end_request(1, hash(1, ten), Err(failure));
		assert_eq!(node.lacking, [hash(1, ten)], "told once: {failure}");
		assert_eq!(demand(&node, 1), Some(Demand::Now));
		// Another backer comes, and is asked beside.
		let seen = node.hear(&seconded(1, 2, ten)).expect("counted");
		assert!(seen.contains(&fetch(1, 2)), "{seen:?}");
		assert_eq!(demand(&node, 1), Some(Demand::Now), "whoever is first");
		assert_eq!(
			node.fetch(collation(1, ten)),
			Ok(vec![Seen::Validate(hash(1, ten))])
		);
		assert_eq!(demand(&node, 1), Some(Demand::Later), "it is being checked");
		assert_eq!(
			node.answer(2, hash(1, ten), Some(pov(1))),
			[],
			"one execution (R-BAK-10)"
		);
		confirms(&mut node, 1);
		assert_eq!(node.lacking, [hash(1, ten)]);
	}
}

#[test]
fn r_def_38_a_seconder_that_is_gone_before_it_could_be_asked() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	node.chain.disconnected(peer(1));
	node.input(Input::Peer(peer(1), PeerEvent::Disconnected));
	assert_eq!(node.hear(&seconded(1, 1, ten)), Ok(vec![]));
	assert_eq!(
		(demand(&node, 1), &node.lacking[..]),
		(Some(Demand::Now), &[hash(1, ten)][..])
	);
	node.fetch(collation(1, ten)).expect("it is wanted");
	// It comes back meanwhile, too late.
	let authorities = vec![key(1).public()];
	node.chain
		.connected(peer(1), async_backing_chain_view::Identity { authorities });
	confirms(&mut node, 1);
}

#[test]
fn r_def_38_a_seconder_that_hands_over_something_else_pays_and_a_collator_is_asked() {
	let ten = leaf_hash(10);
	let mut node = asking();
	let seen = node.answer(1, hash(1, ten), Some(pov(2)));
	assert_eq!(seen, [Seen::Validate(hash(1, ten))]);
	node.validated(hash(1, ten), None);
	assert_eq!(node.reports, [(peer(1), Cost::Major)]);
	assert_eq!(node.lacking, [hash(1, ten)]);
	node.fetch(collation(1, ten)).expect("it is wanted");
	confirms(&mut node, 1);
}

#[test]
fn r_def_38_a_collator_that_hands_over_something_else_pays_and_the_next_is_asked() {
	let ten = leaf_hash(10);
	let mut node = asking();
	node.end_request(1, hash(1, ten), Err(RequestFailure::TimedOut));
	let wrong = Collation {
		pov: pov(2),
		..collation(1, ten)
	};
	node.fetch(wrong).expect("nobody has hashed it");
	let seen = node.validated(hash(1, ten), None);
	let is_told = |seen: &Seen| {
		matches!(
			seen,
			Seen::Effect(Effect::NotSeconded {
				peer: COLLATOR,
				error: SecondingError::Inputs(InputMismatch::Pov { .. }),
				..
			})
		)
	};
	assert!(seen.iter().any(is_told), "{seen:?}");
	assert_eq!(node.reports, [(COLLATOR, Cost::Malicious)]);
	assert_eq!(demand(&node, 1), Some(Demand::Now));
	assert_eq!(node.lacking, [hash(1, ten), hash(1, ten)], "once more");
	node.fetch(collation(1, ten)).expect("it is wanted");
	confirms(&mut node, 1);
}

#[test]
fn r_def_38_own_candidates_in_the_same_place_stop_no_confirmation() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	second(&mut node, 2, ten);
	assert!(
		node.fetch(collation(1, ten)).is_err(),
		"R-BAK-3: the place is taken"
	);
	assert_eq!(node.hear(&seconded(1, 1, ten)), Ok(vec![fetch(1, 1)]));
	node.end_request(1, hash(1, ten), Err(RequestFailure::TimedOut));
	node.fetch(collation(1, ten)).expect("it is wanted");
	confirms(&mut node, 1);
}

#[test]
fn r_def_38_law_3_executions_are_bounded_by_claims_wherever_they_come_from() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	for name in 1..=4 {
		node.hear(&seconded(name, 1, ten)).expect("counted");
	}
	assert_eq!(node.fetches.len(), 3, "three claims");
	for name in 1..=3 {
		node.end_request(1, hash(name, ten), Err(RequestFailure::TimedOut));
	}
	// The fourth is asked for now; the others are in nobody's hands.
	assert_eq!(node.fetches.len(), 1);
	for name in 1..=2 {
		node.fetch(collation(name, ten)).expect("there is room");
	}
	assert_eq!(demand(&node, 3), Some(Demand::Later), "no room");
	assert_eq!(node.fetch(collation(3, ten)), Err(SecondingError::Busy(3)));
	assert_eq!(node.validations.len(), 2);
	node.lacking.clear();
	confirms(&mut node, 1);
	assert_eq!(node.lacking, [hash(3, ten)], "a place is free");
	node.fetch(collation(3, ten)).expect("there is room");
}

#[test]
fn r_def_38_a_validation_for_which_there_is_no_time_is_tried_as_often_as_any_other() {
	let ten = leaf_hash(10);
	let mut node = asking();
	node.end_request(1, hash(1, ten), Err(RequestFailure::TimedOut));
	for times in 1..=2 {
		node.fetch(collation(1, ten)).expect("it is wanted");
		let (id, _) = node.validations.remove(&hash(1, ten)).expect("it is executed");
		let seen = node.input(Input::Done(id, Err(JobFailure::Late)));
		let is_told = |seen: &Seen| matches!(seen, Seen::Effect(Effect::NotSeconded { peer: COLLATOR, .. }));
		assert!(seen.iter().any(is_told), "{seen:?}");
		let expected = if times < 2 { Demand::Now } else { Demand::Never };
		assert_eq!(demand(&node, 1), Some(expected), "{times}");
	}
	assert_eq!(
		node.fetch(collation(1, ten)),
		Err(SecondingError::AlreadyKnown(hash(1, ten)))
	);
}

#[test]
fn r_def_38_a_reorganisation_ends_it_or_leaves_it_to_the_fork_that_has_the_relay_parent() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	for (relay_parent, goes_on) in [(ten, true), (nine, false)] {
		let mut node = validator(0, Script::at(ten, &[0]));
		node.hear(&seconded(1, 1, relay_parent)).expect("counted");
		node.end_request(1, hash(1, relay_parent), Err(RequestFailure::TimedOut));
		assert_eq!(node.lacking, [hash(1, relay_parent)]);
		// A block on 10 takes its place: 10 stays in scope, 9 does not.
		node.activate(&leaf(11, (4, 3)));
		node.deactivate(ten);
		node.end_request(1, hash(1, relay_parent), Err(RequestFailure::TimedOut));
		let demand = node.backing.demand(hash(1, relay_parent), &node.chain);
		assert_eq!(demand, goes_on.then_some(Demand::Now));
		let fetched = node.fetch(collation(1, relay_parent));
		assert_eq!(fetched.is_ok(), goes_on, "{fetched:?}");
		assert!(node.reports.is_empty(), "nobody's fault");
	}
}

#[test]
fn r_def_38_r_bak_14_a_disabled_validator_waits_and_what_disabled_ones_vouch_for_is_left_alone() {
	let ten = leaf_hash(10);
	for disabled in [0, 1] {
		let mut facts = leaf(10, (4, 3));
		facts.disabled = vec![ValidatorIndex(disabled)];
		let mut node = Node::new(Some(0), Script::at(ten, &[0]));
		node.activate(&facts);
		node.hear(&seconded(1, 1, ten)).expect("kept");
		assert_eq!(demand(&node, 1), Some(Demand::Later), "{disabled} is disabled");
		assert!(node.lacking.is_empty() && node.fetches.is_empty());
		node.activate(&leaf(11, (4, 3)));
		node.deactivate(ten);
		assert_eq!(node.fetches.len(), 1, "nobody is any more");
	}
}

#[test]
fn r_def_38_after_a_restart_what_was_confirmed_is_not_wanted_again() {
	let ten = leaf_hash(10);
	let mut node = asking();
	node.end_request(1, hash(1, ten), Err(RequestFailure::TimedOut));
	node.fetch(collation(1, ten)).expect("it is wanted");
	confirms(&mut node, 1);
	let mut again = node.restarted(Script::at(ten, &[0]));
	again.activate(&leaf(10, (4, 3)));
	again.hear(&seconded(1, 1, ten)).expect("counted");
	assert_eq!(demand(&again, 1), Some(Demand::Never));
	assert!(again.lacking.is_empty());
}
