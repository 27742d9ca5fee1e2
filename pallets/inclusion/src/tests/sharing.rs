//! Paras whose number of cores varies: leases beside orders, and shared cores.

use crate::{mock::*, Error};
use async_backing_primitives::{CoreIndex, ParaId};
use frame_support::{assert_noop, assert_ok};
use pallet_async_backing_scheduler::{CoreAssignment, CoreShares};

/// Para 2000 leases core 0; core 1 serves orders.
fn lease_and_pool() -> Setup {
	Setup {
		assignments: vec![(0, PARA)],
		pool: vec![1],
		..Setup::default()
	}
}

fn order(para: ParaId) {
	assert_ok!(Scheduler::place_order_keep_alive(
		RuntimeOrigin::signed(RICH),
		para,
		u128::MAX
	));
}

#[test]
fn r_sch_10_one_leased_core_and_one_order_take_two_candidates_in_one_block() {
	lease_and_pool().run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		assert_noop!(
			enter(inherent(&[], &[&first, &second])),
			Error::<Test>::CoreIndexMismatch
		);
		order(PARA);
		finish_block_with(inherent(&[], &[]));
		// Block 2 has the chance of R-SCH-4 already.
		let (first, second) = (Candidate::first(), Candidate::first().child(1, 2));
		assert_ok!(enter(inherent(&[], &[&first, &second])));
		assert_eq!(pending(PARA), [first.hash(), second.hash()], "R-SCH-10");
	});
}

#[test]
fn r_sch_10_an_order_is_consumed_even_if_the_para_offers_one_candidate_only() {
	lease_and_pool().run(|| {
		order(PARA);
		run_to(3);
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first]));
		finish_block_with(inherent(&attest(&[0]), &[]));
		let next = first.child(0, 2);
		let behind = next.child(1, 3);
		assert_noop!(
			enter(inherent(&[], &[&next, &behind])),
			Error::<Test>::CoreNotEligible
		);
		assert_ok!(enter(inherent(&[], &[&next])));
		assert_eq!(pending(PARA), [next.hash()], "R-SCH-10: the order is gone");
	});
}

#[test]
fn r_def_32_r_sch_6_an_order_whose_core_is_occupied_by_its_bonus_is_used_up() {
	lease_and_pool().run(|| {
		order(OTHER);
		finish_block_with(inherent(&[], &[]));
		let first = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		finish_block_with(inherent(&[], &[&first]));
		// Block 3 is the order's own; its candidate occupies the core still.
		finish_block_with(inherent(&[], &[]));
		for attested in [&[1][..], &[], &[]] {
			let next = first.child(1, 2).on(parent());
			assert_noop!(
				enter(inherent(&attest(attested), &[&next])),
				Error::<Test>::NoAssignment
			);
			finish_block_with(inherent(&attest(attested), &[]));
		}
		assert_eq!(included_head(OTHER), first.head(), "R-DEF-32: one block");
	});
}

#[test]
fn r_sch_6_an_order_whose_core_is_occupied_by_another_is_served_later() {
	lease_and_pool().run(|| {
		order(OTHER);
		order(PARA);
		finish_block_with(inherent(&[], &[]));
		let first = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		finish_block_with(inherent(&[], &[&first]));
		finish_block_with(inherent(&[], &[]));
		// Block 4 is the second order's; the first one's candidate occupies the core, so it queues again, for block 6.
		finish_block_with(inherent(&[], &[]));
		finish_block_with(inherent(&attest(&[1]), &[]));
		let first = Candidate::new(PARA, 1, &genesis_head(PARA), 1);
		assert_ok!(enter(inherent(&[], &[&first])));
		assert_eq!(pending(PARA), [first.hash()], "R-SCH-6");
	});
}

#[test]
fn r_def_32_r_abp_9_an_order_whose_candidate_a_session_drops_is_served_in_the_next() {
	lease_and_pool().run(|| {
		order(OTHER);
		finish_block_with(inherent(&[], &[]));
		finish_block_with(inherent(&[], &[]));
		let first = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		finish_block_with(inherent(&[], &[&first]));
		change_session(inherent(&[], &[]));
		assert_eq!(pending(OTHER), [], "R-ABP-9");
		for chance in ["the bonus", "the order's block"] {
			let again = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
			let entered = frame_support::storage::with_transaction(|| {
				frame_support::storage::TransactionOutcome::Rollback(enter(inherent(&[], &[&again])))
			});
			assert_eq!(entered, Ok(()), "R-DEF-32: {chance}");
			finish_block_with(inherent(&[], &[]));
		}
		let again = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		assert_noop!(enter(inherent(&[], &[&again])), Error::<Test>::NoAssignment);
	});
}

#[test]
fn r_sch_11_a_shared_core_varies_the_number_of_candidates_and_depth_stays_per_para() {
	let setup = Setup {
		params: (1, 3),
		assignments: vec![(0, PARA)],
		..Setup::default()
	};
	setup.run(|| {
		let half = |para| (CoreAssignment::Task(para), 28_800);
		assert_ok!(Scheduler::assign_core(
			RuntimeOrigin::root(),
			CoreIndex(1),
			3,
			None,
			CoreShares::truncate_from(vec![half(PARA), half(OTHER)]),
		));
		run_to(3);
		let first = Candidate::first();
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		assert_eq!(
			pending(PARA),
			[first.hash(), second.hash()],
			"R-SCH-11: two cores in block 3"
		);
		// Both are enacted in block 4, and the shared core is the other para's.
		let third = second.child(0, 3);
		let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		finish_block_with(inherent(&attest(&[0, 1]), &[&third, &other]));
		assert_eq!(pending(PARA), [third.hash()], "R-SCH-11: one core in block 4");
		assert_eq!(pending(OTHER), [other.hash()]);
		// Block 5 has two cores again. One is occupied, and the other takes the child of what is pending on it.
		let fourth = third.child(1, 4);
		finish_block_with(inherent(&attest(&[1]), &[&fourth]));
		assert_eq!(pending(PARA), [third.hash(), fourth.hash()], "R-SCH-11: one path");
		// Depth counts both, so no core of the para helps a third one.
		run_to(7);
		let fifth = fourth.child(1, 5).on(parent());
		assert_noop!(enter(inherent(&[], &[&fifth])), Error::<Test>::TooDeep);
	});
}
