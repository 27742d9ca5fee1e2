//! What candidates change about constraints, and how those changes stack.

use crate::{BlockNumber, HeadData, ParaId};
use alloc::{borrow::Cow, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Where a candidate puts the inbound watermark (R-MOD-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HrmpWatermarkUpdate {
	/// To its own relay parent, which is always legal.
	Head(BlockNumber),
	/// To an older block, which must be among the valid watermarks.
	Trunk(BlockNumber),
}

impl HrmpWatermarkUpdate {
	/// The update by which a block on this relay parent moves the watermark there, in the books of a parachain (R-SEG-4): to
	/// the relay parent, or from beyond it to it; else below it.
	pub const fn clamped(watermark: BlockNumber, relay_parent: BlockNumber) -> Self {
		if watermark >= relay_parent {
			Self::Head(relay_parent)
		} else {
			Self::Trunk(watermark)
		}
	}

	/// The new watermark.
	#[inline]
	pub const fn watermark(&self) -> BlockNumber {
		match self {
			Self::Head(number) | Self::Trunk(number) => *number,
		}
	}
}

/// What is sent on one channel (R-MOD-3).
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct OutboundHrmpChannelModification {
	/// Bytes sent.
	pub bytes_submitted: u32,
	/// Messages sent.
	pub messages_submitted: u32,
}

impl OutboundHrmpChannelModification {
	/// What was sent in both. Saturates.
	#[inline]
	fn plus(self, next: Self) -> Self {
		Self {
			bytes_submitted: self.bytes_submitted.saturating_add(next.bytes_submitted),
			messages_submitted: self.messages_submitted.saturating_add(next.messages_submitted),
		}
	}
}

/// What one candidate, or a path of them, changes about the constraints (PROTOCOL.md, section 3.2).
///
/// The head data is borrowed from the candidate until [`into_owned`](Self::into_owned). The default is the identity:
/// applying it changes nothing (R-MOD-7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConstraintModifications<'a> {
	/// Head data on which the next candidate builds (R-MOD-1).
	pub required_parent: Option<Cow<'a, HeadData>>,
	/// The new inbound watermark (R-MOD-2).
	pub hrmp_watermark: Option<HrmpWatermarkUpdate>,
	/// What is sent on each channel, strictly ascending by recipient (R-MOD-3).
	pub outbound_hrmp: Vec<(ParaId, OutboundHrmpChannelModification)>,
	/// Upward messages sent, without signals (R-MOD-4).
	pub ump_messages_sent: u32,
	/// Bytes of upward messages sent, without signals (R-MOD-4).
	pub ump_bytes_sent: u32,
	/// Downward messages consumed (R-MOD-5).
	pub dmp_messages_processed: u32,
	/// Whether the scheduled code upgrade is applied (R-MOD-6).
	pub code_upgrade_applied: bool,
	/// Whether a code upgrade is announced (R-MOD-6).
	pub code_upgrade_announced: bool,
}

/// The part of [`ConstraintModifications`] that is plain numbers: all but head data and channels.
///
/// Judging passes it around by value, and makes the whole of it once the verdict stands.
#[derive(Clone, Copy)]
pub(crate) struct Consumption {
	pub(crate) hrmp_watermark: Option<HrmpWatermarkUpdate>,
	pub(crate) ump_messages_sent: u32,
	pub(crate) ump_bytes_sent: u32,
	pub(crate) dmp_messages_processed: u32,
	pub(crate) code_upgrade_applied: bool,
	pub(crate) code_upgrade_announced: bool,
}

impl Consumption {
	/// Both, this one first (R-MOD-8).
	#[inline]
	fn stacked(self, next: Self) -> Self {
		Self {
			hrmp_watermark: match (self.hrmp_watermark, next.hrmp_watermark) {
				(Some(old), Some(new)) if old.watermark() == new.watermark() => Some(old),
				(old, new) => new.or(old),
			},
			ump_messages_sent: self.ump_messages_sent.saturating_add(next.ump_messages_sent),
			ump_bytes_sent: self.ump_bytes_sent.saturating_add(next.ump_bytes_sent),
			dmp_messages_processed: self
				.dmp_messages_processed
				.saturating_add(next.dmp_messages_processed),
			code_upgrade_applied: self.code_upgrade_applied | next.code_upgrade_applied,
			code_upgrade_announced: self.code_upgrade_announced | next.code_upgrade_announced,
		}
	}
}

impl<'a> ConstraintModifications<'a> {
	/// Puts the parts together.
	#[inline]
	pub(crate) fn from_parts(
		required_parent: Option<Cow<'a, HeadData>>,
		consumption: Consumption,
		outbound_hrmp: Vec<(ParaId, OutboundHrmpChannelModification)>,
	) -> Self {
		let Consumption {
			hrmp_watermark,
			ump_messages_sent,
			ump_bytes_sent,
			dmp_messages_processed,
			code_upgrade_applied,
			code_upgrade_announced,
		} = consumption;
		Self {
			required_parent,
			hrmp_watermark,
			outbound_hrmp,
			ump_messages_sent,
			ump_bytes_sent,
			dmp_messages_processed,
			code_upgrade_applied,
			code_upgrade_announced,
		}
	}
}

impl ConstraintModifications<'_> {
	/// All but head data and channels.
	#[inline]
	pub(crate) fn consumption(&self) -> Consumption {
		Consumption {
			hrmp_watermark: self.hrmp_watermark,
			ump_messages_sent: self.ump_messages_sent,
			ump_bytes_sent: self.ump_bytes_sent,
			dmp_messages_processed: self.dmp_messages_processed,
			code_upgrade_applied: self.code_upgrade_applied,
			code_upgrade_announced: self.code_upgrade_announced,
		}
	}

	/// What is sent on the channel to `recipient`. Logarithmic in the number of channels used.
	#[inline]
	pub fn sent_to(&self, recipient: ParaId) -> OutboundHrmpChannelModification {
		self.outbound_hrmp
			.binary_search_by_key(&recipient, |(recipient, _)| *recipient)
			.map_or_else(|_| Default::default(), |found| self.outbound_hrmp[found].1)
	}

	/// The same, owning its head data.
	pub fn into_owned(self) -> ConstraintModifications<'static> {
		let Self {
			required_parent,
			hrmp_watermark,
			outbound_hrmp,
			ump_messages_sent,
			ump_bytes_sent,
			dmp_messages_processed,
			code_upgrade_applied,
			code_upgrade_announced,
		} = self;
		ConstraintModifications {
			required_parent: required_parent.map(|head| Cow::Owned(head.into_owned())),
			hrmp_watermark,
			outbound_hrmp,
			ump_messages_sent,
			ump_bytes_sent,
			dmp_messages_processed,
			code_upgrade_applied,
			code_upgrade_announced,
		}
	}
}

impl<'a> ConstraintModifications<'a> {
	/// Puts the modifications of the next candidate on top (R-MOD-8). Validates nothing; sums saturate.
	///
	/// Cost: linear in the number of channels used, with one allocation if both use some.
	pub fn stack(&mut self, next: &ConstraintModifications<'a>) {
		if next.required_parent.is_some() {
			self.required_parent.clone_from(&next.required_parent);
		}
		self.stack_resources(next);
	}

	/// As [`stack`](Self::stack), but leaves the required parent as it is: for those who keep head data elsewhere.
	pub fn stack_resources(&mut self, next: &ConstraintModifications<'_>) {
		let outbound_hrmp = if next.outbound_hrmp.is_empty() {
			core::mem::take(&mut self.outbound_hrmp)
		} else {
			stacked_outbound(&self.outbound_hrmp, next.outbound_hrmp.iter().copied())
		};
		let consumption = self.consumption().stacked(next.consumption());
		*self = Self::from_parts(self.required_parent.take(), consumption, outbound_hrmp);
	}
}

impl ConstraintModifications<'_> {
	/// These with a candidate on top, whose parts come apart. One allocation.
	#[inline(always)] // the result is large, and moving it costs as much as a rule
	pub(crate) fn stacked_apart<'n>(
		&self,
		head_data: &'n HeadData,
		next: Consumption,
		outbound: impl ExactSizeIterator<Item = (ParaId, OutboundHrmpChannelModification)> + Clone,
	) -> ConstraintModifications<'n> {
		ConstraintModifications::from_parts(
			Some(Cow::Borrowed(head_data)),
			self.consumption().stacked(next),
			stacked_outbound(&self.outbound_hrmp, outbound),
		)
	}
}

/// Merges two ascending lists, adding up what was sent on a channel of both. One allocation.
#[inline(always)]
pub(crate) fn stacked_outbound(
	lower: &[(ParaId, OutboundHrmpChannelModification)],
	upper: impl ExactSizeIterator<Item = (ParaId, OutboundHrmpChannelModification)> + Clone,
) -> Vec<(ParaId, OutboundHrmpChannelModification)> {
	let same_channels = lower.len() == upper.len()
		&& lower
			.iter()
			.zip(upper.clone())
			.all(|((below, _), (above, _))| *below == above);
	if same_channels {
		// Paras that send to one another keep doing so: nothing to merge, and no length to check at each step.
		let sums = lower.iter().zip(upper);
		return sums
			.map(|((recipient, already), (_, sent))| (*recipient, already.plus(sent)))
			.collect();
	}
	merged_outbound(lower, upper)
}

/// The general case of [`stacked_outbound`].
#[inline(never)]
fn merged_outbound(
	mut lower: &[(ParaId, OutboundHrmpChannelModification)],
	upper: impl ExactSizeIterator<Item = (ParaId, OutboundHrmpChannelModification)>,
) -> Vec<(ParaId, OutboundHrmpChannelModification)> {
	let mut merged = Vec::with_capacity(lower.len() + upper.len());
	for (recipient, sent) in upper {
		while let [below, above @ ..] = lower {
			if below.0 >= recipient {
				break;
			}
			merged.push(*below);
			lower = above;
		}
		merged.push((recipient, take_first(&mut lower, recipient).plus(sent)));
	}
	merged.extend_from_slice(lower);
	merged
}

/// Takes the first entry off an ascending list if it is that of `recipient`; the default is nothing sent.
#[inline]
fn take_first(
	list: &mut &[(ParaId, OutboundHrmpChannelModification)],
	recipient: ParaId,
) -> OutboundHrmpChannelModification {
	match list {
		[(first, sent), rest @ ..] if *first == recipient => {
			*list = rest;
			*sent
		}
		_ => OutboundHrmpChannelModification::default(),
	}
}

/// Takes what an ascending list has for `recipient`, and drops what is before it. Logarithmic, and at once where the
/// list begins with that recipient: paras that send to one another keep doing so.
#[inline]
pub(super) fn take_ascending(
	list: &mut &[(ParaId, OutboundHrmpChannelModification)],
	recipient: ParaId,
) -> OutboundHrmpChannelModification {
	if list.first().is_some_and(|(first, _)| *first < recipient) {
		let lower = list.partition_point(|(at, _)| *at < recipient);
		*list = list.get(lower..).unwrap_or_default();
	}
	take_first(list, recipient)
}
