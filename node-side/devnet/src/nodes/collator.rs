//! A collator: declares itself to validators, authors on the leaves that are its turn, offers candidates to backers and
//! hands them out.
//!
//! It authors one block after the other, each as a job. A candidate is offered to one member of its group; at each new leaf
//! at which it is alive and not on-chain, to the next, unless somebody has fetched it, is still there, and has time yet.
//! Its fellows hear of it too, and offer it as well
//! once they have it, so that it outlives its author. What a collator has it stores, so that it can go on after a crash.

mod fellows;
mod turns;

pub(crate) use turns::Turns;

use crate::{
	authoring::{Author, Idle, Order},
	words::{Authored, Built, DevnetWords, Done, Event, Job},
};
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_collator::{NoBuild, Parablock};
use async_backing_machine::{
	Batch, Core, Input, Instant, JobFailure, JobId, Outbox, PeerEvent, PeerId, Priority, Recipients, Refusal,
	Snapshot, Ticket,
};
use async_backing_primitives::{
	BlockNumber, CandidateHash, CandidatePendingAvailability, CandidateReceipt, CoreIndex, Hash, HeadData,
	HeadHash, LeafFacts, ParaId, PoV, RelayChainBlockInfo, Slot, ValidatorId,
};
use async_backing_validator::{Advertisement, FetchedCollation, Message, Request, Response};
use codec::{Decode, Encode};
use fellows::Fellows;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
};

/// Candidates that a collator offers: far more than can be in flight.
const OFFERS_KEPT: usize = 64;
/// Validators that a collator is connected with at most: all that a relay chain has.
const MAX_VALIDATORS: usize = 1024;
/// Where blocks are stored: by the number of their relay parent, then their candidate.
const BLOCKS: &[u8] = b"co/";

type Out = Outbox<DevnetWords>;

/// A collator of one para.
#[derive(Debug)]
pub(crate) struct CollatorCore {
	para: ParaId,
	genesis_head: HeadData,
	author: Author,
	turns: Turns,
	validators: BTreeMap<PeerId, Vec<ValidatorId>>,
	fellows: Fellows,
	leaf: Option<Arc<LeafFacts>>,
	/// The block that is being executed, and the leaf that it was decided at.
	under_way: Option<(JobId, Box<Order>, Arc<LeafFacts>)>,
	/// Oldest first.
	offers: VecDeque<Offer>,
	/// Keys of blocks in the store, oldest first.
	stored: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
struct Offer {
	candidate: CandidateHash,
	receipt: CandidateReceipt,
	parent_head: HeadHash,
	pov: Arc<PoV>,
	/// Members of its group, in the order in which they are asked to back it.
	backers: VecDeque<ValidatorId>,
	/// The validator that fetched it last.
	fetched_by: Option<PeerId>,
	/// Number of the relay block that should have backed it.
	due: BlockNumber,
}

impl Offer {
	fn advertisement(&self) -> Box<Advertisement> {
		Box::new(Advertisement {
			receipt: self.receipt.clone(),
			parent_head: self.parent_head,
		})
	}
}

/// A block as it is stored.
#[derive(Encode, Decode)]
struct Record {
	head: HeadData,
	parent_head: HeadHash,
	relay_parent: (Hash, u32, Hash),
	slot: Slot,
	candidate: CandidateHash,
}

impl CollatorCore {
	pub(crate) fn new(para: ParaId, genesis_head: HeadData, author: Author, turns: Turns) -> Self {
		Self {
			para,
			genesis_head,
			author,
			turns,
			validators: BTreeMap::new(),
			fellows: Fellows::default(),
			leaf: None,
			under_way: None,
			offers: VecDeque::new(),
			stored: VecDeque::new(),
		}
	}

	fn connected(&mut self, peer: PeerId, identity: Identity, out: &mut Out) {
		if self.turns.is_fellow(&identity) {
			return self.met(peer, out);
		}
		let is_new = !self.validators.contains_key(&peer);
		if identity.authorities.is_empty() || (is_new && self.validators.len() >= MAX_VALIDATORS) {
			return;
		}
		self.validators.insert(peer, identity.authorities);
		if is_new {
			out.notify(Recipients::Peer(peer), Message::Declare { para: self.para });
		}
	}

	fn imported(&mut self, now: Instant, facts: Arc<LeafFacts>, fresh: bool, out: &mut Out) {
		self.fellows.relay_block(&facts, self.para);
		if !fresh {
			return;
		}
		let is_newer = |leaf: &Arc<LeafFacts>| leaf.block.number < facts.block.number;
		if !self.leaf.as_ref().is_none_or(is_newer) {
			return;
		}
		self.leaf = Some(facts);
		for position in self.waiting() {
			self.offer(position, out);
		}
		self.author(now, out);
		self.recover();
		self.pursue(out);
	}

	/// Begins the next block, if there is one to build.
	fn author(&mut self, now: Instant, out: &mut Out) {
		let Some(leaf) = self.leaf.clone().filter(|_| self.under_way.is_none()) else {
			return;
		};
		let decided = self.author.decide(&leaf);
		if !self.turns.is_own(leaf.slot) {
			return;
		}
		match decided {
			Ok(order) => {
				let slots = order.build_on.deadline.saturating_sub(leaf.slot);
				let slots = u32::try_from(slots).unwrap_or(u32::MAX);
				let deadline = now.saturating_add(self.author.timing().until_inherent(slots));
				let order = Box::new(order);
				self.under_way = out
					.job(Priority::High, deadline, Job::Author(order.clone()))
					.map(|job| (job, order, leaf));
			}
			Err(Idle::NoBuild(reason @ NoBuild::UnknownHead(_))) => {
				out.event(Event::Complaint(reason.to_string()));
			}
			// The next leaf may answer otherwise.
			Err(_) => {}
		}
	}

	fn done(&mut self, now: Instant, job: JobId, result: Result<Done, JobFailure>, out: &mut Out) {
		if self.fellows.imports(job) {
			return self.import_done(job, result, out);
		}
		let Some((_, order, leaf)) = self.under_way.take_if(|(id, ..)| *id == job) else {
			return;
		};
		match result {
			Ok(Done::Authored(Ok(authored))) => {
				self.built(&order, &leaf, *authored, out);
				// At a velocity above one there may be another one for this leaf.
				self.author(now, out);
			}
			Ok(Done::Authored(Err(reason))) => out.event(Event::Complaint(reason)),
			Ok(Done::Validator(_)) => {}
			Err(failure) => out.event(Event::Complaint(format!("authoring: {failure}"))),
		}
	}

	fn built(&mut self, order: &Order, leaf: &LeafFacts, authored: Authored, out: &mut Out) {
		let build_on = &order.build_on;
		let Authored {
			collated,
			receipt,
			pov,
			extrinsics,
		} = authored;
		let parent_head = build_on.parent_head.hash();
		self.take_in(
			Parablock {
				head: collated.receipt.commitments.head_data.clone(),
				parent_head,
				relay_parent: build_on.relay_parent,
				slot: build_on.slot,
				candidate: collated.hash,
			},
			out,
		);
		out.event(Event::Built(Built {
			para: self.para,
			candidate: collated.hash,
			parent_head,
			output_head: collated.receipt.descriptor.para_head(),
			relay_parent: build_on.relay_parent.hash,
			extrinsics,
			pov_bytes: pov.encoded_size(),
		}));
		let position = self.keep(Offer {
			candidate: collated.hash,
			receipt,
			parent_head,
			pov,
			backers: backers(leaf, build_on.core, build_on.relay_parent.number),
			fetched_by: None,
			due: build_on.relay_parent.number.saturating_add(order.backing_delay),
		});
		self.offer(position, out);
		self.announce(position, out);
	}

	/// Puts a candidate to those on offer. Returns its position.
	fn keep(&mut self, offer: Offer) -> usize {
		if self.offers.len() >= OFFERS_KEPT {
			self.offers.pop_front();
		}
		self.offers.push_back(offer);
		self.offers.len().saturating_sub(1)
	}

	/// Positions of candidates that are of use at the leaf and nobody has fetched, or somebody has in vain: they should be
	/// on-chain by now.
	fn waiting(&self) -> Vec<usize> {
		let Some(leaf) = &self.leaf else {
			return Vec::new();
		};
		let alive = self.author.collator().alive(leaf);
		let is_pending =
			|offer: &Offer| pending(leaf, self.para).any(|pending| pending.candidate_hash == offer.candidate);
		let waits = |offer: &Offer| {
			(offer.fetched_by.is_none() || leaf.block.number > offer.due)
				&& alive.contains(&offer.candidate)
				&& !is_pending(offer)
		};
		let offers = self.offers.iter().enumerate();
		offers
			.filter(|(_, offer)| waits(offer))
			.map(|(position, _)| position)
			.collect()
	}

	/// Offers a candidate to the next member of its group that is connected.
	fn offer(&mut self, position: usize, out: &mut Out) {
		let Some(offer) = self.offers.get_mut(position) else {
			return;
		};
		let validators = &self.validators;
		let next = offer.backers.iter().enumerate().find_map(|(turn, backer)| {
			let (peer, _) = validators.iter().find(|(_, keys)| keys.contains(backer))?;
			Some((turn, *peer))
		});
		if let Some((turn, peer)) = next {
			offer.backers.remove(turn);
			let message = Message::Advertise(offer.advertisement());
			out.notify(Recipients::Peer(peer), message);
		}
	}

	/// A validator is gone, and what it had fetched with it, unless others have it from there: the next one is asked.
	fn gone(&mut self, peer: PeerId, out: &mut Out) {
		self.fellows.gone(peer);
		let Some(keys) = self.validators.remove(&peer) else {
			return;
		};
		for position in 0..self.offers.len() {
			let offer = &mut self.offers[position];
			if offer.fetched_by != Some(peer) {
				continue;
			}
			offer.fetched_by = None;
			// It may come back.
			offer.backers.extend(keys.first().cloned());
			if self.waiting().contains(&position) {
				self.offer(position, out);
			}
		}
	}

	fn asked(&mut self, peer: PeerId, ticket: Ticket, request: Request, out: &mut Out) {
		let is_validator = self.validators.contains_key(&peer);
		let found = match request {
			Request::Collation(candidate) => {
				self.offers.iter_mut().find(|offer| offer.candidate == candidate)
			}
			Request::Pov(_) | Request::Chunk { .. } | Request::AvailableData(_) => None,
		};
		let answer = found.ok_or(Refusal::Unknown).map(|offer| {
			if is_validator {
				offer.fetched_by = Some(peer);
			}
			Response::Collation(FetchedCollation {
				receipt: offer.receipt.clone(),
				pov: offer.pov.clone(),
			})
		});
		out.respond(ticket, answer);
	}

	/// A block is known, now and after a crash.
	fn take_in(&mut self, block: Parablock, out: &mut Out) {
		let RelayChainBlockInfo {
			hash,
			number,
			storage_root,
		} = block.relay_parent;
		let record = Record {
			head: block.head.clone(),
			parent_head: block.parent_head,
			relay_parent: (hash, number, storage_root),
			slot: block.slot,
			candidate: block.candidate,
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
				head: record.head,
				parent_head: record.parent_head,
				relay_parent: RelayChainBlockInfo {
					hash,
					number,
					storage_root,
				},
				slot: record.slot,
				candidate: record.candidate,
			});
		}
	}
}

impl Core for CollatorCore {
	type Words = DevnetWords;

	fn handle(&mut self, now: Instant, input: Input<DevnetWords>, out: &mut Out) {
		match input {
			Input::Chain(ChainEvent::Imported { facts, fresh }) => self.imported(now, facts, fresh, out),
			Input::Chain(ChainEvent::Reverted { hash }) => {
				self.leaf.take_if(|leaf| leaf.block.hash == hash);
			}
			Input::Chain(ChainEvent::Finalized { .. }) => {}
			Input::Peer(peer, PeerEvent::Connected(identity)) => self.connected(peer, identity, out),
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.gone(peer, out);
			}
			Input::Peer(peer, PeerEvent::Message(Message::Advertise(block))) => {
				self.announced(peer, *block, out)
			}
			// Validators tell a collator nothing that it needs.
			Input::Peer(_, PeerEvent::Message(_)) => {}
			Input::Peer(_, PeerEvent::View(view)) => match view {},
			Input::Request(peer, ticket, request) => self.asked(peer, ticket, request, out),
			Input::Done(job, result) => self.done(now, job, result, out),
			Input::Propose(id, ..) => out.propose(id, Default::default()),
			Input::Restored(snapshot) => self.restored(&snapshot),
			Input::Response(id, answer) => self.answered(now, id, answer, out),
			Input::Stored(_) | Input::Timer(_) => {}
		}
	}
}

/// Whom to offer a candidate on this core with a relay parent of this number: the members of its group take turns, relay
/// block by relay block.
fn backers(leaf: &LeafFacts, core: CoreIndex, relay_parent: BlockNumber) -> VecDeque<ValidatorId> {
	let child = leaf.rotation.at(relay_parent.saturating_add(1));
	let group = child
		.group_for_core(core, leaf.groups.len())
		.and_then(|group| leaf.groups.get(group.as_usize()));
	let members = group.into_iter().flatten();
	let mut backers: VecDeque<_> = members
		.filter_map(|member| leaf.validators.get(member.as_usize()).cloned())
		.collect();
	let turn = (relay_parent as usize).checked_rem(backers.len()).unwrap_or(0);
	backers.rotate_left(turn);
	backers
}

/// Candidates of the para that wait for availability.
fn pending(leaf: &LeafFacts, para: ParaId) -> impl Iterator<Item = &CandidatePendingAvailability> {
	let at_leaf = leaf.paras.get(&para);
	at_leaf
		.into_iter()
		.flat_map(|para| &para.backing_state.pending_availability)
}

#[cfg(test)]
mod tests;
