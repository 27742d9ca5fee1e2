//! The statement table of one relay parent: who said what of which candidate, and who misbehaved (R-TAB).
//!
//! Invariants: only verified statements of members of the candidate's group are counted; a validator counts once a
//! candidate; what was counted stays counted. The table does not verify signatures: its caller does.

mod entry;
mod error;

pub use error::{Misbehaviour, TableError};

use async_backing_primitives::{
	required_backing_votes, BackedCandidate, BackingBits, CandidateHash, CommittedCandidateReceipt,
	CompactStatement, CoreIndex, SignedCompactStatement, ValidatorIndex,
};
use entry::{Entry, Vote};
use std::{
	collections::HashMap,
	fmt,
	hash::{BuildHasherDefault, DefaultHasher},
};

/// What one validator seconded.
#[derive(Clone, Copy, Debug, Default)]
struct Seconded {
	/// How many candidates.
	count: usize,
	/// Position of the first.
	first: usize,
}

/// Where a statement that counts belongs.
struct Place {
	/// Position of the candidate; `None` if the statement brings it in.
	entry: Option<usize>,
	/// Position in the group.
	seat: usize,
}

/// Statements about candidates of one relay parent.
///
/// Costs are stated in g, the size of the group, which is a few. Memory: what the votes take, and a few bytes for each
/// validator up to the highest index of those who seconded.
#[derive(Clone)]
pub struct StatementTable {
	/// Whether a validator may second several candidates (R-TAB-4).
	multiple_seconded: bool,
	/// Most candidates that one validator may second (R-SD-3).
	seconding_limit: usize,
	minimum_backing_votes: u32,
	/// In the order in which they were seconded.
	entries: Vec<Entry>,
	/// Positions of the entries. Nothing iterates over the map. Hashed without a secret, so that no randomness is inside:
	/// whoever searches for candidates that meet in one bucket has to get each of them seconded, and a validator may
	/// second a few (R-SD-3).
	by_hash: HashMap<CandidateHash, usize, BuildHasherDefault<DefaultHasher>>,
	/// By validator index.
	seconded: Vec<Seconded>,
}

// By hand, because a derived one would show the order of the map.
impl fmt::Debug for StatementTable {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("StatementTable")
			.field("multiple_seconded", &self.multiple_seconded)
			.field("seconding_limit", &self.seconding_limit)
			.field("minimum_backing_votes", &self.minimum_backing_votes)
			.field("entries", &self.entries)
			.finish_non_exhaustive()
	}
}

impl StatementTable {
	/// A table without statements, under these parameters (R-TAB-4, R-SD-3).
	pub fn new(params: async_backing_primitives::AsyncBackingParams, minimum_backing_votes: u32) -> Self {
		Self {
			multiple_seconded: !params.is_synchronous(),
			seconding_limit: params.max_unincluded() as usize,
			minimum_backing_votes,
			entries: Vec::new(),
			by_hash: HashMap::default(),
			seconded: Vec::new(),
		}
	}

	fn entry(&self, candidate: CandidateHash) -> Option<&Entry> {
		self.entries.get(*self.by_hash.get(&candidate)?)
	}

	/// Whether somebody seconded the candidate. Constant cost.
	pub fn contains(&self, candidate: CandidateHash) -> bool {
		self.by_hash.contains_key(&candidate)
	}

	/// Whether a validator is in the group of a candidate that somebody seconded. Cost: O(g).
	pub fn is_in_group(&self, candidate: CandidateHash, validator: ValidatorIndex) -> bool {
		self.entry(candidate)
			.is_some_and(|entry| entry.seat_of(validator).is_some())
	}

	fn seconded_by(&self, validator: ValidatorIndex) -> Seconded {
		let seconded = self.seconded.get(validator.0 as usize);
		seconded.copied().unwrap_or_default()
	}

	/// Whether a validator may second one more candidate here (R-TAB-4, R-SD-3). Constant cost.
	pub fn may_second(&self, validator: ValidatorIndex) -> bool {
		self.seconded_by(validator).count < self.seconding_limit
	}

	/// Checks whether a statement counts: `false` if it is a repetition. Changes nothing.
	///
	/// `assignment` says which core a candidate that is seconded takes, and which group backs it there. A group lists
	/// nobody twice.
	///
	/// Cost: O(g).
	///
	/// # Errors
	/// [`TableError`] says why the statement does not count.
	pub fn check(
		&self,
		statement: &SignedCompactStatement,
		assignment: Option<(CoreIndex, &[ValidatorIndex])>,
	) -> Result<bool, TableError> {
		self.judge(statement, assignment).map(|place| place.is_some())
	}

	/// Where a statement belongs; `None` if it is a repetition.
	fn judge(
		&self,
		statement: &SignedCompactStatement,
		assignment: Option<(CoreIndex, &[ValidatorIndex])>,
	) -> Result<Option<Place>, TableError> {
		let (validator, candidate) = (statement.validator_index, statement.statement.candidate_hash());
		let position = self.by_hash.get(&candidate).copied();
		let entry = position.and_then(|position| self.entries.get(position));
		let seat = match (entry, assignment) {
			(Some(entry), _) => entry.seat_of(validator),
			(None, Some((_, group))) if is_seconded(statement) => {
				group.iter().position(|member| *member == validator)
			}
			(None, _) => return Err(TableError::UnknownCandidate(candidate)),
		};
		let Some(seat) = seat else {
			return misbehaviour(Misbehaviour::UnauthorizedStatement(statement.clone()));
		};
		let first = entry.and_then(|entry| entry.statement_of(entry.seats.get(seat)?));
		if let Some(first) = first {
			let second = || statement.clone();
			return match (
				first.statement == statement.statement,
				first.signature == statement.signature,
			) {
				(true, true) => Ok(None),
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
			return self.refuse_to_second(statement);
		}
		Ok(Some(Place {
			entry: position,
			seat,
		}))
	}

	/// Why a validator that seconded enough may not second more.
	fn refuse_to_second<T>(&self, statement: &SignedCompactStatement) -> Result<T, TableError> {
		let validator = statement.validator_index;
		let seconded = self.seconded_by(validator);
		let first = || {
			let entry = self.entries.get(seconded.first)?;
			entry.statement_of(entry.seats.get(entry.seat_of(validator)?)?)
		};
		match first() {
			Some(first) if !self.multiple_seconded => misbehaviour(Misbehaviour::MultipleCandidates {
				first,
				second: statement.clone(),
			}),
			_ => Err(TableError::TooManySeconded {
				validator,
				limit: self.seconding_limit,
			}),
		}
	}

	/// Counts a statement; `false` if it is a repetition. Arguments and errors are those of [`check`](Self::check); on
	/// error nothing has changed. Cost: O(g).
	///
	/// # Errors
	/// [`TableError`] says why the statement is not counted.
	pub fn import(
		&mut self,
		statement: SignedCompactStatement,
		assignment: Option<(CoreIndex, &[ValidatorIndex])>,
	) -> Result<bool, TableError> {
		let Some(place) = self.judge(&statement, assignment)? else {
			return Ok(false);
		};
		let candidate = statement.statement.candidate_hash();
		let position = match (place.entry, assignment) {
			(Some(position), _) => position,
			(None, Some((core, group))) => {
				let position = self.entries.len();
				self.entries.push(Entry::new(candidate, core, group));
				self.by_hash.insert(candidate, position);
				position
			}
			(None, None) => return Err(TableError::UnknownCandidate(candidate)),
		};
		let is_seconded = is_seconded(&statement);
		if is_seconded {
			self.note_seconded(statement.validator_index, position);
		}
		if let Some(entry) = self.entries.get_mut(position) {
			if let Some(seat) = entry.seats.get_mut(place.seat) {
				seat.vote = Some(Vote {
					is_seconded,
					signature: statement.signature,
				});
				entry.votes = entry.votes.saturating_add(1);
			}
		}
		Ok(true)
	}

	fn note_seconded(&mut self, validator: ValidatorIndex, position: usize) {
		let index = validator.0 as usize;
		if self.seconded.len() <= index {
			self.seconded
				.resize_with(index.saturating_add(1), Default::default);
		}
		if let Some(seconded) = self.seconded.get_mut(index) {
			if seconded.count == 0 {
				seconded.first = position;
			}
			seconded.count = seconded.count.saturating_add(1);
		}
	}

	/// Validators that stated the candidate, those who seconded it first; of each kind ascending. Cost: O(g log g).
	pub fn backers(&self, candidate: CandidateHash) -> Vec<ValidatorIndex> {
		let Some(entry) = self.entry(candidate) else {
			return Vec::new();
		};
		let votes = entry
			.seats
			.iter()
			.filter_map(|seat| Some((!seat.vote.as_ref()?.is_seconded, seat.validator)));
		let mut backers: Vec<_> = votes.collect();
		backers.sort_unstable();
		backers.into_iter().map(|(_, validator)| validator).collect()
	}

	/// Whether the candidate has its quorum (R-TAB-6, R-BKV-1). Constant cost.
	pub fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.entry(candidate).is_some_and(|entry| {
			required_backing_votes(entry.seats.len(), self.minimum_backing_votes)
				.is_some_and(|required| entry.votes >= required)
		})
	}

	/// Joins a candidate with its votes, in the order of the group (R-BAK-8); `None` without a quorum. Cost: O(g).
	pub fn backed(
		&self,
		candidate: CandidateHash,
		receipt: CommittedCandidateReceipt,
	) -> Option<BackedCandidate> {
		if !self.is_backable(candidate) {
			return None;
		}
		let entry = self.entry(candidate)?;
		let bits: BackingBits = entry.seats.iter().map(|seat| seat.vote.is_some()).collect();
		let votes = entry
			.statements()
			.map(|statement| statement.to_attestation())
			.collect();
		BackedCandidate::new(receipt, votes, bits, entry.core).ok()
	}
}

fn misbehaviour<T>(misbehaviour: Misbehaviour) -> Result<T, TableError> {
	Err(TableError::Misbehaviour(Box::new(misbehaviour)))
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
	fn r_tab_5_backers_come_by_kind_and_then_by_index() {
		let mut table = table(4, 3);
		for statement in [
			seconded(1, 4),
			seconded(2, 7),
			valid(1, 7),
			seconded(1, 2),
			valid(2, 4),
			valid(2, 2),
		] {
			assert_eq!(table.import(statement, ON_CORE), Ok(true));
		}
		let rows = [(1, vec![2, 4, 7]), (2, vec![7, 2, 4]), (3, vec![])];
		for (name, expected) in rows {
			let expected: Vec<_> = expected.into_iter().map(ValidatorIndex).collect();
			assert_eq!(
				table.backers(candidate(name)),
				expected,
				"R-TAB-5: candidate {name}"
			);
		}
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
