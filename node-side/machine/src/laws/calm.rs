//! When nobody says anything any more, and everything runs out.

use super::{driver::Driver, Breach, Intent, Law, World};
use crate::{RequestFailure, RequestId, TimerId};
use std::time::Duration;

/// Inputs while everything runs out. A core that needs more goes in circles.
const MOST: u64 = 50_000;

impl<W: World> Driver<'_, W> {
	/// For as long as the core's patience nobody says anything, nothing is delayed, and whatever can end ends. Then nobody
	/// waits for the core any more. Only now can that be said: in a storm it may be the driver that is late.
	pub(super) fn calm(&mut self) -> Result<(), Breach> {
		(self.stalled, self.cut) = ([false; 4], None);
		self.watch.begin_again(self.open.now);
		let until = self.open.now.saturating_add(self.world.patience());
		let last = self.report.inputs.saturating_add(MOST);
		while self.end_next(until)? {
			self.stop_circles(last)?;
		}
		self.wait_until(until);
		self.look_for_the_forgotten()?;
		let mut tickets = self.open.tickets.iter();
		if let Some((ticket, peer)) = tickets.find(|(_, peer)| self.open.peers.contains_key(peer)) {
			return Err(Breach::new(
				Law::Ends,
				format!("{ticket:?} of {peer:?} is never answered"),
			));
		}
		if let Some((id, _)) = self.open.proposals.first_key_value() {
			return Err(Breach::new(Law::Ends, format!("{id:?} is never answered")));
		}
		if let Some((peer, step)) = self.watch.unsettled() {
			return Err(Breach::new(
				Law::Checked,
				format!("no report names {peer:?}, which was hostile at input {step}"),
			));
		}
		Ok(())
	}

	/// The end: it is calm, then everybody leaves, and everything runs out.
	pub(super) fn run_out(&mut self) -> Result<(), Breach> {
		self.calm()?;
		let last = self.report.inputs.saturating_add(MOST);
		while let Some(peer) = self.open.peers.keys().next().copied() {
			self.disconnect(peer)?;
		}
		while self.end_work()? || self.end_requests()? {
			self.stop_circles(last)?;
		}
		Ok(())
	}

	/// The next thing ends, if that is before `until`.
	fn end_next(&mut self, until: Duration) -> Result<bool, Breach> {
		if self.end_work()? {
			return Ok(true);
		}
		let request = self
			.open
			.requests
			.iter()
			.map(|(id, open)| (open.deadline, *id))
			.min();
		let timer = self.open.timers.iter().map(|(id, at)| (*at, *id)).min();
		if let Some((_, id)) = request {
			if self.choices.flip() {
				self.answer_request(id)?;
				return Ok(true);
			}
		}
		match (request, timer) {
			(Some((at, id)), timer) if at <= until && timer.is_none_or(|(later, _)| at <= later) => {
				self.let_time_out(at, id)?;
			}
			(_, Some((at, id))) if at <= until => self.let_run_out(at, id)?,
			_ => return Ok(false),
		}
		Ok(true)
	}

	fn let_time_out(&mut self, at: Duration, id: RequestId) -> Result<(), Breach> {
		self.wait_until(at);
		self.end_request(id, Err(self.silence_of(id)), Intent::Honest)
	}

	fn let_run_out(&mut self, at: Duration, id: TimerId) -> Result<(), Breach> {
		self.wait_until(at);
		self.end_timer(id)
	}

	/// A batch is stored or a job done, if there is one.
	fn end_work(&mut self) -> Result<bool, Breach> {
		if !self.open.batches.is_empty() {
			self.store()?;
			return Ok(true);
		}
		let Some((id, deadline)) = self
			.open
			.jobs
			.iter()
			.map(|(id, open)| (*id, open.deadline))
			.next()
		else {
			return Ok(false);
		};
		let failure = (deadline < self.open.now).then(|| self.lateness_of(id));
		self.end_job(id, failure)?;
		Ok(true)
	}

	/// A request to somebody who has left ends, if there is one.
	fn end_requests(&mut self) -> Result<bool, Breach> {
		let Some(id) = self.open.requests.keys().next().copied() else {
			return Ok(false);
		};
		self.end_request(id, Err(RequestFailure::Disconnected), Intent::Honest)?;
		Ok(true)
	}

	fn stop_circles(&self, last: u64) -> Result<(), Breach> {
		if self.report.inputs <= last {
			return Ok(());
		}
		Err(Breach::new(
			Law::Ends,
			format!("{MOST} inputs after the last word of anybody the core goes on"),
		))
	}
}
