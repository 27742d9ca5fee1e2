//! The configuration that the README shows, compiled. A test of `examples/relay` holds the two together.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate::{self as pallet_async_backing_unincluded_segment, BlockOutputs, Outputs, Room};
use async_backing_primitives::{FixedVelocity, ParaId};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, IntegrityTest},
};

frame_support::construct_runtime!(
	pub enum Runtime {
		System: frame_system,
		UnincludedSegment: pallet_async_backing_unincluded_segment,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = frame_system::mocking::MockBlockU32<Runtime>;
}

/// Sends nothing.
pub struct Sender;
impl BlockOutputs for Sender {
	fn take(_: &Room) -> Outputs {
		Outputs::default()
	}
}

parameter_types! {
	/// The id that the relay chain knows the chain by.
	pub const Para: ParaId = ParaId(2000);
	/// A block in each relay slot, each included three relay blocks later.
	pub const Hook: FixedVelocity = FixedVelocity { velocity: 1, capacity: 3 };
}

#[derive_impl(pallet_async_backing_unincluded_segment::config_preludes::ParaChainDefaultConfig)]
impl pallet_async_backing_unincluded_segment::Config for Runtime {
	type ParaId = Para;
	type ConsensusHook = Hook;
	type Outputs = Sender;
	type Upgrades = ();
	type MaxAncestors = ConstU32<3>;
	type MaxChannels = ConstU32<16>;
}

#[test]
fn what_the_readme_shows_is_sound() {
	AllPalletsWithSystem::integrity_test();
}
