//! Links: latency with jitter, bandwidth, and queues that have an end.
//!
//! A node sends one parcel after the other through its uplink, so that a large one delays what follows it; then it goes
//! over the link of the pair. What finds a queue full is lost. Messages of one pair stay in order, as in one stream;
//! requests and answers are streams of their own each, and may overtake.

use async_backing_machine::Instant;
use rand::Rng;
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};
use std::{collections::BTreeMap, time::Duration};

/// Position of a node in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// Bytes that every parcel has around its content.
pub const OVERHEAD: usize = 64;

/// What connects two nodes, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
	/// Time on the way.
	pub latency: Duration,
	/// Largest random addition to the latency, drawn from the seed for each parcel, in whole microseconds.
	pub jitter: Duration,
	/// Bytes per second; `u64::MAX` for a link that is never the bottleneck.
	pub bandwidth: u64,
	/// Bytes that may wait for it. What is over them is lost.
	pub queue: u64,
}

impl Default for Link {
	/// The median of wide-area links, and nothing that binds but the uplink.
	fn default() -> Self {
		Self {
			latency: Duration::from_millis(100),
			jitter: Duration::from_millis(10),
			bandwidth: u64::MAX,
			queue: u64::MAX,
		}
	}
}

/// What a node has in common for all that it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uplink {
	/// Bytes per second.
	pub bandwidth: u64,
	/// Bytes that may wait for it. What is over them is lost.
	pub queue: u64,
}

impl Default for Uplink {
	/// 500 Mbit/s, and four seconds of them in the queue.
	fn default() -> Self {
		Self {
			bandwidth: 62_500_000,
			queue: 250_000_000,
		}
	}
}

/// Who is connected with whom, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
	/// The link of pairs that are not named; `None` if these are not connected.
	pub default: Option<Link>,
	/// Other links, by sender and receiver. A pair is connected if both directions are.
	pub pairs: BTreeMap<(NodeId, NodeId), Option<Link>>,
	/// The uplink of nodes that are not named.
	pub uplink: Uplink,
	/// Other uplinks.
	pub uplinks: BTreeMap<NodeId, Uplink>,
}

impl Topology {
	/// Everybody is connected with everybody by this link.
	pub fn full(link: Link) -> Self {
		Self {
			default: Some(link),
			..Self::default()
		}
	}

	/// What carries parcels from one node to another.
	pub fn link(&self, from: NodeId, to: NodeId) -> Option<Link> {
		(from != to).then_some(())?;
		self.pairs.get(&(from, to)).copied().unwrap_or(self.default)
	}

	/// The uplink of a node.
	pub fn uplink(&self, node: NodeId) -> Uplink {
		self.uplinks.get(&node).copied().unwrap_or(self.uplink)
	}
}

/// A queue was full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// All links of a network, with what is under way on them.
#[derive(Debug)]
pub(crate) struct Links {
	topology: Topology,
	random: ChaCha8Rng,
	/// By node.
	uplink_free_at: Vec<Instant>,
	pair_free_at: BTreeMap<(NodeId, NodeId), Instant>,
	/// When the newest message of a pair arrives, by sender and receiver: most pairs of a large network speak.
	last_arrival: Vec<Vec<Instant>>,
	/// Uplinks that are narrower than they should be, in bytes per second.
	clogged: BTreeMap<NodeId, u64>,
}

/// Seconds of a clogged uplink that may wait.
const CLOGGED_SECONDS: u64 = 4;

impl Links {
	pub(crate) fn new(topology: Topology, seed: u64) -> Self {
		Self {
			topology,
			random: ChaCha8Rng::seed_from_u64(seed),
			uplink_free_at: Vec::new(),
			pair_free_at: BTreeMap::new(),
			last_arrival: Vec::new(),
			clogged: BTreeMap::new(),
		}
	}

	pub(crate) fn topology(&self) -> &Topology {
		&self.topology
	}

	/// When a parcel of `bytes` that `from` hands over at `now` arrives. Parcels `in_order` arrive in the order in which
	/// they are sent.
	pub(crate) fn send(
		&mut self,
		now: Instant,
		(from, to): (NodeId, NodeId),
		bytes: usize,
		in_order: bool,
		delay: Duration,
	) -> Result<Instant, Overflow> {
		let Link {
			latency,
			jitter,
			bandwidth,
			queue,
		} = self.topology.link(from, to).ok_or(Overflow)?;
		let mut uplink = self.topology.uplink(from);
		if let Some(narrow) = self.clogged.get(&from) {
			uplink.bandwidth = uplink.bandwidth.min(*narrow);
			uplink.queue = uplink.queue.min(narrow.saturating_mul(CLOGGED_SECONDS));
		}
		let bytes = (bytes.saturating_add(OVERHEAD)) as u64;
		let uplink_free_at = self.uplink_free_at.get(from.0).copied().unwrap_or_default();
		let sent = through(now, uplink_free_at, bytes, uplink.bandwidth, uplink.queue)?;
		let link_free_at = self.pair_free_at.get(&(from, to)).copied().unwrap_or_default();
		// What waits for the link has left the uplink, so its queue is seen from now.
		let waiting = link_free_at.saturating_sub(sent);
		let over = through(now, now.saturating_add(waiting), bytes, bandwidth, queue)?
			.saturating_sub(now)
			.saturating_add(sent);
		*at(&mut self.uplink_free_at, from) = sent;
		if bandwidth != u64::MAX {
			self.pair_free_at.insert((from, to), over);
		}
		let micros = u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX);
		let jitter = Duration::from_micros(self.random.gen_range(0..=micros));
		let mut arrival = over
			.saturating_add(latency)
			.saturating_add(jitter)
			.saturating_add(delay);
		if in_order {
			let last = at(at(&mut self.last_arrival, from), to);
			arrival = arrival.max(*last);
			*last = arrival;
		}
		Ok(arrival)
	}

	/// From now on the uplink of a node has no more than so many bytes per second; `None` for what it should have.
	pub(crate) fn clog(&mut self, node: NodeId, bandwidth: Option<u64>) {
		match bandwidth {
			Some(bandwidth) => self.clogged.insert(node, bandwidth),
			None => self.clogged.remove(&node),
		};
	}

	/// What a node had in its uplink is gone.
	pub(crate) fn clear(&mut self, node: NodeId) {
		*at(&mut self.uplink_free_at, node) = Instant::ZERO;
	}
}

/// What is at the place of a node, which is made if there is none yet.
fn at<T: Default>(of: &mut Vec<T>, node: NodeId) -> &mut T {
	let NodeId(node) = node;
	if of.len() <= node {
		of.resize_with(node.saturating_add(1), T::default);
	}
	&mut of[node]
}

/// When bytes have gone through, if they find room behind what is there until `free_at`.
fn through(
	now: Instant,
	free_at: Instant,
	bytes: u64,
	bandwidth: u64,
	queue: u64,
) -> Result<Instant, Overflow> {
	let bandwidth = bandwidth.max(1);
	let start = free_at.max(now);
	// Mostly nothing is there, and what comes is small: then there is no division of 128 bits.
	if start > now {
		let nanos = start.saturating_sub(now).as_nanos();
		let waiting = nanos.saturating_mul(bandwidth.into()) / 1_000_000_000;
		if waiting > 0 && waiting.saturating_add(bytes.into()) > queue.into() {
			return Err(Overflow);
		}
	}
	let nanos = match bytes.checked_mul(1_000_000_000) {
		Some(bytes) => bytes / bandwidth,
		None => {
			let nanos = u128::from(bytes).saturating_mul(1_000_000_000) / u128::from(bandwidth);
			u64::try_from(nanos).unwrap_or(u64::MAX)
		}
	};
	let transfer = Duration::from_nanos(nanos);
	Ok(start.saturating_add(transfer))
}

#[cfg(test)]
mod tests {
	use super::*;

	const A: NodeId = NodeId(0);
	const B: NodeId = NodeId(1);
	const MEGABYTE: usize = 1_000_000 - OVERHEAD;

	fn links(jitter: u64, queue: u64) -> Links {
		let link = Link {
			latency: Duration::from_millis(100),
			jitter: Duration::from_millis(jitter),
			..Link::default()
		};
		let uplink = Uplink {
			bandwidth: 1_000_000,
			queue,
		};
		let topology = Topology {
			uplink,
			..Topology::full(link)
		};
		Links::new(topology, 7)
	}

	fn send(
		links: &mut Links,
		now: Instant,
		from: NodeId,
		to: NodeId,
		bytes: usize,
	) -> Result<Instant, Overflow> {
		links.send(now, (from, to), bytes, true, Duration::ZERO)
	}

	#[test]
	fn a_large_message_delays_those_behind_it() {
		let mut links = links(0, u64::MAX);
		let first = send(&mut links, Duration::ZERO, A, B, MEGABYTE);
		let second = send(&mut links, Duration::ZERO, A, NodeId(2), MEGABYTE);
		let elsewhere = send(&mut links, Duration::ZERO, B, A, 0);
		assert_eq!(first, Ok(Duration::from_millis(1100)));
		assert_eq!(second, Ok(Duration::from_millis(2100)));
		assert_eq!(elsewhere, Ok(Duration::from_micros(100_064)));
	}

	#[test]
	fn jitter_is_bounded_and_follows_from_the_seed() {
		let draws = |mut links: Links| -> Vec<_> {
			(0..100)
				.map(|second| send(&mut links, Duration::from_secs(second), A, B, 0).expect("there is room"))
				.collect()
		};
		let (once, again) = (draws(links(10, u64::MAX)), draws(links(10, u64::MAX)));
		assert_eq!(once, again);
		for (second, at) in (0..).zip(once) {
			let link_time = at - Duration::from_secs(second) - Duration::from_micros(64);
			assert!((100..=110).contains(&link_time.as_millis()), "{link_time:?}");
		}
	}

	#[test]
	fn what_finds_the_uplink_full_is_lost_and_one_parcel_always_fits() {
		let mut links = links(0, 2_000_000);
		assert!(
			send(&mut links, Duration::ZERO, A, B, 5 * MEGABYTE).is_ok(),
			"nothing waits"
		);
		assert_eq!(send(&mut links, Duration::ZERO, A, B, 0), Err(Overflow));
		let later = Duration::from_secs(4);
		assert!(
			send(&mut links, later, A, B, MEGABYTE / 2).is_ok(),
			"a megabyte waits"
		);
		assert_eq!(send(&mut links, later, A, B, MEGABYTE), Err(Overflow));
	}

	#[test]
	fn a_narrow_link_has_a_queue_of_its_own() {
		let mut links = links(0, u64::MAX);
		let narrow = Link {
			latency: Duration::ZERO,
			jitter: Duration::ZERO,
			bandwidth: 100_000,
			queue: 1_000_000,
		};
		links.topology.pairs.insert((A, B), Some(narrow));
		let arrival = send(&mut links, Duration::ZERO, A, B, MEGABYTE);
		assert_eq!(arrival, Ok(Duration::from_secs(11)), "1 s uplink, 10 s link");
		assert_eq!(send(&mut links, Duration::ZERO, A, B, MEGABYTE), Err(Overflow));
		assert!(send(&mut links, Duration::ZERO, A, NodeId(2), MEGABYTE).is_ok());
	}

	#[test]
	fn a_clogged_uplink_is_slow_and_loses_what_waits_too_long() {
		let mut links = links(0, u64::MAX);
		links.clog(A, Some(100_000));
		let first = send(&mut links, Duration::ZERO, A, B, MEGABYTE);
		assert_eq!(first, Ok(Duration::from_millis(10_100)));
		assert_eq!(send(&mut links, Duration::ZERO, A, B, 0), Err(Overflow));
		let later = Duration::from_secs(8);
		assert!(
			send(&mut links, later, A, B, MEGABYTE / 10).is_ok(),
			"two seconds wait"
		);
		links.clog(A, None);
		let free = Duration::from_secs(20);
		assert_eq!(
			send(&mut links, free, A, B, MEGABYTE),
			Ok(free + Duration::from_millis(1100))
		);
	}

	#[test]
	fn messages_of_a_pair_stay_in_order_and_other_parcels_need_not() {
		let mut arrivals = Vec::new();
		for in_order in [true, false] {
			let mut links = links(100, u64::MAX);
			arrivals = (0..50)
				.filter_map(|_| {
					links
						.send(Duration::ZERO, (A, B), 0, in_order, Duration::ZERO)
						.ok()
				})
				.collect();
			assert_eq!(arrivals.is_sorted(), in_order);
		}
		assert_eq!(arrivals.len(), 50);
	}

	#[test]
	fn nobody_is_connected_with_itself() {
		assert_eq!(Topology::full(Link::default()).link(A, A), None);
		assert_eq!(Topology::default().link(A, B), None);
	}
}
