//! The configurations of all pallets, as the READMEs of their crates show them; a fault is laid over.

/// A runtime with these pallets behind `System`.
macro_rules! runtime {
	($($name:ident: $($path:ident)::+ = $index:literal,)+) => {
		frame_support::construct_runtime! {
			pub enum Runtime {
				System: frame_system = 0,
				$($name: $($path)::+ = $index,)+
			}
		}
	};
}

/// The configurations of a runtime whose pallets have the names that they should have, but for the given items.
macro_rules! configs {
	() => {
		configs!(SessionIndex = ParaSessionInfo);
	};
	($($fault:ident = $given:ty),+) => {
		/// What is as it should be, and what is not.
		mod given {
			#[allow(unused_imports)]
			use super::*;
			#[allow(dead_code)] // a fault is in its place
			mod right {
				use super::super::*;
				pub(in super::super) type SessionIndex = ParaSessionInfo;
				pub(in super::super) type SessionsUmp = Ump;
				pub(in super::super) type SessionsHrmp = Hrmp;
				pub(in super::super) type ParasScheduler = ParaScheduler;
				pub(in super::super) type InclusionDmp = Dmp;
				pub(in super::super) type QueueChangeHandler = Ump;
				pub(in super::super) type ParaKey = ParaSessionInfo;
			}
			#[allow(unused_imports)]
			pub(super) use right::*;
			$(pub(super) type $fault = $given;)+
		}

		use crate::neighbours::{AccountOfPara, NoServiceWeight, Processor};
		use frame_support::{derive_impl, traits::{ConstU32, ConstU64, ConstU128}};
		use sp_runtime::traits::{ConvertInto, OpaqueKeys};

		sp_runtime::impl_opaque_keys! {
			pub struct SessionKeys {
				pub babe: Babe,
				pub para_validator: given::ParaKey,
			}
		}

		type EnsureRoot = frame_system::EnsureRoot<u64>;

		#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
		impl frame_system::Config for Runtime {
			type Block = frame_system::mocking::MockBlockU32<Runtime>;
			type AccountData = pallet_balances::AccountData<u128>;
		}

		impl pallet_timestamp::Config for Runtime {
			type Moment = u64;
			type OnTimestampSet = Babe;
			type MinimumPeriod = ConstU64<3_000>;
			type WeightInfo = ();
		}

		impl pallet_babe::Config for Runtime {
			type EpochDuration = ConstU64<10>;
			type ExpectedBlockTime = ConstU64<6_000>;
			type EpochChangeTrigger = pallet_babe::ExternalTrigger;
			type DisabledValidators = Session;
			type WeightInfo = ();
			type MaxAuthorities = ConstU32<100>;
			type MaxNominators = ConstU32<0>;
			type KeyOwnerProof = sp_core::Void;
			type EquivocationReportSystem = ();
		}

		impl pallet_session::Config for Runtime {
			type RuntimeEvent = RuntimeEvent;
			type ValidatorId = u64;
			type ValidatorIdOf = ConvertInto;
			type ShouldEndSession = Babe;
			type NextSessionRotation = Babe;
			type SessionManager = ();
			type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
			type Keys = SessionKeys;
			type DisablingStrategy = ();
			type WeightInfo = ();
			type Currency = Balances;
			type KeyDeposit = ConstU128<0>;
		}

		#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
		impl pallet_balances::Config for Runtime {
			type AccountStore = System;
			type Balance = u128;
			type ExistentialDeposit = ConstU128<1>;
		}

		impl pallet_message_queue::Config for Runtime {
			type RuntimeEvent = RuntimeEvent;
			type WeightInfo = ();
			type MessageProcessor = Processor;
			type Size = u32;
			type QueueChangeHandler = given::QueueChangeHandler;
			type QueuePausedQuery = ();
			type HeapSize = ConstU32<{ 132 * 1024 }>;
			type MaxStale = ConstU32<8>;
			type ServiceWeight = NoServiceWeight;
			type IdleMaxServiceWeight = ();
		}

		impl pallet_async_backing_configuration::Config for Runtime {
			type AdminOrigin = EnsureRoot;
			type SessionIndex = given::SessionIndex;
			type WeightInfo = ();
		}

		impl pallet_async_backing_sessions::Config for Runtime {
			type Sessions = Session;
			type Configuration = Configuration;
			type Paras = Paras;
			type Scheduler = ParaScheduler;
			type Inclusion = ParaInclusion;
			type Disputes = ();
			type Dmp = Dmp;
			type Ump = given::SessionsUmp;
			type Hrmp = given::SessionsHrmp;
			type Others = ();
			type CheckerKeys = ();
			type Randomness = pallet_babe::RandomnessFromOneEpochAgo<Runtime>;
			type DisabledValidators = Session;
		}

		impl pallet_async_backing_paras::Config for Runtime {
			type AdminOrigin = EnsureRoot;
			type Configuration = Configuration;
			type Session = ParaSessionInfo;
			type Scheduler = given::ParasScheduler;
			type Dmp = Dmp;
			type Ump = Ump;
			type Hrmp = Hrmp;
			type Inclusion = ParaInclusion;
			type Others = ();
			type WeightInfo = ();
			#[cfg(feature = "runtime-benchmarks")]
			type BenchmarkHelper = ();
		}

		impl pallet_async_backing_scheduler::Config for Runtime {
			type AdminOrigin = EnsureRoot;
			type Configuration = Configuration;
			type Session = ParaSessionInfo;
			type Paras = Paras;
			type Currency = Balances;
			type OrderRevenue = ();
			type WeightInfo = ();
			#[cfg(feature = "runtime-benchmarks")]
			type BenchmarkHelper = ();
		}

		impl pallet_async_backing_dmp::Config for Runtime {
			type AdminOrigin = EnsureRoot;
			type Configuration = Configuration;
			type Paras = Paras;
			type WeightInfo = ();
			#[cfg(feature = "runtime-benchmarks")]
			type BenchmarkHelper = ();
		}

		impl pallet_async_backing_ump::Config for Runtime {
			type Configuration = Configuration;
			type Paras = Paras;
			type MessageQueue = MessageQueue;
		}

		impl pallet_async_backing_hrmp::Config for Runtime {
			type ParaOrigin = frame_support::traits::NeverEnsureOrigin<async_backing_primitives::ParaId>;
			type AdminOrigin = EnsureRoot;
			type Configuration = Configuration;
			type Paras = Paras;
			type Currency = Balances;
			type RuntimeHoldReason = RuntimeHoldReason;
			type SovereignAccountOf = AccountOfPara;
			type WeightInfo = ();
			#[cfg(feature = "runtime-benchmarks")]
			type BenchmarkHelper = ();
		}

		impl pallet_async_backing_inclusion::Config for Runtime {
			type Configuration = Configuration;
			type Session = ParaSessionInfo;
			type Paras = Paras;
			type Dmp = given::InclusionDmp;
			type Ump = Ump;
			type Hrmp = Hrmp;
			type Scheduler = ParaScheduler;
			type Disputes = ();
			type Rewards = ();
			type ParentRandomness = pallet_async_backing_inclusion::NoRandomness;
			type OtherInherents = ();
			type WeightInfo = ();
			#[cfg(feature = "runtime-benchmarks")]
			type BenchmarkHelper = ();
		}

		impl pallet_async_backing_inclusion::inherent::Config for Runtime {}
	};
}
