use super::*;
use HookError::*;

const HOOK: FixedVelocity = FixedVelocity {
	velocity: 1,
	capacity: 3,
};

fn slot_info(slot: Slot, authored: u32) -> RelaySlotInfo {
	RelaySlotInfo { slot, authored }
}

/// A block on head 2, where head 1 is included, in relay slot 5.
const fn block(parent: HeadHash, included: HeadHash) -> HookBlock {
	HookBlock {
		parent,
		included: Some(included),
		relay_slot: Some(5),
		latest: None,
		para_slot: None,
	}
}

#[test]
fn r_hoo_1_the_parent_has_to_be_included_where_the_proof_has_it() {
	let included = block(head(2), head(2));
	let verdict = HookVerdict {
		capacity: capacity(1),
		included: head(2),
		relay_slot: None,
	};
	assert_eq!(ExpectParentIncluded.on_relay_state(&included), Ok(verdict));
	let silent = HookBlock {
		included: None,
		..included
	};
	assert_eq!(
		ExpectParentIncluded.on_relay_state(&silent),
		Ok(verdict),
		"R-HOO-1"
	);
	assert_eq!(
		ExpectParentIncluded.on_relay_state(&block(head(2), head(1))),
		Err(ParentNotIncluded {
			parent: head(2),
			included: head(1)
		}),
		"R-HOO-1"
	);
	assert!(ExpectParentIncluded.can_build_upon(0, None, 5));
	assert!(!ExpectParentIncluded.can_build_upon(1, None, 5));
}

#[test]
fn r_hoo_1_a_fixed_capacity_needs_the_included_head() {
	let hook = FixedCapacity(capacity(4));
	let verdict = hook.on_relay_state(&block(head(2), head(1)));
	assert_eq!(
		verdict.map(|verdict| (verdict.capacity, verdict.included)),
		Ok((capacity(4), head(1)))
	);
	let silent = HookBlock {
		included: None,
		..block(head(2), head(1))
	};
	assert_eq!(hook.on_relay_state(&silent), Err(NoIncludedHead), "R-SEG-2");
	assert_eq!(HOOK.on_relay_state(&silent), Err(NoIncludedHead), "R-SEG-2");
	assert!(hook.can_build_upon(3, None, 5));
	assert!(!hook.can_build_upon(4, None, 5));
	assert_eq!(hook.max_capacity(), capacity(4), "no verdict has more");
	assert_eq!(ExpectParentIncluded.max_capacity(), capacity(1));
}

#[test]
fn r_hoo_1_a_capacity_is_at_least_one() {
	let none = FixedVelocity {
		velocity: 0,
		capacity: 0,
	};
	assert_eq!(none.max_capacity(), capacity(1));
	assert_eq!(
		none.on_relay_state(&block(head(2), head(2)))
			.map(|verdict| verdict.capacity),
		Ok(capacity(1))
	);
	let second = HookBlock {
		latest: Some(slot_info(5, 1)),
		..block(head(2), head(2))
	};
	assert!(none.on_relay_state(&second).is_ok(), "a velocity too");
}

#[test]
fn r_hoo_2_velocity_and_one_block_more_in_a_relay_slot() {
	let too_many = TooManyInSlot {
		slot: 5,
		authored: 2,
		max: 2,
	};
	let back = RelaySlotMovedBack { latest: 6, slot: 5 };
	for (latest, expected) in [
		(None, Ok(slot_info(5, 1))),
		(Some(slot_info(4, 2)), Ok(slot_info(5, 1))),
		(Some(slot_info(5, 1)), Ok(slot_info(5, 2))),
		(Some(slot_info(5, 2)), Err(too_many)),
		(Some(slot_info(6, 0)), Err(back)),
	] {
		let block = HookBlock {
			latest,
			..block(head(2), head(1))
		};
		let verdict = HOOK.on_relay_state(&block);
		assert_eq!(
			verdict.map(|verdict| verdict.relay_slot),
			expected.map(Some),
			"R-HOO-2: {latest:?}"
		);
	}
	let silent = HookBlock {
		relay_slot: None,
		..block(head(2), head(1))
	};
	assert_eq!(HOOK.on_relay_state(&silent), Err(NoRelaySlot), "R-HOO-2");
}

#[test]
fn r_hoo_2_the_slot_of_the_block_is_that_of_its_relay_parent() {
	// Slots of 6 s there and of 4 s here: 30 s are in the eighth.
	let hook = InParaSlots {
		hook: HOOK,
		relay_slot_duration: 6_000,
		para_slot_duration: 4_000,
	};
	for para_slot in [None, Some(6), Some(7), Some(8)] {
		let block = HookBlock {
			para_slot,
			..block(head(2), head(1))
		};
		let wrong = WrongParaSlot {
			expected: 7,
			actual: para_slot,
		};
		let expected = if para_slot == Some(7) { Ok(()) } else { Err(wrong) };
		assert_eq!(
			hook.on_relay_state(&block).map(|_| ()),
			expected,
			"R-HOO-2: {para_slot:?}"
		);
	}
	let fast = InParaSlots {
		para_slot_duration: 0,
		..hook
	};
	assert_eq!(
		fast.para_slot(u64::MAX),
		u64::MAX,
		"no division by zero, no overflow"
	);
	assert_eq!(fast.max_capacity(), capacity(3));
	assert!(fast.can_build_upon(2, None, 5) && !fast.can_build_upon(3, None, 5));
}

#[test]
fn r_hoo_3_where_the_next_block_may_be_built() {
	for (unincluded, latest, slot, expected) in [
		(0, Some(slot_info(5, 2)), 6, true),
		(0, Some(slot_info(5, 1)), 5, true),
		(0, Some(slot_info(5, 2)), 5, false),
		(0, Some(slot_info(5, 1)), 4, false),
		(2, Some(slot_info(5, 1)), 6, true),
		(3, Some(slot_info(5, 1)), 6, false),
		(0, None, 0, true),
		// Upstream says yes before it asks how long the segment is.
		(3, None, 0, false),
	] {
		assert_eq!(
			HOOK.can_build_upon(unincluded, latest, slot),
			expected,
			"R-HOO-3: {unincluded}, {latest:?}, {slot}"
		);
	}
}

/// Asks before each block and builds it, so that the answer and the verdict are seen to agree.
fn build(tracker: &mut SegmentTracker, included: u8, number: u8, slot: Slot) -> bool {
	tracker.segment.note_parent(head(number - 1));
	let can = tracker.can_build_upon(&HOOK, head(included), slot);
	let state = RelayState {
		included_head: Some(head(included)),
		slot: Some(slot),
		..Default::default()
	};
	let block = BlockStart {
		parent: head(number - 1),
		relay_parent_number: slot as u32,
		para_slot: None,
		state: &state,
	};
	let mut next = tracker.clone();
	let valid = next
		.begin(&HOOK, RelayParentNumbers::Monotonic, &block)
		.and_then(|_| next.end(slot as u32, BlockEnd::default(), &state.limits()))
		.is_ok();
	assert_eq!(
		can, valid,
		"R-HOO-3: what a collator is told is what the chain says"
	);
	if valid {
		*tracker = next;
	}
	valid
}

#[test]
fn r_hoo_4_the_example() {
	let mut tracker = SegmentTracker::default();
	assert!(build(&mut tracker, 0, 1, 5) && build(&mut tracker, 0, 2, 5));
	assert!(!build(&mut tracker, 0, 3, 5), "R-HOO-4: a third in slot 5");
	assert!(
		build(&mut tracker, 0, 3, 6),
		"R-HOO-4: in slot 6, two are unincluded"
	);
	assert!(!build(&mut tracker, 0, 4, 7), "R-HOO-4: three are unincluded");
	assert!(build(&mut tracker, 1, 4, 7), "R-HOO-4: inclusion moved");
}
