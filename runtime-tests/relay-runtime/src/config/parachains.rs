//! The pallets of asynchronous backing, and the order in which they learn of a session change.

use crate::{Configuration, ParaSessions, Runtime, Scheduler, Session};
use frame_system::EnsureRoot;

/// Root decides on everything that is governed; Sudo is root.
type AdminOrigin = EnsureRoot<crate::AccountId>;

impl pallet_async_backing_configuration::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type SessionIndex = ParaSessions;
	type WeightInfo = ();
}

impl pallet_async_backing_sessions::Config for Runtime {
	type Configuration = Configuration;
	// R-ABP-9: configuration and validators are in force before anybody here is told.
	type OnSessionChange = (Scheduler,);
	// Known one epoch ahead, but only after the validators of the session were fixed.
	type Randomness = pallet_babe::RandomnessFromOneEpochAgo<Runtime>;
	type DisabledValidators = Session;
}

impl pallet_async_backing_scheduler::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type Configuration = Configuration;
	type Session = ParaSessions;
	type WeightInfo = ();
}
