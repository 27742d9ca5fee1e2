//! Benchmarks of the calls.

use crate::{Call, Config, Pallet};
use alloc::vec;
use async_backing_primitives::{ports::DownwardQueues, ParaId};
use frame_benchmarking::v2::*;
use frame_support::{traits::EnsureOrigin, BoundedVec};

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Makes a para active.
	fn para(para: ParaId);
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn force_send(b: Linear<1, 51_200>) -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let para = ParaId(2_000);
		T::BenchmarkHelper::para(para);
		let message = BoundedVec::truncate_from(vec![7; b as usize]);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, para, message);
		assert_eq!(<Pallet<T> as DownwardQueues>::len(para), 1);
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
