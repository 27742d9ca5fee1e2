//! `try_state` finds what is wrong.

use super::{requests::request, *};
use crate::{
	ChannelIds, ClosedChannel, ClosedQueue, DigestEntry, HrmpAcceptedChannelRequestCount,
	HrmpAcceptedRequests, HrmpChannel, HrmpChannelContents, HrmpCloseRequests, HrmpClosedChannels,
	HrmpClosedQueue, HrmpClosingNow, HrmpEgressChannelsIndex, HrmpEgressRequestsIndex,
	HrmpIngressChannelsIndex, HrmpIngressRequestsIndex, HrmpOpenChannelRequestCount, HrmpOpenChannelRequests,
	HrmpOpeningNow, Inbox, ParaIds, StoredMessage,
};
use frame_support::storage::{with_transaction_unchecked, TransactionOutcome::Rollback};

/// Has neither channels nor an inbox.
const NOBODY: ParaId = ParaId(2005);

/// Two channels to `B` in which messages wait, one of them opened after it was closed with two messages, and a request in
/// each direction between `A` and `C`, of which the latter's is accepted. `A` closes its channel.
fn one_of_everything() {
	open(A, B);
	open(C, B);
	send(A, B, 5, b"one");
	send(C, B, 5, b"old");
	send(A, B, 6, b"two");
	send(C, B, 6, b"old");
	close(C, B);
	open(C, B);
	send(C, B, 7, b"new");
	assert_ok!(request(A, C));
	assert_ok!(request(C, A));
	assert_ok!(Hrmp::accept_open_channel(by(A), C));
	assert_ok!(Hrmp::close_channel(by(A), id(A, B)));
}

fn change_channel(sender: ParaId, change: impl FnOnce(&mut HrmpChannel)) {
	HrmpChannels::<Test>::mutate(id(sender, B), |open| change(open.as_mut().expect("it is open")));
}

fn change_closed(change: impl FnOnce(&mut ClosedChannel)) {
	HrmpClosedChannels::<Test>::mutate(0, |closed| change(closed.as_mut().expect("its messages wait")));
}

fn change_queue(change: impl FnOnce(&mut ClosedQueue)) {
	HrmpClosedQueue::<Test>::mutate(change);
}

fn change_inbox(change: impl FnOnce(&mut Inbox)) {
	HrmpInboxes::<Test>::mutate(B, change);
}

fn close_requests(channels: &[HrmpChannelId]) {
	HrmpCloseRequests::<Test>::put(ChannelIds::truncate_from(channels.to_vec()));
}

fn digest_of_nobody(entries: &[(u32, u32)]) {
	let digest = entries.iter().map(|(first, last)| DigestEntry {
		first: *first,
		last: *last,
		messages: 1,
	});
	let digest = digest.collect::<Vec<_>>().try_into().expect("few");
	let watermark = None;
	HrmpInboxes::<Test>::insert(NOBODY, Inbox { watermark, digest });
}

type Row = (&'static str, fn());

fn each_is_found(rows: &[Row]) {
	run(|| {
		one_of_everything();
		for (expected, corrupt) in rows {
			assert_eq!(Hrmp::do_try_state(), Ok(()), "sound before: {expected}");
			let found = with_transaction_unchecked(|| {
				corrupt();
				Rollback(Hrmp::do_try_state())
			});
			assert_eq!(found, Err((*expected).into()));
		}
	});
}

#[test]
fn try_state_names_what_is_wrong_with_channels() {
	each_is_found(&[
		("a horizontal message is missing", || {
			HrmpChannelContents::<Test>::remove(id(A, B), 0);
		}),
		("the bytes of a channel are wrong", || {
			change_channel(A, |open| open.total_size = 5);
		}),
		("horizontal messages are out of order", || {
			HrmpChannelContents::<Test>::mutate(id(A, B), 0, |stored| {
				stored.as_mut().expect("it waits").sent_at = 7;
			});
		}),
		("R-HRMP-4: a message's block is not in the digest", || {
			change_inbox(|inbox| inbox.digest.truncate(2));
		}),
		("R-WGT-6: messages are not counted as they are", || {
			change_inbox(|inbox| inbox.digest[0].messages = 0);
		}),
		("an index is stored that names nobody", || {
			HrmpEgressChannelsIndex::<Test>::insert(NOBODY, ParaIds::new());
		}),
		("R-KEY-6: an index does not ascend", || {
			HrmpIngressChannelsIndex::<Test>::insert(B, ParaIds::truncate_from(vec![C, A]));
		}),
		("R-KEY-6: the egress index is wrong", || {
			HrmpEgressChannelsIndex::<Test>::remove(A);
		}),
		("R-KEY-6: the ingress index is wrong", || {
			HrmpIngressChannelsIndex::<Test>::remove(B);
		}),
		(
			"channels that were to open or close with the block are left",
			|| HrmpOpeningNow::<Test>::put(1),
		),
		(
			"channels that were to open or close with the block are left",
			|| HrmpClosingNow::<Test>::put(ChannelIds::truncate_from(vec![id(A, B)])),
		),
	]);
}

#[test]
fn try_state_names_what_is_wrong_with_requests() {
	each_is_found(&[
		("a channel is requested that is open", || {
			HrmpOpenChannelRequests::<Test>::swap(id(A, B), id(A, C));
		}),
		("requests are not counted as they are", || {
			HrmpOpenChannelRequestCount::<Test>::insert(A, 2);
		}),
		("accepted requests are not counted as they are", || {
			HrmpAcceptedChannelRequestCount::<Test>::insert(A, 2);
		}),
		("accepted requests are not listed as they are", || {
			HrmpAcceptedRequests::<Test>::put(ChannelIds::truncate_from(vec![id(A, C)]));
		}),
		("accepted requests are not listed as they are", || {
			HrmpAcceptedRequests::<Test>::kill();
		}),
		("requests are not indexed as they are", || {
			HrmpEgressRequestsIndex::<Test>::remove(A);
		}),
		("requests are not indexed as they are", || {
			HrmpIngressRequestsIndex::<Test>::remove(A);
		}),
		("a channel is to be closed twice", || {
			close_requests(&[id(A, B), id(A, B)]);
		}),
		("a channel is to be closed that is not open", || {
			close_requests(&[id(B, A)]);
		}),
	]);
}

#[test]
fn try_state_names_what_is_wrong_with_messages() {
	each_is_found(&[
		("a closed channel is kept for nothing", || {
			change_closed(|closed| closed.messages = 0);
		}),
		("a message belongs to two channels", || {
			let closed = HrmpClosedChannels::<Test>::get(0).expect("its messages wait");
			HrmpClosedChannels::<Test>::insert(1, closed);
		}),
		("a new channel may see an old message", || {
			change_queue(|queue| queue.next_number = 1);
		}),
		("a channel sees the messages of the one before it", || {
			change_channel(C, |open| open.first = 1);
		}),
		("the queue of closed channels has a hole", || {
			change_queue(|queue| queue.back = 2);
		}),
		("an empty queue of closed channels is stored", || {
			HrmpClosedChannels::<Test>::remove(0);
			change_queue(|queue| queue.front = 1);
		}),
		("a horizontal message is left over", || {
			let data = b"lost".to_vec().try_into().expect("it is short");
			HrmpChannelContents::<Test>::insert(id(B, A), 0, StoredMessage { sent_at: 5, data });
		}),
		("an inbox is stored that says nothing", || {
			HrmpInboxes::<Test>::insert(NOBODY, Inbox::default());
		}),
		("R-BASE-9: a digest does not ascend", || {
			digest_of_nobody(&[(5, 5), (5, 6)]);
		}),
		("R-BASE-9: a digest does not ascend", || {
			digest_of_nobody(&[(6, 5)]);
		}),
		("R-HRMP-3: a digest reaches below the watermark", || {
			change_inbox(|inbox| inbox.watermark = Some(5));
		}),
	]);
}
