//! The heavy work, as pure functions: whoever drives a validator runs them where it likes.
//!
//! Here are all hashes of what a peer sent and all signature checks.

use crate::Attested;
use async_backing_fragment_tree::Candidate;
use async_backing_primitives::{
	crypto, CandidateHash, Hash, IntrinsicError, ParaId, SignedCompactStatement, SigningContext, ValidatorId,
	ValidatorSignature,
};
use std::sync::Arc;
use thiserror::Error;

/// Work for somebody else.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
	/// Verify these signatures.
	CheckStatements(Vec<Unchecked>),
	/// Hash a candidate that was asked for, and verify the statements that came with it.
	CheckAttested(Box<AttestedCheck>),
}

/// What a job came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
	/// Whether each statement was signed by its author.
	Statements(Vec<bool>),
	/// The candidate, and whether each statement was signed by its author.
	Attested(Result<CheckedAttested, BadCandidate>),
}

/// A statement to check.
#[derive(Clone, Debug, PartialEq)]
pub struct Unchecked {
	/// The statement.
	pub statement: SignedCompactStatement,
	/// Key of its author.
	pub validator: ValidatorId,
	/// What its signature is bound to.
	pub context: SigningContext,
}

/// An answer to check.
#[derive(Clone, Debug, PartialEq)]
pub struct AttestedCheck {
	/// What was asked for.
	pub expected: CandidateHash,
	/// The answer, with the statements that are to be checked.
	pub attested: Attested,
	/// Key of the author of each statement.
	pub validators: Vec<ValidatorId>,
	/// What the signatures are bound to.
	pub context: SigningContext,
}

/// An answer that is what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedAttested {
	/// The candidate, checked in itself and hashed.
	pub candidate: Arc<Candidate>,
	/// The statements, each with whether its author signed it.
	pub statements: Vec<(SignedCompactStatement, bool)>,
}

/// What is wrong with an answer as a whole, in the order in which it is looked for (R-SD-13); what needs no hashing comes
/// first.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadCandidate {
	/// It is bound to another block.
	#[error("scheduling parent {got}, expected {expected} (R-SD-13)")]
	SchedulingParent {
		/// Asked for.
		expected: Hash,
		/// Of the candidate.
		got: Hash,
	},
	/// The para is not assigned to the group, or the core that the candidate names is not the group's.
	#[error("para {0} is not assigned to the group (R-SD-13)")]
	Unassigned(ParaId),
	/// It is wrong in itself: for one, the validation data are not those that the descriptor names.
	#[error(transparent)]
	Intrinsic(#[from] IntrinsicError),
	/// It is another candidate.
	#[error("candidate {got}, expected {expected} (R-SD-13)")]
	OtherCandidate {
		/// Asked for.
		expected: CandidateHash,
		/// What came.
		got: CandidateHash,
	},
}

/// What a job cost, for drivers that simulate time. It depends on the work alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
	/// Bytes hashed.
	pub bytes: u64,
	/// Signatures verified.
	pub signatures: u64,
}

/// Does a job.
pub fn run(job: Job) -> (Done, Price) {
	run_with(job, crypto::verify)
}

/// As [`run`], where `verify` says whether somebody signed a payload (R-STM-2), for whoever remembers what was asked before.
/// The price is that of real verifications.
pub fn run_with(
	job: Job,
	verify: impl Fn(&ValidatorId, &[u8], &ValidatorSignature) -> bool,
) -> (Done, Price) {
	let mut price = Price::default();
	let mut verify = |signed: &SignedCompactStatement, context: &SigningContext, key: &ValidatorId| {
		price.signatures = price.signatures.saturating_add(1);
		let payload = signed.statement.signing_payload(context);
		verify(key, &payload, &signed.signature)
	};
	match job {
		Job::CheckStatements(statements) => {
			let checked = statements
				.iter()
				.map(|unchecked| verify(&unchecked.statement, &unchecked.context, &unchecked.validator));
			(Done::Statements(checked.collect()), price)
		}
		Job::CheckAttested(check) => {
			let AttestedCheck {
				expected,
				attested,
				validators,
				context,
			} = *check;
			let Attested {
				receipt,
				validation_data,
				statements,
			} = attested;
			let candidate = match Candidate::shared(receipt, validation_data, false) {
				Ok(candidate) => candidate,
				Err(error) => return (Done::Attested(Err(error.into())), price),
			};
			let got = candidate.hash();
			if got != expected {
				return (
					Done::Attested(Err(BadCandidate::OtherCandidate { expected, got })),
					price,
				);
			}
			let statements = statements.into_iter().zip(&validators);
			let checked = statements.map(|(statement, key)| {
				let is_signed = verify(&statement, &context, key);
				(statement, is_signed)
			});
			let statements = checked.collect();
			price.bytes = candidate.bytes() as u64;
			let candidate = Arc::new(candidate);
			(
				Done::Attested(Ok(CheckedAttested {
					candidate,
					statements,
				})),
				price,
			)
		}
	}
}
