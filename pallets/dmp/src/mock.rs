//! A runtime with this pallet alone.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate as pallet_async_backing_dmp;
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	BlockNumber, HeadData, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash,
};
use frame_support::{derive_impl, parameter_types};

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

parameter_types! {
	pub static MaxMessageSize: u32 = 100;
}

pub struct Configuration;
impl ActiveConfiguration for Configuration {
	fn active() -> HostConfiguration {
		HostConfiguration {
			max_downward_message_size: MaxMessageSize::get(),
			..Default::default()
		}
	}
}

/// Paras up to 2009 are active.
pub struct Paras;
impl ParaState for Paras {
	fn parachains() -> Vec<ParaId> {
		(2000..2010).map(ParaId).collect()
	}
	fn head(_: ParaId) -> Option<HeadData> {
		None
	}
	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		Self::parachains()
			.contains(&para)
			.then(ValidationCodeHash::default)
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
	type AdminOrigin = frame_system::EnsureRoot<u64>;
	type WeightInfo = ();
	type Configuration = Configuration;
	type Paras = Paras;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

/// Runs `test` on an empty chain, and checks the invariants afterwards.
pub(crate) fn run<R>(test: impl FnOnce() -> R) -> R {
	sp_io::TestExternalities::default().execute_with(|| {
		MaxMessageSize::set(100);
		System::set_block_number(1);
		let result = test();
		Dmp::do_try_state().expect("invariants hold");
		result
	})
}
