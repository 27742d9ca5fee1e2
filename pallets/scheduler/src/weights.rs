//! Weights of the calls.

use frame_support::weights::Weight;

/// Weight of each call. `()` answers with estimates that are meant to be too high.
pub trait WeightInfo {
	/// Weight of `assign_core`: one write and an event.
	fn assign_core() -> Weight;
}

impl WeightInfo for () {
	fn assign_core() -> Weight {
		// 25 microseconds of dispatch, 100 for a write to a large database.
		Weight::from_parts(125_000_000, 1024)
	}
}
