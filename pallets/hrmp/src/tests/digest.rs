//! Digests: what a para may consume, step by step, however far behind it is (R-BASE-9, R-HRMP-4).

use super::*;
use crate::{inbox::Bounds, DigestEntry, Inbox, MAX_DIGEST, MAX_DIGEST_BLOCKS, MAX_RUN};

/// A channel that takes whatever comes.
fn open_wide(sender: ParaId, recipient: ParaId) {
	open(sender, recipient);
	HrmpChannels::<Test>::mutate(id(sender, recipient), |channel| {
		channel.as_mut().expect("open").max_capacity = u32::MAX;
	});
}

#[test]
fn r_hrmp_1_a_para_steps_again_after_its_digest_was_full() {
	run(|| {
		open_wide(A, B);
		(1..=2_000).for_each(|block| send(A, B, block, &[]));
		// 1024 blocks, a run of 512, and one that still grows.
		let listed: Vec<_> = (1..=1024).chain([1536]).collect();
		assert_eq!(Hrmp::valid_watermarks(B), listed, "R-BASE-9");
		assert_eq!(Hrmp::received(B).len(), 1026);
		assert_eq!(Hrmp::received(B)[1023..], [(1024, 1), (1536, 512), (2000, 464)]);

		// All listed blocks are consumed, one message comes with every block.
		assert_eq!(consume(B, 1024, 2_000), 1024);
		send(A, B, 2_001, &[]);
		assert_eq!(
			Hrmp::valid_watermarks(B),
			[1024, 1536, 2000, 2001],
			"what was unlisted is, and so is what comes"
		);
		assert_eq!(consume(B, 1536, 2_000), 512);
		// A relay parent within a run.
		assert_eq!(Hrmp::waiting(B, 1800).messages, 464, "R-WGT-6: at most");
		consume(B, 1800, 1800);
		assert_eq!(
			contents(A, B).len(),
			201,
			"R-HRMP-3: those up to block 1800 are gone"
		);
		assert_eq!(
			HrmpInboxes::<Test>::get(B).digest.into_inner(),
			[
				DigestEntry {
					first: 1801,
					last: 2000,
					messages: 200
				},
				DigestEntry {
					first: 2001,
					last: 2001,
					messages: 1
				}
			]
		);
		assert_eq!(Hrmp::valid_watermarks(B), [1800, 2000, 2001]);
		assert_eq!(consume(B, 2001, 2001), 201);
		assert_eq!(contents(A, B), []);
		assert!(!HrmpInboxes::<Test>::contains_key(B));
	});
}

#[test]
fn r_def_33_r_hrmp_3_of_a_run_is_counted_what_stays_of_it() {
	run(|| {
		open_wide(A, B);
		(1..=1_600).for_each(|block| send(A, B, block, &[]));
		// 1024 blocks before the run are consumed together with 76 blocks of it.
		consume(B, 1_100, 1_100);
		assert_eq!(
			Hrmp::received(B),
			[(1536, 436), (1600, 64)],
			"R-DEF-33, R-HRMP-3: 512 less those of the run, not less all"
		);
		assert_eq!(
			consume(B, 1_536, 1_600),
			436,
			"R-DEF-33: what a candidate consumes"
		);
		assert_eq!(contents(A, B).len(), 64);
	});
}

#[test]
fn r_def_33_what_can_wait_for_a_para_is_consumed_in_bounded_steps() {
	let mut inbox = Inbox::default();
	// Every channel that a para may have, full: a message in each block.
	let all = 256 * 2048;
	(1..=all).for_each(|block| inbox.note_message(block));
	assert!(inbox.digest.len() < MAX_DIGEST as usize, "it fits the digest");
	assert!(inbox.digest.iter().all(|entry| entry.messages <= MAX_RUN));
	assert_eq!(inbox.messages_up_to(all), all);
	// Beyond that nothing is lost either.
	(all + 1..=2 * all).for_each(|block| inbox.note_message(block));
	assert_eq!(inbox.digest.len(), MAX_DIGEST as usize);
	assert_eq!(inbox.messages_up_to(2 * all), 2 * all);
	assert_eq!(
		inbox.listed_blocks().count(),
		MAX_DIGEST as usize - 1,
		"the last entry has to grow"
	);
	inbox.forget_up_to(1, 0);
	assert_eq!(
		inbox.listed_blocks().count(),
		MAX_DIGEST as usize - 1,
		"and has not, once there is room behind it"
	);
}

#[test]
fn r_base_9_messages_of_one_block_are_one_step() {
	let mut inbox = Inbox::default();
	(0..2 * MAX_RUN).for_each(|_| inbox.note_message(7));
	inbox.note_message(8);
	let entries: Vec<_> = inbox
		.digest
		.iter()
		.map(|entry| (entry.last, entry.messages))
		.collect();
	assert_eq!(entries, [(7, 1024), (8, 1)]);
	for block in 9..7 + MAX_DIGEST_BLOCKS {
		inbox.note_message(block);
	}
	assert_eq!(inbox.digest.len(), MAX_DIGEST_BLOCKS as usize);
	// The first run, of which the second block brings more than a run holds.
	(0..3).for_each(|_| inbox.note_message(2_000));
	(0..MAX_RUN).for_each(|_| inbox.note_message(2_001));
	assert_eq!(inbox.listed_blocks().last(), Some(2_001));
	inbox.note_message(2_002);
	let last = inbox.digest[MAX_DIGEST_BLOCKS as usize];
	assert_eq!(
		(last.first, last.last, last.messages),
		(2_000, 2_001, MAX_RUN + 3)
	);
}

/// A digest that is soon full.
const SMALL: Bounds = Bounds {
	entries: 6,
	blocks: 3,
	run: 4,
};

#[derive(Clone, Debug)]
enum Step {
	/// Messages in the next block but so many.
	Receive(u32, u32),
	/// A watermark at a listed block.
	ToListed(usize),
	/// A watermark at whatever block: a relay parent.
	ToAny(u32),
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		6 => (0u32..3, 1u32..4).prop_map(|(gap, count)| Step::Receive(gap, count)),
		1 => (0usize..8).prop_map(Step::ToListed),
		1 => (0u32..30).prop_map(Step::ToAny),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1024))]

	/// Whatever comes and goes: what is offered is true and stays, what is consumed is forgotten, what waits is counted.
	#[test]
	fn r_base_9_r_hrmp_4_a_digest_is_true_at_all_times(steps in proptest::collection::vec(step(), 1..80)) {
		let (mut inbox, mut model) = (Inbox::default(), BTreeMap::<u32, u32>::new());
		let (mut now, mut watermark) = (1, 0);
		for step in steps {
			let listed_before: Vec<_> = inbox.listed_within(SMALL).collect();
			match step {
				Step::Receive(gap, count) => {
					now += 1 + gap;
					for _ in 0..count {
						inbox.note_within(SMALL, now);
					}
					model.insert(now, count);
				}
				Step::ToListed(_) | Step::ToAny(_) => {
					let to = match step {
						Step::ToListed(position) => {
							let mut listed = listed_before.iter().cycle();
							let Some(block) = listed.nth(position) else { continue };
							*block
						}
						Step::ToAny(back) => watermark.max(now.saturating_sub(back)),
						Step::Receive(..) => unreachable!("is matched above"),
					};
					let run = inbox.run_around(to);
					let counted = |from: u32| model.range(from..=to).map(|(_, count)| *count).sum::<u32>();
					let of_run = run.map_or(0, counted);
					let at_most = inbox.messages_up_to(to);
					let really: u32 = counted(0);
					prop_assert!(really <= at_most, "R-WGT-6");
					if run.is_none() {
						prop_assert_eq!(really, at_most, "R-WGT-6: exactly, at the end of an entry");
					}
					inbox.forget_up_to(to, of_run);
					watermark = to;
					model.retain(|block, _| *block > to);
				}
			}
			let listed: Vec<_> = inbox.listed_within(SMALL).collect();
			prop_assert!(listed.windows(2).all(|pair| pair[0] < pair[1]), "R-BASE-9: ascending");
			prop_assert!(listed.iter().all(|block| model.contains_key(block)), "R-HRMP-1: each brought a message");
			prop_assert!(
				listed_before.iter().filter(|block| **block > watermark).all(|block| listed.contains(block)),
				"what is offered once may be taken until it is passed"
			);
			prop_assert!(inbox.digest.len() <= SMALL.entries);
			prop_assert!(
				inbox.digest.len() <= SMALL.blocks || listed.len() + 1 >= inbox.digest.len(),
				"all but the last entry is offered"
			);
			if inbox.digest.len() <= SMALL.blocks {
				prop_assert_eq!(listed.len(), inbox.digest.len(), "where there is room, all is");
			}
			for entry in &inbox.digest {
				let came: u32 = model.range(entry.first..=entry.last).map(|(_, count)| *count).sum();
				prop_assert_eq!(entry.messages, came, "counts are right");
				prop_assert!(model.contains_key(&entry.last));
			}
			let covered: u32 = inbox.digest.iter().map(|entry| entry.messages).sum();
			prop_assert_eq!(covered, model.values().sum::<u32>(), "all that waits is counted");
		}
	}
}
