//! What root makes of a para that cannot help itself: its head, its code, its context.
//!
//! Candidates build on these, and nodes predict by the state of the parent. So nothing of it happens when the call does, but
//! at the end of its block: candidates of that block are judged by what nodes saw, and the next leaf shows what the next
//! block is judged by. Candidates that are pending then build on what is no more, and are dropped.

use crate::{
	BoundedHead, Config, Error, Event, Heads, Pallet, ParaRecord, ParaRecords, Rewrite, Rewrites,
	RewrittenParas, UpcomingUpgrades, UpgradeCooldowns,
};
use async_backing_primitives::{
	ports::{ActiveConfiguration, OnParaOverridden},
	BlockNumber, HeadData, ParaId, UpgradeGoAhead, ValidationCode,
};
use frame_support::{dispatch::DispatchResult, ensure};

impl<T: Config> Pallet<T> {
	/// Gives a para another code at the end of this block.
	///
	/// # Errors
	/// [`Error::NoHead`], and those about sizes. Nothing is written then.
	pub(crate) fn do_force_code(para: ParaId, code: ValidationCode) -> DispatchResult {
		ensure!(ParaRecords::<T>::contains_key(para), Error::<T>::NoHead);
		let code_hash = code.hash();
		let code = Self::bounded_code(code, &T::Configuration::active())?;
		Self::use_code(code_hash, code);
		Self::rewrite(para, |rewrite| {
			if let Some(other) = rewrite.code_hash.replace(code_hash) {
				Self::release_code(other);
			}
		})
	}

	/// Gives a para another head at the end of this block.
	///
	/// # Errors
	/// [`Error::NoHead`], [`Error::HeadDataTooLarge`]. Nothing is written then.
	pub(crate) fn do_force_head(para: ParaId, head: HeadData) -> DispatchResult {
		ensure!(
			head.0.len() <= T::Configuration::active().max_head_data_size as usize,
			Error::<T>::HeadDataTooLarge
		);
		let head = BoundedHead::try_from(head.0).map_err(|_| Error::<T>::HeadDataTooLarge)?;
		Self::rewrite(para, |rewrite| rewrite.head = Some(head))
	}

	/// Gives a para another most recent context at the end of this block.
	///
	/// # Errors
	/// [`Error::NoHead`], [`Error::ContextInFuture`]. Nothing is written then.
	pub(crate) fn do_force_context(para: ParaId, context: BlockNumber) -> DispatchResult {
		ensure!(context <= Self::now(), Error::<T>::ContextInFuture);
		Self::rewrite(para, |rewrite| rewrite.context = Some(context))
	}

	/// Notes what becomes of a para at the end of this block. What was noted before stays unless it is replaced.
	fn rewrite(para: ParaId, change: impl FnOnce(&mut Rewrite)) -> DispatchResult {
		ensure!(ParaRecords::<T>::contains_key(para), Error::<T>::NoHead);
		RewrittenParas::<T>::try_mutate(|paras| match paras.binary_search(&para) {
			Ok(_) => Ok(()),
			Err(position) => paras
				.try_insert(position, para)
				.map_err(|_| Error::<T>::TooManyParas),
		})?;
		Rewrites::<T>::mutate(para, change);
		Ok(())
	}

	/// Does what was noted in this block.
	pub(crate) fn do_apply_rewrites() {
		for para in RewrittenParas::<T>::take() {
			let rewrite = Rewrites::<T>::take(para);
			match ParaRecords::<T>::get(para) {
				Some(record) => Self::apply_rewrite(para, record, rewrite),
				// It is gone with the session that this block ends.
				None => rewrite.code_hash.into_iter().for_each(Self::release_code),
			}
		}
	}

	fn apply_rewrite(para: ParaId, mut record: ParaRecord, rewrite: Rewrite) {
		<(T::Inclusion, T::Hrmp, T::Others)>::on_para_overridden(para);
		let is_head_new = rewrite.head.is_some();
		// Whether the para gets by force what it announced. On another head it may know nothing of its announcement.
		let is_granted =
			!is_head_new && rewrite.code_hash == record.announced.map(|announced| announced.code_hash);
		if is_head_new || rewrite.code_hash.is_some() {
			let signal = if is_granted {
				UpgradeGoAhead::GoAhead
			} else {
				UpgradeGoAhead::Abort
			};
			Self::give_up_upgrade(para, &mut record, signal, is_head_new);
		}
		if let Some(code_hash) = rewrite.code_hash {
			if code_hash == record.code_hash {
				Self::release_code(code_hash);
			} else {
				Self::retire_code(para, &record);
				record.code_hash = code_hash;
				record.code_since = Self::now();
			}
			Self::deposit_event(Event::CurrentCodeUpdated { para, code_hash });
		}
		if let Some(context) = rewrite.context {
			record.most_recent_context = Some(context);
			Self::deposit_event(Event::MostRecentContextUpdated { para, context });
		}
		ParaRecords::<T>::insert(para, record);
		if let Some(head) = rewrite.head {
			Heads::<T>::insert(para, head);
			Self::deposit_event(Event::CurrentHeadUpdated { para });
		}
	}

	/// Ends the upgrade that is in flight, and answers it. On another head (`is_head_new`) so is every answer that nobody
	/// heard yet: the para that finds it may never have announced anything, and an Abort is what does no harm then.
	fn give_up_upgrade(para: ParaId, record: &mut ParaRecord, signal: UpgradeGoAhead, is_head_new: bool) {
		if let Some(announced) = record.announced.take() {
			Self::withdraw_from_vote(announced.code_hash, para);
			UpcomingUpgrades::<T>::mutate(|list| list.retain(|(other, _)| *other != para));
			Self::release_code(announced.code_hash);
		} else if !(is_head_new && record.answered_at.is_some()) {
			return;
		}
		Self::answer_record(para, record, signal);
	}

	/// Ends the cooldown of a para with this block: the restriction is lifted at its end, as it would have been later.
	///
	/// # Errors
	/// [`Error::NotRestricted`]. Nothing is written then.
	pub(crate) fn do_remove_cooldown(para: ParaId) -> DispatchResult {
		UpgradeCooldowns::<T>::try_mutate(|list| {
			let position = list
				.iter()
				.position(|(other, _)| *other == para)
				.ok_or(Error::<T>::NotRestricted)?;
			list.remove(position);
			crate::upgrade_impls::insert_sorted(list, para, Self::now());
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::UpgradeCooldownRemoved { para });
		Ok(())
	}
}
