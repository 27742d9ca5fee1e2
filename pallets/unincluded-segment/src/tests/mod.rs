//! The pallet, rule by rule. The rules themselves have their tests where they live.

mod invariants;
mod properties;
mod readme;
mod room;
mod rules;

use crate::{mock::*, *};
use async_backing_primitives::{
	FixedVelocity, HeadData, InParaSlots, OutboundHrmpMessage, OutputError, ParaId, RelayParentNumbers,
	SegmentError, UpgradeGoAhead, UpgradeRestriction,
};

/// Upward messages and horizontal ones, by their lengths.
fn sends(upward: &[usize], horizontal: &[(u32, usize)]) -> Outputs {
	Outputs {
		upward_messages: upward.iter().map(|length| vec![7; *length]).collect(),
		horizontal_messages: horizontal
			.iter()
			.map(|(recipient, length)| OutboundHrmpMessage {
				recipient: ParaId(*recipient),
				data: vec![7; *length],
			})
			.collect(),
		hrmp_watermark: None,
	}
}

fn nothing() -> Outputs {
	Outputs::default()
}

fn lengths() -> Vec<(u32, u32)> {
	let tracker = UnincludedSegment::tracker().expect("there is a sum");
	tracker
		.segment
		.ancestors()
		.iter()
		.map(|block| (block.used.ump_messages_sent, block.used.ump_bytes_sent))
		.collect()
}

fn refused<R>(error: Error<Test>) -> Result<R, sp_runtime::DispatchError> {
	Err(error.into())
}
