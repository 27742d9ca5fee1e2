//! What parachains read of their queues: its size (R-KEY-8) and what still fits (R-KEY-7).

use crate::{AggregateMessageOrigin, Config, Pallet, RelayDispatchQueueSize};
use alloc::vec::Vec;
use async_backing_primitives::{
	keys::relay_dispatch_queue_remaining_capacity,
	ports::{OnSessionChange, QueueSize, SessionChange},
	HostConfiguration, ParaId,
};
use frame_support::{
	storage::unhashed,
	traits::{QueueFootprint, QueueFootprintQuery},
};
use pallet_message_queue::OnQueueChanged;
use sp_runtime::SaturatedConversion;

impl<T: Config> OnQueueChanged<AggregateMessageOrigin> for Pallet<T> {
	fn on_queue_changed(origin: AggregateMessageOrigin, footprint: QueueFootprint) {
		use async_backing_primitives::ports::ActiveConfiguration;
		Self::publish(origin.para(), queue_size(footprint), &T::Configuration::active());
	}
}

/// What still fits follows from the configuration, so it is published anew when that changes.
impl<T: Config> OnSessionChange for Pallet<T> {
	fn on_session_change(change: &SessionChange) {
		let limits = |c: &HostConfiguration| (c.max_upward_queue_count, c.max_upward_queue_size);
		if limits(&change.old_configuration) == limits(&change.new_configuration) {
			return;
		}
		let paras: Vec<ParaId> = RelayDispatchQueueSize::<T>::iter_keys().collect();
		for para in paras {
			Self::publish(para, Self::queued(para), &change.new_configuration);
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What waits in the para's queue, as the queue tells.
	pub(crate) fn queued(para: ParaId) -> QueueSize {
		queue_size(T::MessageQueue::footprint(para.into()))
	}

	/// Whether the message queue tells this pallet of a message: what parachains read is there when one is enqueued. Tried on
	/// an empty state, for integrity tests.
	#[cfg(feature = "std")]
	pub(crate) fn hears_of_queues() -> bool {
		use frame_support::{traits::EnqueueMessage, BoundedSlice};
		let para = ParaId(u32::MAX);
		sp_io::TestExternalities::default().execute_with(|| {
			T::MessageQueue::enqueue_message(BoundedSlice::truncate_from(&[0]), para.into());
			let published = unhashed::exists(&relay_dispatch_queue_remaining_capacity(para));
			published && RelayDispatchQueueSize::<T>::get(para).0 == 1
		})
	}

	/// Writes both values for parachains to read.
	fn publish(para: ParaId, size: QueueSize, config: &HostConfiguration) {
		RelayDispatchQueueSize::<T>::insert(para, (size.count, size.bytes));
		unhashed::put(
			&relay_dispatch_queue_remaining_capacity(para),
			&remaining(size, config),
		);
	}
}

/// Messages and bytes that still fit.
pub(crate) fn remaining(size: QueueSize, config: &HostConfiguration) -> (u32, u32) {
	(
		config.max_upward_queue_count.saturating_sub(size.count),
		config.max_upward_queue_size.saturating_sub(size.bytes),
	)
}

fn queue_size(footprint: QueueFootprint) -> QueueSize {
	QueueSize {
		count: footprint.storage.count.saturated_into(),
		bytes: footprint.storage.size.saturated_into(),
	}
}
