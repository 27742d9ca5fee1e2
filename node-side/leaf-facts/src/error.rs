//! Why a client can't tell.

use async_backing_primitives::{CandidateHash, Hash, HeadHash, ParaId};
use sp_api::ApiError;
use thiserror::Error;

/// Why a question about a relay block has no answer.
#[derive(Debug, Error)]
pub enum FactsError {
	/// The client has no such block.
	#[error("unknown block {0:?}")]
	UnknownBlock(Hash),
	/// The client can't read a header.
	#[error("the header of {block:?} can't be read: {source}")]
	Header {
		/// The block.
		block: Hash,
		/// What the client says.
		source: sp_blockchain::Error,
	},
	/// The header claims no slot of BABE's.
	#[error("the header of {0:?} claims no slot")]
	NoSlot(Hash),
	/// The runtime is too old for a method that nothing can replace (R-BIN-30).
	#[error("{method} is there from version {expected} of ParachainHost on, but {at:?} has {}", version(*.found))]
	Unsupported {
		/// The method.
		method: &'static str,
		/// First version that has it.
		expected: u32,
		/// Version at the block; `None` if it does not have the API at all.
		found: Option<u32>,
		/// The block.
		at: Hash,
	},
	/// A call failed: the runtime trapped, does not have the method, or its answer does not decode.
	#[error("{method} at {at:?}: {source}")]
	Call {
		/// The method.
		method: &'static str,
		/// The block.
		at: Hash,
		/// What the client says.
		source: ApiError,
	},
	/// The backing state of a para decodes, but is not that of the para: the runtime writes it in another layout
	/// (R-DEF-22).
	#[error("the backing state of para {para} builds on head {read}, but the para's head is {expected} (R-DEF-22)")]
	Layout {
		/// The para.
		para: ParaId,
		/// Hash of its head by its validation data.
		expected: HeadHash,
		/// Hash of the head that was read.
		read: HeadHash,
	},
	/// The client does not have the relay parent of a candidate that is pending availability.
	#[error("the relay parent {relay_parent:?} of pending candidate {candidate} is unknown")]
	UnknownRelayParent {
		/// The candidate.
		candidate: CandidateHash,
		/// Its relay parent.
		relay_parent: Hash,
	},
}

fn version(found: Option<u32>) -> String {
	found.map_or_else(|| "no such API".into(), |found| format!("version {found}"))
}
