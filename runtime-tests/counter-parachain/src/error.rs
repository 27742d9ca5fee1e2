//! Why a block is refused: one set of reasons for the collator and the validation function.
//!
//! The texts are what a validator sees of a block that the Wasm module refused, so they carry the numbers.

use async_backing_primitives::{
	AnnouncementError, BlockNumber, Hash, OutputError, RelayStateError, SegmentError, ValidationCodeHash,
};
use thiserror::Error;

/// Why a block is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlockError {
	/// The parent's head data is not the encoding of a header.
	#[error("the parent's head data is not a header of this chain")]
	UndecodableParent,
	/// The block data is not the encoding of a block, or more than that.
	#[error("the block data is not a block of this chain")]
	UndecodableBlock,
	/// The block builds on another parent.
	#[error("wrong parent head: the block builds on {actual:?}, not {expected:?}")]
	WrongParent {
		/// Hash of the head data on which it should build.
		expected: Hash,
		/// Parent hash in the block's header.
		actual: Hash,
	},
	/// The block's number is not the successor of its parent's.
	#[error("wrong block number: {actual} after {parent}")]
	WrongNumber {
		/// The parent's number.
		parent: BlockNumber,
		/// Number in the block's header.
		actual: BlockNumber,
	},
	/// The header was made for another relay parent.
	#[error("wrong relay parent: the header says {actual} with state root {actual_root:?}, not {expected} with {expected_root:?}")]
	WrongRelayParent {
		/// Number of the relay parent.
		expected: BlockNumber,
		/// State root of the relay parent.
		expected_root: Hash,
		/// Number in the block's header.
		actual: BlockNumber,
		/// State root in the block's header.
		actual_root: Hash,
	},
	/// The relay parent is older than the parent block's.
	#[error("the relay parent moved back from {previous} to {actual}")]
	RelayParentMovedBack {
		/// Relay parent's number of the parent block.
		previous: BlockNumber,
		/// Relay parent's number of this block.
		actual: BlockNumber,
	},
	/// The header commits to other extrinsics.
	#[error("wrong extrinsics root: {actual:?} in the header, {expected:?} computed")]
	WrongExtrinsicsRoot {
		/// Root of the extrinsics in the block.
		expected: Hash,
		/// Root in the block's header.
		actual: Hash,
	},
	/// The chain keeps an unincluded segment, and the block has no proof of the relay parent's state.
	#[error("the block has no proof of its relay parent's state (R-SEG-2)")]
	NoRelayState,
	/// The chain keeps no unincluded segment, and the block has a proof of the relay parent's state.
	#[error("the block has a proof of its relay parent's state, which nothing asks for")]
	UnexpectedRelayState,
	/// The proof of the relay parent's state is none.
	#[error(transparent)]
	RelayState(#[from] RelayStateError),
	/// The block breaks a rule of the unincluded segment (R-SEG).
	#[error(transparent)]
	Segment(#[from] SegmentError),
	/// The block sends what no candidate may.
	#[error(transparent)]
	Outputs(#[from] OutputError),
	/// The block announces code that the chain may not upgrade to, or not any more.
	#[error("the block announces code {0}, which the chain does not wait for")]
	UnexpectedCode(ValidationCodeHash),
	/// The block announces code while the relay chain takes none.
	#[error(transparent)]
	Announcement(#[from] AnnouncementError),
	/// The storage proof does not lead to the parent's state root.
	#[error("tampered proof: it does not belong to the state root {expected:?}")]
	WrongProof {
		/// State root of the parent.
		expected: Hash,
	},
	/// Executing the block needs state that cannot be read.
	#[error(transparent)]
	State(#[from] StateError),
	/// An extrinsic is invalid, and so is the block.
	#[error("extrinsic {index}: {error}")]
	Extrinsic {
		/// Position of the extrinsic in the block.
		index: u32,
		/// What is wrong with it.
		#[source]
		error: TransferError,
	},
	/// Executing the block gives another state.
	#[error("wrong state root: {actual:?} in the header, {expected:?} computed")]
	WrongStateRoot {
		/// Root of the state after the block.
		expected: Hash,
		/// Root in the block's header.
		actual: Hash,
	},
}

/// Why state cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
	/// A node of the trie is not there: the proof is incomplete.
	#[error("tampered proof: it lacks the trie node {node:?}")]
	MissingNode {
		/// Hash of the node.
		node: Hash,
	},
	/// A node of the trie cannot be decoded.
	#[error("corrupt trie node under the state root {root:?}")]
	CorruptNode {
		/// Root of the trie.
		root: Hash,
	},
	/// A value is not of the type that its key stands for, or a value that genesis sets is not there.
	#[error("corrupt value under the state root {root:?}")]
	CorruptValue {
		/// Root of the trie.
		root: Hash,
	},
}

/// Why a transfer is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TransferError {
	/// The signature is not the sender's, or not over this transfer on this chain.
	#[error("bad signature")]
	BadSignature,
	/// The nonce is not the sender's next.
	#[error("unknown nonce: {actual} where {expected} is next")]
	WrongNonce {
		/// The sender's next nonce.
		expected: u32,
		/// The transfer's nonce.
		actual: u32,
	},
	/// The sender used all nonces.
	#[error("the sender has no nonce left")]
	NoncesExhausted,
	/// The sender has less than the amount.
	#[error("insufficient balance: {available} where {required} is sent")]
	InsufficientBalance {
		/// What the sender has.
		available: crate::Balance,
		/// What the transfer sends.
		required: crate::Balance,
	},
	/// The recipient would have more than can be counted.
	#[error("the recipient's balance would overflow")]
	BalanceOverflow,
}
