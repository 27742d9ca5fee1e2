//! Keys that assign approval checks, as a pallet of its own: the handler for the session key `asgn`.
//!
//! Nothing in these pallets checks approvals. Validators hold the keys all the same, and nodes read them from
//! `session_info` (R-BIN-30). A chain whose validators have one key for everything needs none of this
//! ([`OneKeyForAll`](crate::OneKeyForAll)).

pub use pallet::*;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;
	use async_backing_primitives::{AssignmentId, MAX_VALIDATORS};
	use frame_support::{pallet_prelude::*, traits::OneSessionHandler};
	use sp_runtime::BoundToRuntimeAppPublic;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// It needs nothing.
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// Keys of the session pallet's current validators, in its order.
	#[pallet::storage]
	pub type Keys<T: Config> =
		StorageValue<_, BoundedVec<AssignmentId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	impl<T: Config> Pallet<T> {
		fn note<'a>(validators: impl Iterator<Item = (&'a T::AccountId, AssignmentId)>)
		where
			T::AccountId: 'a,
		{
			let keys = validators.take(MAX_VALIDATORS as usize).map(|(_, key)| key);
			Keys::<T>::put(BoundedVec::truncate_from(keys.collect()));
		}
	}

	impl<T: Config> Get<Vec<AssignmentId>> for Pallet<T> {
		fn get() -> Vec<AssignmentId> {
			Keys::<T>::get().into_inner()
		}
	}

	impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
		type Public = AssignmentId;
	}

	impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
		type Key = AssignmentId;

		fn on_genesis_session<'a, I>(validators: I)
		where
			I: Iterator<Item = (&'a T::AccountId, AssignmentId)> + 'a,
			T::AccountId: 'a,
		{
			Self::note(validators);
		}

		fn on_new_session<'a, I>(_changed: bool, validators: I, _queued: I)
		where
			I: Iterator<Item = (&'a T::AccountId, AssignmentId)> + 'a,
			T::AccountId: 'a,
		{
			Self::note(validators);
		}

		fn on_disabled(_: u32) {}
	}
}
