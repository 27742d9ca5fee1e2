//! Invariants of storage.

use crate::{
	Config, HrmpAcceptedChannelRequestCount, HrmpAcceptedRequests, HrmpChannelContents, HrmpChannelId,
	HrmpChannels, HrmpCloseRequests, HrmpEgressChannelsIndex, HrmpInboxes, HrmpIngressChannelsIndex,
	HrmpOpenChannelRequestCount, HrmpOpenChannelRequests, Inbox, Pallet,
};
use alloc::collections::{BTreeMap, BTreeSet};
use async_backing_primitives::{BlockNumber, ParaId};
use frame_support::ensure;
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
		for (para, inbox) in HrmpInboxes::<T>::iter() {
			ensure!(!inbox.is_empty(), "an inbox is stored that says nothing");
			ensure!(
				inbox.digest.windows(2).all(|pair| pair[0].block < pair[1].block),
				"R-BASE-9: a digest does not ascend"
			);
			ensure!(
				inbox.unlisted.is_none_or(|unlisted| {
					inbox.digest.last().is_none_or(|last| last.block < unlisted.block)
				}),
				"R-HRMP-4: what is unlisted is older than the digest"
			);
			let watermark = Self::watermark(para, &inbox);
			let mut entries = inbox.digest.first().into_iter().chain(&inbox.unlisted);
			ensure!(
				entries.all(|entry| watermark.is_none_or(|watermark| entry.block > watermark)),
				"R-HRMP-3: a digest reaches below the watermark"
			);
		}
		Ok(())
	}

	/// Messages that wait are counted in the inbox of their recipient: by their block, or among those that the digest had
	/// no room for.
	fn check_inboxes(waiting: BTreeMap<ParaId, BTreeMap<BlockNumber, u32>>) -> Result<(), TryRuntimeError> {
		for (recipient, blocks) in waiting {
			let Inbox { digest, unlisted, .. } = HrmpInboxes::<T>::get(recipient);
			let mut missing = 0_u32;
			for (block, messages) in blocks {
				let counted = digest
					.binary_search_by_key(&block, |entry| entry.block)
					.map_or(0, |position| digest[position].messages);
				if messages > counted {
					ensure!(
						unlisted.is_some_and(|unlisted| block <= unlisted.block),
						"R-HRMP-4: a message's block is not in the digest"
					);
					missing = missing.saturating_add(messages.saturating_sub(counted));
				}
			}
			ensure!(
				missing <= unlisted.map_or(0, |unlisted| unlisted.messages),
				"messages are not counted as they are"
			);
		}
		Ok(())
	}

	fn check_requests() -> Result<(), TryRuntimeError> {
		let (mut requested, mut accepted) = (BTreeMap::<_, u32>::new(), BTreeMap::<_, u32>::new());
		let mut due = BTreeSet::new();
		for (channel, request) in HrmpOpenChannelRequests::<T>::iter() {
			let count = requested.entry(channel.sender).or_default();
			*count = count.saturating_add(1);
			if request.is_accepted {
				let count = accepted.entry(channel.recipient).or_default();
				*count = count.saturating_add(1);
				due.insert(channel);
			}
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
		ensure!(
			HrmpAcceptedRequests::<T>::get().into_iter().eq(due),
			"accepted requests are not listed as they are"
		);
		let closing = HrmpCloseRequests::<T>::get();
		ensure!(
			closing.windows(2).all(|pair| pair[0] < pair[1]),
			"channels to be closed do not ascend"
		);
		ensure!(
			closing.iter().all(HrmpChannels::<T>::contains_key),
			"a channel is to be closed that is not open"
		);
		Ok(())
	}

	fn check_channels() -> Result<(), TryRuntimeError> {
		let mut messages = 0u64;
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
			messages = messages.saturating_add(u64::from(open.msg_count));
		}
		ensure!(
			HrmpChannelContents::<T>::iter_keys().count() as u64 == messages,
			"a horizontal message is left over"
		);
		Self::check_inboxes(waiting)
	}

	fn check_indices() -> Result<(), TryRuntimeError> {
		let channels: BTreeSet<_> = HrmpChannels::<T>::iter_keys().collect();
		let (mut egress, mut ingress) = (BTreeSet::new(), BTreeSet::new());
		for (sender, index) in HrmpEgressChannelsIndex::<T>::iter() {
			ensure!(
				index.windows(2).all(|pair| pair[0] < pair[1]),
				"R-KEY-6: an index does not ascend"
			);
			egress.extend(
				index
					.into_iter()
					.map(|recipient| HrmpChannelId { sender, recipient }),
			);
		}
		for (recipient, index) in HrmpIngressChannelsIndex::<T>::iter() {
			ensure!(
				index.windows(2).all(|pair| pair[0] < pair[1]),
				"R-KEY-6: an index does not ascend"
			);
			ingress.extend(
				index
					.into_iter()
					.map(|sender| HrmpChannelId { sender, recipient }),
			);
		}
		ensure!(channels == egress, "R-KEY-6: the egress index is wrong");
		ensure!(channels == ingress, "R-KEY-6: the ingress index is wrong");
		Ok(())
	}
}
