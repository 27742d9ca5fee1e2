//! What the state machine tells its neighbours, and why it refuses.

use crate::{job::Invalid, AdmissionError, DepthTaken, Misbehaviour, SignedStatement, TableError};
use async_backing_availability::EncodedData;
use async_backing_execution_context::InputMismatch;
use async_backing_fragment_tree::Candidate;
use async_backing_machine::{JobFailure, PeerId};
use async_backing_primitives::{
	AvailableData, CandidateHash, CoreIndex, Hash, HeadHash, IntrinsicError, ParaId, SessionIndex,
	SignedCompactStatement, ValidatorIndex,
};
use std::sync::Arc;
use thiserror::Error;

/// What the neighbours in the same validator must hear.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
	/// An own statement is signed and stored: tell the others (R-SD-1). Comes before whatever the statement led to
	/// (R-BAK-7), and after a restart again.
	Share {
		/// Relay block that it is bound to.
		scheduling_parent: Hash,
		/// The statement.
		statement: SignedCompactStatement,
		/// What it is about.
		candidate: Arc<Candidate>,
	},
	/// A candidate is valid, and this validator will say so: store its data, then call
	/// [`Backing::data_stored`](crate::Backing::data_stored). At once will do, if what it stores is put into the same
	/// outbox before: batches are stored in order.
	Validated {
		/// The candidate.
		candidate: Arc<Candidate>,
		/// What has to stay available.
		data: Arc<AvailableData>,
		/// The same, coded for the validators of [`session`](Self::Validated::session).
		coded: Arc<EncodedData>,
		/// Session of the scheduling parent.
		session: SessionIndex,
	},
	/// Somebody else seconded a candidate that nobody had seconded. Its children may be fetched now (R-BAK-5).
	Vouched {
		/// The candidate.
		candidate: CandidateHash,
		/// Its para.
		para: ParaId,
	},
	/// Nobody who stated a candidate has given its proof of validity so far: a collator that has it shall hand it over
	/// ([`Backing::demand`](crate::Backing::demand)).
	Lacking {
		/// The candidate.
		candidate: CandidateHash,
		/// Its para.
		para: ParaId,
	},
	/// A candidate got its quorum (R-BAK-7).
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
	/// This validator seconded a candidate: others have been told. Its children may be fetched now (R-BAK-5).
	Seconded {
		/// The candidate.
		candidate: CandidateHash,
		/// Its para.
		para: ParaId,
		/// Its scheduling parent.
		scheduling_parent: Hash,
		/// What was said, for whoever handed it over (R-NET-80).
		statement: Arc<SignedStatement>,
	},
	/// This validator confirmed a candidate of somebody else: others have been told.
	Confirmed {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A collation is not seconded after all, nor confirmed if somebody else was first. There is room for another one.
	NotSeconded {
		/// The candidate.
		candidate: CandidateHash,
		/// Who handed it over.
		peer: PeerId,
		/// Why not.
		error: SecondingError,
	},
	/// A candidate is invalid: execution failed, or gave something else than the receipt says. There is no backing
	/// statement for that (R-STM-1).
	Invalid {
		/// The candidate.
		candidate: CandidateHash,
		/// Who handed it over, if that was a collator.
		collator: Option<PeerId>,
		/// What is wrong.
		reason: Invalid,
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
	/// It was built with other validation data than the view has, or the proof of validity is not that of the descriptor.
	#[error(transparent)]
	Inputs(#[from] InputMismatch),
	/// The proof of validity is larger than the chain allows.
	#[error("proof of validity of {got} bytes, but at most {max} (R-BAK-12)")]
	PovTooLarge {
		/// Limit at the leaf, in bytes.
		max: usize,
		/// Bytes of its encoding.
		got: usize,
	},
	/// As many candidates of the para are being executed as it has claims on the core.
	#[error("{0} candidates of the para are being executed already")]
	Busy(usize),
	/// What this validator seconded before it stopped has to be read again first.
	#[error("what was seconded before the restart is being read again")]
	Recalling,
	/// Validation came to nothing.
	#[error("validation: {0}")]
	Failed(#[source] JobFailure),
	/// It would lead from a head to the same head.
	#[error("parent and output head are both {0} (R-BAK-3)")]
	ZeroLengthCycle(HeadHash),
	/// It would stand at no leaf.
	#[error("the candidate stands nowhere at any active leaf (R-BAK-3)")]
	NoDepth,
	/// Another own candidate stands there.
	#[error(transparent)]
	DepthTaken(#[from] DepthTaken),
	/// Its parent is unknown here, and this validator seconded another child of it, so that they would stand at one depth.
	#[error("candidate {by}, which builds on the same head {parent_head}, was seconded already (R-BAK-3)")]
	Rival {
		/// The head on which both build.
		parent_head: HeadHash,
		/// The other one.
		by: CandidateHash,
	},
	/// This validator seconded as many candidates at this relay parent as it may.
	#[error("no more candidates may be seconded at this relay parent (R-TAB-4, R-SD-3)")]
	LimitReached,
	/// It is wrong in itself.
	#[error(transparent)]
	Intrinsic(#[from] IntrinsicError),
	/// The chain would not accept it.
	#[error(transparent)]
	Admission(#[from] AdmissionError),
}

/// Why a statement is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
	/// It was taken in before.
	#[error("it is known")]
	Known,
	/// The chain would not accept the candidate.
	#[error(transparent)]
	Admission(#[from] AdmissionError),
	/// What the validator seconded takes all the memory that it may take.
	#[error(
		"validator {validator} seconded {held} bytes and {codes} codes of the para already, {more} more are too many"
	)]
	OverBytes {
		/// The validator.
		validator: ValidatorIndex,
		/// Bytes without codes that it has at this relay parent for the para.
		held: usize,
		/// Candidates of the para with codes that it has in scope.
		codes: usize,
		/// Bytes of this candidate, with its code.
		more: usize,
	},
	/// Too many votes of the validator wait for candidates that nobody seconded.
	#[error("{0} votes of the validator wait for their candidates already")]
	TooManyEarly(usize),
	/// The candidate fits at no leaf (R-BAK-6).
	#[error("candidate {0} fits at no active leaf (R-BAK-6)")]
	NotInView(CandidateHash),
	/// Another group vouched for the candidate before, which names no core: the author's group may have taken it for its own as
	/// well, and could not know (R-SCH-9).
	#[error("candidate {candidate} is another group's than that of validator {validator}, and says of neither that it is")]
	OtherGroup {
		/// The author.
		validator: ValidatorIndex,
		/// The candidate.
		candidate: CandidateHash,
	},
	/// The statement does not count.
	#[error(transparent)]
	NotCounted(TableError),
}
