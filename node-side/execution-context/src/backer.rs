//! The execution context of a **backer** (R-COL-3).
//!
//! ```text
//!   advertisement  relay parent and parent head, by hash ──▶ what to look up, nothing else
//!   relay chain    header of the relay parent ─────────────▶ number, storage root ──────┐
//!                  state at the leaf ──────────────────────▶ base constraints ────┐     ├──▶ validation data
//!   fragment tree  the path from the included head ────────▶ modifications ───────┴─▶ required parent, limits
//! ```
//!
//! A backer believes no collator: of what one says it takes two hashes, and finds the rest. The relay parent may be older than
//! its leaf, and the base constraints are those of the *leaf* then: what a candidate may take is judged by the newest state
//! (R-FRG-14). The validation data come out the same, since their limit is that of the session (R-PVD-3).

use crate::{context::Place, ContextError, ExecutionContext, Path, Role, Source, Unincluded};
use async_backing_primitives::{BlockNumber, ExtendedConstraints, HeadHash, ParaId, RelayChainBlockInfo};

/// What a backer finds to an advertisement.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
	/// The para.
	pub para: ParaId,
	/// The relay parent, which is in the leaf's scope.
	pub relay_parent: RelayChainBlockInfo,
	/// Number of the leaf.
	pub leaf: BlockNumber,
	/// Base constraints at the leaf.
	pub base: &'a ExtendedConstraints,
	/// Hash of the included head at the leaf.
	pub included: HeadHash,
}

/// The context of a block on this path of the leaf's fragment tree, oldest first.
///
/// Cost: clones the base constraints, and is linear in the messages of the path.
///
/// # Errors
/// [`ContextError::RelayParentMovesBack`] if the relay parent is older than that of the path's end (R-TRE-6);
/// [`ContextError::Path`], [`ContextError::Exhausted`].
pub fn context<'a>(
	found: Found<'a>,
	path: impl IntoIterator<Item = Unincluded<'a>>,
) -> Result<ExecutionContext, ContextError> {
	let path = Path::with(found.base, found.included, path)?;
	let place = Place {
		role: Role::Backer,
		para: found.para,
		relay_parent: found.relay_parent,
		at: found.leaf,
		included: found.included,
		chosen: (Source::Advertisement, Source::Advertisement),
	};
	ExecutionContext::at_end_of(path, place)
}
