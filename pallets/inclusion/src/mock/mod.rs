//! A runtime with this pallet, the scheduler, and neighbours that answer what a test puts into them.
//!
//! Blocks have real headers and candidates real signatures, so a test says only what is special about it.

#![allow(missing_docs, missing_debug_implementations, unreachable_pub)] // items that macros write

mod author;
#[cfg(feature = "runtime-benchmarks")]
pub(crate) mod benchmark_helper;
pub(crate) mod executive;

pub(crate) use async_backing_primitives::test_helpers::{
	code, neighbours, pair, validators, Effect, Neighbours, State,
};
pub(crate) use author::*;

use crate as pallet_inclusion;
use async_backing_primitives::{
	hash_of,
	ports::{OnSessionChange, SessionChange},
	AsyncBackingParams, BlockNumber, CoreIndex, Hash, HeadData, Header, HostConfiguration, ParaId,
	ParachainsInherentData, RelayChainBlockInfo,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, Hooks, Randomness},
	weights::Weight,
};
use frame_system::limits::{BlockLength, BlockWeights, WeightsPerClass};
use pallet_async_backing_scheduler::{CoreAssignment, CoreShares, PARTS_OF_A_CORE};
use sp_runtime::{traits::Header as _, BuildStorage, DispatchResult};

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Scheduler: pallet_async_backing_scheduler,
		Early: executive::neighbour::<Instance1>,
		Inclusion: pallet_inclusion,
		Inherent: pallet_inclusion::inherent,
		Late: executive::neighbour::<Instance2>,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = executive::Block;
	type AccountData = pallet_balances::AccountData<u128>;
	type BlockWeights = Weights;
	type BlockLength = Length;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
}

#[derive_impl(pallet_async_backing_scheduler::config_preludes::TestDefaultConfig)]
impl pallet_async_backing_scheduler::Config for Test {
	type Configuration = Neighbours;
	type Session = Neighbours;
	type Paras = Neighbours;
	type Currency = Balances;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

#[derive_impl(pallet_inclusion::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type Configuration = Neighbours;
	type Session = Neighbours;
	type Paras = Neighbours;
	type Dmp = Neighbours;
	type Ump = Neighbours;
	type Hrmp = Neighbours;
	type Scheduler = Scheduler;
	type Disputes = Neighbours;
	type Rewards = Neighbours;
	type ParentRandomness = Drawn;
	type OtherInherents = executive::Set;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = benchmark_helper::Helper;
}

impl crate::inherent::Config for Test {}

parameter_types! {
	/// Headers of all blocks so far.
	pub static Headers: Vec<Header> = Vec::new();
	/// Execution time of a block, in microseconds.
	pub static BlockMicros: u64 = 2_000_000;
	/// Bytes of a block.
	pub static BlockBytes: u32 = 5 * 1024 * 1024;
	/// What the parent's author drew.
	pub static ParentDraw: Option<Hash> = None;
	/// Limits of what is mandatory, if there are any.
	pub static MandatoryLimits: Option<WeightsPerClass> = None;
	/// Limits of a block.
	pub Weights: BlockWeights = executive::limits(BlockMicros::get(), MandatoryLimits::get());
	/// Largest block.
	pub Length: BlockLength = BlockLength::builder().max_length(BlockBytes::get()).build();
}

/// What the author of the parent drew, by subject.
pub struct Drawn;

impl Randomness<Option<Hash>, BlockNumber> for Drawn {
	fn random(subject: &[u8]) -> (Option<Hash>, BlockNumber) {
		let draw = |seed: Hash| sp_io::hashing::blake2_256(&[subject, seed.as_bytes()].concat()).into();
		(ParentDraw::get().map(draw), 0)
	}
}

/// First para of the tests; the others follow.
pub(crate) const PARA: ParaId = ParaId(2000);
/// Second para.
pub(crate) const OTHER: ParaId = ParaId(2001);

/// An account that can pay for orders.
pub(crate) const RICH: u64 = 1;

/// What a test starts from.
#[derive(Clone)]
pub(crate) struct Setup {
	pub(crate) params: (u32, u32),
	pub(crate) cores: u32,
	pub(crate) assignments: Vec<(u32, ParaId)>,
	/// Cores that serve on-demand orders.
	pub(crate) pool: Vec<u32>,
	pub(crate) validators: u32,
	pub(crate) rotation: u32,
	pub(crate) availability_period: u32,
}

impl Default for Setup {
	/// Six validators in two groups of three; para 2000 on core 0, para 2001 on core 1; depth 4, ancestry 3.
	fn default() -> Self {
		Self {
			params: (4, 3),
			cores: 2,
			assignments: vec![(0, PARA), (1, OTHER)],
			pool: Vec::new(),
			validators: 6,
			rotation: 100,
			availability_period: 10,
		}
	}
}

impl Setup {
	/// All cores for the first para, with a group of two for each.
	pub(crate) fn elastic(cores: u32) -> Self {
		let assignments = (0..cores).map(|core| (core, PARA)).collect();
		Self {
			cores,
			assignments,
			validators: 2 * cores,
			..Self::default()
		}
	}

	fn configuration(&self) -> HostConfiguration {
		let (max_candidate_depth, allowed_ancestry_len) = self.params;
		HostConfiguration {
			async_backing_params: AsyncBackingParams {
				max_candidate_depth,
				allowed_ancestry_len,
			},
			num_cores: self.cores,
			// What weights are measured with, so that what is charged beyond it shows.
			scheduling_lookahead: crate::weights::LOOKAHEAD_MEASURED,
			group_rotation_frequency: self.rotation,
			paras_availability_period: self.availability_period,
			..Default::default()
		}
	}

	/// A chain whose genesis is block 0, with block 1 begun. State is checked at the end.
	pub(crate) fn run(self, test: impl FnOnce()) {
		let storage = RuntimeGenesisConfig {
			scheduler: pallet_async_backing_scheduler::GenesisConfig {
				assignments: self
					.assignments
					.iter()
					.map(|(core, para)| (CoreIndex(*core), *para))
					.collect(),
				pool: self.pool.iter().copied().map(CoreIndex).collect(),
				_config: Default::default(),
			},
			balances: pallet_balances::GenesisConfig {
				balances: vec![(RICH, u128::MAX / 2)],
				..Default::default()
			},
			..Default::default()
		}
		.build_storage();
		let mut externalities = sp_io::TestExternalities::from(storage.expect("the genesis is valid"));
		externalities.execute_with(|| {
			neighbours(|state| {
				*state = State {
					config: self.configuration(),
					validators: self.validators,
					..State::default()
				};
				for para in [PARA, OTHER] {
					state.heads.insert(para, genesis_head(para));
					state.codes.insert(para, code(0).hash());
				}
			});
			BlockMicros::set(2_000_000);
			BlockBytes::set(5 * 1024 * 1024);
			ParentDraw::set(None);
			MandatoryLimits::set(None);
			executive::reset();
			Headers::set(vec![Header::new(
				0,
				Default::default(),
				storage_root(),
				Default::default(),
				Default::default(),
			)]);
			begin_block();
			test();
			if !crate::InherentIncluded::<Test>::exists() {
				enter(inherent(&[], &[])).expect("an empty inherent is fine");
			}
			end_block();
		});
	}
}

/// All of a core for a para.
pub(crate) fn whole_core(para: ParaId) -> CoreShares {
	CoreShares::truncate_from(vec![(CoreAssignment::Task(para), PARTS_OF_A_CORE)])
}

/// Included head of a para at genesis.
pub(crate) fn genesis_head(para: ParaId) -> HeadData {
	HeadData(vec![para.0 as u8, 0])
}

fn storage_root() -> Hash {
	Hash::from_slice(&sp_io::storage::root(Inclusion::state_version()))
}

/// Number of the block being processed.
pub(crate) fn now() -> BlockNumber {
	System::block_number()
}

/// A block of the chain as a relay parent.
pub(crate) fn block(number: BlockNumber) -> RelayChainBlockInfo {
	let header = Headers::get()[number as usize].clone();
	RelayChainBlockInfo {
		hash: header.hash(),
		number,
		storage_root: header.state_root,
	}
}

/// The parent of the block being processed.
pub(crate) fn parent() -> RelayChainBlockInfo {
	block(now() - 1)
}

pub(crate) fn parent_header() -> Header {
	Headers::get().pop().expect("there is a genesis")
}

/// Begins the next block.
pub(crate) fn begin_block() {
	let parent = parent_header();
	System::reset_events();
	System::initialize(&(parent.number + 1), &hash_of(&parent), &Default::default());
	<Inclusion as Hooks<BlockNumber>>::on_initialize(parent.number + 1);
}

/// Ends the block being processed; state must be sound.
pub(crate) fn end_block() {
	<Inclusion as Hooks<BlockNumber>>::on_finalize(now());
	Inclusion::do_try_state().expect("state is sound after every block");
	let header = System::finalize();
	Headers::mutate(|headers| headers.push(header));
}

/// Executes the inherent.
pub(crate) fn enter(data: ParachainsInherentData) -> DispatchResult {
	// As a block does: an error rolls back.
	frame_support::storage::with_storage_layer(|| Inherent::enter(frame_system::RawOrigin::None.into(), data))
}

/// Executes the inherent, ends the block and begins the next.
pub(crate) fn finish_block_with(data: ParachainsInherentData) {
	enter(data).expect("the inherent is good");
	end_block();
	begin_block();
}

/// Finishes blocks with empty inherents until block `number` is begun.
pub(crate) fn run_to(number: BlockNumber) {
	while now() < number {
		finish_block_with(inherent(&[], &[]));
	}
}

/// Ends the session with the block being processed, and begins the next block.
pub(crate) fn change_session(data: ParachainsInherentData) {
	change_session_to(data, |_| {});
}

/// The same, with another configuration from then on (R-ABP-7).
pub(crate) fn change_session_to(data: ParachainsInherentData, edit: impl FnOnce(&mut HostConfiguration)) {
	neighbours(|state| state.change_buffered = true);
	enter(data).expect("the inherent is good");
	neighbours(|state| state.change_buffered = false);
	begin_session(edit);
	end_block();
	begin_block();
}

/// Tells of the session that begins with the next block.
pub(crate) fn begin_session(edit: impl FnOnce(&mut HostConfiguration)) {
	let (old_configuration, new_configuration) = neighbours(|state| {
		state.session += 1;
		let old = state.config.clone();
		edit(&mut state.config);
		(old, state.config.clone())
	});
	let change = SessionChange {
		session_index: neighbours(|state| state.session),
		session_start: now() + 1,
		validators: validators(neighbours(|state| state.validators)),
		old_configuration,
		new_configuration,
		random_seed: [0; 32],
	};
	<(Scheduler, Inclusion)>::on_session_change(&change);
}

/// Events of this pallet in the block being processed.
pub(crate) fn events() -> Vec<crate::Event<Test>> {
	let own = |event| match event {
		RuntimeEvent::Inclusion(event) => Some(event),
		_ => None,
	};
	System::read_events_no_consensus()
		.filter_map(|record| own(record.event))
		.collect()
}
