//! Votes that overtook the candidate that they are about (R-BAK-7): kept, and counted when somebody seconds it.
//!
//! A network does not keep the order of what different validators say. Whoever confirms a candidate has heard of it, so
//! that it is about to be seconded here as well.

use async_backing_primitives::{CandidateHash, SignedCompactStatement, ValidatorIndex};
use std::collections::BTreeMap;

/// Verified votes at one relay parent for candidates that nobody seconded yet, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct EarlyVotes {
	by_candidate: BTreeMap<CandidateHash, Vec<SignedCompactStatement>>,
	by_validator: BTreeMap<ValidatorIndex, usize>,
}

impl EarlyVotes {
	/// How many votes of a validator wait.
	pub(crate) fn count_of(&self, validator: ValidatorIndex) -> usize {
		self.by_validator.get(&validator).copied().unwrap_or(0)
	}

	/// Votes that wait.
	#[cfg(feature = "laws")]
	pub(crate) fn count(&self) -> usize {
		self.by_validator.values().sum()
	}

	/// Most votes of one validator that wait.
	#[cfg(feature = "laws")]
	pub(crate) fn most(&self) -> usize {
		self.by_validator.values().copied().max().unwrap_or(0)
	}

	/// Whether a vote of this validator for this candidate waits.
	pub(crate) fn contains(&self, candidate: CandidateHash, validator: ValidatorIndex) -> bool {
		let votes = self.by_candidate.get(&candidate).into_iter().flatten();
		votes.into_iter().any(|vote| vote.validator_index == validator)
	}

	/// Keeps a vote. The caller has seen to it that there is room, and that it is the first.
	pub(crate) fn insert(&mut self, vote: SignedCompactStatement) {
		let count = self.by_validator.entry(vote.validator_index).or_default();
		*count = count.saturating_add(1);
		let candidate = vote.statement.candidate_hash();
		self.by_candidate.entry(candidate).or_default().push(vote);
	}

	/// The votes for a candidate that was seconded now.
	pub(crate) fn take(&mut self, candidate: CandidateHash) -> Vec<SignedCompactStatement> {
		let votes = self.by_candidate.remove(&candidate).unwrap_or_default();
		for vote in &votes {
			if let Some(count) = self.by_validator.get_mut(&vote.validator_index) {
				*count = count.saturating_sub(1);
				if *count == 0 {
					self.by_validator.remove(&vote.validator_index);
				}
			}
		}
		votes
	}
}
