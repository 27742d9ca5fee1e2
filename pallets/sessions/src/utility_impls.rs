//! Invariants of storage.

use crate::{ActiveValidatorIndices, ActiveValidatorKeys, BufferedSessionChange, Config, Pallet};
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks, between blocks, that every active validator has one key and one index of its own and that no change
	/// is left over (R-ABP-9).
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let indices = ActiveValidatorIndices::<T>::get();
		ensure!(
			indices.len() == ActiveValidatorKeys::<T>::get().len(),
			"active validators: as many keys as indices"
		);
		let unique: BTreeSet<u32> = indices.iter().copied().collect();
		ensure!(
			unique.len() == indices.len(),
			"active validators: an index occurs twice"
		);
		ensure!(
			!BufferedSessionChange::<T>::exists(),
			"R-ABP-9: a session change was not handed out at the end of its block"
		);
		Ok(())
	}
}
