//! What a Cumulus collator and a Cumulus runtime say to each other, byte for byte: read off the published
//! `cumulus-primitives-core` 0.27 and `cumulus-primitives-parachain-inherent` 0.27, of which nothing is linked.

use async_backing_collator::CoreSelection;
use async_backing_primitives::{
	CandidateCommitments, HeadData, InboundDownwardMessage, InboundHrmpMessage, OutboundHrmpMessage, ParaId,
	PersistedValidationData, UpwardMessage, ValidationCode,
};
use async_backing_relay_client::{Block, Header};
use codec::{Compact, Decode, Encode};
use sp_inherents::InherentIdentifier;
use sp_runtime::{ConsensusEngineId, DigestItem};
use sp_trie::{CompactProof, StorageProof};
use std::collections::BTreeMap;

/// Name of the digests by which Aura says slot and seal.
pub const AURA: ConsensusEngineId = *b"aura";
/// Name of the digests that Cumulus reads.
pub const CUMULUS: ConsensusEngineId = *b"CMLS";
/// Under which name runtimes look for [`ParachainInherentData`].
pub const PARACHAIN_INHERENT: InherentIdentifier = *b"sysi1338";
/// Under which name older runtimes look for it, without its last two fields.
pub const PARACHAIN_INHERENT_V0: InherentIdentifier = *b"sysi1337";
/// What block data of a known version begin with. Those of version 0 begin with their block.
const VERSIONED: &[u8] = b"VERSIONEDPBD";
/// Which of the items of [`CUMULUS`] says the core.
const CORE_INFO: u8 = 1;

/// The inherent of `parachain-system`, as collators hand it in since it knows descendants of the relay parent.
#[derive(Clone, Debug, Encode)]
pub struct ParachainInherentData {
	/// What of the chain's state does not depend on messages.
	pub basic: ParachainInherentDataV0,
	/// The relay parent and the relay blocks on top of it, oldest first, where the runtime demands some; else nothing.
	pub relay_parent_descendants: Vec<Header>,
	/// To whom the relay chain gives credit, at most 64 bytes; nobody has one in a devnet.
	pub collator_peer_id: Option<Vec<u8>>,
}

/// The same as it was before: what both have.
#[derive(Clone, Debug, Encode)]
pub struct ParachainInherentDataV0 {
	/// What validators hold the block against.
	pub validation_data: PersistedValidationData,
	/// Values of the relay chain's state, against its root there.
	pub relay_chain_state: StorageProof,
	/// All downward messages that wait, oldest first.
	pub downward_messages: Vec<InboundDownwardMessage>,
	/// All horizontal messages that wait, by sender, oldest first.
	pub horizontal_messages: BTreeMap<ParaId, Vec<InboundHrmpMessage>>,
}

/// The digest that says for which core a block is, of how many. The runtime makes the signal of it (R-UMP-5).
pub fn core_info((selector, offset): CoreSelection, cores: u16) -> DigestItem {
	DigestItem::PreRuntime(
		CUMULUS,
		(CORE_INFO, selector.0, offset.0, Compact(cores)).encode(),
	)
}

/// What a runtime of `parachain-system` says that including a block does (`CollectCollationInfo`, version 2 and later).
#[derive(Clone, Debug, Decode, Encode)]
pub struct CollationInfo {
	upward_messages: Vec<UpwardMessage>,
	horizontal_messages: Vec<OutboundHrmpMessage>,
	new_validation_code: Option<ValidationCode>,
	processed_downward_messages: u32,
	hrmp_watermark: u32,
	head_data: HeadData,
}

impl From<CollationInfo> for CandidateCommitments {
	fn from(info: CollationInfo) -> Self {
		Self {
			upward_messages: info.upward_messages,
			horizontal_messages: info.horizontal_messages,
			new_validation_code: info.new_validation_code,
			head_data: info.head_data,
			processed_downward_messages: info.processed_downward_messages,
			hrmp_watermark: info.hrmp_watermark,
		}
	}
}

/// A block with its witness, as `validate_block` takes it: of version 1 if the runtime knows versions (`CollectCollationInfo`
/// of version 3), else of version 0.
pub fn block_data(block: &Block, proof: &CompactProof, versioned: bool) -> Vec<u8> {
	match versioned {
		true => [VERSIONED, &[1], &(Compact(1u32), block, proof).encode()].concat(),
		false => (block, proof).encode(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{ClaimQueueOffset, CoreSelector};

	#[test]
	fn r_ump_5_a_core_is_said_as_cumulus_reads_it() {
		let item = core_info((CoreSelector(3), ClaimQueueOffset(1)), 2);
		assert_eq!(item, DigestItem::PreRuntime(*b"CMLS", vec![1, 3, 1, 8]));
	}

	#[test]
	fn block_data_have_their_version_in_front() {
		let header = Header {
			parent_hash: Default::default(),
			number: 1,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Default::default(),
		};
		let block = Block {
			header,
			extrinsics: Vec::new(),
		};
		let proof = CompactProof {
			encoded_nodes: vec![vec![7]],
		};
		let plain = block_data(&block, &proof, false);
		let versioned = block_data(&block, &proof, true);
		assert_eq!(plain, (&block, &proof).encode());
		// One block, in a list.
		assert_eq!(versioned, [&b"VERSIONEDPBD\x01\x04"[..], &plain].concat());
	}
}
