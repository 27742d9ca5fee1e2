//! A runtime with this pallet, and neighbours that answer what a test puts into them.

#![allow(missing_docs, missing_debug_implementations, unreachable_pub)] // items that macros write

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate as pallet_scheduler;
use crate::{CoreAssignment, CoreShares, PARTS_OF_A_CORE};
use async_backing_primitives::{
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, OnSessionChange, ParaState, SessionChange},
	BlockNumber, CoreIndex, HeadData, HostConfiguration, ParaId, SessionIndex, ValidationCode,
	ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, Imbalance, OnUnbalanced},
};
use sp_core::crypto::UncheckedFrom;
use sp_runtime::{BuildStorage, DispatchResult};
use std::collections::BTreeSet;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Scheduler: pallet_scheduler,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
}

pub(crate) const EXISTENTIAL_DEPOSIT: u128 = 10;
/// An account that can pay, and what it has.
pub(crate) const RICH: u64 = 1;
pub(crate) const ENDOWMENT: u128 = 1_000_000;

parameter_types! {
	pub static Config: HostConfiguration = HostConfiguration::default();
	pub static ValidatorCount: u32 = 6;
	/// Whether the session ends with the block being processed.
	pub static SessionEnds: bool = false;
	/// Paras that were removed.
	pub static Gone: BTreeSet<ParaId> = BTreeSet::new();
	/// What was paid for orders.
	pub static Revenue: u128 = 0;
}

/// Counts what orders were paid with, and burns it.
pub struct Till;

impl OnUnbalanced<crate::CreditOf<Test>> for Till {
	fn on_nonzero_unbalanced(payment: crate::CreditOf<Test>) {
		Revenue::mutate(|revenue| *revenue += payment.peek());
	}
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
		SessionEnds::get()
	}
}

/// Paras from 1 to 9999 are there, but for those that are gone.
impl ParaState for Neighbours {
	fn parachains() -> Vec<ParaId> {
		Vec::new()
	}
	fn head(_: ParaId) -> Option<HeadData> {
		None
	}
	fn current_code_hash(para: ParaId) -> Option<ValidationCodeHash> {
		let is_there = (1..10_000).contains(&para.0) && !Gone::get().contains(&para);
		is_there.then(Default::default)
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
	type Configuration = Neighbours;
	type Session = Neighbours;
	type Paras = Neighbours;
	type Currency = Balances;
	type OrderRevenue = Till;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

fn key(index: u32) -> ValidatorId {
	sp_core::sr25519::Public::unchecked_from([index as u8; 32]).into()
}

/// Cores and lookahead, and a rotation every five blocks.
pub(crate) fn configure(num_cores: u32, lookahead: u32) {
	Config::set(HostConfiguration {
		num_cores,
		scheduling_lookahead: lookahead,
		group_rotation_frequency: 5,
		on_demand_base_fee: 1_000,
		..Default::default()
	});
	SessionEnds::set(false);
	Gone::set(BTreeSet::new());
	Revenue::set(0);
}

/// A session change at the end of this block to so many validators, and to the configuration that `edit` makes.
pub(crate) fn change_session_to(validators: u32, edit: impl FnOnce(&mut HostConfiguration)) {
	let old_configuration = Config::get();
	let mut new_configuration = old_configuration.clone();
	edit(&mut new_configuration);
	Config::set(new_configuration.clone());
	ValidatorCount::set(validators);
	Scheduler::on_session_change(&SessionChange {
		session_index: 1,
		session_start: System::block_number() + 1,
		validators: (0..validators).map(key).collect(),
		old_configuration,
		new_configuration,
		random_seed: [0; 32],
	});
}

/// A chain whose genesis assigns cores and pools others, and what holds afterwards. The test begins in block 1, before
/// its claims are handed out.
pub(crate) fn with_cores(assignments: &[(u32, u32)], pool: &[u32], test: impl FnOnce()) {
	let scheduler = pallet_scheduler::GenesisConfig {
		assignments: assignments
			.iter()
			.map(|(core, para)| (CoreIndex(*core), ParaId(*para)))
			.collect(),
		pool: pool.iter().copied().map(CoreIndex).collect(),
		_config: Default::default(),
	};
	let storage = RuntimeGenesisConfig {
		scheduler,
		balances: pallet_balances::GenesisConfig {
			balances: vec![(RICH, ENDOWMENT)],
			..Default::default()
		},
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

/// A chain whose genesis assigns cores.
pub(crate) fn with_assignments(assignments: &[(u32, u32)], test: impl FnOnce()) {
	with_cores(assignments, &[], test);
}

/// What nodes see of a core.
pub(crate) fn claims(core: u32) -> Vec<u32> {
	Scheduler::claim_queue()
		.get(&CoreIndex(core))
		.map(|claims| claims.iter().map(|para| para.0).collect())
		.unwrap_or_default()
}

/// Hands out the claims of this block, and returns what it serves.
pub(crate) fn serve(occupied: &[u32]) -> Vec<(u32, u32)> {
	serve_after(occupied, &[])
}

/// The same, after the candidates on these cores were included.
pub(crate) fn serve_after(occupied: &[u32], included: &[u32]) -> Vec<(u32, u32)> {
	let cores = |cores: &[u32]| cores.iter().copied().map(CoreIndex).collect();
	Scheduler::advance(&cores(occupied), &cores(included))
		.into_iter()
		.map(|(core, para)| (core.0, para.0))
		.collect()
}

/// Ends this block, begins the next and hands out its claims.
pub(crate) fn next_block(occupied: &[u32]) -> Vec<(u32, u32)> {
	next_block_after(occupied, &[])
}

/// The same, after the candidates on these cores were included.
pub(crate) fn next_block_after(occupied: &[u32], included: &[u32]) -> Vec<(u32, u32)> {
	System::set_block_number(System::block_number() + 1);
	let served = serve_after(occupied, included);
	Scheduler::do_try_state().expect("state is sound after every block");
	served
}

/// Begins the next block, with which the session ends, and hands out its claims: to nobody.
pub(crate) fn last_block_of_session(occupied: &[u32], included: &[u32]) {
	SessionEnds::set(true);
	assert_eq!(
		next_block_after(occupied, included),
		[],
		"R-ABP-10: nothing is backed"
	);
	change_session_to(ValidatorCount::get(), |_| {});
	SessionEnds::set(false);
}

/// Orders that wait: paras, oldest first.
pub(crate) fn waiting() -> Vec<u32> {
	Scheduler::waiting_orders().iter().map(|para| para.0).collect()
}

/// So many cases of a property, unless the environment says how many.
pub(crate) fn cases(default: u32) -> proptest::test_runner::Config {
	let asked = std::env::var("PROPTEST_CASES").ok();
	proptest::test_runner::Config {
		cases: asked.and_then(|cases| cases.parse().ok()).unwrap_or(default),
		..Default::default()
	}
}

/// Shares of a core.
pub(crate) fn shares(shares: &[(CoreAssignment, u16)]) -> CoreShares {
	shares.to_vec().try_into().expect("few enough")
}

/// The whole core for a para.
pub(crate) fn whole(para: u32) -> CoreShares {
	shares(&[(CoreAssignment::Task(ParaId(para)), PARTS_OF_A_CORE)])
}

/// The admin gives a core work.
pub(crate) fn assign(core: u32, begin: u32, end: Option<u32>, shares: CoreShares) -> DispatchResult {
	Scheduler::assign_core(RuntimeOrigin::root(), CoreIndex(core), begin, end, shares)
}

/// The rich account orders a block.
pub(crate) fn order(para: u32) -> DispatchResult {
	Scheduler::place_order_keep_alive(RuntimeOrigin::signed(RICH), ParaId(para), u128::MAX)
}
