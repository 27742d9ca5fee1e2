//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such calls are known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost, and the hook.
pub trait WeightInfo {
	/// [`crate::Pallet::force_send`] with a message of `n` bytes.
	fn force_send(n: u32) -> Weight;
	/// The removal of `m` messages of paras that are gone, at the beginning of a block.
	fn remove_messages(m: u32) -> Weight;
}

impl WeightInfo for () {
	fn force_send(n: u32) -> Weight {
		// 10 ns for each byte: Blake2 at 1 ns, and the copies into storage.
		Weight::from_parts(100_000_000, 8_192)
			.saturating_add(Weight::from_parts(10_000, 0).saturating_mul(u64::from(n)))
			.saturating_add(RocksDbWeight::get().reads_writes(4, 3))
	}

	fn remove_messages(m: u32) -> Weight {
		Weight::from_parts(10_000_000, 1_024)
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(
				Weight::from_parts(10_000_000, 128)
					.saturating_add(RocksDbWeight::get().reads_writes(1, 1))
					.saturating_mul(u64::from(m)),
			)
	}
}
