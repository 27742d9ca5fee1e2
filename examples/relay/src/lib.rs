#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]
// `construct_runtime!` and `impl_runtime_apis!` write public items without documentation and without `Debug`.
#![allow(missing_docs, missing_debug_implementations)]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

mod apis;
pub mod migrations;
mod pallets;

pub use apis::api;
pub use pallets::EPOCH_SLOTS;

use alloc::{borrow::Cow, vec::Vec};
use async_backing_primitives::MAX_VALIDATORS;
use frame_support::{
	construct_runtime, derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, ConvertInto, IdentifyAccount, OpaqueKeys, Verify},
	MultiAddress, MultiSignature, Perbill,
};
use sp_version::RuntimeVersion;

pub type AccountId = <<MultiSignature as Verify>::Signer as IdentifyAccount>::AccountId;
pub type Header = generic::Header<u32, BlakeTwo256>;
/// Verdicts on code are authorized by the signature that they carry: `AuthorizeCall` lets them in.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
);
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, MultiSignature, TxExtension>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("async-backing-example"),
	impl_name: Cow::Borrowed("async-backing-example"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

// Parachains read by the names `Configuration`, `Paras`, `Dmp`, `Ump`, `Hrmp` and `Babe` (R-KEY-1 to R-KEY-9); tools look for
// the other names. ParaSessionInfo comes last, by place here, by index under `#[frame_support::runtime]`. Integrity tests
// check all of it but the tools' names.
construct_runtime! {
	pub enum Runtime {
		System: frame_system = 0,
		Babe: pallet_babe = 1,
		Timestamp: pallet_timestamp = 2,
		Session: pallet_session = 3,
		Balances: pallet_balances = 4,
		MessageQueue: pallet_message_queue = 5,
		Configuration: pallet_async_backing_configuration = 6,
		Paras: pallet_async_backing_paras = 7,
		ParaScheduler: pallet_async_backing_scheduler = 8,
		Dmp: pallet_async_backing_dmp = 9,
		Ump: pallet_async_backing_ump = 10,
		Hrmp: pallet_async_backing_hrmp = 11,
		ParaInclusion: pallet_async_backing_inclusion = 12,
		ParaInherent: pallet_async_backing_inclusion::inherent = 13,
		ParaSessionInfo: pallet_async_backing_sessions = 14,
	}
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub babe: Babe,
		pub para_validator: ParaSessionInfo,
	}
}

/// Each slot has one author.
pub(crate) const EPOCH_CONFIGURATION: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (0, 1),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryPlainSlots,
};

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	/// 2 s of execution.
	pub RelayBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND.saturating_mul(2), u64::MAX),
		Perbill::from_percent(75),
	);
	/// 5 MiB: room for one code upgrade beside the rest of the parachains' inherent.
	pub RelayBlockLength: BlockLength = BlockLength::builder().max_length(5 * 1024 * 1024).build();
}

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type Nonce = u32;
	type AccountId = AccountId;
	type Lookup = sp_runtime::traits::AccountIdLookup<AccountId, ()>;
	type AccountData = pallet_balances::AccountData<u128>;
	type Version = Version;
	type BlockWeights = RelayBlockWeights;
	type BlockLength = RelayBlockLength;
	type MaxConsumers = ConstU32<16>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = ConstU64<3_000>;
	type WeightInfo = ();
}

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<EPOCH_SLOTS>;
	type ExpectedBlockTime = ConstU64<6_000>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

/// The validators of genesis stay, and are handed out again for every session.
#[derive(Clone, Copy, Debug)]
pub struct KeepValidators;

impl pallet_session::SessionManager<AccountId> for KeepValidators {
	fn new_session(_: u32) -> Option<alloc::vec::Vec<AccountId>> {
		let validators = pallet_session::Validators::<Runtime>::get();
		(!validators.is_empty()).then_some(validators)
	}
	fn start_session(_: u32) {}
	fn end_session(_: u32) {}
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = KeepValidators;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU128<0>;
}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = ();
	type Balance = u128;
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
