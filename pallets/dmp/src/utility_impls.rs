//! Invariants of storage.

use crate::{
	Config, DownwardMessageQueues, DownwardMessages, DownwardRemovals, Pallet, RemovedDownwardQueues,
};
use alloc::collections::BTreeSet;
use async_backing_primitives::{MAX_DOWNWARD_MESSAGES, MAX_DOWNWARD_QUEUE_SIZE};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that queues and messages agree, in number and size, and that blocks do not descend within a queue.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut expected = Self::check_removed()?;
		for (para, queue) in DownwardMessageQueues::<T>::iter() {
			let contents = Self::dmq_contents(para);
			ensure!(
				contents.len() == queue.count as usize,
				"a downward message is missing"
			);
			ensure!(
				queue.count <= MAX_DOWNWARD_MESSAGES,
				"too many downward messages wait"
			);
			let bytes: usize = contents.iter().map(|message| message.msg.len()).sum();
			ensure!(
				bytes == queue.bytes as usize,
				"the bytes of a downward queue are wrong"
			);
			ensure!(
				queue.bytes <= MAX_DOWNWARD_QUEUE_SIZE,
				"a downward queue is too large"
			);
			ensure!(
				contents.windows(2).all(|pair| pair[0].sent_at <= pair[1].sent_at),
				"R-BASE-8: downward messages are out of order"
			);
			expected = expected.saturating_add(u64::from(queue.count));
		}
		ensure!(
			DownwardMessages::<T>::iter_keys().count() as u64 == expected,
			"a downward message is left over"
		);
		Ok(())
	}

	/// Queues of paras that are gone have messages, which no new queue may take for its own. Returns how many.
	fn check_removed() -> Result<u64, TryRuntimeError> {
		let range = DownwardRemovals::<T>::get();
		let mut messages = 0u64;
		let mut positions = BTreeSet::new();
		for (position, removed) in RemovedDownwardQueues::<T>::iter() {
			positions.insert(position);
			let numbers = removed.first..removed.first.saturating_add(removed.messages.into());
			ensure!(!numbers.is_empty(), "a removed queue is kept for nothing");
			ensure!(
				numbers.end <= range.next_number,
				"a new queue may see an old message"
			);
			ensure!(
				DownwardMessageQueues::<T>::try_get(removed.para)
					.is_ok_and(|queue| queue.first >= numbers.end)
					|| !DownwardMessageQueues::<T>::contains_key(removed.para),
				"a queue sees the messages of the one before it"
			);
			ensure!(
				numbers
					.clone()
					.all(|number| DownwardMessages::<T>::contains_key(removed.para, number)),
				"a message of a removed queue is missing"
			);
			messages = messages.saturating_add(removed.messages.into());
		}
		ensure!(
			positions.into_iter().eq(range.front..range.back),
			"the list of removed queues has a hole"
		);
		ensure!(
			DownwardRemovals::<T>::exists() == (range.front < range.back),
			"an empty list of removed queues is stored"
		);
		Ok(messages)
	}
}
