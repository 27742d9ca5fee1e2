//! Trees: the worked examples of the rules, and random histories.

use super::{
	faults::{horizontal, FUTURE},
	random::Random,
	spec::{base, spec, tree, Spec, LEAF},
	Case, VectorFile,
};
use crate::{
	ask::{Question, Select, Step, Tree, Try},
	json::Base,
};
use async_backing_primitives::{OutboundHrmpChannelLimitations, ParaId, ValidationCode};

pub(super) fn examples() -> VectorFile {
	let mut cases = Vec::new();
	shapes(&mut cases);
	selection(&mut cases);
	scopes(&mut cases);
	resources(&mut cases);
	bounds(&mut cases);
	VectorFile {
		family: "tree",
		about: "What candidates do to a tree, one step after the other; at the end its paths, and the depths of each candidate. Receipts and validation data are SCALE.",
		cases,
	}
}

pub(super) fn histories() -> VectorFile {
	let mut random = Random::new(5);
	let cases = (0..18)
		.map(|n| Case::new("R-TRE-5", format!("random history {n}"), history(&mut random)))
		.collect();
	VectorFile {
		family: "tree_histories",
		about: "Random histories of trees: few heads, so that forks, diamonds and cycles are common; messages, upgrades and candidates on the chain.",
		cases,
	}
}

fn introduce(name: &str) -> Step {
	Step::Introduce(name.into())
}

fn back(name: &str) -> Step {
	Step::Back(name.into())
}

fn select(after: &[&str], count: u32) -> Step {
	let after = after.iter().map(|name| (*name).to_owned()).collect();
	Step::Select(Select { after, count })
}

fn try_depths(name: &str, backed_in_path_only: bool) -> Step {
	Step::HypotheticalDepths(Try {
		name: name.into(),
		backed_in_path_only,
	})
}

/// All of them introduced, in order.
fn all(specs: &[Spec]) -> Vec<Step> {
	specs.iter().map(|spec| introduce(&spec.name)).collect()
}

fn push(cases: &mut Vec<Case>, rule: &'static str, name: &str, tree: Tree) {
	cases.push(Case::new(rule, name, Question::Tree(tree)));
}

fn shapes(cases: &mut Vec<Case>) {
	let cycle = [spec("A", 0, 1), spec("B", 1, 0)];
	push(
		cases,
		"R-TRE-8",
		"a cycle ends at the depth limit",
		tree(&cycle, &[], all(&cycle)),
	);
	for max in [0, 1, 4] {
		let line: Vec<_> = (0..6).map(|n| spec(&format!("C{n}"), n, n + 1)).collect();
		let mut steps = all(&line);
		steps.push(try_depths("C5", false));
		let tree = Tree {
			max_candidate_depth: max,
			..tree(&line, &[], steps)
		};
		push(cases, "R-ABP-1", &format!("a line, D = {max}"), tree);
	}
	let late = [spec("A", 0, 1), spec("B", 1, 2), spec("C", 2, 3)];
	let steps = ["C", "B", "A"].map(introduce).to_vec();
	push(
		cases,
		"R-TRE-14",
		"those that wait join when their parent comes",
		tree(&late, &[], steps),
	);
	let later = [spec("A", 0, 1), spec("B", 1, 2), spec("C", 0, 3)];
	push(
		cases,
		"R-TRE-10",
		"a child of the root after a grandchild",
		tree(&later, &[], all(&later)),
	);
	let diamond = [
		spec("A", 0, 1),
		spec("B", 0, 2),
		spec("C", 1, 3),
		spec("D", 2, 3),
		spec("E", 3, 4),
		spec("F", 0, 3),
	];
	push(
		cases,
		"R-TRE-4",
		"several paths to one head",
		tree(&diamond, &[], all(&diamond)),
	);
	let still = [spec("A", 0, 0), spec("B", 0, 1)];
	let mut steps = all(&still);
	steps.extend([
		introduce("B"),
		back("A"),
		back("B"),
		back("B"),
		try_depths("A", false),
	]);
	push(
		cases,
		"R-STO-4",
		"one that ends where it begins; one that is known",
		tree(&still, &[], steps),
	);
	let other = [spec("A", 0, 1).with(|spec| spec.para = ParaId(2001))];
	push(
		cases,
		"R-SCO-1",
		"a candidate of another para",
		tree(&other, &[], all(&other)),
	);
}

fn selection(cases: &mut Vec<Case>) {
	let lines = [
		spec("A", 0, 1),
		spec("B", 1, 2),
		spec("C", 2, 3),
		spec("X", 0, 4),
		spec("Y", 4, 5),
		spec("Z", 5, 6),
	];
	let mut steps = all(&lines);
	steps.extend(["A", "B", "X", "Y", "Z"].map(back));
	steps.extend([
		select(&[], 1),
		select(&[], 2),
		select(&[], 5),
		select(&["A"], 3),
		select(&["C"], 3),
	]);
	steps.extend([try_depths("C", true), try_depths("B", true), select(&["B"], 1)]);
	push(
		cases,
		"R-SEL-4",
		"the longest backed line",
		tree(&lines, &[], steps),
	);
	let ties: Vec<_> = (0..5)
		.map(|salt| spec(&format!("T{salt}"), 0, 1).with(|spec| spec.salt = salt))
		.collect();
	let mut steps = all(&ties);
	steps.extend(ties.iter().map(|spec| back(&spec.name)));
	steps.push(select(&[], 1));
	push(
		cases,
		"R-SEL-3",
		"ties go to the lower hash",
		tree(&ties, &[], steps),
	);
	let cycle = [spec("A", 0, 1), spec("B", 1, 0)];
	let mut steps = all(&cycle);
	steps.extend(["A", "B"].map(back));
	steps.extend([select(&[], 5), select(&["A"], 5), select(&["A", "B"], 5)]);
	push(cases, "R-SEL-3", "none twice on a path", tree(&cycle, &[], steps));
}

fn scopes(cases: &mut Vec<Case>) {
	let specs = [
		spec("old", 0, 1).at(17),
		spec("oldest", 0, 2).at(18),
		spec("newer", 2, 3).at(19),
		spec("back", 3, 4).at(18),
		spec("same", 3, 5).at(19),
	];
	push(
		cases,
		"R-SCO-3",
		"relay parents in scope, which do not go back",
		tree(&specs, &[], all(&specs)),
	);
	let pending = [spec("P", 0, 1).at(15)];
	let specs = [
		spec("X", 1, 2).at(17),
		spec("Y", 1, 3).at(18),
		spec("Z", 3, 4).at(18),
		spec("S", 0, 9),
	];
	let mut steps = all(&specs);
	steps.extend(["Y", "Z", "S"].map(back));
	steps.extend([select(&["P"], 5), select(&[], 5), try_depths("Z", true)]);
	push(
		cases,
		"R-TRE-7",
		"a pending candidate out of scope, and one beside it",
		tree(&specs, &pending, steps),
	);
	let pending = [spec("P", 0, 1).at(15), spec("Q", 1, 2).at(16)];
	let specs = [spec("A", 2, 3), spec("B", 1, 4)];
	let mut steps = all(&specs);
	steps.extend(["A", "B"].map(back));
	steps.extend([
		select(&["P", "Q"], 2),
		select(&["P"], 2),
		select(&["Q"], 2),
		Step::Rebuild,
	]);
	push(
		cases,
		"R-TRE-9",
		"two pending, and what may follow if one times out",
		tree(&specs, &pending, steps),
	);
}

fn resources(cases: &mut Vec<Case>) {
	let mut constraints = base();
	constraints.ump_remaining_bytes = 100;
	let specs = [
		spec("A", 0, 1).upward(&[10, 10, 10, 0]),
		spec("B", 1, 2).upward(&[10, 10, 10, 10, 10]),
		spec("C", 2, 3).upward(&[5, 5]),
		spec("D", 2, 4).upward(&[5, 5, 5]),
		spec("E", 2, 5).upward(&[21]),
		spec("F", 2, 6).upward(&[20]),
	];
	let resources = Tree {
		base: Base::from(&constraints),
		..tree(&specs, &[], all(&specs))
	};
	push(
		cases,
		"R-MOD-10",
		"upward messages add up along a path",
		resources,
	);
	let mut constraints = base();
	constraints.future_validation_code = Some((20, FUTURE));
	let new = |spec: Spec| spec.with(|spec| spec.code = FUTURE);
	let specs = [
		spec("A", 0, 1).at(19),
		spec("B", 1, 2),
		new(spec("C", 2, 3)),
		spec("old", 2, 4),
		new(spec("early", 1, 5)),
		new(spec("back", 2, 6).at(19)),
	];
	let upgrade = Tree {
		base: Base::from(&constraints),
		..tree(&specs, &[], all(&specs))
	};
	push(cases, "R-CODE-8", "an upgrade is applied on the way", upgrade);
	let announces = |name: &str, from, to| {
		spec(name, from, to)
			.with(|spec| spec.commitments.new_validation_code = Some(ValidationCode(vec![1; 9])))
	};
	let specs = [
		announces("A", 0, 1),
		spec("B", 1, 2),
		announces("C", 2, 3),
		announces("D", 0, 3),
	];
	push(
		cases,
		"R-CODE-4",
		"one announcement on a path",
		tree(&specs, &[], all(&specs)),
	);
	let small =
		[spec("A", 0, 1)
			.with(|spec| spec.commitments.new_validation_code = Some(ValidationCode(vec![1; 8])))];
	push(
		cases,
		"R-CODE-1",
		"what is no candidate at all",
		tree(&small, &[], all(&small)),
	);
}

fn bounds(cases: &mut Vec<Case>) {
	let fork: Vec<_> = (0..4).map(|n| spec(&format!("F{n}"), 0, n + 1)).collect();
	let full = Tree {
		limits: serde_json::from_str(
			r#"{"max_candidates": 3, "max_nodes": 9, "max_nodes_per_candidate": 9}"#,
		)
		.ok(),
		..tree(&fork, &[], all(&fork))
	};
	push(cases, "R-TRE-11", "three candidates at most", full);
	let diamond = [
		spec("A", 0, 1),
		spec("B", 0, 1).with(|spec| spec.salt = 1),
		spec("C", 1, 2),
	];
	for nodes in [3, 4] {
		let limits =
			format!(r#"{{"max_candidates": 9, "max_nodes": {nodes}, "max_nodes_per_candidate": 9}}"#);
		let full = Tree {
			limits: serde_json::from_str(&limits).ok(),
			..tree(&diamond, &[], all(&diamond))
		};
		push(
			cases,
			"R-TRE-11",
			&format!("{nodes} nodes at most, and one candidate needs two"),
			full,
		);
	}
}

fn history(random: &mut Random) -> Question {
	let mut constraints = base();
	constraints.ump_remaining = random.within(3, 9);
	constraints.hrmp_inbound.valid_watermarks = vec![16, 17, 19];
	let limits = OutboundHrmpChannelLimitations {
		bytes_remaining: 50,
		messages_remaining: 9,
	};
	constraints.hrmp_channels_out = vec![(ParaId(2001), limits)];
	if random.one_in(6) {
		constraints.dmp_remaining_messages = vec![19, 20];
	}
	if random.one_in(3) {
		constraints.future_validation_code = Some((random.within(19, 20), FUTURE));
	}
	let chain = [spec("P", 0, 1).at(16), spec("Q", 1, 2).at(17)].map(|spec| spec.with(|spec| spec.salt = 9));
	let pending = chain.get(..random.below(3) as usize).unwrap_or_default();
	let count = random.within(6, 8);
	let specs: Vec<_> = (0..count).map(|n| any(random, n)).collect();
	// All of them come, in any order, some twice; what else happens lies between.
	let mut order: Vec<_> = (0..count).collect();
	for at in 0..count {
		order.swap(at as usize, random.below(count) as usize);
	}
	let mut steps = Vec::new();
	for at in order {
		steps.push(introduce(&format!("C{at}")));
		for _ in 0..2 {
			let name = format!("C{}", random.below(count));
			steps.push(match random.below(12) {
				0..=7 => back(&name),
				8 => introduce(&name),
				9 => try_depths(&name, random.one_in(2)),
				10 => {
					let after: Vec<_> = pending.iter().map(|spec| spec.name.as_str()).collect();
					select(&after, random.within(1, 4))
				}
				_ => Step::Rebuild,
			});
		}
	}
	steps.push(select(&[], 9));
	Question::Tree(Tree {
		base: Base::from(&constraints),
		max_candidate_depth: random.pick(&[1, 2, 3, 3, 4, 4], 4),
		..tree(&specs, pending, steps)
	})
}

/// Any candidate; each has a salt of its own, so that no two are the same.
fn any(random: &mut Random, n: u32) -> Spec {
	let from = random.pick(&[0u32, 0, 0, 1, 1, 2, 2, 3], 0);
	let to = match random.below(4) {
		0 if from > 0 => random.below(from),
		_ => from + random.within(1, 2),
	};
	let byte = |number: u32| u8::try_from(number).unwrap_or_default();
	let relay_parent = random.pick(&[17, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20], LEAF);
	let mut spec = spec(&format!("C{n}"), byte(from), byte(to)).at(relay_parent);
	spec.salt = byte(n + 20);
	if random.one_in(9) {
		spec.code = FUTURE;
	}
	let upward = random.pick(&[0, 0, 0, 1, 1, 3], 0);
	spec.commitments.upward_messages = vec![vec![1; 30]; upward];
	spec.commitments.processed_downward_messages = random.pick(&[0, 0, 0, 0, 0, 0, 0, 1], 0);
	if random.one_in(5) {
		spec.commitments.horizontal_messages = horizontal(&[(2001, 20)]);
	}
	if random.one_in(8) {
		spec.commitments.hrmp_watermark = random.within(16, 21);
	}
	if random.one_in(10) {
		spec.commitments.new_validation_code = Some(ValidationCode(vec![1; 9]));
	}
	spec
}
