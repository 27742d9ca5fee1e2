//! What blocks send, and how much they may.

use super::SegmentError;
use crate::{
	constraints::stacked_outbound, upward_messages_before_separator, OutboundHrmpChannelLimitations,
	OutboundHrmpChannelModification, OutboundHrmpMessage, ParaId, UpwardMessage,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// What a block sends, or several in sum (R-SEG-1). Names and counting are those of the relay chain's side
/// ([`ConstraintModifications`](crate::ConstraintModifications)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct UsedBandwidth {
	/// Upward messages, without signals (R-MOD-4).
	pub ump_messages_sent: u32,
	/// Their bytes.
	pub ump_bytes_sent: u32,
	/// What is sent on each channel, strictly ascending by recipient (R-MOD-3).
	pub outbound_hrmp: Vec<(ParaId, OutboundHrmpChannelModification)>,
}

impl UsedBandwidth {
	/// What these messages take. Linear in their number.
	///
	/// # Errors
	/// [`SegmentError::RecipientsNotAscending`] for the first horizontal message out of order.
	pub fn of(
		upward_messages: &[UpwardMessage],
		horizontal_messages: &[OutboundHrmpMessage],
	) -> Result<Self, SegmentError> {
		let upward = upward_messages_before_separator(upward_messages);
		let outbound_hrmp: Vec<_> = horizontal_messages
			.iter()
			.map(|message| {
				let sent = OutboundHrmpChannelModification {
					bytes_submitted: saturated(message.data.len()),
					messages_submitted: 1,
				};
				(message.recipient, sent)
			})
			.collect();
		check_ascending(&outbound_hrmp)?;
		Ok(Self {
			ump_messages_sent: saturated(upward.len()),
			ump_bytes_sent: upward.iter().fold(0, |sum: u32, message| {
				sum.saturating_add(saturated(message.len()))
			}),
			outbound_hrmp,
		})
	}

	/// What is sent to `recipient`.
	pub fn sent_to(&self, recipient: ParaId) -> OutboundHrmpChannelModification {
		self.outbound_hrmp
			.binary_search_by_key(&recipient, |(recipient, _)| *recipient)
			.map_or_else(
				|_| Default::default(),
				|found| {
					self.outbound_hrmp
						.get(found)
						.map_or_else(Default::default, |(_, sent)| *sent)
				},
			)
	}

	/// This and what a block sends, if both together fit (R-SEG-3). A sum that cannot be counted is over every limit.
	///
	/// What is used already is held against the limits even when the block sends nothing: a segment that no longer fits
	/// has blocks which the relay chain will refuse, and what is built on these is lost.
	pub(super) fn plus_within(&self, block: &Self, limits: &BandwidthLimits) -> Result<Self, SegmentError> {
		use SegmentError::*;
		check_ascending(&block.outbound_hrmp)?;
		let ump_messages_sent = within(
			self.ump_messages_sent,
			block.ump_messages_sent,
			limits.ump_remaining,
			|limit, total| UmpMessagesOverflow { limit, total },
		)?;
		let ump_bytes_sent = within(
			self.ump_bytes_sent,
			block.ump_bytes_sent,
			limits.ump_remaining_bytes,
			|limit, total| UmpBytesOverflow { limit, total },
		)?;
		for &(recipient, sent) in &block.outbound_hrmp {
			let channel = limits
				.outbound_channel(recipient)
				.ok_or(NoSuchHrmpChannel(recipient))?;
			let used = self.sent_to(recipient);
			within(
				used.messages_submitted,
				sent.messages_submitted,
				channel.messages_remaining,
				|limit, total| HrmpMessagesOverflow {
					recipient,
					limit,
					total,
				},
			)?;
			within(
				used.bytes_submitted,
				sent.bytes_submitted,
				channel.bytes_remaining,
				|limit, total| HrmpBytesOverflow {
					recipient,
					limit,
					total,
				},
			)?;
		}
		Ok(Self {
			ump_messages_sent,
			ump_bytes_sent,
			outbound_hrmp: stacked_outbound(&self.outbound_hrmp, block.outbound_hrmp.iter().copied()),
		})
	}

	/// This and what a block sends, whatever the limits. `None` where that cannot be counted or recipients do not ascend.
	pub(super) fn plus(&self, block: &Self) -> Option<Self> {
		check_ascending(&block.outbound_hrmp).ok()?;
		let countable = block.outbound_hrmp.iter().all(|&(recipient, sent)| {
			let used = self.sent_to(recipient);
			used.messages_submitted
				.checked_add(sent.messages_submitted)
				.is_some() && used.bytes_submitted.checked_add(sent.bytes_submitted).is_some()
		});
		if !countable {
			return None;
		}
		Some(Self {
			ump_messages_sent: self.ump_messages_sent.checked_add(block.ump_messages_sent)?,
			ump_bytes_sent: self.ump_bytes_sent.checked_add(block.ump_bytes_sent)?,
			outbound_hrmp: stacked_outbound(&self.outbound_hrmp, block.outbound_hrmp.iter().copied()),
		})
	}

	/// Takes away what a block sent that is part of this sum. Channels that nothing is left of go.
	pub(super) fn subtract(&mut self, block: &Self) {
		self.ump_messages_sent = self.ump_messages_sent.saturating_sub(block.ump_messages_sent);
		self.ump_bytes_sent = self.ump_bytes_sent.saturating_sub(block.ump_bytes_sent);
		if block.outbound_hrmp.is_empty() {
			return;
		}
		self.outbound_hrmp.retain_mut(|(recipient, used)| {
			let sent = block.sent_to(*recipient);
			used.bytes_submitted = used.bytes_submitted.saturating_sub(sent.bytes_submitted);
			used.messages_submitted = used.messages_submitted.saturating_sub(sent.messages_submitted);
			*used != OutboundHrmpChannelModification::default()
		});
	}
}

/// The first recipient that does not ascend (R-MOD-3).
fn check_ascending(outbound: &[(ParaId, OutboundHrmpChannelModification)]) -> Result<(), SegmentError> {
	match outbound.windows(2).position(|pair| pair[0].0 >= pair[1].0) {
		Some(index) => Err(SegmentError::RecipientsNotAscending(index.saturating_add(1))),
		None => Ok(()),
	}
}

/// The sum, if it is within the limit. Equality is legal.
fn within(
	used: u32,
	sent: u32,
	limit: u32,
	error: impl FnOnce(u32, u32) -> SegmentError,
) -> Result<u32, SegmentError> {
	match used.checked_add(sent) {
		Some(total) if total <= limit => Ok(total),
		total => Err(error(limit, total.unwrap_or(u32::MAX))),
	}
}

fn saturated(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}

/// What the relay chain has room for at a relay parent (R-SEG-3), unincluded blocks not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct BandwidthLimits {
	/// Upward messages that may still be queued.
	pub ump_remaining: u32,
	/// Bytes of upward messages that may still be queued.
	pub ump_remaining_bytes: u32,
	/// What remains of each outbound channel, ascending by recipient.
	pub hrmp_channels_out: Vec<(ParaId, OutboundHrmpChannelLimitations)>,
}

impl BandwidthLimits {
	/// What remains of the channel to `recipient`; `None` without one.
	pub fn outbound_channel(&self, recipient: ParaId) -> Option<OutboundHrmpChannelLimitations> {
		let found = self
			.hrmp_channels_out
			.binary_search_by_key(&recipient, |(recipient, _)| *recipient)
			.ok()?;
		self.hrmp_channels_out.get(found).map(|(_, limits)| *limits)
	}

	/// What is left for the next block, when unincluded ones used so much.
	pub fn less(&self, used: &UsedBandwidth) -> Self {
		Self {
			ump_remaining: self.ump_remaining.saturating_sub(used.ump_messages_sent),
			ump_remaining_bytes: self.ump_remaining_bytes.saturating_sub(used.ump_bytes_sent),
			hrmp_channels_out: self
				.hrmp_channels_out
				.iter()
				.map(|&(recipient, limits)| (recipient, limits.less(used.sent_to(recipient))))
				.collect(),
		}
	}
}
