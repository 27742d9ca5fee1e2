//! What the runtime says about a relay block, as one plain value for the node-side cores.
//!
//! Cores never call an API. This module asks once when a block becomes a leaf; everything that follows from it is
//! decided on [`LeafFacts`].

use crate::{Hash, QueryError, RelayClient};
use async_backing_primitives::{
	runtime_api::{AsyncBackingApi, ParachainHost},
	CandidateEvent, ClaimQueue, CoreState, LeafFacts, ParaAtLeaf, ParaId, RelayChainBlockInfo, SessionIndex,
};
use std::collections::{BTreeMap, BTreeSet};

impl RelayClient {
	/// All that the cores need to know of `leaf`.
	///
	/// Cost: a dozen runtime calls, two for each para and two for each ancestor in scope.
	///
	/// # Errors
	/// The block is unknown or has no slot, or the runtime does not offer the APIs.
	pub fn leaf_facts(&self, leaf: Hash) -> Result<LeafFacts, QueryError> {
		let header = self.header(leaf)?;
		let api = self.api();
		let session_index = api.session_index_for_child(leaf)?;
		let params = api.async_backing_params(leaf)?;
		let (groups, rotation) = api.validator_groups(leaf)?;
		let cores = api.availability_cores(leaf)?;
		let claim_queue = api.claim_queue(leaf)?;
		let mut paras = BTreeMap::new();
		for para in scheduled_paras(&claim_queue, &cores) {
			if let Some(backing_state) = api.para_backing_state(leaf, para)? {
				let extension = api.constraints_extension(leaf, para)?;
				paras.insert(
					para,
					ParaAtLeaf {
						backing_state,
						extension,
					},
				);
			}
		}
		let mut pending_relay_parents = BTreeMap::new();
		for pending in paras
			.values()
			.flat_map(|para| &para.backing_state.pending_availability)
		{
			let relay_parent = pending.descriptor.relay_parent();
			pending_relay_parents.insert(relay_parent, self.block_info(relay_parent)?);
		}
		let ancestors = self.ancestors_in_session(leaf, session_index, params.allowed_ancestry_len)?;
		let mut ancestor_claim_queues = BTreeMap::new();
		for ancestor in &ancestors {
			// An API instance answers about one block.
			ancestor_claim_queues.insert(ancestor.hash, self.api().claim_queue(ancestor.hash)?);
		}
		Ok(LeafFacts {
			block: self.block_info(leaf)?,
			parent_hash: header.parent_hash,
			slot: self.slot(leaf)?.unwrap_or_default(),
			session_index,
			session_ends_from_slot: api.session_ends_from_slot(leaf)?,
			params,
			ancestors,
			validators: api.validators(leaf)?,
			groups,
			rotation,
			minimum_backing_votes: api.minimum_backing_votes(leaf)?,
			disabled: api.disabled_validators(leaf)?,
			cores,
			claim_queue,
			ancestor_claim_queues,
			paras,
			pending_relay_parents,
			events: api.candidate_events(leaf)?,
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

	/// Up to `count` ancestors, newest first, until one whose child runs in another session (R-ABP-13).
	fn ancestors_in_session(
		&self,
		leaf: Hash,
		session: SessionIndex,
		count: u32,
	) -> Result<Vec<RelayChainBlockInfo>, QueryError> {
		let mut ancestors = Vec::new();
		for ancestor in self.ancestry(leaf, count as usize)? {
			if self.api().session_index_for_child(ancestor)? != session {
				break;
			}
			ancestors.push(self.block_info(ancestor)?);
		}
		Ok(ancestors)
	}
}

/// Paras that appear in a claim queue, occupy a core or are next up on one (R-VIE-1).
fn scheduled_paras(claim_queue: &ClaimQueue, cores: &[CoreState]) -> BTreeSet<ParaId> {
	let claimed = claim_queue.values().flatten().copied();
	let on_cores = cores.iter().flat_map(|core| match core {
		CoreState::Occupied(occupied) => {
			let next = [&occupied.next_up_on_available, &occupied.next_up_on_time_out];
			let next = next.map(|scheduled| scheduled.as_ref().map(|scheduled| scheduled.para_id));
			[Some(occupied.candidate_descriptor.para_id()), next[0], next[1]]
		}
		CoreState::Scheduled(scheduled) => [Some(scheduled.para_id), None, None],
		CoreState::Free => [None; 3],
	});
	claimed.chain(on_cores.flatten()).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::CoreIndex;

	#[test]
	fn r_vie_1_claims_and_cores_both_count() {
		let queue = ClaimQueue::from([(CoreIndex(0), [ParaId(3), ParaId(1)].into())]);
		let cores = [CoreState::Scheduled(ParaId(2).into()), CoreState::Free];
		assert_eq!(scheduled_paras(&queue, &cores), [1, 2, 3].map(ParaId).into());
	}
}
