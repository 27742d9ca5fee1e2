//! The port that this pallet answers.

use crate::{
	BoundedHead, CodeByHash, Config, Heads, LeavingNow, Pallet, ParaLifecycle, ParaLifecycles, ParaRecords,
	Parachains, UpgradeRestrictionSignal,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ParaFacts, ParaState},
	BlockNumber, HeadData, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash,
};

impl<T: Config> ParaState for Pallet<T> {
	fn parachains() -> Vec<ParaId> {
		Parachains::<T>::get().into_inner()
	}

	fn head(para: ParaId) -> Option<HeadData> {
		Heads::<T>::get(para).map(|head| HeadData(head.into_inner()))
	}

	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		ParaRecords::<T>::get(para).map(|record| record.code_hash)
	}

	fn code_by_hash(hash: ValidationCodeHash) -> Option<ValidationCode> {
		CodeByHash::<T>::get(hash).map(|code| ValidationCode(code.into_inner()))
	}

	fn most_recent_context(para: ParaId) -> Option<BlockNumber> {
		ParaRecords::<T>::get(para)?.most_recent_context
	}

	fn future_code(para: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		ParaRecords::<T>::get(para)?.future_code()
	}

	/// Two reads.
	fn facts(para: ParaId) -> Option<ParaFacts> {
		let record = ParaRecords::<T>::get(para)?;
		Some(ParaFacts {
			head: Self::head(para)?,
			code_hash: record.code_hash,
			most_recent_context: record.most_recent_context,
			future_code: record.future_code(),
			is_offboarding: record.is_offboarding,
		})
	}

	fn is_upgrade_restricted(para: ParaId) -> bool {
		UpgradeRestrictionSignal::<T>::contains_key(para)
			|| ParaRecords::<T>::get(para).is_some_and(|record| record.announced.is_some())
	}

	fn is_offboarding(para: ParaId) -> bool {
		ParaLifecycles::<T>::get(para) == Some(ParaLifecycle::Offboarding)
	}

	/// Another read for a para that is leaving.
	fn is_offboarding_in_parent(para: ParaId) -> bool {
		Self::is_offboarding(para) && !LeavingNow::<T>::get().contains(&para)
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
	/// is never backed. One read, two writes.
	fn note_new_head(para: ParaId, head: HeadData, relay_parent_number: BlockNumber) {
		let Ok(head) = BoundedHead::try_from(head.0) else {
			return;
		};
		let Some(mut record) = ParaRecords::<T>::get(para) else {
			return;
		};
		Heads::<T>::insert(para, head);
		record.most_recent_context = Some(relay_parent_number);
		Self::apply_upgrade(para, &mut record, relay_parent_number);
		ParaRecords::<T>::insert(para, record);
	}
}
