//! The pallets of asynchronous backing, and the order in which they learn of a session change.

use crate::{
	weights, AccountId, AuthorityDiscovery, Balances, Configuration, Dmp, Hrmp, MessageQueue, ParaAssignment,
	ParaInclusion, ParaScheduler, ParaSessionInfo, Paras, Runtime, RuntimeHoldReason, Session,
	SovereignAccountOf, Ump,
};
use alloc::vec::Vec;
use async_backing_primitives::AuthorityDiscoveryId;
use frame_support::traits::Get;
use frame_system::EnsureRoot;
use pallet_async_backing_hrmp::EnsurePara;
use pallet_async_backing_sessions::KeysByIndex;
use sp_core::sr25519;

/// Where validators publish their addresses, in the order of the session pallet's set.
#[derive(Clone, Copy, Debug)]
pub struct DiscoveryKeys;

impl Get<Vec<AuthorityDiscoveryId>> for DiscoveryKeys {
	fn get() -> Vec<AuthorityDiscoveryId> {
		let keys = AuthorityDiscovery::current_authorities().into_iter();
		// Two names for one key: BABE's crates and ours each declare the type.
		keys.map(|key| sr25519::Public::from(key).into()).collect()
	}
}

/// Root decides on everything that is governed; Sudo is root.
type AdminOrigin = EnsureRoot<AccountId>;

impl pallet_async_backing_configuration::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type SessionIndex = ParaSessionInfo;
	type WeightInfo = weights::pallet_async_backing_configuration::WeightInfo<Runtime>;
}

impl pallet_async_backing_sessions::assignments::Config for Runtime {}

impl pallet_async_backing_sessions::Config for Runtime {
	type Sessions = Session;
	type Configuration = Configuration;
	type Paras = Paras;
	type Scheduler = ParaScheduler;
	type Inclusion = ParaInclusion;
	type Disputes = ();
	type Dmp = Dmp;
	type Ump = Ump;
	type Hrmp = Hrmp;
	type Others = ();
	type CheckerKeys = KeysByIndex<ParaAssignment, DiscoveryKeys>;
	// Known one epoch ahead, but only after the validators of the session were fixed.
	type Randomness = pallet_babe::RandomnessFromOneEpochAgo<Runtime>;
	type DisabledValidators = Session;
}

impl pallet_async_backing_scheduler::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type Configuration = Configuration;
	type Session = ParaSessionInfo;
	type Paras = Paras;
	type Currency = Balances;
	// What orders are paid with is burnt: this chain has no treasury.
	type OrderRevenue = ();
	type WeightInfo = weights::pallet_async_backing_scheduler::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helper::Helper;
}

impl pallet_async_backing_paras::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type Configuration = Configuration;
	type Session = ParaSessionInfo;
	type Scheduler = ParaScheduler;
	type Dmp = Dmp;
	type Ump = Ump;
	type Hrmp = Hrmp;
	type Inclusion = ParaInclusion;
	type Others = ();
	type WeightInfo = weights::pallet_async_backing_paras::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helper::Helper;
}

impl pallet_async_backing_dmp::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type Configuration = Configuration;
	type Paras = Paras;
	type WeightInfo = weights::pallet_async_backing_dmp::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helper::Helper;
}

impl pallet_async_backing_ump::Config for Runtime {
	type Configuration = Configuration;
	type Paras = Paras;
	type MessageQueue = MessageQueue;
}

impl pallet_async_backing_hrmp::Config for Runtime {
	type ParaOrigin = EnsurePara<AccountId>;
	type AdminOrigin = AdminOrigin;
	type Configuration = Configuration;
	type Paras = Paras;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SovereignAccountOf = SovereignAccountOf;
	type WeightInfo = weights::pallet_async_backing_hrmp::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helper::Helper;
}

impl pallet_async_backing_inclusion::Config for Runtime {
	type Configuration = Configuration;
	type Session = ParaSessionInfo;
	type Paras = Paras;
	type Dmp = Dmp;
	type Ump = Ump;
	type Hrmp = Hrmp;
	type Scheduler = ParaScheduler;
	// Approval voting and disputes are not part of this runtime yet; whoever brings them implements the two ports.
	#[cfg(not(feature = "runtime-benchmarks"))]
	type Disputes = ();
	#[cfg(feature = "runtime-benchmarks")]
	type Disputes = crate::benchmark_helper::SettledDisputes;
	type Rewards = ();
	type ParentRandomness = pallet_babe::ParentBlockRandomness<Runtime>;
	// The time of the block alone.
	type OtherInherents = ();
	type WeightInfo = weights::pallet_async_backing_inclusion::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmark_helper::Helper;
}

impl pallet_async_backing_inclusion::inherent::Config for Runtime {}
