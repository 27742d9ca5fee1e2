//! Requests of channels, from the asking to the opening and closing, and the deposits.

use super::*;
use crate::{
	HrmpAcceptedRequests, HrmpCloseRequests, HrmpEgressChannelsIndex, HrmpIngressChannelsIndex,
	HrmpOpenChannelRequests, MAX_CHANGES, MAX_REQUESTS,
};
use async_backing_primitives::ports::{OnSessionChange, SessionChange};
use frame_support::traits::Currency;
use sp_runtime::TokenError;

pub(super) fn request(sender: ParaId, recipient: ParaId) -> frame_support::dispatch::DispatchResult {
	Hrmp::init_open_channel(by(sender), recipient, 8, 50)
}

fn next_session() {
	Hrmp::on_session_change(&SessionChange {
		session_index: 1,
		session_start: System::block_number() + 1,
		validators: Vec::new(),
		old_configuration: config(),
		new_configuration: config(),
		random_seed: [0; 32],
	});
	Hrmp::do_try_state().expect("invariants hold after a session change");
}

#[test]
fn r_hrmp_5_r_key_6_a_channel_is_requested_accepted_and_opens_with_the_next_session() {
	run(|| {
		assert_ok!(request(A, B));
		assert_eq!((held(A), held(B)), (SENDER_DEPOSIT, 0));
		next_session();
		assert_eq!(Hrmp::outbound_channel(A, B), None, "nobody accepted");
		assert_ok!(Hrmp::accept_open_channel(by(B), A));
		assert_eq!((held(A), held(B)), (SENDER_DEPOSIT, RECIPIENT_DEPOSIT));
		assert_eq!(
			Hrmp::outbound_channel(A, B),
			None,
			"R-ABP-9: not within the session"
		);
		next_session();
		assert_eq!(limitations(A, B), (100, 8));
		assert_eq!(
			HrmpEgressChannelsIndex::<Test>::get(A).into_inner(),
			[B],
			"R-KEY-6"
		);
		assert_eq!(
			HrmpIngressChannelsIndex::<Test>::get(B).into_inner(),
			[A],
			"R-KEY-6"
		);
		assert_eq!(HrmpOpenChannelRequests::<Test>::count(), 0);
		System::assert_last_event(
			Event::ChannelOpened {
				channel: id(A, B),
				max_capacity: 8,
				max_message_size: 50,
			}
			.into(),
		);
		// Either end closes it, with what waits in it.
		send(A, B, 1, b"lost");
		assert_ok!(Hrmp::close_channel(by(B), id(A, B)));
		assert_noop!(
			Hrmp::close_channel(by(A), id(A, B)),
			Error::<Test>::AlreadyClosing
		);
		assert!(
			Hrmp::outbound_channel(A, B).is_some(),
			"R-ABP-9: not within the session"
		);
		next_session();
		assert_eq!(Hrmp::outbound_channel(A, B), None);
		assert_eq!((held(A), held(B)), (0, 0), "both have their deposits back");
	});
}

#[test]
fn requests_are_refused_each_for_its_reason() {
	run(|| {
		let unknown = ParaId(2999);
		assert_noop!(
			Hrmp::init_open_channel(RuntimeOrigin::signed(1), B, 8, 50),
			BAD_ORIGIN
		);
		assert_noop!(Hrmp::accept_open_channel(RuntimeOrigin::root(), A), BAD_ORIGIN);
		assert_noop!(
			Hrmp::cancel_open_request(RuntimeOrigin::none(), id(A, B)),
			BAD_ORIGIN
		);
		assert_noop!(Hrmp::close_channel(RuntimeOrigin::none(), id(A, B)), BAD_ORIGIN);
		assert_noop!(request(A, A), Error::<Test>::ToSelf);
		assert_noop!(request(A, unknown), Error::<Test>::UnknownPara);
		assert_noop!(request(unknown, A), Error::<Test>::UnknownPara);
		for capacity in [0, 9] {
			assert_noop!(
				Hrmp::init_open_channel(by(A), B, capacity, 50),
				Error::<Test>::BadCapacity
			);
		}
		configure(|limits| limits.hrmp_channel_max_capacity = u32::MAX);
		assert_noop!(
			Hrmp::init_open_channel(by(A), B, 2049, 50),
			Error::<Test>::BadCapacity // R-DEF-33: above the ceiling
		);
		configure(|limits| limits.hrmp_channel_max_capacity = 8);
		for size in [0, 51] {
			assert_noop!(
				Hrmp::init_open_channel(by(A), B, 8, size),
				Error::<Test>::BadMessageSize
			);
		}
		assert_noop!(Hrmp::accept_open_channel(by(B), A), Error::<Test>::NoSuchRequest);
		assert_noop!(
			Hrmp::cancel_open_request(by(A), id(A, B)),
			Error::<Test>::NoSuchRequest
		);
		assert_noop!(Hrmp::close_channel(by(A), id(A, B)), Error::<Test>::NoSuchChannel);

		assert_ok!(request(A, B));
		assert_noop!(request(A, B), Error::<Test>::AlreadyRequested);
		assert_noop!(
			Hrmp::cancel_open_request(by(C), id(A, B)),
			Error::<Test>::NotAnEnd
		);
		assert_ok!(Hrmp::accept_open_channel(by(B), A));
		assert_noop!(
			Hrmp::accept_open_channel(by(B), A),
			Error::<Test>::AlreadyAccepted
		);
		assert_noop!(
			Hrmp::cancel_open_request(by(A), id(A, B)),
			Error::<Test>::AlreadyAccepted
		);
		next_session();
		assert_noop!(request(A, B), Error::<Test>::AlreadyOpen);
		assert_noop!(Hrmp::close_channel(by(C), id(A, B)), Error::<Test>::NotAnEnd);
	});
}

#[test]
fn requests_count_like_channels_against_the_limits() {
	run(|| {
		open(A, ParaId(2005));
		assert_ok!(request(A, B));
		assert_ok!(request(A, C));
		assert_noop!(request(A, ParaId(2003)), Error::<Test>::TooManyOutboundChannels);
		// Two inbound channels at most: one is open, one is accepted.
		open(ParaId(2006), B);
		assert_ok!(Hrmp::accept_open_channel(by(B), A));
		assert_ok!(request(C, B));
		assert_noop!(
			Hrmp::accept_open_channel(by(B), C),
			Error::<Test>::TooManyInboundChannels
		);
		// Either end may withdraw what is not accepted.
		assert_ok!(Hrmp::cancel_open_request(by(B), id(C, B)));
		assert_ok!(Hrmp::cancel_open_request(by(A), id(A, C)));
		assert_eq!((held(A), held(C)), (SENDER_DEPOSIT, 0), "one request is left");
		assert_ok!(request(A, ParaId(2003)));
	});
}

#[test]
fn a_deposit_that_is_not_there_refuses_the_request() {
	run(|| {
		let _ = Balances::slash(&A.0.into(), ENDOWMENT - SENDER_DEPOSIT);
		assert_noop!(request(A, B), TokenError::FundsUnavailable);
		assert_ok!(request(C, B));
		let _ = Balances::slash(&B.0.into(), ENDOWMENT - RECIPIENT_DEPOSIT);
		assert_noop!(Hrmp::accept_open_channel(by(B), C), TokenError::FundsUnavailable);
	});
}

#[test]
fn r_def_31_no_channel_opens_whose_end_is_gone() {
	run(|| {
		for (sender, recipient) in [(A, B), (B, C)] {
			assert_ok!(request(sender, recipient));
			assert_ok!(Hrmp::accept_open_channel(by(recipient), sender));
		}
		// Gone before this pallet hears of it.
		neighbours(|state| state.gone.insert(A));
		next_session();
		let opened: Vec<_> = HrmpChannels::<Test>::iter_keys().collect();
		assert_eq!(opened, [id(B, C)], "R-DEF-31");
		System::assert_has_event(Event::RequestCancelled { channel: id(A, B) }.into());
		assert_eq!(
			(held(A), held(B), held(C)),
			(0, SENDER_DEPOSIT, RECIPIENT_DEPOSIT),
			"what was held for it is back"
		);
	});
}

#[test]
fn where_no_deposit_was_held_none_comes_back() {
	let balances = || {
		let events = System::events().into_iter().map(|record| record.event);
		events
			.filter(|event| matches!(event, RuntimeEvent::Balances(_)))
			.count()
	};
	run(|| {
		open(A, B);
		close(A, B);
		assert_eq!(balances(), 0, "a channel without deposits");
		assert_ok!(request(A, B));
		let before = balances();
		assert_ok!(Hrmp::cancel_open_request(by(A), id(A, B)));
		assert_eq!(balances() - before, 1, "the sender's alone");
	});
}

#[test]
fn a_deposit_of_which_somebody_took_comes_back_as_far_as_it_is_there() {
	use frame_support::traits::{
		fungible::MutateHold,
		tokens::{Fortitude::Force, Precision::Exact},
	};
	run(|| {
		assert_ok!(request(A, B));
		let reason = crate::HoldReason::ChannelDeposit.into();
		assert_ok!(Balances::burn_held(&reason, &A.0.into(), 15, Exact, Force));
		assert_ok!(Hrmp::cancel_open_request(by(A), id(A, B)));
		assert_eq!((held(A), Balances::free_balance(u64::from(A.0))), (0, 85));
	});
}

#[test]
fn lists_have_ceilings() {
	run(|| {
		for number in 0..MAX_REQUESTS {
			let channel = id(ParaId(5_000 + number), ParaId(4_000));
			let request = crate::OpenRequest {
				is_accepted: number < MAX_CHANGES,
				max_capacity: 1,
				max_total_size: 1,
				max_message_size: 1,
				sender_deposit: 0,
				recipient_deposit: 0,
			};
			HrmpOpenChannelRequests::<Test>::insert(channel, request);
		}
		assert_noop!(request(A, B), Error::<Test>::TooManyRequests);
		let _ = HrmpOpenChannelRequests::<Test>::clear(u32::MAX, None);
		open(A, B);
		let unaccepted = id(ParaId(5_000 + MAX_CHANGES), ParaId(4_000));
		HrmpOpenChannelRequests::<Test>::insert(
			unaccepted,
			crate::OpenRequest {
				is_accepted: false,
				max_capacity: 1,
				max_total_size: 1,
				max_message_size: 1,
				sender_deposit: 0,
				recipient_deposit: 0,
			},
		);
		let accepted: Vec<_> = (0..MAX_CHANGES)
			.map(|n| id(ParaId(5_000 + n), ParaId(4_000)))
			.collect();
		HrmpAcceptedRequests::<Test>::put(crate::ChannelIds::truncate_from(accepted.clone()));
		assert_noop!(
			Hrmp::accept_open_channel(by(ParaId(4_000)), unaccepted.sender),
			Error::<Test>::TooManyRequests
		);
		HrmpCloseRequests::<Test>::put(crate::ChannelIds::truncate_from(accepted));
		assert_noop!(
			Hrmp::close_channel(by(A), id(A, B)),
			Error::<Test>::TooManyRequests
		);
		HrmpCloseRequests::<Test>::kill();
		HrmpAcceptedRequests::<Test>::kill();
		let _ = HrmpOpenChannelRequests::<Test>::clear(u32::MAX, None);
	});
}

#[test]
fn requests_and_channels_go_with_their_para() {
	run(|| {
		assert_ok!(request(A, B));
		assert_ok!(Hrmp::accept_open_channel(by(B), A));
		next_session();
		assert_ok!(Hrmp::close_channel(by(A), id(A, B)));
		assert_ok!(request(B, A));
		assert_ok!(request(C, A));
		assert_ok!(Hrmp::accept_open_channel(by(A), C));
		neighbours(|state| state.gone.insert(A));
		Hrmp::on_para_removed(A);
		assert_eq!(HrmpOpenChannelRequests::<Test>::count(), 0);
		assert_eq!((held(A), held(B), held(C)), (0, 0, 0));
		next_session();
		assert_eq!(HrmpChannels::<Test>::iter().count(), 0);
	});
}

#[derive(Clone, Copy, Debug)]
enum Step {
	Request(u32, u32),
	Accept(u32, u32),
	Cancel(u32, u32, u32),
	Close(u32, u32, u32),
	Send(u32, u32),
	Remove(u32),
	Session,
	ForceOpen(u32, u32),
	ForceClose(u32, u32),
	ForceClean(u32),
	ProcessOpen,
	ProcessClose,
	Poke(u32, u32),
	Deposits(u128, u128),
	Block,
}

fn step() -> impl Strategy<Value = Step> {
	let para = || 2000u32..2004;
	prop_oneof![
		4 => (para(), para()).prop_map(|(a, b)| Step::Request(a, b)),
		4 => (para(), para()).prop_map(|(a, b)| Step::Accept(a, b)),
		1 => (para(), para(), para()).prop_map(|(a, b, by)| Step::Cancel(a, b, by)),
		2 => (para(), para(), para()).prop_map(|(a, b, by)| Step::Close(a, b, by)),
		2 => (para(), para()).prop_map(|(a, b)| Step::Send(a, b)),
		1 => para().prop_map(Step::Remove),
		3 => Just(Step::Session),
		1 => (para(), para()).prop_map(|(a, b)| Step::ForceOpen(a, b)),
		1 => (para(), para()).prop_map(|(a, b)| Step::ForceClose(a, b)),
		1 => para().prop_map(Step::ForceClean),
		1 => Just(Step::ProcessOpen),
		1 => Just(Step::ProcessClose),
		2 => (para(), para()).prop_map(|(a, b)| Step::Poke(a, b)),
		1 => (0u128..40, 0u128..40).prop_map(|(a, b)| Step::Deposits(a, b)),
		2 => Just(Step::Block),
	]
}

proptest! {
	#[test]
	fn deposits_are_held_for_what_there_is_and_come_back(steps in proptest::collection::vec(step(), 1..60)) {
		run(|| {
			let issued = pallet_balances::TotalIssuance::<Test>::get();
			for step in steps {
				match step {
					Step::Request(a, b) => {
 let _ = request(ParaId(a), ParaId(b));
}
					Step::Accept(a, b) => {
 let _ = Hrmp::accept_open_channel(by(ParaId(b)), ParaId(a));
}
					Step::Cancel(a, b, who) => {
						let _ = Hrmp::cancel_open_request(by(ParaId(who)), id(ParaId(a), ParaId(b)));
					}
					Step::Close(a, b, who) => {
						let _ = Hrmp::close_channel(by(ParaId(who)), id(ParaId(a), ParaId(b)));
					}
					Step::Send(a, b) => send(ParaId(a), ParaId(b), 1, b"x"),
					Step::Remove(a) => Hrmp::on_para_removed(ParaId(a)),
					Step::Session => Hrmp::do_session_change(),
					Step::ForceOpen(a, b) => {
						let _ = Hrmp::force_open_hrmp_channel(RuntimeOrigin::root(), ParaId(a), ParaId(b), 8, 50);
					}
					Step::ForceClose(a, b) => {
						let _ = Hrmp::force_close_channel(RuntimeOrigin::root(), ParaId(a), ParaId(b));
					}
					Step::ForceClean(a) => {
						assert_ok!(Hrmp::force_clean_hrmp(RuntimeOrigin::root(), ParaId(a), 3, 3));
					}
					Step::ProcessOpen => {
						assert_ok!(Hrmp::force_process_hrmp_open(RuntimeOrigin::root(), 20));
					}
					Step::ProcessClose => {
						assert_ok!(Hrmp::force_process_hrmp_close(RuntimeOrigin::root(), 20));
					}
					Step::Poke(a, b) => {
						let _ = Hrmp::poke_channel_deposits(RuntimeOrigin::root(), ParaId(a), ParaId(b));
					}
					Step::Deposits(sender, recipient) => configure(|limits| {
						limits.hrmp_sender_deposit = sender;
						limits.hrmp_recipient_deposit = recipient;
					}),
					Step::Block => {
						Hrmp::do_remove_messages(2);
					}
				}
				end_block();
				Hrmp::do_try_state().expect("invariants hold after every step");
				for para in (2000..2004).map(ParaId) {
					let of_channels: u128 = HrmpChannels::<Test>::iter()
						.map(|(channel, open)| {
							let sender = u128::from(channel.sender == para) * open.sender_deposit;
							sender + u128::from(channel.recipient == para) * open.recipient_deposit
						})
						.sum();
					let of_requests: u128 = HrmpOpenChannelRequests::<Test>::iter()
						.map(|(channel, request)| {
							let sender = u128::from(channel.sender == para) * request.sender_deposit;
							sender + u128::from(channel.recipient == para) * request.recipient_deposit
						})
						.sum();
					assert_eq!(held(para), of_channels + of_requests, "deposits of {para}");
				}
			}
			(2000..2004).map(ParaId).for_each(Hrmp::on_para_removed);
			assert!((2000..2004).all(|para| held(ParaId(para)) == 0), "all deposits are back");
			assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued);
		});
	}
}
