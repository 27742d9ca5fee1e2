//! Inputs, outputs and errors of the state machine.

use crate::{AdmissionError, DepthTaken, Misbehaviour, OutputsMismatch, SignedStatement, TableError};
use async_backing_primitives::{
	CandidateCommitments, CandidateDescriptor, CandidateHash, CoreIndex, Hash, HeadHash, ParaId,
	PersistedValidationData, PoV, ValidatorIndex,
};
use std::sync::Arc;
use thiserror::Error;

/// A candidate to execute, with the limit of backing (R-BAK-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationJob {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Names the code, by hash.
	pub descriptor: CandidateDescriptor,
	/// Input of the validation function.
	pub validation_data: Arc<PersistedValidationData>,
	/// Input of the validation function.
	pub pov: Arc<PoV>,
}

/// What executing a candidate gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationOutcome {
	/// What including the candidate does.
	pub commitments: CandidateCommitments,
	/// Root of the erasure-coded available data (R-AVL-5).
	pub erasure_root: Hash,
}

/// What the driver shall do, or what somebody should hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
	/// Ask a validator for a proof of validity, and answer with [`Backing::pov_received`](crate::Backing::pov_received).
	FetchPov {
		/// The candidate.
		candidate: CandidateHash,
		/// Hash of the proof of validity.
		pov_hash: Hash,
		/// Whom to ask: one who stated the candidate.
		from: ValidatorIndex,
	},
	/// Execute a candidate, and answer with [`Backing::validated`](crate::Backing::validated). If it is valid, keep its
	/// data for others before answering.
	Validate(ValidationJob),
	/// Send an own statement to all validators that back or include the candidate.
	Share(Arc<SignedStatement>),
	/// A candidate got its quorum (R-BAK-7). Its children may be fetched now.
	Backable {
		/// The candidate.
		candidate: CandidateHash,
		/// Its para.
		para: ParaId,
		/// Its scheduling parent.
		scheduling_parent: Hash,
		/// Hash of the head data after it.
		output_head: HeadHash,
	},
	/// A collation is not seconded after all.
	NotSeconded {
		/// The candidate.
		candidate: CandidateHash,
		/// Why not.
		error: SecondingError,
	},
	/// A candidate is invalid: execution failed, or gave something else than the receipt says. There is no backing
	/// statement for that (R-STM-1).
	Invalid {
		/// The candidate.
		candidate: CandidateHash,
		/// What execution gave; `None` if it failed.
		mismatch: Option<OutputsMismatch>,
	},
	/// A validator misbehaved.
	Misbehaviour {
		/// Relay block to which its statements are bound.
		scheduling_parent: Hash,
		/// What it did.
		misbehaviour: Misbehaviour,
	},
}

/// Why a collation is not seconded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecondingError {
	/// The relay parent is in no active leaf's scope.
	#[error("relay parent {0} is in no active leaf's scope (R-BAK-3)")]
	UnknownRelayParent(Hash),
	/// This validator backs nothing there.
	#[error("this validator is in no backing group at relay parent {0}")]
	NotABacker(Hash),
	/// This validator's votes do not count at an active leaf, so that it makes none.
	#[error("this validator, {0}, is disabled (R-BAK-14)")]
	Disabled(ValidatorIndex),
	/// The core is another group's.
	#[error("para {para} on core {named:?} is not this group's, which serves core {own} (R-BAK-1)")]
	NotAssigned {
		/// The para.
		para: ParaId,
		/// Core that the candidate names.
		named: Option<CoreIndex>,
		/// Core that this validator's group serves.
		own: CoreIndex,
	},
	/// This validator works on the candidate, or is done with it.
	#[error("candidate {0} is under way or done (R-BAK-10)")]
	AlreadyKnown(CandidateHash),
	/// The head data on which it builds, or its relay parent, is unknown to the view.
	#[error("no validation data for parent head {0} (R-VIE-9)")]
	NoValidationData(HeadHash),
	/// It was built with other validation data.
	#[error("validation data hash to {got}, but the descriptor says {expected} (R-BAK-2)")]
	ValidationDataMismatch {
		/// Hash in the descriptor.
		expected: Hash,
		/// Hash of the data that the view has.
		got: Hash,
	},
	/// The proof of validity is not that of the descriptor.
	#[error("proof of validity hashes to {got}, but the descriptor says {expected}")]
	PovMismatch {
		/// Hash in the descriptor.
		expected: Hash,
		/// Hash of what came.
		got: Hash,
	},
	/// It would lead from a head to the same head.
	#[error("parent and output head are both {0} (R-BAK-3)")]
	ZeroLengthCycle(HeadHash),
	/// It would stand at no leaf.
	#[error("the candidate stands nowhere at any active leaf (R-BAK-3)")]
	NoDepth,
	/// Another own candidate stands there.
	#[error(transparent)]
	DepthTaken(#[from] DepthTaken),
	/// This validator seconded as many candidates at this relay parent as it may.
	#[error("no more candidates may be seconded at this relay parent (R-TAB-4, R-SD-3)")]
	LimitReached,
	/// The chain would not accept it.
	#[error(transparent)]
	Admission(#[from] AdmissionError),
}

/// Why a statement is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
	/// The relay parent is in no active leaf's scope.
	#[error("relay parent {0} is in no active leaf's scope")]
	UnknownRelayParent(Hash),
	/// There is no such validator in the session.
	#[error("there is no validator {0}")]
	UnknownValidator(ValidatorIndex),
	/// The statement was not signed by its author, or not for this relay parent.
	#[error("validator {0} did not sign the statement (R-STM-2)")]
	BadSignature(ValidatorIndex),
	/// The candidate has another scheduling parent than the statement.
	#[error(
		"the candidate's scheduling parent is {expected}, but the statement is bound to {got} (R-STM-2)"
	)]
	WrongSchedulingParent {
		/// Of the candidate.
		expected: Hash,
		/// Of the statement.
		got: Hash,
	},
	/// The chain would not accept the candidate.
	#[error(transparent)]
	Admission(#[from] AdmissionError),
	/// The candidate fits at no leaf (R-BAK-6).
	#[error("candidate {0} fits at no active leaf (R-BAK-6)")]
	NotInView(CandidateHash),
	/// The statement does not count.
	#[error(transparent)]
	NotCounted(TableError),
}
