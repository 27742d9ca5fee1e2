//! The end of a para, and what it leaves (R-DEF-31).

use super::*;
use crate::{ActionsQueue, CodeByHash};

fn upward(para: ParaId, count: u32) {
	neighbours(|state| state.upward.insert(para, (count, 10 * count)));
}

fn deregister(para: ParaId) -> sp_runtime::DispatchResult {
	Paras::deregister(RuntimeOrigin::root(), para)
}

#[test]
fn r_ump_6_a_para_that_is_removed_is_offboarding_until_it_is_gone() {
	one(|| {
		announce(2);
		assert_ok!(Paras::deregister(RuntimeOrigin::root(), A));
		System::assert_last_event(Event::Deregistered { para: A, session: 2 }.into());
		assert!(Paras::is_offboarding(A), "R-UMP-6");
		next_session();
		Paras::note_new_head(A, head(5), 1);
		assert_eq!(Paras::head(A), Some(head(5)), "it may have blocks still");
		assert_noop!(
			Paras::deregister(RuntimeOrigin::root(), A),
			Error::<Test>::NotActive
		);
		next_session();
		assert_eq!(Paras::parachains(), []);
		assert_eq!((Paras::head(A), Paras::future_code(A)), (None, None));
		assert!(!Paras::is_offboarding(A));
		assert_eq!(Removed::get(), [A], "the message pallets are told");
		assert_eq!(
			Paras::code_by_hash(code(2).hash()),
			None,
			"the code that it never ran goes with it"
		);
		System::assert_last_event(Event::Offboarded { para: A }.into());
		run_to(12); // what was scheduled finds nobody
		assert_eq!(CodeByHash::<Test>::iter().count(), 0, "nothing is left");
		assert_eq!(go_ahead(), None);
		assert_ok!(Paras::register(RuntimeOrigin::root(), A, head(1), code(1)));
	});
}

#[test]
fn r_def_31_a_para_with_upward_messages_is_not_removed() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		upward(A, 1);
		assert_noop!(deregister(A), Error::<Test>::CannotOffboard); // R-DEF-31
		assert_ok!(deregister(B));
		upward(A, 0);
		assert_ok!(deregister(A));
	});
}

#[test]
fn r_def_31_removal_waits_for_messages_that_came_in_between() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		for para in [A, B] {
			assert_ok!(deregister(para));
		}
		next_session();
		upward(A, 3); // of candidates that were pending
		next_session();
		assert_eq!(Paras::parachains(), [A], "R-DEF-31: B is gone, A waits");
		assert!(Paras::is_offboarding(A), "R-UMP-6: it sends nothing meanwhile");
		assert_eq!(Removed::get(), [B]);
		let delayed = Event::OffboardingDelayed { para: A, session: 3 };
		assert!(System::events()
			.iter()
			.any(|record| record.event == delayed.clone().into()));
		assert_noop!(deregister(A), Error::<Test>::NotActive);
		assert_noop!(
			Paras::register(RuntimeOrigin::root(), A, head(1), code(1)),
			Error::<Test>::AlreadyRegistered
		);
		upward(A, 1);
		next_session();
		assert_eq!(Paras::parachains(), [A], "tried again, and one is left");
		upward(A, 0);
		next_session();
		assert_eq!(Paras::parachains(), [], "R-DEF-31");
		assert_eq!(Removed::get(), [B, A]);
		assert_eq!(ActionsQueue::<Test>::iter().count(), 0);
		assert_ok!(Paras::register(RuntimeOrigin::root(), A, head(1), code(1)));
	});
}

#[test]
fn r_def_33_removal_waits_for_a_session_change_with_time() {
	run(vec![genesis_para(A.0, 1), genesis_para(B.0, 1)], || {
		for para in [A, B] {
			assert_ok!(deregister(para));
		}
		next_session();
		Busy::set(vec![A]);
		next_session();
		assert_eq!(Paras::parachains(), [A], "R-DEF-33: B is gone, A waits");
		let delayed = Event::OffboardingDelayed { para: A, session: 3 };
		assert!(System::events()
			.iter()
			.any(|record| record.event == delayed.clone().into()));
		Busy::set(vec![]);
		next_session();
		assert_eq!(Paras::parachains(), [], "R-DEF-33");
		assert_eq!(Removed::get(), [B, A]);
	});
}

#[test]
fn r_def_34_actions_of_sessions_that_were_left_out_happen_with_the_next() {
	run(vec![genesis_para(A.0, 1)], || {
		assert_ok!(deregister(A));
		assert_ok!(Paras::trust_code(RuntimeOrigin::root(), code(1)));
		neighbours(|state| state.session = 1);
		assert_ok!(Paras::register(RuntimeOrigin::root(), B, head(1), code(1)));
		// The session pallet counts on to 41.
		neighbours(|state| state.session = 40);
		next_session();
		assert_eq!(Paras::parachains(), [B], "R-DEF-34");
		assert_eq!(ActionsQueue::<Test>::iter().count(), 0, "R-DEF-34");
	});
}
