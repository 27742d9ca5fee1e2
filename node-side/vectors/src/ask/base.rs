//! Questions about what a leaf says: constraints and their bytes, relay parents.

use super::refusal::Answer;
use crate::{
	error::at_most,
	hex::{hex, Hex},
	json::{extended, hash, Base, Block, Outputs},
};
use async_backing_primitives::{
	oldest_legal_relay_parent, AllowedRelayParents, BackingState, BlockNumber, Constraints, PrimitivesVersion,
};
use codec::{DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// Most blocks that are taken in one after the other.
const MAX_BLOCKS: u64 = 1024;

/// What bytes are refused with that are not the value that they should be.
pub(super) fn undecodable(rule: &str) -> Answer {
	Ok(json!({ "refused": { "kind": "Undecodable", "rule": rule } }))
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecodeConstraints {
	pub(crate) bytes: Hex,
}

impl DecodeConstraints {
	pub(super) fn answer(self) -> Answer {
		match Constraints::decode_all(&mut &self.bytes.0[..]) {
			Ok(constraints) => super::ok(json!(Base::from(&constraints))),
			Err(_) => undecodable("R-BIN-2"),
		}
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EncodeConstraints {
	pub(crate) base: Base,
}

impl EncodeConstraints {
	pub(super) fn answer(self) -> Answer {
		let base = extended(self.base, None)?;
		super::ok(hex(base.constraints.encode()))
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecodeBackingState {
	pub(crate) bytes: Hex,
}

impl DecodeBackingState {
	pub(super) fn answer(self) -> Answer {
		let Ok((version, state)) = BackingState::decode_any(&self.bytes.0) else {
			return undecodable("R-BIN-31");
		};
		let layout = match version {
			PrimitivesVersion::V8 => 8,
			PrimitivesVersion::V9 => 9,
		};
		super::ok(json!({ "layout": layout, "state": state.as_ref().map(told) }))
	}
}

fn told(state: &BackingState) -> Value {
	let pending = state.pending_availability.iter().map(|pending| {
		json!({
			"candidate_hash": hash(pending.candidate_hash),
			"descriptor": hex(pending.descriptor.encode()),
			"commitments": Outputs::from(&pending.commitments),
			"relay_parent_number": pending.relay_parent_number,
			"max_pov_size": pending.max_pov_size,
		})
	});
	json!({
		"constraints": Base::from(&state.constraints),
		"pending_availability": pending.collect::<Vec<_>>(),
	})
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelayParentWindow {
	/// Parents as blocks come, oldest first.
	pub(crate) blocks: Vec<Block>,
	pub(crate) allowed_ancestry_len: u32,
}

impl RelayParentWindow {
	pub(super) fn answer(self) -> Answer {
		at_most("number of blocks", self.blocks.len() as u64, MAX_BLOCKS)?;
		let mut window = AllowedRelayParents::default();
		for block in self.blocks {
			window.update(block.into(), self.allowed_ancestry_len);
		}
		let mut allowed: Vec<_> = window.iter().map(|block| block.number).collect();
		allowed.reverse();
		// The window as it is in the state of the child of the newest.
		let earliest = window.latest().map(|latest| {
			window.earliest_for_child_of(latest.number.saturating_add(1), self.allowed_ancestry_len)
		});
		super::ok(json!({ "allowed": allowed, "earliest_for_grandchild": earliest }))
	}
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OldestRelayParent {
	/// Relay parent of the candidate before.
	pub(crate) before: Option<BlockNumber>,
	/// Oldest of the window.
	pub(crate) earliest: BlockNumber,
	pub(crate) is_pending_availability: bool,
}

impl OldestRelayParent {
	pub(super) fn answer(self) -> Answer {
		super::ok(oldest_legal_relay_parent(
			self.before,
			self.earliest,
			self.is_pending_availability,
		))
	}
}
