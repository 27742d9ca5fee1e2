//! What goes wrong in a view, and what it only remarks on.

use alloc::vec::Vec;
use async_backing_fragment_tree::{AttachError, StorageError, UnexpectedAncestor, UnknownCandidate};
use async_backing_primitives::{CandidateHash, Hash, IntrinsicError, ParaId};
use thiserror::Error;

/// Why a candidate is not taken in (R-VIE-5). Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IntroduceError {
	/// It is wrong in itself, wherever it stands.
	#[error(transparent)]
	Intrinsic(#[from] IntrinsicError),
	/// No leaf schedules its para.
	#[error("para {0} is scheduled at no active leaf")]
	UnknownPara(ParaId),
	/// The storage does not take it.
	#[error(transparent)]
	Storage(#[from] StorageError),
	/// It fits into no tree, and there is no use in waiting.
	#[error("candidate {candidate} fits into none of {} trees", .reasons.len())]
	FitsNowhere {
		/// The candidate.
		candidate: CandidateHash,
		/// For each leaf with a tree of the para, ascending, why not there.
		reasons: Vec<(Hash, AttachError)>,
	},
	/// Another candidate on the same head won, and forks are not kept.
	#[error("candidate {0} is of a fork that another candidate with its quorum has won")]
	LostFork(CandidateHash),
	/// It would wait for its parent, but too many do.
	#[error(transparent)]
	UnconnectedFull(#[from] UnconnectedFull),
}

/// Too much waits for parents (R-TRE-11, R-TRE-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{candidates} candidates of {bytes} bytes would wait for parents, but at most {max_candidates} of {max_bytes} (R-TRE-14)")]
pub struct UnconnectedFull {
	/// How many would wait.
	pub candidates: usize,
	/// Limit.
	pub max_candidates: usize,
	/// Bytes that would wait.
	pub bytes: usize,
	/// Limit.
	pub max_bytes: usize,
}

/// A note about something that the view does not know (R-VIE-6). Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoteError {
	/// No leaf schedules the para.
	#[error("para {0} is scheduled at no active leaf")]
	UnknownPara(ParaId),
	/// The candidate was not introduced, or went with its last leaf.
	#[error(transparent)]
	UnknownCandidate(#[from] UnknownCandidate),
}

/// Something strange about a para at a leaf. Other paras are not affected (R-VIE-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Diagnostic {
	/// There is no tree, because the ancestors have a gap.
	#[error(transparent)]
	UnexpectedAncestor(#[from] UnexpectedAncestor),
	/// The facts lack the relay parent of a pending candidate; it and those after it are left out (R-SCO-6).
	#[error("relay parent {relay_parent} of pending candidate {candidate} is unknown (R-SCO-6)")]
	PendingRelayParentUnknown {
		/// The candidate.
		candidate: CandidateHash,
		/// Its relay parent.
		relay_parent: Hash,
	},
	/// Pending candidates do not chain up; this one and those after it are left out.
	#[error("pending candidate {0} does not build on the one before")]
	BrokenTrunk(CandidateHash),
	/// Candidates in store fit, but the tree is full (R-TRE-11).
	#[error("{0} places are beyond the limits of the tree (R-TRE-11)")]
	TreeFull(usize),
}
