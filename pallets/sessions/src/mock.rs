//! A runtime with the session pallet and this one.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate as pallet_async_backing_sessions;
use async_backing_primitives::{
	ports::{
		ActiveConfiguration, CheckerKeys, ConfigurationOfSession, CoreScheduler, CurrentSession as _,
		OnSessionChange, SchedulerLoad, SessionChange,
	},
	split_into_groups, AssignmentId, AuthorityDiscoveryId, BlockNumber, ClaimQueue, CoreIndex,
	GroupRotationInfo, HostConfiguration, ParaId, SessionIndex, ValidatorId, ValidatorIndex,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU64, OnFinalize, OnInitialize, Randomness},
};
use pallet_session::{PeriodicSessions, SessionManager};
use sp_core::{sr25519, H256};
use sp_runtime::{
	impl_opaque_keys,
	traits::{BlakeTwo256, ConvertInto, Hash, OpaqueKeys},
	BuildStorage,
};
use std::collections::BTreeSet;

/// Blocks of a session.
pub(crate) const SESSION: u32 = 10;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Session: pallet_session,
		Sessions: pallet_async_backing_sessions,
	}
);

impl_opaque_keys! {
	pub struct SessionKeys {
		pub para: Sessions,
	}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

parameter_types! {
	pub const Period: u32 = SESSION;
	pub static NextValidators: Option<Vec<u64>> = None;
	pub static MaxValidators: Option<u32> = None;
	pub static DisputePeriod: SessionIndex = 6;
	pub static Log: Vec<Entry> = Vec::new();
}

/// What the neighbours were told, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
	/// The configuration was activated while this was the current session.
	Activated {
		session: SessionIndex,
		current: SessionIndex,
	},
	/// A receiver heard of the change while this was the current session.
	Told {
		receiver: u8,
		change: Box<SessionChange>,
		current: SessionIndex,
	},
}

fn log(entry: Entry) {
	Log::mutate(|log| log.push(entry));
}

/// Takes the log.
pub(crate) fn take_log() -> Vec<Entry> {
	Log::mutate(core::mem::take)
}

pub struct Configuration;
impl ActiveConfiguration for Configuration {
	fn active() -> HostConfiguration {
		HostConfiguration {
			max_validators: MaxValidators::get(),
			dispute_period: DisputePeriod::get(),
			..Default::default()
		}
	}
}
impl ConfigurationOfSession for Configuration {
	fn activate_for(session: SessionIndex) -> (HostConfiguration, HostConfiguration) {
		log(Entry::Activated {
			session,
			current: Sessions::index(),
		});
		let old = HostConfiguration {
			num_cores: session,
			..Self::active()
		};
		(
			old,
			HostConfiguration {
				num_cores: session.saturating_add(1),
				..Self::active()
			},
		)
	}
}

pub struct Receiver<const N: u8>;
impl<const N: u8> OnSessionChange for Receiver<N> {
	fn on_session_change(change: &SessionChange) {
		assert_eq!(
			change.validators,
			Sessions::validators(),
			"R-ABP-9: the shared state is there already"
		);
		log(Entry::Told {
			receiver: N,
			change: Box::new(change.clone()),
			current: Sessions::index(),
		});
	}
}

/// Two cores. Hears of session changes as the others do.
pub struct Scheduler;
impl OnSessionChange for Scheduler {
	fn on_session_change(change: &SessionChange) {
		Receiver::<2>::on_session_change(change);
	}
}
impl CoreScheduler for Scheduler {
	fn core_count() -> u32 {
		2
	}

	fn load() -> SchedulerLoad {
		unreachable!("nobody asks")
	}

	fn groups() -> Vec<Vec<ValidatorIndex>> {
		split_into_groups(Sessions::validators().len() as u32, 2)
	}

	fn rotation_info(_: BlockNumber) -> GroupRotationInfo {
		unreachable!("nobody asks")
	}

	fn claim_queue() -> ClaimQueue {
		unreachable!("nobody asks")
	}

	fn advance(_: &BTreeSet<CoreIndex>, _: &BTreeSet<CoreIndex>) -> Vec<(CoreIndex, ParaId)> {
		unreachable!("nobody asks")
	}
}

/// The other keys of a validator follow from its first.
pub struct Keys;
impl CheckerKeys for Keys {
	fn assignment_keys(validators: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AssignmentId> {
		validators.iter().map(|key| derived(key, 1).into()).collect()
	}

	fn discovery_keys(validators: &[ValidatorId], _: &[ValidatorIndex]) -> Vec<AuthorityDiscoveryId> {
		validators.iter().map(|key| derived(key, 2).into()).collect()
	}
}

pub(crate) fn derived(key: &ValidatorId, kind: u8) -> sr25519::Public {
	let mut raw = sr25519::Public::from(key.clone()).0;
	raw[31] = kind;
	sr25519::Public::from_raw(raw)
}

pub struct TestRandomness;
impl Randomness<H256, u32> for TestRandomness {
	fn random(subject: &[u8]) -> (H256, u32) {
		(BlakeTwo256::hash(subject), 0)
	}
}

impl crate::Config for Test {
	type Sessions = Session;
	type Configuration = Configuration;
	type Paras = Receiver<1>;
	type Scheduler = Scheduler;
	type Inclusion = Receiver<3>;
	type Disputes = Receiver<4>;
	type Dmp = Receiver<5>;
	type Ump = Receiver<6>;
	type Hrmp = Receiver<7>;
	type Others = (Receiver<8>, Receiver<9>);
	type CheckerKeys = Keys;
	type Randomness = TestRandomness;
	type DisabledValidators = Session;
}

pub struct Manager;
impl SessionManager<u64> for Manager {
	fn new_session(_: SessionIndex) -> Option<Vec<u64>> {
		NextValidators::get()
	}
	fn start_session(_: SessionIndex) {}
	fn end_session(_: SessionIndex) {}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = u64;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = PeriodicSessions<Period, Period>;
	type NextSessionRotation = PeriodicSessions<Period, Period>;
	type SessionManager = Manager;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU64<0>;
}

/// The key of a validator.
pub(crate) fn key(validator: u64) -> ValidatorId {
	let mut raw = [0; 32];
	raw[..8].copy_from_slice(&validator.to_le_bytes());
	sr25519::Public::from_raw(raw).into()
}

/// Runs `test` on a chain whose genesis session has validators `0..validators`; `spare` more have keys.
pub(crate) fn run(validators: u64, spare: u64, test: impl FnOnce()) {
	NextValidators::set(None);
	MaxValidators::set(None);
	DisputePeriod::set(6);
	take_log();
	let keys = |range: core::ops::Range<u64>| {
		range
			.map(|validator| (validator, validator, SessionKeys { para: key(validator) }))
			.collect()
	};
	let genesis = RuntimeGenesisConfig {
		session: pallet_session::GenesisConfig {
			keys: keys(0..validators),
			non_authority_keys: keys(validators..validators + spare),
		},
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("builds").into();
	ext.execute_with(|| {
		Sessions::do_try_state().expect("invariants hold");
		test();
		Sessions::do_try_state().expect("invariants hold");
	});
}

/// Begins the next block.
pub(crate) fn begin_block() -> u32 {
	let block = System::block_number() + 1;
	System::reset_events();
	System::set_block_number(block);
	AllPalletsWithSystem::on_initialize(block);
	block
}

/// Ends the current block.
pub(crate) fn end_block() {
	AllPalletsWithSystem::on_finalize(System::block_number());
	Sessions::do_try_state().expect("invariants hold");
}

/// Processes blocks until `block` is done.
pub(crate) fn run_through(block: u32) {
	while System::block_number() < block {
		begin_block();
		end_block();
	}
}
