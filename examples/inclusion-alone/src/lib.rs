#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
// `construct_runtime!` writes public items without documentation and without `Debug`.
#![allow(missing_docs, missing_debug_implementations)]

extern crate alloc;

pub mod owner;

use alloc::vec::Vec;
use async_backing_primitives::{ports::StaticConfiguration, HostConfiguration};
use frame_support::{construct_runtime, derive_impl, parameter_types};
use owner::OwnCores;
use sp_runtime::{
	generic::{self, UncheckedExtrinsic},
	traits::BlakeTwo256,
};

construct_runtime! {
	pub enum Runtime {
		System: frame_system = 0,
		Owner: owner = 1,
		ParaInclusion: pallet_async_backing_inclusion = 2,
		ParaInherent: pallet_async_backing_inclusion::inherent = 3,
	}
}

/// Blocks whose extrinsics nobody signs.
pub type Block =
	generic::Block<generic::Header<u32, BlakeTwo256>, UncheckedExtrinsic<u64, RuntimeCall, (), ()>>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
}

parameter_types! {
	/// Two cores, one vote backs a candidate.
	pub Limits: HostConfiguration = HostConfiguration {
		num_cores: 2,
		minimum_backing_votes: 1,
		..HostConfiguration::default()
	};
}

impl owner::Config for Runtime {}

// Nobody is around the pallet but what is named.
#[derive_impl(pallet_async_backing_inclusion::config_preludes::TestDefaultConfig)]
impl pallet_async_backing_inclusion::Config for Runtime {
	type Configuration = StaticConfiguration<Limits>;
	type Session = Owner;
	type Paras = Owner;
	type Scheduler = OwnCores<Runtime>;
}

impl pallet_async_backing_inclusion::inherent::Config for Runtime {}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{
		hash_of,
		ports::{CoreScheduler, ParaState},
		test_helpers::{validators, Author, Draft, Signers},
		CoreIndex, HeadData, Header, ParaId, ParachainsInherentData, RelayChainBlockInfo,
	};
	use frame_support::traits::Hooks;
	use frame_system::RawOrigin;
	use sp_runtime::{traits::Header as _, BuildStorage};

	const VALIDATORS: u32 = 4;
	const PARA: ParaId = ParaId(2000);

	/// Executes a block with this inherent, and returns its header.
	fn block(data: ParachainsInherentData) -> Header {
		let parent = data.parent_header.clone();
		System::reset_events();
		System::initialize(&(parent.number + 1), &hash_of(&parent), &Default::default());
		ParaInclusion::on_initialize(parent.number + 1);
		ParaInherent::enter(RawOrigin::None.into(), data).expect("the inherent is good");
		ParaInclusion::on_finalize(parent.number + 1);
		System::finalize()
	}

	/// The author of the child of a block.
	fn on<'a>(parent: &Header, signers: &'a Signers) -> Author<'a> {
		Author::new(parent, 0, Limits::get().num_cores, signers)
	}

	#[test]
	fn a_candidate_is_backed_and_included_on_cores_of_our_own() {
		let genesis = RuntimeGenesisConfig {
			owner: owner::GenesisConfig {
				validators: validators(VALIDATORS),
				..Default::default()
			},
			..Default::default()
		};
		let storage = genesis.build_storage().expect("builds");
		sp_io::TestExternalities::from(storage).execute_with(|| {
			let root = Default::default();
			let genesis = Header::new(0, root, root, root, Default::default());
			let signers = Signers::unshuffled(VALIDATORS);
			let parent = block(on(&genesis, &signers).inherent());
			let relay_parent = RelayChainBlockInfo {
				hash: hash_of(&parent),
				number: parent.number,
				storage_root: parent.state_root,
			};
			let code = Owner::current_code_hash(PARA).expect("the para is there");
			let draft = Draft::new(
				PARA,
				relay_parent,
				HeadData(vec![]),
				HeadData(vec![1]),
				code,
				Limits::get().max_pov_size,
			);
			let group = OwnCores::<Runtime>::groups()[0].clone();
			let backed = draft.back(&group, &[0], &signers);
			let parent = block(on(&parent, &signers).backing(backed).inherent());
			assert_eq!(Owner::head(PARA), Some(HeadData(vec![])), "it waits");

			block(on(&parent, &signers).attesting(&[CoreIndex(0)]).inherent());
			assert_eq!(Owner::head(PARA), Some(HeadData(vec![1])), "it is included");
		});
	}
}
