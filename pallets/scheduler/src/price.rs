//! What an on-demand order costs (R-SCH-8).

use crate::OnDemandStatus;
use async_backing_primitives::{HostConfiguration, MAX_ON_DEMAND_ORDERS};
use sp_runtime::{traits::One, FixedPointNumber, FixedU128, Perbill, Saturating};

impl OnDemandStatus {
	/// What an order costs now.
	pub(crate) fn price(&self, base_fee: u128) -> u128 {
		self.traffic.saturating_mul_int(base_fee)
	}

	/// Whether no order is on its way.
	pub(crate) fn is_empty(&self) -> bool {
		self.unserved == 0 && self.running == 0
	}

	/// Whether one more order may come: fewer are unserved than `limit`, and the book has room for all that may come back.
	pub(crate) fn has_room(&self, limit: u32) -> bool {
		self.unserved < limit && self.unserved.saturating_add(self.running) < MAX_ON_DEMAND_ORDERS
	}

	/// Counts an order, and makes the next one dearer: by the share that the queue is above its target, but by that of a
	/// single order at least, and by the smallest unit of the currency at least. A variability of zero means a fixed price.
	pub(crate) fn note_order(&mut self, config: &HostConfiguration) {
		let price = self.price(config.on_demand_base_fee);
		self.unserved = self.unserved.saturating_add(1);
		let variability = config.on_demand_fee_variability;
		if variability.is_zero() {
			return;
		}
		let limit = config.on_demand_queue_max_size;
		let above =
			utilization(self.unserved, limit).saturating_sub(config.on_demand_target_queue_utilization);
		let dearer = self
			.traffic
			.saturating_mul(growth(variability, above.max(utilization(1, limit))));
		// Rounded up, so that the price is not one below. A base fee of zero stays zero.
		let one_more = FixedU128::checked_from_rational(price.saturating_add(1), config.on_demand_base_fee)
			.map_or(dearer, |least| least.saturating_add(FixedU128::from_inner(1)));
		self.traffic = dearer.max(one_more);
	}

	/// Moves the price by one block: up where the queue is fuller than the target, down where it is emptier.
	///
	/// With `d` the share that the queue is off its target and `v` the variability, the price changes by the factor
	/// `1 + v d + (v d)^2 / 2`, which is `e^(v d)` for what matters: as fast up as down. It never falls below the base
	/// fee.
	pub(crate) fn note_block(&mut self, config: &HostConfiguration) {
		let utilization = utilization(self.unserved, config.on_demand_queue_max_size);
		let target = config.on_demand_target_queue_utilization;
		let variability = config.on_demand_fee_variability;
		let factor = if utilization >= target {
			growth(variability, utilization.saturating_sub(target))
		} else {
			decay(variability, target.saturating_sub(utilization))
		};
		self.traffic = self.traffic.saturating_mul(factor).max(FixedU128::one());
	}
}

/// Share of the queue that so many orders are. A queue without room is never full.
fn utilization(orders: u32, limit: u32) -> Perbill {
	if limit == 0 {
		Perbill::zero()
	} else {
		Perbill::from_rational(orders, limit)
	}
}

/// `e^(v d)`, to the second order.
fn growth(variability: Perbill, off: Perbill) -> FixedU128 {
	let (first, second) = orders_of(variability, off);
	FixedU128::one().saturating_add(first).saturating_add(second)
}

/// `e^(-v d)`, to the second order: never below a half.
fn decay(variability: Perbill, off: Perbill) -> FixedU128 {
	let (first, second) = orders_of(variability, off);
	FixedU128::one().saturating_add(second).saturating_sub(first)
}

/// `v d` and `(v d)^2 / 2`.
fn orders_of(variability: Perbill, off: Perbill) -> (FixedU128, FixedU128) {
	let first = FixedU128::from(variability).saturating_mul(FixedU128::from(off));
	let second = first
		.saturating_mul(first)
		.saturating_mul(FixedU128::from_rational(1, 2));
	(first, second)
}
