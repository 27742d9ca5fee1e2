//! The part under the seven laws (feature `laws`): a validator that does nothing but keep data, and the world around it.

mod keeper;

pub use keeper::{Happening, Keeper, KeeperWords};

use crate::{
	encode, fetch::Key, memory_bound_for, run, Availability, AvailabilityConfig, AvailabilityDone,
	AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse, Effect, EncodedData,
	OwnData, Placement,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_machine::{
	laws::{Act, Choices, Intent, Open, Penalty, Promise, Reply, Stimulus, World},
	Output, PeerId, RequestId,
};
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BlockData, CandidateDescriptor, CandidateEvent, CandidateHash,
	CandidateReceipt, CoreIndex, CoreState, DescriptorFields, GroupIndex, GroupRotationInfo, Hash, HeadData,
	LeafFacts, OccupiedCore, PersistedValidationData, PoV, RelayChainBlockInfo, SessionIndex, ValidatorId,
	ValidatorIndex,
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Validators of each session, and their keys.
const VALIDATORS: u8 = 6;
/// Candidates, so many that most are new; those with even numbers are of the sessions with even numbers.
const CANDIDATES: u8 = 200;
/// Blocks of a session.
const SESSION: u32 = 20;
/// Cores.
const CORES: u64 = 3;
/// Blocks that are remembered: new ones come on top of the last few.
const BLOCKS: usize = 12;
/// Peers at a time.
const MOST_PEERS: usize = 16;

/// The world of a [`Keeper`]: a chain with forks and two sets of validators that take turns, validators that answer well or
/// badly, and strangers.
#[derive(Debug)]
pub struct Surroundings {
	/// Newest last.
	blocks: VecDeque<Arc<LeafFacts>>,
	/// Blocks that the core has not heard of since it started.
	untold: VecDeque<Arc<LeafFacts>>,
	/// Made once: coding takes time.
	coded: Vec<(CandidateHash, Arc<AvailableData>, EncodedData)>,
	made: u64,
}

impl Surroundings {
	/// A world with a first block.
	pub fn new(_: &mut Choices<'_>) -> Self {
		let coded = (0..CANDIDATES).filter_map(|candidate| {
			let data = data(candidate);
			let coded = encode(VALIDATORS.into(), &data).ok()?;
			Some((receipt(coded.root).hash(), data, coded))
		});
		let mut surroundings = Self {
			blocks: VecDeque::new(),
			untold: VecDeque::new(),
			coded: coded.collect(),
			made: 0,
		};
		surroundings.add(1, Hash::zero(), Vec::new(), Vec::new());
		surroundings
	}

	fn number_of(&self, candidate: CandidateHash) -> Option<usize> {
		self.coded.iter().position(|(hash, ..)| *hash == candidate)
	}

	fn add(
		&mut self,
		number: u32,
		parent_hash: Hash,
		cores: Vec<CoreState>,
		events: Vec<CandidateEvent>,
	) -> Arc<LeafFacts> {
		self.made = self.made.saturating_add(1);
		let session_index = session_at(number);
		let facts = LeafFacts {
			block: RelayChainBlockInfo {
				hash: Hash::from_low_u64_be(self.made),
				number,
				storage_root: Hash::zero(),
			},
			parent_hash,
			slot: u64::from(number),
			session_index,
			session_ends_from_slot: u64::MAX,
			params: AsyncBackingParams::default(),
			ancestors: Vec::new(),
			validators: keys_of(session_index),
			groups: vec![
				[0, 1, 2].map(ValidatorIndex).to_vec(),
				[3, 4, 5].map(ValidatorIndex).to_vec(),
			],
			rotation: GroupRotationInfo {
				session_start_block: 0,
				group_rotation_frequency: 10,
				now: number.saturating_add(1),
			},
			minimum_backing_votes: 2,
			disabled: Vec::new(),
			cores,
			claim_queue: Default::default(),
			ancestor_claim_queues: Default::default(),
			paras: Default::default(),
			pending_relay_parents: Default::default(),
			codes_to_check: Vec::new(),
			events,
		};
		let facts = Arc::new(facts);
		self.blocks.push_back(facts.clone());
		if self.blocks.len() > BLOCKS {
			self.blocks.pop_front();
		}
		self.untold.push_back(facts.clone());
		facts
	}

	fn candidate_of(&self, session: SessionIndex, choices: &mut Choices<'_>) -> usize {
		let half = choices.below(u64::from(CANDIDATES) / 2) as usize;
		half * 2 + session as usize % 2
	}

	/// On top of one of the last few.
	fn add_block(&mut self, choices: &mut Choices<'_>) {
		let back = 1 + choices.index(3);
		let Some(parent) = self.blocks.iter().rev().take(back).next_back().cloned() else {
			return;
		};
		let number = parent.block.number.saturating_add(1);
		let mut cores = Vec::new();
		for _ in 0..choices.below(CORES + 1) {
			let candidate = self.candidate_of(session_at(number), choices);
			let root = self.coded.get(candidate).map(|(.., coded)| coded.root);
			cores.push(root.map_or(CoreState::Free, |root| occupied(root, choices)));
		}
		let events = cores_of(&parent)
			.filter(|_| choices.one_in(4))
			.map(|core| {
				let receipt = receipt(core.candidate_descriptor.erasure_root());
				CandidateEvent::CandidateIncluded(receipt, HeadData(Vec::new()), CoreIndex(0), GroupIndex(1))
			})
			.collect();
		self.add(number, parent.block.hash, cores, events);
	}

	fn execute(&self, choices: &mut Choices<'_>) -> Option<Happening> {
		let parent = self.blocks.back()?;
		let (candidate, data, coded) = self.coded.get(self.candidate_of(parent.session_index, choices))?;
		Some(Happening::Executed(OwnData {
			candidate: *candidate,
			place: Placement {
				relay_parent: parent.block.hash,
				group: GroupIndex(1),
				core: CoreIndex(0),
			},
			data: data.clone(),
			coded: Arc::new(coded.clone()),
		}))
	}

	fn request(&self, choices: &mut Choices<'_>) -> AvailabilityRequest {
		let hash = self
			.coded
			.get(choices.index(self.coded.len()))
			.map(|(hash, ..)| *hash);
		let candidate = hash.filter(|_| !choices.one_in(8)).unwrap_or_default();
		match choices.below(3) {
			0 => AvailabilityRequest::Pov(candidate),
			1 => AvailabilityRequest::AvailableData(candidate),
			_ => AvailabilityRequest::Chunk {
				candidate,
				index: ValidatorIndex(choices.below(u64::from(VALIDATORS) + 1) as u32),
			},
		}
	}
}

impl World for Surroundings {
	type Core = Keeper;

	fn core(&mut self) -> Keeper {
		Keeper {
			chain: ChainView::new(Some(key(0)), Limits::default()),
			part: Availability::new(config()),
		}
	}

	fn next(&mut self, open: &Open<KeeperWords>, choices: &mut Choices<'_>) -> Stimulus<KeeperWords> {
		if let Some(facts) = self.untold.pop_front() {
			let event = ChainEvent::Imported { facts, fresh: true };
			return Stimulus::honest(Act::Chain(Happening::Chain(event)));
		}
		let identity = |choices: &mut Choices<'_>| match choices.below(u64::from(VALIDATORS) + 2) {
			name if name > 0 && name < VALIDATORS.into() => Identity::of(key(name as u8)),
			_ => Identity::stranger(),
		};
		let Some(peer) = choices.pick_from(open.peers.keys()).copied() else {
			return Stimulus::honest(Act::Connect(Identity::of(key(3))));
		};
		match choices.below(16) {
			0..=2 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(identity(choices))),
			3..=9 => Stimulus::honest(Act::Request(peer, self.request(choices))),
			10..=12 => {
				self.add_block(choices);
				Stimulus::honest(Act::Nothing)
			}
			13 if choices.one_in(3) => match self.execute(choices) {
				Some(happening) => Stimulus::honest(Act::Chain(happening)),
				None => Stimulus::honest(Act::Nothing),
			},
			14 => {
				// The oldest that is remembered.
				let oldest = self.blocks.front().map(|facts| facts.block);
				match oldest.filter(|_| self.blocks.len() >= BLOCKS) {
					Some(block) => Stimulus::honest(Act::Chain(Happening::Chain(ChainEvent::Finalized {
						hash: block.hash,
						number: block.number,
					}))),
					None => Stimulus::honest(Act::Nothing),
				}
			}
			15 if choices.one_in(4) && self.blocks.len() > 3 => match self.blocks.pop_back() {
				Some(facts) => {
					let hash = facts.block.hash;
					Stimulus::honest(Act::Chain(Happening::Chain(ChainEvent::Reverted { hash })))
				}
				None => Stimulus::honest(Act::Nothing),
			},
			_ => Stimulus::honest(Act::Nothing),
		}
	}

	fn work(&mut self, job: AvailabilityJob, _: &mut Choices<'_>) -> AvailabilityDone {
		run(job)
	}

	fn answer(
		&mut self,
		_: PeerId,
		request: &AvailabilityRequest,
		_: &Open<KeeperWords>,
		choices: &mut Choices<'_>,
	) -> Reply<KeeperWords> {
		let right = self.number_of(request.candidate()).unwrap_or(0);
		let lie = choices.below(8);
		let which = if lie == 6 {
			(right + 2) % self.coded.len()
		} else {
			right
		};
		let (data, coded) = self
			.coded
			.get(which)
			.map(|(_, data, coded)| (data.clone(), coded))
			.expect("there are candidates; qed");
		let (response, intent) = match request {
			AvailabilityRequest::Chunk { index, .. } => {
				let index = (index.as_usize() + usize::from(lie == 7)) % coded.chunks.len();
				// A copy, so that what the core holds is its own.
				let chunk = coded.chunks.get(index).map(|chunk| Arc::new((**chunk).clone()));
				let chunk = chunk.expect("there are as many as validators; qed");
				let intent = match lie {
					6 => Intent::Hostile(Penalty::Later),
					7 => Intent::Hostile(Penalty::AtOnce),
					_ => Intent::Honest,
				};
				(AvailabilityResponse::Chunk(chunk), intent)
			}
			AvailabilityRequest::AvailableData(_) | AvailabilityRequest::Pov(_) => match lie {
				6 => (
					AvailabilityResponse::AvailableData(data),
					Intent::Hostile(Penalty::Later),
				),
				7 => (
					AvailabilityResponse::Pov(Arc::new(data.pov.clone())),
					Intent::Hostile(Penalty::AtOnce),
				),
				_ => (AvailabilityResponse::AvailableData(data), Intent::Honest),
			},
		};
		Reply { response, intent }
	}

	fn memory_bound(&self) -> usize {
		// The chain view is not what is tried.
		memory_bound_for(&config(), VALIDATORS.into(), CORES as usize, BLOCKS, 1024).saturating_add(1 << 18)
	}

	fn is_waiting(&self, keeper: &Keeper) -> bool {
		keeper.part.is_waiting()
	}

	fn has_successor(
		&self,
		keeper: &Keeper,
		request: &AvailabilityRequest,
		tried: &[PeerId],
		open: &Open<KeeperWords>,
	) -> bool {
		let Some(candidate) = self.number_of(request.candidate()) else {
			return false;
		};
		let keys = keys_of(candidate as SessionIndex);
		let backers = keys.get(3..).unwrap_or_default();
		let is_own = matches!(request, AvailabilityRequest::Chunk { index, .. } if keys.get(index.as_usize()) == Some(&key(0)));
		let index_of = |of: &ValidatorId| {
			let index = keys.iter().position(|key| key == of)?;
			u32::try_from(index).ok()
		};
		let looks_for = |validator: &ValidatorId| {
			let (own, theirs) = (index_of(&key(0)), index_of(validator));
			own.zip(theirs).is_some_and(|(index, theirs)| {
				let candidate = request.candidate();
				keeper
					.part
					.looks_for(Key { candidate, index }, ValidatorIndex(theirs))
			})
		};
		let untried = |(peer, identity): (&PeerId, &Identity)| {
			let mut keys = identity.authorities.iter();
			!tried.contains(peer) && keys.any(|key| backers.contains(key) && looks_for(key))
		};
		is_own && open.peers.iter().any(untried)
	}

	/// Blocks here are called by their numbers, and rounds of a leaf are few.
	fn round(&self, keeper: &Keeper, request: &AvailabilityRequest) -> u64 {
		let candidate = request.candidate();
		let own = self.number_of(candidate).and_then(|number| {
			let keys = keys_of(number as SessionIndex);
			keys.iter().position(|other| *other == key(0))
		});
		let index = own.and_then(|own| u32::try_from(own).ok());
		let round = index.and_then(|index| keeper.part.round(Key { candidate, index }));
		round.map_or(0, |(leaf, rounds)| leaf.to_low_u64_be() << 8 | u64::from(rounds))
	}

	fn is_stranger(&self, peer: PeerId, open: &Open<KeeperWords>) -> bool {
		let identity = open.peers.get(&peer);
		identity.is_some_and(|identity| identity.authorities.is_empty())
	}

	fn is_awaited(&self, keeper: &Keeper, request: RequestId) -> bool {
		keeper.part.is_awaiting(request)
	}

	/// What is told to be stored can be attested.
	fn promises(&self, output: &Output<KeeperWords>) -> Vec<Promise> {
		match output {
			Output::Event(AvailabilityEvent::Effect(Effect::Stored { candidate })) => vec![Promise {
				key: candidate.0.as_bytes().to_vec(),
				value: Vec::new(),
			}],
			_ => Vec::new(),
		}
	}

	fn remembers(&self, keeper: &Keeper, promise: &Promise) -> bool {
		let hash = CandidateHash(Hash::from_slice(&promise.key));
		let own = self.number_of(hash).and_then(|candidate| {
			let keys = keys_of(candidate as SessionIndex);
			keys.iter().position(|other| *other == key(0))
		});
		own.and_then(|own| u32::try_from(own).ok())
			.is_some_and(|own| keeper.part.store().is_stored(hash, own))
	}

	fn is_right_peer(&self, peer: PeerId, request: &AvailabilityRequest, open: &Open<KeeperWords>) -> bool {
		let (Some(candidate), Some(identity)) = (self.number_of(request.candidate()), open.peers.get(&peer))
		else {
			return false;
		};
		let keys = keys_of(candidate as SessionIndex);
		match request {
			AvailabilityRequest::Chunk { index, .. } => {
				let whose = keys.get(index.as_usize());
				let is_own = whose == Some(&key(0));
				let mut known = identity.authorities.iter();
				known.any(|key| is_own && keys.contains(key) || whose == Some(key))
			}
			_ => identity.authorities.iter().any(|key| keys.contains(key)),
		}
	}

	fn patience(&self) -> Duration {
		Duration::from_secs(60)
	}

	fn crashed(&mut self) {
		self.untold = self.blocks.clone();
	}
}

/// Everything is kept, so that whatever was promised is remembered.
fn config() -> AvailabilityConfig {
	AvailabilityConfig {
		keep_included: u32::MAX,
		keep_unavailable: u32::MAX,
		max_bytes: 1 << 20,
		max_candidates: CANDIDATES.into(),
		..AvailabilityConfig::default()
	}
}

fn session_at(number: u32) -> SessionIndex {
	number / SESSION
}

/// Odd sessions have the validators the other way round.
fn keys_of(session: SessionIndex) -> Vec<ValidatorId> {
	let mut keys: Vec<_> = (0..VALIDATORS).map(key).collect();
	if session % 2 == 1 {
		keys.reverse();
	}
	keys
}

fn key(name: u8) -> ValidatorId {
	sp_core::sr25519::Public::from_raw([name.saturating_add(1); 32]).into()
}

fn data(candidate: u8) -> Arc<AvailableData> {
	Arc::new(AvailableData {
		pov: PoV {
			block_data: BlockData(vec![candidate; 500]),
		},
		validation_data: PersistedValidationData::default(),
	})
}

fn descriptor(erasure_root: Hash) -> CandidateDescriptor {
	CandidateDescriptor::v2(DescriptorFields {
		erasure_root,
		..Default::default()
	})
}

fn receipt(erasure_root: Hash) -> CandidateReceipt {
	CandidateReceipt {
		descriptor: descriptor(erasure_root),
		commitments_hash: Hash::zero(),
	}
}

fn occupied(erasure_root: Hash, choices: &mut Choices<'_>) -> CoreState {
	CoreState::Occupied(OccupiedCore {
		next_up_on_available: None,
		occupied_since: 1,
		time_out_at: 10,
		next_up_on_time_out: None,
		availability: (0..VALIDATORS).map(|_| choices.flip()).collect(),
		group_responsible: GroupIndex(1),
		candidate_hash: receipt(erasure_root).hash(),
		candidate_descriptor: descriptor(erasure_root),
	})
}

fn cores_of(facts: &LeafFacts) -> impl Iterator<Item = &OccupiedCore> {
	facts.cores.iter().filter_map(|core| match core {
		CoreState::Occupied(occupied) => Some(occupied),
		CoreState::Scheduled(_) | CoreState::Free => None,
	})
}
