//! What is stored, what a block carries, and what it sends.

use crate::{ports::RelayStateSource, Config};
use alloc::vec::Vec;
use async_backing_primitives::{
	AbridgedHostConfiguration, AbridgedHrmpChannel, Ancestor, BandwidthLimits, BlockNumber, HeadHash,
	OutboundHrmpChannelModification, OutboundHrmpMessage, OutputError, ParaId, PersistedValidationData,
	RelaySlotInfo, RelayState, SegmentError, SegmentTracker, UnincludedSegment, UpgradeGoAhead,
	UpgradeRestriction, UpwardMessage, UsedBandwidth, ValidationParams, MAX_HRMP_CHANNELS,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::{ConstU32, Get},
	BoundedVec, CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;

/// What a collator hands in beside the relay parent's state root.
pub type EvidenceOf<T> = <<T as Config>::RelayState as RelayStateSource>::Evidence;

/// Content of the inherent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ParachainInherentData<Evidence> {
	/// What validators hold the block against: the parent, and the relay parent.
	pub validation_data: PersistedValidationData,
	/// What proves the state of the relay parent.
	pub relay_state: Evidence,
}

impl<Evidence> ParachainInherentData<Evidence> {
	/// Whether the block was made for what a validator validates it against. The chain's validation function has to ask:
	/// the pallet sees only what the block says.
	pub fn is_for(&self, params: &ValidationParams) -> bool {
		let data = &self.validation_data;
		data.parent_head == params.parent_head
			&& data.relay_parent_number == params.relay_parent_number
			&& data.relay_parent_storage_root == params.relay_parent_storage_root
	}
}

/// What a block sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
	/// Messages to the relay chain, then perhaps an empty one and signals (R-UMP-3).
	pub upward_messages: Vec<UpwardMessage>,
	/// Messages to other parachains, strictly ascending by recipient (R-MOD-3).
	pub horizontal_messages: Vec<OutboundHrmpMessage>,
	/// Up to which relay block inbound horizontal messages are consumed (R-SEG-4); `None` for the relay parent. No block
	/// may commit to one above it (R-HRMP-1).
	pub hrmp_watermark: Option<BlockNumber>,
}

/// What a block may send, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
	/// Number of the relay parent.
	pub relay_parent_number: BlockNumber,
	/// Watermark of the block before; `None` before the first.
	pub hrmp_watermark: Option<BlockNumber>,
	/// What is left for this block: unincluded ones are counted.
	pub limits: BandwidthLimits,
	/// State of the relay parent: unincluded blocks are not counted. How large and how many messages may be is here
	/// (R-UMP-1, R-HRMP-5).
	pub relay_state: RelayState,
	/// On how many channels the block may send: no more are stored ([`Config::MaxChannels`]), and a candidate sends one
	/// message on each (R-HRMP-5). The relay state may have more channels than that.
	pub max_channels: u32,
}

/// Why a block is invalid at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBlock {
	/// It does not say what its relay parent is.
	#[error("a block needs validation data (R-SEG-2)")]
	NoInherent,
	/// It sends more or larger messages than a candidate may.
	#[error(transparent)]
	Outputs(#[from] OutputError),
	/// With what is not included it sends more than the relay chain has room for.
	#[error(transparent)]
	Segment(#[from] SegmentError),
	/// It sends on more channels than can be stored.
	#[error("messages on {got} channels, but at most {max} of one block can be stored")]
	TooManyChannels {
		/// Channels.
		got: usize,
		/// Most that there may be.
		max: u32,
	},
	/// More blocks are unincluded than can be stored. The hook's capacity is held against that when the runtime is tested.
	#[error("{got} unincluded blocks, but at most {max} can be stored")]
	TooManyAncestors {
		/// Blocks.
		got: usize,
		/// Most that there may be.
		max: u32,
	},
	/// The stored segment is none.
	#[error("the stored segment has no sum")]
	CorruptSegment,
}

/// An unincluded block, as it is stored (R-SEG-1). Encoded as [`Ancestor`].
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(MaxChannels))]
#[codec(mel_bound())]
pub struct AncestorRecord<MaxChannels: Get<u32>> {
	/// Upward messages that it sent.
	pub ump_messages_sent: u32,
	/// Their bytes.
	pub ump_bytes_sent: u32,
	/// What it sent on each channel, strictly ascending by recipient.
	pub outbound_hrmp: BoundedVec<(ParaId, OutboundHrmpChannelModification), MaxChannels>,
	/// Hash of its head data; `None` until its child starts.
	pub head: Option<HeadHash>,
	/// The signal that it answered.
	pub go_ahead: Option<UpgradeGoAhead>,
}

/// What the chain keeps between blocks, as it is stored. Encoded as [`SegmentTracker`].
#[derive(
	CloneNoBound,
	DebugNoBound,
	DefaultNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(MaxAncestors, MaxChannels))]
#[codec(mel_bound())]
pub struct SegmentRecord<MaxAncestors: Get<u32>, MaxChannels: Get<u32>> {
	/// Unincluded blocks, oldest first.
	pub ancestors: BoundedVec<AncestorRecord<MaxChannels>, MaxAncestors>,
	/// Watermark of the latest block; `None` before the first.
	pub hrmp_watermark: Option<BlockNumber>,
	/// The latest relay slot in which the chain built, if its hook counts blocks in slots.
	pub relay_slot: Option<RelaySlotInfo>,
	/// Number of the latest block's relay parent; `None` before the first block.
	pub relay_parent: Option<BlockNumber>,
}

impl<A: Get<u32>, C: Get<u32>> SegmentRecord<A, C> {
	/// The same with its sum. `None` if there is none, which no block brings about.
	pub fn into_tracker(self) -> Option<SegmentTracker> {
		let ancestors = self.ancestors.into_iter().map(|record| Ancestor {
			used: UsedBandwidth {
				ump_messages_sent: record.ump_messages_sent,
				ump_bytes_sent: record.ump_bytes_sent,
				outbound_hrmp: record.outbound_hrmp.into_inner(),
			},
			head: record.head,
			go_ahead: record.go_ahead,
		});
		Some(SegmentTracker {
			segment: UnincludedSegment::from_parts(ancestors.collect(), self.hrmp_watermark)?,
			relay_slot: self.relay_slot,
			relay_parent: self.relay_parent,
		})
	}

	/// What is stored of a tracker.
	///
	/// # Errors
	/// [`InvalidBlock::TooManyAncestors`], [`InvalidBlock::TooManyChannels`].
	pub fn from_tracker(tracker: SegmentTracker) -> Result<Self, InvalidBlock> {
		let (ancestors, hrmp_watermark) = tracker.segment.into_parts();
		let records = ancestors
			.into_iter()
			.map(|ancestor| {
				let outbound_hrmp = ancestor
					.used
					.outbound_hrmp
					.try_into()
					.map_err(|channels: Vec<_>| InvalidBlock::TooManyChannels {
						got: channels.len(),
						max: C::get(),
					})?;
				Ok(AncestorRecord {
					ump_messages_sent: ancestor.used.ump_messages_sent,
					ump_bytes_sent: ancestor.used.ump_bytes_sent,
					outbound_hrmp,
					head: ancestor.head,
					go_ahead: ancestor.go_ahead,
				})
			})
			.collect::<Result<Vec<_>, InvalidBlock>>()?;
		Ok(Self {
			ancestors: records
				.try_into()
				.map_err(|records: Vec<_>| InvalidBlock::TooManyAncestors {
					got: records.len(),
					max: A::get(),
				})?,
			hrmp_watermark,
			relay_slot: tracker.relay_slot,
			relay_parent: tracker.relay_parent,
		})
	}
}

/// The relay parent of the block being processed, as far as the end of the block asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RelayParentRecord {
	/// Its number.
	pub number: BlockNumber,
	/// The relay chain's limits.
	pub host: AbridgedHostConfiguration,
	/// Whether an upgrade may not be announced.
	pub restriction: Option<UpgradeRestriction>,
	/// The signal that this block answers.
	pub go_ahead: Option<UpgradeGoAhead>,
	/// Upward messages that may still be queued, unincluded blocks not counted.
	pub ump_remaining: u32,
	/// Bytes of upward messages that may still be queued, unincluded blocks not counted.
	pub ump_remaining_bytes: u32,
	/// The outbound channels, ascending by recipient.
	pub channels_out: BoundedVec<(ParaId, AbridgedHrmpChannel), ConstU32<MAX_HRMP_CHANNELS>>,
}

impl RelayParentRecord {
	/// What is stored of a relay parent's state. `None` for more channels than there can be.
	pub(crate) fn new(
		number: BlockNumber,
		go_ahead: Option<UpgradeGoAhead>,
		state: RelayState,
	) -> Option<Self> {
		Some(Self {
			number,
			host: state.host,
			restriction: state.restriction,
			go_ahead,
			ump_remaining: state.ump_remaining,
			ump_remaining_bytes: state.ump_remaining_bytes,
			channels_out: state.channels_out.try_into().ok()?,
		})
	}

	/// The state, without the parts that only the beginning of a block asks for.
	pub(crate) fn into_state(self) -> RelayState {
		RelayState {
			host: self.host,
			included_head: None,
			slot: None,
			go_ahead: self.go_ahead,
			restriction: self.restriction,
			ump_remaining: self.ump_remaining,
			ump_remaining_bytes: self.ump_remaining_bytes,
			channels_out: self.channels_out.into_inner(),
		}
	}
}
