//! What the wire format of constraints cannot express (R-FRG-12).

use super::{exceeds, FragmentError};
use crate::{CandidateCommitments, ConstraintSource, Operating, UpwardMessage};
use alloc::vec::Vec;

/// R-FRG-12, where the limits are known (R-BASE-17).
pub(super) fn check_extension<Base: ConstraintSource>(
	operating: &Operating<'_, Base>,
	commitments: &CandidateCommitments,
	upward: &[UpwardMessage],
) -> Result<(), FragmentError> {
	let base = operating.base();
	if let Some(max) = base.max_ump_message_size() {
		if let Some(index) = upward.iter().position(|message| exceeds(message.len(), max)) {
			let got = upward.get(index).map_or(0, Vec::len);
			return Err(FragmentError::UmpMessageTooLarge { index, max, got });
		}
	}
	for message in &commitments.horizontal_messages {
		if let Some(max) = base.max_hrmp_message_size(message.recipient) {
			if exceeds(message.data.len(), max) {
				let (recipient, got) = (message.recipient, message.data.len());
				return Err(FragmentError::HrmpMessageTooLarge { recipient, max, got });
			}
		}
	}
	if !upward.is_empty() && base.is_offboarding() {
		return Err(FragmentError::UmpWhileOffboarding);
	}
	if let Some(max) = base.max_hrmp_consumed() {
		let consumption = operating.hrmp_consumption(commitments.hrmp_watermark);
		if !consumption.is_within(max) {
			let got = consumption.messages;
			return Err(FragmentError::HrmpConsumptionOverflow { max, got });
		}
	}
	Ok(())
}
