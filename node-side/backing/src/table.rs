//! The statement table of one relay parent: who said what of which candidate, and who misbehaved (R-TAB).
//!
//! Invariants: only verified statements of members of the candidate's group are in it; a validator votes once a
//! candidate; a vote stays. Whose votes count is another matter, and changes from leaf to leaf (R-BAK-14): the caller
//! says it whenever it asks for a quorum. The table does not verify signatures: its caller does.

mod entry;
mod error;

pub use error::{Misbehaviour, TableError};

use async_backing_primitives::{
	remove_disabled_votes, required_backing_votes, BackedCandidate, BackingBits, CandidateHash,
	CommittedCandidateReceipt, CompactStatement, CoreIndex, SignedCompactStatement, ValidatorIndex,
	ValidityAttestation,
};
use entry::{Entry, Vote};
use std::{
	collections::{BTreeSet, HashMap},
	fmt,
	hash::{BuildHasherDefault, DefaultHasher},
	sync::Arc,
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

	/// Most candidates that one validator seconded.
	#[cfg(feature = "laws")]
	pub(crate) fn most_seconded(&self) -> usize {
		let counts = self.seconded.iter().map(|seconded| seconded.count);
		counts.max().unwrap_or(0)
	}

	/// Statements that count.
	#[cfg(feature = "laws")]
	pub(crate) fn statement_count(&self) -> usize {
		self.entries.iter().map(|entry| entry.votes).sum()
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

	/// Number of validators that stated the candidate. Constant cost.
	pub fn votes(&self, candidate: CandidateHash) -> usize {
		self.entry(candidate).map_or(0, |entry| entry.votes)
	}

	/// Whether the candidate has its quorum if all votes count (R-TAB-6, R-BKV-1). Constant cost.
	pub fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.is_backable_without(candidate, &BTreeSet::new())
	}

	/// Whether the candidate has its quorum without the votes of disabled validators (R-BKV-4, R-BAK-14). They are members
	/// of the group all the same, so that as many votes are needed as ever. Cost: O(g log d) for d of them, if there are
	/// any.
	pub fn is_backable_without(&self, candidate: CandidateHash, disabled: &BTreeSet<ValidatorIndex>) -> bool {
		let Some(entry) = self.entry(candidate) else {
			return false;
		};
		required_backing_votes(entry.seats.len(), self.minimum_backing_votes)
			.is_some_and(|required| entry.votes >= required && entry.votes_without(disabled) >= required)
	}

	/// Joins a candidate with its votes, in the order of the group (R-BAK-8); `None` without a quorum. Cost: O(g).
	pub fn backed(
		&self,
		candidate: CandidateHash,
		receipt: CommittedCandidateReceipt,
	) -> Option<BackedCandidate> {
		self.backed_without(candidate, receipt, &BTreeSet::new())
	}

	/// As [`backed`](Self::backed), without the votes of disabled validators: what the chain leaves of the candidate where
	/// these are disabled, by the chain's own rule (R-BKV-4, R-BAK-14). Cost: O(g log d).
	pub fn backed_without(
		&self,
		candidate: CandidateHash,
		receipt: CommittedCandidateReceipt,
		disabled: &BTreeSet<ValidatorIndex>,
	) -> Option<BackedCandidate> {
		if !self.is_backable_without(candidate, disabled) {
			return None;
		}
		let entry = self.entry(candidate)?;
		let bits: BackingBits = entry.seats.iter().map(|seat| seat.vote.is_some()).collect();
		let votes = entry
			.statements()
			.map(|statement| statement.to_attestation())
			.collect();
		let mut backed = BackedCandidate::new(receipt, votes, bits, entry.core).ok()?;
		if !disabled.is_empty() {
			let group: Vec<_> = entry.seats.iter().map(|seat| seat.validator).collect();
			remove_disabled_votes(&mut backed, &group, |validator| disabled.contains(&validator)).ok()?;
		}
		Some(backed)
	}

	/// As [`backed_without`](Self::backed_without), with a receipt that stays shared. Cost: as that, whatever the size of
	/// the candidate.
	pub fn votes_without(
		&self,
		candidate: CandidateHash,
		receipt: &Arc<CommittedCandidateReceipt>,
		disabled: &BTreeSet<ValidatorIndex>,
	) -> Option<BackedVotes> {
		// What the candidate outputs has no say in how votes and bits go together.
		let without_commitments = CommittedCandidateReceipt {
			descriptor: receipt.descriptor.clone(),
			commitments: Default::default(),
		};
		let BackedCandidate {
			validity_votes,
			validator_indices,
			..
		} = self.backed_without(candidate, without_commitments, disabled)?;
		Some(BackedVotes {
			receipt: receipt.clone(),
			validity_votes,
			validator_indices,
		})
	}
}

/// A candidate and the votes that back it, as a block carries them, with a receipt that somebody else holds as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedVotes {
	/// The candidate.
	pub receipt: Arc<CommittedCandidateReceipt>,
	/// One vote for each set bit of the group's part of `validator_indices`.
	pub validity_votes: Vec<ValidityAttestation>,
	/// Bits of the group, then of the core (R-BIN-16).
	pub validator_indices: BackingBits,
}

fn misbehaviour<T>(misbehaviour: Misbehaviour) -> Result<T, TableError> {
	Err(TableError::Misbehaviour(Box::new(misbehaviour)))
}

fn is_seconded(statement: &SignedCompactStatement) -> bool {
	matches!(statement.statement, CompactStatement::Seconded(_))
}

#[cfg(test)]
mod tests;
