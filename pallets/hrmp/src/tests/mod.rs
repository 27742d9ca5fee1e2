//! Messages, channels, and what paras ask of one another.

mod closed;
mod digest;
mod requests;
mod rescue;
mod rewritten;
mod try_state;

use crate::{mock::*, Error, Event, HrmpChannelId, HrmpChannels, HrmpInboxes};
use async_backing_primitives::{
	keys,
	ports::{HorizontalChannels, OnParaRemoved, OutboundChannel, WaitingMessages},
	InboundHrmpMessage, OutboundHrmpChannelLimitations, OutboundHrmpMessage, ParaId,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, storage::unhashed};
use proptest::prelude::*;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::BadOrigin;
use std::collections::BTreeMap;

const A: ParaId = ParaId(2000);
const B: ParaId = ParaId(2001);
const C: ParaId = ParaId(2002);

fn id(sender: ParaId, recipient: ParaId) -> HrmpChannelId {
	HrmpChannelId { sender, recipient }
}

/// Opens a channel without deposits, and whatever else is accepted.
fn open(sender: ParaId, recipient: ParaId) {
	let root = RuntimeOrigin::root;
	assert_ok!(Hrmp::force_open_hrmp_channel(root(), sender, recipient, 8, 50));
	assert_ok!(Hrmp::force_process_hrmp_open(root(), 1024));
	end_block();
}

/// Closes a channel, which happens when the block ends.
fn close(sender: ParaId, recipient: ParaId) {
	assert_ok!(Hrmp::force_close_channel(
		RuntimeOrigin::root(),
		sender,
		recipient
	));
	end_block();
}

fn send(sender: ParaId, recipient: ParaId, at: u32, data: &[u8]) {
	Hrmp::enqueue(
		sender,
		vec![OutboundHrmpMessage {
			recipient,
			data: data.to_vec(),
		}],
		at,
	);
}

/// Enacts a candidate of the para on the relay block `relay_parent`, as far as this pallet hears of it. Returns how many
/// messages that removed at most, as was said before.
fn consume(para: ParaId, watermark: u32, relay_parent: u32) -> u32 {
	let waiting = Hrmp::waiting(para, watermark);
	Hrmp::prune(para, watermark, relay_parent);
	neighbours(|state| state.contexts.insert(para, relay_parent));
	waiting.messages
}

fn contents(sender: ParaId, recipient: ParaId) -> Vec<(u32, Vec<u8>)> {
	let mut all = Hrmp::inbound_hrmp_channels_contents(recipient);
	all.remove(&sender)
		.unwrap_or_default()
		.into_iter()
		.map(|message| (message.sent_at, message.data))
		.collect()
}

fn limitations(sender: ParaId, recipient: ParaId) -> (u32, u32) {
	let OutboundChannel {
		limitations,
		max_message_size,
	} = Hrmp::outbound_channel(sender, recipient).expect("is open");
	assert_eq!(max_message_size, 50, "R-HRMP-5");
	let OutboundHrmpChannelLimitations {
		bytes_remaining,
		messages_remaining,
	} = limitations;
	(bytes_remaining, messages_remaining)
}

#[test]
fn r_hrmp_4_messages_are_appended_and_counted() {
	run(|| {
		open(A, B);
		assert_eq!(limitations(A, B), (100, 8), "R-BASE-10");
		send(A, B, 5, b"one");
		send(A, B, 7, b"three");
		assert_eq!(
			contents(A, B),
			[(5, b"one".to_vec()), (7, b"three".to_vec())],
			"R-HRMP-4"
		);
		assert_eq!(
			limitations(A, B),
			(92, 6),
			"R-BASE-10: 8 bytes and 2 messages wait"
		);
		assert_eq!(
			Hrmp::valid_watermarks(B),
			[5, 7],
			"R-HRMP-4: both blocks are in the digest"
		);
		assert_eq!(
			Hrmp::valid_watermarks(A),
			Vec::<u32>::new(),
			"R-HRMP-4: the digest is the recipient's"
		);
	});
}

#[test]
fn r_hrmp_4_a_channel_that_is_gone_is_skipped() {
	run(|| {
		open(A, C);
		let message = |recipient, data: &[u8]| OutboundHrmpMessage {
			recipient,
			data: data.to_vec(),
		};
		Hrmp::enqueue(A, vec![message(B, b"lost"), message(C, b"kept")], 3);
		assert_eq!(contents(A, C), [(3, b"kept".to_vec())], "R-HRMP-4");
		assert_eq!(
			Hrmp::valid_watermarks(B),
			Vec::<u32>::new(),
			"R-HRMP-4: skipped silently"
		);
		assert_eq!(Hrmp::outbound_channel(A, B), None);
	});
}

#[test]
fn r_hrmp_4_the_chain_of_messages_links_block_and_hash() {
	run(|| {
		open(A, B);
		let head = || {
			HrmpChannels::<Test>::get(HrmpChannelId {
				sender: A,
				recipient: B,
			})
			.expect("open")
			.mqc_head
		};
		assert_eq!(head(), None);
		send(A, B, 5, b"one");
		let first = blake2_256(&[&[0u8; 32][..], &[5, 0, 0, 0], &blake2_256(b"\x0cone")].concat());
		assert_eq!(head(), Some(first.into()), "R-HRMP-4: H(prev, block, H(data))");
		send(A, B, 6, b"two");
		let second = blake2_256(&[&first[..], &[6, 0, 0, 0], &blake2_256(b"\x0ctwo")].concat());
		assert_eq!(head(), Some(second.into()), "R-HRMP-4");
	});
}

#[test]
fn r_hrmp_3_a_watermark_removes_what_was_sent_up_to_it() {
	run(|| {
		open(A, C);
		open(B, C);
		for (block, sender) in [(4, A), (5, B), (5, A), (6, B), (8, A)] {
			send(sender, C, block, &[block as u8; 10]);
		}
		assert_eq!(consume(C, 5, 5), 3, "R-WGT-6: what is removed is known before");
		assert_eq!(contents(A, C), [(8, vec![8; 10])], "R-HRMP-3");
		assert_eq!(
			contents(B, C),
			[(6, vec![6; 10])],
			"R-HRMP-3: in every inbound channel"
		);
		assert_eq!(limitations(A, C), (90, 7), "R-HRMP-3: counters are reduced");
		assert_eq!(
			HrmpInboxes::<Test>::get(C).watermark,
			None,
			"the relay parent is known elsewhere"
		);
		assert_eq!(Hrmp::valid_watermarks(C), [5, 6, 8], "R-BASE-9");
	});
}

#[test]
fn r_wgt_6_what_waits_is_counted_with_the_channels_it_may_be_in() {
	run(|| {
		open(A, C);
		open(B, C);
		assert_eq!(Hrmp::waiting(C, 9), WaitingMessages::default());
		send(A, C, 4, b"one");
		send(A, C, 4, b"two");
		send(A, C, 6, b"three");
		let waiting = |messages, channels| WaitingMessages {
			messages,
			channels,
			is_stored: true,
		};
		assert_eq!(Hrmp::waiting(C, 3), waiting(0, 0), "R-WGT-6: none is due");
		assert_eq!(Hrmp::waiting(C, 5), waiting(2, 2), "R-WGT-6");
		assert_eq!(Hrmp::waiting(C, 6), waiting(3, 2), "R-WGT-6");
		close(A, C);
		assert!(
			Hrmp::waiting(C, 6).messages >= 3,
			"R-WGT-6: too many rather than too few"
		);
		assert_eq!(consume(C, 6, 6), 3);
		assert_eq!(Hrmp::waiting(C, 6), WaitingMessages::default());
	});
}

#[test]
fn r_base_9_valid_watermarks_are_the_last_and_newer_digest_blocks() {
	run(|| {
		assert_eq!(
			Hrmp::valid_watermarks(B),
			Vec::<u32>::new(),
			"R-BASE-9: neither watermark nor messages"
		);
		open(A, B);
		send(A, B, 6, b"one");
		assert_eq!(Hrmp::valid_watermarks(B), [6]);
		consume(B, 7, 7); // a Head watermark: no message in block 7
		assert_eq!(
			Hrmp::valid_watermarks(B),
			[7],
			"R-DEF-11: with an empty digest the watermark may be kept"
		);
		send(A, B, 8, b"two");
		send(A, B, 8, b"same block");
		send(A, B, 10, b"three");
		assert_eq!(
			Hrmp::valid_watermarks(B),
			[7, 8, 10],
			"R-BASE-9: ascending, each block once"
		);
		assert_eq!(consume(B, 8, 9), 2);
		assert_eq!(
			Hrmp::valid_watermarks(B),
			[8, 10],
			"R-BASE-9: it is not at the relay parent"
		);
		assert_eq!(consume(B, 8, 12), 0);
		assert_eq!(Hrmp::valid_watermarks(B), [8, 10], "R-BASE-9: it stays");
		assert_eq!(consume(B, 12, 12), 1);
		assert_eq!(Hrmp::valid_watermarks(B), [12]);
		assert!(
			!HrmpInboxes::<Test>::contains_key(B),
			"nothing waits, and the watermark is at the relay parent"
		);
	});
}

#[test]
fn r_base_10_a_channel_above_its_limit_has_no_room() {
	run(|| {
		open(A, B);
		send(A, B, 1, &[0; 40]);
		HrmpChannels::<Test>::mutate(
			HrmpChannelId {
				sender: A,
				recipient: B,
			},
			|channel| {
				let channel = channel.as_mut().expect("open");
				(channel.max_capacity, channel.max_total_size) = (0, 30);
			},
		);
		assert_eq!(limitations(A, B), (0, 0), "R-BASE-10, R-DEF-9: saturates");
	});
}

#[test]
fn channels_are_listed_in_order_at_both_ends() {
	run(|| {
		open(A, C);
		open(A, B);
		open(B, C);
		assert_eq!(Hrmp::recipients(A), [B, C], "R-BASE-10: ascending");
		let value = |prefix, para: ParaId| unhashed::get_raw(&keys::map_key(prefix, &para));
		assert_eq!(
			value(&keys::HRMP_EGRESS_CHANNELS_INDEX, A),
			Some(vec![B, C].encode()),
			"R-KEY-6"
		);
		assert_eq!(
			value(&keys::HRMP_INGRESS_CHANNELS_INDEX, C),
			Some(vec![A, B].encode()),
			"R-KEY-6"
		);
		let entries: Vec<ParaId> = Hrmp::inbound_hrmp_channels_contents(C).into_keys().collect();
		assert_eq!(entries, [A, B], "an empty channel has an entry");
	});
}

#[test]
fn r_key_5_parachains_read_the_channel() {
	run(|| {
		open(A, B);
		send(A, B, 5, b"one");
		let stored = unhashed::get_raw(&keys::map_key(&keys::HRMP_CHANNELS, &(A, B))).expect("stored");
		let mqc = blake2_256(&[&[0u8; 32][..], &[5, 0, 0, 0], &blake2_256(b"\x0cone")].concat());
		let expected = (8u32, 100u32, 50u32, 1u32, 3u32, Some(mqc)).encode();
		assert_eq!(stored[..expected.len()], expected, "R-KEY-5");
	});
}

#[test]
fn channels_are_refused_with_their_reason() {
	run(|| {
		let open_with = |sender, recipient, capacity, size| {
			Hrmp::force_open_hrmp_channel(RuntimeOrigin::root(), sender, recipient, capacity, size)
		};
		let rows = [
			((A, A, 8, 50), Error::<Test>::ToSelf),
			((A, ParaId(1999), 8, 50), Error::<Test>::UnknownPara),
			((ParaId(1999), A, 8, 50), Error::<Test>::UnknownPara),
			((A, B, 0, 50), Error::<Test>::BadCapacity),
			((A, B, 9, 50), Error::<Test>::BadCapacity),
			((A, B, 8, 0), Error::<Test>::BadMessageSize),
			((A, B, 8, 51), Error::<Test>::BadMessageSize),
		];
		for ((sender, recipient, capacity, size), error) in rows {
			assert_noop!(open_with(sender, recipient, capacity, size), error);
		}
		open(A, B);
		assert_noop!(open_with(A, B, 8, 50), Error::<Test>::AlreadyOpen);
		for recipient in [2002, 2003] {
			open(A, ParaId(recipient));
		}
		assert_noop!(
			open_with(A, ParaId(2004), 8, 50),
			Error::<Test>::TooManyOutboundChannels
		);
		open(ParaId(2005), B);
		assert_noop!(
			open_with(ParaId(2006), B, 8, 50),
			Error::<Test>::TooManyInboundChannels
		);
		let signed = Hrmp::force_open_hrmp_channel(RuntimeOrigin::signed(1), B, A, 8, 50);
		assert_noop!(signed, BadOrigin);
	});
}

#[test]
fn nothing_of_a_removed_para_stays_behind() {
	run(|| {
		open(A, B);
		open(B, A);
		open(C, B);
		send(A, B, 5, b"one");
		send(B, A, 5, b"two");
		send(C, B, 6, b"three");
		consume(A, 4, 5);
		neighbours(|state| state.contexts.remove(&A));
		Hrmp::on_para_removed(A);
		assert_eq!(Hrmp::recipients(A), []);
		assert_eq!(Hrmp::recipients(B), []);
		assert_eq!(Hrmp::valid_watermarks(A), Vec::<u32>::new());
		assert_eq!(contents(C, B), [(6, b"three".to_vec())]);
		assert_eq!(HrmpChannels::<Test>::iter().count(), 1);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// R-HRMP-3, R-HRMP-4: channels behave as lists in memory do.
	#[test]
	fn r_hrmp_3_and_4_channels_behave_as_lists(
		steps in proptest::collection::vec((0u32..2, 0u32..3, 0u32..8), 0..40),
	) {
		run(|| {
			open(A, C);
			open(B, C);
			let mut model: BTreeMap<ParaId, Vec<InboundHrmpMessage>> =
				[(A, Vec::new()), (B, Vec::new())].into();
			let mut watermark = 0;
			let waiting = |model: &BTreeMap<ParaId, Vec<InboundHrmpMessage>>| {
				model.values().map(Vec::len).sum::<usize>()
			};
			for (block, (sender, action, size)) in (1u32..).zip(steps) {
				let sender = ParaId(2000 + sender);
				if action < 2 {
					let data = vec![block as u8; size as usize];
					send(sender, C, block, &data);
					model.entry(sender).or_default().push(InboundHrmpMessage { sent_at: block, data });
				} else {
					watermark = watermark.max(block.saturating_sub(size));
					let before = waiting(&model);
					let removed = consume(C, watermark, block - 1);
					model.values_mut().for_each(|list| list.retain(|message| message.sent_at > watermark));
					prop_assert_eq!(before - waiting(&model), removed as usize, "R-WGT-6");
					prop_assert_eq!(Hrmp::valid_watermarks(C)[0], watermark, "R-BASE-9");
				}
				prop_assert_eq!(Hrmp::inbound_hrmp_channels_contents(C), model.clone(), "R-HRMP-3, R-HRMP-4");
				Hrmp::do_try_state().expect("invariants hold");
			}
			Ok(())
		})?;
	}
}
