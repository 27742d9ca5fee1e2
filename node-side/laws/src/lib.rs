#![doc = include_str!("../README.md")]

mod subject;
pub mod subjects;

pub use subject::{try_subject, try_subject_bytes, Subject, Tried};

use async_backing_machine::laws::{run, run_seeds, Allocations, Choices, Plan, Report, World, THOROUGH};

/// Counts what this thread allocates while something runs.
pub fn measure(run: &mut dyn FnMut()) -> Allocations {
	let counted = allocation_counter::measure(run);
	Allocations {
		total: counted.bytes_total,
		kept: counted.bytes_current,
	}
}

/// Runs a core in its world with each seed, so many inputs each; says what was tried, so that a test can say that it was
/// enough.
///
/// # Panics
/// If a law is broken, with the seed and all that was seen.
pub fn try_seeds<W: World>(
	world: impl Fn(&mut Choices<'_>) -> W,
	seeds: impl IntoIterator<Item = u64>,
	inputs: u64,
) -> Report {
	let plan = Plan {
		inputs,
		measure: Some(measure),
	};
	run_seeds(world, seeds, plan).unwrap_or_else(|broken| panic!("{broken}"))
}

/// Runs a core in its world as these bytes decide: the body of a fuzz target.
///
/// # Panics
/// If a law is broken, with all that was seen.
pub fn try_bytes<W: World>(world: impl Fn(&mut Choices<'_>) -> W, bytes: &[u8]) -> Report {
	run(world, Choices::bytes(bytes), Plan::thorough(measure)).unwrap_or_else(|broken| panic!("{broken}"))
}

/// [`try_seeds`] with [`seeds`] of [`THOROUGH`] inputs each.
///
/// # Panics
/// If a law is broken, with the seed and all that was seen.
pub fn try_thoroughly<W: World>(world: impl Fn(&mut Choices<'_>) -> W) -> Report {
	try_seeds(world, seeds(), THOROUGH)
}

/// The seeds of a thorough test: eight, or as many as the environment variable `LAWS_SEEDS` says, for those who have time.
pub fn seeds() -> impl Iterator<Item = u64> {
	let asked = std::env::var("LAWS_SEEDS").ok();
	0..asked.and_then(|seeds| seeds.parse().ok()).unwrap_or(8)
}
