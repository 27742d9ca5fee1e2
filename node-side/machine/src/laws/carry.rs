//! What a core wants done is done, and what it says is held against it.

use super::{driver::Driver, Breach, Law, OpenJob, OpenRequest, Promise, WordsOf, World};
use crate::{Instant, Output, Ticket};

impl<W: World> Driver<'_, W> {
	/// Carries an output out, or at least begins to.
	pub(super) fn carry_out(&mut self, output: Output<WordsOf<W>>) -> Result<(), Breach> {
		for promise in self.world.promises(&output) {
			self.hold(promise)?;
		}
		match output {
			Output::Request {
				id,
				peer,
				request,
				timeout,
			} => {
				if !self.world.is_right_peer(peer, &request, &self.open) {
					return Err(Breach::new(
						Law::Sessions,
						format!("{request:?} is asked of {peer:?}, which is not the one"),
					));
				}
				let round = self.round(&request);
				let insists = self.watch.insists(&request, peer, round, self.report.inputs);
				if let (Some(tried), Some(core)) = (insists, &self.core) {
					if self.world.has_successor(core, &request, tried, &self.open) {
						return Err(Breach::new(
							Law::Ends,
							format!("{request:?} is asked of {peer:?} again, and there are others"),
						));
					}
				}
				self.report.requests = self.report.requests.saturating_add(1);
				self.watch.asked(&request, peer, round);
				let deadline = self.open.now.saturating_add(timeout);
				self.check_deadline("a request", deadline)?;
				let open = OpenRequest {
					peer,
					request,
					deadline,
					round,
				};
				self.open.requests.insert(id, open);
			}
			Output::Respond(ticket, _) => self.answer_ticket(ticket)?,
			Output::Report(peer, judgement) => {
				if judgement.value() < 0 {
					self.report.costs = self.report.costs.saturating_add(1);
					self.watch.settled(peer);
				}
			}
			Output::Job {
				id,
				priority,
				deadline,
				job,
			} => {
				self.report.jobs = self.report.jobs.saturating_add(1);
				self.check_deadline("a job", deadline)?;
				let open = OpenJob {
					priority,
					deadline,
					job,
					is_cancelled: false,
				};
				self.open.jobs.insert(id, open);
			}
			Output::Cancel(id) => {
				// It may have been the check of something hostile.
				self.watch.settle_all();
				if let Some(job) = self.open.jobs.get_mut(&id) {
					job.is_cancelled = true;
				}
			}
			Output::Store(id, batch) => self.open.batches.push_back((id, batch)),
			Output::SetTimer(id, at) => {
				self.open.timers.insert(id, at);
			}
			Output::ClearTimer(id) => {
				self.open.timers.remove(&id);
			}
			Output::Proposal(id, _) => {
				if self.open.proposals.remove(&id).is_none() {
					return Err(Breach::new(
						Law::Ends,
						format!("{id:?} is answered twice, or was never asked"),
					));
				}
				self.report.answers = self.report.answers.saturating_add(1);
			}
			// It takes the driver a while: whoever is let go goes on speaking until its connection ends.
			Output::Disconnect(peer) => self.watch.settled(peer),
			Output::Notify(..) | Output::Event(_) => {}
		}
		Ok(())
	}

	/// The core is told that something ended as late as this.
	fn check_deadline(&self, what: &str, deadline: Instant) -> Result<(), Breach> {
		let latest = self.open.now.saturating_add(self.world.patience());
		match deadline <= latest {
			true => Ok(()),
			false => Err(Breach::new(
				Law::Ends,
				format!("{what} may take until {deadline:?}, but nobody waits longer than {latest:?}"),
			)),
		}
	}

	/// What is open after an input was handled.
	pub(super) fn check_what_is_open(&self) -> Result<(), Breach> {
		let Some(core) = &self.core else { return Ok(()) };
		if self.world.is_waiting(core) && !self.open.is_something_coming() {
			let what = "the core waits for something, but nothing is open";
			return Err(Breach::new(Law::Ends, what));
		}
		let (taken, is) = (self.world.taken_for_open(core), self.open.len());
		if taken > is {
			let what = format!("the core takes {taken} things for open, but {is} are");
			return Err(Breach::new(Law::Memory, what));
		}
		let timers = self.open.timers.len();
		if let Some(of_use) = self.world.timers_of_use(core).filter(|of_use| timers > *of_use) {
			let what = format!("{timers} timers are set, but {of_use} are of use");
			return Err(Breach::new(Law::Memory, what));
		}
		let mut under_way = self.open.jobs.iter().filter(|(_, job)| !job.is_cancelled);
		match under_way.find(|(id, _)| !self.world.is_of_use(core, **id)) {
			Some((id, job)) => Err(Breach::new(
				Law::Memory,
				format!("{id:?} is of no use and not cancelled: {:?}", job.job),
			)),
			None => Ok(()),
		}
	}

	fn answer_ticket(&mut self, ticket: Ticket) -> Result<(), Breach> {
		if self.open.tickets.remove(&ticket).is_some() {
			self.answered.insert(ticket);
			self.report.answers = self.report.answers.saturating_add(1);
			return Ok(());
		}
		let what = if self.answered.contains(&ticket) {
			format!("{ticket:?} is answered twice")
		} else {
			format!("{ticket:?} is answered, but nobody asked")
		};
		Err(Breach::new(Law::Ends, what))
	}

	/// A promise is kept, whatever happens in between.
	fn hold(&mut self, promise: Promise) -> Result<(), Breach> {
		match self.promised.get(&promise.key) {
			Some(value) if *value != promise.value => Err(Breach::new(
				Law::Restart,
				format!(
					"two promises about {:02x?}: first {value:02x?}, then {:02x?}",
					promise.key, promise.value
				),
			)),
			Some(_) => Ok(()),
			None => {
				self.promised.insert(promise.key, promise.value);
				Ok(())
			}
		}
	}
}
