//! System, Timestamp, Balances, Sudo.

use crate::{
	config::consensus::SLOT_DURATION_MILLIS, Babe, Balance, Balances, Block, Nonce, PalletInfo, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask, System,
	VERSION,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, ConstU8},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, IdentityFee, Weight},
};
use frame_system::limits::{BlockLength, BlockWeights};
use pallet_transaction_payment::{ConstFeeMultiplier, Multiplier};
use sp_runtime::Perbill;
use sp_version::RuntimeVersion;

/// What transactions may use of a block; the rest is kept for inherents and operational calls.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	/// As many block hashes as a mortal transaction of a long era needs.
	pub const BlockHashCount: u32 = 4096;
	/// 2 s of execution. A relay block brings no proof, so its size is not limited here.
	pub RelayBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND.saturating_mul(2), u64::MAX),
		NORMAL_DISPATCH_RATIO,
	);
	/// 5 MiB: room for one code upgrade beside the rest of the parachains' inherent.
	pub RelayBlockLength: BlockLength =
		BlockLength::builder().max_length(5 * 1024 * 1024).modify_max_length_for_class(
			frame_support::dispatch::DispatchClass::Normal,
			|length| *length = NORMAL_DISPATCH_RATIO * *length,
		).build();
}

parameter_types! {
	/// Fees are what the weight says, however full blocks are.
	pub const FeeMultiplier: Multiplier = Multiplier::from_u32(1);
}

/// What reading and writing cost. Nothing where the weights themselves are measured: then what is predicted can be held
/// against the time that the runtime took, which does without a database.
#[cfg(not(feature = "runtime-benchmarks"))]
type DbWeight = frame_support::weights::constants::RocksDbWeight;
#[cfg(feature = "runtime-benchmarks")]
type DbWeight = ();

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type Nonce = Nonce;
	type AccountData = pallet_balances::AccountData<Balance>;
	type Version = Version;
	type BlockHashCount = BlockHashCount;
	type BlockWeights = RelayBlockWeights;
	type BlockLength = RelayBlockLength;
	type DbWeight = DbWeight;
	type MaxConsumers = ConstU32<16>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	// BABE takes twice this for the slot duration.
	type MinimumPeriod = ConstU64<{ SLOT_DURATION_MILLIS / 2 }>;
	type WeightInfo = ();
}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = ();
	type Balance = Balance;
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type MaxFreezes = ConstU32<50>;
	type DoneSlashHandler = ();
}

/// A fee for each picosecond and each byte: small against what accounts are endowed with, and seen by whoever looks.
impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = pallet_transaction_payment::FungibleAdapter<Balances, ()>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = IdentityFee<Balance>;
	// `()` would be a multiplier of zero from the first block on.
	type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = ();
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = ();
}
