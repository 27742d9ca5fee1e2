//! Erasure chunks (R-NET-99, R-NET-100).

use super::{Found, Lookup, Request};
use crate::{
	reader::fields, Fault, Protocol, Read, Reader, Wire, MAX_DATA_RESPONSE_SIZE, MAX_PROOF_NODES,
	MAX_PROOF_NODE_SIZE, MAX_REQUEST_SIZE,
};
use alloc::{sync::Arc, vec::Vec};
use async_backing_primitives::{CandidateHash, ValidatorIndex};
use codec::Encode;

/// Asks for a chunk whose index is that of its validator. Not to be used where the session maps them otherwise (R-AVL-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode)]
pub struct ChunkRequestV1 {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// The validator whose chunk it is, whoever is asked (R-NET-100).
	pub validator_index: ValidatorIndex,
}
fields!(ChunkRequestV1 {
	candidate_hash,
	validator_index
});

impl Wire for ChunkRequestV1 {
	const NAME: &'static str = "request for a chunk, version 1";
	const LIMIT: usize = MAX_REQUEST_SIZE;
}

impl Request for ChunkRequestV1 {
	type Response = ChunkResponseV1;
	const PROTOCOL: Protocol = Protocol::ChunkV1;
}

/// Asks for a chunk that says its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode)]
pub struct ChunkRequestV2 {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// The validator whose chunk it is, whoever is asked (R-NET-100).
	pub validator_index: ValidatorIndex,
}
fields!(ChunkRequestV2 {
	candidate_hash,
	validator_index
});

impl Wire for ChunkRequestV2 {
	const NAME: &'static str = "request for a chunk, version 2";
	const LIMIT: usize = MAX_REQUEST_SIZE;
}

impl Request for ChunkRequestV2 {
	type Response = ChunkResponseV2;
	const PROTOCOL: Protocol = Protocol::ChunkV2;
}

/// The request for those who do not speak version 2 (R-NET-35).
impl From<ChunkRequestV2> for ChunkRequestV1 {
	fn from(request: ChunkRequestV2) -> Self {
		Self {
			candidate_hash: request.candidate_hash,
			validator_index: request.validator_index,
		}
	}
}

/// A chunk, or that there is none.
pub type ChunkResponseV1 = Lookup<ChunkV1>;
/// A chunk with its index, or that there is none.
pub type ChunkResponseV2 = Lookup<ChunkV2>;

/// A chunk whose index is that of the validator in the request.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct ChunkV1 {
	/// The bytes, shared.
	pub bytes: Arc<[u8]>,
	/// That they are part of what the candidate commits to.
	pub proof: ChunkProof,
}

impl Found for ChunkV1 {
	const NAME: &'static str = "chunk, version 1";
}

impl Read for ChunkV1 {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(Self {
			bytes: read_bytes(reader)?,
			proof: Read::read(reader)?,
		})
	}
}

/// A chunk and its index, which the asker compares with the one that he expects (R-AVL-6).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct ChunkV2 {
	/// The bytes, shared.
	pub bytes: Arc<[u8]>,
	/// Index among the chunks of the candidate.
	pub index: u32,
	/// That they are part of what the candidate commits to.
	pub proof: ChunkProof,
}

impl Found for ChunkV2 {
	const NAME: &'static str = "chunk, version 2";
}

impl Read for ChunkV2 {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(Self {
			bytes: read_bytes(reader)?,
			index: Read::read(reader)?,
			proof: Read::read(reader)?,
		})
	}
}

fn read_bytes(reader: &mut Reader<'_>) -> Result<Arc<[u8]>, Fault> {
	reader
		.bytes("bytes of a chunk", 0..=MAX_DATA_RESPONSE_SIZE)
		.map(Arc::from)
}

/// Nodes of a trie, from the root to the chunk's hash (R-AVL-4): 1 to [`MAX_PROOF_NODES`], each of 1 to
/// [`MAX_PROOF_NODE_SIZE`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct ChunkProof(Vec<Vec<u8>>);

/// Nodes that are no proof (R-NET-99).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
	/// None, or too many.
	#[error("{got} nodes, but 1 to {limit} make a proof (R-NET-99)")]
	Nodes {
		/// Most nodes.
		limit: usize,
		/// Nodes given.
		got: usize,
	},
	/// One is empty or too large.
	#[error("a node of {got} bytes, but one has 1 to {limit} (R-NET-99)")]
	Node {
		/// Most bytes.
		limit: usize,
		/// Bytes given.
		got: usize,
	},
}

impl ChunkProof {
	/// From the nodes.
	///
	/// # Errors
	/// [`ProofError`].
	pub fn new(nodes: Vec<Vec<u8>>) -> Result<Self, ProofError> {
		if !(1..=MAX_PROOF_NODES).contains(&nodes.len()) {
			return Err(ProofError::Nodes {
				limit: MAX_PROOF_NODES,
				got: nodes.len(),
			});
		}
		let sizes = 1..=MAX_PROOF_NODE_SIZE;
		if let Some(node) = nodes.iter().find(|node| !sizes.contains(&node.len())) {
			return Err(ProofError::Node {
				limit: MAX_PROOF_NODE_SIZE,
				got: node.len(),
			});
		}
		Ok(Self(nodes))
	}

	/// The nodes.
	pub fn nodes(&self) -> &[Vec<u8>] {
		&self.0
	}

	/// The nodes, owned.
	pub fn into_nodes(self) -> Vec<Vec<u8>> {
		self.0
	}
}

impl Read for ChunkProof {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		struct Node(Vec<u8>);
		impl Read for Node {
			fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
				let bytes = reader.bytes("bytes of a proof's node", 1..=MAX_PROOF_NODE_SIZE)?;
				Ok(Self(bytes.to_vec()))
			}
		}
		// A length and one byte.
		const MIN_SIZE: usize = 2;
		let nodes: Vec<Node> = reader.list("nodes of a proof", 1..=MAX_PROOF_NODES, MIN_SIZE)?;
		Ok(Self(nodes.into_iter().map(|node| node.0).collect()))
	}
}
