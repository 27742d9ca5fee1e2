//! From a produced block to the candidate that is offered to validators.

use crate::{BuildOn, CoreSelection, ProducedBlock};
use async_backing_primitives::{
	parse_signals, AvailableData, CandidateDescriptor, CandidateHash, CommittedCandidateReceipt, CoreIndex,
	DescriptorFields, Hash, PersistedValidationData, PoV,
};
use codec::Encode;
use thiserror::Error;

/// A candidate with all that its backers need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collated {
	/// The candidate.
	pub receipt: CommittedCandidateReceipt,
	/// Its identity.
	pub hash: CandidateHash,
	/// Data that it is validated with (R-PVD-1).
	pub validation_data: PersistedValidationData,
	/// The block and its witness.
	pub pov: PoV,
}

/// Why a block makes no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CollateError<Erasure> {
	/// A backer would refuse the PoV.
	#[error("PoV of {got} bytes, but at most {max}")]
	PovTooLarge {
		/// Largest legal size, in bytes of the SCALE encoding.
		max: u32,
		/// Its size.
		got: usize,
	},
	/// The chain would look for the candidate's core elsewhere.
	#[error("the block selects {got:?}, but its core takes {expected:?} (R-UMP-5)")]
	WrongSelection {
		/// What leads to the core.
		expected: CoreSelection,
		/// What the block's signals say; `None` also if they are malformed.
		got: Option<CoreSelection>,
	},
	/// A descriptor has 16 bits for the core.
	#[error("core {0} does not fit into a descriptor (R-BIN-11)")]
	CoreTooHigh(CoreIndex),
	/// The available data could not be encoded.
	#[error("available data could not be encoded: {0}")]
	Erasure(#[source] Erasure),
}

/// Makes the candidate of a block: a version 2 descriptor that names core and session (R-BIN-11), and the validation
/// data of its place (R-PVD-1).
///
/// `erasure_root` gets the available data, to be split among [`BuildOn::validators`] (R-AVL-4).
///
/// # Errors
/// [`CollateError`] if the block breaks a limit, or with the error of `erasure_root`.
pub fn collate<Erasure>(
	build_on: &BuildOn,
	produced: ProducedBlock,
	erasure_root: impl FnOnce(&AvailableData) -> Result<Hash, Erasure>,
) -> Result<Collated, CollateError<Erasure>> {
	let (max, got) = (build_on.max_pov_size(), produced.pov.encoded_size());
	if u64::try_from(got).map_or(true, |got| got > max.into()) {
		return Err(CollateError::PovTooLarge { max, got });
	}
	if let Some(expected) = build_on.selection {
		let signals = parse_signals(&produced.commitments.upward_messages);
		let got = signals.ok().and_then(|signals| signals.select_core);
		if got != Some(expected) {
			return Err(CollateError::WrongSelection { expected, got });
		}
	}
	let core_index = u16::try_from(build_on.core.0).map_err(|_| CollateError::CoreTooHigh(build_on.core))?;
	let available = AvailableData {
		validation_data: build_on.context.validation_data.to_persisted(),
		pov: produced.pov,
	};
	let erasure_root = erasure_root(&available).map_err(CollateError::Erasure)?;
	let AvailableData { pov, validation_data } = available;
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: build_on.para,
		relay_parent: build_on.relay_parent.hash,
		core_index,
		session_index: build_on.session_index,
		persisted_validation_data_hash: validation_data.hash(),
		pov_hash: pov.hash(),
		erasure_root,
		para_head: produced.commitments.head_data.hash(),
		validation_code_hash: build_on.validation_code_hash(),
	});
	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments: produced.commitments,
	};
	Ok(Collated {
		hash: receipt.hash(),
		receipt,
		validation_data,
		pov,
	})
}
