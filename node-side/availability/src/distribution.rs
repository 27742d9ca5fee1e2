//! One validator's part in keeping candidates available: which chunks it fetches, and what it attests.
//!
//! Invariants: at most one request a candidate is under way; a chunk is stored only if it was asked for, has the index
//! that was asked for, and belongs to the root that the relay chain knows; a bit is set only for a stored chunk.

use crate::{chunk_index, encode, verify_chunk, ChunkError, ChunkStore, ErasureChunk, ErasureError};
use async_backing_primitives::{
	AvailabilityBitfield, AvailableData, BlockNumber, CandidateHash, CoreIndex, CoreState, Hash, LeafFacts,
	OccupiedCore, ValidatorIndex,
};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
};

/// How a validator keeps chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvailabilityConfig {
	/// Whether chunk indices move on core by core (feature bit 2 of R-AVL-6).
	pub systematic_mapping: bool,
	/// Relay blocks that a candidate is kept after it was last seen on a core, or stored. Approval checkers fetch
	/// chunks after inclusion.
	pub retention: BlockNumber,
}

impl Default for AvailabilityConfig {
	/// Plain indices, and a retention of 20 blocks: two minutes at six seconds.
	fn default() -> Self {
		Self {
			systematic_mapping: false,
			retention: 20,
		}
	}
}

/// What the driver shall do or may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
	/// Ask a validator for a chunk, and answer with [`Availability::chunk_received`].
	Fetch {
		/// The candidate.
		candidate: CandidateHash,
		/// Index of the chunk.
		index: u32,
		/// Whom to ask.
		from: ValidatorIndex,
	},
	/// The chunk is stored: the next bitfield attests it.
	Stored {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A validator sent a wrong chunk.
	Refused {
		/// Who sent it.
		from: ValidatorIndex,
		/// The candidate.
		candidate: CandidateHash,
		/// What is wrong.
		error: ChunkError,
	},
	/// Nobody who was asked has the chunk. It is asked for again at the next leaf at which the candidate is pending.
	Unobtainable {
		/// The candidate.
		candidate: CandidateHash,
	},
}

#[derive(Clone, Debug)]
struct Fetch {
	root: Hash,
	index: u32,
	asked: ValidatorIndex,
	/// Whom to ask next, in this order.
	next: VecDeque<ValidatorIndex>,
	/// Number of the newest leaf at which the candidate is pending.
	last_seen: BlockNumber,
}

/// The availability part of one validator.
#[derive(Clone, Debug, Default)]
pub struct Availability {
	config: AvailabilityConfig,
	store: ChunkStore,
	fetches: BTreeMap<CandidateHash, Fetch>,
	newest: BlockNumber,
}

impl Availability {
	/// A validator that holds nothing yet.
	pub fn new(config: AvailabilityConfig) -> Self {
		Self {
			config,
			..Self::default()
		}
	}

	/// What is stored, for answering requests of others.
	pub fn store(&self) -> &ChunkStore {
		&self.store
	}

	/// Codes and stores the data of a candidate that this validator executed, and returns the erasure root (R-AVL-5).
	/// Cost: one coding of the data.
	///
	/// # Errors
	/// [`ErasureError::UnsupportedValidatorCount`]; nothing is stored then.
	pub fn store_available_data(
		&mut self,
		candidate: CandidateHash,
		data: Arc<AvailableData>,
		validators: usize,
	) -> Result<Hash, ErasureError> {
		let coded = encode(validators, &data)?;
		let root = coded.root;
		self.store_encoded(candidate, data, coded);
		Ok(root)
	}

	/// As [`store_available_data`](Self::store_available_data), for data that was coded already.
	pub fn store_encoded(
		&mut self,
		candidate: CandidateHash,
		data: Arc<AvailableData>,
		coded: crate::EncodedData,
	) {
		self.store.insert_data(candidate, data, coded, self.newest);
		self.fetches.remove(&candidate);
	}

	/// A leaf became active: asks for the own chunk of every candidate that waits there (R-AVL-7), first of all
	/// members of the group that backed it, and forgets candidates that are long gone.
	///
	/// `own` is this validator in the leaf's session; `None` fetches nothing.
	pub fn activate_leaf(&mut self, leaf: &LeafFacts, own: Option<ValidatorIndex>) -> Vec<Output> {
		self.newest = self.newest.max(leaf.block.number);
		let mut outputs = Vec::new();
		for (core, occupied) in occupied_cores(leaf) {
			self.store.note_seen(occupied.candidate_hash, leaf.block.number);
			if let Some(fetch) = self.fetches.get_mut(&occupied.candidate_hash) {
				fetch.last_seen = fetch.last_seen.max(leaf.block.number);
			}
			if let Some(own) = own {
				outputs.extend(self.start_fetch(leaf, own, core, occupied));
			}
		}
		self.store.prune(self.newest, self.config.retention);
		// Requests for candidates that left end: their answers are not waited for. A fork of equal height keeps them.
		let newest = self.newest;
		self.fetches.retain(|_, fetch| fetch.last_seen >= newest);
		outputs
	}

	fn start_fetch(
		&mut self,
		leaf: &LeafFacts,
		own: ValidatorIndex,
		core: CoreIndex,
		occupied: &OccupiedCore,
	) -> Option<Output> {
		let candidate = occupied.candidate_hash;
		let validators = leaf.validators.len();
		let index = chunk_index(validators, core, own, self.config.systematic_mapping).ok()?;
		if self.fetches.contains_key(&candidate) || self.store.chunk(candidate, index).is_some() {
			return None;
		}
		let mut next: VecDeque<_> = leaf
			.groups
			.get(occupied.group_responsible.as_usize())
			.map(|group| group.iter().copied().filter(|member| *member != own).collect())
			.unwrap_or_default();
		// Validators start at different members, so that not everybody asks the first one.
		let shift = own.as_usize().checked_rem(next.len()).unwrap_or(0);
		next.rotate_left(shift);
		let asked = next.pop_front()?;
		let root = occupied.candidate_descriptor.erasure_root();
		self.fetches.insert(
			candidate,
			Fetch {
				root,
				index,
				asked,
				next,
				last_seen: leaf.block.number,
			},
		);
		Some(Output::Fetch {
			candidate,
			index,
			from: asked,
		})
	}

	/// A validator answered a request, with a chunk or without one. Answers that nobody waits for change nothing.
	pub fn chunk_received(
		&mut self,
		from: ValidatorIndex,
		candidate: CandidateHash,
		chunk: Option<ErasureChunk>,
	) -> Vec<Output> {
		let Some(fetch) = self
			.fetches
			.get_mut(&candidate)
			.filter(|fetch| fetch.asked == from)
		else {
			return Vec::new();
		};
		let mut outputs = Vec::new();
		if let Some(chunk) = chunk {
			match check_answer(fetch, &chunk) {
				Ok(()) => {
					self.fetches.remove(&candidate);
					self.store.insert_chunk(candidate, chunk, self.newest);
					return vec![Output::Stored { candidate }];
				}
				Err(error) => outputs.push(Output::Refused {
					from,
					candidate,
					error,
				}),
			}
		}
		match fetch.next.pop_front() {
			Some(next) => {
				fetch.asked = next;
				outputs.push(Output::Fetch {
					candidate,
					index: fetch.index,
					from: next,
				});
			}
			None => {
				self.fetches.remove(&candidate);
				outputs.push(Output::Unobtainable { candidate });
			}
		}
		outputs
	}

	/// The bitfield that this validator signs at a leaf (R-AVL-8), with [`LeafFacts::signing_context`] of the leaf. The
	/// driver asks once a leaf, 1.5 s after its activation.
	pub fn bitfield(&self, leaf: &LeafFacts, own: ValidatorIndex) -> AvailabilityBitfield {
		let holds = |core, occupied: &OccupiedCore| {
			chunk_index(leaf.validators.len(), core, own, self.config.systematic_mapping)
				.is_ok_and(|index| self.store.chunk(occupied.candidate_hash, index).is_some())
		};
		let bits = (0..)
			.map(CoreIndex)
			.zip(&leaf.cores)
			.map(|(core, state)| match state {
				CoreState::Occupied(occupied) => holds(core, occupied),
				CoreState::Scheduled(_) | CoreState::Free => false,
			});
		AvailabilityBitfield(bits.collect())
	}
}

fn check_answer(fetch: &Fetch, chunk: &ErasureChunk) -> Result<(), ChunkError> {
	if chunk.index != fetch.index {
		return Err(ChunkError::WrongIndex {
			expected: fetch.index,
			got: chunk.index,
		});
	}
	verify_chunk(fetch.root, chunk)
}

fn occupied_cores(leaf: &LeafFacts) -> impl Iterator<Item = (CoreIndex, &OccupiedCore)> {
	(0..)
		.map(CoreIndex)
		.zip(&leaf.cores)
		.filter_map(|(core, state)| match state {
			CoreState::Occupied(occupied) => Some((core, occupied)),
			CoreState::Scheduled(_) | CoreState::Free => None,
		})
}

#[cfg(test)]
mod tests;
