//! Simulated links: latency with jitter, and a sender's bandwidth.
//!
//! Messages between two nodes may overtake each other by the jitter. A node sends one message after the other, so that
//! a large one delays what follows it.

use crate::clock::Instant;
use rand::Rng;
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};
use std::time::Duration;

/// Position of a node: validators first, then collators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub usize);

/// Bytes that every message has around its content.
const OVERHEAD: usize = 64;

/// All links of the network.
#[derive(Debug)]
pub struct Network {
	latency: Duration,
	jitter: Duration,
	bandwidth: u64,
	random: ChaCha8Rng,
	uplink_free_at: Vec<Instant>,
	bytes_sent: u64,
}

impl Network {
	/// Links between `nodes` nodes. `bandwidth` is what each can send, in bytes per second.
	pub fn new(nodes: usize, latency: Duration, jitter: Duration, bandwidth: u64, seed: u64) -> Self {
		Self {
			latency,
			jitter,
			bandwidth: bandwidth.max(1),
			random: ChaCha8Rng::seed_from_u64(seed),
			uplink_free_at: vec![Instant::ZERO; nodes],
			bytes_sent: 0,
		}
	}

	/// When a message of `bytes` that `from` hands over at `now` arrives.
	pub fn send(&mut self, now: Instant, from: NodeIndex, bytes: usize) -> Instant {
		let bytes = (bytes + OVERHEAD) as u64;
		let transfer = Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / self.bandwidth);
		self.bytes_sent += bytes;
		let sent = match self.uplink_free_at.get_mut(from.0) {
			Some(free_at) => {
				*free_at = (*free_at).max(now) + transfer;
				*free_at
			}
			None => now + transfer,
		};
		sent + self.latency + self.draw_jitter()
	}

	/// Bytes that all nodes sent.
	pub fn bytes_sent(&self) -> u64 {
		self.bytes_sent
	}

	fn draw_jitter(&mut self) -> Duration {
		let micros = u64::try_from(self.jitter.as_micros()).unwrap_or(u64::MAX);
		Duration::from_micros(self.random.gen_range(0..=micros))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn network(jitter: u64) -> Network {
		Network::new(
			2,
			Duration::from_millis(100),
			Duration::from_millis(jitter),
			1_000_000,
			7,
		)
	}

	#[test]
	fn a_large_message_delays_those_behind_it() {
		let mut network = network(0);
		let first = network.send(Duration::ZERO, NodeIndex(0), 1_000_000 - OVERHEAD);
		let second = network.send(Duration::ZERO, NodeIndex(0), 1_000_000 - OVERHEAD);
		let elsewhere = network.send(Duration::ZERO, NodeIndex(1), 0);
		assert_eq!(first, Duration::from_millis(1100));
		assert_eq!(second, Duration::from_millis(2100));
		assert_eq!(elsewhere, Duration::from_micros(100_064));
	}

	#[test]
	fn jitter_is_bounded_and_follows_from_the_seed() {
		let draws = |mut network: Network| -> Vec<_> {
			(0..100)
				.map(|second| network.send(Duration::from_secs(second), NodeIndex(0), 0))
				.collect()
		};
		let (once, again) = (draws(network(10)), draws(network(10)));
		assert_eq!(once, again);
		for (second, at) in (0..).zip(once) {
			let link_time = at - Duration::from_secs(second) - Duration::from_micros(64);
			assert!((100..=110).contains(&link_time.as_millis()), "{link_time:?}");
		}
	}
}
