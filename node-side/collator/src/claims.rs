//! Claims of the para: which cores wait for its blocks, and when (R-SCH-4, R-UMP-5, R-SCH-9 to R-SCH-11).
//!
//! A block is built for a claim. Which one it takes in the end the relay chain decides: the first on the core that the
//! candidate names, once it is backable. So those that wait take the first claims that they can, and what is left is free.

use crate::blocks::Parablock;
use async_backing_primitives::{
	cores_assigned_at, AsyncBackingParams, BlockNumber, ClaimQueueOffset, CoreIndex, CoreSelector, LeafFacts,
	ParaId,
};

/// A turn of a core: one candidate of the para may be backed there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
	/// Number of the relay block that serves it.
	pub block: BlockNumber,
	/// The core.
	pub core: CoreIndex,
}

/// What a candidate says to pick its core: which of the para's cores, counted ascending, at which position of the claim
/// queue (R-UMP-5).
pub type CoreSelection = (CoreSelector, ClaimQueueOffset);

/// The last relay block that may back what has this relay parent (R-ABP-2).
pub(crate) fn last_to_back(relay_parent: BlockNumber, leaf: &LeafFacts) -> BlockNumber {
	relay_parent
		.saturating_add(leaf.params.allowed_ancestry_len.min(AsyncBackingParams::MAX))
		.saturating_add(1)
}

/// All claims of the para that a block on a relay parent of this number may be backed for, seen from a leaf, soonest first.
///
/// The claim queue shows only so many blocks. A core that serves nobody else as far as it reaches is taken to go on so: it
/// is leased, and a wrong guess costs one block (R-COL-5).
pub(crate) fn in_reach(leaf: &LeafFacts, relay_parent: BlockNumber, para: ParaId) -> Vec<Claim> {
	let (first, last) = (
		leaf.block.number.saturating_add(1),
		last_to_back(relay_parent, leaf),
	);
	let horizon = leaf.claim_queue.values().map(|claims| claims.len()).max();
	let mut found = Vec::new();
	for (core, claims) in &leaf.claim_queue {
		let goes_on = Some(claims.len()) == horizon && claims.iter().all(|claim| *claim == para);
		let shown = claims.iter().map(|claim| *claim == para);
		let then = std::iter::repeat(goes_on && !claims.is_empty());
		found.extend(
			(first..=last)
				.zip(shown.chain(then))
				.filter(|(_, is_own)| *is_own)
				.map(|(block, _)| Claim { block, core: *core }),
		);
	}
	found.sort_unstable();
	found
}

/// The first block after `claim`'s in which its core serves the para again, as far as the claim queue shows.
pub(crate) fn again(leaf: &LeafFacts, para: ParaId, claim: Claim) -> Option<BlockNumber> {
	let claims = leaf.claim_queue.get(&claim.core)?;
	(leaf.block.number.saturating_add(1)..)
		.zip(claims)
		.find(|(block, claimed)| *block > claim.block && **claimed == para)
		.map(|(block, _)| block)
}

/// How a candidate on this relay parent picks the core of a claim: `None` where it need not say, because the core is one of
/// the para's in the block after that. As an error where it cannot.
pub(crate) fn selection(
	relay_parent: &LeafFacts,
	para: ParaId,
	claim: Claim,
) -> Result<Option<CoreSelection>, Unselectable> {
	let at = |offset| cores_assigned_at(&relay_parent.claim_queue, para, offset);
	if at(ClaimQueueOffset(0)).contains(&claim.core) {
		return Ok(None);
	}
	let ahead = claim
		.block
		.checked_sub(relay_parent.block.number)
		.and_then(|ahead| ahead.checked_sub(1))
		.and_then(|ahead| u8::try_from(ahead).ok())
		.ok_or(Unselectable)?;
	let offset = ClaimQueueOffset(ahead);
	let position = at(offset).iter().position(|core| *core == claim.core);
	let selector = position
		.and_then(|position| u8::try_from(position).ok())
		.ok_or(Unselectable)?;
	Ok(Some((CoreSelector(selector), offset)))
}

/// A claim that no candidate on this relay parent can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unselectable;

/// Takes the claims of blocks that wait to be backed out of all of them. Returns how many of these blocks, one on the
/// other, have one: what comes after the first that has none can't be backed any more.
///
/// Left are the claims that a child of the last of them may have: none that are before its parent's.
pub(crate) fn serve(claims: &mut Vec<Claim>, path: &[&Parablock], leaf: &LeafFacts) -> usize {
	let mut not_before = leaf.block.number.saturating_add(1);
	let mut served = 0;
	for block in path {
		let last = last_to_back(block.relay_parent.number, leaf);
		let earliest = not_before.max(block.ready);
		let is_its = |claim: &Claim| {
			claim.block >= earliest && claim.block <= last && block.core.is_none_or(|core| core == claim.core)
		};
		let Some(position) = claims.iter().position(is_its) else {
			break;
		};
		not_before = claims.remove(position).block;
		served += 1;
	}
	claims.retain(|claim| claim.block >= not_before);
	served
}
