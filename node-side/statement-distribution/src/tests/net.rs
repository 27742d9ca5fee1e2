//! A small network of validators: a queue of events in virtual time, everything decided by a seed.
//!
//! Streams keep their order and lose only what is under way when they break; requests and jobs may fail. Beside the part
//! each node has what stands for backing: it counts votes, confirms what its group seconds, and says what is backable.

use crate::{
	actors::{self, Setting},
	filter::Kind,
	job, Attested, DistributionWords, Effect, Possible, Standing, StatementDistribution,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{
	Input, Instant, JobFailure, JobId, Judgement, Outbox, Output, PeerEvent, PeerId, Refusal, RequestFailure,
	RequestId, Ticket, TimerId,
};
use async_backing_primitives::{
	required_backing_votes, CandidateHash, Hash, SignedCompactStatement, StatementDistributionMessage,
	ValidatorIndex,
};
use async_backing_wire::{AttestedCandidateRequest, View};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::Duration,
};

/// The relay block that all of it is about.
pub(super) const BLOCK: u32 = 1;

/// Numbers without end (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
	pub(super) fn below(&mut self, end: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(mixed ^ (mixed >> 31)) % end.max(1)
	}

	pub(super) fn one_in(&mut self, times: u64) -> bool {
		self.below(times) == 0
	}

	fn millis(&mut self, from: u64, to: u64) -> Duration {
		Duration::from_millis(from + self.below(to - from))
	}
}

/// How somebody behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
	Honest,
	/// Says nothing and answers nothing.
	Silent,
	/// Says what it likes, and answers badly.
	Liar,
}

#[derive(Clone, Debug)]
pub(super) enum What {
	Import(u32),
	Second(u8),
	Confirm(CandidateHash),
	Break(usize, usize),
	Connect(usize, usize),
	Message(usize, u64, Box<PeerEvent<DistributionWords>>),
	Request(usize, u64, RequestId, AttestedCandidateRequest),
	Answer(RequestId, u64, Result<Attested, RequestFailure>),
	Done(JobId, Result<job::Done, JobFailure>),
	Timer(TimerId),
	Lie,
}

/// One validator.
pub(super) struct Node {
	pub(super) nature: Nature,
	part: StatementDistribution,
	chain: ChainView,
	out: Outbox<DistributionWords>,
	early: Vec<(PeerId, StatementDistributionMessage)>,
	known: BTreeMap<CandidateHash, Arc<Candidate>>,
	/// What backing heard: each statement once.
	counted: BTreeSet<(CandidateHash, ValidatorIndex, Kind)>,
	/// Candidates that can be authored with, and since when.
	pub(super) backable: BTreeMap<CandidateHash, Instant>,
	voted: BTreeSet<CandidateHash>,
	cleared: BTreeSet<TimerId>,
	/// Requests that are under way, with whom they go to.
	asked: BTreeMap<RequestId, usize>,
	/// What was reported of whom.
	pub(super) reports: Vec<(usize, Judgement)>,
	head: u32,
}

pub(super) struct Net {
	pub(super) setting: Setting,
	pub(super) random: Random,
	pub(super) now: Instant,
	pub(super) nodes: Vec<Node>,
	queue: BTreeMap<(Instant, u64), (usize, What)>,
	next: u64,
	/// Of each pair (the lower first): how often it was connected, and whether it is.
	links: BTreeMap<(usize, usize), (u64, bool)>,
	last: BTreeMap<(usize, usize), Instant>,
	tickets: BTreeMap<Ticket, (usize, usize, RequestId, u64)>,
	/// Names that honest members of a group seconded.
	pub(super) seconded: BTreeMap<CandidateHash, u32>,
	/// One in so many jobs and requests fails; none for 0.
	pub(super) failures: u64,
	pub(super) messages: u64,
}

impl Net {
	pub(super) fn new(setting: Setting, natures: &[Nature], seed: u64) -> Self {
		let node = |(index, nature): (usize, &Nature)| Node {
			nature: *nature,
			part: StatementDistribution::default(),
			chain: ChainView::new(Some(actors::public(index as u32)), Limits::default()),
			out: Outbox::default(),
			early: Vec::new(),
			known: BTreeMap::new(),
			counted: BTreeSet::new(),
			backable: BTreeMap::new(),
			voted: BTreeSet::new(),
			cleared: BTreeSet::new(),
			asked: BTreeMap::new(),
			reports: Vec::new(),
			head: 0,
		};
		let mut net = Self {
			setting,
			random: Random(seed),
			now: Duration::ZERO,
			nodes: natures.iter().enumerate().map(node).collect(),
			queue: BTreeMap::new(),
			next: 0,
			links: BTreeMap::new(),
			last: BTreeMap::new(),
			tickets: BTreeMap::new(),
			seconded: BTreeMap::new(),
			failures: 0,
			messages: 0,
		};
		for one in 0..net.nodes.len() {
			net.import(one, 0);
		}
		for one in 0..net.nodes.len() {
			for other in one + 1..net.nodes.len() {
				net.connect(one, other);
			}
			let at = net.random.millis(0, 800);
			net.at(at, one, What::Import(BLOCK));
		}
		net
	}

	pub(super) fn at(&mut self, at: Instant, node: usize, what: What) {
		self.queue.insert((at, self.next), (node, what));
		self.next += 1;
	}

	fn link(&self, one: usize, other: usize) -> (u64, bool) {
		self.links
			.get(&(one.min(other), one.max(other)))
			.copied()
			.unwrap_or((0, false))
	}

	fn peer(other: usize, epoch: u64) -> PeerId {
		PeerId(epoch * 1000 + other as u64)
	}

	fn index(peer: PeerId) -> usize {
		(peer.0 % 1000) as usize
	}

	fn connect(&mut self, one: usize, other: usize) {
		let (epoch, is_up) = self.link(one, other);
		if is_up {
			return;
		}
		let epoch = epoch + 1;
		self.links.insert((one.min(other), one.max(other)), (epoch, true));
		for (node, with) in [(one, other), (other, one)] {
			let peer = Self::peer(with, epoch);
			let key = actors::public(with as u32);
			self.nodes[node].chain.connected(peer, Identity::of(key));
			self.handle(node, Input::Peer(peer, PeerEvent::Connected(())));
			self.send_view(node, with);
		}
	}

	fn break_link(&mut self, one: usize, other: usize) {
		let (epoch, is_up) = self.link(one, other);
		if !is_up {
			return;
		}
		self.links
			.insert((one.min(other), one.max(other)), (epoch, false));
		for (node, with) in [(one, other), (other, one)] {
			let asked: Vec<_> = self.nodes[node]
				.asked
				.iter()
				.filter(|(_, of)| **of == with)
				.map(|(id, _)| *id)
				.collect();
			for id in asked {
				self.nodes[node].asked.remove(&id);
				self.handle(node, Input::Response(id, Err(RequestFailure::Disconnected)));
			}
			let peer = Self::peer(with, epoch);
			self.nodes[node].chain.disconnected(peer);
			self.handle(node, Input::Peer(peer, PeerEvent::Disconnected));
		}
		let soon = self.now + self.random.millis(50, 400);
		self.at(soon, one, What::Connect(one, other));
	}

	fn send_view(&mut self, from: usize, to: usize) {
		if self.nodes[from].nature != Nature::Silent {
			let view = View::new([actors::hash(self.nodes[from].head)], 0);
			self.send(from, to, PeerEvent::View(view));
		}
	}

	/// Over the stream, in order.
	pub(super) fn send(&mut self, from: usize, to: usize, event: PeerEvent<DistributionWords>) {
		let (epoch, is_up) = self.link(from, to);
		if !is_up {
			return;
		}
		self.messages += 1;
		let last = self.last.get(&(from, to)).copied().unwrap_or_default();
		let at = (self.now + self.random.millis(5, 150)).max(last);
		self.last.insert((from, to), at);
		self.at(at, to, What::Message(from, epoch, Box::new(event)));
	}

	fn handle(&mut self, at: usize, input: Input<DistributionWords>) {
		let node = &mut self.nodes[at];
		let effects = node
			.part
			.handle(self.now, input, &node.chain, &placed, &mut node.out);
		self.follow(at, effects);
	}

	fn follow(&mut self, at: usize, effects: Vec<Effect>) {
		let mut backable = Vec::new();
		for effect in effects {
			match effect {
				Effect::Early { peer, message, .. } => self.nodes[at].early.push((peer, message)),
				Effect::Confirmed { candidate, .. } => {
					self.nodes[at].known.insert(candidate.hash(), candidate);
				}
				Effect::Statement {
					statement, candidate, ..
				} => {
					backable.extend(self.count(at, &statement, &candidate));
				}
			}
		}
		for candidate in backable {
			let node = &mut self.nodes[at];
			let block = actors::hash(BLOCK);
			let told = node
				.part
				.backable(self.now, block, candidate, &node.chain, &placed, &mut node.out);
			self.follow(at, told);
		}
		self.carry_out(at);
	}

	/// A vote; says the candidate if that gave it its quorum.
	fn count(
		&mut self,
		at: usize,
		statement: &SignedCompactStatement,
		candidate: &Arc<Candidate>,
	) -> Option<CandidateHash> {
		let (hash, author) = (candidate.hash(), statement.validator_index);
		let kind = Kind::of(&statement.statement);
		let is_new = self.nodes[at].counted.insert((hash, author, kind));
		assert!(is_new, "{author} counts twice for {hash} at {at}");
		self.nodes[at].known.insert(hash, candidate.clone());
		let (group, _) = self.setting.place(at as u32);
		if candidate.para_id() == actors::para(group) && self.nodes[at].voted.insert(hash) {
			let soon = self.now + self.random.millis(20, 300);
			self.at(soon, at, What::Confirm(hash));
		}
		self.quorum(at, hash)
	}

	fn quorum(&mut self, at: usize, hash: CandidateHash) -> Option<CandidateHash> {
		let node = &mut self.nodes[at];
		let of = node.counted.iter().filter(|(of, ..)| *of == hash);
		let voters: BTreeSet<_> = of.map(|(_, author, _)| *author).collect();
		let (group, _) = self.setting.place(voters.first()?.0);
		let needed = required_backing_votes(self.setting.size_of(group), self.setting.minimum_votes)?;
		let is_new = voters.len() >= needed && !node.backable.contains_key(&hash);
		is_new.then(|| {
			node.backable.insert(hash, self.now);
			hash
		})
	}

	/// A validator states something itself.
	pub(super) fn state(&mut self, at: usize, candidate: &Arc<Candidate>, seconds: bool) {
		let (hash, index) = (candidate.hash(), at as u32);
		let statement = self.setting.said(hash, seconds, BLOCK, index);
		let node = &mut self.nodes[at];
		node.voted.insert(hash);
		node.known.insert(hash, candidate.clone());
		node.counted
			.insert((hash, ValidatorIndex(index), Kind::of(&statement.statement)));
		let block = actors::hash(BLOCK);
		let effects = node.part.share(
			self.now,
			block,
			&statement,
			candidate,
			&node.chain,
			&placed,
			&mut node.out,
		);
		self.follow(at, effects);
		if let Some(hash) = self.quorum(at, hash) {
			let node = &mut self.nodes[at];
			let told = node
				.part
				.backable(self.now, block, hash, &node.chain, &placed, &mut node.out);
			self.follow(at, told);
		}
	}

	fn carry_out(&mut self, at: usize) {
		let outputs: Vec<_> = self.nodes[at].out.drain().collect();
		for output in outputs {
			match output {
				Output::Notify(to, message) => {
					for peer in to.as_slice() {
						self.send(at, Self::index(*peer), PeerEvent::Message(message.clone()));
					}
				}
				Output::Request {
					id,
					peer,
					request,
					timeout,
				} => {
					let to = Self::index(peer);
					self.nodes[at].asked.insert(id, to);
					let (epoch, _) = self.link(at, to);
					let late = self.now + timeout;
					self.at(late, at, What::Answer(id, epoch, Err(RequestFailure::TimedOut)));
					if self.failures == 0 || !self.random.one_in(self.failures) {
						let soon = self.now + self.random.millis(5, 150);
						self.at(soon, to, What::Request(at, epoch, id, request));
					}
				}
				Output::Respond(ticket, answer) => {
					if let Some((asker, of, id, epoch)) = self.tickets.remove(&ticket) {
						let soon = self.now + self.random.millis(5, 150);
						let answer = answer.map_err(|_: Refusal| RequestFailure::Refused);
						debug_assert_eq!(of, at);
						self.at(soon, asker, What::Answer(id, epoch, answer));
					}
				}
				Output::Report(peer, judgement) => {
					self.nodes[at].reports.push((Self::index(peer), judgement));
				}
				Output::Job { id, job, .. } => {
					let soon = self.now + self.random.millis(1, 40);
					let fails = self.failures > 0 && self.random.one_in(self.failures);
					let done = if fails {
						Err(JobFailure::Late)
					} else {
						Ok(job::run(job).0)
					};
					self.at(soon, at, What::Done(id, done));
				}
				Output::SetTimer(timer, when) => self.at(when, at, What::Timer(timer)),
				Output::ClearTimer(timer) => {
					self.nodes[at].cleared.insert(timer);
				}
				Output::Cancel(_) | Output::Event(_) | Output::Store(..) | Output::Disconnect(_) => {}
				Output::Proposal(_, never) => match never {},
			}
		}
	}

	/// Goes on until this time.
	pub(super) fn run(&mut self, until: Instant) {
		while let Some(((at, _), _)) = self.queue.first_key_value() {
			if *at > until {
				break;
			}
			if let Some(((at, _), (node, what))) = self.queue.pop_first() {
				self.now = at;
				self.happen(node, what);
			}
		}
		self.now = until;
	}

	fn happen(&mut self, at: usize, what: What) {
		let nature = self.nodes[at].nature;
		match what {
			What::Import(block) => self.import(at, block),
			What::Break(one, other) => self.break_link(one, other),
			What::Connect(one, other) => self.connect(one, other),
			What::Lie => super::property::lie(self, at),
			// Who is silent hears nothing either.
			_ if nature == Nature::Silent => {}
			What::Second(name) => {
				let (group, _) = self.setting.place(at as u32);
				let candidate = actors::candidate(name, group, BLOCK);
				self.seconded.insert(candidate.hash(), group);
				self.state(at, &candidate, true);
			}
			What::Confirm(hash) => {
				if let Some(candidate) = self.nodes[at].known.get(&hash).cloned() {
					self.state(at, &candidate, false);
				}
			}
			What::Message(from, epoch, event) => {
				if self.link(at, from) == (epoch, true) {
					self.handle(at, Input::Peer(Self::peer(from, epoch), *event));
				}
			}
			What::Request(from, epoch, id, request) => {
				if self.link(at, from) != (epoch, true) {
					return;
				}
				if nature == Nature::Liar {
					return super::property::answer(self, at, (from, epoch, id), &request);
				}
				let ticket = Ticket(self.next);
				self.tickets.insert(ticket, (from, at, id, epoch));
				self.handle(at, Input::Request(Self::peer(from, epoch), ticket, request));
			}
			What::Answer(id, epoch, answer) => {
				if let Some(with) = self.nodes[at].asked.remove(&id) {
					// Each request ends, also one that was made while the link broke.
					let is_up = self.link(at, with) == (epoch, true);
					let answer = if is_up {
						answer
					} else {
						Err(RequestFailure::Disconnected)
					};
					self.handle(at, Input::Response(id, answer));
				}
			}
			What::Done(id, done) => self.handle(at, Input::Done(id, done)),
			What::Timer(timer) => {
				if !self.nodes[at].cleared.remove(&timer) {
					self.handle(at, Input::Timer(timer));
				}
			}
		}
	}

	fn import(&mut self, at: usize, block: u32) {
		let facts = Arc::new(self.setting.facts(block));
		let node = &mut self.nodes[at];
		let update = node.chain.handle(ChainEvent::Imported { facts, fresh: true });
		let mut effects = Vec::new();
		for leaf in &update.activated {
			let (part, chain, out) = (&mut node.part, &node.chain, &mut node.out);
			effects.extend(part.leaf_activated(self.now, leaf, chain, &placed, out));
		}
		for leaf in update.deactivated {
			let (part, chain, out) = (&mut node.part, &node.chain, &mut node.out);
			effects.extend(part.leaf_deactivated(self.now, leaf, chain, &placed, out));
		}
		node.head = block;
		let early = std::mem::take(&mut node.early);
		self.follow(at, effects);
		for other in 0..self.nodes.len() {
			self.send_view(at, other);
		}
		for (peer, message) in early {
			if self.nodes[at].chain.is_connected(peer) {
				self.handle(at, Input::Peer(peer, PeerEvent::Message(message)));
			}
		}
	}
}

fn placed(_: Possible<'_>) -> Standing {
	Standing::Placed
}

pub(super) fn block() -> Hash {
	actors::hash(BLOCK)
}
