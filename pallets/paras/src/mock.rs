//! A runtime with this pallet alone.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate::{self as pallet_async_backing_paras, GenesisPara};
pub(crate) use async_backing_primitives::test_helpers::{neighbours, pair};
use async_backing_primitives::{
	ports::{OnParaOverridden, OnParaRemoved, OnSessionChange, ParaState, SessionChange},
	test_helpers::{Neighbours, State},
	BlockNumber, HeadData, HostConfiguration, ParaId, PvfCheckStatement, ValidationCode, ValidatorIndex,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{OnFinalize, OnInitialize},
};
use frame_system::RawOrigin;
use sp_core::Pair;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Paras: pallet_async_backing_paras,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type DbWeight = frame_support::weights::constants::RocksDbWeight;
}

parameter_types! {
	pub static Removed: Vec<ParaId> = Vec::new();
	/// Paras for whose removal there is no time.
	pub static Busy: Vec<ParaId> = Vec::new();
	/// Paras that were rewritten, with their most recent context until then.
	pub static Rewritten: Vec<(ParaId, Option<BlockNumber>)> = Vec::new();
}

/// The configuration in force.
pub(crate) fn in_force() -> HostConfiguration {
	neighbours(|state| state.config.clone())
}

/// Changes it.
pub(crate) fn configure(change: impl FnOnce(&mut HostConfiguration)) {
	neighbours(|state| change(&mut state.config));
}

/// Small numbers, so that tests see delays and limits.
pub(crate) fn config() -> HostConfiguration {
	HostConfiguration {
		max_code_size: 64,
		max_head_data_size: 16,
		code_retention_period: 5,
		pvf_voting_ttl: 2,
		validation_upgrade_cooldown: 10,
		validation_upgrade_delay: 4,
		minimum_validation_upgrade_delay: 6,
		..Default::default()
	}
}

/// Validators of every session.
pub(crate) const VALIDATORS: u32 = 4;

/// A verdict of this session.
pub(crate) fn verdict(validator: u32, code: &ValidationCode, accept: bool) -> PvfCheckStatement {
	PvfCheckStatement {
		accept,
		subject: code.hash(),
		session_index: neighbours(|state| state.session),
		validator_index: ValidatorIndex(validator),
	}
}

/// A verdict of this session, as in a block.
pub(crate) fn vote(validator: u32, code: &ValidationCode, accept: bool) -> DispatchResult {
	let statement = verdict(validator, code, accept);
	let signature = pair(validator).sign(&statement.signing_payload());
	Paras::authorize_verdict(&statement, &signature).map_err(|_| DispatchError::Unavailable)?;
	Paras::include_pvf_check_statement(RawOrigin::Authorized.into(), statement, signature)
}

/// Three of four validators accept a code.
pub(crate) fn accept(code: &ValidationCode) {
	for validator in 0..3 {
		vote(validator, code, true).expect("a vote is about it");
	}
}

/// Root vouches for a code.
pub(crate) fn trust(code: &ValidationCode) {
	Paras::trust_code(RawOrigin::Root.into(), code.clone()).expect("it is a legal code");
}

/// Notes what it is told.
pub struct Witness;

impl OnParaRemoved for Witness {
	fn has_time_for(para: ParaId) -> bool {
		!Busy::get().contains(&para)
	}

	fn on_para_removed(para: ParaId) {
		Removed::mutate(|removed| removed.push(para));
	}
}

impl OnParaOverridden for Witness {
	fn on_para_overridden(para: ParaId) {
		Rewritten::mutate(|rewritten| rewritten.push((para, Paras::most_recent_context(para))));
	}
}

#[derive_impl(pallet_async_backing_paras::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type Configuration = Neighbours;
	type Session = Neighbours;
	type Ump = Neighbours;
	type Others = Witness;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

/// Code that differs by `seed`.
pub(crate) fn code(seed: u8) -> ValidationCode {
	ValidationCode(vec![seed; 20])
}

/// Head data that differs by `seed`.
pub(crate) fn head(seed: u8) -> HeadData {
	HeadData(vec![seed; 3])
}

/// A para of genesis with code and head of this seed.
pub(crate) fn genesis_para(id: u32, seed: u8) -> GenesisPara {
	GenesisPara {
		id: ParaId(id),
		head: head(seed),
		code: code(seed).into(),
	}
}

/// Runs `test` in block 1 of a chain with these paras, and checks the invariants afterwards.
pub(crate) fn run<R>(paras: Vec<GenesisPara>, test: impl FnOnce() -> R) -> R {
	let genesis = RuntimeGenesisConfig {
		paras: crate::GenesisConfig {
			paras,
			..Default::default()
		},
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("builds").into();
	ext.execute_with(|| {
		Removed::set(Vec::new());
		Busy::set(Vec::new());
		Rewritten::set(Vec::new());
		neighbours(|state| {
			*state = State {
				config: config(),
				validators: VALIDATORS,
				..State::default()
			}
		});
		begin_block(1);
		let result = test();
		Paras::do_try_state().expect("invariants hold");
		result
	})
}

/// Begins a block.
pub(crate) fn begin_block(number: u32) {
	System::set_block_number(number);
	Paras::on_initialize(number);
}

/// Ends the current block and begins others until `number` has begun.
pub(crate) fn run_to(number: u32) {
	while System::block_number() < number {
		let now = System::block_number();
		Paras::on_finalize(now);
		Paras::do_try_state().expect("invariants hold");
		begin_block(now + 1);
	}
}

/// Begins the next session.
pub(crate) fn next_session() {
	let session_index = neighbours(|state| {
		state.session += 1;
		state.session
	});
	Paras::on_session_change(&SessionChange {
		session_index,
		session_start: System::block_number() + 1,
		validators: Vec::new(),
		old_configuration: in_force(),
		new_configuration: in_force(),
		random_seed: [0; 32],
	});
	Paras::do_try_state().expect("invariants hold");
}
