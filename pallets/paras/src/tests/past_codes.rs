//! Codes that are current no longer (R-CODE-9).

use super::*;
use crate::{
	CodeByHash, PastCode, PastCodePruning, PastCodeRange, PastCodes, PruningRange, MAX_PAST_CODES,
	MAX_PRUNED_PER_BLOCK,
};

/// Upgrades the para to this code in block 8, with relay parent 7.
fn upgraded_in_8(seed: u8) {
	announce(seed); // in block 1: applies from 7 on
	run_to(8);
	Paras::note_new_head(A, head(2), 7);
	assert_eq!(Paras::current_code_hash(A), Some(code(seed).hash()), "R-CODE-6");
}

fn stored(seed: u8) -> Option<ValidationCode> {
	Paras::code_by_hash(code(seed).hash())
}

fn kept(para: ParaId) -> Vec<PastCode> {
	PastCodes::<Test>::get(para).into_inner()
}

fn past(seed: u8, since: u32, until: u32) -> PastCode {
	PastCode {
		code_hash: code(seed).hash(),
		since,
		until,
	}
}

#[test]
fn r_def_35_r_code_9_old_code_stays_for_the_retention_period() {
	one(|| {
		upgraded_in_8(2);
		assert_eq!(
			stored(1),
			Some(code(1)),
			"R-DEF-35: in the block that includes the candidate"
		);
		assert_eq!(kept(A), [past(1, 0, 8)], "R-CODE-9");
		run_to(13);
		assert_eq!(stored(1), Some(code(1)), "R-CODE-9: code_retention_period is 5");
		run_to(14);
		assert_eq!(stored(1), None, "R-CODE-9: and no longer");
		assert_eq!(CodeByHashRefs::<Test>::get(code(1).hash()), 0);
		assert!(!PastCodes::<Test>::contains_key(A));
		assert_eq!(PastCodeRange::<Test>::get(), PruningRange::default());
		assert_eq!(stored(2), Some(code(2)), "the current one stays");
	});
}

#[test]
fn r_def_35_r_code_9_the_code_of_a_removed_para_stays_for_the_retention_period() {
	one(|| {
		announce_only(A, 3);
		run_to(4);
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		next_session();
		next_session();
		assert_eq!(Paras::parachains(), []);
		assert_eq!(stored(3), None, "R-CODE-9: it was never current");
		run_to(9);
		assert_eq!(stored(1), Some(code(1)), "R-CODE-9: gone in 4, kept for 5");
		assert_eq!(Paras::code_hash_at(A, 3), Some(code(1).hash()), "R-CODE-9");
		assert_eq!(
			Paras::code_hash_at(A, 4),
			None,
			"the state of block 4 has no such para"
		);
		run_to(10);
		assert_eq!(stored(1), None, "R-CODE-9");
		assert_eq!(Paras::code_hash_at(A, 3), None);
	});
}

#[test]
fn r_code_9_the_code_of_a_para_by_block() {
	one(|| {
		upgraded_in_8(2);
		run_to(10);
		let at = |block| Paras::code_hash_at(A, block);
		assert_eq!(at(0), Some(code(1).hash()), "R-CODE-9: since genesis");
		assert_eq!(at(7), Some(code(1).hash()), "R-CODE-9");
		assert_eq!(
			at(8),
			Some(code(2).hash()),
			"R-CODE-9: the state of block 8 shows it"
		);
		assert_eq!(at(10), Some(code(2).hash()));
		assert_eq!(at(11), None, "nobody knows");
		assert_eq!(Paras::code_hash_at(B, 8), None, "an unknown para");
		run_to(14);
		assert_eq!(at(7), None, "R-CODE-9: kept no longer, so not answered wrongly");
		assert_eq!(at(8), Some(code(2).hash()));
	});
}

#[test]
fn r_code_9_a_para_that_comes_back_does_not_answer_for_who_was_there_before() {
	one(|| {
		configure(|config| config.code_retention_period = 100);
		run_to(3);
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		next_session();
		next_session();
		run_to(5);
		trust(&code(2));
		assert_ok!(Paras::register(RuntimeOrigin::root(), A, head(1), code(2)));
		next_session();
		run_to(7);
		next_session();
		run_to(9);
		let by_block: Vec<_> = (0..9).map(|block| Paras::code_hash_at(A, block)).collect();
		let (old, new) = (Some(code(1).hash()), Some(code(2).hash()));
		assert_eq!(
			by_block,
			[old, old, old, None, None, None, None, new, new],
			"R-CODE-9"
		);
	});
}

#[test]
fn r_code_9_code_that_others_use_outlives_the_past() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		upgraded_in_8(2);
		assert_eq!(CodeByHashRefs::<Test>::get(code(1).hash()), 2, "past and current");
		run_to(20);
		assert_eq!(CodeByHashRefs::<Test>::get(code(1).hash()), 1);
		assert_eq!(stored(1), Some(code(1)), "the other runs on it");
	});
}

#[test]
fn r_code_9_going_back_to_kept_code_needs_no_vote() {
	one(|| {
		configure(|config| config.code_retention_period = 20);
		upgraded_in_8(2);
		run_to(12);
		announce_only(A, 1);
		assert_eq!(
			Paras::future_code(A),
			Some((18, code(1).hash())),
			"it was in use not long ago"
		);
		run_to(19);
		Paras::note_new_head(A, head(3), 18);
		assert_eq!(kept(A), [past(1, 0, 8), past(2, 8, 19)], "R-CODE-9");
		run_to(29);
		assert_eq!(kept(A), [past(2, 8, 19)]);
		assert_eq!(stored(1), Some(code(1)), "it is current again");
		assert_eq!(Paras::code_hash_at(A, 7), None, "R-CODE-9: that entry is gone");
		assert_eq!(Paras::code_hash_at(A, 8), Some(code(2).hash()), "R-CODE-9");
		run_to(39);
		assert_eq!(stored(2), Some(code(2)));
		run_to(40);
		assert_eq!(stored(2), None, "R-CODE-9");
	});
}

/// Notes as past code of the para a code that it runs from now on.
fn replace(number: u32) -> ValidationCode {
	let code = ValidationCode([&[0; 9], &number.to_be_bytes()[..]].concat());
	let hash = code.hash();
	let bounded = code.0.clone().try_into().expect("it is small");
	Paras::use_code(hash, bounded);
	let before = record(A);
	Paras::retire_code(A, &before);
	change(A, |record| {
		record.code_hash = hash;
		record.code_since = System::block_number();
	});
	code
}

#[test]
fn r_code_9_past_codes_of_a_para_are_bounded_and_the_oldest_goes_early() {
	one(|| {
		configure(|config| config.code_retention_period = 1_000);
		let codes: Vec<_> = (0..MAX_PAST_CODES + 2)
			.map(|number| {
				run_to(2 + number);
				replace(number)
			})
			.collect();
		let is_kept = |position: usize| CodeByHash::<Test>::contains_key(codes[position].hash());
		assert_eq!(PastCodes::<Test>::get(A).len(), 32, "MAX_PAST_CODES");
		assert_eq!(stored(1), None, "that of genesis was the oldest of 34");
		assert!(!is_kept(0), "and this the second");
		assert!((1..codes.len()).all(is_kept), "R-CODE-9");
		// What went early is not missed when its turn comes.
		run_to(1_003);
		assert_eq!(
			PastCodes::<Test>::get(A).len(),
			32,
			"one entry was of the one that went"
		);
		assert!(is_kept(1));
		run_to(1_006);
		assert_eq!(PastCodes::<Test>::get(A).len(), 30, "codes of blocks 4 and 5");
		run_to(1_100);
		assert_eq!(PastCodePruning::<Test>::iter().count(), 0);
		assert_eq!(CodeByHash::<Test>::iter().count(), 1, "the current one");
	});
}

#[test]
fn r_code_9_a_block_forgets_a_few_past_codes_and_is_charged_for_them() {
	use crate::WeightInfo;
	use frame_support::traits::Hooks;
	one(|| {
		configure(|config| config.code_retention_period = 1_000);
		for number in 0..20 {
			run_to(2 + number);
			replace(number);
		}
		assert_eq!(
			Paras::on_initialize(21),
			<()>::on_initialize(0, 0, 0),
			"none is due"
		);
		// Governance shortens the period: all twenty are due at once.
		configure(|config| config.code_retention_period = 1);
		let mut left = vec![];
		for block in 100..103 {
			System::set_block_number(block);
			let charged = Paras::on_initialize(block);
			let pruned = [8, 8, 4][block as usize - 100];
			assert_eq!(charged, <()>::on_initialize(0, 0, pruned), "R-CODE-9");
			left.push(PastCodes::<Test>::get(A).len());
			Paras::do_try_state().expect("invariants hold in between");
		}
		assert_eq!((MAX_PRUNED_PER_BLOCK, left), (8, vec![12, 4, 0]), "R-CODE-9");
		assert_eq!(Paras::on_initialize(103), <()>::on_initialize(0, 0, 0));
	});
}

#[test]
fn r_code_9_a_longer_retention_period_keeps_what_is_there() {
	one(|| {
		upgraded_in_8(2);
		run_to(12);
		configure(|config| config.code_retention_period = 10);
		run_to(18);
		assert_eq!(stored(1), Some(code(1)), "R-CODE-9");
		run_to(19);
		assert_eq!(stored(1), None, "R-CODE-9");
	});
}
