//! The execution context of a **collator** (R-COL-2).
//!
//! ```text
//!   relay chain    header of the relay parent ──▶ number, storage root ─────────────┐
//!                  state at the relay parent ───▶ base constraints, pending ──┐     ├──▶ validation data
//!   own blocks     the path down from what is pending ──▶ modifications ──────┴─▶ required parent, limits
//! ```
//!
//! A collator chooses: its relay parent is the best relay block, its required parent the outcome of its search. It has
//! imported the relay parent, so it reads base constraints and pending candidates in the state after that very block. What it
//! counts on beyond is its own: blocks that it built, or executed when another collator did.

use crate::{
	context::Place, ContextError, ExecutionContext, Path, PathError, Role, Source, Standing, Unincluded,
};
use async_backing_primitives::{
	BackingState, BlockNumber, Constraints, ConstraintsExtension, ExtendedConstraints, HeadHash, ParaAtLeaf,
	ParaId, RelayChainBlockInfo,
};

/// What is unincluded at a relay parent, seen by a collator: what is pending in its state, then these own blocks, oldest
/// first. Copies nothing large.
///
/// `included` is the hash of the included head.
///
/// # Errors
/// [`PathError`] if the blocks do not build on what is pending, or do not fit any more.
pub fn path<'a>(
	state: &'a BackingState,
	included: HeadHash,
	own: impl IntoIterator<Item = Unincluded<'a>>,
) -> Result<Path<'a, Constraints>, PathError> {
	Path::with(&state.constraints, included, pending(state, included).chain(own))
}

/// The whole context of the block that comes after these own blocks, oldest first, on this relay parent.
///
/// Cost: clones the base constraints, and as [`path`].
///
/// # Errors
/// [`ContextError::Path`] as [`path`]; [`ContextError::Exhausted`], [`ContextError::RelayParentMovesBack`].
pub fn context<'a>(
	para: ParaId,
	relay_parent: RelayChainBlockInfo,
	at_relay_parent: &'a ParaAtLeaf,
	own: impl IntoIterator<Item = Unincluded<'a>>,
) -> Result<ExecutionContext, ContextError> {
	context_behind(para, relay_parent, relay_parent.number, at_relay_parent, own)
}

/// The same where the relay parent may be an ancestor of the best relay block, of number `best` (R-COL-2): what is pending, and
/// what the chain will allow, is read in the state of the best one.
///
/// # Errors
/// As [`context`].
pub fn context_behind<'a>(
	para: ParaId,
	relay_parent: RelayChainBlockInfo,
	best: BlockNumber,
	at_best: &'a ParaAtLeaf,
	own: impl IntoIterator<Item = Unincluded<'a>>,
) -> Result<ExecutionContext, ContextError> {
	let state = &at_best.backing_state;
	let included = state.constraints.required_parent.hash();
	let base = extended(&state.constraints, &at_best.extension);
	let mut path = Path::new(&base, included);
	for next in pending(state, included).chain(own) {
		path.push(next)?;
	}
	let place = Place {
		role: Role::Collator,
		para,
		relay_parent,
		at: best,
		included,
		chosen: (
			match best.saturating_sub(relay_parent.number) {
				0 => Source::BestRelayBlock,
				blocks => Source::BehindBest(blocks),
			},
			Source::ParentSearch,
		),
	};
	ExecutionContext::at_end_of(path, place)
}

/// Candidates that are pending, each on the one before. Head data are known by the hashes in descriptors: nothing is hashed.
fn pending(state: &BackingState, included: HeadHash) -> impl Iterator<Item = Unincluded<'_>> {
	let mut parent_head = included;
	state.pending_availability.iter().map(move |pending| {
		let output_head = pending.descriptor.para_head();
		Unincluded {
			candidate: pending.candidate_hash,
			parent_head: core::mem::replace(&mut parent_head, output_head),
			output_head,
			relay_parent: pending.descriptor.relay_parent(),
			relay_parent_number: pending.relay_parent_number,
			commitments: &pending.commitments,
			standing: Standing::Pending,
		}
	})
}

fn extended(constraints: &Constraints, extension: &Option<ConstraintsExtension>) -> ExtendedConstraints {
	ExtendedConstraints {
		constraints: constraints.clone(),
		extension: extension.clone(),
	}
}
