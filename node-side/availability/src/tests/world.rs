//! One part, its chain, and a driver that notes what the part wants.

use crate::*;
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_machine::{
	Batch, BatchId, Input, Instant, JobFailure, JobId, Judgement, Outbox, Output, PeerId, Refusal,
	RequestFailure, RequestId, Snapshot, Ticket, TimerId,
};
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BlockData, CandidateDescriptor, CandidateEvent, CandidateHash,
	CandidateReceipt, CoreIndex, CoreState, DescriptorFields, GroupIndex, GroupRotationInfo, Hash, HeadData,
	LeafFacts, OccupiedCore, PersistedValidationData, PoV, RelayChainBlockInfo, ValidatorId, ValidatorIndex,
};
use bitvec::{bitvec, order::Lsb0};
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const OWN: ValidatorIndex = ValidatorIndex(0);
/// A peer that is no validator.
pub(crate) const STRANGER: PeerId = PeerId(1000);

pub(crate) type Answer = Result<AvailabilityResponse, Refusal>;

pub(crate) fn data_of(seed: u8, len: usize) -> Arc<AvailableData> {
	Arc::new(AvailableData {
		pov: PoV {
			block_data: BlockData(vec![seed; len]),
		},
		validation_data: PersistedValidationData::default(),
	})
}

pub(crate) fn data(seed: u8) -> Arc<AvailableData> {
	data_of(seed, 500)
}

pub(crate) fn coded(seed: u8) -> EncodedData {
	encode(6, &data(seed)).expect("a code exists")
}

pub(crate) fn chunk(seed: u8, index: usize) -> Arc<ErasureChunk> {
	coded(seed).chunks.swap_remove(index)
}

pub(crate) fn descriptor(erasure_root: Hash) -> CandidateDescriptor {
	CandidateDescriptor::v2(DescriptorFields {
		erasure_root,
		relay_parent: block(0, 0),
		..Default::default()
	})
}

pub(crate) fn receipt(erasure_root: Hash) -> CandidateReceipt {
	CandidateReceipt {
		descriptor: descriptor(erasure_root),
		commitments_hash: Hash::zero(),
	}
}

pub(crate) fn candidate(seed: u8) -> CandidateHash {
	receipt(coded(seed).root).hash()
}

/// The second group backs it.
pub(crate) fn occupied_with(erasure_root: Hash, holders: &[usize]) -> CoreState {
	let mut availability = bitvec![u8, Lsb0; 0; 6];
	holders.iter().for_each(|holder| availability.set(*holder, true));
	CoreState::Occupied(OccupiedCore {
		next_up_on_available: None,
		occupied_since: 1,
		time_out_at: 10,
		next_up_on_time_out: None,
		availability,
		group_responsible: GroupIndex(1),
		candidate_hash: receipt(erasure_root).hash(),
		candidate_descriptor: descriptor(erasure_root),
	})
}

pub(crate) fn occupied(seed: u8) -> CoreState {
	occupied_with(coded(seed).root, &[])
}

pub(crate) fn included(seed: u8) -> CandidateEvent {
	let head = HeadData(Vec::new());
	CandidateEvent::CandidateIncluded(receipt(coded(seed).root), head, CoreIndex(0), GroupIndex(1))
}

pub(crate) fn key(i: u32) -> ValidatorId {
	let mut raw = [7; 32];
	raw[..4].copy_from_slice(&i.to_le_bytes());
	sp_core::sr25519::Public::from_raw(raw).into()
}

/// A block of a fork.
pub(crate) fn block(number: u32, fork: u8) -> Hash {
	let mut hash = [fork; 32];
	hash[..4].copy_from_slice(&number.to_le_bytes());
	hash.into()
}

pub(crate) fn leaf_of(number: u32, fork: u8, cores: Vec<CoreState>) -> LeafFacts {
	let parent = number.checked_sub(1).unwrap_or(u32::MAX);
	LeafFacts {
		block: RelayChainBlockInfo {
			hash: block(number, fork),
			// Nothing before block 1 is no news.
			number: number + 1,
			storage_root: Hash::zero(),
		},
		parent_hash: block(
			parent,
			if fork == 0 || parent.is_multiple_of(100) {
				0
			} else {
				fork
			},
		),
		slot: u64::from(number),
		session_index: 1,
		session_ends_from_slot: u64::MAX,
		params: AsyncBackingParams::default(),
		ancestors: Vec::new(),
		validators: (0..6).map(key).collect(),
		groups: vec![
			[0, 1, 2].map(ValidatorIndex).to_vec(),
			[3, 4, 5].map(ValidatorIndex).to_vec(),
		],
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 10,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: Vec::new(),
		cores,
		ancestor_claim_queues: Default::default(),
		claim_queue: Default::default(),
		paras: Default::default(),
		pending_relay_parents: Default::default(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: Vec::new(),
	}
}

pub(crate) fn leaf(number: u32, cores: Vec<CoreState>) -> LeafFacts {
	leaf_of(number, 0, cores)
}

/// The same leaf of a session whose chunks are mapped core by core (R-AVL-6).
pub(crate) fn mapped(mut leaf: LeafFacts) -> LeafFacts {
	leaf.node_features
		.set(async_backing_primitives::SYSTEMATIC_CHUNKS, true);
	leaf
}

/// What this validator executed.
pub(crate) fn own_data(seed: u8) -> OwnData {
	OwnData {
		candidate: candidate(seed),
		place: Placement {
			relay_parent: block(0, 0),
			group: GroupIndex(0),
			core: CoreIndex(0),
		},
		data: data(seed),
		coded: Arc::new(coded(seed)),
	}
}

/// Asks for the own chunk.
pub(crate) fn own_chunk_request(seed: u8) -> AvailabilityRequest {
	AvailabilityRequest::Chunk {
		candidate: candidate(seed),
		index: OWN,
		plain: true,
	}
}

/// A part and what it wants.
pub(crate) struct World {
	pub(crate) chain: ChainView,
	pub(crate) part: Availability,
	pub(crate) out: Outbox<AvailabilityWords>,
	pub(crate) now: Instant,
	/// Whether jobs are run, or kept.
	pub(crate) runs_jobs: bool,
	/// Whether batches are written, or kept.
	pub(crate) writes: bool,
	pub(crate) snapshot: Snapshot,
	pub(crate) batches: Vec<(BatchId, Batch)>,
	pub(crate) jobs: BTreeMap<JobId, AvailabilityJob>,
	pub(crate) requests: BTreeMap<RequestId, (PeerId, AvailabilityRequest)>,
	pub(crate) answers: Vec<(Ticket, Answer)>,
	pub(crate) reports: Vec<(PeerId, Judgement)>,
	pub(crate) timers: BTreeMap<TimerId, Instant>,
	pub(crate) effects: Vec<Effect>,
	pub(crate) events: Vec<AvailabilityEvent>,
	tickets: u64,
}

impl World {
	pub(crate) fn new() -> Self {
		Self::with(AvailabilityConfig::default(), 0, 6)
	}

	/// The part of the validator with this key; others of these many are connected, with their index as peer.
	pub(crate) fn with(config: AvailabilityConfig, own: u32, validators: u32) -> Self {
		let mut chain = ChainView::new(Some(key(own)), Limits::default());
		let others = (0..validators).filter(|other| *other != own);
		for other in others {
			chain.connected(PeerId(other.into()), Identity::of(key(other)));
		}
		chain.connected(STRANGER, Identity::stranger());
		Self {
			chain,
			part: Availability::new(config),
			out: Outbox::default(),
			now: Instant::from_secs(1000),
			runs_jobs: true,
			writes: true,
			snapshot: Snapshot::default(),
			batches: Vec::new(),
			jobs: BTreeMap::new(),
			requests: BTreeMap::new(),
			answers: Vec::new(),
			reports: Vec::new(),
			timers: BTreeMap::new(),
			effects: Vec::new(),
			events: Vec::new(),
			tickets: 0,
		}
	}

	/// The same validator after a crash: what was not written is lost.
	pub(crate) fn restart(&mut self, config: AvailabilityConfig) {
		self.part = Availability::new(config);
		self.out = Outbox::default().starting_at(1 << 32);
		self.batches.clear();
		self.jobs.clear();
		self.requests.clear();
		self.timers.clear();
		self.handle(Input::Restored(self.snapshot.clone()));
	}

	pub(crate) fn handle(&mut self, input: Input<AvailabilityWords>) {
		let effects = self.part.handle(self.now, input, &self.chain, &mut self.out);
		self.effects.extend(effects);
		self.settle();
	}

	pub(crate) fn chain(&mut self, event: ChainEvent) {
		let _ = self.chain.handle(event.clone());
		self.handle(Input::Chain(event));
	}

	pub(crate) fn import(&mut self, facts: LeafFacts) {
		let facts = Arc::new(facts);
		self.chain(ChainEvent::Imported { facts, fresh: true });
	}

	pub(crate) fn disconnect(&mut self, peers: &[u64]) {
		peers
			.iter()
			.for_each(|peer| self.chain.disconnected(PeerId(*peer)));
	}

	pub(crate) fn finalize(&mut self, number: u32) {
		let hash = block(number, 0);
		let number = number + 1;
		self.chain(ChainEvent::Finalized { hash, number });
	}

	pub(crate) fn try_store_coded(&mut self, own: OwnData) -> Result<Kept, NotKept> {
		let kept = self.part.store_coded(self.now, own, &self.chain, &mut self.out);
		self.settle();
		kept
	}

	pub(crate) fn store_coded(&mut self, own: OwnData) {
		self.try_store_coded(own).expect("this validator may execute it");
	}

	/// Takes outputs in, and does what is to be done at once.
	fn settle(&mut self) {
		while let Some(output) = self.out.pop() {
			match output {
				Output::Request {
					id,
					peer,
					request,
					timeout,
				} => {
					let expected = match request {
						AvailabilityRequest::Chunk { .. } => CHUNK_TIMEOUT,
						_ => DATA_TIMEOUT,
					};
					assert_eq!(timeout, expected, "R-NET-16, R-NET-22");
					self.requests.insert(id, (peer, request));
				}
				Output::Respond(ticket, answer) => self.answers.push((ticket, answer)),
				Output::Report(peer, judgement) => self.reports.push((peer, judgement)),
				Output::Job { id, job, .. } => {
					self.jobs.insert(id, job);
				}
				Output::Cancel(id) => {
					if self.jobs.remove(&id).is_some() {
						self.feed(Input::Done(id, Err(JobFailure::Cancelled)));
					}
				}
				Output::Store(id, batch) => self.batches.push((id, batch)),
				Output::SetTimer(timer, at) => {
					self.timers.insert(timer, at);
				}
				Output::ClearTimer(timer) => {
					self.timers.remove(&timer);
				}
				Output::Event(event) => self.events.push(event),
				Output::Notify(..) | Output::Proposal(..) | Output::Disconnect(_) => {
					unreachable!("it has no such words")
				}
			}
			if self.out.is_empty() {
				self.work();
			}
		}
	}

	fn feed(&mut self, input: Input<AvailabilityWords>) {
		let effects = self.part.handle(self.now, input, &self.chain, &mut self.out);
		self.effects.extend(effects);
	}

	fn work(&mut self) {
		if self.runs_jobs {
			while let Some((id, job)) = self.jobs.pop_first() {
				self.feed(Input::Done(id, Ok(run(job))));
			}
		}
		if self.writes {
			for (id, batch) in std::mem::take(&mut self.batches) {
				self.snapshot.apply(&batch);
				self.feed(Input::Stored(id));
			}
		}
	}

	/// Does what was kept.
	pub(crate) fn catch_up(&mut self) {
		self.work();
		self.settle();
	}

	/// Takes the only open request out.
	pub(crate) fn request(&mut self) -> (RequestId, PeerId, AvailabilityRequest) {
		assert_eq!(self.requests.len(), 1, "{:?}", self.requests);
		let (id, (peer, request)) = self.requests.pop_first().expect("there is one");
		(id, peer, request)
	}

	/// Ends the only open request.
	pub(crate) fn answer(&mut self, answer: Result<AvailabilityResponse, RequestFailure>) {
		let (id, ..) = self.request();
		self.handle(Input::Response(id, answer));
	}

	pub(crate) fn answer_chunk(&mut self, chunk: Arc<ErasureChunk>) {
		self.answer(Ok(AvailabilityResponse::Chunk(chunk)));
	}

	/// Whom open requests were sent to, ascending by request.
	pub(crate) fn asked(&self) -> Vec<(u64, AvailabilityRequest)> {
		self.requests
			.values()
			.map(|(peer, request)| (peer.0, *request))
			.collect()
	}

	/// Somebody asks; the answer, if it came at once.
	pub(crate) fn serve(&mut self, peer: PeerId, request: AvailabilityRequest) -> Option<Answer> {
		self.tickets += 1;
		let ticket = Ticket(self.tickets);
		self.handle(Input::Request(peer, ticket, request));
		let position = self.answers.iter().position(|(other, _)| *other == ticket)?;
		Some(self.answers.remove(position).1)
	}

	/// Time goes on to the next timer.
	pub(crate) fn tick(&mut self) {
		let (timer, at) = self
			.timers
			.iter()
			.min_by_key(|(_, at)| **at)
			.map(|(timer, at)| (*timer, *at))
			.expect("a timer is set");
		self.timers.remove(&timer);
		self.now = self.now.max(at);
		self.handle(Input::Timer(timer));
	}

	/// Ends everything that is asked with the same failure, until nobody is asked and no timer is set.
	pub(crate) fn fail_all(&mut self, failure: RequestFailure) {
		for _ in 0..1000 {
			if let Some((id, _)) = self.requests.pop_first() {
				self.handle(Input::Response(id, Err(failure)));
			} else if !self.timers.is_empty() {
				self.tick();
			} else {
				return;
			}
		}
		panic!("it asks for ever");
	}

	/// The bits that this validator would sign at a leaf.
	pub(crate) fn bits(&self, leaf: Hash) -> Vec<bool> {
		let bitfield = self.part.bitfield(leaf, &self.chain).expect("a leaf");
		bitfield.0.iter().map(|bit| *bit).collect()
	}
}
