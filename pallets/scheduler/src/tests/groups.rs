//! Groups and their rotation.

use crate::{mock::*, SessionShape};
use async_backing_primitives::{ports::CoreScheduler, CoreIndex, GroupIndex, MAX_CORES, MAX_LOOKAHEAD};

#[test]
fn r_grp_5_groups_of_the_first_and_of_later_sessions() {
	configure(3, 2);
	neighbours(|state| state.validators = 10);
	with_assignments(&[], || {
		let sizes = || Scheduler::groups().iter().map(Vec::len).collect::<Vec<_>>();
		assert_eq!(sizes(), [4, 3, 3], "R-GRP-5: at genesis");
		let first = SessionShape {
			start: 1,
			validators: 10,
			cores: 3,
		};
		assert_eq!(Scheduler::shape(), first);
		change_session_to(7, |_| {});
		assert_eq!(sizes(), [3, 2, 2], "R-GRP-5: after a session change");
		change_session_to(7, |config| config.max_validators_per_core = Some(1));
		assert_eq!(sizes(), [1; 7], "R-GRP-5: cores by validators");
	});
}

#[test]
fn r_grp_4_rotation_counts_from_the_session_start() {
	configure(3, 2);
	with_assignments(&[], || {
		let group = |at, core| Scheduler::rotation_info(at).group_for_core(CoreIndex(core), 3);
		assert_eq!(
			group(1, 0),
			Some(GroupIndex(0)),
			"R-GRP-2: block 1 is the first of the first session"
		);
		assert_eq!(group(6, 0), Some(GroupIndex(1)), "R-GRP-2");
		System::set_block_number(9);
		change_session_to(6, |_| {});
		for (at, core, expected) in [
			(14, 0, 0),
			(14, 2, 2),
			(15, 0, 1),
			(15, 2, 0),
			(20, 0, 2),
			(25, 0, 0),
		] {
			assert_eq!(group(at, core), Some(GroupIndex(expected)), "R-GRP-4: at {at}");
		}
		assert_eq!(group(9, 0), None, "R-GRP-2: before the session");
	});
}

#[test]
fn ceilings_hold_whatever_is_configured() {
	configure(MAX_CORES + 5, u32::MAX);
	with_assignments(&[(0, 2000)], || {
		assert_eq!(Scheduler::core_count(), MAX_CORES);
		assert_eq!(claims(0).len(), MAX_LOOKAHEAD as usize);
		assert_eq!(serve(&[]), [(0, 2000)]);
	});
}
