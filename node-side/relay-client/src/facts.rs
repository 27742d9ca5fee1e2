//! What the runtime says about a relay block, as plain values for the node-side cores.

use crate::{Hash, QueryError, RelayClient};
use async_backing_leaf_facts::FactsError;
use async_backing_primitives::{runtime_api::ParachainHost, CandidateEvent, LeafFacts, RelayChainBlockInfo};

impl RelayClient {
	/// All that the cores need to know of `leaf`: [`async_backing_leaf_facts::leaf_facts`] of this client.
	///
	/// # Errors
	/// The block is unknown, or the runtime does not offer the APIs.
	pub fn leaf_facts(&self, leaf: Hash) -> Result<LeafFacts, QueryError> {
		async_backing_leaf_facts::leaf_facts(self, leaf).map_err(|error| match error {
			FactsError::UnknownBlock(block) => QueryError::UnknownBlock(block),
			error => Box::new(error).into(),
		})
	}

	/// What happened to candidates in `block`.
	///
	/// # Errors
	/// The block is unknown, or the runtime does not offer the API.
	pub fn candidate_events(&self, block: Hash) -> Result<Vec<CandidateEvent>, QueryError> {
		Ok(self.api().candidate_events(block)?)
	}

	/// Hash, number and state root of a block.
	///
	/// # Errors
	/// The block is unknown.
	pub fn block_info(&self, block: Hash) -> Result<RelayChainBlockInfo, QueryError> {
		let header = self.header(block)?;
		Ok(RelayChainBlockInfo {
			hash: block,
			number: header.number,
			storage_root: header.state_root,
		})
	}
}
