//! A runtime with this pallet alone.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate::{self as pallet_async_backing_paras, GenesisPara};
use async_backing_primitives::{
	ports::{
		ActiveConfiguration, OnParaOverridden, OnParaRemoved, OnSessionChange, ParaState, QueueSize,
		SessionChange, UpwardQueues,
	},
	BlockNumber, HeadData, HostConfiguration, ParaId, PvfCheckStatement, SessionIndex, UpwardMessage,
	ValidationCode, ValidatorId, ValidatorIndex, ValidatorPair,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{OnFinalize, OnInitialize},
};
use frame_system::{EnsureRoot, RawOrigin};
use sp_core::Pair;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};
use std::collections::{BTreeMap, BTreeSet};

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
	pub static CurrentSession: SessionIndex = 0;
	pub static Removed: Vec<ParaId> = Vec::new();
	/// Paras for whose removal there is no time.
	pub static Busy: Vec<ParaId> = Vec::new();
	/// Paras that were rewritten, with their most recent context until then.
	pub static Rewritten: Vec<(ParaId, Option<BlockNumber>)> = Vec::new();
	/// Upward messages that wait, and their bytes.
	pub static Upward: BTreeMap<ParaId, (u32, u32)> = BTreeMap::new();
	pub static Config: HostConfiguration = config();
	pub static Keys: Vec<ValidatorId> = keys();
}

pub struct Configuration;
impl ActiveConfiguration for Configuration {
	fn active() -> HostConfiguration {
		Config::get()
	}
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

pub struct Neighbours;

impl async_backing_primitives::ports::CurrentSession for Neighbours {
	fn index() -> SessionIndex {
		CurrentSession::get()
	}
	fn validators() -> Vec<ValidatorId> {
		Keys::get()
	}
	fn disabled() -> BTreeSet<ValidatorIndex> {
		BTreeSet::new()
	}
	fn is_change_buffered() -> bool {
		false
	}
}

/// Validators of every session.
pub(crate) const VALIDATORS: u32 = 4;

/// Key pair of a validator.
pub(crate) fn pair(index: u32) -> ValidatorPair {
	ValidatorPair::from_seed(&[index as u8 + 1; 32])
}

/// Keys of the validators.
fn keys() -> Vec<ValidatorId> {
	(0..VALIDATORS).map(|index| pair(index).public()).collect()
}

/// A verdict of this session.
pub(crate) fn verdict(validator: u32, code: &ValidationCode, accept: bool) -> PvfCheckStatement {
	PvfCheckStatement {
		accept,
		subject: code.hash(),
		session_index: CurrentSession::get(),
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

/// Keeps nothing for a para but what a test says.
pub struct Upwards;

impl OnParaRemoved for Upwards {
	fn on_para_removed(_: ParaId) {}
}

impl UpwardQueues for Upwards {
	fn size(para: ParaId) -> QueueSize {
		let (count, bytes) = Upward::get().get(&para).copied().unwrap_or_default();
		QueueSize { count, bytes }
	}
	fn enqueue(_: ParaId, _: &[UpwardMessage]) {}
}

impl OnParaRemoved for Neighbours {
	fn has_time_for(para: ParaId) -> bool {
		!Busy::get().contains(&para)
	}

	fn on_para_removed(para: ParaId) {
		Removed::mutate(|removed| removed.push(para));
	}
}

impl OnParaOverridden for Neighbours {
	fn on_para_overridden(para: ParaId) {
		Rewritten::mutate(|rewritten| rewritten.push((para, Paras::most_recent_context(para))));
	}
}

impl crate::Config for Test {
	type AdminOrigin = EnsureRoot<u64>;
	type Configuration = Configuration;
	type Session = Neighbours;
	type Scheduler = ();
	type Dmp = ();
	type Ump = Upwards;
	type Hrmp = ();
	type Inclusion = ();
	type Others = Neighbours;
	type WeightInfo = ();
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
		code: code(seed),
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
		CurrentSession::set(0);
		Removed::set(Vec::new());
		Busy::set(Vec::new());
		Upward::set(BTreeMap::new());
		Rewritten::set(Vec::new());
		Config::set(config());
		Keys::set(keys());
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
	let session_index = CurrentSession::get() + 1;
	CurrentSession::set(session_index);
	Paras::on_session_change(&SessionChange {
		session_index,
		session_start: System::block_number() + 1,
		validators: Vec::new(),
		old_configuration: Config::get(),
		new_configuration: Config::get(),
		random_seed: [0; 32],
	});
	Paras::do_try_state().expect("invariants hold");
}
