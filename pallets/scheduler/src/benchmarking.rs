//! Benchmarks of the calls, with as many cores and orders as there can be.

use crate::{
	Call, Config, Core, CoreAssignment, CoreClaims, CoreShares, Cores, OnDemandOrders, Order, Pallet,
	Schedules, MAX_SHARES, PARTS_OF_A_CORE,
};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{ports::ActiveConfiguration, CoreIndex, ParaId, MAX_CORES};
use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Mutate, EnsureOrigin};
use frame_system::RawOrigin;

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Makes a para active.
	fn para(para: ParaId);
}

/// Shares of so many paras.
fn shares(count: u32) -> CoreShares {
	let parts = PARTS_OF_A_CORE / 128;
	let rest = PARTS_OF_A_CORE - parts * (count.max(1) as u16 - 1);
	let shares = (0..count)
		.map(|para| {
			let parts = if para == 0 { rest } else { parts };
			(CoreAssignment::Task(ParaId(para)), parts)
		})
		.collect::<Vec<_>>();
	CoreShares::truncate_from(shares)
}

fn fill<T: Config>() {
	CoreClaims::<T>::put(Cores::truncate_from(vec![Core::default(); MAX_CORES as usize]));
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benches {
	use super::*;

	#[benchmark]
	fn assign_core(s: Linear<1, MAX_SHARES>) -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		fill::<T>();
		let core = CoreIndex(MAX_CORES - 1);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, core, 1_000_000, None, shares(s));
		assert_eq!(Schedules::<T>::get(core).len(), 1);
		Ok(())
	}

	#[benchmark]
	fn place_order() {
		let para = ParaId(2_000);
		T::BenchmarkHelper::para(para);
		let payer: T::AccountId = whitelisted_caller();
		T::Currency::set_balance(&payer, u128::MAX / 4);
		let limit = T::Configuration::active().on_demand_queue_max_size;
		OnDemandOrders::<T>::mutate(|book| {
			for _ in 1..limit {
				let _ = book.orders.try_push(Order { para, ready_at: 1 });
			}
		});
		#[extrinsic_call]
		place_order_allow_death(RawOrigin::Signed(payer), para, u128::MAX);
		assert_eq!(OnDemandOrders::<T>::get().orders.len() as u32, limit);
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
