//! When the blocks of a leaf are built: hooks of the authoring loop (R-HOO-5).
//!
//! How many there are follows from velocity and claims, whether the parachain takes one from its consensus hook
//! ([`ConsensusHook`](async_backing_primitives::ConsensusHook)). What is left to choose is when each is begun, and how long it may take.

use std::{fmt, ops::Range, time::Duration};

/// When the blocks on one relay parent are built.
pub trait AuthoringHook: fmt::Debug {
	/// From when until when the block at `position`, counted from 0, of `blocks` on one relay parent may be executed. Both
	/// count from the moment at which the relay parent became a leaf; a slot is that of the relay chain.
	fn window(&self, position: u32, blocks: u32, slot: Duration) -> Range<Duration>;
}

/// One block after the other as soon as there is a leaf, each as large as it may be.
///
/// ```
/// use async_backing_collator::{AuthoringHook, Lookahead};
/// use std::time::Duration;
///
/// let slot = Duration::from_secs(6);
/// assert_eq!(Lookahead.window(2, 3, slot), Duration::ZERO..slot);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookahead;

impl AuthoringHook for Lookahead {
	fn window(&self, _: u32, _: u32, slot: Duration) -> Range<Duration> {
		Duration::ZERO..slot
	}
}

/// The slot is divided among its blocks: users see one every so often, and none waits for the next leaf.
///
/// ```
/// use async_backing_collator::{AuthoringHook, SlotBased};
/// use std::time::Duration;
///
/// let seconds = Duration::from_secs;
/// assert_eq!(SlotBased.window(2, 3, seconds(6)), seconds(4)..seconds(6));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotBased;

impl AuthoringHook for SlotBased {
	fn window(&self, position: u32, blocks: u32, slot: Duration) -> Range<Duration> {
		let share = slot.checked_div(blocks).unwrap_or(slot);
		let begin = share.saturating_mul(position).min(slot);
		begin..begin.saturating_add(share)
	}
}
