//! The parachain's half: the unincluded segment, and the hook that paces its blocks (PROTOCOL.md, sections 13.3 and 13.4).
//!
//! The relay chain judges each candidate against its own state and the candidates that are pending there. A parachain
//! that builds on blocks which are not included yet must keep the same books itself, or it builds what the relay chain
//! refuses: how many blocks are under way, what they send, and which signal they answered.
//!
//! [`SegmentTracker`] is what a parachain keeps between blocks. A block [begins](SegmentTracker::begin) with the
//! [`RelayState`] at its relay parent and a [`ConsensusHook`], and [ends](SegmentTracker::end) with what it sent. All
//! of it is plain data: a FRAME pallet stores it, and a validation function without FRAME calls the same functions.
//!
//! ```
//! use async_backing_primitives::*;
//!
//! let hook = FixedVelocity { velocity: 1, capacity: 3 };
//! let mut tracker = SegmentTracker::default();
//! let state = RelayState { included_head: Some(HeadHash::default()), slot: Some(5), ..Default::default() };
//! let block = BlockStart { parent: HeadHash::default(), relay_parent_number: 1, para_slot: None, state: &state };
//! let begun = tracker.begin(&hook, RelayParentNumbers::Monotonic, &block)?;
//! let end = BlockEnd { used: UsedBandwidth::default(), hrmp_watermark: 1, go_ahead: begun.go_ahead };
//! tracker.end(1, end, &state.limits())?;
//! assert_eq!(tracker.segment.len(), 1);
//! # Ok::<(), SegmentError>(())
//! ```

mod ancestors;
mod bandwidth;
mod hook;
mod relay_state;
#[cfg(test)]
mod tests;

pub use ancestors::{Ancestor, UnincludedSegment};
pub use bandwidth::{BandwidthLimits, UsedBandwidth};
pub use hook::{
	ConsensusHook, ExpectParentIncluded, FixedCapacity, FixedVelocity, HookBlock, HookError, HookVerdict,
	InParaSlots, RelaySlotInfo,
};
pub use relay_state::{
	AbridgedHostConfiguration, AbridgedHrmpChannel, OutputError, RelayState, RelayStateError,
	RelayStateReader, Unproven,
};

use crate::{BlockNumber, HeadHash, HrmpWatermarkUpdate, ParaId, Slot, UpgradeGoAhead, UpgradeRestriction};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use thiserror::Error;

/// Why a block of a parachain is invalid by the rules of its unincluded segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SegmentError {
	/// The relay parent is older than the parent block's, or no newer where it has to be.
	#[error("relay parent {actual} after {previous} (R-SEG-7)")]
	RelayParentMovedBack {
		/// Number of the parent block's relay parent.
		previous: BlockNumber,
		/// Number of the block's relay parent.
		actual: BlockNumber,
	},
	/// The consensus hook refuses the block.
	#[error(transparent)]
	Hook(#[from] HookError),
	/// As many blocks are unincluded as may be.
	#[error("{length} blocks are not included, and at most {capacity} may be with this one (R-SEG-2)")]
	Full {
		/// Blocks that are not included, without this one.
		length: u32,
		/// Most that may be, with this one.
		capacity: u32,
	},
	/// A signal was answered by a block that is not included, but the relay chain shows another, or none.
	#[error(
		"a block that is not included answered {consumed:?}, but the relay chain shows {shown:?} (R-SEG-5)"
	)]
	GoAheadVanished {
		/// The signal that was answered.
		consumed: UpgradeGoAhead,
		/// What the relay chain shows.
		shown: Option<UpgradeGoAhead>,
	},
	/// A second block of the segment answers a signal.
	#[error("{second:?} is answered, but a block that is not included answered {first:?} (R-SEG-5)")]
	GoAheadConsumedTwice {
		/// What the earlier block answered.
		first: UpgradeGoAhead,
		/// What this block answers.
		second: UpgradeGoAhead,
	},
	/// The watermark moves back.
	#[error("the watermark moves back from {latest} to {submitted} (R-SEG-4)")]
	WatermarkMovedBack {
		/// The segment's watermark.
		latest: BlockNumber,
		/// The block's watermark.
		submitted: BlockNumber,
	},
	/// Recipients of horizontal messages do not ascend.
	#[error("horizontal message {0} is for the recipient before it or for a lower one (R-MOD-3)")]
	RecipientsNotAscending(usize),
	/// The segment sends more upward messages than the relay chain has room for.
	#[error("{total} upward messages with those that are not included, but room for {limit} (R-SEG-3)")]
	UmpMessagesOverflow {
		/// Messages that fit.
		limit: u32,
		/// Messages of the segment and of this block.
		total: u32,
	},
	/// The segment sends more bytes of upward messages than the relay chain has room for.
	#[error(
		"{total} bytes of upward messages with those that are not included, but room for {limit} (R-SEG-3)"
	)]
	UmpBytesOverflow {
		/// Bytes that fit.
		limit: u32,
		/// Bytes of the segment and of this block.
		total: u32,
	},
	/// There is no channel to this recipient.
	#[error("no channel to para {0} (R-SEG-3)")]
	NoSuchHrmpChannel(ParaId),
	/// The segment sends more messages than the channel has room for.
	#[error("{total} messages to para {recipient} with those that are not included, but room for {limit} (R-SEG-3)")]
	HrmpMessagesOverflow {
		/// Receiver of the messages.
		recipient: ParaId,
		/// Messages that fit.
		limit: u32,
		/// Messages of the segment and of this block.
		total: u32,
	},
	/// The segment sends more bytes than the channel has room for.
	#[error(
		"{total} bytes to para {recipient} with those that are not included, but room for {limit} (R-SEG-3)"
	)]
	HrmpBytesOverflow {
		/// Receiver of the messages.
		recipient: ParaId,
		/// Bytes that fit.
		limit: u32,
		/// Bytes of the segment and of this block.
		total: u32,
	},
}

/// Why a parachain may not announce new code (R-SEG-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnnouncementError {
	/// The relay chain says so.
	#[error("the relay chain shows a restriction signal (R-SEG-6)")]
	Restricted,
	/// The parachain waits for the answer to an earlier announcement.
	#[error("an upgrade is under way (R-SEG-6)")]
	UpgradePending,
	/// The code is smaller or larger than the relay chain takes.
	#[error("code of {got} bytes, but {min} to {max} are allowed (R-CODE-1)")]
	BadCodeSize {
		/// Fewest bytes.
		min: u32,
		/// Most bytes.
		max: u32,
		/// Bytes of the code.
		got: u64,
	},
}

/// Fewest bytes of announced code (R-CODE-1).
const MIN_CODE_SIZE: u32 = 9;

/// How relay-parent numbers may change from block to block (R-SEG-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelayParentNumbers {
	/// They do not descend: several blocks may share a relay parent. For asynchronous backing.
	#[default]
	Monotonic,
	/// They ascend. For synchronous backing.
	Strict,
}

impl RelayParentNumbers {
	/// Checks the number of a block's relay parent against that of its parent's; `None` for the first block.
	///
	/// # Errors
	/// [`SegmentError::RelayParentMovedBack`].
	pub const fn check(self, previous: Option<BlockNumber>, actual: BlockNumber) -> Result<(), SegmentError> {
		let Some(previous) = previous else {
			return Ok(());
		};
		let moved_back = match self {
			Self::Monotonic => actual < previous,
			Self::Strict => actual <= previous,
		};
		if moved_back {
			return Err(SegmentError::RelayParentMovedBack { previous, actual });
		}
		Ok(())
	}
}

/// What a block begins with.
#[derive(Clone, Copy, Debug)]
pub struct BlockStart<'a> {
	/// Hash of the parent's head data.
	pub parent: HeadHash,
	/// Number of the relay parent.
	pub relay_parent_number: BlockNumber,
	/// Slot of the block, on chains that have slots.
	pub para_slot: Option<Slot>,
	/// State of the relay parent.
	pub state: &'a RelayState,
}

/// What the beginning of a block found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
	/// How many blocks left the segment, because they are included.
	pub included: u32,
	/// The signal that this block has to answer (R-SEG-5), if any: it is the one block of the segment that does.
	pub go_ahead: Option<UpgradeGoAhead>,
}

/// What a block ends with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockEnd {
	/// What it sends.
	pub used: UsedBandwidth,
	/// Up to which relay block it consumed inbound horizontal messages; above its relay parent is at its relay parent.
	pub hrmp_watermark: BlockNumber,
	/// The signal that it answered: [`Begun::go_ahead`].
	pub go_ahead: Option<UpgradeGoAhead>,
}

/// What a parachain keeps between its blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SegmentTracker {
	/// The blocks that are not included yet, as far as the chain knows.
	pub segment: UnincludedSegment,
	/// The latest relay slot in which the chain built, if its hook counts blocks in slots.
	pub relay_slot: Option<RelaySlotInfo>,
	/// Number of the latest block's relay parent; `None` before the first block.
	pub relay_parent: Option<BlockNumber>,
}

impl SegmentTracker {
	/// Begins a block: relay-parent number (R-SEG-7), the parent's head hash (R-SEG-1), the hook (R-HOO-1), what became
	/// included, and room for the block (R-SEG-2), and the go-ahead signal (R-SEG-5), in this order.
	///
	/// Cost: linear in the length of the segment, and in the channels that its blocks used.
	///
	/// # Errors
	/// [`SegmentError`] with the first rule that the block breaks. Nothing changed then.
	pub fn begin(
		&mut self,
		hook: &impl ConsensusHook,
		numbers: RelayParentNumbers,
		block: &BlockStart<'_>,
	) -> Result<Begun, SegmentError> {
		numbers.check(self.relay_parent, block.relay_parent_number)?;
		let HookVerdict {
			capacity,
			included,
			relay_slot,
		} = hook.on_relay_state(&HookBlock {
			parent: block.parent,
			included: block.state.included_head,
			relay_slot: block.state.slot,
			latest: self.relay_slot,
			para_slot: block.para_slot,
		})?;
		let mut segment = self.segment.clone();
		segment.note_parent(block.parent);
		let dropped = segment.drop_included(included);
		segment.check_room(capacity)?;
		let go_ahead = segment.go_ahead_to_answer(block.state.go_ahead)?;
		*self = Self {
			segment,
			relay_slot,
			relay_parent: Some(block.relay_parent_number),
		};
		Ok(Begun {
			included: dropped,
			go_ahead,
		})
	}

	/// Ends a block: adds it to the segment, if it fits (R-SEG-3, R-SEG-4, R-SEG-5).
	///
	/// # Errors
	/// [`SegmentError`] with the first rule that the block breaks. Nothing changed then.
	pub fn end(
		&mut self,
		relay_parent_number: BlockNumber,
		end: BlockEnd,
		limits: &BandwidthLimits,
	) -> Result<(), SegmentError> {
		let watermark = HrmpWatermarkUpdate::clamped(end.hrmp_watermark, relay_parent_number);
		self.segment.append(end.used, watermark, end.go_ahead, limits)
	}

	/// Whether a block may be built in `slot`, a slot of the relay chain, on the block in whose state this is, when
	/// `included` is the included head at the relay parent (R-HOO-3).
	pub fn can_build_upon(&self, hook: &impl ConsensusHook, included: HeadHash, slot: Slot) -> bool {
		hook.can_build_upon(self.segment.len_after(included), self.relay_slot, slot)
	}
}

/// Whether new code may be announced (R-SEG-6, R-CODE-1): `upgrade_pending` says that the parachain waits for the answer
/// to an earlier announcement, or has one under way that is not included.
///
/// # Errors
/// [`AnnouncementError`].
pub fn check_announcement(
	restriction: Option<UpgradeRestriction>,
	upgrade_pending: bool,
	code_size: usize,
	max_code_size: u32,
) -> Result<(), AnnouncementError> {
	if restriction.is_some() {
		return Err(AnnouncementError::Restricted);
	}
	if upgrade_pending {
		return Err(AnnouncementError::UpgradePending);
	}
	let got = code_size as u64;
	if got < u64::from(MIN_CODE_SIZE) || got > u64::from(max_code_size) {
		return Err(AnnouncementError::BadCodeSize {
			min: MIN_CODE_SIZE,
			max: max_code_size,
			got,
		});
	}
	Ok(())
}
