//! A small core around backing, which owns the context: the smallest validator there is.

use super::actors::{self, PARA};
use crate::{
	job, Advertised, Backing, BackingConfig, BackingWords, Collation, Demand, Effect, Event,
	HypotheticalCandidate, Introduction, Membership, PovRequest, View,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_fragment_tree::{Candidate, SharedValidationData};
use async_backing_machine::{
	Batch, Core, Input, Instant, Never, Outbox, Part, PeerEvent, PeerId, Recipients, Said as SaidInside,
	Words,
};
use async_backing_primitives::{
	CandidateHash, Hash, HeadData, HeadHash, ParaId, PoV, SignedCompactStatement,
};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
};

/// The words of a [`Whole`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeWords;

impl Words for WholeWords {
	type Chain = Happening;
	type Identity = Who;
	type View = Never;
	type Message = Said;
	type Request = PovRequest;
	type Response = Arc<PoV>;
	type Job = job::Job;
	type Done = job::Done;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Event;
}

/// What the relay chain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
	/// The block of this number is imported.
	Block(u32),
	/// The block of this number is final.
	Final(u32),
}

/// What a peer has proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
	/// A validator, by its key.
	Validator(u8),
	/// A collator that has declared its para.
	Collator,
	/// Nobody.
	Stranger,
}

/// A statement as the neighbour tells and hears it (R-SD-1): verified, with the candidate that it is about, hashed.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
	/// Relay block that it is bound to.
	pub scheduling_parent: Hash,
	/// The statement.
	pub statement: SignedCompactStatement,
	/// The candidate.
	pub candidate: Arc<Candidate>,
}

/// What is said without being asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
	/// A validator votes.
	Statement(Arc<Stated>),
	/// A collator hands over a collation that was fetched.
	Collation(Box<Collation>),
}

impl Part<WholeWords> for BackingWords {
	fn message(never: Never) -> Said {
		match never {}
	}
	fn request(request: PovRequest) -> PovRequest {
		request
	}
	fn response(response: Arc<PoV>) -> Arc<PoV> {
		response
	}
	fn job(job: job::Job) -> job::Job {
		job
	}
}

/// Where candidates stand: each at every leaf, at the depth of its name, so that few places are fought for; those of one
/// depth wait for their parents, which never come.
#[derive(Debug, Default)]
pub(super) struct Places {
	leaves: BTreeSet<Hash>,
	known: BTreeMap<CandidateHash, Arc<Candidate>>,
}

impl Places {
	fn at(&self, depth: u32) -> Membership {
		let leaves = self.leaves.iter().filter(|_| depth != UNCONNECTED);
		leaves.map(|leaf| (*leaf, vec![depth])).collect()
	}
}

/// Candidates of this depth stand nowhere.
const UNCONNECTED: u32 = 3;

fn depth_of(head: &HeadData) -> u32 {
	u32::from(head.0.first().copied().unwrap_or_default()) % 4
}

impl View for Places {
	fn hypothetical_depths(&self, candidate: HypotheticalCandidate<'_>, _: bool) -> Membership {
		match candidate {
			HypotheticalCandidate::Complete(candidate) => self.at(depth_of(candidate.output_head())),
			HypotheticalCandidate::Incomplete { .. } => self.at(actors::UNKNOWN_DEPTH),
		}
	}

	fn may_wait(&self, _: ParaId, _: Hash, _: HeadHash, output: Option<HeadHash>) -> bool {
		output.is_some()
	}

	fn membership(&self, _: ParaId, candidate: CandidateHash) -> Membership {
		let known = self.known.get(&candidate);
		known.map_or_else(Vec::new, |known| self.at(depth_of(known.output_head())))
	}

	fn introduce(&mut self, candidate: &Arc<Candidate>) -> Introduction {
		self.known.insert(candidate.hash(), candidate.clone());
		match depth_of(candidate.output_head()) {
			UNCONNECTED => Introduction::Unconnected,
			depth => Introduction::Member(self.at(depth)),
		}
	}

	fn note_seconded(&mut self, _: ParaId, _: CandidateHash) {}

	fn note_backed(&mut self, _: ParaId, _: CandidateHash) {}

	fn validation_data(&self, para: ParaId, _: Hash, _: HeadHash) -> Option<SharedValidationData> {
		(para == PARA).then(|| actors::validation_data().into())
	}

	fn validation_data_behind(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: &Arc<HeadData>,
	) -> Option<SharedValidationData> {
		self.validation_data(para, relay_parent, parent_head.hash())
	}
}

fn lacking(effect: &Effect) -> Option<CandidateHash> {
	match effect {
		Effect::Lacking { candidate, .. } => Some(*candidate),
		_ => None,
	}
}

/// Backing with all that it needs.
#[derive(Debug)]
pub struct Whole {
	pub(super) backing: Backing,
	pub(super) chain: ChainView,
	places: Places,
	/// Candidates that were announced to be backable while the last input was handled, with their scheduling parents.
	pub(super) announced: Vec<(CandidateHash, Hash)>,
	/// Candidates that collators were to hand over.
	pub(super) lacking: BTreeSet<CandidateHash>,
	/// Own statements for which there was no room yet.
	to_share: VecDeque<Arc<Stated>>,
}

impl Default for Whole {
	fn default() -> Self {
		Self {
			backing: Backing::new(BackingConfig::default()),
			chain: ChainView::new(Some(actors::public(actors::OWN)), Limits::default()),
			places: Places::default(),
			announced: Vec::new(),
			lacking: BTreeSet::new(),
			to_share: VecDeque::new(),
		}
	}
}

impl Whole {
	/// Lets backing speak, and does what its neighbours do about it.
	fn run(
		&mut self,
		now: Instant,
		out: &mut Outbox<WholeWords>,
		run: impl FnOnce(&mut Self, &mut Outbox<BackingWords>) -> Vec<Effect>,
	) {
		let mut events = Vec::new();
		out.part(
			|part: &mut Outbox<BackingWords>| {
				let mut effects: VecDeque<_> = run(self, part).into();
				while let Some(effect) = effects.pop_front() {
					effects.extend(self.follow(now, effect, part));
				}
			},
			|output| match <BackingWords as Part<WholeWords>>::output(output) {
				Ok(output) => Some(output),
				Err(SaidInside::Event(event)) => {
					events.push(event);
					None
				}
				Err(SaidInside::Proposal(never)) => match never {},
			},
		);
		for event in events {
			out.event(event);
		}
		while let Some(stated) = self.to_share.pop_front() {
			let of_session = |peer: &PeerId| {
				let validator = self.chain.validator_of(stated.scheduling_parent, *peer);
				validator.is_some()
			};
			let to = self.chain.peers().filter(of_session).collect();
			if !out.notify(Recipients::Peers(to), Said::Statement(stated.clone())) {
				self.to_share.push_front(stated);
				return;
			}
		}
	}

	/// What a neighbour does about an effect, and what follows from that.
	fn follow(&mut self, now: Instant, effect: Effect, part: &mut Outbox<BackingWords>) -> Vec<Effect> {
		self.lacking.extend(lacking(&effect));
		match effect {
			Effect::Share {
				scheduling_parent,
				statement,
				candidate,
			} => self.to_share.push_back(Arc::new(Stated {
				scheduling_parent,
				statement,
				candidate,
			})),
			Effect::Backable {
				candidate,
				scheduling_parent,
				..
			} => self.announced.push((candidate, scheduling_parent)),
			Effect::Validated { candidate, .. } => {
				let mut batch = Batch::default();
				batch.put(actors::data_key(candidate.hash()), Vec::new());
				part.store(batch);
				return self
					.backing
					.data_stored(now, candidate.hash(), &self.chain, &mut self.places, part);
			}
			_ => {}
		}
		Vec::new()
	}

	/// Whether an own statement waits for room.
	pub(super) fn is_to_share(&self, scheduling_parent: Hash, candidate: CandidateHash) -> bool {
		self.to_share.iter().any(|stated| {
			(stated.scheduling_parent, stated.candidate.hash()) == (scheduling_parent, candidate)
		})
	}

	fn heard(&mut self, now: Instant, stated: &Stated, out: &mut Outbox<WholeWords>) {
		let Stated {
			scheduling_parent,
			statement,
			candidate,
		} = stated;
		self.run(now, out, |whole, part| {
			whole.backing.heard(
				now,
				*scheduling_parent,
				statement.clone(),
				candidate,
				&whole.chain,
				&mut whole.places,
				part,
			)
		});
	}

	fn chain(&mut self, now: Instant, happening: Happening, out: &mut Outbox<WholeWords>) {
		let update = self.chain.handle(match happening {
			Happening::Block(block) => ChainEvent::Imported {
				facts: Arc::new(actors::facts(block)),
				fresh: true,
			},
			Happening::Final(block) => ChainEvent::Finalized {
				hash: actors::hash(block),
				number: block,
			},
		});
		for leaf in update.activated {
			self.places.leaves.insert(leaf.block.hash);
			self.run(now, out, |whole, part| {
				whole
					.backing
					.leaf_activated(now, &leaf, &whole.chain, &mut whole.places, part)
			});
		}
		for leaf in update.deactivated {
			self.places.leaves.remove(&leaf);
			self.run(now, out, |whole, part| {
				whole
					.backing
					.leaf_deactivated(now, leaf, &whole.chain, &mut whole.places, part)
			});
		}
		let in_scope = |candidate: &Arc<Candidate>| self.chain.is_in_scope(candidate.relay_parent());
		self.places.known.retain(|_, candidate| in_scope(candidate));
		self.to_share.retain(|stated| in_scope(&stated.candidate));
		let backing = &self.backing;
		self.lacking
			.retain(|candidate| backing.candidate(*candidate).is_some());
	}

	fn collation(&mut self, now: Instant, peer: PeerId, collation: Collation, out: &mut Outbox<WholeWords>) {
		self.run(now, out, |whole, part| {
			let (hash, descriptor) = (collation.receipt.hash(), &collation.receipt.descriptor);
			let is_wanted = match whole.backing.demand(hash, &whole.chain) {
				Some(demand) => demand != Demand::Never,
				None => whole
					.backing
					.can_second(
						&Advertised::of(hash, descriptor, collation.parent_head),
						&whole.places,
					)
					.is_ok(),
			};
			if !is_wanted {
				return Vec::new();
			}
			whole
				.backing
				.collation_fetched(now, peer, collation, &whole.chain, &mut whole.places, part)
				.unwrap_or_default()
		});
	}
}

impl Core for Whole {
	type Words = WholeWords;

	fn handle(&mut self, now: Instant, input: Input<WholeWords>, out: &mut Outbox<WholeWords>) {
		self.announced.clear();
		let input = match input {
			Input::Chain(happening) => return self.chain(now, happening, out),
			Input::Propose(_, never, _) => match never {},
			Input::Peer(peer, PeerEvent::Message(Said::Collation(collation))) => {
				return self.collation(now, peer, *collation, out);
			}
			Input::Peer(_, PeerEvent::Message(Said::Statement(stated))) => {
				return self.heard(now, &stated, out);
			}
			Input::Peer(peer, event) => {
				let event = match event {
					PeerEvent::Connected(who) => {
						let authorities = match who {
							Who::Validator(key) => vec![actors::public(key)],
							Who::Collator | Who::Stranger => Vec::new(),
						};
						self.chain.connected(peer, Identity { authorities });
						PeerEvent::Connected(())
					}
					PeerEvent::View(never) => match never {},
					PeerEvent::Message(_) => return,
					PeerEvent::Disconnected => {
						self.chain.disconnected(peer);
						PeerEvent::Disconnected
					}
				};
				Input::Peer(peer, event)
			}
			Input::Request(peer, ticket, request) => Input::Request(peer, ticket, request),
			Input::Response(id, answer) => Input::Response(id, answer),
			Input::Done(id, done) => Input::Done(id, done),
			Input::Stored(id) => Input::Stored(id),
			Input::Timer(id) => Input::Timer(id),
			Input::Restored(snapshot) => Input::Restored(snapshot),
		};
		self.run(now, out, |whole, part| {
			whole
				.backing
				.handle(now, input, &whole.chain, &mut whole.places, part)
		});
	}
}
