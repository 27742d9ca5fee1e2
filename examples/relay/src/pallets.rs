//! The pallets of asynchronous backing. The READMEs of their crates show these blocks, and a test holds the two together.

use crate::*;
use frame_support::{
	traits::{ProcessMessage, ProcessMessageError},
	weights::WeightMeter,
};
use frame_system::offchain::{CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase};
use pallet_async_backing_ump::AggregateMessageOrigin;
use sp_runtime::generic::Era;

/// Slots of a session.
pub const EPOCH_SLOTS: u64 = 10;

#[derive_impl(pallet_async_backing_configuration::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_configuration::Config for Runtime {
	type SessionIndex = ParaSessionInfo;
}

#[derive_impl(pallet_async_backing_sessions::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_sessions::Config for Runtime {
	type Sessions = Session;
	type Configuration = Configuration;
	type Paras = Paras;
	type Scheduler = ParaScheduler;
	type Inclusion = ParaInclusion;
	type Dmp = Dmp;
	type Ump = Ump;
	type Hrmp = Hrmp;
	type CheckerKeys = pallet_async_backing_sessions::OneKeyForAll;
	type Randomness = pallet_babe::RandomnessFromOneEpochAgo<Runtime>;
	type DisabledValidators = Session;
}

#[derive_impl(pallet_async_backing_paras::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_paras::Config for Runtime {
	type Configuration = Configuration;
	type Session = ParaSessionInfo;
	type Scheduler = ParaScheduler;
	type Dmp = Dmp;
	type Ump = Ump;
	type Hrmp = Hrmp;
	type Inclusion = ParaInclusion;
}

#[derive_impl(pallet_async_backing_scheduler::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_scheduler::Config for Runtime {
	type Configuration = Configuration;
	type Session = ParaSessionInfo;
	type Paras = Paras;
	type Currency = Balances;
}

#[derive_impl(pallet_async_backing_dmp::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_dmp::Config for Runtime {
	type Configuration = Configuration;
	type Paras = Paras;
}

#[derive_impl(pallet_async_backing_ump::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_ump::Config for Runtime {
	type Configuration = Configuration;
	type Paras = Paras;
	type MessageQueue = MessageQueue;
}

impl pallet_message_queue::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MessageProcessor = Ignore;
	type Size = u32;
	type QueueChangeHandler = Ump;
	type QueuePausedQuery = ();
	type HeapSize = ConstU32<{ 132 * 1024 }>;
	type MaxStale = ConstU32<8>;
	type ServiceWeight = MessageQueueServiceWeight;
	type IdleMaxServiceWeight = ();
}

#[derive_impl(pallet_async_backing_hrmp::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_hrmp::Config for Runtime {
	type Configuration = Configuration;
	type Paras = Paras;
	type Currency = Balances;
}

#[derive_impl(pallet_async_backing_inclusion::config_preludes::RelayChainDefaultConfig)]
impl pallet_async_backing_inclusion::Config for Runtime {
	type Configuration = Configuration;
	type Session = ParaSessionInfo;
	type Paras = Paras;
	type Dmp = Dmp;
	type Ump = Ump;
	type Hrmp = Hrmp;
	type Scheduler = ParaScheduler;
	type ParentRandomness = pallet_babe::ParentBlockRandomness<Runtime>;
}

impl pallet_async_backing_inclusion::inherent::Config for Runtime {}

parameter_types! {
	/// A fifth of a block serves messages whatever else it carries.
	pub MessageQueueServiceWeight: Option<Weight> =
		Some(Perbill::from_percent(20) * RelayBlockWeights::get().max_block);
}

/// Takes upward messages off their queue and does nothing; a real chain interprets them, for instance by XCM.
#[derive(Clone, Copy, Debug)]
pub struct Ignore;

impl ProcessMessage for Ignore {
	type Origin = AggregateMessageOrigin;

	fn process_message(
		_: &[u8],
		_: AggregateMessageOrigin,
		meter: &mut WeightMeter,
		_: &mut [u8; 32],
	) -> Result<bool, ProcessMessageError> {
		let weight = Weight::from_parts(10_000_000, 0);
		meter
			.try_consume(weight)
			.map_err(|()| ProcessMessageError::Overweight(weight))?;
		Ok(true)
	}
}

impl<LocalCall> CreateTransactionBase<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<LocalCall> CreateTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extension = TxExtension;

	fn create_transaction(call: RuntimeCall, extension: TxExtension) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_transaction(call, extension)
	}
}

/// Validators' verdicts on new code go into the pool without a signature of their own.
impl<LocalCall> CreateAuthorizedTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	fn create_extension() -> TxExtension {
		(
			frame_system::AuthorizeCall::new(),
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckEra::from(Era::Immortal),
			frame_system::CheckNonce::from(0),
			frame_system::CheckWeight::new(),
		)
	}
}
