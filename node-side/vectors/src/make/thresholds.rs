//! Numbers of votes and chunks, and depth.

use super::{faults::made, random::Random, Case, VectorFile};
use serde_json::json;

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	let numbers = (0..=40).chain([
		99, 100, 101, 299, 300, 301, 999, 1000, 1023, 1024, 65_535, 65_536, 65_537,
	]);
	for validators in numbers {
		let question = made(json!({ "ask": "thresholds", "validators": validators }));
		cases.push(Case::new("R-ENA-1", format!("{validators} validators"), question));
	}
	for size in [0, 1, 2, 3, 4, 5, 6, 20] {
		for minimum in [0, 1, 2, 3, 5, 6] {
			let question = made(json!({
				"ask": "required_backing_votes",
				"group_size": size,
				"minimum_backing_votes": minimum,
			}));
			let name = format!("a group of {size}, minimum {minimum}");
			cases.push(Case::new("R-BKV-1", name, question));
		}
	}
	enacted(&mut cases);
	depths(&mut cases);
	VectorFile {
		family: "thresholds",
		about: "How many validators back, make available, recover; how many pending candidates are enacted; how deep candidates may be.",
		cases,
	}
}

fn enacted(cases: &mut Vec<Case>) {
	let mut ask = |votes: &[u32], validators: u32| {
		let question = made(json!({ "ask": "enactable", "votes": votes, "validators": validators }));
		cases.push(Case::new(
			"R-ENA-3",
			format!("votes {votes:?} of {validators}"),
			question,
		));
	};
	for votes in [[3, 2, 3], [3, 3, 3], [2, 4, 4], [3, 4, 0]] {
		ask(&votes, 4);
	}
	ask(&[], 4);
	// One vote less than needed, where 3 divides n and a test of two thirds is one short.
	for (votes, validators) in [
		(4, 6),
		(5, 6),
		(6, 9),
		(7, 9),
		(200, 300),
		(201, 300),
		(66, 100),
		(67, 100),
	] {
		ask(&[votes], validators);
	}
	let mut random = Random::new(3);
	for _ in 0..12 {
		let validators = random.within(1, 12);
		let count = random.below(5);
		let votes: Vec<_> = (0..count)
			.map(|_| random.within(validators / 2, validators))
			.collect();
		ask(&votes, validators);
	}
}

fn depths(cases: &mut Vec<Case>) {
	for (pending, accepted, max) in [
		(1, 0, 1),
		(1, 1, 1),
		(0, 0, 1),
		(0, 1, 1),
		(0, 0, 0),
		(1, 0, 0),
		(4, 0, 4),
		(4, 1, 4),
		(5, 0, 4),
		(u32::MAX, 1, u32::MAX),
	] {
		let question = made(json!({
			"ask": "check_depth",
			"pending": pending,
			"accepted": accepted,
			"max_candidate_depth": max,
		}));
		let name = format!("{pending} pending, {accepted} accepted before it, at most {max}");
		cases.push(Case::new("R-DEP-1", name, question));
	}
}
