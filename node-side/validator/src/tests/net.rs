//! Validators and a collator in a tiny network: a queue ordered by time, one latency for all.

use super::{fixture::*, solo::*};
use crate::{Event, Message, NodeWords, Request, Response};
use async_backing_chain_view::Identity;
use async_backing_machine::{Input, Instant, Output, PeerEvent, PeerId, RequestFailure, RequestId, Ticket};
use async_backing_primitives::{CandidateHash, LeafFacts};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

pub(super) const LATENCY: Duration = Duration::from_millis(20);
/// What the collator is, seen from validators.
const COLLATOR_NODE: u8 = 100;

#[allow(clippy::large_enum_variant)] // a few are made
#[derive(Debug)]
enum Happens {
	Message {
		from: PeerId,
		to: u8,
		message: Message,
	},
	Request {
		from: u8,
		to: PeerId,
		id: RequestId,
		request: Request,
	},
	Answer {
		to: u8,
		id: RequestId,
		answer: Result<Response, RequestFailure>,
	},
}

/// The network.
#[derive(Debug)]
pub(super) struct Net {
	pub(super) now: Instant,
	pub(super) nodes: BTreeMap<u8, Solo>,
	/// Candidates that the collator hands over.
	pub(super) offered: BTreeMap<CandidateHash, Candidate>,
	/// Who does not answer requests.
	pub(super) silent: BTreeSet<PeerId>,
	/// Who hears nothing and says nothing.
	pub(super) dead: BTreeSet<u8>,
	queue: BTreeMap<(Instant, u64), Happens>,
	sequence: u64,
	tickets: BTreeMap<Ticket, (u8, RequestId)>,
	/// Open requests, with whom they were made to.
	open: BTreeMap<(u8, RequestId), PeerId>,
	leaves: Vec<LeafFacts>,
	pub(super) events: Vec<(u8, Event)>,
	/// Statements that a node shared.
	pub(super) shared: Vec<(u8, Message)>,
	/// Inputs that each node got.
	pub(super) inputs: BTreeMap<u8, usize>,
	/// When a node crashes: after so many of its inputs.
	pub(super) crash: Option<(u8, usize)>,
}

impl Net {
	/// Six validators who know each other and a collator of the para.
	pub(super) fn new(candidates: &[&Candidate]) -> Self {
		let nodes = (0..VALIDATORS).map(|index| {
			let mut solo = Solo::fresh(index).knows(candidates);
			solo.is_alone = true;
			solo.meet_all();
			(index, solo)
		});
		Self {
			now: NOW,
			nodes: nodes.collect(),
			offered: BTreeMap::new(),
			silent: BTreeSet::new(),
			dead: BTreeSet::new(),
			queue: BTreeMap::new(),
			sequence: 0,
			tickets: BTreeMap::new(),
			open: BTreeMap::new(),
			leaves: Vec::new(),
			events: Vec::new(),
			shared: Vec::new(),
			inputs: BTreeMap::new(),
			crash: None,
		}
	}

	fn schedule(&mut self, after: Duration, happens: Happens) {
		let key = (self.now + after, self.sequence);
		self.sequence += 1;
		self.queue.insert(key, happens);
	}

	/// Everybody who lives imports a block.
	pub(super) fn import(&mut self, facts: &LeafFacts) {
		self.leaves.push(facts.clone());
		for index in 0..VALIDATORS {
			self.with(index, |solo| solo.import(facts));
		}
	}

	/// The collator advertises a candidate to these.
	pub(super) fn advertise(&mut self, candidate: &Candidate, to: &[u8]) {
		self.offered.insert(candidate.hash(), candidate.clone());
		for index in to {
			let message = candidate.advertisement();
			self.with(*index, |solo| solo.say(COLLATOR, message));
		}
	}

	/// Lets a node do something, and sends what it says.
	pub(super) fn with(&mut self, index: u8, run: impl FnOnce(&mut Solo) -> Outputs) {
		if self.dead.contains(&index) {
			return;
		}
		let Some(solo) = self.nodes.get_mut(&index) else {
			return;
		};
		solo.now = self.now;
		let outputs = run(solo);
		self.carry_out(index, outputs);
		let count = self.inputs.entry(index).or_default();
		*count += 1;
		if self.crash == Some((index, *count)) {
			self.crash = None;
			self.restart(index);
		}
	}

	/// A node's process ends and begins again with what was stored: it finds its peers, and imports the leaves.
	pub(super) fn restart(&mut self, index: u8) {
		self.open.retain(|(node, _), _| *node != index);
		self.queue.retain(|_, happens| match happens {
			Happens::Message { from, to, .. } => *to != index && *from != peer(index),
			Happens::Request { from, to, .. } => *from != index && *to != peer(index),
			Happens::Answer { to, .. } => *to != index,
		});
		let ended: Vec<_> = self
			.open
			.iter()
			.filter(|(_, asked)| **asked == peer(index))
			.map(|(key, _)| *key)
			.collect();
		for (node, id) in ended {
			self.open.remove(&(node, id));
			self.with(node, |solo| solo.answer(id, Err(RequestFailure::Disconnected)));
		}
		for other in (0..VALIDATORS).filter(|other| *other != index) {
			self.with(other, |solo| {
				let mut outputs = solo.give(Input::Peer(peer(index), PeerEvent::Disconnected));
				outputs.extend(solo.connect(peer(index), Identity::of(key(index))));
				outputs
			});
		}
		let leaves = self.leaves.clone();
		self.with(index, |solo| {
			let mut outputs = solo.crash();
			for facts in &leaves {
				outputs.extend(solo.import(facts));
			}
			for other in (0..VALIDATORS).filter(|other| *other != index) {
				outputs.extend(solo.connect(peer(other), Identity::of(key(other))));
			}
			outputs.extend(solo.join(COLLATOR));
			outputs
		});
		// The collator notices that somebody came back.
		for candidate in self.offered.values().cloned().collect::<Vec<_>>() {
			if index < 3 {
				self.with(index, |solo| solo.say(COLLATOR, candidate.advertisement()));
			}
		}
	}

	fn carry_out(&mut self, from: u8, outputs: Vec<Output<NodeWords>>) {
		for output in outputs {
			match output {
				Output::Notify(to, message) => {
					if as_statement(&message).is_some() {
						self.shared.push((from, message.clone()));
					}
					for to in to.as_slice() {
						if let Ok(to) = u8::try_from(to.0) {
							let message = message.clone();
							let from = peer(from);
							self.schedule(LATENCY, Happens::Message { from, to, message });
						}
					}
				}
				Output::Request {
					id,
					peer: to,
					request,
					timeout,
				} => {
					self.open.insert((from, id), to);
					self.schedule(
						LATENCY,
						Happens::Request {
							from,
							to,
							id,
							request,
						},
					);
					let answer = Err(RequestFailure::TimedOut);
					self.schedule(timeout, Happens::Answer { to: from, id, answer });
				}
				Output::Respond(ticket, answer) => {
					if let Some((to, id)) = self.tickets.remove(&ticket) {
						let answer = answer.map_err(|_| RequestFailure::Refused);
						self.schedule(LATENCY, Happens::Answer { to, id, answer });
					}
				}
				Output::Event(event) => self.events.push((from, event)),
				_ => {}
			}
		}
	}

	/// Lets time go on.
	pub(super) fn run_until(&mut self, until: Instant) {
		loop {
			let message = self.queue.keys().next().map(|(at, _)| *at);
			let timer = self
				.nodes
				.iter()
				.filter(|(index, _)| !self.dead.contains(*index))
				.filter_map(|(index, solo)| solo.timers.values().min().map(|at| (*at, *index)))
				.min();
			let next = message.into_iter().chain(timer.map(|(at, _)| at)).min();
			let Some(at) = next.filter(|at| *at <= until) else {
				break;
			};
			self.now = self.now.max(at);
			if timer.is_some_and(|(timer, _)| message.is_none_or(|message| timer < message)) {
				let (at, index) = timer.expect("it is the next");
				self.with(index, |solo| solo.wait(at));
			} else if let Some((_, happens)) = self.queue.pop_first() {
				self.happens(happens);
			}
		}
		self.now = self.now.max(until);
	}

	fn happens(&mut self, happens: Happens) {
		match happens {
			Happens::Message { from, to, message } => {
				let is_dead = u8::try_from(from.0).is_ok_and(|from| self.dead.contains(&from));
				if !is_dead {
					self.with(to, |solo| solo.say(from, message));
				}
			}
			Happens::Request {
				from,
				to,
				id,
				request,
			} => {
				if self.silent.contains(&to) {
					return;
				}
				if to == PeerId(COLLATOR_NODE.into()) {
					let found = match request {
						Request::Collation { candidate, .. } => self.offered.get(&candidate),
						_ => None,
					};
					let answer = found
						.map(|candidate| Response::Collation(candidate.collation()))
						.ok_or(RequestFailure::Refused);
					return self.schedule(LATENCY, Happens::Answer { to: from, id, answer });
				}
				let Ok(node) = u8::try_from(to.0) else { return };
				let ticket = Ticket(self.sequence);
				self.tickets.insert(ticket, (from, id));
				self.with(node, |solo| {
					solo.give(Input::Request(peer(from), ticket, request))
				});
			}
			Happens::Answer { to, id, answer } => {
				if self.open.remove(&(to, id)).is_some() {
					self.with(to, |solo| solo.answer(id, answer));
				}
			}
		}
	}

	/// How many bitfields of a leaf set the bit of core 0, as a node would propose them.
	pub(super) fn attested(&mut self, node: u8, leaf: &LeafFacts) -> usize {
		let solo = self.nodes.get_mut(&node).expect("it is there");
		let proposal = solo.propose(leaf.block.hash, u64::from(leaf.block.number) + 1);
		proposal
			.bitfields
			.iter()
			.filter(|signed| signed.payload.0[0])
			.count()
	}
}
