//! What is too heavy to be done while an input waits: everything that hashes, codes or copies chunks and data.

use crate::{
	encode, reconstruct, verify_chunk, ChunkError, EncodedData, ErasureChunk, RecoveryError, MAX_VALIDATORS,
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
	/// The data of checked chunks, coded again to see whether the root is right, for the own chunk (R-AVL-5).
	Recover {
		/// The erasure root.
		root: Hash,
		/// Validators that the data was coded for.
		validators: usize,
		/// Index of the chunk that is wanted.
		index: u32,
		/// Chunks that are enough.
		chunks: Vec<Arc<ErasureChunk>>,
	},
	/// The same, from data that somebody sent.
	CheckData {
		/// The erasure root.
		root: Hash,
		/// Validators that the data was coded for.
		validators: usize,
		/// Index of the chunk that is wanted.
		index: u32,
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
	Recovered(Result<OwnChunk, RecoveryError>),
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
			index,
			chunks,
		} => {
			let parts = chunks
				.iter()
				.take(recovery_threshold(validators).unwrap_or(0))
				.map(|chunk| (chunk.index, &chunk.chunk[..]));
			let own = reconstruct(validators, parts)
				.map_err(RecoveryError::from)
				.and_then(|data| own_chunk(root, validators, index, &data));
			AvailabilityDone::Recovered(own)
		}
		AvailabilityJob::CheckData {
			root,
			validators,
			index,
			data,
		} => AvailabilityDone::Recovered(own_chunk(root, validators, index, &data)),
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

fn own_chunk(
	root: Hash,
	validators: usize,
	index: u32,
	data: &AvailableData,
) -> Result<OwnChunk, RecoveryError> {
	let mut coded = encode(validators, data)?;
	if coded.root != root {
		return Err(RecoveryError::RootMismatch {
			expected: root,
			got: coded.root,
		});
	}
	if index as usize >= coded.chunks.len() {
		return Err(crate::ErasureError::IndexOutOfBounds { index, validators }.into());
	}
	let chunk = coded.chunks.swap_remove(index as usize);
	let record = chunk.encode();
	Ok(OwnChunk { chunk, record })
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
	use crate::ErasureError;
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
			index,
			chunks: from.map(|index| coded.chunks[index].clone()).to_vec(),
		};
		let own = OwnChunk {
			chunk: coded.chunks[4].clone(),
			record: coded.chunks[4].encode(),
		};
		let recovered = AvailabilityDone::Recovered(Ok(own));
		assert_eq!(run(recover(coded.root, 4, [6, 2, 5])), recovered, "R-AVL-5");
		let check = |root| AvailabilityJob::CheckData {
			root,
			validators: 7,
			index: 4,
			data: data(3),
		};
		assert_eq!(run(check(coded.root)), recovered);
		let mismatch = AvailabilityDone::Recovered(Err(RecoveryError::RootMismatch {
			expected: Hash::zero(),
			got: coded.root,
		}));
		assert_eq!(run(recover(Hash::zero(), 4, [6, 2, 5])), mismatch, "R-AVL-5");
		assert_eq!(run(check(Hash::zero())), mismatch, "R-AVL-5");
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
