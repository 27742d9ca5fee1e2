//! Presets show what their sentences say, and the chain of a game takes what the view offers it.

use super::*;
use alloc::{borrow::ToOwned, format, vec::Vec};

/// A preset after so many steps, and where it looks then.
fn after(key: &str, steps: usize) -> Shown {
	let preset = presets()
		.into_iter()
		.find(|preset| preset.key == key)
		.expect("there is one");
	let moves: Vec<_> = preset
		.steps
		.iter()
		.take(steps)
		.flat_map(|step| step.moves.clone())
		.collect();
	let look = preset
		.steps
		.get(steps - 1)
		.map(|step| step.look.clone())
		.unwrap_or_default();
	World::after(&moves).show(&look)
}

fn place<'a>(shown: &'a Shown, name: &str) -> &'a str {
	let found = shown.candidates.iter().find(|candidate| candidate.name == name);
	found.map_or("", |candidate| candidate.place.as_str())
}

fn refusal<'a>(shown: &'a Shown, name: &str) -> &'a str {
	let found = shown.candidates.iter().find(|candidate| candidate.name == name);
	found
		.and_then(|candidate| candidate.refusal.as_deref())
		.unwrap_or("")
}

fn left(shown: &Shown, field: &str) -> (String, String) {
	let found = shown.contexts.fields.iter().find(|of| of.name == field);
	found
		.map(|of| (of.left.clone(), of.by.join(" ")))
		.unwrap_or_default()
}

#[test]
fn r_tre_14_the_required_parent_rule() {
	let shown = after("required-parent", 2);
	assert_eq!(
		["A1", "A2", "A3"].map(|name| place(&shown, name)),
		["depth 0", "depth 1", "depth 1"]
	);
	let shown = after("required-parent", 4);
	assert_eq!(place(&shown, "A4"), "not heard of here");
	assert_eq!(place(&shown, "A5"), "waits for its parent (R-TRE-14)");
	let shown = after("required-parent", 5);
	assert_eq!(
		["A4", "A5"].map(|name| place(&shown, name)),
		["depth 2", "depth 3"]
	);
	assert_eq!(
		shown.said[5].why,
		"at 13 it stands at depth 2; A5 joins behind it"
	);
}

#[test]
fn r_tre_6_r_sco_3_the_relay_parent_rule() {
	let shown = after("relay-parent", 3);
	assert_eq!(place(&shown, "A3"), "depth 2");
	assert_eq!(
		refusal(&shown, "A4"),
		"at 13: relay parent 11 after relay parent 12 (R-TRE-6)"
	);
	let shown = after("relay-parent", 4);
	let tree = shown.tree.as_ref().expect("there is a tree");
	assert_eq!(
		(tree.scope.join(" ").as_str(), tree.nodes.len()),
		("15 14 13 12", 0)
	);
	assert_eq!(place(&shown, "A1"), "of no use at any leaf: forgotten (R-VIE-4)");
	assert_eq!(place(&shown, "A2"), "waits for its parent (R-TRE-14)");
	assert_eq!(
		refusal(&after("relay-parent", 5), "A5"),
		"at 15: relay parent 10 is out of scope (R-SCO-3)"
	);
}

#[test]
fn r_mod_8_r_frg_9_r_frg_11_constraints_of_a_path() {
	let of = |steps| {
		let shown = after("constraints", steps);
		(
			left(&shown, "ump_remaining"),
			left(&shown, "ump_remaining_bytes").0,
		)
	};
	assert_eq!(of(1), (("6".into(), "".into()), "96".into()));
	assert_eq!(of(2), (("3".into(), "A1".into()), "48".into()));
	assert_eq!(of(3), (("1".into(), "A1 A2".into()), "16".into()));
	assert!(refusal(&after("constraints", 4), "A3").contains("R-FRG-11"));
	let shown = after("constraints", 5);
	assert_eq!(place(&shown, "A4"), "depth 1");
	assert!(refusal(&after("constraints", 6), "A5").contains("R-FRG-9"));
}

#[test]
fn r_col_2_r_col_3_r_col_4_three_contexts_of_one_block() {
	let shown = after("contexts", 2);
	let roles = &shown.contexts.roles;
	let row = |at: usize| [&roles[at].collator, &roles[at].backer, &roles[at].approver].map(String::as_str);
	assert_eq!(
		row(0),
		[
			"relay block 14 (best relay block)",
			"relay block 14 (advertisement)",
			"relay block 14 (descriptor)"
		]
	);
	assert_eq!(
		row(1),
		[
			"head of A1 (parent search)",
			"head of A1 (advertisement)",
			"head of A1 (availability)"
		]
	);
	assert_eq!(roles[2].approver, "not needed: inclusion has judged");
	let hash = |text: &str| text.split(" (").next().map(String::from);
	let [collator, backer, approver] = row(4).map(hash);
	assert!(
		collator.is_some() && collator == backer && backer == approver,
		"R-PVD-1: {roles:?}"
	);
	assert!(refusal(&after("contexts", 3), "A3").contains("R-TRE-6"));
	let roles = after("contexts", 3).contexts.roles;
	assert!(roles[0].backer.contains("R-TRE-6"), "{roles:?}");
}

#[test]
fn r_tre_8_r_sel_3_anatomy() {
	let shown = after("anatomy", 1);
	let tree = shown.tree.as_ref().expect("there is a tree");
	assert_eq!(
		(tree.scope.join(" ").as_str(), tree.best.join(" ").as_str()),
		("14 13 12 11", "A2 A3")
	);
	assert!(place(&shown, "A1").starts_with("pending availability since 14, depth 0"));
	assert_eq!(
		after("anatomy", 2).tree.map(|tree| tree.waiting),
		Some(["A6".into()].into())
	);
	let shown = after("anatomy", 3);
	let tree = shown.tree.as_ref().expect("there is a tree");
	let places = tree.nodes.iter().filter(|node| node.candidate == Some(7));
	assert_eq!(places.count(), 2, "R-TRE-8");
	let shown = after("anatomy", 4);
	assert_eq!(
		(place(&shown, "A1"), place(&shown, "A3")),
		("included in 15", "depth 1")
	);
	assert!(place(&shown, "A2").starts_with("pending availability since 15, depth 0"));
}

#[test]
fn r_vie_1_r_vie_2_a_tree_for_each_para_at_each_leaf() {
	let trees = |steps| 1 + after("snapshot", steps).others.len();
	assert_eq!([1, 2, 3, 4].map(trees), [2, 4, 4, 4]);
	let shown = after("snapshot", 2);
	for block in &shown.blocks[4..6] {
		assert_eq!(block.backed, ["A1", "B1"], "{}", block.name);
	}
	let preset = presets()
		.into_iter()
		.find(|preset| preset.key == "snapshot")
		.expect("there is one");
	let moves: Vec<_> = preset
		.steps
		.iter()
		.take(3)
		.flat_map(|step| step.moves.clone())
		.collect();
	let at = |leaf, name| {
		let look = Look {
			leaf: Some(leaf),
			..Look::default()
		};
		place(&World::after(&moves).show(&look), name).to_owned()
	};
	assert_eq!(
		(at(4, "A3"), at(5, "A3")),
		("depth 1".into(), "has no place at this leaf".into()),
		"R-VIE-2"
	);
	assert_eq!((at(4, "A4"), at(5, "A4")), ("depth 2".into(), "depth 2".into()));
	assert_eq!(World::after(&moves).drawings().len(), 4);
}

#[test]
fn r_sco_5_pending_candidates_out_of_scope() {
	let shown = after("scope", 2);
	let tree = shown.tree.as_ref().expect("there is a tree");
	assert_eq!(tree.scope.join(" "), "14 13 12 11");
	assert!(place(&shown, "A1").ends_with("depth 0"), "R-SCO-5");
	assert_eq!(place(&shown, "A2"), "depth 1");
	assert!(refusal(&after("scope", 3), "A3").contains("R-SCO-3"));
	let shown = after("scope", 4);
	assert_eq!(
		(shown.blocks[shown.leaf].name.as_str(), place(&shown, "A4")),
		("14b", "has no place at this leaf")
	);
}

#[test]
fn r_frg_2_r_frg_3_r_tre_6_r_dep_1_the_inclusion_checklist() {
	let shown = after("checklist", 6);
	assert_eq!(place(&shown, "A3"), "waits for its parent (R-TRE-14)");
	for (name, rule) in [
		("A4", "R-FRG-3"),
		("A5", "R-FRG-2"),
		("A6", "R-TRE-6"),
		("A11", "R-DEP-1"),
	] {
		assert!(
			refusal(&shown, name).contains(rule),
			"{name}: {}",
			refusal(&shown, name)
		);
	}
	assert_eq!(place(&shown, "A10"), "depth 4");
}

#[test]
fn r_bkv_1_r_sel_3_a_statement_is_lost() {
	let best = |steps| after("statements", steps).tree.map(|tree| tree.best.join(" "));
	assert_eq!(best(3).as_deref(), Some(""));
	assert_eq!(after("statements", 4).said[4].why, "has nothing to back");
	assert_eq!(best(5).as_deref(), Some("A1 A2"));
	let shown = after("statements", 6);
	assert_eq!(place(&shown, "A1"), "included in 16");
	assert!(place(&shown, "A2").starts_with("pending availability since 16"));
}

#[test]
fn r_tmo_2_r_tmo_5_r_prv_3_a_time_out_takes_the_path_along() {
	let next = |steps| after("provisioner", steps).next.expect("there is a next block");
	let first = next(1);
	assert_eq!(
		(
			first.required.join(" ").as_str(),
			first.offered.join(" ").as_str()
		),
		("A1", "A2")
	);
	let second = next(2);
	assert_eq!(
		(
			second.required.join(" ").as_str(),
			second.offered.len(),
			second.free.len()
		),
		("A1", 0, 0)
	);
	assert_eq!(second.stays, [("A1".into(), 17)]);
	let third = next(3);
	assert_eq!(
		(
			third.required.len(),
			third.timed_out.join(" "),
			third.offered.join(" ")
		),
		(0, "A1".into(), "A3".into())
	);
	let shown = after("provisioner", 4);
	assert_eq!(place(&shown, "A1"), "timed out in 17");
	assert!(place(&shown, "A3").starts_with("pending availability since 17"));
}

#[test]
fn r_hoo_1_r_hoo_2_r_hoo_3_authoring_hooks() {
	let builds = |steps| -> Vec<bool> {
		after("hooks", steps)
			.contexts
			.hooks
			.iter()
			.map(|hook| hook.builds)
			.collect()
	};
	assert_eq!(builds(1), [true, true, true]);
	assert_eq!(builds(2), [false, true, true], "R-HOO-1");
	assert_eq!(builds(3), [false, true, false], "R-HOO-2");
	assert_eq!(builds(4), [false, false, false], "R-HOO-3");
	assert_eq!(builds(5), [false, true, true], "R-HOO-2");
}

/// Prediction and verdict are one: whatever happens, the chain takes what the view offers.
#[test]
fn r_base_18_r_frg_17_the_chain_takes_what_the_view_offers() {
	let (mut backed, mut refused, mut included) = (0, 0, 0);
	for seed in 0..40 {
		let game = random::game(seed, 60);
		let mut world = World::new();
		for next in &game.moves {
			world.apply(next);
		}
		for block in world.show(&Look::default()).blocks {
			assert!(
				block.refused.is_empty(),
				"seed {seed}, block {}: {:?}",
				block.name,
				block.refused
			);
			backed += block.backed.len();
			included += block.included.len();
		}
		refused += world.said().iter().filter(|said| !said.accepted).count();
	}
	assert!(
		backed > 100 && included > 80 && refused > 200,
		"{backed} {included} {refused}"
	);
}

#[test]
fn the_same_game_shows_the_same_and_nonsense_is_an_error() {
	let game = random::game(7, 40);
	let json = serde_json::to_string(&Game {
		moves: game.moves,
		look: Look::default(),
	})
	.expect("it is JSON");
	assert_eq!(play(&json), play(&json));
	assert!(play(&json).starts_with("{\"depth\":"));
	assert!(play("{\"moves\":[{\"fly\":{}}]}").starts_with("{\"error\":\"unknown variant `fly`"));
	assert!(play("").starts_with("{\"error\":"));
}

#[test]
fn names_take_the_place_of_hashes() {
	for seed in 0..10 {
		for said in World::after(&random::game(seed, 60).moves).said() {
			assert!(!format!("{} {}", said.done, said.why).contains("0x"), "{said:?}");
		}
	}
}
