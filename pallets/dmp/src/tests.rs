use crate::{
	mock::*, DownwardMessageQueues, DownwardMessages, DownwardRemovals, Error, Event,
	QueueDownwardMessageError, QueueState, RemovedDownwardQueues, RemovedRange, StoredMessage, WeightInfo,
	MAX_REMOVED_PER_BLOCK,
};
use async_backing_primitives::{
	keys,
	ports::{DownwardQueues, OnParaRemoved},
	Hash, InboundDownwardMessage, ParaId, MAX_DOWNWARD_MESSAGES, MAX_DOWNWARD_MESSAGE_SIZE,
	MAX_DOWNWARD_QUEUE_SIZE,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	storage::{unhashed, with_transaction_unchecked, TransactionOutcome},
	traits::Hooks,
};
use proptest::prelude::*;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::BadOrigin, BoundedVec};
use std::collections::VecDeque;

const A: ParaId = ParaId(2000);
const B: ParaId = ParaId(2001);

fn send(para: ParaId, at: u32, message: &[u8]) {
	System::set_block_number(at);
	assert_ok!(Dmp::queue_downward_message(para, message.to_vec()));
}

#[test]
fn r_base_8_messages_wait_in_order_with_their_blocks() {
	run(|| {
		send(A, 5, b"one");
		send(A, 7, b"two");
		send(B, 8, b"other");
		let sent_at: Vec<_> = (0..4).map(|index| Dmp::sent_at(A, index)).collect();
		assert_eq!(sent_at, [Some(5), Some(7), None, None], "R-BASE-8");
		assert_eq!(<Dmp as DownwardQueues>::len(A), 2);
		let message = |sent_at, msg: &[u8]| InboundDownwardMessage {
			sent_at,
			msg: msg.to_vec(),
		};
		assert_eq!(Dmp::dmq_contents(A), [message(5, b"one"), message(7, b"two")]);
		assert_eq!(Dmp::dmq_contents(B), [message(8, b"other")]);
		assert!(!<Dmp as DownwardQueues>::is_empty(B));
	});
}

#[test]
fn r_dmp_3_pruning_removes_from_the_front_at_most_what_is_there() {
	run(|| {
		for block in 1..=4 {
			send(A, block, &[0; 10]);
		}
		Dmp::prune(A, 3);
		assert_eq!(
			(Dmp::sent_at(A, 0), <Dmp as DownwardQueues>::len(A)),
			(Some(4), 1),
			"R-DMP-3"
		);
		assert_eq!(DownwardMessageQueues::<Test>::get(A).bytes, 10);
		Dmp::prune(A, 5);
		assert!(
			<Dmp as DownwardQueues>::is_empty(A),
			"R-DMP-3: min(processed, length)"
		);
		assert_eq!(DownwardMessages::<Test>::iter().count(), 0);
		Dmp::prune(A, 1);
		send(A, 9, b"later");
		assert_eq!(Dmp::sent_at(A, 0), Some(9));
	});
}

#[test]
fn r_key_4_the_chain_of_messages_is_where_parachains_read_it() {
	run(|| {
		let key = keys::map_key(&keys::DOWNWARD_MESSAGE_QUEUE_HEADS, &A);
		assert_eq!(Dmp::dmq_mqc_head(A), Hash::zero());
		send(A, 5, b"one");
		// SCALE of the message is its length, compact, and its bytes; the link is 32 + 4 + 32 bytes.
		let first = blake2_256(&[&[0u8; 32][..], &[5, 0, 0, 0], &blake2_256(b"\x0cone")].concat());
		assert_eq!(unhashed::get_raw(&key), Some(first.to_vec()), "R-KEY-4, R-BIN-32");
		send(A, 6, b"two");
		let second = blake2_256(&[&first[..], &[6, 0, 0, 0], &blake2_256(b"\x0ctwo")].concat());
		assert_eq!(
			unhashed::get_raw(&key),
			Some(second.to_vec()),
			"R-KEY-4, R-BIN-32"
		);
		Dmp::prune(A, 2);
		assert_eq!(
			Dmp::dmq_mqc_head(A).encode(),
			second,
			"the chain goes on when its messages are gone"
		);
	});
}

#[test]
fn messages_are_refused_with_their_reason() {
	use QueueDownwardMessageError::{MessageTooLarge, QueueTooLarge, TooManyMessages, Unroutable};
	run(|| {
		let unknown = ParaId(1999);
		assert_noop!(Dmp::queue_downward_message(unknown, vec![]), Unroutable(unknown));
		let refused = Dmp::queue_downward_message(A, vec![0; 101]);
		assert_noop!(refused, MessageTooLarge { size: 101, max: 100 });
		for _ in 0..MAX_DOWNWARD_MESSAGES {
			send(A, 2, &[1]);
		}
		let refused = Dmp::queue_downward_message(A, vec![1]);
		assert_noop!(
			refused,
			TooManyMessages {
				max: MAX_DOWNWARD_MESSAGES
			}
		);

		set_max_message_size(u32::MAX);
		let large = 128 * 1024;
		assert_noop!(
			Dmp::queue_downward_message(B, vec![0; large + 1]),
			MessageTooLarge {
				size: large + 1,
				max: large as u32
			}
		);
		for _ in 0..MAX_DOWNWARD_QUEUE_SIZE as usize / large {
			send(B, 2, &vec![0; large]);
		}
		let size = MAX_DOWNWARD_QUEUE_SIZE as usize + 1;
		let refused = Dmp::queue_downward_message(B, vec![0]);
		assert_noop!(
			refused,
			QueueTooLarge {
				size,
				max: MAX_DOWNWARD_QUEUE_SIZE
			}
		);
		Dmp::prune(B, 1);
		send(B, 3, &[0]);
	});
}

#[test]
fn r_key_4_the_admin_sends_a_message_and_an_event_tells_the_new_head() {
	let message = |bytes: &[u8]| BoundedVec::truncate_from(bytes.to_vec());
	run(|| {
		assert_noop!(
			Dmp::force_send(RuntimeOrigin::signed(1), A, message(b"no")),
			BadOrigin
		);
		assert_noop!(
			Dmp::force_send(RuntimeOrigin::root(), ParaId(1999), message(b"no")),
			Error::<Test>::Unroutable
		);
		assert_noop!(
			Dmp::force_send(RuntimeOrigin::root(), A, message(&[0; 101])),
			Error::<Test>::MessageTooLarge
		);
		assert_ok!(Dmp::force_send(RuntimeOrigin::root(), A, message(b"yes")));
		assert_eq!(
			Dmp::dmq_contents(A),
			[InboundDownwardMessage {
				sent_at: 1,
				msg: b"yes".to_vec()
			}]
		);
		let queued = Event::DownwardMessageQueued {
			para: A,
			size: 3,
			mqc_head: Dmp::dmq_mqc_head(A),
		};
		System::assert_has_event(queued.into());
	});
	let time = |bytes| <() as WeightInfo>::force_send(bytes).ref_time();
	assert!(time(1000) > time(0), "a longer message weighs more");
}

#[test]
fn nothing_of_a_removed_para_stays_behind() {
	run(|| {
		send(A, 1, b"one");
		send(B, 1, b"two");
		Dmp::on_para_removed(A);
		assert_eq!(<Dmp as DownwardQueues>::len(A), 0);
		assert_eq!(Dmp::dmq_mqc_head(A), Hash::zero());
		assert!(!DownwardMessageQueues::<Test>::contains_key(A));
		assert_eq!(<Dmp as DownwardQueues>::len(B), 1);
		Dmp::on_initialize(2);
		assert_eq!(DownwardMessages::<Test>::iter_key_prefix(A).count(), 0);
		assert!(!DownwardRemovals::<Test>::exists());
	});
}

#[test]
fn r_def_33_removing_a_para_takes_no_longer_for_a_full_queue() {
	run(|| {
		for _ in 0..MAX_DOWNWARD_MESSAGES {
			send(A, 1, &[]);
		}
		let stored = || DownwardMessages::<Test>::iter_keys().count();
		Dmp::on_para_removed(A);
		assert_eq!(stored(), 1024, "R-DEF-33: nothing is removed one by one");
		assert_eq!(Dmp::dmq_contents(A), []);
		assert_eq!(<Dmp as DownwardQueues>::len(A), 0);
		let weight = Dmp::on_initialize(2);
		assert_eq!(stored(), 897, "a step for the queue, and 127 messages");
		let booked = <() as WeightInfo>::remove_messages(MAX_REMOVED_PER_BLOCK);
		assert_eq!(weight, booked, "R-DEF-33: what was removed is charged");
		(3..10).for_each(|block| {
			Dmp::on_initialize(block);
		});
		assert!(stored() > 0);
		Dmp::on_initialize(10);
		assert_eq!(stored(), 0, "R-DEF-33: nine blocks for 1024 messages");
		assert!(!DownwardRemovals::<Test>::exists());
		assert_eq!(Dmp::on_initialize(11), <() as WeightInfo>::remove_messages(0));
	});
}

#[test]
fn r_def_33_a_para_does_not_see_the_messages_of_one_that_had_its_id() {
	run(|| {
		(1..=3).for_each(|block| send(A, block, b"old"));
		Dmp::on_para_removed(A);
		send(A, 4, b"new");
		send(A, 5, b"newer");
		let seen: Vec<_> = Dmp::dmq_contents(A)
			.into_iter()
			.map(|message| message.msg)
			.collect();
		assert_eq!(seen, [b"new".to_vec(), b"newer".to_vec()], "R-DEF-33");
		Dmp::prune(A, 1);
		Dmp::on_para_removed(A);
		send(A, 6, b"newest");
		Dmp::do_try_state().expect("invariants hold with leftovers of two");
		assert_eq!(Dmp::do_remove_messages(2), 2);
		Dmp::do_try_state().expect("invariants hold half way");
		assert_eq!(
			Dmp::do_remove_messages(100),
			5,
			"two messages of one queue, one of the other, and a step for each"
		);
		let left: Vec<_> = Dmp::dmq_contents(A)
			.into_iter()
			.map(|message| message.msg)
			.collect();
		assert_eq!(left, [b"newest".to_vec()]);
		assert_eq!(DownwardMessages::<Test>::iter_keys().count(), 1);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// R-DMP-3: the queue behaves as one in memory does.
	#[test]
	fn r_dmp_3_a_queue_behaves_as_a_queue(steps in proptest::collection::vec((0u8..5, 0u32..6), 0..40)) {
		run(|| {
			let mut model = VecDeque::new();
			for (block, (step, size)) in (1u32..).zip(steps) {
				if step == 4 {
					// The para goes, and another one has its id. What is left of the first goes bit by bit.
					Dmp::on_para_removed(A);
					model.clear();
				}
				Dmp::do_remove_messages(2);
				if step % 2 == 0 {
					send(A, block, &vec![block as u8; size as usize]);
					model.push_back(InboundDownwardMessage { sent_at: block, msg: vec![block as u8; size as usize] });
				} else {
					Dmp::prune(A, size);
					model.drain(..(size as usize).min(model.len()));
				}
				prop_assert_eq!(Dmp::dmq_contents(A), Vec::from(model.clone()), "R-DMP-3");
				for index in 0..8 {
					let expected = model.get(index as usize).map(|message| message.sent_at);
					prop_assert_eq!(Dmp::sent_at(A, index), expected, "R-BASE-8");
				}
				Dmp::do_try_state().expect("invariants hold");
			}
			Ok(())
		})?;
	}
}

/// Breaks something, expects it to be found under this name, and mends it.
#[track_caller]
fn is_found(reason: &'static str, break_it: impl FnOnce()) {
	Dmp::do_try_state().expect("all is well");
	let found = with_transaction_unchecked(|| {
		break_it();
		TransactionOutcome::Rollback(Dmp::do_try_state())
	});
	assert_eq!(found, Err(reason.into()));
}

fn stored(sent_at: u32, bytes: usize) -> StoredMessage {
	StoredMessage {
		sent_at,
		message: BoundedVec::truncate_from(vec![0; bytes]),
	}
}

/// A queue of so many messages of so many bytes for `A`, none of them sent.
fn queue_of(count: u32, bytes: u32) {
	(0..count).for_each(|number| {
		DownwardMessages::<Test>::insert(A, u64::from(number), stored(1, bytes as usize));
	});
	let queue = QueueState {
		first: 0,
		count,
		bytes: count * bytes,
	};
	DownwardMessageQueues::<Test>::insert(A, queue);
}

#[test]
fn r_base_8_the_check_of_invariants_finds_what_is_wrong_with_queues() {
	run(|| {
		send(B, 2, b"one");
		send(B, 3, b"two");
		is_found("a downward message is missing", || {
			DownwardMessages::<Test>::remove(B, 0);
		});
		is_found("too many downward messages wait", || {
			queue_of(MAX_DOWNWARD_MESSAGES + 1, 0);
		});
		is_found("the bytes of a downward queue are wrong", || {
			DownwardMessageQueues::<Test>::mutate(B, |queue| queue.bytes += 1);
		});
		is_found("a downward queue is too large", || {
			queue_of(
				MAX_DOWNWARD_QUEUE_SIZE / MAX_DOWNWARD_MESSAGE_SIZE + 1,
				MAX_DOWNWARD_MESSAGE_SIZE,
			);
		});
		is_found("R-BASE-8: downward messages are out of order", || {
			DownwardMessages::<Test>::insert(B, 0, stored(4, 3));
		});
		is_found("a downward message is left over", || {
			DownwardMessages::<Test>::insert(A, 7, stored(1, 1));
		});
	});
}

#[test]
fn r_def_33_the_check_of_invariants_finds_what_is_wrong_with_removed_queues() {
	run(|| {
		(1..=3).for_each(|block| send(A, block, b"old"));
		Dmp::on_para_removed(A);
		send(A, 4, b"new");
		is_found("a removed queue is kept for nothing", || {
			RemovedDownwardQueues::<Test>::mutate(0, |removed| {
				removed.as_mut().expect("waits").messages = 0;
			});
		});
		is_found("a new queue may see an old message", || {
			DownwardRemovals::<Test>::mutate(|range| range.next_number = 2);
		});
		is_found("a queue sees the messages of the one before it", || {
			DownwardMessageQueues::<Test>::mutate(A, |queue| queue.first = 2);
		});
		is_found("a message of a removed queue is missing", || {
			DownwardMessages::<Test>::remove(A, 1);
		});
		is_found("the list of removed queues has a hole", || {
			DownwardRemovals::<Test>::mutate(|range| range.back += 1);
		});
		is_found("an empty list of removed queues is stored", || {
			Dmp::do_remove_messages(100);
			DownwardRemovals::<Test>::put(RemovedRange {
				next_number: 3,
				..Default::default()
			});
		});
	});
}
