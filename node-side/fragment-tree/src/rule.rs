//! Which of the paths below a node is the best (R-SEL-3).

use crate::Candidate;
use core::fmt::Debug;

/// Chooses between the paths below a node.
///
/// A path has a score, which grows with each candidate that it begins with: trees compute the score of a path from that
/// of the path after its first candidate. Each node remembers the best of its children, so a rule has to keep to these
/// laws; a tree under one that does not answers queries with paths that are not the best, but never panics.
///
/// - A score grows strictly with each candidate: `extend(c, s) > s`.
/// - It is monotone in what follows: `s >= t` implies `extend(c, s) >= extend(c, t)`.
/// - Scores depend on the candidates of the path alone, and ties are broken by a strict total order of the candidates: all
///   validators with the same candidates must come to the same path.
///
/// ```
/// use async_backing_fragment_tree::{Candidate, FragmentTree, PathRule};
///
/// /// Prefers the path that carries more upward messages, then the longer one.
/// #[derive(Clone, Copy, Debug)]
/// struct MostMessages;
///
/// impl PathRule for MostMessages {
///     type Score = (usize, u32);
///
///     fn extend(candidate: &Candidate, (messages, len): Self::Score) -> Self::Score {
///         (messages + candidate.commitments().upward_messages.len(), len + 1)
///     }
/// }
///
/// # use async_backing_fragment_tree::{CandidateStorage, Scope, TreeLimits};
/// fn tree(scope: Scope, storage: &CandidateStorage) -> FragmentTree<MostMessages> {
///     FragmentTree::with_rule(MostMessages, scope, TreeLimits::default(), storage).0
/// }
/// ```
pub trait PathRule: Debug + 'static {
	/// What is compared. The default is the score of the path without candidates.
	type Score: Copy + Debug + Default + Ord;

	/// Score of the path that begins with `candidate` and goes on with one of score `rest`.
	fn extend(candidate: &Candidate, rest: Self::Score) -> Self::Score;

	/// Whether of two paths with the same score the one that begins with `challenger` is better than the one that begins
	/// with `incumbent`.
	fn breaks_tie(challenger: &Candidate, incumbent: &Candidate) -> bool {
		challenger.hash() < incumbent.hash()
	}
}

/// The longest path; among those the one whose first candidate has the lower hash (R-SEL-3).
#[derive(Clone, Copy, Debug)]
pub struct LongestPath;

impl PathRule for LongestPath {
	type Score = u32;

	#[inline]
	fn extend(_: &Candidate, rest: u32) -> u32 {
		rest.saturating_add(1)
	}
}
