//! What is too heavy to be done while an input waits: everything that hashes, codes or copies chunks and data.

use crate::{
	encode, erasure_root, obtain_chunks, reconstruct, verify_chunk, ChunkError, EncodedData, ErasureChunk,
	ErasureError, ErasureTrie, RecoveryError, MAX_VALIDATORS,
};
use async_backing_primitives::{recovery_threshold, AvailableData, Hash, PoV};
use codec::{Decode, DecodeAll, Encode};
use std::sync::Arc;

/// Work. Whoever drives a validator runs it with [`run`]: it needs nothing beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvailabilityJob {
	/// Whether a chunk belongs to a root (R-AVL-4).
	CheckChunk {
		/// The erasure root.
		root: Hash,
		/// The chunk.
		chunk: Arc<ErasureChunk>,
		/// Whether it is to be kept, so that its record is wanted.
		keep: bool,
	},
	/// The data of checked chunks, coded again to see whether the root is right (R-AVL-5).
	Recover {
		/// The erasure root.
		root: Hash,
		/// Validators that the data was coded for.
		validators: usize,
		/// What is wanted of it.
		wanted: Wanted,
		/// Chunks that are enough.
		chunks: Vec<Arc<ErasureChunk>>,
	},
	/// The same, from data that somebody sent.
	CheckData {
		/// The erasure root.
		root: Hash,
		/// Validators that the data was coded for.
		validators: usize,
		/// What is wanted of it.
		wanted: Wanted,
		/// The data.
		data: Arc<AvailableData>,
	},
	/// Records of own data, and its proof of validity by itself.
	Pack {
		/// The data.
		data: Arc<AvailableData>,
		/// The own chunk.
		chunk: Arc<ErasureChunk>,
	},
	/// Own data, coded once more, because its chunks are not at hand any longer.
	Code {
		/// Validators to code for.
		validators: usize,
		/// The data.
		data: Arc<AvailableData>,
	},
	/// What a restarted validator finds in its store.
	Unpack(Arc<Vec<Record>>),
}

/// What is wanted of data that is recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
	/// All of it: by who checks a candidate, or misses a block of its own para.
	Data,
	/// The chunk at this index: by who is to keep it.
	Chunk(u32),
}

/// What was wanted, of data that codes to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
	/// The data.
	Data(Arc<AvailableData>),
	/// The chunk.
	Chunk(OwnChunk),
}

/// What one candidate has in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
	/// Own chunks: one, unless the candidate is on different cores in different forks.
	pub chunks: Vec<Vec<u8>>,
	/// The data, where it is the validator's own.
	pub data: Option<Vec<u8>>,
	/// Whether the proof of validity is wanted by itself.
	pub wants_pov: bool,
}

/// A [`Record`] as it is used. What does not decode is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
	/// Own chunks.
	pub chunks: Vec<Arc<ErasureChunk>>,
	/// The data, and its proof of validity by itself where it is wanted.
	pub data: Option<(Arc<AvailableData>, Option<Arc<PoV>>)>,
}

/// What a job came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvailabilityDone {
	/// Of [`AvailabilityJob::CheckChunk`]: its record, empty unless the chunk is to be kept.
	Checked(Result<Vec<u8>, ChunkError>),
	/// Of [`AvailabilityJob::Recover`] and [`AvailabilityJob::CheckData`].
	Recovered(Result<Recovered, RecoveryError>),
	/// Of [`AvailabilityJob::Pack`].
	Packed {
		/// Record of the chunk.
		chunk: Vec<u8>,
		/// Record of the data.
		data: Vec<u8>,
		/// The proof of validity.
		pov: Arc<PoV>,
	},
	/// Of [`AvailabilityJob::Code`]. `None` if there is no code for so many validators.
	Coded(Option<Arc<EncodedData>>),
	/// Of [`AvailabilityJob::Unpack`], in the same order.
	Unpacked(Vec<Unpacked>),
}

/// A chunk of data that codes to its root, with its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnChunk {
	/// The chunk.
	pub chunk: Arc<ErasureChunk>,
	/// Its record.
	pub record: Vec<u8>,
}

impl AvailabilityJob {
	/// Bytes that are hashed, coded or copied, about: its price.
	pub fn bytes(&self) -> usize {
		match self {
			Self::CheckChunk { chunk, .. } => chunk.size(),
			Self::Recover {
				validators, chunks, ..
			} => {
				let recovered: usize = chunks.iter().map(|chunk| chunk.chunk.len()).sum();
				recovered.saturating_add(coded(*validators, recovered))
			}
			Self::CheckData { validators, data, .. } | Self::Code { validators, data } => {
				let size = data.encoded_size();
				size.saturating_add(coded(*validators, size))
			}
			// The record and the proof of validity are copies.
			Self::Pack { data, chunk } => data.encoded_size().saturating_mul(2).saturating_add(chunk.size()),
			Self::Unpack(records) => records
				.iter()
				.flat_map(|record| record.chunks.iter().chain(&record.data))
				.fold(0, |sum, bytes| sum.saturating_add(bytes.len())),
		}
	}
}

/// Bytes of all chunks of so much data.
fn coded(validators: usize, bytes: usize) -> usize {
	crate::erasure::chunk_len(validators, bytes)
		.unwrap_or(0)
		.saturating_mul(validators.min(MAX_VALIDATORS))
}

/// Does a job. A pure function: the same job comes to the same.
pub fn run(job: AvailabilityJob) -> AvailabilityDone {
	match job {
		AvailabilityJob::CheckChunk { root, chunk, keep } => {
			AvailabilityDone::Checked(verify_chunk(root, &chunk).map(|()| {
				if keep {
					chunk.encode()
				} else {
					Vec::new()
				}
			}))
		}
		AvailabilityJob::Recover {
			root,
			validators,
			wanted,
			chunks,
		} => {
			let parts = chunks
				.iter()
				.take(recovery_threshold(validators).unwrap_or(0))
				.map(|chunk| (chunk.index, &chunk.chunk[..]));
			let recovered = reconstruct(validators, parts)
				.map_err(RecoveryError::from)
				.and_then(|data| take_out(root, validators, wanted, Arc::new(data)));
			AvailabilityDone::Recovered(recovered)
		}
		AvailabilityJob::CheckData {
			root,
			validators,
			wanted,
			data,
		} => AvailabilityDone::Recovered(take_out(root, validators, wanted, data)),
		AvailabilityJob::Pack { data, chunk } => AvailabilityDone::Packed {
			chunk: chunk.encode(),
			data: data.encode(),
			pov: Arc::new(data.pov.clone()),
		},
		AvailabilityJob::Code { validators, data } => {
			AvailabilityDone::Coded(encode(validators, &data).ok().map(Arc::new))
		}
		AvailabilityJob::Unpack(records) => AvailabilityDone::Unpacked(records.iter().map(unpack).collect()),
	}
}

/// What is wanted of data, if that codes to its root.
fn take_out(
	root: Hash,
	validators: usize,
	wanted: Wanted,
	data: Arc<AvailableData>,
) -> Result<Recovered, RecoveryError> {
	let mut chunks = obtain_chunks(validators, &data)?;
	let is_root = |got| match got == root {
		true => Ok(()),
		false => Err(RecoveryError::RootMismatch { expected: root, got }),
	};
	match wanted {
		Wanted::Data => {
			is_root(erasure_root(&chunks))?;
			Ok(Recovered::Data(data))
		}
		Wanted::Chunk(index) => {
			let trie = ErasureTrie::new(&chunks);
			is_root(trie.root())?;
			let Some(proof) = trie.proof(index).filter(|_| (index as usize) < chunks.len()) else {
				return Err(ErasureError::IndexOutOfBounds { index, validators }.into());
			};
			let chunk = chunks.swap_remove(index as usize);
			let chunk = Arc::new(ErasureChunk { chunk, index, proof });
			let record = chunk.encode();
			Ok(Recovered::Chunk(OwnChunk { chunk, record }))
		}
	}
}

fn unpack(record: &Record) -> Unpacked {
	let data = record.data.as_ref().and_then(|bytes| {
		let data = AvailableData::decode_all(&mut &bytes[..]).ok()?;
		let pov = record.wants_pov.then(|| Arc::new(data.pov.clone()));
		Some((Arc::new(data), pov))
	});
	let chunks = record
		.chunks
		.iter()
		.filter_map(|bytes| ErasureChunk::decode(&mut &bytes[..]).ok())
		.map(Arc::new)
		.collect();
	Unpacked { chunks, data }
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{BlockData, PersistedValidationData};

	fn data(seed: u8) -> Arc<AvailableData> {
		Arc::new(AvailableData {
			pov: PoV {
				block_data: BlockData((0..999).map(|i| (i as u8).wrapping_mul(seed)).collect()),
			},
			validation_data: PersistedValidationData::default(),
		})
	}

	#[test]
	fn r_avl_4_a_chunk_is_checked_and_its_record_made() {
		let coded = encode(7, &data(3)).expect("a code exists");
		let chunk = coded.chunks[4].clone();
		let job = |root, keep| AvailabilityJob::CheckChunk {
			root,
			chunk: chunk.clone(),
			keep,
		};
		let done = run(job(coded.root, true));
		assert_eq!(done, AvailabilityDone::Checked(Ok(chunk.encode())));
		assert_eq!(
			run(job(coded.root, false)),
			AvailabilityDone::Checked(Ok(Vec::new()))
		);
		let root = Hash::zero();
		let invalid = Err(ChunkError::InvalidProof { root, index: 4 });
		assert_eq!(
			run(job(root, true)),
			AvailabilityDone::Checked(invalid),
			"R-AVL-4"
		);
		assert_eq!(job(root, true).bytes(), chunk.size());
	}

	#[test]
	fn r_avl_5_the_own_chunk_comes_out_of_others_or_of_the_data() {
		let coded = encode(7, &data(3)).expect("a code exists");
		let recover = |root, index, from: [usize; 3]| AvailabilityJob::Recover {
			root,
			validators: 7,
			wanted: Wanted::Chunk(index),
			chunks: from.map(|index| coded.chunks[index].clone()).to_vec(),
		};
		let own = OwnChunk {
			chunk: coded.chunks[4].clone(),
			record: coded.chunks[4].encode(),
		};
		let recovered = AvailabilityDone::Recovered(Ok(Recovered::Chunk(own)));
		assert_eq!(run(recover(coded.root, 4, [6, 2, 5])), recovered, "R-AVL-5");
		let check_for = |root, wanted| AvailabilityJob::CheckData {
			root,
			validators: 7,
			wanted,
			data: data(3),
		};
		let check = |root| check_for(root, Wanted::Chunk(4));
		assert_eq!(run(check(coded.root)), recovered);
		let whole = AvailabilityDone::Recovered(Ok(Recovered::Data(data(3))));
		assert_eq!(run(check_for(coded.root, Wanted::Data)), whole, "R-AVL-5");
		let from_chunks = AvailabilityJob::Recover {
			root: coded.root,
			validators: 7,
			wanted: Wanted::Data,
			chunks: coded.chunks[..2].to_vec(),
		};
		assert_eq!(run(from_chunks), whole, "R-AVL-2: the plain data");
		let mismatch = AvailabilityDone::Recovered(Err(RecoveryError::RootMismatch {
			expected: Hash::zero(),
			got: coded.root,
		}));
		assert_eq!(run(recover(Hash::zero(), 4, [6, 2, 5])), mismatch, "R-AVL-5");
		assert_eq!(run(check(Hash::zero())), mismatch, "R-AVL-5");
		assert_eq!(run(check_for(Hash::zero(), Wanted::Data)), mismatch, "R-AVL-5");
		let beyond = ErasureError::IndexOutOfBounds {
			index: 7,
			validators: 7,
		};
		assert_eq!(
			run(recover(coded.root, 7, [6, 2, 5])),
			AvailabilityDone::Recovered(Err(beyond.into()))
		);
		let price = recover(coded.root, 4, [6, 2, 5]).bytes();
		assert!(
			(7 * coded.chunks[0].chunk.len()..20 * coded.chunks[0].chunk.len()).contains(&price),
			"{price}"
		);
	}

	#[test]
	fn records_are_unpacked_as_they_were_packed() {
		let coded = encode(7, &data(3)).expect("a code exists");
		let pack = AvailabilityJob::Pack {
			data: data(3),
			chunk: coded.chunks[1].clone(),
		};
		assert!(pack.bytes() > 2 * 999);
		let AvailabilityDone::Packed {
			chunk,
			data: bytes,
			pov,
		} = run(pack)
		else {
			panic!("records")
		};
		assert_eq!(*pov, data(3).pov);
		let record = Record {
			chunks: vec![chunk],
			data: Some(bytes),
			wants_pov: true,
		};
		let garbage = Record {
			chunks: vec![vec![1]],
			data: Some(vec![9; 9]),
			wants_pov: true,
		};
		let done = run(AvailabilityJob::Unpack(Arc::new(vec![garbage, record])));
		let unpacked = Unpacked {
			chunks: vec![coded.chunks[1].clone()],
			data: Some((data(3), Some(pov))),
		};
		assert_eq!(
			done,
			AvailabilityDone::Unpacked(vec![Unpacked::default(), unpacked])
		);
		let code = AvailabilityJob::Code {
			validators: 7,
			data: data(3),
		};
		assert_eq!(run(code), AvailabilityDone::Coded(Some(Arc::new(coded))));
		let none = AvailabilityJob::Code {
			validators: 1,
			data: data(3),
		};
		assert_eq!(run(none), AvailabilityDone::Coded(None));
	}
}
