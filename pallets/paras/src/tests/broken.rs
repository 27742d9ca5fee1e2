//! What the check of invariants finds: each thing that can be wrong, by its name.

use super::*;
use crate::{
	ActionsQueue, CheckCause, CodeByHash, CodeVotes, CodesUnderVote, Parachains, PastCode, PastCodePruning,
	PastCodeRange, PastCodes, PruningRange, Rewrites, RewrittenParas, TrustedCodes, UpcomingParas,
	UpcomingUpgrades, UpgradeCooldowns,
};
use async_backing_primitives::{SessionIndex, ValidatorIndex};
use frame_support::{traits::Get, BoundedVec};

/// Waits for a vote on its code.
const NEW: ParaId = ParaId(2002);
/// Waits for its session, with known code.
const NEXT: ParaId = ParaId(2003);
/// Announced code that a vote is about.
const VOTING: ParaId = ParaId(2004);
/// Not registered.
const NOBODY: ParaId = ParaId(2009);
/// A code that nobody uses.
const UNUSED: u8 = 99;

/// A chain in block 8 on which there is one of everything. `A` runs code 2 since then and ran code 1; `B` has its go-ahead
/// for code 2 and is leaving; root vouches for code 9.
fn with_everything(test: impl FnOnce()) {
	let mut ext = sp_io::TestExternalities::default();
	let genesis = vec![
		genesis_para(A.0, 1),
		genesis_para(B.0, 1),
		genesis_para(VOTING.0, 1),
	];
	run(genesis, || {
		trust(&code(9));
		announce(2);
		Paras::schedule_code_upgrade(B, code(2), 1, &config());
		run_to(8);
		Paras::note_new_head(A, head(2), 7);
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), B));
		assert_ok!(Paras::register(RuntimeOrigin::root(), NEW, head(3), code(3)));
		assert_ok!(Paras::register(RuntimeOrigin::root(), NEXT, head(4), code(1)));
		announce_only(VOTING, 4);
		assert_ok!(vote(0, &code(4), true));
		assert_ok!(vote(1, &code(4), false));
		Paras::do_try_state().expect("all is well");
		let mut key = vec![];
		while let Some(next) = sp_io::storage::next_key(&key) {
			let value = sp_io::storage::get(&next).expect("it is a key");
			ext.insert(next.clone(), value.to_vec());
			key = next;
		}
	});
	ext.execute_with(test);
}

/// Breaks something, and expects it to be found under this name.
#[track_caller]
fn is_found(reason: &'static str, break_it: impl FnOnce()) {
	with_everything(|| {
		break_it();
		assert_eq!(Paras::do_try_state(), Err(reason.into()));
	});
}

fn code_hash(seed: u8) -> async_backing_primitives::ValidationCodeHash {
	code(seed).hash()
}

fn swap<T: Clone, S: Get<u32>>(list: &mut BoundedVec<T, S>, one: usize, other: usize) {
	let (here, there) = (list[one].clone(), list[other].clone());
	(list[one], list[other]) = (there, here);
}

fn queue(session: SessionIndex, paras: &[ParaId]) {
	ActionsQueue::<Test>::insert(session, BoundedVec::truncate_from(paras.to_vec()));
}

#[test]
fn lifecycles() {
	is_found("parachains are not ascending", || {
		Parachains::<Test>::mutate(|list| swap(list, 0, 1));
	});
	is_found("an onboarding para has nothing to begin with", || {
		UpcomingParas::<Test>::remove(NEW);
	});
	is_found("an onboarding para has a head", || {
		Heads::<Test>::insert(NEW, Heads::<Test>::get(A).expect("it has one"));
	});
	is_found("an active para is not listed", || {
		Parachains::<Test>::mutate(|list| list.remove(0));
	});
	is_found("R-BASE-12: an active para has no head", || {
		Heads::<Test>::remove(A)
	});
	is_found("R-BASE-13: an active para has no code", || {
		ParaRecords::<Test>::remove(A);
	});
	is_found("a listed para is not active", || {
		Parachains::<Test>::mutate(|list| list.try_push(NOBODY)).expect("there is room");
	});
	is_found("a registration is left over", || {
		let registration = UpcomingParas::<Test>::get(NEW).expect("it waits");
		UpcomingParas::<Test>::insert(NOBODY, registration);
	});
	is_found("a head is left over", || {
		Heads::<Test>::insert(NOBODY, Heads::<Test>::get(A).expect("it has one"));
	});
	is_found("a record is left over", || {
		ParaRecords::<Test>::insert(NOBODY, record(A));
	});
}

#[test]
fn actions() {
	with_everything(|| {
		assert_eq!(ActionsQueue::<Test>::get(2).into_inner(), [B, NEXT]);
	});
	is_found("an action is queued for a session that began", || {
		queue(0, &[B, NEXT]);
		ActionsQueue::<Test>::remove(2);
	});
	is_found("an empty queue of actions is stored", || queue(3, &[]));
	is_found("a queue of actions does not ascend", || queue(2, &[NEXT, B]));
	is_found("a para is queued twice", || queue(3, &[B]));
	for paras in [&[B][..], &[NEXT], &[B, NEW, NEXT], &[A, B, NEXT]] {
		is_found("a para is not queued as its lifecycle says", || queue(2, paras));
	}
	is_found("a para is queued that is unknown", || {
		queue(2, &[B, NEXT, NOBODY])
	});
	for (para, is_offboarding) in [(A, true), (B, false)] {
		is_found("a para's record does not say whether it is leaving", || {
			ParaRecords::<Test>::mutate_extant(para, |record| record.is_offboarding = is_offboarding)
		});
	}
}

#[test]
fn r_code_3_upgrades() {
	with_everything(|| {
		assert_eq!(UpcomingUpgrades::<Test>::get().into_inner(), []);
		assert_eq!(
			UpgradeCooldowns::<Test>::get().into_inner(),
			[(A, 11), (B, 11), (VOTING, 18)]
		);
	});
	is_found("R-CODE-3: a schedule does not ascend", || {
		UpgradeCooldowns::<Test>::mutate(|list| swap(list, 0, 2));
	});
	is_found("R-CODE-4: a para is scheduled twice", || {
		UpgradeCooldowns::<Test>::mutate(|list| list.try_push((A, 18))).expect("there is room");
	});
	is_found("R-CODE-3: no go-ahead is due for an upgrade", || {
		change(B, |record| {
			record.announced.as_mut().expect("it did").expected_at = Some(9)
		});
	});
	is_found("R-CODE-3: no go-ahead is due for an upgrade", || {
		change(B, |record| {
			record.announced.as_mut().expect("it did").expected_at = Some(9)
		});
		UpcomingUpgrades::<Test>::mutate(|list| list.try_push((B, 10))).expect("there is room");
	});
	let not_given = "R-CODE-7: an upgrade applies whose go-ahead was not given in that block";
	is_found(not_given, || change(B, |record| record.answered_at = Some(8)));
	is_found(not_given, || {
		UpgradeGoAheadSignal::<Test>::insert(B, UpgradeGoAhead::Abort)
	});
	is_found("R-CODE-3: a go-ahead is due without an upgrade", || {
		UpcomingUpgrades::<Test>::mutate(|list| list.try_push((A, 10))).expect("there is room");
	});
}

#[test]
fn r_code_7_signals() {
	is_found("R-CODE-7: an answer is of a block to come", || {
		UpgradeGoAheadSignal::<Test>::insert(A, UpgradeGoAhead::Abort);
		change(A, |record| record.answered_at = Some(9));
	});
	is_found("R-CODE-7: a record does not know of its signal", || {
		UpgradeGoAheadSignal::<Test>::insert(A, UpgradeGoAhead::Abort);
	});
	is_found("R-CODE-7: a record does not know of its signal", || {
		change(A, |record| record.answered_at = Some(8));
	});
	is_found("R-CODE-7: a record does not know of its signal", || {
		UpgradeGoAheadSignal::<Test>::insert(NOBODY, UpgradeGoAhead::Abort);
	});
	is_found("R-CODE-3: restrictions and cooldowns do not pair up", || {
		UpgradeRestrictionSignal::<Test>::remove(A);
	});
	is_found("R-CODE-3: restrictions and cooldowns do not pair up", || {
		UpgradeCooldowns::<Test>::mutate(|list| list.remove(0));
	});
	is_found("R-CODE-3: a restriction is left over", || {
		UpgradeRestrictionSignal::<Test>::insert(NOBODY, UpgradeRestriction::Present);
		UpgradeCooldowns::<Test>::mutate(|list| list.try_push((NOBODY, 20))).expect("there is room");
	});
}

#[test]
fn r_code_3_votes() {
	let of = |seed: u8, change: &dyn Fn(&mut crate::CodeVote)| {
		CodeVotes::<Test>::mutate_extant(code_hash(seed), |vote| change(vote));
	};
	is_found("codes under vote do not ascend", || {
		CodesUnderVote::<Test>::mutate(|codes| swap(codes, 0, 1));
	});
	is_found("votes are not listed as they are", || {
		CodesUnderVote::<Test>::mutate(|codes| codes.remove(0));
	});
	is_found("nobody waits for a vote", || of(4, &|vote| vote.causes.clear()));
	for voters in [&[2, 1][..], &[1, 1]] {
		let voters = || {
			let voters = voters.iter().copied().map(ValidatorIndex).collect();
			crate::Voters::truncate_from(voters)
		};
		is_found("voters do not ascend", || of(4, &|vote| vote.reject = voters()));
		is_found("voters do not ascend", || of(3, &|vote| vote.accept = voters()));
	}
	is_found("a validator voted both ways", || {
		of(4, &|vote| vote.reject = vote.accept.clone());
	});
	is_found("a para waits for two votes", || {
		of(4, &|vote| {
			let again = CheckCause::Onboarding(VOTING);
			vote.causes.try_push(again).expect("there is room");
		});
	});
	is_found(
		"R-CODE-3: an upgrade is scheduled whose code is not accepted",
		|| {
			change(VOTING, |record| {
				record.announced.as_mut().expect("it did").expected_at = Some(20)
			});
			UpcomingUpgrades::<Test>::mutate(|list| list.try_push((VOTING, 20))).expect("there is room");
		},
	);
	is_found("a para waits for a vote on another's code", || {
		change(VOTING, |record| {
			record.announced.as_mut().expect("it did").code_hash = code_hash(3)
		});
	});
	is_found("a para waits for a vote on another's code", || {
		of(3, &|vote| vote.causes[0] = CheckCause::Onboarding(NEXT));
		queue(2, &[B, NEW, NEXT]);
	});
	is_found("R-CODE-3: nobody decides on an announced code", || {
		CodeVotes::<Test>::remove(code_hash(4));
		CodesUnderVote::<Test>::mutate(|codes| codes.retain(|code| *code != code_hash(4)));
	});
}

#[test]
fn r_code_9_past_codes() {
	let past = |since, until| PastCode {
		code_hash: code_hash(1),
		since,
		until,
	};
	let keep = |list: &[PastCode]| {
		PastCodes::<Test>::insert(A, BoundedVec::truncate_from(list.to_vec()));
	};
	let due = |entries: &[(ParaId, u32)]| {
		for (key, entry) in (0..).zip(entries) {
			PastCodePruning::<Test>::insert(key, entry);
		}
		PastCodeRange::<Test>::put(PruningRange {
			first: 0,
			next: entries.len() as u64,
		});
	};
	with_everything(|| {
		assert_eq!(PastCodes::<Test>::get(A).into_inner(), [past(0, 8)]);
		assert_eq!(PastCodePruning::<Test>::get(0), Some((A, 8)));
	});
	let gaps = "R-CODE-9: the queue of past codes has gaps";
	is_found(gaps, || PastCodePruning::<Test>::remove(0));
	is_found(gaps, || PastCodePruning::<Test>::insert(1, (A, 8)));
	let disorder = "R-CODE-9: the queue of past codes is out of order";
	is_found(disorder, || due(&[(A, 8), (A, 7)]));
	is_found(disorder, || due(&[(A, 8), (A, 9)]));
	is_found("an empty list of past codes is stored", || keep(&[]));
	let overlap = "R-CODE-9: past codes of a para overlap";
	is_found(overlap, || keep(&[past(9, 8)]));
	is_found(overlap, || {
		keep(&[past(0, 5), past(4, 8)]);
		due(&[(A, 5), (A, 8)]);
	});
	let kept_for_ever = "R-CODE-9: a past code is never forgotten";
	is_found(kept_for_ever, || {
		due(&[]);
		PastCodePruning::<Test>::remove(0);
	});
	is_found(kept_for_ever, || due(&[(B, 8)]));
	is_found(kept_for_ever, || due(&[(A, 7)]));
	is_found(kept_for_ever, || keep(&[past(0, 8), past(8, 8)]));
	is_found("R-CODE-9: a past code is current", || {
		change(A, |record| record.code_since = 7);
	});
}

#[test]
fn rewrites() {
	let listed = |paras: &[ParaId]| {
		RewrittenParas::<Test>::put(BoundedVec::truncate_from(paras.to_vec()));
	};
	is_found("rewritten paras do not ascend", || {
		for para in [A, B] {
			Rewrites::<Test>::insert(para, crate::Rewrite::default());
		}
		listed(&[B, A]);
	});
	is_found("rewritten paras are not listed as they are", || listed(&[A]));
	is_found("rewritten paras are not listed as they are", || {
		Rewrites::<Test>::insert(A, crate::Rewrite::default());
	});
}

#[test]
fn codes() {
	is_found("trusted codes do not ascend", || {
		TrustedCodes::<Test>::put(BoundedVec::truncate_from(vec![code_hash(9); 2]));
		CodeByHashRefs::<Test>::insert(code_hash(9), 2);
	});
	let miscounted = "codes are not counted as they are used";
	for seed in [1, 2, 3, 4, 9] {
		is_found(miscounted, || {
			CodeByHashRefs::<Test>::mutate(code_hash(seed), |uses| *uses += 1);
		});
	}
	is_found(miscounted, || {
		CodeByHashRefs::<Test>::insert(code_hash(UNUSED), 1)
	});
	is_found("a code is left over", || {
		let stored = CodeByHash::<Test>::get(code_hash(1)).expect("it is used");
		CodeByHash::<Test>::insert(code_hash(UNUSED), stored);
	});
	is_found("R-BIN-32: a code has another hash", || {
		let stored = CodeByHash::<Test>::get(code_hash(1)).expect("it is used");
		CodeByHash::<Test>::insert(code_hash(2), stored);
	});
	is_found("a code is missing", || CodeByHash::<Test>::remove(code_hash(1)));
}
