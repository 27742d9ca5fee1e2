//! Errors of the rules, as calls return them.

use crate::Error;
use async_backing_primitives::{AnnouncementError, SegmentError};

impl<T> From<SegmentError> for Error<T> {
	fn from(error: SegmentError) -> Self {
		match error {
			SegmentError::RelayParentMovedBack { .. } => Self::RelayParentMovedBack,
			SegmentError::Hook(_) => Self::RefusedByHook,
			SegmentError::Full { .. } => Self::SegmentFull,
			SegmentError::GoAheadVanished { .. } => Self::GoAheadVanished,
			// What a block sends is judged at its end, which is no call.
			SegmentError::GoAheadConsumedTwice { .. }
			| SegmentError::WatermarkMovedBack { .. }
			| SegmentError::RecipientsNotAscending(_)
			| SegmentError::UmpMessagesOverflow { .. }
			| SegmentError::UmpBytesOverflow { .. }
			| SegmentError::NoSuchHrmpChannel(_)
			| SegmentError::HrmpMessagesOverflow { .. }
			| SegmentError::HrmpBytesOverflow { .. } => Self::CorruptSegment,
		}
	}
}

impl<T> From<AnnouncementError> for Error<T> {
	fn from(error: AnnouncementError) -> Self {
		match error {
			AnnouncementError::Restricted => Self::AnnouncementRestricted,
			AnnouncementError::UpgradePending => Self::UpgradePending,
			AnnouncementError::BadCodeSize { .. } => Self::BadCodeSize,
		}
	}
}
