//! How a chain that runs already gets this pallet.

mod published;

pub use published::{decode_configuration, AdoptPublishedConfiguration};

use crate::{ActiveConfig, Config, Pallet};
use async_backing_primitives::HostConfiguration;
use core::marker::PhantomData;
use frame_support::{
	traits::{Get, OnRuntimeUpgrade},
	weights::Weight,
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::Test;
	use frame_support::parameter_types;

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
