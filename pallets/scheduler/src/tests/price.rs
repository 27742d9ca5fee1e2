//! What orders cost.

use crate::{mock::*, Error, Event, OnDemand, OnDemandStatus};
use async_backing_primitives::{HostConfiguration, ParaId};
use frame_support::{assert_noop, assert_ok, traits::Currency};
use proptest::prelude::*;
use sp_runtime::{traits::One, FixedU128, Perbill};

fn market(size: u32, variability: u32, target: u32, base_fee: u128) -> HostConfiguration {
	HostConfiguration {
		on_demand_queue_max_size: size,
		on_demand_base_fee: base_fee,
		on_demand_fee_variability: Perbill::from_percent(variability),
		on_demand_target_queue_utilization: Perbill::from_percent(target),
		..Default::default()
	}
}

fn status(unserved: u32, traffic: FixedU128) -> OnDemandStatus {
	OnDemandStatus {
		unserved,
		traffic,
		running: 0,
	}
}

fn parts(numerator: u128, denominator: u128) -> FixedU128 {
	FixedU128::from_rational(numerator, denominator)
}

#[test]
fn r_sch_8_what_an_order_does_to_the_price() {
	// unserved before, traffic before, traffic after
	let rows = [
		// Of 100, 40 percent above the target: 1 + 0.1 * 0.4 + (0.1 * 0.4)^2 / 2
		(59, FixedU128::one(), parts(10_408, 10_000)),
		(59, FixedU128::from_u32(2), parts(20_816, 10_000)),
		// Below the target, an order is one percent of the queue: 1 + 0.1 * 0.01 + (0.1 * 0.01)^2 / 2
		(0, FixedU128::one(), parts(10_010_005, 10_000_000)),
		(18, FixedU128::one(), parts(10_010_005, 10_000_000)),
		// 79 percent above
		(98, FixedU128::one(), parts(10_821_205, 10_000_000)),
	];
	for (unserved, before, after) in rows {
		let mut status = status(unserved, before);
		status.note_order(&market(100, 10, 20, 1_000_000));
		assert_eq!(
			(status.unserved, status.traffic),
			(unserved + 1, after),
			"R-SCH-8: {unserved}"
		);
	}
}

#[test]
fn r_sch_8_what_a_block_does_to_the_price() {
	let rows = [
		(60, FixedU128::one(), parts(10_408, 10_000)),
		(20, FixedU128::from_u32(3), FixedU128::from_u32(3)),
		// 1 - 0.1 * 0.2 + (0.1 * 0.2)^2 / 2
		(0, FixedU128::from_u32(3), parts(29_406, 10_000)),
		(0, FixedU128::one(), FixedU128::one()),
	];
	for (unserved, before, after) in rows {
		let mut status = status(unserved, before);
		status.note_block(&market(100, 10, 20, 1_000_000));
		assert_eq!(status.traffic, after, "R-SCH-8: {unserved}");
	}
}

#[test]
fn r_def_32_r_sch_8_a_queue_sold_in_one_block_is_dearer_with_each_order() {
	configure(1, 2);
	reconfigure(|config| *config = market(500, 3, 25, 10_000_000));
	with_cores(&[], &[0], || {
		let _ = Balances::deposit_creating(&RICH, u128::MAX / 2);
		let prices: Vec<u128> = (0..500)
			.map(|_| {
				let price = Scheduler::order_price();
				assert_ok!(order(2000));
				price
			})
			.collect();
		assert!(
			prices.windows(2).all(|pair| pair[0] < pair[1]),
			"R-DEF-32, R-SCH-8: {prices:?}"
		);
		assert_eq!(prices[..3], [10_000_000, 10_000_600, 10_001_200]);
		assert!(
			prices[499] > 60 * 10_000_000,
			"R-SCH-8: e^4.2 is 66; the last costs {}",
			prices[499]
		);
		assert_eq!(Revenue::get(), prices.iter().sum::<u128>());
		assert_noop!(order(2000), Error::<Test>::QueueFull);
	});
}

#[test]
fn r_sch_8_an_order_is_dearer_by_one_unit_at_least() {
	for base_fee in [1, 7, 1_000] {
		let mut status = OnDemandStatus::default();
		for expected in 0..50 {
			assert_eq!(status.price(base_fee), base_fee + expected, "R-SCH-8");
			status.note_order(&market(4_000, 1, 50, base_fee));
		}
	}
}

#[test]
fn r_sch_8_the_price_falls_with_time_and_is_told() {
	configure(1, 2);
	reconfigure(|config| {
		let num_cores = config.num_cores;
		*config = HostConfiguration {
			num_cores,
			..market(100, 10, 20, 1_000_000)
		};
	});
	with_cores(&[], &[], || {
		let _ = Balances::deposit_creating(&RICH, u128::MAX / 2);
		serve(&[]);
		assert_ok!(order(2000));
		System::assert_has_event(Event::PriceChanged { price: 1_001_000 }.into());
		System::assert_last_event(
			Event::OrderPlaced {
				para: ParaId(2000),
				price: 1_000_000,
				ordered_by: RICH,
			}
			.into(),
		);
		next_block(&[]);
		assert_eq!(Scheduler::order_price(), 1_000_000, "R-SCH-8: the floor");
		System::assert_last_event(Event::PriceChanged { price: 1_000_000 }.into());
		System::reset_events();
		next_block(&[]);
		assert_eq!(System::events(), [], "no news");
	});
}

#[test]
fn r_sch_8_a_new_base_fee_is_told() {
	configure(1, 2);
	with_cores(&[], &[], || {
		serve(&[]);
		change_session_to(6, |config| config.on_demand_base_fee = 5_000);
		System::assert_last_event(Event::PriceChanged { price: 5_000 }.into());
		assert_eq!(Scheduler::order_price(), 5_000);
	});
}

#[test]
fn a_variability_of_zero_is_a_fixed_price() {
	let mut status = OnDemandStatus::default();
	for _ in 0..500 {
		status.note_order(&market(500, 0, 25, 1_000));
		status.note_block(&market(500, 0, 25, 1_000));
	}
	assert_eq!(status.price(1_000), 1_000);
	assert_eq!(status.unserved, 500);
}

proptest! {
	#![proptest_config(cases(2_000))]
	#[test]
	fn r_sch_8_the_price_is_sound_at_the_extremes(
		traffic in prop_oneof![Just(FixedU128::one()), Just(FixedU128::from_inner(u128::MAX)), (1u128..1 << 80)
			.prop_map(|more| FixedU128::from_inner(1_000_000_000_000_000_000 + more))],
		unserved in prop_oneof![Just(0), Just(u32::MAX), 0u32..5_000],
		size in prop_oneof![Just(0), Just(1), Just(u32::MAX), 1u32..5_000],
		base_fee in prop_oneof![Just(0), Just(1), Just(u128::MAX), 1u128..1 << 90],
		variability in prop_oneof![Just(Perbill::from_percent(0)), Just(Perbill::one()), (0u32..1_000_000_000).prop_map(Perbill::from_parts)],
		target in prop_oneof![Just(Perbill::from_percent(0)), Just(Perbill::one()), (0u32..1_000_000_000).prop_map(Perbill::from_parts)],
	) {
		let config = HostConfiguration {
			on_demand_queue_max_size: size,
			on_demand_base_fee: base_fee,
			on_demand_fee_variability: variability,
			on_demand_target_queue_utilization: target,
			..Default::default()
		};
		let before = status(unserved, traffic);
		let price = before.price(base_fee);
		let mut after = before;
		after.note_order(&config);
		let dearer = after.price(base_fee);
		if variability.is_zero() || base_fee == 0 {
			prop_assert_eq!(dearer, price, "R-SCH-8");
		} else {
			prop_assert!(dearer > price || dearer == u128::MAX || after.traffic == FixedU128::from_inner(u128::MAX), "R-SCH-8");
		}
		let mut later = before;
		later.note_block(&config);
		prop_assert!(later.traffic >= FixedU128::one(), "R-SCH-8: not below the base fee");
		// As fast up as down: never to less than a half, and never to more than two and a half times.
		prop_assert!(later.traffic.into_inner() >= traffic.into_inner() / 2);
		prop_assert!(later.traffic.into_inner() / 5 <= traffic.into_inner() / 2 + 1);
		let share = if size == 0 { Perbill::zero() } else { Perbill::from_rational(unserved, size) };
		if share < target {
			prop_assert!(later.traffic <= traffic, "R-SCH-8: it falls while the queue is emptier than its target");
		} else {
			prop_assert!(later.traffic >= traffic);
		}
	}
}

#[test]
fn placing_costs_the_same_however_many_orders_wait() {
	configure(1, 2);
	reconfigure(|config| *config = market(4_000, 0, 25, 1));
	with_cores(&[], &[], || {
		for _ in 0..3_999 {
			assert_ok!(order(2000));
		}
		assert_eq!(OnDemand::<Test>::get().unserved, 3_999);
		assert_ok!(order(2000));
		assert_noop!(order(2000), Error::<Test>::QueueFull);
		assert_eq!(waiting().len(), 4_000);
	});
}
