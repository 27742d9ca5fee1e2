//! The port to the parachain: whoever executes its blocks.
//!
//! A producer holds the states of the parachain and executes. What to build on, how much and by when is the
//! collator's business, so that both can be tested apart.

use crate::{CoreSelection, FuelUse, PovSize};
use async_backing_primitives::{CandidateCommitments, HeadData, PoV, RelayChainBlockInfo};
use std::error::Error;
use thiserror::Error;

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

	/// Executes a block on `parent_head`, included or not, with up to `max_extrinsics` extrinsics, such that the SCALE
	/// encoding of its PoV has at most `max_pov_size` bytes. Keeps the state, so that a later block can build on it.
	///
	/// With a `selection` the block picks its core by a signal among its upward messages (R-UMP-3, R-UMP-5).
	///
	/// # Errors
	/// [`ProduceError`] with the parachain's reason: it does not know the parent, cannot build within the limits, or has
	/// no signals.
	fn produce(
		&mut self,
		parent_head: &HeadData,
		relay_parent: &RelayChainBlockInfo,
		selection: Option<CoreSelection>,
		max_extrinsics: u32,
		max_pov_size: u32,
	) -> Result<ProducedBlock, ProduceError>;
}
