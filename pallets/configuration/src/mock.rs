//! A runtime with this pallet alone.

use crate as pallet_async_backing_configuration;
use async_backing_primitives::{ports::ConfigurationOfSession, HostConfiguration, SessionIndex};
use frame_support::{derive_impl, parameter_types};
use frame_system::limits::BlockLength;
use sp_runtime::BuildStorage;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Configuration: pallet_async_backing_configuration,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type BlockLength = Length;
}

parameter_types! {
	/// Bytes of a block.
	pub static BlockBytes: u32 = 5 * 1024 * 1024;
	pub Length: BlockLength = BlockLength::builder().max_length(BlockBytes::get()).build();
	pub static CurrentSession: SessionIndex = 0;
}

#[derive_impl(pallet_async_backing_configuration::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type SessionIndex = CurrentSession;
}

/// Runs `test` on a chain that starts with this configuration, and checks the invariants afterwards.
pub(crate) fn run_with<R>(config: HostConfiguration, test: impl FnOnce() -> R) -> R {
	let genesis = RuntimeGenesisConfig {
		configuration: crate::GenesisConfig {
			config,
			..Default::default()
		},
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("builds").into();
	ext.execute_with(|| {
		CurrentSession::set(0);
		System::set_block_number(1);
		let result = test();
		Configuration::do_try_state().expect("invariants hold");
		result
	})
}

/// As [`run_with`], with the default configuration.
pub(crate) fn run<R>(test: impl FnOnce() -> R) -> R {
	run_with(HostConfiguration::default(), test)
}

/// Begins the next session, as the session driver does.
pub(crate) fn next_session() -> (HostConfiguration, HostConfiguration) {
	let session = CurrentSession::get() + 1;
	let configurations = Configuration::activate_for(session);
	CurrentSession::set(session);
	Configuration::do_try_state().expect("invariants hold");
	configurations
}
