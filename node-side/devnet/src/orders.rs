//! Transactions of a run: orders for blocks (R-SCH-8), what cores do (R-SCH-7), and what root says.

use crate::{runtime::customer, Assignee, CoreWork, DevnetError};
use async_backing_primitives::{wiring::path, ParaId};
use async_backing_runtime_metadata::{Chain, Metadata};
use serde_json::{json, Value};
use sp_core::ed25519;
use sp_runtime::OpaqueExtrinsic;
use std::collections::BTreeMap;

/// Whoever sends a run's transactions, as the runtime's metadata says that they are made.
///
/// Transactions follow from the arguments alone, signatures included, so that runs of one seed are the same.
pub(crate) struct OrderDesk {
	metadata: Metadata,
	chain: Chain,
	signer: ed25519::Pair,
	nonce: u32,
	/// Calls as root, by the relay blocks that they are sent after.
	as_root: BTreeMap<u32, Vec<Value>>,
}

impl std::fmt::Debug for OrderDesk {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("OrderDesk")
			.field("nonce", &self.nonce)
			.field("as_root", &self.as_root)
			.finish_non_exhaustive()
	}
}

impl OrderDesk {
	pub(crate) fn new(metadata: Metadata, chain: Chain) -> Self {
		Self {
			metadata,
			chain,
			signer: customer(),
			nonce: 0,
			as_root: BTreeMap::new(),
		}
	}

	/// What the runtime says of itself.
	pub(crate) fn metadata(&self) -> &Metadata {
		&self.metadata
	}

	/// Has a call sent as root in the block after so many.
	pub(crate) fn send_as_root(&mut self, after: u32, call: Value) {
		self.as_root.entry(after).or_default().push(call);
	}

	/// Transactions that root sends in the block after so many.
	pub(crate) fn as_root(&mut self, after: u32) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		let calls = self.as_root.remove(&after).unwrap_or_default();
		calls.into_iter().map(|call| self.sudo(call)).collect()
	}

	/// Transactions that give cores work.
	pub(crate) fn assign(&mut self, works: &[CoreWork]) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		let assigned = |work: &CoreWork| {
			let shares = work.shares.iter();
			let shares: Vec<_> = shares
				.map(|(who, parts)| json!([assignment(*who), parts]))
				.collect();
			let arguments = json!({
				"core": work.core,
				"begin": work.begin,
				"end": work.end,
				"shares": shares,
			});
			let call = self.metadata.call(path::SCHEDULER, "assign_core", arguments)?;
			self.sudo(call)
		};
		works.iter().map(assigned).collect()
	}

	/// Transactions that order a block for each of these paras, whatever it costs.
	pub(crate) fn order(
		&mut self,
		paras: impl Iterator<Item = ParaId>,
	) -> Result<Vec<OpaqueExtrinsic>, DevnetError> {
		paras
			.map(|para| {
				let arguments = json!({ "para": para.0, "max_price": u128::MAX.to_string() });
				let order = self
					.metadata
					.call(path::SCHEDULER, "place_order_keep_alive", arguments)?;
				self.send(&order)
			})
			.collect()
	}

	fn sudo(&mut self, call: Value) -> Result<OpaqueExtrinsic, DevnetError> {
		let call = self
			.metadata
			.call("pallet_sudo", "sudo", json!({ "call": call }))?;
		self.send(&call)
	}

	fn send(&mut self, call: &Value) -> Result<OpaqueExtrinsic, DevnetError> {
		let transaction = self
			.metadata
			.signed(&self.chain, &self.signer, self.nonce, call)?;
		self.nonce = self.nonce.saturating_add(1);
		Ok(transaction)
	}
}

fn assignment(assignee: Assignee) -> Value {
	match assignee {
		Assignee::Idle => json!("Idle"),
		Assignee::Pool => json!("Pool"),
		Assignee::Para(para) => json!({ "Task": para.0 }),
	}
}
