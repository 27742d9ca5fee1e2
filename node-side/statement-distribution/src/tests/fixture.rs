//! One validator and what it says.

use crate::{
	actors::{self, Setting},
	job, Attested, DistributionWords, Effect, Event, Misdeed, Possible, Standing, StatementDistribution,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_machine::{
	Input, Instant, JobId, Outbox, Output, PeerEvent, PeerId, Refusal, RequestFailure, RequestId, Ticket,
};
use async_backing_primitives::{
	BackedCandidateAcknowledgement, BackedCandidateManifest, CandidateHash, LeafFacts,
	SignedCompactStatement, StatementDistributionMessage, StatementFilter, ValidatorIndex,
};
use async_backing_wire::{AttestedCandidateRequest, View};
use std::{cell::Cell, collections::BTreeMap, sync::Arc, time::Duration};

/// Nine validators in three groups of three, two votes, D = 1 and A = 1.
pub(super) const SETTING: Setting = Setting {
	validators: 9,
	group_size: 3,
	minimum_votes: 2,
	depth: 1,
	ancestry: 1,
	randomness: 7,
};

/// A validator, its key's number as its index in the first session. The peer of validator `i` is `100 + i`.
pub(super) struct One {
	pub(super) part: StatementDistribution,
	pub(super) chain: ChainView,
	pub(super) setting: Setting,
	pub(super) out: Outbox<DistributionWords>,
	pub(super) now: Instant,
	pub(super) standing: BTreeMap<CandidateHash, Standing>,
	pub(super) effects: Vec<Effect>,
	pub(super) outputs: Vec<Output<DistributionWords>>,
	pub(super) jobs: Vec<(JobId, job::Job)>,
	pub(super) requests: Vec<(RequestId, PeerId, AttestedCandidateRequest)>,
	tickets: u64,
	/// How often it was asked where a candidate stands.
	pub(super) questions: Cell<usize>,
}

pub(super) fn peer(index: u32) -> PeerId {
	PeerId(100 + u64::from(index))
}

pub(super) type Message = StatementDistributionMessage;

impl One {
	/// A validator with the leaf 1, connected to all others, who have that leaf too.
	pub(super) fn new(own: u32, setting: Setting) -> Self {
		let mut one = Self::alone(own, setting);
		one.import(1);
		for index in (0..setting.validators).filter(|index| *index != own) {
			one.connect(index, peer(index));
			one.view(index, &[1]);
		}
		one.clear();
		one
	}

	pub(super) fn alone(own: u32, setting: Setting) -> Self {
		Self {
			part: StatementDistribution::default(),
			chain: ChainView::new(Some(actors::public(own)), Limits::default()),
			setting,
			out: Outbox::default(),
			now: Duration::ZERO,
			standing: BTreeMap::new(),
			effects: Vec::new(),
			outputs: Vec::new(),
			jobs: Vec::new(),
			requests: Vec::new(),
			tickets: 0,
			questions: Cell::new(0),
		}
	}

	pub(super) fn clear(&mut self) {
		self.effects.clear();
		self.outputs.clear();
	}

	fn collect(&mut self) {
		for output in self.out.drain() {
			match &output {
				Output::Job { id, job, .. } => self.jobs.push((*id, job.clone())),
				Output::Request {
					id, peer, request, ..
				} => self.requests.push((*id, *peer, request.clone())),
				_ => {}
			}
			self.outputs.push(output);
		}
	}

	pub(super) fn input(&mut self, input: Input<DistributionWords>) {
		let (standing, questions) = (self.standing.clone(), &self.questions);
		let frontier = |possible: Possible<'_>| {
			questions.set(questions.get() + 1);
			standing_of(&standing, possible)
		};
		let effects = self
			.part
			.handle(self.now, input, &self.chain, &frontier, &mut self.out);
		self.effects.extend(effects);
		self.collect();
	}

	pub(super) fn import(&mut self, block: u32) {
		self.import_facts(self.setting.facts(block));
	}

	pub(super) fn import_facts(&mut self, facts: LeafFacts) {
		let standing = self.standing.clone();
		let frontier = |possible: Possible<'_>| standing_of(&standing, possible);
		let update = self.chain.handle(ChainEvent::Imported {
			facts: Arc::new(facts),
			fresh: true,
		});
		let (now, chain, out) = (self.now, &self.chain, &mut self.out);
		for leaf in &update.activated {
			self.effects
				.extend(self.part.leaf_activated(now, leaf, chain, &frontier, out));
		}
		for leaf in update.deactivated {
			self.effects
				.extend(self.part.leaf_deactivated(now, leaf, chain, &frontier, out));
		}
		self.collect();
	}

	pub(super) fn connect(&mut self, index: u32, peer: PeerId) {
		self.chain.connected(peer, Identity::of(actors::public(index)));
		self.input(Input::Peer(peer, PeerEvent::Connected(())));
	}

	pub(super) fn disconnect(&mut self, peer: PeerId) {
		self.chain.disconnected(peer);
		self.input(Input::Peer(peer, PeerEvent::Disconnected));
	}

	pub(super) fn view(&mut self, index: u32, heads: &[u32]) {
		self.view_of(peer(index), heads, 0);
	}

	pub(super) fn view_of(&mut self, peer: PeerId, heads: &[u32], finalized: u32) {
		let view = View::new(heads.iter().map(|head| actors::hash(*head)), finalized);
		self.input(Input::Peer(peer, PeerEvent::View(view)));
	}

	pub(super) fn hear(&mut self, from: PeerId, message: Message) {
		self.input(Input::Peer(from, PeerEvent::Message(message)));
	}

	/// Hears a statement at block 1, and has it checked.
	pub(super) fn statement(&mut self, from: u32, statement: SignedCompactStatement) {
		self.hear(peer(from), Message::Statement(actors::hash(1), statement));
		self.work();
	}

	pub(super) fn manifest(&mut self, from: u32, manifest: BackedCandidateManifest) {
		self.hear(peer(from), Message::BackedCandidateManifest(manifest));
	}

	pub(super) fn known(&mut self, from: u32, known: BackedCandidateAcknowledgement) {
		self.hear(peer(from), Message::BackedCandidateKnown(known));
	}

	/// Does all jobs.
	pub(super) fn work(&mut self) {
		while let Some((id, job)) = self.jobs.pop() {
			let (done, _) = job::run(job);
			self.input(Input::Done(id, Ok(done)));
		}
	}

	/// Answers the only request, and has the answer checked.
	pub(super) fn respond(&mut self, answer: Result<Attested, RequestFailure>) {
		let (id, ..) = self.requests.pop().expect("something was asked");
		self.input(Input::Response(id, answer));
		self.work();
	}

	pub(super) fn wait(&mut self, seconds: u64) {
		self.now += Duration::from_secs(seconds);
		let timer = self.outputs.iter().rev().find_map(|output| match output {
			Output::SetTimer(timer, _) => Some(*timer),
			_ => None,
		});
		self.input(Input::Timer(
			timer.unwrap_or(async_backing_machine::TimerId(u64::MAX)),
		));
	}

	pub(super) fn ask(
		&mut self,
		from: u32,
		candidate_hash: CandidateHash,
		mask: StatementFilter,
	) -> Result<Attested, Refusal> {
		self.tickets += 1;
		let ticket = Ticket(self.tickets);
		self.input(Input::Request(
			peer(from),
			ticket,
			AttestedCandidateRequest { candidate_hash, mask },
		));
		let answer = self.outputs.iter().rev().find_map(|output| match output {
			Output::Respond(of, answer) if *of == ticket => Some(answer.clone()),
			_ => None,
		});
		answer.expect("each ticket is answered")
	}

	/// Shares an own statement at block 1.
	pub(super) fn share(&mut self, name: u8, seconds: bool) {
		let own = self.chain.own_index(actors::hash(1)).expect("it validates").0;
		let (group, _) = self.setting.place(own);
		let candidate = actors::candidate(name, group, 1);
		let statement = self.setting.said(candidate.hash(), seconds, 1, own);
		let standing = self.standing.clone();
		let frontier = |possible: Possible<'_>| standing_of(&standing, possible);
		let effects = self.part.share(
			self.now,
			actors::hash(1),
			&statement,
			&candidate,
			&self.chain,
			&frontier,
			&mut self.out,
		);
		self.effects.extend(effects);
		self.collect();
	}

	pub(super) fn backable(&mut self, name: u8, group: u32) {
		let candidate = actors::candidate(name, group, 1).hash();
		let standing = self.standing.clone();
		let frontier = |possible: Possible<'_>| standing_of(&standing, possible);
		let effects = self.part.backable(
			self.now,
			actors::hash(1),
			candidate,
			&self.chain,
			&frontier,
			&mut self.out,
		);
		self.effects.extend(effects);
		self.collect();
	}

	/// What was said to whom, and forgets it.
	pub(super) fn said(&mut self) -> Vec<(u32, Message)> {
		let mut said = Vec::new();
		self.outputs.retain(|output| match output {
			Output::Notify(to, message) => {
				let to = to.as_slice().iter().map(|peer| (peer.0 % 100) as u32);
				said.extend(to.map(|to| (to, message.clone())));
				false
			}
			_ => true,
		});
		said
	}

	/// Statements that were said: to whom, of whom, whether Seconded.
	pub(super) fn said_statements(&mut self) -> Vec<(u32, u32, bool)> {
		let statement = |(to, message): (u32, Message)| match message {
			Message::Statement(_, said) => {
				let seconds = crate::filter::Kind::of(&said.statement) == crate::filter::Kind::Seconded;
				Some((to, said.validator_index.0, seconds))
			}
			_ => None,
		};
		self.said().into_iter().filter_map(statement).collect()
	}

	/// Who was told of a manifest.
	pub(super) fn said_manifests(&mut self) -> Vec<u32> {
		let is_manifest = |message: &Message| matches!(message, Message::BackedCandidateManifest(_));
		let said = self
			.said()
			.into_iter()
			.filter(|(_, message)| is_manifest(message));
		let mut to: Vec<_> = said.map(|(to, _)| to).collect();
		to.sort_unstable();
		to
	}

	/// What was refused, and forgets it.
	pub(super) fn refused(&mut self) -> Vec<Misdeed> {
		let mut refused = Vec::new();
		self.outputs.retain(|output| match output {
			Output::Event(Event::Refused { misdeed, .. }) => {
				refused.push(misdeed.clone());
				false
			}
			_ => true,
		});
		refused
	}

	/// Statements that backing heard of: of whom, whether Seconded.
	pub(super) fn told(&self) -> Vec<(u32, bool)> {
		let told = |effect: &Effect| match effect {
			Effect::Statement { statement, .. } => {
				let kind = crate::filter::Kind::of(&statement.statement);
				Some((statement.validator_index.0, kind == crate::filter::Kind::Seconded))
			}
			_ => None,
		};
		self.effects.iter().filter_map(told).collect()
	}

	/// Who may send manifests of a group.
	pub(super) fn receiving(&self, group: usize) -> Vec<u32> {
		let own = self.chain.own_index(actors::hash(1)).expect("it validates");
		let routes = crate::Grid::new(&self.setting.seed()).routes(own, &self.setting.groups());
		routes[group]
			.receiving
			.iter()
			.map(|ValidatorIndex(index)| *index)
			.collect()
	}

	/// Who is sent manifests of a group.
	pub(super) fn sending(&self, group: usize) -> Vec<u32> {
		let own = self.chain.own_index(actors::hash(1)).expect("it validates");
		let routes = crate::Grid::new(&self.setting.seed()).routes(own, &self.setting.groups());
		routes[group]
			.sending
			.iter()
			.map(|ValidatorIndex(index)| *index)
			.collect()
	}
}

fn standing_of(standing: &BTreeMap<CandidateHash, Standing>, possible: Possible<'_>) -> Standing {
	let candidate = match possible {
		Possible::Confirmed(candidate) => candidate.hash(),
		Possible::Claimed { candidate, .. } => candidate,
	};
	standing.get(&candidate).copied().unwrap_or(Standing::Placed)
}
