//! Backing groups and their rotation.

use super::{faults::made, random::Random, Case, VectorFile};
use serde_json::json;

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	examples(&mut cases);
	random(&mut cases);
	sizes(&mut cases);
	VectorFile {
		family: "groups",
		about: "Which group backs which core, when that changes, and who is in a group. `at` is the block of which the question is asked: for a candidate, its relay parent's number and 1 (R-GRP-1). null: there is none.",
		cases,
	}
}

/// All four questions about a place.
fn ask(
	cases: &mut Vec<Case>,
	rule: &'static str,
	name: &str,
	(start, frequency): (u32, u32),
	at: u32,
	place: (u32, u32),
) {
	let (index, cores) = place;
	let mut question = |rule, what: &str, question: serde_json::Value| {
		let mut question = question;
		question["session_start_block"] = json!(start);
		question["group_rotation_frequency"] = json!(frequency);
		question["at"] = json!(at);
		cases.push(Case::new(rule, format!("{name}: {what}"), made(question)));
	};
	question(
		rule,
		"group",
		json!({ "ask": "group_for_core", "core": index, "cores": cores }),
	);
	question(
		"R-GRP-3",
		"core",
		json!({ "ask": "core_for_group", "group": index, "cores": cores }),
	);
	question("R-GRP-4", "rotations", json!({ "ask": "rotation" }));
}

fn examples(cases: &mut Vec<Case>) {
	for (at, core) in [
		(14, 0),
		(14, 2),
		(15, 0),
		(15, 2),
		(19, 0),
		(20, 0),
		(24, 0),
		(25, 0),
		(12, 1),
	] {
		ask(
			cases,
			"R-GRP-4",
			&format!("example, {core} at {at}"),
			(10, 5),
			at,
			(core, 3),
		);
	}
	ask(cases, "R-GRP-2", "before the session", (10, 5), 9, (0, 3));
	ask(cases, "R-GRP-2", "the session's first block", (10, 5), 10, (0, 3));
	ask(cases, "R-GRP-2", "beyond the cores", (10, 5), 14, (3, 3));
	ask(cases, "R-GRP-2", "no cores", (10, 5), 14, (0, 0));
	ask(
		cases,
		"R-GRP-2",
		"frequency 0 never rotates",
		(10, 0),
		1000,
		(1, 3),
	);
	let last = u32::MAX - 1;
	ask(
		cases,
		"R-PRE-2",
		"as many rotations as cores",
		(0, 1),
		u32::MAX,
		(last, u32::MAX),
	);
	ask(
		cases,
		"R-PRE-2",
		"no next rotation",
		(u32::MAX - 3, 3),
		u32::MAX,
		(0, 2),
	);
}

fn random(cases: &mut Vec<Case>) {
	let mut random = Random::new(2);
	for n in 0..60 {
		let (start, frequency) = (random.below(1000), random.below(20));
		let at = start + random.below(500);
		let cores = random.within(1, 100);
		ask(
			cases,
			"R-GRP-2",
			&format!("random {n}"),
			(start, frequency),
			at,
			(random.below(cores), cores),
		);
	}
}

fn sizes(cases: &mut Vec<Case>) {
	for (validators, groups) in [(10, 3), (9, 3), (2, 3), (0, 3), (2, 0), (1, 1), (17, 5)] {
		let question =
			made(json!({ "ask": "split_into_groups", "validators": validators, "groups": groups }));
		cases.push(Case::new(
			"R-GRP-5",
			format!("{validators} over {groups}"),
			question,
		));
	}
	for (cores, validators, max) in [
		(2, 10, Some(3)),
		(2, 9, Some(3)),
		(2, 8, Some(3)),
		(2, 10, Some(0)),
		(5, 10, None),
		(5, 10, Some(3)),
		(0, 5, Some(6)),
		(u32::MAX, u32::MAX, Some(1)),
	] {
		let question = made(json!({
			"ask": "core_count",
			"num_cores": cores,
			"validators": validators,
			"max_validators_per_core": max,
		}));
		let name = format!("{cores} configured, {validators} validators, at most {max:?} a core");
		cases.push(Case::new("R-GRP-5", name, question));
	}
}
