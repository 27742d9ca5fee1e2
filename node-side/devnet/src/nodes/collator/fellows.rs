//! The other collators of the para: their blocks are fetched, validated and taken in, so that the own ones build on them.
//!
//! A fellow advertises what it has, as to a backer, and hands it out in the same way. What is pending on-chain and nobody
//! of them hands out, its backers have. A block is taken in as a backer does it: executed, and its outputs compared.
//!
//! Invariant: a block is taken in after its parent, whose state its execution needs.

use super::{backers, pending, CollatorCore, Offer, Out, OFFERS_KEPT};
use crate::words::{Done, Event, Job};
use async_backing_backing::job::{self, Expected, Validated, ValidationJob};
use async_backing_collator::{Parablock, REMEMBERED_FOR};
use async_backing_machine::{
	Cost, Instant, JobFailure, JobId, Judgement, PeerId, Priority, Recipients, RequestFailure, RequestId,
};
use async_backing_primitives::{
	BlockNumber, CandidateHash, CandidateReceipt, CoreState, Hash, HeadData, HeadHash, LeafFacts, ParaId,
	PersistedValidationData, PoV, RelayChainBlockInfo, Slot,
};
use async_backing_prospective_parachains::SharedValidationData;
use async_backing_validator::{
	Advertisement, Done as ValidatorDone, Job as ValidatorJob, Message, Request, Response,
};
use std::{
	collections::{BTreeMap, BTreeSet, VecDeque},
	sync::Arc,
	time::Duration,
};

/// How long a fellow or a backer has to hand a block over.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Until when a block should be taken in: with it built in a slot, the next one is not too far.
const IMPORT_TIME: Duration = Duration::from_secs(12);

/// What a collator knows of the others, and of their blocks.
#[derive(Debug, Default)]
pub(super) struct Fellows {
	/// At most one for each of them.
	peers: BTreeSet<PeerId>,
	/// Blocks that are not taken in yet; at most [`OFFERS_KEPT`] of each fellow, and as many of the chain.
	wanted: BTreeMap<CandidateHash, Wanted>,
	/// Relay parents that blocks may have: those of the last [`REMEMBERED_FOR`] relay blocks.
	relay: BTreeMap<Hash, RelayParent>,
	/// The highest of them.
	newest: BlockNumber,
}

/// What a block's validation data take of its relay parent.
#[derive(Clone, Copy, Debug)]
struct RelayParent {
	info: RelayChainBlockInfo,
	slot: Slot,
	max_pov_size: u32,
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
	stage: Stage,
}

#[derive(Debug)]
enum Stage {
	/// Nobody is being asked.
	Idle,
	Asked(RequestId, PeerId),
	Importing(JobId, PeerId, Arc<PoV>),
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
			validators: facts.validators.len(),
		};
		self.relay.insert(facts.block.hash, parent);
		self.newest = self.newest.max(facts.block.number);
		let newest = self.newest;
		let is_recent = |block: BlockNumber| newest.saturating_sub(block) <= REMEMBERED_FOR;
		self.relay.retain(|_, parent| is_recent(parent.info.number));
		self.wanted.retain(|_, wanted| is_recent(wanted.heard));
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
		let is_it = |wanted: &Wanted| matches!(wanted.stage, Stage::Importing(id, ..) if id == job);
		self.wanted.values().any(is_it)
	}

	/// Blocks that are not taken in yet.
	#[cfg(test)]
	pub(super) fn wanted(&self) -> usize {
		self.wanted.len()
	}

	fn asked(&self, id: RequestId) -> Option<CandidateHash> {
		let is_it = |wanted: &Wanted| matches!(wanted.stage, Stage::Asked(asked, _) if asked == id);
		let (candidate, _) = self.wanted.iter().find(|(_, wanted)| is_it(wanted))?;
		Some(*candidate)
	}
}

impl CollatorCore {
	/// Another collator of the para is there: it hears of all blocks here, parents first.
	pub(super) fn met(&mut self, peer: PeerId, out: &mut Out) {
		if self.fellows.peers.len() >= self.turns.fellows() {
			return;
		}
		if self.fellows.peers.insert(peer) {
			for offer in &self.offers {
				out.notify(Recipients::Peer(peer), Message::Advertise(offer.advertisement()));
			}
		}
	}

	/// Fellows hear of an own block.
	pub(super) fn announce(&self, position: usize, out: &mut Out) {
		if let Some(offer) = self.offers.get(position) {
			let fellows = self.fellows.peers.iter().copied().collect();
			out.notify(
				Recipients::Peers(fellows),
				Message::Advertise(offer.advertisement()),
			);
		}
	}

	/// A fellow has a block.
	pub(super) fn announced(&mut self, peer: PeerId, block: Advertisement, out: &mut Out) {
		if !self.fellows.peers.contains(&peer) {
			return;
		}
		let Advertisement { receipt, parent_head } = block;
		if receipt.descriptor.para_id() != self.para {
			return out.report(peer, Judgement::Cost(Cost::Major, "block of another para"));
		}
		let candidate = receipt.hash();
		let source = (peer, Request::Collation(candidate));
		self.want(candidate, receipt, parent_head, Some(peer), [source]);
		self.pursue(out);
	}

	/// What is pending on-chain is needed to go on; if no fellow said that it has it, its backers do.
	pub(super) fn recover(&mut self) {
		let Some(leaf) = self.leaf.clone() else { return };
		let Some(at_leaf) = leaf.paras.get(&self.para) else {
			return;
		};
		let mut parent_head = at_leaf.backing_state.constraints.required_parent.hash();
		for pending in pending(&leaf, self.para) {
			let (candidate, parent) = (pending.candidate_hash, parent_head);
			parent_head = pending.descriptor.para_head();
			if self.author.collator().knows(parent_head) || self.fellows.wanted.contains_key(&candidate) {
				continue;
			}
			let receipt = CandidateReceipt {
				descriptor: pending.descriptor.clone(),
				// Rarely more than a head: what upgrades the code is not pending often.
				commitments_hash: pending.commitments.hash(),
			};
			let sources = self.backers_of(candidate, &leaf);
			self.want(candidate, receipt, parent, None, sources);
		}
	}

	/// Those who backed a candidate that is pending.
	fn backers_of(&self, candidate: CandidateHash, leaf: &LeafFacts) -> Vec<(PeerId, Request)> {
		let group = leaf.cores.iter().find_map(|core| match core {
			CoreState::Occupied(core) if core.candidate_hash == candidate => Some(core.group_responsible),
			_ => None,
		});
		let members = group.and_then(|group| leaf.groups.get(group.as_usize()));
		let keys = members
			.into_iter()
			.flatten()
			.filter_map(|member| leaf.validators.get(member.as_usize()));
		keys.filter_map(|key| self.validators.iter().find(|(_, keys)| keys.contains(key)))
			.map(|(peer, _)| (*peer, Request::Pov(candidate)))
			.collect()
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
			stage: Stage::Idle,
		});
		for source in sources {
			if !wanted.sources.contains(&source) {
				wanted.sources.push_back(source);
			}
		}
	}

	/// Asks for what can be taken in: its parent is known, and its relay parent.
	pub(super) fn pursue(&mut self, out: &mut Out) {
		let (author, fellows) = (&self.author, &mut self.fellows);
		fellows.wanted.retain(|_, wanted| {
			let is_ready = fellows
				.relay
				.contains_key(&wanted.receipt.descriptor.relay_parent())
				&& author.collator().knows(wanted.parent_head);
			if !is_ready || !matches!(wanted.stage, Stage::Idle) {
				return true;
			}
			// Whoever can be asked once more says so again: a fellow that comes back, or the next leaf.
			let Some((peer, request)) = wanted.sources.pop_front() else {
				return false;
			};
			match out.request(peer, request, TIMEOUT) {
				Some(id) => wanted.stage = Stage::Asked(id, peer),
				None => wanted.sources.push_front((peer, request)),
			}
			true
		});
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
			return;
		};
		let pov = match answer {
			Ok(Response::Collation(collation)) => Some(collation.pov),
			Ok(Response::Pov(pov)) => Some(pov),
			Ok(Response::Chunk(_) | Response::AvailableData(_)) | Err(_) => None,
		};
		let job = self
			.fellows
			.wanted
			.get(&candidate)
			.zip(pov)
			.and_then(|(wanted, pov)| {
				let job = self.validation(candidate, wanted, pov.clone())?;
				let job = Job::Validator(ValidatorJob::Backing(job::Job::Validate(Box::new(job))));
				let id = out.job(Priority::Normal, now.saturating_add(IMPORT_TIME), job)?;
				Some((id, pov))
			});
		if let Some(wanted) = self.fellows.wanted.get_mut(&candidate) {
			wanted.stage = match (job, &wanted.stage) {
				(Some((job, pov)), Stage::Asked(_, peer)) => Stage::Importing(job, *peer, pov),
				_ => Stage::Idle,
			};
		}
		self.pursue(out);
	}

	/// How a block is taken in. Validation data follow from what is known: nobody is believed.
	fn validation(&self, candidate: CandidateHash, wanted: &Wanted, pov: Arc<PoV>) -> Option<ValidationJob> {
		let descriptor = &wanted.receipt.descriptor;
		let parent = self.fellows.relay.get(&descriptor.relay_parent())?;
		let validation_data = PersistedValidationData {
			parent_head: self.head(wanted.parent_head)?,
			relay_parent_number: parent.info.number,
			relay_parent_storage_root: parent.info.storage_root,
			max_pov_size: parent.max_pov_size,
		};
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
		self.author.collator().block(head).map(|block| block.head.clone())
	}

	/// A block is validated, or not.
	pub(super) fn import_done(&mut self, job: JobId, result: Result<Done, JobFailure>, out: &mut Out) {
		let is_it = |wanted: &Wanted| matches!(wanted.stage, Stage::Importing(id, ..) if id == job);
		let found = self.fellows.wanted.iter().find(|(_, wanted)| is_it(wanted));
		let Some(candidate) = found.map(|(candidate, _)| *candidate) else {
			return;
		};
		match result {
			Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(Ok(validated))))) => {
				if let Some(wanted) = self.fellows.wanted.remove(&candidate) {
					self.import(candidate, wanted, &validated, out);
				}
			}
			Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(Err(invalid))))) => {
				out.event(Event::Complaint(format!("block {candidate}: {invalid}")));
				if let Some(wanted) = self.fellows.wanted.get_mut(&candidate) {
					if let Stage::Importing(_, peer, _) = wanted.stage {
						out.report(peer, Judgement::Cost(Cost::Malicious, "invalid block"));
					}
					wanted.stage = Stage::Idle;
				}
			}
			Ok(_) | Err(_) => {
				self.fellows.wanted.remove(&candidate);
			}
		}
		self.pursue(out);
	}

	/// A fellow's block is as good as an own one: it is built on, and offered to backers as long as it is not on-chain.
	fn import(&mut self, candidate: CandidateHash, wanted: Wanted, validated: &Validated, out: &mut Out) {
		let Wanted {
			receipt,
			parent_head,
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
		let block = Parablock {
			head: validated.candidate.receipt().commitments.head_data.clone(),
			parent_head,
			relay_parent: info,
			slot,
			candidate,
		};
		self.take_in(block, out);
		let backers = match (&self.leaf, descriptor.core_index()) {
			(Some(leaf), Some(core)) => backers(leaf, core, info.number),
			_ => VecDeque::new(),
		};
		self.keep(Offer {
			candidate,
			parent_head,
			pov,
			backers,
			fetched_by: None,
			due: info.number,
			receipt,
		});
	}
}
