//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such calls are known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost.
pub trait WeightInfo {
	/// [`crate::Pallet::force_open_channel`].
	fn force_open_channel() -> Weight;
	/// [`crate::Pallet::force_close_channel`] with `m` messages in the channel.
	fn force_close_channel(m: u32) -> Weight;
	/// [`crate::Pallet::init_open_channel`].
	fn init_open_channel() -> Weight;
	/// [`crate::Pallet::accept_open_channel`].
	fn accept_open_channel() -> Weight;
	/// [`crate::Pallet::cancel_open_request`].
	fn cancel_open_request() -> Weight;
	/// [`crate::Pallet::close_channel`].
	fn close_channel() -> Weight;
}

impl WeightInfo for () {
	fn init_open_channel() -> Weight {
		Weight::from_parts(150_000_000, 16_384).saturating_add(RocksDbWeight::get().reads_writes(9, 5))
	}

	fn accept_open_channel() -> Weight {
		Weight::from_parts(150_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(7, 5))
	}

	fn cancel_open_request() -> Weight {
		Weight::from_parts(150_000_000, 16_384).saturating_add(RocksDbWeight::get().reads_writes(5, 5))
	}

	fn close_channel() -> Weight {
		Weight::from_parts(50_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(2, 1))
	}

	fn force_open_channel() -> Weight {
		Weight::from_parts(100_000_000, 16_384).saturating_add(RocksDbWeight::get().reads_writes(6, 3))
	}

	fn force_close_channel(m: u32) -> Weight {
		Weight::from_parts(100_000_000, 16_384)
			.saturating_add(RocksDbWeight::get().reads_writes(3, 3))
			.saturating_add(
				Weight::from_parts(5_000_000, 64)
					.saturating_add(RocksDbWeight::get().writes(1))
					.saturating_mul(u64::from(m)),
			)
	}
}
