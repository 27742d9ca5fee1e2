//! What a parachain reads of the relay chain's state: the well-known keys (PROTOCOL.md, section 16).

use super::BandwidthLimits;
use crate::{
	hash_bytes, keys, upward_messages_before_separator, BlockNumber, Hash, HeadData, HeadHash,
	HostConfiguration, OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId, Slot, UpgradeGoAhead,
	UpgradeRestriction, UpwardMessage, MAX_HRMP_CHANNELS,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use thiserror::Error;

/// The evidence says nothing of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the proof does not cover the key")]
pub struct Unproven;

/// Where relay state is read from: a storage proof as a rule.
pub trait RelayStateReader {
	/// The value at a key; `None` if it is certain that there is none.
	///
	/// # Errors
	/// [`Unproven`] if neither is certain.
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven>;
}

/// Why relay state cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RelayStateError {
	/// The evidence is none for this state.
	#[error("the proof is not of the relay parent's state {0:?}")]
	WrongRoot(Hash),
	/// The evidence does not cover something that is needed.
	#[error("the relay state's {0} is not proven")]
	Unproven(&'static str),
	/// A value does not decode.
	#[error("the relay state's {0} does not decode")]
	Undecodable(&'static str),
	/// Something is not there that always is.
	#[error("the relay state has no {0}")]
	Missing(&'static str),
	/// A channel is in the index, but not there.
	#[error("the relay state has no channel to para {0}")]
	MissingChannel(ParaId),
	/// The index of channels does not ascend, or has too many.
	#[error("the relay state's index of channels is not one (R-KEY-6)")]
	BadChannelIndex,
}

/// Why a block sends what no candidate may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutputError {
	/// Too many upward messages.
	#[error("{got} upward messages, but at most {max} of one candidate (R-UMP-1)")]
	TooManyUpward {
		/// Messages, signals left out.
		got: usize,
		/// Most that there may be.
		max: u32,
	},
	/// An upward message is too large.
	#[error("an upward message of {got} bytes, but at most {max} (R-UMP-1)")]
	UpwardTooLarge {
		/// Its bytes.
		got: usize,
		/// Most that there may be.
		max: u32,
	},
	/// Too many horizontal messages.
	#[error("{got} horizontal messages, but at most {max} of one candidate (R-HRMP-5)")]
	TooManyHorizontal {
		/// Messages.
		got: usize,
		/// Most that there may be.
		max: u32,
	},
	/// A horizontal message is too large for its channel.
	#[error("a message of {got} bytes to para {recipient}, but at most {max} (R-HRMP-5)")]
	HorizontalTooLarge {
		/// Its receiver.
		recipient: ParaId,
		/// Its bytes.
		got: usize,
		/// Most that there may be.
		max: u32,
	},
}

/// The part of the relay chain's configuration that parachains know (R-KEY-1).
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AbridgedHostConfiguration {
	/// Largest validation code, in bytes.
	pub max_code_size: u32,
	/// Largest head data, in bytes.
	pub max_head_data_size: u32,
	/// Most upward messages that may wait in a para's queue.
	pub max_upward_queue_count: u32,
	/// Most bytes of upward messages that may wait in a para's queue.
	pub max_upward_queue_size: u32,
	/// Largest single upward message, in bytes.
	pub max_upward_message_size: u32,
	/// Most upward messages of one candidate.
	pub max_upward_message_num_per_candidate: u32,
	/// Most horizontal messages of one candidate.
	pub hrmp_max_message_num_per_candidate: u32,
	/// Blocks between two announcements of a code upgrade.
	pub validation_upgrade_cooldown: BlockNumber,
	/// Blocks between the inclusion of an announcement and its application.
	pub validation_upgrade_delay: BlockNumber,
}

impl From<&HostConfiguration> for AbridgedHostConfiguration {
	fn from(config: &HostConfiguration) -> Self {
		Self {
			max_code_size: config.max_code_size,
			max_head_data_size: config.max_head_data_size,
			max_upward_queue_count: config.max_upward_queue_count,
			max_upward_queue_size: config.max_upward_queue_size,
			max_upward_message_size: config.max_upward_message_size,
			max_upward_message_num_per_candidate: config.max_upward_message_num_per_candidate,
			hrmp_max_message_num_per_candidate: config.hrmp_max_message_num_per_candidate,
			validation_upgrade_cooldown: config.validation_upgrade_cooldown,
			validation_upgrade_delay: config.validation_upgrade_delay,
		}
	}
}

/// The part of a channel that parachains know (R-KEY-5).
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AbridgedHrmpChannel {
	/// Most messages that may wait.
	pub max_capacity: u32,
	/// Most bytes that may wait.
	pub max_total_size: u32,
	/// Largest single message, in bytes.
	pub max_message_size: u32,
	/// Messages that wait.
	pub msg_count: u32,
	/// Their bytes.
	pub total_size: u32,
	/// Head of the chain of messages; `None` before the first.
	pub mqc_head: Option<Hash>,
}

impl AbridgedHrmpChannel {
	/// What remains of the channel.
	pub const fn remaining(&self) -> OutboundHrmpChannelLimitations {
		OutboundHrmpChannelLimitations {
			bytes_remaining: self.max_total_size.saturating_sub(self.total_size),
			messages_remaining: self.max_capacity.saturating_sub(self.msg_count),
		}
	}
}

/// The state of a relay parent, as far as the segment's rules ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayState {
	/// The relay chain's limits (R-KEY-1).
	pub host: AbridgedHostConfiguration,
	/// Hash of the para's included head (R-KEY-2); `None` if the evidence does not have it.
	pub included_head: Option<HeadHash>,
	/// Slot of the relay parent (R-KEY-9); `None` if the evidence does not have it.
	pub slot: Option<Slot>,
	/// The answer to an announced upgrade (R-KEY-3).
	pub go_ahead: Option<UpgradeGoAhead>,
	/// Whether an upgrade may not be announced (R-KEY-3).
	pub restriction: Option<UpgradeRestriction>,
	/// Upward messages that may still be queued (R-KEY-7).
	pub ump_remaining: u32,
	/// Bytes of upward messages that may still be queued (R-KEY-7).
	pub ump_remaining_bytes: u32,
	/// The para's outbound channels (R-KEY-5), ascending by recipient.
	pub channels_out: Vec<(ParaId, AbridgedHrmpChannel)>,
}

impl RelayState {
	/// The keys that a proof of a para's relay state covers, without those of [channels](Self::channel_key): which there
	/// are is the value of the last.
	pub fn keys(para: ParaId) -> Vec<Vec<u8>> {
		alloc::vec![
			keys::ACTIVE_CONFIG.to_vec(),
			keys::CURRENT_SLOT.to_vec(),
			keys::map_key(&keys::PARAS_HEADS, &para),
			keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &para),
			keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &para),
			keys::relay_dispatch_queue_remaining_capacity(para),
			keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &para),
			keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &para),
		]
	}

	/// The key of a channel.
	pub fn channel_key(sender: ParaId, recipient: ParaId) -> Vec<u8> {
		keys::map_key(&keys::HRMP_CHANNELS, &(sender, recipient))
	}

	/// Reads what concerns a para. Of values that later versions of the relay chain made longer, what is known is read.
	///
	/// Cost: a read for each key and for each outbound channel.
	///
	/// # Errors
	/// [`RelayStateError`]: something that must be proven is not, or it is no relay state. An included head or a slot that
	/// is not proven is no error: whether a block may do without is its hook's business (R-HOO-1).
	pub fn read(reader: &impl RelayStateReader, para: ParaId) -> Result<Self, RelayStateError> {
		use RelayStateError::*;
		let host: AbridgedHostConfiguration =
			value(reader, &keys::ACTIVE_CONFIG, "configuration")?.ok_or(Missing("configuration"))?;
		let head: Option<HeadData> =
			value(reader, &keys::map_key(&keys::PARAS_HEADS, &para), "included head").unwrap_or_default();
		let (ump_remaining, ump_remaining_bytes) = upward_capacity(reader, para, &host)?;
		Ok(Self {
			host,
			included_head: head.map(|head| HeadHash(hash_bytes(&head.0))),
			slot: value(reader, &keys::CURRENT_SLOT, "slot").unwrap_or_default(),
			go_ahead: value(
				reader,
				&keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &para),
				"go-ahead signal",
			)?,
			restriction: value(
				reader,
				&keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &para),
				"restriction signal",
			)?,
			ump_remaining,
			ump_remaining_bytes,
			channels_out: channels_out(reader, para)?,
		})
	}

	/// Checks what a block sends against what one candidate may send, whatever is under way: how many messages, and how
	/// large each (R-UMP-1, R-HRMP-5). The relay chain refuses a candidate that is over it.
	///
	/// # Errors
	/// [`OutputError`] for the first that is over a limit.
	pub fn check_outputs(
		&self,
		upward_messages: &[UpwardMessage],
		horizontal_messages: &[OutboundHrmpMessage],
	) -> Result<(), OutputError> {
		use OutputError::*;
		let upward = upward_messages_before_separator(upward_messages);
		let max = self.host.max_upward_message_num_per_candidate;
		check(upward.len(), max, |got, max| TooManyUpward { got, max })?;
		for message in upward {
			let max = self.host.max_upward_message_size;
			check(message.len(), max, |got, max| UpwardTooLarge { got, max })?;
		}
		let max = self.host.hrmp_max_message_num_per_candidate;
		check(horizontal_messages.len(), max, |got, max| TooManyHorizontal {
			got,
			max,
		})?;
		for OutboundHrmpMessage { recipient, data } in horizontal_messages {
			// A message without a channel is refused where the sum is (R-SEG-3).
			let Ok(found) = self
				.channels_out
				.binary_search_by_key(recipient, |(recipient, _)| *recipient)
			else {
				continue;
			};
			let max = self
				.channels_out
				.get(found)
				.map_or(0, |(_, channel)| channel.max_message_size);
			check(data.len(), max, |got, max| HorizontalTooLarge {
				recipient: *recipient,
				got,
				max,
			})?;
		}
		Ok(())
	}

	/// What the relay chain has room for, unincluded blocks not counted (R-SEG-3).
	pub fn limits(&self) -> BandwidthLimits {
		BandwidthLimits {
			ump_remaining: self.ump_remaining,
			ump_remaining_bytes: self.ump_remaining_bytes,
			hrmp_channels_out: self
				.channels_out
				.iter()
				.map(|(recipient, channel)| (*recipient, channel.remaining()))
				.collect(),
		}
	}
}

fn check(got: usize, max: u32, error: impl FnOnce(usize, u32) -> OutputError) -> Result<(), OutputError> {
	if got as u64 > u64::from(max) {
		return Err(error(got, max));
	}
	Ok(())
}

/// Reads and decodes a value, and ignores what follows it.
fn value<V: Decode>(
	reader: &impl RelayStateReader,
	key: &[u8],
	what: &'static str,
) -> Result<Option<V>, RelayStateError> {
	let found = reader
		.read(key)
		.map_err(|Unproven| RelayStateError::Unproven(what))?;
	found
		.map(|bytes| V::decode(&mut &bytes[..]))
		.transpose()
		.map_err(|_| RelayStateError::Undecodable(what))
}

/// The remaining capacity, or on relay chains that do not tell it (R-KEY-8) the limits without what waits.
fn upward_capacity(
	reader: &impl RelayStateReader,
	para: ParaId,
	host: &AbridgedHostConfiguration,
) -> Result<(u32, u32), RelayStateError> {
	let remaining = value(
		reader,
		&keys::relay_dispatch_queue_remaining_capacity(para),
		"upward capacity",
	)?;
	if let Some(remaining) = remaining {
		return Ok(remaining);
	}
	let (count, size): (u32, u32) = value(
		reader,
		&keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &para),
		"upward queue",
	)?
	.unwrap_or_default();
	Ok((
		host.max_upward_queue_count.saturating_sub(count),
		host.max_upward_queue_size.saturating_sub(size),
	))
}

fn channels_out(
	reader: &impl RelayStateReader,
	para: ParaId,
) -> Result<Vec<(ParaId, AbridgedHrmpChannel)>, RelayStateError> {
	let recipients: Vec<ParaId> = value(
		reader,
		&keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &para),
		"index of channels",
	)?
	.unwrap_or_default();
	if recipients.len() > MAX_HRMP_CHANNELS as usize || recipients.windows(2).any(|pair| pair[0] >= pair[1]) {
		return Err(RelayStateError::BadChannelIndex);
	}
	recipients
		.into_iter()
		.map(|recipient| {
			let channel = value(reader, &RelayState::channel_key(para, recipient), "channel")?
				.ok_or(RelayStateError::MissingChannel(recipient))?;
			Ok((recipient, channel))
		})
		.collect()
}
