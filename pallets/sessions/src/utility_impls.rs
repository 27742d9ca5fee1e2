//! Invariants of storage.

use crate::{
	ActiveValidatorIndices, ActiveValidatorKeys, BufferedSessionChange, Config, CurrentSessionIndex, Pallet,
};
use alloc::collections::BTreeSet;
use frame_support::{ensure, traits::ValidatorSet};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks, between blocks, that every active validator has one key and one index of its own, that no change is left
	/// over (R-ABP-9), that the index is the session pallet's (R-DEF-34), and that what is remembered of sessions is
	/// listed.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(
			CurrentSessionIndex::<T>::get().is_none_or(|index| index == T::Sessions::session_index()),
			"R-DEF-34: the session has another index than in the session pallet"
		);
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
		Self::try_state_of_records()
	}
}
