//! Orders for blocks of paras that lease no core (R-SCH-8).

use async_backing_primitives::{Hash, ParaId};
use sp_runtime::OpaqueExtrinsic;
use std::fmt;

/// Somebody who orders blocks on demand: knows the relay runtime's transactions, which the devnet does not.
///
/// Transactions must follow from the arguments alone, signatures included, or runs of one seed differ.
pub trait Customer: fmt::Debug {
	/// A transaction that orders one block for `para`, the customer's `nonce`-th on the chain with this genesis.
	fn order(&self, genesis: Hash, nonce: u32, para: ParaId) -> OpaqueExtrinsic;
}

/// The customer of a run, and how many orders it placed.
#[derive(Debug)]
pub(crate) struct OrderDesk {
	customer: Box<dyn Customer>,
	nonce: u32,
}

impl OrderDesk {
	pub(crate) fn new(customer: Box<dyn Customer>) -> Self {
		Self { customer, nonce: 0 }
	}

	/// Transactions that order a block for each of these paras.
	pub(crate) fn order(
		&mut self,
		genesis: Hash,
		paras: impl Iterator<Item = ParaId>,
	) -> Vec<OpaqueExtrinsic> {
		paras
			.map(|para| {
				let order = self.customer.order(genesis, self.nonce, para);
				self.nonce += 1;
				order
			})
			.collect()
	}
}
