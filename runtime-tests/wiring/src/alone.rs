//! Inclusion without the other pallets, beside a BABE with another name.

use frame_support::{
	derive_impl,
	traits::{ConstU32, ConstU64},
};

frame_support::construct_runtime! {
	pub enum Runtime {
		System: frame_system = 0,
		Consensus: pallet_babe = 1,
		Timestamp: pallet_timestamp = 2,
		ParaInclusion: pallet_async_backing_inclusion = 3,
		ParaInherent: pallet_async_backing_inclusion::inherent = 4,
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = frame_system::mocking::MockBlockU32<Runtime>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Consensus;
	type MinimumPeriod = ConstU64<3_000>;
	type WeightInfo = ();
}

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<10>;
	type ExpectedBlockTime = ConstU64<6_000>;
	type EpochChangeTrigger = pallet_babe::SameAuthoritiesForever;
	type DisabledValidators = ();
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<100>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

#[derive_impl(pallet_async_backing_inclusion::config_preludes::TestDefaultConfig)]
impl pallet_async_backing_inclusion::Config for Runtime {}

impl pallet_async_backing_inclusion::inherent::Config for Runtime {}
