//! One step of a run: time passes, something ends, or something happens.

use super::{
	driver::{Driver, NOBODY},
	Breach, Intent, Law, Promise, World,
};
use crate::{Input, JobFailure, JobId, Outbox, RequestFailure, RequestId};
use std::time::Duration;

/// What happens at once in a flood: more than any bound for one peer.
const FLOOD: u64 = 300;

/// Kinds of things that may stop for a while, as indices.
const REQUESTS: usize = 0;
const JOBS: usize = 1;
const TIMERS: usize = 2;
const BATCHES: usize = 3;

impl<W: World> Driver<'_, W> {
	/// One step.
	pub(super) fn step(&mut self) -> Result<(), Breach> {
		self.pass_time();
		self.end_overdue()?;
		if self.choices.one_in(self.weather.stalls) {
			let kind = self.choices.index(self.stalled.len());
			self.stalled[kind] = !self.stalled[kind];
		}
		if self.choices.one_in(self.weather.crashes) {
			if self.choices.flip() {
				self.has_crashed = true;
				return Ok(());
			}
			self.cut = Some(self.choices.index(4));
		}
		if self.choices.one_in(self.weather.disconnections) {
			if let Some(peer) = self.choices.pick_from(self.open.peers.keys()).copied() {
				return self.disconnect(peer);
			}
		}
		if self.choices.one_in(self.weather.floods) {
			return self.flood();
		}
		// As many things end as happen, in the long run, unless they have stopped.
		let times = self.choices.below(4);
		match self.choices.below(16) {
			0..=5 => self.happen(),
			6..=8 if !self.stalled[REQUESTS] => (0..=times).try_for_each(|_| self.end_some_request()),
			9..=12 if !self.stalled[JOBS] => (0..=times).try_for_each(|_| self.end_some_job()),
			13..=14 if !self.stalled[BATCHES] => (0..=times).try_for_each(|_| self.store()),
			_ => self.happen(),
		}
	}

	/// One peer says much at once. Then the core may crash, and is seen to hold what it holds at its worst.
	fn flood(&mut self) -> Result<(), Breach> {
		self.open.loud = self.choices.pick_from(self.open.peers.keys()).copied();
		for _ in 0..FLOOD {
			if self.has_crashed || self.choices.is_over() {
				break;
			}
			self.happen()?;
		}
		self.open.loud = None;
		self.has_crashed |= self.weather.crashes > 0 && self.choices.flip();
		Ok(())
	}

	fn pass_time(&mut self) {
		let now = self.open.now;
		let step = match self.choices.below(64) {
			0..=31 => Duration::ZERO,
			32..=55 => Duration::from_millis(self.choices.below(100)),
			56..=61 => Duration::from_millis(self.choices.below(3000)),
			62 => return self.wait_until(self.next_end().unwrap_or(now)),
			_ => Duration::from_secs(self.choices.pick(&[6, 6, 60, 3600]).copied().unwrap_or(6)),
		};
		self.wait_until(now.saturating_add(step));
	}

	/// When the next thing ends by itself.
	fn next_end(&self) -> Option<Duration> {
		let requests = self.open.requests.values().map(|request| request.deadline);
		let jobs = self.open.jobs.values().map(|job| job.deadline);
		let timers = self.open.timers.values().copied();
		requests
			.chain(jobs)
			.chain(timers)
			.filter(|at| *at > self.open.now)
			.min()
	}

	/// What is late ends; now, or a little later.
	fn end_overdue(&mut self) -> Result<(), Breach> {
		let now = self.open.now;
		let requests = self.open.requests.iter().filter(|(_, open)| open.deadline <= now);
		let requests: Vec<_> = requests.map(|(id, _)| *id).collect();
		let jobs = self.open.jobs.iter().filter(|(_, open)| open.deadline < now);
		let jobs: Vec<_> = jobs.map(|(id, _)| *id).collect();
		let timers = self.open.timers.iter().filter(|(_, at)| **at <= now);
		let timers: Vec<_> = timers.map(|(id, _)| *id).collect();
		for id in requests {
			if !self.choices.one_in(4) {
				self.end_request(id, Err(self.silence_of(id)), Intent::Honest)?;
			}
		}
		for id in jobs {
			if !self.choices.one_in(4) {
				self.end_job(id, Some(self.lateness_of(id)))?;
			}
		}
		for id in timers {
			if !self.stalled[TIMERS] && !self.choices.one_in(4) {
				self.end_timer(id)?;
			}
		}
		Ok(())
	}

	fn end_some_request(&mut self) -> Result<(), Breach> {
		match self.choices.pick_from(self.open.requests.keys()).copied() {
			Some(id) if self.choices.below(16) >= 16u64.saturating_sub(self.weather.failing_requests) => {
				self.fail_request(id)
			}
			Some(id) => self.answer_request(id),
			None => Ok(()),
		}
	}

	/// A request is answered, well or badly, if the peer is there.
	pub(super) fn answer_request(&mut self, id: RequestId) -> Result<(), Breach> {
		let Some(open) = self.open.requests.get(&id) else {
			return Ok(());
		};
		if !self.open.peers.contains_key(&open.peer) {
			return self.end_request(id, Err(RequestFailure::Disconnected), Intent::Honest);
		}
		if open.deadline < self.open.now {
			return self.end_request(id, Err(RequestFailure::TimedOut), Intent::Honest);
		}
		let reply = self
			.world
			.answer(open.peer, &open.request, &self.open, &mut self.choices);
		self.end_request(id, Ok(reply.response), reply.intent)
	}

	fn fail_request(&mut self, id: RequestId) -> Result<(), Breach> {
		let Some((peer, deadline)) = self.open.requests.get(&id).map(|open| (open.peer, open.deadline))
		else {
			return Ok(());
		};
		let is_here = self.open.peers.contains_key(&peer);
		let failure = match self.choices.below(8) {
			_ if !is_here => RequestFailure::Disconnected,
			0..=2 => RequestFailure::Refused,
			3 => RequestFailure::Malformed,
			4 if self.weather.disconnections > 0 => return self.disconnect(peer),
			_ => {
				self.wait_until(deadline);
				RequestFailure::TimedOut
			}
		};
		self.end_request(id, Err(failure), Intent::Honest)
	}

	/// Why a request ends that nobody answers.
	pub(super) fn silence_of(&self, id: RequestId) -> RequestFailure {
		match self.open.requests.get(&id) {
			Some(open) if self.open.peers.contains_key(&open.peer) => RequestFailure::TimedOut,
			_ => RequestFailure::Disconnected,
		}
	}

	fn end_some_job(&mut self) -> Result<(), Breach> {
		let Some(id) = self.choices.pick_from(self.open.jobs.keys()).copied() else {
			return Ok(());
		};
		let is_cancelled = self.open.jobs.get(&id).is_some_and(|job| job.is_cancelled);
		let failure = if is_cancelled && self.choices.flip() {
			Some(JobFailure::Cancelled)
		} else {
			let fails = self.choices.below(16) >= 16u64.saturating_sub(self.weather.failing_jobs);
			fails.then_some(JobFailure::Dropped)
		};
		self.end_job(id, failure)
	}

	/// Why a job ends that nobody does.
	pub(super) fn lateness_of(&self, id: JobId) -> JobFailure {
		match self.open.jobs.get(&id) {
			Some(open) if open.is_cancelled => JobFailure::Cancelled,
			_ => JobFailure::Late,
		}
	}

	/// The core is gone; another one starts from what was stored.
	pub(super) fn restart(&mut self) -> Result<(), Breach> {
		self.report.crashes = self.report.crashes.saturating_add(1);
		// Of what was to be written, any beginning has reached the disk.
		for _ in 0..self.choices.index(self.open.batches.len().saturating_add(1)) {
			if let Some((_, batch)) = self.open.batches.pop_front() {
				self.open.stored.apply(&batch);
			}
		}
		self.stop()?;
		// Ids begin again, or go on: a driver may do either.
		let first = if self.choices.flip() {
			self.report.inputs << 32
		} else {
			0
		};
		self.out = Outbox::new(self.weather.room).starting_at(first);
		self.out.reserve();
		self.core = Some(self.world.core());
		self.has_crashed = false;
		self.tell(Input::Restored(self.open.stored.clone()), NOBODY)?;
		let Some(core) = &self.core else { return Ok(()) };
		for (key, value) in &self.promised {
			let promise = Promise {
				key: key.clone(),
				value: value.clone(),
			};
			if !self.world.remembers(core, &promise) {
				return Err(Breach::new(
					Law::Restart,
					format!("after a restart {promise:02x?} is forgotten"),
				));
			}
		}
		Ok(())
	}

	/// The core goes, and with it what it held (law 3).
	pub(super) fn stop(&mut self) -> Result<(), Breach> {
		let bound = self.world.memory_bound();
		self.stop_within(bound, false)
	}

	/// The same, at rest: nothing is open, and nobody there.
	pub(super) fn rest(&mut self) -> Result<(), Breach> {
		let bound = self.core.as_ref().map_or(0, |core| self.world.rest_bound(core));
		self.stop_within(bound, true)
	}

	fn stop_within(&mut self, bound: usize, is_at_rest: bool) -> Result<(), Breach> {
		self.has_crashed = true;
		self.cut = None;
		self.out = Outbox::new(0);
		self.outputs = Vec::new();
		self.open.crash();
		self.watch = Default::default();
		self.answered.clear();
		self.world.crashed();
		let core = &mut self.core;
		let Some(measure) = self.plan.measure else {
			*core = None;
			return Ok(());
		};
		let kept = measure(&mut || *core = None).kept;
		let held = usize::try_from(kept.saturating_neg()).unwrap_or(0);
		self.report.memory = self.report.memory.max(held);
		if is_at_rest {
			self.report.rest = self.report.rest.max(held);
		}
		if held > bound {
			let when = if is_at_rest { " at rest" } else { "" };
			return Err(Breach::new(
				Law::Memory,
				format!("the core held {held} bytes{when}, but its bound is {bound}"),
			));
		}
		Ok(())
	}
}
