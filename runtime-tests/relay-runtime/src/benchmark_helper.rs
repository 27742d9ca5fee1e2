//! What the benchmarks of the pallets ask of the chain around them, and what measurements are held against.

pub use async_backing_benchmark_helper::SettledDisputes;

/// Sets the relay runtime's pallets up.
pub type Helper = async_backing_benchmark_helper::Helper<crate::Runtime>;

sp_api::decl_runtime_apis! {
	/// What the runtime predicts, to hold measurements against.
	pub trait PredictedWeight {
		/// Reference time that is charged for an inherent, in picoseconds, without the reading and writing.
		fn of_inherent(composition: pallet_async_backing_inclusion::benchmarking::Composition) -> u64;
	}
}
