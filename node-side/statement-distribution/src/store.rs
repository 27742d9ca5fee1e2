//! Verified statements at one relay parent.

use crate::filter::{Kind, StatementSet};
use async_backing_primitives::{
	CandidateHash, GroupIndex, SignedCompactStatement, ValidatorIndex, ValidatorSignature,
};
use std::collections::{BTreeMap, BTreeSet};

/// A candidate of a group. Two groups may state one candidate: of each other they know nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
	pub(crate) candidate: CandidateHash,
	pub(crate) group: GroupIndex,
}

/// What a group has stated about a candidate.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
	/// Which statements there are.
	pub(crate) filter: StatementSet,
	/// Of these, those that backing has heard of.
	pub(crate) told: StatementSet,
	signatures: BTreeMap<(Kind, usize), ValidatorSignature>,
}

/// Memory: `limit` candidates for each validator that seconds, each with two statements for each member of the group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
	stated: BTreeMap<Key, Stated>,
	seconded: BTreeMap<ValidatorIndex, BTreeSet<CandidateHash>>,
}

impl Store {
	/// Whether a validator may second this one too (R-SD-3).
	pub(crate) fn may_second(&self, author: ValidatorIndex, candidate: CandidateHash, limit: usize) -> bool {
		self.seconded
			.get(&author)
			.is_none_or(|seconded| seconded.contains(&candidate) || seconded.len() < limit)
	}

	pub(crate) fn get(&self, key: Key) -> Option<&Stated> {
		self.stated.get(&key)
	}

	pub(crate) fn has(&self, key: Key, kind: Kind, member: usize) -> bool {
		self.get(key)
			.is_some_and(|stated| stated.filter.has(kind, member))
	}

	/// Keeps a statement that was verified; says whether it is new and counts. One of a validator that has seconded as
	/// many as it may does not, nor does a confirmation of what nobody has seconded.
	pub(crate) fn insert(
		&mut self,
		key: Key,
		member: usize,
		group_size: usize,
		statement: &SignedCompactStatement,
		limit: usize,
	) -> bool {
		let (author, kind) = (statement.validator_index, Kind::of(&statement.statement));
		match kind {
			Kind::Seconded if !self.may_second(author, key.candidate, limit) => return false,
			Kind::Seconded => {
				self.seconded.entry(author).or_default().insert(key.candidate);
			}
			Kind::Valid if !self.stated.contains_key(&key) => return false,
			Kind::Valid => {}
		}
		let stated = self.stated.entry(key).or_insert_with(|| Stated {
			filter: StatementSet::blank(group_size),
			told: StatementSet::blank(group_size),
			signatures: BTreeMap::new(),
		});
		let is_new = stated.filter.note(kind, member);
		if is_new {
			stated
				.signatures
				.insert((kind, member), statement.signature.clone());
		}
		is_new
	}

	/// Backing has heard of a statement, or made it.
	pub(crate) fn note_told(&mut self, key: Key, kind: Kind, member: usize) {
		if let Some(stated) = self.stated.get_mut(&key) {
			stated.told.note(kind, member);
		}
	}

	/// A statement, to be sent.
	pub(crate) fn statement(
		&self,
		key: Key,
		kind: Kind,
		member: usize,
		author: ValidatorIndex,
	) -> Option<SignedCompactStatement> {
		Some(SignedCompactStatement {
			statement: kind.statement(key.candidate),
			validator_index: author,
			signature: self.get(key)?.signatures.get(&(kind, member))?.clone(),
		})
	}

	/// Candidates.
	#[cfg(any(test, feature = "laws"))]
	pub(crate) fn len(&self) -> usize {
		self.stated.len()
	}
}
