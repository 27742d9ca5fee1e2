//! What the runtime of a block answers to.

use crate::{chain::called, FactsError, RelayApi, RelayBlock};
use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	Hash,
};
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_consensus_babe::BabeApi;

/// The versions of ParachainHost in which methods came that a leaf is asked for (R-BIN-30).
pub mod versions {
	/// `async_backing_params` and `para_backing_state`, without which there are no facts.
	pub const BACKING_STATE: u32 = 7;
	/// `disabled_validators`.
	pub const DISABLED_VALIDATORS: u32 = 8;
	/// `node_features`.
	pub const NODE_FEATURES: u32 = 9;
	/// `claim_queue` and `candidates_pending_availability`.
	pub const CLAIM_QUEUE: u32 = 11;
	/// `backing_constraints`.
	pub const BACKING_CONSTRAINTS: u32 = 13;
}

/// What the runtime of a block answers to, found out at that block: an upgrade changes it from one block to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
	/// Version of ParachainHost; `None` if there is no such API.
	pub parachain_host: Option<u32>,
	/// Whether there is the API of this project's pallets.
	pub async_backing: bool,
	/// Whether there is BABE's API, in a version that tells epochs.
	pub babe: bool,
}

impl Offer {
	/// Whether ParachainHost has what came in this version. A version has all that the ones before it have.
	pub fn has(&self, version: u32) -> bool {
		self.parachain_host.is_some_and(|found| found >= version)
	}

	/// Refuses a runtime that does not have a method.
	pub(crate) fn require(&self, method: &'static str, expected: u32, at: Hash) -> Result<(), FactsError> {
		match self.parachain_host {
			Some(found) if found >= expected => Ok(()),
			found => Err(FactsError::Unsupported {
				method,
				expected,
				found,
				at,
			}),
		}
	}
}

/// Asks what the runtime of a block answers to. Costs no execution: the versions are part of the runtime's code.
///
/// # Errors
/// [`FactsError::Call`] if the client does not know the block or has lost its state.
pub fn offer_at<Client, B>(client: &Client, at: Hash) -> Result<Offer, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>>,
{
	let api = client.runtime_api();
	let version = |answer| called("version", at, answer);
	Ok(Offer {
		parachain_host: version(api.api_version::<dyn ParachainHost<B>>(at))?,
		async_backing: version(api.api_version::<dyn AsyncBackingApi<B>>(at))?.is_some(),
		// What it was before had another configuration, and need not have epochs.
		babe: version(api.api_version::<dyn BabeApi<B>>(at))?.is_some_and(|found| found >= 2),
	})
}
