//! The chain's unincluded segment: how far it builds ahead of the relay chain (R-SEG-2 to R-SEG-7, R-HOO-2).
//!
//! The rules are those that the segment pallet calls for chains with FRAME. Here they are called by hand: the tracker is a
//! value of the state, a block carries a proof of the relay parent's state, and a block that does not balance is invalid.

use crate::{block::RelayContext, error::BlockError, state::Reader};
use alloc::vec::Vec;
use async_backing_primitives::{
	BlockEnd, BlockStart, FixedVelocity, Hash, HeadHash, ParaId, RelayParentNumbers, RelayState,
	RelayStateError, RelayStateReader, SegmentTracker, Unproven, UpwardMessage, UsedBandwidth,
};
use codec::{Decode, Encode};
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{read_trie_value, HashDBT as _, LayoutV1, MemoryDB, StorageProof, EMPTY_PREFIX};

/// How a chain paces its blocks: part of its state from genesis on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pace {
	/// Under which id the relay chain knows the chain.
	pub para: ParaId,
	/// Blocks per relay slot; one more fills the segment (R-HOO-2).
	pub velocity: u32,
	/// Most blocks that may be unincluded, the new one among them (R-SEG-2).
	pub capacity: u32,
}

/// What a proof shows of a relay parent's state.
struct Proof {
	nodes: MemoryDB<BlakeTwo256>,
	root: Hash,
}

impl RelayStateReader for Proof {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven> {
		read_trie_value::<LayoutV1<BlakeTwo256>, _>(&self.nodes, &self.root, key, None, None)
			.map_err(|_| Unproven)
	}
}

fn read(proof: &StorageProof, root: Hash, para: ParaId) -> Result<RelayState, RelayStateError> {
	let nodes: MemoryDB<BlakeTwo256> = proof.to_memory_db();
	if !nodes.contains(&root, EMPTY_PREFIX) {
		return Err(RelayStateError::WrongRoot(root));
	}
	RelayState::read(&Proof { nodes, root }, para)
}

/// The chain's books after a block on `parent`. `None` for a chain that keeps none.
///
/// # Errors
/// [`BlockError`] with the rule that the block breaks, or what is wrong with its proof.
pub(crate) fn advance(
	reader: &Reader<'_>,
	parent: HeadHash,
	relay_parent: &RelayContext,
	relay_state: Option<&StorageProof>,
	upward_messages: &[UpwardMessage],
) -> Result<Option<SegmentTracker>, BlockError> {
	let Some(pace) = reader.pace()? else {
		return match relay_state {
			Some(_) => Err(BlockError::UnexpectedRelayState),
			None => Ok(None),
		};
	};
	let proof = relay_state.ok_or(BlockError::NoRelayState)?;
	let state = read(proof, relay_parent.storage_root, pace.para)?;
	let hook = FixedVelocity {
		velocity: pace.velocity,
		capacity: pace.capacity,
	};
	let mut tracker = reader.segment()?;
	let begun = tracker.begin(
		&hook,
		RelayParentNumbers::Monotonic,
		&BlockStart {
			parent,
			relay_parent_number: relay_parent.number,
			para_slot: None,
			state: &state,
		},
	)?;
	state.check_outputs(upward_messages, &[])?;
	let end = BlockEnd {
		used: UsedBandwidth::of(upward_messages, &[])?,
		// All that was sent up to the relay parent is consumed; there is never anything.
		hrmp_watermark: relay_parent.number,
		// The chain's code never changes of its own will, so there is nothing to do but to take note.
		go_ahead: begun.go_ahead,
	};
	tracker.end(relay_parent.number, end, &state.limits())?;
	Ok(Some(tracker))
}
