//! What the admin may do about channels without asking the paras.
//!
//! What opens or closes channels does so when the block ends: until then candidates are judged by what nodes saw at its
//! parent (R-DEF-29).

use crate::{
	Config, Error, Event, HrmpAcceptedRequests, HrmpChannelId, HrmpChannels, HrmpCloseRequests,
	HrmpClosingNow, HrmpEgressChannelsIndex, HrmpIngressChannelsIndex, HrmpOpeningNow, Pallet,
};
use async_backing_primitives::{ports::ActiveConfiguration, HostConfiguration, ParaId};
use frame_support::{dispatch::DispatchResult, ensure, storage::with_storage_layer};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Asks for a channel and accepts it, in the name of both ends and without deposits.
	///
	/// # Errors
	/// Those of [`force_open_hrmp_channel`](Self::force_open_hrmp_channel). Nothing is written then.
	pub(crate) fn do_force_open(
		channel: HrmpChannelId,
		max_capacity: u32,
		max_message_size: u32,
	) -> DispatchResult {
		let config = HostConfiguration {
			hrmp_sender_deposit: 0,
			hrmp_recipient_deposit: 0,
			..T::Configuration::active()
		};
		with_storage_layer(|| {
			Self::drop_request(channel);
			Self::request(channel, max_capacity, max_message_size, &config)?;
			Self::accept(channel, &config)
		})?;
		Self::deposit_event(Event::ChannelForceOpened {
			channel,
			max_capacity,
			max_message_size,
		});
		Ok(())
	}

	/// Has a channel closed when the block ends.
	///
	/// # Errors
	/// Those of [`force_close_channel`](Self::force_close_channel). Nothing is written then.
	pub(crate) fn do_force_close(channel: HrmpChannelId) -> DispatchResult {
		ensure!(
			HrmpChannels::<T>::contains_key(channel),
			Error::<T>::NoSuchChannel
		);
		ensure!(
			!HrmpClosingNow::<T>::get().contains(&channel),
			Error::<T>::AlreadyClosing
		);
		Self::close_with_block([channel])
	}

	/// Has every channel of a para closed when the block ends.
	///
	/// # Errors
	/// Those of [`force_clean_hrmp`](Self::force_clean_hrmp). Nothing is written then.
	pub(crate) fn do_force_clean(para: ParaId, inbound: u32, outbound: u32) -> DispatchResult {
		let senders = HrmpIngressChannelsIndex::<T>::get(para);
		let recipients = HrmpEgressChannelsIndex::<T>::get(para);
		ensure!(
			senders.len() <= inbound as usize && recipients.len() <= outbound as usize,
			Error::<T>::WrongWitness
		);
		let to_it = senders.into_iter().map(|sender| HrmpChannelId {
			sender,
			recipient: para,
		});
		let from_it = recipients.into_iter().map(|recipient| HrmpChannelId {
			sender: para,
			recipient,
		});
		Self::close_with_block(to_it.chain(from_it))
	}

	/// Has the channels of all accepted requests opened when the block ends.
	///
	/// # Errors
	/// [`Error::WrongWitness`]. Nothing is written then.
	pub(crate) fn do_force_process_open(channels: u32) -> DispatchResult {
		let accepted: u32 = HrmpAcceptedRequests::<T>::decode_len()
			.unwrap_or_default()
			.saturated_into();
		ensure!(accepted <= channels, Error::<T>::WrongWitness);
		if accepted > 0 {
			HrmpOpeningNow::<T>::put(accepted);
		}
		Ok(())
	}

	/// Has all channels closed when the block ends for which that was asked.
	///
	/// # Errors
	/// [`Error::WrongWitness`], [`Error::TooManyRequests`]. Nothing is written then.
	pub(crate) fn do_force_process_close(channels: u32) -> DispatchResult {
		let due = HrmpCloseRequests::<T>::get();
		ensure!(due.len() <= channels as usize, Error::<T>::WrongWitness);
		Self::close_with_block(due)
	}

	/// Makes the deposits of a channel those of the configuration.
	///
	/// # Errors
	/// [`Error::NoSuchChannel`], or what the currency says. Nothing is written then.
	pub(crate) fn do_poke_deposits(channel: HrmpChannelId) -> DispatchResult {
		let mut open = HrmpChannels::<T>::get(channel).ok_or(Error::<T>::NoSuchChannel)?;
		let config = T::Configuration::active();
		let (sender_deposit, recipient_deposit) = (config.hrmp_sender_deposit, config.hrmp_recipient_deposit);
		with_storage_layer(|| {
			let missing = |now: u128, before: u128| now.saturating_sub(before);
			Self::hold(channel.sender, missing(sender_deposit, open.sender_deposit))?;
			Self::hold(
				channel.recipient,
				missing(recipient_deposit, open.recipient_deposit),
			)
		})?;
		Self::give_back(
			channel,
			open.sender_deposit.saturating_sub(sender_deposit),
			open.recipient_deposit.saturating_sub(recipient_deposit),
		);
		(open.sender_deposit, open.recipient_deposit) = (sender_deposit, recipient_deposit);
		HrmpChannels::<T>::insert(channel, open);
		Self::deposit_event(Event::DepositsUpdated {
			channel,
			sender_deposit,
			recipient_deposit,
		});
		Ok(())
	}

	/// Has channels closed when the block ends; each once.
	fn close_with_block(channels: impl IntoIterator<Item = HrmpChannelId>) -> DispatchResult {
		let mut closing = HrmpClosingNow::<T>::get();
		for channel in channels {
			if !closing.contains(&channel) {
				closing
					.try_push(channel)
					.map_err(|_| Error::<T>::TooManyRequests)?;
			}
		}
		if !closing.is_empty() {
			HrmpClosingNow::<T>::put(closing);
		}
		Ok(())
	}
}
