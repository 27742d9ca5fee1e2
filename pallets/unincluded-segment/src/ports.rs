//! What the pallet asks of the chain around it.

use crate::types::{Outputs, Room};
use async_backing_primitives::{Hash, ParaId, RelayState, RelayStateError};
use codec::Codec;
use frame_support::Parameter;

/// Where the state of a relay parent is read from.
pub trait RelayStateSource {
	/// What a collator hands in beside the state root, such as a storage proof.
	type Evidence: Parameter + Codec;

	/// What concerns a para in the state with this root.
	///
	/// # Errors
	/// [`RelayStateError`] if the evidence is not good enough: the block is invalid.
	fn read(
		para: ParaId,
		storage_root: Hash,
		evidence: &Self::Evidence,
	) -> Result<RelayState, RelayStateError>;

	/// A state root and the evidence for a state that consists of these keys with their values.
	#[cfg(feature = "runtime-benchmarks")]
	fn evidence(state: alloc::vec::Vec<(alloc::vec::Vec<u8>, alloc::vec::Vec<u8>)>)
		-> (Hash, Self::Evidence);
}

/// What a block sends: the port to whoever queues its messages.
pub trait BlockOutputs {
	/// Hands out what the block sends, at its end. What is out is committed to: if it does not fit into `room`, the block
	/// is invalid. So what does not fit has to wait for a later block.
	fn take(room: &Room) -> Outputs;
}

/// Nothing is sent, and all that was sent to the chain is consumed.
impl BlockOutputs for () {
	fn take(_: &Room) -> Outputs {
		Outputs::default()
	}
}

/// The chain's code upgrades. An upgrade is pending from its announcement until the relay chain's answer is acted on.
pub trait CodeUpgrades {
	/// Whether an announced upgrade waits for its answer.
	fn is_pending() -> bool;
	/// The relay chain says go ahead: the pending code becomes the chain's. Called only while one is pending.
	fn apply();
	/// The relay chain rejected the pending code: it is forgotten. Called only while one is pending.
	fn discard();
}

/// Nothing is ever announced.
impl CodeUpgrades for () {
	fn is_pending() -> bool {
		false
	}
	fn apply() {}
	fn discard() {}
}
