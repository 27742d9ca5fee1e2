//! Configurations to begin with, for `#[derive_impl]`.
//!
//! A runtime writes what differs:
//!
//! ```ignore
//! #[derive_impl(pallet_async_backing_unincluded_segment::config_preludes::ParaChainDefaultConfig)]
//! impl pallet_async_backing_unincluded_segment::Config for Runtime {
//!     // what is `Unwired`
//! }
//! ```

use crate::DefaultConfig;
use crate::ProvenRelayState;
use async_backing_primitives::{ports::Unwired, RelayParentNumbers};
use frame_support::traits::{ConstU32, Get};
use frame_support::{
	derive_impl,
	pallet_prelude::{inject_runtime_type, register_default_impl},
};

/// [`RelayParentNumbers::Monotonic`]: for asynchronous backing.
#[derive(Clone, Copy, Debug)]
pub struct Numbers;

impl Get<RelayParentNumbers> for Numbers {
	fn get() -> RelayParentNumbers {
		RelayParentNumbers::Monotonic
	}
}

/// For mocks: a chain that sends nothing and announces no code.
#[derive(Clone, Copy, Debug)]
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	type RelayState = ProvenRelayState;
	type RelayParentNumbers = Numbers;
	type ParaSlot = ();
	type Outputs = ();
	type Upgrades = ();
	type MaxAncestors = ConstU32<16>;
	type MaxChannels = ConstU32<64>;
	type WeightInfo = ();
}

/// For parachains. Each [`Unwired`] has to be named, with `()` if need be: a chain that forgets what it sends does not
/// compile.
#[derive(Clone, Copy, Debug)]
pub struct ParaChainDefaultConfig;

#[derive_impl(frame_system::config_preludes::ParaChainDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for ParaChainDefaultConfig {}

#[register_default_impl(ParaChainDefaultConfig)]
impl DefaultConfig for ParaChainDefaultConfig {
	type RelayState = ProvenRelayState;
	type RelayParentNumbers = Numbers;
	type ParaSlot = ();
	type Outputs = Unwired;
	type Upgrades = Unwired;
	type MaxAncestors = ConstU32<16>;
	type MaxChannels = ConstU32<64>;
	type WeightInfo = ();
}
