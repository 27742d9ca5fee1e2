//! A block that nobody hands out who should have it. Members of its group are asked; and one that is pending on-chain is put
//! together from chunks, of which each validator keeps its own (R-AVL-5). So a para lives on when its collator and the
//! backers have vanished with a block.

use super::{group_of, CollatorCore, Out};
use crate::words::{Done, Job, RecoverPov, RecoveredPov, Request, Response};
use async_backing_availability::{erasure_root_of, reconstruct, verify_chunk, ErasureChunk};
use async_backing_machine::{
	Cost, Instant, JobFailure, JobId, Judgement, PeerId, Priority, RequestFailure, RequestId,
};
use async_backing_primitives::{
	recovery_threshold, CandidateHash, CandidateReceipt, CoreState, Hash, LeafFacts, PoV, ValidatorId,
	ValidatorIndex,
};
use async_backing_sim::Price;
use async_backing_validator::{Request as NodeRequest, Response as NodeResponse};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::Duration,
};

/// How long a validator has to hand its chunk over.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long the recovery itself may take.
const RECOVERY_TIME: Duration = Duration::from_secs(6);

/// How far a recovery is.
#[derive(Debug)]
pub(super) struct Recovering {
	root: Hash,
	validators: usize,
	/// Who has not been asked.
	next: VecDeque<(PeerId, ValidatorIndex)>,
	open: BTreeMap<RequestId, PeerId>,
	/// As they came: whether they are right the job finds out.
	chunks: BTreeMap<PeerId, Arc<ErasureChunk>>,
	job: Option<JobId>,
}

impl Recovering {
	/// A recovery from all validators that are there.
	pub(super) fn new(root: Hash, validators: usize, keepers: Vec<(PeerId, ValidatorIndex)>) -> Self {
		Self {
			root,
			validators,
			next: keepers.into(),
			open: BTreeMap::new(),
			chunks: BTreeMap::new(),
			job: None,
		}
	}

	pub(super) fn waits_for(&self, id: RequestId) -> bool {
		self.open.contains_key(&id)
	}

	pub(super) fn works_on(&self, id: JobId) -> bool {
		self.job == Some(id)
	}

	/// Asks for what is missing, or has it put together. `false` if nobody is left.
	pub(super) fn go_on(&mut self, now: Instant, candidate: CandidateHash, out: &mut Out) -> bool {
		let Some(needed) = recovery_threshold(self.validators).filter(|_| self.job.is_none()) else {
			return self.job.is_some();
		};
		while self.chunks.len().saturating_add(self.open.len()) < needed {
			let Some((peer, index)) = self.next.pop_front() else {
				break;
			};
			let Some(id) = out.request(peer, NodeRequest::Chunk { candidate, index }.into(), TIMEOUT) else {
				self.next.push_front((peer, index));
				break;
			};
			self.open.insert(id, peer);
		}
		if self.chunks.len() < needed {
			return !self.open.is_empty();
		}
		let job = RecoverPov {
			root: self.root,
			validators: self.validators,
			chunks: self
				.chunks
				.iter()
				.map(|(peer, chunk)| (*peer, chunk.clone()))
				.collect(),
		};
		let deadline = now.saturating_add(RECOVERY_TIME);
		self.job = out.job(Priority::Normal, deadline, Job::Recover(Box::new(job)));
		self.job.is_some()
	}

	/// A validator handed its chunk over, or did not.
	pub(super) fn answered(&mut self, id: RequestId, answer: Result<Response, RequestFailure>) {
		if let (Some(peer), Ok(Response::Node(NodeResponse::Chunk(chunk)))) = (self.open.remove(&id), answer)
		{
			self.chunks.insert(peer, chunk);
		}
	}

	/// It was tried. Whoever sent a chunk that is none of the candidate's is named, and another one is asked instead.
	pub(super) fn done(&mut self, result: Result<Done, JobFailure>, out: &mut Out) -> Option<Arc<PoV>> {
		self.job = None;
		let Ok(Done::Recovered(RecoveredPov { pov, liars, others })) = result else {
			// For want of time. The next leaf begins again.
			self.give_up();
			return None;
		};
		for peer in &liars {
			out.report(
				*peer,
				Judgement::Cost(Cost::Major, "a chunk that is none of the candidate's"),
			);
		}
		if liars.is_empty() && others.is_empty() {
			// It is here, or it was coded wrongly, so that nobody has it.
			self.give_up();
		}
		for peer in liars.iter().chain(&others) {
			self.chunks.remove(peer);
		}
		pov
	}

	fn give_up(&mut self) {
		self.chunks.clear();
		self.next.clear();
	}
}

impl RecoverPov {
	/// Does the job. Whatever is recovered is what the root says.
	pub(crate) fn run(&self) -> (RecoveredPov, Price) {
		let (mut liars, mut others) = (Vec::new(), Vec::new());
		let mut right: BTreeMap<u32, &[u8]> = BTreeMap::new();
		for (peer, chunk) in &self.chunks {
			if chunk.index as usize >= self.validators || verify_chunk(self.root, chunk).is_err() {
				liars.push(*peer);
			} else if right.insert(chunk.index, &chunk.chunk).is_some() {
				others.push(*peer);
			}
		}
		let recovered = || {
			let data = reconstruct(self.validators, right).ok()?;
			let root = erasure_root_of(self.validators, &data).ok()?;
			(root == self.root).then_some(data)
		};
		let pov = recovered().map(|data| Arc::new(data.pov));
		let sizes = self.chunks.iter().map(|(_, chunk)| chunk.chunk.len());
		// Put together, and coded once more.
		let bytes = sizes.fold(0usize, usize::saturating_add).saturating_mul(4);
		let price = Price {
			fuel: 0,
			bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
		};
		(RecoveredPov { pov, liars, others }, price)
	}
}

impl CollatorCore {
	/// Validators of the leaf's session that are there, backers not least: any of them may have its chunk.
	pub(super) fn keepers(&self, leaf: &LeafFacts) -> Vec<(PeerId, ValidatorIndex)> {
		let validators = (0..).map(ValidatorIndex).zip(&leaf.validators);
		validators
			.filter_map(|(index, key)| {
				let mut peers = self.validators.iter();
				let (peer, _) = peers.find(|(_, keys)| keys.contains(key))?;
				Some((*peer, index))
			})
			.collect()
	}

	/// Members of the group that backs a candidate: should whoever built it be gone, they have fetched it.
	pub(super) fn members_of(
		&self,
		receipt: &CandidateReceipt,
		candidate: CandidateHash,
	) -> Vec<(PeerId, Request)> {
		let descriptor = &receipt.descriptor;
		let relay_parent = self.fellows.number_of(descriptor.relay_parent());
		let (Some(leaf), Some(core), Some(relay_parent)) =
			(&self.leaf, descriptor.core_index(), relay_parent)
		else {
			return Vec::new();
		};
		let members = group_of(leaf, core, relay_parent);
		self.sources_among(members.iter(), candidate)
	}

	fn sources_among<'a>(
		&self,
		keys: impl Iterator<Item = &'a ValidatorId>,
		candidate: CandidateHash,
	) -> Vec<(PeerId, Request)> {
		let validators = &self.validators;
		keys.filter_map(|key| validators.iter().find(|(_, keys)| keys.contains(key)))
			.map(|(peer, _)| (*peer, NodeRequest::Pov(candidate).into()))
			.collect()
	}

	/// Those who backed a candidate that is pending.
	pub(super) fn backers_of(&self, candidate: CandidateHash, leaf: &LeafFacts) -> Vec<(PeerId, Request)> {
		let group = leaf.cores.iter().find_map(|core| match core {
			CoreState::Occupied(core) if core.candidate_hash == candidate => Some(core.group_responsible),
			_ => None,
		});
		let members = group.and_then(|group| leaf.groups.get(group.as_usize()));
		let keys = members
			.into_iter()
			.flatten()
			.filter_map(|member| leaf.validators.get(member.as_usize()));
		self.sources_among(keys, candidate)
	}
}
