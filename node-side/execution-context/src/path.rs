//! The unincluded path: base constraints, and what the candidates above the included head change about them.

use crate::Source;
use alloc::vec::Vec;
use async_backing_primitives::{
	candidate_modifications, BlockNumber, CandidateCommitments, CandidateHash, ConstraintModifications,
	ConstraintSource, FragmentError, Hash, HeadHash, ModificationError, Operating,
};
use thiserror::Error;

/// Why somebody counts on an unincluded candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
	/// It is on-chain and waits for availability.
	Pending,
	/// Somebody of its group seconded it, or all of it back it.
	Seconded,
	/// The collator built or executed it.
	Executed,
}

/// A candidate that is not included, as whoever counts on it knows it.
#[derive(Clone, Copy, Debug)]
pub struct Unincluded<'a> {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
	/// Hash of its own head data.
	pub output_head: HeadHash,
	/// Its relay parent.
	pub relay_parent: Hash,
	/// Number of that.
	pub relay_parent_number: BlockNumber,
	/// What including it will do.
	pub commitments: &'a CandidateCommitments,
	/// Why it counts.
	pub standing: Standing,
}

/// A candidate between the included head and the block in question, and what it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnincludedAncestor<'a> {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Its relay parent.
	pub relay_parent: Hash,
	/// Number of that.
	pub relay_parent_number: BlockNumber,
	/// Hash of its own head data.
	pub output_head: HeadHash,
	/// Why it counts.
	pub standing: Standing,
	/// What it changes about the constraints of whoever comes after it (R-MOD-1 to R-MOD-6).
	pub modifications: ConstraintModifications<'a>,
}

impl UnincludedAncestor<'_> {
	/// What its output is, as a source.
	pub fn source(&self) -> Source {
		match self.standing {
			Standing::Pending => Source::Pending(self.candidate),
			Standing::Seconded => Source::Seconded(self.candidate),
			Standing::Executed => Source::Executed(self.candidate),
		}
	}

	pub(crate) fn into_owned(self) -> UnincludedAncestor<'static> {
		UnincludedAncestor {
			candidate: self.candidate,
			relay_parent: self.relay_parent,
			relay_parent_number: self.relay_parent_number,
			output_head: self.output_head,
			standing: self.standing,
			modifications: self.modifications.into_owned(),
		}
	}
}

/// Why candidates make no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathError {
	/// It does not build on the one before it, or on the included head.
	#[error("candidate {candidate} builds on head {got}, but {expected} is before it (R-GLO-8)")]
	Disconnected {
		/// The candidate.
		candidate: CandidateHash,
		/// Head data before it.
		expected: HeadHash,
		/// Head data that it builds on.
		got: HeadHash,
	},
	/// It cannot be, wherever it stands.
	#[error("candidate {candidate} is malformed: {error}")]
	Malformed {
		/// The candidate.
		candidate: CandidateHash,
		/// What is wrong.
		#[source]
		error: FragmentError,
	},
	/// It sends or consumes more than there is, so that nothing can be built on it.
	#[error("candidate {candidate} does not fit any more: {error}")]
	DoesNotFit {
		/// The candidate.
		candidate: CandidateHash,
		/// What it exceeds.
		#[source]
		error: ModificationError,
	},
}

/// Base constraints with the candidates above them, one building on the other. A view: nothing large is copied.
#[derive(Clone, Debug)]
pub struct Path<'a, Base> {
	base: &'a Base,
	tip: HeadHash,
	ancestors: Vec<UnincludedAncestor<'a>>,
	stacked: ConstraintModifications<'a>,
}

impl<'a, Base: ConstraintSource> Path<'a, Base> {
	/// Nothing is unincluded: the next block builds on the included head, which has this hash.
	pub fn new(base: &'a Base, included: HeadHash) -> Self {
		Self {
			base,
			tip: included,
			ancestors: Vec::new(),
			stacked: ConstraintModifications::default(),
		}
	}

	/// As [`new`](Self::new), with these candidates, oldest first.
	///
	/// # Errors
	/// As [`push`](Self::push).
	pub fn with(
		base: &'a Base,
		included: HeadHash,
		unincluded: impl IntoIterator<Item = Unincluded<'a>>,
	) -> Result<Self, PathError> {
		unincluded
			.into_iter()
			.try_fold(Self::new(base, included), |mut path, next| {
				path.push(next)?;
				Ok(path)
			})
	}

	/// Puts a candidate at the end.
	///
	/// One that is pending is not judged again: the chain has taken it, and its changes count (R-SCO-5). Another one has to
	/// fit still. Cost: linear in its messages.
	///
	/// # Errors
	/// [`PathError`]; the path stays as it was.
	pub fn push(&mut self, next: Unincluded<'a>) -> Result<(), PathError> {
		let candidate = next.candidate;
		if next.parent_head != self.tip {
			return Err(PathError::Disconnected {
				candidate,
				expected: self.tip,
				got: next.parent_head,
			});
		}
		let operating = self.operating();
		let modifications = candidate_modifications(next.relay_parent_number, &operating, next.commitments)
			.map_err(|error| PathError::Malformed { candidate, error })?;
		if next.standing != Standing::Pending {
			operating
				.check(&modifications)
				.map_err(|error| PathError::DoesNotFit { candidate, error })?;
		}
		self.stacked.stack(&modifications);
		self.tip = next.output_head;
		self.ancestors.push(UnincludedAncestor {
			candidate,
			relay_parent: next.relay_parent,
			relay_parent_number: next.relay_parent_number,
			output_head: next.output_head,
			standing: next.standing,
			modifications,
		});
		Ok(())
	}

	/// What the next block is judged by (R-GLO-9): required parent, code, and what remains of every limit.
	pub fn operating(&self) -> Operating<'_, Base> {
		Operating::new(self.base, &self.stacked)
	}

	/// The base constraints.
	pub fn base(&self) -> &'a Base {
		self.base
	}

	/// Hash of the head data on which the next block builds.
	pub fn tip(&self) -> HeadHash {
		self.tip
	}

	/// The candidates, oldest first.
	pub fn ancestors(&self) -> &[UnincludedAncestor<'a>] {
		&self.ancestors
	}

	/// All that they change.
	pub fn stacked(&self) -> &ConstraintModifications<'a> {
		&self.stacked
	}

	pub(crate) fn into_ancestors(self) -> Vec<UnincludedAncestor<'static>> {
		self.ancestors
			.into_iter()
			.map(UnincludedAncestor::into_owned)
			.collect()
	}
}
