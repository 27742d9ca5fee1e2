//! The simulation: nodes, links and a scenario on one virtual clock.
//!
//! Invariants:
//! - everything that happens is an entry of the clock's queue, handled one after the other: a run follows from its
//!   configuration and its scenario alone;
//! - the promises of a driver, as [`Input`] has them: each request and each job ends with one answer, in one life of its
//!   core; requests to a peer end before its disconnection is told; batches are stored in order.

mod connections;
mod outputs;

use crate::{
	links::Links,
	node::Node,
	scenario::{Parcel, Wish},
	Agenda, Clock, ConfigError, Counters, Fault, Kind, Loss, Moment, NodeId, Observer, Scenario, SimConfig,
	SimError, Step, Trace, What,
};
use async_backing_machine::{
	Input, Instant, JobFailure, JobId, PeerId, ProposeId, RequestFailure, RequestId, Snapshot, TimerId, Words,
};
use rand::Rng;
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};
use std::{collections::BTreeMap, fmt, time::Duration};

/// Something that waits for its time.
enum Event<S: Scenario> {
	Begin,
	Start(NodeId),
	Crash(NodeId, Option<Duration>),
	Connect(NodeId, NodeId),
	/// Nodes of a fault of this number notice that they are apart.
	Parted(usize),
	/// They reach each other again.
	Reunited(usize),
	/// A node notices that a peer is gone.
	Gone(NodeId, PeerId),
	Arrives {
		from: NodeId,
		to: NodeId,
		peer: PeerId,
		parcel: Parcel<S::Words>,
	},
	RequestFails(NodeId, RequestId, RequestFailure),
	JobEnds(NodeId, JobId, Result<<S::Words as Words>::Done, JobFailure>),
	Stored(NodeId),
	Timer(NodeId, TimerId),
	Wish(Wish<S>),
	Proposed(NodeId, ProposeId, Option<<S::Words as Words>::Proposal>),
}

type Watch<'a, S> = &'a mut dyn Observer<<S as Scenario>::Words, <S as Scenario>::Note>;
type Outcome<S> = Result<(), SimError<<S as Scenario>::Error>>;

/// A network of nodes on a virtual clock.
///
/// See the crate's documentation for an example.
pub struct Sim<S: Scenario> {
	scenario: S,
	config: SimConfig,
	clock: Clock<Event<S>>,
	nodes: Vec<Node<S::Words>>,
	links: Links,
	/// Of faults: beside that of the links, so that a fault moves nothing but what it hits.
	random: ChaCha8Rng,
	proposals: BTreeMap<ProposeId, (NodeId, crate::clock::Handle)>,
	next_peer: u64,
	next_ticket: u64,
	next_propose: u64,
	trace: Trace,
	stopped: bool,
	/// The present instant, and events at it.
	at_once: (Instant, u64),
}

impl<S: Scenario> fmt::Debug for Sim<S> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Sim")
			.field("now", &self.clock.now())
			.field("nodes", &self.nodes)
			.field("trace", &self.trace)
			.finish_non_exhaustive()
	}
}

impl<S: Scenario> Sim<S> {
	/// A network before its first instant.
	///
	/// # Errors
	/// The configuration names a node that there is not.
	pub fn new(config: SimConfig, scenario: S) -> Result<Self, ConfigError> {
		config.validate()?;
		let mut random = ChaCha8Rng::seed_from_u64(config.seed);
		random.set_stream(1);
		let mut sim = Self {
			scenario,
			clock: Clock::default(),
			nodes: (0..config.nodes).map(|_| Node::default()).collect(),
			links: Links::new(config.topology.clone(), config.seed),
			random,
			proposals: BTreeMap::new(),
			next_peer: 0,
			next_ticket: 0,
			next_propose: 0,
			trace: Trace::default(),
			stopped: false,
			at_once: (Instant::ZERO, 0),
			config,
		};
		sim.clock.schedule(Instant::ZERO, Event::Begin);
		sim.plan();
		Ok(sim)
	}

	/// Puts the plan of faults into the clock.
	fn plan(&mut self) {
		for (number, fault) in self.config.faults.iter().enumerate() {
			match fault {
				Fault::Crash {
					node,
					when,
					restart_after,
				} => match when {
					Moment::At(at) => {
						self.clock.schedule(*at, Event::Crash(*node, *restart_after));
					}
					Moment::Input(count) => {
						self.nodes[node.0].crash_with_input.insert(*count, *restart_after);
					}
					Moment::Output(count) => {
						self.nodes[node.0]
							.crash_after_output
							.insert(*count, *restart_after);
					}
				},
				Fault::Apart {
					during,
					noticed_after,
					..
				} => {
					let noticed = noticed_after.map(|after| during.start.saturating_add(after));
					if let Some(noticed) = noticed.filter(|noticed| *noticed < during.end) {
						self.clock.schedule(noticed, Event::Parted(number));
					}
					if during.end < Instant::MAX {
						self.clock.schedule(during.end, Event::Reunited(number));
					}
				}
				Fault::Parcels { .. } | Fault::Slow { .. } | Fault::Clogged { .. } => {}
			}
		}
	}

	/// The present.
	pub fn now(&self) -> Instant {
		self.clock.now()
	}

	/// When the next event happens; `None` if nothing is going to.
	pub fn next_at(&self) -> Option<Instant> {
		self.clock.next_at()
	}

	/// What runs on it.
	pub fn scenario(&self) -> &S {
		&self.scenario
	}

	/// What runs on it, for asking it things that no node can ask.
	pub fn scenario_mut(&mut self) -> &mut S {
		&mut self.scenario
	}

	/// Number and hash of the steps so far.
	pub fn trace(&self) -> Trace {
		self.trace
	}

	/// What was counted at a node; `None` if there is none.
	pub fn counters(&self, node: NodeId) -> Option<Counters> {
		let node = self.nodes.get(node.0)?;
		let mut counters = node.counters;
		counters.outputs_refused = counters.outputs_refused.saturating_add(node.out.refused());
		Some(counters)
	}

	/// What a node has stored; `None` if there is none.
	pub fn stored(&self, node: NodeId) -> Option<&Snapshot> {
		self.nodes.get(node.0).map(|node| &node.stored)
	}

	/// Whether a node runs.
	pub fn is_up(&self, node: NodeId) -> bool {
		self.nodes.get(node.0).is_some_and(|node| node.core.is_some())
	}

	/// Events that wait for their time: what is under way, all in all.
	pub fn under_way(&self) -> usize {
		self.clock.len()
	}

	/// Runs until the scenario stops, or nothing is left to happen.
	///
	/// # Errors
	/// [`SimError`]: the scenario cannot go on, or a core is not bounded.
	pub fn run(&mut self, observer: Watch<'_, S>) -> Outcome<S> {
		while self.step(observer)? {}
		Ok(())
	}

	/// Runs as long as something happens at `at` or before.
	///
	/// # Errors
	/// As [`run`](Self::run).
	pub fn run_until(&mut self, at: Instant, observer: Watch<'_, S>) -> Outcome<S> {
		while self.clock.next_at().is_some_and(|next| next <= at) && self.step(observer)? {}
		Ok(())
	}

	/// Runs until the trace has so many steps, or a few more: those that follow from the same event. That is how a run
	/// is looked into: make it again from the same configuration, and run it to the step in question.
	///
	/// # Errors
	/// As [`run`](Self::run).
	pub fn run_to(&mut self, steps: u64, observer: Watch<'_, S>) -> Outcome<S> {
		while self.trace.steps < steps && self.step(observer)? {}
		Ok(())
	}

	/// Lets the next event happen, with all that follows from it at once. `false` if there is none, or the scenario has
	/// stopped.
	///
	/// # Errors
	/// As [`run`](Self::run).
	pub fn step(&mut self, observer: Watch<'_, S>) -> Result<bool, SimError<S::Error>> {
		if self.stopped {
			return Ok(false);
		}
		let Some((at, event)) = self.clock.advance() else {
			return Ok(false);
		};
		self.count(at)?;
		self.happens(event, observer)?;
		Ok(true)
	}

	/// Time goes on.
	fn count(&mut self, at: Instant) -> Outcome<S> {
		let (instant, events) = self.at_once;
		self.at_once = if instant == at {
			(at, events.saturating_add(1))
		} else {
			(at, 1)
		};
		let limit = self.config.limits.events_at_once;
		if self.at_once.1 > limit {
			return Err(SimError::Stuck { at, limit });
		}
		Ok(())
	}

	fn happens(&mut self, event: Event<S>, observer: Watch<'_, S>) -> Outcome<S> {
		match event {
			Event::Begin => {
				for node in (0..self.nodes.len()).map(NodeId) {
					self.start(node, observer)?;
				}
				self.ask_scenario(observer, S::start)
			}
			Event::Start(node) => {
				self.start(node, observer)?;
				self.ask_scenario(observer, |scenario, agenda| scenario.restarted(node, agenda))
			}
			Event::Crash(node, restart_after) => {
				if self.is_up(node) {
					self.crash(node, restart_after, observer);
				}
				Ok(())
			}
			Event::Connect(one, other) => self.connect(one, other, observer),
			Event::Parted(fault) => {
				self.part(fault);
				Ok(())
			}
			Event::Reunited(fault) => {
				self.reunite(fault);
				Ok(())
			}
			Event::Gone(node, peer) => self.gone(node, peer, observer),
			Event::Arrives {
				from,
				to,
				peer,
				parcel,
			} => self.arrives(from, to, peer, parcel, observer),
			Event::RequestFails(node, request, failure) => {
				let other = self.end_request(node, request);
				self.input(node, other, Input::Response(request, Err(failure)), observer)
			}
			Event::JobEnds(node, job, result) => {
				let this = &mut self.nodes[node.0];
				this.jobs.remove(job);
				if result == Err(JobFailure::Late) {
					this.counters.jobs_late = this.counters.jobs_late.saturating_add(1);
				}
				self.input(node, None, Input::Done(job, result), observer)
			}
			Event::Stored(node) => {
				let this = &mut self.nodes[node.0];
				let Some(write) = this.writes.pop_front() else {
					return Ok(());
				};
				this.stored.apply(&write.batch);
				self.input(node, None, Input::Stored(write.id), observer)
			}
			Event::Timer(node, timer) => {
				self.nodes[node.0].timers.remove(&timer);
				self.input(node, None, Input::Timer(timer), observer)
			}
			Event::Wish(wish) => self.grant(wish, observer),
			Event::Proposed(node, id, proposal) => {
				if proposal.is_none() {
					self.proposals.remove(&id);
					self.see(Some(node), None, &What::NoProposal(id), observer);
				}
				self.ask_scenario(observer, |scenario, agenda| {
					scenario.proposed(node, id, proposal, agenda)
				})
			}
		}
	}

	/// What the scenario waited for.
	fn grant(&mut self, wish: Wish<S>, observer: Watch<'_, S>) -> Outcome<S> {
		match wish {
			Wish::Event(event) => {
				self.ask_scenario(observer, |scenario, agenda| scenario.happens(event, agenda))
			}
			Wish::Chain(node, event) => self.input(node, None, Input::Chain(event), observer),
			Wish::Announce(node, view) => {
				let peers: Vec<_> = self
					.nodes
					.get(node.0)
					.map(|node| node.peers.keys().copied().collect())
					.unwrap_or_default();
				for peer in peers {
					self.send(node, peer, Parcel::View(view.clone()), observer);
				}
				Ok(())
			}
			Wish::Propose(node, id, what, deadline) => {
				let handle = self.clock.schedule(deadline, Event::Proposed(node, id, None));
				self.proposals.insert(id, (node, handle));
				self.input(node, None, Input::Propose(id, what, deadline), observer)
			}
		}
	}

	/// Lets the scenario act.
	fn ask_scenario(
		&mut self,
		observer: Watch<'_, S>,
		ask: impl FnOnce(&mut S, &mut Agenda<S>) -> Result<(), S::Error>,
	) -> Outcome<S> {
		let mut agenda = Agenda::new(self.clock.now(), self.next_propose);
		ask(&mut self.scenario, &mut agenda)?;
		let Agenda {
			wishes,
			notes,
			next_propose,
			stop,
			..
		} = agenda;
		self.next_propose = next_propose;
		self.stopped |= stop;
		for note in &notes {
			self.see(None, None, &What::Note(note), observer);
		}
		for (at, wish) in wishes {
			self.clock.schedule(at, Event::Wish(wish));
		}
		Ok(())
	}

	/// Tells a core something, and does what it wants.
	fn input(
		&mut self,
		id: NodeId,
		other: Option<NodeId>,
		input: Input<S::Words>,
		observer: Watch<'_, S>,
	) -> Outcome<S> {
		if !self.is_up(id) {
			return Ok(());
		}
		self.see(Some(id), other, &What::Input(&input), observer);
		let now = self.clock.now();
		let node = &mut self.nodes[id.0];
		node.counters.inputs = node.counters.inputs.saturating_add(1);
		if let Some(core) = &mut node.core {
			core.handle(now, input, &mut node.out);
		}
		if let Some(restart_after) = node.crash_with_input.remove(&node.counters.inputs) {
			self.crash(id, restart_after, observer);
			return Ok(());
		}
		while let Some(output) = self.nodes[id.0].out.pop() {
			self.see(Some(id), None, &What::Output(&output), observer);
			self.carry_out(id, output, observer)?;
			let node = &mut self.nodes[id.0];
			node.counters.outputs = node.counters.outputs.saturating_add(1);
			if let Some(restart_after) = node.crash_after_output.remove(&node.counters.outputs) {
				self.crash(id, restart_after, observer);
				return Ok(());
			}
		}
		self.work(id)
	}

	/// A core begins, anew if it was there before.
	fn start(&mut self, id: NodeId, observer: Watch<'_, S>) -> Outcome<S> {
		if self.is_up(id) {
			return Ok(());
		}
		let core = self.scenario.core(id);
		let node = &mut self.nodes[id.0];
		node.core = Some(core);
		let restored = (node.counters.crashes > 0).then(|| node.stored.clone());
		self.see(Some(id), None, &What::Started, observer);
		if let Some(snapshot) = restored {
			self.input(id, None, Input::Restored(snapshot), observer)?;
		}
		for other in (0..self.nodes.len()).map(NodeId) {
			self.meet(id, other);
		}
		Ok(())
	}

	/// A core ends. Its peers notice when the link has told them.
	fn crash(&mut self, id: NodeId, restart_after: Option<Duration>, observer: Watch<'_, S>) {
		let now = self.clock.now();
		let node = &mut self.nodes[id.0];
		for peer in node.peers.values() {
			let latency = self
				.links
				.topology()
				.link(id, peer.node)
				.unwrap_or_default()
				.latency;
			self.clock
				.schedule(now.saturating_add(latency), Event::Gone(peer.node, peer.our_name));
		}
		let written = self.random.gen_range(0..=node.writes.len());
		for handle in node.crash(written) {
			self.clock.cancel(handle);
		}
		self.links.clear(id);
		self.see(Some(id), None, &What::Crashed, observer);
		if let Some(after) = restart_after {
			self.clock.schedule(now.saturating_add(after), Event::Start(id));
		}
	}

	/// Into the trace, and to whom it may concern.
	fn see(
		&mut self,
		node: Option<NodeId>,
		other: Option<NodeId>,
		what: &What<'_, S::Words, S::Note>,
		observer: Watch<'_, S>,
	) {
		let at = self.clock.now();
		let scenario = &self.scenario;
		self.trace
			.push(at, node, other, |into| scenario.digest(what, into));
		observer.see(&Step {
			number: self.trace.steps,
			at,
			node,
			other,
			what,
		});
	}

	fn lost(&mut self, from: NodeId, to: Option<NodeId>, kind: Kind, loss: Loss, observer: Watch<'_, S>) {
		let counters = &mut self.nodes[from.0].counters;
		let counter = match loss {
			Loss::Fault => &mut counters.lost,
			Loss::Overflow => &mut counters.overflowed,
			Loss::Gone => &mut counters.unwanted,
		};
		*counter = counter.saturating_add(1);
		self.see(Some(from), to, &What::Lost(kind, loss), observer);
	}
}
