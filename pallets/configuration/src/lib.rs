#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
pub mod config_preludes;
mod dispatchable_impls;
mod error_impls;
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

use frame_support::pallet_macros::import_section;

#[allow(missing_docs, missing_debug_implementations)]
// the macros write undocumented items
// What all calls refuse is said once, above them; and a call carries what it carries.
#[allow(clippy::missing_errors_doc, clippy::large_enum_variant)]
#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		types::{
			BackingLimits, CandidateLimits, HrmpLimits, OnDemandLimits, PendingConfig, SchedulerParams,
			SchedulingLimits, UmpLimits, UpgradeLimits,
		},
		WeightInfo,
	};
	use alloc::vec::Vec;
	use async_backing_primitives::{
		ApprovalVotingParams, AsyncBackingParams, BlockNumber, ExecutorParams, HostConfiguration,
		SessionIndex,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::{BlockNumberFor, OriginFor};
	use sp_runtime::Perbill;

	/// Most configurations that are staged at a time: one for the next session, one for the session after (R-ABP-5).
	pub const MAX_PENDING: u32 = 2;

	/// How many sessions pass before a change takes effect (R-ABP-5).
	pub const SESSION_DELAY: SessionIndex = 2;

	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config {
		/// Who may change the configuration: a referendum's origin, or root.
		#[pallet::no_default_bounds]
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Index of the current session.
		#[pallet::no_default_bounds]
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

	/// Whether inconsistent configurations are accepted, which nobody but the admin should want for long (R-ABP-6).
	#[pallet::storage]
	pub type BypassConsistencyCheck<T: Config> = StorageValue<_, bool, ValueQuery>;

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
			if let Err(error) = Pallet::<T>::check(&self.config) {
				panic!("the configuration at genesis is inconsistent: {error}");
			}
			if let Some(warning) = Pallet::<T>::lookahead_warning(&self.config) {
				log::warn!(target: "runtime::configuration", "the configuration at genesis: {warning}");
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
		/// What is being staged is legal, but the claim queue does not look ahead one block for each in which a relay parent
		/// is legal: below that, collators do not see who takes their candidates (R-SCH-12); above it, those who derive the
		/// one from the other build on relay parents that are refused (R-NET-77).
		LookaheadOffWindow {
			/// The session in which it takes effect.
			session: SessionIndex,
			/// `scheduling_lookahead`.
			lookahead: u32,
			/// `allowed_ancestry_len + 1`.
			window: u32,
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
		/// `max_code_size` is above what an inherent of this chain has room for.
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
		/// `max_code_size` is zero.
		MaxCodeSizeZero,
		/// `max_head_data_size` is zero.
		MaxHeadDataSizeZero,
		/// `max_pov_size` is zero.
		MaxPovSizeZero,
		/// `max_validators` is zero.
		MaxValidatorsZero,
		/// `hrmp_max_messages_consumed_per_candidate` is zero.
		HrmpMaxMessagesConsumedPerCandidateZero,
		/// `code_retention_period` is zero.
		CodeRetentionPeriodZero,
		/// `dispute_period` is zero.
		DisputePeriodZero,
		/// `no_show_slots` is zero.
		NoShowSlotsZero,
		/// `n_delay_tranches` is zero.
		NDelayTranchesZero,
		/// `needed_approvals` is zero.
		NeededApprovalsZero,
		/// `max_approval_coalesce_count` is zero.
		MaxApprovalCoalesceCountZero,
		/// `max_code_size` is below what any code has.
		MaxCodeSizeTooSmall,
		/// `max_upward_queue_size` has no room for one message of `max_upward_message_size`.
		MaxUpwardQueueSizeTooSmall,
		/// `hrmp_channel_max_total_size` has no room for one message of `hrmp_channel_max_message_size`.
		HrmpChannelMaxTotalSizeTooSmall,
		/// `validation_upgrade_cooldown` is above its ceiling.
		ValidationUpgradeCooldownTooLarge,
		/// `validation_upgrade_delay` is above its ceiling.
		ValidationUpgradeDelayTooLarge,
		/// `minimum_validation_upgrade_delay` is above its ceiling.
		MinimumValidationUpgradeDelayTooLarge,
		/// `code_retention_period` is above its ceiling.
		CodeRetentionPeriodTooLarge,
		/// `pvf_voting_ttl` is above its ceiling.
		PvfVotingTtlTooLarge,
		/// `hrmp_channel_max_capacity` is above its ceiling.
		HrmpChannelMaxCapacityTooLarge,
		/// `hrmp_channel_max_total_size` is above its ceiling.
		HrmpChannelMaxTotalSizeTooLarge,
		/// `dispute_period` is above its ceiling.
		DisputePeriodTooLarge,
		/// `dispute_post_conclusion_acceptance_period` is above its ceiling.
		DisputePostConclusionAcceptancePeriodTooLarge,
		/// `no_show_slots` is above its ceiling.
		NoShowSlotsTooLarge,
		/// `n_delay_tranches` is above its ceiling.
		NDelayTranchesTooLarge,
		/// `zeroth_delay_tranche_width` is above its ceiling.
		ZerothDelayTrancheWidthTooLarge,
		/// `needed_approvals` is above its ceiling.
		NeededApprovalsTooLarge,
		/// `relay_vrf_modulo_samples` is above its ceiling.
		RelayVrfModuloSamplesTooLarge,
		/// `max_approval_coalesce_count` is above its ceiling.
		MaxApprovalCoalesceCountTooLarge,
		/// `group_rotation_frequency` is above its ceiling.
		GroupRotationFrequencyTooLarge,
		/// `paras_availability_period` is above its ceiling.
		ParasAvailabilityPeriodTooLarge,
		/// `max_relay_parent_session_age` is not zero: relay parents are of the current session (R-REL-5).
		MaxRelayParentSessionAgeTooLarge,
		/// An executor parameter occurs twice.
		ExecutorParamRepeated,
		/// An executor parameter is not within its range.
		ExecutorParamOutOfRange,
		/// Two executor parameters do not go together.
		ExecutorParamsIncompatible,
		/// Another value does not fit.
		Inconsistent,
	}

	/// Ceilings and delays that are compiled in, for tools that read the metadata.
	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Whom the configuration gives for the pallets that this one speaks to, for tools that check a runtime's blob.
		#[pallet::constant_name(Neighbours)]
		fn neighbours() -> alloc::vec::Vec<async_backing_primitives::wiring::Neighbour> {
			use async_backing_primitives::wiring::{path, Neighbour};
			alloc::vec![Neighbour::of::<T::SessionIndex>("SessionIndex", path::SESSIONS),]
		}

		/// Sessions that pass before a change takes effect (R-ABP-5).
		#[pallet::constant_name(SessionDelay)]
		fn session_delay() -> SessionIndex {
			SESSION_DELAY
		}

		/// Most configurations that are staged at a time (R-ABP-5).
		#[pallet::constant_name(MaxPending)]
		fn max_pending() -> u32 {
			MAX_PENDING
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::CONFIGURATION)
				.named(
					path::CONFIGURATION,
					"Configuration",
					"parachains read it at its name (R-KEY-1)",
				)
				.all_given(&Self::neighbours())
				.check();
		}

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
