//! Games that others have begun: one for each slide of the lecture that has no picture.
//!
//! A preset is a list of steps, each a few moves and a sentence about what they show. What a sentence says is tested.

use crate::{Look, Move, Plan};
use alloc::{vec, vec::Vec};
use serde::Serialize;

/// A game that somebody began, for one question.
#[derive(Clone, Debug, Serialize)]
pub struct Preset {
	/// How links name it.
	pub key: &'static str,
	/// Title of the slide.
	pub title: &'static str,
	/// What to ask.
	pub question: &'static str,
	/// The part of the page that has the answer, beside the tree: its id.
	pub shows: &'static str,
	/// Step by step.
	pub steps: Vec<Step>,
}

/// A step of a preset.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
	/// What is done.
	pub moves: Vec<Move>,
	/// What there is to see then.
	pub text: &'static str,
	/// Where to look.
	pub look: Look,
}

impl Preset {
	/// All of its moves.
	pub fn moves(&self) -> Vec<Move> {
		self.steps
			.iter()
			.flat_map(|step| step.moves.iter().cloned())
			.collect()
	}
}

fn step(moves: impl Into<Vec<Move>>, text: &'static str) -> Step {
	Step {
		moves: moves.into(),
		text,
		look: Look::default(),
	}
}

fn looking(at: u32, step: Step) -> Step {
	Step {
		look: Look {
			at: Some(at),
			..Look::default()
		},
		..step
	}
}

fn at_leaf(leaf: u32, step: Step) -> Step {
	Step {
		look: Look {
			leaf: Some(leaf),
			..Look::default()
		},
		..step
	}
}

/// A candidate of the first para.
fn built(on: Option<u32>, relay_parent: u32) -> Plan {
	Plan {
		on,
		relay_parent,
		..Plan::default()
	}
}

fn candidate(on: Option<u32>, relay_parent: u32) -> Move {
	Move::Candidate(built(on, relay_parent))
}

fn vote(candidate: u32) -> Move {
	Move::Vote {
		candidate,
		validator: 1,
		lost: false,
	}
}

/// A candidate with its quorum.
fn backable(number: u32, on: Option<u32>, relay_parent: u32) -> [Move; 2] {
	[candidate(on, relay_parent), vote(number)]
}

fn block(on: u32) -> Move {
	Move::Block { on }
}

/// All presets, in the order of the lecture.
pub fn presets() -> Vec<Preset> {
	vec![
		required_parent(),
		relay_parent(),
		constraints(),
		contexts(),
		snapshot(),
		anatomy(),
		scope(),
		checklist(),
		statements(),
		provisioner(),
		hooks(),
	]
}

fn required_parent() -> Preset {
	Preset {
		key: "required-parent",
		title: "Required Parent Rule",
		question: "On what may a parablock build?",
		shows: "bench",
		steps: vec![
			step(
				[candidate(None, 3)],
				"A1 builds on the included head: it hangs from the root, at depth 0.",
			),
			step(
				[candidate(Some(0), 3), candidate(Some(0), 3)],
				"A2 and A3 both build on the output of A1. Both stand there: a tree keeps forks.",
			),
			step(
				[Move::Candidate(Plan {
					lost: true,
					..built(Some(1), 3)
				})],
				"A collator builds A4 on A2, but the news of A4 is lost on its way here.",
			),
			step(
				[candidate(Some(3), 3)],
				"A5 builds on A4. Its required parent is not in the tree, so it has no place; it may get one, so it waits \
				 (R-TRE-14).",
			),
			step(
				[Move::Deliver { candidate: 3 }],
				"A4 arrives, and A5 joins behind it. The order in which news comes makes no difference to the tree.",
			),
		],
	}
}

fn relay_parent() -> Preset {
	Preset {
		key: "relay-parent",
		title: "Relay Parent Rule",
		question: "On which relay block may a parablock build?",
		shows: "bench",
		steps: vec![
			step(
				[candidate(None, 1)],
				"The leaf is 13, and allowed_ancestry_len is 3: relay parents 10 to 13 are in scope. A1 is on 11.",
			),
			step(
				[candidate(Some(0), 2), candidate(Some(1), 2)],
				"A2 and A3 are on 12, which is newer, and on the same: along a path relay parents may repeat.",
			),
			step(
				[candidate(Some(2), 1)],
				"A4 is on 11 again, behind A3, which is on 12. Relay parents never move backwards (R-TRE-6): no place there.",
			),
			step(
				[block(3), block(4)],
				"Two relay blocks on, the leaf is 15: the scope begins at 12. A1 is out of it, and so A2 and A3 have lost the \
				 candidate they stood on.",
			),
			step(
				[candidate(None, 0)],
				"A5 is on 10, which was in scope two blocks ago: refused (R-SCO-3).",
			),
		],
	}
}

fn constraints() -> Preset {
	let sends = |on, upward, upward_len| {
		Move::Candidate(Plan {
			upward,
			upward_len,
			..built(on, 3)
		})
	};
	Preset {
		key: "constraints",
		title: "Constraints",
		question: "What is left for the next block, and who took the rest?",
		shows: "left",
		steps: vec![
			step(
				[],
				"Nothing is unincluded: what is left is what the relay chain's state allows, the base constraints.",
			),
			looking(0, step(
				[sends(None, 3, 16)],
				"A1 sends 3 messages of 16 bytes to the relay chain. Behind it half of the queue is left.",
			)),
			looking(1, step(
				[sends(Some(0), 2, 16)],
				"A2 sends two more. Modifications stack: one message is left, of no more than 16 bytes.",
			)),
			looking(1, step(
				[sends(Some(1), 2, 8)],
				"A3 sends two behind it, where one is left: refused (R-FRG-11). Nothing is wrong with A3 but its place.",
			)),
			looking(3, step(
				[sends(Some(0), 2, 8)],
				"The same two messages behind A1 instead, as A4: there is room for them there.",
			)),
			step(
				[Move::Message { para: 2000 }, block(3), candidate(None, 4)],
				"With block 14 comes a downward message. A5 on 14 processes none, which is refused (R-FRG-9): who sees a message \
				 has to take one.",
			),
		],
	}
}

fn contexts() -> Preset {
	Preset {
		key: "contexts",
		title: "Finding Our Execution Context",
		question: "Who knows what when the same block is executed?",
		shows: "contexts",
		steps: vec![
			step(
				[
					backable(0, None, 3).to_vec(),
					vec![block(3)],
					backable(1, Some(0), 4).to_vec(),
				]
				.concat(),
				"A1 is pending, A2 stands behind it.",
			),
			looking(
				1,
				step(
					[],
					"A2 as three see it. The collator chose relay parent and required parent; the backer was told both and looked \
					 the rest up; the approver has the validation data from chunks, and needs no base constraints.",
				),
			),
			looking(
				2,
				step(
					[candidate(Some(1), 3)],
					"A3 behind A2, on the older relay block 13. Neither has a context for it: relay parents would move backwards.",
				),
			),
		],
	}
}

fn snapshot() -> Preset {
	let other = |on, relay_parent| {
		Move::Candidate(Plan {
			para: 2001,
			..built(on, relay_parent)
		})
	};
	let mut moves = backable(0, None, 3).to_vec();
	moves.extend([candidate(Some(0), 3), other(None, 3), vote(2)]);
	Preset {
		key: "snapshot",
		title: "Prospective Parachains Snapshot",
		question: "What does a validator keep, over all leaves and paras?",
		shows: "view",
		steps: vec![
			step(
				moves,
				"One leaf, 13, and two paras: two trees, A1 and A2 in one, B1 in the other.",
			),
			step(
				[block(3), block(3)],
				"The relay chain forks: 14 and 14b are leaves, and 13 is none any more. Four trees; both blocks have taken A1 and B1.",
			),
			at_leaf(
				4,
				step(
					[candidate(Some(0), 4), vote(3), candidate(Some(1), 3)],
					"A3 is on relay parent 14, so it stands at that leaf alone; A4 is on 13, which both have in scope, and stands at both. \
					 Candidates are stored once.",
				),
			),
			step(
				[block(4)],
				"15 on 14: the fork 14b stays a leaf as long as nobody builds on it, and so do its trees.",
			),
		],
	}
}

fn anatomy() -> Preset {
	let mut moves = vec![candidate(None, 3), vote(0), block(3)];
	moves.extend(backable(1, Some(0), 4));
	moves.extend(backable(2, Some(1), 4));
	moves.push(candidate(Some(1), 4));
	Preset {
		key: "anatomy",
		title: "Anatomy of A Fragment Tree",
		question: "Of what is a tree made?",
		shows: "bench",
		steps: vec![
			step(
				moves,
				"Scope: leaf 14, its ancestors 11 to 13, and A1, which is pending availability. Fragments: A1 at depth 0, A2 at 1, \
				 A3 and A4 at 2. The orange path is what the next blocks should back.",
			),
			step(
				[Move::Candidate(Plan {
					lost: true,
					..built(Some(2), 4)
				}), candidate(Some(4), 4)],
				"Candidate storage: A6 is in it, and in no tree: its parent A5 has not come here.",
			),
			step(
				[Move::Candidate(Plan {
					head_of: Some(2),
					..built(Some(1), 4)
				}), candidate(Some(2), 4)],
				"A7 ends on the same head data as A3. So A8, which builds on it, stands behind both: a candidate may have several \
				 places.",
			),
			step(
				[block(4)],
				"Block 15 includes A1 and backs the best child. The included head is A1 now: every depth has gone down by one.",
			),
		],
	}
}

fn scope() -> Preset {
	let mut first = backable(0, None, 0).to_vec();
	first.push(Move::Withhold {
		candidate: 0,
		withheld: true,
	});
	first.push(block(3));
	Preset {
		key: "scope",
		title: "Revisiting Relay Parent Limitations",
		question: "When can a relay parent be out of scope?",
		shows: "bench",
		steps: vec![
			step(
				first,
				"A1, on relay parent 10, is pending at leaf 14. The scope of the leaf is 11 to 14: its relay parent is out of it. \
				 But the chain has taken A1, so it stands in the tree (R-SCO-5).",
			),
			step(
				backable(1, Some(0), 4),
				"That is what it is for: A2 has a place behind it. A1 will most likely become available.",
			),
			step(
				[candidate(None, 0)],
				"A3 on 10 is no pending candidate: out of scope, refused (R-SCO-3).",
			),
			at_leaf(
				5,
				step(
					[block(3), candidate(None, 4)],
					"A fork: 14b beside 14. A4 is on 14, which is no ancestor of 14b: out of scope there, though its number fits. At \
					 leaf 14 it stands.",
				),
			),
		],
	}
}

fn checklist() -> Preset {
	Preset {
		key: "checklist",
		title: "Fragment Tree Inclusion Checklist",
		question: "When and where can a candidate be included in a tree?",
		shows: "log",
		steps: vec![
			step([candidate(None, 2)], "A1 passes: parent in tree, constraints hold, relay parent valid."),
			step(
				[
					Move::Candidate(Plan {
						lost: true,
						..built(Some(0), 2)
					}),
					candidate(Some(1), 2),
				],
				"Required parent is in the tree? A3 builds on A2, which is not: it waits.",
			),
			step(
				[Move::Candidate(Plan {
					head_len: 40,
					..built(Some(0), 2)
				})],
				"Do the constraints hold? A4 has 42 bytes of head data where 32 may be: refused (R-FRG-3).",
			),
			step(
				[Move::Candidate(Plan {
					other_code: true,
					..built(Some(0), 2)
				})],
				"A5 was validated with other code: refused (R-FRG-2).",
			),
			step(
				[candidate(Some(0), 1)],
				"Is the relay parent valid? A6 is on 11, behind A1 on 12: no place (R-TRE-6).",
			),
			step(
				[
					candidate(Some(0), 3),
					candidate(Some(6), 3),
					candidate(Some(7), 3),
					candidate(Some(8), 3),
					candidate(Some(9), 3),
				],
				"And depth: A7 to A10 stand at 1 to 4. A11 would stand at 5, beyond max_candidate_depth: refused (R-DEP-1).",
			),
		],
	}
}

fn statements() -> Preset {
	Preset {
		key: "statements",
		title: "Statement Distribution Changes",
		question: "What happens when a statement is lost?",
		shows: "candidates",
		steps: vec![
			step(
				[candidate(None, 3), candidate(Some(0), 3)],
				"A validator seconds A1, and A2 behind it: one vote of the two that a group of three needs (R-BKV-1). Statements \
				 travel through the group before anybody else hears of them (R-SD-1).",
			),
			step(
				[Move::Vote {
					candidate: 0,
					validator: 1,
					lost: true,
				}],
				"Another member says that A1 is valid, but the statement is lost on its way here.",
			),
			step(
				[vote(1)],
				"A2 has its quorum. It is backable, and yet nothing can be backed: the path to it leads through A1.",
			),
			step(
				[block(3)],
				"So this validator's relay block backs nothing. Nothing else is lost: the candidates stay where they are.",
			),
			step(
				[Move::Deliver { candidate: 0 }],
				"The statement arrives after all: both are on the best path now.",
			),
			step(
				[block(4), block(5)],
				"They are backed one after the other; A1 is included. Nobody built them anew: their relay parent was still in scope.",
			),
		],
	}
}

fn provisioner() -> Preset {
	let mut first = backable(0, None, 3).to_vec();
	first.extend(backable(1, Some(0), 3));
	first.push(block(3));
	Preset {
		key: "provisioner",
		title: "How Prospective Parachains Candidates are Used",
		question: "Why is the required path left empty after a time-out?",
		shows: "next",
		steps: vec![
			step(
				first,
				"Block 14 has backed A1. If A1 becomes available the next block includes it and backs its child: the required path \
				 is A1.",
			),
			step(
				[
					Move::Withhold {
						candidate: 0,
						withheld: true,
					},
					block(4),
				],
				"Validators lack their chunks of A1. It stays, and its core is occupied: block 15 takes nothing.",
			),
			step(
				[block(5)].into_iter().chain(backable(2, None, 5)).collect::<Vec<_>>(),
				"The next block, 17, will drop A1 (R-TMO-2). So the required path is empty: A2 stands on A1 and would stand on \
				 nothing, and the block takes A3, which begins at the included head again.",
			),
			step([block(6)], "It does. A2 has gone with its parent (R-TMO-5)."),
		],
	}
}

fn hooks() -> Preset {
	Preset {
		key: "hooks",
		title: "Cumulus Block Authoring Hooks",
		question: "May the parachain build now?",
		shows: "contexts",
		steps: vec![
			step(
				[],
				"Before any time goes into a block, a collator asks the parachain's own rule. Nothing is unincluded: all three say \
				 yes.",
			),
			looking(0, step(
				[candidate(None, 3)],
				"A1 is unincluded: ExpectParentIncluded, which is synchronous backing, says no (R-HOO-1). The others go on.",
			)),
			looking(1, step(
				[candidate(Some(0), 3)],
				"Two blocks in one relay slot. FixedVelocity(1, 3) takes one a slot and one to catch up: no third in this one \
				 (R-HOO-2).",
			)),
			looking(2, step(
				[block(3), candidate(Some(1), 4)],
				"A new relay block is a new slot, and A3 fills the segment: three are unincluded, and no hook takes a fourth.",
			)),
			looking(2, step(
				[Move::Hook {
					velocity: 3,
					capacity: 9,
				}],
				"Three blocks a slot and nine unincluded, as for three cores: now there is room again.",
			)),
		],
	}
}
