//! `try_state` finds what is wrong.

use crate::{
	mock::*, Core, CoreAssignment, CoreClaims, CoreSchedules, Cores, CurrentShape, OnDemand, OnDemandOrders,
	OnDemandStatus, Order, Orders, Schedules, SessionShape, Work,
};
use async_backing_primitives::{CoreIndex, ParaId, MAX_CORES, MAX_ON_DEMAND_ORDERS};
use frame_support::{
	assert_ok,
	storage::{with_transaction_unchecked, TransactionOutcome::Rollback},
};
use sp_runtime::FixedU128;

fn change_core(change: impl FnOnce(&mut Core)) {
	CoreClaims::<Test>::mutate(|cores: &mut Cores| change(&mut cores[0]));
}

fn change_work(change: impl FnOnce(&mut Work)) {
	change_core(|core| change(core.work.as_mut().expect("it is assigned")));
}

fn change_schedules(change: impl FnOnce(&mut CoreSchedules)) {
	Schedules::<Test>::mutate(CoreIndex(0), change);
}

fn change_orders(change: impl FnOnce(&mut Orders)) {
	OnDemandOrders::<Test>::mutate(change);
}

fn change_status(change: impl FnOnce(&mut OnDemandStatus)) {
	OnDemand::<Test>::mutate(change);
}

/// One leased core with two schedules to come, and one of the pool: an order runs, two are handed out and two wait.
fn lease_and_orders() {
	serve(&[]);
	assert_ok!(assign(0, 50, Some(60), whole(2010)));
	assert_ok!(assign(0, 70, None, whole(2011)));
	for para in 2001..=2003 {
		assert_ok!(order(para));
	}
	next_block(&[]);
	next_block(&[1]);
	for para in 2004..=2005 {
		assert_ok!(order(para));
	}
	let status = OnDemand::<Test>::get();
	assert_eq!(
		(status.unserved, status.running, waiting()),
		(4, 1, vec![2004, 2005])
	);
}

#[test]
fn try_state_names_what_is_wrong() {
	type Row = (&'static str, fn());
	let rows: [Row; 17] = [
		("claims of a core that the session does not have", || {
			CurrentShape::<Test>::put(SessionShape {
				start: 1,
				validators: 6,
				cores: 1,
			});
		}),
		("longer than the lookahead (R-SCH-4)", || {
			change_core(|core| core.claims = vec![crate::Claim::Idle; 4].try_into().expect("few"));
		}),
		("does not know when its schedule begins", || {
			change_core(|core| core.next_begin = Some(51));
		}),
		("schedules of a core do not ascend", || {
			change_schedules(|waiting| waiting[1].begin = 50);
		}),
		("shares of a schedule do not make up a core (R-SCH-7)", || {
			change_schedules(|waiting| waiting[1].shares = shares(&[(CoreAssignment::Pool, 57_599)]));
		}),
		("shares of a core do not make it up (R-SCH-7)", || {
			change_work(|work| work.shares[0].parts = 57_599);
		}),
		("a share has no turn left (R-SCH-7)", || {
			change_work(|work| work.shares[0].remaining = 57_599);
		}),
		("it is nobody's turn", || change_work(|work| work.turn = 1)),
		("a scheduled core is beyond the ceiling", || {
			change_schedules(|waiting| Schedules::<Test>::insert(CoreIndex(MAX_CORES), waiting));
		}),
		("an empty list of schedules is stored", || {
			Schedules::<Test>::insert(CoreIndex(1), CoreSchedules::new());
		}),
		("schedules of a core without a record", || {
			change_schedules(|waiting| Schedules::<Test>::insert(CoreIndex(2), waiting));
		}),
		("the price of an order is below the base fee", || {
			change_status(|status| status.traffic = FixedU128::from_inner(999_999_999_999_999_999));
		}),
		("ready before one ahead of it (R-SCH-8)", || {
			change_orders(|orders| orders[0].ready_at = 6);
		}),
		("an order outlives its para (R-DEF-31)", || {
			change_orders(|orders| orders[1].para = ParaId(10_000));
		}),
		("those that wait and those handed out (R-SCH-6)", || {
			change_status(|status| status.unserved = 3);
		}),
		("orders that run are not those of the cores (R-SCH-6)", || {
			change_status(|status| status.running = 0);
		}),
		("orders that come back would not find room (R-SCH-6)", || {
			let order = Order {
				para: ParaId(2004),
				ready_at: 5,
			};
			// With those that run and that are handed out one more than the book holds.
			let waiting = MAX_ON_DEMAND_ORDERS - 2;
			OnDemandOrders::<Test>::put(Orders::truncate_from(vec![order; waiting as usize]));
			change_status(|status| status.unserved = MAX_ON_DEMAND_ORDERS);
		}),
	];
	for (expected, corrupt) in rows {
		configure(2, 3);
		with_cores(&[(0, 2000)], &[1], || {
			lease_and_orders();
			assert_eq!(Scheduler::do_try_state(), Ok(()), "sound before: {expected}");
			let found = with_transaction_unchecked(|| {
				corrupt();
				Rollback(Scheduler::do_try_state())
			});
			let message = format!("{:?}", found.expect_err(expected));
			assert!(
				message.contains(expected),
				"expected {expected:?}, found {message}"
			);
		});
	}
}
