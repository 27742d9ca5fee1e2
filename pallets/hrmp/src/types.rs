//! Records in storage.

use async_backing_primitives::{BlockNumber, Hash, ParaId, MAX_HRMP_CHANNELS, MAX_HRMP_MESSAGE_SIZE};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// The two ends of a channel. Channels are one-way.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct HrmpChannelId {
	/// The para that sends.
	pub sender: ParaId,
	/// The para that receives.
	pub recipient: ParaId,
}

/// A channel. The order up to `mqc_head` is that of R-KEY-5; deposits follow as on Polkadot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct HrmpChannel {
	/// Most messages that may wait.
	pub max_capacity: u32,
	/// Most bytes that may wait.
	pub max_total_size: u32,
	/// Largest single message, in bytes.
	pub max_message_size: u32,
	/// Messages that wait.
	pub msg_count: u32,
	/// Their bytes.
	pub total_size: u32,
	/// Head of the chain of messages; `None` before the first.
	pub mqc_head: Option<Hash>,
	/// What the sender deposited for the channel.
	pub sender_deposit: u128,
	/// What the recipient deposited for the channel.
	pub recipient_deposit: u128,
	/// Running number of the message at the front. Numbers are never used again while the channel is open, nor while
	/// messages are left of one that was between the same paras before.
	pub first: u64,
}

/// A channel that a sender asked for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct OpenRequest {
	/// Whether the recipient accepted it.
	pub is_accepted: bool,
	/// Most messages that may wait in the channel.
	pub max_capacity: u32,
	/// Most bytes that may wait in it.
	pub max_total_size: u32,
	/// Largest single message, in bytes.
	pub max_message_size: u32,
	/// What the sender deposited.
	pub sender_deposit: u128,
	/// What the recipient deposited when it accepted.
	pub recipient_deposit: u128,
}

/// Channels that will open or close, in the order in which that was asked for.
pub type ChannelIds = BoundedVec<HrmpChannelId, ConstU32<{ crate::MAX_CHANGES }>>;

/// The other ends of a para's channels or requests in one direction, ascending.
pub type ParaIds = BoundedVec<ParaId, ConstU32<MAX_HRMP_CHANNELS>>;

/// A channel that is gone, and what is left of it to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClosedChannel {
	/// Its ends.
	pub channel: HrmpChannelId,
	/// Running number of its first message that is left.
	pub first: u64,
	/// How many are left.
	pub messages: u32,
}

/// The queue of closed channels. Not stored while there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClosedQueue {
	/// Position of the channel at the front.
	pub front: u64,
	/// Position behind the last one.
	pub back: u64,
	/// Above the running numbers of all their messages: where channels begin to count that are opened meanwhile, so that
	/// they never see a message of one between the same paras that is gone.
	pub next_number: u64,
}

/// A message that waits. The block comes first, so that it can be read without the message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct StoredMessage {
	/// Relay block in which it was enacted.
	pub sent_at: BlockNumber,
	/// The message.
	pub data: BoundedVec<u8, ConstU32<MAX_HRMP_MESSAGE_SIZE>>,
}
