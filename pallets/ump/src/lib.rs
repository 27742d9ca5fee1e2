#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod capacity_impls;
pub mod config_preludes;
mod port_impls;
mod types;
mod utility_impls;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::types::AggregateMessageOrigin;
	use async_backing_primitives::{
		ports::{ActiveConfiguration, ParaState},
		ParaId, MAX_UPWARD_MESSAGE_SIZE,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{EnqueueMessage, QueueFootprintQuery},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config {
		/// Limits on the queues.
		#[pallet::no_default_bounds]
		type Configuration: ActiveConfiguration;
		/// Which paras there are, for the check of invariants: nobody else has a queue.
		#[pallet::no_default_bounds]
		type Paras: ParaState;
		/// Keeps and services the queues. Must tell this pallet of changes through its `QueueChangeHandler`, and take
		/// messages of 128 KiB.
		#[pallet::no_default]
		type MessageQueue: EnqueueMessage<AggregateMessageOrigin>
			+ QueueFootprintQuery<AggregateMessageOrigin>;
	}

	/// Messages and bytes in each para's queue. Parachains read it at this name (R-KEY-8).
	#[pallet::storage]
	pub type RelayDispatchQueueSize<T: Config> = StorageMap<_, Twox64Concat, ParaId, (u32, u32), ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Upward messages of a para were enqueued (R-UMP-7).
		UpwardMessagesReceived {
			/// The para.
			para: ParaId,
			/// How many.
			count: u32,
		},
	}

	/// Ceilings and delays that are compiled in, for tools that read the metadata.
	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Whom the configuration gives for the pallets that this one speaks to, for tools that check a runtime's blob.
		#[pallet::constant_name(Neighbours)]
		fn neighbours() -> alloc::vec::Vec<async_backing_primitives::wiring::Neighbour> {
			use async_backing_primitives::wiring::{path, Neighbour};
			alloc::vec![
				Neighbour::of::<T::Configuration>("Configuration", path::CONFIGURATION),
				Neighbour::of::<T::Paras>("Paras", path::PARAS),
			]
		}

		/// Largest message that can be configured, in bytes (R-ABP-6).
		#[pallet::constant_name(MaxMessageSize)]
		fn max_message_size() -> u32 {
			MAX_UPWARD_MESSAGE_SIZE
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::UMP)
				.named(
					path::UMP,
					"Ump",
					"parachains read the size of their queue at its name (R-KEY-8)",
				)
				.all_given(&Self::neighbours())
				.holds(
					Self::hears_of_queues(),
					"`Ump` is not told of its queues (is it the `QueueChangeHandler` of `pallet_message_queue::Config`?): \
					 parachains would read for ever that they are empty and that nothing fits (R-KEY-7, R-KEY-8)",
				)
				.check();
			assert!(
				crate::MaxMessageLenOf::<T>::get() >= MAX_UPWARD_MESSAGE_SIZE,
				"the message queue must take the largest message that can be configured (R-ABP-6): \
				 {MAX_UPWARD_MESSAGE_SIZE} bytes, but it takes {}",
				crate::MaxMessageLenOf::<T>::get(),
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
