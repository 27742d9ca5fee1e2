//! Records in storage.

use async_backing_primitives::{SessionIndex, ValidatorId, MAX_VALIDATORS};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// A session change that waits for the end of the block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BufferedChange {
	/// The session that begins.
	pub session: SessionIndex,
	/// Keys of its validators, in the session pallet's order.
	pub validators: BoundedVec<ValidatorId, ConstU32<MAX_VALIDATORS>>,
}
