//! What candidates change about constraints, and how those changes stack.

use crate::{BlockNumber, HeadData, ParaId};
use alloc::{borrow::Cow, vec::Vec};

/// Where a candidate puts the inbound watermark (R-MOD-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HrmpWatermarkUpdate {
	/// To its own relay parent, which is always legal.
	Head(BlockNumber),
	/// To an older block, which must be among the valid watermarks.
	Trunk(BlockNumber),
}

impl HrmpWatermarkUpdate {
	/// The new watermark.
	#[inline]
	pub const fn watermark(&self) -> BlockNumber {
		match self {
			Self::Head(number) | Self::Trunk(number) => *number,
		}
	}
}

/// What is sent on one channel (R-MOD-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboundHrmpChannelModification {
	/// Bytes sent.
	pub bytes_submitted: u32,
	/// Messages sent.
	pub messages_submitted: u32,
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

impl ConstraintModifications<'_> {
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
		if !next.outbound_hrmp.is_empty() {
			self.outbound_hrmp = stacked_outbound(&self.outbound_hrmp, next.outbound_hrmp.iter().copied());
		}
		self.stack_scalars(next);
	}

	/// Stacks everything but head data and channels.
	#[inline]
	fn stack_scalars(&mut self, next: &ConstraintModifications<'_>) {
		let unchanged = match (self.hrmp_watermark, next.hrmp_watermark) {
			(Some(old), Some(new)) => old.watermark() == new.watermark(),
			_ => false,
		};
		if next.hrmp_watermark.is_some() && !unchanged {
			self.hrmp_watermark = next.hrmp_watermark;
		}
		self.ump_messages_sent = self.ump_messages_sent.saturating_add(next.ump_messages_sent);
		self.ump_bytes_sent = self.ump_bytes_sent.saturating_add(next.ump_bytes_sent);
		self.dmp_messages_processed = self
			.dmp_messages_processed
			.saturating_add(next.dmp_messages_processed);
		self.code_upgrade_applied |= next.code_upgrade_applied;
		self.code_upgrade_announced |= next.code_upgrade_announced;
	}

	/// These with `next` on top, whose channels come apart and whose own list is ignored. One allocation.
	#[inline]
	pub(crate) fn stacked_apart<'n>(
		&self,
		next: ConstraintModifications<'n>,
		outbound: impl ExactSizeIterator<Item = (ParaId, OutboundHrmpChannelModification)>,
	) -> ConstraintModifications<'n> {
		let mut stacked = ConstraintModifications {
			required_parent: None,
			hrmp_watermark: self.hrmp_watermark,
			outbound_hrmp: stacked_outbound(&self.outbound_hrmp, outbound),
			ump_messages_sent: self.ump_messages_sent,
			ump_bytes_sent: self.ump_bytes_sent,
			dmp_messages_processed: self.dmp_messages_processed,
			code_upgrade_applied: self.code_upgrade_applied,
			code_upgrade_announced: self.code_upgrade_announced,
		};
		stacked.stack_scalars(&next);
		stacked.required_parent = next.required_parent;
		stacked
	}
}

/// Merges two ascending lists, adding up what was sent on a channel of both. One allocation.
fn stacked_outbound(
	lower: &[(ParaId, OutboundHrmpChannelModification)],
	upper: impl ExactSizeIterator<Item = (ParaId, OutboundHrmpChannelModification)>,
) -> Vec<(ParaId, OutboundHrmpChannelModification)> {
	let mut merged = Vec::with_capacity(lower.len() + upper.len());
	let mut lower = lower;
	for (recipient, sent) in upper {
		while let [below, above @ ..] = lower {
			if below.0 >= recipient {
				break;
			}
			merged.push(*below);
			lower = above;
		}
		let already = take_first(&mut lower, recipient);
		merged.push((
			recipient,
			OutboundHrmpChannelModification {
				bytes_submitted: already.bytes_submitted.saturating_add(sent.bytes_submitted),
				messages_submitted: already.messages_submitted.saturating_add(sent.messages_submitted),
			},
		));
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
