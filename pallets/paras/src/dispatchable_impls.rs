//! What the calls and genesis do.

use crate::{
	ActionsQueue, BoundedHead, Config, Error, Event, GenesisPara, Pallet, ParaLifecycle, ParaLifecycles,
	Registration, UpcomingParas, SESSION_DELAY,
};
use async_backing_primitives::{
	ports::ActiveConfiguration, HeadData, HostConfiguration, ParaId, SessionIndex, ValidationCode,
	ValidationCodeHash, MAX_CODE_SIZE, MAX_HEAD_DATA_SIZE, MAX_PARAS,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};

impl<T: Config> Pallet<T> {
	/// Registers a para for two sessions from now.
	///
	/// # Errors
	/// [`Error::AlreadyRegistered`], [`Error::TooManyParas`], and those about sizes. Nothing is written then.
	pub(crate) fn do_register(para: ParaId, head: HeadData, code: ValidationCode) -> DispatchResult {
		let registration = Self::admit(para, head, code, &T::Configuration::active())?;
		let session = Self::schedule(para, ParaLifecycle::Onboarding)?;
		UpcomingParas::<T>::insert(para, registration);
		Self::deposit_event(Event::Registered { para, session });
		Ok(())
	}

	/// Registers a para and makes it active at once. The configured limits may not be there yet; the ceilings hold.
	///
	/// # Errors
	/// As [`do_register`](Self::do_register).
	pub(crate) fn do_register_at_genesis(para: &GenesisPara) -> Result<(), Error<T>> {
		let ceilings = HostConfiguration {
			max_code_size: MAX_CODE_SIZE,
			max_head_data_size: MAX_HEAD_DATA_SIZE,
			..Default::default()
		};
		let registration = Self::admit(para.id, para.head.clone(), para.code.clone(), &ceilings)?;
		UpcomingParas::<T>::insert(para.id, registration);
		Self::onboard(para.id);
		Ok(())
	}

	/// Decides on the removal of a para, two sessions from now.
	///
	/// # Errors
	/// [`Error::NotActive`]. Nothing is written then.
	pub(crate) fn do_deregister(para: ParaId) -> DispatchResult {
		let lifecycle = ParaLifecycles::<T>::get(para);
		ensure!(lifecycle == Some(ParaLifecycle::Active), Error::<T>::NotActive);
		let session = Self::schedule(para, ParaLifecycle::Offboarding)?;
		Self::deposit_event(Event::Deregistered { para, session });
		Ok(())
	}

	/// Checks that a para may come in, and stores its code.
	fn admit(
		para: ParaId,
		head: HeadData,
		code: ValidationCode,
		config: &HostConfiguration,
	) -> Result<Registration, Error<T>> {
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
		Self::use_code(code_hash, code);
		Ok(Registration { head, code_hash })
	}

	/// Puts the para into a state which it leaves two sessions from now.
	fn schedule(para: ParaId, lifecycle: ParaLifecycle) -> Result<SessionIndex, Error<T>> {
		let session = T::SessionIndex::get().saturating_add(SESSION_DELAY);
		ActionsQueue::<T>::try_mutate(session, |queue| {
			let position = queue.partition_point(|other| *other < para);
			queue
				.try_insert(position, para)
				.map_err(|_| Error::<T>::TooManyParas)
		})?;
		ParaLifecycles::<T>::insert(para, lifecycle);
		Ok(session)
	}
}
