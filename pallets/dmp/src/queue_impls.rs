//! Sending, reading and removing messages.

use crate::{
	Config, DownwardMessageQueueHeads, DownwardMessageQueues, DownwardMessages, DownwardRemovals, Event,
	Pallet, QueueDownwardMessageError, QueueState, RemovedDownwardQueues, RemovedQueue, RemovedRange,
	StoredMessage,
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
		let mut queue = Self::queue_of(para);
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

	/// A para's queue, as it is or as it begins.
	fn queue_of(para: ParaId) -> QueueState {
		DownwardMessageQueues::<T>::try_get(para).unwrap_or_else(|()| QueueState {
			first: DownwardRemovals::<T>::get().next_number,
			..Default::default()
		})
	}

	/// Forgets a para's queue. Nobody sees its messages any more; they are removed bit by bit, because there may be many.
	pub(crate) fn do_remove(para: ParaId) {
		let queue = DownwardMessageQueues::<T>::take(para);
		DownwardMessageQueueHeads::<T>::remove(para);
		if queue.count == 0 {
			return;
		}
		let removed = RemovedQueue {
			para,
			first: queue.first,
			messages: queue.count,
		};
		DownwardRemovals::<T>::mutate(|range| {
			RemovedDownwardQueues::<T>::insert(range.back, removed);
			range.back = range.back.saturating_add(1);
			let end = queue.first.saturating_add(u64::from(queue.count));
			range.next_number = range.next_number.max(end);
		});
	}

	/// Removes messages of paras that are gone in so many steps at most: one for each message and one for each queue.
	/// Returns how many it took.
	pub(crate) fn do_remove_messages(budget: u32) -> u32 {
		let before = DownwardRemovals::<T>::get();
		let mut range = before;
		let mut steps = 0u32;
		while range.front < range.back && steps < budget {
			steps = steps.saturating_add(1);
			let Some(mut removed) = RemovedDownwardQueues::<T>::get(range.front) else {
				range.front = range.front.saturating_add(1);
				continue;
			};
			let now = removed.messages.min(budget.saturating_sub(steps));
			for offset in 0..u64::from(now) {
				DownwardMessages::<T>::remove(removed.para, removed.first.saturating_add(offset));
			}
			steps = steps.saturating_add(now);
			removed.messages = removed.messages.saturating_sub(now);
			removed.first = removed.first.saturating_add(now.into());
			if removed.messages == 0 {
				RemovedDownwardQueues::<T>::remove(range.front);
				range.front = range.front.saturating_add(1);
			} else {
				RemovedDownwardQueues::<T>::insert(range.front, removed);
			}
		}
		if range.front == range.back && before != RemovedRange::default() {
			// No message is left that a new one could be mistaken for.
			DownwardRemovals::<T>::kill();
		} else if range != before {
			DownwardRemovals::<T>::put(range);
		}
		steps
	}

	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}
}

/// The next head of a chain of messages (R-BIN-32).
pub(crate) fn link(previous: Hash, sent_at: BlockNumber, message: &impl codec::Encode) -> Hash {
	hash_of(&(previous, sent_at, hash_of(message)))
}
