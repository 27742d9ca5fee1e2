use super::*;
use alloc::{collections::BTreeMap, vec::Vec};
use proptest::{collection, option, prelude::*};

fn any_used() -> impl Strategy<Value = UsedBandwidth> {
	(
		0u32..4,
		0u32..40,
		collection::btree_map(2001u32..2004, (1u32..3, 0u32..30), 0..3),
	)
		.prop_map(|(messages, bytes, channels)| {
			let channels: Vec<_> = channels
				.into_iter()
				.map(|(recipient, (messages, bytes))| (recipient, messages, bytes))
				.collect();
			used((messages, bytes), &channels)
		})
}

fn any_limits() -> impl Strategy<Value = BandwidthLimits> {
	(
		0u32..16,
		0u32..160,
		collection::btree_map(2001u32..2004, (0u32..8, 0u32..120), 0..4),
	)
		.prop_map(|(messages, bytes, channels)| {
			let channels: Vec<_> = channels
				.into_iter()
				.map(|(recipient, (messages, bytes))| (recipient, messages, bytes))
				.collect();
			limits((messages, bytes), &channels)
		})
}

/// What happens to a segment: a block, with its watermark, the signal that it answers and the limits; or the inclusion of
/// one of its blocks.
#[derive(Clone, Debug)]
enum Step {
	Block(
		UsedBandwidth,
		HrmpWatermarkUpdate,
		Option<UpgradeGoAhead>,
		BandwidthLimits,
	),
	Included(prop::sample::Index),
}

fn any_step() -> impl Strategy<Value = Step> {
	let go_ahead = option::weighted(
		0.2,
		prop_oneof![Just(UpgradeGoAhead::Abort), Just(UpgradeGoAhead::GoAhead)],
	);
	let watermark =
		(0u32..12, 0u32..12).prop_map(|(watermark, parent)| HrmpWatermarkUpdate::clamped(watermark, parent));
	prop_oneof![
		4 => (any_used(), watermark, go_ahead, any_limits())
			.prop_map(|(used, watermark, go_ahead, limits)| Step::Block(used, watermark, go_ahead, limits)),
		1 => any::<prop::sample::Index>().prop_map(Step::Included),
	]
}

/// A block of a chain with a hook: where it may be wrong, it is now and then.
#[derive(Clone, Debug)]
struct Attempt {
	relay_parent: u32,
	slot: Option<Slot>,
	/// How many blocks before the parent the included one is; `None` for a proof without it.
	included: Option<u8>,
	shown: Option<UpgradeGoAhead>,
	/// Whether it answers what it should.
	answers: bool,
	used: UsedBandwidth,
	watermark: u32,
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
	let shown = option::weighted(
		0.5,
		prop_oneof![1 => Just(UpgradeGoAhead::Abort), 6 => Just(UpgradeGoAhead::GoAhead)],
	);
	(
		0u32..6,
		option::weighted(0.9, 0u64..4),
		option::weighted(0.9, 0u8..5),
		shown,
		prop::bool::weighted(0.9),
		any_used(),
		0u32..8,
	)
		.prop_map(
			|(relay_parent, slot, included, shown, answers, used, watermark)| Attempt {
				relay_parent,
				slot,
				included,
				shown,
				answers,
				used,
				watermark,
			},
		)
}

/// The sum as nobody would store it.
fn sum(segment: &UnincludedSegment) -> (u32, u32, BTreeMap<ParaId, (u32, u32)>) {
	let mut total = (0, 0, BTreeMap::new());
	for block in segment.ancestors() {
		total.0 += block.used.ump_messages_sent;
		total.1 += block.used.ump_bytes_sent;
		for (recipient, sent) in &block.used.outbound_hrmp {
			let channel: &mut (u32, u32) = total.2.entry(*recipient).or_default();
			channel.0 += sent.messages_submitted;
			channel.1 += sent.bytes_submitted;
		}
	}
	total
}

fn aggregate(segment: &UnincludedSegment) -> (u32, u32, BTreeMap<ParaId, (u32, u32)>) {
	let aggregate = segment.aggregate();
	(
		aggregate.ump_messages_sent,
		aggregate.ump_bytes_sent,
		aggregate
			.outbound_hrmp
			.iter()
			.map(|(recipient, sent)| (*recipient, (sent.messages_submitted, sent.bytes_submitted)))
			.collect(),
	)
}

/// The limits raised by so much, at every place.
fn raised(limits: &BandwidthLimits, by: u32) -> BandwidthLimits {
	let mut limits = limits.clone();
	limits.ump_remaining += by;
	limits.ump_remaining_bytes += by;
	for (_, channel) in &mut limits.hrmp_channels_out {
		channel.bytes_remaining += by;
		channel.messages_remaining += by;
	}
	limits
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

	/// R-SEG-1, R-SEG-2: through any history the sum is that of the blocks, one of which at most answered a signal; and
	/// the encoding, which has no sum, says it all.
	#[test]
	fn the_sum_is_that_of_the_blocks(steps in collection::vec(any_step(), 0..24)) {
		let mut segment = UnincludedSegment::default();
		let mut number = 0u8;
		for step in steps {
			match step {
				Step::Block(used, watermark, go_ahead, limits) => {
					let before = segment.clone();
					let result = segment.append(used.clone(), watermark, go_ahead, &limits);
					if result.is_ok() {
						number += 1;
						segment.note_parent(head(number));
					} else {
						prop_assert_eq!(&segment, &before);
					}
				},
				Step::Included(index) => {
					let length = segment.len();
					if length > 0 {
						let included = segment.ancestors()[index.index(length as usize)].head.expect("noted");
						let left = segment.len_after(included);
						prop_assert_eq!(segment.drop_included(included), length - left);
						prop_assert_eq!(segment.len(), left);
						prop_assert_eq!(segment.len_after(included), left, "it is not among them any more");
					}
				},
			}
			prop_assert_eq!(aggregate(&segment), sum(&segment));
			let answered = segment.ancestors().iter().filter(|block| block.go_ahead.is_some()).count();
			prop_assert!(answered <= 1, "R-SEG-5");
			let encoded = segment.encode();
			prop_assert_eq!(UnincludedSegment::decode(&mut &encoded[..]), Ok(segment.clone()));
			let (ancestors, watermark) = segment.clone().into_parts();
			prop_assert_eq!(UnincludedSegment::from_parts(ancestors, watermark), Some(segment.clone()));
		}
	}

	/// R-SEG-3: a block is accepted exactly if what is left takes it and what is under way fits; more room never hurts.
	#[test]
	fn limits_are_monotonic(
		before in collection::vec(any_used(), 0..4),
		block in any_used(),
		limits in any_limits(),
		by in 0u32..100,
	) {
		let mut segment = UnincludedSegment::default();
		let plenty = super::limits((1 << 20, 1 << 20), &[(2001, 1 << 20, 1 << 20), (2002, 1 << 20, 1 << 20), (2003, 1 << 20, 1 << 20)]);
		for used in before {
			prop_assert_eq!(append(&mut segment, used, &plenty), Ok(()));
		}
		let fits = append(&mut segment.clone(), block.clone(), &limits).is_ok();
		if fits {
			prop_assert_eq!(append(&mut segment.clone(), block.clone(), &raised(&limits, by)), Ok(()));
			let remaining = limits.less(segment.aggregate());
			prop_assert_eq!(append(&mut UnincludedSegment::default(), block.clone(), &remaining), Ok(()));
		}
		let aggregate = segment.aggregate();
		if aggregate.ump_messages_sent <= limits.ump_remaining && aggregate.ump_bytes_sent <= limits.ump_remaining_bytes {
			let remaining = limits.less(aggregate);
			let alone = append(&mut UnincludedSegment::default(), block.clone(), &remaining).is_ok();
			let overdrawn = block.outbound_hrmp.iter().any(|(recipient, _)| {
				let used = aggregate.sent_to(*recipient);
				limits.outbound_channel(*recipient).is_some_and(|channel|
					used.bytes_submitted > channel.bytes_remaining || used.messages_submitted > channel.messages_remaining)
			});
			prop_assert_eq!(fits, alone && !overdrawn);
		}
	}

	/// R-SEG-1, R-SEG-2: a block that comes and is included at once leaves no trace but the watermark.
	#[test]
	fn append_then_drop_is_the_identity(block in any_used()) {
		let mut segment = UnincludedSegment::default();
		let plenty = super::limits((16, 160), &[(2001, 8, 120), (2002, 8, 120), (2003, 8, 120)]);
		prop_assert_eq!(append(&mut segment, block, &plenty), Ok(()));
		segment.note_parent(head(1));
		prop_assert_eq!(segment.drop_included(head(1)), 1);
		prop_assert_eq!(segment.into_parts(), (Vec::new(), Some(1)));
	}

	/// R-SEG: a tracker that refuses a block, at its beginning or at its end, is the tracker that it was.
	#[test]
	fn what_a_tracker_refuses_changes_nothing(
		attempts in collection::vec(any_attempt(), 1..24),
		(velocity, capacity) in (1u32..3, 1u32..5),
		limits in any_limits(),
	) {
		let hook = FixedVelocity { velocity, capacity };
		let mut tracker = SegmentTracker::default();
		let mut latest = 0u8;
		for (number, attempt) in (1u32..).zip(attempts) {
			// Mostly forward, and back where the parent's is newer.
			let relay_parent = number / 2 + attempt.relay_parent;
			let state = RelayState {
				included_head: attempt.included.map(|behind| head(latest.saturating_sub(behind))),
				slot: attempt.slot.map(|slot| u64::from(number / 3) + slot),
				go_ahead: attempt.shown,
				ump_remaining: limits.ump_remaining,
				ump_remaining_bytes: limits.ump_remaining_bytes,
				..Default::default()
			};
			let start = BlockStart {
				parent: head(latest),
				relay_parent_number: relay_parent,
				para_slot: None,
				state: &state,
			};
			let before = tracker.clone();
			let begun = match tracker.begin(&hook, RelayParentNumbers::Monotonic, &start) {
				Ok(begun) => begun,
				Err(_) => {
					prop_assert_eq!(&tracker, &before);
					continue;
				},
			};
			prop_assert!(tracker.segment.len() < capacity, "R-SEG-2");
			prop_assert_eq!(tracker.segment.len() + begun.included, before.segment.len());
			let begins = tracker.clone();
			let end = BlockEnd {
				used: attempt.used,
				hrmp_watermark: attempt.watermark,
				go_ahead: if attempt.answers { begun.go_ahead } else { attempt.shown },
			};
			match tracker.end(relay_parent, end, &limits) {
				Ok(()) => latest = latest.saturating_add(1),
				Err(_) => {
					prop_assert_eq!(&tracker, &begins);
					tracker = before;
				},
			}
		}
	}

	/// Bytes from anywhere decode to a segment with a sum, or not at all.
	#[test]
	fn no_segment_without_a_sum(bytes in collection::vec(any::<u8>(), 0..200)) {
		if let Ok(segment) = UnincludedSegment::decode(&mut &bytes[..]) {
			let (ancestors, watermark) = segment.clone().into_parts();
			prop_assert_eq!(UnincludedSegment::from_parts(ancestors, watermark), Some(segment));
		}
	}
}
