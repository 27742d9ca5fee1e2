use crate::{mock::*, AggregateMessageOrigin, Event, RelayDispatchQueueSize};
use async_backing_primitives::{
	keys::{map_key, relay_dispatch_queue_remaining_capacity, RELAY_DISPATCH_QUEUE_SIZE},
	ports::{OnParaRemoved, OnSessionChange, QueueSize, SessionChange, UpwardQueues},
	HostConfiguration, ParaId, MAX_UPWARD_MESSAGE_SIZE,
};
use codec::Encode;
use frame_support::{
	storage::unhashed,
	traits::{Hooks, ServiceQueues},
	weights::Weight,
};

const A: ParaId = ParaId(2000);
const B: ParaId = ParaId(2001);

fn capacity(para: ParaId) -> Option<(u32, u32)> {
	unhashed::get(&relay_dispatch_queue_remaining_capacity(para))
}

fn size(count: u32, bytes: u32) -> QueueSize {
	QueueSize { count, bytes }
}

fn change_limits(limits: (u32, u32)) {
	let old_configuration = neighbours(|state| state.config.clone());
	set_max_queue(limits);
	Ump::on_session_change(&SessionChange {
		session_index: 1,
		session_start: 2,
		validators: Vec::new(),
		old_configuration,
		new_configuration: neighbours(|state| state.config.clone()),
		random_seed: [0; 32],
	});
}

#[test]
fn r_ump_7_messages_are_enqueued_with_an_event() {
	run(|| {
		Ump::enqueue(A, &[vec![1; 10], vec![2; 20]]);
		System::assert_last_event(Event::UpwardMessagesReceived { para: A, count: 2 }.into());
		assert_eq!(Ump::size(A), size(2, 30), "R-BASE-5, R-BASE-6");
		assert_eq!(Ump::size(B), size(0, 0), "each para has a queue of its own");
		Ump::enqueue(B, &[vec![3; 5]]);
		MessageQueue::service_queues(Weight::MAX);
		let mut processed = Processed::get();
		processed.sort();
		assert_eq!(processed, [(A, vec![1; 10]), (A, vec![2; 20]), (B, vec![3; 5])]);
		assert_eq!(Ump::size(A), size(0, 0));
	});
}

#[test]
fn r_ump_7_no_event_without_messages() {
	run(|| {
		Ump::enqueue(A, &[]);
		assert_eq!(System::events(), [], "R-UMP-7: only when their count is positive");
		assert_eq!(capacity(A), None);
	});
}

#[test]
fn r_key_7_and_8_parachains_read_size_and_capacity() {
	run(|| {
		Ump::enqueue(A, &[vec![1; 10], vec![2; 20]]);
		let stored = unhashed::get_raw(&map_key(&RELAY_DISPATCH_QUEUE_SIZE, &A));
		assert_eq!(stored, Some((2u32, 30u32).encode()), "R-KEY-8");
		let mut raw = b":relay_dispatch_queue_remaining_capacity".to_vec();
		raw.extend([0xd0, 0x07, 0, 0]);
		assert_eq!(unhashed::get_raw(&raw), Some((8u32, 970u32).encode()), "R-KEY-7");
		Ump::enqueue(A, &[vec![3; 70]]);
		assert_eq!(
			capacity(A),
			Some((7, 900)),
			"R-KEY-7: kept up to date when messages come"
		);
		MessageQueue::service_queues(Weight::MAX);
		assert_eq!(
			capacity(A),
			Some((10, 1000)),
			"R-KEY-7: and when they are processed"
		);
		assert_eq!(RelayDispatchQueueSize::<Test>::get(A), (0, 0), "R-KEY-8");
	});
}

#[test]
fn r_key_7_capacity_follows_the_configuration() {
	run(|| {
		Ump::enqueue(A, &[vec![1; 10]]);
		change_limits((20, 500));
		assert_eq!(capacity(A), Some((19, 490)), "R-KEY-7");
		assert_eq!(capacity(B), None, "nothing is published for who never sent");
		change_limits((0, 5));
		assert_eq!(
			capacity(A),
			Some((0, 0)),
			"R-DEF-9: a queue above its limit has no room, and nothing underflows"
		);
	});
}

#[test]
fn the_largest_message_that_can_be_configured_fits() {
	run(|| {
		let config = HostConfiguration {
			max_upward_message_size: MAX_UPWARD_MESSAGE_SIZE,
			..HostConfiguration::default()
		};
		assert_eq!(config.check_consistency(), Ok(()));
		Ump::enqueue(A, &[vec![7; MAX_UPWARD_MESSAGE_SIZE as usize]]);
		assert_eq!(Ump::size(A), size(1, MAX_UPWARD_MESSAGE_SIZE));
		Ump::integrity_test();
	});
}

#[test]
fn a_message_that_no_queue_takes_is_left_out() {
	run(|| {
		Ump::enqueue(A, &[vec![0; 140 * 1024], vec![1; 4]]);
		assert_eq!(Ump::size(A), size(1, 4));
		System::assert_last_event(Event::UpwardMessagesReceived { para: A, count: 1 }.into());
	});
}

#[test]
fn r_def_31_of_a_removed_para_nothing_stays() {
	run(|| {
		for para in [A, B] {
			Ump::enqueue(para, &[vec![1; 10]]);
		}
		MessageQueue::service_queues(Weight::MAX);
		Ump::on_para_removed(A);
		set_paras([B.0]);
		assert_eq!(capacity(A), None, "R-KEY-7");
		assert!(!RelayDispatchQueueSize::<Test>::contains_key(A), "R-KEY-8");
		assert_eq!(capacity(B), Some((10, 1000)), "R-KEY-7: the other's stays");
		assert_eq!(Ump::do_try_state(), Ok(()));
	});
}

#[test]
fn r_def_31_what_is_published_stays_true_whoever_removes_a_para_with_messages() {
	run(|| {
		Ump::enqueue(A, &[vec![1; 10], vec![1; 20]]);
		Ump::enqueue(B, &[vec![2; 10]]);
		Ump::on_para_removed(A);
		assert_eq!(capacity(A), Some((8, 970)), "R-KEY-7: they wait still");
		assert_eq!(RelayDispatchQueueSize::<Test>::get(A), (2, 30), "R-KEY-8");
		MessageQueue::service_queues(Weight::MAX);
		assert_eq!(
			Processed::get(),
			[(B, vec![2; 10])],
			"not of their own accord any more"
		);
		assert_eq!(Ump::size(A), size(2, 30));
		set_paras([B.0]);
		assert_eq!(
			Ump::do_try_state(),
			Err("R-DEF-31: a para that is gone left its queue behind".into())
		);
		set_paras([A.0, B.0]);
	});
}

/// What `break_it` breaks, the check of invariants finds.
fn is_found(break_it: impl FnOnce(), reason: &'static str) {
	sp_io::TestExternalities::default().execute_with(|| {
		set_paras([A.0, B.0]);
		Ump::enqueue(A, &[vec![1; 10]]);
		assert_eq!(Ump::do_try_state(), Ok(()));
		break_it();
		assert_eq!(Ump::do_try_state(), Err(reason.into()));
	});
}

#[test]
fn r_key_7_and_8_try_state_finds_what_is_published_wrongly_or_not_at_all() {
	let key = relay_dispatch_queue_remaining_capacity;
	is_found(
		|| RelayDispatchQueueSize::<Test>::remove(A),
		"R-KEY-8: the size of a queue is not published",
	);
	is_found(
		|| RelayDispatchQueueSize::<Test>::insert(A, (1, 11)),
		"R-KEY-8: a published queue size is wrong",
	);
	is_found(
		|| RelayDispatchQueueSize::<Test>::insert(B, (1, 10)),
		"R-KEY-8: a published queue size is wrong",
	);
	is_found(
		|| unhashed::put(&key(A), &(9u32, 991u32)),
		"R-KEY-7: a published capacity is wrong",
	);
	is_found(
		|| unhashed::kill(&key(A)),
		"R-KEY-7: a published capacity is wrong",
	);
	is_found(
		|| unhashed::put(&key(B), &(10u32, 1000u32)),
		"R-KEY-7: a capacity is published without a queue",
	);
	is_found(
		|| unhashed::put(&[&key(B)[..], &[0]].concat(), &(10u32, 1000u32)),
		"R-KEY-7: a key is not that of a para",
	);
}

#[test]
fn origins_encode_as_on_polkadot() {
	let origin = AggregateMessageOrigin::from(A);
	assert_eq!(origin.encode(), [0, 0, 0xd0, 0x07, 0, 0]);
	assert_eq!(origin.para(), A);
}
