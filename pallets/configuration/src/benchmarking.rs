//! Benchmarks of the calls, with as much staged as can be.

use crate::{ActiveConfig, BypassConsistencyCheck, Call, Config, Pallet, PendingConfig, PendingConfigs};
use alloc::vec;
use async_backing_primitives::{
	AsyncBackingParams, ExecutorHostFunction, ExecutorParam, ExecutorParams, HostConfiguration, PvfExecKind,
	PvfPrepKind,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};

/// One of each.
fn executor_params() -> ExecutorParams {
	let entries = vec![
		ExecutorParam::MaxMemoryPages(8192),
		ExecutorParam::StackLogicalMax(65_536),
		ExecutorParam::StackNativeMax(256 * 1024 * 1024),
		ExecutorParam::PrecheckingMaxMemory(2 << 30),
		ExecutorParam::PvfPrepTimeout(PvfPrepKind::Precheck, 60_000),
		ExecutorParam::PvfPrepTimeout(PvfPrepKind::Prepare, 360_000),
		ExecutorParam::PvfExecTimeout(PvfExecKind::Backing, 2_500),
		ExecutorParam::PvfExecTimeout(PvfExecKind::Approval, 15_000),
		ExecutorParam::WasmExtBulkMemory,
		ExecutorParam::EnabledHostFunction(ExecutorHostFunction::EccRfc163),
	];
	entries.try_into().unwrap_or_default()
}

/// The largest consistent configuration.
fn largest() -> HostConfiguration {
	let mut config = HostConfiguration {
		executor_params: executor_params(),
		max_validators: Some(1000),
		max_validators_per_core: Some(5),
		..Default::default()
	};
	config.node_features.set(u8::MAX, true);
	config
}

/// The largest configuration is in force, and a change for the next session is staged already.
fn stage<T: Config>() {
	let config = largest();
	ActiveConfig::<T>::put(&config);
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
			..largest()
		};
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, config);
		assert_eq!(PendingConfigs::<T>::get().len(), 2);
		Ok(())
	}

	/// Every other call that stages a value or a group does the same.
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

	#[benchmark]
	fn set_executor_params() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		stage::<T>();
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, executor_params());
		assert_eq!(PendingConfigs::<T>::get().len(), 2);
		Ok(())
	}

	#[benchmark]
	fn set_bypass_consistency_check() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, true);
		assert!(BypassConsistencyCheck::<T>::get());
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, sp_io::TestExternalities::default(), crate::mock::Test);
}
