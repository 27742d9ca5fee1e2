//! Why something that an inherent carries is refused.
//!
//! When an inherent is created, what is refused is left out; when one is executed, the first refusal fails it
//! (R-INC-3). [`Refusal`] says in full what is wrong, for logs and tests; the pallet's error keeps which rule it was.

use crate::{Config, Error};
use async_backing_primitives::{
	BackingVotesError, CandidateHash, CoreChoiceError, CoreIndex, DepthExceeded, FragmentError, Hash,
	IntrinsicError, ModificationError, ParaId, RelayParentMovedBackwards, ValidatorIndex,
	WrongSchedulingSession,
};
use thiserror::Error as ThisError;

/// Why a bitfield is refused (R-BIT-1), in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum BitfieldRefusal {
	/// It does not have one bit for each core.
	#[error("bitfield of {got} bits for {expected} cores (R-BIT-1)")]
	WrongLength {
		/// Number of cores.
		expected: usize,
		/// Number of bits.
		got: usize,
	},
	/// It has a bit for a core that a dispute freed in this block.
	#[error("bitfield of validator {0} has a bit for a core freed by a dispute (R-BIT-1)")]
	ForFreedCore(ValidatorIndex),
	/// Its validator does not come after the one before.
	#[error("bitfield of validator {got} after that of {last} (R-BIT-1)")]
	OutOfOrder {
		/// The validator before.
		last: ValidatorIndex,
		/// Its validator.
		got: ValidatorIndex,
	},
	/// Its validator is not one of the session.
	#[error("bitfield of validator {index}, but there are {validators} (R-BIT-1)")]
	UnknownValidator {
		/// The index.
		index: ValidatorIndex,
		/// Number of validators.
		validators: usize,
	},
	/// Its validator did not sign it for this session and parent.
	#[error("bitfield of validator {0} is not signed by it (R-BIT-1)")]
	BadSignature(ValidatorIndex),
}

/// Why a candidate is refused (R-BCK-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum CandidateRefusal {
	/// The session ends with this block.
	#[error("the session ends with this block, nothing is backed (R-ABP-10)")]
	SessionEnds,
	/// The para has no head or no code.
	#[error("para {0} has no head or no code (R-BASE-16)")]
	UnknownPara(ParaId),
	/// The candidate is malformed in itself.
	#[error(transparent)]
	Intrinsic(#[from] IntrinsicError),
	/// The relay parent or the scheduling parent is not in the window.
	#[error("relay block {0} is not in the window (R-REL-3)")]
	DisallowedRelayParent(Hash),
	/// It may not occupy the core that it names.
	#[error(transparent)]
	CoreChoice(#[from] CoreChoiceError),
	/// It was built for another session.
	#[error(transparent)]
	WrongSession(#[from] WrongSchedulingSession),
	/// It is pending already, or accepted in this block.
	#[error("candidate {0} is pending already (R-BCK-2)")]
	Duplicate(CandidateHash),
	/// Its relay parent is older than that of the candidate before.
	#[error(transparent)]
	RelayParent(#[from] RelayParentMovedBackwards),
	/// It does not fit at its place.
	#[error(transparent)]
	Fragment(#[from] FragmentError),
	/// A dispute concluded against it.
	#[error("candidate {0} is invalid, or builds on one that is (R-TMO-6)")]
	ConcludedInvalid(CandidateHash),
	/// It is too deep.
	#[error(transparent)]
	Depth(#[from] DepthExceeded),
	/// Its core is not its para's in this block, or taken.
	#[error("core {core} is not free for para {para} in this block (R-BCK-3)")]
	CoreNotEligible {
		/// The core.
		core: CoreIndex,
		/// The para.
		para: ParaId,
	},
	/// No group backs its core at that block.
	#[error("no group backs core {0} (R-GRP-2)")]
	NoGroup(CoreIndex),
	/// It carries votes of disabled validators.
	#[error("{0} votes are of disabled validators (R-BKV-4)")]
	DisabledVotes(usize),
	/// Its votes do not back it.
	#[error(transparent)]
	Votes(#[from] BackingVotesError),
	/// As many candidates of all paras wait as can be stored.
	#[error("as many candidates wait as can be stored: no room for one of para {0}")]
	TooManyPending(ParaId),
}

/// Why an inherent, or a part of it, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum Refusal {
	/// Dispute votes are not in their canonical form.
	#[error("dispute votes are not those that are worth keeping (R-INC-3)")]
	Disputes,
	/// More than a block has room for, in picoseconds and bytes.
	#[error("{time} ps and {size} bytes for a block of {budget_time} ps and {budget_size} bytes (R-WGT-1)")]
	Overweight {
		/// Reference time that a block has.
		budget_time: u64,
		/// Bytes that a block has.
		budget_size: u64,
		/// Reference time that is needed.
		time: u64,
		/// Bytes that are needed.
		size: u64,
	},
	/// Disputes froze the chain.
	#[error("the chain is frozen, nothing is backed or enacted (R-INC-2)")]
	Frozen,
	/// Candidates do not ascend by para.
	#[error("a candidate of para {got} after one of {last} (R-INC-3)")]
	CandidatesOutOfOrder {
		/// The para before.
		last: ParaId,
		/// Its para.
		got: ParaId,
	},
	/// A bitfield is refused.
	#[error(transparent)]
	Bitfield(#[from] BitfieldRefusal),
	/// A candidate is refused.
	#[error(transparent)]
	Candidate(#[from] CandidateRefusal),
}

impl<T: Config> From<Refusal> for Error<T> {
	fn from(refusal: Refusal) -> Self {
		match refusal {
			Refusal::Disputes => Error::DisputesNotCanonical,
			Refusal::Overweight { .. } => Error::Overweight,
			Refusal::Frozen => Error::ChainFrozen,
			Refusal::CandidatesOutOfOrder { .. } => Error::CandidatesOutOfOrder,
			Refusal::Bitfield(refusal) => refusal.into(),
			Refusal::Candidate(refusal) => refusal.into(),
		}
	}
}

impl<T: Config> From<BitfieldRefusal> for Error<T> {
	fn from(refusal: BitfieldRefusal) -> Self {
		match refusal {
			BitfieldRefusal::WrongLength { .. } => Error::BitfieldWrongLength,
			BitfieldRefusal::ForFreedCore(_) => Error::BitfieldForFreedCore,
			BitfieldRefusal::OutOfOrder { .. } => Error::BitfieldOutOfOrder,
			BitfieldRefusal::UnknownValidator { .. } => Error::BitfieldUnknownValidator,
			BitfieldRefusal::BadSignature(_) => Error::BitfieldBadSignature,
		}
	}
}

impl<T: Config> From<CandidateRefusal> for Error<T> {
	fn from(refusal: CandidateRefusal) -> Self {
		use CandidateRefusal::*;
		match refusal {
			SessionEnds => Error::SessionEnds,
			UnknownPara(_) => Error::UnknownPara,
			Intrinsic(error) => intrinsic(error),
			DisallowedRelayParent(_) => Error::DisallowedRelayParent,
			CoreChoice(CoreChoiceError::NoAssignment { .. }) => Error::NoAssignment,
			CoreChoice(CoreChoiceError::CoreIndexMismatch { .. }) => Error::CoreIndexMismatch,
			CoreChoice(CoreChoiceError::InvalidCoreIndex(_)) => Error::InvalidCoreIndex,
			WrongSession(_) => Error::WrongSession,
			Duplicate(_) => Error::DuplicateCandidate,
			RelayParent(_) => Error::RelayParentMovedBackwards,
			Fragment(error) => fragment(error),
			ConcludedInvalid(_) => Error::ConcludedInvalid,
			Depth(_) => Error::TooDeep,
			CoreNotEligible { .. } => Error::CoreNotEligible,
			NoGroup(_) => Error::NoGroup,
			DisabledVotes(_) => Error::DisabledVotes,
			Votes(error) => votes(error),
			TooManyPending(_) => Error::TooManyPending,
		}
	}
}

fn intrinsic<T: Config>(error: IntrinsicError) -> Error<T> {
	match error {
		IntrinsicError::Descriptor(_) => Error::UnsupportedDescriptor,
		IntrinsicError::CommitmentsTooLarge(_) => Error::CommitmentsTooLarge,
		IntrinsicError::CommitmentsMismatch { .. } => Error::CommitmentsMismatch,
		IntrinsicError::ValidationDataMismatch { .. } => Error::ValidationDataMismatch,
		IntrinsicError::ParaHeadMismatch { .. } => Error::ParaHeadMismatch,
		IntrinsicError::Signals(_) => Error::InvalidSignals,
		IntrinsicError::CodeTooSmall(_) => Error::CodeTooSmall,
	}
}

fn fragment<T: Config>(error: FragmentError) -> Error<T> {
	use FragmentError::*;
	match error {
		HrmpMessagesDescendingOrDuplicate(_) => Error::RecipientsNotAscending,
		ValidationCodeMismatch { .. } => Error::ValidationCodeMismatch,
		HeadDataTooLarge { .. } => Error::HeadDataTooLarge,
		RelayParentTooOld { .. } => Error::RelayParentTooOld,
		CodeUpgradeRestricted => Error::CodeUpgradeRestricted,
		CodeSizeTooLarge { .. } => Error::CodeTooLarge,
		HrmpMessagesPerCandidateOverflow { .. } => Error::TooManyHorizontalMessages,
		PersistedValidationDataMismatch => Error::ValidationDataMismatch,
		DmpAdvancementRule { .. } => Error::DownwardMessagesNotProcessed,
		UmpMessagesPerCandidateOverflow { .. } => Error::TooManyUpwardMessages,
		WatermarkAheadOfRelayParent { .. } => Error::WatermarkAheadOfRelayParent,
		OutputsInvalid(error) => modification(error),
		UmpMessageTooLarge { .. } => Error::UpwardMessageTooLarge,
		HrmpMessageTooLarge { .. } => Error::HorizontalMessageTooLarge,
		UmpWhileOffboarding => Error::UpwardMessagesWhileLeaving,
		HrmpConsumptionOverflow { .. } => Error::TooManyMessagesConsumed,
	}
}

fn modification<T: Config>(error: ModificationError) -> Error<T> {
	match error {
		ModificationError::DisallowedHrmpWatermark(_) => Error::DisallowedWatermark,
		ModificationError::NoSuchHrmpChannel(_) => Error::NoSuchChannel,
		ModificationError::HrmpBytesOverflow { .. } => Error::ChannelBytesExceeded,
		ModificationError::HrmpMessagesOverflow { .. } => Error::ChannelMessagesExceeded,
		ModificationError::UmpMessagesOverflow { .. } => Error::UpwardMessagesExceeded,
		ModificationError::UmpBytesOverflow { .. } => Error::UpwardBytesExceeded,
		ModificationError::DmpMessagesUnderflow { .. } => Error::DownwardMessagesExceeded,
		ModificationError::AppliedNonexistentCodeUpgrade => Error::NoUpgradeScheduled,
	}
}

fn votes<T: Config>(error: BackingVotesError) -> Error<T> {
	match error {
		BackingVotesError::Malformed(_) => Error::MalformedVotes,
		BackingVotesError::EmptyGroup => Error::EmptyGroup,
		BackingVotesError::WrongBitCount { .. } => Error::WrongVoteBits,
		BackingVotesError::VotesDoNotMatchBits { .. } => Error::VotesDoNotMatchBits,
		BackingVotesError::TooFewVotes { .. } => Error::TooFewVotes,
		BackingVotesError::UnknownValidator(_) => Error::UnknownBackingValidator,
		BackingVotesError::BadSignature(_) => Error::BadVoteSignature,
	}
}
