#![doc = include_str!("../README.md")]

mod distribution;
mod erasure;
mod recovery;
mod store;
mod trie;

pub use distribution::{Availability, AvailabilityConfig, Output};
pub use erasure::{
	chunk_index, encode, erasure_root_of, obtain_chunks, reconstruct, EncodedData, ErasureError,
	MAX_VALIDATORS,
};
pub use recovery::{Recovery, RecoveryError};
pub use store::ChunkStore;
pub use trie::{
	erasure_root, verify_chunk, ChunkError, ErasureChunk, ErasureTrie, Proof, MAX_PROOF_NODES,
	MAX_PROOF_NODE_LEN,
};
