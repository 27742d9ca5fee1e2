//! Invariants of storage.

use crate::{
	Config, HrmpAcceptedChannelRequestCount, HrmpAcceptedRequests, HrmpChannelContents, HrmpChannelId,
	HrmpChannels, HrmpCloseRequests, HrmpClosedChannels, HrmpClosedQueue, HrmpClosingNow,
	HrmpEgressChannelsIndex, HrmpEgressRequestsIndex, HrmpInboxes, HrmpIngressChannelsIndex,
	HrmpIngressRequestsIndex, HrmpOpenChannelRequestCount, HrmpOpenChannelRequests, HrmpOpeningNow, Inbox,
	Pallet, ParaIds,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use async_backing_primitives::{BlockNumber, ParaId};
use frame_support::{ensure, IterableStorageMap};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that channels, indices, messages, digests and watermarks agree.
	///
	/// # Errors
	/// Says what is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_channels()?;
		Self::check_indices()?;
		Self::check_requests()?;
		Self::check_messages()?;
		ensure!(
			!HrmpClosingNow::<T>::exists() && !HrmpOpeningNow::<T>::exists(),
			"channels that were to open or close with the block are left"
		);
		for (para, inbox) in HrmpInboxes::<T>::iter() {
			ensure!(!inbox.is_empty(), "an inbox is stored that says nothing");
			let digest = &inbox.digest;
			ensure!(
				digest.iter().all(|entry| entry.first <= entry.last)
					&& digest.windows(2).all(|pair| pair[0].last < pair[1].first),
				"R-BASE-9: a digest does not ascend"
			);
			let watermark = Self::watermark(para, &inbox);
			ensure!(
				digest
					.first()
					.is_none_or(|entry| watermark.is_none_or(|watermark| entry.first > watermark)),
				"R-HRMP-3: a digest reaches below the watermark"
			);
		}
		Ok(())
	}

	/// Messages that wait are counted in the inbox of their recipient, by their block.
	fn check_inboxes(waiting: BTreeMap<ParaId, BTreeMap<BlockNumber, u32>>) -> Result<(), TryRuntimeError> {
		for (recipient, blocks) in waiting {
			let Inbox { digest, .. } = HrmpInboxes::<T>::get(recipient);
			let mut counted: Vec<_> = digest.iter().map(|entry| entry.messages).collect();
			for (block, messages) in blocks {
				let position = digest.partition_point(|entry| entry.last < block);
				ensure!(
					digest.get(position).is_some_and(|entry| entry.first <= block),
					"R-HRMP-4: a message's block is not in the digest"
				);
				let left = counted
					.get_mut(position)
					.and_then(|left| Some((left.checked_sub(messages)?, left)));
				let Some((rest, left)) = left else {
					return Err("R-WGT-6: messages are not counted as they are".into());
				};
				*left = rest;
			}
		}
		Ok(())
	}

	/// Every message belongs to one channel that is open, or to one that was closed and waits for it to be removed.
	fn check_messages() -> Result<(), TryRuntimeError> {
		let queue = HrmpClosedQueue::<T>::get();
		let mut expected = BTreeSet::new();
		let mut positions = BTreeSet::new();
		let mut add = |channel: HrmpChannelId, first: u64, messages: u32| {
			let mut numbers = first..first.saturating_add(messages.into());
			numbers.all(|number| expected.insert((channel, number)))
		};
		for (position, closed) in HrmpClosedChannels::<T>::iter() {
			positions.insert(position);
			ensure!(closed.messages > 0, "a closed channel is kept for nothing");
			ensure!(
				add(closed.channel, closed.first, closed.messages),
				"a message belongs to two channels"
			);
			ensure!(
				closed.first.saturating_add(closed.messages.into()) <= queue.next_number,
				"a new channel may see an old message"
			);
			if let Some(open) = HrmpChannels::<T>::get(closed.channel) {
				ensure!(
					open.first >= closed.first.saturating_add(closed.messages.into()),
					"a channel sees the messages of the one before it"
				);
			}
		}
		ensure!(
			positions.into_iter().eq(queue.front..queue.back),
			"the queue of closed channels has a hole"
		);
		ensure!(
			HrmpClosedQueue::<T>::exists() == (queue.front < queue.back),
			"an empty queue of closed channels is stored"
		);
		for (channel, open) in HrmpChannels::<T>::iter() {
			ensure!(
				add(channel, open.first, open.msg_count),
				"a message belongs to two channels"
			);
		}
		let stored: BTreeSet<_> = HrmpChannelContents::<T>::iter_keys().collect();
		ensure!(stored == expected, "a horizontal message is left over");
		Ok(())
	}

	fn check_requests() -> Result<(), TryRuntimeError> {
		let (mut requested, mut accepted) = (BTreeMap::<_, u32>::new(), BTreeMap::<_, u32>::new());
		let (mut due, mut requests) = (BTreeSet::new(), BTreeSet::new());
		for (channel, request) in HrmpOpenChannelRequests::<T>::iter() {
			let count = requested.entry(channel.sender).or_default();
			*count = count.saturating_add(1);
			if request.is_accepted {
				let count = accepted.entry(channel.recipient).or_default();
				*count = count.saturating_add(1);
				due.insert(channel);
			}
			requests.insert(channel);
			ensure!(
				!HrmpChannels::<T>::contains_key(channel),
				"a channel is requested that is open"
			);
		}
		ensure!(
			requested == HrmpOpenChannelRequestCount::<T>::iter().collect(),
			"requests are not counted as they are"
		);
		ensure!(
			accepted == HrmpAcceptedChannelRequestCount::<T>::iter().collect(),
			"accepted requests are not counted as they are"
		);
		let accepted = HrmpAcceptedRequests::<T>::get();
		ensure!(
			accepted.len() == due.len() && accepted.iter().all(|channel| due.contains(channel)),
			"accepted requests are not listed as they are"
		);
		let asked =
			ends::<HrmpEgressRequestsIndex<T>>(|sender, recipient| HrmpChannelId { sender, recipient })?;
		let asked_by =
			ends::<HrmpIngressRequestsIndex<T>>(|recipient, sender| HrmpChannelId { sender, recipient })?;
		ensure!(
			requests == asked && requests == asked_by,
			"requests are not indexed as they are"
		);
		let closing = HrmpCloseRequests::<T>::get();
		let distinct: BTreeSet<_> = closing.iter().collect();
		ensure!(distinct.len() == closing.len(), "a channel is to be closed twice");
		ensure!(
			closing.iter().all(HrmpChannels::<T>::contains_key),
			"a channel is to be closed that is not open"
		);
		Ok(())
	}

	fn check_channels() -> Result<(), TryRuntimeError> {
		let mut waiting = BTreeMap::<_, BTreeMap<_, u32>>::new();
		for (channel, open) in HrmpChannels::<T>::iter() {
			let contents = Self::contents(channel);
			ensure!(
				contents.len() == open.msg_count as usize,
				"a horizontal message is missing"
			);
			let bytes: usize = contents.iter().map(|message| message.data.len()).sum();
			ensure!(
				bytes == open.total_size as usize,
				"the bytes of a channel are wrong"
			);
			ensure!(
				contents.windows(2).all(|pair| pair[0].sent_at <= pair[1].sent_at),
				"horizontal messages are out of order"
			);
			let blocks = waiting.entry(channel.recipient).or_default();
			for message in contents {
				let count = blocks.entry(message.sent_at).or_default();
				*count = count.saturating_add(1);
			}
		}
		Self::check_inboxes(waiting)
	}

	fn check_indices() -> Result<(), TryRuntimeError> {
		let channels: BTreeSet<_> = HrmpChannels::<T>::iter_keys().collect();
		let egress =
			ends::<HrmpEgressChannelsIndex<T>>(|sender, recipient| HrmpChannelId { sender, recipient })?;
		let ingress =
			ends::<HrmpIngressChannelsIndex<T>>(|recipient, sender| HrmpChannelId { sender, recipient })?;
		ensure!(channels == egress, "R-KEY-6: the egress index is wrong");
		ensure!(channels == ingress, "R-KEY-6: the ingress index is wrong");
		Ok(())
	}
}

/// The channels that an index knows, with the para of each key and each para under it.
fn ends<Index: IterableStorageMap<ParaId, ParaIds, Query = ParaIds>>(
	channel: fn(ParaId, ParaId) -> HrmpChannelId,
) -> Result<BTreeSet<HrmpChannelId>, TryRuntimeError> {
	let mut channels = BTreeSet::new();
	for (para, others) in Index::iter() {
		ensure!(!others.is_empty(), "an index is stored that names nobody");
		ensure!(
			others.windows(2).all(|pair| pair[0] < pair[1]),
			"R-KEY-6: an index does not ascend"
		);
		channels.extend(others.into_iter().map(|other| channel(para, other)));
	}
	Ok(channels)
}
