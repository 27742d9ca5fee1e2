//! Opening and closing channels.

use crate::{
	Config, Event, HrmpChannel, HrmpChannelId, HrmpChannels, HrmpClosedQueue, HrmpEgressChannelsIndex,
	HrmpEgressRequestsIndex, HrmpInboxes, HrmpIngressChannelsIndex, HrmpIngressRequestsIndex, HrmpRemovals,
	OpenRequest, Pallet, ParaIds, MAX_CHANGES_PER_SESSION,
};
use async_backing_primitives::ParaId;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Opens a channel that is not open, as it was requested. Tells whether there was room in the indices of both ends.
	pub(crate) fn open(channel: HrmpChannelId, request: &OpenRequest) -> bool {
		let HrmpChannelId { sender, recipient } = channel;
		let mut egress = HrmpEgressChannelsIndex::<T>::get(sender);
		let mut ingress = HrmpIngressChannelsIndex::<T>::get(recipient);
		if insert_sorted(&mut egress, recipient).is_none() || insert_sorted(&mut ingress, sender).is_none() {
			return false;
		}
		HrmpEgressChannelsIndex::<T>::insert(sender, egress);
		HrmpIngressChannelsIndex::<T>::insert(recipient, ingress);
		Self::deposit_event(Event::ChannelOpened {
			channel,
			max_capacity: request.max_capacity,
			max_message_size: request.max_message_size,
		});
		HrmpChannels::<T>::insert(
			channel,
			HrmpChannel {
				max_capacity: request.max_capacity,
				max_total_size: request.max_total_size,
				max_message_size: request.max_message_size,
				msg_count: 0,
				total_size: 0,
				mqc_head: None,
				sender_deposit: request.sender_deposit,
				recipient_deposit: request.recipient_deposit,
				first: HrmpClosedQueue::<T>::get().next_number,
			},
		);
		true
	}

	/// Removes a channel, and returns its deposits. Nobody sees its messages any more; they are removed bit by bit. The
	/// digest of the recipient stays: it may name blocks in which nothing waits any more, which is harmless.
	pub(crate) fn close(channel: HrmpChannelId) {
		let Some(closed) = HrmpChannels::<T>::take(channel) else {
			return;
		};
		Self::leave_messages(channel, &closed);
		HrmpEgressChannelsIndex::<T>::mutate_exists(channel.sender, |index| {
			remove_sorted(index, channel.recipient)
		});
		HrmpIngressChannelsIndex::<T>::mutate_exists(channel.recipient, |index| {
			remove_sorted(index, channel.sender)
		});
		Self::forget_closing(channel);
		Self::give_back(channel, closed.sender_deposit, closed.recipient_deposit);
		Self::deposit_event(Event::ChannelClosed { channel });
	}

	/// Whether this session change has time for the channels and requests of a para that is to be removed. The first one
	/// always finds it.
	pub(crate) fn do_has_time_for(para: ParaId) -> bool {
		match HrmpRemovals::<T>::get() {
			0 => true,
			removed => removed.saturating_add(Self::ends_of(para)) <= MAX_CHANGES_PER_SESSION,
		}
	}

	/// How many channels and requests a para is an end of.
	fn ends_of(para: ParaId) -> u32 {
		[
			HrmpIngressChannelsIndex::<T>::decode_len(para),
			HrmpEgressChannelsIndex::<T>::decode_len(para),
			HrmpIngressRequestsIndex::<T>::decode_len(para),
			HrmpEgressRequestsIndex::<T>::decode_len(para),
		]
		.into_iter()
		.flatten()
		.fold(0, |sum, len| sum.saturating_add(len.saturated_into()))
	}

	/// Closes every channel of a para, drops its requests and forgets what is kept for it. Touches what is its own and no
	/// more: at most [`MAX_HRMP_CHANNELS`](async_backing_primitives::MAX_HRMP_CHANNELS) channels each way, and as many
	/// requests.
	pub(crate) fn do_remove(para: ParaId) {
		let ends = Self::ends_of(para);
		if ends > 0 {
			HrmpRemovals::<T>::mutate(|removed| *removed = removed.saturating_add(ends));
		}
		Self::drop_requests_of(para);
		for sender in HrmpIngressChannelsIndex::<T>::take(para) {
			Self::close(HrmpChannelId {
				sender,
				recipient: para,
			});
		}
		for recipient in HrmpEgressChannelsIndex::<T>::take(para) {
			Self::close(HrmpChannelId {
				sender: para,
				recipient,
			});
		}
		HrmpInboxes::<T>::remove(para);
	}
}

/// Inserts a para that is not in the index yet, unless the index is full.
pub(crate) fn insert_sorted(index: &mut ParaIds, para: ParaId) -> Option<()> {
	let position = index.partition_point(|other| *other < para);
	index.try_insert(position, para).ok()
}

/// Removes a para, and the index with the last.
pub(crate) fn remove_sorted(index: &mut Option<ParaIds>, para: ParaId) {
	let Some(paras) = index else { return };
	paras.retain(|other| *other != para);
	if paras.is_empty() {
		*index = None;
	}
}
