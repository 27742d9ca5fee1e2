//! The unincluded segment's pallet in the smallest parachain runtime that it works in: what its inherent and the end of a
//! block cost. Nothing but its benchmarks is ever executed.

#![cfg_attr(not(feature = "std"), no_std)]
#![allow(missing_docs)] // written by macros

extern crate alloc;

use alloc::{borrow::Cow, vec::Vec};
use async_backing_primitives::{FixedVelocity, ParaId};
use frame_support::{construct_runtime, derive_impl, parameter_types};
use sp_api::impl_runtime_apis;
use sp_runtime::{generic, traits::BlakeTwo256, ExtrinsicInclusionMode, MultiAddress, MultiSignature};
use sp_version::RuntimeVersion;

pub type AccountId = sp_runtime::AccountId32;
pub type Header = generic::Header<u32, BlakeTwo256>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<MultiAddress<AccountId, ()>, RuntimeCall, MultiSignature, ()>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("para-segment"),
	impl_name: Cow::Borrowed("para-segment"),
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
		UnincludedSegment: pallet_async_backing_unincluded_segment,
	}
}

parameter_types! {
	pub const Para: ParaId = ParaId(2000);
	/// Three cores' worth of blocks.
	pub const Hook: FixedVelocity = FixedVelocity { velocity: 3, capacity: 12 };
}

#[derive_impl(frame_system::config_preludes::ParaChainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type Nonce = u32;
	type Hash = sp_core::H256;
	type Hashing = BlakeTwo256;
}

#[derive_impl(pallet_async_backing_unincluded_segment::config_preludes::ParaChainDefaultConfig)]
impl pallet_async_backing_unincluded_segment::Config for Runtime {
	type ParaId = Para;
	type ConsensusHook = Hook;
	type Outputs = ();
	type Upgrades = ();
}

frame_benchmarking::define_benchmarks!([pallet_async_backing_unincluded_segment, UnincludedSegment]);

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
