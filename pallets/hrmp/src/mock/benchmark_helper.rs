//! What the benchmarks ask of the chain around the pallet.

use super::{AccountOfPara, Balances};
use async_backing_primitives::{
	test_helpers::{neighbours, State},
	ParaId,
};
use frame_support::traits::fungible::Mutate;
use sp_runtime::traits::Convert;

/// Prepares the neighbours.
pub struct Helper;

impl crate::benchmarking::BenchmarkHelper for Helper {
	/// The paras of the benchmarks are there; their accounts are empty.
	fn endowed_para(para: ParaId) {
		Balances::set_balance(&AccountOfPara::convert(para), 1 << 100);
	}
}

/// An empty chain with the limits and deposits of a real one.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	neighbours(|state| {
		*state = State {
			everybody: true,
			..State::default()
		}
	});
	sp_io::TestExternalities::default()
}
