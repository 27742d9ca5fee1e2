//! The context of somebody who predicts: of collators and backers.

use crate::{Known, Path, PathError, Role, Source, UnincludedAncestor, ValidationData};
use alloc::vec::Vec;
use async_backing_primitives::{
	expected_validation_data, BlockNumber, ExtendedConstraints, Hash, HeadHash, ModificationError, ParaId,
	RelayChainBlockInfo, ValidationCodeHash,
};
use thiserror::Error;

/// What a parablock is executed and judged with, before it is on-chain (R-COL-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionContext {
	/// Whose it is.
	pub role: Role,
	/// The para.
	pub para: ParaId,
	/// The relay parent, and who chose it.
	pub relay_parent: Known<Hash>,
	/// Head data on which the block builds, by hash, and who chose it.
	pub required_parent: Known<HeadHash>,
	/// Base constraints: what the relay chain allows after the included head (R-BASE-1 to R-BASE-17).
	pub base: Known<ExtendedConstraints>,
	/// Hash of the included head.
	pub included: HeadHash,
	/// Candidates between the included head and the block, oldest first, with their modifications.
	pub ancestors: Vec<UnincludedAncestor<'static>>,
	/// What remains: the base constraints after all modifications (R-APP-1 to R-APP-7).
	pub constraints: ExtendedConstraints,
	/// Code that executes the block (R-CODE-5).
	pub validation_code_hash: Known<ValidationCodeHash>,
	/// What goes into execution beside the block.
	pub validation_data: ValidationData,
}

impl ExecutionContext {
	/// Candidates between the included head and the block: its depth (R-GLO-11).
	pub fn depth(&self) -> usize {
		self.ancestors.len()
	}

	/// The context at the end of a path whose base constraints are those of the state after relay block `at`.
	pub(crate) fn at_end_of(path: Path<'_, ExtendedConstraints>, place: Place) -> Result<Self, ContextError> {
		let got = place.relay_parent.number;
		if let Some(parent) = path
			.ancestors()
			.last()
			.filter(|parent| parent.relay_parent_number > got)
		{
			let least = parent.relay_parent_number;
			return Err(ContextError::RelayParentMovesBack { least, got });
		}
		let base = path.base().clone();
		let operating = path.operating();
		let state = Source::State(place.at);
		// What the chain would compute for a block at this place, by its own function (R-PVD-1).
		let data = expected_validation_data(&place.relay_parent, &operating);
		let code = operating.validation_code_hash();
		let constraints = base
			.apply_modifications(path.stacked())
			.map_err(ContextError::Exhausted)?;
		let head = path.ancestors().last().map_or(state, UnincludedAncestor::source);
		let applied = path
			.ancestors()
			.iter()
			.find(|ancestor| ancestor.modifications.code_upgrade_applied);
		Ok(Self {
			role: place.role,
			para: place.para,
			relay_parent: Known::new(place.relay_parent.hash, place.chosen.0),
			required_parent: Known::new(path.tip(), place.chosen.1),
			base: Known::new(base, state),
			included: place.included,
			constraints,
			validation_code_hash: Known::new(code, applied.map_or(state, UnincludedAncestor::source)),
			validation_data: ValidationData::new(
				data,
				head,
				Source::Header(place.relay_parent.number),
				state,
			),
			ancestors: path.into_ancestors(),
		})
	}
}

/// Where a block is to stand.
pub(crate) struct Place {
	pub(crate) role: Role,
	pub(crate) para: ParaId,
	pub(crate) relay_parent: RelayChainBlockInfo,
	/// Number of the relay block whose state has the base constraints.
	pub(crate) at: BlockNumber,
	pub(crate) included: HeadHash,
	/// Who chose relay parent and required parent.
	pub(crate) chosen: (Source, Source),
}

/// Why there is no such context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ContextError {
	/// The para is not scheduled where somebody looks, or has no head.
	#[error("para {0} is not scheduled here, or has no head (R-VIE-1)")]
	NotScheduled(ParaId),
	/// The relay parent is in the scope of no leaf.
	#[error("relay parent {relay_parent} is out of scope: {oldest} to {newest} are in it (R-SCO-3)")]
	OutOfScope {
		/// The relay parent.
		relay_parent: Hash,
		/// Number of the oldest relay parent in scope.
		oldest: BlockNumber,
		/// Number of the newest.
		newest: BlockNumber,
	},
	/// Nobody here knows the head data that the block is to build on.
	#[error(
		"head {0} is not known here: neither the included head nor the output of a known candidate (R-VIE-9)"
	)]
	UnknownParent(HeadHash),
	/// The head data is known, but what leads to it stands in no tree in whose scope the relay parent is.
	#[error("head {0} is known, but no path leads to it from the included head (R-TRE-14)")]
	Unconnected(HeadHash),
	/// The relay parent is older than that of the parent.
	#[error("relay parent {got} is older than {least}, that of the parent (R-TRE-6)")]
	RelayParentMovesBack {
		/// Number of the parent's relay parent.
		least: BlockNumber,
		/// Number of the relay parent.
		got: BlockNumber,
	},
	/// What is unincluded makes no path.
	#[error(transparent)]
	Path(#[from] PathError),
	/// Candidates that are pending take more than there is: the relay chain's state changed under them.
	#[error("what is pending takes more than there is: {0}")]
	Exhausted(#[source] ModificationError),
}
