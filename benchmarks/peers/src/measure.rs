//! Measuring two things side by side.
//!
//! Both run in turn in one process, many times over, so that whatever else the machine does falls on both. What counts is
//! the ratio of neighbouring samples; reported are its median and how far it spreads.

use std::{hint::black_box, time::Instant};

/// Most samples of each side.
const MAX_SAMPLES: usize = 61;
/// Least samples of each side, where one takes long.
const MIN_SAMPLES: usize = 7;
/// What the samples of a row may take together, preparations included, in nanoseconds.
const ROW_NS: f64 = 1_500_000_000.0;
/// A sample lasts about this long, so that the clock's own cost and grain vanish, in nanoseconds.
const SAMPLE_NS: f64 = 2_000_000.0;

/// Nanoseconds of one call, and how both sides compare.
#[derive(Clone, Debug)]
pub struct Comparison {
	/// Median time of ours, in nanoseconds.
	pub ours_ns: f64,
	/// Median time of theirs, in nanoseconds.
	pub theirs_ns: f64,
	/// Median of theirs divided by ours.
	pub ratio: f64,
	/// 5th percentile of the ratio.
	pub ratio_low: f64,
	/// 95th percentile of the ratio.
	pub ratio_high: f64,
}

impl Comparison {
	/// The same for each of so many things that one call did.
	#[must_use]
	pub fn for_each_of(mut self, count: usize) -> Self {
		self.ours_ns /= count as f64;
		self.theirs_ns /= count as f64;
		self
	}
}

/// Something to measure: does its work so many times and returns the nanoseconds that count.
pub type Timed<'a> = dyn FnMut(u32) -> f64 + 'a;

/// Times `work`, all of it.
pub fn timed<R>(mut work: impl FnMut() -> R) -> impl FnMut(u32) -> f64 {
	move |times| {
		let start = Instant::now();
		for _ in 0..times {
			black_box(work());
		}
		start.elapsed().as_nanos() as f64
	}
}

/// Times `work`, but neither what prepares its input nor what drops its result.
pub fn timed_with<I, R>(
	mut prepare: impl FnMut() -> I,
	mut work: impl FnMut(I) -> R,
) -> impl FnMut(u32) -> f64 {
	move |times| {
		let mut total = 0.0;
		for _ in 0..times {
			let input = prepare();
			let start = Instant::now();
			let result = black_box(work(input));
			total += start.elapsed().as_nanos() as f64;
			drop(result);
		}
		total
	}
}

/// What `work` takes beyond `overhead`. Both run as often, one right after the other, so that what slows the machine down
/// slows both.
pub fn beyond<'a>(
	mut work: impl FnMut(u32) -> f64 + 'a,
	mut overhead: impl FnMut(u32) -> f64 + 'a,
) -> impl FnMut(u32) -> f64 + 'a {
	move |times| work(times) - overhead(times)
}

/// Calls that make up a sample, and nanoseconds that a sample takes. Preparations that do not count take time as well, so
/// this goes by the clock on the wall.
fn calls(work: &mut Timed<'_>) -> (u32, f64) {
	// The first call may have to tidy up after preparations.
	work(1);
	let mut times = 1;
	loop {
		let start = Instant::now();
		work(times);
		let took = start.elapsed().as_nanos() as f64;
		if took >= SAMPLE_NS / 4.0 || times >= 1 << 22 {
			let calls = ((f64::from(times) * SAMPLE_NS / took.max(1.0)).ceil() as u32).max(1);
			return (calls, took.max(1.0) * f64::from(calls) / f64::from(times));
		}
		times *= 4;
	}
}

/// So many samples, an odd number, that they take no longer than a row may.
fn samples(sample_ns: f64) -> usize {
	(ROW_NS / sample_ns) as usize / 2 * 2 + 1
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
	let mut values: Vec<_> = values.collect();
	values.sort_by(f64::total_cmp);
	values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
	let values = sorted(values);
	values[values.len() / 2]
}

/// Nanoseconds of one call: the median of a few samples, for what is taken off others.
pub fn quick(work: &mut Timed<'_>) -> f64 {
	let (calls, _) = calls(work);
	median((0..15).map(|_| work(calls) / f64::from(calls)))
}

/// Nanoseconds of one call where nothing is there to compare it with: the median.
pub fn alone(work: &mut Timed<'_>) -> f64 {
	let (calls, took) = calls(work);
	let samples = samples(took).clamp(MIN_SAMPLES, MAX_SAMPLES);
	median((0..samples).map(|_| work(calls) / f64::from(calls)))
}

/// Measures both sides in turn.
pub fn compare(ours: &mut Timed<'_>, theirs: &mut Timed<'_>) -> Comparison {
	let ((our_calls, our_ns), (their_calls, their_ns)) = (calls(ours), calls(theirs));
	let samples = samples(our_ns + their_ns).clamp(MIN_SAMPLES, MAX_SAMPLES);
	let mut pairs = Vec::with_capacity(samples);
	for sample in 0..samples {
		let mut run_ours = || ours(our_calls) / f64::from(our_calls);
		let mut run_theirs = || theirs(their_calls) / f64::from(their_calls);
		// Who goes first changes, too.
		pairs.push(if sample % 2 == 0 {
			let first = run_ours();
			(first, run_theirs())
		} else {
			let first = run_theirs();
			(run_ours(), first)
		});
	}
	let ratios = sorted(pairs.iter().map(|(ours, theirs)| theirs / ours));
	Comparison {
		ours_ns: median(pairs.iter().map(|(ours, _)| *ours)),
		theirs_ns: median(pairs.iter().map(|(_, theirs)| *theirs)),
		ratio: ratios[samples / 2],
		ratio_low: ratios[samples / 20],
		ratio_high: ratios[samples - 1 - samples / 20],
	}
}
