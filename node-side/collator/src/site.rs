//! Where a block may be built, and the block that a collator decides on.

use crate::{
	claims::{Claim, CoreSelection},
	pov_target,
};
use async_backing_execution_context::ExecutionContext;
use async_backing_primitives::{
	AsyncBackingParams, BlockNumber, CoreIndex, HeadData, HeadHash, ParaId, RelayChainBlockInfo,
	SessionIndex, Slot, ValidationCodeHash,
};
use std::sync::Arc;

/// Where a block may be built: a parent, and the claims that are left for its children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
	/// The parachain.
	pub para: ParaId,
	/// What a block there is executed and judged with: required parent, code, validation data, and what is left of every limit
	/// behind the blocks that it builds on (R-COL-1, R-COL-2).
	pub context: Arc<ExecutionContext>,
	/// The leaf: the best relay block.
	pub leaf: RelayChainBlockInfo,
	/// Slot of the leaf.
	pub slot: Slot,
	/// The relay parent: the leaf, or so many blocks behind it as the collator is made for (R-COL-2).
	pub relay_parent: RelayChainBlockInfo,
	/// Slot of the relay parent.
	pub relay_parent_slot: Slot,
	/// Hash of the head that is included at the relay parent.
	pub included: HeadHash,
	/// Unincluded blocks between the included head and this one: its depth (R-GLO-11).
	pub depth: u32,
	/// Blocks of the path with this relay parent.
	pub built: u32,
	/// How many it shall have: the smaller of velocity and the para's cores in one block (R-HOO-2).
	pub wanted: u32,
	/// Claims that no block waits for, soonest first; at least one.
	pub openings: Vec<Opening>,
	/// Parameters of the session.
	pub params: AsyncBackingParams,
	pub(crate) session_index: SessionIndex,
	pub(crate) session_ends_from_slot: Slot,
	pub(crate) validators: usize,
}

/// A claim that a block may be built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
	/// The claim.
	pub claim: Claim,
	/// How the candidate picks the core; `None` where it need not (R-UMP-5).
	pub selection: Option<CoreSelection>,
	/// Votes that back a candidate there (R-BKV-1).
	pub votes: u32,
	/// The last claim of the core that the candidate could be backed for, should it miss this one (R-COL-6).
	pub last: BlockNumber,
	/// When the core serves the para again after this claim, as far as the claim queue shows.
	pub again: Option<BlockNumber>,
}

impl Site {
	/// Largest legal PoV, in bytes of its SCALE encoding.
	pub fn max_pov_size(&self) -> u32 {
		self.context.validation_data.max_pov_size.value
	}

	/// How many relay blocks after the leaf a claim is served; at least 1.
	pub fn distance(&self, block: BlockNumber) -> u32 {
		block.saturating_sub(self.leaf.number).max(1)
	}

	/// How many relay blocks after a leaf a candidate that is built there can be backed in, if its relay parent is as far
	/// behind as here; at least 1 (R-ABP-2).
	pub fn window(&self) -> u32 {
		let behind = self.leaf.number.saturating_sub(self.relay_parent.number);
		self.params.relay_parent_window().saturating_sub(behind).max(1)
	}

	/// The slot in which a relay block comes if none is missed.
	pub(crate) fn slot_of(&self, block: BlockNumber) -> Slot {
		self.slot.saturating_add(self.distance(block).into())
	}

	/// A block for one of the openings. `ready` is how many relay blocks after the leaf its candidate is expected to be
	/// backable.
	pub fn build_for(&self, opening: &Opening, ready: u32) -> BuildOn {
		BuildOn {
			para: self.para,
			context: self.context.clone(),
			leaf: self.leaf,
			leaf_slot: self.slot,
			relay_parent: self.relay_parent,
			slot: self.relay_parent_slot,
			included: self.included,
			core: opening.claim.core,
			claim: opening.claim,
			selection: opening.selection,
			ready: self.leaf.number.saturating_add(ready.max(1)),
			session_index: self.session_index,
			validators: self.validators,
			depth: self.depth,
			earliest: self.slot_of(opening.claim.block),
			deadline: self
				.slot_of(opening.last)
				.min(self.session_ends_from_slot.saturating_sub(1)),
			limits: Limits {
				pov_size: pov_target(self.max_pov_size()),
				votes: opening.votes,
				blocks_per_slot: self.wanted,
			},
		}
	}
}

/// A block to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildOn {
	/// The parachain.
	pub para: ParaId,
	/// What it is executed and judged with (R-COL-2): validation data, code and limits are here, and nowhere else.
	pub context: Arc<ExecutionContext>,
	/// The leaf at which it is built: the best relay block.
	pub leaf: RelayChainBlockInfo,
	/// Slot of the leaf.
	pub leaf_slot: Slot,
	/// The relay parent: the leaf, or a block behind it (R-COL-2).
	pub relay_parent: RelayChainBlockInfo,
	/// Slot of the relay parent: the one that the parachain sees.
	pub slot: Slot,
	/// Hash of the head that is included at the relay parent.
	pub included: HeadHash,
	/// Core that the candidate shall occupy (R-UMP-5).
	pub core: CoreIndex,
	/// The claim that it is built for.
	pub claim: Claim,
	/// What the candidate has to say so that it may occupy the core: a signal of its own (R-UMP-3), or nothing (R-UMP-5).
	pub selection: Option<CoreSelection>,
	/// First relay block that is expected to be able to back the candidate.
	pub ready: BlockNumber,
	/// Session of the relay parent: the one that its child runs in.
	pub session_index: SessionIndex,
	/// Validators among whom the available data will be split.
	pub validators: usize,
	/// Unincluded blocks between the included head and this one: its depth (R-GLO-11).
	pub depth: u32,
	/// Slot of the block that serves the claim: blocks of this para that wait to be backed have the claims before it.
	pub earliest: Slot,
	/// Last slot whose block may back the candidate: its relay parent is in scope (R-ABP-2), the core serves the para, and
	/// the session goes on (R-ABP-10). When its author assembles the inherent is for the driver to know, as is how long it
	/// takes until then.
	pub deadline: Slot,
	/// What bounds the block.
	pub limits: Limits,
}

impl BuildOn {
	/// Head data of the parent, the required parent of R-COL-1.
	pub fn parent_head(&self) -> &HeadData {
		&self.context.validation_data.parent_head.value
	}

	/// Hash of the included head at the relay parent: what the parachain's hook is asked with (R-HOO-3).
	pub fn included_head(&self) -> HeadHash {
		self.included
	}

	/// Largest legal PoV, in bytes of its SCALE encoding. The budget stays below.
	pub fn max_pov_size(&self) -> u32 {
		self.context.validation_data.max_pov_size.value
	}

	/// Code that will be in force when the candidate is judged (R-CODE-5).
	pub fn validation_code_hash(&self) -> ValidationCodeHash {
		self.context.validation_code_hash.value
	}
}

/// What bounds a block, beside time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
	/// Most bytes of the PoV's SCALE encoding: the target of R-HOO-6, below [`BuildOn::max_pov_size`].
	pub pov_size: u32,
	/// Votes that back the candidate (R-BKV-1): backers that fetch and execute it.
	pub votes: u32,
	/// Blocks that the para wants in each slot; they share what its backers can do.
	pub blocks_per_slot: u32,
}
