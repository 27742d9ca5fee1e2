#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod port_impls;
mod queue_impls;
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
	use crate::types::{QueueState, StoredMessage};
	use async_backing_primitives::{
		ports::{ActiveConfiguration, ParaState},
		Hash, ParaId,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Limit on the size of a message.
		type Configuration: ActiveConfiguration;
		/// Which paras there are.
		type Paras: ParaState;
	}

	/// Head of each para's chain of messages. Parachains read it at this name (R-KEY-4).
	///
	/// Each link is the hash of the previous head, the block in which the message was sent, and the message's hash.
	#[pallet::storage]
	pub type DownwardMessageQueueHeads<T: Config> = StorageMap<_, Twox64Concat, ParaId, Hash, ValueQuery>;

	/// Where each para's queue begins and ends.
	#[pallet::storage]
	pub type DownwardMessageQueues<T: Config> = StorageMap<_, Twox64Concat, ParaId, QueueState, ValueQuery>;

	/// The messages, one a key, by their running number.
	#[pallet::storage]
	pub type DownwardMessages<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ParaId, Twox64Concat, u64, StoredMessage, OptionQuery>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
