//! The erasure code of available data.
//!
//! Invariants: every chunk of one coding has the same even length; the first `2^m` chunks, with `2^m` the systematic
//! threshold, are the plain data; any recovery threshold of chunks brings the data back (R-AVL-1 to R-AVL-3).

use crate::trie::{erasure_root, ErasureChunk, ErasureTrie};
use async_backing_primitives::{
	meter, recovery_threshold, systematic_recovery_threshold, AvailableData, CoreIndex, Hash, ValidatorIndex,
};
use codec::{Decode, Encode};
use reed_solomon_novelpoly::{CodeParams, WrappedShard};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;

/// Most validators that the code serves: the size of its field (R-AVL-1).
pub const MAX_VALIDATORS: usize = 1 << 16;

/// Why data cannot be coded or recovered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ErasureError {
	/// There is no code for this number of validators.
	#[error("{0} validators, but the code serves 2 to 65536 (R-AVL-1)")]
	UnsupportedValidatorCount(usize),
	/// There is nothing to code.
	#[error("there is no data to code")]
	NoData,
	/// Too few different chunks.
	#[error("{got} chunks, but {needed} are needed (R-AVL-1)")]
	TooFewChunks {
		/// Chunks needed.
		needed: usize,
		/// Chunks there.
		got: usize,
	},
	/// A chunk belongs to no validator.
	#[error("chunk index {index}, but there are {validators} validators (R-AVL-3)")]
	IndexOutOfBounds {
		/// Index of the chunk.
		index: u32,
		/// Number of validators.
		validators: usize,
	},
	/// A chunk is not made of 16-bit symbols.
	#[error("chunk {index} has {len} bytes, an odd number (R-AVL-3)")]
	OddLength {
		/// Index of the chunk.
		index: u32,
		/// Its length, in bytes.
		len: usize,
	},
	/// A chunk has no bytes.
	#[error("chunk {index} is empty (R-AVL-3)")]
	EmptyChunk {
		/// Index of the chunk.
		index: u32,
	},
	/// Two chunks are of different length.
	#[error("chunk {index} has {got} bytes, but others have {expected} (R-AVL-3)")]
	UnequalLength {
		/// Index of the chunk.
		index: u32,
		/// Length of the others, in bytes.
		expected: usize,
		/// Its length, in bytes.
		got: usize,
	},
	/// What the chunks carry is no available data.
	#[error("what the chunks carry is no available data (R-AVL-1)")]
	Undecodable,
}

fn params(validators: usize) -> Result<(CodeParams, usize), ErasureError> {
	let unsupported = ErasureError::UnsupportedValidatorCount(validators);
	let threshold = recovery_threshold(validators).ok_or_else(|| unsupported.clone())?;
	Ok((
		CodeParams::derive_parameters(validators, threshold).map_err(|_| unsupported)?,
		threshold,
	))
}

/// One chunk a validator of the SCALE encoding of `data`, in chunk order (R-AVL-1).
///
/// Cost: linear in the data, times the logarithm of the number of validators.
///
/// # Errors
/// [`ErasureError::UnsupportedValidatorCount`].
pub fn obtain_chunks(validators: usize, data: &AvailableData) -> Result<Vec<Vec<u8>>, ErasureError> {
	code_bytes(validators, &data.encode())
}

pub(crate) fn code_bytes(validators: usize, bytes: &[u8]) -> Result<Vec<Vec<u8>>, ErasureError> {
	let (params, _) = params(validators)?;
	if bytes.is_empty() {
		return Err(ErasureError::NoData);
	}
	meter::count(bytes.len());
	let shards = params
		.make_encoder()
		.encode::<WrappedShard>(bytes)
		.map_err(|_| ErasureError::NoData)?;
	Ok(shards.into_iter().map(WrappedShard::into_inner).collect())
}

/// Length of each chunk of so many bytes, in bytes (R-AVL-2, R-AVL-3). `None` where there is no code.
pub fn chunk_len(validators: usize, bytes: usize) -> Option<usize> {
	let systematic = systematic_recovery_threshold(validators)?;
	bytes.div_ceil(2).div_ceil(systematic).checked_mul(2)
}

/// Coded data: every chunk with its proof, and the root that they prove against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedData {
	/// The erasure root (R-AVL-4).
	pub root: Hash,
	/// Chunks in chunk order, one a validator, each shared with whom it is sent to.
	pub chunks: Vec<Arc<ErasureChunk>>,
}

impl EncodedData {
	/// Bytes of all chunks and proofs, about.
	pub fn size(&self) -> usize {
		self.chunks.iter().map(|chunk| chunk.size()).sum()
	}
}

/// Codes `data` for this many validators, with proofs (R-AVL-1, R-AVL-4).
///
/// # Errors
/// [`ErasureError::UnsupportedValidatorCount`].
pub fn encode(validators: usize, data: &AvailableData) -> Result<EncodedData, ErasureError> {
	let chunks = obtain_chunks(validators, data)?;
	let trie = ErasureTrie::new(&chunks);
	let chunks = (0..)
		.zip(chunks)
		.map(|(index, chunk)| {
			Arc::new(ErasureChunk {
				chunk,
				index,
				proof: trie.proof(index).unwrap_or_default(),
			})
		})
		.collect();
	Ok(EncodedData {
		root: trie.root(),
		chunks,
	})
}

/// The erasure root of `data`, for those who need no chunks (R-AVL-4, R-AVL-5).
///
/// # Errors
/// [`ErasureError::UnsupportedValidatorCount`].
pub fn erasure_root_of(validators: usize, data: &AvailableData) -> Result<Hash, ErasureError> {
	Ok(erasure_root(&obtain_chunks(validators, data)?))
}

/// Recovers data from chunks with their indices, in any order; of several under one index the first counts.
///
/// The leading chunks up to the systematic threshold are enough, if all are there (R-AVL-2); otherwise any recovery
/// threshold of them (R-AVL-1). The result is only as good as the chunks: see [`Recovery`](crate::Recovery) for the
/// check against the root.
///
/// # Errors
/// [`ErasureError`] names the first thing that is wrong.
pub fn reconstruct<'a>(
	validators: usize,
	chunks: impl IntoIterator<Item = (u32, &'a [u8])>,
) -> Result<AvailableData, ErasureError> {
	let bytes = recover_bytes(validators, chunks)?;
	// The code pads with zeros, which decoding leaves over.
	AvailableData::decode(&mut &bytes[..]).map_err(|_| ErasureError::Undecodable)
}

fn recover_bytes<'a>(
	validators: usize,
	chunks: impl IntoIterator<Item = (u32, &'a [u8])>,
) -> Result<Vec<u8>, ErasureError> {
	let (params, threshold) = params(validators)?;
	let mut by_index = BTreeMap::new();
	let mut expected = None;
	for (index, chunk) in chunks {
		let (len, first) = (chunk.len(), *expected.get_or_insert(chunk.len()));
		if index as usize >= validators {
			return Err(ErasureError::IndexOutOfBounds { index, validators });
		}
		if len == 0 {
			return Err(ErasureError::EmptyChunk { index });
		}
		if len % 2 == 1 {
			return Err(ErasureError::OddLength { index, len });
		}
		if len != first {
			return Err(ErasureError::UnequalLength {
				index,
				expected: first,
				got: len,
			});
		}
		by_index.entry(index).or_insert(chunk);
	}
	let systematic = params.k();
	meter::count(
		by_index
			.values()
			.fold(0, |sum: usize, chunk| sum.saturating_add(chunk.len())),
	);
	let leading: Vec<&[u8]> = (0..)
		.map_while(|index| by_index.get(&index).copied())
		.take(systematic)
		.collect();
	if leading.len() == systematic {
		return Ok(interleave(&leading));
	}
	let too_few = ErasureError::TooFewChunks {
		needed: threshold,
		got: by_index.len(),
	};
	if by_index.len() < threshold {
		return Err(too_few);
	}
	let mut shards: Vec<Option<WrappedShard>> = vec![None; validators];
	for (index, chunk) in by_index {
		if let Some(shard) = shards.get_mut(index as usize) {
			*shard = Some(WrappedShard::new(chunk.to_vec()));
		}
	}
	params.make_encoder().reconstruct(shards).map_err(|_| too_few)
}

/// Symbols of each chunk that are read together: a line of a cache.
const TILE: usize = 32;

/// The plain data of the systematic chunks: symbol by symbol, one of each in turn.
///
/// That transposes a matrix, a row for each symbol and a column for each chunk. It goes by tiles, so that each line of the cache is
/// read once and written while it is there, and within one by squares of four symbols of four chunks, each a word.
fn interleave(chunks: &[&[u8]]) -> Vec<u8> {
	let len = chunks.first().map_or(0, |chunk| chunk.len());
	let row = chunks.len().saturating_mul(2);
	let mut bytes = vec![0; (len / 2).saturating_mul(row)];
	// At least one: no data has no chunks.
	for (rows, first) in bytes.chunks_mut((row * TILE).max(1)).zip((0..).step_by(2 * TILE)) {
		let end = rows
			.len()
			.checked_div(chunks.len())
			.map_or(first, |bytes| first + bytes);
		for (group, column) in chunks.chunks(4).zip((0..).step_by(8)) {
			if let [a, b, c, d] = *group {
				let part = [a, b, c, d].map(|chunk| chunk.get(first..end).unwrap_or_default());
				squares(rows, row, column, part);
				continue;
			}
			for (chunk, column) in group.iter().zip((column..).step_by(2)) {
				symbols(rows, row, column, chunk.get(first..end).unwrap_or_default());
			}
		}
	}
	bytes
}

/// Four columns of some rows.
fn squares(rows: &mut [u8], row: usize, column: usize, chunks: [&[u8]; 4]) {
	let [(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)] = chunks.map(|chunk| chunk.as_chunks::<8>());
	let mut squares = rows.chunks_exact_mut(4 * row);
	for ((((square, a), b), c), d) in (&mut squares).zip(a).zip(b).zip(c).zip(d) {
		let words = transposed([*a, *b, *c, *d]);
		for (line, word) in square.chunks_exact_mut(row).zip(words) {
			if let Some(place) = line.get_mut(column..column + 8) {
				place.copy_from_slice(&word);
			}
		}
	}
	let rest = squares.into_remainder();
	for (chunk, column) in [a_rest, b_rest, c_rest, d_rest]
		.into_iter()
		.zip((column..).step_by(2))
	{
		symbols(rest, row, column, chunk);
	}
}

/// One column of some rows.
fn symbols(rows: &mut [u8], row: usize, column: usize, chunk: &[u8]) {
	for (line, symbol) in rows.chunks_exact_mut(row).zip(chunk.chunks_exact(2)) {
		if let Some(place) = line.get_mut(column..column + 2) {
			place.copy_from_slice(symbol);
		}
	}
}

/// Four symbols of four chunks: the first of each, then the second of each, and so on.
fn transposed(chunks: [[u8; 8]; 4]) -> [[u8; 8]; 4] {
	const EVEN: u64 = 0x0000_ffff_0000_ffff;
	const LOW: u64 = 0x0000_0000_ffff_ffff;
	let [a, b, c, d] = chunks.map(u64::from_le_bytes);
	// First and third of two chunks, second and fourth of them.
	let (ab_13, ab_24) = ((a & EVEN) | ((b & EVEN) << 16), ((a >> 16) & EVEN) | (b & !EVEN));
	let (cd_13, cd_24) = ((c & EVEN) | ((d & EVEN) << 16), ((c >> 16) & EVEN) | (d & !EVEN));
	[
		(ab_13 & LOW) | (cd_13 << 32),
		(ab_24 & LOW) | (cd_24 << 32),
		(ab_13 >> 32) | (cd_13 & !LOW),
		(ab_24 >> 32) | (cd_24 & !LOW),
	]
	.map(u64::to_le_bytes)
}

/// Index of the chunk that a validator holds of the candidate on a core (R-AVL-6): its own, or with
/// `systematic_mapping` moved on by the systematic threshold core by core, so that the plain data spreads.
///
/// # Errors
/// [`ErasureError::UnsupportedValidatorCount`], [`ErasureError::IndexOutOfBounds`] for an unknown validator.
pub fn chunk_index(
	validators: usize,
	core: CoreIndex,
	validator: ValidatorIndex,
	systematic_mapping: bool,
) -> Result<u32, ErasureError> {
	let systematic = systematic_recovery_threshold(validators)
		.ok_or(ErasureError::UnsupportedValidatorCount(validators))?;
	if validator.as_usize() >= validators {
		return Err(ErasureError::IndexOutOfBounds {
			index: validator.0,
			validators,
		});
	}
	if !systematic_mapping {
		return Ok(validator.0);
	}
	// At most 2^32 * 2^15 + 2^16: no overflow in 64 bits, and less than 2^16 in the end.
	let moved = u64::from(core.0) * systematic as u64 + u64::from(validator.0);
	Ok((moved % validators as u64) as u32)
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{BlockData, HeadData, PersistedValidationData, PoV};
	use proptest::prelude::*;

	fn data(len: usize, seed: u8) -> AvailableData {
		let bytes = (0..len)
			.map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed))
			.collect();
		AvailableData {
			pov: PoV {
				block_data: BlockData(bytes),
			},
			validation_data: PersistedValidationData {
				parent_head: HeadData(vec![seed; 3]),
				..Default::default()
			},
		}
	}

	#[test]
	fn r_avl_1_validator_counts_without_a_code_are_refused() {
		for validators in [0, 1, MAX_VALIDATORS + 1] {
			let refused = Err(ErasureError::UnsupportedValidatorCount(validators));
			assert_eq!(
				obtain_chunks(validators, &data(10, 0)),
				refused,
				"R-AVL-1: n = {validators}"
			);
		}
		assert_eq!(code_bytes(6, &[]), Err(ErasureError::NoData));
	}

	#[test]
	fn r_avl_0_golden_root() {
		let data = AvailableData {
			pov: PoV {
				block_data: BlockData((0..10).collect()),
			},
			validation_data: PersistedValidationData::default(),
		};
		let root = erasure_root_of(6, &data).expect("a code exists");
		assert_eq!(
			format!("{root:?}"),
			"0xa9585e32cf22ac28868556cee255692f36f1d987a507da946d7867c29373985c",
			"R-AVL-0: the root must never change"
		);
		assert_eq!(encode(6, &data).expect("a code exists").root, root);
	}

	#[test]
	fn r_avl_2_the_leading_chunks_are_the_plain_data() {
		for (validators, systematic) in [(7, 2), (10, 4), (100, 32)] {
			let data = data(1001, 5);
			let chunks = obtain_chunks(validators, &data).expect("a code exists");
			let leading = (0..)
				.zip(&chunks)
				.take(systematic)
				.map(|(index, chunk)| (index, &chunk[..]));
			assert_eq!(
				reconstruct(validators, leading),
				Ok(data),
				"R-AVL-2: n = {validators}"
			);
		}
	}

	#[test]
	fn r_avl_3_malformed_sets_of_chunks_are_named() {
		let chunks = obtain_chunks(6, &data(100, 1)).expect("a code exists");
		let len = chunks[0].len();
		let odd = &chunks[3][..len - 1];
		let short = &chunks[3][..len - 2];
		type Row<'a> = (&'a [(u32, &'a [u8])], ErasureError);
		let rows: [Row<'_>; 7] = [
			(&[], ErasureError::TooFewChunks { needed: 2, got: 0 }),
			(
				&[(4, &chunks[4])],
				ErasureError::TooFewChunks { needed: 2, got: 1 },
			),
			(
				&[(4, &chunks[4]), (4, &chunks[4])],
				ErasureError::TooFewChunks { needed: 2, got: 1 },
			),
			(
				&[(6, &chunks[4])],
				ErasureError::IndexOutOfBounds {
					index: 6,
					validators: 6,
				},
			),
			(
				&[(3, odd)],
				ErasureError::OddLength {
					index: 3,
					len: len - 1,
				},
			),
			(
				&[(4, &chunks[4]), (3, short)],
				ErasureError::UnequalLength {
					index: 3,
					expected: len,
					got: len - 2,
				},
			),
			(&[(3, &[])], ErasureError::EmptyChunk { index: 3 }),
		];
		for (chunks, expected) in rows {
			assert_eq!(reconstruct(6, chunks.iter().copied()), Err(expected), "R-AVL-3");
		}
		let garbage = [0xff; 8];
		assert_eq!(
			reconstruct(6, [(0, &garbage[..]), (1, &garbage[..])]),
			Err(ErasureError::Undecodable)
		);
	}

	#[test]
	fn r_avl_6_chunk_indices() {
		let of_core = |core| {
			[0, 1, 2, 3, 4, 5, 6]
				.map(|v| chunk_index(7, CoreIndex(core), ValidatorIndex(v), true).expect("in range"))
		};
		assert_eq!(of_core(1), [2, 3, 4, 5, 6, 0, 1], "R-AVL-6");
		assert_eq!(of_core(4), [1, 2, 3, 4, 5, 6, 0], "R-AVL-6");
		assert_eq!(
			chunk_index(7, CoreIndex(4), ValidatorIndex(5), false),
			Ok(5),
			"R-AVL-6: without the feature"
		);
		let unknown = Err(ErasureError::IndexOutOfBounds {
			index: 7,
			validators: 7,
		});
		assert_eq!(chunk_index(7, CoreIndex(0), ValidatorIndex(7), true), unknown);
		assert!(chunk_index(MAX_VALIDATORS, CoreIndex(u32::MAX), ValidatorIndex(65535), true).is_ok());
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(48))]

		#[test]
		fn r_avl_1_any_threshold_of_chunks_recovers_the_data(
			validators in 2usize..40, len in 0usize..700, seed in any::<u8>(), order in any::<u64>(),
		) {
			let data = data(len, seed);
			let chunks = obtain_chunks(validators, &data).expect("a code exists");
			prop_assert_eq!(chunks.len(), validators);
			prop_assert!(chunks.iter().all(|chunk| chunk.len() == chunks[0].len() && chunk.len() % 2 == 0), "R-AVL-3");
			prop_assert_eq!(chunk_len(validators, data.encoded_size()), Some(chunks[0].len()));
			let threshold = recovery_threshold(validators).expect("in range");
			let mut indices: Vec<u32> = (0..validators as u32).collect();
			indices.sort_by_key(|index| u64::from(*index + 1).wrapping_mul(order | 1).rotate_left(17));
			let chosen = indices.iter().take(threshold).map(|index| (*index, &chunks[*index as usize][..]));
			prop_assert_eq!(reconstruct(validators, chosen), Ok(data), "R-AVL-1");
		}

		#[test]
		fn r_avl_0_the_table_code_equals_the_published_one(
			validators in 2usize..40, bytes in prop::collection::vec(any::<u8>(), 1..600),
		) {
			let (params, _) = params(validators).expect("in range");
			let published = params.make_encoder().encode::<WrappedShard>(&bytes).expect("not empty");
			let published: Vec<Vec<u8>> = published.into_iter().map(WrappedShard::into_inner).collect();
			prop_assert_eq!(code_bytes(validators, &bytes), Ok(published), "R-AVL-0");
		}
	}
}
