//! The port to the parachain: whoever executes its blocks.
//!
//! A producer holds the states of the parachain and executes. What to build on, how much and by when is the
//! collator's business, so that both can be tested apart.

use crate::{BuildOn, CoreSelection, FuelUse, PovSize, RelayParentState};
use async_backing_execution_context::validation_data;
use async_backing_primitives::{
	CandidateCommitments, Hash, HeadData, HeadHash, PersistedValidationData, PoV, RelayChainBlockInfo, Slot,
};
use std::{error::Error, fmt};
use thiserror::Error;

/// A block to produce: on what, what can be read there, and how much of it.
#[derive(Clone, Copy)]
pub struct ProduceBlock<'a> {
	/// Head data of the parent, included or not.
	pub parent_head: &'a HeadData,
	/// The relay parent.
	pub relay_parent: RelayChainBlockInfo,
	/// Slot of the relay parent: relay time, which a parachain's own time may follow.
	pub relay_slot: Slot,
	/// The best relay block: the relay parent, or one on top of it.
	pub leaf: Hash,
	/// The relay chain as it is after the relay parent (R-COL-2).
	pub relay_state: &'a dyn RelayParentState,
	/// How the block picks its core: by a signal among its upward messages (R-UMP-3, R-UMP-5); `None` where it need not.
	pub selection: Option<CoreSelection>,
	/// Most extrinsics.
	pub max_extrinsics: u32,
	/// Most bytes of the PoV's SCALE encoding: the target of R-HOO-6.
	pub pov_size: u32,
	/// Largest legal PoV, in bytes of its SCALE encoding: part of the validation data.
	pub max_pov_size: u32,
}

impl fmt::Debug for ProduceBlock<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("ProduceBlock")
			.field("parent_head", &self.parent_head.hash())
			.field("relay_parent", &self.relay_parent)
			.field("selection", &self.selection)
			.field("max_extrinsics", &self.max_extrinsics)
			.field("pov_size", &self.pov_size)
			.finish_non_exhaustive()
	}
}

impl<'a> ProduceBlock<'a> {
	/// A block that a collator decided on, with up to `max_extrinsics` extrinsics.
	pub fn of(build_on: &'a BuildOn, max_extrinsics: u32, relay_state: &'a dyn RelayParentState) -> Self {
		Self {
			parent_head: build_on.parent_head(),
			relay_parent: build_on.relay_parent,
			relay_slot: build_on.slot,
			leaf: build_on.leaf.hash,
			relay_state,
			selection: build_on.selection,
			max_extrinsics,
			pov_size: build_on.limits.pov_size,
			max_pov_size: build_on.max_pov_size(),
		}
	}

	/// What validators will hold the block against (R-PVD-1).
	pub fn validation_data(&self) -> PersistedValidationData {
		validation_data(&self.relay_parent, self.parent_head.clone(), self.max_pov_size)
	}
}

/// A block as the validation function will find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducedBlock {
	/// What including the block does, its head data among it: what the validation function returns for the PoV.
	pub commitments: CandidateCommitments,
	/// The block and its witness.
	pub pov: PoV,
	/// How many extrinsics it executes.
	pub extrinsics: u32,
}

/// Why a producer has no block. The reason is the parachain's own.
#[derive(Debug, Error)]
#[error("no block could be produced: {0}")]
pub struct ProduceError(#[source] pub Box<dyn Error + Send + Sync>);

impl ProduceError {
	/// Wraps the parachain's reason.
	pub fn new(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
		Self(reason.into())
	}
}

/// Executes blocks of one parachain.
pub trait BlockProducer {
	/// Head data with which the parachain is registered.
	fn genesis_head(&self) -> HeadData;

	/// How large a PoV becomes at most, by the number of its extrinsics. The authoring time follows from it.
	fn pov_size(&self) -> PovSize;

	/// How much fuel the validation function takes at most, by the number of extrinsics. How fast a simulated machine is
	/// follows from it.
	fn fuel(&self) -> FuelUse;

	/// How many relay blocks the validation function demands on top of a relay parent (R-COL-2). `None` if it does not look,
	/// which is the usual thing: the collator chooses then.
	fn relay_parent_offset(&self) -> Option<u32> {
		None
	}

	/// Whether the parachain takes a block on `parent_head` when the relay parent is of `slot` and `included` is the included
	/// head there (R-HOO-3). A collator asks before it has one made: what the chain's hook refuses is no valid block.
	///
	/// Yes, unless the parachain has such a rule.
	///
	/// # Errors
	/// [`ProduceError`] with the parachain's reason: it does not know the parent.
	fn can_build_upon(
		&self,
		parent_head: &HeadData,
		included: HeadHash,
		slot: Slot,
	) -> Result<bool, ProduceError> {
		let _ = (parent_head, included, slot);
		Ok(true)
	}

	/// Executes a block, within its limits. Keeps the state, so that a later block can build on it.
	///
	/// # Errors
	/// [`ProduceError`] with the parachain's reason: it does not know the parent, cannot build within the limits, cannot
	/// read what it has to of the relay parent, or has no signals.
	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError>;
}

impl<P: BlockProducer + ?Sized> BlockProducer for Box<P> {
	fn genesis_head(&self) -> HeadData {
		(**self).genesis_head()
	}

	fn pov_size(&self) -> PovSize {
		(**self).pov_size()
	}

	fn fuel(&self) -> FuelUse {
		(**self).fuel()
	}

	fn relay_parent_offset(&self) -> Option<u32> {
		(**self).relay_parent_offset()
	}

	fn can_build_upon(
		&self,
		parent_head: &HeadData,
		included: HeadHash,
		slot: Slot,
	) -> Result<bool, ProduceError> {
		(**self).can_build_upon(parent_head, included, slot)
	}

	fn produce(&mut self, block: &ProduceBlock<'_>) -> Result<ProducedBlock, ProduceError> {
		(**self).produce(block)
	}
}
