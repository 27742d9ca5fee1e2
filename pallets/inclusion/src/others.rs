//! What the other inherents of a block take of it.

use frame_support::{traits::Get, weights::Weight};

/// Other inherents that the room of these constants is for: every chain has the time of the block, some one or two more.
const SMALL_INHERENTS: u64 = 2;

/// What the other inherents of a block take of it, all together.
///
/// A node makes all inherents of a block before it applies the first, so nobody has counted them when this pallet's is
/// made, and a block that has no room for one of them is lost to its author. The defaults are for two small ones; a
/// runtime with more, or with large ones, says so.
pub trait OtherInherents {
	/// Their weight, with the base weight of each. By default that of two with four reads and two writes each.
	fn weight<T: frame_system::Config>() -> Weight {
		let base = T::BlockWeights::get()
			.get(frame_support::dispatch::DispatchClass::Mandatory)
			.base_extrinsic;
		base.saturating_add(T::DbWeight::get().reads_writes(4, 2))
			.saturating_mul(SMALL_INHERENTS)
	}

	/// Their encoded length in bytes. By default 16 KiB.
	fn bytes() -> u32 {
		16 * 1024
	}
}

impl OtherInherents for () {}
