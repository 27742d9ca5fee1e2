//! MessageQueue: upward messages wait here until a block has weight left for them.

use crate::{Runtime, RuntimeEvent, Ump};
use frame_support::{
	parameter_types,
	traits::{ConstU32, ProcessMessage, ProcessMessageError},
	weights::{constants::WEIGHT_REF_TIME_PER_NANOS, Weight, WeightMeter},
};
use pallet_async_backing_ump::AggregateMessageOrigin;
use sp_runtime::Perbill;

/// Takes a message off its queue for a weight linear in its length.
///
/// What a message means is the business of a message interpreter such as XCM, which this runtime does not have:
/// a message is done when it has been paid for, and the queue's `Processed` event says so.
#[derive(Clone, Copy, Debug)]
pub struct ChargeByLength;

impl ChargeByLength {
	/// What a message of `length` bytes costs: 10 us, and 1 ns for each byte.
	pub fn weight(length: usize) -> Weight {
		let nanos = 10_000u64.saturating_add(length as u64);
		Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(nanos), 0)
	}
}

impl ProcessMessage for ChargeByLength {
	type Origin = AggregateMessageOrigin;

	fn process_message(
		message: &[u8],
		_origin: AggregateMessageOrigin,
		meter: &mut WeightMeter,
		_id: &mut [u8; 32],
	) -> Result<bool, ProcessMessageError> {
		let weight = Self::weight(message.len());
		meter
			.try_consume(weight)
			.map_err(|()| ProcessMessageError::Overweight(weight))?;
		Ok(true)
	}
}

parameter_types! {
	/// A fifth of a block serves messages whatever else it carries.
	pub MessageQueueServiceWeight: Option<Weight> = Some(
		Perbill::from_percent(20) *
			<<Runtime as frame_system::Config>::BlockWeights as sp_core::Get<
				frame_system::limits::BlockWeights,
			>>::get().max_block
	);
}

impl pallet_message_queue::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MessageProcessor = ChargeByLength;
	type Size = u32;
	type QueueChangeHandler = Ump;
	type QueuePausedQuery = ();
	// A page must hold the largest upward message that a configuration allows (128 KiB, R-ABP-6) and its header.
	type HeapSize = ConstU32<{ 132 * 1024 }>;
	type MaxStale = ConstU32<8>;
	type ServiceWeight = MessageQueueServiceWeight;
	type IdleMaxServiceWeight = ();
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::ParaId;

	#[test]
	fn a_message_is_processed_only_when_its_weight_is_left() {
		let weight = Weight::from_parts(10_100_000, 0);
		let process = |meter: &mut WeightMeter| {
			ChargeByLength::process_message(&[7; 100], ParaId(2000).into(), meter, &mut [0; 32])
		};

		let mut enough = WeightMeter::with_limit(weight);
		assert_eq!(process(&mut enough), Ok(true));
		assert_eq!(enough.remaining(), Weight::zero());

		let mut short = WeightMeter::with_limit(weight - Weight::from_parts(1, 0));
		assert_eq!(process(&mut short), Err(ProcessMessageError::Overweight(weight)));
		assert_eq!(short.consumed(), Weight::zero());
	}
}
