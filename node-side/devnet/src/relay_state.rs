//! The relay chain at a relay parent, as the producers of parablocks read it.

use async_backing_collator::{RelayParentState, RelayReadError};
use async_backing_primitives::{Hash, InboundDownwardMessage, InboundHrmpMessage, ParaId};
use async_backing_relay_client::RelayClient;
use codec::Encode;
use sp_trie::StorageProof;
use std::collections::BTreeMap;

/// The state after one block.
#[derive(Debug)]
pub(crate) struct StateAt<'a> {
	client: &'a RelayClient,
	at: Hash,
}

impl<'a> StateAt<'a> {
	/// The state after the block `at`.
	pub(crate) fn new(client: &'a RelayClient, at: Hash) -> Self {
		Self { client, at }
	}
}

impl RelayParentState for StateAt<'_> {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RelayReadError> {
		self.client.storage(self.at, key).map_err(RelayReadError::new)
	}

	fn prove(&self, keys: &[Vec<u8>]) -> Result<StorageProof, RelayReadError> {
		let keys: Vec<_> = keys.iter().map(Vec::as_slice).collect();
		self.client
			.storage_proof(self.at, &keys)
			.map_err(RelayReadError::new)
	}

	fn downward_messages(&self, para: ParaId) -> Result<Vec<InboundDownwardMessage>, RelayReadError> {
		self.client
			.downward_messages(self.at, para)
			.map_err(RelayReadError::new)
	}

	fn horizontal_messages(
		&self,
		para: ParaId,
	) -> Result<BTreeMap<ParaId, Vec<InboundHrmpMessage>>, RelayReadError> {
		self.client
			.horizontal_messages(self.at, para)
			.map_err(RelayReadError::new)
	}

	fn headers_up_to(&self, leaf: Hash) -> Result<Vec<Vec<u8>>, RelayReadError> {
		let oldest = self.client.number(self.at).map_err(RelayReadError::new)?;
		let (mut headers, mut next) = (Vec::new(), leaf);
		loop {
			let header = self.client.header(next).map_err(RelayReadError::new)?;
			headers.push(header.encode());
			if next == self.at {
				headers.reverse();
				return Ok(headers);
			}
			if header.number <= oldest {
				return Err(RelayReadError::new(format!(
					"relay block {leaf} is not on top of {}",
					self.at
				)));
			}
			next = header.parent_hash;
		}
	}
}
