//! How a chain that runs already gets this pallet.

mod published;

pub use published::{decode_configuration, AdoptPublishedConfiguration};

use crate::{ActiveConfig, Config, Pallet};
use async_backing_primitives::HostConfiguration;
use core::marker::PhantomData;
use frame_support::{
	storage::{migration::move_pallet, KeyPrefixIterator},
	traits::{Get, OnRuntimeUpgrade, PalletInfoAccess},
	weights::{RuntimeDbWeight, Weight},
	StorageHasher, Twox128,
};

/// Stores the configuration of a chain whose genesis did not have this pallet: the one that `Initial` answers, if it is
/// consistent, else the default one.
///
/// Without it the pallet works with the default, but parachains find nothing at the key where they read it (R-KEY-1).
/// Does nothing where a configuration is stored, so it may stay in the list of migrations.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreInitialConfiguration<T, Initial>(PhantomData<(T, Initial)>);

impl<T: Config, Initial: Get<HostConfiguration>> OnRuntimeUpgrade for StoreInitialConfiguration<T, Initial> {
	fn on_runtime_upgrade() -> Weight {
		if ActiveConfig::<T>::exists() {
			return T::DbWeight::get().reads(1);
		}
		let initial = Initial::get();
		let config = match Pallet::<T>::check(&initial) {
			Ok(()) => initial,
			Err(error) => {
				log::error!(target: "runtime::configuration", "the initial configuration is not taken: {error}");
				HostConfiguration::default()
			}
		};
		ActiveConfig::<T>::put(config);
		T::DbWeight::get().reads_writes(1, 1)
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_: alloc::vec::Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		Pallet::<T>::do_try_state()
	}
}

/// Moves all that the pallet `P` stored under the name that `Old` answers to where it is stored under its present name, storage
/// version included: for a runtime that renames a pallet, such as `Inclusion` to `ParaInclusion`, or one to a name under which
/// parachains read it.
///
/// It comes first in the list of migrations, so that those of the pallet find what they migrate. Does nothing where nothing is
/// stored under the old name, so it may stay in the list. It reads and writes every value in one block: not for a pallet of
/// which there is much in the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenamePallet<T, P, Old>(PhantomData<(T, P, Old)>);

impl<T, P, Old> OnRuntimeUpgrade for RenamePallet<T, P, Old>
where
	T: frame_system::Config,
	P: PalletInfoAccess,
	Old: Get<&'static str>,
{
	fn on_runtime_upgrade() -> Weight {
		let (old, new) = (Old::get(), P::name());
		let weight: RuntimeDbWeight = T::DbWeight::get();
		if old == new {
			return Weight::zero();
		}
		let prefix = Twox128::hash(old.as_bytes()).to_vec();
		let stored = KeyPrefixIterator::<()>::new(prefix.clone(), prefix, |_| Ok(())).count() as u64;
		move_pallet(old.as_bytes(), new.as_bytes());
		log::info!(target: "runtime::configuration", "{stored} values of `{old}` are those of `{new}` now");
		// Each is found, read, removed and written.
		weight.reads_writes(
			stored.saturating_mul(2).saturating_add(1),
			stored.saturating_mul(2),
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::Test;
	use frame_support::{
		parameter_types,
		traits::{BeforeAllRuntimeMigrations, GetStorageVersion, StorageVersion},
	};

	parameter_types! {
		pub(crate) static Initial: HostConfiguration = HostConfiguration::default();
	}

	fn migrate() -> Option<HostConfiguration> {
		StoreInitialConfiguration::<Test, Initial>::on_runtime_upgrade();
		ActiveConfig::<Test>::exists().then(ActiveConfig::<Test>::get)
	}

	#[test]
	fn r_key_1_a_running_chain_gets_a_configuration_once() {
		sp_io::TestExternalities::default().execute_with(|| {
			let first = HostConfiguration {
				num_cores: 7,
				..Default::default()
			};
			Initial::set(first.clone());
			assert_eq!(migrate(), Some(first.clone()), "R-KEY-1");
			Initial::set(HostConfiguration::default());
			assert_eq!(migrate(), Some(first), "what is stored stays");
		});
	}

	#[test]
	fn r_key_1_a_renamed_pallet_finds_all_that_it_stored() {
		parameter_types! {
			pub const OldName: &'static str = "HostConfiguration";
		}
		type Rename = RenamePallet<Test, Pallet<Test>, OldName>;
		sp_io::TestExternalities::default().execute_with(|| {
			let config = HostConfiguration {
				num_cores: 7,
				..Default::default()
			};
			ActiveConfig::<Test>::put(&config);
			StorageVersion::new(1).put::<Pallet<Test>>();
			move_pallet(Pallet::<Test>::name().as_bytes(), OldName::get().as_bytes());
			assert!(!ActiveConfig::<Test>::exists());

			// As an upgrade does it: FRAME takes a pallet without storage for a new one first.
			Pallet::<Test>::before_all_runtime_migrations();
			Rename::on_runtime_upgrade();
			assert_eq!(ActiveConfig::<Test>::get(), config, "R-KEY-1");
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), 1);
			let nothing_left = Rename::on_runtime_upgrade();
			let weight: RuntimeDbWeight = <Test as frame_system::Config>::DbWeight::get();
			assert_eq!(nothing_left, weight.reads(1));
			assert_eq!(ActiveConfig::<Test>::get(), config, "once is enough");
		});
	}

	#[test]
	fn r_abp_6_an_inconsistent_one_is_not_taken() {
		sp_io::TestExternalities::default().execute_with(|| {
			Initial::set(HostConfiguration {
				group_rotation_frequency: 0,
				..Default::default()
			});
			assert_eq!(migrate(), Some(HostConfiguration::default()), "R-ABP-6");
		});
	}
}
