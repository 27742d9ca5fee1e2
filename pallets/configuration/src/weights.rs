//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such calls are known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost.
pub trait WeightInfo {
	/// [`crate::Pallet::set_config`].
	fn set_config() -> Weight;
	/// [`crate::Pallet::set_async_backing_params`], and every other call that stages a value or a group: all do the same.
	fn set_async_backing_params() -> Weight;
	/// [`crate::Pallet::set_executor_params`], whose argument is the largest.
	fn set_executor_params() -> Weight;
	/// [`crate::Pallet::set_bypass_consistency_check`].
	fn set_bypass_consistency_check() -> Weight;
}

impl WeightInfo for () {
	fn set_config() -> Weight {
		Weight::from_parts(50_000_000, 4_096).saturating_add(RocksDbWeight::get().reads_writes(4, 1))
	}

	fn set_async_backing_params() -> Weight {
		Self::set_config()
	}

	fn set_executor_params() -> Weight {
		Self::set_config()
	}

	fn set_bypass_consistency_check() -> Weight {
		Weight::from_parts(10_000_000, 0).saturating_add(RocksDbWeight::get().writes(1))
	}
}
