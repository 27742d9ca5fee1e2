//! Benchmarks of the calls.

use crate::{Call, Config, DownwardMessages, Pallet, MAX_REMOVED_PER_BLOCK};
use alloc::vec;
use async_backing_primitives::{ports::DownwardQueues, ParaId, MAX_DOWNWARD_MESSAGES};
use frame_benchmarking::v2::*;
use frame_support::{traits::EnsureOrigin, BoundedVec};

/// The chain around the pallet.
pub trait BenchmarkHelper {
	/// Makes a para active.
	fn para(para: ParaId);
}

/// Sets nothing up: for a runtime that does not run these benchmarks, but is compiled with them.
impl BenchmarkHelper for () {
	fn para(_: ParaId) {}
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

	/// A step for a message, or for a queue.
	#[benchmark]
	fn remove_messages(m: Linear<0, MAX_REMOVED_PER_BLOCK>) {
		let para = ParaId(2_000);
		T::BenchmarkHelper::para(para);
		for _ in 0..MAX_DOWNWARD_MESSAGES {
			Pallet::<T>::queue_downward_message(para, vec![7; 64]).expect("there is room");
		}
		Pallet::<T>::do_remove(para);
		let removed;
		#[block]
		{
			removed = Pallet::<T>::do_remove_messages(m);
		}
		assert_eq!(removed, m);
		let left = MAX_DOWNWARD_MESSAGES.saturating_sub(m.saturating_sub(1));
		assert_eq!(DownwardMessages::<T>::iter_keys().count(), left as usize);
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
