//! Benchmarks of the calls, with as many cores and orders as there can be.

use crate::{
	Call, Claim, Config, Core, CoreAssignment, CoreClaims, CoreSchedules, CoreShares, Cores, CurrentShape,
	OnDemand, OnDemandOrders, Order, Orders, Pallet, Schedule, Schedules, SessionShape, Work, MAX_SCHEDULES,
	MAX_SHARES, PARTS_OF_A_CORE,
};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{
	ports::ActiveConfiguration, CoreIndex, ParaId, MAX_CORES, MAX_LOOKAHEAD, MAX_ON_DEMAND_ORDERS,
	MAX_VALIDATORS,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Mutate, EnsureOrigin};
use frame_system::RawOrigin;

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Makes a para active.
	fn para(para: ParaId);
}

/// Sets nothing up: for a runtime that does not run these benchmarks, but is compiled with them.
impl BenchmarkHelper for () {
	fn para(_: ParaId) {}
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

/// As many cores as there can be, each shared by as many as can share it, with claims as far as they can reach; and the
/// last of them with all schedules but one that may wait for it.
fn fill<T: Config>() {
	let core = Core {
		claims: vec![Claim::Pool(Some(ParaId(2_000))); MAX_LOOKAHEAD as usize]
			.try_into()
			.unwrap_or_default(),
		work: Work::begin(&shares(MAX_SHARES), Some(1_000)),
		..Core::default()
	};
	CoreClaims::<T>::put(Cores::truncate_from(vec![core; MAX_CORES as usize]));
	CurrentShape::<T>::put(SessionShape {
		start: 1,
		validators: MAX_VALIDATORS,
		cores: MAX_CORES,
	});
	let waiting = (1..MAX_SCHEDULES).map(|nth| Schedule {
		begin: 1_000_000 + nth,
		end: None,
		shares: shares(MAX_SHARES),
	});
	Schedules::<T>::insert(
		CoreIndex(MAX_CORES - 1),
		CoreSchedules::truncate_from(waiting.collect()),
	);
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
		assert_eq!(Schedules::<T>::get(core).len() as u32, MAX_SCHEDULES);
		Ok(())
	}

	#[benchmark]
	fn place_order() {
		let para = ParaId(2_000);
		T::BenchmarkHelper::para(para);
		let payer: T::AccountId = whitelisted_caller();
		T::Currency::set_balance(&payer, u128::MAX / 4);
		// The book is as full as it can be, and as many are counted as leave room for one more.
		let limit = T::Configuration::active().on_demand_queue_max_size;
		let orders = vec![Order { para, ready_at: 1 }; MAX_ON_DEMAND_ORDERS as usize - 1];
		OnDemandOrders::<T>::put(Orders::truncate_from(orders));
		OnDemand::<T>::mutate(|status| status.unserved = limit.saturating_sub(1));
		#[extrinsic_call]
		place_order_allow_death(RawOrigin::Signed(payer), para, u128::MAX);
		assert_eq!(
			OnDemandOrders::<T>::decode_len(),
			Some(MAX_ON_DEMAND_ORDERS as usize)
		);
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
