//! What a path uses up: messages, queues and code upgrades.

use super::{
	story::{run, unfit, Step::*},
	*,
};
use FragmentError as F;
use ModificationError as M;

#[test]
fn r_mod_10_upward_messages_of_a_path_add_up() {
	let overflow = M::UmpMessagesOverflow {
		remaining: 1,
		submitted: 2,
	};
	run(
		world(),
		&[
			("A", spec(0, 1).ump(4, 300)),
			("B", spec(1, 2).ump(5, 600)),
			("C", spec(2, 3).ump(2, 100)),
			("exactly", spec(2, 4).ump(1, 100)),
		],
		&[
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Refuse("C", unfit(F::OutputsInvalid(overflow))),
			Add("exactly", 1, &[]),
		],
	);
}

#[test]
fn r_hrmp_6_a_channel_without_messages_left() {
	let limits = OutboundHrmpChannelLimitations {
		bytes_remaining: 50,
		messages_remaining: 1,
	};
	let base = Constraints {
		hrmp_channels_out: vec![(ParaId(2001), limits)],
		..base()
	};
	let overflow = M::HrmpMessagesOverflow {
		recipient: ParaId(2001),
		remaining: 0,
		submitted: 1,
	};
	run(
		World { base, ..world() },
		&[
			("A", spec(0, 1).hrmp(2001, 40)),
			("silent", spec(1, 2)),
			("B", spec(2, 3).hrmp(2001, 5)),
			("elsewhere", spec(0, 4).hrmp(2002, 1)),
		],
		&[
			Add("A", 1, &[]),
			Add("silent", 1, &[]),
			Refuse("B", unfit(F::OutputsInvalid(overflow))),
			Refuse(
				"elsewhere",
				unfit(F::OutputsInvalid(M::NoSuchHrmpChannel(ParaId(2002)))),
			),
		],
	);
}

#[test]
fn r_dmp_2_the_queue_is_what_the_path_leaves() {
	let base = Constraints {
		dmp_remaining_messages: vec![5, 7],
		..base()
	};
	run(
		World { base, ..world() },
		&[
			("none", spec(0, 9)),
			("A", spec(0, 1).dmp(2)),
			("B", spec(1, 2)),
			("half", spec(0, 3).dmp(1)),
			("stops", spec(3, 4)),
		],
		&[
			Refuse(
				"none",
				unfit(F::DmpAdvancementRule {
					sent_at: 5,
					relay_parent: LEAF,
				}),
			),
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Add("half", 1, &[]),
			Refuse(
				"stops",
				unfit(F::DmpAdvancementRule {
					sent_at: 7,
					relay_parent: LEAF,
				}),
			),
		],
	);
}

#[test]
fn r_code_8_r_def_13_an_upgrade_inside_a_path() {
	let base = Constraints {
		future_validation_code: Some((20, code(2))),
		..base()
	};
	let old = unfit(F::ValidationCodeMismatch {
		expected: code(2),
		got: code(1),
	});
	run(
		World { base, ..world() },
		&[
			("A", spec(0, 1).at(19)),
			("B", spec(1, 2).at(20)),
			("C", spec(2, 3).at(20).code(2)),
			("C old", spec(2, 4).at(20)),
			("C back", spec(2, 5).at(19).code(2)),
			("D", spec(3, 6).at(20).code(2)),
			("too early", spec(0, 7).at(20).code(2)),
		],
		&[
			Add("A", 1, &[]),
			Wait("C"),
			Add("B", 2, &["C"]),
			Refuse("C old", old),
			Refuse(
				"C back",
				unfit(Unfit::RelayParentMovesBackwards { min: 20, got: 19 }),
			),
			Add("D", 1, &[]),
			Refuse(
				"too early",
				unfit(F::ValidationCodeMismatch {
					expected: code(1),
					got: code(2),
				}),
			),
		],
	);
}

#[test]
fn r_code_4_one_announcement_on_a_path() {
	run(
		world(),
		&[
			("A", spec(0, 1).announces()),
			("B", spec(1, 2)),
			("C", spec(2, 3).announces()),
			("D", spec(0, 4).announces()),
		],
		&[
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Refuse("C", unfit(F::CodeUpgradeRestricted)),
			Add("D", 1, &[]),
		],
	);
}
