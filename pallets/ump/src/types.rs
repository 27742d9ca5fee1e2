//! Where messages in a queue come from.

use crate::Config;
use async_backing_primitives::ParaId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::EnqueueMessage;
use scale_info::TypeInfo;

/// Origin of a queued message, encoded as that of Polkadot's relay chain.
///
/// A runtime whose message queue has other origins too brings its own type and maps this one into it with
/// [`frame_support::traits::TransformOrigin`].
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum AggregateMessageOrigin {
	/// An upward message.
	#[codec(index = 0)]
	Ump(UmpQueueId),
}

/// A queue of upward messages.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum UmpQueueId {
	/// That of this para.
	#[codec(index = 0)]
	Para(ParaId),
}

impl AggregateMessageOrigin {
	/// The para that the message comes from.
	pub fn para(&self) -> ParaId {
		let Self::Ump(UmpQueueId::Para(para)) = self;
		*para
	}
}

impl From<ParaId> for AggregateMessageOrigin {
	fn from(para: ParaId) -> Self {
		Self::Ump(UmpQueueId::Para(para))
	}
}

/// Largest message that the queue takes, in bytes.
pub(crate) type MaxMessageLenOf<T> =
	<<T as Config>::MessageQueue as EnqueueMessage<AggregateMessageOrigin>>::MaxMessageLen;
