#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
pub mod config_preludes;
mod port_impls;
mod queue_impls;
mod types;
mod utility_impls;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		types::{QueueDownwardMessageError, QueueState, RemovedQueue, RemovedRange, StoredMessage},
		WeightInfo,
	};
	use async_backing_primitives::{
		ports::{ActiveConfiguration, ParaState},
		Hash, ParaId, MAX_DOWNWARD_MESSAGE_SIZE,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::SaturatedConversion;

	/// Messages of paras that are gone which one block removes at most: a hundredth of its time. A full queue is gone after
	/// nine blocks.
	pub const MAX_REMOVED_PER_BLOCK: u32 = 128;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config {
		/// Who may send messages down by a call.
		#[pallet::no_default_bounds]
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Limit on the size of a message.
		#[pallet::no_default_bounds]
		type Configuration: ActiveConfiguration;
		/// Which paras there are.
		#[pallet::no_default_bounds]
		type Paras: ParaState;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// The chain around the pallet, for its benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper;
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

	/// Where the list of queues begins and ends whose paras are gone and whose messages are still to be removed.
	#[pallet::storage]
	pub type DownwardRemovals<T: Config> = StorageValue<_, RemovedRange, ValueQuery>;

	/// The queues in that list, by their position. Nobody sees them or their messages any more.
	#[pallet::storage]
	pub type RemovedDownwardQueues<T: Config> = StorageMap<_, Twox64Concat, u64, RemovedQueue, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A message waits for a para.
		DownwardMessageQueued {
			/// The para.
			para: ParaId,
			/// Bytes of the message.
			size: u32,
			/// Head of the para's chain of messages with this one (R-KEY-4).
			mqc_head: Hash,
		},
	}

	/// Why a message cannot be sent down; [`QueueDownwardMessageError`] without its numbers.
	#[pallet::error]
	pub enum Error<T> {
		/// No active para has this id.
		Unroutable,
		/// The message is larger than `max_downward_message_size`.
		MessageTooLarge,
		/// As many messages wait for the para as can be.
		TooManyMessages,
		/// The queue of the para would have more bytes than it can.
		QueueTooLarge,
	}

	impl<T: Config> From<QueueDownwardMessageError> for Error<T> {
		fn from(error: QueueDownwardMessageError) -> Self {
			match error {
				QueueDownwardMessageError::Unroutable(_) => Self::Unroutable,
				QueueDownwardMessageError::MessageTooLarge { .. } => Self::MessageTooLarge,
				QueueDownwardMessageError::TooManyMessages { .. } => Self::TooManyMessages,
				QueueDownwardMessageError::QueueTooLarge { .. } => Self::QueueTooLarge,
			}
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Sends a message down to a para. For governance of a chain whose runtime has no interpreter of messages that
		/// could send one; the para must know what to make of the bytes.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::force_send(message.len().saturated_into()))]
		pub fn force_send(
			origin: OriginFor<T>,
			para: ParaId,
			message: BoundedVec<u8, ConstU32<MAX_DOWNWARD_MESSAGE_SIZE>>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::queue_downward_message(para, message.into_inner()).map_err(Error::<T>::from)?;
			Ok(())
		}
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

		/// Most messages that wait for a para.
		#[pallet::constant_name(MaxMessages)]
		fn max_messages() -> u32 {
			async_backing_primitives::MAX_DOWNWARD_MESSAGES
		}

		/// Most bytes of messages that wait for a para.
		#[pallet::constant_name(MaxQueueSize)]
		fn max_queue_size() -> u32 {
			async_backing_primitives::MAX_DOWNWARD_QUEUE_SIZE
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Removes messages of paras that are gone, which nobody sees any more.
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			T::WeightInfo::remove_messages(Self::do_remove_messages(MAX_REMOVED_PER_BLOCK))
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::DMP)
				.named(
					path::DMP,
					"Dmp",
					"parachains read the heads of their queues at its name (R-KEY-4)",
				)
				.all_given(&Self::neighbours())
				.check();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
