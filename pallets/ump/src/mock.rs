//! A runtime with a message queue and this pallet.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate::{self as pallet_async_backing_ump, AggregateMessageOrigin};
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	BlockNumber, HeadData, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ProcessMessage, ProcessMessageError},
	weights::{Weight, WeightMeter},
};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		MessageQueue: pallet_message_queue,
		Ump: pallet_async_backing_ump,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
}

parameter_types! {
	pub static Processed: Vec<(ParaId, Vec<u8>)> = Vec::new();
	pub static MaxQueue: (u32, u32) = (10, 1000);
	pub static Parachains: Vec<ParaId> = vec![ParaId(2000), ParaId(2001)];
	pub const NoServiceWeight: Option<Weight> = None;
}

/// Takes every message.
pub struct Processor;
impl ProcessMessage for Processor {
	type Origin = AggregateMessageOrigin;

	fn process_message(
		message: &[u8],
		origin: AggregateMessageOrigin,
		_meter: &mut WeightMeter,
		_id: &mut [u8; 32],
	) -> Result<bool, ProcessMessageError> {
		Processed::mutate(|processed| processed.push((origin.para(), message.to_vec())));
		Ok(true)
	}
}

impl pallet_message_queue::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MessageProcessor = Processor;
	type Size = u32;
	type QueueChangeHandler = Ump;
	type QueuePausedQuery = ();
	type HeapSize = ConstU32<{ 132 * 1024 }>;
	type MaxStale = ConstU32<8>;
	type ServiceWeight = NoServiceWeight;
	type IdleMaxServiceWeight = ();
}

pub struct Configuration;
impl ActiveConfiguration for Configuration {
	fn active() -> HostConfiguration {
		let (max_upward_queue_count, max_upward_queue_size) = MaxQueue::get();
		HostConfiguration {
			max_upward_queue_count,
			max_upward_queue_size,
			..Default::default()
		}
	}
}

/// Knows which paras there are, and nothing of them.
pub struct Paras;
impl ParaState for Paras {
	fn parachains() -> Vec<ParaId> {
		Parachains::get()
	}
	fn head(_: ParaId) -> Option<HeadData> {
		None
	}
	fn current_code_hash(_: ParaId) -> Option<ValidationCodeHash> {
		None
	}
	fn code_by_hash(_: ValidationCodeHash) -> Option<ValidationCode> {
		None
	}
	fn most_recent_context(_: ParaId) -> Option<BlockNumber> {
		None
	}
	fn future_code(_: ParaId) -> Option<(BlockNumber, ValidationCodeHash)> {
		None
	}
	fn is_upgrade_restricted(_: ParaId) -> bool {
		false
	}
	fn is_offboarding(_: ParaId) -> bool {
		false
	}
	fn schedule_code_upgrade(_: ParaId, _: ValidationCode, _: BlockNumber, _: &HostConfiguration) {}
	fn note_new_head(_: ParaId, _: HeadData, _: BlockNumber) {}
}

impl crate::Config for Test {
	type Configuration = Configuration;
	type Paras = Paras;
	type MessageQueue = MessageQueue;
}

/// Runs `test` on an empty chain, and checks the invariants afterwards.
pub(crate) fn run(test: impl FnOnce()) {
	sp_io::TestExternalities::default().execute_with(|| {
		Processed::set(Vec::new());
		MaxQueue::set((10, 1000));
		Parachains::set(vec![ParaId(2000), ParaId(2001)]);
		System::set_block_number(1);
		test();
		Ump::do_try_state().expect("invariants hold");
	});
}
