//! The chunks that a validator holds.
//!
//! Invariant: every chunk was made by this validator or checked against its root. A candidate stays for a number of
//! relay blocks after it was last seen on a core, whatever the fork, and is forgotten then.

use crate::{EncodedData, ErasureChunk};
use async_backing_primitives::{AvailableData, BlockNumber, CandidateHash};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Clone, Debug, Default)]
struct Entry {
	chunks: BTreeMap<u32, Arc<ErasureChunk>>,
	data: Option<Arc<AvailableData>>,
	last_seen: BlockNumber,
}

/// Chunks and data by candidate.
#[derive(Clone, Debug, Default)]
pub struct ChunkStore {
	candidates: BTreeMap<CandidateHash, Entry>,
}

impl ChunkStore {
	/// Stores the data of a candidate that this validator executed, with all chunks. `now` is the number of the relay
	/// block that it takes for the newest.
	pub fn insert_data(
		&mut self,
		candidate: CandidateHash,
		data: Arc<AvailableData>,
		coded: EncodedData,
		now: BlockNumber,
	) {
		let entry = self.entry(candidate, now);
		entry.data = Some(data);
		entry.chunks.extend(
			coded
				.chunks
				.into_iter()
				.map(|chunk| (chunk.index, Arc::new(chunk))),
		);
	}

	/// Stores a chunk that was checked.
	pub fn insert_chunk(&mut self, candidate: CandidateHash, chunk: ErasureChunk, now: BlockNumber) {
		self.entry(candidate, now)
			.chunks
			.insert(chunk.index, Arc::new(chunk));
	}

	fn entry(&mut self, candidate: CandidateHash, now: BlockNumber) -> &mut Entry {
		let entry = self.candidates.entry(candidate).or_default();
		entry.last_seen = entry.last_seen.max(now);
		entry
	}

	/// The chunk at an index.
	pub fn chunk(&self, candidate: CandidateHash, index: u32) -> Option<&Arc<ErasureChunk>> {
		self.candidates.get(&candidate)?.chunks.get(&index)
	}

	/// The data, where this validator has them whole.
	pub fn data(&self, candidate: CandidateHash) -> Option<&Arc<AvailableData>> {
		self.candidates.get(&candidate)?.data.as_ref()
	}

	/// Notes that a candidate occupies a core at a leaf with this number.
	pub(crate) fn note_seen(&mut self, candidate: CandidateHash, at: BlockNumber) {
		if let Some(entry) = self.candidates.get_mut(&candidate) {
			entry.last_seen = entry.last_seen.max(at);
		}
	}

	/// Forgets what was last seen more than `retention` blocks before `now`.
	pub fn prune(&mut self, now: BlockNumber, retention: BlockNumber) {
		self.candidates
			.retain(|_, entry| entry.last_seen.saturating_add(retention) >= now);
	}

	/// Forgets a candidate.
	pub fn remove(&mut self, candidate: CandidateHash) {
		self.candidates.remove(&candidate);
	}

	/// Number of candidates of which anything is stored.
	pub fn len(&self) -> usize {
		self.candidates.len()
	}

	/// Whether nothing is stored.
	pub fn is_empty(&self) -> bool {
		self.candidates.is_empty()
	}
}
