//! The traits by which Substrate's functions know a client, so that [`RelayClient`] can be handed to them.

use crate::{Block, BlockNumber, Hash, Header, RelayClient, RuntimeApi};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HeaderBackend, Info, Result};

impl ProvideRuntimeApi<Block> for RelayClient {
	type Api = RuntimeApi;

	fn runtime_api(&self) -> ApiRef<'_, RuntimeApi> {
		self.client.runtime_api()
	}
}

impl HeaderBackend<Block> for RelayClient {
	fn header(&self, hash: Hash) -> Result<Option<Header>> {
		HeaderBackend::header(&*self.client, hash)
	}

	fn info(&self) -> Info<Block> {
		HeaderBackend::info(&*self.client)
	}

	fn status(&self, hash: Hash) -> Result<BlockStatus> {
		HeaderBackend::status(&*self.client, hash)
	}

	fn number(&self, hash: Hash) -> Result<Option<BlockNumber>> {
		HeaderBackend::number(&*self.client, hash)
	}

	fn hash(&self, number: BlockNumber) -> Result<Option<Hash>> {
		HeaderBackend::hash(&*self.client, number)
	}
}
