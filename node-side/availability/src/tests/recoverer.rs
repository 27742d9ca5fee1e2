//! The data of a candidate, whole: from backers, from plain chunks, from any (R-AVL-1, R-AVL-2, R-AVL-5, R-NET-103).

use super::crowd::*;
use crate::*;
use async_backing_machine::{Input, JobFailure, Outbox, PeerId, Ticket};
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

#[test]
fn r_net_103_a_collator_asks_backers_for_all_of_it_and_then_anybody_for_chunks() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 10], 50_000, true, 2);
	crowd.of.whole_first = true;
	crowd.begin();
	crowd.run();
	assert!(crowd.has_recovered(), "R-NET-103");
	assert_eq!(crowd.counts(), (1, 0), "one answer is all of it");

	let mut kinds = vec![Kind::Honest(30); 10];
	kinds[..3].fill(Kind::Empty);
	let mut crowd = Crowd::new(kinds, 50_000, true, 2);
	crowd.of.whole_first = true;
	crowd.begin();
	crowd.run();
	assert!(crowd.has_recovered(), "R-NET-103");
	let (whole, chunks) = crowd.counts();
	assert!(whole == 3 && chunks >= 4, "{whole} {chunks}");
	assert!(crowd.reported.is_empty());
	// Nobody gets anything of it.
	let pov = AvailabilityRequest::Pov(crowd.of.candidate);
	crowd.handle(Input::Request(PeerId(1), Ticket(1), pov));
	crowd.settle();
}

#[test]
fn r_avl_2_where_chunks_are_mapped_the_plain_ones_are_enough() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 31], 300_000, true, 2);
	crowd.begin();
	let took = crowd.run();
	assert!(crowd.has_recovered(), "R-AVL-2");
	assert_eq!(crowd.counts(), (0, 8), "R-AVL-2: 8 of 31");
	assert_eq!(took, Duration::from_millis(30), "all at once");
	// On core 2 these are the chunks of validators 15 to 22.
	let asked: BTreeSet<_> = crowd.asked.iter().map(|(peer, _)| *peer).collect();
	assert_eq!(asked, (15..23).collect(), "R-AVL-6");
}

#[test]
fn r_avl_1_where_they_are_not_any_f_plus_1_are_taken() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 31], 1_100_000, false, 2);
	crowd.begin();
	crowd.run();
	assert!(crowd.has_recovered(), "R-AVL-1");
	assert_eq!(crowd.counts(), (0, 11), "R-AVL-1: 11 of 31");
}

#[test]
fn small_data_is_asked_for_whole_as_soon_as_it_is_known_to_be_small() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 31], 3000, true, 2);
	crowd.of.held = Some(crowd.coded.chunks[30].clone());
	crowd.begin();
	crowd.run();
	assert!(crowd.has_recovered());
	assert_eq!(crowd.counts(), (1, 0), "what is held tells how large it is");
	// A silent backer costs its time-out.
	let mut kinds = vec![Kind::Honest(30); 31];
	kinds[..3].fill(Kind::Silent);
	let mut crowd = Crowd::new(kinds, 3000, true, 2);
	crowd.of.held = Some(crowd.coded.chunks[30].clone());
	crowd.begin();
	let took = crowd.run();
	assert!(crowd.has_recovered());
	assert_eq!(took, DATA_TIMEOUT + Duration::from_millis(30), "law 2");
}

#[test]
fn r_avl_5_data_that_was_coded_wrongly_is_said_to_be_invalid_and_nobody_pays() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 10], 2000, false, 0);
	// The author swaps a chunk for garbage, and commits to it.
	let mut chunks = obtain_chunks(10, &crowd.data).expect("a code exists");
	chunks[9] = vec![1; chunks[9].len()];
	let trie = ErasureTrie::new(&chunks);
	crowd.coded.chunks = (0..10)
		.map(|index| {
			Arc::new(ErasureChunk {
				chunk: chunks[index as usize].clone(),
				index,
				proof: trie.proof(index).expect("the chunk is there"),
			})
		})
		.collect();
	crowd.of.root = trie.root();
	crowd.of.backers.clear();
	crowd.begin();
	crowd.run();
	let candidate = crowd.of.candidate;
	assert_eq!(crowd.outcomes, [Outcome::Invalid { candidate }], "R-AVL-5");
	assert!(
		crowd.reported.is_empty(),
		"R-AVL-5: the fault is with who made the root"
	);
}

#[test]
fn r_avl_4_a_wrong_chunk_costs_its_sender_and_nobody_else_anything() {
	for lie in [Kind::Foreign, Kind::Moved, Kind::Hollow, Kind::Astray] {
		let mut kinds = vec![Kind::Honest(30); 10];
		(kinds[7], kinds[8]) = (lie, lie);
		for mapped in [false, true] {
			let mut crowd = Crowd::new(kinds.clone(), 70_000, mapped, 1);
			crowd.begin();
			let took = crowd.run();
			assert!(crowd.has_recovered(), "R-AVL-4: {lie:?}");
			let liars: BTreeSet<u64> = [7, 8].into();
			assert!(
				crowd.reported.is_subset(&liars),
				"law 4: {lie:?} {:?}",
				crowd.reported
			);
			assert!(
				!mapped || crowd.reported == liars,
				"they hold plain chunks of core 1"
			);
			assert!(took < CHUNK_TIMEOUT, "the next one is asked at once");
		}
	}
}

#[test]
fn r_avl_1_what_too_few_have_is_unavailable_after_a_few_rounds() {
	for kind in [Kind::Silent, Kind::Empty, Kind::Gone, Kind::Foreign] {
		let mut crowd = Crowd::new(vec![kind; 10], 2000, true, 1);
		crowd.begin();
		let took = crowd.run();
		let candidate = crowd.of.candidate;
		assert_eq!(
			crowd.outcomes,
			[Outcome::Unavailable { candidate }],
			"R-AVL-1: {kind:?}"
		);
		let rounds = ROUNDS_PER_LEAF as usize;
		let bound = most_time_outs(10) + crowd.of.backers.len() * 2 + 1;
		assert!(
			took <= CHUNK_TIMEOUT * u32::try_from(bound * rounds).expect("small"),
			"{kind:?}: {took:?}"
		);
		assert_eq!(
			crowd.reported.len(),
			if kind.lies() { 10 } else { 0 },
			"law 4: {kind:?}"
		);
	}
	// Law 7: validators of another session are nobody.
	let mut crowd = Crowd::new(vec![Kind::Honest(1); 10], 2000, true, 1);
	crowd.of.block = OTHER_BLOCK;
	crowd.begin();
	crowd.run();
	assert!(crowd.asked.is_empty(), "law 7");
}

#[test]
fn law_3_a_few_are_recovered_at_a_time_and_others_wait_their_turn() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 10], 2000, true, 1);
	let all = crowd.of.clone();
	for candidate in [9, 3, 7, 5] {
		let candidate = hash(candidate);
		crowd
			.begin_with(RecoveryOf {
				candidate,
				..all.clone()
			})
			.expect("there is room");
		crowd
			.begin_with(RecoveryOf {
				candidate,
				..all.clone()
			})
			.expect("it is wanted already");
	}
	assert_eq!(crowd.recoverer.len(), 4);
	let asked: BTreeSet<_> = crowd
		.asked
		.iter()
		.map(|(_, request)| request.candidate())
		.collect();
	assert_eq!(asked, [9, 3].map(hash).into(), "first come, first served");
	let peers = Connections(crowd.kinds.clone());
	let none = crowd.recoverer.forget(crowd.now, hash(9), &peers, &mut crowd.out);
	assert_eq!(none, []);
	assert!(!crowd.recoverer.is_wanted(hash(9)));
	crowd.settle();
	crowd.run();
	let ended: BTreeSet<_> = crowd
		.outcomes
		.iter()
		.map(|outcome| match outcome {
			Outcome::Recovered { candidate, .. } => *candidate,
			other => panic!("{other:?}"),
		})
		.collect();
	assert_eq!((ended, crowd.outcomes.len()), ([3, 5, 7].map(hash).into(), 3));

	let no_code = RecoveryOf {
		validators: 1,
		..all.clone()
	};
	assert_eq!(crowd.begin_with(no_code), Err(Refused::NoCode(1)), "R-AVL-1");
	crowd.kinds.fill(Kind::Silent);
	for candidate in 0..MAX_WANTED as u64 {
		let candidate = hash(100 + candidate);
		crowd
			.begin_with(RecoveryOf {
				candidate,
				..all.clone()
			})
			.expect("there is room");
	}
	assert_eq!(crowd.begin_with(all), Err(Refused::Full(MAX_WANTED)), "law 3");
}

#[test]
fn a_job_that_is_dropped_is_no_proof_against_anybody() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 10], 200_000, true, 1);
	crowd.works = false;
	crowd.begin();
	let mut dropped = 0;
	for _ in 0..200 {
		if let Some((id, job)) = crowd.jobs.pop_first() {
			dropped += 1;
			let done = if [3, 6].contains(&dropped) {
				Err(JobFailure::Dropped)
			} else {
				Ok(run(job))
			};
			crowd.handle(Input::Done(id, done));
		} else if let Some(((at, _), input)) = crowd.due.pop_first() {
			if matches!(input, Input::Timer(timer) if !crowd.timers.remove(&timer)) {
				continue;
			}
			crowd.now = at;
			crowd.handle(input);
		}
		crowd.settle();
	}
	assert!(crowd.has_recovered());
	assert!(crowd.reported.is_empty());
}

#[test]
fn law_3_a_full_outbox_delays_but_loses_nothing() {
	let mut crowd = Crowd::new(vec![Kind::Honest(30); 10], 2000, true, 1);
	crowd.out = Outbox::new(0);
	crowd.begin();
	assert!(crowd.asked.is_empty());
	assert_eq!(crowd.timers.len(), 1, "it comes back");
	crowd.out = Outbox::default().starting_at(500);
	crowd.run();
	assert!(crowd.has_recovered());
}

fn bad() -> impl Strategy<Value = Kind> {
	prop_oneof![
		3 => Just(Kind::Silent),
		1 => Just(Kind::Empty),
		1 => Just(Kind::Foreign),
		1 => Just(Kind::Moved),
		1 => Just(Kind::Hollow),
		1 => Just(Kind::Astray),
		1 => Just(Kind::Gone),
	]
}

/// Honest ones that are quick or slow, and how many bad ones there are.
fn crowd(most: fn(usize) -> usize) -> impl Strategy<Value = Vec<Kind>> {
	let sizes = prop_oneof![Just(2usize), Just(4), Just(7), Just(10), Just(31), Just(67)];
	sizes.prop_flat_map(move |validators| {
		let honest = prop_oneof![3 => 1u64..100, 1 => 100u64..999].prop_map(Kind::Honest);
		let kinds = prop::collection::vec(honest, validators);
		let bad = prop::collection::vec(bad(), most(validators));
		let order = Just((0..validators).collect::<Vec<_>>()).prop_shuffle();
		(kinds, bad, order).prop_map(|(mut kinds, bad, order)| {
			bad.into_iter().zip(order).for_each(|(bad, at)| kinds[at] = bad);
			kinds
		})
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn r_avl_1_law_2_law_4_up_to_f_bad_validators_delay_it_by_the_stated_time_outs_and_only_liars_pay(
		kinds in crowd(|validators| (validators - 1) / 3),
		bytes in prop_oneof![0usize..200, 200usize..20_000, Just(100_000usize)],
		mapped in any::<bool>(), core in 0u32..80, whole_first in any::<bool>(), holds in any::<bool>(),
	) {
		let mut crowd = Crowd::new(kinds, bytes, mapped, core);
		crowd.of.whole_first = whole_first;
		crowd.of.held = holds.then(|| crowd.coded.chunks[0].clone());
		crowd.begin();
		let took = crowd.run();
		prop_assert!(crowd.has_recovered(), "R-AVL-1");
		let bound = u32::try_from(most_time_outs(crowd.of.validators)).expect("small");
		prop_assert!(took <= CHUNK_TIMEOUT * bound, "law 2: {:?} of {}", took, bound);
		for peer in &crowd.reported {
			prop_assert!(crowd.kinds[*peer as usize].lies(), "law 4: {}", peer);
		}
	}

	#[test]
	fn law_2_law_4_whatever_validators_are_like_it_ends_and_only_liars_pay(
		kinds in crowd(|validators| validators), honest in 0usize..5, mapped in any::<bool>(), core in 0u32..80,
	) {
		let mut kinds = kinds;
		kinds.iter_mut().take(honest).for_each(|kind| *kind = Kind::Honest(10));
		let mut crowd = Crowd::new(kinds, 500, mapped, core);
		crowd.begin();
		crowd.run();
		prop_assert_eq!(crowd.outcomes.len(), 1, "law 2");
		for peer in &crowd.reported {
			prop_assert!(crowd.kinds[*peer as usize].lies(), "law 4: {}", peer);
		}
	}
}
