//! What the chain does, and what this means for leaves.

use async_backing_primitives::{BlockNumber, Hash, LeafFacts, ValidatorId};
use std::sync::Arc;

/// What the relay chain did.
#[derive(Clone, Debug, PartialEq)]
pub enum ChainEvent {
	/// A block was imported. Order does not matter: a child may come before its parent.
	Imported {
		/// What is known of it. Facts of one that is not fresh are not kept.
		facts: Arc<LeafFacts>,
		/// Whether it may become a leaf. Blocks that a node catches up with (major sync) may not.
		fresh: bool,
	},
	/// A block, and with it every ancestor, is final.
	Finalized {
		/// The block. It may be one that was not imported yet.
		hash: Hash,
		/// Its number.
		number: BlockNumber,
	},
	/// A block, and with it every descendant, is not to be built on any more.
	Reverted {
		/// The block.
		hash: Hash,
	},
}

/// What a peer has proved to be: in a live node by its record of authority discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
	/// Keys under which it validates in some session, not necessarily the current one. None for whoever is no validator.
	pub authorities: Vec<ValidatorId>,
}

impl Identity {
	/// Somebody with one key.
	pub fn of(authority: ValidatorId) -> Self {
		Self {
			authorities: vec![authority],
		}
	}

	/// Somebody who proved nothing, such as a collator.
	pub fn stranger() -> Self {
		Self::default()
	}
}

/// How the active leaves changed. Take in the activated ones first (R-IMP-2).
///
/// Each leaf is told once when it becomes active and once when it is not any more. One that was a leaf before can come
/// back after [`ChainEvent::Reverted`].
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeafUpdate {
	/// Leaves that are active now and were not before: ascending by number, then hash.
	pub activated: Vec<Arc<LeafFacts>>,
	/// Leaves that are not active any more, in the same order.
	pub deactivated: Vec<Hash>,
}

impl LeafUpdate {
	/// Whether nothing changed.
	pub fn is_empty(&self) -> bool {
		self.activated.is_empty() && self.deactivated.is_empty()
	}
}
