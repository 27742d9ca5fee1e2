//! The pallets of asynchronous backing, and the order in which they learn of a session change.

use crate::{
	config::sovereign::{EnsurePara, SovereignAccountOf},
	weights, Balances, Configuration, Dmp, Hrmp, MessageQueue, ParaInclusion, ParaScheduler, ParaSessionInfo,
	Paras, Runtime, RuntimeHoldReason, Session, Ump,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::CheckerKeys, AssignmentId, AuthorityDiscoveryId, ValidatorId, ValidatorIndex,
};
use frame_system::EnsureRoot;
use sp_core::sr25519;

/// A validator of this chain has one sr25519 key: what it signs statements with also assigns its checks and publishes its
/// address.
#[derive(Clone, Copy, Debug)]
pub struct OneKeyForAll;

impl CheckerKeys for OneKeyForAll {
	fn assignment_keys(validators: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AssignmentId> {
		let public = |key: &ValidatorId| sr25519::Public::from(key.clone()).into();
		validators.iter().map(public).collect()
	}

	fn discovery_keys(validators: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AuthorityDiscoveryId> {
		let public = |key: &ValidatorId| sr25519::Public::from(key.clone()).into();
		validators.iter().map(public).collect()
	}
}

/// Root decides on everything that is governed; Sudo is root.
type AdminOrigin = EnsureRoot<crate::AccountId>;

impl pallet_async_backing_configuration::Config for Runtime {
	type AdminOrigin = AdminOrigin;
	type SessionIndex = ParaSessionInfo;
	type WeightInfo = weights::pallet_async_backing_configuration::WeightInfo<Runtime>;
}

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
	type CheckerKeys = OneKeyForAll;
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
	type ParaOrigin = EnsurePara;
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
