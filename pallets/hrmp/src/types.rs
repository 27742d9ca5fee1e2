//! Records in storage.

use async_backing_primitives::{BlockNumber, Hash, ParaId, MAX_HRMP_MESSAGE_SIZE};
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
	/// Running number of the message at the front. Numbers are never used again while the channel is open.
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

/// Channels that a session change will open or close, ascending.
pub type ChannelIds = BoundedVec<HrmpChannelId, ConstU32<{ crate::MAX_CHANGES }>>;

/// How far a para has consumed its messages, and when it received more. One value, because whoever moves the watermark
/// asks about both. Not stored while there is nothing to say: most paras consume up to the relay parent of each of their
/// blocks, and receive nothing most of the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Inbox {
	/// Relay block up to which it has consumed its messages, unless that is the relay parent of its latest included
	/// candidate.
	pub watermark: Option<BlockNumber>,
	/// Relay blocks above the watermark in which it received messages, ascending (R-HRMP-4).
	pub digest: BoundedVec<DigestEntry, ConstU32<{ crate::MAX_DIGEST }>>,
	/// What came in blocks above the watermark after the digest was full. As long as there is something, no further block
	/// is listed: so all of it is newer than what is listed.
	pub unlisted: Option<DigestEntry>,
}

impl Inbox {
	/// Whether there is nothing to store.
	pub fn is_empty(&self) -> bool {
		self.watermark.is_none() && self.digest.is_empty() && self.unlisted.is_none()
	}

	/// How many messages were sent at or before `watermark`, at most: of the unlisted ones nobody knows.
	pub(crate) fn messages_up_to(&self, watermark: BlockNumber) -> u32 {
		let listed = self.digest.iter().take_while(|entry| entry.block <= watermark);
		let unlisted = self.unlisted.iter().filter(|_| self.is_behind_digest(watermark));
		listed
			.chain(unlisted)
			.fold(0, |sum, entry| sum.saturating_add(entry.messages))
	}

	/// Forgets what was sent at or before `watermark`, when so many messages are left in all.
	pub(crate) fn forget_up_to(&mut self, watermark: BlockNumber, left: u32) {
		if self.is_behind_digest(watermark) {
			// Nothing but unlisted messages is left.
			self.unlisted = self
				.unlisted
				.filter(|entry| entry.block > watermark && left > 0)
				.map(|entry| DigestEntry {
					messages: left,
					..entry
				});
		}
		self.digest.retain(|entry| entry.block > watermark);
	}

	/// Counts a message that came in block `now`. A full digest stays as it is; see `MAX_DIGEST` for why nobody is stuck.
	pub(crate) fn note_message(&mut self, now: BlockNumber) {
		let one = DigestEntry {
			block: now,
			messages: 1,
		};
		if let Some(unlisted) = &mut self.unlisted {
			unlisted.block = now;
			unlisted.messages = unlisted.messages.saturating_add(1);
		} else if let Some(last) = self.digest.last_mut().filter(|last| last.block == now) {
			last.messages = last.messages.saturating_add(1);
		} else if self.digest.try_push(one).is_err() {
			self.unlisted = Some(one);
		}
	}

	/// Whether every block of the digest is at or before `watermark`, so that it may reach into what is unlisted.
	fn is_behind_digest(&self, watermark: BlockNumber) -> bool {
		self.digest.last().is_none_or(|last| last.block <= watermark)
	}
}

/// A relay block in which a para received messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DigestEntry {
	/// The block; of several, the latest.
	pub block: BlockNumber,
	/// How many messages it received. Those of a channel that was closed since then are counted.
	pub messages: u32,
}

/// A message that waits. The block comes first, so that it can be read without the message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct StoredMessage {
	/// Relay block in which it was enacted.
	pub sent_at: BlockNumber,
	/// The message.
	pub data: BoundedVec<u8, ConstU32<MAX_HRMP_MESSAGE_SIZE>>,
}
