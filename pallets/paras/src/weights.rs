//! Weights of the calls, as benchmarks measure them.
//!
//! A runtime brings its own: `()` answers with estimates that are meant to be too high. Code is hashed and written at a
//! rate that any machine reaches.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// What the calls cost.
pub trait WeightInfo {
	/// [`crate::Pallet::register`] with code of `c` bytes.
	fn register(c: u32) -> Weight;
	/// What a block does by itself: `g` go-aheads, `l` restrictions that are lifted at its end, `p` past codes forgotten.
	fn on_initialize(g: u32, l: u32, p: u32) -> Weight;
	/// [`crate::Pallet::deregister`].
	fn deregister() -> Weight;
	/// [`crate::Pallet::include_pvf_check_statement`] that ends a vote with acceptance, for which `c` paras wait.
	fn end_vote_accepting(c: u32) -> Weight;
	/// [`crate::Pallet::include_pvf_check_statement`] that ends a vote with rejection, for which `c` paras wait.
	fn end_vote_rejecting(c: u32) -> Weight;
	/// What authorizes it: a signature check.
	fn authorize_pvf_check_statement() -> Weight;
	/// [`crate::Pallet::trust_code`] with code of `c` bytes that no vote is about.
	fn trust_code(c: u32) -> Weight;
	/// [`crate::Pallet::distrust_code`].
	fn distrust_code() -> Weight;
	/// [`crate::Pallet::force_set_current_code`] with code of `c` bytes, and what the end of its block does.
	fn force_set_current_code(c: u32) -> Weight;
	/// [`crate::Pallet::force_set_current_head`] with head data of `h` bytes, and what the end of its block does.
	fn force_set_current_head(h: u32) -> Weight;
	/// [`crate::Pallet::force_set_most_recent_context`], and what the end of its block does.
	fn force_set_most_recent_context() -> Weight;
	/// [`crate::Pallet::remove_upgrade_cooldown`], and what the end of its block does.
	fn remove_upgrade_cooldown() -> Weight;
}

impl WeightInfo for () {
	fn on_initialize(g: u32, l: u32, p: u32) -> Weight {
		let each = |count: u32, reads, writes| {
			Weight::from_parts(5_000_000, 4_096)
				.saturating_add(RocksDbWeight::get().reads_writes(reads, writes))
				.saturating_mul(u64::from(count))
		};
		// Both lists, full, the range of past codes with the configuration, who is leaving and who is rewritten.
		Weight::from_parts(100_000_000, 131_072)
			.saturating_add(RocksDbWeight::get().reads_writes(6, 4))
			.saturating_add(each(g, 1, 2))
			.saturating_add(each(l, 0, 1))
			.saturating_add(each(p, 3, 4))
	}

	fn end_vote_accepting(c: u32) -> Weight {
		Weight::from_parts(200_000_000, 65_536)
			.saturating_add(RocksDbWeight::get().reads_writes(8, 8))
			.saturating_add(Weight::from_parts(200_000_000, 0).saturating_mul(u64::from(c)))
			.saturating_add(
				RocksDbWeight::get()
					.reads_writes(3, 3)
					.saturating_mul(u64::from(c)),
			)
	}

	fn end_vote_rejecting(c: u32) -> Weight {
		Self::end_vote_accepting(c)
	}

	fn authorize_pvf_check_statement() -> Weight {
		Weight::from_parts(150_000_000, 65_536).saturating_add(RocksDbWeight::get().reads(3))
	}

	fn trust_code(c: u32) -> Weight {
		Self::register(c)
	}

	fn distrust_code() -> Weight {
		Weight::from_parts(50_000_000, 131_072).saturating_add(RocksDbWeight::get().reads_writes(3, 3))
	}

	fn force_set_current_code(c: u32) -> Weight {
		// With the pending candidates, which may be as many as there are cores.
		Self::register(c)
			.saturating_add(Weight::from_parts(500_000_000, 262_144))
			.saturating_add(RocksDbWeight::get().reads_writes(16, 32))
	}

	fn force_set_current_head(h: u32) -> Weight {
		Self::force_set_current_code(h)
	}

	fn force_set_most_recent_context() -> Weight {
		Self::force_set_current_code(0)
	}

	fn remove_upgrade_cooldown() -> Weight {
		Weight::from_parts(100_000_000, 65_536).saturating_add(RocksDbWeight::get().reads_writes(1, 2))
	}

	fn register(c: u32) -> Weight {
		// 10 ns for each byte: Blake2 at 1 ns, and the copies into storage.
		Weight::from_parts(100_000_000, 8_192)
			.saturating_add(Weight::from_parts(10_000, 0).saturating_mul(u64::from(c)))
			.saturating_add(RocksDbWeight::get().reads_writes(6, 6))
	}

	fn deregister() -> Weight {
		Weight::from_parts(50_000_000, 8_192).saturating_add(RocksDbWeight::get().reads_writes(5, 3))
	}
}
