//! Invariants of storage.

use crate::{Config, CurrentRelayParent, Pallet, StoredSegment};
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the segment is one: it has a sum, its blocks have distinct heads but for the latest, whose child has not
	/// started, one of them at most answered a signal, and its watermark and relay parent belong together.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(
			!CurrentRelayParent::<T>::exists(),
			"the relay parent of a block outlives it"
		);
		let record = StoredSegment::<T>::get();
		let heads: BTreeSet<_> = record.ancestors.iter().map(|block| block.head).collect();
		ensure!(
			heads.len() == record.ancestors.len(),
			"R-SEG-1: two blocks of the segment have one head"
		);
		if let Some((latest, others)) = record.ancestors.split_last() {
			ensure!(
				latest.head.is_none(),
				"R-SEG-1: the latest block knows its own head"
			);
			ensure!(
				others.iter().all(|block| block.head.is_some()),
				"R-SEG-1: a block with a child has no head"
			);
			ensure!(
				record.relay_parent.is_some() && record.hrmp_watermark.is_some(),
				"R-SEG-7: a block had no relay parent"
			);
		}
		ensure!(
			record.hrmp_watermark <= record.relay_parent,
			"R-SEG-4: the watermark is above the relay parent"
		);
		ensure!(
			record.relay_slot.is_none_or(|slot| slot.authored > 0),
			"R-HOO-2: a slot without blocks is remembered"
		);
		ensure!(
			record.into_tracker().is_some(),
			"R-SEG-1: the segment has no sum, or two blocks of it answered a signal (R-SEG-5)"
		);
		Ok(())
	}
}
