//! Configurations to begin with, for `#[derive_impl]`.
//!
//! A runtime writes what differs:
//!
//! ```ignore
//! #[derive_impl(pallet_async_backing_inclusion::config_preludes::RelayChainDefaultConfig)]
//! impl pallet_async_backing_inclusion::Config for Runtime {
//!     // what is `Unwired`
//! }
//! ```

use crate::DefaultConfig;
use crate::NoRandomness;
use async_backing_primitives::ports::Unwired;
use frame_support::{
	derive_impl,
	pallet_prelude::{inject_runtime_type, register_default_impl},
};

/// For mocks: nobody is around the pallet.
#[derive(Clone, Copy, Debug)]
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	type Configuration = ();
	type Session = ();
	type Paras = ();
	type Dmp = ();
	type Ump = ();
	type Hrmp = ();
	type Scheduler = ();
	type Disputes = ();
	type Rewards = ();
	type ParentRandomness = NoRandomness;
	type OtherInherents = ();
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

/// For relay chains without disputes and rewards. Each [`Unwired`] has to be named: a runtime that forgets one does not
/// compile.
#[derive(Clone, Copy, Debug)]
pub struct RelayChainDefaultConfig;

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for RelayChainDefaultConfig {}

#[register_default_impl(RelayChainDefaultConfig)]
impl DefaultConfig for RelayChainDefaultConfig {
	type Configuration = Unwired;
	type Session = Unwired;
	type Paras = Unwired;
	type Dmp = Unwired;
	type Ump = Unwired;
	type Hrmp = Unwired;
	type Scheduler = Unwired;
	type Disputes = ();
	type Rewards = ();
	type ParentRandomness = Unwired;
	type OtherInherents = ();
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}
