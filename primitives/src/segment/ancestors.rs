//! The segment: blocks that are not included yet, and their sum.

use super::{BandwidthLimits, SegmentError, UsedBandwidth};
use crate::{BlockNumber, HeadHash, HrmpWatermarkUpdate, UpgradeGoAhead};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::num::NonZeroU32;
use scale_info::TypeInfo;

/// A block that is not included yet (R-SEG-1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Ancestor {
	/// What it sent.
	pub used: UsedBandwidth,
	/// Hash of its head data; `None` until its child starts, for a block does not know its own.
	pub head: Option<HeadHash>,
	/// The signal that it answered (R-SEG-5).
	pub go_ahead: Option<UpgradeGoAhead>,
}

/// The blocks that are not included yet, oldest first, each the parent of the next; and what they send in sum.
///
/// The sum is not part of the encoding: whoever reads the segment reads all of it anyway, so a stored sum would cost
/// bytes of every proof of validity, and could differ from what it is the sum of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnincludedSegment {
	ancestors: Vec<Ancestor>,
	hrmp_watermark: Option<BlockNumber>,
	aggregate: UsedBandwidth,
}

impl Encode for UnincludedSegment {
	fn size_hint(&self) -> usize {
		self.ancestors
			.size_hint()
			.saturating_add(self.hrmp_watermark.size_hint())
	}

	fn encode_to<O: codec::Output + ?Sized>(&self, output: &mut O) {
		self.ancestors.encode_to(output);
		self.hrmp_watermark.encode_to(output);
	}
}

impl codec::EncodeLike for UnincludedSegment {}
impl DecodeWithMemTracking for UnincludedSegment {}

impl Decode for UnincludedSegment {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		let (ancestors, hrmp_watermark) = Decode::decode(input)?;
		Self::from_parts(ancestors, hrmp_watermark).ok_or_else(|| "the segment has no sum".into())
	}
}

impl TypeInfo for UnincludedSegment {
	type Identity = (Vec<Ancestor>, Option<BlockNumber>);

	fn type_info() -> scale_info::Type {
		Self::Identity::type_info()
	}
}

impl UnincludedSegment {
	/// A segment of these blocks, oldest first, with the watermark of the last one. `None` if what they send cannot be
	/// counted, recipients do not ascend, or two answered a signal: no such segment comes about by
	/// [`append`](Self::append).
	pub fn from_parts(ancestors: Vec<Ancestor>, hrmp_watermark: Option<BlockNumber>) -> Option<Self> {
		let mut aggregate = UsedBandwidth::default();
		for ancestor in &ancestors {
			aggregate = aggregate.plus(&ancestor.used)?;
		}
		let consumers = ancestors.iter().filter(|block| block.go_ahead.is_some());
		(consumers.count() <= 1).then_some(Self {
			ancestors,
			hrmp_watermark,
			aggregate,
		})
	}

	/// The blocks, oldest first.
	pub fn ancestors(&self) -> &[Ancestor] {
		&self.ancestors
	}

	/// The blocks, oldest first, and the watermark.
	pub fn into_parts(self) -> (Vec<Ancestor>, Option<BlockNumber>) {
		(self.ancestors, self.hrmp_watermark)
	}

	/// How many blocks there are.
	pub fn len(&self) -> u32 {
		count(&self.ancestors)
	}

	/// Whether there is none.
	pub fn is_empty(&self) -> bool {
		self.ancestors.is_empty()
	}

	/// What all of them send.
	pub fn aggregate(&self) -> &UsedBandwidth {
		&self.aggregate
	}

	/// The watermark of the latest block, included or not; `None` before the first.
	pub fn hrmp_watermark(&self) -> Option<BlockNumber> {
		self.hrmp_watermark
	}

	/// The signal that one of the blocks answered.
	pub fn consumed_go_ahead(&self) -> Option<UpgradeGoAhead> {
		self.ancestors.iter().find_map(|ancestor| ancestor.go_ahead)
	}

	/// Gives the latest block its head hash: its child starts (R-SEG-1).
	pub fn note_parent(&mut self, head: HeadHash) {
		if let Some(parent) = self.ancestors.last_mut() {
			parent.head = Some(head);
		}
	}

	/// How many blocks there would be if the block with this head were included: all, if it is none of them (R-SEG-2).
	pub fn len_after(&self, included: HeadHash) -> u32 {
		count(self.ancestors.get(self.end_of(included)..).unwrap_or_default())
	}

	/// Drops the blocks up to and with the one that has this head, and their share of the sum (R-SEG-2). Drops none if
	/// there is no such block: the included one is older than the segment, or its head hash is not known yet. Returns how
	/// many it dropped.
	pub fn drop_included(&mut self, included: HeadHash) -> u32 {
		let end = self.end_of(included);
		let mut dropped = 0u32;
		for ancestor in self.ancestors.drain(..end) {
			self.aggregate.subtract(&ancestor.used);
			dropped = dropped.saturating_add(1);
		}
		dropped
	}

	/// Position behind the block with this head; zero if there is none.
	fn end_of(&self, included: HeadHash) -> usize {
		self.ancestors
			.iter()
			.position(|ancestor| ancestor.head == Some(included))
			.map_or(0, |position| position.saturating_add(1))
	}

	/// Checks that there is room for one more block (R-SEG-2).
	///
	/// # Errors
	/// [`SegmentError::Full`].
	pub fn check_room(&self, capacity: NonZeroU32) -> Result<(), SegmentError> {
		let (length, capacity) = (self.len(), capacity.get());
		if length >= capacity {
			return Err(SegmentError::Full { length, capacity });
		}
		Ok(())
	}

	/// Which signal the next block has to answer, when the relay chain shows `shown` (R-SEG-5): the one that is shown,
	/// unless a block of the segment did. That one is still shown then, as it goes with the inclusion of that block.
	///
	/// # Errors
	/// [`SegmentError::GoAheadVanished`].
	pub fn go_ahead_to_answer(
		&self,
		shown: Option<UpgradeGoAhead>,
	) -> Result<Option<UpgradeGoAhead>, SegmentError> {
		match self.consumed_go_ahead() {
			None => Ok(shown),
			Some(consumed) if shown == Some(consumed) => Ok(None),
			Some(consumed) => Err(SegmentError::GoAheadVanished { consumed, shown }),
		}
	}

	/// Adds a block that sends `used`, moves the watermark and perhaps answers a signal. The limits are those of its relay
	/// parent, unincluded blocks not counted.
	///
	/// # Errors
	/// [`SegmentError`]: a second answer to a signal (R-SEG-5), a watermark that moves back (R-SEG-4), more messages or
	/// bytes than fit (R-SEG-3), in this order. Nothing changed then.
	pub fn append(
		&mut self,
		used: UsedBandwidth,
		watermark: HrmpWatermarkUpdate,
		go_ahead: Option<UpgradeGoAhead>,
		limits: &BandwidthLimits,
	) -> Result<(), SegmentError> {
		if let (Some(first), Some(second)) = (self.consumed_go_ahead(), go_ahead) {
			return Err(SegmentError::GoAheadConsumedTwice { first, second });
		}
		if let (Some(latest), HrmpWatermarkUpdate::Trunk(submitted)) = (self.hrmp_watermark, watermark) {
			if submitted < latest {
				return Err(SegmentError::WatermarkMovedBack { latest, submitted });
			}
		}
		self.aggregate = self.aggregate.plus_within(&used, limits)?;
		self.hrmp_watermark = Some(watermark.watermark());
		self.ancestors.push(Ancestor {
			used,
			head: None,
			go_ahead,
		});
		Ok(())
	}
}

fn count(ancestors: &[Ancestor]) -> u32 {
	u32::try_from(ancestors.len()).unwrap_or(u32::MAX)
}
