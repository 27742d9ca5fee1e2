//! Messages in channels: appending, reading, removing.

use crate::{
	Config, HrmpChannelContents, HrmpChannelId, HrmpChannels, HrmpInboxes, HrmpIngressChannelsIndex, Inbox,
	Pallet, StoredMessage,
};
use alloc::{collections::BTreeMap, vec::Vec};
use async_backing_primitives::{
	hash_of,
	ports::{ParaState, WaitingMessages},
	BlockNumber, Hash, InboundHrmpMessage, OutboundHrmpMessage, ParaId,
};
use codec::{Compact, Decode};
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

	/// Relay block up to which a para has consumed its messages; `None` before its first candidate.
	pub(crate) fn watermark(para: ParaId, inbox: &Inbox) -> Option<BlockNumber> {
		inbox.watermark.or_else(|| T::Paras::most_recent_context(para))
	}

	/// Relay blocks to which the watermark may move (R-BASE-9).
	pub(crate) fn do_valid_watermarks(para: ParaId) -> Vec<BlockNumber> {
		let inbox = HrmpInboxes::<T>::get(para);
		let watermark = Self::watermark(para, &inbox);
		let newer = inbox
			.listed_blocks()
			.filter(|block| watermark.is_none_or(|watermark| *block > watermark));
		watermark.into_iter().chain(newer).collect()
	}

	/// Messages that wait, by the last block of each entry of the digest (R-BASE-17).
	pub(crate) fn do_received(para: ParaId) -> Vec<(BlockNumber, u32)> {
		let Inbox { digest, .. } = HrmpInboxes::<T>::get(para);
		digest.iter().map(|entry| (entry.last, entry.messages)).collect()
	}

	/// What moving the watermark there removes, at most.
	pub(crate) fn do_waiting(recipient: ParaId, watermark: BlockNumber) -> WaitingMessages {
		let inbox = HrmpInboxes::<T>::get(recipient);
		let messages = inbox.messages_up_to(watermark);
		let channels = match messages {
			0 => 0,
			_ => HrmpIngressChannelsIndex::<T>::decode_len(recipient).unwrap_or_default(),
		};
		WaitingMessages {
			messages,
			channels: channels.saturated_into(),
			is_stored: !inbox.is_empty(),
		}
	}

	/// Removes what was sent to `recipient` at or before `watermark`, and moves its watermark (R-HRMP-3). The candidate
	/// that does so has this relay parent, which is about to become the para's most recent context.
	pub(crate) fn do_prune(recipient: ParaId, watermark: BlockNumber, relay_parent_number: BlockNumber) {
		let before = HrmpInboxes::<T>::get(recipient);
		let mut inbox = before.clone();
		let run = inbox.run_around(watermark);
		let mut of_run = 0;
		if inbox.messages_up_to(watermark) > 0 {
			of_run = HrmpIngressChannelsIndex::<T>::get(recipient)
				.into_iter()
				.map(|sender| Self::prune_channel(HrmpChannelId { sender, recipient }, watermark, run))
				.fold(0, u32::saturating_add);
		}
		inbox.forget_up_to(watermark, of_run);
		inbox.watermark = (watermark != relay_parent_number).then_some(watermark);
		if inbox.is_empty() && !before.is_empty() {
			HrmpInboxes::<T>::remove(recipient);
		} else if inbox != before {
			HrmpInboxes::<T>::insert(recipient, inbox);
		}
	}

	/// Removes what was sent at or before `watermark`. Returns how many of the messages were sent in block `from` or later.
	fn prune_channel(channel: HrmpChannelId, watermark: BlockNumber, from: Option<BlockNumber>) -> u32 {
		let Some(mut open) = HrmpChannels::<T>::get(channel) else {
			return 0;
		};
		let before = open.msg_count;
		let mut counted = 0u32;
		while open.msg_count > 0 {
			let front = Self::glance_at(channel, open.first);
			if front.is_some_and(|(sent_at, _)| sent_at > watermark) {
				break;
			}
			HrmpChannelContents::<T>::remove(channel, open.first);
			let (sent_at, bytes) = front.unwrap_or_default();
			if from.is_some_and(|from| sent_at >= from) {
				counted = counted.saturating_add(1);
			}
			open.first = open.first.saturating_add(1);
			open.msg_count = open.msg_count.saturating_sub(1);
			open.total_size = open.total_size.saturating_sub(bytes);
		}
		if open.msg_count != before {
			HrmpChannels::<T>::insert(channel, open);
		}
		counted
	}

	/// Block in which a message was enacted, and its bytes. The message itself may be large and is not wanted: only what
	/// comes before it is read.
	fn glance_at(channel: HrmpChannelId, number: u64) -> Option<(BlockNumber, u32)> {
		let key = HrmpChannelContents::<T>::hashed_key_for(channel, number);
		// A block number, and the longest form of a length.
		let mut prefix = [0u8; size_of::<BlockNumber>() + 5];
		sp_io::storage::read(&key, &mut prefix, 0)?;
		let (sent_at, Compact(bytes)) = <(BlockNumber, Compact<u32>)>::decode(&mut &prefix[..]).ok()?;
		Some((sent_at, bytes))
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

		HrmpInboxes::<T>::mutate(recipient, |inbox| inbox.note_message(now));
	}
}

/// The next head of a chain of messages (R-HRMP-4, R-BIN-32).
pub(crate) fn link(previous: Hash, sent_at: BlockNumber, data: &impl codec::Encode) -> Hash {
	hash_of(&(previous, sent_at, hash_of(data)))
}
