//! Backing votes: how many a candidate needs, and whether those it carries are right (R-BKV).

use crate::{
	BackedCandidate, BackedCandidateError, CandidateHash, SigningContext, ValidatorId, ValidatorIndex,
};
use alloc::vec::Vec;
use bitvec::{order::Lsb0, slice::BitSlice};
use thiserror::Error;

/// Votes that back a candidate of a group (R-BKV-1): the minimum, or the whole group if that is smaller, and at least
/// one. `None` for an empty group, which backs nothing.
pub fn required_backing_votes(group_size: usize, minimum_backing_votes: u32) -> Option<usize> {
	(group_size > 0).then(|| group_size.min(minimum_backing_votes as usize).max(1))
}

/// Why the votes of a backed candidate do not back it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BackingVotesError {
	/// The candidate is malformed.
	#[error(transparent)]
	Malformed(#[from] BackedCandidateError),
	/// The group has no members.
	#[error("an empty group backs nothing (R-BKV-1)")]
	EmptyGroup,
	/// The bit list does not describe the group.
	#[error("{bits} index bits for a group of {group_size} (R-BKV-2)")]
	WrongBitCount {
		/// Bits without those of the core.
		bits: usize,
		/// Members of the group.
		group_size: usize,
	},
	/// Set bits and votes do not pair up.
	#[error("{votes} votes for {set_bits} set bits (R-BKV-2)")]
	VotesDoNotMatchBits {
		/// Votes.
		votes: usize,
		/// Set bits.
		set_bits: usize,
	},
	/// There are too few votes.
	#[error("{votes} votes, but {required} are needed (R-BKV-1)")]
	TooFewVotes {
		/// Votes.
		votes: usize,
		/// Votes needed.
		required: usize,
	},
	/// A member of the group has no key in this session.
	#[error("group member {0} is not a validator of this session")]
	UnknownValidator(ValidatorIndex),
	/// A signature is not that of its validator.
	#[error("validator {0} did not sign its vote (R-BKV-3)")]
	BadSignature(ValidatorIndex),
}

/// Checks the form and the number of the votes, not their signatures (R-BKV-1, R-BKV-2), and returns how many there
/// are. Cost: linear in the size of the group.
///
/// # Errors
/// Every [`BackingVotesError`] but the last two.
pub fn check_backing_vote_count(
	backed: &BackedCandidate,
	group_size: usize,
	minimum_backing_votes: u32,
) -> Result<usize, BackingVotesError> {
	let required =
		required_backing_votes(group_size, minimum_backing_votes).ok_or(BackingVotesError::EmptyGroup)?;
	let (bits, _) = backed.split_indices()?;
	let votes = backed.validity_votes.len();
	check_votes_pair_up(bits, votes, group_size)?;
	if votes < required {
		return Err(BackingVotesError::TooFewVotes { votes, required });
	}
	Ok(votes)
}

/// Checks everything about the votes of a backed candidate (R-BKV-1 to R-BKV-3), and returns how many there are.
///
/// `group` holds the members in order, `key_of` knows the keys of the session. Cost: one signature check a vote.
///
/// # Errors
/// [`BackingVotesError`] names the first thing that is wrong.
pub fn check_backing_votes<'a>(
	backed: &BackedCandidate,
	candidate_hash: CandidateHash,
	group: &[ValidatorIndex],
	minimum_backing_votes: u32,
	context: &SigningContext,
	key_of: impl Fn(ValidatorIndex) -> Option<&'a ValidatorId>,
) -> Result<usize, BackingVotesError> {
	let votes = check_backing_vote_count(backed, group.len(), minimum_backing_votes)?;
	let (bits, _) = backed.split_indices()?;
	let voters = bits
		.iter_ones()
		.filter_map(|position| group.get(position).copied());
	for (validator, vote) in voters.zip(&backed.validity_votes) {
		let key = key_of(validator).ok_or(BackingVotesError::UnknownValidator(validator))?;
		let payload = vote.statement(candidate_hash).signing_payload(context);
		if !crate::crypto::verify(key, &payload, vote.signature()) {
			return Err(BackingVotesError::BadSignature(validator));
		}
	}
	Ok(votes)
}

/// Removes the votes of disabled validators with their bits (R-BKV-4), and returns how many there were. Comes before
/// the votes are counted. On error nothing has changed. Cost: linear in the size of the group.
///
/// # Errors
/// [`BackingVotesError`] where bits, votes and group do not pair up, so that nobody could tell whose vote is which.
pub fn remove_disabled_votes(
	backed: &mut BackedCandidate,
	group: &[ValidatorIndex],
	is_disabled: impl Fn(ValidatorIndex) -> bool,
) -> Result<usize, BackingVotesError> {
	let (bits, _) = backed.split_indices()?;
	check_votes_pair_up(bits, backed.validity_votes.len(), group.len())?;
	let positions: Vec<usize> = bits.iter_ones().collect();
	let disabled = |position: &usize| {
		group
			.get(*position)
			.is_some_and(|validator| is_disabled(*validator))
	};
	let before = backed.validity_votes.len();
	let mut voters = positions.iter();
	backed
		.validity_votes
		.retain(|_| !voters.next().is_some_and(&disabled));
	for position in positions.iter().filter(|position| disabled(position)) {
		backed.validator_indices.set(*position, false);
	}
	Ok(before - backed.validity_votes.len())
}

/// Checks that bits describe the group and pair up with votes (R-BKV-2).
fn check_votes_pair_up(
	bits: &BitSlice<u8, Lsb0>,
	votes: usize,
	group_size: usize,
) -> Result<(), BackingVotesError> {
	if bits.len() != group_size {
		return Err(BackingVotesError::WrongBitCount {
			bits: bits.len(),
			group_size,
		});
	}
	let set_bits = bits.count_ones();
	if votes != set_bits {
		return Err(BackingVotesError::VotesDoNotMatchBits { votes, set_bits });
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		BackingBits, CandidateDescriptor, CommittedCandidateReceipt, CompactStatement, CoreIndex, Hash,
		ValidatorPair, ValidityAttestation,
	};
	use sp_core::Pair;

	fn keys() -> Vec<ValidatorPair> {
		(0..5).map(|seed| ValidatorPair::from_seed(&[seed; 32])).collect()
	}

	fn backed(bits: &[u8], voters: &[usize], context: &SigningContext) -> BackedCandidate {
		let candidate = CommittedCandidateReceipt {
			descriptor: CandidateDescriptor::v2(Default::default()),
			commitments: Default::default(),
		};
		let payload = CompactStatement::Valid(candidate.hash()).signing_payload(context);
		let votes = voters
			.iter()
			.map(|i| ValidityAttestation::Explicit(keys()[*i].sign(&payload)))
			.collect();
		let bits = bits.iter().map(|bit| *bit == 1).collect::<BackingBits>();
		BackedCandidate::new(candidate, votes, bits, CoreIndex(0)).expect("core 0 fits")
	}

	#[test]
	fn r_bkv_votes_are_checked_against_the_group() {
		use BackingVotesError::*;
		let context = SigningContext {
			session_index: 1,
			parent_hash: Hash::repeat_byte(1),
		};
		let elsewhere = SigningContext {
			session_index: 2,
			..context
		};
		let group: Vec<_> = (0..5).map(ValidatorIndex).collect();
		let publics: Vec<_> = keys().iter().map(Pair::public).collect();
		let rows = [
			("R-BKV-5", backed(&[1, 0, 1, 0, 0], &[0, 2], &context), 5, Ok(2)),
			("R-BKV-5 one vote of one", backed(&[1], &[0], &context), 1, Ok(1)),
			(
				"R-BKV-2 more bits than votes",
				backed(&[1, 1, 1, 0, 0], &[0, 1], &context),
				5,
				Err(VotesDoNotMatchBits {
					votes: 2,
					set_bits: 3,
				}),
			),
			(
				"R-BKV-2 too many bits",
				backed(&[1, 1, 0, 0, 0, 0], &[0, 1], &context),
				5,
				Err(WrongBitCount {
					bits: 6,
					group_size: 5,
				}),
			),
			(
				"R-BKV-1 too few",
				backed(&[1, 0, 0, 0, 0], &[0], &context),
				5,
				Err(TooFewVotes {
					votes: 1,
					required: 2,
				}),
			),
			("R-BKV-1 nobody", backed(&[], &[], &context), 0, Err(EmptyGroup)),
			(
				"R-BKV-3 wrong signer",
				backed(&[1, 1, 0, 0, 0], &[0, 2], &context),
				5,
				Err(BadSignature(ValidatorIndex(1))),
			),
			(
				"R-BKV-3 other session",
				backed(&[1, 1, 0, 0, 0], &[0, 1], &elsewhere),
				5,
				Err(BadSignature(ValidatorIndex(0))),
			),
		];
		for (name, backed, size, expected) in rows {
			let checked = check_backing_votes(&backed, backed.hash(), &group[..size], 2, &context, |index| {
				publics.get(index.as_usize())
			});
			assert_eq!(checked, expected, "{name}");
		}
	}

	#[test]
	fn r_bkv_4_votes_of_disabled_validators_are_removed_with_their_bits() {
		let context = SigningContext {
			session_index: 1,
			parent_hash: Hash::repeat_byte(1),
		};
		let group: Vec<_> = (10..15).map(ValidatorIndex).collect();
		let offered = backed(&[1, 0, 1, 1, 0], &[0, 2, 3], &context);
		let rows: [(&[u32], usize, &[u8]); 3] = [
			(&[12], 1, &[1, 0, 0, 1, 0]),
			(&[10, 11, 13], 2, &[0, 0, 1, 0, 0]),
			(&[11], 0, &[1, 0, 1, 1, 0]),
		];
		for (disabled, removed, bits) in rows {
			let mut filtered = offered.clone();
			let result = remove_disabled_votes(&mut filtered, &group, |index| disabled.contains(&index.0));
			assert_eq!(result, Ok(removed), "R-BKV-4: {disabled:?}");
			let kept: Vec<_> = bits
				.iter()
				.enumerate()
				.filter(|(_, bit)| **bit == 1)
				.map(|(position, _)| position)
				.collect();
			assert_eq!(
				filtered,
				backed(bits, &kept, &context).with_votes_like(&offered, &kept),
				"R-BKV-4"
			);
			assert_eq!(
				filtered.split_indices().expect("long enough").1,
				CoreIndex(0),
				"the core stays"
			);
		}
		let mut surplus = BackedCandidate {
			validity_votes: Vec::new(),
			..offered.clone()
		};
		let error = BackingVotesError::VotesDoNotMatchBits {
			votes: 0,
			set_bits: 3,
		};
		assert_eq!(
			remove_disabled_votes(&mut surplus, &group, |_| true),
			Err(error),
			"R-DEF-19"
		);
	}

	impl BackedCandidate {
		/// With the votes that `other`, whose voters are at 0, 2 and 3, has at these positions: signing is random.
		fn with_votes_like(mut self, other: &Self, positions: &[usize]) -> Self {
			let at = |position: &usize| [0, 2, 3].iter().position(|p| p == position).expect("a voter");
			self.validity_votes = positions
				.iter()
				.map(|p| other.validity_votes[at(p)].clone())
				.collect();
			self
		}
	}

	#[test]
	fn r_bkv_1_required_votes() {
		for (group, minimum, required) in [
			(5, 2, Some(2)),
			(1, 2, Some(1)),
			(3, 5, Some(3)),
			(3, 0, Some(1)),
			(0, 2, None),
		] {
			assert_eq!(required_backing_votes(group, minimum), required, "R-BKV-1");
		}
	}
}
