//! Values of the rules as they are written in JSON. Numbers are numbers, bytes are hex; what is left out is empty, zero, none.

use crate::{
	hex::{hex, Hex},
	Malformed,
};
use async_backing_primitives::{
	BlockNumber, CandidateCommitments, ConstraintModifications, Constraints, ConstraintsExtension,
	ExtendedConstraints, Hash, HeadData, HrmpWatermarkUpdate, InboundHrmpLimitations,
	OutboundHrmpChannelLimitations, OutboundHrmpChannelModification, OutboundHrmpMessage, ParaId,
	PersistedValidationData, RelayChainBlockInfo, UpgradeRestriction, ValidationCode, ValidationCodeHash,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A relay block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
	/// Its hash.
	#[serde(default)]
	pub(crate) hash: Hash,
	/// Its number.
	pub(crate) number: BlockNumber,
	/// State root in its header.
	pub(crate) storage_root: Hash,
}

impl From<Block> for RelayChainBlockInfo {
	fn from(block: Block) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
			storage_root: block.storage_root,
		}
	}
}

impl From<RelayChainBlockInfo> for Block {
	fn from(block: RelayChainBlockInfo) -> Self {
		Self {
			hash: block.hash,
			number: block.number,
			storage_root: block.storage_root,
		}
	}
}

/// What remains of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channel {
	/// Who receives.
	pub(crate) recipient: ParaId,
	/// Bytes that still fit.
	pub(crate) bytes_remaining: u32,
	/// Messages that still fit.
	pub(crate) messages_remaining: u32,
}

/// Code that waits to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upgrade {
	/// Relay-parent number from which it applies.
	pub(crate) at: BlockNumber,
	/// Its hash.
	pub(crate) code_hash: ValidationCodeHash,
}

/// [`Constraints`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // as in the type that it stands for
pub(crate) struct Base {
	pub(crate) min_relay_parent_number: BlockNumber,
	pub(crate) max_pov_size: u32,
	pub(crate) max_code_size: u32,
	pub(crate) max_head_data_size: u32,
	pub(crate) ump_remaining: u32,
	pub(crate) ump_remaining_bytes: u32,
	pub(crate) max_ump_num_per_candidate: u32,
	#[serde(default)]
	pub(crate) dmp_remaining_messages: Vec<BlockNumber>,
	#[serde(default)]
	pub(crate) valid_watermarks: Vec<BlockNumber>,
	#[serde(default)]
	pub(crate) hrmp_channels_out: Vec<Channel>,
	pub(crate) max_hrmp_num_per_candidate: u32,
	pub(crate) required_parent: Hex,
	pub(crate) validation_code_hash: ValidationCodeHash,
	#[serde(default)]
	pub(crate) upgrade_restricted: bool,
	#[serde(default)]
	pub(crate) future_validation_code: Option<Upgrade>,
}

impl From<&Constraints> for Base {
	fn from(base: &Constraints) -> Self {
		let channels = base.hrmp_channels_out.iter();
		Self {
			min_relay_parent_number: base.min_relay_parent_number,
			max_pov_size: base.max_pov_size,
			max_code_size: base.max_code_size,
			max_head_data_size: base.max_head_data_size,
			ump_remaining: base.ump_remaining,
			ump_remaining_bytes: base.ump_remaining_bytes,
			max_ump_num_per_candidate: base.max_ump_num_per_candidate,
			dmp_remaining_messages: base.dmp_remaining_messages.clone(),
			valid_watermarks: base.hrmp_inbound.valid_watermarks.clone(),
			hrmp_channels_out: channels
				.map(|(recipient, limits)| Channel {
					recipient: *recipient,
					bytes_remaining: limits.bytes_remaining,
					messages_remaining: limits.messages_remaining,
				})
				.collect(),
			max_hrmp_num_per_candidate: base.max_hrmp_num_per_candidate,
			required_parent: Hex(base.required_parent.0.clone()),
			validation_code_hash: base.validation_code_hash,
			upgrade_restricted: base.upgrade_restriction.is_some(),
			future_validation_code: base
				.future_validation_code
				.map(|(at, code_hash)| Upgrade { at, code_hash }),
		}
	}
}

impl From<Base> for Constraints {
	fn from(base: Base) -> Self {
		let channels = base.hrmp_channels_out.into_iter();
		Self {
			min_relay_parent_number: base.min_relay_parent_number,
			max_pov_size: base.max_pov_size,
			max_code_size: base.max_code_size,
			max_head_data_size: base.max_head_data_size,
			ump_remaining: base.ump_remaining,
			ump_remaining_bytes: base.ump_remaining_bytes,
			max_ump_num_per_candidate: base.max_ump_num_per_candidate,
			dmp_remaining_messages: base.dmp_remaining_messages,
			hrmp_inbound: InboundHrmpLimitations {
				valid_watermarks: base.valid_watermarks,
			},
			hrmp_channels_out: channels
				.map(|channel| {
					let limits = OutboundHrmpChannelLimitations {
						bytes_remaining: channel.bytes_remaining,
						messages_remaining: channel.messages_remaining,
					};
					(channel.recipient, limits)
				})
				.collect(),
			max_hrmp_num_per_candidate: base.max_hrmp_num_per_candidate,
			required_parent: HeadData(base.required_parent.0),
			validation_code_hash: base.validation_code_hash,
			upgrade_restriction: base.upgrade_restricted.then_some(UpgradeRestriction::Present),
			future_validation_code: base
				.future_validation_code
				.map(|upgrade| (upgrade.at, upgrade.code_hash)),
		}
	}
}

/// Largest message on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageSize {
	/// Who receives.
	pub(crate) recipient: ParaId,
	/// Bytes.
	pub(crate) max: u32,
}

/// Horizontal messages that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
	/// Relay block in which the last of them came.
	pub(crate) block: BlockNumber,
	/// How many came since the entry before.
	pub(crate) messages: u32,
}

/// [`ConstraintsExtension`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // as in the type that it stands for
pub(crate) struct Extension {
	pub(crate) max_ump_message_size: u32,
	#[serde(default)]
	pub(crate) hrmp_max_message_size: Vec<MessageSize>,
	#[serde(default)]
	pub(crate) offboarding: bool,
	pub(crate) hrmp_max_messages_consumed: u32,
	#[serde(default)]
	pub(crate) hrmp_waiting: Vec<Waiting>,
}

impl From<Extension> for ConstraintsExtension {
	fn from(extension: Extension) -> Self {
		Self {
			max_ump_message_size: extension.max_ump_message_size,
			hrmp_max_message_size: extension
				.hrmp_max_message_size
				.into_iter()
				.map(|size| (size.recipient, size.max))
				.collect(),
			offboarding: extension.offboarding,
			hrmp_max_messages_consumed: extension.hrmp_max_messages_consumed,
			hrmp_waiting: extension
				.hrmp_waiting
				.into_iter()
				.map(|waiting| (waiting.block, waiting.messages))
				.collect(),
		}
	}
}

impl From<&ConstraintsExtension> for Extension {
	fn from(extension: &ConstraintsExtension) -> Self {
		Self {
			max_ump_message_size: extension.max_ump_message_size,
			hrmp_max_message_size: extension
				.hrmp_max_message_size
				.iter()
				.map(|(recipient, max)| MessageSize {
					recipient: *recipient,
					max: *max,
				})
				.collect(),
			offboarding: extension.offboarding,
			hrmp_max_messages_consumed: extension.hrmp_max_messages_consumed,
			hrmp_waiting: extension
				.hrmp_waiting
				.iter()
				.map(|(block, messages)| Waiting {
					block: *block,
					messages: *messages,
				})
				.collect(),
		}
	}
}

/// Base constraints with their extension, if their lists are in order.
pub(crate) fn extended(base: Base, extension: Option<Extension>) -> Result<ExtendedConstraints, Malformed> {
	let constraints = Constraints::from(base);
	let extension = extension.map(ConstraintsExtension::from);
	let is_in_order = |extension: &ConstraintsExtension| {
		extension
			.hrmp_waiting
			.windows(2)
			.all(|pair| pair[0].0 < pair[1].0)
			&& extension
				.hrmp_max_message_size
				.windows(2)
				.all(|pair| pair[0].0 < pair[1].0)
	};
	if !constraints.is_canonical() || !extension.as_ref().is_none_or(is_in_order) {
		return Err(Malformed::NotCanonical);
	}
	Ok(ExtendedConstraints {
		constraints,
		extension,
	})
}

/// A horizontal message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Horizontal {
	/// Who receives.
	pub(crate) recipient: ParaId,
	/// The message.
	pub(crate) data: Hex,
}

/// [`CandidateCommitments`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // as in the type that it stands for
pub(crate) struct Outputs {
	#[serde(default)]
	pub(crate) upward_messages: Vec<Hex>,
	#[serde(default)]
	pub(crate) horizontal_messages: Vec<Horizontal>,
	#[serde(default)]
	pub(crate) new_validation_code: Option<Hex>,
	pub(crate) head_data: Hex,
	#[serde(default)]
	pub(crate) processed_downward_messages: u32,
	pub(crate) hrmp_watermark: BlockNumber,
}

impl From<&CandidateCommitments> for Outputs {
	fn from(outputs: &CandidateCommitments) -> Self {
		let horizontal = outputs.horizontal_messages.iter();
		Self {
			upward_messages: outputs.upward_messages.iter().cloned().map(Hex).collect(),
			horizontal_messages: horizontal
				.map(|message| Horizontal {
					recipient: message.recipient,
					data: Hex(message.data.clone()),
				})
				.collect(),
			new_validation_code: outputs
				.new_validation_code
				.as_ref()
				.map(|code| Hex(code.0.clone())),
			head_data: Hex(outputs.head_data.0.clone()),
			processed_downward_messages: outputs.processed_downward_messages,
			hrmp_watermark: outputs.hrmp_watermark,
		}
	}
}

impl From<Outputs> for CandidateCommitments {
	fn from(outputs: Outputs) -> Self {
		let horizontal = outputs.horizontal_messages.into_iter();
		Self {
			upward_messages: outputs
				.upward_messages
				.into_iter()
				.map(|message| message.0)
				.collect(),
			horizontal_messages: horizontal
				.map(|message| OutboundHrmpMessage {
					recipient: message.recipient,
					data: message.data.0,
				})
				.collect(),
			new_validation_code: outputs.new_validation_code.map(|code| ValidationCode(code.0)),
			head_data: HeadData(outputs.head_data.0),
			processed_downward_messages: outputs.processed_downward_messages,
			hrmp_watermark: outputs.hrmp_watermark,
		}
	}
}

/// [`PersistedValidationData`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // as in the type that it stands for
pub(crate) struct ValidationData {
	pub(crate) parent_head: Hex,
	pub(crate) relay_parent_number: BlockNumber,
	pub(crate) relay_parent_storage_root: Hash,
	pub(crate) max_pov_size: u32,
}

impl From<ValidationData> for PersistedValidationData {
	fn from(data: ValidationData) -> Self {
		Self {
			parent_head: HeadData(data.parent_head.0),
			relay_parent_number: data.relay_parent_number,
			relay_parent_storage_root: data.relay_parent_storage_root,
			max_pov_size: data.max_pov_size,
		}
	}
}

impl From<&PersistedValidationData> for ValidationData {
	fn from(data: &PersistedValidationData) -> Self {
		Self {
			parent_head: Hex(data.parent_head.0.clone()),
			relay_parent_number: data.relay_parent_number,
			relay_parent_storage_root: data.relay_parent_storage_root,
			max_pov_size: data.max_pov_size,
		}
	}
}

/// Where a watermark is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Watermark {
	/// To the candidate's own relay parent.
	Head(BlockNumber),
	/// To an older block.
	Trunk(BlockNumber),
}

/// What is sent on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
	/// Who receives.
	pub(crate) recipient: ParaId,
	/// Bytes.
	pub(crate) bytes: u32,
	/// Messages.
	pub(crate) messages: u32,
}

/// [`ConstraintModifications`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // as in the type that it stands for
pub(crate) struct Modifications {
	#[serde(default)]
	pub(crate) required_parent: Option<Hex>,
	#[serde(default)]
	pub(crate) hrmp_watermark: Option<Watermark>,
	#[serde(default)]
	pub(crate) outbound_hrmp: Vec<Sent>,
	#[serde(default)]
	pub(crate) ump_messages_sent: u32,
	#[serde(default)]
	pub(crate) ump_bytes_sent: u32,
	#[serde(default)]
	pub(crate) dmp_messages_processed: u32,
	#[serde(default)]
	pub(crate) code_upgrade_applied: bool,
	#[serde(default)]
	pub(crate) code_upgrade_announced: bool,
}

impl From<&ConstraintModifications<'_>> for Modifications {
	fn from(changes: &ConstraintModifications<'_>) -> Self {
		Self {
			required_parent: changes.required_parent.as_ref().map(|head| Hex(head.0.clone())),
			hrmp_watermark: changes.hrmp_watermark.map(|update| match update {
				HrmpWatermarkUpdate::Head(number) => Watermark::Head(number),
				HrmpWatermarkUpdate::Trunk(number) => Watermark::Trunk(number),
			}),
			outbound_hrmp: changes
				.outbound_hrmp
				.iter()
				.map(|(recipient, sent)| Sent {
					recipient: *recipient,
					bytes: sent.bytes_submitted,
					messages: sent.messages_submitted,
				})
				.collect(),
			ump_messages_sent: changes.ump_messages_sent,
			ump_bytes_sent: changes.ump_bytes_sent,
			dmp_messages_processed: changes.dmp_messages_processed,
			code_upgrade_applied: changes.code_upgrade_applied,
			code_upgrade_announced: changes.code_upgrade_announced,
		}
	}
}

impl TryFrom<Modifications> for ConstraintModifications<'static> {
	type Error = Malformed;

	fn try_from(changes: Modifications) -> Result<Self, Malformed> {
		let ascends = changes
			.outbound_hrmp
			.windows(2)
			.all(|pair| pair[0].recipient < pair[1].recipient);
		if !ascends {
			return Err(Malformed::NotCanonical);
		}
		Ok(Self {
			required_parent: changes.required_parent.map(|head| Cow::Owned(HeadData(head.0))),
			hrmp_watermark: changes.hrmp_watermark.map(|update| match update {
				Watermark::Head(number) => HrmpWatermarkUpdate::Head(number),
				Watermark::Trunk(number) => HrmpWatermarkUpdate::Trunk(number),
			}),
			outbound_hrmp: changes
				.outbound_hrmp
				.into_iter()
				.map(|sent| {
					let sums = OutboundHrmpChannelModification {
						bytes_submitted: sent.bytes,
						messages_submitted: sent.messages,
					};
					(sent.recipient, sums)
				})
				.collect(),
			ump_messages_sent: changes.ump_messages_sent,
			ump_bytes_sent: changes.ump_bytes_sent,
			dmp_messages_processed: changes.dmp_messages_processed,
			code_upgrade_applied: changes.code_upgrade_applied,
			code_upgrade_announced: changes.code_upgrade_announced,
		})
	}
}

/// A hash as text.
pub(crate) fn hash(hash: impl AsRef<[u8]>) -> String {
	hex(hash)
}
