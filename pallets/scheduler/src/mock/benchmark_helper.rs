//! What the benchmarks ask of the chain around the pallet.

use async_backing_primitives::{
	test_helpers::{neighbours, State},
	ParaId,
};

/// Prepares the neighbours.
pub struct Helper;

impl crate::benchmarking::BenchmarkHelper for Helper {
	/// The paras of the benchmarks are there.
	fn para(_: ParaId) {}
}

/// An empty chain with the limits of a real one.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	neighbours(|state| {
		*state = State {
			validators: 6,
			everybody: true,
			..State::default()
		}
	});
	sp_io::TestExternalities::default()
}
