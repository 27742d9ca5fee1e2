//! One candidate of the table: who of its group voted, and how.

use async_backing_primitives::{
	CandidateHash, CompactStatement, CoreIndex, SignedCompactStatement, ValidatorIndex, ValidatorSignature,
};
use std::collections::BTreeSet;

/// What a member of the group said of a candidate. Candidate and validator follow from where it stands.
#[derive(Clone, Debug)]
pub(super) struct Vote {
	pub(super) is_seconded: bool,
	pub(super) signature: ValidatorSignature,
}

/// A member of the group, and its vote.
#[derive(Clone, Debug)]
pub(super) struct Seat {
	pub(super) validator: ValidatorIndex,
	pub(super) vote: Option<Vote>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
	candidate: CandidateHash,
	pub(super) core: CoreIndex,
	/// In the order of the group.
	pub(super) seats: Box<[Seat]>,
	/// Seats with a vote.
	pub(super) votes: usize,
}

impl Entry {
	pub(super) fn new(candidate: CandidateHash, core: CoreIndex, group: &[ValidatorIndex]) -> Self {
		let seat = |validator| Seat {
			validator,
			vote: None,
		};
		Self {
			candidate,
			core,
			seats: group.iter().copied().map(seat).collect(),
			votes: 0,
		}
	}

	pub(super) fn seat_of(&self, validator: ValidatorIndex) -> Option<usize> {
		self.seats.iter().position(|seat| seat.validator == validator)
	}

	/// Number of votes without those of disabled validators.
	pub(super) fn votes_without(&self, disabled: &BTreeSet<ValidatorIndex>) -> usize {
		if disabled.is_empty() {
			return self.votes;
		}
		let votes = self.seats.iter().filter(|seat| seat.vote.is_some());
		votes.filter(|seat| !disabled.contains(&seat.validator)).count()
	}

	/// The votes, in the order of the group.
	pub(super) fn statements(&self) -> impl Iterator<Item = SignedCompactStatement> + '_ {
		self.seats.iter().filter_map(|seat| self.statement_of(seat))
	}

	pub(super) fn statement_of(&self, seat: &Seat) -> Option<SignedCompactStatement> {
		let vote = seat.vote.as_ref()?;
		Some(SignedCompactStatement {
			statement: match vote.is_seconded {
				true => CompactStatement::Seconded(self.candidate),
				false => CompactStatement::Valid(self.candidate),
			},
			validator_index: seat.validator,
			signature: vote.signature.clone(),
		})
	}
}
