//! What paras ask of one another: channels, and their end. Both take effect when a session begins, so that nobody's
//! constraints change within one (R-ABP-9).

use crate::{
	ChannelIds, Config, Error, Event, HoldReason, HrmpAcceptedChannelRequestCount, HrmpAcceptedRequests,
	HrmpChannel, HrmpChannelId, HrmpChannels, HrmpCloseRequests, HrmpEgressChannelsIndex,
	HrmpIngressChannelsIndex, HrmpOpenChannelRequestCount, HrmpOpenChannelRequests, OpenRequest, Pallet,
	MAX_REQUESTS,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{ActiveConfiguration, ParaState},
	HostConfiguration, ParaId,
};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	storage::StorageMap,
	traits::{
		fungible::hold::Mutate,
		tokens::Precision::{BestEffort, Exact},
	},
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
		let config = T::Configuration::active();
		Self::ensure_may_open(channel, max_capacity, max_message_size, &config)?;
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
		Self::hold(channel.sender, config.hrmp_sender_deposit)?;
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
		HrmpOpenChannelRequestCount::<T>::insert(channel.sender, requested.saturating_add(1));
		Self::deposit_event(Event::ChannelRequested {
			channel,
			max_capacity,
			max_message_size,
		});
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
		ensure!(
			(1..=config.hrmp_channel_max_capacity).contains(&max_capacity),
			Error::<T>::BadCapacity
		);
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
		let mut request = HrmpOpenChannelRequests::<T>::get(channel).ok_or(Error::<T>::NoSuchRequest)?;
		ensure!(!request.is_accepted, Error::<T>::AlreadyAccepted);
		let config = T::Configuration::active();
		let open = HrmpIngressChannelsIndex::<T>::decode_len(channel.recipient).unwrap_or(0);
		let accepted = HrmpAcceptedChannelRequestCount::<T>::get(channel.recipient);
		let inbound = accepted.saturating_add(count(open));
		ensure!(
			inbound < config.hrmp_max_parachain_inbound_channels,
			Error::<T>::TooManyInboundChannels
		);
		let mut due = HrmpAcceptedRequests::<T>::get();
		insert_sorted(&mut due, channel).ok_or(Error::<T>::TooManyRequests)?;
		Self::hold(channel.recipient, config.hrmp_recipient_deposit)?;
		request.is_accepted = true;
		request.recipient_deposit = config.hrmp_recipient_deposit;
		HrmpAcceptedRequests::<T>::put(due);
		HrmpOpenChannelRequests::<T>::insert(channel, request);
		HrmpAcceptedChannelRequestCount::<T>::insert(channel.recipient, accepted.saturating_add(1));
		Self::deposit_event(Event::RequestAccepted { channel });
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
		ensure!(due.binary_search(&channel).is_err(), Error::<T>::AlreadyClosing);
		insert_sorted(&mut due, channel).ok_or(Error::<T>::TooManyRequests)?;
		HrmpCloseRequests::<T>::put(due);
		Self::deposit_event(Event::ClosingRequested { channel, by });
		Ok(())
	}

	/// Opens what was accepted and closes what was asked to be closed, each ascending.
	pub(crate) fn do_session_change() {
		for channel in HrmpAcceptedRequests::<T>::take() {
			// A request goes with each of its ends, so this one has both.
			let Some(request) = Self::forget_request(channel) else {
				continue;
			};
			let may_open = !HrmpChannels::<T>::contains_key(channel) && Self::ends_exist(channel);
			let is_open = may_open
				&& Self::open(
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
						first: 0,
					},
				);
			if !is_open {
				Self::give_back(channel, request.sender_deposit, request.recipient_deposit);
				Self::deposit_event(Event::RequestCancelled { channel });
			}
		}
		for channel in HrmpCloseRequests::<T>::take() {
			Self::close(channel);
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
		let gone: Vec<_> = HrmpOpenChannelRequests::<T>::iter_keys()
			.filter(|channel| channel.has_end(para))
			.collect();
		gone.into_iter().for_each(Self::drop_request);
	}

	/// Takes a request out of storage and of all counts.
	fn forget_request(channel: HrmpChannelId) -> Option<OpenRequest> {
		let request = HrmpOpenChannelRequests::<T>::take(channel)?;
		decrease::<HrmpOpenChannelRequestCount<T>>(channel.sender);
		if request.is_accepted {
			decrease::<HrmpAcceptedChannelRequestCount<T>>(channel.recipient);
			HrmpAcceptedRequests::<T>::mutate_exists(|due| remove_sorted(due, channel));
		}
		Some(request)
	}

	/// Forgets that a channel was to be closed.
	pub(crate) fn forget_closing(channel: HrmpChannelId) {
		if HrmpCloseRequests::<T>::get().binary_search(&channel).is_ok() {
			HrmpCloseRequests::<T>::mutate_exists(|due| remove_sorted(due, channel));
		}
	}

	fn hold(para: ParaId, amount: u128) -> DispatchResult {
		let account = T::SovereignAccountOf::convert(para);
		T::Currency::hold(&HoldReason::ChannelDeposit.into(), &account, amount)
	}

	/// Returns the deposits of a channel or a request.
	pub(crate) fn give_back(channel: HrmpChannelId, of_sender: u128, of_recipient: u128) {
		for (para, amount, precision) in [
			(channel.sender, of_sender, Exact),
			(channel.recipient, of_recipient, Exact),
		] {
			let account = T::SovereignAccountOf::convert(para);
			let reason = HoldReason::ChannelDeposit.into();
			if amount > 0 && T::Currency::release(&reason, &account, amount, precision).is_err() {
				// Somebody else took from what was held: what is left goes back.
				let _ = T::Currency::release(&reason, &account, amount, BestEffort);
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

fn insert_sorted(due: &mut ChannelIds, channel: HrmpChannelId) -> Option<()> {
	let position = due.partition_point(|other| *other < channel);
	due.try_insert(position, channel).ok()
}

fn remove_sorted(due: &mut Option<ChannelIds>, channel: HrmpChannelId) {
	let Some(channels) = due else { return };
	channels.retain(|other| *other != channel);
	if channels.is_empty() {
		*due = None;
	}
}

fn count(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}
