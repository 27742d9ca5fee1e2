//! Disputes as the inherent and the runtime APIs carry them (R-BIN-17, R-BIN-23).
//!
//! Resolving disputes is not this project's business; it asks a [port](crate::ports::Disputes) about them. The
//! types are here because blocks carry them, and the payloads because a backing vote counts as a vote in a dispute.

use crate::{
	approval_payload, explicit_dispute_payload, BlockNumber, CandidateHash, CandidateReceipt,
	CompactStatement, Hash, SessionIndex, SigningContext, ValidatorId, ValidatorIndex, ValidatorSignature,
	ValidityAttestation,
};
use alloc::{collections::BTreeMap, vec::Vec};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// Most candidates that one approval vote covers; more do not decode.
pub const MAX_COALESCED_APPROVALS: u32 = 16;

/// Candidates of one approval vote.
pub type CoalescedApprovals = BoundedVec<CandidateHash, ConstU32<MAX_COALESCED_APPROVALS>>;

/// Votes of one dispute (R-BIN-17).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct DisputeStatementSet {
	/// The disputed candidate.
	pub candidate_hash: CandidateHash,
	/// Session in which it was backed.
	pub session: SessionIndex,
	/// The votes.
	pub statements: Vec<(DisputeStatement, ValidatorIndex, ValidatorSignature)>,
}

/// A vote in a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum DisputeStatement {
	/// The candidate is valid.
	#[codec(index = 0)]
	Valid(ValidDisputeStatementKind),
	/// The candidate is not valid.
	#[codec(index = 1)]
	Invalid(InvalidDisputeStatementKind),
}

/// Where a vote for validity comes from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ValidDisputeStatementKind {
	/// Said in the dispute.
	#[codec(index = 0)]
	Explicit,
	/// A seconding statement at this relay parent.
	#[codec(index = 1)]
	BackingSeconded(Hash),
	/// A confirming statement at this relay parent.
	#[codec(index = 2)]
	BackingValid(Hash),
	/// An approval vote.
	#[codec(index = 3)]
	ApprovalChecking,
	/// An approval vote over several candidates.
	#[codec(index = 4)]
	ApprovalCheckingMultipleCandidates(CoalescedApprovals),
}

/// Where a vote against validity comes from.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum InvalidDisputeStatementKind {
	/// Said in the dispute.
	#[codec(index = 0)]
	Explicit,
}

/// An approval vote over several candidates does not name the disputed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the approval vote does not name candidate {0:?} (R-BIN-23)")]
pub struct VoteForOtherCandidates(pub CandidateHash);

impl DisputeStatement {
	/// The bytes that a validator signs to vote so about a candidate of this session (R-BIN-23). A backing vote signs
	/// what it signed for backing.
	///
	/// # Errors
	/// [`VoteForOtherCandidates`] if the vote covers several candidates and this is none of them.
	pub fn signing_payload(
		&self,
		session: SessionIndex,
		candidate: CandidateHash,
	) -> Result<Vec<u8>, VoteForOtherCandidates> {
		use ValidDisputeStatementKind::*;
		let backing = |statement: CompactStatement, parent_hash: Hash| {
			statement.signing_payload(&SigningContext {
				session_index: session,
				parent_hash,
			})
		};
		Ok(match self {
			Self::Valid(Explicit) => explicit_dispute_payload(session, candidate, true),
			Self::Valid(BackingSeconded(parent)) => backing(CompactStatement::Seconded(candidate), *parent),
			Self::Valid(BackingValid(parent)) => backing(CompactStatement::Valid(candidate), *parent),
			Self::Valid(ApprovalChecking) => approval_payload(session, candidate),
			Self::Valid(ApprovalCheckingMultipleCandidates(candidates)) => {
				if !candidates.contains(&candidate) {
					return Err(VoteForOtherCandidates(candidate));
				}
				match candidates.as_slice() {
					// A list of one signs as the vote for that one.
					[only] => approval_payload(session, *only),
					several => (*b"APPR", several, session).encode(),
				}
			}
			Self::Invalid(InvalidDisputeStatementKind::Explicit) => {
				explicit_dispute_payload(session, candidate, false)
			}
		})
	}

	/// Whether `signature` is this vote by `validator`. Cost: one sr25519 verification.
	pub fn verify(
		&self,
		session: SessionIndex,
		candidate: CandidateHash,
		validator: &ValidatorId,
		signature: &ValidatorSignature,
	) -> bool {
		self.signing_payload(session, candidate)
			.is_ok_and(|payload| crate::crypto::verify(validator, &payload, signature))
	}
}

/// Where a dispute stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct DisputeState {
	/// One bit for each validator that votes for validity.
	pub validators_for: BitVec<u8, Lsb0>,
	/// One bit for each validator that votes against it.
	pub validators_against: BitVec<u8, Lsb0>,
	/// Relay block in which the dispute began.
	pub start: BlockNumber,
	/// Relay block in which it was decided.
	pub concluded_at: Option<BlockNumber>,
}

/// What a relay block says about votes: who backed what in it, and which dispute votes it carries.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ScrapedOnChainVotes {
	/// The block's session.
	pub session: SessionIndex,
	/// For each candidate backed in the block, its backers with their votes.
	pub backing_validators_per_candidate: Vec<(CandidateReceipt, Vec<(ValidatorIndex, ValidityAttestation)>)>,
	/// Dispute votes.
	pub disputes: Vec<DisputeStatementSet>,
}

/// What a validator did wrong in a dispute.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum DisputeOffenceKind {
	/// It backed an invalid candidate.
	#[codec(index = 0)]
	ForInvalidBacked,
	/// It disputed a valid one.
	#[codec(index = 1)]
	AgainstValid,
	/// It approved an invalid one.
	#[codec(index = 2)]
	ForInvalidApproved,
}

/// Validators that lost a dispute and are not slashed yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PendingSlashes {
	/// Who, with the key of the session of the dispute.
	pub keys: BTreeMap<ValidatorIndex, ValidatorId>,
	/// What for.
	pub kind: DisputeOffenceKind,
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;

	const CANDIDATE: CandidateHash = CandidateHash(Hash::repeat_byte(0x22));

	#[test]
	fn r_bin_23_payloads_of_every_vote() {
		use ValidDisputeStatementKind::*;
		let parent = Hash::repeat_byte(0x11);
		let session = [7, 0, 0, 0];
		let several = CoalescedApprovals::truncate_from(vec![CandidateHash(Hash::zero()), CANDIDATE]);
		let one = CoalescedApprovals::truncate_from(vec![CANDIDATE]);
		let rows: [(DisputeStatement, Vec<u8>); 7] = [
			(
				DisputeStatement::Valid(Explicit),
				[b"DISP", &[1][..], &[0x22; 32], &session].concat(),
			),
			(
				DisputeStatement::Valid(BackingSeconded(parent)),
				[b"BKNG", &[1][..], &[0x22; 32], &session, &[0x11; 32]].concat(),
			),
			(
				DisputeStatement::Valid(BackingValid(parent)),
				[b"BKNG", &[2][..], &[0x22; 32], &session, &[0x11; 32]].concat(),
			),
			(
				DisputeStatement::Valid(ApprovalChecking),
				[b"APPR", &[0x22; 32][..], &session].concat(),
			),
			(
				DisputeStatement::Valid(ApprovalCheckingMultipleCandidates(several)),
				[b"APPR", &[8][..], &[0; 32], &[0x22; 32], &session].concat(),
			),
			(
				DisputeStatement::Valid(ApprovalCheckingMultipleCandidates(one)),
				[b"APPR", &[0x22; 32][..], &session].concat(),
			),
			(
				DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit),
				[b"DISP", &[0][..], &[0x22; 32], &session].concat(),
			),
		];
		for (statement, payload) in rows {
			assert_eq!(
				statement.signing_payload(7, CANDIDATE),
				Ok(payload),
				"R-BIN-23: {statement:?}"
			);
		}
	}

	#[test]
	fn r_bin_23_an_approval_of_other_candidates_says_nothing_about_this_one() {
		let others = CoalescedApprovals::truncate_from(vec![CandidateHash(Hash::zero())]);
		let statement = DisputeStatement::Valid(
			ValidDisputeStatementKind::ApprovalCheckingMultipleCandidates(others),
		);
		assert_eq!(
			statement.signing_payload(7, CANDIDATE),
			Err(VoteForOtherCandidates(CANDIDATE))
		);
	}

	#[test]
	fn r_bin_17_more_than_sixteen_coalesced_approvals_do_not_decode() {
		let encoded = |count: usize| (4u8, vec![CANDIDATE; count]).encode();
		assert!(ValidDisputeStatementKind::decode(&mut &encoded(16)[..]).is_ok());
		assert!(ValidDisputeStatementKind::decode(&mut &encoded(17)[..]).is_err());
	}

	#[test]
	fn r_bin_23_a_vote_verifies_for_its_candidate_and_session_only() {
		use sp_core::Pair;
		let pair = crate::ValidatorPair::from_seed(&[1; 32]);
		let statement = DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit);
		let payload = statement
			.signing_payload(7, CANDIDATE)
			.expect("names one candidate");
		let signature = pair.sign(&payload);
		let other = CandidateHash(Hash::zero());
		assert!(statement.verify(7, CANDIDATE, &pair.public(), &signature));
		assert!(!statement.verify(8, CANDIDATE, &pair.public(), &signature));
		assert!(!statement.verify(7, other, &pair.public(), &signature));
		let valid = DisputeStatement::Valid(ValidDisputeStatementKind::Explicit);
		assert!(!valid.verify(7, CANDIDATE, &pair.public(), &signature));
	}
}
