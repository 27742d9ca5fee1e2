//! Configurations to begin with, for `#[derive_impl]`.
//!
//! A runtime writes what differs:
//!
//! ```ignore
//! #[derive_impl(pallet_async_backing_sessions::config_preludes::RelayChainDefaultConfig)]
//! impl pallet_async_backing_sessions::Config for Runtime {
//!     // what is `Unwired`
//! }
//! ```

use crate::DefaultConfig;
use async_backing_primitives::ports::Unwired;
use frame_support::{
	derive_impl,
	pallet_prelude::{inject_runtime_type, register_default_impl},
};

/// For mocks: nobody is told of sessions. The session pallet and randomness are the mock's own.
#[derive(Clone, Copy, Debug)]
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	type Configuration = ();
	type Paras = ();
	type Scheduler = ();
	type Inclusion = ();
	type Disputes = ();
	type Dmp = ();
	type Ump = ();
	type Hrmp = ();
	type Others = ();
	type CheckerKeys = ();
	type DisabledValidators = ();
}

/// For relay chains without disputes. Each [`Unwired`] has to be named: a runtime that forgets one does not compile.
#[derive(Clone, Copy, Debug)]
pub struct RelayChainDefaultConfig;

#[derive_impl(frame_system::config_preludes::RelayChainDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for RelayChainDefaultConfig {}

#[register_default_impl(RelayChainDefaultConfig)]
impl DefaultConfig for RelayChainDefaultConfig {
	type Configuration = Unwired;
	type Paras = Unwired;
	type Scheduler = Unwired;
	type Inclusion = Unwired;
	type Disputes = ();
	type Dmp = Unwired;
	type Ump = Unwired;
	type Hrmp = Unwired;
	type Others = ();
	type CheckerKeys = Unwired;
	type DisabledValidators = Unwired;
}
