//! The beginning and the end of a block.

use crate::{
	ports::{BlockOutputs, CodeUpgrades, RelayStateSource},
	types::{
		EvidenceOf, InvalidBlock, Outputs, ParachainInherentData, RelayParentRecord, Room, SegmentRecord,
	},
	weights::WeightInfo,
	Config, CurrentRelayParent, Error, Event, Pallet, StoredSegment, LOG_TARGET,
};
use async_backing_primitives::{
	BlockEnd, BlockStart, HeadHash, SegmentTracker, Slot, UpgradeGoAhead, UsedBandwidth,
};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{Get, TypedGet},
	weights::Weight,
};
use sp_runtime::SaturatedConversion;

/// Fewest bytes that a channel takes of a proof: its value, with the two deposits behind what parachains know.
const CHANNEL_PROOF_SIZE: u32 = 53;

impl<T: Config> Pallet<T> {
	/// Weight of the inherent before it is known what it proves: every byte is taken for part of a channel.
	pub(crate) fn booked_weight(evidence: &EvidenceOf<T>) -> Weight {
		let size: u32 = evidence.encoded_size().saturated_into();
		T::WeightInfo::set_validation_data(T::MaxAncestors::get(), size.div_ceil(CHANNEL_PROOF_SIZE))
	}

	/// Begins the block. Returns the length of the segment before it, and how many channels the relay state has.
	pub(crate) fn do_begin(data: ParachainInherentData<EvidenceOf<T>>) -> Result<(u32, u32), Error<T>> {
		ensure!(!CurrentRelayParent::<T>::exists(), Error::<T>::SecondInherent);
		let validation_data = data.validation_data;
		let parent = HeadHash(frame_system::Pallet::<T>::parent_hash());
		ensure!(
			validation_data.parent_head.hash() == parent,
			Error::<T>::WrongParentHead
		);
		let state = T::RelayState::read(
			T::ParaId::get(),
			validation_data.relay_parent_storage_root,
			&data.relay_state,
		)
		.map_err(|error| {
			log::error!(target: LOG_TARGET, "{error}");
			Error::<T>::InvalidRelayState
		})?;

		let mut tracker = Self::tracker().ok_or(Error::<T>::CorruptSegment)?;
		let weighed = (
			tracker.segment.len(),
			u32::try_from(state.channels_out.len()).unwrap_or(u32::MAX),
		);
		let relay_parent_number = validation_data.relay_parent_number;
		let begun = tracker
			.begin(
				&T::ConsensusHook::get(),
				T::RelayParentNumbers::get(),
				&BlockStart {
					parent,
					relay_parent_number,
					para_slot: T::ParaSlot::get(),
					state: &state,
				},
			)
			.map_err(|error| {
				log::error!(target: LOG_TARGET, "{error}");
				Error::<T>::from(error)
			})?;
		let record = RelayParentRecord::new(relay_parent_number, begun.go_ahead, state)
			.ok_or(Error::<T>::InvalidRelayState)?;
		let segment = SegmentRecord::from_tracker(tracker).map_err(|_| Error::<T>::CorruptSegment)?;

		CurrentRelayParent::<T>::put(record);
		StoredSegment::<T>::put(segment);
		if begun.included > 0 {
			Self::deposit_event(Event::AncestorsIncluded {
				count: begun.included,
			});
		}
		if let Some(signal) = begun.go_ahead {
			Self::answer(signal);
		}
		Ok(weighed)
	}

	/// Acts on the relay chain's answer to an announced upgrade (R-SEG-5). Where nothing was announced there is nothing to
	/// act on: the relay chain's governance may put code in force that the chain knows nothing of.
	fn answer(signal: UpgradeGoAhead) {
		let pending = T::Upgrades::is_pending();
		if pending {
			match signal {
				UpgradeGoAhead::GoAhead => T::Upgrades::apply(),
				UpgradeGoAhead::Abort => T::Upgrades::discard(),
			}
		}
		Self::deposit_event(Event::GoAheadAnswered { signal, pending });
	}

	/// Adds the block to the segment, with what it sends.
	pub(crate) fn do_finalize() -> Result<(), InvalidBlock> {
		Self::do_finalize_with(T::Outputs::take)
	}

	/// The same, with the outputs from anywhere.
	pub(crate) fn do_finalize_with(outputs: impl FnOnce(&Room) -> Outputs) -> Result<(), InvalidBlock> {
		let relay_parent = CurrentRelayParent::<T>::take().ok_or(InvalidBlock::NoInherent)?;
		let mut tracker = Self::tracker().ok_or(InvalidBlock::CorruptSegment)?;
		let outputs = outputs(&Self::room_of(&tracker, relay_parent.clone()));
		let (number, go_ahead) = (relay_parent.number, relay_parent.go_ahead);
		let state = relay_parent.into_state();
		state.check_outputs(&outputs.upward_messages, &outputs.horizontal_messages)?;
		let used = UsedBandwidth::of(&outputs.upward_messages, &outputs.horizontal_messages)?;
		let (got, max) = (used.outbound_hrmp.len(), T::MaxChannels::get());
		ensure!(got <= max as usize, InvalidBlock::TooManyChannels { got, max });
		let end = BlockEnd {
			used,
			hrmp_watermark: outputs.hrmp_watermark.unwrap_or(number),
			go_ahead,
		};
		tracker.end(number, end, &state.limits())?;
		StoredSegment::<T>::put(SegmentRecord::from_tracker(tracker)?);
		Ok(())
	}

	/// What the chain keeps between blocks, with the sum of what is not included. `None` if storage holds none.
	pub fn tracker() -> Option<SegmentTracker> {
		StoredSegment::<T>::get().into_tracker()
	}

	/// What the block being processed may send. `None` before its inherent.
	pub fn room() -> Option<Room> {
		Some(Self::room_of(&Self::tracker()?, CurrentRelayParent::<T>::get()?))
	}

	/// Answers the runtime API of that name (R-HOO-3), in the state of the block that is to be built on: whether a block
	/// may be built on it in `slot`, a slot of the relay chain, when `included` is the head that is included at the relay
	/// parent.
	///
	/// A block does not know its own hash, so this takes one that is included itself for one that is not. A collator that
	/// builds on the included head need not ask: there is always room.
	pub fn can_build_upon(included: HeadHash, slot: Slot) -> bool {
		Self::tracker()
			.is_some_and(|tracker| tracker.can_build_upon(&T::ConsensusHook::get(), included, slot))
	}

	fn room_of(tracker: &SegmentTracker, relay_parent: RelayParentRecord) -> Room {
		let relay_parent_number = relay_parent.number;
		let relay_state = relay_parent.into_state();
		Room {
			relay_parent_number,
			hrmp_watermark: tracker.segment.hrmp_watermark(),
			limits: relay_state.limits().less(tracker.segment.aggregate()),
			max_channels: T::MaxChannels::get().min(relay_state.host.hrmp_max_message_num_per_candidate),
			relay_state,
		}
	}
}
