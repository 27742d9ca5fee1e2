//! What is left of closed channels and removed paras, and how it goes (R-DEF-33).

use super::*;
use crate::{
	HrmpAcceptedRequests, HrmpChannelContents, HrmpCloseRequests, HrmpClosedChannels, HrmpClosedQueue,
	HrmpEgressRequestsIndex, HrmpIngressRequestsIndex, HrmpOpenChannelRequests, HrmpRemovals, OpenRequest,
	WeightInfo, MAX_CHANGES, MAX_CHANGES_PER_SESSION, MAX_REMOVED_PER_BLOCK,
};
use async_backing_primitives::{MAX_HRMP_CHANNELS, MAX_HRMP_CHANNEL_CAPACITY};
use frame_support::traits::Hooks;

fn stored_messages() -> usize {
	HrmpChannelContents::<Test>::iter_keys().count()
}

/// The beginnings of so many blocks.
fn blocks(count: u32) {
	for _ in 0..count {
		Hrmp::on_initialize(System::block_number());
	}
}

#[test]
fn r_key_5_r_key_6_a_closed_channel_is_gone_at_once_with_its_messages() {
	run(|| {
		open(A, B);
		send(A, B, 5, b"one");
		send(A, B, 6, b"two");
		close(A, B);
		System::assert_last_event(Event::ChannelClosed { channel: id(A, B) }.into());
		assert_eq!(Hrmp::outbound_channel(A, B), None);
		assert_eq!(Hrmp::recipients(A), [], "R-KEY-6");
		assert_eq!(
			Hrmp::inbound_hrmp_channels_contents(B),
			BTreeMap::new(),
			"R-KEY-6"
		);
		let channel = keys::map_key(&keys::HRMP_CHANNELS, &(A, B));
		assert_eq!(unhashed::get_raw(&channel), None, "R-KEY-5");
		assert_eq!(stored_messages(), 2, "they go with the next blocks");
		assert_noop!(
			Hrmp::force_close_channel(RuntimeOrigin::root(), A, B),
			Error::<Test>::NoSuchChannel
		);
		send(A, B, 7, b"lost");
		assert_eq!(stored_messages(), 2, "R-HRMP-4: skipped");
		blocks(1);
		assert_eq!(stored_messages(), 0);
		assert!(!HrmpClosedQueue::<Test>::exists());
	});
}

#[test]
fn r_def_33_closing_the_fullest_channels_takes_no_longer_than_closing_empty_ones() {
	run(|| {
		let capacity = u64::from(MAX_HRMP_CHANNEL_CAPACITY);
		open(A, B);
		open(C, B);
		for sender in [A, C] {
			for number in 0..capacity {
				send(sender, B, 1 + number as u32, &[]);
			}
		}
		let before = stored_messages();
		assert_eq!(before, 4096);
		Hrmp::on_para_removed(B);
		assert_eq!(
			stored_messages(),
			before,
			"R-DEF-33: nothing is removed one by one"
		);
		let left: Vec<_> = HrmpClosedChannels::<Test>::iter_values()
			.map(|closed| closed.messages)
			.collect();
		assert_eq!(left, [2048, 2048]);
		// Each block removes what is booked for it, and no more.
		let weight = Hrmp::on_initialize(1);
		assert_eq!(
			stored_messages(),
			before - 127,
			"a step for the channel, and 127 messages"
		);
		let booked = <() as WeightInfo>::remove_messages(MAX_REMOVED_PER_BLOCK).ref_time();
		assert!(
			weight.ref_time() >= booked,
			"R-DEF-33: what was removed is charged"
		);
		Hrmp::do_try_state().expect("invariants hold meanwhile");
		blocks(31);
		assert!(stored_messages() > 0);
		blocks(2);
		assert_eq!(stored_messages(), 0, "R-DEF-33: 33 blocks for 4096 messages");
		assert!(!HrmpClosedQueue::<Test>::exists());
		let idle = Hrmp::on_initialize(1);
		assert!(
			idle.ref_time() < booked / 50,
			"nothing to remove is nearly nothing to charge"
		);
	});
}

#[test]
fn r_def_33_no_more_steps_are_taken_than_there_is_budget_for() {
	run(|| {
		open(A, B);
		(1..=3).for_each(|block| send(A, B, block, b"old"));
		close(A, B);
		assert_eq!(Hrmp::do_remove_messages(0), 0, "R-DEF-33");
		assert_eq!(
			Hrmp::do_remove_messages(2),
			2,
			"R-DEF-33: the channel, and one message"
		);
		assert_eq!(stored_messages(), 2);
		assert_eq!(
			Hrmp::do_remove_messages(9),
			3,
			"R-DEF-33: the channel again, and two"
		);
		assert_eq!(Hrmp::do_remove_messages(9), 0, "R-DEF-33");
	});
}

#[test]
fn r_def_33_a_para_without_channels_takes_none_of_a_sessions_time() {
	run(|| {
		Hrmp::on_para_removed(A);
		assert!(!HrmpRemovals::<Test>::exists(), "R-DEF-33: nothing is written");
	});
}

#[test]
fn r_def_33_a_channel_that_opens_again_does_not_see_the_messages_of_the_one_before() {
	run(|| {
		open(A, B);
		(1..=3).for_each(|block| send(A, B, block, b"old"));
		close(A, B);
		open(A, B);
		assert_eq!(contents(A, B), [], "R-DEF-33: a new channel is empty");
		assert_eq!(limitations(A, B), (100, 8));
		send(A, B, 4, b"new");
		assert_eq!(contents(A, B), [(4, b"new".to_vec())]);
		// The second one closes as well, before anything of the first is removed.
		close(A, B);
		open(A, B);
		send(A, B, 5, b"newest");
		Hrmp::do_try_state().expect("invariants hold with two generations of leftovers");
		Hrmp::do_remove_messages(3);
		assert_eq!(stored_messages(), 3, "a step for the channel, two messages");
		Hrmp::do_try_state().expect("invariants hold half way");
		blocks(1);
		assert_eq!(stored_messages(), 1);
		assert_eq!(contents(A, B), [(5, b"newest".to_vec())], "R-DEF-33");
		assert_eq!(
			consume(B, 5, 5),
			5,
			"R-WGT-6: those of closed channels are counted, too many rather than too few"
		);
		assert_eq!(stored_messages(), 0);
	});
}

/// Stores so many channels to one recipient each, which no limit of the configuration allows.
fn many_channels(count: u32) -> Vec<HrmpChannelId> {
	let request = OpenRequest {
		is_accepted: true,
		max_capacity: 8,
		max_total_size: 100,
		max_message_size: 50,
		sender_deposit: 0,
		recipient_deposit: 0,
	};
	let channels: Vec<_> = (0..count)
		.map(|number| id(ParaId(9_000 + number), ParaId(5_000 + number / 200)))
		.collect();
	channels
		.iter()
		.for_each(|channel| assert!(Hrmp::open(*channel, &request)));
	channels
}

#[test]
fn r_def_33_a_session_closes_so_many_channels_and_the_rest_with_the_next() {
	run(|| {
		let mut channels = many_channels(MAX_CHANGES_PER_SESSION + 10);
		// The order of asking, not of ids: whoever asks late waits, whatever its id.
		channels.reverse();
		HrmpCloseRequests::<Test>::put(crate::ChannelIds::truncate_from(channels.clone()));
		Hrmp::do_session_change();
		assert_eq!(
			HrmpCloseRequests::<Test>::get().into_inner(),
			channels[MAX_CHANGES_PER_SESSION as usize..],
			"R-DEF-33: the rest waits"
		);
		assert_eq!(HrmpChannels::<Test>::iter().count(), 10);
		Hrmp::do_try_state().expect("invariants hold");
		Hrmp::do_session_change();
		assert_eq!(HrmpChannels::<Test>::iter().count(), 0);
		assert!(!HrmpCloseRequests::<Test>::exists());
	});
}

#[test]
fn r_def_33_a_session_opens_so_many_channels_and_the_rest_with_the_next() {
	run(|| {
		configure(|limits| {
			limits.hrmp_max_parachain_inbound_channels = 256;
			limits.hrmp_max_parachain_outbound_channels = 256;
			limits.hrmp_sender_deposit = 0;
			limits.hrmp_recipient_deposit = 0;
		});
		neighbours(|state| state.everybody = true);
		let wanted = MAX_CHANGES_PER_SESSION + 5;
		let channels: Vec<_> = (0..wanted)
			.map(|number| id(ParaId(9_000 - number), ParaId(5_000 + number / 200)))
			.collect();
		for channel in &channels {
			assert_ok!(Hrmp::do_request(*channel, 8, 50));
			assert_ok!(Hrmp::do_accept(*channel));
		}
		Hrmp::do_session_change();
		assert_eq!(
			HrmpAcceptedRequests::<Test>::get().into_inner(),
			channels[MAX_CHANGES_PER_SESSION as usize..],
			"R-DEF-33: who asked last"
		);
		Hrmp::do_try_state().expect("invariants hold");
		Hrmp::do_session_change();
		assert_eq!(HrmpChannels::<Test>::iter().count(), wanted as usize);
		assert!(!HrmpAcceptedRequests::<Test>::exists());
		assert!(wanted < MAX_CHANGES);
	});
}

#[test]
fn r_def_33_removing_a_para_touches_its_own_requests_and_no_other() {
	run(|| {
		neighbours(|state| state.everybody = true);
		configure(|limits| {
			limits.hrmp_sender_deposit = 0;
			limits.hrmp_max_parachain_outbound_channels = 3;
		});
		let asker = |number| ParaId(3_000 + number);
		for number in 0..MAX_HRMP_CHANNELS {
			assert_ok!(Hrmp::do_request(id(asker(number), A), 8, 50));
		}
		assert_noop!(
			Hrmp::do_request(id(asker(MAX_HRMP_CHANNELS), A), 8, 50),
			Error::<Test>::TooManyRequests
		);
		assert_ok!(Hrmp::do_request(id(A, B), 8, 50));
		assert_ok!(Hrmp::do_request(id(asker(1), B), 8, 50));
		assert_eq!(HrmpIngressRequestsIndex::<Test>::get(A).len(), 256);
		assert_eq!(
			HrmpEgressRequestsIndex::<Test>::get(asker(1)).into_inner(),
			[A, B]
		);
		// A request that no index knows is not found: nothing looks at all of them.
		let stranger = id(ParaId(3_999), A);
		let unknown = OpenRequest {
			is_accepted: false,
			max_capacity: 1,
			max_total_size: 1,
			max_message_size: 1,
			sender_deposit: 0,
			recipient_deposit: 0,
		};
		HrmpOpenChannelRequests::<Test>::insert(stranger, unknown);
		Hrmp::on_para_removed(A);
		assert_eq!(
			HrmpOpenChannelRequests::<Test>::take(stranger),
			Some(unknown),
			"R-DEF-33"
		);
		let left: Vec<_> = HrmpOpenChannelRequests::<Test>::iter_keys().collect();
		assert_eq!(left, [id(asker(1), B)]);
	});
}

#[test]
fn r_def_33_paras_with_many_channels_are_removed_in_several_sessions() {
	run(|| {
		// 200 channels lead to each of the first two, 6 to the third.
		many_channels(406);
		let [first, second, third] = [5_000, 5_001, 5_002].map(ParaId);
		assert!(Hrmp::has_time_for(first) && Hrmp::has_time_for(second));
		Hrmp::on_para_removed(first);
		assert!(!Hrmp::has_time_for(second), "R-DEF-33: 400 are too many at once");
		assert!(Hrmp::has_time_for(third), "206 are not");
		Hrmp::on_para_removed(third);
		assert!(Hrmp::has_time_for(A), "it has none");
		Hrmp::do_session_change();
		assert!(Hrmp::has_time_for(second));
		Hrmp::on_para_removed(second);
		assert_eq!(HrmpChannels::<Test>::iter().count(), 0);
		many_channels(57);
		assert!(!Hrmp::has_time_for(first), "257 in all");
		close(ParaId(9_000), first);
		assert!(Hrmp::has_time_for(first), "256 in all");
	});
}

#[test]
fn r_def_33_channels_and_requests_of_both_directions_take_time() {
	run(|| {
		neighbours(|state| state.everybody = true);
		configure(|limits| {
			limits.hrmp_sender_deposit = 0;
			limits.hrmp_max_parachain_outbound_channels = 6;
		});
		let other = |number: u32| ParaId(3_000 + number);
		open(other(0), A);
		(0..2).for_each(|number| open(A, other(number)));
		for number in 1..4 {
			assert_ok!(Hrmp::do_request(id(other(number), A), 8, 50));
		}
		for number in 2..6 {
			assert_ok!(Hrmp::do_request(id(A, other(number)), 8, 50));
		}
		let ends = 1 + 2 + 3 + 4;
		HrmpRemovals::<Test>::put(MAX_CHANGES_PER_SESSION - ends);
		assert!(Hrmp::has_time_for(A), "R-DEF-33: 256 in all");
		HrmpRemovals::<Test>::put(MAX_CHANGES_PER_SESSION - ends + 1);
		assert!(!Hrmp::has_time_for(A), "R-DEF-33: 257 in all");
		HrmpRemovals::<Test>::put(1);
		Hrmp::on_para_removed(A);
		assert_eq!(HrmpRemovals::<Test>::get(), 11, "R-DEF-33: ten more");
	});
}

#[test]
fn r_def_33_a_para_with_more_than_a_session_change_has_time_for_goes_alone() {
	run(|| {
		neighbours(|state| state.everybody = true);
		configure(|limits| limits.hrmp_sender_deposit = 0);
		let [first, next] = [5_000, 5_001].map(ParaId);
		many_channels(201);
		for number in 0..57 {
			assert_ok!(Hrmp::do_request(id(ParaId(3_000 + number), first), 8, 50));
		}
		assert!(
			Hrmp::has_time_for(first),
			"R-DEF-33: 257 are too many for any session change, but it has to go once"
		);
		Hrmp::on_para_removed(next);
		assert!(!Hrmp::has_time_for(first), "R-DEF-33: not as the second");
		Hrmp::do_session_change();
		assert!(Hrmp::has_time_for(first), "R-DEF-33");
		Hrmp::on_para_removed(first);
		assert_eq!(HrmpChannels::<Test>::iter().count(), 0);
		assert_eq!(HrmpOpenChannelRequests::<Test>::iter().count(), 0);
	});
}
