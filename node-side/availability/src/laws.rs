//! The part under the seven laws (feature `laws`): a validator that does nothing but keep data, and the world around it.

mod keeper;

pub use keeper::{Happening, Keeper, KeeperWords};

use crate::{
	encode, fetch::Key, memory_bound_for, run, Availability, AvailabilityConfig, AvailabilityDone,
	AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse, Effect, EncodedData,
	ErasureChunk, OwnData, Placement, Rate, Serving,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_machine::{
	laws::{Act, Breach, Choices, Intent, Law, Open, Penalty, Promise, Reply, Stimulus, World},
	Input, Instant, JobId, Output, PeerId, RequestId,
};
use async_backing_primitives::{
	AsyncBackingParams, AvailableData, BlockData, CandidateDescriptor, CandidateEvent, CandidateHash,
	CandidateReceipt, CoreIndex, CoreState, DescriptorFields, GroupIndex, GroupRotationInfo, Hash, HeadData,
	LeafFacts, OccupiedCore, PersistedValidationData, PoV, RelayChainBlockInfo, SessionIndex, ValidatorId,
	ValidatorIndex,
};
use codec::Encode;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Arc, LazyLock},
	time::Duration,
};

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
/// Candidates that are remembered to be kept by the core.
const REMEMBERED: usize = 20;
/// The largest answer, in bytes, and some more.
const LARGEST: i64 = 2048;
/// What goes out to one validator: some dozens of answers at once.
const SHARE: Rate = Rate {
	per_second: 20_000,
	burst: 30_000,
};

/// The world of a [`Keeper`]: a chain with forks and two sets of validators that take turns, validators that answer well or
/// badly, and strangers.
#[derive(Debug)]
pub struct Surroundings {
	/// Newest last.
	blocks: VecDeque<Arc<LeafFacts>>,
	/// Blocks that the core has not heard of since it started.
	untold: VecDeque<Arc<LeafFacts>>,
	/// All candidates.
	coded: Vec<(CandidateHash, Arc<AvailableData>, EncodedData)>,
	made: u64,
	/// Candidates that the core keeps its chunk of, newest last.
	kept: VecDeque<CandidateHash>,
	/// What may still go out to each validator, and to strangers together, in bytes.
	shares: BTreeMap<Option<ValidatorId>, (i64, Instant)>,
	/// Whether the chain has just done something.
	is_chain: bool,
}

/// Made once: coding takes time.
static CODED: LazyLock<Vec<(CandidateHash, Arc<AvailableData>, EncodedData)>> = LazyLock::new(|| {
	let coded = (0..CANDIDATES).filter_map(|candidate| {
		let data = data(candidate);
		let coded = encode(VALIDATORS.into(), &data).ok()?;
		Some((receipt(coded.root).hash(), data, coded))
	});
	coded.collect()
});

impl Surroundings {
	/// A world with a first block.
	pub fn new(_: &mut Choices<'_>) -> Self {
		let mut surroundings = Self {
			blocks: VecDeque::new(),
			untold: VecDeque::new(),
			coded: CODED.clone(),
			made: 0,
			kept: VecDeque::new(),
			shares: BTreeMap::new(),
			is_chain: false,
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

	/// Bytes are given to somebody. No more may go out than the share at once, what comes to it in time, and whatever was
	/// promised before.
	fn give(&mut self, who: Option<ValidatorId>, bytes: usize, now: Instant) -> Result<(), Breach> {
		let burst = i64::from(SHARE.burst);
		let (left, since) = self.shares.entry(who).or_insert((burst, now));
		let elapsed = i64::try_from(now.saturating_sub(*since).as_millis()).unwrap_or(i64::MAX);
		let more = elapsed.saturating_mul(SHARE.per_second.into()) / 1000;
		*left = left.saturating_add(more).min(burst).saturating_sub(bytes as i64);
		*since = now;
		match *left >= -burst - LARGEST {
			true => Ok(()),
			false => Err(Breach::new(
				Law::Checked,
				"one peer gets more bytes than its share",
			)),
		}
	}

	/// For something that the core keeps.
	fn request_for_kept(&self, choices: &mut Choices<'_>) -> Option<AvailabilityRequest> {
		let candidate = *self.kept.get(choices.index(self.kept.len()))?;
		let keys = keys_of(self.number_of(candidate)? as SessionIndex);
		let own = keys.iter().position(|other| *other == key(0))?;
		let index = ValidatorIndex(u32::try_from(own).ok()?);
		Some(match choices.below(4) {
			0 => AvailabilityRequest::Pov(candidate),
			1 => AvailabilityRequest::AvailableData(candidate),
			_ => AvailabilityRequest::Chunk { candidate, index },
		})
	}

	fn request(&self, is_loud: bool, choices: &mut Choices<'_>) -> AvailabilityRequest {
		let for_kept = if is_loud {
			!choices.one_in(8)
		} else {
			choices.flip()
		};
		if let Some(request) = self.request_for_kept(choices).filter(|_| for_kept) {
			return request;
		}
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
		let Some(peer) = open.speaker(choices) else {
			return Stimulus::honest(Act::Connect(Identity::of(key(3))));
		};
		let is_loud = open.loud.is_some();
		match choices.below(16) {
			_ if is_loud && !choices.one_in(8) => {
				Stimulus::honest(Act::Request(peer, self.request(true, choices)))
			}
			0..=2 if open.peers.len() < MOST_PEERS => Stimulus::honest(Act::Connect(identity(choices))),
			3..=9 => Stimulus::honest(Act::Request(peer, self.request(false, choices))),
			10..=12 => {
				self.add_block(choices);
				Stimulus::honest(Act::Nothing)
			}
			13 => match self.execute(choices) {
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
		let lie = choices.below(10);
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
				let chunk = coded.chunks.get(index).map(|chunk| (**chunk).clone());
				let mut chunk: ErasureChunk = chunk.expect("there are as many as validators; qed");
				match lie {
					8 => chunk.index = u32::MAX,
					9 => chunk.chunk.clear(),
					_ => {}
				}
				let chunk = Arc::new(chunk);
				let intent = match lie {
					6 => Intent::Hostile(Penalty::Later),
					7..=9 => Intent::Hostile(Penalty::AtOnce),
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

	/// What is kept, a node of a tree and keys for each candidate, and the chain view.
	fn rest_bound(&self, keeper: &Keeper) -> usize {
		const CANDIDATE: usize = 1024;
		let store = keeper.part.store();
		store.bytes() + store.len() * CANDIDATE + REST
	}

	fn taken_for_open(&self, keeper: &Keeper) -> usize {
		keeper.part.taken_for_open()
	}

	fn timers_of_use(&self, keeper: &Keeper) -> Option<usize> {
		Some(keeper.part.timers_of_use())
	}

	fn is_of_use(&self, keeper: &Keeper, job: JobId) -> bool {
		keeper.part.is_of_use(job)
	}

	/// Nothing that peers send is hashed while they wait.
	fn light(&self) -> usize {
		0
	}

	/// Blocks name candidates by their receipts.
	fn allowance(&self, input: &Input<KeeperWords>) -> usize {
		match input {
			Input::Chain(_) => 1 << 16,
			Input::Restored(_) => 1 << 20,
			_ => 0,
		}
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

	fn told(&mut self, input: &Input<KeeperWords>, _: &Open<KeeperWords>) {
		self.is_chain = matches!(input, Input::Chain(Happening::Chain(_)));
	}

	fn judge(
		&mut self,
		keeper: &Keeper,
		outputs: &[Output<KeeperWords>],
		open: &Open<KeeperWords>,
	) -> Result<(), Breach> {
		for output in outputs {
			match output {
				Output::Event(AvailabilityEvent::Effect(Effect::Stored { candidate })) => {
					self.kept.push_back(*candidate);
					if self.kept.len() > REMEMBERED {
						self.kept.pop_front();
					}
				}
				Output::Respond(ticket, Ok(response)) => {
					let bytes = match response {
						AvailabilityResponse::Chunk(chunk) => chunk.size(),
						AvailabilityResponse::AvailableData(data) => data.encoded_size(),
						AvailabilityResponse::Pov(pov) => pov.encoded_size(),
					};
					let identity = open.tickets.get(ticket).and_then(|peer| open.peers.get(peer));
					let who = identity.and_then(|identity| identity.authorities.first().cloned());
					self.give(who, bytes, open.now)?;
				}
				_ => {}
			}
		}
		if keeper.part.store().bytes() > config().max_bytes {
			return Err(Breach::new(Law::Memory, "more is kept than there is room for"));
		}
		let is_pending = |candidate| {
			let mut leaves = keeper.chain.leaves();
			leaves.any(|leaf| cores_of(leaf).any(|core| core.candidate_hash == candidate))
		};
		if self.is_chain && !keeper.part.fetched().all(is_pending) {
			let what = "a chunk is fetched that no leaf waits for";
			return Err(Breach::new(Law::Ends, what));
		}
		Ok(())
	}

	fn crashed(&mut self) {
		self.untold = self.blocks.clone();
		self.kept.clear();
		self.shares.clear();
	}
}

/// What the chain view and the shares of peers take at rest.
const REST: usize = 64 * 1024;

/// All own chunks are kept, so that whatever was promised is remembered, but there is no room for all data.
fn config() -> AvailabilityConfig {
	AvailabilityConfig {
		keep_included: u32::MAX,
		keep_unavailable: u32::MAX,
		max_bytes: 190 << 10,
		max_candidates: CANDIDATES.into(),
		serving: Serving {
			total: Rate {
				per_second: 60_000,
				burst: 100_000,
			},
			validator: SHARE,
			strangers: Rate {
				per_second: 5_000,
				burst: 10_000,
			},
		},
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
