use super::*;
use crate::OutboundHrmpMessage;
use alloc::vec;
use SegmentError::*;

#[test]
fn r_seg_1_what_messages_take() {
	let message = |recipient, length| OutboundHrmpMessage {
		recipient: ParaId(recipient),
		data: vec![7; length],
	};
	let upward = [vec![1; 3], vec![1; 4], vec![], vec![0, 0, 0]];
	assert_eq!(
		UsedBandwidth::of(&upward, &[message(2001, 5), message(2002, 0)]),
		Ok(used((2, 7), &[(2001, 1, 5), (2002, 1, 0)])),
		"R-MOD-4: signals take nothing"
	);
	for second in [2000, 2001] {
		assert_eq!(
			UsedBandwidth::of(&[], &[message(2001, 1), message(second, 1)]),
			Err(RecipientsNotAscending(1)),
			"R-MOD-3"
		);
	}
}

#[test]
fn r_seg_1_a_block_gets_its_head_hash_when_its_child_starts() {
	let mut segment = segment(&[UsedBandwidth::default()]);
	append(&mut segment, UsedBandwidth::default(), &limits((0, 0), &[])).expect("it sends nothing");
	let heads: alloc::vec::Vec<_> = segment.ancestors().iter().map(|block| block.head).collect();
	assert_eq!(heads, [Some(head(1)), None]);
	segment.note_parent(head(2));
	assert_eq!(segment.ancestors()[1].head, Some(head(2)));
	UnincludedSegment::default().note_parent(head(1));
}

#[test]
fn r_seg_2_the_included_block_and_those_before_it_go() {
	let blocks = [
		used((1, 10), &[]),
		used((2, 20), &[(2001, 1, 5)]),
		used((4, 40), &[(2001, 1, 6), (2002, 1, 7)]),
	];
	for (included, dropped, left) in [
		(0, 0, used((7, 70), &[(2001, 2, 11), (2002, 1, 7)])),
		(1, 1, used((6, 60), &[(2001, 2, 11), (2002, 1, 7)])),
		(2, 2, used((4, 40), &[(2001, 1, 6), (2002, 1, 7)])),
		(3, 3, UsedBandwidth::default()),
	] {
		let mut segment = segment(&blocks);
		assert_eq!(segment.len_after(head(included)), 3 - dropped);
		assert_eq!(segment.drop_included(head(included)), dropped, "R-SEG-2");
		assert_eq!(segment.len(), 3 - dropped);
		assert_eq!(*segment.aggregate(), left, "R-SEG-2: subtracted");
	}
	assert_eq!(UnincludedSegment::default().drop_included(head(1)), 0);
}

#[test]
fn r_seg_2_there_is_room_for_the_block_or_it_is_invalid() {
	let blocks = vec![UsedBandwidth::default(); 3];
	let segment = segment(&blocks);
	assert_eq!(segment.check_room(capacity(4)), Ok(()));
	for capacity in [1, 3] {
		assert_eq!(
			segment.check_room(super::capacity(capacity)),
			Err(Full { length: 3, capacity })
		);
	}
	assert_eq!(UnincludedSegment::default().check_room(capacity(1)), Ok(()));
}

#[test]
fn r_seg_2_a_segment_is_empty_before_its_first_block_and_when_all_are_included() {
	let mut segment = UnincludedSegment::default();
	assert!(segment.is_empty());
	segment = super::segment(&[UsedBandwidth::default()]);
	assert!(!segment.is_empty());
	segment.drop_included(head(1));
	assert!(segment.is_empty(), "R-SEG-2");
}

#[test]
fn r_seg_3_there_is_no_segment_whose_sum_cannot_be_counted() {
	let max = u32::MAX;
	let from = |first, second| {
		let ancestors = segment(&[first])
			.ancestors()
			.iter()
			.chain(segment(&[second]).ancestors())
			.cloned()
			.collect();
		UnincludedSegment::from_parts(ancestors, None)
	};
	let rows = [
		("upward messages", used((max, 0), &[]), used((1, 0), &[])),
		("upward bytes", used((0, max), &[]), used((0, 1), &[])),
		(
			"messages of a channel",
			used((0, 0), &[(2001, max, 1)]),
			used((0, 0), &[(2001, 1, 1)]),
		),
		(
			"bytes of a channel",
			used((0, 0), &[(2001, 1, max)]),
			used((0, 0), &[(2001, 1, 1)]),
		),
	];
	for (name, first, second) in rows {
		let fits = from(first.clone(), UsedBandwidth::default());
		assert_eq!(
			fits.map(|segment| segment.aggregate().clone()),
			Some(first.clone()),
			"{name}"
		);
		assert_eq!(from(first, second), None, "R-SEG-3: {name}");
	}
}

#[test]
fn r_seg_3_the_sum_stays_within_each_limit() {
	let before = [used((2, 20), &[(2001, 1, 10)]), used((1, 10), &[(2001, 1, 20)])];
	// Three upward messages of 30 bytes and two of 30 bytes to 2001 are under way.
	let room = limits((5, 50), &[(2001, 3, 40), (2002, 1, 5)]);
	let recipient = ParaId(2001);
	let rows = [
		("nothing", used((0, 0), &[]), Ok(())),
		("all that is left upward", used((2, 20), &[]), Ok(())),
		(
			"a message too many",
			used((3, 0), &[]),
			Err(UmpMessagesOverflow { limit: 5, total: 6 }),
		),
		(
			"a byte too many",
			used((2, 21), &[]),
			Err(UmpBytesOverflow { limit: 50, total: 51 }),
		),
		(
			"all that is left of a channel",
			used((0, 0), &[(2001, 1, 10)]),
			Ok(()),
		),
		(
			"a message too many for a channel",
			used((0, 0), &[(2001, 2, 0)]),
			Err(HrmpMessagesOverflow {
				recipient,
				limit: 3,
				total: 4,
			}),
		),
		(
			"a byte too many for a channel",
			used((0, 0), &[(2001, 1, 11)]),
			Err(HrmpBytesOverflow {
				recipient,
				limit: 40,
				total: 41,
			}),
		),
		(
			"the other channel is another's",
			used((0, 0), &[(2001, 1, 10), (2002, 1, 5)]),
			Ok(()),
		),
		(
			"no channel",
			used((0, 0), &[(2001, 1, 10), (2003, 1, 0)]),
			Err(NoSuchHrmpChannel(ParaId(2003))),
		),
		(
			"more than can be counted",
			used((0, u32::MAX), &[]),
			Err(UmpBytesOverflow {
				limit: 50,
				total: u32::MAX,
			}),
		),
		(
			"twice one recipient",
			used((0, 0), &[(2001, 1, 0), (2001, 1, 0)]),
			Err(RecipientsNotAscending(1)),
		),
	];
	for (name, block, expected) in rows {
		let mut segment = segment(&before);
		assert_eq!(append(&mut segment, block, &room), expected, "R-SEG-3: {name}");
	}
}

/// Governance may lower a limit below what is under way. Then some of it will be refused, and nothing can be built on it.
#[test]
fn r_seg_3_a_segment_beyond_a_lowered_limit_takes_no_block() {
	let mut segment = segment(&[used((3, 30), &[(2001, 1, 10)])]);
	let lowered = limits((2, 50), &[(2001, 0, 0)]);
	assert_eq!(
		append(&mut segment, UsedBandwidth::default(), &lowered),
		Err(UmpMessagesOverflow { limit: 2, total: 3 })
	);
	// A channel that a block does not use is none of its business.
	assert_eq!(
		append(
			&mut segment,
			UsedBandwidth::default(),
			&limits((3, 30), &[(2001, 0, 0)])
		),
		Ok(())
	);
}

#[test]
fn r_seg_3_what_is_left_is_what_fits() {
	let segment = segment(&[used((3, 30), &[(2001, 1, 10)])]);
	let room = limits((5, 20), &[(2001, 3, 15), (2002, 1, 1)]);
	assert_eq!(
		room.less(segment.aggregate()),
		limits((2, 0), &[(2001, 2, 5), (2002, 1, 1)])
	);
}

#[test]
fn r_seg_4_the_watermark_stays_or_moves_up_or_is_the_relay_parent() {
	use HrmpWatermarkUpdate::{Head, Trunk};
	assert_eq!(HrmpWatermarkUpdate::clamped(7, 9), Trunk(7));
	for watermark in [9, 10] {
		assert_eq!(HrmpWatermarkUpdate::clamped(watermark, 9), Head(9), "R-SEG-4");
	}
	let none = limits((0, 0), &[]);
	let mut segment = UnincludedSegment::default();
	for (update, expected) in [
		(Trunk(4), Ok(())),
		(
			Trunk(3),
			Err(WatermarkMovedBack {
				latest: 4,
				submitted: 3,
			}),
		),
		(Trunk(4), Ok(())),
		(Trunk(6), Ok(())),
		(Head(8), Ok(())),
		(
			Trunk(7),
			Err(WatermarkMovedBack {
				latest: 8,
				submitted: 7,
			}),
		),
		// Always legal: relay parents do not go back (R-SEG-7).
		(Head(5), Ok(())),
	] {
		let result = segment.append(UsedBandwidth::default(), update, None, &none);
		assert_eq!(result, expected, "R-SEG-4: {update:?}");
	}
	assert_eq!(segment.hrmp_watermark(), Some(5));
	segment.note_parent(head(9));
	segment.drop_included(head(9));
	assert_eq!(
		segment.hrmp_watermark(),
		Some(5),
		"included blocks leave the watermark behind"
	);
}

#[test]
fn r_seg_5_one_block_answers_a_signal_and_it_stays_until_that_is_included() {
	use UpgradeGoAhead::{Abort, GoAhead};
	let none = limits((0, 0), &[]);
	let mut segment = UnincludedSegment::default();
	assert_eq!(segment.go_ahead_to_answer(None), Ok(None));
	let answer = segment.go_ahead_to_answer(Some(GoAhead));
	assert_eq!(answer, Ok(Some(GoAhead)), "R-SEG-5: the first block that sees it");
	let head_update = HrmpWatermarkUpdate::Head(1);
	let block = UsedBandwidth::default;
	assert_eq!(segment.append(block(), head_update, Some(GoAhead), &none), Ok(()));
	segment.note_parent(head(1));
	assert_eq!(
		segment.go_ahead_to_answer(Some(GoAhead)),
		Ok(None),
		"R-SEG-5: others ignore it"
	);
	for shown in [None, Some(Abort)] {
		let vanished = GoAheadVanished {
			consumed: GoAhead,
			shown,
		};
		assert_eq!(segment.go_ahead_to_answer(shown), Err(vanished), "R-SEG-5");
	}
	for second in [GoAhead, Abort] {
		let twice = GoAheadConsumedTwice {
			first: GoAhead,
			second,
		};
		let result = segment.append(block(), head_update, Some(second), &none);
		assert_eq!(result, Err(twice), "R-SEG-5: two are an error");
	}
	assert_eq!(segment.append(block(), head_update, None, &none), Ok(()));
	segment.drop_included(head(1));
	assert_eq!(segment.consumed_go_ahead(), None);
	assert_eq!(
		segment.go_ahead_to_answer(Some(Abort)),
		Ok(Some(Abort)),
		"the next signal is another's"
	);
}

#[test]
fn r_seg_6_when_code_may_be_announced() {
	use AnnouncementError::*;
	let present = Some(UpgradeRestriction::Present);
	let bad = |got| {
		Err(BadCodeSize {
			min: 9,
			max: 100,
			got,
		})
	};
	for (restriction, pending, size, expected) in [
		(None, false, 9, Ok(())),
		(None, false, 100, Ok(())),
		(None, false, 8, bad(8)),
		(None, false, 101, bad(101)),
		(present, false, 50, Err(Restricted)),
		(None, true, 50, Err(UpgradePending)),
		(present, true, 50, Err(Restricted)),
	] {
		assert_eq!(
			check_announcement(restriction, pending, size, 100),
			expected,
			"R-SEG-6, R-CODE-1"
		);
	}
}

#[test]
fn r_seg_7_relay_parents_do_not_go_back() {
	let back = |previous, actual| Err(RelayParentMovedBack { previous, actual });
	for (numbers, previous, actual, expected) in [
		(RelayParentNumbers::Monotonic, None, 0, Ok(())),
		(RelayParentNumbers::Monotonic, Some(5), 5, Ok(())),
		(RelayParentNumbers::Monotonic, Some(5), 4, back(5, 4)),
		(RelayParentNumbers::Strict, None, 0, Ok(())),
		(RelayParentNumbers::Strict, Some(5), 6, Ok(())),
		(RelayParentNumbers::Strict, Some(5), 5, back(5, 5)),
		(RelayParentNumbers::Strict, Some(5), 4, back(5, 4)),
	] {
		assert_eq!(numbers.check(previous, actual), expected, "R-SEG-7: {numbers:?}");
	}
}

/// Builds `velocity` blocks for each relay block. What is built on relay parent r is backed in r + 1, included in r + 2, and
/// seen to be at relay parent r + 3. Returns the blocks of each relay block.
fn paced(velocity: u32, segment_capacity: u32, relay_blocks: u32) -> alloc::vec::Vec<u32> {
	let hook = FixedCapacity(capacity(segment_capacity));
	let mut tracker = SegmentTracker::default();
	let mut built = vec![];
	let mut number = 0u8;
	for relay_parent in 1..=relay_blocks {
		let seen: u32 = built.iter().rev().skip(2).sum();
		let state = RelayState {
			included_head: Some(head(seen as u8)),
			..Default::default()
		};
		let mut here = 0;
		while here < velocity && tracker.can_build_upon(&hook, head(seen as u8), 0) {
			let block = BlockStart {
				parent: head(number),
				relay_parent_number: relay_parent,
				para_slot: None,
				state: &state,
			};
			tracker
				.begin(&hook, RelayParentNumbers::Monotonic, &block)
				.expect("asked before");
			tracker
				.end(relay_parent, BlockEnd::default(), &state.limits())
				.expect("it sends nothing");
			number += 1;
			here += 1;
			// What `can_build_upon` is asked of is the state of the block just built.
			tracker.segment.note_parent(head(number));
		}
		built.push(here);
	}
	built
}

#[test]
fn r_seg_8_a_capacity_of_three_relay_blocks_never_pauses() {
	for velocity in 1..=4 {
		let enough = crate::AsyncBackingParams::needed_segment_capacity(velocity);
		let built = paced(velocity, enough, 20);
		assert!(
			built.iter().all(|blocks| *blocks == velocity),
			"R-SEG-8: {velocity}: {built:?}"
		);
		let built = paced(velocity, enough - 1, 20);
		assert!(
			built.iter().any(|blocks| *blocks < velocity),
			"R-SEG-8: one less starves {velocity}: {built:?}"
		);
	}
	assert_eq!(
		paced(3, 7, 6),
		[3, 3, 1, 3, 3, 1],
		"R-DEF-6: seven are too few for three cores"
	);
	assert_eq!(
		paced(1, 1, 6),
		[1, 0, 0, 1, 0, 0],
		"and one is synchronous backing"
	);
}

#[test]
fn the_tracker_asks_in_the_order_of_its_rules() {
	let hook = FixedVelocity {
		velocity: 1,
		capacity: 1,
	};
	let state = RelayState {
		included_head: Some(head(0)),
		slot: Some(5),
		..Default::default()
	};
	let block = |relay_parent_number| BlockStart {
		parent: head(1),
		relay_parent_number,
		para_slot: None,
		state: &state,
	};
	let mut tracker = SegmentTracker {
		segment: segment(&[UsedBandwidth::default()]),
		relay_slot: Some(RelaySlotInfo { slot: 6, authored: 1 }),
		relay_parent: Some(10),
	};
	let monotonic = RelayParentNumbers::Monotonic;
	assert!(matches!(
		tracker.begin(&hook, monotonic, &block(9)),
		Err(RelayParentMovedBack { .. })
	));
	assert!(matches!(
		tracker.begin(&hook, monotonic, &block(10)),
		Err(Hook(HookError::RelaySlotMovedBack { .. }))
	));
	tracker.relay_slot = None;
	assert!(matches!(
		tracker.begin(&hook, monotonic, &block(10)),
		Err(Full { .. })
	));
}
