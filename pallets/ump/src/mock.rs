//! A runtime with a message queue and this pallet.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate::{self as pallet_async_backing_ump, AggregateMessageOrigin};
use async_backing_primitives::{ports::ActiveConfiguration, HostConfiguration, ParaId};
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

impl crate::Config for Test {
	type Configuration = Configuration;
	type MessageQueue = MessageQueue;
}

/// Runs `test` on an empty chain, and checks the invariants afterwards.
pub(crate) fn run(test: impl FnOnce()) {
	sp_io::TestExternalities::default().execute_with(|| {
		Processed::set(Vec::new());
		MaxQueue::set((10, 1000));
		System::set_block_number(1);
		test();
		Ump::do_try_state().expect("invariants hold");
	});
}
