use super::*;
use async_backing_primitives::{
	BlockEnd, BlockStart, FixedVelocity, RelayState, SegmentTracker, Slot, UpgradeGoAhead, UsedBandwidth,
};
use proptest::{collection, option, prelude::*};

/// A block: how far its relay parent is on, in blocks and in slots, how many blocks of the chain are newly included there, what
/// the relay chain says of an upgrade, what the block sends.
#[derive(Clone, Debug)]
struct Step {
	later: u32,
	slots: Slot,
	included: usize,
	go_ahead: Option<UpgradeGoAhead>,
	upward: Vec<usize>,
	horizontal: Option<usize>,
	watermark: Option<u32>,
	room: (u32, u32),
}

fn any_step() -> impl Strategy<Value = Step> {
	(
		(0u32..3, 0..3u64),
		0usize..3,
		prop_oneof![
			6 => Just(None),
			1 => Just(Some(UpgradeGoAhead::GoAhead)),
			1 => Just(Some(UpgradeGoAhead::Abort)),
		],
		collection::vec(1usize..20, 0..3),
		option::of(0usize..20),
		option::of(0u32..20),
		(0u32..8, 0u32..80),
	)
		.prop_map(
			|((later, slots), included, go_ahead, upward, horizontal, watermark, room)| Step {
				later,
				slots,
				included,
				go_ahead,
				upward,
				horizontal,
				watermark,
				room,
			},
		)
}

/// The hooks of chains that build ahead.
fn any_hook() -> impl Strategy<Value = AnyHook> {
	prop_oneof![
		(1u32..6).prop_map(AnyHook::Capacity),
		(1u32..4, 1u32..8)
			.prop_map(|(velocity, capacity)| AnyHook::Velocity(FixedVelocity { velocity, capacity })),
		Just(AnyHook::Parent),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

	/// Random chains: the pallet says what the rules say, which a validation function without FRAME calls by hand, and what it
	/// stores is what they keep.
	#[test]
	fn r_seg_2_the_pallet_is_the_tracker(steps in collection::vec(any_step(), 1..16), hook in any_hook()) {
		run(hook, || {
			let mut tracker = SegmentTracker::default();
			let mut heads = vec![genesis()];
			let (mut number, mut slot, mut included) = (1, 1, 0);
			for step in steps {
				number += step.later;
				slot += step.slots;
				included = (included + step.included).min(heads.len() - 1);
				let mut relay = Relay::new(number, &heads[included]);
				relay.upward = step.room;
				(relay.slot, relay.go_ahead) = (Some(slot), step.go_ahead);
				let parent = heads.last().expect("genesis is there").clone();
				let horizontal: Vec<_> = step.horizontal.map(|length| (2001, length)).into_iter().collect();
				let outputs = Outputs {
					hrmp_watermark: step.watermark.map(|watermark| watermark.min(number)),
					..sends(&step.upward, &horizontal)
				};

				let state = RelayState {
					included_head: Some(heads[included].hash()),
					slot: Some(slot),
					go_ahead: step.go_ahead,
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
