//! A runtime with a message queue and this pallet.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate::{self as pallet_async_backing_ump, AggregateMessageOrigin};
pub(crate) use async_backing_primitives::test_helpers::neighbours;
use async_backing_primitives::{
	test_helpers::{Neighbours, State},
	ParaId,
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

#[derive_impl(pallet_async_backing_ump::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type Configuration = Neighbours;
	type Paras = Neighbours;
	type MessageQueue = MessageQueue;
}

/// Changes the limits on the queue of a para: messages and bytes.
pub(crate) fn set_max_queue((count, bytes): (u32, u32)) {
	neighbours(|state| {
		state.config.max_upward_queue_count = count;
		state.config.max_upward_queue_size = bytes;
	});
}

/// From now on these are all paras.
pub(crate) fn set_paras(paras: impl IntoIterator<Item = u32>) {
	neighbours(|state| {
		let config = state.config.clone();
		*state = State {
			config,
			..State::default().with_paras(paras)
		}
	});
}

/// Runs `test` on an empty chain with the paras 2000 and 2001, and checks the invariants afterwards.
pub(crate) fn run(test: impl FnOnce()) {
	sp_io::TestExternalities::default().execute_with(|| {
		Processed::set(Vec::new());
		set_paras([2000, 2001]);
		set_max_queue((10, 1000));
		System::set_block_number(1);
		test();
		Ump::do_try_state().expect("invariants hold");
	});
}
