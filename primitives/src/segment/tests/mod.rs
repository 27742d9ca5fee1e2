//! The rules of the unincluded segment, one by one and on random histories.

mod hooks;
mod properties;
mod relay_state;
mod rules;

use super::*;
use crate::{OutboundHrmpChannelLimitations, OutboundHrmpChannelModification};
use core::num::NonZeroU32;

/// A head hash that is not zero.
fn head(number: u8) -> HeadHash {
	HeadHash([number; 32].into())
}

fn capacity(capacity: u32) -> NonZeroU32 {
	NonZeroU32::new(capacity).expect("not zero")
}

/// Upward messages with their bytes, and for each recipient messages with their bytes.
fn used(ump: (u32, u32), hrmp: &[(u32, u32, u32)]) -> UsedBandwidth {
	UsedBandwidth {
		ump_messages_sent: ump.0,
		ump_bytes_sent: ump.1,
		outbound_hrmp: hrmp
			.iter()
			.map(|&(recipient, messages_submitted, bytes_submitted)| {
				let sent = OutboundHrmpChannelModification {
					bytes_submitted,
					messages_submitted,
				};
				(ParaId(recipient), sent)
			})
			.collect(),
	}
}

/// The same for limits.
fn limits(ump: (u32, u32), hrmp: &[(u32, u32, u32)]) -> BandwidthLimits {
	BandwidthLimits {
		ump_remaining: ump.0,
		ump_remaining_bytes: ump.1,
		hrmp_channels_out: hrmp
			.iter()
			.map(|&(recipient, messages_remaining, bytes_remaining)| {
				let limits = OutboundHrmpChannelLimitations {
					bytes_remaining,
					messages_remaining,
				};
				(ParaId(recipient), limits)
			})
			.collect(),
	}
}

/// A segment of blocks with heads 1, 2, ... that send this.
fn segment(blocks: &[UsedBandwidth]) -> UnincludedSegment {
	let mut segment = UnincludedSegment::default();
	let plenty = limits(
		(u32::MAX, u32::MAX),
		&[(2001, u32::MAX, u32::MAX), (2002, u32::MAX, u32::MAX)],
	);
	for (number, block) in (1..).zip(blocks) {
		segment
			.append(block.clone(), HrmpWatermarkUpdate::Head(1), None, &plenty)
			.expect("there is room");
		segment.note_parent(head(number));
	}
	segment
}

#[track_caller]
fn append(
	segment: &mut UnincludedSegment,
	used: UsedBandwidth,
	limits: &BandwidthLimits,
) -> Result<(), SegmentError> {
	let before = segment.clone();
	let result = segment.append(used, HrmpWatermarkUpdate::Head(1), None, limits);
	if result.is_err() {
		assert_eq!(*segment, before, "what is refused changes nothing");
	}
	result
}
