//! Every way to fail: any two together, of which the first in the order of the rules is the answer; and alone, where the
//! parent is not known.

use super::{
	faults::{horizontal, Scene, CODE, FUTURE},
	fragment::{judge, AT},
	Case,
};
use async_backing_primitives::{Hash, HeadData, UpgradeRestriction, ValidationCode, ValidationCodeHash};

type Fault = (&'static str, fn(&mut Scene));

/// Ways to fail, in the order of the rules.
const FAULTS: [Fault; 14] = [
	("R-FRG-1", |scene| {
		scene
			.commitments
			.horizontal_messages
			.extend(horizontal(&[(2005, 1), (2005, 1)]));
	}),
	("R-FRG-2", |scene| {
		scene.code = Some(ValidationCodeHash(Hash::repeat_byte(9)))
	}),
	("R-FRG-3", |scene| {
		scene.commitments.head_data = HeadData(vec![1; 13])
	}),
	("R-FRG-4", |scene| {
		scene.base.constraints.min_relay_parent_number = 10
	}),
	("R-FRG-5", |scene| {
		scene.base.constraints.upgrade_restriction = Some(UpgradeRestriction::Present);
		scene.commitments.new_validation_code = Some(ValidationCode(vec![1; 9]));
	}),
	("R-FRG-6", |scene| {
		scene.commitments.new_validation_code = Some(ValidationCode(vec![1; 21]))
	}),
	("R-FRG-7", |scene| {
		scene.base.constraints.max_hrmp_num_per_candidate = 0
	}),
	("R-FRG-8", |scene| scene.twist = |data| data.max_pov_size += 1),
	("R-FRG-9", |scene| {
		scene.base.constraints.dmp_remaining_messages = vec![9]
	}),
	("R-FRG-10", |scene| {
		scene.base.constraints.max_ump_num_per_candidate = 0
	}),
	("R-HRMP-1", |scene| scene.commitments.hrmp_watermark = 10),
	("R-CON-2", |scene| {
		scene.base.constraints.hrmp_channels_out.clear()
	}),
	("R-CON-3", |scene| scene.base.constraints.ump_remaining = 0),
	("R-FRG-12", |scene| scene.extension().max_ump_message_size = 0),
];

/// Any two faults together: the first in the order of the rules is the answer.
pub(super) fn pairs(cases: &mut Vec<Case>) {
	let sends = |scene: &mut Scene| {
		scene.commitments.horizontal_messages = horizontal(&[(2001, 1)]);
		scene.commitments.upward_messages = vec![vec![7]];
	};
	for (position, (first, one)) in FAULTS.iter().enumerate() {
		// The next and the one after, and the last.
		let others = [position + 1, position + 2, FAULTS.len() - 1];
		for (at, (second, other)) in FAULTS.iter().enumerate() {
			if at <= position || !others.contains(&at) {
				continue;
			}
			let scene = Scene::new(AT).with(|scene| {
				sends(scene);
				one(scene);
				other(scene);
			});
			judge(cases, first, format!("breaks {first} and {second}"), scene);
		}
	}
}

/// R-TRE-14: what can be said before the parent is known.
pub(super) fn unconnected(cases: &mut Vec<Case>) {
	for (first, fault) in FAULTS {
		let scene = Scene::new(AT).with(fault);
		cases.push(Case::new(
			"R-TRE-14",
			format!("breaks {first}, its parent unknown"),
			scene.unconnected(),
		));
	}
	for code in [CODE, FUTURE] {
		let scene = Scene::new(AT).with(|scene| {
			scene.base.constraints.future_validation_code = Some((20, FUTURE));
			scene.code = Some(code);
		});
		cases.push(Case::new(
			"R-TRE-14",
			format!("code {code}, current or future"),
			scene.unconnected(),
		));
	}
}
