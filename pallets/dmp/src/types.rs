//! Records in storage, and the error of sending.

use async_backing_primitives::{BlockNumber, ParaId, MAX_DOWNWARD_MESSAGE_SIZE};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Where a queue begins and ends. Messages have running numbers that are never used again while the para
/// lives, nor while messages are left of one that had its id before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct QueueState {
	/// Number of the message at the front.
	pub first: u64,
	/// Messages that wait.
	pub count: u32,
	/// Their bytes.
	pub bytes: u32,
}

/// The queue of a para that is gone, and what is left of it to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RemovedQueue {
	/// The para.
	pub para: ParaId,
	/// Number of its first message that is left.
	pub first: u64,
	/// How many are left.
	pub messages: u32,
}

/// The list of queues of paras that are gone. Not stored while there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RemovedRange {
	/// Position of the first.
	pub front: u64,
	/// Position behind the last one.
	pub back: u64,
	/// Above the numbers of all their messages: where queues begin to count that are new meanwhile, so that a para never
	/// sees a message of one that had its id before.
	pub next_number: u64,
}

/// A message that waits. The block comes first, so that it can be read without the message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct StoredMessage {
	/// Relay block in which it was sent.
	pub sent_at: BlockNumber,
	/// The message.
	pub message: BoundedVec<u8, ConstU32<MAX_DOWNWARD_MESSAGE_SIZE>>,
}

/// Why a message cannot be sent down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueDownwardMessageError {
	/// No active para has this id.
	#[error("para {0} is not active")]
	Unroutable(ParaId),
	/// The message is larger than the configuration allows.
	#[error("the message has {size} bytes, but at most {max} are allowed")]
	MessageTooLarge {
		/// Bytes of the message.
		size: usize,
		/// The limit.
		max: u32,
	},
	/// As many messages wait as can be.
	#[error("{max} messages wait already")]
	TooManyMessages {
		/// The limit.
		max: u32,
	},
	/// The queue would have more bytes than it can.
	#[error("the queue would have {size} bytes, but at most {max} fit")]
	QueueTooLarge {
		/// Bytes that the queue would have.
		size: usize,
		/// The limit.
		max: u32,
	},
}
