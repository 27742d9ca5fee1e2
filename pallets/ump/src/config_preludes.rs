//! Configurations to begin with, for `#[derive_impl]`.
//!
//! A runtime writes what differs:
//!
//! ```ignore
//! #[derive_impl(pallet_async_backing_ump::config_preludes::RelayChainDefaultConfig)]
//! impl pallet_async_backing_ump::Config for Runtime {
//!     // what is `Unwired`
//! }
//! ```

use crate::DefaultConfig;
use async_backing_primitives::ports::Unwired;
use frame_support::{
	derive_impl,
	pallet_prelude::{inject_runtime_type, register_default_impl},
};

/// For mocks: nobody but the message queue is around the pallet.
#[derive(Clone, Copy, Debug)]
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	type Configuration = ();
	type Paras = ();
}

/// For relay chains. Each [`Unwired`] has to be named: a runtime that forgets one does not compile.
#[derive(Clone, Copy, Debug)]
pub struct RelayChainDefaultConfig;

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for RelayChainDefaultConfig {}

#[register_default_impl(RelayChainDefaultConfig)]
impl DefaultConfig for RelayChainDefaultConfig {
	type Configuration = Unwired;
	type Paras = Unwired;
}
