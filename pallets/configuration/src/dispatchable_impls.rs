//! What the calls do.

use crate::{ActiveConfig, Config, Error, Event, Pallet, PendingConfig, PendingConfigs, SESSION_DELAY};
use async_backing_primitives::{
	HostConfiguration, InconsistentConfiguration, InvalidAsyncBackingParams, SessionIndex,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};

impl<T: Config> Pallet<T> {
	/// Stages a change for two sessions from now (R-ABP-5).
	///
	/// `change` edits the configuration that would be in force then without it: the last one staged, else the active
	/// one. A change is refused when it makes a consistent configuration inconsistent; where it was inconsistent
	/// before, it is accepted, so that several calls can repair it (R-ABP-6). Parameters of asynchronous backing
	/// beyond their bounds are refused always, unless they were there before (R-ABP-4).
	///
	/// # Errors
	/// The variant of [`Error`] that names the first value that does not fit. Nothing is written then.
	pub(crate) fn do_stage(change: impl FnOnce(&mut HostConfiguration)) -> DispatchResult {
		let session = T::SessionIndex::get().saturating_add(SESSION_DELAY);
		let mut pending = PendingConfigs::<T>::get();
		let base = pending
			.last()
			.map_or_else(ActiveConfig::<T>::get, |last| last.config.clone());
		let mut config = base.clone();
		change(&mut config);
		Self::ensure_acceptable(&base, &config)?;

		match pending.last_mut() {
			Some(last) if last.session == session => last.config = config.clone(),
			_ => {
				// Full only if the sessions went backwards: two entries are for the two sessions before this one's.
				let entry = PendingConfig {
					session,
					config: config.clone(),
				};
				ensure!(pending.try_push(entry).is_ok(), Error::<T>::Inconsistent);
			}
		}
		PendingConfigs::<T>::put(pending);
		Self::deposit_event(Event::Staged { session, config });
		Ok(())
	}

	/// Whether a configuration may follow its base (R-ABP-6, R-ABP-4).
	fn ensure_acceptable(base: &HostConfiguration, config: &HostConfiguration) -> Result<(), Error<T>> {
		if config.async_backing_params != base.async_backing_params {
			config.async_backing_params.validate().map_err(Error::<T>::from)?;
		}
		match config.check_consistency() {
			Err(inconsistency) if base.check_consistency().is_ok() => Err(inconsistency.into()),
			_ => Ok(()),
		}
	}

	/// Brings into force what is staged for `session` or before, and keeps what is staged for later (R-ABP-7).
	pub(crate) fn do_activate(session: SessionIndex) -> (HostConfiguration, HostConfiguration) {
		let old = ActiveConfig::<T>::get();
		let mut due = None;
		PendingConfigs::<T>::mutate_exists(|stored| {
			let Some(pending) = stored else { return };
			pending.retain(|entry| {
				let waits = entry.session > session;
				if !waits {
					due = Some(entry.config.clone());
				}
				waits
			});
			if pending.is_empty() {
				*stored = None;
			}
		});
		let Some(config) = due else {
			return (old.clone(), old);
		};
		ActiveConfig::<T>::put(&config);
		Self::deposit_event(Event::Activated {
			session,
			config: config.clone(),
		});
		(old, config)
	}
}

impl<T> From<InvalidAsyncBackingParams> for Error<T> {
	fn from(error: InvalidAsyncBackingParams) -> Self {
		InconsistentConfiguration::from(error).into()
	}
}

impl<T> From<InconsistentConfiguration> for Error<T> {
	fn from(error: InconsistentConfiguration) -> Self {
		use InconsistentConfiguration::{TooLarge, TooSmall, Zero};
		match error {
			Zero("group_rotation_frequency") => Self::GroupRotationFrequencyZero,
			Zero("paras_availability_period") => Self::ParasAvailabilityPeriodZero,
			Zero("scheduling_lookahead") => Self::SchedulingLookaheadZero,
			Zero("minimum_backing_votes") => Self::MinimumBackingVotesZero,
			Zero("pvf_voting_ttl") => Self::PvfVotingTtlZero,
			TooSmall { parameter, .. } => match parameter {
				"scheduling_lookahead" => Self::SchedulingLookaheadTooSmall,
				"validation_upgrade_delay" => Self::ValidationUpgradeDelayTooSmall,
				"minimum_validation_upgrade_delay" => Self::MinimumValidationUpgradeDelayTooSmall,
				_ => Self::Inconsistent,
			},
			TooLarge { parameter, .. } => match parameter {
				"max_candidate_depth" => Self::MaxCandidateDepthTooLarge,
				"allowed_ancestry_len" => Self::AllowedAncestryLenTooLarge,
				"max_code_size" => Self::MaxCodeSizeTooLarge,
				"max_head_data_size" => Self::MaxHeadDataSizeTooLarge,
				"max_pov_size" => Self::MaxPovSizeTooLarge,
				"max_upward_message_size" => Self::MaxUpwardMessageSizeTooLarge,
				"max_upward_message_num_per_candidate" => Self::MaxUpwardMessageNumPerCandidateTooLarge,
				"hrmp_max_message_num_per_candidate" => Self::HrmpMaxMessageNumPerCandidateTooLarge,
				"num_cores" => Self::NumCoresTooLarge,
				"scheduling_lookahead" => Self::SchedulingLookaheadTooLarge,
				"max_downward_message_size" => Self::MaxDownwardMessageSizeTooLarge,
				"hrmp_channel_max_message_size" => Self::HrmpChannelMaxMessageSizeTooLarge,
				"hrmp_max_parachain_outbound_channels" => Self::HrmpMaxParachainOutboundChannelsTooLarge,
				"hrmp_max_parachain_inbound_channels" => Self::HrmpMaxParachainInboundChannelsTooLarge,
				"on_demand_queue_max_size" => Self::OnDemandQueueMaxSizeTooLarge,
				_ => Self::Inconsistent,
			},
			Zero(_) => Self::Inconsistent,
		}
	}
}
