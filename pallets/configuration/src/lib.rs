#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod dispatchable_impls;
pub mod migrations;
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
		types::{
			BackingLimits, CandidateLimits, HrmpLimits, OnDemandLimits, PendingConfig, SchedulingLimits,
			UmpLimits, UpgradeLimits,
		},
		WeightInfo,
	};
	use alloc::vec::Vec;
	use async_backing_primitives::{AsyncBackingParams, HostConfiguration, SessionIndex};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// Most configurations that are staged at a time: one for the next session, one for the session after (R-ABP-5).
	pub const MAX_PENDING: u32 = 2;

	/// How many sessions pass before a change takes effect (R-ABP-5).
	pub const SESSION_DELAY: SessionIndex = 2;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who may change the configuration: a referendum's origin, or root.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Index of the current session.
		type SessionIndex: Get<SessionIndex>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The configuration of this session. Parachains read it at this name (R-KEY-1).
	#[pallet::storage]
	pub type ActiveConfig<T: Config> = StorageValue<_, HostConfiguration, ValueQuery>;

	/// Staged configurations with the sessions in which they take effect, ascending (R-ABP-5).
	#[pallet::storage]
	pub type PendingConfigs<T: Config> =
		StorageValue<_, BoundedVec<PendingConfig, ConstU32<MAX_PENDING>>, ValueQuery>;

	/// The configuration of the first session.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Host limits and parameters. Must be consistent (R-ABP-6).
		#[serde(default)]
		pub config: HostConfiguration,
		#[serde(skip)]
		#[doc(hidden)]
		pub _marker: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Err(error) = self.config.check_consistency() {
				panic!("the configuration at genesis is inconsistent: {error}");
			}
			ActiveConfig::<T>::put(&self.config);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A configuration was staged, or one staged before was replaced.
		Staged {
			/// The session in which it takes effect.
			session: SessionIndex,
			/// All of its values.
			config: HostConfiguration,
		},
		/// A staged configuration took effect.
		Activated {
			/// The session that begins with it.
			session: SessionIndex,
			/// All of its values.
			config: HostConfiguration,
		},
	}

	/// Why a change is refused. Each names the value that does not fit (R-ABP-6).
	#[pallet::error]
	pub enum Error<T> {
		/// `max_candidate_depth` is above 255 (R-ABP-4).
		MaxCandidateDepthTooLarge,
		/// `allowed_ancestry_len` is above 255 (R-ABP-4).
		AllowedAncestryLenTooLarge,
		/// `group_rotation_frequency` is zero.
		GroupRotationFrequencyZero,
		/// `paras_availability_period` is zero.
		ParasAvailabilityPeriodZero,
		/// `scheduling_lookahead` is zero.
		SchedulingLookaheadZero,
		/// `minimum_backing_votes` is zero.
		MinimumBackingVotesZero,
		/// `scheduling_lookahead` is one although backing is asynchronous (R-SCH-12).
		SchedulingLookaheadTooSmall,
		/// `validation_upgrade_delay` is below two.
		ValidationUpgradeDelayTooSmall,
		/// `minimum_validation_upgrade_delay` does not exceed `paras_availability_period`.
		MinimumValidationUpgradeDelayTooSmall,
		/// `max_code_size` is above its ceiling.
		MaxCodeSizeTooLarge,
		/// `max_head_data_size` is above its ceiling.
		MaxHeadDataSizeTooLarge,
		/// `max_pov_size` is above its ceiling.
		MaxPovSizeTooLarge,
		/// `max_upward_message_size` is above its ceiling.
		MaxUpwardMessageSizeTooLarge,
		/// `max_upward_message_num_per_candidate` is above its ceiling.
		MaxUpwardMessageNumPerCandidateTooLarge,
		/// `hrmp_max_message_num_per_candidate` is above its ceiling.
		HrmpMaxMessageNumPerCandidateTooLarge,
		/// `num_cores` is above its ceiling.
		NumCoresTooLarge,
		/// `scheduling_lookahead` is above its ceiling.
		SchedulingLookaheadTooLarge,
		/// `max_downward_message_size` is above its ceiling.
		MaxDownwardMessageSizeTooLarge,
		/// `hrmp_channel_max_message_size` is above its ceiling.
		HrmpChannelMaxMessageSizeTooLarge,
		/// `hrmp_max_parachain_outbound_channels` is above its ceiling.
		HrmpMaxParachainOutboundChannelsTooLarge,
		/// `hrmp_max_parachain_inbound_channels` is above its ceiling.
		HrmpMaxParachainInboundChannelsTooLarge,
		/// `pvf_voting_ttl` is zero.
		PvfVotingTtlZero,
		/// `on_demand_queue_max_size` is above its ceiling.
		OnDemandQueueMaxSizeTooLarge,
		/// Another value does not fit.
		Inconsistent,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Stages the whole configuration at once, for two sessions from now (R-ABP-5).
		///
		/// Replaces what is staged for that session. What is staged for the next session stays.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_config())]
		pub fn set_config(origin: OriginFor<T>, config: HostConfiguration) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| *staged = config)
		}

		/// Stages the parameters of asynchronous backing, for two sessions from now (R-ABP-5).
		///
		/// Everything else stays as it is staged, or as it is in force where nothing is staged.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_async_backing_params(origin: OriginFor<T>, params: AsyncBackingParams) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| staged.async_backing_params = params)
		}

		/// Stages code and its upgrades for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_upgrade_limits(origin: OriginFor<T>, limits: UpgradeLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}

		/// Stages the sizes of candidates for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_candidate_limits(origin: OriginFor<T>, limits: CandidateLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}

		/// Stages upward messages for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_ump_limits(origin: OriginFor<T>, limits: UmpLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}

		/// Stages the largest downward message, in bytes, for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_max_downward_message_size(origin: OriginFor<T>, bytes: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| staged.max_downward_message_size = bytes)
		}

		/// Stages channels between paras for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_hrmp_limits(origin: OriginFor<T>, limits: HrmpLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}

		/// Stages backing and its groups for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_backing_limits(origin: OriginFor<T>, limits: BackingLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}

		/// Stages cores and the claim queue for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_scheduling_limits(origin: OriginFor<T>, limits: SchedulingLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}

		/// Stages on-demand orders and their price for two sessions from now (R-ABP-5). Everything else stays, as with
		/// [`set_async_backing_params`](Self::set_async_backing_params).
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::set_async_backing_params())]
		pub fn set_on_demand_limits(origin: OriginFor<T>, limits: OnDemandLimits) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_stage(|staged| limits.put(staged))
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The configuration of this session.
		pub fn active_config() -> HostConfiguration {
			ActiveConfig::<T>::get()
		}

		/// Staged configurations with the sessions in which they take effect, ascending (R-ABP-5).
		pub fn pending() -> Vec<(SessionIndex, HostConfiguration)> {
			PendingConfigs::<T>::get()
				.into_iter()
				.map(|pending| (pending.session, pending.config))
				.collect()
		}
	}
}
