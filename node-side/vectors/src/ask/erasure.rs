//! Questions about available data and their chunks.

use super::{
	decoded,
	refusal::{verdict, Answer, Refusal},
};
use crate::{
	error::at_most,
	hex::{hex, Hex},
	json::hash,
};
use async_backing_availability::{
	chunk_index, encode, reconstruct, verify_chunk, EncodedData, ErasureChunk, Proof,
};
use async_backing_primitives::{chunk_hash, AvailableData, CoreIndex, Hash, ValidatorIndex};
use codec::Encode;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// Most bytes of chunks and proofs that are answered with.
const MAX_ANSWER: u64 = 1 << 20;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureEncode {
	pub(crate) validators: u32,
	/// Available data: proof of validity, validation data.
	pub(crate) data: Hex,
	/// Which chunks to answer with.
	pub(crate) chunks: Vec<u32>,
}

impl ErasureEncode {
	pub(super) fn answer(self) -> Answer {
		let data: AvailableData = decoded("data", &self.data.0)?;
		let encoded = match encode(self.validators as usize, &data) {
			Ok(encoded) => encoded,
			Err(error) => return error.refused(),
		};
		let asked: Vec<_> = self
			.chunks
			.iter()
			.filter_map(|index| encoded.chunks.get(*index as usize))
			.collect();
		let bytes = asked.iter().map(|chunk| chunk.size() as u64).sum();
		at_most("bytes of chunks and proofs", bytes, MAX_ANSWER)?;
		super::ok(json!({
			"root": hash(encoded.root),
			"chunks": asked.into_iter().map(|chunk| told(chunk)).collect::<Vec<_>>(),
			"hash_of_chunk_hashes": hash(hash_of_hashes(&encoded)),
		}))
	}
}

/// All chunks in one number: the hash of their hashes, one behind the other.
fn hash_of_hashes(encoded: &EncodedData) -> Hash {
	let hashes = encoded.chunks.iter().flat_map(|chunk| chunk_hash(&chunk.chunk).0);
	async_backing_primitives::hash_bytes(&hashes.collect::<Vec<_>>())
}

fn told(chunk: &ErasureChunk) -> Value {
	let proof: Vec<_> = chunk.proof.nodes().iter().map(hex).collect();
	json!({ "index": chunk.index, "chunk": hex(&chunk.chunk), "proof": proof })
}

/// A chunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chunk {
	pub(crate) index: u32,
	pub(crate) chunk: Hex,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureRecover {
	pub(crate) validators: u32,
	pub(crate) chunks: Vec<Chunk>,
}

impl ErasureRecover {
	pub(super) fn answer(self) -> Answer {
		let chunks = self.chunks.iter().map(|chunk| (chunk.index, &chunk.chunk.0[..]));
		let recovered = reconstruct(self.validators as usize, chunks);
		verdict(recovered, |data| hex(data.encode()).into())
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyChunk {
	pub(crate) root: Hash,
	pub(crate) index: u32,
	pub(crate) chunk: Hex,
	pub(crate) proof: Vec<Hex>,
}

impl VerifyChunk {
	pub(super) fn answer(self) -> Answer {
		let proof = Proof::new(self.proof.into_iter().map(|node| node.0).collect());
		let verified = proof.and_then(|proof| {
			let chunk = ErasureChunk {
				chunk: self.chunk.0,
				index: self.index,
				proof,
			};
			verify_chunk(self.root, &chunk)
		});
		verdict(verified, |()| Value::from(true))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChunkIndex {
	pub(crate) validators: u32,
	pub(crate) core: u32,
	pub(crate) validator: u32,
	/// Feature bit 2.
	pub(crate) systematic_mapping: bool,
}

impl ChunkIndex {
	pub(super) fn answer(self) -> Answer {
		let index = chunk_index(
			self.validators as usize,
			CoreIndex(self.core),
			ValidatorIndex(self.validator),
			self.systematic_mapping,
		);
		verdict(index, Value::from)
	}
}
