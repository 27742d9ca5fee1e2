//! What the benchmarks ask of the chain around the pallet.

use super::{Config, CurrentSession, Keys};
use async_backing_primitives::{HostConfiguration, ParaId, ValidatorId};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};

/// Prepares the neighbours.
pub struct Helper;

impl crate::benchmarking::BenchmarkHelper for Helper {
	fn begin_session(validators: Vec<ValidatorId>) {
		CurrentSession::set(1);
		Keys::set(validators);
	}

	fn occupy_cores(_: ParaId, _: u32) {}
}

/// An empty chain with the limits of a real one, and a keystore for its validators.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	Config::set(HostConfiguration::default());
	let mut externalities = sp_io::TestExternalities::default();
	externalities.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	externalities
}
