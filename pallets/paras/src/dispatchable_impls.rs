//! What the calls and genesis do.

use crate::{
	ActionsQueue, BoundedCode, BoundedHead, CheckCause, Config, Error, Event, LeavingNow, Pallet,
	ParaLifecycle, ParaLifecycles, ParaRecords, Registration, UpcomingParas, SESSION_DELAY,
};
use async_backing_primitives::{
	ports::{ActiveConfiguration, CurrentSession, UpwardQueues},
	HeadData, HostConfiguration, ParaId, SessionIndex, ValidationCode, ValidationCodeHash, MAX_CODE_SIZE,
	MAX_HEAD_DATA_SIZE, MAX_PARAS,
};
use frame_support::{dispatch::DispatchResult, ensure};

impl<T: Config> Pallet<T> {
	/// Registers a para, and begins the check of its code.
	///
	/// # Errors
	/// [`Error::AlreadyRegistered`], [`Error::TooManyParas`], and those about sizes. Nothing is written then.
	pub(crate) fn do_register(para: ParaId, head: HeadData, code: ValidationCode) -> DispatchResult {
		let config = T::Configuration::active();
		let (registration, code) = Self::admit(para, head, code, &config)?;
		let code_hash = registration.code_hash;
		ensure!(Self::may_check_code(code_hash), Error::<T>::TooManyParas);
		ParaLifecycles::<T>::insert(para, ParaLifecycle::Onboarding);
		UpcomingParas::<T>::insert(para, registration);
		Self::check_code(code_hash, code, CheckCause::Onboarding(para), &config);
		Ok(())
	}

	/// Lets a registered para whose code is accepted become active two sessions from now.
	pub(crate) fn schedule_onboarding(para: ParaId) {
		if !UpcomingParas::<T>::contains_key(para) {
			return;
		}
		// There is room in the queue for every para that has a lifecycle.
		if let Ok(session) = Self::schedule(para, ParaLifecycle::Onboarding) {
			Self::deposit_event(Event::Registered { para, session });
		}
	}

	/// Gives up a registration: its code is not accepted.
	pub(crate) fn reject_registration(para: ParaId) {
		let Some(registration) = UpcomingParas::<T>::take(para) else {
			return;
		};
		ParaLifecycles::<T>::remove(para);
		Self::release_code(registration.code_hash);
		Self::deposit_event(Event::RegistrationRejected { para });
	}

	/// Registers a para and makes it active at once. The configured limits may not be there yet; the ceilings hold.
	///
	/// # Errors
	/// As [`do_register`](Self::do_register).
	pub(crate) fn do_register_at_genesis(
		para: ParaId,
		head: HeadData,
		code: ValidationCode,
	) -> Result<(), Error<T>> {
		let ceilings = HostConfiguration {
			max_code_size: MAX_CODE_SIZE,
			max_head_data_size: MAX_HEAD_DATA_SIZE,
			..Default::default()
		};
		let (registration, code) = Self::admit(para, head, code, &ceilings)?;
		Self::use_code(registration.code_hash, code);
		UpcomingParas::<T>::insert(para, registration);
		Self::onboard(para);
		Ok(())
	}

	/// Decides on the removal of a para, two sessions from now.
	///
	/// # Errors
	/// [`Error::NotActive`], [`Error::CannotOffboard`]. Nothing is written then.
	pub(crate) fn do_deregister(para: ParaId) -> DispatchResult {
		let lifecycle = ParaLifecycles::<T>::get(para);
		ensure!(lifecycle == Some(ParaLifecycle::Active), Error::<T>::NotActive);
		ensure!(!Self::has_upward_messages(para), Error::<T>::CannotOffboard);
		let session = Self::schedule(para, ParaLifecycle::Offboarding)?;
		ParaRecords::<T>::mutate_extant(para, |record| record.is_offboarding = true);
		// There is room for every para, and each is active once.
		LeavingNow::<T>::mutate(|leaving| {
			let _ = leaving.try_push(para);
		});
		Self::deposit_event(Event::Deregistered { para, session });
		Ok(())
	}

	/// Checks that a para may come in, and returns what it begins with and its code.
	fn admit(
		para: ParaId,
		head: HeadData,
		code: ValidationCode,
		config: &HostConfiguration,
	) -> Result<(Registration, BoundedCode), Error<T>> {
		ensure!(
			!ParaLifecycles::<T>::contains_key(para),
			Error::<T>::AlreadyRegistered
		);
		ensure!(ParaLifecycles::<T>::count() < MAX_PARAS, Error::<T>::TooManyParas);
		ensure!(
			head.0.len() <= config.max_head_data_size as usize,
			Error::<T>::HeadDataTooLarge
		);
		let head = BoundedHead::try_from(head.0).map_err(|_| Error::<T>::HeadDataTooLarge)?;
		let code_hash: ValidationCodeHash = code.hash();
		let code = Self::bounded_code(code, config)?;
		Ok((Registration { head, code_hash }, code))
	}

	/// Puts the para into a state which it leaves two sessions from now.
	fn schedule(para: ParaId, lifecycle: ParaLifecycle) -> Result<SessionIndex, Error<T>> {
		let session = T::Session::index().saturating_add(SESSION_DELAY);
		Self::queue_action(para, session)?;
		ParaLifecycles::<T>::insert(para, lifecycle);
		Ok(session)
	}

	/// Lets a para move on when this session begins.
	pub(crate) fn queue_action(para: ParaId, session: SessionIndex) -> Result<(), Error<T>> {
		ActionsQueue::<T>::try_mutate(session, |queue| {
			let position = queue.partition_point(|other| *other < para);
			queue
				.try_insert(position, para)
				.map_err(|_| Error::<T>::TooManyParas)
		})
	}

	/// Whether upward messages of the para wait to be processed. They would be counted against whoever gets the id next, and
	/// executed in its name (R-DEF-31).
	pub(crate) fn has_upward_messages(para: ParaId) -> bool {
		T::Ump::size(para).count > 0
	}
}
