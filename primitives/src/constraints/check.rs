//! Whether modifications fit into constraints (PROTOCOL.md, section 3.3).

use super::{
	modifications::take_ascending, ConstraintModifications, ConstraintSource, Consumption,
	HrmpWatermarkUpdate, Operating, OutboundHrmpChannelModification,
};
use crate::{BlockNumber, ParaId};
use thiserror::Error;

/// Why modifications do not fit (R-CON-1 to R-CON-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ModificationError {
	/// The watermark may not move there.
	#[error("watermark may not move to block {0} (R-CON-1)")]
	DisallowedHrmpWatermark(BlockNumber),
	/// There is no channel to this recipient.
	#[error("no channel to para {0} (R-CON-2)")]
	NoSuchHrmpChannel(ParaId),
	/// More bytes than the channel has room for.
	#[error("{submitted} bytes to para {recipient}, but room for {remaining} (R-CON-2)")]
	HrmpBytesOverflow {
		/// Receiver of the messages.
		recipient: ParaId,
		/// Bytes that fit.
		remaining: u32,
		/// Bytes sent.
		submitted: u32,
	},
	/// More messages than the channel has room for.
	#[error("{submitted} messages to para {recipient}, but room for {remaining} (R-CON-2)")]
	HrmpMessagesOverflow {
		/// Receiver of the messages.
		recipient: ParaId,
		/// Messages that fit.
		remaining: u32,
		/// Messages sent.
		submitted: u32,
	},
	/// More upward messages than the queue has room for.
	#[error("{submitted} upward messages, but room for {remaining} (R-CON-3)")]
	UmpMessagesOverflow {
		/// Messages that fit.
		remaining: u32,
		/// Messages sent.
		submitted: u32,
	},
	/// More bytes of upward messages than the queue has room for.
	#[error("{submitted} bytes of upward messages, but room for {remaining} (R-CON-3)")]
	UmpBytesOverflow {
		/// Bytes that fit.
		remaining: u32,
		/// Bytes sent.
		submitted: u32,
	},
	/// More downward messages processed than there are.
	#[error("{processed} downward messages processed, but only {remaining} are there (R-CON-4)")]
	DmpMessagesUnderflow {
		/// Messages in the queue.
		remaining: u32,
		/// Messages processed.
		processed: u32,
	},
	/// A code upgrade is applied though none is scheduled.
	#[error("a code upgrade is applied, but none is scheduled (R-CON-5)")]
	AppliedNonexistentCodeUpgrade,
}

impl<Base: ConstraintSource> Operating<'_, Base> {
	/// Checks modifications against these constraints, in the order of R-CON-1 to R-CON-5. Using up exactly what
	/// remains is legal (R-CON-6).
	///
	/// Cost: a few logarithmic lookups for each channel that `modifications` use; no allocation.
	///
	/// # Errors
	/// [`ModificationError`] names the first limit that is exceeded, with limit and value.
	pub fn check(&self, modifications: &ConstraintModifications<'_>) -> Result<(), ModificationError> {
		self.check_apart(
			modifications.consumption(),
			modifications.outbound_hrmp.iter().copied(),
		)
	}

	/// As [`check`](Self::check), with the parts of the modifications apart: so that a candidate can be judged by its
	/// messages, before a list is made of them.
	#[inline(always)]
	pub(crate) fn check_apart(
		&self,
		consumption: Consumption,
		outbound: impl Iterator<Item = (ParaId, OutboundHrmpChannelModification)>,
	) -> Result<(), ModificationError> {
		use ModificationError::*;
		if let Some(HrmpWatermarkUpdate::Trunk(watermark)) = consumption.hrmp_watermark {
			if !self.is_valid_watermark(watermark) {
				return Err(DisallowedHrmpWatermark(watermark));
			}
		}
		let mut sent_before = self.stacked().outbound_hrmp.as_slice();
		for (recipient, sent) in outbound {
			let limits = self
				.base()
				.outbound_channel(recipient)
				.ok_or(NoSuchHrmpChannel(recipient))?
				.less(take_ascending(&mut sent_before, recipient));
			within(
				sent.bytes_submitted,
				|| limits.bytes_remaining,
				|submitted, remaining| HrmpBytesOverflow {
					recipient,
					remaining,
					submitted,
				},
			)?;
			within(
				sent.messages_submitted,
				|| limits.messages_remaining,
				|submitted, remaining| HrmpMessagesOverflow {
					recipient,
					remaining,
					submitted,
				},
			)?;
		}
		within(
			consumption.ump_messages_sent,
			|| self.ump_remaining(),
			|submitted, remaining| UmpMessagesOverflow { remaining, submitted },
		)?;
		within(
			consumption.ump_bytes_sent,
			|| self.ump_remaining_bytes(),
			|submitted, remaining| UmpBytesOverflow { remaining, submitted },
		)?;
		within(
			consumption.dmp_messages_processed,
			|| self.dmp_remaining(),
			|processed, remaining| DmpMessagesUnderflow { remaining, processed },
		)?;
		if consumption.code_upgrade_applied && self.future_validation_code().is_none() {
			return Err(AppliedNonexistentCodeUpgrade);
		}
		Ok(())
	}
}

/// Nothing fits everywhere, so who uses nothing does not ask for the limit: on-chain that may be a storage access.
#[inline(always)] // three closures for one comparison
fn within<E>(value: u32, limit: impl FnOnce() -> u32, error: impl FnOnce(u32, u32) -> E) -> Result<(), E> {
	if value == 0 {
		return Ok(());
	}
	match limit() {
		limit if value > limit => Err(error(value, limit)),
		_ => Ok(()),
	}
}
