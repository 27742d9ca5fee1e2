//! The fixed part of an inherent is charged by what the scheduler holds (R-WGT-6).

use crate::{mock::*, weights::UnitWeights, Pallet, WeightInfo};
use async_backing_primitives::{ports::CoreScheduler, CoreIndex, ParaId};
use frame_support::{traits::Hooks, weights::Weight};
use frame_system::RawOrigin;
use pallet_async_backing_scheduler::{CoreAssignment, CoreShares, PARTS_OF_A_CORE};

/// Three cores, two of which are for those who order blocks.
fn with_pool() -> Setup {
	Setup {
		cores: 3,
		assignments: vec![(0, OTHER)],
		pool: vec![1, 2],
		..Setup::default()
	}
}

fn empty() -> Weight {
	Pallet::<Test>::weight_of(&inherent(&[], &[]))
}

/// They come as transactions do, behind the inherents: what hooks order is handed out with the block's own claims.
fn order(count: u32) {
	System::note_inherents_applied();
	for _ in 0..count {
		Scheduler::place_order_keep_alive(RawOrigin::Signed(RICH).into(), PARA, u128::MAX)
			.expect("there is room");
	}
}

fn times(unit: Weight, count: u64) -> Weight {
	unit.saturating_mul(count)
}

#[test]
fn r_def_33_r_wgt_6_orders_and_claims_are_charged() {
	with_pool().run(|| {
		let before = empty();
		order(100);
		let orders = times(<()>::order(), 100);
		assert_eq!(empty(), before.saturating_add(orders), "R-DEF-33");
		// Five claims are part of what a core costs: three cores have 251 more each.
		neighbours(|state| state.config.scheduling_lookahead = 256);
		let expected = before
			.saturating_add(orders)
			.saturating_add(times(<()>::claim(), 3 * 251));
		assert_eq!(empty(), expected, "R-DEF-33");
		neighbours(|state| state.config.scheduling_lookahead = 5);
	});
}

#[test]
fn r_wgt_6_the_end_of_a_block_is_charged_when_it_begins() {
	use frame_support::traits::Hooks;
	with_pool().run(|| {
		let charged = || Pallet::<Test>::on_initialize(now());
		// Half a millisecond, and five microseconds for each of three cores.
		assert_eq!(charged(), Weight::from_parts(515_000_000, 0), "R-WGT-6");
		order(100);
		let orders = times(<()>::order(), 100);
		let expected = Weight::from_parts(515_000_000, 0).saturating_add(orders);
		assert_eq!(charged(), expected, "R-WGT-6: those that wait are read");
	});
}

#[test]
fn r_def_33_r_wgt_6_a_core_that_many_share_is_charged_by_its_bytes() {
	with_pool().run(|| {
		let before = empty();
		let part = PARTS_OF_A_CORE / 100;
		let shares = (0..100).map(|para| (CoreAssignment::Task(ParaId(para)), part));
		let shares = CoreShares::truncate_from(shares.collect());
		Scheduler::assign_core(RawOrigin::Root.into(), CoreIndex(0), 2, None, shares)
			.expect("they make up a core");
		assert_eq!(empty(), before, "it has not begun");
		run_to(12);
		// Of each core 20 bytes and its five claims of five bytes are part of what a core costs.
		let more = u64::from(Scheduler::load().core_bytes) - 3 * 45;
		assert!(
			(800..1_000).contains(&more),
			"nine bytes for each of the others: {more}"
		);
		assert_eq!(
			empty(),
			before.saturating_add(times(<()>::core_byte(), more)),
			"R-DEF-33"
		);
	});
}

/// What the end of a block costs, as its beginning books it.
fn end_of_block() -> Weight {
	Inclusion::on_initialize(System::block_number())
}

#[test]
fn r_def_33_r_wgt_6_the_end_of_a_block_is_charged_by_what_the_scheduler_holds() {
	with_pool().run(|| {
		assert_eq!(
			end_of_block(),
			<()>::on_finalize(3),
			"three cores with five claims each"
		);
		order(100);
		let orders = times(<()>::order(), 100);
		assert_eq!(
			end_of_block(),
			<()>::on_finalize(3).saturating_add(orders),
			"R-DEF-33"
		);
		neighbours(|state| state.config.scheduling_lookahead = 256);
		assert_eq!(
			end_of_block(),
			<()>::on_finalize(154).saturating_add(orders),
			"R-DEF-33: 768 claims"
		);
		neighbours(|state| state.config.scheduling_lookahead = 5);
	});
	with_pool().run(|| {
		let part = PARTS_OF_A_CORE / 100;
		let shares = (0..100).map(|para| (CoreAssignment::Task(ParaId(para)), part));
		let shares = CoreShares::truncate_from(shares.collect());
		Scheduler::assign_core(RawOrigin::Root.into(), CoreIndex(0), 2, None, shares)
			.expect("they make up a core");
		run_to(12);
		let more = u64::from(Scheduler::load().core_bytes) - 3 * 45;
		assert_eq!(
			end_of_block(),
			<()>::on_finalize(3).saturating_add(times(<()>::core_byte(), more)),
			"R-DEF-33"
		);
	});
}
