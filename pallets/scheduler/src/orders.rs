//! On-demand orders: which core serves which, and what they cost (R-SCH-8).

use crate::{block_at, Claim, Core, Order, OrderBook};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{BlockNumber, HostConfiguration, ParaId};
use sp_runtime::{traits::One, FixedPointNumber, FixedU128, Perbill, Saturating};

/// Blocks between an order and the first block that serves it: nodes see its claim in the state of the block that
/// carries the order, one block ahead (R-SCH-8).
pub const ORDER_DELAY: BlockNumber = 2;

impl OrderBook {
	/// Adds an order behind the others, unless there are as many as there may be. Tells whether it did.
	pub(crate) fn push(&mut self, para: ParaId, now: BlockNumber, limit: u32) -> bool {
		let order = Order {
			para,
			ready_at: now.saturating_add(ORDER_DELAY),
		};
		self.orders.len() < limit as usize && self.orders.try_push(order).is_ok()
	}

	/// Hands orders to the pool cores of the next blocks, of which the first is `front`.
	///
	/// Block by block, oldest orders first, one for each core and no para twice; cores and paras are paired ascending.
	/// What was handed out before stays as it is (R-SCH-5).
	///
	/// Cost: the lookahead times the number of cores and orders; nothing without orders.
	pub(crate) fn hand_out(&mut self, cores: &mut [Core], front: BlockNumber) {
		let lookahead = cores.iter().map(|core| core.claims.len()).max().unwrap_or(0);
		for position in 0..lookahead {
			if self.orders.is_empty() {
				return;
			}
			let mut served = BTreeSet::new();
			let mut free = Vec::new();
			for (index, core) in cores.iter().enumerate() {
				match core.claims.get(position) {
					Some(Claim::Pool(Some(para))) => {
						served.insert(*para);
					}
					Some(Claim::Pool(None)) => free.push(index),
					_ => {}
				}
			}
			let taken = self.take_ready(block_at(front, position), served, free.len());
			for (index, para) in free.into_iter().zip(taken) {
				if let Some(claim) = cores
					.get_mut(index)
					.and_then(|core| core.claims.get_mut(position))
				{
					*claim = Claim::Pool(Some(para));
				}
			}
		}
	}

	/// Takes up to `count` orders that `block` may serve, no para twice and none of `served`. Returns paras ascending.
	fn take_ready(
		&mut self,
		block: BlockNumber,
		mut served: BTreeSet<ParaId>,
		count: usize,
	) -> BTreeSet<ParaId> {
		let mut taken = BTreeSet::new();
		if count > 0 {
			self.orders.retain(|order| {
				let takes = taken.len() < count && order.ready_at <= block && served.insert(order.para);
				if takes {
					taken.insert(order.para);
				}
				!takes
			});
		}
		taken
	}

	/// What an order costs now.
	pub(crate) fn price(&self, base_fee: u128) -> u128 {
		self.traffic.saturating_mul_int(base_fee)
	}

	/// Moves the price by one block: up where the queue is fuller than the target, down where it is emptier.
	///
	/// With `d` the share that the queue is off its target and `v` the variability, the price changes by the factor
	/// `1 + v d + (v d)^2 / 2`, which is `e^(v d)` for what matters: as fast up as down. It never falls below the base
	/// fee.
	pub(crate) fn adjust_traffic(&mut self, config: &HostConfiguration) {
		let limit = config.on_demand_queue_max_size;
		let waiting = u32::try_from(self.orders.len()).unwrap_or(u32::MAX);
		let utilization = if limit == 0 {
			Perbill::from_percent(0)
		} else {
			Perbill::from_rational(waiting, limit)
		};
		let target = config.on_demand_target_queue_utilization;
		let variability = FixedU128::from(config.on_demand_fee_variability);
		let change = |off: Perbill| variability.saturating_mul(FixedU128::from(off));
		let second_order = |change: FixedU128| {
			change
				.saturating_mul(change)
				.saturating_mul(FixedU128::from_rational(1, 2))
		};
		let factor = if utilization >= target {
			let up = change(utilization.saturating_sub(target));
			FixedU128::one()
				.saturating_add(up)
				.saturating_add(second_order(up))
		} else {
			let down = change(target.saturating_sub(utilization));
			FixedU128::one()
				.saturating_add(second_order(down))
				.saturating_sub(down)
		};
		self.traffic = self.traffic.saturating_mul(factor).max(FixedU128::one());
	}
}
