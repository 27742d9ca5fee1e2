//! The hook of a parachain, as worked examples.

use super::*;

fn at(slot: Slot, authored: u32) -> Option<RelaySlotInfo> {
	Some(RelaySlotInfo { slot, authored })
}

#[test]
fn r_hoo_4_worked_example() {
	let hook = FixedVelocity {
		velocity: 1,
		capacity: 3,
	};
	// Included h0 of slot 4; b1 and b2 in slot 5.
	assert!(hook.can_build_upon(0, at(4, 1), 5), "R-HOO-4: b1");
	assert!(
		hook.can_build_upon(1, at(5, 1), 5),
		"R-HOO-4: b2, the extra one of R-HOO-2"
	);
	assert!(!hook.can_build_upon(2, at(5, 2), 5), "R-HOO-4: a third in slot 5");
	assert!(hook.can_build_upon(2, at(5, 2), 6), "R-HOO-4: a third in slot 6");
	assert!(
		!hook.can_build_upon(3, at(6, 1), 7),
		"R-HOO-4: none until inclusion advances"
	);
	assert!(hook.can_build_upon(2, at(6, 1), 7), "R-HOO-4: which it did");
}

#[test]
fn r_hoo_3_edges() {
	let rows = [
		("an empty segment in a newer slot", 1, 3, 0, at(5, 2), 6, true),
		("slots do not go back", 1, 3, 0, at(5, 1), 4, false),
		("before the first block", 1, 3, 0, None, 0, true),
		("full, even before there is a slot", 1, 3, 3, None, 9, false),
		("velocity 3 takes a fourth", 3, 9, 3, at(5, 3), 5, true),
		("but no fifth", 3, 9, 4, at(5, 4), 5, false),
		(
			"capacity 0 counts as 1: parent included",
			1,
			0,
			0,
			at(5, 1),
			6,
			true,
		),
		("capacity 1: parent not included", 1, 1, 1, at(5, 1), 6, false),
	];
	for (name, velocity, capacity, unincluded, latest, slot, expected) in rows {
		let hook = FixedVelocity { velocity, capacity };
		assert_eq!(
			hook.can_build_upon(unincluded, latest, slot),
			expected,
			"R-HOO-3: {name}"
		);
	}
}
