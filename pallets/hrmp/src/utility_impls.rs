//! Invariants of storage.

use crate::{
	Config, HrmpAcceptedChannelRequestCount, HrmpAcceptedRequests, HrmpChannelContents, HrmpChannelId,
	HrmpChannels, HrmpCloseRequests, HrmpEgressChannelsIndex, HrmpIngressChannelsIndex,
	HrmpOpenChannelRequestCount, HrmpOpenChannelRequests, HrmpReceipts, Pallet, Receipts,
};
use alloc::collections::{BTreeMap, BTreeSet};
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
		for Receipts {
			watermark, digest, ..
		} in HrmpReceipts::<T>::iter_values()
		{
			ensure!(
				digest.windows(2).all(|pair| pair[0] < pair[1]),
				"R-BASE-9: a digest does not ascend"
			);
			ensure!(
				digest
					.first()
					.is_none_or(|first| watermark.is_none_or(|watermark| *first > watermark)),
				"R-HRMP-3: a digest reaches below the watermark"
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
			let receipts = HrmpReceipts::<T>::get(channel.recipient);
			let known = |block| receipts.unlisted.is_some() || receipts.digest.binary_search(block).is_ok();
			ensure!(
				contents.iter().all(|message| known(&message.sent_at)),
				"R-HRMP-4: a message's block is not in the digest"
			);
			messages = messages.saturating_add(u64::from(open.msg_count));
		}
		ensure!(
			HrmpChannelContents::<T>::iter_keys().count() as u64 == messages,
			"a horizontal message is left over"
		);
		Ok(())
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
