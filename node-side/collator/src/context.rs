//! What a block is executed with: the context of a collator, out of its own blocks (R-COL-2).

use crate::{blocks::Parablock, NoBuild};
use async_backing_execution_context::{
	collator, ContextError, ExecutionContext, PathError, Standing, Unincluded,
};
use async_backing_primitives::{BlockNumber, ParaAtLeaf, ParaId, RelayChainBlockInfo};

impl Parablock {
	/// As the one who executed it counts on it.
	fn unincluded(&self) -> Unincluded<'_> {
		Unincluded {
			candidate: self.candidate,
			parent_head: self.parent_head,
			output_head: self.head().hash(),
			relay_parent: self.relay_parent.hash,
			relay_parent_number: self.relay_parent.number,
			commitments: &self.commitments,
			standing: Standing::Executed,
		}
	}
}

/// The context of a block on the end of a path of own blocks, oldest first, on a relay parent, which is the leaf of number
/// `best` or behind it. Blocks that fit no more, and
/// those behind them, are taken off the path: they sent or consumed more than the relay chain has left (R-TRE-14).
///
/// Cost: that of [`collator::context_behind`], once more for each block that does not fit.
pub(crate) fn context_on(
	para: ParaId,
	relay_parent: RelayChainBlockInfo,
	best: BlockNumber,
	at_leaf: &ParaAtLeaf,
	path: &mut Vec<&Parablock>,
) -> Result<ExecutionContext, NoBuild> {
	loop {
		let own = path.iter().map(|block| block.unincluded());
		let error = match collator::context_behind(para, relay_parent, best, at_leaf, own) {
			Ok(context) => return Ok(context),
			Err(error) => error,
		};
		let misfit = match error {
			ContextError::Path(
				PathError::Disconnected { candidate, .. }
				| PathError::Malformed { candidate, .. }
				| PathError::DoesNotFit { candidate, .. },
			) => path.iter().position(|block| block.candidate == candidate),
			_ => None,
		};
		path.truncate(misfit.ok_or(error)?);
	}
}
