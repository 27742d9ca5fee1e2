//! Constraints after modifications, for those who need them as a value (PROTOCOL.md, section 3.4).
//!
//! The checker never does this; it reads base and modifications together. Both agree: a test holds them to it.

use super::{ConstraintModifications, Constraints, ExtendedConstraints, ModificationError, Operating};
use crate::UpgradeRestriction;

impl Constraints {
	/// Whether the modifications fit (R-CON-1 to R-CON-6).
	///
	/// # Errors
	/// [`ModificationError`] names the first limit that is exceeded.
	pub fn check_modifications(
		&self,
		modifications: &ConstraintModifications<'_>,
	) -> Result<(), ModificationError> {
		Operating::new(self, &ConstraintModifications::default()).check(modifications)
	}

	/// The constraints after the modifications (R-APP-1 to R-APP-7). Cost: clones the constraints.
	///
	/// # Errors
	/// As [`check_modifications`](Self::check_modifications).
	pub fn apply_modifications(
		&self,
		modifications: &ConstraintModifications<'_>,
	) -> Result<Self, ModificationError> {
		self.check_modifications(modifications)?;
		let mut new = self.clone();
		if let Some(head) = &modifications.required_parent {
			new.required_parent = head.as_ref().clone();
		}
		if let Some(update) = modifications.hrmp_watermark {
			let watermark = update.watermark();
			let valid = &mut new.hrmp_inbound.valid_watermarks;
			let passed = valid.partition_point(|number| *number <= watermark);
			valid.splice(..passed, [watermark]);
		}
		for (recipient, sent) in &modifications.outbound_hrmp {
			let channels = &mut new.hrmp_channels_out;
			if let Ok(found) = channels.binary_search_by_key(recipient, |(recipient, _)| *recipient) {
				let limits = &mut channels[found].1;
				limits.bytes_remaining = limits.bytes_remaining.saturating_sub(sent.bytes_submitted);
				limits.messages_remaining = limits.messages_remaining.saturating_sub(sent.messages_submitted);
			}
		}
		new.ump_remaining = new.ump_remaining.saturating_sub(modifications.ump_messages_sent);
		new.ump_remaining_bytes = new
			.ump_remaining_bytes
			.saturating_sub(modifications.ump_bytes_sent);
		let processed = new
			.dmp_remaining_messages
			.len()
			.min(modifications.dmp_messages_processed as usize);
		new.dmp_remaining_messages.drain(..processed);
		if modifications.code_upgrade_applied {
			if let Some((_, code)) = new.future_validation_code.take() {
				new.validation_code_hash = code;
			}
		}
		if modifications.code_upgrade_announced {
			new.upgrade_restriction = Some(UpgradeRestriction::Present);
		}
		Ok(new)
	}
}

impl ExtendedConstraints {
	/// The constraints after the modifications (R-APP-1 to R-APP-7), and the extension with what waits above the new
	/// watermark. Cost: clones the constraints.
	///
	/// # Errors
	/// As [`Constraints::check_modifications`].
	pub fn apply_modifications(
		&self,
		modifications: &ConstraintModifications<'_>,
	) -> Result<Self, ModificationError> {
		let constraints = self.constraints.apply_modifications(modifications)?;
		let mut extension = self.extension.clone();
		if let (Some(extension), Some(update)) = (&mut extension, modifications.hrmp_watermark) {
			let watermark = update.watermark();
			extension.hrmp_waiting.retain(|(block, _)| *block > watermark);
		}
		Ok(Self {
			constraints,
			extension,
		})
	}
}
