//! What becomes of orders that were paid for (R-DEF-32): nothing is lost, and nobody has more than was paid for.

use crate::{mock::*, Claim, CoreAssignment, CoreClaims, Error, Event, OnDemand, OnDemandOrders, Order};
use async_backing_primitives::{ports::OnParaRemoved, ParaId, MAX_ON_DEMAND_ORDERS};
use frame_support::{assert_noop, assert_ok};

const POOL: CoreAssignment = CoreAssignment::Pool;
const IDLE: CoreAssignment = CoreAssignment::Idle;

/// Orders on their way: unserved, and running.
fn on_their_way() -> (u32, u32) {
	let status = OnDemand::<Test>::get();
	(status.unserved, status.running)
}

fn whole_pool() -> crate::CoreShares {
	shares(&[(POOL, 57_600)])
}

#[test]
fn r_def_32_r_sch_6_orders_that_come_back_find_room_in_a_full_book() {
	configure(2, 2);
	reconfigure(|config| {
		config.on_demand_queue_max_size = MAX_ON_DEMAND_ORDERS;
		config.on_demand_base_fee = 0;
	});
	with_cores(&[], &[0, 1], || {
		serve(&[0, 1]);
		// As if they had been placed one by one.
		let orders = (0..MAX_ON_DEMAND_ORDERS - 1).map(|index| Order {
			para: ParaId(1 + index),
			ready_at: 3,
		});
		OnDemandOrders::<Test>::put(crate::Orders::truncate_from(orders.collect()));
		OnDemand::<Test>::mutate(|status| status.unserved = MAX_ON_DEMAND_ORDERS - 1);
		assert_ok!(order(9_000));
		assert_noop!(order(9_000), Error::<Test>::QueueFull);
		for _ in 0..5 {
			assert_eq!(next_block(&[0, 1]), []);
			assert_noop!(order(9_000), Error::<Test>::QueueFull);
			assert_eq!(
				on_their_way(),
				(MAX_ON_DEMAND_ORDERS, 0),
				"R-DEF-32: none is lost"
			);
		}
		// Each that is served makes room for one, once its candidate can't come back any more.
		assert_eq!(next_block(&[]).len(), 2);
		assert_eq!(on_their_way(), (MAX_ON_DEMAND_ORDERS - 2, 2));
		assert_noop!(order(9_000), Error::<Test>::QueueFull);
		next_block(&[]);
		assert_ok!(order(9_000));
	});
}

#[test]
fn r_def_32_r_sch_6_orders_handed_out_count_against_the_queue() {
	configure(2, 2);
	reconfigure(|config| config.on_demand_queue_max_size = 2);
	with_cores(&[], &[0, 1], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_ok!(order(2002));
		next_block(&[0, 1]);
		assert_eq!(
			(waiting().len(), on_their_way()),
			(0, (2, 0)),
			"both are handed out"
		);
		assert_noop!(order(2003), Error::<Test>::QueueFull);
		next_block(&[0, 1]);
		assert_eq!(waiting(), [2001, 2002], "R-SCH-6");
		assert_noop!(order(2003), Error::<Test>::QueueFull);
		assert_eq!(next_block(&[]), [(0, 2001), (1, 2002)], "the bonus");
		assert_eq!(next_block(&[]), [(0, 2001), (1, 2002)]);
		assert_ok!(order(2003));
	});
}

/// One pool core and one order; a candidate becomes available `late` blocks after the first block that could tell.
/// Returns the blocks in which one was backed.
fn parablocks_of_one_order(late: u32) -> Vec<u32> {
	let mut backed = Vec::new();
	configure(1, 3);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		let mut pending = None;
		for block in 2..=31 {
			let included = pending.filter(|since| block > since + late);
			if included.is_some() {
				pending = None;
			}
			let cores = |is: bool| if is { &[0][..] } else { &[] };
			if !next_block_after(cores(pending.is_some()), cores(included.is_some())).is_empty() {
				pending = Some(block);
				backed.push(block);
			}
		}
		assert_eq!(on_their_way(), (0, 0));
	});
	backed
}

#[test]
fn r_def_32_r_sch_6_one_order_pays_for_one_block_and_the_bonus() {
	assert_eq!(parablocks_of_one_order(0), [2, 3], "R-SCH-4, R-SCH-8");
	assert_eq!(
		parablocks_of_one_order(1),
		[2],
		"R-DEF-32: its block is occupied by the bonus"
	);
	assert_eq!(parablocks_of_one_order(2), [2], "R-DEF-32");
	assert_eq!(parablocks_of_one_order(10), [2], "R-DEF-32");
}

#[test]
fn r_def_32_r_sch_6_two_orders_of_a_para_pay_for_two_blocks() {
	configure(1, 3);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_ok!(order(2001));
		// The bonus is used, and included in block 4 only: it used the first order up, not the second.
		assert_eq!(next_block(&[]), [(0, 2001)]);
		assert_eq!(next_block(&[0]), []);
		assert_eq!(on_their_way(), (1, 1));
		assert_eq!(next_block_after(&[], &[0]), [(0, 2001)], "R-SCH-6: the second");
		assert_eq!(next_block(&[0]), []);
		assert_eq!(next_block_after(&[], &[0]), []);
		assert_eq!(on_their_way(), (0, 0));
	});
}

#[test]
fn r_def_32_r_sch_6_an_order_behind_another_candidate_of_its_para_is_not_served_by_it() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "the bonus, which nobody uses");
		assert_eq!(next_block(&[]), [(0, 2001)], "the first, which is used");
		assert_eq!(
			next_block(&[0]),
			[],
			"R-SCH-6: the second finds the core occupied"
		);
		assert_eq!(waiting(), [2001], "R-SCH-6");
		assert_eq!(next_block_after(&[], &[0]), [(0, 2001)], "its own bonus");
	});
}

#[test]
fn r_sch_10_an_order_is_used_up_by_its_block() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		next_block(&[]);
		assert_eq!(next_block(&[]), [(0, 2001)]);
		// Nobody offered a candidate.
		assert_eq!(next_block(&[]), []);
		assert_eq!(on_their_way(), (0, 0), "R-SCH-10");
	});
}

#[test]
fn r_def_32_r_abp_9_an_order_whose_candidate_a_session_drops_comes_back() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "the bonus, which nobody uses");
		assert_eq!(
			next_block(&[]),
			[(0, 2001)],
			"backed, but not available before the session ends"
		);
		last_block_of_session(&[0], &[]);
		assert_eq!(on_their_way(), (1, 0), "R-DEF-32: paid for, and nothing had");
		assert_eq!(next_block(&[]), [(0, 2001)], "the bonus");
		assert_eq!(next_block_after(&[], &[0]), [(0, 2001)], "R-SCH-6");
		last_block_of_session(&[], &[0]);
		assert_eq!(on_their_way(), (0, 0), "included in the last block");
	});
}

#[test]
fn r_def_32_r_abp_9_an_order_whose_bonus_a_session_drops_comes_back() {
	configure(1, 3);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "the bonus is backed");
		last_block_of_session(&[0], &[]);
		assert_eq!(on_their_way(), (1, 0), "R-DEF-32: paid for, and nothing had");
		assert_eq!(next_block(&[]), [(0, 2001)]);
		assert_eq!(next_block(&[0]), [], "R-SCH-6: the bonus again, which is late");
		last_block_of_session(&[0], &[]);
		assert_eq!(
			on_their_way(),
			(1, 0),
			"R-DEF-32: the candidate that ran was dropped"
		);
		next_block(&[]);
		last_block_of_session(&[], &[0]);
		assert_eq!(
			on_their_way(),
			(0, 0),
			"R-DEF-32: the bonus was included, so it is paid off"
		);
	});
}

#[test]
fn r_def_32_r_abp_9_an_order_that_gave_a_block_does_not_come_back() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "the bonus is backed");
		assert_eq!(
			next_block_after(&[], &[0]),
			[(0, 2001)],
			"and included; the next one is backed"
		);
		last_block_of_session(&[0], &[]);
		assert_eq!(on_their_way(), (0, 0), "R-DEF-32: a block for an order");
	});
}

#[test]
fn r_def_32_r_abp_10_an_order_whose_block_ends_the_session_comes_back() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "the bonus, which nobody uses");
		last_block_of_session(&[], &[]);
		assert_eq!(
			on_their_way(),
			(1, 0),
			"R-SCH-6: the core is free, but the session ends"
		);
		assert_eq!(next_block(&[]), [(0, 2001)], "its bonus");
		assert_eq!(next_block(&[]), [(0, 2001)]);
	});
}

#[test]
fn r_def_32_a_session_whose_last_block_served_nothing_keeps_what_ran() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		next_block(&[]);
		next_block(&[]);
		assert_eq!(on_their_way(), (0, 1));
		// Backing is frozen, so claims don't move; what is pending is dropped all the same.
		change_session_to(6, |_| {});
		assert_eq!(on_their_way(), (1, 0), "R-DEF-32");
		assert_eq!(next_block(&[]), [(0, 2001)]);
	});
}

#[test]
fn r_def_32_r_sch_4_fewer_cores_and_a_shorter_lookahead_lose_no_order() {
	configure(3, 4);
	with_cores(&[], &[0, 1, 2], || {
		serve(&[]);
		for para in 2001..2010 {
			assert_ok!(order(para));
		}
		next_block(&[]);
		assert_eq!(on_their_way(), (9, 0));
		assert_eq!(waiting().len(), 0, "all are handed out");
		change_session_to(6, |config| {
			(config.num_cores, config.scheduling_lookahead) = (1, 2);
		});
		assert_eq!(on_their_way(), (9, 0), "R-DEF-32");
		assert_eq!(claims(0), [2001, 2004], "R-SCH-5");
		let mut served: Vec<_> = (0..12)
			.flat_map(|_| next_block(&[]))
			.map(|(_, para)| para)
			.collect();
		served.dedup();
		served.sort_unstable();
		assert_eq!(
			served,
			(2001..2010).collect::<Vec<_>>(),
			"R-DEF-32: each has its block"
		);
	});
}

#[test]
fn r_def_32_a_smaller_queue_drops_nothing() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		for para in 2001..2006 {
			assert_ok!(order(para));
		}
		change_session_to(6, |config| config.on_demand_queue_max_size = 2);
		assert_noop!(order(2006), Error::<Test>::QueueFull);
		for _ in 0..3 {
			next_block(&[0]);
		}
		assert_eq!(on_their_way(), (5, 0), "R-DEF-32");
		change_session_to(6, |config| config.on_demand_queue_max_size = 0);
		(0..6).for_each(|_| drop(next_block(&[])));
		assert_eq!(on_their_way(), (0, 0));
		assert_noop!(order(2006), Error::<Test>::QueueFull);
	});
}

#[test]
fn r_def_32_r_sch_5_a_core_that_gets_other_work_serves_its_orders_first() {
	configure(1, 3);
	with_cores(&[], &[0], || {
		serve(&[]);
		for para in 2001..2005 {
			assert_ok!(order(para));
		}
		assert_ok!(assign(0, 0, None, whole(2100)));
		assert_ok!(assign(0, 20, None, whole_pool()));
		let served: Vec<_> = (0..4)
			.flat_map(|_| next_block(&[]))
			.map(|(_, para)| para)
			.collect();
		assert_eq!(
			served,
			[2001, 2001, 2002, 2100],
			"R-SCH-5: the visible ones first"
		);
		assert_eq!(waiting(), [2003, 2004]);
		let mut served: Vec<_> = (0..30)
			.flat_map(|_| next_block(&[]))
			.map(|(_, para)| para)
			.collect();
		served.retain(|para| *para != 2100);
		assert_eq!(
			served,
			[2003, 2004],
			"R-DEF-32: the others when the core is in the pool again"
		);
	});
}

#[test]
fn r_def_32_orders_of_a_removed_para_are_dropped_with_an_event() {
	configure(1, 3);
	with_cores(&[], &[0], || {
		serve(&[]);
		for para in [2001, 2002, 2001, 2001, 2002] {
			assert_ok!(order(para));
		}
		next_block(&[0]);
		assert_eq!(
			(claims(0), waiting()),
			(vec![2001, 2002, 2001], vec![2001, 2001, 2002])
		);
		neighbours(|state| state.gone.insert(ParaId(2001)));
		Scheduler::on_para_removed(ParaId(2001));
		assert_eq!(waiting(), [2002], "at once");
		change_session_to(6, |_| {});
		System::assert_has_event(
			Event::OrdersDropped {
				para: ParaId(2001),
				count: 3,
			}
			.into(),
		);
		assert_eq!(on_their_way(), (2, 0));
		assert_eq!(claims(0), [2001, 2002, 2001], "R-SCH-5: what is handed out stays");
		// Its claim finds the core occupied and does not come back.
		next_block(&[0]);
		assert_eq!(on_their_way(), (2, 0));
		assert_noop!(order(2001), Error::<Test>::UnknownPara);
		let served: Vec<_> = (0..4)
			.flat_map(|_| next_block(&[]))
			.map(|(_, para)| para)
			.collect();
		assert_eq!(served, [2002, 2001, 2002], "R-SCH-5: a claim that nobody can use");
		assert_eq!(on_their_way(), (0, 0));
	});
}

#[test]
fn r_def_32_a_running_order_of_a_removed_para_is_dropped() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		assert_ok!(order(2001));
		next_block(&[]);
		next_block(&[]);
		assert_eq!(on_their_way(), (0, 1));
		Scheduler::on_para_removed(ParaId(2001));
		next_block(&[0]);
		assert_eq!(on_their_way(), (0, 0));
		System::assert_has_event(
			Event::OrdersDropped {
				para: ParaId(2001),
				count: 1,
			}
			.into(),
		);
	});
}

#[test]
fn removing_a_para_costs_the_same_however_many_orders_there_are() {
	configure(1, 2);
	with_cores(&[], &[0], || {
		serve(&[]);
		Scheduler::on_para_removed(ParaId(2001));
		assert_eq!(crate::Removed::<Test>::get().into_inner(), []);
		assert_ok!(order(2002));
		// More removals than there can be paras: the list makes room.
		for para in 0..=async_backing_primitives::MAX_PARAS {
			Scheduler::on_para_removed(ParaId(10_000 + para));
		}
		assert_eq!(on_their_way(), (1, 0));
		Scheduler::on_para_removed(ParaId(2002));
		next_block(&[]);
		assert_eq!(on_their_way(), (0, 0), "R-DEF-32");
		assert!(!crate::Removed::<Test>::exists());
	});
}

#[test]
fn r_def_32_a_para_on_a_lease_and_with_an_order_has_both() {
	configure(2, 2);
	with_cores(&[(0, 2000)], &[1], || {
		serve(&[]);
		assert_ok!(order(2000));
		// The leased core is occupied, which says nothing about the order.
		assert_eq!(next_block(&[0]), [(1, 2000)], "the bonus, which nobody uses");
		assert_eq!(next_block(&[0]), [(1, 2000)]);
		assert_eq!(next_block(&[0, 1]), []);
		assert_eq!(next_block_after(&[0], &[1]), []);
		assert_eq!(on_their_way(), (0, 0));
	});
}

#[test]
fn r_def_32_a_core_shared_by_a_lease_and_the_pool_hands_its_order_back_behind_the_lease() {
	configure(1, 4);
	with_assignments(&[], || {
		serve(&[]);
		let half = shares(&[(CoreAssignment::Task(ParaId(2001)), 28_800), (POOL, 28_800)]);
		assert_ok!(assign(0, 2, None, half));
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "the lease");
		assert_eq!(
			next_block(&[0]),
			[],
			"R-SCH-6: the lease's candidate occupies the core"
		);
		assert_eq!(on_their_way(), (1, 0), "R-DEF-32: the order is not served by it");
		assert_eq!(next_block_after(&[], &[0]), [(0, 2001)], "the lease");
		assert_eq!(next_block(&[]), [(0, 2001)], "the order");
		next_block(&[]);
		assert_eq!(on_their_way(), (0, 0));
	});
}

#[test]
fn r_sch_8_an_idle_share_before_an_order_is_its_bonus() {
	configure(1, 4);
	with_assignments(&[], || {
		serve(&[]);
		let half = shares(&[(IDLE, 28_800), (POOL, 28_800)]);
		assert_ok!(assign(0, 2, None, half));
		assert_ok!(order(2001));
		assert_eq!(next_block(&[]), [(0, 2001)], "R-SCH-4: the bonus");
		assert_eq!(next_block(&[0]), []);
		assert_eq!(on_their_way(), (0, 1), "R-SCH-6: used up");
		assert_eq!(
			CoreClaims::<Test>::get()[0].claims[..2],
			[Claim::Idle, Claim::Pool(None)]
		);
	});
}
