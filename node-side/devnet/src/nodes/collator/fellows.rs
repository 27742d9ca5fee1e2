//! The other collators of the para: their blocks are fetched, validated and taken in, so that the own ones build on them.
//!
//! A fellow announces what it has, and hands it out as to a backer. What nobody of them hands out, members
//! of its group have, and what is pending on-chain is with the validators in chunks. A block is taken in as a backer does
//! it: executed, and its outputs compared.
//!
//! Invariant: a block is taken in after its parent, whose state its execution needs.

use super::{pending, recovering::recovery_of, CollatorCore, Offer, Out, OFFERS_KEPT};
use crate::words::{Announcement, Done, Event, Job, Message, Request, Response};
use async_backing_availability::RecoveryOf;
use async_backing_backing::job::{self, Expected, Validated, ValidationJob};
use async_backing_collator::{Parablock, REMEMBERED_FOR};
use async_backing_execution_context::validation_data;
use async_backing_machine::{
	Cost, Instant, JobFailure, JobId, Judgement, PeerId, Priority, Recipients, RequestFailure, RequestId,
};
use async_backing_primitives::{
	BlockNumber, CandidateHash, CandidateReceipt, Hash, HeadData, HeadHash, LeafFacts, ParaId, PoV,
	RelayChainBlockInfo, SessionIndex, Slot,
};
use async_backing_prospective_parachains::SharedValidationData;
use async_backing_validator::{Done as ValidatorDone, Job as ValidatorJob, Response as NodeResponse};
use codec::Encode;
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
	time::Duration,
};

/// How long a fellow or a backer has to hand a block over.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Turns that a fellow may let pass, in which there was a block to build, before others take them.
const PATIENCE: u32 = 2;
/// Until when a block should be taken in: with it built in a slot, the next one is not too far.
const IMPORT_TIME: Duration = Duration::from_secs(12);

/// What a collator knows of the others, and of their blocks.
#[derive(Debug, Default)]
pub(super) struct Fellows {
	/// At most one for each of them.
	peers: BTreeMap<PeerId, Fellow>,
	/// Blocks that are not taken in yet; at most [`OFFERS_KEPT`] of each fellow, and as many of the chain.
	wanted: BTreeMap<CandidateHash, Wanted>,
	/// Relay parents that blocks may have: those of the last [`REMEMBERED_FOR`] relay blocks.
	relay: BTreeMap<Hash, RelayParent>,
	/// The highest of them.
	newest: BlockNumber,
	/// The last slot in which there was a block to build.
	turn: Option<Slot>,
}

/// Another collator of the para.
#[derive(Clone, Copy, Debug)]
struct Fellow {
	/// Which of them.
	position: usize,
	/// Its turns that have passed since a block that it built in one was taken in, though there was one to build.
	missed: u32,
	/// Relay parent of the last block that it said it has.
	said: Option<Hash>,
}

/// What a block's validation data take of its relay parent.
#[derive(Clone, Copy, Debug)]
struct RelayParent {
	info: RelayChainBlockInfo,
	slot: Slot,
	max_pov_size: u32,
	session: SessionIndex,
	/// Validators of its session.
	validators: usize,
}

/// A block that somebody else has.
#[derive(Debug)]
struct Wanted {
	receipt: CandidateReceipt,
	parent_head: HeadHash,
	/// Who said first that there is such a block: a fellow, or the chain.
	from: Option<PeerId>,
	/// The newest relay block then.
	heard: BlockNumber,
	/// Whom to ask for it, in this order.
	sources: VecDeque<(PeerId, Request)>,
	/// Where its data is, if it is pending on-chain: recovered when no fellow hands it out.
	recovery: Option<Box<RecoveryOf>>,
	stage: Stage,
}

#[derive(Debug)]
enum Stage {
	/// Nobody is being asked.
	Idle,
	Asked(RequestId, PeerId),
	Recovering,
	/// From somebody, or from chunks.
	Importing(JobId, Option<PeerId>, Arc<PoV>),
}

impl Fellows {
	/// A relay block that may be a relay parent.
	pub(super) fn relay_block(&mut self, facts: &LeafFacts, para: ParaId) {
		let Some(at_leaf) = facts.paras.get(&para) else {
			return;
		};
		let parent = RelayParent {
			info: facts.block,
			slot: facts.slot,
			max_pov_size: at_leaf.backing_state.constraints.max_pov_size,
			session: facts.session_index,
			validators: facts.validators.len(),
		};
		self.relay.insert(facts.block.hash, parent);
		self.newest = self.newest.max(facts.block.number);
		let newest = self.newest;
		let is_recent = |block: BlockNumber| newest.saturating_sub(block) <= REMEMBERED_FOR;
		self.relay.retain(|_, parent| is_recent(parent.info.number));
		self.wanted.retain(|_, wanted| is_recent(wanted.heard));
	}

	/// Number of a relay block that may be a relay parent.
	pub(super) fn number_of(&self, relay_parent: Hash) -> Option<BlockNumber> {
		Some(self.relay.get(&relay_parent)?.info.number)
	}

	/// Somebody is gone. Requests to it end by themselves.
	pub(super) fn gone(&mut self, peer: PeerId) {
		self.peers.remove(&peer);
		self.wanted.retain(|_, wanted| {
			wanted.sources.retain(|(source, _)| *source != peer);
			!wanted.sources.is_empty() || !matches!(wanted.stage, Stage::Idle)
		});
	}

	/// Whether a job takes a block in.
	pub(super) fn imports(&self, job: JobId) -> bool {
		let mut wanted = self.wanted.values();
		wanted.any(|wanted| matches!(&wanted.stage, Stage::Importing(id, ..) if *id == job))
	}

	/// A block that was to be recovered can't be had for now. Whoever can be asked once more says so again: a fellow that comes
	/// back, or the next leaf.
	pub(super) fn give_up(&mut self, candidate: CandidateHash) {
		self.wanted.remove(&candidate);
	}

	/// Which of the collators are there: those that are connected, and have let no more than [`PATIENCE`] turns pass.
	pub(super) fn are_there(&self) -> BTreeSet<usize> {
		let there = self.peers.values().filter(|fellow| fellow.missed < PATIENCE);
		there.map(|fellow| fellow.position).collect()
	}

	/// Whether the collator at this position has said that it has a block on this relay parent.
	pub(super) fn said(&self, position: usize, relay_parent: Hash) -> bool {
		let mut of_it = self.peers.values().filter(|fellow| fellow.position == position);
		of_it.any(|fellow| fellow.said == Some(relay_parent))
	}

	/// The turn of a fellow begins, and there is a block to build. A slot is one turn.
	pub(super) fn turn_of(&mut self, slot: Slot, position: usize) {
		if self.turn.replace(slot) == Some(slot) {
			return;
		}
		for fellow in self.peers.values_mut() {
			if fellow.position == position {
				fellow.missed = fellow.missed.saturating_add(1);
			}
		}
	}

	/// Blocks that are not taken in yet.
	#[cfg(test)]
	pub(super) fn wanted(&self) -> usize {
		self.wanted.len()
	}

	fn asked(&self, id: RequestId) -> Option<CandidateHash> {
		let is_it = |wanted: &Wanted| matches!(&wanted.stage, Stage::Asked(asked, _) if *asked == id);
		let (candidate, _) = self.wanted.iter().find(|(_, wanted)| is_it(wanted))?;
		Some(*candidate)
	}
}

impl CollatorCore {
	/// Another collator of the para is there: it hears of all blocks here, parents first.
	pub(super) fn met(&mut self, peer: PeerId, position: usize, out: &mut Out) {
		if self.fellows.peers.len() >= self.turns.fellows() {
			return;
		}
		let fellow = Fellow {
			position,
			missed: 0,
			said: None,
		};
		if self.fellows.peers.insert(peer, fellow).is_none() {
			for offer in self.offers.iter() {
				out.notify(Recipients::Peer(peer), Message::Block(offer.announcement()));
			}
		}
	}

	/// Fellows hear of an own block.
	pub(super) fn announce(&self, block: Box<Announcement>, out: &mut Out) {
		let fellows = self.fellows.peers.keys().copied().collect();
		out.notify(Recipients::Peers(fellows), Message::Block(block));
	}

	/// A fellow has a block.
	pub(super) fn announced(&mut self, now: Instant, peer: PeerId, block: Announcement, out: &mut Out) {
		let Some(fellow) = self.fellows.peers.get_mut(&peer) else {
			return;
		};
		let Announcement { receipt, parent_head } = block;
		if receipt.descriptor.para_id() != self.para {
			return out.report(peer, Judgement::Cost(Cost::Major, "block of another para"));
		}
		fellow.said = Some(receipt.descriptor.relay_parent());
		let candidate = receipt.hash();
		let of_group = self.members_of(&receipt, candidate);
		let sources = [(peer, Request::Block(candidate))].into_iter().chain(of_group);
		self.want(candidate, receipt, parent_head, Some(peer), sources);
		self.pursue(now, out);
	}

	/// What is pending on-chain is needed to go on. Whether or not a fellow said that it has it, its backers do, and all
	/// validators have their chunks.
	pub(super) fn recover(&mut self) {
		let Some(leaf) = self.leaf.clone() else { return };
		let Some(at_leaf) = leaf.paras.get(&self.para) else {
			return;
		};
		let mut parent_head = at_leaf.backing_state.constraints.required_parent.hash();
		for pending in pending(&leaf, self.para) {
			let (candidate, parent) = (pending.candidate_hash, parent_head);
			parent_head = pending.descriptor.para_head();
			if self.author.collator().knows(parent_head) {
				continue;
			}
			let receipt = CandidateReceipt {
				descriptor: pending.descriptor.clone(),
				// Rarely more than a head: what upgrades the code is not pending often.
				commitments_hash: pending.commitments.hash(),
			};
			self.want(candidate, receipt, parent, None, []);
			if let Some(wanted) = self.fellows.wanted.get_mut(&candidate) {
				let of = recovery_of(&leaf, candidate, &pending.descriptor);
				wanted.recovery = of.map(Box::new);
			}
		}
	}

	fn want(
		&mut self,
		candidate: CandidateHash,
		receipt: CandidateReceipt,
		parent_head: HeadHash,
		from: Option<PeerId>,
		sources: impl IntoIterator<Item = (PeerId, Request)>,
	) {
		if self.author.collator().knows(receipt.descriptor.para_head()) {
			return;
		}
		let Fellows { wanted, newest, .. } = &mut self.fellows;
		let of_same = wanted.values().filter(|wanted| wanted.from == from).count();
		if of_same >= OFFERS_KEPT && !wanted.contains_key(&candidate) {
			return;
		}
		let wanted = wanted.entry(candidate).or_insert_with(|| Wanted {
			receipt,
			parent_head,
			from,
			heard: *newest,
			sources: VecDeque::new(),
			recovery: None,
			stage: Stage::Idle,
		});
		for source in sources {
			if !wanted.sources.contains(&source) {
				wanted.sources.push_back(source);
			}
		}
	}

	/// Asks for what can be taken in: its parent is known, and its relay parent.
	pub(super) fn pursue(&mut self, now: Instant, out: &mut Out) {
		let (author, fellows) = (&self.author, &mut self.fellows);
		let mut recoveries = Vec::new();
		fellows.wanted.retain(|_, wanted| {
			let is_known = fellows
				.relay
				.contains_key(&wanted.receipt.descriptor.relay_parent());
			if !is_known || !author.collator().knows(wanted.parent_head) {
				return true;
			}
			if !matches!(wanted.stage, Stage::Idle) {
				return true;
			}
			let Some((peer, request)) = wanted.sources.pop_front() else {
				let Some(of) = wanted.recovery.take() else {
					// Whoever can be asked once more says so again: a fellow that comes back, or the next leaf.
					return false;
				};
				wanted.stage = Stage::Recovering;
				recoveries.push(*of);
				return true;
			};
			match out.request(peer, request.clone(), TIMEOUT) {
				Some(id) => wanted.stage = Stage::Asked(id, peer),
				None => wanted.sources.push_front((peer, request)),
			}
			true
		});
		for of in recoveries {
			self.begin_recovery(now, of, out);
		}
	}

	/// What is not wanted any more is not recovered any longer.
	pub(super) fn end_recoveries(&mut self, now: Instant, out: &mut Out) {
		let wanted = &self.fellows.wanted;
		let ended: Vec<_> = self
			.recoverer
			.wanted()
			.filter(|candidate| !wanted.contains_key(candidate))
			.collect();
		for candidate in ended {
			self.end_recovery(now, candidate, out);
		}
	}

	/// Somebody handed a block over, or did not.
	pub(super) fn answered(
		&mut self,
		now: Instant,
		id: RequestId,
		answer: Result<Response, RequestFailure>,
		out: &mut Out,
	) {
		let Some(candidate) = self.fellows.asked(id) else {
			self.recovery_answered(now, id, answer, out);
			return self.pursue(now, out);
		};
		let wanted = self.fellows.wanted.get(&candidate);
		if let Some(Stage::Asked(_, from)) = wanted.map(|wanted| &wanted.stage) {
			let from = *from;
			let pov = match answer {
				Ok(Response::Block(pov) | Response::Node(NodeResponse::Pov(pov))) => Some(pov),
				Ok(Response::Node(_)) | Err(_) => None,
			};
			self.validate(now, candidate, pov, Some(from), out);
		}
		self.pursue(now, out);
	}

	/// Has a block executed, if there is one.
	pub(super) fn validate(
		&mut self,
		now: Instant,
		candidate: CandidateHash,
		pov: Option<Arc<PoV>>,
		from: Option<PeerId>,
		out: &mut Out,
	) {
		let wanted = self.fellows.wanted.get(&candidate);
		let pov = pov.filter(|pov| {
			let fault = wanted.and_then(|wanted| self.fault(wanted, pov));
			if let Some(fault) = fault {
				out.event(Event::Complaint(format!("block {candidate}: {fault}")));
				if let Some(peer) = from {
					out.report(peer, Judgement::Cost(Cost::Malicious, fault));
				}
			}
			fault.is_none()
		});
		let job = wanted.zip(pov).and_then(|(wanted, pov)| {
			let job = self.validation(candidate, wanted, pov.clone())?;
			let job = Job::Validator(ValidatorJob::Backing(job::Job::Validate(Box::new(job))));
			let id = out.job(Priority::Normal, now.saturating_add(IMPORT_TIME), job)?;
			Some((id, pov))
		});
		if let Some(wanted) = self.fellows.wanted.get_mut(&candidate) {
			wanted.stage = match job {
				Some((job, pov)) => Stage::Importing(job, from, pov),
				None => Stage::Idle,
			};
		}
	}

	/// Why no backer would take a block, whatever its code says (R-BAK-12, R-NET-86): whoever passed it on would pay for it.
	fn fault(&self, wanted: &Wanted, pov: &PoV) -> Option<&'static str> {
		let descriptor = &wanted.receipt.descriptor;
		let parent = self.fellows.relay.get(&descriptor.relay_parent());
		if parent.is_some_and(|parent| pov.encoded_size() > parent.max_pov_size as usize) {
			return Some("a proof of validity that is too large");
		}
		let scheduling = self.fellows.relay.get(&descriptor.scheduling_parent());
		let sessions = descriptor.scheduling_session().zip(scheduling);
		sessions
			.is_some_and(|(said, parent)| said != parent.session)
			.then_some("a block of another session")
	}

	/// How a block is taken in. Validation data follow from what is known: nobody is believed.
	fn validation(&self, candidate: CandidateHash, wanted: &Wanted, pov: Arc<PoV>) -> Option<ValidationJob> {
		let descriptor = &wanted.receipt.descriptor;
		let parent = self.fellows.relay.get(&descriptor.relay_parent())?;
		let parent_head = self.head(wanted.parent_head)?;
		let validation_data = validation_data(&parent.info, parent_head, parent.max_pov_size);
		Some(ValidationJob {
			candidate,
			descriptor: descriptor.clone(),
			expected: Expected::Hash(wanted.receipt.commitments_hash),
			validation_data: SharedValidationData::Whole(Arc::new(validation_data)),
			pov,
			validators: parent.validators,
		})
	}

	/// Head data of a block that is known.
	fn head(&self, head: HeadHash) -> Option<HeadData> {
		if self.genesis_head.hash() == head {
			return Some(self.genesis_head.clone());
		}
		self.author
			.collator()
			.block(head)
			.map(|block| block.head().clone())
	}

	/// A block is validated, or not.
	pub(super) fn import_done(
		&mut self,
		now: Instant,
		job: JobId,
		result: Result<Done, JobFailure>,
		out: &mut Out,
	) {
		let is_it = |wanted: &Wanted| matches!(&wanted.stage, Stage::Importing(id, ..) if *id == job);
		let mut wanted = self.fellows.wanted.iter();
		let Some((candidate, _)) = wanted.find(|(_, wanted)| is_it(wanted)) else {
			return;
		};
		let candidate = *candidate;
		match result {
			Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(Ok(validated))))) => {
				if let Some(wanted) = self.fellows.wanted.remove(&candidate) {
					self.import(now, candidate, wanted, &validated, out);
				}
			}
			Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(Err(invalid))))) => {
				out.event(Event::Complaint(format!("block {candidate}: {invalid}")));
				if let Some(wanted) = self.fellows.wanted.get_mut(&candidate) {
					if let Stage::Importing(_, Some(peer), _) = wanted.stage {
						out.report(peer, Judgement::Cost(Cost::Malicious, "invalid block"));
					}
					wanted.stage = Stage::Idle;
				}
			}
			Ok(_) | Err(_) => {
				self.fellows.wanted.remove(&candidate);
			}
		}
		self.pursue(now, out);
	}

	/// A fellow's block is as good as an own one: it is built on, and offered to backers as long as it is not on-chain.
	fn import(
		&mut self,
		now: Instant,
		candidate: CandidateHash,
		wanted: Wanted,
		validated: &Validated,
		out: &mut Out,
	) {
		let Wanted {
			receipt,
			parent_head,
			from,
			stage: Stage::Importing(_, _, pov),
			..
		} = wanted
		else {
			return;
		};
		let descriptor = &receipt.descriptor;
		let Some(RelayParent { info, slot, .. }) =
			self.fellows.relay.get(&descriptor.relay_parent()).copied()
		else {
			return;
		};
		// Whoever told of it first keeps its turns, if it was its own. Words alone are worth nothing, nor is it to pass on what
		// others build.
		let owner = self.turns.of(slot, |_| true);
		if let Some(fellow) = from.and_then(|from| self.fellows.peers.get_mut(&from)) {
			if fellow.position == owner {
				fellow.missed = 0;
			}
		}
		let block = Parablock {
			commitments: Arc::new(validated.candidate.receipt().commitments.clone()),
			parent_head,
			relay_parent: info,
			slot,
			candidate,
			core: descriptor.core_index(),
			ready: info.number.saturating_add(1),
		};
		self.take_in(block, out);
		let (core, parent) = (descriptor.core_index(), self.head(parent_head));
		let offer = Offer {
			candidate,
			receipt,
			parent_head,
			pov,
		};
		if let Some(parent) = parent {
			self.offer(now, offer, parent, core, out);
		}
	}
}
