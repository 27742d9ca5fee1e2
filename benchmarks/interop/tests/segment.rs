//! The two pallets say the same of 10,000 random histories, but for what is meant to differ.

use async_backing_interop::{Capacity, Chain, History, Kind, Ours, Published, Step, Verdict};
use std::collections::BTreeMap;

const HISTORIES: u64 = 10_000;

/// Runs a history on both chains, and counts the verdicts.
fn compare(seed: u64, verdicts: &mut BTreeMap<Result<(), Kind>, u64>) {
	let history = History::random(seed);
	let (mut published, mut ours) = (Published::new(&history), Ours::new(&history));
	let mut built = 0;
	for (index, step) in history.steps.iter().enumerate() {
		let at = || format!("seed {seed}, block {index} of {history:#?}");
		let waiting = step.upward.len();
		// The published pallet keeps back upward messages that do not fit; ours leaves that to the sender, and refuses the
		// block. So it sends what the other one sends, and one more must be too many.
		let theirs: Verdict = published.block(step, waiting);
		let sends = theirs.unwrap_or(0);
		if theirs.is_ok() && sends < waiting {
			let more = ours.block(step, sends + 1);
			let too_many = [Kind::UmpMessages, Kind::UmpBytes, Kind::PerCandidate];
			assert!(
				more.is_err_and(|kind| too_many.contains(&kind)),
				"{}: one more message gives {more:?}",
				at()
			);
		}
		let verdict = ours.block(step, sends);
		// A block that breaks both rules is refused by the one that is asked first.
		let both = (Err(Kind::NoIncludedHead), Err(Kind::WrongParaSlot));
		if (verdict, theirs) != both {
			assert_eq!(verdict, theirs, "{}", at());
		}
		assert_eq!(ours.segment(), published.segment(), "{}", at());
		*verdicts.entry(verdict.map(|_| ())).or_default() += 1;

		built += usize::from(verdict.is_ok());
		if matches!(history.capacity, Capacity::Velocity(..)) && built > 0 {
			for included in 0..built {
				for slot in [step.relay_slot - 1, step.relay_slot, step.relay_slot + 1] {
					let answer = published.can_build_upon(included, slot);
					assert_eq!(
						ours.can_build_upon(included, slot),
						answer,
						"{}: {included}, {slot}",
						at()
					);
				}
			}
		}
	}
}

#[test]
fn r_seg_1_to_7_r_hoo_1_to_3_the_same_verdicts_over_random_histories() {
	let mut verdicts = BTreeMap::new();
	for seed in 0..HISTORIES {
		compare(seed, &mut verdicts);
	}
	println!(
		"{HISTORIES} histories, {} blocks:",
		verdicts.values().sum::<u64>()
	);
	for (verdict, count) in &verdicts {
		match verdict {
			Ok(()) => println!("{count:>8} accepted by both"),
			Err(kind) => println!("{count:>8} refused by both: {kind:?}"),
		}
	}
	// Every rule has been met often enough to say something.
	for kind in [
		Kind::RelayParentMovedBack,
		Kind::ParentNotIncluded,
		Kind::NoIncludedHead,
		Kind::RelaySlotMovedBack,
		Kind::TooManyInSlot,
		Kind::WrongParaSlot,
		Kind::Full,
		Kind::GoAheadVanished,
		Kind::WatermarkMovedBack,
		Kind::UmpMessages,
		Kind::UmpBytes,
		Kind::NoChannel,
		Kind::HrmpMessages,
		Kind::HrmpBytes,
	] {
		let count = verdicts.get(&Err(kind)).copied().unwrap_or_default();
		assert!(count >= 20, "{kind:?} was met {count} times");
	}
}

/// A block that nothing is wrong with, on genesis.
fn good() -> Step {
	Step {
		relay_parent: 5,
		relay_slot: 5,
		para_slot: 5,
		included: Some(0),
		proves_head: true,
		tells_capacity: true,
		upward_room: (9, 900),
		max_upward: 9,
		channels: vec![(3000, 9, 9_000)],
		upward: vec![],
		horizontal: vec![],
		watermark: 5,
		go_ahead: None,
	}
}

fn chains(capacity: Capacity) -> (Published, Ours) {
	let history = History {
		capacity,
		strict: false,
		steps: vec![],
	};
	(Published::new(&history), Ours::new(&history))
}

#[test]
fn differs_1_an_answer_to_an_upgrade_that_nobody_announced() {
	let (mut published, mut ours) = chains(Capacity::Fixed(3));
	let step = Step {
		go_ahead: Some(true),
		..good()
	};
	// It stays until a block is included, and no block is valid.
	assert_eq!(published.block_with(&step, 0, false), Err(Kind::NoPendingUpgrade));
	assert_eq!(ours.block_with(&step, 0, false), Ok(0));
	assert_eq!(ours.block_with(&step, 0, false), Ok(0), "it is answered once");
	assert_eq!(ours.segment().len(), 2);
}

#[test]
fn differs_2_a_horizontal_message_larger_than_its_channel_takes() {
	let (mut published, mut ours) = chains(Capacity::Fixed(3));
	let step = Step {
		horizontal: vec![(3000, 1025)],
		..good()
	};
	// The relay chain refuses the candidate (R-HRMP-5): whoever queues messages there has to know.
	assert_eq!(published.block(&step, 0), Ok(0));
	assert_eq!(ours.block(&step, 0), Err(Kind::PerCandidate));
}

#[test]
fn differs_3_more_horizontal_messages_than_one_candidate_may_send() {
	let (mut published, mut ours) = chains(Capacity::Fixed(3));
	let step = Step {
		channels: (3000..3017).map(|recipient| (recipient, 9, 9_000)).collect(),
		horizontal: (3000..3017).map(|recipient| (recipient, 1)).collect(),
		..good()
	};
	assert_eq!(published.block(&step, 0), Ok(0));
	assert_eq!(ours.block(&step, 0), Err(Kind::PerCandidate));
}

/// The published pallet stores the first relay slot with the first block, so a segment without one comes from a chain that
/// changes its hook by an upgrade.
#[test]
fn differs_4_a_full_segment_before_the_first_relay_slot() {
	let (mut published, mut ours) = chains(Capacity::Fixed(3));
	let step = good();
	for block in 0..3 {
		assert_eq!(published.block(&step, 0), Ok(0), "{block}");
		assert_eq!(ours.block(&step, 0), Ok(0), "{block}");
	}
	published.set_hook(Capacity::Velocity(1, 3));
	ours.set_hook(Capacity::Velocity(1, 3));
	assert!(published.can_build_upon(0, 6), "it says yes");
	assert!(!ours.can_build_upon(0, 6), "R-HOO-3");
	let next = Step {
		relay_parent: 6,
		relay_slot: 6,
		para_slot: 6,
		..good()
	};
	assert_eq!(published.block(&next, 0), Err(Kind::Full), "and means no");
	assert_eq!(ours.block(&next, 0), Err(Kind::Full));
}

#[test]
fn differs_5_an_announcement_while_the_upgrade_before_is_unincluded() {
	let (mut published, mut ours) = chains(Capacity::Fixed(3));
	let step = Step {
		go_ahead: Some(true),
		..good()
	};
	assert_eq!(published.block(&step, 0), Ok(0));
	assert_eq!(ours.block(&step, 0), Ok(0));
	// The upgrade is applied, and its block not included: the relay chain has the code stored (R-CODE-2).
	assert!(published.may_announce(&step));
	assert!(!ours.may_announce(&step), "R-CODE-2");
	let included = Step {
		go_ahead: None,
		included: Some(1),
		..good()
	};
	assert!(published.may_announce(&included) && ours.may_announce(&included));
}
