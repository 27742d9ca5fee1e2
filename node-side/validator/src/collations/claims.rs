//! What a para may ask of this validator's group.

use async_backing_chain_view::ChainView;
use async_backing_primitives::{BlockNumber, CoreIndex, Hash, LeafFacts, ParaId, ValidatorIndex};

/// Claims on the core that the own group serves with a relay parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
	/// Those of the para.
	pub(crate) of_para: usize,
	/// All of them.
	pub(crate) all: usize,
}

/// The claims that a para has on the own core with this relay parent, at the leaf where it has most (R-BAK-1). `None` if
/// the relay parent is in no scope.
pub(crate) fn claims(chain: &ChainView, relay_parent: Hash, para: ParaId) -> Option<Claims> {
	let own = chain.own_index(relay_parent);
	let core = own.and_then(|own| chain.core_of(relay_parent, own));
	chain
		.leaves_admitting(relay_parent)
		.map(|leaf| {
			core.and_then(|core| claims_at(leaf, relay_parent, para, core))
				.unwrap_or_default()
		})
		.max_by_key(|claims| (claims.of_para, claims.all))
}

/// As the relay parent has them in its state, where the chain asks for them (R-REL-7), or else the leaf.
fn claims_at(leaf: &LeafFacts, relay_parent: Hash, para: ParaId, core: CoreIndex) -> Option<Claims> {
	let queue = leaf
		.ancestor_claim_queues
		.get(&relay_parent)
		.unwrap_or(&leaf.claim_queue);
	let claims = queue.get(&core)?;
	Some(Claims {
		of_para: claims.iter().filter(|claim| **claim == para).count(),
		all: claims.len(),
	})
}

/// Whether a para has a claim on a core that the own group serves at some leaf, or will serve there before the claim is
/// over (R-NET-81).
pub(crate) fn is_served(chain: &ChainView, para: ParaId) -> bool {
	chain.leaves().any(|leaf| {
		let Some(own) = chain.own_index(leaf.block.hash) else {
			return false;
		};
		let horizon = leaf.claim_queue.values().map(|claims| claims.len()).max();
		let mut children = (1..)
			.take(horizon.unwrap_or(0))
			.map(|ahead| leaf.block.number.saturating_add(ahead));
		children.any(|child| {
			core_at(leaf, child, own)
				.and_then(|core| leaf.claim_queue.get(&core))
				.is_some_and(|claims| claims.contains(&para))
		})
	})
}

/// The core that a validator's group serves in a block with this number (R-GRP-1).
fn core_at(leaf: &LeafFacts, child: BlockNumber, validator: ValidatorIndex) -> Option<CoreIndex> {
	let group = leaf.groups.iter().position(|group| group.contains(&validator))?;
	let group = u32::try_from(group).ok()?.into();
	leaf.rotation.at(child).core_for_group(group, leaf.groups.len())
}

/// Largest proof of validity that the chain takes from a para with this relay parent, in bytes (R-BAK-12). `None` if the
/// relay parent is in no scope, or the para is not scheduled there.
pub(crate) fn max_pov_size(chain: &ChainView, relay_parent: Hash, para: ParaId) -> Option<usize> {
	chain
		.leaves_admitting(relay_parent)
		.filter_map(|leaf| leaf.paras.get(&para))
		.map(|state| state.backing_state.constraints.max_pov_size as usize)
		.max()
}
