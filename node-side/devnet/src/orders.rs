//! Transactions of a run: orders for blocks (R-SCH-8), and what cores do (R-SCH-7).

use crate::CoreWork;
use async_backing_primitives::{Hash, ParaId};
use sp_runtime::OpaqueExtrinsic;
use std::fmt;

/// Somebody who orders blocks on demand and gives cores work: knows the relay runtime's transactions, which the devnet does
/// not.
///
/// Transactions must follow from the arguments alone, signatures included, or runs of one seed differ.
pub trait Customer: fmt::Debug {
	/// A transaction that orders one block for `para`, the customer's `nonce`-th on the chain with this genesis.
	fn order(&self, genesis: Hash, nonce: u32, para: ParaId) -> OpaqueExtrinsic;

	/// A transaction that gives a core work, by the customer as root, its `nonce`-th; `None` if it can't be root.
	fn assign(&self, _genesis: Hash, _nonce: u32, _work: &CoreWork) -> Option<OpaqueExtrinsic> {
		None
	}
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

	/// Transactions that give cores work.
	pub(crate) fn assign(&mut self, genesis: Hash, works: &[CoreWork]) -> Vec<OpaqueExtrinsic> {
		let mut transactions = Vec::new();
		for work in works {
			if let Some(transaction) = self.customer.assign(genesis, self.nonce, work) {
				transactions.push(transaction);
				self.nonce += 1;
			}
		}
		transactions
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
