//! What peers do wrong, and what it costs them (R-NET-98, R-NET-114).

use crate::job::BadCandidate;
use async_backing_machine::Cost;
use async_backing_primitives::{CandidateHash, GroupIndex, Hash, ParaId, ValidatorIndex};
use async_backing_wire::BadView;
use thiserror::Error;

/// Something that a peer should not have done. Nothing follows from what it sent but the cost.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Misdeed {
	/// The sender is no validator of the session (law 7).
	#[error("the sender is no validator of the session of {0}")]
	Stranger(Hash),
	/// The author is no validator of the session, or in no group.
	#[error("validator {0} is in no group")]
	UnknownAuthor(ValidatorIndex),
	/// The block was in scope, but is not any more. May happen to the honest; costs nothing.
	#[error("block {0} is in no leaf's scope any more")]
	Stale(Hash),
	/// An acknowledgement of a candidate that was announced at a block that left all scopes lately. May happen to the honest; costs
	/// nothing.
	#[error("candidate {0} was announced at a block that is in no leaf's scope any more")]
	Bygone(CandidateHash),
	/// Votes of the author do not count at an active leaf (R-BAK-14). The sender may not know that yet; costs nothing.
	#[error("validator {0} is disabled (R-BAK-14)")]
	Disabled(ValidatorIndex),
	/// The sender said the same before (R-SD-4).
	#[error("a statement that the sender made before (R-SD-4)")]
	Duplicate,
	/// The sender relayed as many Seconded of the author as there may be (R-SD-4).
	#[error("more than {limit} Seconded of validator {author} from one sender (R-SD-3)")]
	ExcessiveSeconded {
		/// Who seconds.
		author: ValidatorIndex,
		/// How many candidates it may second.
		limit: usize,
	},
	/// Valid about a candidate that the sender has not shown to know (R-SD-2).
	#[error("Valid about candidate {0}, which the sender has not shown to know (R-SD-4)")]
	CandidateUnknown(CandidateHash),
	/// Sender and author are not both in the own group, and no manifests were exchanged, or the statement was in ours
	/// (R-SD-11).
	#[error("a statement about candidate {0} that was not asked for (R-SD-11)")]
	Unexpected(CandidateHash),
	/// The signature is wrong.
	#[error("validator {0} did not sign the statement (R-STM-2)")]
	BadSignature(ValidatorIndex),
	/// A manifest from one who has no route to us for this group (R-SD-9).
	#[error("a manifest of group {0} from one who has none to send (R-SD-9)")]
	ManifestDisallowed(GroupIndex),
	/// There is no such group, or the lists are not as long as it (R-SD-10).
	#[error("a manifest with lists of {got} bits for group {group} of {expected} (R-SD-10)")]
	ManifestMalformed {
		/// The group.
		group: GroupIndex,
		/// Its members.
		expected: usize,
		/// Bits of the longer list.
		got: usize,
	},
	/// The para is not assigned to the group.
	#[error("a manifest of para {para}, to which group {group} is not assigned")]
	ManifestUnassigned {
		/// The group.
		group: GroupIndex,
		/// The para.
		para: ParaId,
	},
	/// Nobody seconds, or too few vouch (R-SD-10).
	#[error("a manifest with {got} of {expected} backers (R-SD-10)")]
	ManifestInsufficient {
		/// Votes for a quorum.
		expected: usize,
		/// Votes that the manifest claims; none if nobody is said to second.
		got: usize,
	},
	/// It contradicts an earlier one (R-SD-10).
	#[error("a manifest of candidate {0} that contradicts an earlier one (R-SD-10)")]
	ManifestConflicting(CandidateHash),
	/// More candidates of one seconder than it may have (R-SD-10).
	#[error("a manifest with more than {limit} candidates of one seconder (R-SD-10)")]
	ManifestOverflow {
		/// How many candidates one may second.
		limit: usize,
	},
	/// The same manifest again and again.
	#[error("a manifest for the {0}th time")]
	ManifestRepeated(u32),
	/// What was said about a candidate is not what it is.
	#[error("candidate {0} is not what was claimed of it")]
	Inaccurate(CandidateHash),
	/// An acknowledgement of what was not announced to the sender (R-SD-9).
	#[error("an acknowledgement of candidate {0}, which was not announced (R-SD-9)")]
	AcknowledgementUnexpected(CandidateHash),
	/// The lists of a request are not as long as the group (R-NET-98).
	#[error("a mask of {got} bits for a group of {expected} (R-NET-97)")]
	MaskMalformed {
		/// Members of the group.
		expected: usize,
		/// Bits of the longer list.
		got: usize,
	},
	/// A request for what was not announced to the sender.
	#[error("a request for candidate {0}, which was not announced to the sender")]
	RequestUnexpected(CandidateHash),
	/// What is answered is about another block, another para, or no candidate at all (R-SD-13).
	#[error("a wrong answer: {0}")]
	WrongAnswer(#[from] BadCandidate),
	/// A statement in an answer that was masked, is repeated, of another group or about another candidate (R-SD-13).
	#[error("a statement of validator {0} that was not asked for (R-SD-13)")]
	Unrequested(ValidatorIndex),
	/// The rest of an answer is not enough (R-SD-13).
	#[error("an answer with {got} of {expected} backers (R-SD-13)")]
	AnswerInsufficient {
		/// Votes for a quorum.
		expected: usize,
		/// Valid ones; none if nobody seconds.
		got: usize,
	},
	/// A view that no peer should send.
	#[error(transparent)]
	View(#[from] BadView),
}

impl Misdeed {
	/// What it costs; `None` if that may happen to the honest as often as it likes.
	pub const fn cost(&self) -> Option<Cost> {
		match self {
			Self::Stale(_) | Self::Bygone(_) | Self::Disabled(_) => None,
			Self::Stranger(_)
			| Self::UnknownAuthor(_)
			| Self::Duplicate
			| Self::ExcessiveSeconded { .. }
			| Self::CandidateUnknown(_)
			| Self::Unexpected(_)
			| Self::ManifestDisallowed(_)
			| Self::ManifestOverflow { .. }
			| Self::ManifestRepeated(_)
			| Self::AcknowledgementUnexpected(_)
			| Self::RequestUnexpected(_) => Some(Cost::Minor),
			Self::BadSignature(_)
			| Self::ManifestMalformed { .. }
			| Self::ManifestUnassigned { .. }
			| Self::ManifestInsufficient { .. }
			| Self::ManifestConflicting(_)
			| Self::Inaccurate(_)
			| Self::MaskMalformed { .. }
			| Self::WrongAnswer(_)
			| Self::Unrequested(_)
			| Self::AnswerInsufficient { .. }
			| Self::View(_) => Some(Cost::Major),
		}
	}

	/// A few words for the log.
	pub const fn reason(&self) -> &'static str {
		match self {
			Self::Stranger(_) => "no validator of the session",
			Self::UnknownAuthor(_) => "statement of nobody",
			Self::Stale(_) | Self::Bygone(_) => "stale",
			Self::Disabled(_) => "disabled validator",
			Self::Duplicate => "duplicate statement",
			Self::ExcessiveSeconded { .. } => "too many Seconded",
			Self::CandidateUnknown(_) => "Valid before Seconded",
			Self::Unexpected(_) => "unexpected statement",
			Self::BadSignature(_) => "bad signature",
			Self::ManifestDisallowed(_) => "manifest off the grid",
			Self::ManifestMalformed { .. } => "malformed manifest",
			Self::ManifestUnassigned { .. } => "manifest of an unassigned para",
			Self::ManifestInsufficient { .. } => "insufficient manifest",
			Self::ManifestConflicting(_) => "conflicting manifest",
			Self::ManifestOverflow { .. } => "too many manifests",
			Self::ManifestRepeated(_) => "repeated manifest",
			Self::Inaccurate(_) => "inaccurate manifest",
			Self::AcknowledgementUnexpected(_) => "unexpected acknowledgement",
			Self::MaskMalformed { .. } => "malformed mask",
			Self::RequestUnexpected(_) => "unexpected request",
			Self::WrongAnswer(_) => "wrong answer",
			Self::Unrequested(_) => "unrequested statement",
			Self::AnswerInsufficient { .. } => "insufficient answer",
			Self::View(_) => "bad view",
		}
	}
}
