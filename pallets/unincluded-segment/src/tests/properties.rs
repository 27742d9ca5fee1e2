use super::*;
use async_backing_primitives::{
	BlockEnd, BlockStart, FixedCapacity, RelayState, SegmentTracker, UsedBandwidth,
};
use core::num::NonZeroU32;
use proptest::{collection, option, prelude::*};

/// A block: how far its relay parent is on, how many blocks of the chain are newly included there, what it sends.
#[derive(Clone, Debug)]
struct Step {
	later: u32,
	included: usize,
	upward: Vec<usize>,
	horizontal: Option<usize>,
	watermark: Option<u32>,
	room: (u32, u32),
}

fn any_step() -> impl Strategy<Value = Step> {
	(
		0u32..3,
		0usize..3,
		collection::vec(1usize..20, 0..3),
		option::of(0usize..20),
		option::of(0u32..20),
		(0u32..8, 0u32..80),
	)
		.prop_map(|(later, included, upward, horizontal, watermark, room)| Step {
			later,
			included,
			upward,
			horizontal,
			watermark,
			room,
		})
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

	/// Random chains: the pallet says what the rules say, and what it stores is what they keep.
	#[test]
	fn the_pallet_is_the_rules(steps in collection::vec(any_step(), 1..16), capacity in 1u32..6) {
		run(AnyHook::Capacity(capacity), || {
			let hook = FixedCapacity(NonZeroU32::new(capacity).expect("not zero"));
			let mut tracker = SegmentTracker::default();
			let mut heads = vec![genesis()];
			let (mut number, mut included) = (1, 0);
			for step in steps {
				number += step.later;
				included = (included + step.included).min(heads.len() - 1);
				let mut relay = Relay::new(number, &heads[included]);
				relay.upward = step.room;
				let parent = heads.last().expect("genesis is there").clone();
				let horizontal: Vec<_> = step.horizontal.map(|length| (2001, length)).into_iter().collect();
				let outputs = Outputs {
					hrmp_watermark: step.watermark.map(|watermark| watermark.min(number)),
					..sends(&step.upward, &horizontal)
				};

				let state = RelayState {
					included_head: Some(heads[included].hash()),
					ump_remaining: step.room.0,
					ump_remaining_bytes: step.room.1,
					channels_out: relay.channels.clone(),
					..Default::default()
				};
				let start = BlockStart { parent: parent.hash(), relay_parent_number: number, para_slot: None, state: &state };
				let mut next = tracker.clone();
				let expected = next
					.begin(&hook, RelayParentNumbers::Monotonic, &start)
					.and_then(|begun| {
						let used = UsedBandwidth::of(&outputs.upward_messages, &outputs.horizontal_messages)?;
						let hrmp_watermark = outputs.hrmp_watermark.unwrap_or(number);
						next.end(number, BlockEnd { used, hrmp_watermark, go_ahead: begun.go_ahead }, &state.limits())
					});

				let height = System::block_number();
				let result = frame_support::storage::with_transaction(|| {
					let result = match begin(&parent, &relay) {
						Ok(()) => end(outputs).map_err(|error| error.to_string()),
						Err(error) => Err(format!("{error:?}")),
					};
					match result {
						Ok(head) => sp_runtime::TransactionOutcome::Commit(Ok::<_, sp_runtime::DispatchError>(Ok(head))),
						Err(error) => sp_runtime::TransactionOutcome::Rollback(Ok(Err(error))),
					}
				})
				.expect("no error of transactions");
				match (result, expected) {
					(Ok(head), Ok(())) => {
						heads.push(head);
						tracker = next;
						prop_assert_eq!(UnincludedSegment::do_try_state(), Ok(()));
					},
					(Err(_), Err(_)) => prop_assert_eq!(System::block_number(), height),
					(result, expected) => prop_assert!(false, "{:?} instead of {:?}", result, expected),
				}
				prop_assert_eq!(UnincludedSegment::tracker(), Some(tracker.clone()));
			}
			Ok(())
		})?;
	}
}
