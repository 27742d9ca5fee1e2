//! On-demand orders.

use crate::{mock::*, CoreAssignment, Error, Event, OnDemandOrders, Removed};
use async_backing_primitives::{ports::OnParaRemoved, ParaId};
use frame_support::{assert_noop, assert_ok, traits::Currency};
use sp_runtime::{DispatchError, TokenError};

#[test]
fn r_sch_8_an_order_is_ready_two_blocks_later_and_used_up_once() {
	configure(2, 4);
	with_cores(&[(0, 2000)], &[1], || {
		serve(&[]);
		assert_eq!(claims(1), [0u32; 0], "nobody ordered");
		assert_ok!(order(2001));
		// Block 3 serves it; block 2 has the chance of R-SCH-4, since the core would be idle.
		assert_eq!(claims(1), [2001, 2001]);
		assert_eq!(OnDemandOrders::<Test>::get()[0].ready_at, 3, "R-SCH-8");
		assert_eq!(next_block(&[]), [(0, 2000), (1, 2001)], "R-SCH-4: the bonus");
		assert_eq!(next_block(&[]), [(0, 2000), (1, 2001)], "R-SCH-8");
		assert_eq!(next_block(&[]), [(0, 2000)], "R-SCH-8: one order, one block");
		assert_eq!(OnDemandOrders::<Test>::get().len(), 0);
	});
}

#[test]
fn r_sch_8_each_pool_core_takes_one_order_a_block_paras_distinct_and_paired_ascending() {
	configure(4, 3);
	with_cores(&[(1, 2000)], &[0, 2, 3], || {
		serve(&[]);
		for para in [2005, 2003, 2003, 2007, 2001, 2003] {
			assert_ok!(order(para));
		}
		assert_eq!(
			next_block(&[1]),
			[(0, 2003), (2, 2005), (3, 2007)],
			"R-SCH-4: the bonus"
		);
		assert_eq!(
			next_block(&[1]),
			[(0, 2003), (2, 2005), (3, 2007)],
			"R-SCH-8: the oldest of three paras, cores and paras ascending"
		);
		assert_eq!(next_block(&[1]), [(0, 2001), (2, 2003)], "R-SCH-8: no para twice");
		assert_eq!(next_block(&[1]), [(0, 2003)], "R-SCH-8");
		assert_eq!(next_block(&[1]), []);
	});
}

/// The published pallets hand one of the orders to it, which is lost (decision 9).
#[test]
fn r_sch_6_a_core_that_the_session_does_not_have_takes_no_order() {
	configure(1, 3);
	with_cores(&[], &[0, 1], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_ok!(order(2002));
		assert_eq!(claims(1), [0u32; 0], "the session has one core");
		let served: Vec<_> = (0..4).map(|_| next_block(&[])).collect();
		let bonus = vec![(0, 2001)];
		assert_eq!(
			served,
			[bonus, vec![(0, 2001)], vec![(0, 2002)], vec![]],
			"R-SCH-6"
		);
	});
}

#[test]
fn r_sch_6_an_order_on_a_blocked_core_queues_again_behind_the_others() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_ok!(order(2002));
		assert_ok!(order(2003));
		assert_eq!(next_block(&[0]), [], "occupied by an older candidate");
		assert_eq!(next_block(&[0]), [], "R-SCH-6: occupied still");
		assert_eq!(
			waiting(),
			[2003, 2001],
			"R-SCH-6: 2002 is handed out, 2001 is the last"
		);
		let served: Vec<_> = (0..4)
			.flat_map(|_| next_block(&[]))
			.map(|(_, para)| para)
			.collect();
		assert_eq!(served, [2002, 2003, 2001], "R-SCH-6");
	});
}

#[test]
fn r_sch_10_a_leased_core_and_an_order_serve_one_para_in_one_block() {
	configure(2, 2);
	with_cores(&[(0, 2000)], &[1], || {
		serve(&[]);
		assert_ok!(order(2000));
		next_block(&[]);
		assert_eq!(next_block(&[]), [(0, 2000), (1, 2000)], "R-SCH-10");
		assert_eq!(
			next_block(&[]),
			[(0, 2000)],
			"R-SCH-10: the order is used up, whatever the para offered"
		);
	});
}

#[test]
fn r_sch_8_a_share_of_a_core_may_be_in_the_pool() {
	configure(1, 4);
	with_assignments(&[], || {
		serve(&[]);
		let task = CoreAssignment::Task(ParaId(2000));
		let half = shares(&[(task, 28_800), (CoreAssignment::Pool, 28_800)]);
		assert_ok!(assign(0, 2, None, half));
		assert_ok!(order(2001));
		assert_eq!(
			claims(0),
			[2000, 2001, 2000],
			"R-SCH-8: a hole where nobody ordered"
		);
		assert_ok!(order(2002));
		assert_eq!(claims(0), [2000, 2001, 2000, 2002]);
		let served: Vec<_> = (0..4)
			.flat_map(|_| next_block(&[]))
			.map(|(_, para)| para)
			.collect();
		assert_eq!(served, [2000, 2001, 2000, 2002]);
	});
}

#[test]
fn an_order_is_paid_by_its_signer_and_refused_for_a_reason() {
	configure(1, 2);
	reconfigure(|config| config.on_demand_queue_max_size = 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		let place =
			|who, para, max| Scheduler::place_order_keep_alive(RuntimeOrigin::signed(who), ParaId(para), max);
		assert_eq!(Scheduler::order_price(), 1_000);
		assert_noop!(place(RICH, 10_000, u128::MAX), Error::<Test>::UnknownPara);
		assert_noop!(place(RICH, 2000, 999), Error::<Test>::PriceTooHigh);
		assert_noop!(place(2, 2000, 1_000), TokenError::FundsUnavailable);
		assert_noop!(
			Scheduler::place_order_keep_alive(RuntimeOrigin::root(), ParaId(2000), 1_000),
			DispatchError::BadOrigin
		);
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		assert_ok!(place(RICH, 2000, 1_000));
		assert_eq!(Balances::free_balance(RICH), ENDOWMENT - 1_000);
		assert_eq!(
			pallet_balances::TotalIssuance::<Test>::get(),
			issued - 1_000,
			"burnt"
		);
		System::assert_last_event(
			Event::OrderPlaced {
				para: ParaId(2000),
				price: 1_000,
				ordered_by: RICH,
			}
			.into(),
		);
		// An account that has just the price keeps its existential deposit, unless it says otherwise.
		let _ = Balances::deposit_creating(&2, 1_015);
		assert_noop!(place(2, 2000, 1_014), Error::<Test>::PriceTooHigh);
		assert_noop!(place(2, 2000, 1_015), TokenError::FundsUnavailable);
		assert_ok!(Scheduler::place_order_allow_death(
			RuntimeOrigin::signed(2),
			ParaId(2000),
			1_015
		));
		assert_eq!(Balances::free_balance(2), 0);
		assert_noop!(order(2000), Error::<Test>::QueueFull);
		Scheduler::on_para_removed(ParaId(2000));
		assert_eq!(Scheduler::waiting_orders(), []);
		next_block(&[]);
		assert_eq!(Removed::<Test>::get().into_inner(), []);
	});
}
