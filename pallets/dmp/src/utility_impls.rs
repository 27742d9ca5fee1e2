//! Invariants of storage.

use crate::{Config, DownwardMessageQueues, DownwardMessages, Pallet};
use async_backing_primitives::{MAX_DOWNWARD_MESSAGES, MAX_DOWNWARD_QUEUE_SIZE};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that queues and messages agree, in number and size, and that blocks do not descend within a queue.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut expected = 0u64;
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
}
