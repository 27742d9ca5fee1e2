//! Transactions of a run: orders for blocks (R-SCH-8), what cores do (R-SCH-7), and what root says.
//!
//! What a block has no room for is brought again to the next one, as a transaction pool does; what a fork took that lost is
//! brought to the one that won. A transaction gets its number when it is brought: one that is left out holds up no other.

use crate::{runtime::customer, Assignee, CoreWork, DevnetError};
use async_backing_primitives::{wiring::path, ParaId};
use async_backing_runtime_metadata::{Chain, Metadata};
use serde_json::{json, Value};
use sp_core::ed25519;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use sp_runtime::OpaqueExtrinsic;
use std::collections::{BTreeMap, BTreeSet};

/// A call that is to be sent once.
#[derive(Clone, Debug)]
struct Wish {
	id: u64,
	/// Para for which it orders a block.
	order: Option<ParaId>,
	call: Value,
}

/// A call as it is brought to a block.
#[derive(Clone, Debug)]
pub(crate) struct Brought {
	/// The same as often as it is brought.
	pub(crate) id: u64,
	/// Para for which it orders a block.
	pub(crate) order: Option<ParaId>,
	/// Signed for this block.
	pub(crate) transaction: OpaqueExtrinsic,
}

/// What a block did with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
	/// It is paid for: a claim follows.
	Placed,
	/// It is in the block, and failed.
	Failed,
	/// The block had no room for it. It is placed again.
	Again,
	/// It can be in no block.
	Refused,
}

/// Whoever sends a run's transactions, as the runtime's metadata says that they are made.
///
/// Transactions follow from the arguments alone, signatures included, so that runs of one seed are the same.
pub(crate) struct OrderDesk {
	metadata: Metadata,
	chain: Chain,
	signer: ed25519::Pair,
	next_id: u64,
	/// Calls that some fork may still take, in their order.
	wishes: Vec<Wish>,
	/// Calls as root, by the relay blocks that they are sent after.
	as_root: BTreeMap<u32, Vec<Value>>,
}

impl std::fmt::Debug for OrderDesk {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("OrderDesk")
			.field("wishes", &self.wishes)
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
			next_id: 0,
			wishes: Vec::new(),
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

	/// Wishes what root sends in the block after so many.
	pub(crate) fn wish_as_root(&mut self, after: u32) -> Result<(), DevnetError> {
		for call in self.as_root.remove(&after).unwrap_or_default() {
			self.wish_sudo(call)?;
		}
		Ok(())
	}

	/// Wishes that cores do this.
	pub(crate) fn wish_work(&mut self, works: &[CoreWork]) -> Result<(), DevnetError> {
		for work in works {
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
			self.wish_sudo(call)?;
		}
		Ok(())
	}

	/// Wishes a block for a para, whatever it costs.
	pub(crate) fn wish_order(&mut self, para: ParaId) -> Result<(), DevnetError> {
		let arguments = json!({ "para": para.0, "max_price": u128::MAX.to_string() });
		let call = self
			.metadata
			.call(path::SCHEDULER, "place_order_keep_alive", arguments)?;
		self.wish(Some(para), call);
		Ok(())
	}

	/// What a block brings: all that was wished, but for what its ancestors took, which are so many in all.
	pub(crate) fn bring(&self, taken: &BTreeSet<u64>, nonce: u32) -> Result<Vec<Brought>, DevnetError> {
		let open = self.wishes.iter().filter(|wish| !taken.contains(&wish.id));
		open.zip(nonce..)
			.map(|(wish, nonce)| {
				let transaction = self
					.metadata
					.signed(&self.chain, &self.signer, nonce, &wish.call)?;
				Ok(Brought {
					id: wish.id,
					order: wish.order,
					transaction,
				})
			})
			.collect()
	}

	/// Forgets wishes: a block that no fork can do without has taken them, or none ever takes them.
	pub(crate) fn forget(&mut self, ids: &BTreeSet<u64>) {
		self.wishes.retain(|wish| !ids.contains(&wish.id));
	}

	fn wish(&mut self, order: Option<ParaId>, call: Value) {
		let id = self.next_id;
		self.next_id = id.saturating_add(1);
		self.wishes.push(Wish { id, order, call });
	}

	fn wish_sudo(&mut self, call: Value) -> Result<(), DevnetError> {
		let call = self
			.metadata
			.call("pallet_sudo", "sudo", json!({ "call": call }))?;
		self.wish(None, call);
		Ok(())
	}
}

/// Whether a transaction that a block does not take can be in a later one: there was no room for it, or for one before it.
pub(crate) fn is_for_later(refused: &TransactionValidityError) -> bool {
	let is_future = matches!(
		refused,
		TransactionValidityError::Invalid(InvalidTransaction::Future)
	);
	refused.exhausted_resources() || is_future
}

fn assignment(assignee: Assignee) -> Value {
	match assignee {
		Assignee::Idle => json!("Idle"),
		Assignee::Pool => json!("Pool"),
		Assignee::Para(para) => json!({ "Task": para.0 }),
	}
}
