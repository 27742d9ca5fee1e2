//! Recovery of available data from chunks, checked against the root (R-AVL-5).

use crate::{
	erasure::{erasure_root_of, reconstruct, ErasureError},
	trie::{verify_chunk, ChunkError, ErasureChunk},
};
use async_backing_primitives::{
	recovery_threshold, systematic_recovery_threshold, AvailableData, CandidateHash, Hash,
};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;

/// Why data could not be recovered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecoveryError {
	/// The chunk does not belong to the root.
	#[error(transparent)]
	Chunk(#[from] ChunkError),
	/// The chunks do not make up data.
	#[error(transparent)]
	Erasure(#[from] ErasureError),
	/// The data was not coded as the root says: the candidate is invalid.
	#[error("the data codes to root {got}, but the candidate says {expected} (R-AVL-5)")]
	RootMismatch {
		/// Root in the candidate's descriptor.
		expected: Hash,
		/// Root of the recovered data.
		got: Hash,
	},
}

/// Collects chunks of one candidate until its data can be recovered.
#[derive(Clone, Debug)]
pub struct Recovery {
	candidate: CandidateHash,
	root: Hash,
	validators: usize,
	chunks: BTreeMap<u32, Arc<ErasureChunk>>,
}

impl Recovery {
	/// Starts the recovery of a candidate's data, coded for this many validators.
	///
	/// # Errors
	/// [`ErasureError::UnsupportedValidatorCount`].
	pub fn new(candidate: CandidateHash, root: Hash, validators: usize) -> Result<Self, ErasureError> {
		recovery_threshold(validators).ok_or(ErasureError::UnsupportedValidatorCount(validators))?;
		Ok(Self {
			candidate,
			root,
			validators,
			chunks: BTreeMap::new(),
		})
	}

	/// The candidate.
	pub fn candidate(&self) -> CandidateHash {
		self.candidate
	}

	/// Takes a chunk in, unless it does not belong to the candidate. A second one for an index changes nothing.
	///
	/// # Errors
	/// [`RecoveryError::Chunk`] for a bad proof, [`RecoveryError::Erasure`] for an index that no validator has.
	pub fn add(&mut self, chunk: impl Into<Arc<ErasureChunk>>) -> Result<(), RecoveryError> {
		let chunk = chunk.into();
		if chunk.index as usize >= self.validators {
			let (index, validators) = (chunk.index, self.validators);
			return Err(ErasureError::IndexOutOfBounds { index, validators }.into());
		}
		verify_chunk(self.root, &chunk)?;
		self.chunks.entry(chunk.index).or_insert(chunk);
		Ok(())
	}

	/// Indices of the chunks that are still worth asking for, ascending.
	pub fn missing(&self) -> impl Iterator<Item = u32> + '_ {
		(0..)
			.take(self.validators)
			.filter(|index| !self.chunks.contains_key(index))
	}

	/// Whether there are enough chunks: any recovery threshold, or all systematic ones (R-AVL-1, R-AVL-2).
	pub fn is_complete(&self) -> bool {
		is_enough(self.validators, &self.chunks)
	}

	/// The data, if they code to the root again (R-AVL-5). Cost: one recovery and one coding.
	///
	/// # Errors
	/// [`RecoveryError::Erasure`] if there are too few chunks or they make up no data, and
	/// [`RecoveryError::RootMismatch`] if the candidate's author coded them wrongly.
	pub fn finish(&self) -> Result<AvailableData, RecoveryError> {
		let chunks = self.chunks.values().map(|chunk| (chunk.index, &chunk.chunk[..]));
		let data = reconstruct(self.validators, chunks)?;
		let got = erasure_root_of(self.validators, &data)?;
		if got != self.root {
			return Err(RecoveryError::RootMismatch {
				expected: self.root,
				got,
			});
		}
		Ok(data)
	}
}

/// Whether data can be recovered from these chunks (R-AVL-1, R-AVL-2).
pub(crate) fn is_enough<T>(validators: usize, chunks: &BTreeMap<u32, T>) -> bool {
	let enough = recovery_threshold(validators).is_some_and(|needed| chunks.len() >= needed);
	let systematic = systematic_recovery_threshold(validators).unwrap_or(usize::MAX);
	enough || chunks.keys().take(systematic).copied().eq((0..).take(systematic))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{encode, obtain_chunks, ErasureTrie};
	use async_backing_primitives::{BlockData, PersistedValidationData, PoV};

	fn data(seed: u8) -> AvailableData {
		AvailableData {
			pov: PoV {
				block_data: BlockData((0..999).map(|i| (i as u8).wrapping_mul(seed)).collect()),
			},
			validation_data: PersistedValidationData::default(),
		}
	}

	#[test]
	fn r_avl_5_recovers_what_was_coded() {
		let coded = encode(7, &data(3)).expect("a code exists");
		let mut recovery = Recovery::new(CandidateHash::default(), coded.root, 7).expect("a code exists");
		let needed = ErasureError::TooFewChunks { needed: 3, got: 0 };
		assert_eq!(recovery.finish(), Err(RecoveryError::Erasure(needed)), "R-AVL-1");
		for index in [6, 4, 2] {
			assert!(!recovery.is_complete());
			recovery
				.add(coded.chunks[index].clone())
				.expect("the chunk is right");
		}
		assert!(recovery.is_complete());
		assert_eq!(recovery.missing().collect::<Vec<_>>(), [0, 1, 3, 5]);
		assert_eq!(recovery.finish(), Ok(data(3)), "R-AVL-5");
	}

	#[test]
	fn r_avl_2_systematic_chunks_are_enough() {
		let coded = encode(7, &data(3)).expect("a code exists");
		let mut recovery = Recovery::new(CandidateHash::default(), coded.root, 7).expect("a code exists");
		recovery.add(coded.chunks[0].clone()).expect("the chunk is right");
		assert!(!recovery.is_complete());
		recovery.add(coded.chunks[1].clone()).expect("the chunk is right");
		assert!(recovery.is_complete(), "R-AVL-2: two of seven");
		assert_eq!(recovery.finish(), Ok(data(3)));
	}

	#[test]
	fn r_avl_5_wrongly_coded_data_is_found_out() {
		// The author swaps one parity chunk for garbage and commits to it: every proof is right, the code is not.
		let mut chunks = obtain_chunks(7, &data(5)).expect("a code exists");
		chunks[6] = vec![1; chunks[6].len()];
		let trie = ErasureTrie::new(&chunks);
		let chunk = |index: u32| ErasureChunk {
			chunk: chunks[index as usize].clone(),
			index,
			proof: trie.proof(index).expect("the chunk is there"),
		};
		let mut recovery = Recovery::new(CandidateHash::default(), trie.root(), 7).expect("a code exists");
		(0..3).for_each(|index| recovery.add(chunk(index)).expect("the proof is right"));
		let got = encode(7, &data(5)).expect("a code exists").root;
		let mismatch = RecoveryError::RootMismatch {
			expected: trie.root(),
			got,
		};
		assert_eq!(recovery.finish(), Err(mismatch), "R-AVL-5");
	}

	#[test]
	fn r_avl_4_foreign_chunks_are_not_taken_in() {
		let coded = encode(7, &data(3)).expect("a code exists");
		let foreign = encode(7, &data(4)).expect("a code exists");
		let mut recovery = Recovery::new(CandidateHash::default(), coded.root, 7).expect("a code exists");
		assert!(
			matches!(
				recovery.add(foreign.chunks[0].clone()),
				Err(RecoveryError::Chunk(_))
			),
			"R-AVL-4"
		);
		let beyond = ErasureChunk {
			index: 7,
			..(*coded.chunks[0]).clone()
		};
		let out_of_bounds = ErasureError::IndexOutOfBounds {
			index: 7,
			validators: 7,
		};
		assert_eq!(recovery.add(beyond), Err(RecoveryError::Erasure(out_of_bounds)));
		assert_eq!(recovery.missing().count(), 7);
	}
}
