//! What the session pallet tells: it is only buffered, because the block that it is told in still belongs to the
//! session that ends (R-ABP-10).

use crate::{BufferedChange, BufferedSessionChange, Config, CurrentSessionIndex, Pallet};
use async_backing_primitives::{ValidatorId, MAX_VALIDATORS};
use frame_support::{
	traits::{OneSessionHandler, ValidatorSet},
	BoundedVec,
};
use sp_runtime::BoundToRuntimeAppPublic;

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = ValidatorId;
}

impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
	type Key = ValidatorId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, ValidatorId)> + 'a,
		T::AccountId: 'a,
	{
		Self::buffer(validators.map(|(_, key)| key));
		// If our own genesis was built before the session pallet's, nobody else would hand it out.
		if CurrentSessionIndex::<T>::exists() {
			Self::do_hand_out();
		}
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued: I)
	where
		I: Iterator<Item = (&'a T::AccountId, ValidatorId)> + 'a,
		T::AccountId: 'a,
	{
		if !CurrentSessionIndex::<T>::exists() {
			// A chain that got this pallet within the session that ends: the session pallet counts the next one already.
			CurrentSessionIndex::<T>::put(T::Sessions::session_index().saturating_sub(1));
		}
		Self::buffer(validators.map(|(_, key)| key));
	}

	/// Nothing to do: the list is asked for when it is needed. The session pallet tells when a validator is disabled
	/// but not when it is enabled again, so a copy of ours would go stale.
	fn on_disabled(_index: u32) {}
}

impl<T: Config> Pallet<T> {
	/// Buffers the first [`MAX_VALIDATORS`] validators; who is beyond that bound is not active.
	///
	/// The session pallet counts the session that begins already. Where several begin with one block, the last one counts.
	fn buffer(validators: impl Iterator<Item = ValidatorId>) {
		let session = T::Sessions::session_index();
		let validators = BoundedVec::truncate_from(validators.take(MAX_VALIDATORS as usize).collect());
		BufferedSessionChange::<T>::put(BufferedChange { session, validators });
	}
}
