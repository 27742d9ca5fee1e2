//! What the pallets ask of a runtime. Weights play no role.

use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		AsEnsureOriginWithArg, ConstU128, ConstU32, ConstU64, EstimateNextSessionRotation, ProcessMessage,
		ProcessMessageError,
	},
	weights::{constants::WEIGHT_REF_TIME_PER_NANOS, Weight, WeightMeter},
	PalletId,
};
use frame_system::{
	limits::{BlockLength, BlockWeights},
	EnsureRoot,
};
use parachains_inclusion::AggregateMessageOrigin;
use polkadot_primitives::AuthorityDiscoveryId;
use sp_runtime::{
	impl_opaque_keys,
	traits::{ConstUint, ConvertInto, OpaqueKeys},
	FixedU128, Permill,
};
use xcm::latest::InteriorLocation;

parameter_types! {
	/// Room for everything: what does not fit would be left out.
	pub EndlessWeights: BlockWeights = BlockWeights::simple_max(Weight::MAX);
	pub EndlessLength: BlockLength = BlockLength::builder().max_length(u32::MAX).build();
	pub const EndlessWeight: Weight = Weight::MAX;
	pub const TrafficDefaultValue: FixedU128 = FixedU128::from_u32(1);
	pub const OnDemandPalletId: PalletId = PalletId(*b"py/ondmd");
	/// A fifth of two seconds, as ours.
	pub ServiceWeight: Option<Weight> = Some(Weight::from_parts(400_000_000_000, u64::MAX));
	pub const ChannelSizeAndCapacityWithSystem: (u32, u32) = (51_200, 500);
}

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BlockWeights = EndlessWeights;
	type BlockLength = EndlessLength;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<3_000>;
	type WeightInfo = ();
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<600>;
	type ExpectedBlockTime = ConstU64<6_000>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<2_000>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub para: Initializer,
	}
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
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

/// Takes the messages that there is weight for, at our price.
pub struct ChargeByLength;

impl ProcessMessage for ChargeByLength {
	type Origin = AggregateMessageOrigin;

	fn process_message(
		message: &[u8],
		_: AggregateMessageOrigin,
		meter: &mut WeightMeter,
		_: &mut [u8; 32],
	) -> Result<bool, ProcessMessageError> {
		let nanos = 10_000_u64.saturating_add(message.len() as u64);
		let weight = Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(nanos), 0);
		meter
			.try_consume(weight)
			.map_err(|()| ProcessMessageError::Overweight(weight))?;
		Ok(true)
	}
}

impl pallet_message_queue::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MessageProcessor = ChargeByLength;
	type Size = u32;
	type QueueChangeHandler = ParaInclusion;
	type QueuePausedQuery = ();
	type HeapSize = ConstU32<{ 132 * 1024 }>;
	type MaxStale = ConstU32<8>;
	type ServiceWeight = ServiceWeight;
	type IdleMaxServiceWeight = ();
}

impl parachains_origin::Config for Runtime {}

impl parachains_configuration::Config for Runtime {
	type WeightInfo = parachains_configuration::TestWeightInfo;
}

impl parachains_shared::Config for Runtime {
	type DisabledValidators = chain::Disabled;
}

impl parachains_session_info::Config for Runtime {
	type ValidatorSet = NoAccounts;
}

impl parachains_session_info::AuthorityDiscoveryConfig for Runtime {
	fn authorities() -> Vec<AuthorityDiscoveryId> {
		Vec::new()
	}
}

/// Nobody has an account to be slashed.
pub struct NoAccounts;

impl frame_support::traits::ValidatorSet<AccountId> for NoAccounts {
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;

	fn session_index() -> sp_staking::SessionIndex {
		0
	}

	fn validators() -> Vec<AccountId> {
		Vec::new()
	}
}

impl frame_support::traits::ValidatorSetWithIdentification<AccountId> for NoAccounts {
	type Identification = AccountId;
	type IdentificationOf = ConvertInto;
}

impl parachains_inclusion::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type DisputesHandler = ();
	type RewardValidators = ();
	type MessageQueue = MessageQueue;
	type WeightInfo = parachains_inclusion::TestWeightInfo;
}

/// Sessions never end here.
pub struct NeverEnds;

impl EstimateNextSessionRotation<u32> for NeverEnds {
	fn average_session_length() -> u32 {
		600
	}

	fn estimate_current_session_progress(_: u32) -> (Option<Permill>, Weight) {
		(None, Weight::zero())
	}

	fn estimate_next_session_rotation(_: u32) -> (Option<u32>, Weight) {
		(None, Weight::zero())
	}
}

impl parachains_paras::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = parachains_paras::TestWeightInfo;
	type UnsignedPriority = ConstU64<{ u64::MAX }>;
	type QueueFootprinter = ParaInclusion;
	type NextSessionRotation = NeverEnds;
	type OnNewHead = ();
	type AssignCoretime = ParaScheduler;
	type Fungible = Balances;
	type CooldownRemovalMultiplier = ConstUint<1>;
	type AuthorizeCurrentCodeOrigin = AsEnsureOriginWithArg<EnsureRoot<AccountId>>;
}

impl frame_system::offchain::CreateTransactionBase<parachains_paras::Call<Runtime>> for Runtime {
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl frame_system::offchain::CreateBare<parachains_paras::Call<Runtime>> for Runtime {
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}

impl parachains_dmp::Config for Runtime {
	type WeightInfo = ();
}

impl parachains_hrmp::Config for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type RuntimeEvent = RuntimeEvent;
	type ChannelManager = EnsureRoot<AccountId>;
	type Currency = Balances;
	type DefaultChannelSizeAndCapacityWithSystem = ChannelSizeAndCapacityWithSystem;
	type VersionWrapper = ();
	type WeightInfo = parachains_hrmp::TestWeightInfo;
}

impl parachains_on_demand::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type TrafficDefaultValue = TrafficDefaultValue;
	type WeightInfo = parachains_on_demand::TestWeightInfo;
	type MaxHistoricalRevenue = ConstU32<10>;
	type PalletId = OnDemandPalletId;
}

impl parachains_scheduler::Config for Runtime {}

/// Nobody asks where the revenue goes.
pub struct Pot;

impl frame_support::traits::Get<InteriorLocation> for Pot {
	fn get() -> InteriorLocation {
		InteriorLocation::Here
	}
}

impl parachains_coretime::Config for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type RuntimeEvent = RuntimeEvent;
	type BrokerId = ConstU32<1005>;
	type BrokerPotLocation = Pot;
	type WeightInfo = parachains_coretime::TestWeightInfo;
	type SendXcm = ();
	type AssetTransactor = ();
	type AccountToLocation = ();
	type MaxXcmTransactWeight = EndlessWeight;
}

impl parachains_disputes::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RewardValidators = ();
	type SlashingHandler = ();
	type WeightInfo = parachains_disputes::TestWeightInfo;
}

impl parachains_initializer::Config for Runtime {
	type Randomness = chain::Seed;
	type ForceOrigin = EnsureRoot<AccountId>;
	type CoretimeOnNewSession = ();
	type WeightInfo = ();
}

impl parachains_paras_inherent::Config for Runtime {
	type WeightInfo = parachains_paras_inherent::TestWeightInfo;
}
