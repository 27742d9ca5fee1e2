//! What a parachain and its collator have settled before the first block.

use async_backing_primitives::ParaId;

/// What a parachain and its collator have settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollatorConfig {
	/// The parachain.
	pub para: ParaId,
	/// Unincluded blocks that the parachain allows itself (R-SEG-8).
	pub capacity: u32,
	/// Blocks that it wants per relay block (R-HOO-2). It needs a core for each.
	pub velocity: u32,
	/// How far the relay parent is behind the best relay block.
	pub relay_parent_offset: RelayParentOffset,
}

/// Blocks that a relay parent is behind the best relay block (R-COL-2).
///
/// A fork that loses is no longer than that, as a rule, and kills no block then; but a candidate has so much less time to be
/// backed, and the parachain sees inclusions so much later (R-SEG-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayParentOffset {
	/// The collator's own choice: so many, or as many as are in scope.
	UpTo(u32),
	/// What the validation function demands, and has proven by the sealed headers of the relay parent and of what is on top of
	/// it: so many, or nothing is built. The genesis block is not sealed, so it is no such relay parent.
	Exactly(u32),
}

impl RelayParentOffset {
	/// The number of blocks.
	pub fn blocks(self) -> u32 {
		match self {
			Self::UpTo(blocks) | Self::Exactly(blocks) => blocks,
		}
	}
}
