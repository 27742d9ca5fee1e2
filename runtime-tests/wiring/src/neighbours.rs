//! What the runtimes have beside the pallets.

use async_backing_primitives::ParaId;
use frame_support::{
	traits::{ProcessMessage, ProcessMessageError},
	weights::{Weight, WeightMeter},
};
use pallet_async_backing_ump::AggregateMessageOrigin;
use sp_runtime::traits::Convert;

/// A para's account is its id.
pub struct AccountOfPara;

impl Convert<ParaId, u64> for AccountOfPara {
	fn convert(para: ParaId) -> u64 {
		para.0.into()
	}
}

/// Takes every message.
pub struct Processor;

impl ProcessMessage for Processor {
	type Origin = AggregateMessageOrigin;

	fn process_message(
		_: &[u8],
		_: Self::Origin,
		_: &mut WeightMeter,
		_: &mut [u8; 32],
	) -> Result<bool, ProcessMessageError> {
		Ok(true)
	}
}

frame_support::parameter_types! {
	pub const NoServiceWeight: Option<Weight> = None;
}
