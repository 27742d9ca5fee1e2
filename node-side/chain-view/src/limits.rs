//! How much is remembered.

use async_backing_primitives::{BlockNumber, MAX_VALIDATORS};

/// Active leaves. Work and memory of everything that follows leaves grow with them. Three times as many as peers are told
/// of (R-NET-55), since a short fork more often has two or three tips than ten.
pub const MAX_LEAVES: usize = 16;

/// Relay blocks that are remembered: 50 minutes without finality at six seconds. Each takes about a hundred bytes for each
/// ancestor in scope and each candidate pending in it.
pub const MAX_BLOCKS: usize = 512;

/// Blocks that can become leaves again, if what was built on them is reverted. Facts of a large chain take half a megabyte,
/// and the relay chain reverts to blocks that lost a dispute, which are rarely further back.
pub const MAX_FACTS: usize = 64;

/// Blocks before the finalized one that are remembered, so that their session is known after they went from scope: what was
/// asked for at the end of their time is answered.
pub const MAX_FINALIZED: BlockNumber = 64;

/// Peers: each validator once, and as many others.
pub const MAX_PEERS: usize = 2 * MAX_VALIDATORS as usize;

/// Keys of one peer: a validator that changes its key each session has three at a time (the last session's, this one's, the
/// next one's); an operator with several validators behind one address is given some more.
pub const MAX_AUTHORITIES: usize = 16;

/// How much is remembered. What is over it is refused or forgotten, and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Active leaves: beyond, those with the lowest numbers are none, among equals those that came first.
	pub leaves: usize,
	/// Blocks: beyond, those with the lowest numbers are forgotten, unless they are leaves.
	pub blocks: usize,
	/// Blocks that are no leaves, but may become leaves again: beyond, those with the lowest numbers cannot.
	pub facts: usize,
	/// How far behind the finalized block others are remembered.
	pub finalized: BlockNumber,
	/// Peers: beyond, whoever is no validator gives way to one.
	pub peers: usize,
	/// Keys of one peer: beyond, they are ignored.
	pub authorities: usize,
}

impl Default for Limits {
	fn default() -> Self {
		Self {
			leaves: MAX_LEAVES,
			blocks: MAX_BLOCKS,
			facts: MAX_FACTS,
			finalized: MAX_FINALIZED,
			peers: MAX_PEERS,
			authorities: MAX_AUTHORITIES,
		}
	}
}
