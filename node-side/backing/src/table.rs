//! The statement table of one relay parent: who said what of which candidate, and who misbehaved (R-TAB).
//!
//! Invariants: only verified statements of members of the candidate's group are counted; a validator counts once a
//! candidate; what was counted stays counted. The table does not verify signatures: its caller does.

use async_backing_primitives::{
	required_backing_votes, BackedCandidate, BackingBits, CandidateHash, CommittedCandidateReceipt,
	CompactStatement, CoreIndex, SignedCompactStatement, ValidatorIndex,
};
use std::collections::{BTreeMap, BTreeSet};
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

#[derive(Clone, Debug)]
struct Entry {
	group: Vec<ValidatorIndex>,
	core: CoreIndex,
	votes: BTreeMap<ValidatorIndex, SignedCompactStatement>,
}

/// Statements about candidates of one relay parent.
#[derive(Clone, Debug)]
pub struct StatementTable {
	/// Whether a validator may second several candidates (R-TAB-4).
	multiple_seconded: bool,
	/// Most candidates that one validator may second (R-SD-3).
	seconding_limit: usize,
	minimum_backing_votes: u32,
	candidates: BTreeMap<CandidateHash, Entry>,
	seconded: BTreeMap<ValidatorIndex, BTreeSet<CandidateHash>>,
}

impl StatementTable {
	/// A table without statements, under these parameters (R-TAB-4, R-SD-3).
	pub fn new(params: async_backing_primitives::AsyncBackingParams, minimum_backing_votes: u32) -> Self {
		Self {
			multiple_seconded: !params.is_synchronous(),
			seconding_limit: params.max_unincluded() as usize,
			minimum_backing_votes,
			candidates: BTreeMap::new(),
			seconded: BTreeMap::new(),
		}
	}

	/// Whether somebody seconded the candidate.
	pub fn contains(&self, candidate: CandidateHash) -> bool {
		self.candidates.contains_key(&candidate)
	}

	/// Whether a validator is in the group of a candidate that somebody seconded.
	pub fn is_in_group(&self, candidate: CandidateHash, validator: ValidatorIndex) -> bool {
		self.candidates
			.get(&candidate)
			.is_some_and(|entry| entry.group.contains(&validator))
	}

	/// Whether a validator may second one more candidate here (R-TAB-4, R-SD-3).
	pub fn may_second(&self, validator: ValidatorIndex) -> bool {
		self.seconded.get(&validator).map_or(0, BTreeSet::len) < self.seconding_limit
	}

	/// Checks whether a statement counts: `false` if it is a repetition. Changes nothing.
	///
	/// `assignment` says which core a candidate that is seconded takes, and which group backs it there.
	///
	/// # Errors
	/// [`TableError`] says why the statement does not count.
	pub fn check(
		&self,
		statement: &SignedCompactStatement,
		assignment: Option<(CoreIndex, &[ValidatorIndex])>,
	) -> Result<bool, TableError> {
		let misbehaviour = |misbehaviour| Err(TableError::Misbehaviour(Box::new(misbehaviour)));
		let second = || statement.clone();
		let (validator, candidate) = (statement.validator_index, statement.statement.candidate_hash());
		let known = self.candidates.get(&candidate);
		let group = match (known, assignment) {
			(Some(entry), _) => &entry.group[..],
			(None, Some((_, group))) if is_seconded(statement) => group,
			(None, _) => return Err(TableError::UnknownCandidate(candidate)),
		};
		if !group.contains(&validator) {
			return misbehaviour(Misbehaviour::UnauthorizedStatement(second()));
		}
		if let Some(first) = known.and_then(|entry| entry.votes.get(&validator)).cloned() {
			return match (
				first.statement == statement.statement,
				first.signature == statement.signature,
			) {
				(true, true) => Ok(false),
				(true, false) => misbehaviour(Misbehaviour::DoubleSign {
					first,
					second: second(),
				}),
				(false, _) => misbehaviour(Misbehaviour::ValidityDoubleVote {
					first,
					second: second(),
				}),
			};
		}
		if is_seconded(statement) && !self.may_second(validator) {
			let other = self.seconded.get(&validator).and_then(BTreeSet::first);
			let first = other
				.and_then(|other| self.candidates.get(other)?.votes.get(&validator))
				.cloned();
			return match first {
				Some(first) if !self.multiple_seconded => misbehaviour(Misbehaviour::MultipleCandidates {
					first,
					second: second(),
				}),
				_ => Err(TableError::TooManySeconded {
					validator,
					limit: self.seconding_limit,
				}),
			};
		}
		Ok(true)
	}

	/// Counts a statement; `false` if it is a repetition. Arguments and errors are those of [`check`](Self::check); on
	/// error nothing has changed.
	///
	/// # Errors
	/// [`TableError`] says why the statement is not counted.
	pub fn import(
		&mut self,
		statement: SignedCompactStatement,
		assignment: Option<(CoreIndex, &[ValidatorIndex])>,
	) -> Result<bool, TableError> {
		if !self.check(&statement, assignment)? {
			return Ok(false);
		}
		let (validator, candidate) = (statement.validator_index, statement.statement.candidate_hash());
		if is_seconded(&statement) {
			self.seconded.entry(validator).or_default().insert(candidate);
		}
		if let Some(entry) = self.candidates.get_mut(&candidate) {
			entry.votes.insert(validator, statement);
		} else if let Some((core, group)) = assignment {
			let votes = BTreeMap::from([(validator, statement)]);
			self.candidates.insert(
				candidate,
				Entry {
					group: group.to_vec(),
					core,
					votes,
				},
			);
		}
		Ok(true)
	}

	/// Validators that stated the candidate, those who seconded it first.
	pub fn backers(&self, candidate: CandidateHash) -> Vec<ValidatorIndex> {
		let Some(entry) = self.candidates.get(&candidate) else {
			return Vec::new();
		};
		let of_kind = |seconded: bool| {
			entry
				.votes
				.values()
				.filter(move |vote| is_seconded(vote) == seconded)
				.map(|vote| vote.validator_index)
		};
		of_kind(true).chain(of_kind(false)).collect()
	}

	/// Whether the candidate has its quorum (R-TAB-6, R-BKV-1).
	pub fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.candidates.get(&candidate).is_some_and(|entry| {
			required_backing_votes(entry.group.len(), self.minimum_backing_votes)
				.is_some_and(|required| entry.votes.len() >= required)
		})
	}

	/// Joins a candidate with its votes, in the order of the group (R-BAK-8); `None` without a quorum.
	pub fn backed(
		&self,
		candidate: CandidateHash,
		receipt: CommittedCandidateReceipt,
	) -> Option<BackedCandidate> {
		if !self.is_backable(candidate) {
			return None;
		}
		let entry = self.candidates.get(&candidate)?;
		let bits: BackingBits = entry
			.group
			.iter()
			.map(|member| entry.votes.contains_key(member))
			.collect();
		let votes = entry.group.iter().filter_map(|member| entry.votes.get(member));
		let votes = votes.map(SignedCompactStatement::to_attestation).collect();
		BackedCandidate::new(receipt, votes, bits, entry.core).ok()
	}
}

fn is_seconded(statement: &SignedCompactStatement) -> bool {
	matches!(statement.statement, CompactStatement::Seconded(_))
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{
		check_backing_vote_count, AsyncBackingParams, CandidateDescriptor, Hash, ValidatorSignature,
	};

	const GROUP: [ValidatorIndex; 3] = [ValidatorIndex(4), ValidatorIndex(2), ValidatorIndex(7)];
	const ON_CORE: Option<(CoreIndex, &[ValidatorIndex])> = Some((CoreIndex(3), &GROUP));

	fn table(depth: u32, ancestry: u32) -> StatementTable {
		StatementTable::new(AsyncBackingParams::new(depth, ancestry).expect("legal"), 2)
	}

	fn candidate(name: u8) -> CandidateHash {
		CandidateHash(Hash::repeat_byte(name))
	}

	fn signed(statement: CompactStatement, validator: u32, signature: u8) -> SignedCompactStatement {
		let signature = ValidatorSignature::from(sp_core::sr25519::Signature::from_raw([signature; 64]));
		SignedCompactStatement {
			statement,
			validator_index: ValidatorIndex(validator),
			signature,
		}
	}

	fn seconded(name: u8, validator: u32) -> SignedCompactStatement {
		signed(CompactStatement::Seconded(candidate(name)), validator, name)
	}

	fn valid(name: u8, validator: u32) -> SignedCompactStatement {
		signed(CompactStatement::Valid(candidate(name)), validator, name)
	}

	fn found(misbehaviour: Misbehaviour) -> Result<bool, TableError> {
		Err(TableError::Misbehaviour(Box::new(misbehaviour)))
	}

	#[test]
	fn r_tab_every_misbehaviour_is_found_and_earlier_votes_stay() {
		let mut table = table(4, 3);
		let again = signed(CompactStatement::Seconded(candidate(1)), 4, 99);
		let confirmed_again = signed(CompactStatement::Valid(candidate(1)), 2, 99);
		let rows = [
			(
				"R-TAB-5 valid before seconded",
				valid(1, 2),
				Err(TableError::UnknownCandidate(candidate(1))),
			),
			(
				"R-TAB-1 seconded by a stranger",
				seconded(1, 5),
				found(Misbehaviour::UnauthorizedStatement(seconded(1, 5))),
			),
			("seconded", seconded(1, 4), Ok(true)),
			("R-TAB-3 repeated", seconded(1, 4), Ok(false)),
			(
				"R-TAB-3 signed twice",
				again.clone(),
				found(Misbehaviour::DoubleSign {
					first: seconded(1, 4),
					second: again,
				}),
			),
			(
				"R-TAB-2 seconded and valid",
				valid(1, 4),
				found(Misbehaviour::ValidityDoubleVote {
					first: seconded(1, 4),
					second: valid(1, 4),
				}),
			),
			(
				"R-TAB-1 valid by a stranger",
				valid(1, 5),
				found(Misbehaviour::UnauthorizedStatement(valid(1, 5))),
			),
			("confirmed", valid(1, 2), Ok(true)),
			(
				"R-TAB-3 confirmed twice",
				confirmed_again.clone(),
				found(Misbehaviour::DoubleSign {
					first: valid(1, 2),
					second: confirmed_again,
				}),
			),
			(
				"R-TAB-2 valid and seconded",
				seconded(1, 2),
				found(Misbehaviour::ValidityDoubleVote {
					first: valid(1, 2),
					second: seconded(1, 2),
				}),
			),
			("R-TAB-4 a second candidate", seconded(2, 4), Ok(true)),
		];
		for (name, statement, expected) in rows {
			assert_eq!(table.import(statement, ON_CORE), expected, "{name}");
		}
		assert_eq!(table.backers(candidate(1)), [4, 2].map(ValidatorIndex), "R-TAB-5");
		assert!(table.is_backable(candidate(1)), "R-TAB-6");
		assert!(!table.is_backable(candidate(2)), "R-TAB-6");
		assert!(!table.is_backable(candidate(9)), "R-TAB-6: unknown");
	}

	#[test]
	fn r_tab_4_one_candidate_while_backing_is_synchronous() {
		let second = || {
			found(Misbehaviour::MultipleCandidates {
				first: seconded(1, 4),
				second: seconded(2, 4),
			})
		};
		let limited = || {
			Err(TableError::TooManySeconded {
				validator: ValidatorIndex(4),
				limit: 1,
			})
		};
		for (depth, ancestry, expected) in [(0, 0, second()), (0, 3, limited()), (1, 0, Ok(true))] {
			let mut table = table(depth, ancestry);
			assert_eq!(table.import(seconded(1, 4), ON_CORE), Ok(true));
			assert_eq!(
				table.import(seconded(2, 4), ON_CORE),
				expected,
				"R-TAB-4: ({depth}, {ancestry})"
			);
			assert!(table.contains(candidate(1)));
		}
	}

	#[test]
	fn r_sd_3_seconding_is_limited() {
		let mut table = table(4, 3);
		for name in 1..=5 {
			assert_eq!(table.import(seconded(name, 4), ON_CORE), Ok(true), "R-SD-3");
		}
		let limited = Err(TableError::TooManySeconded {
			validator: ValidatorIndex(4),
			limit: 5,
		});
		assert_eq!(table.import(seconded(6, 4), ON_CORE), limited, "R-SD-3");
		assert_eq!(
			table.import(seconded(6, 2), ON_CORE),
			Ok(true),
			"R-SD-3: another validator"
		);
	}

	#[test]
	fn r_bak_8_votes_stand_in_the_order_of_the_group() {
		let receipt = CommittedCandidateReceipt {
			descriptor: CandidateDescriptor::v2(Default::default()),
			commitments: Default::default(),
		};
		let name = receipt.hash();
		let mut table = table(4, 3);
		let seconded = signed(CompactStatement::Seconded(name), 7, 1);
		let valid = signed(CompactStatement::Valid(name), 4, 2);
		table.import(seconded.clone(), ON_CORE).expect("counted");
		assert_eq!(
			table.backed(name, receipt.clone()),
			None,
			"R-BAK-9: one vote of two"
		);
		table.import(valid.clone(), ON_CORE).expect("counted");
		let backed = table.backed(name, receipt).expect("a quorum");
		assert_eq!(
			backed.validity_votes,
			[valid.to_attestation(), seconded.to_attestation()],
			"R-BAK-8"
		);
		let (bits, core) = backed.split_indices().expect("well formed");
		assert_eq!(
			(bits.iter().by_vals().collect::<Vec<_>>(), core),
			(vec![true, false, true], CoreIndex(3))
		);
		assert_eq!(check_backing_vote_count(&backed, 3, 2), Ok(2), "R-BKV-2");
	}
}
