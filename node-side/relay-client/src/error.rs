//! What can go wrong, one enum for each thing that the client does.

use crate::{BlockNumber, Hash, Slot};
use sp_core::sr25519;
use sp_runtime::transaction_validity::TransactionValidityError;
use thiserror::Error;

/// Why a client could not be set up.
#[derive(Debug, Error)]
pub enum SetupError {
	/// The runtime trapped, or the blob is no runtime.
	#[error("the runtime failed in {method}: {source}")]
	Runtime {
		/// The runtime function that was called.
		method: &'static str,
		/// What the executor says.
		source: sc_executor_common::error::Error,
	},
	/// The runtime answered with bytes that do not decode.
	#[error("the answer of {method} does not decode: {source}")]
	Decode {
		/// The runtime function that was called.
		method: &'static str,
		/// What the decoder says.
		source: codec::Error,
	},
	/// The runtime has no preset of this name.
	#[error("the runtime has no genesis preset named {name:?}: {}", those(.known))]
	UnknownPreset {
		/// The name.
		name: String,
		/// Those that it has.
		known: Vec<String>,
	},
	/// A genesis configuration that is not JSON.
	#[error("the genesis configuration is not valid JSON: {0}")]
	Json(#[from] serde_json::Error),
	/// A genesis configuration that no runtime can be handed. Most of it are validation codes, two digits for each byte; a
	/// code that several paras run need be said once only (`codes` of the paras pallet).
	#[error("the genesis configuration has {got} bytes of JSON, of which a runtime takes {max}: fewer different codes, or shorter ones")]
	GenesisTooLarge {
		/// What is allocated at once at most.
		max: usize,
		/// Its length.
		got: usize,
	},
	/// The runtime refused the genesis configuration; the text is the runtime's.
	#[error("the runtime refused the genesis configuration: {0}")]
	Genesis(String),
	/// The database or the client on top of it.
	#[error(transparent)]
	Client(#[from] sp_blockchain::Error),
}

fn those(known: &[String]) -> String {
	match known {
		[] => "it has none".into(),
		known => format!("it has {}", known.join(", ")),
	}
}

/// Why a question about the chain has no answer.
#[derive(Debug, Error)]
pub enum QueryError {
	/// No block of this hash was imported.
	#[error("unknown block {0:?}")]
	UnknownBlock(Hash),
	/// The runtime trapped or does not have the API.
	#[error(transparent)]
	Api(#[from] sp_api::ApiError),
	/// The client behind.
	#[error(transparent)]
	Client(#[from] sp_blockchain::Error),
	/// The runtime can't tell what the node side needs to know of a leaf.
	#[error(transparent)]
	Facts(#[from] Box<async_backing_leaf_facts::FactsError>),
	/// The runtime's answer does not decode as the type that was asked for.
	#[error("the answer of {method} does not decode: {source}")]
	Decode {
		/// The runtime function that was called.
		method: String,
		/// What the decoder says.
		source: codec::Error,
	},
	/// The epoch of the slot has no authorities.
	#[error("nobody may author slot {0}")]
	NoAuthor(Slot),
}

/// Why a block could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
	/// A question that building asks.
	#[error(transparent)]
	Query(#[from] QueryError),
	/// The slot is not later than the parent's.
	#[error("slot {slot} is not after the parent's slot {parent_slot}")]
	SlotNotAfterParent {
		/// The slot that was asked for.
		slot: Slot,
		/// The slot of the parent.
		parent_slot: Slot,
	},
	/// The slot is another authority's.
	#[error("slot {slot} belongs to {expected}, not to {actual}")]
	NotOurSlot {
		/// The slot that was asked for.
		slot: Slot,
		/// The slot's author.
		expected: sr25519::Public,
		/// Whose key was given.
		actual: sr25519::Public,
	},
	/// The inherent data could not be put together.
	#[error("inherent data: {0}")]
	InherentData(#[from] sp_inherents::Error),
	/// The runtime refused an inherent that it had made itself.
	#[error("the runtime refused inherent {index}: {source}")]
	Inherent {
		/// Position among the inherents.
		index: usize,
		/// The runtime's reason.
		source: sp_blockchain::Error,
	},
	/// The runtime trapped on an extrinsic.
	#[error("extrinsic {index}: {source}")]
	Extrinsic {
		/// Position among the extrinsics that were given.
		index: usize,
		/// What happened.
		source: sp_blockchain::Error,
	},
	/// The runtime did not start or did not finish the block.
	#[error("the runtime did not {stage} the block: {source}")]
	Runtime {
		/// `initialize` or `finalize`.
		stage: &'static str,
		/// What happened.
		source: sp_blockchain::Error,
	},
}

/// What is wrong with a block's claim or its seal.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SealError {
	/// The header claims no slot.
	#[error("the header claims no slot")]
	NoClaim,
	/// The header claims a slot more than once.
	#[error("the header claims several slots")]
	SeveralClaims,
	/// Only secondary plain slots are in use.
	#[error("the header claims another slot than a secondary plain one")]
	NotASecondaryPlainClaim,
	/// The last digest is no BABE seal.
	#[error("the header has no seal")]
	NoSeal,
	/// The slot is not later than the parent's.
	#[error("slot {slot} is not after the parent's slot {parent_slot}")]
	SlotNotAfterParent {
		/// The slot that the block claims.
		slot: Slot,
		/// The slot of the parent.
		parent_slot: Slot,
	},
	/// Another authority owns the slot.
	#[error("slot {slot} belongs to authority {expected}, authority {actual} claims it")]
	WrongAuthor {
		/// The slot that the block claims.
		slot: Slot,
		/// Index of the slot's author.
		expected: u32,
		/// Index in the claim.
		actual: u32,
	},
	/// The seal is not the author's signature over the header.
	#[error("the seal is not the signature of {author}")]
	BadSignature {
		/// The slot's author.
		author: sr25519::Public,
	},
}

/// Why a block was not imported. Nothing of it is kept.
#[derive(Debug, Error)]
pub enum ImportError {
	/// The parent was never imported.
	#[error("unknown parent {parent:?}")]
	UnknownParent {
		/// The parent that the header names.
		parent: Hash,
	},
	/// The number does not follow the parent's.
	#[error("block number {actual} after parent number {parent}")]
	Number {
		/// Number of the parent.
		parent: BlockNumber,
		/// Number in the header.
		actual: BlockNumber,
	},
	/// The claim or the seal.
	#[error(transparent)]
	Seal(#[from] SealError),
	/// Execution led to another state.
	#[error("state root {in_header:?} in the header, {computed:?} by execution")]
	StateRoot {
		/// The root that the header promises.
		in_header: Hash,
		/// The root after execution.
		computed: Hash,
	},
	/// The header commits to other extrinsics than the body.
	#[error("extrinsics root {in_header:?} in the header, {computed:?} of the body")]
	ExtrinsicsRoot {
		/// The root that the header promises.
		in_header: Hash,
		/// The root of the body.
		computed: Hash,
	},
	/// The runtime deposits other digests than the header has.
	#[error("{in_header} digests in the header, {computed} by execution, or others")]
	Digests {
		/// Digests in the header, without the seal.
		in_header: usize,
		/// Digests after execution.
		computed: usize,
	},
	/// The runtime does not accept an extrinsic.
	#[error("extrinsic {index} is refused: {source:?}")]
	Extrinsic {
		/// Position in the body.
		index: usize,
		/// The runtime's reason.
		source: TransactionValidityError,
	},
	/// The client was told never to take this block.
	#[error("block {block:?} is known to be bad")]
	KnownBad {
		/// The block.
		block: Hash,
	},
	/// The runtime refused the block for another reason, or trapped.
	#[error("the runtime refused the block: {0}")]
	Execution(#[source] sp_consensus::Error),
	/// A question that importing asks.
	#[error(transparent)]
	Query(#[from] QueryError),
}
