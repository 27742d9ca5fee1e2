//! What the table says of statements that it does not count.

use async_backing_primitives::{CandidateHash, SignedCompactStatement, ValidatorIndex};
use thiserror::Error;

/// Two statements of one validator that it should not have made both, or one that it should not have made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Misbehaviour {
	/// The candidate is not its group's (R-TAB-1).
	#[error("validator {} is not in the candidate's group (R-TAB-1)", .0.validator_index)]
	UnauthorizedStatement(SignedCompactStatement),
	/// It both seconded and confirmed the candidate (R-TAB-2).
	#[error("validator {} seconded and confirmed the candidate (R-TAB-2)", first.validator_index)]
	ValidityDoubleVote {
		/// What it said first, which counts.
		first: SignedCompactStatement,
		/// What it said later.
		second: SignedCompactStatement,
	},
	/// It signed one statement twice, differently (R-TAB-3).
	#[error("validator {} signed a statement twice (R-TAB-3)", first.validator_index)]
	DoubleSign {
		/// What it said first, which counts.
		first: SignedCompactStatement,
		/// What it said later.
		second: SignedCompactStatement,
	},
	/// It seconded two candidates although backing is synchronous (R-TAB-4).
	#[error("validator {} seconded two candidates (R-TAB-4)", first.validator_index)]
	MultipleCandidates {
		/// What it seconded first, which counts.
		first: SignedCompactStatement,
		/// What it seconded later.
		second: SignedCompactStatement,
	},
}

/// Why a statement is not counted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TableError {
	/// Nobody seconded the candidate (R-TAB-5).
	#[error("candidate {0} was never seconded (R-TAB-5)")]
	UnknownCandidate(CandidateHash),
	/// The validator seconded too many candidates (R-SD-3).
	#[error("validator {validator} seconded {limit} candidates already (R-SD-3)")]
	TooManySeconded {
		/// The validator.
		validator: ValidatorIndex,
		/// Most that are kept of one validator.
		limit: usize,
	},
	/// The validator should not have made the statement.
	#[error(transparent)]
	Misbehaviour(Box<Misbehaviour>),
}
