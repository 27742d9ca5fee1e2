//! What cores want done, and the parcels and jobs that follow from it.

use super::{Event, Outcome, Sim, Watch};
use crate::{
	fault::{clogged, judge, slowness, Verdict},
	node::{Asked, Open, Write},
	processor::{Removed, Waiting},
	scenario::Parcel,
	Kind, Loss, NodeId, Scenario, SimError,
};
use async_backing_machine::{
	Batch, BatchId, Input, Instant, JobFailure, JobId, Output, PeerEvent, PeerId, Priority, Refusal,
	RequestFailure, RequestId, Ticket, Words,
};
use std::time::Duration;

impl<S: Scenario> Sim<S> {
	pub(super) fn carry_out(
		&mut self,
		id: NodeId,
		output: Output<S::Words>,
		observer: Watch<'_, S>,
	) -> Outcome<S> {
		match output {
			Output::Notify(to, message) => {
				for peer in to.as_slice() {
					self.send(id, *peer, Parcel::Message(message.clone()), observer);
				}
			}
			Output::Request {
				id: request,
				peer,
				request: question,
				timeout,
			} => self.ask(id, peer, request, question, timeout, observer),
			Output::Respond(ticket, answer) => self.answer(id, ticket, answer, observer),
			Output::Report(peer, judgement) => self.report(id, peer, judgement.value()),
			Output::Job {
				id: job,
				priority,
				deadline,
				job: work,
			} => self.add_job(id, job, priority, deadline, work),
			Output::Cancel(job) => self.cancel_job(id, job),
			Output::Store(batch, writes) => return self.store(id, batch, writes),
			Output::SetTimer(timer, at) => {
				let limit = self.config.limits.timers;
				let timers = &mut self.nodes[id.0].timers;
				if timers.len() >= limit {
					return Err(SimError::Overrun {
						node: id,
						what: "timers",
						limit,
					});
				}
				timers.insert(timer, self.clock.schedule(at, Event::Timer(id, timer)));
			}
			Output::ClearTimer(timer) => {
				if let Some(handle) = self.nodes[id.0].timers.remove(&timer) {
					self.clock.cancel(handle);
				}
			}
			Output::Proposal(propose, proposal) => {
				if self
					.proposals
					.get(&propose)
					.is_some_and(|(asked, _)| *asked == id)
				{
					if let Some((_, deadline)) = self.proposals.remove(&propose) {
						self.clock.cancel(deadline);
					}
					let event = Event::Proposed(id, propose, Some(proposal));
					self.clock.schedule(self.clock.now(), event);
				}
			}
			Output::Disconnect(peer) => self.let_go(id, peer),
			// It is in the trace.
			Output::Event(_) => {}
		}
		Ok(())
	}

	fn store(&mut self, id: NodeId, batch_id: BatchId, batch: Batch) -> Outcome<S> {
		let limit = self.config.limits.batches;
		let node = &mut self.nodes[id.0];
		if node.writes.len() >= limit {
			return Err(SimError::Overrun {
				node: id,
				what: "batches",
				limit,
			});
		}
		node.disk_free_at = node
			.disk_free_at
			.max(self.clock.now())
			.saturating_add(self.config.disk);
		let at = self.clock.schedule(node.disk_free_at, Event::Stored(id));
		node.writes.push_back(Write {
			id: batch_id,
			batch,
			at,
		});
		Ok(())
	}

	fn ask(
		&mut self,
		id: NodeId,
		peer: PeerId,
		request: RequestId,
		question: <S::Words as Words>::Request,
		timeout: Duration,
		observer: Watch<'_, S>,
	) {
		let now = self.clock.now();
		let limit = self.config.limits.requests;
		let node = &mut self.nodes[id.0];
		let refused = if node.requests.len() >= limit {
			node.counters.requests_refused = node.counters.requests_refused.saturating_add(1);
			Some(RequestFailure::Refused)
		} else {
			(!node.peers.contains_key(&peer)).then_some(RequestFailure::Disconnected)
		};
		let (at, failure) = match refused {
			Some(failure) => (now, failure),
			None => (now.saturating_add(timeout), RequestFailure::TimedOut),
		};
		let timeout = self.clock.schedule(at, Event::RequestFails(id, request, failure));
		let open = Open {
			peer,
			timeout,
			at: None,
		};
		node.requests.insert(request, open);
		if refused.is_none() {
			self.send(id, peer, Parcel::Request(request, question), observer);
		}
	}

	/// A request has ended: nobody waits for its answer any more. Returns who was asked.
	pub(super) fn end_request(&mut self, id: NodeId, request: RequestId) -> Option<NodeId> {
		let node = &mut self.nodes[id.0];
		let open = node.requests.remove(&request)?;
		let other = node.peers.get(&open.peer).map(|peer| peer.node);
		self.clock.cancel(open.timeout);
		if let Some((at, ticket)) = open.at {
			self.nodes[at.0].tickets.remove(&ticket);
		}
		other
	}

	fn answer(
		&mut self,
		id: NodeId,
		ticket: Ticket,
		answer: Result<<S::Words as Words>::Response, Refusal>,
		observer: Watch<'_, S>,
	) {
		match self.nodes[id.0].tickets.remove(&ticket) {
			Some(Asked { peer, request }) => self.send(id, peer, Parcel::Answer(request, answer), observer),
			None => self.lost(id, None, Kind::Answer, Loss::Gone, observer),
		}
	}

	/// Hands a parcel over to a link.
	pub(super) fn send(
		&mut self,
		from: NodeId,
		peer: PeerId,
		parcel: Parcel<S::Words>,
		observer: Watch<'_, S>,
	) {
		let kind = parcel.kind();
		let Some(end) = self.nodes[from.0].peers.get(&peer).copied() else {
			return self.lost(from, None, kind, Loss::Gone, observer);
		};
		let (now, to) = (self.clock.now(), end.node);
		let Some(sent) = parcel.sent() else { return };
		let mut verdict = judge(&self.config.faults, &mut self.random, now, (from, to), kind);
		if self.scenario.loses(now, from, to, sent) {
			verdict = Verdict::Lost;
		}
		let (delay, garbled, repeated) = match verdict {
			Verdict::Lost => (Duration::ZERO, false, false),
			Verdict::Passes {
				delay,
				garbled,
				repeated,
			} => (delay, garbled, repeated),
		};
		let bytes = self.scenario.bytes(sent);
		let in_order = matches!(kind, Kind::Message | Kind::View);
		// What a fault takes is lost on the way: it has used the link up.
		self.links.clog(from, clogged(&self.config.faults, now, from));
		let arrival = self.links.send(now, (from, to), bytes, in_order, delay);
		let counters = &mut self.nodes[from.0].counters;
		let with_overhead = bytes.saturating_add(crate::OVERHEAD) as u64;
		match arrival {
			Err(_) => self.lost(from, Some(to), kind, Loss::Overflow, observer),
			Ok(_) if verdict == Verdict::Lost => {
				counters.bytes_sent = counters.bytes_sent.saturating_add(with_overhead);
				self.lost(from, Some(to), kind, Loss::Fault, observer);
			}
			Ok(at) => {
				counters.bytes_sent = counters.bytes_sent.saturating_add(with_overhead);
				let again = match &parcel {
					Parcel::Message(message) if repeated => Some(Parcel::Message(message.clone())),
					_ => None,
				};
				let first = if garbled { parcel.garbled() } else { parcel };
				for parcel in std::iter::once(first).chain(again) {
					let event = Event::Arrives {
						from,
						to,
						peer: end.our_name,
						parcel,
					};
					self.clock.schedule(at, event);
				}
			}
		}
	}

	/// A parcel is there.
	pub(super) fn arrives(
		&mut self,
		from: NodeId,
		to: NodeId,
		peer: PeerId,
		parcel: Parcel<S::Words>,
		observer: Watch<'_, S>,
	) -> Outcome<S> {
		let kind = parcel.kind();
		if !self.nodes[to.0].peers.contains_key(&peer) {
			self.lost(from, Some(to), kind, Loss::Gone, observer);
			return Ok(());
		}
		let input = match parcel {
			Parcel::Message(message) => Input::Peer(peer, PeerEvent::Message(message)),
			Parcel::View(view) => Input::Peer(peer, PeerEvent::View(view)),
			Parcel::Request(request, question) => {
				let ticket = Ticket(self.next_ticket);
				self.next_ticket = self.next_ticket.wrapping_add(1);
				// An answer is of use as long as the other end waits for it.
				if let Some(open) = self.nodes[from.0].requests.get_mut(&request) {
					open.at = Some((to, ticket));
					self.nodes[to.0].tickets.insert(ticket, Asked { peer, request });
				}
				Input::Request(peer, ticket, question)
			}
			answer @ (Parcel::Answer(..) | Parcel::Garbled(_)) => {
				let outcome = answer.outcome();
				let requests = &self.nodes[to.0].requests;
				let open = outcome
					.filter(|(request, _)| requests.get(request).is_some_and(|open| open.peer == peer));
				let Some((request, outcome)) = open else {
					self.lost(from, Some(to), kind, Loss::Gone, observer);
					return Ok(());
				};
				self.end_request(to, request);
				Input::Response(request, outcome)
			}
		};
		self.input(to, Some(from), input, observer)
	}

	fn add_job(
		&mut self,
		id: NodeId,
		job_id: JobId,
		priority: Priority,
		deadline: Instant,
		job: <S::Words as Words>::Job,
	) {
		let room = self.config.processor(id).room;
		let late = Event::JobEnds(id, job_id, Err(JobFailure::Late));
		let waiting = Waiting {
			id: job_id,
			deadline,
			job,
			late: self.clock.schedule(deadline, late),
		};
		let node = &mut self.nodes[id.0];
		if let Some(dropped) = node.jobs.push(priority, waiting, room) {
			node.counters.jobs_dropped = node.counters.jobs_dropped.saturating_add(1);
			self.clock.cancel(dropped.late);
			self.end_job(id, dropped.id, JobFailure::Dropped);
		}
	}

	fn cancel_job(&mut self, id: NodeId, job: JobId) {
		let handle = match self.nodes[id.0].jobs.remove(job) {
			Some(Removed::Waited { late }) => late,
			Some(Removed::Ran { end }) => end,
			Some(Removed::Ended { end }) => {
				// It keeps the end that it has.
				self.nodes[id.0].jobs.end(job, end);
				return;
			}
			None => return,
		};
		self.clock.cancel(handle);
		self.end_job(id, job, JobFailure::Cancelled);
	}

	/// A job comes to nothing, now.
	fn end_job(&mut self, id: NodeId, job: JobId, failure: JobFailure) {
		let now = self.clock.now();
		let end = self.clock.schedule(now, Event::JobEnds(id, job, Err(failure)));
		self.nodes[id.0].jobs.end(job, end);
	}

	/// Begins jobs, as far as the processor is free.
	pub(super) fn work(&mut self, id: NodeId) -> Outcome<S> {
		let now = self.clock.now();
		let processor = self.config.processor(id);
		while let Some(next) = self.nodes[id.0].jobs.next(processor.lanes) {
			self.clock.cancel(next.late);
			let (done, price) = self.scenario.work(id, next.job)?;
			let time = processor.time(price, slowness(&self.config.faults, now, id));
			let end = now.saturating_add(time);
			let (at, result) = if end > next.deadline {
				(next.deadline, Err(JobFailure::Late))
			} else {
				(end, Ok(done))
			};
			let end = self.clock.schedule(at, Event::JobEnds(id, next.id, result));
			self.nodes[id.0].jobs.run(next.id, end);
		}
		Ok(())
	}
}
