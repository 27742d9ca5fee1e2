//! A runtime with this pallet, and neighbours that answer what a test puts into them.

#![allow(missing_docs, missing_debug_implementations, unreachable_pub)] // items that macros write

use crate as pallet_scheduler;
use async_backing_primitives::{
	ports::{ActiveConfiguration, CurrentSession, SessionChange},
	BlockNumber, CoreIndex, HostConfiguration, ParaId, SessionIndex, ValidatorId, ValidatorIndex,
};
use frame_support::{derive_impl, parameter_types};
use sp_core::crypto::UncheckedFrom;
use sp_runtime::BuildStorage;
use std::collections::BTreeSet;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Scheduler: pallet_scheduler,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
}

parameter_types! {
	pub static Config: HostConfiguration = HostConfiguration::default();
	pub static ValidatorCount: u32 = 6;
}

pub struct Neighbours;

impl ActiveConfiguration for Neighbours {
	fn active() -> HostConfiguration {
		Config::get()
	}
}

impl CurrentSession for Neighbours {
	fn index() -> SessionIndex {
		0
	}

	fn validators() -> Vec<ValidatorId> {
		(0..ValidatorCount::get()).map(key).collect()
	}

	fn disabled() -> BTreeSet<ValidatorIndex> {
		BTreeSet::new()
	}

	fn is_change_buffered() -> bool {
		false
	}
}

impl crate::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<u64>;
	type Configuration = Neighbours;
	type Session = Neighbours;
	type WeightInfo = ();
}

fn key(index: u32) -> ValidatorId {
	sp_core::sr25519::Public::unchecked_from([index as u8; 32]).into()
}

/// A session change to so many validators, with the configuration that is in [`Config`].
pub(crate) fn change_session(start: BlockNumber, validators: u32) {
	use async_backing_primitives::ports::OnSessionChange;
	Scheduler::on_session_change(&SessionChange {
		session_index: 1,
		session_start: start,
		validators: (0..validators).map(key).collect(),
		old_configuration: Config::get(),
		new_configuration: Config::get(),
		random_seed: [0; 32],
	});
	ValidatorCount::set(validators);
}

/// A chain whose genesis assigns cores, and what holds afterwards.
pub(crate) fn with_assignments(assignments: &[(u32, u32)], test: impl FnOnce()) {
	let assignments = assignments
		.iter()
		.map(|(core, para)| (CoreIndex(*core), ParaId(*para)))
		.collect();
	let scheduler = pallet_scheduler::GenesisConfig {
		assignments,
		_config: Default::default(),
	};
	let storage = RuntimeGenesisConfig {
		scheduler,
		..Default::default()
	}
	.build_storage();
	let mut externalities = sp_io::TestExternalities::from(storage.expect("the genesis is valid"));
	externalities.execute_with(|| {
		System::set_block_number(1);
		test();
		Scheduler::do_try_state().expect("state is sound after the test");
	});
}
