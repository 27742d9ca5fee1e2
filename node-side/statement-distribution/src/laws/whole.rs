//! A small core around the part: a chain view, and what stands for backing.

use crate::{
	actors::{self, Setting},
	filter::Kind,
	job, Attested, DistributionWords, Effect, Event, Possible, Standing, StatementDistribution,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_machine::{Core, Input, Instant, Never, Outbox, Part, PeerEvent, Said, Words};
use async_backing_primitives::{
	CandidateHash, Hash, SignedCompactStatement, StatementDistributionMessage, ValidatorIndex,
};
use async_backing_wire::{AttestedCandidateRequest, View};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// The setting of the world.
pub(super) const SETTING: Setting = Setting {
	validators: 9,
	group_size: 3,
	minimum_votes: 2,
	depth: 1,
	ancestry: 2,
	randomness: 7,
};
/// This validator's key.
pub(super) const OWN: u32 = 0;

/// Words of a [`Whole`].
#[derive(Clone, Debug, PartialEq)]
pub struct WholeWords;

impl Words for WholeWords {
	type Chain = Happening;
	type Identity = Who;
	type View = View;
	type Message = StatementDistributionMessage;
	type Request = AttestedCandidateRequest;
	type Response = Attested;
	type Job = job::Job;
	type Done = job::Done;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Event;
}

/// What happens within the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
	/// The block of this number is imported.
	Block(u32),
	/// Backing seconds or confirms the candidate of this name at a block.
	Stated {
		/// Its name.
		name: u8,
		/// Its relay parent.
		block: u32,
		/// Whether it is seconded.
		seconds: bool,
	},
}

/// What a peer has proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
	/// A validator, by its key.
	Validator(u8),
	/// Nobody.
	Stranger,
}

impl Part<WholeWords> for DistributionWords {
	fn message(message: StatementDistributionMessage) -> StatementDistributionMessage {
		message
	}
	fn request(request: AttestedCandidateRequest) -> AttestedCandidateRequest {
		request
	}
	fn response(response: Attested) -> Attested {
		response
	}
	fn job(job: job::Job) -> job::Job {
		job
	}
}

/// Statement distribution with all that it needs.
#[derive(Debug)]
pub struct Whole {
	pub(super) part: StatementDistribution,
	pub(super) chain: ChainView,
	/// What backing heard at each relay parent.
	counted: BTreeMap<Hash, BTreeSet<(CandidateHash, ValidatorIndex, bool)>>,
	/// What it heard now.
	pub(super) heard: Vec<(Hash, SignedCompactStatement)>,
	/// It heard something twice.
	pub(super) twice: bool,
}

impl Default for Whole {
	fn default() -> Self {
		Self {
			part: StatementDistribution::default(),
			chain: ChainView::new(Some(actors::public(OWN)), Limits::default()),
			counted: BTreeMap::new(),
			heard: Vec::new(),
			twice: false,
		}
	}
}

pub(super) fn frontier(possible: Possible<'_>) -> Standing {
	let head = match possible {
		Possible::Confirmed(candidate) => candidate.hash(),
		Possible::Claimed { candidate, .. } => candidate,
	};
	match head.0.as_bytes().first().copied().unwrap_or_default() % 8 {
		7 => Standing::Nowhere,
		6 => Standing::Unconnected,
		_ => Standing::Placed,
	}
}

impl Whole {
	/// Lets the part speak, and does what its neighbours do about it.
	fn run(
		&mut self,
		now: Instant,
		out: &mut Outbox<WholeWords>,
		run: impl FnOnce(&mut Self, &mut Outbox<DistributionWords>) -> Vec<Effect>,
	) {
		let mut events = Vec::new();
		out.part(
			|part: &mut Outbox<DistributionWords>| {
				let mut effects = run(self, part);
				while !effects.is_empty() {
					let backable = self.count(std::mem::take(&mut effects));
					for (parent, candidate) in backable {
						let told = self
							.part
							.backable(now, parent, candidate, &self.chain, &frontier, part);
						effects.extend(told);
					}
				}
			},
			|output| match <DistributionWords as Part<WholeWords>>::output(output) {
				Ok(output) => Some(output),
				Err(Said::Event(event)) => {
					events.push(event);
					None
				}
				Err(Said::Proposal(never)) => match never {},
			},
		);
		for event in events {
			out.event(event);
		}
	}

	/// Counts votes; what has its quorum now is backable.
	fn count(&mut self, effects: Vec<Effect>) -> Vec<(Hash, CandidateHash)> {
		let mut backable = Vec::new();
		for effect in effects {
			if let Effect::Statement {
				scheduling_parent,
				statement,
				candidate,
			} = effect
			{
				self.heard.push((scheduling_parent, statement.clone()));
				if self.vote(scheduling_parent, &statement) {
					backable.push((scheduling_parent, candidate.hash()));
				}
			}
		}
		backable
	}

	fn vote(&mut self, parent: Hash, statement: &SignedCompactStatement) -> bool {
		let hash = statement.statement.candidate_hash();
		let counted = self.counted.entry(parent).or_default();
		let kind = Kind::of(&statement.statement) == Kind::Seconded;
		self.twice |= !counted.insert((hash, statement.validator_index, kind));
		let voters: BTreeSet<_> = counted
			.iter()
			.filter(|(of, ..)| *of == hash)
			.map(|(_, author, _)| *author)
			.collect();
		voters.len() >= SETTING.minimum_votes as usize
	}

	fn block(&mut self, now: Instant, block: u32, out: &mut Outbox<WholeWords>) {
		let facts = Arc::new(SETTING.facts(block));
		let update = self.chain.handle(ChainEvent::Imported { facts, fresh: true });
		for leaf in update.activated {
			self.run(now, out, |whole, part| {
				whole
					.part
					.leaf_activated(now, &leaf, &whole.chain, &frontier, part)
			});
		}
		for leaf in update.deactivated {
			self.run(now, out, |whole, part| {
				whole
					.part
					.leaf_deactivated(now, leaf, &whole.chain, &frontier, part)
			});
		}
		let chain = &self.chain;
		self.counted.retain(|parent, _| chain.is_in_scope(*parent));
	}

	fn state(&mut self, now: Instant, (name, block, seconds): (u8, u32, bool), out: &mut Outbox<WholeWords>) {
		let parent = actors::hash(block);
		let Some(own) = self
			.chain
			.own_index(parent)
			.filter(|_| self.chain.is_in_scope(parent))
		else {
			return;
		};
		let (group, _) = SETTING.place(own.0);
		let candidate = actors::candidate(name, group, block);
		let of = |kind| (candidate.hash(), own, kind);
		let counted = self.counted.entry(parent).or_default();
		let own_seconded = counted
			.iter()
			.filter(|(_, author, kind)| *author == own && *kind)
			.count();
		let is_known = self.part.is_confirmed(parent, candidate.hash());
		let may = match seconds {
			true => own_seconded < SETTING.limit(),
			false => is_known,
		};
		if !may || counted.contains(&of(true)) || counted.contains(&of(false)) {
			return;
		}
		let statement = SETTING.said(candidate.hash(), seconds, block, own.0);
		let is_backable = self.vote(parent, &statement);
		self.run(now, out, |whole, part| {
			let (chain, hash) = (&whole.chain, candidate.hash());
			let mut effects = whole
				.part
				.share(now, parent, &statement, &candidate, chain, &frontier, part);
			if is_backable {
				effects.extend(whole.part.backable(now, parent, hash, chain, &frontier, part));
			}
			effects
		});
	}
}

impl Core for Whole {
	type Words = WholeWords;

	fn handle(&mut self, now: Instant, input: Input<WholeWords>, out: &mut Outbox<WholeWords>) {
		self.heard.clear();
		let input = match input {
			Input::Chain(Happening::Block(block)) => return self.block(now, block, out),
			Input::Chain(Happening::Stated { name, block, seconds }) => {
				return self.state(now, (name, block, seconds), out);
			}
			Input::Propose(_, never, _) => match never {},
			Input::Peer(peer, PeerEvent::Connected(who)) => {
				let authorities = match who {
					Who::Validator(key) => vec![actors::public(key.into())],
					Who::Stranger => Vec::new(),
				};
				self.chain.connected(peer, Identity { authorities });
				Input::Peer(peer, PeerEvent::Connected(()))
			}
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.chain.disconnected(peer);
				Input::Peer(peer, PeerEvent::Disconnected)
			}
			Input::Peer(peer, PeerEvent::View(view)) => Input::Peer(peer, PeerEvent::View(view)),
			Input::Peer(peer, PeerEvent::Message(message)) => Input::Peer(peer, PeerEvent::Message(message)),
			Input::Request(peer, ticket, request) => Input::Request(peer, ticket, request),
			Input::Response(id, answer) => Input::Response(id, answer),
			Input::Done(id, done) => Input::Done(id, done),
			Input::Stored(id) => Input::Stored(id),
			Input::Timer(id) => Input::Timer(id),
			Input::Restored(snapshot) => Input::Restored(snapshot),
		};
		self.run(now, out, |whole, part| {
			whole.part.handle(now, input, &whole.chain, &frontier, part)
		});
	}
}
