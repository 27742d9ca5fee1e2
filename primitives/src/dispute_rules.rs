//! In which order a block carries dispute votes, and what the votes of one dispute amount to (R-INC-5).
//!
//! Pure rules for whoever implements the [port](crate::ports::Disputes); the chain asks the first of them itself.

use crate::{
	byzantine_threshold, supermajority_threshold, BlockNumber, CandidateHash, DisputeStatement,
	DisputeStatementSet, SessionIndex, ValidDisputeStatementKind, ValidatorIndex,
};
use alloc::{collections::BTreeSet, vec::Vec};

/// Brings disputes into the order in which a block carries them, each once (R-INC-5): those about candidates that this
/// chain included, by the block that did, before the others, by session; equals by candidate.
///
/// `included_at` tells in which block of this chain a candidate was included. Of several sets about one candidate of a
/// session the first is kept.
///
/// Cost: one call of `included_at` and O(log n) comparisons a set.
pub fn canonical_disputes(
	sets: Vec<DisputeStatementSet>,
	included_at: impl Fn(SessionIndex, CandidateHash) -> Option<BlockNumber>,
) -> Vec<DisputeStatementSet> {
	let mut keyed: Vec<_> = sets
		.into_iter()
		.map(|set| {
			let height = included_at(set.session, set.candidate_hash);
			let key = (
				height.is_none(),
				height.unwrap_or(set.session),
				set.candidate_hash,
				set.session,
			);
			(key, set)
		})
		.collect();
	// Stable: of equal ones the first offered stays first.
	keyed.sort_by_key(|(key, _)| *key);
	keyed.dedup_by_key(|(key, _)| *key);
	keyed.into_iter().map(|(_, set)| set).collect()
}

/// Who took part in a dispute, and on which side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisputeTally {
	valid: BTreeSet<ValidatorIndex>,
	invalid: BTreeSet<ValidatorIndex>,
	has_backer: bool,
}

impl DisputeTally {
	/// Counts votes whose signatures were verified. Those of unknown validators do not count, and nobody counts twice on
	/// a side; who votes on both sides counts on both.
	pub fn of<'a>(
		statements: impl IntoIterator<Item = (&'a DisputeStatement, ValidatorIndex)>,
		validators: usize,
	) -> Self {
		use ValidDisputeStatementKind::{BackingSeconded, BackingValid};
		let mut tally = Self::default();
		for (statement, validator) in statements {
			if validator.as_usize() >= validators {
				continue;
			}
			match statement {
				DisputeStatement::Valid(kind) => {
					tally.valid.insert(validator);
					tally.has_backer |= matches!(kind, BackingSeconded(_) | BackingValid(_));
				}
				DisputeStatement::Invalid(_) => {
					tally.invalid.insert(validator);
				}
			}
		}
		tally
	}

	/// Whether the dispute is worth a place in a block: votes on both sides, more than `f` participants and a backer.
	pub fn counts(&self, validators: usize) -> bool {
		let participants = self.valid.union(&self.invalid).count();
		!self.valid.is_empty()
			&& !self.invalid.is_empty()
			&& self.has_backer
			&& participants > byzantine_threshold(validators)
	}

	/// Whether the candidate is found invalid: a supermajority votes against it.
	pub fn is_concluded_invalid(&self, validators: usize) -> bool {
		validators > 0 && self.invalid.len() >= supermajority_threshold(validators)
	}

	/// Whether the chain stops: it included a candidate that more than `f` validators vote against, so an honest one did.
	pub fn freezes(&self, validators: usize, included_here: bool) -> bool {
		included_here && self.invalid.len() > byzantine_threshold(validators)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Hash, InvalidDisputeStatementKind};
	use alloc::{vec, vec::Vec};

	fn set(hash: u8, session: u32) -> DisputeStatementSet {
		DisputeStatementSet {
			candidate_hash: CandidateHash(Hash::repeat_byte(hash)),
			session,
			statements: vec![],
		}
	}

	#[test]
	fn r_inc_5_local_disputes_come_first_and_each_comes_once() {
		// Included here: candidate 9 in block 5, candidates 7 and 8 in block 6.
		let included_at = |_, candidate: CandidateHash| match candidate.0 .0[0] {
			9 => Some(5),
			7 | 8 => Some(6),
			_ => None,
		};
		let offered = vec![
			set(2, 3),
			set(1, 4),
			set(8, 9),
			set(2, 2),
			set(7, 9),
			set(2, 3),
			set(9, 9),
			set(1, 3),
		];
		let canonical = canonical_disputes(offered, included_at);
		let expected = vec![
			set(9, 9),
			set(7, 9),
			set(8, 9),
			set(2, 2),
			set(1, 3),
			set(2, 3),
			set(1, 4),
		];
		assert_eq!(canonical, expected, "R-INC-5");
		assert_eq!(
			canonical_disputes(canonical.clone(), included_at),
			canonical,
			"R-INC-5: nothing more to do"
		);
	}

	const EXPLICIT: DisputeStatement = DisputeStatement::Valid(ValidDisputeStatementKind::Explicit);
	const BACKED: DisputeStatement =
		DisputeStatement::Valid(ValidDisputeStatementKind::BackingSeconded(Hash::zero()));
	const AGAINST: DisputeStatement = DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit);

	fn tally(votes: &[(&DisputeStatement, u32)]) -> DisputeTally {
		DisputeTally::of(
			votes.iter().map(|(vote, index)| (*vote, ValidatorIndex(*index))),
			7,
		)
	}

	type Votes<'a> = Vec<(&'a DisputeStatement, u32)>;

	#[test]
	fn r_inc_5_what_counts_as_a_dispute() {
		// Seven validators, so f is 2.
		let rows: Vec<(&str, Votes<'_>, bool)> = vec![
			(
				"both sides, three, a backer",
				vec![(&BACKED, 0), (&EXPLICIT, 1), (&AGAINST, 2)],
				true,
			),
			(
				"nobody against",
				vec![(&BACKED, 0), (&EXPLICIT, 1), (&EXPLICIT, 2)],
				false,
			),
			(
				"nobody for",
				vec![(&AGAINST, 0), (&AGAINST, 1), (&AGAINST, 2)],
				false,
			),
			("two participants", vec![(&BACKED, 0), (&AGAINST, 2)], false),
			(
				"one on both sides is one participant",
				vec![(&BACKED, 0), (&AGAINST, 0), (&AGAINST, 1)],
				false,
			),
			(
				"no backer",
				vec![(&EXPLICIT, 0), (&EXPLICIT, 1), (&AGAINST, 2)],
				false,
			),
			(
				"a stranger is none",
				vec![(&BACKED, 0), (&AGAINST, 2), (&AGAINST, 7)],
				false,
			),
		];
		for (name, votes, expected) in rows {
			assert_eq!(tally(&votes).counts(7), expected, "R-INC-5: {name}");
		}
	}

	#[test]
	fn r_inc_5_what_concludes_and_what_freezes() {
		for against in 0..=7u32 {
			let votes: Vec<_> = (0..against).map(|index| (&AGAINST, index)).collect();
			let tally = tally(&votes);
			assert_eq!(
				tally.is_concluded_invalid(7),
				against >= 5,
				"R-INC-5: {against} of 7 against"
			);
			assert_eq!(
				tally.freezes(7, true),
				against > 2,
				"R-INC-5: {against} of 7 against"
			);
			assert!(!tally.freezes(7, false), "R-INC-5: included elsewhere");
		}
		assert!(!DisputeTally::default().is_concluded_invalid(0));
	}
}
