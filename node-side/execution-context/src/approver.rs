//! The execution context of an **approver**, or of whoever takes part in a dispute (R-COL-4).
//!
//! ```text
//!   descriptor     relay parent, erasure root, and the hashes of all that follows
//!   availability   validation data, proof of validity ──▶ checked against these hashes
//!   relay chain    code, by hash, in any later state
//! ```
//!
//! An approver predicts nothing: the candidate is included. So it needs neither fragment trees nor the state at the relay
//! parent, which may be long gone, nor base constraints: that the block keeps within limits, inclusion has proved, and is
//! not to be checked again by a state that has moved on.

use crate::{check_pov, check_validation_data, InputMismatch, Known, Source, ValidationData};
use alloc::sync::Arc;
use async_backing_primitives::{
	AvailableData, CandidateHash, CandidateReceipt, Hash, HeadHash, ParaId, ValidationCode,
	ValidationCodeHash,
};
use codec::Encode;
use thiserror::Error;

/// What an included block is executed with once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproverContext {
	/// The para.
	pub para: ParaId,
	/// The candidate.
	pub candidate: CandidateHash,
	/// The relay parent. Of its number and state the validation data say what is needed.
	pub relay_parent: Known<Hash>,
	/// Head data on which the block builds, by hash.
	pub required_parent: Known<HeadHash>,
	/// Code that executes the block.
	pub validation_code_hash: Known<ValidationCodeHash>,
	/// The code itself.
	pub code: Known<Arc<ValidationCode>>,
	/// What goes into execution beside the block.
	pub validation_data: ValidationData,
	/// Validation data and proof of validity, as they were recovered.
	pub available: Arc<AvailableData>,
}

/// Why somebody has not got what it takes to check a candidate again. It is the recovery that failed, or the code that
/// somebody answered with; the candidate is not blamed, but for [`PovTooLarge`](Self::PovTooLarge).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ApproverError {
	/// These are not its validation data, or this is not its proof of validity.
	#[error(transparent)]
	Inputs(#[from] InputMismatch),
	/// Nobody but validators could check this (R-BAK-12): the candidate is invalid.
	#[error("the proof of validity has {got} bytes, but at most {max} (R-BAK-12)")]
	PovTooLarge {
		/// Limit in the validation data.
		max: u32,
		/// Bytes of it, encoded.
		got: usize,
	},
	/// This is not its code.
	#[error("the code hashes to {got}, but the descriptor says {expected} (R-CODE-9)")]
	Code {
		/// Hash in the descriptor.
		expected: ValidationCodeHash,
		/// Hash of what somebody answered.
		got: ValidationCodeHash,
	},
}

/// The context of an included candidate out of its receipt, what was recovered from chunks, and its code.
///
/// Cost: hashes all three; a job for a node.
///
/// # Errors
/// [`ApproverError`] names the first that is not what the descriptor says.
pub fn context(
	receipt: &CandidateReceipt,
	available: Arc<AvailableData>,
	code: Arc<ValidationCode>,
) -> Result<ApproverContext, ApproverError> {
	let descriptor = &receipt.descriptor;
	let data = &available.validation_data;
	check_validation_data(descriptor, data)?;
	check_pov(descriptor, &available.pov)?;
	let (max, got) = (data.max_pov_size, available.pov.encoded_size());
	if u64::try_from(got).map_or(true, |got| got > max.into()) {
		return Err(ApproverError::PovTooLarge { max, got });
	}
	let (expected, got) = (descriptor.validation_code_hash(), code.hash());
	if expected != got {
		return Err(ApproverError::Code { expected, got });
	}
	let from = Source::Availability;
	Ok(ApproverContext {
		para: descriptor.para_id(),
		candidate: receipt.hash(),
		relay_parent: Known::new(descriptor.relay_parent(), Source::Descriptor),
		required_parent: Known::new(data.parent_head.hash(), from),
		validation_code_hash: Known::new(expected, Source::Descriptor),
		code: Known::new(code, Source::CodeByHash),
		validation_data: ValidationData::new(data.clone(), from, from, from),
		available,
	})
}
