//! What the benchmarks ask of the chain around the pallet.

use async_backing_primitives::{
	test_helpers::{neighbours, State},
	ParaId, ValidatorId,
};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};

/// Prepares the neighbours.
pub struct Helper;

impl crate::benchmarking::BenchmarkHelper for Helper {
	fn begin_session(validators: Vec<ValidatorId>) {
		neighbours(|state| {
			state.session = 1;
			state.keys = validators;
		});
	}

	fn occupy_cores(_: ParaId, _: u32) {}
}

/// An empty chain with the limits of a real one, and a keystore for its validators.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	neighbours(|state| *state = State::default());
	let mut externalities = sp_io::TestExternalities::default();
	externalities.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	externalities
}
