//! In which order pieces are asked for, and how long it takes.

use super::*;
use proptest::prelude::*;

fn plan(validators: usize, mapped: bool, core: u32, backers: &[u32]) -> Plan {
	Plan {
		validators,
		core: CoreIndex(core),
		mapped,
		backers: backers.iter().copied().map(ValidatorIndex).collect(),
		own: None,
		holders: (0..validators as u32).map(ValidatorIndex).collect(),
		size: None,
		small: 100,
		last_resort: true,
	}
}

fn chunk(index: u32) -> Arc<ErasureChunk> {
	Arc::new(ErasureChunk {
		chunk: vec![0; 1000],
		index,
		proof: Default::default(),
	})
}

/// All that is asked at once, as whom and whose chunk.
fn asked(gather: &mut Gather) -> Vec<(u32, Option<u32>)> {
	let next = std::iter::from_fn(|| gather.next(|_| true));
	next.map(|Question { to, piece }| match piece {
		Piece::Whole => (to.0, None),
		Piece::Chunk { of, .. } => (to.0, Some(of.0)),
	})
	.collect()
}

fn of(gather: &Gather, index: u32, tries: usize) -> Piece {
	let of = holder(&gather.plan, gather.systematic, index).expect("in range");
	Piece::Chunk { of, index, tries }
}

#[test]
fn r_avl_6_holders_are_the_mapping_the_other_way_round() {
	for (validators, core, mapped) in [(7, 4, true), (10, 1, true), (100, 77, true), (10, 3, false)] {
		let plan = plan(validators, mapped, core, &[]);
		let systematic = systematic_recovery_threshold(validators).expect("a code exists");
		for index in 0..validators as u32 {
			let holder = holder(&plan, systematic, index).expect("in range");
			assert_eq!(
				index_of(&plan, holder),
				Some(index),
				"R-AVL-6: {validators} {core} {mapped}"
			);
		}
	}
}

#[test]
fn r_avl_2_mapped_chunks_are_asked_of_who_holds_the_plain_data_of_that_core() {
	// Ten validators: four plain chunks, on core 1 those of validators 6 to 9.
	let mut gather = Gather::new(plan(10, true, 1, &[0, 1]));
	let plain = [(6, Some(6)), (7, Some(7)), (8, Some(8)), (9, Some(9))];
	assert_eq!(asked(&mut gather), plain, "R-AVL-2, R-AVL-6");
	(1..4).for_each(|index| gather.insert(chunk(index)));
	assert!(!gather.is_complete());
	// Who fails is made up for by the backing group (R-NET-100).
	gather.failed(of(&gather, 0, 0));
	assert_eq!(asked(&mut gather), [(1, Some(6))], "R-NET-100");
	gather.insert(chunk(0));
	assert!(gather.is_complete(), "R-AVL-2: four of ten");
	assert_eq!(asked(&mut gather), []);
}

#[test]
fn r_avl_1_when_too_many_plain_chunks_fail_any_f_plus_1_are_taken() {
	let mut gather = Gather::new(plan(10, true, 0, &[8, 9]));
	assert_eq!(asked(&mut gather).len(), 4);
	gather.insert(chunk(0));
	gather.failed(of(&gather, 1, 0));
	assert_eq!(asked(&mut gather), [(8, Some(1))], "one of four is put up with");
	gather.failed(of(&gather, 2, 0));
	// Three are missing, two failed, two are under way: three more.
	assert_eq!(
		asked(&mut gather),
		[(4, Some(4)), (5, Some(5)), (6, Some(6))],
		"R-AVL-1"
	);
	gather.insert(chunk(4));
	gather.insert(chunk(5));
	assert!(!gather.is_complete());
	gather.insert(chunk(6));
	assert!(gather.is_complete(), "R-AVL-1: four of ten");
}

#[test]
fn unmapped_chunks_are_asked_of_anybody() {
	let mut gather = Gather::new(plan(10, false, 1, &[0]));
	assert_eq!(asked(&mut gather).len(), 4, "as many as are enough (R-AVL-1)");
	for (index, open) in [(0, 1), (1, 2), (2, 3)] {
		gather.failed(of(&gather, index, 0));
		assert_eq!(
			asked(&mut gather).len(),
			2,
			"one more for each that failed: {open}"
		);
	}
	assert_eq!(asked(&mut gather), []);
}

#[test]
fn r_net_102_small_data_is_asked_for_whole_of_one_backer_then_beside_chunks() {
	let mut small = plan(10, true, 0, &[3, 4]);
	small.size = Some(100);
	let mut gather = Gather::new(small);
	assert_eq!(asked(&mut gather), [(3, None)], "R-NET-102: it alone");
	gather.failed(Piece::Whole);
	let next = asked(&mut gather);
	assert_eq!(next[0], (4, None), "the next one, and chunks beside it");
	assert_eq!(next.len(), 5);
	// A chunk tells how large the data is.
	let mut gather = Gather::new(plan(10, true, 0, &[3, 4]));
	assert_eq!(asked(&mut gather).len(), 4);
	gather.insert(Arc::new(ErasureChunk {
		chunk: vec![0; 20],
		..(*chunk(0)).clone()
	}));
	assert_eq!(
		asked(&mut gather),
		[(3, None)],
		"R-AVL-3: four chunks of 20 bytes"
	);
}

#[test]
fn large_data_is_asked_for_whole_when_nothing_else_is_left() {
	let mut gather = Gather::new(plan(4, false, 0, &[2, 3]));
	let mut all = Vec::new();
	loop {
		let next = asked(&mut gather);
		if next.is_empty() {
			break;
		}
		next.iter().for_each(|(_, chunk)| {
			let piece = chunk.map_or(Piece::Whole, |index| of(&gather, index, 0));
			gather.failed(piece);
		});
		all.extend(next);
	}
	assert_eq!(all.len(), 6);
	assert_eq!(all[4..], [(2, None), (3, None)]);
	assert!(!gather.waits() && !gather.is_complete());
}

#[test]
fn what_found_no_room_is_asked_later() {
	for mapped in [false, true] {
		let mut gather = Gather::new(plan(10, mapped, 1, &[0]));
		let first = gather.next(|_| true).expect("somebody");
		gather.put_back(first);
		assert!(!gather.waits());
		assert_eq!(gather.next(|_| true), Some(first));
	}
	let mut small = plan(10, true, 0, &[3]);
	small.size = Some(1);
	let mut gather = Gather::new(small);
	let whole = gather.next(|_| true).expect("the backer");
	gather.put_back(whole);
	assert_eq!(gather.next(|_| true), Some(whole));
}

/// How a validator answers: after so many hundredths of a time-out, or not at all.
type Answers = Vec<Option<u8>>;

/// Hundredths of a time-out until it is complete, or nobody is left.
fn play(gather: &mut Gather, answers: &Answers) -> (bool, usize) {
	let mut open: BTreeMap<(usize, usize), Question> = BTreeMap::new();
	let (mut now, mut count) = (0, 0);
	while !gather.is_complete() {
		while let Some(question) = gather.next(|_| true) {
			let limit = if question.piece == Piece::Whole { 200 } else { 100 };
			let after = answers[question.to.as_usize()].map_or(limit, usize::from);
			count += 1;
			open.insert((now + after, count), question);
		}
		let Some(((at, _), question)) = open.pop_first() else {
			return (false, now);
		};
		now = at;
		match (answers[question.to.as_usize()], question.piece) {
			(Some(_), Piece::Chunk { index, .. }) => gather.insert(chunk(index)),
			(Some(_), Piece::Whole) => return (true, now),
			(None, piece) => gather.failed(piece),
		}
	}
	(true, now)
}

fn network() -> impl Strategy<Value = (usize, Answers, bool, u32, bool)> {
	let sizes = prop_oneof![2usize..40, 40usize..400, Just(1000usize)];
	sizes.prop_flat_map(|validators| {
		let answers = prop::collection::vec(0u8..100, validators);
		// Who is bad: as they come, or all in a row from somewhere, at the end of a list, say.
		let bad = prop_oneof![
			Just((0..validators).collect::<Vec<_>>()).prop_shuffle(),
			(0..validators)
				.prop_map(move |first| (0..validators).map(|i| (first + i) % validators).collect()),
		];
		(answers, bad, any::<bool>(), 0u32..300, any::<bool>()).prop_map(
			move |(answers, bad, mapped, core, small)| {
				let mut answers: Vec<_> = answers.into_iter().map(Some).collect();
				let most = (validators - 1) / 3;
				bad.iter().take(most).for_each(|bad| answers[*bad] = None);
				(validators, answers, mapped, core, small)
			},
		)
	})
}

#[test]
fn the_bound_is_a_function_of_the_number_of_validators() {
	let rows = [(1, 0), (4, 13), (10, 13), (100, 16), (300, 22), (1000, 46)];
	for (validators, most) in rows {
		assert_eq!(most_time_outs(validators), most, "{validators}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn law_2_up_to_f_silent_validators_cost_no_more_than_the_stated_time_outs(
		(validators, answers, mapped, core, small) in network(),
	) {
		let backers: Vec<u32> = (0..validators.min(5) as u32).collect();
		let mut plan = plan(validators, mapped, core, &backers);
		plan.size = small.then_some(1);
		let (is_complete, time) = play(&mut Gather::new(plan), &answers);
		prop_assert!(is_complete, "R-AVL-1");
		prop_assert!(time <= 100 * most_time_outs(validators), "{time} of {}", most_time_outs(validators));
	}

	#[test]
	fn law_2_a_round_ends_whoever_is_silent(
		(validators, mut answers, mapped, core, small) in network(), all in any::<bool>(),
	) {
		// f + 1 are silent, or all are.
		for answer in answers.iter_mut().skip(usize::from(!all)) {
			if all || answer.is_some() {
				*answer = None;
				if !all { break; }
			}
		}
		let mut plan = plan(validators, mapped, core, &[]);
		(plan.size, plan.last_resort) = (small.then_some(1), false);
		let (is_complete, time) = play(&mut Gather::new(plan), &answers);
		prop_assert!(is_complete != all);
		prop_assert!(time <= 100 * most_time_outs(validators), "{time} of {}", most_time_outs(validators));
	}
}
