//! How a chain that runs already gets newer versions of this pallet's storage.

use crate::{ClaimQueueSnapshots, Config, Pallet, RelayParentWindow};
use core::marker::PhantomData;
use frame_support::{
	migrations::VersionedMigration,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};

/// Version 1 noted claim queues by the hash of the relay block; version 2 notes them by its number (R-REL-7).
///
/// Runs in the first block of the new runtime, in the state of its parent. The parent is a legal relay parent there, and
/// gets the claim queue that nodes see in that state.
pub type ClaimQueuesByNumber<T> = VersionedMigration<
	1,
	2,
	UncheckedClaimQueuesByNumber<T>,
	Pallet<T>,
	<T as frame_system::Config>::DbWeight,
>;

/// What [`ClaimQueuesByNumber`] does, without asking for the version.
#[derive(Clone, Copy, Debug, Default)]
pub struct UncheckedClaimQueuesByNumber<T>(PhantomData<T>);

mod v1 {
	use crate::{ClaimQueueSnapshot, Config, Pallet};
	use async_backing_primitives::Hash;
	use frame_support::{pallet_prelude::ValueQuery, storage_alias, Identity};

	/// Claim queues by the hash of the relay block.
	#[storage_alias]
	pub(super) type ClaimQueueSnapshots<T: Config> =
		StorageMap<Pallet<T>, Identity, Hash, ClaimQueueSnapshot, ValueQuery>;
}

impl<T: Config> UncheckedOnRuntimeUpgrade for UncheckedClaimQueuesByNumber<T> {
	fn on_runtime_upgrade() -> Weight {
		let window = RelayParentWindow::<T>::get();
		for relay_parent in window.iter() {
			let snapshot = v1::ClaimQueueSnapshots::<T>::take(relay_parent.hash);
			ClaimQueueSnapshots::<T>::insert(relay_parent.number, snapshot);
		}
		Pallet::<T>::take_snapshot();
		let blocks = (window.len() as u64).saturating_add(1);
		T::DbWeight::get()
			.reads_writes(blocks, blocks.saturating_mul(2))
			.saturating_add(Pallet::<T>::weight_of_snapshot())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_: alloc::vec::Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		Pallet::<T>::do_try_state()
	}
}
