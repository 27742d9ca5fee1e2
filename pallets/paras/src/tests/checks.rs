//! Votes on code (R-CODE-3).

use super::*;
use crate::{CodeVotes, TrustedCodes, WeightInfo, MAX_CODE_VOTES};
use async_backing_primitives::ValidationCodeHash;
use frame_support::{dispatch::GetDispatchInfo, BoundedVec};
use frame_system::RawOrigin;
use sp_core::Pair;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};

fn under_vote() -> Vec<ValidationCodeHash> {
	Paras::pvfs_require_precheck()
}

#[test]
fn r_code_3_unknown_code_waits_for_a_supermajority() {
	one(|| {
		announce_only(A, 2);
		System::assert_last_event(
			Event::CodeCheckStarted {
				para: A,
				code_hash: code(2).hash(),
			}
			.into(),
		);
		assert_eq!(under_vote(), [code(2).hash()], "R-CODE-3");
		assert_eq!(Paras::future_code(A), None, "R-BASE-15: no number yet");
		assert!(Paras::is_upgrade_restricted(A), "R-BASE-14");
		run_to(3);
		assert_ok!(vote(0, &code(2), true));
		assert_ok!(vote(3, &code(2), false));
		assert_ok!(vote(1, &code(2), true));
		assert_eq!(Paras::future_code(A), None, "two of four are none");
		assert_ok!(vote(2, &code(2), true));
		// announced in 1, accepted in 3: max(1 + 4, 3 + 6)
		assert_eq!(Paras::future_code(A), Some((9, code(2).hash())), "R-CODE-3");
		assert_eq!(under_vote(), []);
		run_to(9);
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::GoAhead));
	});
}

#[test]
fn r_wgt_6_the_last_verdict_is_charged_for_everybody_who_waits() {
	one(|| {
		let weight = |call: crate::Call<Test>| call.get_dispatch_info().call_weight;
		let verdicts = || {
			[true, false].map(|accept| {
				let statement = verdict(2, &code(2), accept);
				let signature = pair(2).sign(&statement.signing_payload());
				weight(crate::Call::include_pvf_check_statement { statement, signature })
			})
		};
		let trust = || {
			weight(crate::Call::trust_code {
				validation_code: code(2),
			})
		};
		let one = <()>::end_vote_accepting(0);
		assert_eq!(verdicts(), [one, one], "no vote");
		assert_eq!(trust(), <()>::trust_code(code(2).0.len() as u32), "R-WGT-6");
		for waiting in 1..=3 {
			let para = ParaId(3_000 + waiting);
			assert_ok!(Paras::register(RuntimeOrigin::root(), para, head(1), code(2)));
			assert_eq!(verdicts(), [one, one], "R-WGT-6: the first decides nothing");
			assert!(trust().all_gt(<()>::end_vote_accepting(waiting)), "R-WGT-6");
		}
		// Three of four accept, two reject.
		assert_ok!(vote(0, &code(2), true));
		assert_eq!(verdicts(), [one, one], "R-CODE-3");
		assert_ok!(vote(1, &code(2), false));
		assert_eq!(
			verdicts(),
			[one, <()>::end_vote_rejecting(3)],
			"R-WGT-6, R-CODE-3"
		);
		assert_ok!(vote(3, &code(2), true));
		let decides = [<()>::end_vote_accepting(3), <()>::end_vote_rejecting(3)];
		assert_eq!(verdicts(), decides, "R-WGT-6, R-CODE-3");
	});
}

#[test]
fn r_code_3_the_announcement_counts_where_its_delay_is_longer() {
	one(|| {
		configure(|config| config.validation_upgrade_delay = 30);
		announce_only(A, 2);
		run_to(5);
		accept(&code(2));
		assert_eq!(
			Paras::future_code(A),
			Some((31, code(2).hash())),
			"R-CODE-3: 1 + 30 > 5 + 6"
		);
	});
}

#[test]
fn r_code_3_and_7_rejected_code_aborts_the_upgrade_and_any_candidate_takes_note() {
	one(|| {
		announce_only(A, 2);
		assert_ok!(vote(0, &code(2), false));
		assert_eq!(go_ahead(), None, "three of four may still accept");
		assert_ok!(vote(1, &code(2), false));
		assert_eq!(
			go_ahead(),
			Some(UpgradeGoAhead::Abort),
			"R-CODE-3: none can any more"
		);
		System::assert_last_event(
			Event::CodeRejected {
				code_hash: code(2).hash(),
			}
			.into(),
		);
		assert_eq!(record(A).announced, None, "R-CODE-3");
		assert_eq!(Paras::code_by_hash(code(2).hash()), None);
		assert!(Paras::is_upgrade_restricted(A), "R-CODE-3: the cooldown goes on");
		Paras::note_new_head(A, head(2), 1);
		assert_eq!(go_ahead(), None, "R-CODE-7: consumed");
		run_to(12);
		announce_only(A, 3);
		assert_eq!(under_vote(), [code(3).hash()], "the para may try again");
	});
}

#[test]
fn r_code_3_a_vote_that_does_not_decide_in_time_rejects() {
	one(|| {
		announce_only(A, 2);
		assert_ok!(vote(0, &code(2), true));
		assert_ok!(vote(1, &code(2), true));
		next_session();
		let of_session = CodeVotes::<Test>::get(code(2).hash()).expect("it goes on");
		assert_eq!(
			(of_session.age, of_session.accept.len()),
			(1, 0),
			"validators changed, so the count begins anew"
		);
		assert_ok!(vote(0, &code(2), true));
		next_session();
		assert_eq!(under_vote(), [], "pvf_voting_ttl is 2");
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-3");
	});
}

#[test]
fn r_code_3_known_code_needs_no_vote_and_code_under_vote_has_one_for_all() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 5)], || {
		announce_only(B, 1);
		assert_eq!(under_vote(), [], "the other para runs on it");
		assert_eq!(Paras::future_code(B), Some((7, code(1).hash())));
		announce_only(A, 2);
		run_to(2);
		let late = ParaId(2002);
		assert_ok!(Paras::register(RuntimeOrigin::root(), late, head(1), code(2)));
		assert_eq!(under_vote().len(), 1, "R-CODE-3: one vote for both");
		accept(&code(2));
		assert_eq!(Paras::future_code(A), Some((8, code(2).hash())));
		System::assert_last_event(
			Event::Registered {
				para: late,
				session: 2,
			}
			.into(),
		);
	});
}

#[test]
fn a_registration_waits_for_its_code_and_goes_with_it() {
	one(|| {
		assert_ok!(Paras::register(RuntimeOrigin::root(), B, head(2), code(2)));
		next_session();
		assert_eq!(ParaLifecycles::<Test>::get(B), Some(ParaLifecycle::Onboarding));
		accept(&code(2));
		next_session();
		assert_eq!(Paras::parachains(), [A], "two sessions from the acceptance");
		next_session();
		assert_eq!(Paras::parachains(), [A, B]);

		let c = ParaId(2002);
		assert_ok!(Paras::register(RuntimeOrigin::root(), c, head(2), code(3)));
		for validator in 0..2 {
			assert_ok!(vote(validator, &code(3), false));
		}
		System::assert_last_event(Event::RegistrationRejected { para: c }.into());
		assert_eq!(ParaLifecycles::<Test>::get(c), None);
		assert_ok!(Paras::register(RuntimeOrigin::root(), c, head(2), code(2)));
	});
}

#[test]
fn a_para_that_goes_takes_its_vote_along() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		announce_only(A, 2);
		announce_only(B, 2);
		for para in [A, B] {
			assert_ok!(Paras::deregister(RuntimeOrigin::root(), para));
		}
		configure(|config| config.pvf_voting_ttl = 9);
		next_session();
		assert_eq!(under_vote().len(), 1);
		next_session();
		assert_eq!(under_vote(), []);
		assert_eq!(Paras::code_by_hash(code(2).hash()), None);
	});
}

#[test]
fn verdicts_are_refused_each_for_its_reason() {
	one(|| {
		announce_only(A, 2);
		next_session();
		let good = verdict(0, &code(2), true);
		let mut cases = vec![
			(
				verdict(4, &code(2), true),
				Error::<Test>::UnknownValidator,
				InvalidTransaction::Custom(2),
			),
			(
				verdict(0, &code(3), true),
				Error::NoVoteOnCode,
				InvalidTransaction::Custom(1),
			),
		];
		let (mut old, mut future) = (good, good);
		old.session_index = 0;
		future.session_index = 2;
		cases.push((old, Error::VerdictOfOldSession, InvalidTransaction::Stale));
		cases.push((future, Error::VerdictOfFutureSession, InvalidTransaction::Future));
		for (statement, error, invalid) in cases {
			let signer = statement.validator_index.0.min(VALIDATORS - 1);
			let signature = pair(signer).sign(&statement.signing_payload());
			assert_eq!(
				Paras::authorize_verdict(&statement, &signature),
				Err(TransactionValidityError::Invalid(invalid))
			);
			assert_noop!(
				Paras::include_pvf_check_statement(RawOrigin::Authorized.into(), statement, signature),
				error
			);
		}
		let forged = pair(1).sign(&good.signing_payload());
		assert_eq!(
			Paras::authorize_verdict(&good, &forged),
			Err(TransactionValidityError::Invalid(InvalidTransaction::BadProof))
		);
		let signature = pair(0).sign(&good.signing_payload());
		for origin in [RawOrigin::None, RawOrigin::Root, RawOrigin::Signed(1)] {
			assert_noop!(
				Paras::include_pvf_check_statement(origin.into(), good, signature.clone()),
				BadOrigin
			);
		}
		let (validity, _) = Paras::authorize_verdict(&good, &signature).expect("it is good");
		assert_eq!(validity.provides.len(), 1, "a verdict is in the pool once");
		assert_ok!(vote(0, &code(2), true));
		assert_noop!(vote(0, &code(2), false), DispatchError::Unavailable);
		let other_way = verdict(0, &code(2), false);
		assert_noop!(
			Paras::include_pvf_check_statement(RawOrigin::Authorized.into(), other_way, signature),
			Error::<Test>::AlreadyVoted
		);
	});
}

#[test]
fn root_vouches_for_code() {
	one(|| {
		let root = RuntimeOrigin::root;
		assert_noop!(Paras::trust_code(RuntimeOrigin::signed(1), code(2)), BadOrigin);
		assert_noop!(
			Paras::distrust_code(RuntimeOrigin::signed(1), code(2).hash()),
			BadOrigin
		);
		assert_noop!(
			Paras::trust_code(root(), ValidationCode(vec![0; 8])),
			Error::<Test>::CodeTooSmall
		);
		assert_noop!(
			Paras::distrust_code(root(), code(2).hash()),
			Error::<Test>::NotTrusted
		);
		announce_only(A, 2);
		assert_ok!(Paras::trust_code(root(), code(2)));
		assert_eq!(under_vote(), [], "it ends the vote");
		assert_eq!(Paras::future_code(A), Some((7, code(2).hash())));
		assert_noop!(Paras::trust_code(root(), code(2)), Error::<Test>::AlreadyTrusted);
		assert_ok!(Paras::distrust_code(root(), code(2).hash()));
		assert_eq!(
			Paras::code_by_hash(code(2).hash()),
			Some(code(2)),
			"the para still needs it"
		);
		let many = (0..MAX_PARAS).map(|number| ValidationCode(number.encode()).hash());
		let mut many: Vec<_> = many.collect();
		many.sort();
		TrustedCodes::<Test>::put(BoundedVec::truncate_from(many));
		assert_noop!(
			Paras::trust_code(root(), code(3)),
			Error::<Test>::TooManyTrustedCodes
		);
		TrustedCodes::<Test>::kill();
	});
}

#[test]
fn the_number_of_votes_has_a_ceiling() {
	one(|| {
		let many = (0..MAX_CODE_VOTES).map(|number| ValidationCode(number.encode()).hash());
		crate::CodesUnderVote::<Test>::put(BoundedVec::truncate_from(many.collect()));
		announce_only(A, 2);
		assert!(!Paras::is_upgrade_restricted(A), "the para may announce again");
		assert_eq!(go_ahead(), Some(UpgradeGoAhead::Abort), "R-CODE-1");
		assert_noop!(
			Paras::register(RuntimeOrigin::root(), B, head(2), code(2)),
			Error::<Test>::TooManyParas
		);
		assert_ok!(Paras::register(RuntimeOrigin::root(), B, head(2), code(1)));
		crate::CodesUnderVote::<Test>::mutate(|codes| codes.pop());
		Paras::note_new_head(A, head(2), 1);
		announce_only(A, 2);
		assert_eq!(go_ahead(), None, "there was room for one more");
		assert!(Paras::is_upgrade_restricted(A));
		CodeVotes::<Test>::remove(code(2).hash());
		change(A, |record| record.announced = None);
		Paras::release_code(code(2).hash());
		crate::CodesUnderVote::<Test>::kill();
	});
}
