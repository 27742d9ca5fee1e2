//! Parameters that change while candidates are in flight; docs/guide/governance.md tells the same in words.
//!
//! A change is in force from the first block of a session on (R-ABP-7). Whatever is backed in the session before
//! finishes there, or is dropped with all others when it ends (R-ABP-9): no candidate is ever judged by two
//! configurations.

use crate::{mock::*, Error, Pallet};
use async_backing_primitives::{ports::OnParaOverridden, AsyncBackingParams, HeadData, HostConfiguration};
use frame_support::{assert_noop, assert_ok};

/// Three cores of one para, and a chain of three on them when the session ends with a new configuration. What is pending
/// then is gone; returns the first block's candidate on a parent of the new session.
fn change_with_three_in_flight(edit: impl FnOnce(&mut HostConfiguration)) -> Candidate {
	let first = Candidate::first();
	let second = first.child(1, 2);
	let third = second.child(2, 3);
	finish_block_with(inherent(&[], &[&first, &second, &third]));
	assert_eq!(pending(PARA).len(), 3);
	// The first becomes available in the session's last block, and finishes there.
	change_session_to(inherent(&attest(&[0]), &[]), edit);
	assert_eq!(included_head(PARA), first.head(), "R-ABP-10: enactment goes on");
	assert_eq!(pending(PARA), [], "R-ABP-9");
	let next = Candidate::new(PARA, 0, &first.head(), 2);
	assert_eq!(
		next.session,
		neighbours(|state| state.session),
		"built in the new session"
	);
	next
}

fn elastic() -> Setup {
	Setup {
		validators: 9,
		..Setup::elastic(3)
	}
}

#[test]
fn r_abp_9_depth_and_ancestry_shrink_below_what_is_in_flight() {
	elastic().run(|| {
		run_to(4);
		let next = change_with_three_in_flight(|config| {
			config.async_backing_params = AsyncBackingParams {
				max_candidate_depth: 0,
				allowed_ancestry_len: 0,
			};
		});
		let child = next.child(1, 3);
		assert_noop!(
			enter(inherent(&[], &[&next, &child])),
			Error::<Test>::TooDeep // R-DEP-1
		);
		finish_block_with(inherent(&[], &[&next]));
		// R-ABP-2: only the parent is a relay parent.
		let grandparent = Candidate::new(PARA, 0, &next.head(), 3).on(block(now() - 2));
		assert_noop!(
			enter(inherent(&attest(&[0]), &[&grandparent])),
			Error::<Test>::DisallowedRelayParent
		);
	});
}

#[test]
fn r_abp_2_a_longer_window_fills_block_by_block() {
	let setup = Setup {
		params: (2, 1),
		..elastic()
	};
	setup.run(|| {
		run_to(4);
		change_with_three_in_flight(|config| config.async_backing_params.allowed_ancestry_len = 3);
		let first = now();
		for offset in 0..4 {
			// R-ABP-11, R-ABP-12: the session's first block has its parent, and each later one more, up to four.
			let oldest = block(now() - 1 - offset.min(3));
			assert_eq!(oldest.number, first - 1, "R-ABP-2");
			let candidate = Candidate::new(PARA, 0, &included_head(PARA), 9).on(oldest);
			let offered = inherent(&[], &[&candidate]);
			frame_support::assert_storage_noop!(assert!(frame_support::storage::with_transaction(|| {
				let outcome = enter(offered);
				assert_eq!(outcome, Ok(()), "R-ABP-2: offset {offset}");
				sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(()))
			})
			.is_ok()));
			run_to(now() + 1);
		}
		let too_old = Candidate::new(PARA, 0, &included_head(PARA), 9).on(block(first - 1));
		assert_noop!(
			enter(inherent(&[], &[&too_old])),
			Error::<Test>::DisallowedRelayParent // R-ABP-2
		);
	});
}

#[test]
fn r_abp_9_cores_are_removed_under_what_is_in_flight() {
	elastic().run(|| {
		run_to(4);
		let next = change_with_three_in_flight(|config| config.num_cores = 1);
		let child = next.child(1, 3);
		// R-UMP-5: the relay parent's state, the last of the old session, shows the new session's claims.
		assert_noop!(
			enter(inherent(&[], &[&next, &child])),
			Error::<Test>::CoreIndexMismatch
		);
		finish_block_with(inherent(&[], &[&next]));
		assert_eq!(pending(PARA), [next.hash()], "the core that is left serves");
	});
}

#[test]
fn r_bkv_1_minimum_votes_rise() {
	elastic().run(|| {
		run_to(4);
		// Groups of three; candidates here have two votes.
		let mut next = change_with_three_in_flight(|config| config.minimum_backing_votes = 3);
		next.voters = vec![0, 1];
		assert_noop!(
			enter(inherent(&[], &[&next])),
			Error::<Test>::TooFewVotes // R-BKV-1
		);
		next.voters = vec![0, 1, 2];
		assert_ok!(enter(inherent(&[], &[&next])));
		assert_eq!(pending(PARA), [next.hash()]);
	});
}

#[test]
fn r_tmo_2_the_availability_period_lengthens() {
	let setup = Setup {
		availability_period: 2,
		rotation: 4,
		..elastic()
	};
	setup.run(|| {
		run_to(4);
		let next = change_with_three_in_flight(|config| config.paras_availability_period = 4);
		finish_block_with(inherent(&[], &[&next]));
		let backed_in = now() - 1;
		// With the old period it had timed out two blocks later; the new session's blocks are all in its window.
		run_to(backed_in + 4);
		assert_eq!(
			pending(PARA),
			[next.hash()],
			"R-TMO-2: the session's own period counts"
		);
		run_to(backed_in + 5);
		assert_eq!(pending(PARA), [], "R-TMO-2");
	});
}

#[test]
fn r_def_29_an_override_of_a_para_takes_its_pending_candidates_with_it() {
	Setup {
		cores: 3,
		assignments: vec![(0, PARA), (1, OTHER), (2, PARA)],
		..Setup::default()
	}
	.run(|| {
		let first = Candidate::first();
		let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		finish_block_with(inherent(&[], &[&first, &first.child(2, 2), &other]));
		// Root sets the head before the inherent, while validators attest all cores and a child is on its way.
		let head = HeadData(vec![9]);
		neighbours(|state| state.heads.insert(PARA, head.clone()));
		Pallet::<Test>::on_para_overridden(PARA);
		assert_eq!((pending(PARA), pending(OTHER)), (vec![], vec![other.hash()]));
		assert_eq!(crate::PendingReceipts::<Test>::iter().count(), 1);
		let stale = first.child(2, 2).child(0, 3);
		let filtered = Pallet::<Test>::filter(inherent(&attest(&[0, 1, 2]), &[&stale]));
		assert_eq!(
			filtered.backed_candidates,
			[],
			"nothing builds on what was dropped"
		);
		finish_block_with(filtered);
		assert_eq!(
			included_head(PARA),
			head,
			"R-BIT-3: bits for free cores enact nothing"
		);
		assert_eq!(included_head(OTHER), other.head());
		let next = Candidate::new(PARA, 0, &head, 4);
		finish_block_with(inherent(&[], &[&next]));
		assert_eq!(pending(PARA), [next.hash()], "the para goes on from there");
	});
}
