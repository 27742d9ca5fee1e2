//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such calls are known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost.
pub trait WeightInfo {
	/// [`crate::Pallet::set_config`].
	fn set_config() -> Weight;
	/// [`crate::Pallet::set_async_backing_params`], and every other call that stages a group: all do the same.
	fn set_async_backing_params() -> Weight;
}

impl WeightInfo for () {
	fn set_config() -> Weight {
		Weight::from_parts(50_000_000, 4_096).saturating_add(RocksDbWeight::get().reads_writes(3, 1))
	}

	fn set_async_backing_params() -> Weight {
		Self::set_config()
	}
}
