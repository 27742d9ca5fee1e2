//! Invariants of storage.

use crate::{capacity_impls::remaining, Config, Pallet, RelayDispatchQueueSize};
use async_backing_primitives::{keys::relay_dispatch_queue_remaining_capacity, ports::ActiveConfiguration};
use frame_support::{ensure, storage::unhashed};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that what parachains read of their queues is what the queues hold.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let config = T::Configuration::active();
		for (para, published) in RelayDispatchQueueSize::<T>::iter() {
			let size = Self::queued(para);
			ensure!(
				published == (size.count, size.bytes),
				"R-KEY-8: a published queue size is wrong"
			);
			let capacity: Option<(u32, u32)> = unhashed::get(&relay_dispatch_queue_remaining_capacity(para));
			ensure!(
				capacity == Some(remaining(size, &config)),
				"R-KEY-7: a published capacity is wrong"
			);
		}
		Ok(())
	}
}
