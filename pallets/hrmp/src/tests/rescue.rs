//! What the admin may do without the paras, and when it takes effect.

use super::{requests::request, *};
use crate::{HrmpCloseRequests, HrmpOpenChannelRequests, MAX_CHANGES};
use sp_runtime::TokenError;

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

/// A channel for which both ends have deposited.
fn open_with_deposits(sender: ParaId, recipient: ParaId) {
	assert_ok!(request(sender, recipient));
	assert_ok!(Hrmp::accept_open_channel(by(recipient), sender));
	Hrmp::do_session_change();
}

#[test]
fn every_rescue_is_for_the_admin() {
	run(|| {
		open(A, B);
		let by_para = || by(A);
		assert_noop!(Hrmp::force_open_hrmp_channel(by_para(), A, C, 8, 50), BadOrigin);
		assert_noop!(Hrmp::force_close_channel(by_para(), A, B), BadOrigin);
		assert_noop!(Hrmp::force_clean_hrmp(by_para(), A, 9, 9), BadOrigin);
		assert_noop!(Hrmp::force_process_hrmp_open(by_para(), 9), BadOrigin);
		assert_noop!(Hrmp::force_process_hrmp_close(by_para(), 9), BadOrigin);
		assert_noop!(Hrmp::poke_channel_deposits(by_para(), A, B), BadOrigin);
	});
}

#[test]
fn r_abp_9_the_admin_opens_with_the_next_session_and_without_deposits() {
	run(|| {
		assert_ok!(Hrmp::force_open_hrmp_channel(root(), A, B, 7, 40));
		let opened = Event::ChannelForceOpened {
			channel: id(A, B),
			max_capacity: 7,
			max_message_size: 40,
		};
		System::assert_last_event(opened.into());
		assert_eq!(
			Hrmp::outbound_channel(A, B),
			None,
			"R-ABP-9: not within the session"
		);
		assert_noop!(request(A, B), Error::<Test>::AlreadyRequested);
		Hrmp::do_session_change();
		let channel = HrmpChannels::<Test>::get(id(A, B)).expect("open");
		assert_eq!((channel.max_capacity, channel.max_message_size), (7, 40));
		assert_eq!((channel.sender_deposit, channel.recipient_deposit), (0, 0));
		assert_eq!((held(A), held(B)), (0, 0));
	});
}

#[test]
fn a_request_that_waits_gives_way_to_the_admin_with_its_deposits() {
	run(|| {
		assert_ok!(request(A, B));
		assert_ok!(Hrmp::accept_open_channel(by(B), A));
		assert_eq!((held(A), held(B)), (SENDER_DEPOSIT, RECIPIENT_DEPOSIT));
		assert_ok!(Hrmp::force_open_hrmp_channel(root(), A, B, 8, 50));
		assert_eq!((held(A), held(B)), (0, 0), "both have their deposits back");
		Hrmp::do_session_change();
		assert_eq!(limitations(A, B), (100, 8));
		// One that is refused leaves the request as it was.
		assert_ok!(request(B, A));
		assert_noop!(
			Hrmp::force_open_hrmp_channel(root(), B, A, 0, 50),
			Error::<Test>::BadCapacity
		);
		assert_eq!(held(B), SENDER_DEPOSIT);
	});
}

#[test]
fn accepted_requests_are_hurried() {
	run(|| {
		assert_ok!(request(A, B));
		assert_ok!(Hrmp::accept_open_channel(by(B), A));
		assert_ok!(request(B, A));
		assert_ok!(Hrmp::accept_open_channel(by(A), B));
		assert_ok!(request(A, C));
		assert_noop!(
			Hrmp::force_process_hrmp_open(root(), 1),
			Error::<Test>::WrongWitness
		);
		assert_ok!(Hrmp::force_process_hrmp_open(root(), 2));
		assert_eq!(
			Hrmp::outbound_channel(A, B),
			None,
			"R-DEF-29: not before the block ends"
		);
		end_block();
		assert!(Hrmp::outbound_channel(A, B).is_some() && Hrmp::outbound_channel(B, A).is_some());
		assert_eq!(Hrmp::outbound_channel(A, C), None, "nobody accepted");
		assert_eq!((held(A), held(C)), (2 * SENDER_DEPOSIT + RECIPIENT_DEPOSIT, 0));
	});
}

#[test]
fn r_def_29_what_the_admin_closes_is_there_until_the_block_ends() {
	run(|| {
		open_with_deposits(A, B);
		send(A, B, 1, b"lost");
		assert_ok!(Hrmp::force_close_channel(root(), A, B));
		assert_eq!(
			limitations(A, B),
			(96, 7),
			"R-DEF-29: candidates of this block are judged by what nodes saw"
		);
		assert_noop!(
			Hrmp::force_close_channel(root(), A, B),
			Error::<Test>::AlreadyClosing
		);
		end_block();
		assert_eq!(Hrmp::outbound_channel(A, B), None);
		assert_eq!((held(A), held(B)), (0, 0), "both have their deposits back");
		System::assert_last_event(Event::ChannelClosed { channel: id(A, B) }.into());
	});
}

#[test]
fn where_nothing_is_accepted_there_is_nothing_to_hurry() {
	run(|| {
		assert_ok!(request(A, B));
		assert_ok!(Hrmp::force_process_hrmp_open(root(), 0));
		assert!(
			!crate::HrmpOpeningNow::<Test>::exists(),
			"the end of the block has nothing to do"
		);
	});
}

#[test]
fn closings_that_wait_are_hurried_and_end_with_the_block() {
	run(|| {
		open_with_deposits(A, B);
		open_with_deposits(B, C);
		assert_ok!(Hrmp::close_channel(by(B), id(A, B)));
		assert_ok!(Hrmp::close_channel(by(B), id(B, C)));
		assert_noop!(
			Hrmp::force_process_hrmp_close(root(), 1),
			Error::<Test>::WrongWitness
		);
		assert_ok!(Hrmp::force_process_hrmp_close(root(), 2));
		// Twice is as good as once.
		assert_ok!(Hrmp::force_process_hrmp_close(root(), 2));
		assert!(Hrmp::outbound_channel(A, B).is_some(), "R-DEF-29");
		end_block();
		assert_eq!(HrmpChannels::<Test>::iter().count(), 0);
		assert!(!HrmpCloseRequests::<Test>::exists());
		assert_eq!((held(A), held(B), held(C)), (0, 0, 0));
	});
}

#[test]
fn a_para_is_cleaned_of_its_channels_even_if_it_is_gone() {
	run(|| {
		open_with_deposits(A, B);
		open_with_deposits(B, A);
		open_with_deposits(C, A);
		open_with_deposits(C, B);
		assert_ok!(request(A, C));
		neighbours(|state| state.gone.insert(A));
		for (inbound, outbound) in [(1, 1), (2, 0)] {
			assert_noop!(
				Hrmp::force_clean_hrmp(root(), A, inbound, outbound),
				Error::<Test>::WrongWitness
			);
		}
		assert_ok!(Hrmp::force_clean_hrmp(root(), A, 2, 1));
		assert_eq!(HrmpChannels::<Test>::iter().count(), 4, "R-DEF-29");
		end_block();
		let left: Vec<_> = HrmpChannels::<Test>::iter_keys().collect();
		assert_eq!(left, [id(C, B)]);
		assert_eq!(
			(held(A), held(B), held(C)),
			(SENDER_DEPOSIT, RECIPIENT_DEPOSIT, SENDER_DEPOSIT),
			"A's request is no channel"
		);
		assert_ok!(Hrmp::force_clean_hrmp(root(), ParaId(77), 0, 0));
	});
}

#[test]
fn what_ends_with_one_block_has_a_ceiling() {
	run(|| {
		let others: Vec<_> = (0..MAX_CHANGES)
			.map(|number| id(ParaId(number), ParaId(1)))
			.collect();
		open(A, B);
		crate::HrmpClosingNow::<Test>::put(crate::ChannelIds::truncate_from(others));
		assert_noop!(
			Hrmp::force_close_channel(root(), A, B),
			Error::<Test>::TooManyRequests
		);
		end_block();
		assert!(Hrmp::outbound_channel(A, B).is_some());
	});
}

#[test]
fn deposits_follow_the_configuration_when_poked() {
	run(|| {
		assert_noop!(
			Hrmp::poke_channel_deposits(root(), A, B),
			Error::<Test>::NoSuchChannel
		);
		open_with_deposits(A, B);
		let set = |sender, recipient| {
			configure(|limits| {
				limits.hrmp_sender_deposit = sender;
				limits.hrmp_recipient_deposit = recipient;
			})
		};
		set(SENDER_DEPOSIT + 5, RECIPIENT_DEPOSIT - 3);
		assert_eq!(
			(held(A), held(B)),
			(SENDER_DEPOSIT, RECIPIENT_DEPOSIT),
			"by itself nothing changes"
		);
		assert_ok!(Hrmp::poke_channel_deposits(root(), A, B));
		assert_eq!((held(A), held(B)), (25, 4));
		let updated = Event::DepositsUpdated {
			channel: id(A, B),
			sender_deposit: 25,
			recipient_deposit: 4,
		};
		System::assert_last_event(updated.into());
		// One end cannot pay: the other does not either.
		set(30, ENDOWMENT + 1);
		assert_noop!(
			Hrmp::poke_channel_deposits(root(), A, B),
			TokenError::FundsUnavailable
		);
		assert_eq!((held(A), held(B)), (25, 4));
		set(0, 0);
		assert_ok!(Hrmp::poke_channel_deposits(root(), A, B));
		assert_eq!((held(A), held(B)), (0, 0));
		assert_eq!(limitations(A, B), (100, 8), "the channel stays");
	});
}

#[test]
fn r_key_5_poking_leaves_what_parachains_read() {
	run(|| {
		open_with_deposits(A, B);
		send(A, B, 5, b"one");
		let read = || {
			let value = unhashed::get_raw(&keys::map_key(&keys::HRMP_CHANNELS, &(A, B))).expect("stored");
			value[..53].to_vec()
		};
		let before = read();
		configure(|limits| limits.hrmp_sender_deposit = 1);
		assert_ok!(Hrmp::poke_channel_deposits(root(), A, B));
		assert_eq!(read(), before, "R-KEY-5");
		assert_eq!(HrmpOpenChannelRequests::<Test>::count(), 0);
	});
}
