//! How much is sent to those who ask (R-NET-26): a bucket of bytes that fills with time.

use crate::DistributionConfig;
use async_backing_machine::Instant;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
	left: u64,
	at: Instant,
}

impl Budget {
	pub(crate) fn new(config: &DistributionConfig) -> Self {
		Self {
			left: config.serve_burst,
			at: Instant::ZERO,
		}
	}

	/// Takes so many bytes out; `false` if they are not there. What is larger than the whole bucket takes all of it.
	pub(crate) fn take(&mut self, now: Instant, bytes: usize, config: &DistributionConfig) -> bool {
		let nanos = now.saturating_sub(self.at).as_nanos();
		let more = nanos.saturating_mul(config.serve_bytes_per_second.into()) / 1_000_000_000;
		self.left = self
			.left
			.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
			.min(config.serve_burst);
		self.at = now;
		let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).min(config.serve_burst);
		let has_room = bytes <= self.left;
		if has_room {
			self.left = self.left.saturating_sub(bytes);
		}
		has_room
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	#[test]
	fn r_net_26_bytes_are_served_at_a_rate() {
		let config = DistributionConfig {
			serve_bytes_per_second: 100,
			serve_burst: 50,
			..Default::default()
		};
		let mut budget = Budget::new(&config);
		let second = |seconds| Duration::from_secs(seconds);
		assert!(
			budget.take(second(1), 30, &config) && !budget.take(second(1), 30, &config),
			"R-NET-26"
		);
		assert!(
			budget.take(Duration::from_millis(1100), 30, &config),
			"R-NET-26: ten more came"
		);
		assert!(!budget.take(Duration::from_millis(1100), 1, &config));
		assert!(
			budget.take(second(9), 1000, &config),
			"what is larger than all takes all"
		);
		assert!(!budget.take(second(9), 1, &config));
	}
}
