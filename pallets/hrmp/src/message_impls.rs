//! Messages in channels: appending, reading, removing.

use crate::{
	Config, HrmpChannelContents, HrmpChannelId, HrmpChannels, HrmpIngressChannelsIndex, HrmpReceipts, Pallet,
	Receipts, StoredMessage,
};
use alloc::{collections::BTreeMap, vec::Vec};
use async_backing_primitives::{hash_of, BlockNumber, Hash, InboundHrmpMessage, OutboundHrmpMessage, ParaId};
use codec::Decode;
use frame_support::BoundedVec;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// The messages that wait for a para, by sender and front first. A channel without messages has an empty entry.
	pub fn inbound_hrmp_channels_contents(recipient: ParaId) -> BTreeMap<ParaId, Vec<InboundHrmpMessage>> {
		HrmpIngressChannelsIndex::<T>::get(recipient)
			.into_iter()
			.map(|sender| (sender, Self::contents(HrmpChannelId { sender, recipient })))
			.collect()
	}

	/// The messages that wait in a channel, front first.
	pub(crate) fn contents(channel: HrmpChannelId) -> Vec<InboundHrmpMessage> {
		let Some(open) = HrmpChannels::<T>::get(channel) else {
			return Vec::new();
		};
		(0..u64::from(open.msg_count))
			.filter_map(|offset| HrmpChannelContents::<T>::get(channel, open.first.saturating_add(offset)))
			.map(|stored| InboundHrmpMessage {
				sent_at: stored.sent_at,
				data: stored.data.into_inner(),
			})
			.collect()
	}

	/// Relay blocks to which the watermark may move (R-BASE-9).
	pub(crate) fn do_valid_watermarks(para: ParaId) -> Vec<BlockNumber> {
		let Receipts {
			watermark, digest, ..
		} = HrmpReceipts::<T>::get(para);
		let newer = digest
			.into_iter()
			.filter(|block| watermark.is_none_or(|watermark| *block > watermark));
		watermark.into_iter().chain(newer).collect()
	}

	/// Removes what was sent to `recipient` at or before `watermark`, and moves its watermark (R-HRMP-3).
	pub(crate) fn do_prune(recipient: ParaId, watermark: BlockNumber) {
		let mut receipts = HrmpReceipts::<T>::get(recipient);
		let is_due = |block: &BlockNumber| *block <= watermark;
		if receipts.unlisted.is_some() || receipts.digest.first().is_some_and(is_due) {
			for sender in HrmpIngressChannelsIndex::<T>::get(recipient) {
				Self::prune_channel(HrmpChannelId { sender, recipient }, watermark);
			}
			receipts.digest.retain(|block| !is_due(block));
			receipts.unlisted = receipts.unlisted.filter(|block| !is_due(block));
		}
		receipts.watermark = Some(watermark);
		HrmpReceipts::<T>::insert(recipient, receipts);
	}

	fn prune_channel(channel: HrmpChannelId, watermark: BlockNumber) {
		let Some(mut open) = HrmpChannels::<T>::get(channel) else {
			return;
		};
		let before = open.msg_count;
		while open.msg_count > 0 {
			if Self::sent_at(channel, open.first).is_some_and(|sent_at| sent_at > watermark) {
				break;
			}
			let message = HrmpChannelContents::<T>::take(channel, open.first);
			let bytes = message.map_or(0, |stored| stored.data.len());
			open.first = open.first.saturating_add(1);
			open.msg_count = open.msg_count.saturating_sub(1);
			open.total_size = open.total_size.saturating_sub(bytes.saturated_into());
		}
		if open.msg_count != before {
			HrmpChannels::<T>::insert(channel, open);
		}
	}

	/// Block in which a message was enacted. The message itself may be large and is not wanted: only its first field
	/// is read.
	fn sent_at(channel: HrmpChannelId, number: u64) -> Option<BlockNumber> {
		let key = HrmpChannelContents::<T>::hashed_key_for(channel, number);
		let mut prefix = [0u8; size_of::<BlockNumber>()];
		sp_io::storage::read(&key, &mut prefix, 0)?;
		BlockNumber::decode(&mut &prefix[..]).ok()
	}

	/// Appends a message to its channel (R-HRMP-4). Does nothing if the channel is gone, and nothing for a message
	/// above the ceiling: a candidate with such a one is never backed.
	pub(crate) fn do_enqueue(sender: ParaId, message: OutboundHrmpMessage, now: BlockNumber) {
		let OutboundHrmpMessage { recipient, data } = message;
		let channel = HrmpChannelId { sender, recipient };
		let Some(mut open) = HrmpChannels::<T>::get(channel) else {
			return;
		};
		let Ok(data) = BoundedVec::try_from(data) else {
			return;
		};

		let number = open.first.saturating_add(u64::from(open.msg_count));
		open.mqc_head = Some(link(open.mqc_head.unwrap_or_default(), now, &data));
		open.msg_count = open.msg_count.saturating_add(1);
		open.total_size = open.total_size.saturating_add(data.len().saturated_into());
		HrmpChannels::<T>::insert(channel, open);
		HrmpChannelContents::<T>::insert(channel, number, StoredMessage { sent_at: now, data });

		let mut receipts = HrmpReceipts::<T>::get(recipient);
		if receipts.digest.last() == Some(&now) || receipts.unlisted == Some(now) {
			return;
		}
		// A full digest stays as it is; see `MAX_DIGEST` for why nobody is stuck.
		if receipts.digest.try_push(now).is_err() {
			receipts.unlisted = Some(now);
		}
		HrmpReceipts::<T>::insert(recipient, receipts);
	}
}

/// The next head of a chain of messages (R-HRMP-4, R-BIN-32).
pub(crate) fn link(previous: Hash, sent_at: BlockNumber, data: &impl codec::Encode) -> Hash {
	hash_of(&(previous, sent_at, hash_of(data)))
}
