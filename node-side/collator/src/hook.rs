//! How many blocks a parachain needs to be ahead.

/// Capacity with which a parachain never waits for inclusion: `velocity` blocks for each of the relay blocks from
/// building a block to the relay parent that shows it included (R-SEG-8). Three of them when a candidate takes more than
/// the next block to be backed, as blocks of 2 s do. More than `max_candidate_depth + 1` brings nothing (R-PAR-4).
pub const fn sufficient_capacity(velocity: u32, relay_blocks_to_inclusion: u32) -> u32 {
	velocity.saturating_mul(relay_blocks_to_inclusion)
}
