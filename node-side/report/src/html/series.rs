//! Figures over time.

use super::lanes::end_ms;
use crate::{Class, Parablock, Run};

/// Most points of a line.
const POINTS: u64 = 30;
/// Slots of a point at least: a synchronous para has a block in every second one.
const LEAST_SLOTS: u64 = 4;

/// A stretch of a run, and what came out in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stretch {
	/// Where it ends, in slots since the run began.
	pub(super) to_slot: u64,
	/// Extrinsics per minute of what was included in it; parablocks, where extrinsics are not known.
	pub(super) throughput: f64,
	/// Mean seconds until inclusion, of what was included in it.
	pub(super) latency_s: Option<f64>,
	/// Percent included of what was built in it and is decided.
	pub(super) confidence: Option<f64>,
}

/// Whether a run tells extrinsics.
pub(super) fn counts_extrinsics(run: &Run) -> bool {
	blocks(run).any(|block| block.extrinsics.is_some())
}

fn blocks(run: &Run) -> impl Iterator<Item = &Parablock> {
	run.paras.iter().flat_map(|para| &para.blocks)
}

/// A run in stretches of so many slots.
pub(super) fn stretches(run: &Run, slots: u64) -> Vec<Stretch> {
	let slot_ms = run.slot_ms.max(1);
	let length = slots.max(1) * slot_ms;
	// What is left over is too short to say anything.
	let count = (end_ms(run) / length) as usize;
	let has_extrinsics = counts_extrinsics(run);
	let mut sums = vec![(0u64, 0u64, 0u64, 0u64, 0u64); count];
	for block in blocks(run) {
		let place = |ms: u64| (ms / length) as usize;
		// A relay block closes what was before it.
		let included = block.included.map(|included| included.at_ms.saturating_sub(1));
		if let Some(sum) = included.and_then(|ms| sums.get_mut(place(ms))) {
			sum.0 += if has_extrinsics {
				block.extrinsics.unwrap_or_default().into()
			} else {
				1
			};
			sum.1 += block.latency_ms().unwrap_or_default();
			sum.2 += 1;
		}
		if let Some(sum) = sums
			.get_mut(place(block.begins_ms()))
			.filter(|_| block.class != Class::InFlight)
		{
			sum.3 += u64::from(block.class == Class::Included);
			sum.4 += 1;
		}
	}
	let minutes = length as f64 / 60_000.0;
	sums.into_iter()
		.enumerate()
		.map(|(position, (work, latency, included, good, decided))| Stretch {
			to_slot: (position as u64 + 1) * slots,
			throughput: work as f64 / minutes,
			latency_s: (included > 0).then(|| latency as f64 / included as f64 / 1000.0),
			confidence: (decided > 0).then(|| 100.0 * good as f64 / decided as f64),
		})
		.collect()
}

/// How many slots a stretch has, the same for all runs.
pub(super) fn stretch_slots(runs: &[Run]) -> u64 {
	let slots = runs
		.iter()
		.map(|run| end_ms(run) / run.slot_ms.max(1))
		.max()
		.unwrap_or_default();
	slots.div_ceil(POINTS).max(LEAST_SLOTS)
}

/// How long it takes until inclusion.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Latency {
	pub(super) count: usize,
	pub(super) mean_ms: u64,
	pub(super) median_ms: u64,
	/// The 95th percentile.
	pub(super) high_ms: u64,
	pub(super) worst_ms: u64,
	/// Standard deviation.
	pub(super) deviation_ms: u64,
}

impl Latency {
	pub(super) fn of(run: &Run) -> Option<Self> {
		let mut all: Vec<u64> = blocks(run).filter_map(Parablock::latency_ms).collect();
		all.sort_unstable();
		let count = all.len();
		let mean = all.iter().sum::<u64>().checked_div(count as u64)?;
		// Nearest rank.
		let rank = |percent: usize| all[(count * percent).div_ceil(100).max(1) - 1];
		let squares: f64 = all.iter().map(|ms| (*ms as f64 - mean as f64).powi(2)).sum();
		Some(Self {
			count,
			mean_ms: mean,
			median_ms: rank(50),
			high_ms: rank(95),
			worst_ms: rank(100),
			deviation_ms: (squares / count as f64).sqrt().round() as u64,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::sample::sample;

	#[test]
	fn nothing_of_a_run_is_counted_twice() {
		for run in &sample().runs {
			let slots = stretch_slots(std::slice::from_ref(run));
			let stretches = stretches(run, slots);
			assert!(!stretches.is_empty());
			let minutes = slots as f64 * run.slot_ms as f64 / 60_000.0;
			let work: f64 = stretches.iter().map(|stretch| stretch.throughput * minutes).sum();
			let within = stretches.len() as u64 * slots * run.slot_ms;
			let expected: u64 = blocks(run)
				.filter(|block| block.included.is_some_and(|included| included.at_ms <= within))
				.map(|block| u64::from(block.extrinsics.unwrap_or_default()))
				.sum();
			assert!((work - expected as f64).abs() < 1e-6, "{work} and {expected}");
			let shares = stretches.iter().filter_map(|stretch| stretch.confidence);
			assert!(shares.into_iter().all(|share| (0.0..=100.0).contains(&share)));
		}
	}

	#[test]
	fn percentiles_are_values_that_occurred() {
		for run in &sample().runs {
			let latency = Latency::of(run).expect("something is included");
			let all: Vec<_> = blocks(run).filter_map(Parablock::latency_ms).collect();
			assert_eq!(latency.count, all.len());
			assert!(all.contains(&latency.median_ms) && all.contains(&latency.high_ms));
			assert_eq!(Some(latency.worst_ms), all.into_iter().max());
			assert!(latency.median_ms <= latency.high_ms && latency.high_ms <= latency.worst_ms);
		}
		assert_eq!(Latency::of(&Run::default()), None);
	}
}
