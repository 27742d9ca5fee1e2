//! The backing state of a para, in whichever way the runtime tells it (R-BIN-31).

use crate::{
	chain::{called, find_header, info},
	offer::versions,
	FactsError, Offer, RelayApi, RelayBlock,
};
use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	BackingState, CandidatePendingAvailability, Hash, OccupiedCoreAssumption, ParaAtLeaf, ParaId,
	RelayChainBlockInfo,
};
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::collections::BTreeMap;

const STATE: &str = "para_backing_state";

/// A para at a leaf, and the relay parents of its pending candidates.
pub(crate) type Para = (ParaAtLeaf, BTreeMap<Hash, RelayChainBlockInfo>);

/// What the runtime says about a para; `None` if it has no head.
pub(crate) fn para_at<Client, B>(
	client: &Client,
	offer: Offer,
	leaf: Hash,
	para: ParaId,
) -> Result<Option<Para>, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>> + HeaderBackend<B>,
{
	let api = client.runtime_api();
	let answer = api.para_backing_state(leaf, para);
	let state = match offer.async_backing {
		// Our own pallets have one layout.
		true => called(STATE, leaf, answer)?,
		false => published(client, offer, leaf, para, answer)?,
	};
	let Some(backing_state) = state else {
		return Ok(None);
	};
	let mut relay_parents = BTreeMap::new();
	for pending in &backing_state.pending_availability {
		let relay_parent = pending.descriptor.relay_parent();
		let info = relay_parent_info(client, pending.candidate_hash, relay_parent)?;
		relay_parents.insert(relay_parent, info);
	}
	let extension = match offer.async_backing {
		true => called(
			"constraints_extension",
			leaf,
			api.constraints_extension(leaf, para),
		)?,
		false => None,
	};
	let para = ParaAtLeaf {
		backing_state,
		extension,
	};
	Ok(Some((para, relay_parents)))
}

/// The answer of a runtime with the published pallets, whose layout no version tells (R-DEF-22).
fn published<Client, B>(
	client: &Client,
	offer: Offer,
	leaf: Hash,
	para: ParaId,
	answer: Result<Option<BackingState>, ApiError>,
) -> Result<Option<BackingState>, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>> + HeaderBackend<B>,
{
	let read = match answer {
		Ok(None) => return Ok(None),
		Ok(Some(state)) => check_head(client, leaf, para, &state).map(|()| state),
		Err(ApiError::FailedToDecodeReturnValue { function, error, raw }) => {
			match BackingState::decode_any(&raw) {
				Ok((_, state)) => return Ok(state),
				Err(_) => called(
					STATE,
					leaf,
					Err(ApiError::FailedToDecodeReturnValue { function, error, raw }),
				),
			}
		}
		Err(error) => called(STATE, leaf, Err(error)),
	};
	let state = match read {
		Err(_) if offer.has(versions::BACKING_CONSTRAINTS) => pair(client, leaf, para)?,
		read => Some(read?),
	};
	Ok(state.map(|mut state| {
		state.constraints.canonicalize();
		state
	}))
}

/// Bytes of the older layout may by chance read as the newer one, and then name another head than the para has.
fn check_head<Client, B>(
	client: &Client,
	leaf: Hash,
	para: ParaId,
	state: &BackingState,
) -> Result<(), FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>>,
{
	// With "timed out" the answer is about the included head, whatever is pending (R-ENA-6).
	let data = client
		.runtime_api()
		.persisted_validation_data(leaf, para, OccupiedCoreAssumption::TimedOut);
	let Some(data) = called("persisted_validation_data", leaf, data)? else {
		return Ok(());
	};
	let read = &state.constraints.required_parent;
	if data.parent_head == *read {
		return Ok(());
	}
	Err(FactsError::Layout {
		para,
		expected: data.parent_head.hash(),
		read: read.hash(),
	})
}

/// The backing state out of the two methods that came after it.
fn pair<Client, B>(client: &Client, leaf: Hash, para: ParaId) -> Result<Option<BackingState>, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>> + HeaderBackend<B>,
{
	let api = client.runtime_api();
	let constraints = called("backing_constraints", leaf, api.backing_constraints(leaf, para))?;
	let Some(constraints) = constraints else {
		return Ok(None);
	};
	let pending = called(
		"candidates_pending_availability",
		leaf,
		api.candidates_pending_availability(leaf, para),
	)?;
	let mut pending_availability = Vec::with_capacity(pending.len());
	for receipt in pending {
		let candidate_hash = receipt.hash();
		let relay_parent = receipt.descriptor.relay_parent();
		pending_availability.push(CandidatePendingAvailability {
			candidate_hash,
			relay_parent_number: relay_parent_info(client, candidate_hash, relay_parent)?.number,
			descriptor: receipt.descriptor,
			commitments: receipt.commitments,
			// That of today: the one under which it was backed is not told.
			max_pov_size: constraints.max_pov_size,
		});
	}
	Ok(Some(BackingState {
		constraints,
		pending_availability,
	}))
}

fn relay_parent_info<B: RelayBlock>(
	client: &impl HeaderBackend<B>,
	candidate: async_backing_primitives::CandidateHash,
	relay_parent: Hash,
) -> Result<RelayChainBlockInfo, FactsError> {
	match find_header(client, relay_parent)? {
		Some(header) => Ok(info(relay_parent, &header)),
		None => Err(FactsError::UnknownRelayParent {
			candidate,
			relay_parent,
		}),
	}
}
