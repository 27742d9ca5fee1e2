//! Invariants of storage.

use crate::{ActiveConfig, Config, Pallet, PendingConfig, PendingConfigs, MAX_PENDING, SESSION_DELAY};
use async_backing_primitives::HostConfiguration;
use codec::DecodeAll;
use frame_support::{
	ensure,
	storage::unhashed,
	traits::{ConstU32, Get},
	BoundedVec,
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that what is staged is for the next two sessions, one entry each and ascending (R-ABP-5), and that what is
	/// stored has our layout to the last byte: a value in another one would read as the default (R-KEY-1).
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		if let Some(stored) = unhashed::get_raw(&ActiveConfig::<T>::hashed_key()) {
			ensure!(
				HostConfiguration::decode_all(&mut &stored[..]).is_ok(),
				"R-KEY-1: the active configuration is stored in another layout"
			);
		}
		if let Some(stored) = unhashed::get_raw(&PendingConfigs::<T>::hashed_key()) {
			ensure!(
				BoundedVec::<PendingConfig, ConstU32<MAX_PENDING>>::decode_all(&mut &stored[..]).is_ok(),
				"R-ABP-5: staged configurations are stored in another layout"
			);
		}
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
