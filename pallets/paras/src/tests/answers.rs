//! Answers to announcements: who hears them, and that each comes (R-CODE-1, R-CODE-7).

use super::*;
use crate::{CodesUnderVote, UpcomingUpgrades, MAX_CODE_VOTES};
use async_backing_primitives::{BlockNumber, HostConfiguration};
use frame_support::BoundedVec;

/// Announces code, and lets validators reject it in this block.
fn rejected(seed: u8) {
	announce_only(A, seed);
	for validator in 0..2 {
		assert_ok!(vote(validator, &code(seed), false));
	}
	assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-3");
}

/// Enacts a candidate with this relay parent.
fn enact_on(relay_parent: BlockNumber) {
	Paras::note_new_head(A, head(9), relay_parent);
}

#[test]
fn r_def_30_r_code_7_a_candidate_that_could_not_see_the_abort_does_not_clear_it() {
	one(|| {
		run_to(5);
		rejected(2);
		run_to(6);
		enact_on(4);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::Abort),
			"R-DEF-30: the state of block 4 has no answer"
		);
		enact_on(5);
		assert_eq!(go_ahead(), None, "R-CODE-7: the state of block 5 has it");
		assert_eq!(record(A).answered_at, None);
	});
}

#[test]
fn r_def_30_r_code_7_of_several_candidates_in_one_block_the_first_that_hears_clears() {
	one(|| {
		run_to(5);
		rejected(2);
		run_to(9);
		for relay_parent in [2, 4, 4] {
			enact_on(relay_parent);
			assert_eq!(
				go_ahead(),
				Some(UpgradeGoAhead::Abort),
				"R-CODE-7: {relay_parent}"
			);
		}
		enact_on(8);
		assert_eq!(go_ahead(), None, "R-CODE-7: 8 >= 5");
		enact_on(8);
		assert_eq!(go_ahead(), None);
	});
}

#[test]
fn r_def_30_r_code_7_an_abort_at_the_end_of_a_session_is_of_its_last_block() {
	one(|| {
		run_to(3);
		announce_only(A, 2);
		next_session();
		next_session(); // pvf_voting_ttl is 2: the vote ends with block 3
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-3");
		run_to(4);
		enact_on(2);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-7");
		enact_on(3);
		assert_eq!(go_ahead(), None, "R-CODE-7: the state of block 3 shows it");
	});
}

#[test]
fn r_def_30_r_code_7_an_abort_and_the_next_announcement_do_not_disturb_each_other() {
	one(|| {
		configure(|config| config.validation_upgrade_cooldown = 1);
		let announce =
			|seed| Paras::schedule_code_upgrade(A, code(seed), System::block_number(), &in_force());
		trust(&code(3));
		run_to(5);
		announce(2);
		for validator in 0..2 {
			assert_ok!(vote(validator, &code(2), false));
		}
		run_to(7); // the cooldown ended with block 6
			 // A candidate that hears the Abort and announces again is enacted: the announcement first (R-ENA-4).
		announce(3);
		assert_eq!(Paras::future_code(A), Some((13, code(3).hash())), "7 + 6");
		enact_on(5);
		assert_eq!(
			go_ahead(),
			None,
			"R-CODE-7: heard, though an upgrade is scheduled"
		);
		run_to(13);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
		run_to(14);
		enact_on(12);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::GoAhead),
			"R-CODE-7: 12 could not hear it"
		);
		assert_eq!(Paras::current_code_hash(A), Some(code(1).hash()), "R-CODE-6");
		enact_on(13);
		assert_eq!(go_ahead(), None, "R-CODE-7");
		assert_eq!(Paras::current_code_hash(A), Some(code(3).hash()), "R-CODE-6");
	});
}

#[test]
fn r_code_7_a_go_ahead_replaces_an_abort_that_nobody_heard() {
	one(|| {
		configure(|config| config.validation_upgrade_cooldown = 1);
		trust(&code(3));
		run_to(2);
		rejected_now(2);
		run_to(4);
		Paras::schedule_code_upgrade(A, code(3), 4, &in_force());
		run_to(10);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::GoAhead),
			"the last word, for block 4 + 6"
		);
		run_to(11);
		enact_on(9);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::GoAhead),
			"R-CODE-7: it is of block 10, not of block 2"
		);
		enact_on(10);
		assert_eq!(go_ahead(), None);
	});

	fn rejected_now(seed: u8) {
		Paras::schedule_code_upgrade(A, code(seed), System::block_number(), &in_force());
		for validator in 0..2 {
			assert_ok!(vote(validator, &code(seed), false));
		}
	}
}

#[test]
fn r_code_6_r_code_7_a_go_ahead_is_given_in_the_block_from_which_it_applies() {
	// Without delays: such a configuration is refused, but an inconsistent one may have been there before.
	let hasty = HostConfiguration {
		validation_upgrade_delay: 0,
		minimum_validation_upgrade_delay: 0,
		..config()
	};
	one(|| {
		configure(|config| *config = hasty.clone());
		trust(&code(2));
		run_to(5);
		Paras::schedule_code_upgrade(A, code(2), 5, &hasty);
		assert_eq!(
			Paras::future_code(A),
			Some((6, code(2).hash())),
			"R-CODE-6: not from block 5 on, whose state shows no go-ahead"
		);
		run_to(6);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
		enact_on(5);
		assert_eq!(Paras::current_code_hash(A), Some(code(1).hash()), "R-CODE-6");
		enact_on(6);
		assert_eq!(Paras::current_code_hash(A), Some(code(2).hash()), "R-CODE-6");
	});
}

#[test]
fn r_code_1_announcing_the_active_code_is_answered_with_abort() {
	one(|| {
		run_to(5);
		announce_only(A, 1);
		enact_on(4); // the candidate that announced it
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-1");
		System::assert_last_event(
			Event::CodeUpgradeAborted {
				para: A,
				code_hash: code(1).hash(),
			}
			.into(),
		);
		assert_eq!(Paras::future_code(A), None, "R-CODE-1");
		assert!(
			!Paras::is_upgrade_restricted(A),
			"R-CODE-1: no cooldown, the para may announce something else"
		);
		assert_eq!(CodeByHashRefs::<Test>::get(code(1).hash()), 1);
		run_to(6);
		enact_on(5);
		assert_eq!(go_ahead(), None, "R-CODE-7: heard once");
		for block in 7..20 {
			run_to(block);
			assert_eq!(go_ahead(), None, "and not again");
		}
	});
}

#[test]
fn r_code_1_code_that_cannot_be_put_to_a_vote_is_answered_with_abort() {
	one(|| {
		let many = (0..MAX_CODE_VOTES).map(|number| ValidationCode(number.encode()).hash());
		trust(&code(3));
		announce_only(A, 1);
		CodesUnderVote::<Test>::put(BoundedVec::truncate_from(many.collect()));
		run_to_unchecked(2);
		announce_only(A, 2);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-1");
		assert_eq!(
			record(A).answered_at,
			Some(2),
			"R-CODE-7: not the answer of block 1, which was heard before"
		);
		assert_eq!(Paras::code_by_hash(code(2).hash()), None, "nothing is stored");
		assert_eq!(record(A).announced, None);
		announce_only(A, 3);
		assert_eq!(
			Paras::future_code(A),
			Some((8, code(3).hash())),
			"known code needs no vote"
		);
		CodesUnderVote::<Test>::kill();
	});

	fn run_to_unchecked(number: u32) {
		use frame_support::traits::OnFinalize;
		Paras::on_finalize(number - 1);
		begin_block(number);
	}
}

#[test]
fn r_code_1_what_is_refused_at_backing_is_answered_too() {
	let sized = |bytes| ValidationCode(vec![7; bytes]);
	one(|| {
		for (block, bad) in [(2, sized(8)), (3, sized(65))] {
			run_to(block);
			Paras::schedule_code_upgrade(A, bad, block, &config());
			assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-1");
			assert_eq!(record(A).answered_at, Some(block));
			assert_eq!(record(A).announced, None);
		}
		run_to(4);
		enact_on(3);
		for (block, good) in [(4, sized(9)), (24, sized(64))] {
			run_to(block);
			Paras::schedule_code_upgrade(A, good.clone(), block, &config());
			assert_eq!(go_ahead(), None, "R-CODE-1: 9 to 64 bytes");
			accept(&good);
			run_to(block + 7);
			enact_on(block + 6);
			assert_eq!(Paras::current_code_hash(A), Some(good.hash()));
		}
	});
}

#[test]
fn r_code_4_an_upgrade_in_flight_is_not_aborted_by_another_announcement() {
	one(|| {
		announce_only(A, 2);
		for seed in [1, 2, 3] {
			announce_only(A, seed);
			assert_eq!(go_ahead(), None, "R-CODE-4: the first is to be answered still");
		}
		accept(&code(2));
		assert_eq!(Paras::future_code(A), Some((7, code(2).hash())));
		assert_eq!(CodeByHashRefs::<Test>::get(code(2).hash()), 1);
	});
}

#[test]
fn r_code_1_announcing_what_was_rejected_begins_another_vote() {
	one(|| {
		rejected(2);
		run_to(12);
		announce_only(A, 2);
		assert_eq!(Paras::pvfs_require_precheck(), [code(2).hash()]);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::Abort),
			"R-CODE-7: nobody heard it in between"
		);
		enact_on(11);
		assert_eq!(go_ahead(), None, "R-CODE-7");
	});
}

#[test]
fn r_code_7_signals_of_a_para_go_with_it() {
	one(|| {
		rejected(2);
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		next_session();
		next_session();
		assert_eq!(go_ahead(), None);
		assert!(!UpgradeRestrictionSignal::<Test>::contains_key(A));
	});
}

#[test]
fn r_code_3_what_is_due_in_one_block_comes_in_the_order_of_its_acceptance() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		trust(&code(2));
		for para in [B, A] {
			announce_only(para, 2);
		}
		assert_eq!(
			UpcomingUpgrades::<Test>::get().into_inner(),
			[(B, 7), (A, 7)],
			"R-CODE-3"
		);
		run_to(7);
		for para in [A, B] {
			assert_eq!(
				UpgradeGoAheadSignal::<Test>::get(para),
				Some(UpgradeGoAhead::GoAhead),
				"R-CODE-3: all of them"
			);
		}
	});
}
