//! A runtime with this pallet, and neighbours that answer what a test puts into them.

#![allow(missing_docs, missing_debug_implementations, unreachable_pub)] // items that macros write

#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;

use crate as pallet_scheduler;
use crate::{CoreAssignment, CoreShares, PARTS_OF_A_CORE};
pub(crate) use async_backing_primitives::test_helpers::neighbours;
use async_backing_primitives::{
	ports::{CoreScheduler, OnSessionChange, SessionChange},
	test_helpers::{validators, Neighbours, State},
	CoreIndex, HostConfiguration, ParaId,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, Imbalance, OnUnbalanced},
};
use sp_runtime::{BuildStorage, DispatchResult};

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

#[derive_impl(pallet_scheduler::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type Configuration = Neighbours;
	type Session = Neighbours;
	type Paras = Neighbours;
	type Currency = Balances;
	type OrderRevenue = Till;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

/// A para that is not there. All others are.
pub(crate) const NOBODY: ParaId = ParaId(10_000);

/// The configuration in force.
pub(crate) fn config() -> HostConfiguration {
	neighbours(|state| state.config.clone())
}

/// Changes it.
pub(crate) fn reconfigure(change: impl FnOnce(&mut HostConfiguration)) {
	neighbours(|state| change(&mut state.config));
}

/// Whether the session ends with the block being processed.
pub(crate) fn set_session_ends(ends: bool) {
	neighbours(|state| state.change_buffered = ends);
}

/// Cores and lookahead, and a rotation every five blocks.
pub(crate) fn configure(num_cores: u32, lookahead: u32) {
	neighbours(|state| {
		*state = State {
			config: HostConfiguration {
				num_cores,
				scheduling_lookahead: lookahead,
				group_rotation_frequency: 5,
				on_demand_base_fee: 1_000,
				..Default::default()
			},
			validators: 6,
			everybody: true,
			gone: [NOBODY].into(),
			..Default::default()
		};
	});
	Revenue::set(0);
}

/// A session change at the end of this block to so many validators, and to the configuration that `edit` makes.
pub(crate) fn change_session_to(count: u32, edit: impl FnOnce(&mut HostConfiguration)) {
	let old_configuration = config();
	let mut new_configuration = old_configuration.clone();
	edit(&mut new_configuration);
	neighbours(|state| {
		state.config = new_configuration.clone();
		state.validators = count;
	});
	Scheduler::on_session_change(&SessionChange {
		session_index: 1,
		session_start: System::block_number() + 1,
		validators: validators(count),
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
	set_session_ends(true);
	assert_eq!(
		next_block_after(occupied, included),
		[],
		"R-ABP-10: nothing is backed"
	);
	change_session_to(neighbours(|state| state.validators), |_| {});
	set_session_ends(false);
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
