//! Statements of other validators.

use super::{Backing, CandidateState, Output, StatementError};
use crate::{Introduction, SecondedCandidate, SignedStatement, StatementContent, TableError, View};
use async_backing_primitives::{CandidateHash, Hash, SignedCompactStatement};
use std::sync::Arc;

impl Backing {
	/// A statement arrived. Verifies it, takes it in, and follows it up: fetches the proof of validity of a candidate that
	/// this validator shall confirm, and announces one that got its quorum.
	///
	/// One of a disabled validator is taken in as well, because it counts as soon as no active leaf disables its author
	/// (R-BAK-14), and nobody sends it twice. Until then it leads to nothing.
	///
	/// Cost: one signature check, and the hash of a candidate that comes with it.
	///
	/// # Errors
	/// [`StatementError`] says why the statement is ignored. Misbehaviour is no error but an output.
	pub fn statement_received(
		&mut self,
		statement: &SignedStatement,
		view: &mut impl View,
	) -> Result<Vec<Output>, StatementError> {
		let compact = self.verify(statement)?;
		let scheduling_parent = statement.scheduling_parent;
		let counted = match &statement.content {
			StatementContent::Seconded(candidate) => {
				self.import_seconded(scheduling_parent, compact, candidate, view)?
			}
			StatementContent::Valid(_) => self.import_valid(scheduling_parent, compact)?,
		};
		let candidate = match counted {
			Counted::New(candidate) => candidate,
			Counted::Again => return Ok(Vec::new()),
			Counted::Misbehaviour(output) => return Ok(vec![*output]),
		};
		Ok(self.follow_up(candidate, view))
	}

	fn verify(&self, statement: &SignedStatement) -> Result<SignedCompactStatement, StatementError> {
		let (scheduling_parent, validator) = (statement.scheduling_parent, statement.validator_index);
		let parent = self
			.relay_parents
			.get(&scheduling_parent)
			.ok_or(StatementError::UnknownRelayParent(scheduling_parent))?;
		let key = parent
			.session
			.validators
			.get(validator.as_usize())
			.ok_or(StatementError::UnknownValidator(validator))?;
		if let StatementContent::Seconded(candidate) = &statement.content {
			let expected = candidate.receipt.descriptor.scheduling_parent();
			if expected != scheduling_parent {
				return Err(StatementError::WrongSchedulingParent {
					expected,
					got: scheduling_parent,
				});
			}
		}
		let compact = statement.to_compact();
		if !compact.verify(key, &parent.signing_context()) {
			return Err(StatementError::BadSignature(validator));
		}
		Ok(compact)
	}

	/// Counts a seconding statement; takes the candidate into the view first, if it is new (R-BAK-6).
	fn import_seconded(
		&mut self,
		scheduling_parent: Hash,
		statement: SignedCompactStatement,
		seconded: &Arc<SecondedCandidate>,
		view: &mut impl View,
	) -> Result<Counted, StatementError> {
		let candidate = statement.statement.candidate_hash();
		let parent = self
			.relay_parents
			.get_mut(&scheduling_parent)
			.ok_or(StatementError::UnknownRelayParent(scheduling_parent))?;
		let core = parent.admit(
			&seconded.receipt,
			&seconded.validation_data,
			statement.validator_index,
		)?;
		let group = parent.group_of(core).map(<[_]>::to_vec).unwrap_or_default();
		let assignment = Some((core, &group[..]));
		match parent.table.check(&statement, assignment) {
			Ok(true) => {}
			other => return Counted::of(other, candidate, scheduling_parent),
		}
		if view.introduce(candidate, seconded) == Introduction::Refused {
			return Err(StatementError::NotInView(candidate));
		}
		let counted = parent.table.import(statement, assignment);
		let para = seconded.para_id();
		let new = || CandidateState::new(para, scheduling_parent);
		self.candidates
			.entry(candidate)
			.or_insert_with(new)
			.seconded
			.get_or_insert_with(|| seconded.clone());
		view.note_seconded(para, candidate);
		Counted::of(counted, candidate, scheduling_parent)
	}

	fn import_valid(
		&mut self,
		scheduling_parent: Hash,
		statement: SignedCompactStatement,
	) -> Result<Counted, StatementError> {
		let candidate = statement.statement.candidate_hash();
		let parent = self
			.relay_parents
			.get_mut(&scheduling_parent)
			.ok_or(StatementError::UnknownRelayParent(scheduling_parent))?;
		Counted::of(parent.table.import(statement, None), candidate, scheduling_parent)
	}
}

/// What counting a statement came to.
enum Counted {
	New(CandidateHash),
	Again,
	Misbehaviour(Box<Output>),
}

impl Counted {
	fn of(
		counted: Result<bool, TableError>,
		candidate: CandidateHash,
		scheduling_parent: Hash,
	) -> Result<Self, StatementError> {
		match counted {
			Ok(true) => Ok(Self::New(candidate)),
			Ok(false) => Ok(Self::Again),
			Err(TableError::Misbehaviour(misbehaviour)) => {
				Ok(Self::Misbehaviour(Box::new(Output::Misbehaviour {
					scheduling_parent,
					misbehaviour: *misbehaviour,
				})))
			}
			Err(error) => Err(StatementError::NotCounted(error)),
		}
	}
}
