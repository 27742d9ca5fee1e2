//! Sending, reading and removing messages.

use crate::{
	Config, DownwardMessageQueueHeads, DownwardMessageQueues, DownwardMessages, Event, Pallet,
	QueueDownwardMessageError, StoredMessage,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	hash_of,
	ports::{ActiveConfiguration, ParaState},
	BlockNumber, DownwardMessage, Hash, InboundDownwardMessage, ParaId, MAX_DOWNWARD_MESSAGES,
	MAX_DOWNWARD_MESSAGE_SIZE, MAX_DOWNWARD_QUEUE_SIZE,
};
use codec::{Compact, Decode};
use frame_support::{ensure, BoundedVec};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Sends a message down to a para, as of the block being processed.
	///
	/// # Errors
	/// [`QueueDownwardMessageError`] for an unknown para, a message that is too large, a queue that is full. Nothing
	/// is written then.
	pub fn queue_downward_message(
		para: ParaId,
		message: DownwardMessage,
	) -> Result<(), QueueDownwardMessageError> {
		use QueueDownwardMessageError::{MessageTooLarge, QueueTooLarge, TooManyMessages, Unroutable};

		ensure!(T::Paras::current_code_hash(para).is_some(), Unroutable(para));
		let size = message.len();
		let max = T::Configuration::active()
			.max_downward_message_size
			.min(MAX_DOWNWARD_MESSAGE_SIZE);
		ensure!(size <= max as usize, MessageTooLarge { size, max });
		let mut queue = DownwardMessageQueues::<T>::get(para);
		ensure!(
			queue.count < MAX_DOWNWARD_MESSAGES,
			TooManyMessages {
				max: MAX_DOWNWARD_MESSAGES
			}
		);
		let total = (queue.bytes as usize).saturating_add(size);
		ensure!(
			total <= MAX_DOWNWARD_QUEUE_SIZE as usize,
			QueueTooLarge {
				size: total,
				max: MAX_DOWNWARD_QUEUE_SIZE
			}
		);
		let message = BoundedVec::try_from(message).map_err(|_| MessageTooLarge { size, max })?;

		let sent_at = Self::now();
		let mqc_head = link(DownwardMessageQueueHeads::<T>::get(para), sent_at, &message);
		DownwardMessageQueueHeads::<T>::insert(para, mqc_head);
		let number = queue.first.saturating_add(u64::from(queue.count));
		DownwardMessages::<T>::insert(para, number, StoredMessage { sent_at, message });
		queue.count = queue.count.saturating_add(1);
		queue.bytes = total.saturated_into();
		DownwardMessageQueues::<T>::insert(para, queue);
		Self::deposit_event(Event::DownwardMessageQueued {
			para,
			size: size.saturated_into(),
			mqc_head,
		});
		Ok(())
	}

	/// The messages that wait for a para, front first.
	pub fn dmq_contents(para: ParaId) -> Vec<InboundDownwardMessage> {
		let queue = DownwardMessageQueues::<T>::get(para);
		(0..u64::from(queue.count))
			.filter_map(|offset| DownwardMessages::<T>::get(para, queue.first.saturating_add(offset)))
			.map(|stored| InboundDownwardMessage {
				sent_at: stored.sent_at,
				msg: stored.message.into_inner(),
			})
			.collect()
	}

	/// Head of the para's chain of messages; zero before the first.
	pub fn dmq_mqc_head(para: ParaId) -> Hash {
		DownwardMessageQueueHeads::<T>::get(para)
	}

	/// Block in which the message at `index` from the front was sent.
	pub(crate) fn do_sent_at(para: ParaId, index: u32) -> Option<BlockNumber> {
		let queue = DownwardMessageQueues::<T>::get(para);
		if index >= queue.count {
			return None;
		}
		let (sent_at, _) = Self::glance_at(para, queue.first.saturating_add(u64::from(index)))?;
		Some(sent_at)
	}

	/// Block in which a message was sent, and its bytes. The message itself may be large and is not wanted: only what
	/// comes before it is read.
	fn glance_at(para: ParaId, number: u64) -> Option<(BlockNumber, u32)> {
		let key = DownwardMessages::<T>::hashed_key_for(para, number);
		// A block number, and the longest form of a length.
		let mut prefix = [0u8; size_of::<BlockNumber>() + 5];
		sp_io::storage::read(&key, &mut prefix, 0)?;
		let (sent_at, Compact(bytes)) = <(BlockNumber, Compact<u32>)>::decode(&mut &prefix[..]).ok()?;
		Some((sent_at, bytes))
	}

	/// Removes `count` messages from the front, or all if there are fewer (R-DMP-3).
	pub(crate) fn do_prune(para: ParaId, count: u32) {
		if count == 0 {
			return;
		}
		let mut queue = DownwardMessageQueues::<T>::get(para);
		let count = count.min(queue.count);
		if count == 0 {
			return;
		}
		for _ in 0..count {
			let bytes = Self::glance_at(para, queue.first).map_or(0, |(_, bytes)| bytes);
			DownwardMessages::<T>::remove(para, queue.first);
			queue.first = queue.first.saturating_add(1);
			queue.bytes = queue.bytes.saturating_sub(bytes);
		}
		queue.count = queue.count.saturating_sub(count);
		// An empty queue keeps its entry: numbers must not be used again while a para lives.
		DownwardMessageQueues::<T>::insert(para, queue);
	}

	/// Forgets a para's queue.
	pub(crate) fn do_remove(para: ParaId) {
		Self::do_prune(para, u32::MAX);
		DownwardMessageQueues::<T>::remove(para);
		DownwardMessageQueueHeads::<T>::remove(para);
	}

	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}
}

/// The next head of a chain of messages (R-BIN-32).
pub(crate) fn link(previous: Hash, sent_at: BlockNumber, message: &impl codec::Encode) -> Hash {
	hash_of(&(previous, sent_at, hash_of(message)))
}
