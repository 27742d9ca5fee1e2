//! Measuring two things side by side.
//!
//! Both run in turn in one process, many times over, so that whatever else the machine does falls on both. What counts is
//! the ratio of neighbouring samples; reported are its median and how far it spreads.

use std::{hint::black_box, time::Instant};

/// Samples of each side.
const SAMPLES: usize = 61;
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

/// Calls that make up a sample. Preparations that do not count take time as well, so this goes by the clock on the wall.
fn calls(work: &mut Timed<'_>) -> u32 {
	let mut times = 1;
	loop {
		let start = Instant::now();
		work(times);
		let took = start.elapsed().as_nanos() as f64;
		if took >= SAMPLE_NS / 4.0 || times >= 1 << 22 {
			return ((f64::from(times) * SAMPLE_NS / took.max(1.0)).ceil() as u32).max(1);
		}
		times *= 4;
	}
}

/// Nanoseconds of one call: the median of a few samples, for what is taken off others.
pub fn quick(work: &mut Timed<'_>) -> f64 {
	let calls = calls(work);
	let mut samples: Vec<_> = (0..15).map(|_| work(calls) / f64::from(calls)).collect();
	samples.sort_by(f64::total_cmp);
	samples[samples.len() / 2]
}

/// Measures both sides in turn.
pub fn compare(ours: &mut Timed<'_>, theirs: &mut Timed<'_>) -> Comparison {
	let (our_calls, their_calls) = (calls(ours), calls(theirs));
	let mut pairs = Vec::with_capacity(SAMPLES);
	for sample in 0..SAMPLES {
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
	let sorted = |mut values: Vec<f64>| {
		values.sort_by(f64::total_cmp);
		values
	};
	let ours = sorted(pairs.iter().map(|(ours, _)| *ours).collect());
	let theirs = sorted(pairs.iter().map(|(_, theirs)| *theirs).collect());
	let ratios = sorted(pairs.iter().map(|(ours, theirs)| theirs / ours).collect());
	Comparison {
		ours_ns: ours[SAMPLES / 2],
		theirs_ns: theirs[SAMPLES / 2],
		ratio: ratios[SAMPLES / 2],
		ratio_low: ratios[SAMPLES / 20],
		ratio_high: ratios[SAMPLES - 1 - SAMPLES / 20],
	}
}
