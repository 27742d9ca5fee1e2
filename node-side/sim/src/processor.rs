//! A node's processor: jobs by priority, each at its price.

use crate::clock::Handle;
use async_backing_machine::{Instant, JobId, Priority};
use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

/// What a job costs: known of the work, and of nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
	/// Fuel of what was executed.
	pub fuel: u64,
	/// Bytes that were hashed, coded or copied.
	pub bytes: u64,
}

/// How fast a node works, and how much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor {
	/// Fuel per second.
	pub fuel_per_second: u64,
	/// Bytes per second.
	pub bytes_per_second: u64,
	/// Jobs at once.
	pub lanes: usize,
	/// Jobs that may wait. One more drops the last of those with the lowest priority.
	pub room: usize,
}

impl Default for Processor {
	fn default() -> Self {
		Self {
			fuel_per_second: 1_000_000_000,
			bytes_per_second: 100_000_000,
			lanes: 1,
			room: 1024,
		}
	}
}

impl Processor {
	/// How long a job takes, in so many per cent of the usual time.
	pub fn time(&self, price: Price, percent: u32) -> Duration {
		let part = |amount: u64, per_second: u64| {
			u128::from(amount).saturating_mul(1_000_000_000) / u128::from(per_second.max(1))
		};
		let usual =
			part(price.fuel, self.fuel_per_second).saturating_add(part(price.bytes, self.bytes_per_second));
		let nanos = usual.saturating_mul(percent.into()) / 100;
		Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
	}
}

/// A job that waits.
#[derive(Debug)]
pub(crate) struct Waiting<Job> {
	pub(crate) id: JobId,
	pub(crate) deadline: Instant,
	pub(crate) job: Job,
	/// Ends it at its deadline.
	pub(crate) late: Handle,
}

/// What a job was, when it is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
	Waited {
		late: Handle,
	},
	Ran {
		end: Handle,
	},
	/// Its end is told at this very instant.
	Ended {
		end: Handle,
	},
}

type Place = (Reverse<Priority>, u64);

/// The jobs of a node.
#[derive(Debug)]
pub(crate) struct Jobs<Job> {
	waiting: BTreeMap<Place, Waiting<Job>>,
	places: BTreeMap<JobId, Place>,
	/// Running jobs, with what ends them.
	running: BTreeMap<JobId, Handle>,
	/// Jobs that came to nothing, until their core has heard of it.
	ended: BTreeMap<JobId, Handle>,
	next_sequence: u64,
}

impl<Job> Default for Jobs<Job> {
	fn default() -> Self {
		Self {
			waiting: BTreeMap::new(),
			places: BTreeMap::new(),
			running: BTreeMap::new(),
			ended: BTreeMap::new(),
			next_sequence: 0,
		}
	}
}

impl<Job> Jobs<Job> {
	/// Lets a job wait. Returns one that finds no room for it.
	pub(crate) fn push(
		&mut self,
		priority: Priority,
		waiting: Waiting<Job>,
		room: usize,
	) -> Option<Waiting<Job>> {
		let place = (Reverse(priority), self.next_sequence);
		self.next_sequence = self.next_sequence.wrapping_add(1);
		self.places.insert(waiting.id, place);
		self.waiting.insert(place, waiting);
		if self.waiting.len() <= room {
			return None;
		}
		let (_, dropped) = self.waiting.pop_last()?;
		self.places.remove(&dropped.id);
		Some(dropped)
	}

	/// Takes the next job out, if fewer than `lanes` run.
	pub(crate) fn next(&mut self, lanes: usize) -> Option<Waiting<Job>> {
		if self.running.len() >= lanes {
			return None;
		}
		let (_, next) = self.waiting.pop_first()?;
		self.places.remove(&next.id);
		Some(next)
	}

	/// A job runs.
	pub(crate) fn run(&mut self, id: JobId, end: Handle) {
		self.running.insert(id, end);
	}

	/// A job comes to nothing.
	pub(crate) fn end(&mut self, id: JobId, end: Handle) {
		self.ended.insert(id, end);
	}

	/// Takes a job out, wherever it is.
	pub(crate) fn remove(&mut self, id: JobId) -> Option<Removed> {
		if let Some(place) = self.places.remove(&id) {
			let late = self.waiting.remove(&place)?.late;
			return Some(Removed::Waited { late });
		}
		if let Some(end) = self.ended.remove(&id) {
			return Some(Removed::Ended { end });
		}
		self.running.remove(&id).map(|end| Removed::Ran { end })
	}

	/// Takes all out: what would have ended them.
	pub(crate) fn clear(&mut self) -> Vec<Handle> {
		self.places.clear();
		let waiting = std::mem::take(&mut self.waiting)
			.into_values()
			.map(|job| job.late);
		let running = std::mem::take(&mut self.running).into_values();
		waiting
			.chain(running)
			.chain(std::mem::take(&mut self.ended).into_values())
			.collect()
	}

	/// Jobs that wait, and that run.
	#[cfg(test)]
	pub(crate) fn len(&self) -> (usize, usize) {
		(self.waiting.len(), self.running.len())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Clock;

	#[test]
	fn a_price_is_fuel_and_bytes() {
		let processor = Processor {
			fuel_per_second: 1_000,
			bytes_per_second: 2_000,
			..Processor::default()
		};
		let price = Price {
			fuel: 500,
			bytes: 3_000,
		};
		assert_eq!(processor.time(price, 100), Duration::from_secs(2));
		assert_eq!(processor.time(price, 250), Duration::from_secs(5));
		assert_eq!(processor.time(Price::default(), 100), Duration::ZERO);
	}

	#[test]
	fn higher_ones_first_and_the_last_of_the_lowest_is_dropped() {
		let mut clock = Clock::default();
		let mut jobs = Jobs::default();
		let mut push = |jobs: &mut Jobs<()>, id, priority| {
			let waiting = Waiting {
				id: JobId(id),
				deadline: Duration::from_secs(9),
				job: (),
				late: clock.schedule(Duration::from_secs(9), ()),
			};
			jobs.push(priority, waiting, 3).map(|dropped| dropped.id.0)
		};
		assert_eq!(push(&mut jobs, 1, Priority::Low), None);
		assert_eq!(push(&mut jobs, 2, Priority::Normal), None);
		assert_eq!(push(&mut jobs, 3, Priority::Low), None);
		assert_eq!(push(&mut jobs, 4, Priority::High), Some(3));
		assert_eq!(push(&mut jobs, 5, Priority::Low), Some(5), "itself");
		let order: Vec<_> = std::iter::from_fn(|| jobs.next(1).map(|job| job.id.0)).collect();
		assert_eq!(order, [4, 2, 1]);
		assert_eq!(jobs.len(), (0, 0));
	}
}
