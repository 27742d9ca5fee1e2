//! Codes that are current no longer, kept for those who check candidates that were validated with them (R-CODE-9).
//!
//! A checker fetches code after inclusion, in the state of a later block. So whatever stops being current keeps its place
//! for `code_retention_period` blocks. It is forgotten in the order in which it came, a few codes a block.

use crate::{Config, Pallet, ParaRecord, ParaRecords, PastCode, PastCodePruning, PastCodeRange, PastCodes};
use async_backing_primitives::{ports::ActiveConfiguration, BlockNumber, ParaId, ValidationCodeHash};

/// Past codes that one block forgets at most. More may come due at once when governance shortens the retention period;
/// they wait for the next block.
pub const MAX_PRUNED_PER_BLOCK: u32 = 8;

impl<T: Config> Pallet<T> {
	/// The code that a para ran in the state of relay block `at`, if it is current or kept still (R-CODE-9).
	pub fn do_code_hash_at(para: ParaId, at: BlockNumber) -> Option<ValidationCodeHash> {
		let current = ParaRecords::<T>::get(para).filter(|record| record.code_since <= at);
		if let Some(record) = current {
			return (at <= Self::now()).then_some(record.code_hash);
		}
		let past = PastCodes::<T>::get(para);
		let ran = past.iter().find(|past| past.since <= at && at < past.until)?;
		Some(ran.code_hash)
	}

	/// Notes that the code of a para is current no longer from this block's state on. Its use as current code becomes its
	/// use as past code.
	pub(crate) fn retire_code(para: ParaId, record: &ParaRecord) {
		let until = Self::now();
		let past = PastCode {
			code_hash: record.code_hash,
			since: record.code_since,
			until,
		};
		PastCodes::<T>::mutate(para, |list| {
			if list.is_full() {
				Self::release_code(list.remove(0).code_hash);
			}
			// There is room now.
			let _ = list.try_push(past);
		});
		let range = PastCodeRange::<T>::mutate(|range| {
			range.next = range.next.saturating_add(1);
			*range
		});
		PastCodePruning::<T>::insert(range.next.saturating_sub(1), (para, until));
	}

	/// Forgets past codes that are older than the retention period in block `now`, oldest first and a few at a time.
	/// Returns how many.
	pub(crate) fn do_prune_past_codes(now: BlockNumber) -> u32 {
		let mut range = PastCodeRange::<T>::get();
		if range.first == range.next {
			return 0;
		}
		let retention = T::Configuration::active().code_retention_period;
		let mut pruned = 0;
		while range.first < range.next && pruned < MAX_PRUNED_PER_BLOCK {
			if let Some((para, until)) = PastCodePruning::<T>::get(range.first) {
				if until.saturating_add(retention) >= now {
					break;
				}
				PastCodePruning::<T>::remove(range.first);
				Self::forget_past_code(para, until);
			}
			range.first = range.first.saturating_add(1);
			pruned = pruned.saturating_add(1);
		}
		if range.first == range.next {
			PastCodeRange::<T>::kill();
		} else if pruned > 0 {
			PastCodeRange::<T>::put(range);
		}
		pruned
	}

	/// Forgets the oldest code of a para if it was replaced in this block or before: it may have gone early.
	fn forget_past_code(para: ParaId, until: BlockNumber) {
		let mut list = PastCodes::<T>::get(para);
		if list.first().is_none_or(|oldest| oldest.until > until) {
			return;
		}
		Self::release_code(list.remove(0).code_hash);
		if list.is_empty() {
			PastCodes::<T>::remove(para);
		} else {
			PastCodes::<T>::insert(para, list);
		}
	}
}
