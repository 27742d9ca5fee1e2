//! Opening and closing channels.

use crate::{
	Config, Error, Event, HrmpChannel, HrmpChannelContents, HrmpChannelId, HrmpChannels,
	HrmpEgressChannelsIndex, HrmpInboxes, HrmpIngressChannelsIndex, Pallet,
};
use async_backing_primitives::{ports::ActiveConfiguration, ParaId, MAX_HRMP_CHANNELS};
use frame_support::{dispatch::DispatchResult, ensure, traits::ConstU32, BoundedVec};

impl<T: Config> Pallet<T> {
	/// Opens a channel.
	///
	/// # Errors
	/// All variants of [`Error`] but the two about closing. Nothing is written then.
	pub(crate) fn do_open(
		channel: HrmpChannelId,
		max_capacity: u32,
		max_message_size: u32,
	) -> DispatchResult {
		let config = T::Configuration::active();
		Self::ensure_may_open(channel, max_capacity, max_message_size, &config)?;
		let outbound = HrmpEgressChannelsIndex::<T>::decode_len(channel.sender).unwrap_or(0);
		ensure!(
			outbound < config.hrmp_max_parachain_outbound_channels as usize,
			Error::<T>::TooManyOutboundChannels
		);
		let inbound = HrmpIngressChannelsIndex::<T>::decode_len(channel.recipient).unwrap_or(0);
		ensure!(
			inbound < config.hrmp_max_parachain_inbound_channels as usize,
			Error::<T>::TooManyInboundChannels
		);
		let open = HrmpChannel {
			max_capacity,
			max_total_size: config.hrmp_channel_max_total_size,
			max_message_size,
			msg_count: 0,
			total_size: 0,
			mqc_head: None,
			sender_deposit: 0,
			recipient_deposit: 0,
			first: 0,
		};
		ensure!(Self::open(channel, open), Error::<T>::TooManyOutboundChannels);
		// A request for what is open now has nothing to ask for.
		Self::drop_request(channel);
		Ok(())
	}

	/// Stores a channel that is not open. Tells whether there was room in the indices of both ends.
	pub(crate) fn open(channel: HrmpChannelId, open: HrmpChannel) -> bool {
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
			max_capacity: open.max_capacity,
			max_message_size: open.max_message_size,
		});
		HrmpChannels::<T>::insert(channel, open);
		true
	}

	/// Closes a channel in which at most `witness` messages wait.
	///
	/// # Errors
	/// [`Error::NoSuchChannel`], [`Error::WrongWitness`]. Nothing is written then.
	pub(crate) fn do_close(channel: HrmpChannelId, witness: u32) -> DispatchResult {
		let waiting = HrmpChannels::<T>::get(channel)
			.ok_or(Error::<T>::NoSuchChannel)?
			.msg_count;
		ensure!(waiting <= witness, Error::<T>::WrongWitness);
		Self::close(channel);
		Ok(())
	}

	/// Removes a channel with its messages, and returns its deposits. The digest of the recipient stays: it may name
	/// blocks in which nothing waits any more, which is harmless.
	pub(crate) fn close(channel: HrmpChannelId) {
		let Some(closed) = HrmpChannels::<T>::take(channel) else {
			return;
		};
		for offset in 0..u64::from(closed.msg_count) {
			HrmpChannelContents::<T>::remove(channel, closed.first.saturating_add(offset));
		}
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

	/// Closes every channel of a para, drops its requests and forgets what is kept for it.
	pub(crate) fn do_remove(para: ParaId) {
		Self::drop_requests_of(para);
		for sender in HrmpIngressChannelsIndex::<T>::get(para) {
			Self::close(HrmpChannelId {
				sender,
				recipient: para,
			});
		}
		for recipient in HrmpEgressChannelsIndex::<T>::get(para) {
			Self::close(HrmpChannelId {
				sender: para,
				recipient,
			});
		}
		HrmpInboxes::<T>::remove(para);
	}
}

type Index = BoundedVec<ParaId, ConstU32<MAX_HRMP_CHANNELS>>;

/// Inserts a para that is not in the index yet, unless the index is full.
fn insert_sorted(index: &mut Index, para: ParaId) -> Option<()> {
	let position = index.partition_point(|other| *other < para);
	index.try_insert(position, para).ok()
}

/// Removes a para, and the index with the last.
fn remove_sorted(index: &mut Option<Index>, para: ParaId) {
	let Some(paras) = index else { return };
	paras.retain(|other| *other != para);
	if paras.is_empty() {
		*index = None;
	}
}
