//! What root does for a para that cannot help itself.

use super::*;
use crate::{CodeVotes, PastCodes, Rewrites, RewrittenParas, UpgradeCooldowns};
use async_backing_primitives::BlockNumber;
use sp_runtime::DispatchResult;

fn set_code(para: ParaId, code: ValidationCode) -> DispatchResult {
	Paras::force_set_current_code(RuntimeOrigin::root(), para, code)
}

fn set_head(para: ParaId, head: HeadData) -> DispatchResult {
	Paras::force_set_current_head(RuntimeOrigin::root(), para, head)
}

fn set_context(para: ParaId, context: BlockNumber) -> DispatchResult {
	Paras::force_set_most_recent_context(RuntimeOrigin::root(), para, context)
}

fn remove_cooldown(para: ParaId) -> DispatchResult {
	Paras::remove_upgrade_cooldown(RuntimeOrigin::root(), para)
}

fn approve(code: &ValidationCode) -> DispatchResult {
	Paras::force_approve_code(RuntimeOrigin::root(), code.hash())
}

fn has_event(event: Event<Test>) -> bool {
	System::events()
		.iter()
		.any(|record| record.event == event.clone().into())
}

#[test]
fn a_rewritten_para_is_as_nodes_saw_it_until_the_block_ends() {
	one(|| {
		Paras::note_new_head(A, head(2), 1);
		run_to(5);
		assert_ok!(set_code(A, code(2)));
		assert_ok!(set_head(A, head(3)));
		assert_ok!(set_context(A, 3));
		let before = ParaFacts {
			head: head(2),
			code_hash: code(1).hash(),
			most_recent_context: Some(1),
			future_code: None,
			is_offboarding: false,
		};
		assert_eq!(Paras::facts(A), Some(before), "as nodes saw it");
		assert_eq!(Rewritten::get(), []);
		run_to(6);
		let after = ParaFacts {
			head: head(3),
			code_hash: code(2).hash(),
			most_recent_context: Some(3),
			future_code: None,
			is_offboarding: false,
		};
		assert_eq!(Paras::facts(A), Some(after), "in the state of block 5");
		assert_eq!(
			Rewritten::get(),
			[(A, Some(1))],
			"its pending candidates are dropped, by who sees what was"
		);
		assert_eq!(go_ahead(), None, "nothing was announced");
		for event in [
			Event::CurrentCodeUpdated {
				para: A,
				code_hash: code(2).hash(),
			},
			Event::CurrentHeadUpdated { para: A },
			Event::MostRecentContextUpdated { para: A, context: 3 },
		] {
			assert!(has_event(event.clone()), "{event:?}");
		}
		assert_eq!(RewrittenParas::<Test>::get().into_inner(), []);
		assert_eq!(Rewrites::<Test>::iter().count(), 0);
		run_to(7);
		assert_eq!(Rewritten::get().len(), 1, "once");
	});
}

#[test]
fn each_of_a_paras_values_is_rewritten_by_itself() {
	let facts = || Paras::facts(A).expect("it is active");
	one(|| {
		let begin = facts();
		assert_ok!(set_head(A, head(7)));
		run_to(2);
		assert_eq!(
			facts(),
			ParaFacts {
				head: head(7),
				..begin.clone()
			}
		);
		assert_ok!(set_context(A, 2));
		run_to(3);
		assert_eq!(
			facts(),
			ParaFacts {
				head: head(7),
				most_recent_context: Some(2),
				..begin.clone()
			}
		);
		assert_ok!(set_code(A, code(4)));
		run_to(4);
		assert_eq!(
			facts(),
			ParaFacts {
				head: head(7),
				most_recent_context: Some(2),
				code_hash: code(4).hash(),
				..begin
			}
		);
		assert_eq!(Rewritten::get().len(), 3);
	});
}

#[test]
fn r_code_9_of_several_codes_in_one_block_the_last_counts_and_the_old_one_is_kept() {
	one(|| {
		run_to(2);
		for seed in [2, 3, 4] {
			assert_ok!(set_code(A, code(seed)));
		}
		run_to(3);
		assert_eq!(Paras::current_code_hash(A), Some(code(4).hash()));
		for seed in [2, 3] {
			assert_eq!(Paras::code_by_hash(code(seed).hash()), None, "never current");
		}
		assert_eq!(Paras::code_hash_at(A, 1), Some(code(1).hash()), "R-CODE-9");
		assert_eq!(Paras::code_hash_at(A, 2), Some(code(4).hash()), "R-CODE-9");
		run_to(7);
		assert_eq!(Paras::code_by_hash(code(1).hash()), Some(code(1)), "R-CODE-9");
		run_to(8);
		assert_eq!(Paras::code_by_hash(code(1).hash()), None, "R-CODE-9");
	});
}

#[test]
fn setting_the_code_that_is_current_counts_it_once() {
	one(|| {
		announce_only(A, 2);
		assert_ok!(set_code(A, code(1)));
		run_to(2);
		assert_eq!(Paras::current_code_hash(A), Some(code(1).hash()));
		assert_eq!(CodeByHashRefs::<Test>::get(code(1).hash()), 1);
		assert!(!PastCodes::<Test>::contains_key(A));
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::Abort),
			"what was announced is off"
		);
	});
}

#[test]
fn r_code_7_another_code_aborts_an_upgrade_in_flight_wherever_it_is() {
	// Under vote, accepted, given its go-ahead.
	for (accepted, block) in [(false, 3), (true, 3), (true, 9)] {
		one(|| {
			announce_only(A, 2);
			if accepted {
				accept(&code(2));
			}
			run_to(block);
			assert_ok!(set_code(A, code(3)));
			run_to(block + 1);
			assert_eq!(record(A).announced, None, "in {block}");
			assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-7: in {block}");
			assert_eq!(record(A).answered_at, Some(block), "R-CODE-7: as its state shows");
			assert_eq!(Paras::code_by_hash(code(2).hash()), None);
			assert_eq!(CodeVotes::<Test>::iter().count(), 0);
			Paras::note_new_head(A, head(2), block - 1);
			assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-7");
			Paras::note_new_head(A, head(2), block);
			assert_eq!(go_ahead(), None, "R-CODE-7");
			run_to(20);
			assert_eq!(go_ahead(), None, "no go-ahead comes after all");
			assert_eq!(Paras::current_code_hash(A), Some(code(3).hash()));
			announce(4);
			assert!(Paras::future_code(A).is_some(), "the para upgrades again");
		});
	}
}

#[test]
fn r_code_7_the_code_that_was_announced_is_granted_with_a_go_ahead() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		announce_only(A, 2);
		announce_only(B, 2);
		run_to(3);
		assert_ok!(set_code(A, code(2)));
		run_to(4);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::GoAhead),
			"the para runs what it announced"
		);
		assert_eq!(Paras::current_code_hash(A), Some(code(2).hash()));
		assert_eq!(
			Paras::pvfs_require_precheck(),
			[code(2).hash()],
			"the other waits still"
		);
		Paras::note_new_head(A, head(2), 3);
		assert_eq!(go_ahead(), None, "R-CODE-7");
		assert_eq!(Paras::current_code_hash(A), Some(code(2).hash()));
		for validator in 0..2 {
			assert_ok!(vote(validator, &code(2), false));
		}
		assert_eq!(
			Paras::code_by_hash(code(2).hash()),
			Some(code(2)),
			"rejected for the other alone"
		);
	});
}

#[test]
fn r_code_7_another_head_aborts_an_upgrade_and_what_was_not_heard() {
	one(|| {
		announce(2); // go-ahead in block 7
		run_to(8);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
		assert_ok!(set_head(A, head(5)));
		run_to(9);
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::Abort),
			"the para at this head may never have announced it"
		);
		assert_eq!(Paras::future_code(A), None);
		// The code that was announced and granted, and then another head: nobody heard the go-ahead.
		Paras::note_new_head(A, head(6), 8);
		run_to(12);
		announce_only(A, 3);
		assert_ok!(set_code(A, code(3)));
		run_to(13);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
		assert_ok!(set_head(A, head(7)));
		run_to(14);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort));
		assert_eq!(record(A).answered_at, Some(13), "R-CODE-7");
		Paras::note_new_head(A, head(8), 13);
		// With both at once, nothing is granted either.
		run_to(25);
		announce_only(A, 4);
		assert_ok!(set_code(A, code(4)));
		assert_ok!(set_head(A, head(9)));
		run_to(26);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort));
		assert_eq!(Paras::current_code_hash(A), Some(code(4).hash()));
	});
}

#[test]
fn r_code_7_another_context_leaves_an_upgrade_alone() {
	one(|| {
		announce(2);
		run_to(7);
		assert_ok!(set_context(A, 0));
		run_to(8);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
		assert_eq!(Paras::future_code(A), Some((7, code(2).hash())));
		assert_eq!(Paras::most_recent_context(A), Some(0), "R-REL-4");
	});
}

#[test]
fn rewriting_is_refused_with_its_reason() {
	one(|| {
		let bytes = |len: usize| vec![0; len];
		assert_noop!(set_code(B, code(2)), Error::<Test>::NoHead);
		assert_noop!(set_head(B, head(2)), Error::<Test>::NoHead);
		assert_noop!(set_context(B, 0), Error::<Test>::NoHead);
		assert_noop!(set_code(A, ValidationCode(bytes(8))), Error::<Test>::CodeTooSmall);
		assert_noop!(
			set_code(A, ValidationCode(bytes(65))),
			Error::<Test>::CodeTooLarge
		);
		assert_noop!(set_head(A, HeadData(bytes(17))), Error::<Test>::HeadDataTooLarge);
		assert_noop!(set_context(A, 2), Error::<Test>::ContextInFuture);
		assert_noop!(remove_cooldown(A), Error::<Test>::NotRestricted);
		assert_noop!(approve(&code(2)), Error::<Test>::NoVoteOnCode);
		announce_only(A, 2);
		let signed = || RuntimeOrigin::signed(1);
		assert_noop!(Paras::force_set_current_code(signed(), A, code(3)), BadOrigin);
		assert_noop!(Paras::force_set_current_head(signed(), A, head(3)), BadOrigin);
		assert_noop!(Paras::force_set_most_recent_context(signed(), A, 0), BadOrigin);
		assert_noop!(Paras::remove_upgrade_cooldown(signed(), A), BadOrigin);
		assert_noop!(Paras::force_approve_code(signed(), code(2).hash()), BadOrigin);
		assert_ok!(set_code(A, ValidationCode(bytes(64))));
		assert_ok!(set_head(A, HeadData(bytes(16))));
		assert_ok!(set_context(A, 1));
	});
}

#[test]
fn a_para_that_goes_with_the_block_is_not_rewritten() {
	one(|| {
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		next_session();
		assert_ok!(set_code(A, code(3)));
		assert_ok!(set_head(A, head(3)));
		next_session();
		run_to(2);
		assert_eq!(Paras::head(A), None);
		assert_eq!(Paras::code_by_hash(code(3).hash()), None);
		assert_eq!(Rewritten::get(), []);
		assert_eq!(Rewrites::<Test>::iter().count(), 0);
	});
}

#[test]
fn r_code_3_a_cooldown_is_removed_with_its_restriction() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		announce_only(A, 2);
		announce_only(B, 3);
		for validator in 0..2 {
			assert_ok!(vote(validator, &code(2), false));
		}
		run_to(2);
		assert_ok!(remove_cooldown(A));
		assert!(has_event(Event::UpgradeCooldownRemoved { para: A }));
		assert!(
			Paras::is_upgrade_restricted(A),
			"until the block ends, as nodes saw it"
		);
		run_to(3);
		assert!(!Paras::is_upgrade_restricted(A));
		assert!(!UpgradeRestrictionSignal::<Test>::contains_key(A), "R-CODE-3");
		assert_eq!(
			UpgradeCooldowns::<Test>::get().into_inner(),
			[(B, 11)],
			"the other's goes on"
		);
		assert_noop!(remove_cooldown(A), Error::<Test>::NotRestricted);
		announce_only(A, 4);
		assert_eq!(UpgradeCooldowns::<Test>::get().into_inner(), [(B, 11), (A, 13)]);
	});
}

#[test]
fn r_code_3_root_approves_a_code_under_vote_by_its_hash() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		for para in [A, B] {
			announce_only(para, 2);
		}
		let late = ParaId(2002);
		assert_ok!(Paras::register(RuntimeOrigin::root(), late, head(1), code(2)));
		run_to(3);
		assert_ok!(approve(&code(2)));
		assert!(has_event(Event::CodeAccepted {
			code_hash: code(2).hash()
		}));
		for para in [A, B] {
			assert_eq!(
				Paras::future_code(para),
				Some((9, code(2).hash())),
				"R-CODE-3: max(1 + 4, 3 + 6)"
			);
		}
		assert!(has_event(Event::Registered {
			para: late,
			session: 2
		}));
		assert_eq!(Paras::pvfs_require_precheck(), []);
		assert_eq!(
			crate::TrustedCodes::<Test>::get().into_inner(),
			[],
			"for this time only"
		);
		assert_noop!(approve(&code(2)), Error::<Test>::NoVoteOnCode);
	});
}

#[test]
fn r_wgt_6_approval_is_charged_for_everybody_who_waits() {
	use crate::WeightInfo;
	use frame_support::dispatch::GetDispatchInfo;
	one(|| {
		let weight = || {
			crate::Call::<Test>::force_approve_code {
				code_hash: code(2).hash(),
			}
			.get_dispatch_info()
			.call_weight
		};
		assert_eq!(weight(), <()>::end_vote_accepting(0));
		for waiting in 1..=3 {
			let para = ParaId(3_000 + waiting);
			assert_ok!(Paras::register(RuntimeOrigin::root(), para, head(1), code(2)));
			assert_eq!(weight(), <()>::end_vote_accepting(waiting), "R-WGT-6");
		}
	});
}
