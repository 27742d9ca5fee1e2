//! What is asked of a client, and its headers.

use crate::FactsError;
use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	BlockNumber, Hash, RelayChainBlockInfo, Slot,
};
use sp_api::{ApiError, ApiExt};
use sp_blockchain::HeaderBackend;
use sp_consensus_babe::{digests::CompatibleDigestItem, BabeApi};
use sp_runtime::traits::{Block, Header};

/// A block of a relay chain: hashes of 32 bytes, numbers of 32 bits. Implemented for every such block.
pub trait RelayBlock: Block<Hash = Hash, Header: Header<Number = BlockNumber, Hash = Hash>> {}

impl<B: Block<Hash = Hash, Header: Header<Number = BlockNumber, Hash = Hash>>> RelayBlock for B {}

/// What a client can put into calls. Implemented for whatever knows these traits: what the runtime of a block answers to
/// is found out there (R-BIN-31).
pub trait RelayApi<B: RelayBlock>: ApiExt<B> + ParachainHost<B> + AsyncBackingApi<B> + BabeApi<B> {}

impl<B: RelayBlock, A: ApiExt<B> + ParachainHost<B> + AsyncBackingApi<B> + BabeApi<B>> RelayApi<B> for A {}

/// The header of a block, if the client has it.
pub(crate) fn find_header<B: RelayBlock>(
	client: &impl HeaderBackend<B>,
	block: Hash,
) -> Result<Option<B::Header>, FactsError> {
	client
		.header(block)
		.map_err(|source| FactsError::Header { block, source })
}

pub(crate) fn header<B: RelayBlock>(
	client: &impl HeaderBackend<B>,
	block: Hash,
) -> Result<B::Header, FactsError> {
	find_header(client, block)?.ok_or(FactsError::UnknownBlock(block))
}

pub(crate) fn info<H: Header<Number = BlockNumber, Hash = Hash>>(
	hash: Hash,
	header: &H,
) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash,
		number: *header.number(),
		storage_root: *header.state_root(),
	}
}

/// The slot that the author claimed, by whichever of BABE's three kinds of claims. Genesis has none, and counts as 0.
pub(crate) fn slot<H: Header<Number = BlockNumber, Hash = Hash>>(
	hash: Hash,
	header: &H,
) -> Result<Slot, FactsError> {
	let claim = header
		.digest()
		.logs()
		.iter()
		.find_map(CompatibleDigestItem::as_babe_pre_digest);
	match claim {
		Some(claim) => Ok(claim.slot().into()),
		None if *header.number() == 0 => Ok(0),
		None => Err(FactsError::NoSlot(hash)),
	}
}

/// Names the call that failed.
pub(crate) fn called<T>(
	method: &'static str,
	at: Hash,
	answer: Result<T, ApiError>,
) -> Result<T, FactsError> {
	answer.map_err(|source| FactsError::Call { method, at, source })
}
