//! The virtual clock: a queue of things to happen, in order of time.
//!
//! Invariant: events of one instant come out in the order in which they went in, so that a run depends on nothing but
//! its inputs.

use async_backing_machine::Instant;
use std::collections::BTreeMap;

/// Where an event waits, so that it can be taken out before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle {
	at: Instant,
	sequence: u64,
}

/// A queue of events on a virtual clock.
#[derive(Debug)]
pub struct Clock<Event> {
	/// Where the event of each handle is: events are large, and what is in a tree is moved around.
	queue: BTreeMap<Handle, usize>,
	events: Vec<Option<Event>>,
	/// Places of `events` that are empty.
	free: Vec<usize>,
	next_sequence: u64,
	now: Instant,
}

impl<Event> Default for Clock<Event> {
	fn default() -> Self {
		Self {
			queue: BTreeMap::new(),
			events: Vec::new(),
			free: Vec::new(),
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

	/// Number of events that wait.
	pub fn len(&self) -> usize {
		self.queue.len()
	}

	/// Whether nothing is going to happen.
	pub fn is_empty(&self) -> bool {
		self.queue.is_empty()
	}

	/// When the next event happens.
	pub fn next_at(&self) -> Option<Instant> {
		self.queue.first_key_value().map(|(handle, _)| handle.at)
	}

	/// Lets `event` happen at `at`, or now if that has passed. Logarithmic in the number of events.
	pub fn schedule(&mut self, at: Instant, event: Event) -> Handle {
		let handle = Handle {
			at: at.max(self.now),
			sequence: self.next_sequence,
		};
		// 2^64 events take longer than anybody waits.
		self.next_sequence = self.next_sequence.wrapping_add(1);
		let place = self.free.pop().unwrap_or(self.events.len());
		match self.events.get_mut(place) {
			Some(empty) => *empty = Some(event),
			None => self.events.push(Some(event)),
		}
		self.queue.insert(handle, place);
		handle
	}

	/// What is in a place, which is empty then.
	fn take(&mut self, place: usize) -> Option<Event> {
		let event = self.events.get_mut(place)?.take();
		self.free.push(place);
		event
	}

	/// Takes an event out that has not happened yet.
	pub fn cancel(&mut self, handle: Handle) -> Option<Event> {
		let place = self.queue.remove(&handle)?;
		self.take(place)
	}

	/// Moves on to the next event, unless there is none.
	pub fn advance(&mut self) -> Option<(Instant, Event)> {
		let (handle, place) = self.queue.pop_first()?;
		self.now = handle.at;
		let event = self.take(place)?;
		Some((handle.at, event))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

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

	#[test]
	fn what_is_taken_out_does_not_happen() {
		let mut clock = Clock::default();
		let handles: Vec<_> = (0..3)
			.map(|event| clock.schedule(Duration::from_secs(1), event))
			.collect();
		assert_eq!(clock.cancel(handles[1]), Some(1));
		assert_eq!(clock.cancel(handles[1]), None, "once");
		assert_eq!((clock.len(), clock.next_at()), (2, Some(Duration::from_secs(1))));
		assert_eq!(clock.advance().map(|(_, event)| event), Some(0));
		assert_eq!(clock.cancel(handles[0]), None, "it has happened");
		assert_eq!(clock.advance().map(|(_, event)| event), Some(2));
		assert!(clock.is_empty());
	}

	#[test]
	fn places_are_used_again() {
		let mut clock = Clock::default();
		for round in 0..100u32 {
			let first = clock.schedule(Duration::from_secs(u64::from(round)), round);
			clock.schedule(Duration::from_secs(u64::from(round) + 1), round + 1000);
			clock.cancel(first);
			assert_eq!(clock.advance().map(|(_, event)| event), Some(round + 1000));
		}
		assert_eq!((clock.events.len(), clock.free.len()), (2, 2));
	}
}
