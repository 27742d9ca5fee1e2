//! The ports that this pallet answers.

use crate::{Config, HrmpChannelId, HrmpChannels, HrmpEgressChannelsIndex, Pallet};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{
		HorizontalChannels, OnParaRemoved, OnSessionChange, OutboundChannel, SessionChange, WaitingMessages,
	},
	BlockNumber, OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId,
};

impl<T: Config> HorizontalChannels for Pallet<T> {
	fn valid_watermarks(para: ParaId) -> Vec<BlockNumber> {
		Self::do_valid_watermarks(para)
	}

	fn recipients(sender: ParaId) -> Vec<ParaId> {
		HrmpEgressChannelsIndex::<T>::get(sender).into_inner()
	}

	fn outbound_channel(sender: ParaId, recipient: ParaId) -> Option<OutboundChannel> {
		let channel = HrmpChannels::<T>::get(HrmpChannelId { sender, recipient })?;
		Some(OutboundChannel {
			limitations: OutboundHrmpChannelLimitations {
				bytes_remaining: channel.max_total_size.saturating_sub(channel.total_size),
				messages_remaining: channel.max_capacity.saturating_sub(channel.msg_count),
			},
			max_message_size: channel.max_message_size,
		})
	}

	fn received(recipient: ParaId) -> Vec<(BlockNumber, u32)> {
		Self::do_received(recipient)
	}

	/// A read, and another if messages wait.
	fn waiting(recipient: ParaId, watermark: BlockNumber) -> WaitingMessages {
		Self::do_waiting(recipient, watermark)
	}

	/// A read if there is nothing to remove and the watermark stays at the relay parent.
	fn prune(recipient: ParaId, watermark: BlockNumber, relay_parent_number: BlockNumber) {
		Self::do_prune(recipient, watermark, relay_parent_number);
	}

	fn enqueue(sender: ParaId, messages: Vec<OutboundHrmpMessage>, now: BlockNumber) {
		for message in messages {
			Self::do_enqueue(sender, message, now);
		}
	}
}

impl<T: Config> OnSessionChange for Pallet<T> {
	fn on_session_change(_: &SessionChange) {
		Self::do_session_change();
	}
}

impl<T: Config> OnParaRemoved for Pallet<T> {
	fn has_time_for(para: ParaId) -> bool {
		Self::do_has_time_for(para)
	}

	fn on_para_removed(para: ParaId) {
		Self::do_remove(para);
	}
}
