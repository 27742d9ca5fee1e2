#![doc = include_str!("../README.md")]

mod ask;
mod availability;
mod bucket;
mod config;
mod erasure;
mod fetch;
mod job;
#[cfg(feature = "laws")]
pub mod laws;
mod leaves;
mod records;
mod recovery;
mod serve;
mod store;
#[cfg(test)]
mod tests;
mod trie;
mod words;

pub use availability::{Availability, Kept, NotKept, OwnData};
pub use bucket::Rate;
pub use config::{
	max_chunk_len, memory_bound, memory_bound_for, AvailabilityConfig, Serving, CHECK_TIME, CHUNK_TIMEOUT,
	DATA_TIMEOUT, MAX_AVAILABLE_DATA, MAX_COUNTED_PEERS, MAX_OPEN_REQUESTS, MAX_OTHERS_ASKED,
	MAX_PARALLEL_CHUNKS, MAX_RECOVERIES, MAX_WAITING_FOR_POV, RECOVERY_TIME, REQUEST_COST, ROUNDS_PER_LEAF,
	ROUND_PAUSE, SMALL_DATA,
};
pub use erasure::{
	chunk_index, chunk_len, encode, erasure_root_of, obtain_chunks, reconstruct, EncodedData, ErasureError,
	MAX_VALIDATORS,
};
pub use job::{run, AvailabilityDone, AvailabilityJob, OwnChunk, Record, Unpacked};
pub use recovery::{Recovery, RecoveryError};
pub use store::{ChunkStore, Placement};
pub use trie::{
	erasure_root, verify_chunk, ChunkError, ErasureChunk, ErasureTrie, Proof, MAX_PROOF_NODES,
	MAX_PROOF_NODE_LEN,
};
pub use words::{AvailabilityEvent, AvailabilityRequest, AvailabilityResponse, AvailabilityWords, Effect};
