//! Invariants of storage.

use crate::{capacity_impls::remaining, Config, Pallet, RelayDispatchQueueSize};
use alloc::collections::BTreeSet;
use async_backing_primitives::{
	keys::{relay_dispatch_queue_remaining_capacity, RELAY_DISPATCH_QUEUE_REMAINING_CAPACITY},
	ports::{ActiveConfiguration, ParaState, QueueSize},
	ParaId,
};
use codec::DecodeAll;
use frame_support::{ensure, storage::unhashed};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that what parachains read of their queues is what the queues hold, and that nobody has a queue but paras.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let config = T::Configuration::active();
		let paras: BTreeSet<_> = T::Paras::parachains().into_iter().collect();
		for (para, published) in RelayDispatchQueueSize::<T>::iter() {
			ensure!(
				paras.contains(&para),
				"R-DEF-31: a para that is gone left its queue behind"
			);
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
		for para in paras {
			ensure!(
				Self::queued(para) == QueueSize::default() || RelayDispatchQueueSize::<T>::contains_key(para),
				"R-KEY-8: the size of a queue is not published"
			);
		}
		Self::check_capacities()
	}

	/// A capacity is published for whom a size is.
	fn check_capacities() -> Result<(), TryRuntimeError> {
		let prefix = RELAY_DISPATCH_QUEUE_REMAINING_CAPACITY;
		let mut key = prefix.to_vec();
		while let Some(next) = sp_io::storage::next_key(&key) {
			let Some(mut para) = next.strip_prefix(prefix) else {
				break;
			};
			let para = ParaId::decode_all(&mut para).map_err(|_| "R-KEY-7: a key is not that of a para")?;
			ensure!(
				RelayDispatchQueueSize::<T>::contains_key(para),
				"R-KEY-7: a capacity is published without a queue"
			);
			key = next;
		}
		Ok(())
	}
}
