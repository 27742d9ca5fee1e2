//! Configurations to begin with, for `#[derive_impl]`.
//!
//! A runtime writes what differs:
//!
//! ```ignore
//! #[derive_impl(pallet_async_backing_hrmp::config_preludes::RelayChainDefaultConfig)]
//! impl pallet_async_backing_hrmp::Config for Runtime {
//!     // what is `Unwired`
//! }
//! ```

use crate::DefaultConfig;
use crate::EnsurePara;
use async_backing_primitives::{ports::Unwired, SovereignAccountOf};
use frame_support::{
	derive_impl,
	pallet_prelude::{inject_runtime_type, register_default_impl},
};
use frame_system::EnsureRoot;

/// For mocks: nobody is around the pallet.
#[derive(Clone, Copy, Debug)]
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	type ParaOrigin = EnsurePara<<Self as frame_system::DefaultConfig>::AccountId>;
	type AdminOrigin = EnsureRoot<<Self as frame_system::DefaultConfig>::AccountId>;
	type Configuration = ();
	type Paras = ();
	#[inject_runtime_type]
	type RuntimeHoldReason = ();
	type SovereignAccountOf = SovereignAccountOf<<Self as frame_system::DefaultConfig>::AccountId>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

/// For relay chains, whose accounts have 32 bytes. Each [`Unwired`] has to be named: a runtime that forgets one does not compile.
#[derive(Clone, Copy, Debug)]
pub struct RelayChainDefaultConfig;

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for RelayChainDefaultConfig {}

#[register_default_impl(RelayChainDefaultConfig)]
impl DefaultConfig for RelayChainDefaultConfig {
	type ParaOrigin = EnsurePara<<Self as frame_system::DefaultConfig>::AccountId>;
	type AdminOrigin = EnsureRoot<<Self as frame_system::DefaultConfig>::AccountId>;
	type Configuration = Unwired;
	type Paras = Unwired;
	#[inject_runtime_type]
	type RuntimeHoldReason = ();
	type SovereignAccountOf = SovereignAccountOf<<Self as frame_system::DefaultConfig>::AccountId>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}
