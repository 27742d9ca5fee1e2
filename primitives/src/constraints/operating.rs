//! Base constraints and the modifications above them, read together.

use super::{ConstraintModifications, ConstraintSource, HrmpConsumption, OutboundHrmpChannelLimitations};
use crate::{BlockNumber, HeadData, ParaId, ValidationCodeHash};

/// The constraints under which a candidate at the end of a path operates (R-GLO-9): a view, nothing is added up.
///
/// The stacked modifications must have been accepted step by step; of others the view makes no sense, though it
/// never panics.
#[derive(Clone, Copy, Debug)]
pub struct Operating<'a, Base> {
	base: &'a Base,
	stacked: &'a ConstraintModifications<'a>,
	required_parent: &'a HeadData,
}

impl<'a, Base: ConstraintSource> Operating<'a, Base> {
	/// Base constraints with the stacked modifications of the path above the candidate.
	#[inline]
	pub fn new(base: &'a Base, stacked: &'a ConstraintModifications<'a>) -> Self {
		let required_parent = stacked
			.required_parent
			.as_deref()
			.unwrap_or_else(|| base.required_parent());
		Self {
			base,
			stacked,
			required_parent,
		}
	}

	/// As [`new`](Self::new), for those who keep the head data of the path's end apart from its modifications.
	#[inline]
	pub fn with_required_parent(
		base: &'a Base,
		stacked: &'a ConstraintModifications<'a>,
		required_parent: &'a HeadData,
	) -> Self {
		Self {
			base,
			stacked,
			required_parent,
		}
	}

	/// The base constraints.
	#[inline]
	pub fn base(&self) -> &'a Base {
		self.base
	}

	/// The modifications above them.
	#[inline]
	pub fn stacked(&self) -> &'a ConstraintModifications<'a> {
		self.stacked
	}

	/// Head data on which the candidate must build (R-APP-2).
	#[inline]
	pub fn required_parent(&self) -> &'a HeadData {
		self.required_parent
	}

	/// Code that validates the candidate (R-CODE-5).
	#[inline]
	pub fn validation_code_hash(&self) -> ValidationCodeHash {
		match self.base.future_validation_code() {
			Some((_, future)) if self.stacked.code_upgrade_applied => future,
			_ => self.base.validation_code_hash(),
		}
	}

	/// The upgrade that waits to be applied (R-APP-5).
	#[inline]
	pub fn future_validation_code(&self) -> Option<(BlockNumber, ValidationCodeHash)> {
		if self.stacked.code_upgrade_applied {
			None
		} else {
			self.base.future_validation_code()
		}
	}

	/// Whether no upgrade may be announced (R-CODE-2, R-APP-6).
	#[inline]
	pub fn is_upgrade_restricted(&self) -> bool {
		self.stacked.code_upgrade_announced || self.base.is_upgrade_restricted()
	}

	/// Downward messages that wait (R-APP-4).
	#[inline]
	pub fn dmp_remaining(&self) -> u32 {
		self.base
			.dmp_len()
			.saturating_sub(self.stacked.dmp_messages_processed)
	}

	/// Block in which the first downward message that waits was sent.
	#[inline]
	pub fn dmp_first_sent_at(&self) -> Option<BlockNumber> {
		self.base.dmp_sent_at(self.stacked.dmp_messages_processed)
	}

	/// Upward messages that may still be queued.
	#[inline]
	pub fn ump_remaining(&self) -> u32 {
		self.base
			.ump_remaining()
			.saturating_sub(self.stacked.ump_messages_sent)
	}

	/// Bytes of upward messages that may still be queued.
	#[inline]
	pub fn ump_remaining_bytes(&self) -> u32 {
		self.base
			.ump_remaining_bytes()
			.saturating_sub(self.stacked.ump_bytes_sent)
	}

	/// Whether the watermark may move to `watermark` (R-APP-3): where the path left it, or further up the base list.
	#[inline]
	pub fn is_valid_watermark(&self, watermark: BlockNumber) -> bool {
		match self.stacked.hrmp_watermark.map(|update| update.watermark()) {
			Some(current) if watermark <= current => watermark == current,
			_ => self.base.is_valid_watermark(watermark),
		}
	}

	/// Horizontal messages that a watermark passes on its way to `watermark` from where the path left it (R-HRMP-2).
	/// Nothing is read where it stays.
	#[inline]
	pub fn hrmp_consumption(&self, watermark: BlockNumber) -> HrmpConsumption {
		match self.stacked.hrmp_watermark.map(|update| update.watermark()) {
			Some(current) if watermark <= current => HrmpConsumption::default(),
			current => self.base.hrmp_consumption(current, watermark),
		}
	}

	/// What remains of the channel to `recipient`.
	#[inline]
	pub fn outbound_channel(&self, recipient: ParaId) -> Option<OutboundHrmpChannelLimitations> {
		let limits = self.base.outbound_channel(recipient)?;
		Some(limits.less(self.stacked.sent_to(recipient)))
	}
}
