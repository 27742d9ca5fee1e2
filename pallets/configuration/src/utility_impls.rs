//! Invariants of storage.

use crate::{Config, Pallet, PendingConfigs, SESSION_DELAY};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that what is staged is for the next two sessions, one entry each and ascending (R-ABP-5).
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let current = T::SessionIndex::get();
		let mut above = current;
		for entry in PendingConfigs::<T>::get() {
			ensure!(
				entry.session > above,
				"R-ABP-5: staged sessions do not ascend from the current one"
			);
			ensure!(
				entry.session <= current.saturating_add(SESSION_DELAY),
				"R-ABP-5: staged for later than two sessions from now"
			);
			above = entry.session;
		}
		Ok(())
	}
}
