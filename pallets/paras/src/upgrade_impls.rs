//! The pipeline of code upgrades (R-CODE-3 to R-CODE-7).
//!
//! An announcement begins a check of its code; see `check_impls`. What its outcome does is here.

use crate::{
	AnnouncedCode, CheckCause, Config, Event, Pallet, ParaRecord, ParaRecords, UpcomingUpgrades,
	UpgradeCooldowns, UpgradeGoAheadSignal, UpgradeRestrictionSignal,
};
use async_backing_primitives::{
	ports::ParaState, BlockNumber, HostConfiguration, ParaId, UpgradeGoAhead, UpgradeRestriction,
	ValidationCode, ValidationCodeHash, MAX_PARAS,
};
use frame_support::{traits::ConstU32, BoundedVec};

type Schedule = BoundedVec<(ParaId, BlockNumber), ConstU32<MAX_PARAS>>;

impl<T: Config> Pallet<T> {
	/// Enacts an announcement in block `now`, and begins the check of its code (R-CODE-3).
	///
	/// Does nothing for the code that is active already (R-CODE-1), and nothing for what is refused when a candidate
	/// is backed: an unknown para, an upgrade that is restricted (R-CODE-2), a code of the wrong size. So it does when there
	/// are as many votes as there can be: the para may announce again.
	pub(crate) fn do_schedule_code_upgrade(
		para: ParaId,
		code: ValidationCode,
		now: BlockNumber,
		config: &HostConfiguration,
	) {
		let code_hash = code.hash();
		match ParaRecords::<T>::get(para) {
			Some(record) if record.code_hash != code_hash => {}
			_ => return,
		}
		if <Self as ParaState>::is_upgrade_restricted(para) {
			return;
		}
		let Ok(code) = Self::bounded_code(code, config) else {
			return;
		};

		if !Self::may_vote() {
			return;
		}
		Self::change_record(para, |record| {
			record.announced = Some(AnnouncedCode {
				code_hash,
				expected_at: None,
			});
		});
		UpgradeRestrictionSignal::<T>::insert(para, UpgradeRestriction::Present);
		let lifted_at = now.saturating_add(config.validation_upgrade_cooldown);
		UpgradeCooldowns::<T>::mutate(|list| insert_sorted(list, para, lifted_at));
		let cause = CheckCause::Upgrade {
			para,
			included_at: now,
		};
		Self::check_code(code_hash, code, cause, config);
	}

	/// Schedules an upgrade that was announced in block `included_at`, and whose code is accepted in block `now`
	/// (R-CODE-3).
	pub(crate) fn schedule_upgrade(
		para: ParaId,
		code_hash: ValidationCodeHash,
		included_at: BlockNumber,
		now: BlockNumber,
		config: &HostConfiguration,
	) {
		if Self::announced_code(para) != Some(code_hash) {
			return;
		}
		let from_announcement = included_at.saturating_add(config.validation_upgrade_delay);
		let from_acceptance = now.saturating_add(config.minimum_validation_upgrade_delay);
		let expected_at = from_announcement.max(from_acceptance);
		Self::change_record(para, |record| {
			record.announced = Some(AnnouncedCode {
				code_hash,
				expected_at: Some(expected_at),
			});
		});
		UpcomingUpgrades::<T>::mutate(|list| insert_sorted(list, para, expected_at));
		Self::deposit_event(Event::CodeUpgradeScheduled {
			para,
			code_hash,
			expected_at,
		});
	}

	/// Gives an announced upgrade up: the code is not accepted (R-CODE-3). The restriction lasts as it would have.
	pub(crate) fn reject_upgrade(para: ParaId, code_hash: ValidationCodeHash) {
		if Self::announced_code(para) != Some(code_hash) {
			return;
		}
		Self::change_record(para, |record| record.announced = None);
		Self::release_code(code_hash);
		Self::answer(para, UpgradeGoAhead::Abort);
	}

	/// Hash of the code that the para announced.
	pub(crate) fn announced_code(para: ParaId) -> Option<ValidationCodeHash> {
		let announced = ParaRecords::<T>::get(para)?.announced?;
		Some(announced.code_hash)
	}

	/// Answers an announcement.
	fn answer(para: ParaId, signal: UpgradeGoAhead) {
		UpgradeGoAheadSignal::<T>::insert(para, signal);
		Self::change_record(para, |record| record.is_answered = true);
	}

	/// Changes the record of a para that has one.
	fn change_record(para: ParaId, change: impl FnOnce(&mut ParaRecord)) {
		ParaRecords::<T>::mutate_extant(para, change);
	}

	/// Tells paras whose upgrade is due in block `now` to go ahead (R-CODE-3). Returns how many.
	pub(crate) fn do_give_go_aheads(now: BlockNumber) -> u64 {
		let due = take_due(UpcomingUpgrades::<T>::get(), now, |rest| {
			UpcomingUpgrades::<T>::put(rest)
		});
		for (para, _) in &due {
			Self::answer(*para, UpgradeGoAhead::GoAhead);
		}
		due.len() as u64
	}

	/// How many restrictions disappear at the end of block `now`.
	pub(crate) fn cooldowns_due(now: BlockNumber) -> u64 {
		UpgradeCooldowns::<T>::get().partition_point(|(_, at)| *at <= now) as u64
	}

	/// Lifts the restrictions whose cooldown is over at the end of block `now` (R-CODE-3).
	pub(crate) fn do_lift_restrictions(now: BlockNumber) {
		let due = take_due(UpgradeCooldowns::<T>::get(), now, |rest| {
			UpgradeCooldowns::<T>::put(rest)
		});
		for (para, _) in &due {
			UpgradeRestrictionSignal::<T>::remove(para);
		}
	}

	/// Applies the scheduled upgrade to the record if a candidate with this relay parent does so (R-CODE-6). Where none
	/// is scheduled, clears a signal that is left over (R-CODE-7).
	pub(crate) fn apply_upgrade(para: ParaId, record: &mut ParaRecord, relay_parent_number: BlockNumber) {
		let scheduled = record.future_code();
		if scheduled.is_some_and(|(expected_at, _)| relay_parent_number < expected_at) {
			return;
		}
		if record.is_answered {
			record.is_answered = false;
			UpgradeGoAheadSignal::<T>::remove(para);
		}
		let Some((_, code_hash)) = scheduled else {
			return;
		};
		// Not reached by the candidates of a chain that gives its go-aheads, but then none may follow.
		UpcomingUpgrades::<T>::mutate(|list| list.retain(|(other, _)| *other != para));
		// The use as announced code becomes the use as current code.
		Self::release_code(record.code_hash);
		record.code_hash = code_hash;
		record.announced = None;
		Self::deposit_event(Event::CodeUpgraded { para, code_hash });
	}
}

/// Inserts behind everything that is due at `at` or before.
fn insert_sorted(list: &mut Schedule, para: ParaId, at: BlockNumber) {
	let position = list.partition_point(|(_, other)| *other <= at);
	// There is room: the list holds at most one entry per para, and there are no more paras than it has places.
	let _ = list.try_insert(position, (para, at));
}

/// Splits off the front of a schedule that is due, and hands what remains to `store` if it changed.
fn take_due(mut list: Schedule, now: BlockNumber, store: impl FnOnce(Schedule)) -> Schedule {
	let count = list.partition_point(|(_, at)| *at <= now);
	if count == 0 {
		return Schedule::default();
	}
	let due = Schedule::truncate_from(list.drain(..count).collect());
	store(list);
	due
}
