//! A run, from outside.

use super::{driver::Driver, Breach, Broken, Choices, Law, Report, World};

/// Inputs of a run that is thorough enough for a test.
pub const THOROUGH: u64 = 10_000;

/// How long a run is, and what is counted.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
	/// Inputs; then everything runs out. Fewer if the choices are over before.
	pub inputs: u64,
	/// Counts allocations, for law 3 and for what is copied (law 1); without, these are not tried.
	pub measure: Option<Measure>,
}

impl Plan {
	/// [`THOROUGH`], with allocations counted.
	pub const fn thorough(measure: Measure) -> Self {
		Self {
			inputs: THOROUGH,
			measure: Some(measure),
		}
	}
}

/// Runs something and says what this thread allocated meanwhile. The kit brings no allocator, because there is one in a
/// program; that of a test is made so, with the crate `allocation-counter` as a development dependency:
///
/// ```text
/// fn measure(run: &mut dyn FnMut()) -> Allocations {
///     let counted = allocation_counter::measure(run);
///     Allocations { total: counted.bytes_total, kept: counted.bytes_current }
/// }
/// ```
pub type Measure = fn(&mut dyn FnMut()) -> Allocations;

/// What was allocated meanwhile, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
	/// All of it; what grows counts again.
	pub total: u64,
	/// Without what was freed: negative if more was freed.
	pub kept: i64,
}

/// Runs a core in a world that does its worst, and then again, to see whether it does the same.
///
/// The kit keeps every promise of a driver (see [`Input`](crate::Input)) and none beside: it lets requests fail and time
/// out, ends jobs in any order, drops and delays them, disconnects peers in the middle of anything, stores late, stops
/// serving one kind of thing for a while, gives the outbox little room, and crashes between any two outputs. How much of
/// which is decided by the choices, so one run is calm and another a storm: try several seeds. In the end nobody says
/// anything any more and everything runs out.
///
/// What a run cannot see: what differs behind the first 512 bytes of an output's `Debug`, and what is held by the world as well (see
/// [`World::crashed`]).
///
/// # Errors
/// The first law that is broken.
pub fn run<W: World>(
	world: impl Fn(&mut Choices<'_>) -> W,
	choices: Choices<'_>,
	plan: Plan,
) -> Result<Report, Broken> {
	let seed = choices.seed();
	if let Some(measure) = plan.measure {
		let mut kept = None;
		let counted = measure(&mut || kept = Some(Box::new([0u8; 1024])));
		if counted.total < 1024 || kept.is_none() {
			let what = "the allocations of this program are not counted";
			let breach = Breach::new(Law::Memory, what);
			return Err(Driver::new(&world, choices, plan, None).broken(breach, seed));
		}
	}
	let mut first = Driver::new(&world, choices.clone(), plan, None);
	let outcome = first.storm().and_then(|()| first.run_out());
	if let Err(breach) = outcome.and_then(|()| first.rest()) {
		return Err(first.broken(breach, seed));
	}
	// Once more, until the storm is over: then the core holds most, and is seen to hold it when it goes.
	let (mut report, traces) = first.report();
	let mut second = Driver::new(&world, choices, plan, Some(traces));
	if let Err(breach) = second.storm().and_then(|()| second.stop()) {
		return Err(second.broken(breach, seed));
	}
	report.memory = report.memory.max(second.report().0.memory);
	Ok(report)
}

/// Runs with each of these seeds, and gives the sum of what was tried.
///
/// # Errors
/// The first law that is broken.
pub fn run_seeds<W: World>(
	world: impl Fn(&mut Choices<'_>) -> W,
	seeds: impl IntoIterator<Item = u64>,
	plan: Plan,
) -> Result<Report, Broken> {
	seeds.into_iter().try_fold(Report::default(), |sum, seed| {
		Ok(sum.and(run(&world, Choices::seeded(seed), plan)?))
	})
}
