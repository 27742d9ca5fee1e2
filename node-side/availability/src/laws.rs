//! The part under the seven laws (feature `laws`): a validator that does nothing but keep data, and the world around it.

mod finder;
mod keeper;
mod needs;
mod world;

pub use finder::{Finder, FinderWords, Found, Need};
pub use keeper::{Happening, Keeper, KeeperWords};
pub use needs::Needs;

use crate::{
	chunk_index, encode, fetch::Key, memory_bound_for, run, Availability, AvailabilityConfig,
	AvailabilityDone, AvailabilityEvent, AvailabilityJob, AvailabilityRequest, AvailabilityResponse, Effect,
	EncodedData, ErasureChunk, Outcome, OwnData, Placement, Rate, Serving, POVS_PER_MEMBER,
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
	/// Proofs of validity that validators got since the candidate was executed, by their bytes: beside their shares they
	/// have a claim to a few.
	claimed: BTreeMap<(ValidatorId, Vec<u8>), u8>,
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
			claimed: BTreeMap::new(),
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
			node_features: Default::default(),
			grid: None,
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

	/// The oldest that is remembered becomes final.
	fn finalized(&self) -> Option<ChainEvent> {
		let oldest = self.blocks.front().map(|facts| facts.block);
		let block = oldest.filter(|_| self.blocks.len() >= BLOCKS)?;
		Some(ChainEvent::Finalized {
			hash: block.hash,
			number: block.number,
		})
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

	/// Whether somebody may get a proof of validity beside its share.
	fn claims(&mut self, who: Option<&ValidatorId>, pov: &PoV) -> bool {
		let Some(who) = who else { return false };
		let claimed = self
			.claimed
			.entry((who.clone(), pov.block_data.0.clone()))
			.or_default();
		*claimed = claimed.saturating_add(1);
		*claimed <= POVS_PER_MEMBER
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
			_ => AvailabilityRequest::Chunk {
				candidate,
				index,
				plain: choices.flip(),
			},
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
				plain: true,
			},
		}
	}
}

/// What peers, their shares and sessions take at rest.
const REST: usize = 48 * 1024;
/// What a candidate takes in maps.
const CANDIDATE: usize = 1024;

/// What the chain view takes at rest. How many blocks it may know is its own law: they come with the chain, and go with finality.
fn chain_at_rest(chain: &ChainView) -> usize {
	/// Facts of a block with all cores occupied, and its place in the view.
	const BLOCK: usize = 4096;
	chain.block_count() * BLOCK
}

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
