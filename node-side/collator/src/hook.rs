//! The hook with which a parachain bounds its own blocks: fixed velocity within a fixed capacity (R-HOO-1 to R-HOO-4).

use async_backing_primitives::Slot;

/// At most `velocity` blocks per relay slot, and one more that fills the segment; at most `capacity` unincluded ones.
///
/// A velocity and a capacity of 1 are the hook that expects the parent to be included.
///
/// ```
/// use async_backing_collator::FixedVelocity;
///
/// let hook = FixedVelocity { velocity: 1, capacity: 3 };
/// assert!(hook.can_build_upon(1, Some((5, 1)), 5));
/// assert!(!hook.can_build_upon(2, Some((5, 2)), 5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedVelocity {
	/// Blocks per relay slot (R-HOO-2). The chain tolerates one more: after a gap, that fills the segment again.
	pub velocity: u32,
	/// Most unincluded blocks, the new one among them (R-SEG-2). Zero counts as one (R-HOO-1).
	pub capacity: u32,
}

impl FixedVelocity {
	/// Whether a block may be built in `slot` on a segment of `unincluded` blocks (R-HOO-3).
	///
	/// `latest` is the slot of the parent, and how many blocks of the chain there are in it; `None` before the first.
	/// Slots are those of relay parents.
	pub fn can_build_upon(&self, unincluded: u32, latest: Option<(Slot, u32)>, slot: Slot) -> bool {
		if unincluded >= self.capacity.max(1) {
			return false;
		}
		match latest {
			Some((latest, authored)) if latest == slot => authored <= self.velocity,
			Some((latest, _)) => slot > latest,
			None => true,
		}
	}
}

/// Capacity with which a parachain never waits for inclusion: `velocity` blocks for each of the relay blocks from
/// building a block to the relay parent that shows it included (R-SEG-8). Three of them when a candidate takes more than
/// the next block to be backed, as blocks of 2 s do. More than `max_candidate_depth + 1` brings nothing (R-PAR-4).
pub const fn sufficient_capacity(velocity: u32, relay_blocks_to_inclusion: u32) -> u32 {
	velocity.saturating_mul(relay_blocks_to_inclusion)
}
