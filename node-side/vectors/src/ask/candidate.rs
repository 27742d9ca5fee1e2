//! Questions about candidates alone, and about the cores that they name.

use super::{
	decoded,
	refusal::{verdict, Answer},
};
use crate::{
	hex::{hex, Hex},
	json::{hash, Outputs, ValidationData},
};
use async_backing_primitives::{
	check_core_choice, check_intrinsic, ClaimQueue, ClaimQueueOffset, CommittedCandidateReceipt, CoreIndex,
	CoreSelector, Hash, ParaId,
};
use codec::Encode;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckIntrinsic {
	/// A committed candidate receipt.
	pub(crate) receipt: Hex,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) commitments_hash: Option<Hash>,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) validation_data: Option<ValidationData>,
	#[serde(default)]
	pub(crate) v3_enabled: bool,
}

impl CheckIntrinsic {
	pub(super) fn answer(self) -> Answer {
		let receipt: CommittedCandidateReceipt = decoded("receipt", &self.receipt.0)?;
		let data = self.validation_data.map(Into::into);
		let checked = check_intrinsic(
			&receipt.descriptor,
			&receipt.commitments,
			self.commitments_hash,
			data.as_ref(),
			self.v3_enabled,
		);
		verdict(checked, |facts| {
			let select = facts.signals.select_core;
			json!({
				"candidate_hash": hash(receipt.hash()),
				"commitments": Outputs::from(&receipt.commitments),
				"commitments_hash": hash(receipt.commitments.hash()),
				"version": format!("{:?}", facts.version),
				"para": receipt.para_id().0,
				"core_index": receipt.descriptor.core_index().map(|core| core.0),
				"relay_parent": hash(receipt.descriptor.relay_parent()),
				"scheduling_parent": hash(receipt.descriptor.scheduling_parent()),
				"select_core": select.map(|(selector, offset)| json!({ "selector": selector.0, "offset": offset.0 })),
				"approved_peer": facts.signals.approved_peer.map(|peer| hex(peer.encode())),
			})
		})
	}
}

/// The claims of a core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
	pub(crate) core: CoreIndex,
	pub(crate) paras: Vec<ParaId>,
}

/// A core that is picked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selection {
	pub(crate) selector: u8,
	pub(crate) offset: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckCoreChoice {
	pub(crate) claim_queue: Vec<Claims>,
	pub(crate) para: ParaId,
	pub(crate) named: CoreIndex,
	#[serde(default)]
	pub(crate) select_core: Option<Selection>,
}

impl CheckCoreChoice {
	pub(super) fn answer(self) -> Answer {
		let queue = self.claim_queue.into_iter();
		let queue: ClaimQueue = queue.map(|claims| (claims.core, claims.paras.into())).collect();
		let selection = self
			.select_core
			.map(|select| (CoreSelector(select.selector), ClaimQueueOffset(select.offset)));
		let checked = check_core_choice(&queue, self.para, self.named, selection);
		verdict(checked, |()| self.named.0.into())
	}
}
