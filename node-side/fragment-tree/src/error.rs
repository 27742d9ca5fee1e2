//! Why candidates stay out of trees.

use crate::{TreeFull, UnknownCandidate};
use async_backing_primitives::{BlockNumber, DepthExceeded, FragmentError, Hash, HeadHash, ParaId};
use thiserror::Error;

/// Why a candidate does not fit below a node whose output it builds on (R-TRE-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
	/// Too many candidates stand above.
	#[error(transparent)]
	TooDeep(#[from] DepthExceeded),
	/// Its relay parent is older than that of the candidate above, or than the oldest in scope.
	#[error("relay parent {got} after relay parent {min} (R-TRE-6)")]
	RelayParentMovesBackwards {
		/// Lowest legal number there.
		min: BlockNumber,
		/// The candidate's.
		got: BlockNumber,
	},
	/// It is a candidate of another para: a storage is about one.
	#[error("a candidate of para {got} in a tree of para {expected}")]
	OtherPara {
		/// The para that the tree is about.
		expected: ParaId,
		/// The candidate's.
		got: ParaId,
	},
	/// It is not valid there.
	#[error(transparent)]
	Invalid(#[from] FragmentError),
}

/// Why a candidate does not join a tree. The tree stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttachError {
	/// The storage does not know it.
	#[error(transparent)]
	Unknown(#[from] UnknownCandidate),
	/// Its relay parent is not in scope (R-SCO-3).
	#[error("relay parent {0} is out of scope (R-SCO-3)")]
	RelayParentOutOfScope(Hash),
	/// Nothing in the tree outputs the head data that it builds on. It may join later (R-TRE-14).
	#[error("no candidate in the tree outputs head data {0}")]
	ParentNotInTree(HeadHash),
	/// It fits below none of those that it could build on; this is why not below the first.
	#[error(transparent)]
	Unfit(#[from] Unfit),
	/// The tree is full.
	#[error(transparent)]
	TreeFull(#[from] TreeFull),
}
