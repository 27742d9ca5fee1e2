//! The virtual clock: a queue of things to happen, in order of time.
//!
//! Invariant: events of one instant come out in the order in which they went in, so that a run depends on nothing but
//! its inputs.

use std::{
	cmp::{Ordering, Reverse},
	collections::BinaryHeap,
	time::Duration,
};

/// An instant, as the time since the start of the run.
pub type Instant = Duration;

#[derive(Debug)]
struct Entry<Event> {
	at: Instant,
	sequence: u64,
	event: Event,
}

impl<Event> Entry<Event> {
	fn key(&self) -> (Instant, u64) {
		(self.at, self.sequence)
	}
}

impl<Event> PartialEq for Entry<Event> {
	fn eq(&self, other: &Self) -> bool {
		self.key() == other.key()
	}
}

impl<Event> Eq for Entry<Event> {}

impl<Event> PartialOrd for Entry<Event> {
	fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
		Some(self.cmp(other))
	}
}

impl<Event> Ord for Entry<Event> {
	fn cmp(&self, other: &Self) -> Ordering {
		self.key().cmp(&other.key())
	}
}

/// A queue of events on a virtual clock.
#[derive(Debug)]
pub struct Clock<Event> {
	queue: BinaryHeap<Reverse<Entry<Event>>>,
	next_sequence: u64,
	now: Instant,
}

impl<Event> Default for Clock<Event> {
	fn default() -> Self {
		Self {
			queue: BinaryHeap::new(),
			next_sequence: 0,
			now: Instant::ZERO,
		}
	}
}

impl<Event> Clock<Event> {
	/// The present.
	pub fn now(&self) -> Instant {
		self.now
	}

	/// Lets `event` happen at `at`, or now if that has passed. Logarithmic in the number of events.
	pub fn schedule(&mut self, at: Instant, event: Event) {
		let entry = Entry {
			at: at.max(self.now),
			sequence: self.next_sequence,
			event,
		};
		self.next_sequence += 1;
		self.queue.push(Reverse(entry));
	}

	/// Moves on to the next event, unless there is none.
	pub fn advance(&mut self) -> Option<(Instant, Event)> {
		let Reverse(entry) = self.queue.pop()?;
		self.now = entry.at;
		Some((entry.at, entry.event))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn events_come_out_by_time_then_by_insertion() {
		let mut clock = Clock::default();
		for (at, event) in [(5, 'c'), (3, 'a'), (5, 'd'), (4, 'b')] {
			clock.schedule(Duration::from_secs(at), event);
		}
		let order: String = std::iter::from_fn(|| clock.advance().map(|(_, event)| event)).collect();
		assert_eq!(order, "abcd");
		assert_eq!(clock.now(), Duration::from_secs(5));
	}

	#[test]
	fn the_past_cannot_be_reached() {
		let mut clock = Clock::default();
		clock.schedule(Duration::from_secs(5), 1);
		clock.advance();
		clock.schedule(Duration::from_secs(1), 2);
		assert_eq!(clock.advance(), Some((Duration::from_secs(5), 2)));
	}
}
