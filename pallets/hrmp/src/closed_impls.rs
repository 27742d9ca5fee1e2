//! Messages of closed channels: removed a few at a time, because there may be many.

use crate::{
	ClosedChannel, ClosedQueue, Config, HrmpChannel, HrmpChannelContents, HrmpChannelId, HrmpClosedChannels,
	HrmpClosedQueue, Pallet,
};

impl<T: Config> Pallet<T> {
	/// Has the messages of a channel removed that is gone from now on.
	pub(crate) fn leave_messages(channel: HrmpChannelId, closed: &HrmpChannel) {
		if closed.msg_count == 0 {
			return;
		}
		let end = closed.first.saturating_add(u64::from(closed.msg_count));
		HrmpClosedQueue::<T>::mutate(|queue| {
			HrmpClosedChannels::<T>::insert(
				queue.back,
				ClosedChannel {
					channel,
					first: closed.first,
					messages: closed.msg_count,
				},
			);
			queue.back = queue.back.saturating_add(1);
			queue.next_number = queue.next_number.max(end);
		});
	}

	/// Removes messages of closed channels in so many steps at most: one for each message and one for each channel.
	/// Returns how many it took.
	pub(crate) fn do_remove_messages(budget: u32) -> u32 {
		let before = HrmpClosedQueue::<T>::get();
		let mut queue = before;
		let mut steps = 0u32;
		while queue.front < queue.back && steps < budget {
			steps = steps.saturating_add(1);
			let Some(mut closed) = HrmpClosedChannels::<T>::get(queue.front) else {
				queue.front = queue.front.saturating_add(1);
				continue;
			};
			let now = closed.messages.min(budget.saturating_sub(steps));
			for offset in 0..u64::from(now) {
				HrmpChannelContents::<T>::remove(closed.channel, closed.first.saturating_add(offset));
			}
			steps = steps.saturating_add(now);
			closed.messages = closed.messages.saturating_sub(now);
			closed.first = closed.first.saturating_add(now.into());
			if closed.messages == 0 {
				HrmpClosedChannels::<T>::remove(queue.front);
				queue.front = queue.front.saturating_add(1);
			} else {
				HrmpClosedChannels::<T>::insert(queue.front, closed);
			}
		}
		if queue.front == queue.back && before != ClosedQueue::default() {
			// No message is left that a new one could be mistaken for.
			HrmpClosedQueue::<T>::kill();
		} else if queue != before {
			HrmpClosedQueue::<T>::put(queue);
		}
		steps
	}
}
