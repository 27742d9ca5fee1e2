//! Requests and their responses.

mod attested;
mod chunk;
mod collation;
mod data;
mod dispute;

pub use attested::{AttestedCandidateRequest, AttestedCandidateResponse};
pub use chunk::{
	ChunkProof, ChunkRequestV1, ChunkRequestV2, ChunkResponseV1, ChunkResponseV2, ChunkV1, ChunkV2,
	ProofError,
};
pub use collation::{
	CollationRequestV1, CollationRequestV2, CollationRequestV3, CollationResponse, CollationResponseV3,
};
pub use data::{AvailableDataRequest, AvailableDataResponse, Found, Lookup, PovRequest, PovResponse};
pub use dispute::{DisputeConfirmed, DisputeRequest, InvalidVote, ValidVote};

use crate::{Protocol, Wire};

/// A request, what answers it, and under which name it is sent.
pub trait Request: Wire {
	/// What answers it.
	type Response: Wire;
	/// Names, limits and time-out.
	const PROTOCOL: Protocol;
}
