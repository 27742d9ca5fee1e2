//! The trie over chunk hashes: erasure roots, and proofs that a chunk belongs to one (R-AVL-4).
//!
//! Layout 0 with Blake2-256; the key is the SCALE encoding of the chunk's index, the value the chunk's hash.

use async_backing_primitives::{chunk_hash, meter, Hash};
use codec::{Decode, Encode, Error as CodecError, Input};
use sp_core::Blake2Hasher;
use sp_trie::{
	HashDBT, LayoutV0, MemoryDB, Recorder, Trie, TrieConfiguration, TrieDBBuilder, TrieDBMutBuilder, TrieMut,
	EMPTY_PREFIX,
};
use thiserror::Error;

/// Most nodes of a proof (R-AVL-4).
pub const MAX_PROOF_NODES: usize = 8;
/// Largest node of a proof, in bytes (R-AVL-4).
pub const MAX_PROOF_NODE_LEN: usize = 612;

type Layout = LayoutV0<Blake2Hasher>;

/// Trie nodes from the root to a chunk's hash: at most 8 of at most 612 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
pub struct Proof(Vec<Vec<u8>>);

impl Proof {
	/// A proof of these nodes, root first.
	///
	/// # Errors
	/// [`ChunkError::ProofTooLarge`] if there are too many or too large ones.
	pub fn new(nodes: Vec<Vec<u8>>) -> Result<Self, ChunkError> {
		let largest = nodes.iter().map(Vec::len).max().unwrap_or(0);
		if nodes.len() > MAX_PROOF_NODES || largest > MAX_PROOF_NODE_LEN {
			return Err(ChunkError::ProofTooLarge {
				nodes: nodes.len(),
				largest,
			});
		}
		Ok(Self(nodes))
	}

	/// The nodes, root first.
	pub fn nodes(&self) -> &[Vec<u8>] {
		&self.0
	}
}

impl Decode for Proof {
	fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
		Self::new(Decode::decode(input)?)
			.map_err(|_| "a chunk's proof has at most 8 nodes of 612 bytes".into())
	}
}

/// A chunk with the proof that it belongs to an erasure root.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ErasureChunk {
	/// The chunk: an even number of bytes.
	pub chunk: Vec<u8>,
	/// Its index among the chunks.
	pub index: u32,
	/// The proof.
	pub proof: Proof,
}

impl ErasureChunk {
	/// Bytes of the chunk and its proof, about: what sending or keeping it costs.
	pub fn size(&self) -> usize {
		let proof: usize = self.proof.0.iter().map(Vec::len).sum();
		self.chunk.len().saturating_add(proof)
	}
}

/// Why a chunk is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChunkError {
	/// The proof exceeds its bounds.
	#[error("a proof of {nodes} nodes of up to {largest} bytes, but at most 8 of 612 (R-AVL-4)")]
	ProofTooLarge {
		/// Number of nodes.
		nodes: usize,
		/// Length of the largest, in bytes.
		largest: usize,
	},
	/// The proof does not lead from the root to the index.
	#[error("the proof does not lead from {root} to chunk {index} (R-AVL-4)")]
	InvalidProof {
		/// The erasure root.
		root: Hash,
		/// Index of the chunk.
		index: u32,
	},
	/// The root commits to another chunk at this index.
	#[error("chunk {index} hashes to {got}, but the root commits to {expected} (R-AVL-4)")]
	HashMismatch {
		/// Index of the chunk.
		index: u32,
		/// Hash below the root.
		expected: Hash,
		/// Hash of the chunk.
		got: Hash,
	},
	/// The chunk has another index than was asked for.
	#[error("chunk {got}, but {expected} was asked for")]
	WrongIndex {
		/// What was asked for.
		expected: u32,
		/// What came.
		got: u32,
	},
	/// The chunk is longer than any data makes it, or has no bytes.
	#[error("a chunk of {got} bytes, but one has 1 to {limit} (R-AVL-3)")]
	WrongLength {
		/// Longest legal chunk, in bytes.
		limit: usize,
		/// Its length, in bytes.
		got: usize,
	},
}

/// The erasure root of chunks (R-AVL-4). Cost: hashes every chunk.
pub fn erasure_root(chunks: &[Vec<u8>]) -> Hash {
	Layout::trie_root(
		(0u32..)
			.zip(chunks)
			.map(|(index, chunk)| (index.encode(), chunk_hash(chunk).0)),
	)
}

/// The trie of one coding, from which proofs are taken.
pub struct ErasureTrie {
	db: MemoryDB<Blake2Hasher>,
	root: Hash,
}

impl std::fmt::Debug for ErasureTrie {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("ErasureTrie")
			.field("root", &self.root)
			.finish_non_exhaustive()
	}
}

impl ErasureTrie {
	/// The trie of these chunks. Cost: hashes every chunk.
	#[allow(clippy::missing_panics_doc)] // the message below proves that it never does
	pub fn new(chunks: &[Vec<u8>]) -> Self {
		let (mut db, mut root) = (MemoryDB::default(), Hash::default());
		{
			let mut trie = TrieDBMutBuilder::<Layout>::new(&mut db, &mut root).build();
			for (index, chunk) in (0u32..).zip(chunks) {
				trie.insert(&index.encode(), chunk_hash(chunk).as_bytes())
					.expect("a fresh trie over a database in memory misses no node; qed");
			}
		}
		Self { db, root }
	}

	/// The erasure root.
	pub fn root(&self) -> Hash {
		self.root
	}

	/// Proof of the chunk at `index`, if there is one.
	pub fn proof(&self, index: u32) -> Option<Proof> {
		let mut recorder = Recorder::<Layout>::new();
		{
			let trie = TrieDBBuilder::<Layout>::new(&self.db, &self.root)
				.with_recorder(&mut recorder)
				.build();
			trie.get(&index.encode()).ok()??;
		}
		Proof::new(recorder.drain().into_iter().map(|record| record.data).collect()).ok()
	}
}

/// Checks that a chunk belongs to an erasure root (R-AVL-4). Cost: hashes the chunk and the proof.
///
/// # Errors
/// [`ChunkError`] says why it does not.
pub fn verify_chunk(root: Hash, chunk: &ErasureChunk) -> Result<(), ChunkError> {
	let index = chunk.index;
	let mut db = MemoryDB::<Blake2Hasher>::default();
	for node in chunk.proof.nodes() {
		meter::count(node.len());
		db.insert(EMPTY_PREFIX, node);
	}
	let trie = TrieDBBuilder::<Layout>::new(&db, &root).build();
	let value = trie.get(&index.encode()).ok().flatten();
	let Some(expected) = value.and_then(|value| <[u8; 32]>::try_from(&value[..]).ok()) else {
		return Err(ChunkError::InvalidProof { root, index });
	};
	let (expected, got) = (Hash::from(expected), chunk_hash(&chunk.chunk));
	if expected != got {
		return Err(ChunkError::HashMismatch { index, expected, got });
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn blake2(bytes: &[u8]) -> Hash {
		<Blake2Hasher as sp_core::Hasher>::hash(bytes)
	}

	fn chunks(count: usize) -> Vec<Vec<u8>> {
		(0..count).map(|i| vec![i as u8, (i >> 8) as u8, 3, 4]).collect()
	}

	fn proved(count: usize) -> (Hash, Vec<ErasureChunk>) {
		let trie = ErasureTrie::new(&chunks(count));
		let proved = (0u32..).zip(chunks(count)).map(|(index, chunk)| ErasureChunk {
			chunk,
			index,
			proof: trie.proof(index).expect("the chunk is there"),
		});
		(trie.root(), proved.collect())
	}

	#[test]
	fn r_avl_4_golden_root_of_two_chunks() {
		// Leaves of layout 0 by hand: the keys 00000000 and 01000000 share one nibble, then differ.
		let leaf = |chunk: &[u8]| {
			// Leaf header 01 with six nibbles of partial key, the key, the value with its length.
			[&[0x40 | 6, 0, 0, 0, 32 << 2][..], chunk_hash(chunk).as_bytes()].concat()
		};
		let child = |chunk| [&[32 << 2][..], blake2(&leaf(chunk)).as_bytes()].concat();
		let (a, b) = (vec![1, 2], vec![3, 4]);
		// Branch header 10 with one nibble of partial key, the nibble, the bitmap of children 0 and 1.
		let root = [&[0x80 | 1, 0, 0b11, 0][..], &child(&a), &child(&b)].concat();
		assert_eq!(erasure_root(&[a, b]), blake2(&root), "R-AVL-4");
	}

	#[test]
	fn r_avl_4_proofs_stay_within_their_bounds() {
		for count in [2, 6, 300, 70_000] {
			let trie = ErasureTrie::new(&chunks(count));
			assert_eq!(trie.root(), erasure_root(&chunks(count)), "both ways to the root");
			for index in [0, count / 2, count - 1] {
				let proof = trie.proof(index as u32).expect("within bounds");
				let chunk = chunks(count).swap_remove(index);
				let chunk = ErasureChunk {
					chunk,
					index: index as u32,
					proof,
				};
				assert_eq!(
					verify_chunk(trie.root(), &chunk),
					Ok(()),
					"R-AVL-4: {index} of {count}"
				);
				assert_eq!(ErasureChunk::decode(&mut &chunk.encode()[..]), Ok(chunk));
			}
			assert_eq!(trie.proof(count as u32), None);
		}
	}

	#[test]
	fn r_avl_4_wrong_chunk_proof_and_index_are_refused() {
		let (root, proved) = proved(6);
		let (good, other) = (proved[2].clone(), proved[3].clone());
		let invalid = |root, index| Err(ChunkError::InvalidProof { root, index });
		let (expected, got) = (chunk_hash(&good.chunk), chunk_hash(&other.chunk));
		let rows = [
			("good", root, good.clone(), Ok(())),
			(
				"another chunk",
				root,
				ErasureChunk {
					chunk: other.chunk.clone(),
					..good.clone()
				},
				Err(ChunkError::HashMismatch {
					index: 2,
					expected,
					got,
				}),
			),
			(
				"another proof",
				root,
				ErasureChunk {
					proof: other.proof,
					..good.clone()
				},
				invalid(root, 2),
			),
			(
				"another index",
				root,
				ErasureChunk {
					index: 3,
					..good.clone()
				},
				invalid(root, 3),
			),
			(
				"no such index",
				root,
				ErasureChunk {
					index: 6,
					..good.clone()
				},
				invalid(root, 6),
			),
			(
				"another root",
				Hash::zero(),
				good.clone(),
				invalid(Hash::zero(), 2),
			),
			(
				"no proof",
				root,
				ErasureChunk {
					proof: Proof::default(),
					..good
				},
				invalid(root, 2),
			),
		];
		for (name, root, chunk, expected) in rows {
			assert_eq!(verify_chunk(root, &chunk), expected, "R-AVL-4: {name}");
		}
	}

	#[test]
	fn r_avl_4_large_proofs_do_not_decode() {
		let too_many = vec![vec![0u8]; 9];
		assert_eq!(
			Proof::new(too_many.clone()),
			Err(ChunkError::ProofTooLarge { nodes: 9, largest: 1 })
		);
		assert!(Proof::decode(&mut &too_many.encode()[..]).is_err());
		assert!(Proof::decode(&mut &vec![vec![0u8; 613]].encode()[..]).is_err());
	}

	proptest! {
		#[test]
		fn garbage_proofs_never_panic(nodes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..8)) {
			let root = nodes.first().map_or(Hash::zero(), |node| blake2(node));
			let proof = Proof::new(nodes).expect("within bounds");
			let chunk = ErasureChunk { chunk: vec![1, 2], index: 0, proof };
			prop_assert!(verify_chunk(root, &chunk).is_err());
		}
	}
}
