#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod channel_impls;
mod closed_impls;
pub mod config_preludes;
mod inbox;
mod message_impls;
mod origin;
mod port_impls;
mod request_impls;
mod rescue_impls;
mod rewritten;
mod types;
mod utility_impls;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use inbox::*;
pub use origin::EnsurePara;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		inbox::Inbox,
		types::{
			ChannelIds, ClosedChannel, ClosedQueue, HrmpChannel, HrmpChannelId, OpenRequest, ParaIds,
			StoredMessage,
		},
		WeightInfo,
	};
	use async_backing_primitives::{
		ports::{ActiveConfiguration, ParaState},
		ParaId,
	};
	use frame_support::{pallet_prelude::*, traits::fungible::hold};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Convert;

	/// Requests of channels that may wait for their recipients. Each holds a deposit.
	pub const MAX_REQUESTS: u32 = 4096;
	/// Accepted requests, and requests to close, that may wait for a session to begin.
	pub const MAX_CHANGES: u32 = 1024;
	/// Channels that one session change opens at most, and that it closes at most, and what it removes with paras; the rest
	/// has its turn with the next. Each takes about ten reads and as many writes: together less than half of a block that
	/// is booked whole for it.
	pub const MAX_CHANGES_PER_SESSION: u32 = 256;
	/// Messages of closed channels that one block removes at most: a hundredth of its time. What the fullest channel leaves
	/// behind is gone after 17 blocks.
	pub const MAX_REMOVED_PER_BLOCK: u32 = 128;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// A para that speaks for itself.
		#[pallet::no_default_bounds]
		type ParaOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = ParaId>;
		/// Who may open and close channels without asking the paras.
		#[pallet::no_default_bounds]
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Limits on channels and their number.
		#[pallet::no_default_bounds]
		type Configuration: ActiveConfiguration;
		/// Which paras there are.
		#[pallet::no_default_bounds]
		type Paras: ParaState;
		/// What deposits are made in.
		#[pallet::no_default]
		type Currency: hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ frame_support::traits::fungible::Inspect<Self::AccountId, Balance = u128>;
		/// The runtime's reasons to hold a balance.
		#[pallet::no_default_bounds]
		type RuntimeHoldReason: From<HoldReason>;
		/// The account that a para's deposits are held on.
		#[pallet::no_default_bounds]
		type SovereignAccountOf: Convert<ParaId, Self::AccountId>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// The chain around the pallet, for its benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper;
	}

	/// Why a balance is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A channel is requested or open.
		ChannelDeposit,
	}

	/// Channels that a sender asked for. At most [`MAX_REQUESTS`].
	#[pallet::storage]
	pub type HrmpOpenChannelRequests<T: Config> =
		CountedStorageMap<_, Twox64Concat, HrmpChannelId, OpenRequest, OptionQuery>;

	/// How many channels each para asked for.
	#[pallet::storage]
	pub type HrmpOpenChannelRequestCount<T: Config> = StorageMap<_, Twox64Concat, ParaId, u32, ValueQuery>;

	/// How many requests each para accepted.
	#[pallet::storage]
	pub type HrmpAcceptedChannelRequestCount<T: Config> =
		StorageMap<_, Twox64Concat, ParaId, u32, ValueQuery>;

	/// For each para those that asked it for a channel, ascending.
	#[pallet::storage]
	pub type HrmpIngressRequestsIndex<T: Config> = StorageMap<_, Twox64Concat, ParaId, ParaIds, ValueQuery>;

	/// For each para those that it asked for a channel, ascending.
	#[pallet::storage]
	pub type HrmpEgressRequestsIndex<T: Config> = StorageMap<_, Twox64Concat, ParaId, ParaIds, ValueQuery>;

	/// Accepted requests, the oldest first: they become channels when the next session begins.
	#[pallet::storage]
	pub type HrmpAcceptedRequests<T: Config> = StorageValue<_, ChannelIds, ValueQuery>;

	/// Channels that close when the next session begins, the oldest request first.
	#[pallet::storage]
	pub type HrmpCloseRequests<T: Config> = StorageValue<_, ChannelIds, ValueQuery>;

	/// How many accepted requests become channels when the block being processed ends. Never there between blocks.
	#[pallet::storage]
	pub type HrmpOpeningNow<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Channels that close when the block being processed ends. Never there between blocks.
	#[pallet::storage]
	pub type HrmpClosingNow<T: Config> = StorageValue<_, ChannelIds, ValueQuery>;

	/// Channels and requests that went with their para in this session change. Never there between blocks.
	#[pallet::storage]
	pub type HrmpRemovals<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Where the queue of closed channels begins and ends whose messages are still to be removed.
	#[pallet::storage]
	pub type HrmpClosedQueue<T: Config> = StorageValue<_, ClosedQueue, ValueQuery>;

	/// The closed channels in that queue, by their position. Nobody sees them or their messages any more.
	#[pallet::storage]
	pub type HrmpClosedChannels<T: Config> = StorageMap<_, Twox64Concat, u64, ClosedChannel, OptionQuery>;

	/// The open channels. Parachains read them at this name (R-KEY-5).
	#[pallet::storage]
	pub type HrmpChannels<T: Config> = StorageMap<_, Twox64Concat, HrmpChannelId, HrmpChannel, OptionQuery>;

	/// For each para those that send to it, ascending. Parachains read it at this name (R-KEY-6).
	#[pallet::storage]
	pub type HrmpIngressChannelsIndex<T: Config> = StorageMap<_, Twox64Concat, ParaId, ParaIds, ValueQuery>;

	/// For each para those that it sends to, ascending. Parachains read it at this name (R-KEY-6).
	#[pallet::storage]
	pub type HrmpEgressChannelsIndex<T: Config> = StorageMap<_, Twox64Concat, ParaId, ParaIds, ValueQuery>;

	/// How far each para has consumed its messages, and when it received more.
	#[pallet::storage]
	pub type HrmpInboxes<T: Config> = StorageMap<_, Twox64Concat, ParaId, Inbox, ValueQuery>;

	/// The messages, one a key, by their running number in their channel.
	#[pallet::storage]
	pub type HrmpChannelContents<T: Config> =
		StorageDoubleMap<_, Twox64Concat, HrmpChannelId, Twox64Concat, u64, StoredMessage, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A sender asked for a channel.
		ChannelRequested {
			/// Its ends.
			channel: HrmpChannelId,
			/// Most messages that may wait in it.
			max_capacity: u32,
			/// Largest single message, in bytes.
			max_message_size: u32,
		},
		/// The recipient accepted a request: the channel opens when the next session begins.
		RequestAccepted {
			/// Its ends.
			channel: HrmpChannelId,
		},
		/// A request was withdrawn by one of its ends, or went with one of them.
		RequestCancelled {
			/// Its ends.
			channel: HrmpChannelId,
		},
		/// One of its ends wants a channel closed, which happens when the next session begins.
		ClosingRequested {
			/// Its ends.
			channel: HrmpChannelId,
			/// Who asked.
			by: ParaId,
		},
		/// The admin asked for a channel and accepted it: it opens when the next session begins.
		ChannelForceOpened {
			/// Its ends.
			channel: HrmpChannelId,
			/// Most messages that may wait in it.
			max_capacity: u32,
			/// Largest single message, in bytes.
			max_message_size: u32,
		},
		/// The deposits of a channel are what the configuration asks for now.
		DepositsUpdated {
			/// Its ends.
			channel: HrmpChannelId,
			/// What its sender deposits.
			sender_deposit: u128,
			/// What its recipient deposits.
			recipient_deposit: u128,
		},
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
		/// There are more channels than the caller said.
		WrongWitness,
		/// The sender asked for the channel already.
		AlreadyRequested,
		/// Nobody asked for such a channel.
		NoSuchRequest,
		/// The request was accepted already.
		AlreadyAccepted,
		/// The channel closes with this session already.
		AlreadyClosing,
		/// The para is neither end of the channel.
		NotAnEnd,
		/// As many requests wait as may, or as many changes as one session change carries out.
		TooManyRequests,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Asks for a channel and accepts it, without deposits: it opens when the next session begins. A request for it that
		/// waits goes, with its deposits.
		///
		/// # Errors
		/// [`Error::ToSelf`], [`Error::UnknownPara`], [`Error::AlreadyOpen`], [`Error::BadCapacity`],
		/// [`Error::BadMessageSize`], [`Error::TooManyOutboundChannels`], [`Error::TooManyInboundChannels`],
		/// [`Error::TooManyRequests`]. Nothing is written then.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::force_open_hrmp_channel())]
		pub fn force_open_hrmp_channel(
			origin: OriginFor<T>,
			sender: ParaId,
			recipient: ParaId,
			max_capacity: u32,
			max_message_size: u32,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_force_open(
				HrmpChannelId { sender, recipient },
				max_capacity,
				max_message_size,
			)
		}

		/// Closes a channel when this block ends. What waits in it is lost, and both ends have their deposits back.
		///
		/// # Errors
		/// [`Error::NoSuchChannel`], [`Error::AlreadyClosing`], [`Error::TooManyRequests`]. Nothing is written then.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::force_close_channel())]
		pub fn force_close_channel(
			origin: OriginFor<T>,
			sender: ParaId,
			recipient: ParaId,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_force_close(HrmpChannelId { sender, recipient })
		}

		/// The calling para asks `recipient` for a channel from it. Holds `hrmp_sender_deposit` of its account.
		///
		/// # Errors
		/// [`Error::ToSelf`], [`Error::UnknownPara`], [`Error::AlreadyOpen`], [`Error::AlreadyRequested`],
		/// [`Error::BadCapacity`], [`Error::BadMessageSize`], [`Error::TooManyOutboundChannels`],
		/// [`Error::TooManyRequests`], or what the currency says. Nothing is written then.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::init_open_channel())]
		pub fn init_open_channel(
			origin: OriginFor<T>,
			recipient: ParaId,
			max_capacity: u32,
			max_message_size: u32,
		) -> DispatchResult {
			let sender = T::ParaOrigin::ensure_origin(origin)?;
			Self::do_request(
				HrmpChannelId { sender, recipient },
				max_capacity,
				max_message_size,
			)
		}

		/// The calling para accepts the channel that `sender` asked for: it opens when the next session begins. Holds
		/// `hrmp_recipient_deposit` of its account.
		///
		/// # Errors
		/// [`Error::NoSuchRequest`], [`Error::AlreadyAccepted`], [`Error::TooManyInboundChannels`],
		/// [`Error::TooManyRequests`], or what the currency says. Nothing is written then.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::accept_open_channel())]
		pub fn accept_open_channel(origin: OriginFor<T>, sender: ParaId) -> DispatchResult {
			let recipient = T::ParaOrigin::ensure_origin(origin)?;
			Self::do_accept(HrmpChannelId { sender, recipient })
		}

		/// One of the ends withdraws a request that is not accepted. The sender has its deposit back.
		///
		/// # Errors
		/// [`Error::NotAnEnd`], [`Error::NoSuchRequest`], [`Error::AlreadyAccepted`]. Nothing is written then.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::cancel_open_request())]
		pub fn cancel_open_request(origin: OriginFor<T>, channel: HrmpChannelId) -> DispatchResult {
			let para = T::ParaOrigin::ensure_origin(origin)?;
			Self::do_cancel(channel, para)
		}

		/// One of the ends asks for a channel to be closed, which happens when the next session begins. What waits in it
		/// then is lost, and both ends have their deposits back.
		///
		/// # Errors
		/// [`Error::NotAnEnd`], [`Error::NoSuchChannel`], [`Error::AlreadyClosing`], [`Error::TooManyRequests`]. Nothing
		/// is written then.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::close_channel())]
		pub fn close_channel(origin: OriginFor<T>, channel: HrmpChannelId) -> DispatchResult {
			let para = T::ParaOrigin::ensure_origin(origin)?;
			Self::do_request_closing(channel, para)
		}

		/// Closes every channel of a para when this block ends, whether or not there still is such a para. At most `inbound`
		/// lead to it and at most `outbound` from it.
		///
		/// # Errors
		/// [`Error::WrongWitness`], [`Error::TooManyRequests`]. Nothing is written then.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::force_clean_hrmp(inbound.saturating_add(*outbound)))]
		pub fn force_clean_hrmp(
			origin: OriginFor<T>,
			para: ParaId,
			inbound: u32,
			outbound: u32,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_force_clean(para, inbound, outbound)
		}

		/// Opens the channels of all accepted requests when this block ends, instead of when the next session begins. There are
		/// at most `channels`.
		///
		/// # Errors
		/// [`Error::WrongWitness`]. Nothing is written then.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::force_process_hrmp_open(*channels))]
		pub fn force_process_hrmp_open(origin: OriginFor<T>, channels: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_force_process_open(channels)
		}

		/// Closes all channels that are to be closed when this block ends, instead of when the next session begins. There are
		/// at most `channels`.
		///
		/// # Errors
		/// [`Error::WrongWitness`], [`Error::TooManyRequests`]. Nothing is written then.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::force_process_hrmp_close(*channels))]
		pub fn force_process_hrmp_close(origin: OriginFor<T>, channels: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_force_process_close(channels)
		}

		/// Makes the deposits of a channel those that the configuration asks for now: what is too much goes back, what is
		/// missing is held.
		///
		/// # Errors
		/// [`Error::NoSuchChannel`], or what the currency says. Nothing is written then.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::poke_channel_deposits())]
		pub fn poke_channel_deposits(
			origin: OriginFor<T>,
			sender: ParaId,
			recipient: ParaId,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_poke_deposits(HrmpChannelId { sender, recipient })
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

		/// Most requests of channels that wait.
		#[pallet::constant_name(MaxRequests)]
		fn max_requests() -> u32 {
			MAX_REQUESTS
		}

		/// Channels that one session change opens at most, and that it closes at most.
		#[pallet::constant_name(MaxChangesPerSession)]
		fn max_changes_per_session() -> u32 {
			MAX_CHANGES_PER_SESSION
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Removes messages of closed channels, which nobody sees any more.
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			let steps = Self::do_remove_messages(MAX_REMOVED_PER_BLOCK);
			// And what `on_finalize` reads; what it does beyond that is charged to the calls that wanted it.
			T::WeightInfo::remove_messages(steps).saturating_add(T::DbWeight::get().reads(2))
		}

		/// Opens and closes what the admin wants so: after all candidates of the block were judged, by what nodes saw at its
		/// parent.
		fn on_finalize(_now: BlockNumberFor<T>) {
			match HrmpOpeningNow::<T>::take() {
				0 => {}
				accepted => Self::open_accepted(accepted),
			}
			HrmpClosingNow::<T>::take().into_iter().for_each(Self::close);
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::HRMP)
				.named(
					path::HRMP,
					"Hrmp",
					"parachains read their channels at its name (R-KEY-5, R-KEY-6)",
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
