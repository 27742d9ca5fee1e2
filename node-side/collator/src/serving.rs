//! Who is served next: collations are large, and whoever has one alone can begin to check it (R-NET-79).
//!
//! A collator serves one peer at a time for each scheduling parent, and lets the next one begin when the first has got its
//! answer or has held it up for [`NEXT_SERVED_AFTER`]. So the first backer begins as early as it can, whoever else asks.
//!
//! Invariants:
//! - a request that was put into the line comes out once: served, or dropped;
//! - a peer has at most one open request for a candidate; a second one costs it;
//! - at most [`MAX_ASKS_WAITING`] wait, whoever asks.

use async_backing_primitives::{CandidateHash, Hash};
use std::{
	collections::{BTreeMap, VecDeque},
	time::Duration,
};

/// How long a peer that is being served holds up the next one.
pub const NEXT_SERVED_AFTER: Duration = Duration::from_millis(150);

/// Most requests that wait: of each of a thousand validators for one candidate.
pub const MAX_ASKS_WAITING: usize = 1024;

/// A request for a collation. `Peer` and `Ticket` are the driver's names for who asks and for what has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask<Peer, Ticket> {
	/// Who asks.
	pub peer: Peer,
	/// What has to be answered.
	pub ticket: Ticket,
	/// The candidate.
	pub candidate: CandidateHash,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
	/// It is served now.
	Now,
	/// It waits; [`Serving::due`] has it when its time has come.
	Waits,
	/// The peer has an open request for the same candidate. It costs, and gets no second answer.
	Repeated,
	/// Too many wait. It gets no answer.
	Full,
}

/// Requests of one scheduling parent.
#[derive(Clone, Debug)]
struct Line<Peer, Ticket> {
	/// Who is being served, and until when the next one waits.
	served: Option<(Ask<Peer, Ticket>, Duration)>,
	waiting: VecDeque<Ask<Peer, Ticket>>,
}

/// All requests, by scheduling parent. Times count from whatever moment the driver counts from.
///
/// ```
/// use async_backing_collator::{Ask, Asked, Serving, NEXT_SERVED_AFTER};
/// use async_backing_primitives::{CandidateHash, Hash};
/// use std::time::Duration;
///
/// let (parent, candidate) = (Hash::repeat_byte(1), CandidateHash(Hash::repeat_byte(2)));
/// let ask = |peer: u64| Ask { peer, ticket: 10 * peer, candidate };
/// let mut serving = Serving::default();
/// let now = Duration::from_secs(1);
/// assert_eq!(serving.ask(now, parent, ask(1)), Asked::Now);
/// assert_eq!(serving.ask(now, parent, ask(2)), Asked::Waits);
/// assert_eq!(serving.ask(now, parent, ask(2)), Asked::Repeated);
/// assert_eq!(serving.next_due(), Some(now + NEXT_SERVED_AFTER));
/// assert_eq!(serving.due(now + NEXT_SERVED_AFTER), [ask(2)]);
/// ```
#[derive(Clone, Debug)]
pub struct Serving<Peer, Ticket> {
	lines: BTreeMap<Hash, Line<Peer, Ticket>>,
}

impl<Peer, Ticket> Default for Serving<Peer, Ticket> {
	fn default() -> Self {
		Self {
			lines: BTreeMap::new(),
		}
	}
}

impl<Peer, Ticket> Default for Line<Peer, Ticket> {
	fn default() -> Self {
		Self {
			served: None,
			waiting: VecDeque::new(),
		}
	}
}

impl<Peer: Copy + PartialEq, Ticket: Copy + PartialEq> Serving<Peer, Ticket> {
	/// A peer asks for a collation that this collator has, with this scheduling parent.
	pub fn ask(&mut self, now: Duration, scheduling_parent: Hash, ask: Ask<Peer, Ticket>) -> Asked {
		self.lines.retain(|_, line| line.is_busy(now));
		let waiting: usize = self.lines.values().map(|line| line.waiting.len()).sum();
		let Some(line) = self.lines.get_mut(&scheduling_parent) else {
			let line = Line {
				served: Some((ask, now.saturating_add(NEXT_SERVED_AFTER))),
				waiting: VecDeque::new(),
			};
			self.lines.insert(scheduling_parent, line);
			return Asked::Now;
		};
		let same = |open: &Ask<Peer, Ticket>| (open.peer, open.candidate) == (ask.peer, ask.candidate);
		let is_served = line
			.served
			.as_ref()
			.is_some_and(|(open, until)| *until > now && same(open));
		if is_served || line.waiting.iter().any(same) {
			return Asked::Repeated;
		}
		if waiting >= MAX_ASKS_WAITING {
			return Asked::Full;
		}
		line.waiting.push_back(ask);
		Asked::Waits
	}

	/// A peer has got its answer, as far as the driver knows. Those who are served next, if any.
	pub fn sent(&mut self, now: Duration, ticket: Ticket) -> Vec<Ask<Peer, Ticket>> {
		for line in self.lines.values_mut() {
			line.served.take_if(|(open, _)| open.ticket == ticket);
		}
		self.due(now)
	}

	/// Those who are served now: one of each scheduling parent where nobody is, or is for longer than [`NEXT_SERVED_AFTER`].
	pub fn due(&mut self, now: Duration) -> Vec<Ask<Peer, Ticket>> {
		let next = self
			.lines
			.values_mut()
			.filter_map(|line| line.next(now))
			.collect();
		self.lines.retain(|_, line| line.is_busy(now));
		next
	}

	/// When somebody who waits is served, if nobody gets an answer before.
	pub fn next_due(&self) -> Option<Duration> {
		let lines = self.lines.values().filter(|line| !line.waiting.is_empty());
		lines
			.map(|line| line.served.as_ref().map_or(Duration::ZERO, |(_, until)| *until))
			.min()
	}

	/// Drops what waits of a peer that is gone, and returns it.
	pub fn gone(&mut self, peer: Peer) -> Vec<Ask<Peer, Ticket>> {
		let mut dropped = Vec::new();
		for line in self.lines.values_mut() {
			line.waiting.retain(|ask| {
				if ask.peer == peer {
					dropped.push(*ask);
				}
				ask.peer != peer
			});
		}
		dropped
	}

	/// Number of requests that wait.
	pub fn waiting(&self) -> usize {
		self.lines.values().map(|line| line.waiting.len()).sum()
	}
}

impl<Peer: Copy, Ticket: Copy> Line<Peer, Ticket> {
	fn is_busy(&self, now: Duration) -> bool {
		!self.waiting.is_empty() || self.served.as_ref().is_some_and(|(_, until)| *until > now)
	}

	fn next(&mut self, now: Duration) -> Option<Ask<Peer, Ticket>> {
		if self.served.as_ref().is_some_and(|(_, until)| *until > now) {
			return None;
		}
		let ask = self.waiting.pop_front()?;
		self.served = Some((ask, now.saturating_add(NEXT_SERVED_AFTER)));
		Some(ask)
	}
}
