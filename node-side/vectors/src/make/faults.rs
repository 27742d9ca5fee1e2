//! A candidate that fits, and every way in which it may fail to.

use crate::{
	ask::Question,
	json::{Base, Extension},
};
use async_backing_primitives::{
	candidate_modifications, expected_validation_data, BlockNumber, CandidateCommitments,
	ConstraintModifications, Constraints, ConstraintsExtension, ExtendedConstraints, Hash, HeadData,
	InboundHrmpLimitations, Operating, OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId,
	PersistedValidationData, RelayChainBlockInfo, ValidationCodeHash,
};
use serde_json::json;

/// Code that is in force.
pub(super) const CODE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(6));
/// Code that may come.
pub(super) const FUTURE: ValidationCodeHash = ValidationCodeHash(Hash::repeat_byte(7));

/// A relay block of this number.
pub(super) fn block(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
	}
}

/// Room for more of everything than the limits; channels to 2000 and on.
pub(super) fn base() -> Constraints {
	let limits = OutboundHrmpChannelLimitations {
		bytes_remaining: 50,
		messages_remaining: 2,
	};
	Constraints {
		min_relay_parent_number: 5,
		max_pov_size: 1024,
		max_code_size: 20,
		max_head_data_size: 12,
		ump_remaining: 10,
		ump_remaining_bytes: 90,
		max_ump_num_per_candidate: 8,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![6, 8, 10],
		},
		hrmp_channels_out: (2000..2006)
			.map(|recipient| (ParaId(recipient), limits))
			.collect(),
		max_hrmp_num_per_candidate: 4,
		required_parent: HeadData(vec![0]),
		validation_code_hash: CODE,
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// The extension of [`base`].
pub(super) fn extension() -> ConstraintsExtension {
	ConstraintsExtension {
		max_ump_message_size: 40,
		hrmp_max_message_size: vec![(ParaId(2000), 30)],
		offboarding: false,
		hrmp_max_messages_consumed: 12,
		hrmp_waiting: vec![(6, 3), (8, 1), (10, 9)],
	}
}

/// Commitments that only move head and watermark.
pub(super) fn moves(relay_parent: BlockNumber) -> CandidateCommitments {
	CandidateCommitments {
		head_data: HeadData(vec![1]),
		hrmp_watermark: relay_parent,
		..Default::default()
	}
}

/// Horizontal messages to these recipients, of these lengths.
pub(super) fn horizontal(messages: &[(u32, usize)]) -> Vec<OutboundHrmpMessage> {
	let message = |(recipient, len): &(u32, usize)| OutboundHrmpMessage {
		recipient: ParaId(*recipient),
		data: vec![0; *len],
	};
	messages.iter().map(message).collect()
}

/// A question about a candidate at a place, in the making.
#[derive(Clone, Debug)]
pub(super) struct Scene {
	pub(super) base: ExtendedConstraints,
	pub(super) path: Vec<(BlockNumber, CandidateCommitments)>,
	pub(super) relay_parent: BlockNumber,
	pub(super) commitments: CandidateCommitments,
	/// What it was validated with, if not with the code that is in force there.
	pub(super) code: Option<ValidationCodeHash>,
	/// What is wrong with its validation data.
	pub(super) twist: fn(&mut PersistedValidationData),
	/// Whether only the hash of them is known.
	pub(super) by_hash: bool,
	pub(super) is_pending: bool,
}

impl Scene {
	/// A candidate that fits.
	pub(super) fn new(relay_parent: BlockNumber) -> Self {
		Self {
			base: ExtendedConstraints {
				constraints: base(),
				extension: Some(extension()),
			},
			path: Vec::new(),
			relay_parent,
			commitments: moves(relay_parent),
			code: None,
			twist: |_| (),
			by_hash: false,
			is_pending: false,
		}
	}

	/// With something changed.
	pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
		change(&mut self);
		self
	}

	/// The extension, made if there is none.
	pub(super) fn extension(&mut self) -> &mut ConstraintsExtension {
		self.base.extension.get_or_insert_with(extension)
	}

	/// What the path changes. A candidate of it that has no meaning changes nothing: the question says so itself.
	fn stacked(&self) -> ConstraintModifications<'static> {
		let mut stacked = ConstraintModifications::default();
		for (number, commitments) in &self.path {
			let changes = {
				let operating = Operating::new(&self.base, &stacked);
				candidate_modifications(*number, &operating, commitments)
					.map(ConstraintModifications::into_owned)
			};
			stacked.stack(&changes.unwrap_or_default());
		}
		stacked
	}

	/// The candidate, as JSON.
	fn candidate(&self) -> serde_json::Value {
		let stacked = self.stacked();
		let operating = Operating::new(&self.base, &stacked);
		let relay_parent = block(self.relay_parent);
		let mut data = expected_validation_data(&relay_parent, &operating);
		(self.twist)(&mut data);
		let mut candidate = json!({
			"commitments": crate::json::Outputs::from(&self.commitments),
			"validation_code_hash": self.code.unwrap_or_else(|| operating.validation_code_hash()),
			"is_pending_availability": self.is_pending,
		});
		if let Some(fields) = candidate.as_object_mut() {
			match self.by_hash {
				true => fields.insert("validation_data_hash".into(), json!(data.hash())),
				false => {
					let data = crate::json::ValidationData::from(&data);
					fields.insert("validation_data".into(), json!(data))
				}
			};
		}
		candidate
	}

	/// The question. JSON first: so it is the one that others read.
	pub(super) fn question(&self) -> Question {
		let path: Vec<_> = self
			.path
			.iter()
			.map(|(number, commitments)| {
				let outputs = crate::json::Outputs::from(commitments);
				json!({ "relay_parent_number": number, "commitments": outputs })
			})
			.collect();
		made(json!({
			"ask": "check_fragment",
			"base": Base::from(&self.base.constraints),
			"extension": self.base.extension.as_ref().map(Extension::from),
			"path": path,
			"relay_parent": crate::json::Block::from(block(self.relay_parent)),
			"candidate": self.candidate(),
		}))
	}

	/// The question whether it may wait somewhere.
	pub(super) fn unconnected(&self) -> Question {
		made(json!({
			"ask": "check_unconnected",
			"base": Base::from(&self.base.constraints),
			"relay_parent": crate::json::Block::from(block(self.relay_parent)),
			"candidate": self.candidate(),
		}))
	}
}

/// A question out of its JSON.
pub(super) fn made(json: serde_json::Value) -> Question {
	serde_json::from_value(json).expect("vectors are made of questions; a test makes them all; qed")
}
