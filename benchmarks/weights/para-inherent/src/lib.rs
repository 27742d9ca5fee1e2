//! The parachains pallets of `polkadot-runtime-parachains` in the smallest runtime that they work in, with a benchmark
//! that composes their inherent as `compose` of `pallet-async-backing-inclusion` composes ours.
//!
//! Neither side has disputes or rewards. Nothing but the benchmark is ever executed.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]
#![allow(missing_docs)] // written by macros

extern crate alloc;

mod config;
mod scenario;

use alloc::{borrow::Cow, vec::Vec};
use frame_support::construct_runtime;
use polkadot_runtime_parachains::{
	configuration as parachains_configuration, disputes as parachains_disputes, dmp as parachains_dmp,
	hrmp as parachains_hrmp, inclusion as parachains_inclusion, initializer as parachains_initializer,
	on_demand as parachains_on_demand, origin as parachains_origin, paras as parachains_paras,
	paras_inherent as parachains_paras_inherent, scheduler as parachains_scheduler,
	session_info as parachains_session_info, shared as parachains_shared,
};
use sp_api::impl_runtime_apis;
use sp_runtime::{generic, traits::BlakeTwo256, ExtrinsicInclusionMode, MultiAddress, MultiSignature};
use sp_version::RuntimeVersion;

pub type AccountId = sp_runtime::AccountId32;
pub type Balance = u128;
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, MultiSignature, ()>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("para-inherent"),
	impl_name: Cow::Borrowed("para-inherent"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

construct_runtime! {
	pub enum Runtime {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Babe: pallet_babe,
		Session: pallet_session,
		MessageQueue: pallet_message_queue,
		ParachainsOrigin: parachains_origin,
		Configuration: parachains_configuration,
		ParasShared: parachains_shared,
		ParaInclusion: parachains_inclusion,
		ParaInherent: parachains_paras_inherent,
		ParaScheduler: parachains_scheduler,
		Paras: parachains_paras,
		OnDemand: parachains_on_demand,
		Initializer: parachains_initializer,
		Dmp: parachains_dmp,
		Hrmp: parachains_hrmp,
		SessionInfo: parachains_session_info,
		ParasDisputes: parachains_disputes,
		Scenario: scenario,
	}
}

frame_benchmarking::define_benchmarks!([scenario, Scenario]);

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(_: <Block as sp_runtime::traits::Block>::LazyBlock) {}

		fn initialize_block(_: &Header) -> ExtrinsicInclusionMode {
			ExtrinsicInclusionMode::OnlyInherents
		}
	}

	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use frame_benchmarking::BenchmarkList;
			use frame_support::traits::StorageInfoTrait;
			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use frame_benchmarking::BenchmarkBatch;
			use frame_support::traits::WhitelistedStorageKeys;
			let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}
}
