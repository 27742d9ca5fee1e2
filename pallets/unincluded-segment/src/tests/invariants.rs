use super::*;
use async_backing_primitives::{RelaySlotInfo, SegmentTracker};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::traits::Hooks;
use sp_runtime::TryRuntimeError;

type Record = SegmentRecord<<Test as crate::Config>::MaxAncestors, <Test as crate::Config>::MaxChannels>;

type Change = fn(&mut Record);

/// A segment of two blocks, changed.
fn broken(change: impl FnOnce(&mut Record)) -> Result<(), TryRuntimeError> {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(1, &genesis), sends(&[1], &[(2001, 1)]));
		block(&first, &Relay::new(2, &genesis), nothing());
		let record = StoredSegment::<Test>::get();
		StoredSegment::<Test>::mutate(change);
		let result = UnincludedSegment::do_try_state();
		StoredSegment::<Test>::put(record);
		result
	})
}

#[test]
fn try_state_finds_what_is_broken() {
	assert_eq!(broken(|_| ()), Ok(()));
	let rows: [(&str, Change, &str); 8] = [
		(
			"a head twice",
			|record| record.ancestors[0].head = record.ancestors[1].head,
			"R-SEG-1: two blocks of the segment have one head",
		),
		(
			"a head of its own",
			|record| record.ancestors[1].head = Some(Default::default()),
			"R-SEG-1: the latest block knows its own head",
		),
		(
			"a parent without head",
			|record| {
				record.ancestors[1].head = Some(Default::default());
				record.ancestors[0].head = None;
				record.ancestors.as_mut().reverse();
				record.ancestors[1].head = None;
				record.ancestors[0].head = None;
			},
			"R-SEG-1: two blocks of the segment have one head",
		),
		(
			"no relay parent",
			|record| (record.relay_parent, record.hrmp_watermark) = (None, None),
			"R-SEG-7: a block had no relay parent",
		),
		(
			"a watermark ahead",
			|record| record.hrmp_watermark = Some(3),
			"R-SEG-4: the watermark is above the relay parent",
		),
		(
			"a slot without blocks",
			|record| {
				record.relay_slot = Some(RelaySlotInfo { slot: 1, authored: 0 });
			},
			"R-HOO-2: a slot without blocks is remembered",
		),
		(
			"two answers",
			|record| {
				for block in record.ancestors.iter_mut() {
					block.go_ahead = Some(UpgradeGoAhead::Abort);
				}
			},
			"R-SEG-1: the segment has no sum, or two blocks of it answered a signal (R-SEG-5)",
		),
		(
			"no sum",
			|record| {
				for block in record.ancestors.iter_mut() {
					block.ump_bytes_sent = u32::MAX;
				}
			},
			"R-SEG-1: the segment has no sum, or two blocks of it answered a signal (R-SEG-5)",
		),
	];
	for (name, change, expected) in rows {
		assert_eq!(broken(change), Err(TryRuntimeError::Other(expected)), "{name}");
	}
}

#[test]
fn a_corrupt_segment_makes_blocks_invalid_and_nothing_else() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(1, &genesis), nothing());
		let record = StoredSegment::<Test>::get();
		let second = block(&first, &Relay::new(2, &genesis), nothing());
		StoredSegment::<Test>::mutate(|record| {
			for block in record.ancestors.iter_mut() {
				block.ump_bytes_sent = u32::MAX;
			}
		});
		assert_eq!(
			begin(&second, &Relay::new(3, &genesis)),
			refused(Error::CorruptSegment)
		);
		assert!(!UnincludedSegment::can_build_upon(genesis.hash(), 3));
		StoredSegment::<Test>::put(record);
	});
}

#[test]
fn what_is_stored_is_encoded_as_what_it_is_of() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let first = block(&genesis, &Relay::new(1, &genesis), sends(&[1, 2], &[(2001, 3)]));
		block(&first, &Relay::new(2, &genesis), nothing());
		let record = StoredSegment::<Test>::get();
		let tracker = UnincludedSegment::tracker().expect("there is a sum");
		assert_eq!(record.encode(), tracker.encode());
		assert_eq!(
			SegmentTracker::decode(&mut &record.encode()[..]),
			Ok(tracker.clone())
		);
		assert_eq!(Record::from_tracker(tracker), Ok(record.clone()));
		assert!(record.encoded_size() <= Record::max_encoded_len());
	});
}

#[test]
fn storage_is_bounded() {
	run(AnyHook::Capacity(3), || {
		let genesis = genesis();
		let mut relay = Relay::new(1, &genesis);
		relay.channels = (0..65)
			.map(|index| (ParaId(3000 + index), channel(9, 99)))
			.collect();
		relay.host.hrmp_max_message_num_per_candidate = 100;
		let all: Vec<_> = (0..65).map(|index| (3000 + index, 1)).collect();
		let result = taken_back(|| {
			begin(&genesis, &relay).expect("the block is valid so far");
			end(sends(&[], &all))
		});
		assert_eq!(result, Err(InvalidBlock::TooManyChannels { got: 65, max: 64 }));
		begin(&genesis, &relay).expect("the block is valid so far");
		end(sends(&[], &all[1..])).expect("64 fit");
	});
	run(AnyHook::Capacity(99), || {
		let genesis = genesis();
		let mut parent = genesis.clone();
		for number in 1..=16 {
			parent = block(&parent, &Relay::new(number, &genesis), nothing());
		}
		let result = taken_back(|| {
			begin(&parent, &Relay::new(17, &genesis)).expect("the hook has room");
			end(nothing())
		});
		assert_eq!(result, Err(InvalidBlock::TooManyAncestors { got: 17, max: 16 }));
	});
}

#[test]
fn the_runtimes_constants_are_held_against_the_hook() {
	CurrentHook::set(AnyHook::Capacity(16));
	UnincludedSegment::integrity_test();
}

#[test]
#[should_panic(expected = "the hook lets 17 blocks be unincluded (R-HOO-1), but storage holds 16")]
fn r_hoo_1_storage_holds_what_the_hook_lets_be() {
	CurrentHook::set(AnyHook::Capacity(17));
	UnincludedSegment::integrity_test();
}
