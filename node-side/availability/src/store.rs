//! What a validator keeps: its own chunks, and the data of candidates that it executed.
//!
//! Invariants: every chunk was made by this validator or checked against its root; `bytes` is the sum over the entries; a
//! chunk counts as stored only after the driver said so. What is in memory is in the driver's store as well, but for what
//! can be made again from data: chunks of others and proofs of validity.

mod restored;

use crate::{config::MAX_WAITING_FOR_POV, job::OwnChunk, AvailabilityConfig, EncodedData, ErasureChunk};
use async_backing_machine::{Batch, Ticket};
use async_backing_primitives::{AvailableData, BlockNumber, CandidateHash, CoreIndex, GroupIndex, Hash, PoV};
use codec::{Decode, Encode};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// Keys that are ours: the candidate's hash follows a letter.
const PREFIX: &[u8] = b"av/";

fn key(kind: &[u8; 2], candidate: CandidateHash) -> Vec<u8> {
	[PREFIX, kind, candidate.0.as_bytes()].concat()
}

fn meta_key(candidate: CandidateHash) -> Vec<u8> {
	key(b"m/", candidate)
}

fn data_key(candidate: CandidateHash) -> Vec<u8> {
	key(b"d/", candidate)
}

fn chunk_key(candidate: CandidateHash, index: u32) -> Vec<u8> {
	let mut key = key(b"c/", candidate);
	key.extend(index.to_be_bytes());
	key
}

/// Where a candidate is backed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Placement {
	/// Its scheduling parent, which versions below 3 call relay parent: it decides the session.
	pub relay_parent: Hash,
	/// The group that backs it.
	pub group: GroupIndex,
	/// The core that it is for.
	pub core: CoreIndex,
}

/// What is known of a candidate of which something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Meta {
	pub(crate) root: Hash,
	pub(crate) validators: u32,
	/// Whether chunks are mapped core by core (R-AVL-6).
	pub(crate) mapped: bool,
	pub(crate) place: Placement,
	/// Number of the newest leaf at which it was pending, or when it was made.
	pub(crate) seen: BlockNumber,
	/// The newest block that included it.
	pub(crate) included: Option<(BlockNumber, Hash)>,
}

/// With how many bytes it takes.
#[derive(Clone, Debug)]
struct Weighed<T>(T, usize);

#[derive(Clone, Debug)]
struct Held {
	/// `None` until it is unpacked after a restart.
	chunk: Option<Arc<ErasureChunk>>,
	bytes: usize,
	stored: bool,
}

#[derive(Clone, Debug)]
struct Entry {
	meta: Meta,
	own: BTreeMap<u32, Held>,
	/// `None` within until it is unpacked after a restart.
	data: Option<Weighed<Option<Arc<AvailableData>>>>,
	pov: Option<Weighed<Arc<PoV>>>,
	coded: Option<Weighed<Arc<EncodedData>>>,
	/// Who waits for the proof of validity.
	waiting: Vec<Ticket>,
	/// How many of them have no claim to it.
	without_claim: usize,
}

impl Entry {
	fn new(meta: Meta) -> Self {
		Self {
			meta,
			own: BTreeMap::new(),
			data: None,
			pov: None,
			coded: None,
			waiting: Vec::new(),
			without_claim: 0,
		}
	}

	fn take_waiting(&mut self) -> Vec<Ticket> {
		self.without_claim = 0;
		std::mem::take(&mut self.waiting)
	}

	fn bytes(&self) -> usize {
		let own: usize = self.own.values().map(|held| held.bytes).sum();
		own + self.data.as_ref().map_or(0, |data| data.1)
			+ self.pov.as_ref().map_or(0, |pov| pov.1)
			+ self.coded.as_ref().map_or(0, |coded| coded.1)
	}
}

/// Blocks in which a candidate that was made is backed, or never.
pub(crate) const RECENT: BlockNumber = 10;

/// Who goes first when there is too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
	/// It was included, or never will be.
	Idle,
	/// It may be backed yet.
	Recent,
	/// A leaf waits for it.
	Pending,
}

/// What goes first when there is too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
	/// Chunks of others, and the proof of validity by itself.
	Coded,
	/// The data as well.
	Data,
	/// Everything.
	All,
}

/// Chunks and data by candidate.
#[derive(Clone, Debug, Default)]
pub struct ChunkStore {
	entries: BTreeMap<CandidateHash, Entry>,
	bytes: usize,
	/// Who waited for the proof of validity of a candidate that was forgotten.
	left_over: Vec<Ticket>,
}

impl ChunkStore {
	/// The chunk at an index, if it is the own one, or the candidate is one that this validator executed.
	pub fn chunk(&self, candidate: CandidateHash, index: u32) -> Option<&Arc<ErasureChunk>> {
		let entry = self.entries.get(&candidate)?;
		let own = entry.own.get(&index).and_then(|held| held.chunk.as_ref());
		own.or_else(|| entry.coded.as_ref()?.0.chunks.get(index as usize))
	}

	/// The data, where this validator has them whole.
	pub fn data(&self, candidate: CandidateHash) -> Option<&Arc<AvailableData>> {
		self.entries.get(&candidate)?.data.as_ref()?.0.as_ref()
	}

	/// The proof of validity, where this validator has the data of a candidate that may still be backed.
	pub fn pov(&self, candidate: CandidateHash) -> Option<&Arc<PoV>> {
		Some(&self.entries.get(&candidate)?.pov.as_ref()?.0)
	}

	/// Whether the own chunk outlives a crash, so that it can be attested.
	pub fn is_stored(&self, candidate: CandidateHash, index: u32) -> bool {
		let held = |entry: &Entry| entry.own.get(&index).is_some_and(|held| held.stored);
		self.entries.get(&candidate).is_some_and(held)
	}

	/// Number of candidates of which anything is kept.
	pub fn len(&self) -> usize {
		self.entries.len()
	}

	/// Whether nothing is kept.
	pub fn is_empty(&self) -> bool {
		self.entries.is_empty()
	}

	/// Bytes of chunks and data.
	pub fn bytes(&self) -> usize {
		self.bytes
	}

	pub(crate) fn meta(&self, candidate: CandidateHash) -> Option<&Meta> {
		Some(&self.entries.get(&candidate)?.meta)
	}

	pub(crate) fn holds(&self, candidate: CandidateHash, index: u32) -> bool {
		let entry = self.entries.get(&candidate);
		entry.is_some_and(|entry| entry.own.contains_key(&index))
	}

	/// The lowest index of own chunks.
	pub(crate) fn own_index(&self, candidate: CandidateHash) -> Option<u32> {
		self.entries.get(&candidate)?.own.keys().next().copied()
	}

	/// Whether a restarted validator has it in its store, but not in its hands yet.
	pub(crate) fn is_packed(&self, candidate: CandidateHash) -> bool {
		let packed = |entry: &Entry| {
			entry.own.values().any(|held| held.chunk.is_none())
				|| entry.data.as_ref().is_some_and(|data| data.0.is_none())
		};
		self.entries.get(&candidate).is_some_and(packed)
	}

	fn with<R>(&mut self, candidate: CandidateHash, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
		let entry = self.entries.get_mut(&candidate)?;
		let before = entry.bytes();
		let result = change(entry);
		self.bytes = self.bytes.saturating_sub(before).saturating_add(entry.bytes());
		Some(result)
	}

	fn entry(&mut self, candidate: CandidateHash, meta: Meta) {
		let entry = self.entries.entry(candidate).or_insert_with(|| Entry::new(meta));
		entry.meta.seen = entry.meta.seen.max(meta.seen);
	}

	/// Takes in what this validator made.
	pub(crate) fn insert_data(
		&mut self,
		candidate: CandidateHash,
		meta: Meta,
		data: Arc<AvailableData>,
		coded: Arc<EncodedData>,
	) {
		self.entry(candidate, meta);
		let bytes = data.encoded_size();
		self.with(candidate, |entry| {
			let coded_bytes = coded.size();
			entry.data = Some(Weighed(Some(data), bytes));
			entry.coded = Some(Weighed(coded, coded_bytes));
		});
	}

	pub(crate) fn set_coded(&mut self, candidate: CandidateHash, coded: Arc<EncodedData>) {
		self.with(candidate, |entry| {
			let bytes = coded.size();
			entry.coded = Some(Weighed(coded, bytes));
		});
	}

	/// Takes the proof of validity in, and returns who waits for it.
	pub(crate) fn set_pov(&mut self, candidate: CandidateHash, pov: &Arc<PoV>) -> Vec<Ticket> {
		self.with(candidate, |entry| {
			if entry.data.is_some() {
				entry.pov = Some(Weighed(pov.clone(), pov.encoded_size()));
			}
			entry.take_waiting()
		})
		.unwrap_or_default()
	}

	/// Has somebody wait for the proof of validity, if there will be one. Of those who have no claim to it only some may: the
	/// others are as many as their claims.
	pub(crate) fn wait_for_pov(&mut self, candidate: CandidateHash, ticket: Ticket, has_claim: bool) -> bool {
		let waits = |entry: &mut Entry| {
			let room = has_claim || entry.without_claim < MAX_WAITING_FOR_POV;
			let waits = entry.data.is_some() && room;
			if waits {
				entry.waiting.push(ticket);
				entry.without_claim = entry.without_claim.saturating_add(usize::from(!has_claim));
			}
			waits
		};
		self.entries.get_mut(&candidate).is_some_and(waits)
	}

	/// Who waited for the proof of validity of a candidate that was forgotten.
	pub(crate) fn take_left_over(&mut self) -> Vec<Ticket> {
		std::mem::take(&mut self.left_over)
	}

	/// Takes the own chunk in, and the writes that make it outlive a crash into `batch`.
	pub(crate) fn insert_own(
		&mut self,
		candidate: CandidateHash,
		meta: Meta,
		own: OwnChunk,
		batch: &mut Batch,
	) {
		self.entry(candidate, meta);
		let index = own.chunk.index;
		self.with(candidate, |entry| {
			let held = Held {
				bytes: own.chunk.size(),
				chunk: Some(own.chunk),
				// What is attested stays so.
				stored: entry.own.get(&index).is_some_and(|held| held.stored),
			};
			entry.own.insert(index, held);
			batch.put(meta_key(candidate), entry.meta.encode());
		});
		batch.put(chunk_key(candidate, index), own.record);
	}

	/// The write that makes the data outlive a crash.
	pub(crate) fn put_data(candidate: CandidateHash, record: Vec<u8>, batch: &mut Batch) {
		batch.put(data_key(candidate), record);
	}

	/// The driver has written the own chunk. Whether it is still here.
	pub(crate) fn set_stored(&mut self, candidate: CandidateHash, index: u32) -> bool {
		let entry = self.entries.get_mut(&candidate);
		let held = entry.and_then(|entry| entry.own.get_mut(&index));
		held.map(|held| held.stored = true).is_some()
	}

	/// A block at this height is a leaf, and these candidates are pending there.
	pub(crate) fn note_seen(&mut self, candidate: CandidateHash, at: BlockNumber) {
		if let Some(entry) = self.entries.get_mut(&candidate) {
			entry.meta.seen = entry.meta.seen.max(at);
		}
	}

	/// A block included the candidate.
	pub(crate) fn note_included(
		&mut self,
		candidate: CandidateHash,
		number: BlockNumber,
		block: Hash,
		batch: &mut Batch,
	) {
		let Some(entry) = self.entries.get_mut(&candidate) else {
			return;
		};
		if entry.meta.included.is_none_or(|(newest, _)| newest < number) {
			entry.meta.included = Some((number, block));
			batch.put(meta_key(candidate), entry.meta.encode());
		}
	}

	/// A block is not to be built on any more, so that it included nothing.
	pub(crate) fn note_reverted(&mut self, block: Hash, batch: &mut Batch) {
		for (candidate, entry) in &mut self.entries {
			if entry.meta.included.is_some_and(|(_, hash)| hash == block) {
				entry.meta.included = None;
				batch.put(meta_key(*candidate), entry.meta.encode());
			}
		}
	}

	/// Forgets what nobody can want any more: see [`AvailabilityConfig`]. What only backers and validators that lag need goes
	/// with inclusion.
	pub(crate) fn prune(
		&mut self,
		config: &AvailabilityConfig,
		pending: &BTreeSet<CandidateHash>,
		newest: BlockNumber,
		finalized: BlockNumber,
		batch: &mut Batch,
	) {
		let is_over = |meta: &Meta| match meta.included {
			Some((number, _)) => number.saturating_add(config.keep_included) < finalized,
			None => meta.seen.saturating_add(config.keep_unavailable) < newest,
		};
		let entries = self.entries.iter();
		let idle = entries.filter(|(candidate, _)| !pending.contains(candidate));
		let part = |entry: &Entry| {
			let has_more = entry.coded.is_some() || entry.pov.is_some();
			match is_over(&entry.meta) {
				true => Some(Part::All),
				false => (entry.meta.included.is_some() && has_more).then_some(Part::Coded),
			}
		};
		let over: Vec<_> = idle
			.filter_map(|(candidate, entry)| Some((*candidate, part(entry)?)))
			.collect();
		for (candidate, part) in over {
			self.drop_part(candidate, part, batch);
		}
	}

	/// Makes room. Returns what was dropped, with its bytes.
	pub(crate) fn make_room(
		&mut self,
		config: &AvailabilityConfig,
		pending: &BTreeSet<CandidateHash>,
		newest: BlockNumber,
		batch: &mut Batch,
	) -> Vec<(CandidateHash, usize)> {
		let mut dropped = Vec::new();
		if self.bytes <= config.max_bytes && self.entries.len() <= config.max_candidates {
			return dropped;
		}
		let mut by_age: Vec<_> = self
			.entries
			.iter()
			.map(|(candidate, entry)| {
				let is_recent = entry.meta.seen.saturating_add(RECENT) >= newest;
				let class = match (pending.contains(candidate), &entry.meta.included) {
					(true, _) => Class::Pending,
					(false, None) if is_recent => Class::Recent,
					_ => Class::Idle,
				};
				(class, entry.meta.seen, *candidate)
			})
			.collect();
		by_age.sort_unstable();
		let idle = by_age.partition_point(|(class, ..)| *class == Class::Idle);
		let (idle, others) = by_age.split_at(idle);
		let recent = others.partition_point(|(class, ..)| *class == Class::Recent);
		let (recent, pending) = others.split_at(recent);
		let steps = [
			(idle, Part::Coded),
			(idle, Part::Data),
			(idle, Part::All),
			(recent, Part::Data),
			(recent, Part::All),
			(pending, Part::Coded),
			(pending, Part::Data),
		];
		for (candidates, part) in steps {
			for (_, _, candidate) in candidates {
				let too_many = part == Part::All && self.entries.len() > config.max_candidates;
				if self.bytes <= config.max_bytes && !too_many {
					break;
				}
				let before = self.bytes;
				self.drop_part(*candidate, part, batch);
				if before > self.bytes {
					dropped.push((*candidate, before - self.bytes));
				}
			}
		}
		dropped
	}

	fn drop_part(&mut self, candidate: CandidateHash, part: Part, batch: &mut Batch) {
		self.with(candidate, |entry| {
			(entry.coded, entry.pov) = (None, None);
			if part != Part::Coded && entry.data.take().is_some() {
				batch.remove(data_key(candidate));
			}
		});
		if part != Part::All {
			return;
		}
		let Some(entry) = self.entries.remove(&candidate) else {
			return;
		};
		self.bytes = self.bytes.saturating_sub(entry.bytes());
		self.left_over.extend(entry.waiting);
		for index in entry.own.keys() {
			batch.remove(chunk_key(candidate, *index));
		}
		batch.remove(meta_key(candidate));
	}

	/// When a candidate was last pending at a leaf, or made, if it may still be backed.
	pub(crate) fn may_be_backed_since(
		&self,
		candidate: CandidateHash,
		newest: BlockNumber,
	) -> Option<BlockNumber> {
		let meta = self.meta(candidate)?;
		let is_new = meta.included.is_none() && meta.seen.saturating_add(RECENT) >= newest;
		is_new.then_some(meta.seen)
	}

	/// Number of the newest leaf that is remembered.
	pub(crate) fn newest(&self) -> BlockNumber {
		let seen = self.entries.values().map(|entry| entry.meta.seen);
		seen.max().unwrap_or(0)
	}
}
