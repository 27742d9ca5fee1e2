#![doc = include_str!("../README.md")]

mod ask;
mod availability;
mod bucket;
mod bytes;
mod config;
mod erasure;
mod fetch;
mod gather;
mod gossip;
mod job;
#[cfg(feature = "laws")]
pub mod laws;
mod leaves;
mod records;
mod recoverer;
mod recoveries;
mod recovery;
mod serve;
mod store;
#[cfg(test)]
mod tests;
mod trie;
mod words;

pub use availability::{is_mapped, Availability, Kept, NotKept, OwnData};
pub use bucket::Rate;
pub use bytes::{AnswerError, QuestionError};
pub use config::{
	max_chunk_len, max_fetches, max_recoveries, max_recovery_requests, memory_bound, memory_bound_for,
	AvailabilityConfig, Serving, CHECK_TIME, CHUNK_TIMEOUT, CORES_PER_RECOVERY, DATA_TIMEOUT, FREE_REFUSALS,
	MAX_AVAILABLE_DATA, MAX_COUNTED_PEERS, MAX_NEW_POVS, MAX_OPEN_REQUESTS, MAX_OTHERS_ASKED,
	MAX_PARALLEL_CHUNKS, MAX_RECOVERIES, MAX_WAITING_FOR_POV, MAX_WANTED, PLAIN_RETRIES, POVS_PER_MEMBER,
	RECOVERY_TIME, REQUEST_COST, ROUNDS_PER_LEAF, ROUND_PAUSE, SMALL_DATA, SMALL_UNMAPPED_DATA,
};
pub use erasure::{
	chunk_index, chunk_len, encode, erasure_root_of, obtain_chunks, reconstruct, EncodedData, ErasureError,
	MAX_VALIDATORS,
};
pub use gather::most_time_outs;
pub use gossip::{gossip_memory_bound, Gossip, GossipError, Heard, RANDOM_PEERS, RANDOM_SAMPLE};
pub use job::{run, AvailabilityDone, AvailabilityJob, OwnChunk, Record, Recovered, Unpacked, Wanted};
pub use recoverer::{recoverer_memory_bound, Outcome, Recoverer, RecoveryOf, Refused};
pub use recoveries::Peers;
pub use recovery::{Recovery, RecoveryError};
pub use store::{ChunkStore, Placement};
pub use trie::{
	erasure_root, verify_chunk, ChunkError, ErasureChunk, ErasureTrie, Proof, MAX_PROOF_NODES,
	MAX_PROOF_NODE_LEN,
};
pub use words::{AvailabilityEvent, AvailabilityRequest, AvailabilityResponse, AvailabilityWords, Effect};
