//! The port that this pallet answers.

use crate::{
	BoundedHead, CodeByHash, Config, CurrentCodeHash, FutureCodeHash, FutureCodeUpgrades, Heads,
	MostRecentContext, Pallet, ParaLifecycle, ParaLifecycles, Parachains, UpgradeRestrictionSignal,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::ParaState, BlockNumber, HeadData, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash,
};

impl<T: Config> ParaState for Pallet<T> {
	fn parachains() -> Vec<ParaId> {
		Parachains::<T>::get().into_inner()
	}

	fn head(para: ParaId) -> Option<HeadData> {
		Heads::<T>::get(para).map(|head| HeadData(head.into_inner()))
	}

	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		CurrentCodeHash::<T>::get(para)
	}

	fn code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode> {
		CodeByHash::<T>::get(hash).map(|code| ValidationCode(code.into_inner()))
	}

	fn most_recent_context(para: ParaId) -> Option<BlockNumber> {
		MostRecentContext::<T>::get(para)
	}

	fn future_code(para: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		FutureCodeUpgrades::<T>::get(para).zip(FutureCodeHash::<T>::get(para))
	}

	fn is_upgrade_restricted(para: ParaId) -> bool {
		UpgradeRestrictionSignal::<T>::contains_key(para) || FutureCodeHash::<T>::contains_key(para)
	}

	fn is_offboarding(para: ParaId) -> bool {
		ParaLifecycles::<T>::get(para) == Some(ParaLifecycle::Offboarding)
	}

	fn schedule_code_upgrade(
		para: ParaId,
		code: ValidationCode,
		now: BlockNumber,
		config: &HostConfiguration,
	) {
		Self::do_schedule_code_upgrade(para, code, now, config);
	}

	/// Does nothing for a para that is not active, and nothing for a head above the ceiling: a candidate with either
	/// is never backed.
	fn note_new_head(para: ParaId, head: HeadData, relay_parent_number: BlockNumber) {
		if !Heads::<T>::contains_key(para) {
			return;
		}
		let Ok(head) = BoundedHead::try_from(head.0) else {
			return;
		};
		Heads::<T>::insert(para, head);
		MostRecentContext::<T>::insert(para, relay_parent_number);
		Self::do_apply_upgrade(para, relay_parent_number);
	}
}
