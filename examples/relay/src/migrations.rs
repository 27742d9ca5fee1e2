//! What an upgrade does on a chain that runs already and gets the pallets with it. docs/guide/running-chain.md has the order of
//! the steps around it.

use crate::{AccountId, Babe, Runtime, Session, SessionKeys};
use alloc::vec::Vec;
use async_backing_primitives::HostConfiguration;
use frame_support::{
	parameter_types,
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

/// Gives each validator a key for parachains, until it brings one of its own by `Session::set_keys`: a copy of its BABE key.
///
/// Runs once: in the upgrade with which the sessions pallet comes, no session was handed out yet.
#[derive(Clone, Copy, Debug)]
pub struct AddParachainKeys;

impl OnRuntimeUpgrade for AddParachainKeys {
	fn on_runtime_upgrade() -> Weight {
		let weight: RuntimeDbWeight = <Runtime as frame_system::Config>::DbWeight::get();
		if pallet_async_backing_sessions::CurrentSessionIndex::<Runtime>::get().is_some() {
			return weight.reads(1);
		}
		let validators = Session::validators().len() as u64;
		Session::upgrade_keys::<OldSessionKeys, _>(|_: AccountId, old| {
			let key: sp_core::sr25519::Public = old.babe.clone().into();
			SessionKeys {
				babe: old.babe,
				para_validator: key.into(),
			}
		});
		// Keys of the next session, those queued, and who owns each.
		weight.reads_writes(validators.saturating_mul(2), validators.saturating_mul(5))
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
