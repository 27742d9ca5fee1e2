//! For runtimes whose authors draw nothing.

use async_backing_primitives::Hash;
use frame_support::traits::Randomness;

/// No author draws anything: the parent's hash decides what is left out when not all fits (R-WGT-5).
///
/// With BABE, give [`Config::ParentRandomness`](crate::Config::ParentRandomness) `pallet_babe::ParentBlockRandomness<Runtime>`
/// instead: the hash of the parent is known before what its author drew is, to him alone.
#[derive(Clone, Copy, Debug)]
pub struct NoRandomness;

impl<BlockNumber: Default> Randomness<Option<Hash>, BlockNumber> for NoRandomness {
	fn random(_: &[u8]) -> (Option<Hash>, BlockNumber) {
		(None, BlockNumber::default())
	}
}
