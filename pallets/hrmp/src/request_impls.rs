//! What paras ask of one another: channels, and their end. Both take effect when a session begins, so that nobody's
//! constraints change within one (R-ABP-9).

use crate::{
	channel_impls::{insert_sorted as insert_para, remove_sorted as remove_para},
	ChannelIds, Config, Error, Event, HoldReason, HrmpAcceptedChannelRequestCount, HrmpAcceptedRequests,
	HrmpChannelId, HrmpChannels, HrmpCloseRequests, HrmpEgressChannelsIndex, HrmpEgressRequestsIndex,
	HrmpIngressChannelsIndex, HrmpIngressRequestsIndex, HrmpOpenChannelRequestCount, HrmpOpenChannelRequests,
	HrmpRemovals, OpenRequest, Pallet, MAX_CHANGES_PER_SESSION, MAX_REQUESTS,
};
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	HostConfiguration, ParaId, MAX_HRMP_CHANNEL_CAPACITY,
};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	storage::StorageMap,
	traits::{fungible::hold::Mutate, tokens::Precision::BestEffort},
};
use sp_runtime::traits::Convert;

impl<T: Config> Pallet<T> {
	/// Asks for a channel in the name of its sender.
	///
	/// # Errors
	/// Those of [`init_open_channel`](Self::init_open_channel). Nothing is written then.
	pub(crate) fn do_request(
		channel: HrmpChannelId,
		max_capacity: u32,
		max_message_size: u32,
	) -> DispatchResult {
		Self::request(
			channel,
			max_capacity,
			max_message_size,
			&T::Configuration::active(),
		)?;
		Self::deposit_event(Event::ChannelRequested {
			channel,
			max_capacity,
			max_message_size,
		});
		Ok(())
	}

	/// As [`do_request`](Self::do_request), under these limits and for this deposit.
	pub(crate) fn request(
		channel: HrmpChannelId,
		max_capacity: u32,
		max_message_size: u32,
		config: &HostConfiguration,
	) -> DispatchResult {
		Self::ensure_may_open(channel, max_capacity, max_message_size, config)?;
		ensure!(
			!HrmpOpenChannelRequests::<T>::contains_key(channel),
			Error::<T>::AlreadyRequested
		);
		ensure!(
			HrmpOpenChannelRequests::<T>::count() < MAX_REQUESTS,
			Error::<T>::TooManyRequests
		);
		let open = HrmpEgressChannelsIndex::<T>::decode_len(channel.sender).unwrap_or(0);
		let requested = HrmpOpenChannelRequestCount::<T>::get(channel.sender);
		let outbound = requested.saturating_add(count(open));
		ensure!(
			outbound < config.hrmp_max_parachain_outbound_channels,
			Error::<T>::TooManyOutboundChannels
		);
		let HrmpChannelId { sender, recipient } = channel;
		let mut asked = HrmpEgressRequestsIndex::<T>::get(sender);
		let mut asked_by = HrmpIngressRequestsIndex::<T>::get(recipient);
		insert_para(&mut asked, recipient).ok_or(Error::<T>::TooManyRequests)?;
		insert_para(&mut asked_by, sender).ok_or(Error::<T>::TooManyRequests)?;
		Self::hold(sender, config.hrmp_sender_deposit)?;
		HrmpEgressRequestsIndex::<T>::insert(sender, asked);
		HrmpIngressRequestsIndex::<T>::insert(recipient, asked_by);
		HrmpOpenChannelRequests::<T>::insert(
			channel,
			OpenRequest {
				is_accepted: false,
				max_capacity,
				max_total_size: config.hrmp_channel_max_total_size,
				max_message_size,
				sender_deposit: config.hrmp_sender_deposit,
				recipient_deposit: 0,
			},
		);
		HrmpOpenChannelRequestCount::<T>::insert(sender, requested.saturating_add(1));
		Ok(())
	}

	/// What every channel has to satisfy, whoever opens it.
	///
	/// # Errors
	/// [`Error::ToSelf`], [`Error::UnknownPara`], [`Error::AlreadyOpen`], [`Error::BadCapacity`],
	/// [`Error::BadMessageSize`].
	pub(crate) fn ensure_may_open(
		channel: HrmpChannelId,
		max_capacity: u32,
		max_message_size: u32,
		config: &HostConfiguration,
	) -> Result<(), Error<T>> {
		ensure!(channel.sender != channel.recipient, Error::<T>::ToSelf);
		ensure!(Self::ends_exist(channel), Error::<T>::UnknownPara);
		ensure!(!HrmpChannels::<T>::contains_key(channel), Error::<T>::AlreadyOpen);
		let capacity = config.hrmp_channel_max_capacity.min(MAX_HRMP_CHANNEL_CAPACITY);
		ensure!((1..=capacity).contains(&max_capacity), Error::<T>::BadCapacity);
		ensure!(
			(1..=config.hrmp_channel_max_message_size).contains(&max_message_size),
			Error::<T>::BadMessageSize
		);
		Ok(())
	}

	fn ends_exist(channel: HrmpChannelId) -> bool {
		[channel.sender, channel.recipient]
			.into_iter()
			.all(|para| T::Paras::current_code_hash(para).is_some())
	}

	/// Accepts a request in the name of its recipient.
	///
	/// # Errors
	/// Those of [`accept_open_channel`](Self::accept_open_channel). Nothing is written then.
	pub(crate) fn do_accept(channel: HrmpChannelId) -> DispatchResult {
		Self::accept(channel, &T::Configuration::active())?;
		Self::deposit_event(Event::RequestAccepted { channel });
		Ok(())
	}

	/// As [`do_accept`](Self::do_accept), under these limits and for this deposit.
	pub(crate) fn accept(channel: HrmpChannelId, config: &HostConfiguration) -> DispatchResult {
		let mut request = HrmpOpenChannelRequests::<T>::get(channel).ok_or(Error::<T>::NoSuchRequest)?;
		ensure!(!request.is_accepted, Error::<T>::AlreadyAccepted);
		let open = HrmpIngressChannelsIndex::<T>::decode_len(channel.recipient).unwrap_or(0);
		let accepted = HrmpAcceptedChannelRequestCount::<T>::get(channel.recipient);
		let inbound = accepted.saturating_add(count(open));
		ensure!(
			inbound < config.hrmp_max_parachain_inbound_channels,
			Error::<T>::TooManyInboundChannels
		);
		let mut due = HrmpAcceptedRequests::<T>::get();
		due.try_push(channel).map_err(|_| Error::<T>::TooManyRequests)?;
		Self::hold(channel.recipient, config.hrmp_recipient_deposit)?;
		request.is_accepted = true;
		request.recipient_deposit = config.hrmp_recipient_deposit;
		HrmpAcceptedRequests::<T>::put(due);
		HrmpOpenChannelRequests::<T>::insert(channel, request);
		HrmpAcceptedChannelRequestCount::<T>::insert(channel.recipient, accepted.saturating_add(1));
		Ok(())
	}

	/// Withdraws a request in the name of one of its ends.
	///
	/// # Errors
	/// Those of [`cancel_open_request`](Self::cancel_open_request). Nothing is written then.
	pub(crate) fn do_cancel(channel: HrmpChannelId, by: ParaId) -> DispatchResult {
		ensure!(channel.has_end(by), Error::<T>::NotAnEnd);
		let request = HrmpOpenChannelRequests::<T>::get(channel).ok_or(Error::<T>::NoSuchRequest)?;
		ensure!(!request.is_accepted, Error::<T>::AlreadyAccepted);
		Self::drop_request(channel);
		Ok(())
	}

	/// Asks for the end of a channel in the name of one of its ends.
	///
	/// # Errors
	/// Those of [`close_channel`](Self::close_channel). Nothing is written then.
	pub(crate) fn do_request_closing(channel: HrmpChannelId, by: ParaId) -> DispatchResult {
		ensure!(channel.has_end(by), Error::<T>::NotAnEnd);
		ensure!(
			HrmpChannels::<T>::contains_key(channel),
			Error::<T>::NoSuchChannel
		);
		let mut due = HrmpCloseRequests::<T>::get();
		ensure!(!due.contains(&channel), Error::<T>::AlreadyClosing);
		due.try_push(channel).map_err(|_| Error::<T>::TooManyRequests)?;
		HrmpCloseRequests::<T>::put(due);
		Self::deposit_event(Event::ClosingRequested { channel, by });
		Ok(())
	}

	/// Opens what was accepted and closes what was asked to be closed, in the order in which that was done and so many of
	/// each at most. The rest waits for the next session.
	pub(crate) fn do_session_change() {
		HrmpRemovals::<T>::kill();
		Self::open_accepted(MAX_CHANGES_PER_SESSION);
		let mut due = HrmpCloseRequests::<T>::take().into_inner();
		let rest = due.split_off(due.len().min(MAX_CHANGES_PER_SESSION as usize));
		due.into_iter().for_each(Self::close);
		if !rest.is_empty() {
			HrmpCloseRequests::<T>::put(ChannelIds::truncate_from(rest));
		}
	}

	/// Opens the channels of so many accepted requests, the oldest first.
	pub(crate) fn open_accepted(count: u32) {
		let mut due = HrmpAcceptedRequests::<T>::take().into_inner();
		let rest = due.split_off(due.len().min(count as usize));
		for channel in due {
			// A request goes with each of its ends, so this one has both.
			let Some(request) = Self::forget_request(channel) else {
				continue;
			};
			let may_open = !HrmpChannels::<T>::contains_key(channel) && Self::ends_exist(channel);
			if !may_open || !Self::open(channel, &request) {
				Self::give_back(channel, request.sender_deposit, request.recipient_deposit);
				Self::deposit_event(Event::RequestCancelled { channel });
			}
		}
		if !rest.is_empty() {
			HrmpAcceptedRequests::<T>::put(ChannelIds::truncate_from(rest));
		}
	}

	/// Drops a request, and returns its deposits.
	pub(crate) fn drop_request(channel: HrmpChannelId) {
		if let Some(request) = Self::forget_request(channel) {
			Self::give_back(channel, request.sender_deposit, request.recipient_deposit);
			Self::deposit_event(Event::RequestCancelled { channel });
		}
	}

	/// Drops all requests that a para is an end of.
	pub(crate) fn drop_requests_of(para: ParaId) {
		for recipient in HrmpEgressRequestsIndex::<T>::take(para) {
			Self::drop_request(HrmpChannelId {
				sender: para,
				recipient,
			});
		}
		for sender in HrmpIngressRequestsIndex::<T>::take(para) {
			Self::drop_request(HrmpChannelId {
				sender,
				recipient: para,
			});
		}
	}

	/// Takes a request out of storage, of both indices and of all counts.
	fn forget_request(channel: HrmpChannelId) -> Option<OpenRequest> {
		let request = HrmpOpenChannelRequests::<T>::take(channel)?;
		let HrmpChannelId { sender, recipient } = channel;
		HrmpEgressRequestsIndex::<T>::mutate_exists(sender, |index| remove_para(index, recipient));
		HrmpIngressRequestsIndex::<T>::mutate_exists(recipient, |index| remove_para(index, sender));
		decrease::<HrmpOpenChannelRequestCount<T>>(sender);
		if request.is_accepted {
			decrease::<HrmpAcceptedChannelRequestCount<T>>(recipient);
			HrmpAcceptedRequests::<T>::mutate_exists(|due| remove(due, channel));
		}
		Some(request)
	}

	/// Forgets that a channel was to be closed.
	pub(crate) fn forget_closing(channel: HrmpChannelId) {
		if HrmpCloseRequests::<T>::get().contains(&channel) {
			HrmpCloseRequests::<T>::mutate_exists(|due| remove(due, channel));
		}
	}

	/// Holds a deposit of a para's account.
	pub(crate) fn hold(para: ParaId, amount: u128) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		let account = T::SovereignAccountOf::convert(para);
		T::Currency::hold(&HoldReason::ChannelDeposit.into(), &account, amount)
	}

	/// Returns the deposits of a channel or a request.
	pub(crate) fn give_back(channel: HrmpChannelId, of_sender: u128, of_recipient: u128) {
		for (para, amount) in [(channel.sender, of_sender), (channel.recipient, of_recipient)] {
			if amount > 0 {
				let account = T::SovereignAccountOf::convert(para);
				// Where somebody else took from what was held, what is left goes back.
				let _ =
					T::Currency::release(&HoldReason::ChannelDeposit.into(), &account, amount, BestEffort);
			}
		}
	}
}

impl HrmpChannelId {
	/// Whether the para is one of the ends.
	pub fn has_end(&self, para: ParaId) -> bool {
		[self.sender, self.recipient].contains(&para)
	}
}

/// Counts one less, and removes a count of zero.
fn decrease<Count: StorageMap<ParaId, u32, Query = u32>>(para: ParaId) {
	match Count::get(para) {
		0 | 1 => Count::remove(para),
		more => Count::insert(para, more.saturating_sub(1)),
	}
}

/// Removes a channel from a list, and the list with the last.
fn remove(due: &mut Option<ChannelIds>, channel: HrmpChannelId) {
	let Some(channels) = due else { return };
	channels.retain(|other| *other != channel);
	if channels.is_empty() {
		*due = None;
	}
}

fn count(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}
