//! A collator: declares itself to validators, authors on the leaves that are its turn, offers candidates to backers and
//! hands them out.
//!
//! It authors one block after the other, each as a job. A candidate is offered to all members of its group, and to those
//! that come or come back, for as long as it may be backed. Its fellows hear of it too, and offer it as well once they have
//! it, so that it outlives its author. What a collator has it stores, so that it can go on after a crash.

mod fellows;
mod offers;
mod recovering;
mod serving;
mod streams;
mod turns;

pub(crate) use streams::Card;
pub(crate) use turns::Turns;

use crate::{
	authoring::{Author, Idle, Order, REFUSED},
	words::{Authored, Built, CoreWords, Done, Event, Job, Message, NotAuthored},
};
use async_backing_availability::Recoverer;
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_collator::{NoBuild, Parablock, Serving};
use async_backing_machine::{
	Batch, Core, Input, Instant, JobFailure, JobId, Outbox, PeerEvent, PeerId, Priority, Snapshot, Ticket,
};
use async_backing_primitives::{
	BlockNumber, CandidateCommitments, CandidateHash, CoreIndex, Hash, HeadData, HeadHash, LeafFacts, ParaId,
	RelayChainBlockInfo, Slot, ValidatorId,
};
use async_backing_validator::Message as NodeMessage;
use codec::{Decode, Encode};
use fellows::Fellows;
use offers::{group_of, pending, Offer, Offers, OFFERS_KEPT};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
	time::Duration,
};
use streams::Streams;

/// Validators that a collator is connected with at most: all that a relay chain has.
const MAX_VALIDATORS: usize = 1024;
/// Where blocks are stored: by the number of their relay parent, then their candidate.
const BLOCKS: &[u8] = b"co/";

type Out = Outbox<CoreWords>;

/// A collator of one para.
#[derive(Debug)]
pub(crate) struct CollatorCore {
	para: ParaId,
	genesis_head: HeadData,
	author: Author,
	turns: Turns,
	validators: BTreeMap<PeerId, Vec<ValidatorId>>,
	/// The relay chain, and which validators are there.
	chain: ChainView,
	/// The collation protocol.
	streams: Streams,
	fellows: Fellows,
	/// Of blocks that nobody hands out who should have them.
	recoverer: Recoverer,
	leaf: Option<Arc<LeafFacts>>,
	/// When that became the leaf.
	leaf_at: Instant,
	/// The leaf at which somebody was told last why nothing is built.
	idle_at: Option<Hash>,
	/// How long whoever's turn it is has until it is heard, at a leaf.
	patience: Option<(Hash, Duration)>,
	/// The block that is being executed, and the leaf that it was decided at.
	under_way: Option<(JobId, Box<Order>, Arc<LeafFacts>)>,
	offers: Offers,
	/// Which fellow waits for something that is on offer.
	serving: Serving<PeerId, Ticket>,
	/// Answers on their way, and when they are out.
	sending: BTreeSet<(Instant, Ticket)>,
	/// Keys of blocks in the store, oldest first.
	stored: VecDeque<Vec<u8>>,
}

/// A block as it is stored.
#[derive(Encode, Decode)]
struct Record {
	commitments: CandidateCommitments,
	parent_head: HeadHash,
	relay_parent: (Hash, u32, Hash),
	slot: Slot,
	candidate: CandidateHash,
	core: Option<CoreIndex>,
	ready: BlockNumber,
}

impl CollatorCore {
	pub(crate) fn new(
		para: ParaId,
		genesis_head: HeadData,
		author: Author,
		turns: Turns,
		card: Card,
	) -> Self {
		Self {
			para,
			genesis_head,
			author,
			turns,
			validators: BTreeMap::new(),
			chain: ChainView::new(None, Limits::default()),
			streams: Streams::new(card),
			fellows: Fellows::default(),
			recoverer: Recoverer::default(),
			leaf: None,
			leaf_at: Instant::ZERO,
			idle_at: None,
			patience: None,
			under_way: None,
			offers: Offers::default(),
			serving: Serving::default(),
			sending: BTreeSet::new(),
			stored: VecDeque::new(),
		}
	}

	fn connected(&mut self, now: Instant, peer: PeerId, identity: Identity, out: &mut Out) {
		if let Some(position) = self.turns.fellow(&identity) {
			return self.met(peer, position, out);
		}
		let is_new = !self.validators.contains_key(&peer);
		if identity.authorities.is_empty() || (is_new && self.validators.len() >= MAX_VALIDATORS) {
			return;
		}
		if let Some(other) = self.chain.connected(peer, identity.clone()) {
			self.validators.remove(&other);
		}
		self.validators.insert(peer, identity.authorities);
		self.dial(now, false, out);
	}

	/// The side hears of the chain first: what is built is offered at the newest leaf.
	fn chain_event(&mut self, now: Instant, event: ChainEvent, out: &mut Out) {
		let update = self.chain.handle(event.clone());
		if !update.is_empty() {
			self.tell_side(now, Input::Chain(update), out);
		}
		match event {
			ChainEvent::Imported { facts, fresh } => self.imported(now, facts, fresh, out),
			ChainEvent::Reverted { hash } => {
				self.leaf.take_if(|leaf| leaf.block.hash == hash);
			}
			ChainEvent::Finalized { .. } => {}
		}
	}

	fn imported(&mut self, now: Instant, facts: Arc<LeafFacts>, fresh: bool, out: &mut Out) {
		self.fellows.relay_block(&facts, self.para);
		self.author.collator_mut().note_relay_block(&facts);
		if !fresh {
			return;
		}
		let is_newer = |leaf: &Arc<LeafFacts>| leaf.block.number < facts.block.number;
		if !self.leaf.as_ref().is_none_or(is_newer) {
			return;
		}
		(self.leaf, self.leaf_at) = (Some(facts), now);
		self.author(now, out);
		self.recover();
		self.pursue(now, out);
		self.end_recoveries(now, out);
	}

	/// Begins the next block, if there is one to build.
	fn author(&mut self, now: Instant, out: &mut Out) {
		let Some(leaf) = self.leaf.clone().filter(|_| self.under_way.is_none()) else {
			return;
		};
		let elapsed = now.saturating_sub(self.leaf_at);
		let decided = self.author.decide(&leaf, elapsed);
		if !self.is_own_turn(&leaf, elapsed, decided.as_ref().ok(), out) {
			return;
		}
		match decided {
			// A hook may have it wait for its part of the slot.
			Ok(order) if order.begins > elapsed => {
				let wait = order.begins.saturating_sub(elapsed);
				out.set_timer(now.saturating_add(wait));
			}
			Ok(order) => {
				let slots = order.build_on.deadline.saturating_sub(leaf.slot);
				let slots = u32::try_from(slots).unwrap_or(u32::MAX);
				let deadline = now.saturating_add(self.author.timing().until_inherent(slots));
				let order = Box::new(order);
				self.author.begun(&order);
				self.idle_at = Some(leaf.block.hash);
				self.under_way = out
					.job(Priority::High, deadline, Job::Author(order.clone()))
					.map(|job| (job, order, leaf));
			}
			Err(Idle::NoBuild(reason @ NoBuild::UnknownHead(_))) => {
				out.event(Event::Complaint(reason.to_string()));
			}
			// The next leaf may answer otherwise. Observers are told once for each that has no block.
			Err(reason) => {
				let leaf = Some(leaf.block.hash);
				if self.idle_at != leaf {
					self.idle_at = leaf;
					out.event(Event::Idle(self.para, reason.kind().into()));
				}
			}
		}
	}

	/// Whether the leaf's slot is this collator's: its own, or that of others who have vanished, or did not say in time that
	/// they have a block. `order` is what there is to build.
	fn is_own_turn(
		&mut self,
		leaf: &LeafFacts,
		elapsed: Duration,
		order: Option<&Order>,
		out: &mut Out,
	) -> bool {
		let (slot, relay_parent) = (leaf.slot, leaf.block.hash);
		let mut there = self.fellows.are_there();
		let is_own = |there: &BTreeSet<usize>| {
			let turn = self.turns.of(slot, |position| there.contains(&position));
			(!self.turns.is_own(turn)).then_some(turn)
		};
		let mut turn = is_own(&there);
		let Some(order) = order else {
			return turn.is_none();
		};
		// What it says that it has built may be on a block behind the leaf.
		let built_on = order.build_on.relay_parent.hash;
		// Until it says that it has built.
		self.fellows.turn_of(slot, self.turns.of(slot, |_| true));
		let patience = match self.patience {
			Some((leaf, patience)) if leaf == relay_parent => patience,
			_ => self
				.author
				.timing()
				.until_heard(order.begins.saturating_add(order.budget.time)),
		};
		self.patience = Some((relay_parent, patience));
		// One after the other has its chance.
		let mut until = patience;
		while let Some(other) = turn {
			if self.fellows.said(other, built_on) {
				return false;
			}
			if elapsed < until {
				out.set_timer(self.leaf_at.saturating_add(until));
				return false;
			}
			until = until.saturating_add(patience);
			there.remove(&other);
			turn = is_own(&there);
		}
		true
	}

	fn done(&mut self, now: Instant, job: JobId, result: Result<Done, JobFailure>, out: &mut Out) {
		if self.fellows.imports(job) {
			return self.import_done(now, job, result, out);
		}
		let Some((_, order, leaf)) = self.under_way.take_if(|(id, ..)| *id == job) else {
			return self.recovery_done(now, job, result, out);
		};
		match result {
			Ok(Done::Authored(Ok(authored))) => {
				self.built(now, &order, *authored, out);
				// At a velocity above one there may be another one for this leaf.
				self.author(now, out);
			}
			Ok(Done::Authored(Err(NotAuthored::Refused))) => self.refused(now, &leaf, out),
			Ok(Done::Authored(Err(NotAuthored::Failed(reason)))) => {
				out.event(Event::Complaint(reason.clone()));
				out.event(Event::Idle(self.para, reason.into()));
			}
			Ok(Done::Validator(_)) => {}
			Err(failure) => out.event(Event::Complaint(format!("authoring: {failure}"))),
		}
	}

	/// The parachain takes no block at this leaf. Another one may have come meanwhile.
	fn refused(&mut self, now: Instant, leaf: &LeafFacts, out: &mut Out) {
		self.author.abandoned();
		out.event(Event::Idle(self.para, REFUSED.into()));
		let is_other = |newest: &Arc<LeafFacts>| newest.block.hash != leaf.block.hash;
		if self.leaf.as_ref().is_some_and(is_other) {
			self.author(now, out);
		}
	}

	fn built(&mut self, now: Instant, order: &Order, authored: Authored, out: &mut Out) {
		let build_on = &order.build_on;
		let Authored {
			collated,
			receipt,
			pov,
			extrinsics,
		} = authored;
		let parent_head = build_on.context.required_parent.value;
		self.take_in(
			Parablock {
				commitments: Arc::new(collated.receipt.commitments.clone()),
				parent_head,
				relay_parent: build_on.relay_parent,
				slot: build_on.slot,
				candidate: collated.hash,
				core: Some(build_on.core),
				ready: build_on.ready,
			},
			out,
		);
		// Where it really belongs: who misbehaves may have built it elsewhere than it thinks.
		let descriptor = &collated.receipt.descriptor;
		out.event(Event::Built(Built {
			para: self.para,
			candidate: collated.hash,
			parent_head: collated.validation_data.parent_head.hash(),
			output_head: descriptor.para_head(),
			relay_parent: descriptor.relay_parent(),
			core: build_on.core,
			extrinsics,
			pov_bytes: pov.encoded_size(),
			due: build_on.leaf.number.saturating_add(order.backing_delay),
		}));
		let offer = Offer {
			candidate: collated.hash,
			receipt,
			parent_head: collated.validation_data.parent_head.hash(),
			pov,
		};
		let block = offer.announcement();
		let parent_head = collated.validation_data.parent_head.clone();
		self.offer(now, offer, parent_head, Some(build_on.core), out);
		self.announce(block, out);
	}

	/// A peer is gone. Whoever is left has heard of all that it may have taken with it.
	fn gone(&mut self, now: Instant, peer: PeerId, out: &mut Out) {
		self.fellows.gone(peer);
		self.validators.remove(&peer);
		self.chain.disconnected(peer);
		self.hung_up(now, peer, out);
		self.unasked(peer, out);
	}

	/// A block is known, now and after a crash.
	fn take_in(&mut self, block: Parablock, out: &mut Out) {
		let RelayChainBlockInfo {
			hash,
			number,
			storage_root,
		} = block.relay_parent;
		let record = Record {
			commitments: (*block.commitments).clone(),
			parent_head: block.parent_head,
			relay_parent: (hash, number, storage_root),
			slot: block.slot,
			candidate: block.candidate,
			core: block.core,
			ready: block.ready,
		};
		let key = [BLOCKS, &number.to_be_bytes()[..], block.candidate.0.as_ref()].concat();
		self.author.collator_mut().note_block(block);
		let mut batch = Batch::default();
		batch.put(key.clone(), record.encode());
		self.stored.push_back(key);
		if self.stored.len() > OFFERS_KEPT {
			if let Some(oldest) = self.stored.pop_front() {
				batch.remove(oldest);
			}
		}
		out.store(batch);
	}

	/// Its blocks are known again. What was on offer is lost: the parachain would have to execute it once more.
	fn restored(&mut self, snapshot: &Snapshot) {
		for (rest, value) in snapshot.with_prefix(BLOCKS) {
			let Ok(record) = Record::decode(&mut &value[..]) else {
				continue;
			};
			let (hash, number, storage_root) = record.relay_parent;
			self.stored.push_back([BLOCKS, rest].concat());
			self.author.collator_mut().note_block(Parablock {
				commitments: Arc::new(record.commitments),
				parent_head: record.parent_head,
				relay_parent: RelayChainBlockInfo {
					hash,
					number,
					storage_root,
				},
				slot: record.slot,
				candidate: record.candidate,
				core: record.core,
				ready: record.ready,
			});
		}
	}
}

impl Core for CollatorCore {
	type Words = CoreWords;

	fn handle(&mut self, now: Instant, input: Input<CoreWords>, out: &mut Out) {
		match input {
			Input::Chain(event) => self.chain_event(now, event, out),
			Input::Peer(peer, PeerEvent::Connected(identity)) => self.connected(now, peer, identity, out),
			Input::Peer(peer, PeerEvent::Disconnected) => self.gone(now, peer, out),
			Input::Peer(peer, PeerEvent::Message(message)) => match message {
				Message::Block(block) => self.announced(now, peer, *block, out),
				Message::Stream(signal) => self.signalled(now, peer, signal, out),
				Message::Node(NodeMessage::Collation(bytes)) => self.told(now, peer, &bytes, out),
				// That is among validators.
				Message::Node(_) => {}
			},
			Input::Peer(_, PeerEvent::View(view)) => match view {},
			Input::Request(peer, ticket, request) => self.asked(now, peer, ticket, request, out),
			Input::Done(job, result) => self.done(now, job, result, out),
			Input::Propose(id, ..) => out.propose(id, Default::default()),
			Input::Restored(snapshot) => self.restored(&snapshot),
			Input::Response(id, answer) => self.answered(now, id, answer, out),
			Input::Timer(id) => {
				self.tell_side(now, Input::Timer(id), out);
				self.tell_recoverer(now, Input::Timer(id), out);
				self.serve_on(now, out);
				self.author(now, out);
			}
			Input::Stored(_) => {}
		}
	}
}

#[cfg(test)]
mod tests;
