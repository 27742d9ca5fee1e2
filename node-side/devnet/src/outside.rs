//! What is outside of a run: a clock that it keeps to, and whoever sends transactions over a node.

use async_backing_primitives::Hash;
use async_backing_sim::Instant;
use sp_runtime::{transaction_validity::TransactionValidityError, OpaqueExtrinsic};
use std::{fmt, ops::ControlFlow};

/// What is outside of a run. A run without transactions from there is the same as one without anything there.
pub trait Outside: fmt::Debug {
	/// Called before what happens next, with the time of the run at which it does. Returns when it may happen; `Break` ends the
	/// run before it does.
	fn wait(&mut self, until: Instant) -> ControlFlow<()>;

	/// Transactions for the block on `parent`. They are tried in this order, behind those of the run.
	fn transactions(&mut self, parent: Hash) -> Vec<OpaqueExtrinsic>;

	/// The runtime does not accept one of these transactions in the block on `parent`. It is not in the block.
	fn refused(&mut self, parent: Hash, transaction: &OpaqueExtrinsic, reason: TransactionValidityError);

	/// A block is as many blocks deep that it is final for the nodes of the run. Called once for each, in order.
	fn finalized(&mut self, block: Hash);
}
