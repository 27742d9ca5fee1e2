#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod channel_impls;
mod message_impls;
mod port_impls;
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
		types::{HrmpChannel, HrmpChannelId, StoredMessage},
		WeightInfo,
	};
	use async_backing_primitives::{
		ports::{ActiveConfiguration, ParaState},
		BlockNumber, ParaId, MAX_HRMP_CHANNELS,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// Blocks that a recipient's digest remembers. A recipient that is further behind moves its watermark to its
	/// relay parent, which is always legal (R-HRMP-1), so none is ever stuck.
	pub const MAX_DIGEST: u32 = 2048;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who may open and close channels without asking the paras.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Limits on channels and their number.
		type Configuration: ActiveConfiguration;
		/// Which paras there are.
		type Paras: ParaState;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The open channels. Parachains read them at this name (R-KEY-5).
	#[pallet::storage]
	pub type HrmpChannels<T: Config> = StorageMap<_, Twox64Concat, HrmpChannelId, HrmpChannel, OptionQuery>;

	/// For each para those that send to it, ascending. Parachains read it at this name (R-KEY-6).
	#[pallet::storage]
	pub type HrmpIngressChannelsIndex<T: Config> =
		StorageMap<_, Twox64Concat, ParaId, BoundedVec<ParaId, ConstU32<MAX_HRMP_CHANNELS>>, ValueQuery>;

	/// For each para those that it sends to, ascending. Parachains read it at this name (R-KEY-6).
	#[pallet::storage]
	pub type HrmpEgressChannelsIndex<T: Config> =
		StorageMap<_, Twox64Concat, ParaId, BoundedVec<ParaId, ConstU32<MAX_HRMP_CHANNELS>>, ValueQuery>;

	/// Relay block up to which each para has consumed its messages.
	#[pallet::storage]
	pub type HrmpWatermarks<T: Config> = StorageMap<_, Twox64Concat, ParaId, BlockNumber, OptionQuery>;

	/// Relay blocks above the watermark in which each para received messages, ascending (R-HRMP-4).
	#[pallet::storage]
	pub type HrmpChannelDigests<T: Config> =
		StorageMap<_, Twox64Concat, ParaId, BoundedVec<BlockNumber, ConstU32<MAX_DIGEST>>, ValueQuery>;

	/// The messages, one a key, by their running number in their channel.
	#[pallet::storage]
	pub type HrmpChannelContents<T: Config> =
		StorageDoubleMap<_, Twox64Concat, HrmpChannelId, Twox64Concat, u64, StoredMessage, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A channel was opened.
		ChannelOpened {
			/// Its ends.
			channel: HrmpChannelId,
			/// Most messages that may wait in it.
			max_capacity: u32,
			/// Largest single message, in bytes.
			max_message_size: u32,
		},
		/// A channel was closed, with what waited in it.
		ChannelClosed {
			/// Its ends.
			channel: HrmpChannelId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// A para needs no channel to itself.
		ToSelf,
		/// The sender or the recipient is not an active para.
		UnknownPara,
		/// The channel is open already.
		AlreadyOpen,
		/// There is no such channel.
		NoSuchChannel,
		/// The capacity is zero, or above `hrmp_channel_max_capacity`.
		BadCapacity,
		/// The message size is zero, or above `hrmp_channel_max_message_size`.
		BadMessageSize,
		/// The sender has as many outbound channels as it may.
		TooManyOutboundChannels,
		/// The recipient has as many inbound channels as it may.
		TooManyInboundChannels,
		/// More messages wait in the channel than the caller said.
		WrongWitness,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Opens a channel at once, without deposits.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::force_open_channel())]
		pub fn force_open_channel(
			origin: OriginFor<T>,
			sender: ParaId,
			recipient: ParaId,
			max_capacity: u32,
			max_message_size: u32,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_open(
				HrmpChannelId { sender, recipient },
				max_capacity,
				max_message_size,
			)
		}

		/// Closes a channel at once. At most `messages` may wait in it; they are lost.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::force_close_channel(*messages))]
		pub fn force_close_channel(
			origin: OriginFor<T>,
			sender: ParaId,
			recipient: ParaId,
			messages: u32,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_close(HrmpChannelId { sender, recipient }, messages)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
