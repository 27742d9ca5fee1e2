//! What an upgrade does on a chain that runs already and gets the pallets with it. docs/guide/running-chain.md has the order of
//! the steps around it.

use crate::{AccountId, Babe, Runtime, Session, SessionKeys};
use alloc::vec::Vec;
use async_backing_primitives::HostConfiguration;
use frame_support::{
	parameter_types, storage_alias,
	traits::{Get, OnRuntimeUpgrade},
	weights::{RuntimeDbWeight, Weight},
};
use pallet_async_backing_configuration::migrations::StoreInitialConfiguration;
use sp_runtime::impl_opaque_keys;

impl_opaque_keys! {
	/// The session keys before there was one for parachains.
	pub struct OldSessionKeys {
		pub babe: Babe,
	}
}

/// That [`AddParachainKeys`] ran.
#[storage_alias]
pub type ParachainKeysAdded = StorageValue<ParachainMigrations, ()>;

/// Gives each validator a key for parachains, until it brings one of its own by `Session::set_keys`: a copy of its BABE key.
///
/// Runs once, in the upgrade with which the sessions pallet comes, and leaves a mark: keys that are longer by then decode as the
/// old ones too, and another upgrade before the next session would take from validators what they brought meanwhile. A chain
/// that began with this runtime has no mark, but sessions.
#[derive(Clone, Copy, Debug)]
pub struct AddParachainKeys;

impl OnRuntimeUpgrade for AddParachainKeys {
	fn on_runtime_upgrade() -> Weight {
		let weight: RuntimeDbWeight = <Runtime as frame_system::Config>::DbWeight::get();
		if ParachainKeysAdded::exists()
			|| pallet_async_backing_sessions::CurrentSessionIndex::<Runtime>::exists()
		{
			return weight.reads(2);
		}
		ParachainKeysAdded::put(());
		let validators = Session::validators().len() as u64;
		Session::upgrade_keys::<OldSessionKeys, _>(|_: AccountId, old| {
			let key: sp_core::sr25519::Public = old.babe.clone().into();
			SessionKeys {
				babe: old.babe,
				para_validator: key.into(),
			}
		});
		// Keys of the next session, those queued, and who owns each.
		weight.reads_writes(
			validators.saturating_mul(2).saturating_add(2),
			validators.saturating_mul(5).saturating_add(1),
		)
	}
}

parameter_types! {
	/// What the chain begins with, as it has no genesis that could say it.
	pub InitialConfiguration: HostConfiguration = HostConfiguration::default();
}

/// All of it: `frame_executive::Executive` takes it as its last parameter.
pub type Migrations = (
	AddParachainKeys,
	StoreInitialConfiguration<Runtime, InitialConfiguration>,
);
