//! The port that this pallet answers.

use crate::{
	ActiveValidatorIndices, ActiveValidatorKeys, BufferedSessionChange, Config, CurrentSessionIndex,
	NotedDisabled, Pallet,
};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{ports::CurrentSession, SessionIndex, ValidatorId, ValidatorIndex};
use frame_support::{
	traits::{DisabledValidators, Get, ValidatorSet},
	BoundedVec,
};

impl<T: Config> CurrentSession for Pallet<T> {
	/// The session pallet's index; in the last block of a session, where that pallet already counts the next one, that of
	/// the session that ends.
	fn index() -> SessionIndex {
		CurrentSessionIndex::<T>::get().unwrap_or_else(T::Sessions::session_index)
	}

	fn validators() -> Vec<ValidatorId> {
		ActiveValidatorKeys::<T>::get().into_inner()
	}

	fn validator_count() -> usize {
		ActiveValidatorKeys::<T>::decode_len().unwrap_or_default()
	}

	/// The answer of the session pallet, by our own indices. In the last block of a session that pallet already
	/// speaks of the next one's validators; no vote counts in such a block (R-ABP-10).
	fn disabled() -> BTreeSet<ValidatorIndex> {
		let disabled: BTreeSet<u32> = T::DisabledValidators::disabled_validators().into_iter().collect();
		if disabled.is_empty() {
			return BTreeSet::new();
		}
		let active = ActiveValidatorIndices::<T>::get();
		let positions = (0..).zip(active).filter(|(_, index)| disabled.contains(index));
		positions.map(|(position, _)| ValidatorIndex(position)).collect()
	}

	fn disabled_in_parent() -> BTreeSet<ValidatorIndex> {
		NotedDisabled::<T>::get().into_iter().collect()
	}

	fn is_change_buffered() -> bool {
		BufferedSessionChange::<T>::exists()
	}
}

impl<T: Config> Pallet<T> {
	/// Notes who is disabled at the end of the block, if that is not what is noted.
	pub(crate) fn note_disabled() {
		let disabled: Vec<_> = <Self as CurrentSession>::disabled().into_iter().collect();
		if NotedDisabled::<T>::get().into_inner() != disabled {
			NotedDisabled::<T>::put(BoundedVec::truncate_from(disabled));
		}
	}

	/// For each active validator its index in the session pallet's set, in shuffled order.
	pub fn active_validator_indices() -> Vec<ValidatorIndex> {
		ActiveValidatorIndices::<T>::get()
			.into_iter()
			.map(ValidatorIndex)
			.collect()
	}
}

/// Index of the current session, for pallets that need nothing else.
impl<T: Config> Get<SessionIndex> for Pallet<T> {
	fn get() -> SessionIndex {
		Self::index()
	}
}
