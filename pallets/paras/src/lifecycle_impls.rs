//! How paras come and go when sessions begin.

use crate::{
	ActionsQueue, Config, Event, Heads, Pallet, ParaLifecycle, ParaLifecycles, ParaRecord, ParaRecords,
	Parachains, UpcomingParas, UpcomingUpgrades, UpgradeCooldowns, UpgradeGoAheadSignal,
	UpgradeRestrictionSignal,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{OnParaRemoved, OnSessionChange, SessionChange},
	ParaId, SessionIndex,
};

/// Who forgets what is kept for a para that is gone.
type Forgetful<T> = (
	<T as Config>::Scheduler,
	<T as Config>::Dmp,
	<T as Config>::Ump,
	<T as Config>::Hrmp,
	<T as Config>::Others,
);

impl<T: Config> OnSessionChange for Pallet<T> {
	fn on_session_change(change: &SessionChange) {
		for para in Self::take_due_actions(change.session_index) {
			match ParaLifecycles::<T>::get(para) {
				Some(ParaLifecycle::Onboarding) => {
					Self::onboard(para);
					Self::deposit_event(Event::Onboarded { para });
				}
				// Candidates that were pending when the removal was decided may have sent messages since (R-DEF-31). And
				// a session change removes no more than it has time for (R-DEF-33).
				Some(ParaLifecycle::Offboarding)
					if Self::has_upward_messages(para) || !Forgetful::<T>::has_time_for(para) =>
				{
					let session = change.session_index.saturating_add(1);
					// There is room in the queue for every para that has a lifecycle.
					if Self::queue_action(para, session).is_ok() {
						Self::deposit_event(Event::OffboardingDelayed { para, session });
					}
				}
				Some(ParaLifecycle::Offboarding) => {
					Self::offboard(para);
					Self::deposit_event(Event::Offboarded { para });
				}
				Some(ParaLifecycle::Active) | None => {}
			}
		}
		Self::age_votes(&change.new_configuration);
	}
}

impl<T: Config> Pallet<T> {
	/// Paras that move on with this session, or should have with one that was left out (R-DEF-34).
	///
	/// Cost: an access for each session with actions. They are at most two sessions ahead, so there are few.
	fn take_due_actions(session: SessionIndex) -> Vec<ParaId> {
		let mut due: Vec<SessionIndex> = ActionsQueue::<T>::iter_keys()
			.filter(|other| *other <= session)
			.collect();
		due.sort_unstable();
		due.into_iter().flat_map(ActionsQueue::<T>::take).collect()
	}

	/// Makes an upcoming para active.
	pub(crate) fn onboard(para: ParaId) {
		let Some(registration) = UpcomingParas::<T>::take(para) else {
			return;
		};
		// The list has room for every para that has a lifecycle, and each is in it once.
		Parachains::<T>::mutate(|list| match list.binary_search(&para) {
			Ok(_) => {}
			Err(position) => {
				let _ = list.try_insert(position, para);
			}
		});
		ParaLifecycles::<T>::insert(para, ParaLifecycle::Active);
		Heads::<T>::insert(para, registration.head);
		let record = ParaRecord {
			code_since: Self::now(),
			..ParaRecord::new(registration.code_hash)
		};
		ParaRecords::<T>::insert(para, record);
	}

	/// Forgets a para, but for the code that it ran: its last candidates may be checked still (R-CODE-9).
	fn offboard(para: ParaId) {
		Parachains::<T>::mutate(|list| list.retain(|other| *other != para));
		UpcomingUpgrades::<T>::mutate(|list| list.retain(|(other, _)| *other != para));
		UpgradeCooldowns::<T>::mutate(|list| list.retain(|(other, _)| *other != para));
		if let Some(code_hash) = Self::announced_code(para) {
			Self::withdraw_from_vote(code_hash, para);
		}
		ParaLifecycles::<T>::remove(para);
		Heads::<T>::remove(para);
		UpgradeGoAheadSignal::<T>::remove(para);
		UpgradeRestrictionSignal::<T>::remove(para);
		if let Some(record) = ParaRecords::<T>::take(para) {
			Self::retire_code(para, &record);
			if let Some(announced) = record.announced {
				Self::release_code(announced.code_hash);
			}
		}
		Forgetful::<T>::on_para_removed(para);
	}
}
