//! Opening and closing channels.

use crate::{
	Config, Error, Event, HrmpChannel, HrmpChannelContents, HrmpChannelDigests, HrmpChannelId, HrmpChannels,
	HrmpEgressChannelsIndex, HrmpIngressChannelsIndex, HrmpWatermarks, Pallet,
};
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	ParaId, MAX_HRMP_CHANNELS,
};
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
		let HrmpChannelId { sender, recipient } = channel;
		let config = T::Configuration::active();
		ensure!(sender != recipient, Error::<T>::ToSelf);
		for para in [sender, recipient] {
			ensure!(
				T::Paras::current_code_hash(para).is_some(),
				Error::<T>::UnknownPara
			);
		}
		ensure!(!HrmpChannels::<T>::contains_key(channel), Error::<T>::AlreadyOpen);
		ensure!(
			(1..=config.hrmp_channel_max_capacity).contains(&max_capacity),
			Error::<T>::BadCapacity
		);
		ensure!(
			(1..=config.hrmp_channel_max_message_size).contains(&max_message_size),
			Error::<T>::BadMessageSize
		);
		let mut egress = HrmpEgressChannelsIndex::<T>::get(sender);
		let outbound = config.hrmp_max_parachain_outbound_channels;
		insert_sorted(&mut egress, recipient, outbound).ok_or(Error::<T>::TooManyOutboundChannels)?;
		let mut ingress = HrmpIngressChannelsIndex::<T>::get(recipient);
		let inbound = config.hrmp_max_parachain_inbound_channels;
		insert_sorted(&mut ingress, sender, inbound).ok_or(Error::<T>::TooManyInboundChannels)?;

		HrmpEgressChannelsIndex::<T>::insert(sender, egress);
		HrmpIngressChannelsIndex::<T>::insert(recipient, ingress);
		HrmpChannels::<T>::insert(
			channel,
			HrmpChannel {
				max_capacity,
				max_total_size: config.hrmp_channel_max_total_size,
				max_message_size,
				msg_count: 0,
				total_size: 0,
				mqc_head: None,
				sender_deposit: 0,
				recipient_deposit: 0,
				first: 0,
			},
		);
		Self::deposit_event(Event::ChannelOpened {
			channel,
			max_capacity,
			max_message_size,
		});
		Ok(())
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

	/// Removes a channel with its messages. The digest of the recipient stays: it may name blocks in which nothing
	/// waits any more, which is harmless.
	fn close(channel: HrmpChannelId) {
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
		Self::deposit_event(Event::ChannelClosed { channel });
	}

	/// Closes every channel of a para and forgets what is kept for it.
	pub(crate) fn do_remove(para: ParaId) {
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
		HrmpChannelDigests::<T>::remove(para);
		HrmpWatermarks::<T>::remove(para);
	}
}

type Index = BoundedVec<ParaId, ConstU32<MAX_HRMP_CHANNELS>>;

/// Inserts a para that is not in the index yet, unless the index is at its limit.
fn insert_sorted(index: &mut Index, para: ParaId, limit: u32) -> Option<()> {
	if index.len() >= limit as usize {
		return None;
	}
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
