//! Headers, which are the chain's head data, and blocks, which are its block data.

use crate::{error::BlockError, SignedTransfer};
use alloc::{vec, vec::Vec};
use async_backing_primitives::{
	BlockData, BlockNumber, ClaimQueueOffset, CoreSelector, Hash, HeadData, UmpSignal, UpwardMessage,
	ValidationCode, ValidationParams,
};
use codec::{Decode, DecodeAll, Encode};
use sp_core::storage::StateVersion;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use sp_trie::{CompactProof, StorageProof};

/// What a block knows of the relay chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RelayContext {
	/// Number of the relay parent.
	pub number: BlockNumber,
	/// State root of the relay parent.
	pub storage_root: Hash,
}

/// A header. Its encoding is the head data: a fixed 136 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
	/// Hash of the parent's head data; zero at genesis.
	pub parent_hash: Hash,
	/// Number of the block; zero at genesis.
	pub number: BlockNumber,
	/// Root of the state trie after the block.
	pub state_root: Hash,
	/// Root of the trie of the block's extrinsics.
	pub extrinsics_root: Hash,
	/// The relay parent for which the block was made. Never older than the parent's.
	pub relay_parent: RelayContext,
}

impl Header {
	/// The header as head data.
	pub fn head_data(&self) -> HeadData {
		HeadData(self.encode())
	}

	/// Reads head data. `None` when it is not exactly the encoding of a header.
	pub fn from_head_data(head: &HeadData) -> Option<Self> {
		Self::decode_all(&mut &head.0[..]).ok()
	}

	/// Checks all of the header that does not take execution.
	pub(crate) fn check(
		&self,
		parent: &Header,
		params: &ValidationParams,
		extrinsics: &[SignedTransfer],
	) -> Result<(), BlockError> {
		let parent_hash = params.parent_head.hash().0;
		if self.parent_hash != parent_hash {
			return Err(BlockError::WrongParent {
				expected: parent_hash,
				actual: self.parent_hash,
			});
		}
		if Some(self.number) != parent.number.checked_add(1) {
			return Err(BlockError::WrongNumber {
				parent: parent.number,
				actual: self.number,
			});
		}
		let expected = RelayContext {
			number: params.relay_parent_number,
			storage_root: params.relay_parent_storage_root,
		};
		if self.relay_parent != expected {
			return Err(BlockError::WrongRelayParent {
				expected: expected.number,
				expected_root: expected.storage_root,
				actual: self.relay_parent.number,
				actual_root: self.relay_parent.storage_root,
			});
		}
		check_relay_parent(parent, expected.number)?;
		let root = extrinsics_root(extrinsics);
		if self.extrinsics_root != root {
			return Err(BlockError::WrongExtrinsicsRoot {
				expected: root,
				actual: self.extrinsics_root,
			});
		}
		Ok(())
	}
}

/// A parachain that looked at a relay block may not forget it: time would run backwards for its users.
pub(crate) fn check_relay_parent(parent: &Header, actual: BlockNumber) -> Result<(), BlockError> {
	if actual < parent.relay_parent.number {
		return Err(BlockError::RelayParentMovedBack {
			previous: parent.relay_parent.number,
			actual,
		});
	}
	Ok(())
}

/// Root of the trie that maps positions to encoded extrinsics. Cost: linear in their number; one host call in Wasm.
pub(crate) fn extrinsics_root(extrinsics: &[SignedTransfer]) -> Hash {
	BlakeTwo256::ordered_trie_root(extrinsics.iter().map(Encode::encode).collect(), StateVersion::V1)
}

/// A block with the witness that it takes to re-execute it: the block data of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
	/// The header after execution.
	pub header: Header,
	/// The core that the block picks, if it is none of the next relay block's (R-UMP-5). It is of one candidate, not of the
	/// chain, so the header does not have it.
	pub core: Option<(CoreSelector, ClaimQueueOffset)>,
	/// The transfers, in the order of execution.
	pub extrinsics: Vec<SignedTransfer>,
	/// The part of the parent's state trie that the extrinsics read and write.
	pub proof: CompactProof,
	/// The part of the relay parent's state that the chain reads, if it keeps an unincluded segment (R-SEG-2).
	pub relay_state: Option<StorageProof>,
	/// The code that the block announces (R-SEG-6).
	pub new_code: Option<ValidationCode>,
}

impl Block {
	/// The block as block data.
	pub fn block_data(&self) -> BlockData {
		BlockData(self.encode())
	}

	/// What the block sends to the relay chain: nothing but the signal that picks its core (R-UMP-3).
	pub(crate) fn upward_messages(core: Option<(CoreSelector, ClaimQueueOffset)>) -> Vec<UpwardMessage> {
		core.map_or_else(Vec::new, |(selector, offset)| {
			vec![Vec::new(), UmpSignal::SelectCore(selector, offset).encode()]
		})
	}

	/// Reads block data. `None` when it is not exactly the encoding of a block.
	pub fn from_block_data(data: &BlockData) -> Option<Self> {
		Self::decode_all(&mut &data.0[..]).ok()
	}
}
