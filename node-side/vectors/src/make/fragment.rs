//! `check_fragment`: every refusal, at, just below and just above its limit; which of two comes first; random places.

use super::{
	faults::{horizontal, moves, Scene, CODE, FUTURE},
	order,
	random::Random,
	Case, VectorFile,
};
use crate::answer;
use async_backing_primitives::{
	BlockNumber, CandidateCommitments, Hash, HeadData, PersistedValidationData, UpgradeRestriction,
	ValidationCode,
};

/// The relay parent of most cases.
pub(super) const AT: BlockNumber = 9;

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	limits(&mut cases);
	places(&mut cases);
	messages(&mut cases);
	upgrades(&mut cases);
	extension(&mut cases);
	VectorFile {
		family: "check_fragment",
		about: "Whether a candidate fits at a place: behind a path of others, on a relay parent. The first rule that fails is the answer.",
		cases,
	}
}

pub(super) fn judge(cases: &mut Vec<Case>, rule: &'static str, name: impl Into<String>, scene: Scene) {
	cases.push(Case::new(rule, name, scene.question()));
}

fn signal() -> [Vec<u8>; 2] {
	[vec![], vec![0, 1, 0]]
}

/// Sizes and numbers, one below, at and one above the limit.
fn limits(cases: &mut Vec<Case>) {
	type Set = fn(&mut CandidateCommitments, usize);
	let rows: [(&str, &str, usize, Set); 5] = [
		("R-FRG-3", "head data of so many bytes", 12, |outputs, n| {
			outputs.head_data = HeadData(vec![7; n]);
		}),
		("R-FRG-6", "announced code of so many bytes", 20, |outputs, n| {
			outputs.new_validation_code = Some(ValidationCode(vec![7; n]));
		}),
		("R-FRG-7", "so many horizontal messages", 4, |outputs, n| {
			let to: Vec<_> = (2000..).zip(std::iter::repeat_n(1, n)).collect();
			outputs.horizontal_messages = horizontal(&to);
		}),
		("R-FRG-10", "so many upward messages", 8, |outputs, n| {
			outputs.upward_messages = vec![vec![7]; n];
		}),
		(
			"R-UMP-1",
			"so many upward messages, then a signal",
			8,
			|outputs, n| {
				outputs.upward_messages = vec![vec![7]; n];
				outputs.upward_messages.extend(signal());
			},
		),
	];
	for (rule, name, limit, set) in rows {
		for n in [limit - 1, limit, limit + 1] {
			let scene = Scene::new(AT).with(|scene| set(&mut scene.commitments, n));
			judge(cases, rule, format!("{name}: {n}"), scene);
		}
	}
	let recipients: [&[u32]; 5] = [
		&[],
		&[2000, 2003],
		&[2000, 2000],
		&[2000, 2002, 2001],
		&[2003, 2002, 2001],
	];
	for recipients in recipients {
		let to: Vec<_> = recipients.iter().map(|recipient| (*recipient, 1)).collect();
		let scene = Scene::new(AT).with(|scene| scene.commitments.horizontal_messages = horizontal(&to));
		judge(cases, "R-FRG-1", format!("recipients {recipients:?}"), scene);
	}
}

/// Relay parents, code and validation data.
fn places(cases: &mut Vec<Case>) {
	for (number, is_pending) in [(4, false), (5, false), (6, false), (4, true)] {
		let scene = Scene::new(number).with(|scene| scene.is_pending = is_pending);
		let name = format!("relay parent {number} of at least 5, pending availability: {is_pending}");
		judge(cases, "R-FRG-4", name, scene);
	}
	let scene = Scene::new(AT).with(|scene| scene.code = Some(FUTURE));
	judge(cases, "R-FRG-2", "other code", scene);
	type Twist = fn(&mut PersistedValidationData);
	let twists: [(&str, Twist); 5] = [
		("right", |_| ()),
		("another parent head", |data| data.parent_head.0.push(0)),
		("another relay-parent number", |data| {
			data.relay_parent_number += 1
		}),
		("another storage root", |data| {
			data.relay_parent_storage_root = Hash::zero()
		}),
		("another proof size", |data| data.max_pov_size -= 1),
	];
	for (name, twist) in twists {
		for by_hash in [false, true] {
			let scene = Scene::new(AT).with(|scene| {
				scene.twist = twist;
				scene.by_hash = by_hash;
			});
			let how = if by_hash { "hash" } else { "value" };
			judge(
				cases,
				"R-FRG-8",
				format!("validation data by {how}: {name}"),
				scene,
			);
		}
	}
	let scene = Scene::new(AT).with(|scene| {
		let outputs = CandidateCommitments {
			head_data: HeadData(vec![9, 9]),
			..moves(8)
		};
		scene.path.push((8, outputs));
	});
	judge(cases, "R-PVD-1", "on the head that the path left", scene);
}

/// What is sent and consumed, after what the path sent and consumed.
fn messages(cases: &mut Vec<Case>) {
	for (number, processed) in [(7, 0), (8, 0), (9, 0), (8, 1), (8, 2), (8, 3)] {
		let scene = Scene::new(number).with(|scene| {
			scene.base.constraints.dmp_remaining_messages = vec![8, 12];
			scene.commitments.processed_downward_messages = processed;
		});
		let rule = if processed == 0 { "R-FRG-9" } else { "R-CON-4" };
		judge(
			cases,
			rule,
			format!("queue [8, 12], relay parent {number}, {processed} processed"),
			scene,
		);
	}
	for processed in [0, 1] {
		let scene = Scene::new(8).with(|scene| {
			scene.base.constraints.dmp_remaining_messages = vec![5, 7];
			let outputs = CandidateCommitments {
				processed_downward_messages: 2,
				..moves(8)
			};
			scene.path.push((8, outputs));
			scene.commitments.processed_downward_messages = processed;
		});
		judge(
			cases,
			"R-DMP-2",
			format!("queue [5, 7] that the path emptied, {processed} processed"),
			scene,
		);
	}
	for watermark in [5, 6, 7, 8, 9, 10, 11] {
		let scene = Scene::new(AT).with(|scene| scene.commitments.hrmp_watermark = watermark);
		judge(
			cases,
			"R-CON-1",
			format!("watermark {watermark} of [6, 8, 10], relay parent 9"),
			scene,
		);
	}
	for watermark in [6, 7, 8, 9] {
		let scene = Scene::new(AT).with(|scene| {
			let outputs = CandidateCommitments {
				hrmp_watermark: 8,
				..moves(AT)
			};
			scene.path.push((AT, outputs));
			scene.commitments.hrmp_watermark = watermark;
		});
		judge(
			cases,
			"R-APP-3",
			format!("watermark {watermark} after 8 of the path"),
			scene,
		);
	}
	for (recipient, len) in [(2001, 49), (2001, 50), (2001, 51), (1999, 1), (2006, 1)] {
		let scene = Scene::new(AT)
			.with(|scene| scene.commitments.horizontal_messages = horizontal(&[(recipient, len)]));
		judge(cases, "R-CON-2", format!("{len} bytes to {recipient}"), scene);
	}
	for (sent, len) in [(1, 20), (1, 21), (2, 0)] {
		let scene = Scene::new(AT).with(|scene| {
			for _ in 0..sent {
				let outputs = CandidateCommitments {
					horizontal_messages: horizontal(&[(2001, 30 / sent)]),
					..moves(AT)
				};
				scene.path.push((AT, outputs));
			}
			scene.commitments.horizontal_messages = horizontal(&[(2001, len)]);
		});
		judge(
			cases,
			"R-HRMP-6",
			format!("{len} bytes after {sent} messages of the path"),
			scene,
		);
	}
	for (count, bytes) in [(2, 39), (2, 40), (3, 3)] {
		let scene = Scene::new(AT).with(|scene| {
			let outputs = CandidateCommitments {
				upward_messages: vec![
					vec![1; 30],
					vec![1; 15],
					vec![1],
					vec![1],
					vec![1],
					vec![1],
					vec![1],
					vec![1],
				],
				..moves(AT)
			};
			scene.path.push((AT, outputs));
			scene.commitments.upward_messages = vec![vec![1]; count];
			if let Some(first) = scene.commitments.upward_messages.first_mut() {
				first.resize(bytes + 1 - count, 1);
			}
		});
		judge(
			cases,
			"R-CON-3",
			format!("{count} upward messages of {bytes} bytes, 2 of 39 are left"),
			scene,
		);
	}
}

/// R-CODE-2, R-CODE-4, R-CODE-8.
fn upgrades(cases: &mut Vec<Case>) {
	let announces = |outputs: &mut CandidateCommitments| {
		outputs.new_validation_code = Some(ValidationCode(vec![7; 9]));
	};
	for restricted in [false, true] {
		let scene = Scene::new(AT).with(|scene| {
			scene.base.constraints.upgrade_restriction = restricted.then_some(UpgradeRestriction::Present);
			announces(&mut scene.commitments);
		});
		judge(
			cases,
			"R-FRG-5",
			format!("announces code, restricted: {restricted}"),
			scene,
		);
	}
	let scene = Scene::new(AT).with(|scene| {
		let mut outputs = moves(AT);
		announces(&mut outputs);
		scene.path.push((AT, outputs));
		announces(&mut scene.commitments);
	});
	judge(cases, "R-CODE-4", "announces code after a path that did", scene);
	for (path, at, code) in [
		(vec![], 19, CODE),
		(vec![19], 20, CODE),
		(vec![19, 20], 20, FUTURE),
		(vec![19, 20], 20, CODE),
		(vec![19], 20, FUTURE),
		(vec![19, 20, 21], 21, FUTURE),
	] {
		let scene = Scene::new(at).with(|scene| {
			scene.base.constraints.future_validation_code = Some((20, FUTURE));
			scene.path = path.iter().map(|number| (*number, moves(*number))).collect();
			scene.code = Some(code);
		});
		let which = if code == CODE { "old" } else { "new" };
		judge(
			cases,
			"R-CODE-8",
			format!("applies from 20 on: {which} code at {at} after {path:?}"),
			scene,
		);
	}
}

/// R-BASE-17.
fn extension(cases: &mut Vec<Case>) {
	for len in [39, 40, 41] {
		let scene =
			Scene::new(AT).with(|scene| scene.commitments.upward_messages = vec![vec![7], vec![7; len]]);
		judge(
			cases,
			"R-FRG-12",
			format!("an upward message of {len} bytes"),
			scene,
		);
	}
	for len in [29, 30, 31] {
		let scene = Scene::new(AT)
			.with(|scene| scene.commitments.horizontal_messages = horizontal(&[(2000, len), (2001, 40)]));
		judge(
			cases,
			"R-FRG-12",
			format!("a horizontal message of {len} bytes"),
			scene,
		);
	}
	for messages in [vec![], signal().to_vec(), vec![vec![7]]] {
		let scene = Scene::new(AT).with(|scene| {
			scene.extension().offboarding = true;
			scene.commitments.upward_messages.clone_from(&messages);
		});
		judge(
			cases,
			"R-UMP-6",
			format!("a leaving para sends {messages:?}"),
			scene,
		);
	}
	for (max, watermark, path) in [
		(12, 8, None),
		(12, 10, None),
		(13, 10, None),
		(12, 12, None),
		(2, 6, None),
		(2, 8, None),
		(2, 8, Some(6)),
		(2, 10, Some(6)),
		(2, 12, Some(9)),
	] {
		let scene = Scene::new(12).with(|scene| {
			scene.extension().hrmp_max_messages_consumed = max;
			scene.commitments.hrmp_watermark = watermark;
			if let Some(watermark) = path {
				let outputs = CandidateCommitments {
					hrmp_watermark: watermark,
					..moves(9)
				};
				scene.path.push((9, outputs));
			}
		});
		let name = format!(
			"watermark {watermark} after {path:?}, of messages (6, 3), (8, 1), (10, 9) at most {max}"
		);
		judge(cases, "R-HRMP-1", name, scene);
	}
	let scene = Scene::new(AT).with(|scene| {
		scene.base.extension = None;
		scene.commitments.upward_messages = vec![vec![7; 41]];
		scene.commitments.horizontal_messages = horizontal(&[(2000, 31)]);
	});
	judge(cases, "R-BASE-17", "no extension, no checks of it", scene);
}

/// Two faults at once, candidates whose parent is unknown, and random places.
pub(super) fn more() -> VectorFile {
	let mut cases = Vec::new();
	order::pairs(&mut cases);
	order::unconnected(&mut cases);
	random(&mut cases);
	VectorFile {
		family: "check_fragment_more",
		about: "As check_fragment: candidates with two faults, those whose parent is not known yet, and random ones at random places.",
		cases,
	}
}

fn random(cases: &mut Vec<Case>) {
	let mut random = Random::new(4);
	for n in 0..48 {
		let mut relay_parent = random.within(5, 9);
		let mut scene = Scene::new(relay_parent).with(|scene| {
			let constraints = &mut scene.base.constraints;
			constraints.ump_remaining = random.within(2, 10);
			constraints.ump_remaining_bytes = random.within(20, 90);
			constraints.dmp_remaining_messages = match random.below(3) {
				0 => vec![random.within(5, 8), random.within(9, 12)],
				_ => vec![],
			};
			if random.one_in(3) {
				constraints.future_validation_code = Some((random.within(6, 11), FUTURE));
			}
			if random.one_in(4) {
				scene.base.extension = None;
			}
		});
		for _ in 0..random.below(3) {
			scene.relay_parent = relay_parent;
			scene.commitments = outputs(&mut random, relay_parent, &scene);
			// What is above has been accepted: only then does what it leaves make sense (R-MOD-9).
			if answer(scene.question()).is_ok_and(|answer| answer.get("ok").is_some()) {
				scene.path.push((relay_parent, scene.commitments.clone()));
				relay_parent = random.within(relay_parent, 11);
			}
		}
		scene.relay_parent = relay_parent;
		scene.commitments = outputs(&mut random, relay_parent, &scene);
		if random.one_in(12) {
			scene.code = Some(random.pick(&[CODE, FUTURE], CODE));
		}
		scene.by_hash = random.one_in(3);
		judge(
			cases,
			"R-FRG-1",
			format!("random place {n}: rules 1 to 12"),
			scene,
		);
	}
}

fn outputs(random: &mut Random, relay_parent: BlockNumber, scene: &Scene) -> CandidateCommitments {
	let messages = random.below(4);
	let mut upward: Vec<_> = (0..messages)
		.map(|_| {
			let len = random.within(1, 20);
			random.bytes(len)
		})
		.collect();
	if random.one_in(4) {
		upward.extend(signal());
	}
	let mut recipient = 1999;
	let mut to = Vec::new();
	for _ in 0..random.below(3) {
		recipient += random.within(1, 3);
		to.push((recipient, random.below(26) as usize));
	}
	let waiting = scene.base.constraints.dmp_remaining_messages.len();
	let length = random.within(1, 12);
	CandidateCommitments {
		upward_messages: upward,
		horizontal_messages: horizontal(&to),
		new_validation_code: random.one_in(6).then(|| ValidationCode(random.bytes(9))),
		head_data: HeadData(random.bytes(length)),
		processed_downward_messages: match waiting {
			0 => 0,
			_ => random.below(3),
		},
		hrmp_watermark: match random.below(4) {
			0 => random.pick(&[6, 8, 10, 7], relay_parent),
			_ => relay_parent,
		},
	}
}
