//! Every bound that decoding enforces, with its reason.
//!
//! Bounds of the network come from NETWORK.md. Where the network has none of its own, because the length of the message
//! is bound enough, ours follows from that length or from a ceiling of the chain, so that nothing honest meets it.

use async_backing_primitives::{MAX_CORES, MAX_VALIDATORS};

/// Largest message on a notification stream, in bytes with its envelope (R-NET-9, R-NET-10).
pub const MAX_NOTIFICATION_SIZE: usize = 100 * 1024;
/// Largest request of the parachain protocols, in bytes (R-NET-16 to R-NET-24).
pub const MAX_REQUEST_SIZE: usize = 1000;
/// Largest response that carries a proof of validity, a chunk or available data, in bytes (R-NET-16 to R-NET-22).
pub const MAX_DATA_RESPONSE_SIZE: usize = 16 * 1024 * 1024;
/// Largest response with an attested candidate, in bytes (R-NET-24).
pub const MAX_ATTESTED_RESPONSE_SIZE: usize = 8 * 1024 * 1024;
/// Largest answer to a dispute, in bytes (R-NET-23).
pub const MAX_DISPUTE_RESPONSE_SIZE: usize = 100;
/// Largest handshake of a notification stream, in bytes (R-NET-28).
pub const MAX_HANDSHAKE_SIZE: usize = 1024;

/// Heads of a view (R-NET-55).
pub const MAX_VIEW_HEADS: usize = 5;
/// Candidates of an advertised segment (R-NET-66).
pub const MAX_SEGMENT_LEN: usize = 32;
/// Nodes of a chunk's proof (R-NET-99).
pub const MAX_PROOF_NODES: usize = 8;
/// Bytes of one node of a chunk's proof (R-NET-99).
pub const MAX_PROOF_NODE_SIZE: usize = 612;
/// Bits that name cores or candidates of a block in assignments and approvals (R-NET-105).
pub const MAX_INDEX_BITS: usize = 500;

/// Bits of an availability bitfield: a chain has no more cores.
pub const MAX_BITFIELD_BITS: usize = MAX_CORES as usize;
/// Bits of either list of a statement filter: no group is larger than the session.
pub const MAX_GROUP_BITS: usize = MAX_VALIDATORS as usize;
/// Statements of an attested candidate: both kinds from each member of the largest group (R-SD-13).
pub const MAX_ATTESTED_STATEMENTS: usize = 2 * MAX_GROUP_BITS;
/// Assignments of one message: as many of the smallest as a notification holds. Whoever has more sends several.
pub const MAX_ASSIGNMENTS: usize = MAX_NOTIFICATION_SIZE / crate::Assignment::MIN_SIZE;
/// Approvals of one message: as many of the smallest as a notification holds. Whoever has more sends several.
pub const MAX_APPROVALS: usize = MAX_NOTIFICATION_SIZE / crate::Approval::MIN_SIZE;

/// How deep collections may nest. The deepest message nests two, lists of byte strings.
pub const MAX_DEPTH: u32 = 4;
/// Bytes that decoding may reserve for each byte of a message: an empty message to another para, of five bytes, takes
/// 32 in memory, an empty upward one, of one byte, 24.
pub const MAX_MEMORY_PER_BYTE: usize = 32;
