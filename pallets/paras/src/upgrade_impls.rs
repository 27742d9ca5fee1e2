//! The pipeline of code upgrades (R-CODE-3 to R-CODE-7).
//!
//! An announcement begins a check of its code; see `check_impls`. What its outcome does is here.

use crate::{
	AnnouncedCode, CheckCause, Config, Event, Pallet, ParaRecord, ParaRecords, UpcomingUpgrades,
	UpgradeCooldowns, UpgradeGoAheadSignal, UpgradeRestrictionSignal,
};
use async_backing_primitives::{
	BlockNumber, HostConfiguration, ParaId, UpgradeGoAhead, UpgradeRestriction, ValidationCode,
	ValidationCodeHash, MAX_PARAS,
};
use frame_support::{traits::ConstU32, BoundedVec};
use sp_runtime::SaturatedConversion;

type Schedule = BoundedVec<(ParaId, BlockNumber), ConstU32<MAX_PARAS>>;

impl<T: Config> Pallet<T> {
	/// Enacts an announcement in block `now`, and begins the check of its code (R-CODE-3).
	///
	/// What cannot be taken in is answered with an Abort, or the para would wait for ever: the code that is active already,
	/// and code that would need a vote while there are as many votes as there can be (R-CODE-1). So is what is refused when a
	/// candidate is backed: an announcement while the para is restricted (R-CODE-2), a code of the wrong size. An Abort of
	/// this kind begins no cooldown: the para may announce something else as soon as it has heard of it.
	///
	/// Does nothing for an unknown para, and nothing while an upgrade of the para is in flight, since that one is still to
	/// be answered.
	pub(crate) fn do_schedule_code_upgrade(
		para: ParaId,
		code: ValidationCode,
		now: BlockNumber,
		config: &HostConfiguration,
	) {
		let Some(record) = ParaRecords::<T>::get(para) else {
			return;
		};
		if record.announced.is_some() {
			return;
		}
		let code_hash = code.hash();
		let is_restricted = UpgradeRestrictionSignal::<T>::contains_key(para);
		let code = match Self::bounded_code(code, config) {
			Ok(code)
				if record.code_hash != code_hash && !is_restricted && Self::may_check_code(code_hash) =>
			{
				code
			}
			_ => {
				Self::answer(para, UpgradeGoAhead::Abort);
				return Self::deposit_event(Event::CodeUpgradeAborted { para, code_hash });
			}
		};

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
	///
	/// It applies from a later block on, whatever the delays are: the go-ahead comes when a block begins, and a candidate
	/// that applies the upgrade has to have heard it (R-CODE-6, R-CODE-7).
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
		let expected_at = from_announcement.max(from_acceptance).max(now.saturating_add(1));
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

	/// Answers an announcement, in the state of this block. It is the last word: an earlier answer that was not heard yet is
	/// replaced.
	fn answer(para: ParaId, signal: UpgradeGoAhead) {
		Self::change_record(para, |record| Self::answer_record(para, record, signal));
	}

	/// The same for a para whose record is at hand.
	pub(crate) fn answer_record(para: ParaId, record: &mut ParaRecord, signal: UpgradeGoAhead) {
		UpgradeGoAheadSignal::<T>::insert(para, signal);
		record.answered_at = Some(Self::now());
	}

	/// The block being processed.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// Changes the record of a para that has one.
	fn change_record(para: ParaId, change: impl FnOnce(&mut ParaRecord)) {
		ParaRecords::<T>::mutate_extant(para, change);
	}

	/// Tells paras whose upgrade is due in block `now` to go ahead (R-CODE-3). Returns how many.
	pub(crate) fn do_give_go_aheads(now: BlockNumber) -> u32 {
		let due = take_due(UpcomingUpgrades::<T>::get(), now, |rest| {
			UpcomingUpgrades::<T>::put(rest)
		});
		for (para, _) in &due {
			Self::answer(*para, UpgradeGoAhead::GoAhead);
		}
		due.len().saturated_into()
	}

	/// How many restrictions disappear at the end of block `now`.
	pub(crate) fn cooldowns_due(now: BlockNumber) -> u32 {
		UpgradeCooldowns::<T>::get()
			.partition_point(|(_, at)| *at <= now)
			.saturated_into()
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

	/// What a candidate with this relay parent does to the upgrade of its para when it is enacted: it has heard an answer
	/// that its relay parent shows (R-CODE-7), and applies an upgrade that is due there (R-CODE-6).
	pub(crate) fn apply_upgrade(para: ParaId, record: &mut ParaRecord, relay_parent_number: BlockNumber) {
		if record.answered_at.is_some_and(|at| relay_parent_number >= at) {
			record.answered_at = None;
			UpgradeGoAheadSignal::<T>::remove(para);
		}
		let due = record.future_code().filter(|(at, _)| relay_parent_number >= *at);
		let Some((_, code_hash)) = due else {
			return;
		};
		Self::retire_code(para, record);
		// The use as announced code becomes the use as current code.
		record.code_hash = code_hash;
		record.code_since = Self::now();
		record.announced = None;
		Self::deposit_event(Event::CodeUpgraded { para, code_hash });
	}
}

/// Inserts behind everything that is due at `at` or before.
pub(crate) fn insert_sorted(list: &mut Schedule, para: ParaId, at: BlockNumber) {
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
