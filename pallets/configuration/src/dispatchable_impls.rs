//! What the calls do.

use crate::{
	ActiveConfig, BypassConsistencyCheck, Config, Error, Event, Pallet, PendingConfig, PendingConfigs,
	SESSION_DELAY,
};
use async_backing_primitives::{HostConfiguration, InconsistentConfiguration, SessionIndex, TuningWarning};
use frame_support::{
	dispatch::{DispatchClass, DispatchResult},
	ensure,
	traits::{EnsureOrigin, Get},
};
use frame_system::pallet_prelude::OriginFor;

impl<T: Config> Pallet<T> {
	/// What every call does that stages: [`Self::do_stage`], for the admin.
	pub(crate) fn do_set(
		origin: OriginFor<T>,
		change: impl FnOnce(&mut HostConfiguration),
	) -> DispatchResult {
		T::AdminOrigin::ensure_origin(origin)?;
		Self::do_stage(change)
	}

	/// Whether a configuration is consistent on this chain, with the length that its blocks have for inherents
	/// (R-ABP-6).
	pub(crate) fn check(config: &HostConfiguration) -> Result<(), InconsistentConfiguration> {
		let length = *T::BlockLength::get().max.get(DispatchClass::Mandatory);
		config.check_consistency_within(length)
	}

	/// Stages a change for two sessions from now (R-ABP-5).
	///
	/// `change` edits the configuration that would be in force then without it: the last one staged, else the active
	/// one. A change is refused when it makes a consistent configuration inconsistent; where it was inconsistent
	/// before, it is accepted, so that several calls can repair it (R-ABP-6). Parameters of asynchronous backing
	/// beyond their bounds are refused always, unless they were there before (R-ABP-4). The admin can switch the check
	/// off ([`BypassConsistencyCheck`]).
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
		let warning = Self::lookahead_warning(&config);
		if warning.is_some() && warning != Self::lookahead_warning(&base) {
			Self::deposit_event(Event::LookaheadOffWindow {
				session,
				lookahead: config.scheduling_lookahead,
				window: config.async_backing_params.relay_parent_window(),
			});
		}
		Self::deposit_event(Event::Staged { session, config });
		Ok(())
	}

	/// What is said about the lookahead with these parameters (R-NET-77, R-SCH-12).
	pub(crate) fn lookahead_warning(config: &HostConfiguration) -> Option<TuningWarning> {
		let warnings = config
			.async_backing_params
			.tuning_warnings(config.scheduling_lookahead, None);
		warnings.into_iter().next()
	}

	/// Whether a configuration may follow its base (R-ABP-6, R-ABP-4).
	fn ensure_acceptable(base: &HostConfiguration, config: &HostConfiguration) -> Result<(), Error<T>> {
		if config.async_backing_params != base.async_backing_params {
			config.async_backing_params.validate().map_err(Error::<T>::from)?;
		}
		match Self::check(config) {
			Err(inconsistency) if !BypassConsistencyCheck::<T>::get() && Self::check(base).is_ok() => {
				Err(inconsistency.into())
			}
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
