//! A leaf is asked once; everything that follows from it is decided on the answer.

use crate::{
	backing_state::para_at,
	chain::{called, find_header, header, info, slot},
	cores::{claims_of_cores, scheduled_paras},
	offer::{offer_at, versions},
	FactsError, Offer, RelayApi, RelayBlock,
};
use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	ClaimQueue, GridSeed, Hash, LeafFacts, NodeFeatures, ParaId, RelayChainBlockInfo, SessionIndex, Slot,
};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus_babe::{BabeApi, Epoch};
use sp_runtime::traits::Header;
use std::collections::BTreeMap;

/// What a client says about a leaf, and how it was found out.
#[derive(Debug)]
pub struct Answer {
	/// What the cores of the node side need.
	pub facts: LeafFacts,
	/// What the runtime of the leaf answers to.
	pub offer: Offer,
	/// Paras that are scheduled but not among the facts because their own state can't be had (R-VIE-3).
	pub left_out: BTreeMap<ParaId, FactsError>,
}

/// All that the cores of the node side need to know of `leaf`. A para that [`ask`] leaves out is missing, with a warning in
/// the log.
///
/// # Errors
/// As for [`ask`].
pub fn leaf_facts<Client, B>(client: &Client, leaf: Hash) -> Result<LeafFacts, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>> + HeaderBackend<B>,
{
	let Answer { facts, left_out, .. } = ask(client, leaf)?;
	for (para, error) in left_out {
		log::warn!(target: "async-backing", "para {para} is left out at {leaf:?}: {error}");
	}
	Ok(facts)
}

/// Asks about `leaf`, by whatever its runtime answers to (R-BIN-31).
///
/// Cost: some seventeen calls, at most three more for each para and two for each ancestor in scope.
///
/// # Errors
/// [`FactsError::Unsupported`] below version 7 of ParachainHost, [`FactsError::NoSlot`] on a chain that is not BABE's, and
/// the errors of the client. What goes wrong for one para alone is in [`Answer::left_out`].
pub fn ask<Client, B>(client: &Client, leaf: Hash) -> Result<Answer, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>> + HeaderBackend<B>,
{
	let leaf_header = header(client, leaf)?;
	let slot = slot(leaf, &leaf_header)?;
	let offer = offer_at(client, leaf)?;
	offer.require("para_backing_state", versions::BACKING_STATE, leaf)?;

	let api = client.runtime_api();
	let session_index = called("session_index_for_child", leaf, api.session_index_for_child(leaf))?;
	let params = called("async_backing_params", leaf, api.async_backing_params(leaf))?;
	let (groups, rotation) = called("validator_groups", leaf, api.validator_groups(leaf))?;
	let cores = called("availability_cores", leaf, api.availability_cores(leaf))?;
	let claim_queue = match offer.has(versions::CLAIM_QUEUE) {
		true => called("claim_queue", leaf, api.claim_queue(leaf))?,
		false => claims_of_cores(&cores),
	};
	let disabled = match offer.has(versions::DISABLED_VALIDATORS) {
		true => called("disabled_validators", leaf, api.disabled_validators(leaf))?,
		false => Vec::new(),
	};
	// None before that version.
	let node_features = match offer.has(versions::NODE_FEATURES) {
		true => called("node_features", leaf, api.node_features(leaf))?,
		false => NodeFeatures::default(),
	};

	let epoch = match offer.babe {
		true => Some(called("current_epoch", leaf, api.current_epoch(leaf))?),
		false => None,
	};

	let (mut paras, mut left_out) = (BTreeMap::new(), BTreeMap::new());
	let mut pending_relay_parents = BTreeMap::new();
	for para in scheduled_paras(&claim_queue, &cores) {
		match para_at(client, offer, leaf, para) {
			Ok(Some((at_leaf, relay_parents))) => {
				paras.insert(para, at_leaf);
				pending_relay_parents.extend(relay_parents);
			}
			Ok(None) => {}
			Err(error) => {
				left_out.insert(para, error);
			}
		}
	}

	let ancestors = ancestors_in_session(client, &leaf_header, session_index, params.allowed_ancestry_len)?;
	let mut ancestor_claim_queues = BTreeMap::new();
	for ancestor in &ancestors {
		let claims = claim_queue_at(client, ancestor.hash)?;
		ancestor_claim_queues.insert(ancestor.hash, claims);
	}

	let validators = called("validators", leaf, api.validators(leaf))?;
	let grid = match &epoch {
		Some(epoch) => grid_seed(client, leaf, session_index, epoch, validators.len())?,
		None => None,
	};
	let facts = LeafFacts {
		block: info(leaf, &leaf_header),
		parent_hash: *leaf_header.parent_hash(),
		slot,
		session_index,
		session_ends_from_slot: session_ends_from_slot(client, offer, leaf, &leaf_header, epoch.as_ref())?,
		params,
		ancestors,
		validators,
		groups,
		rotation,
		// From version 6 on, and so always here.
		minimum_backing_votes: called("minimum_backing_votes", leaf, api.minimum_backing_votes(leaf))?,
		disabled,
		cores,
		claim_queue,
		ancestor_claim_queues,
		paras,
		pending_relay_parents,
		// From version 2 on, and so always here.
		codes_to_check: called("pvfs_require_precheck", leaf, api.pvfs_require_precheck(leaf))?,
		node_features,
		grid,
		events: called("candidate_events", leaf, api.candidate_events(leaf))?,
	};
	Ok(Answer {
		facts,
		offer,
		left_out,
	})
}

/// Up to `count` ancestors, newest first, until one whose child runs in another session (R-ABP-13), or one that the client
/// does not have: it began to sync above it.
fn ancestors_in_session<Client, B>(
	client: &Client,
	leaf: &B::Header,
	session: SessionIndex,
	count: u32,
) -> Result<Vec<RelayChainBlockInfo>, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>> + HeaderBackend<B>,
{
	let mut ancestors = Vec::new();
	let (mut hash, mut number) = (*leaf.parent_hash(), *leaf.number());
	while number > 0 && ancestors.len() < count as usize {
		let Some(ancestor) = find_header(client, hash)? else {
			break;
		};
		// An API instance answers about one block.
		let its_session = client.runtime_api().session_index_for_child(hash);
		if called("session_index_for_child", hash, its_session)? != session {
			break;
		}
		ancestors.push(info(hash, &ancestor));
		(hash, number) = (*ancestor.parent_hash(), *ancestor.number());
	}
	Ok(ancestors)
}

/// The claim queue in the state of an ancestor, whose runtime may be an older one than the leaf's.
fn claim_queue_at<Client, B>(client: &Client, at: Hash) -> Result<ClaimQueue, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>>,
{
	let api = client.runtime_api();
	if offer_at(client, at)?.has(versions::CLAIM_QUEUE) {
		return called("claim_queue", at, api.claim_queue(at));
	}
	let cores = called("availability_cores", at, api.availability_cores(at))?;
	Ok(claims_of_cores(&cores))
}

/// The slot from which on a child ends the session (R-ABP-10), by our own API or else by BABE's: sessions are epochs.
/// `Slot::MAX` if nobody tells, and at genesis, whose child begins the first epoch in its own slot.
fn session_ends_from_slot<Client, B>(
	client: &Client,
	offer: Offer,
	leaf: Hash,
	header: &B::Header,
	epoch: Option<&Epoch>,
) -> Result<Slot, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>>,
{
	if offer.async_backing {
		let answer = client.runtime_api().session_ends_from_slot(leaf);
		return called("session_ends_from_slot", leaf, answer);
	}
	Ok(match epoch {
		Some(epoch) if *header.number() > 0 => u64::from(epoch.start_slot).saturating_add(epoch.duration),
		_ => Slot::MAX,
	})
}

/// What the grid of the leaf's session follows from (R-NET-113): an epoch is a session, so all leaves of one tell the same.
/// Where there are fewer discovery keys than validators, as without authority discovery, the validators are laid out.
fn grid_seed<Client, B>(
	client: &Client,
	leaf: Hash,
	session: SessionIndex,
	epoch: &Epoch,
	validators: usize,
) -> Result<Option<GridSeed>, FactsError>
where
	B: RelayBlock,
	Client: ProvideRuntimeApi<B, Api: RelayApi<B>>,
{
	let info = client.runtime_api().session_info(leaf, session);
	Ok(called("session_info", leaf, info)?.map(|info| GridSeed {
		randomness: epoch.randomness,
		authorities: u32::try_from(info.discovery_keys.len().max(validators)).unwrap_or(u32::MAX),
	}))
}
