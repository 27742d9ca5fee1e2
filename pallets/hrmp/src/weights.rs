//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates on the safe side, database accesses as they are made and several
//! times the computation that such calls are known to need.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost, and the hook.
pub trait WeightInfo {
	/// [`crate::Pallet::force_open_hrmp_channel`].
	fn force_open_hrmp_channel() -> Weight;
	/// [`crate::Pallet::force_close_channel`], and the closing.
	fn force_close_channel() -> Weight;
	/// [`crate::Pallet::force_clean_hrmp`] of a para with `c` channels, and their closing.
	fn force_clean_hrmp(c: u32) -> Weight;
	/// [`crate::Pallet::force_process_hrmp_open`] of `c` channels, and their opening.
	fn force_process_hrmp_open(c: u32) -> Weight;
	/// [`crate::Pallet::force_process_hrmp_close`] of `c` channels, and their closing.
	fn force_process_hrmp_close(c: u32) -> Weight;
	/// [`crate::Pallet::poke_channel_deposits`].
	fn poke_channel_deposits() -> Weight;
	/// [`crate::Pallet::init_open_channel`].
	fn init_open_channel() -> Weight;
	/// [`crate::Pallet::accept_open_channel`].
	fn accept_open_channel() -> Weight;
	/// [`crate::Pallet::cancel_open_request`].
	fn cancel_open_request() -> Weight;
	/// [`crate::Pallet::close_channel`].
	fn close_channel() -> Weight;
	/// The removal of `m` messages of closed channels, at the beginning of a block.
	fn remove_messages(m: u32) -> Weight;
}

/// A channel that opens or closes, with all that is written about it.
fn each_channel(count: u32) -> Weight {
	Weight::from_parts(200_000_000, 32_768)
		.saturating_add(RocksDbWeight::get().reads_writes(14, 14))
		.saturating_mul(u64::from(count))
}

impl WeightInfo for () {
	fn init_open_channel() -> Weight {
		Weight::from_parts(150_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(11, 7))
	}

	fn accept_open_channel() -> Weight {
		Weight::from_parts(150_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(7, 5))
	}

	fn cancel_open_request() -> Weight {
		Weight::from_parts(150_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(7, 7))
	}

	fn close_channel() -> Weight {
		Weight::from_parts(50_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(2, 1))
	}

	fn force_open_hrmp_channel() -> Weight {
		Weight::from_parts(250_000_000, 32_768).saturating_add(RocksDbWeight::get().reads_writes(16, 13))
	}

	fn force_close_channel() -> Weight {
		Self::force_clean_hrmp(1)
	}

	fn force_clean_hrmp(c: u32) -> Weight {
		Weight::from_parts(50_000_000, 32_768)
			.saturating_add(RocksDbWeight::get().reads_writes(3, 1))
			.saturating_add(each_channel(c))
	}

	fn force_process_hrmp_open(c: u32) -> Weight {
		Self::force_clean_hrmp(c)
	}

	fn force_process_hrmp_close(c: u32) -> Weight {
		Self::force_clean_hrmp(c)
	}

	fn poke_channel_deposits() -> Weight {
		Weight::from_parts(200_000_000, 16_384).saturating_add(RocksDbWeight::get().reads_writes(6, 5))
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
