//! A runtime with this pallet alone.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate as pallet_async_backing_hrmp;
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	BlockNumber, HeadData, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash,
};
use frame_support::derive_impl;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Hrmp: pallet_async_backing_hrmp,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
}

pub struct Configuration;
impl ActiveConfiguration for Configuration {
	fn active() -> HostConfiguration {
		HostConfiguration {
			hrmp_max_parachain_outbound_channels: 3,
			hrmp_max_parachain_inbound_channels: 2,
			hrmp_channel_max_capacity: 8,
			hrmp_channel_max_total_size: 100,
			hrmp_channel_max_message_size: 50,
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
	type Configuration = Configuration;
	type Paras = Paras;
	type WeightInfo = ();
}

/// Runs `test` on an empty chain, and checks the invariants afterwards.
pub(crate) fn run<R>(test: impl FnOnce() -> R) -> R {
	sp_io::TestExternalities::default().execute_with(|| {
		System::set_block_number(1);
		let result = test();
		Hrmp::do_try_state().expect("invariants hold");
		result
	})
}
