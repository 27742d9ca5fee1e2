//! Invariants of storage.

use crate::{
	types::{check_shares, core_at},
	Claim, Config, Core, CoreClaims, OnDemand, OnDemandOrders, Pallet, Removed, Schedules, Work,
	PARTS_OF_A_CORE,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ActiveConfiguration, CoreScheduler, ParaState},
	step_of_turns, CoreIndex, MAX_CORES, MAX_LOOKAHEAD, MAX_ON_DEMAND_ORDERS,
};
use frame_support::ensure;
use sp_runtime::{traits::One, FixedU128, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what always holds between blocks.
	///
	/// # Errors
	/// Names what does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let shape = Self::shape();
		let lookahead = T::Configuration::active().scheduling_lookahead.min(MAX_LOOKAHEAD) as usize;
		let cores = CoreClaims::<T>::get();
		for (position, core) in cores.iter().enumerate() {
			let index = core_at(position);
			ensure!(
				index.0 < shape.cores || core.claims.is_empty(),
				"claims of a core that the session does not have"
			);
			ensure!(
				core.claims.len() <= lookahead,
				"a claim queue is longer than the lookahead (R-SCH-4)"
			);
			Self::check_core(index, core)?;
		}
		for (index, waiting) in Schedules::<T>::iter() {
			ensure!(index.0 < MAX_CORES, "a scheduled core is beyond the ceiling");
			ensure!(!waiting.is_empty(), "an empty list of schedules is stored");
			ensure!(
				cores.get(index.0 as usize).is_some(),
				"schedules of a core without a record"
			);
		}
		Self::check_orders(&cores)?;
		let members: usize = Self::groups().iter().map(Vec::len).sum();
		ensure!(
			shape.cores == 0 || members == shape.validators as usize,
			"a validator is in no group (R-GRP-5)"
		);
		Ok(())
	}

	/// Every order that was paid for is somewhere, and can come back.
	fn check_orders(cores: &[Core]) -> Result<(), TryRuntimeError> {
		let status = OnDemand::<T>::get();
		ensure!(
			status.traffic >= FixedU128::one(),
			"the price of an order is below the base fee"
		);
		let claims = cores.iter().flat_map(|core| core.claims.iter());
		let handed_out = claims
			.filter(|claim| matches!(claim, Claim::Pool(Some(_))))
			.count();
		let orders = OnDemandOrders::<T>::get();
		ensure!(
			orders.windows(2).all(|pair| pair[0].ready_at <= pair[1].ready_at),
			"an order is ready before one ahead of it (R-SCH-8)"
		);
		let removed = Removed::<T>::get();
		ensure!(
			orders
				.iter()
				.all(|order| T::Paras::current_code_hash(order.para).is_some()
					|| removed.contains(&order.para)),
			"an order outlives its para (R-DEF-31)"
		);
		let unserved = orders.len().saturating_add(handed_out);
		ensure!(
			status.unserved as usize == unserved,
			"orders that are not served are not those that wait and those handed out (R-SCH-6)"
		);
		let running = cores.iter().filter(|core| core.running.is_some()).count();
		ensure!(
			status.running as usize == running,
			"orders that run are not those of the cores (R-SCH-6)"
		);
		ensure!(
			unserved.saturating_add(running) <= MAX_ON_DEMAND_ORDERS as usize,
			"orders that come back would not find room (R-SCH-6)"
		);
		Ok(())
	}

	fn check_core(index: CoreIndex, core: &Core) -> Result<(), TryRuntimeError> {
		let waiting = Schedules::<T>::get(index);
		ensure!(
			core.next_begin == waiting.first().map(|schedule| schedule.begin),
			"a core does not know when its schedule begins"
		);
		ensure!(
			waiting.windows(2).all(|pair| pair[0].begin < pair[1].begin),
			"schedules of a core do not ascend"
		);
		for schedule in &waiting {
			ensure!(
				check_shares(&schedule.shares).is_ok(),
				"shares of a schedule do not make up a core (R-SCH-7)"
			);
		}
		let Some(Work { shares, turn, .. }) = &core.work else {
			return Ok(());
		};
		let sum: u32 = shares.iter().map(|share| u32::from(share.parts)).sum();
		ensure!(
			sum == u32::from(PARTS_OF_A_CORE),
			"shares of a core do not make it up (R-SCH-7)"
		);
		let step = step_of_turns(shares.iter().map(|share| share.parts));
		ensure!(
			step > 0 && shares.iter().all(|share| share.remaining >= step),
			"a share has no turn left (R-SCH-7)"
		);
		ensure!((*turn as usize) < shares.len(), "it is nobody's turn");
		Ok(())
	}
}
