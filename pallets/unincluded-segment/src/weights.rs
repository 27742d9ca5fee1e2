//! Weights of the inherent and of the end of a block, as benchmarks measure them.
//!
//! A runtime brings its own. To begin with there are [`Measured`], of the smallest parachain runtime on the machine that its file
//! names, and `()`: estimates above these, database accesses as they are made and several times the computation that such
//! work is known to need.

#[allow(missing_debug_implementations)] // written by a program
mod measured;

pub use measured::WeightInfo as Measured;

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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::Test;

	#[test]
	fn estimates_lie_above_what_was_measured() {
		// The ends of the ranges that benchmarks go through. In between all of it is linear, but for one product.
		for a in 0..=12 {
			for c in [0, 1, 16, 64, 256] {
				let (safe, measured) = (
					<() as WeightInfo>::set_validation_data(a, c),
					Measured::<Test>::set_validation_data(a, c),
				);
				assert!(
					safe.all_gte(measured),
					"{a} blocks, {c} channels: {measured:?} is above {safe:?}"
				);
			}
		}
		for a in 0..=11 {
			for c in [0, 1, 16, 64] {
				let (safe, measured) = (
					<() as WeightInfo>::on_finalize(a, c),
					Measured::<Test>::on_finalize(a, c),
				);
				assert!(
					safe.all_gte(measured),
					"{a} blocks, {c} channels: {measured:?} is above {safe:?}"
				);
			}
		}
	}
}
