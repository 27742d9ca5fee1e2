//! The trace: what happened, in order, with its time, and a hash over it.

use crate::{Kind, NodeId};
use async_backing_machine::{Input, Instant, Output, ProposeId, Words};
use blake2b_simd::{Params, State};
use std::fmt;

/// A step of a run.
#[derive(Debug)]
pub struct Step<'a, W: Words, Note> {
	/// Its number, from 1.
	pub number: u64,
	/// When it happened.
	pub at: Instant,
	/// The node it happened at; `None` for the scenario.
	pub node: Option<NodeId>,
	/// The other node: who sent what comes in, or who should have got what is lost.
	pub other: Option<NodeId>,
	/// What happened.
	pub what: &'a What<'a, W, Note>,
}

/// What happened.
#[derive(Debug)]
pub enum What<'a, W: Words, Note> {
	/// The core is told this.
	Input(&'a Input<W>),
	/// The core wants this.
	Output(&'a Output<W>),
	/// Something does not arrive.
	Lost(Kind, Loss),
	/// The node is gone.
	Crashed,
	/// The node is there, for the first time or again.
	Started,
	/// There was no proposal by the deadline.
	NoProposal(ProposeId),
	/// The scenario says something.
	Note(&'a Note),
}

/// Why something does not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
	/// A fault of the plan, or of the scenario.
	Fault,
	/// A queue was full.
	Overflow,
	/// Nobody is there, or the request has ended.
	Gone,
}

/// Somebody who watches. Nothing in a node can know what it knows.
pub trait Observer<W: Words, Note> {
	/// Sees a step.
	fn see(&mut self, step: &Step<'_, W, Note>);
}

/// Nobody watches.
impl<W: Words, Note> Observer<W, Note> for () {
	fn see(&mut self, _: &Step<'_, W, Note>) {}
}

impl<W: Words, Note, F: FnMut(&Step<'_, W, Note>)> Observer<W, Note> for F {
	fn see(&mut self, step: &Step<'_, W, Note>) {
		self(step);
	}
}

/// A hash of 32 bytes.
pub type Hash = [u8; 32];

/// What a step amounts to, on its way into the hash.
pub struct Digest(State);

impl fmt::Debug for Digest {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Digest")
	}
}

impl Digest {
	/// Takes bytes in.
	pub fn bytes(&mut self, bytes: &[u8]) {
		self.0.update(bytes);
	}
}

impl fmt::Write for Digest {
	fn write_str(&mut self, text: &str) -> fmt::Result {
		self.bytes(text.as_bytes());
		Ok(())
	}
}

/// Number and hash of the steps so far. Two runs with one hash did the same, in the same order, at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
	/// Steps so far.
	pub steps: u64,
	/// Blake2b-256 chain over them.
	pub hash: Hash,
}

impl Trace {
	/// Appends a step.
	pub(crate) fn push(
		&mut self,
		at: Instant,
		node: Option<NodeId>,
		other: Option<NodeId>,
		digest: impl FnOnce(&mut Digest),
	) {
		let mut state = Digest(Params::new().hash_length(32).to_state());
		state.bytes(&self.hash);
		state.bytes(&at.as_nanos().to_le_bytes());
		for node in [node, other] {
			let number = node.map_or(u64::MAX, |node| node.0 as u64);
			state.bytes(&number.to_le_bytes());
		}
		digest(&mut state);
		self.hash.copy_from_slice(state.0.finalize().as_bytes());
		self.steps = self.steps.saturating_add(1);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	#[test]
	fn the_hash_depends_on_what_when_where_and_in_which_order() {
		let hash = |entries: &[(u64, usize, &str)]| {
			let mut trace = Trace::default();
			for (second, node, what) in entries {
				trace.push(
					Duration::from_secs(*second),
					Some(NodeId(*node)),
					None,
					|digest| {
						digest.bytes(what.as_bytes());
					},
				);
			}
			trace.hash
		};
		let reference = hash(&[(1, 0, "a"), (1, 0, "b")]);
		assert_eq!(reference, hash(&[(1, 0, "a"), (1, 0, "b")]));
		assert_ne!(reference, hash(&[(1, 0, "b"), (1, 0, "a")]));
		assert_ne!(reference, hash(&[(1, 0, "a"), (2, 0, "b")]));
		assert_ne!(reference, hash(&[(1, 0, "a"), (1, 1, "b")]));
		assert_ne!(reference, hash(&[(1, 0, "a")]));
	}
}
