//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such calls are known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost.
pub trait WeightInfo {
	/// [`crate::Pallet::assign_core`] with so many shares, among as many cores, claims and schedules as there can be.
	fn assign_core(shares: u32) -> Weight;
	/// [`crate::Pallet::place_order_keep_alive`] and its sibling, with a full book.
	fn place_order() -> Weight;
}

impl WeightInfo for () {
	fn assign_core(shares: u32) -> Weight {
		Weight::from_parts(20_000_000_000, 2_600_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(u64::from(shares)))
			.saturating_add(RocksDbWeight::get().reads_writes(5, 2))
	}

	fn place_order() -> Weight {
		Weight::from_parts(150_000_000, 40_960).saturating_add(RocksDbWeight::get().reads_writes(6, 3))
	}
}
