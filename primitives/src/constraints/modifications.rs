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
	pub fn sent_to(&self, recipient: ParaId) -> OutboundHrmpChannelModification {
		self.outbound_hrmp
			.binary_search_by_key(&recipient, |(recipient, _)| *recipient)
			.ok()
			.and_then(|found| self.outbound_hrmp.get(found))
			.map_or_else(Default::default, |(_, sent)| *sent)
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
		let unchanged = match (self.hrmp_watermark, next.hrmp_watermark) {
			(Some(old), Some(new)) => old.watermark() == new.watermark(),
			_ => false,
		};
		if next.hrmp_watermark.is_some() && !unchanged {
			self.hrmp_watermark = next.hrmp_watermark;
		}
		stack_outbound(&mut self.outbound_hrmp, &next.outbound_hrmp);
		self.ump_messages_sent = self.ump_messages_sent.saturating_add(next.ump_messages_sent);
		self.ump_bytes_sent = self.ump_bytes_sent.saturating_add(next.ump_bytes_sent);
		self.dmp_messages_processed = self
			.dmp_messages_processed
			.saturating_add(next.dmp_messages_processed);
		self.code_upgrade_applied |= next.code_upgrade_applied;
		self.code_upgrade_announced |= next.code_upgrade_announced;
	}
}

/// Merges two ascending lists, adding up what was sent on a channel of both.
fn stack_outbound(
	lower: &mut Vec<(ParaId, OutboundHrmpChannelModification)>,
	upper: &[(ParaId, OutboundHrmpChannelModification)],
) {
	if upper.is_empty() {
		return;
	}
	if lower.is_empty() {
		lower.extend_from_slice(upper);
		return;
	}
	let mut merged = Vec::with_capacity(lower.len() + upper.len());
	let (mut low, mut up) = (lower.iter().copied().peekable(), upper.iter().copied().peekable());
	while let (Some((low_para, low_sent)), Some((up_para, up_sent))) = (low.peek(), up.peek()) {
		match low_para.cmp(up_para) {
			core::cmp::Ordering::Less => merged.extend(low.next()),
			core::cmp::Ordering::Greater => merged.extend(up.next()),
			core::cmp::Ordering::Equal => {
				merged.push((
					*low_para,
					OutboundHrmpChannelModification {
						bytes_submitted: low_sent.bytes_submitted.saturating_add(up_sent.bytes_submitted),
						messages_submitted: low_sent
							.messages_submitted
							.saturating_add(up_sent.messages_submitted),
					},
				));
				low.next();
				up.next();
			}
		}
	}
	merged.extend(low);
	merged.extend(up);
	*lower = merged;
}
