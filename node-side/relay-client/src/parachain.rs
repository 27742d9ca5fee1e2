//! Messages that wait for a para at a relay parent.

use crate::{Hash, QueryError, RelayClient};
use async_backing_primitives::{
	runtime_api::ParachainHost, InboundDownwardMessage, InboundHrmpMessage, ParaId,
};
use std::collections::BTreeMap;

impl RelayClient {
	/// Downward messages that wait for a para in the state after `at`, oldest first.
	///
	/// # Errors
	/// The block is unknown, or the runtime does not offer the API.
	pub fn downward_messages(
		&self,
		at: Hash,
		para: ParaId,
	) -> Result<Vec<InboundDownwardMessage>, QueryError> {
		self.number(at)?;
		Ok(self.api().dmq_contents(at, para)?)
	}

	/// Horizontal messages that wait for a para in the state after `at`, by sender, oldest first.
	///
	/// # Errors
	/// The block is unknown, or the runtime does not offer the API.
	pub fn horizontal_messages(
		&self,
		at: Hash,
		para: ParaId,
	) -> Result<BTreeMap<ParaId, Vec<InboundHrmpMessage>>, QueryError> {
		self.number(at)?;
		Ok(self.api().inbound_hrmp_channels_contents(at, para)?)
	}
}
