//! How a parachain paces its blocks (PROTOCOL.md, section 13.4).

use crate::{HeadHash, Slot};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::num::NonZeroU32;
use scale_info::TypeInfo;
use thiserror::Error;

/// What a hook is told of a block, when the state of its relay parent is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookBlock {
	/// Head hash of the parent.
	pub parent: HeadHash,
	/// The included head at the relay parent, if the proof has it.
	pub included: Option<HeadHash>,
	/// Slot of the relay parent, if the proof has it.
	pub relay_slot: Option<Slot>,
	/// The latest relay slot in which the chain built.
	pub latest: Option<RelaySlotInfo>,
	/// Slot of the block, on chains that have slots.
	pub para_slot: Option<Slot>,
}

/// What a hook says of a block that it does not refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookVerdict {
	/// Most blocks that may be unincluded, with this one.
	pub capacity: NonZeroU32,
	/// The included head: that of the proof, or what the hook takes for it.
	pub included: HeadHash,
	/// What [`HookBlock::latest`] becomes.
	pub relay_slot: Option<RelaySlotInfo>,
}

/// How many blocks the chain built in a slot of the relay chain.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RelaySlotInfo {
	/// Slot of the relay parents.
	pub slot: Slot,
	/// Blocks with such a relay parent.
	pub authored: u32,
}

/// Why a hook refuses a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HookError {
	/// The proof does not have the included head.
	#[error("the relay state has no included head of this para (R-SEG-2)")]
	NoIncludedHead,
	/// The parent has to be included, and is not.
	#[error("the parent {parent} is not included, {included} is (R-HOO-1)")]
	ParentNotIncluded {
		/// Head hash of the parent.
		parent: HeadHash,
		/// The included head.
		included: HeadHash,
	},
	/// The proof does not have the relay chain's slot.
	#[error("the relay state has no slot (R-HOO-2)")]
	NoRelaySlot,
	/// The relay parent is of an older slot than the parent block's.
	#[error("the relay slot moves back from {latest} to {slot} (R-HOO-2)")]
	RelaySlotMovedBack {
		/// Slot of the parent block's relay parent.
		latest: Slot,
		/// Slot of the relay parent.
		slot: Slot,
	},
	/// As many blocks have been built in the slot as may be.
	#[error("{authored} blocks were built in relay slot {slot}, and no more than {max} may be (R-HOO-2)")]
	TooManyInSlot {
		/// The relay slot.
		slot: Slot,
		/// Blocks in it, without this one.
		authored: u32,
		/// Most there may be.
		max: u32,
	},
	/// The block has no slot, or not that of its relay parent.
	#[error("the block is of slot {actual:?}, but its relay parent of {expected} (R-HOO-2)")]
	WrongParaSlot {
		/// Slot that follows from the relay parent.
		expected: Slot,
		/// Slot of the block.
		actual: Option<Slot>,
	},
	/// A hook of the chain's own says why.
	#[error("{0}")]
	Other(&'static str),
}

/// The rule of a parachain about its own pace (R-HOO-1). The chain asks it in each block; collators ask it before.
pub trait ConsensusHook {
	/// Judges a block by the state of its relay parent, and says how many blocks may be unincluded.
	///
	/// # Errors
	/// [`HookError`] if the block may not be.
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError>;

	/// Most that a verdict's capacity can be: what the chain's storage must hold.
	fn max_capacity(&self) -> NonZeroU32;

	/// Whether a block may be built in `slot`, a slot of the relay chain, on a chain with so many `unincluded` blocks
	/// whose latest relay slot is `latest` (R-HOO-3).
	fn can_build_upon(&self, unincluded: u32, latest: Option<RelaySlotInfo>, slot: Slot) -> bool;
}

/// The parent has to be included (R-HOO-1): synchronous backing. Where the proof has no included head, it is taken for
/// included, so that collators which do not prove it can go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectParentIncluded;

impl ConsensusHook for ExpectParentIncluded {
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError> {
		let parent = block.parent;
		match block.included {
			Some(included) if included != parent => Err(HookError::ParentNotIncluded { parent, included }),
			_ => Ok(HookVerdict {
				capacity: NonZeroU32::MIN,
				included: parent,
				relay_slot: block.latest,
			}),
		}
	}

	fn max_capacity(&self) -> NonZeroU32 {
		NonZeroU32::MIN
	}

	fn can_build_upon(&self, unincluded: u32, _: Option<RelaySlotInfo>, _: Slot) -> bool {
		unincluded == 0
	}
}

/// So many blocks may be unincluded, whenever they are built (R-HOO-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedCapacity(pub NonZeroU32);

impl ConsensusHook for FixedCapacity {
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError> {
		Ok(HookVerdict {
			capacity: self.0,
			included: block.included.ok_or(HookError::NoIncludedHead)?,
			relay_slot: block.latest,
		})
	}

	fn max_capacity(&self) -> NonZeroU32 {
		self.0
	}

	fn can_build_upon(&self, unincluded: u32, _: Option<RelaySlotInfo>, _: Slot) -> bool {
		unincluded < self.0.get()
	}
}

/// At most `velocity` blocks per relay slot, and one more that fills the segment; at most `capacity` unincluded ones
/// (R-HOO-2).
///
/// ```
/// use async_backing_primitives::{ConsensusHook, FixedVelocity, RelaySlotInfo};
///
/// let hook = FixedVelocity { velocity: 1, capacity: 3 };
/// assert!(hook.can_build_upon(1, Some(RelaySlotInfo { slot: 5, authored: 1 }), 5));
/// assert!(!hook.can_build_upon(2, Some(RelaySlotInfo { slot: 5, authored: 2 }), 5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedVelocity {
	/// Blocks per relay slot. The chain takes one more: after a gap, that fills the segment again. Zero counts as one.
	pub velocity: u32,
	/// Most unincluded blocks, the new one among them (R-SEG-2). Zero counts as one (R-HOO-1).
	pub capacity: u32,
}

impl FixedVelocity {
	/// Most blocks in a relay slot.
	const fn max_in_slot(&self) -> u32 {
		let velocity = if self.velocity == 0 { 1 } else { self.velocity };
		velocity.saturating_add(1)
	}
}

impl ConsensusHook for FixedVelocity {
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError> {
		let slot = block.relay_slot.ok_or(HookError::NoRelaySlot)?;
		let authored = match block.latest {
			Some(RelaySlotInfo { slot: latest, .. }) if latest > slot => {
				return Err(HookError::RelaySlotMovedBack { latest, slot });
			}
			Some(latest) if latest.slot == slot => latest.authored,
			_ => 0,
		};
		let max = self.max_in_slot();
		if authored >= max {
			return Err(HookError::TooManyInSlot { slot, authored, max });
		}
		Ok(HookVerdict {
			capacity: self.max_capacity(),
			included: block.included.ok_or(HookError::NoIncludedHead)?,
			relay_slot: Some(RelaySlotInfo {
				slot,
				authored: authored.saturating_add(1),
			}),
		})
	}

	fn max_capacity(&self) -> NonZeroU32 {
		NonZeroU32::new(self.capacity).unwrap_or(NonZeroU32::MIN)
	}

	fn can_build_upon(&self, unincluded: u32, latest: Option<RelaySlotInfo>, slot: Slot) -> bool {
		// Also before the first slot is known: a full segment takes no block then either.
		if unincluded >= self.max_capacity().get() {
			return false;
		}
		match latest {
			Some(latest) if latest.slot == slot => latest.authored < self.max_in_slot(),
			Some(latest) => slot > latest.slot,
			None => true,
		}
	}
}

/// A hook of a chain that has slots of its own: each block is of the slot in which its relay parent is (R-HOO-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InParaSlots<H> {
	/// What else is asked of a block.
	pub hook: H,
	/// Length of a relay slot, in milliseconds.
	pub relay_slot_duration: u64,
	/// Length of a slot of the parachain, in milliseconds. Zero counts as one.
	pub para_slot_duration: u64,
}

impl<H> InParaSlots<H> {
	/// The parachain's slot while the relay chain is in `slot`: relay time by length, rounded down.
	pub const fn para_slot(&self, slot: Slot) -> Slot {
		let time = slot.saturating_mul(self.relay_slot_duration);
		let duration = if self.para_slot_duration == 0 {
			1
		} else {
			self.para_slot_duration
		};
		time / duration
	}
}

impl<H: ConsensusHook> ConsensusHook for InParaSlots<H> {
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError> {
		let verdict = self.hook.on_relay_state(block)?;
		let expected = self.para_slot(block.relay_slot.ok_or(HookError::NoRelaySlot)?);
		match block.para_slot {
			Some(actual) if actual == expected => Ok(verdict),
			actual => Err(HookError::WrongParaSlot { expected, actual }),
		}
	}

	fn max_capacity(&self) -> NonZeroU32 {
		self.hook.max_capacity()
	}

	fn can_build_upon(&self, unincluded: u32, latest: Option<RelaySlotInfo>, slot: Slot) -> bool {
		self.hook.can_build_upon(unincluded, latest, slot)
	}
}
