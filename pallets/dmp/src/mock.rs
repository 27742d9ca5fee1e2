//! A runtime with this pallet alone.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate as pallet_async_backing_dmp;
pub(crate) use async_backing_primitives::test_helpers::neighbours;
use async_backing_primitives::test_helpers::{Neighbours, State};
use frame_support::derive_impl;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Dmp: pallet_async_backing_dmp,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
}

#[derive_impl(pallet_async_backing_dmp::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type Configuration = Neighbours;
	type Paras = Neighbours;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

/// Changes the limit on the size of a message.
pub(crate) fn set_max_message_size(bytes: u32) {
	neighbours(|state| state.config.max_downward_message_size = bytes);
}

/// Runs `test` on an empty chain with the paras 2000 to 2009, and checks the invariants afterwards.
pub(crate) fn run<R>(test: impl FnOnce() -> R) -> R {
	sp_io::TestExternalities::default().execute_with(|| {
		neighbours(|state| *state = State::default().with_paras(2000..2010));
		set_max_message_size(100);
		System::set_block_number(1);
		let result = test();
		Dmp::do_try_state().expect("invariants hold");
		result
	})
}
