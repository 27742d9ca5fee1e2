//! Bytes over time.

use async_backing_machine::Instant;

const NANOS: i128 = 1_000_000_000;

/// How much may go out: so many bytes at once, and so many a second in the long run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
	/// Bytes a second.
	pub per_second: u32,
	/// Bytes at once, after a while without any. The last answer may exceed it, so that the largest one can be given at
	/// all; later ones wait until that is made up for.
	pub burst: u32,
}

/// A token bucket. What it gave too much it owes: `burst` and one answer are the most that ever go out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
	rate: Rate,
	/// In bytes times nanoseconds, so that nothing is lost however often it is asked.
	level: i128,
	at: Instant,
}

impl Bucket {
	/// A full one.
	pub(crate) fn new(rate: Rate, now: Instant) -> Self {
		Self {
			rate,
			level: i128::from(rate.burst) * NANOS,
			at: now,
		}
	}

	fn refill(&mut self, now: Instant) {
		let elapsed = i128::try_from(now.saturating_sub(self.at).as_nanos()).unwrap_or(i128::MAX);
		let gained = elapsed.saturating_mul(i128::from(self.rate.per_second));
		self.level = self
			.level
			.saturating_add(gained)
			.min(i128::from(self.rate.burst) * NANOS);
		self.at = self.at.max(now);
	}

	/// Whether more than `reserve` hundredths of the burst are left.
	pub(crate) fn has(&mut self, now: Instant, reserve: u8) -> bool {
		self.refill(now);
		self.level > i128::from(self.rate.burst) * NANOS / 100 * i128::from(reserve)
	}

	/// Takes bytes out.
	pub(crate) fn take(&mut self, bytes: usize) {
		let bytes = i128::try_from(bytes).unwrap_or(i128::MAX / NANOS);
		self.level = self.level.saturating_sub(bytes.saturating_mul(NANOS));
	}

	/// Takes bytes out, as far as there are any: what is above that is not owed.
	pub(crate) fn take_what_is_left(&mut self, now: Instant, bytes: usize) {
		self.refill(now);
		let before = self.level;
		self.take(bytes);
		self.level = self.level.max(before.min(0));
	}

	/// Whether it is as a new one.
	pub(crate) fn is_full(&mut self, now: Instant) -> bool {
		self.refill(now);
		self.level == i128::from(self.rate.burst) * NANOS
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use std::time::Duration;

	const RATE: Rate = Rate {
		per_second: 100,
		burst: 1000,
	};

	#[test]
	fn gives_a_burst_and_then_what_flows_in() {
		let second = Duration::from_secs(1);
		let mut bucket = Bucket::new(RATE, second);
		assert!(bucket.is_full(second));
		bucket.take(999);
		assert!(bucket.has(second, 0));
		bucket.take(5000);
		assert!(!bucket.has(second, 0), "it owes 4999");
		assert!(!bucket.has(second * 50, 0));
		assert!(bucket.has(second * 51, 0), "after fifty seconds it owes nothing");
		assert!(!bucket.has(second * 51, 1), "but others have the rest");
		assert!(bucket.is_full(second * 61));
		assert!(!bucket.has(second * 1000, 100));
	}

	#[test]
	fn takes_what_is_left_and_owes_no_more() {
		let second = Duration::from_secs(1);
		let mut bucket = Bucket::new(RATE, second);
		bucket.take_what_is_left(second, 400);
		assert!(
			bucket.has(second, 59) && !bucket.has(second, 60),
			"600 of 1000 are left"
		);
		bucket.take_what_is_left(second, 5000);
		assert!(!bucket.has(second, 0));
		assert!(bucket.has(second * 2, 9), "it owes nothing: 100 came");
		bucket.take(600);
		bucket.take_what_is_left(second * 2, 5000);
		assert!(
			!bucket.has(second * 7, 0),
			"what it owed before it still owes: 500"
		);
		assert!(bucket.has(second * 8, 0));
	}

	proptest! {
		#[test]
		fn never_gives_more_than_burst_rate_and_one_answer(
			asks in prop::collection::vec((0u64..3_000_000_000, 0usize..2000), 0..60),
		) {
			let mut bucket = Bucket::new(RATE, Duration::ZERO);
			let (mut now, mut given) = (Duration::ZERO, 0u128);
			for (pause, bytes) in asks {
				now += Duration::from_nanos(pause);
				if bucket.has(now, 0) {
					bucket.take(bytes);
					given += bytes as u128;
				}
				prop_assert!(given <= 1000 + now.as_nanos() * 100 / 1_000_000_000 + 2000);
			}
		}
	}
}
