//! Benchmarks of the calls, with as much staged as can be.

use crate::{Call, Config, Pallet, PendingConfig, PendingConfigs};
use async_backing_primitives::{AsyncBackingParams, HostConfiguration};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};

/// A change for the next session is staged already.
fn stage<T: Config>() {
	let config = HostConfiguration::default();
	let session = T::SessionIndex::get().saturating_add(1);
	PendingConfigs::<T>::mutate(|pending| {
		let _ = pending.try_push(PendingConfig { session, config });
	});
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn set_config() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		stage::<T>();
		let config = HostConfiguration {
			num_cores: 7,
			..Default::default()
		};
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, config);
		assert_eq!(PendingConfigs::<T>::get().len(), 2);
		Ok(())
	}

	/// Every other call that stages a group does the same.
	#[benchmark]
	fn set_async_backing_params() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		stage::<T>();
		let params = AsyncBackingParams {
			max_candidate_depth: 1,
			allowed_ancestry_len: 2,
		};
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, params);
		assert_eq!(PendingConfigs::<T>::get().len(), 2);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, sp_io::TestExternalities::default(), crate::mock::Test);
}
