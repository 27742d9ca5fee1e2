//! Weights of the inherent and of the end of a block, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such work is known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What a block costs beside what it executes.
pub trait WeightInfo {
	/// [`crate::Pallet::set_validation_data`] with `a` unincluded blocks, and a proof of `c` channels.
	fn set_validation_data(a: u32, c: u32) -> Weight;
	/// The end of a block that sends on `c` channels, with `a` unincluded blocks of the same kind.
	fn on_finalize(a: u32, c: u32) -> Weight;
}

impl WeightInfo for () {
	fn set_validation_data(a: u32, c: u32) -> Weight {
		// For each channel: a few trie nodes are hashed and decoded on the way to it. The blocks are read with all that
		// they sent.
		Weight::from_parts(200_000_000, 16_384)
			.saturating_add(Weight::from_parts(50_000_000, 512).saturating_mul(u64::from(c)))
			.saturating_add(Weight::from_parts(50_000_000, 4_096).saturating_mul(u64::from(a)))
			.saturating_add(RocksDbWeight::get().reads_writes(3, 3))
	}

	fn on_finalize(a: u32, c: u32) -> Weight {
		// The blocks are read, added up and written, channel by channel.
		let channels = u64::from(c).saturating_mul(u64::from(a.saturating_add(1)));
		Weight::from_parts(100_000_000, 16_384)
			.saturating_add(Weight::from_parts(10_000_000, 64).saturating_mul(u64::from(a)))
			.saturating_add(Weight::from_parts(1_000_000, 12).saturating_mul(channels))
			.saturating_add(RocksDbWeight::get().reads_writes(2, 2))
	}
}
