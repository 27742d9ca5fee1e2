//! The ports that this pallet answers.

use crate::{Config, Event, MaxMessageLenOf, Pallet, RelayDispatchQueueSize};
use alloc::vec::Vec;
use async_backing_primitives::{
	keys::relay_dispatch_queue_remaining_capacity,
	ports::{OnParaRemoved, QueueSize, UpwardQueues},
	ParaId, UpwardMessage,
};
use frame_support::{storage::unhashed, traits::EnqueueMessage, BoundedSlice};
use sp_runtime::SaturatedConversion;

impl<T: Config> UpwardQueues for Pallet<T> {
	fn size(para: ParaId) -> QueueSize {
		Self::queued(para)
	}

	/// A message that the queue cannot take is left out. None such is ever backed: the queue takes the largest that
	/// can be configured.
	fn enqueue(para: ParaId, messages: &[UpwardMessage]) {
		let accepted: Vec<BoundedSlice<u8, MaxMessageLenOf<T>>> = messages
			.iter()
			.filter_map(|message| BoundedSlice::try_from(&message[..]).ok())
			.collect();
		if accepted.is_empty() {
			return;
		}
		let count = accepted.len().saturated_into();
		T::MessageQueue::enqueue_messages(accepted.into_iter(), para.into());
		Self::deposit_event(Event::UpwardMessagesReceived { para, count });
	}
}

/// A para is removed when nothing of it waits any more (R-DEF-31), and then nothing of its queue stays behind. If it is
/// removed all the same, what waits is not serviced of its own accord any more, and what is published stays true.
impl<T: Config> OnParaRemoved for Pallet<T> {
	fn on_para_removed(para: ParaId) {
		T::MessageQueue::sweep_queue(para.into());
		if Self::queued(para) == QueueSize::default() {
			RelayDispatchQueueSize::<T>::remove(para);
			unhashed::kill(&relay_dispatch_queue_remaining_capacity(para));
		}
	}
}
