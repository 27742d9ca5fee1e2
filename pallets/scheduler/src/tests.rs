//! Cores, claims and groups over blocks and sessions.

use crate::{mock::*, Assignments, ClaimQueues, Error, Event, SessionShape};
use async_backing_primitives::{
	ports::CoreScheduler, CoreIndex, GroupIndex, HostConfiguration, ParaId, MAX_CORES,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use std::collections::{BTreeSet, VecDeque};

fn configure(num_cores: u32, lookahead: u32) {
	Config::set(HostConfiguration {
		num_cores,
		scheduling_lookahead: lookahead,
		group_rotation_frequency: 5,
		..Default::default()
	});
}

fn claims(core: u32) -> Vec<u32> {
	Scheduler::claim_queue()
		.get(&CoreIndex(core))
		.map(|claims| claims.iter().map(|para| para.0).collect())
		.unwrap_or_default()
}

fn advance(blocked: &[u32]) -> Vec<(u32, u32)> {
	let blocked = blocked.iter().copied().map(CoreIndex).collect();
	Scheduler::advance(&blocked)
		.into_iter()
		.map(|(core, para)| (core.0, para.0))
		.collect()
}

#[test]
fn r_sch_4_the_claim_queue_is_full_at_genesis() {
	configure(3, 3);
	with_assignments(&[(0, 2000), (2, 2001)], || {
		assert_eq!(Scheduler::core_count(), 3);
		assert_eq!(
			[claims(0), claims(1), claims(2)],
			[vec![2000; 3], vec![], vec![2001; 3]],
			"R-SCH-4"
		);
		assert_eq!(advance(&[]), [(0, 2000), (2, 2001)]);
		assert_eq!(claims(0), [2000; 3]);
	});
}

#[test]
fn r_sch_9_a_para_has_several_cores() {
	configure(3, 2);
	with_assignments(&[(0, 2000), (1, 2000), (2, 2000)], || {
		assert_eq!(advance(&[]), [(0, 2000), (1, 2000), (2, 2000)], "R-SCH-9");
	});
}

#[test]
fn r_sch_6_the_queue_advances_on_blocked_cores_too() {
	configure(2, 3);
	with_assignments(&[(0, 2000), (1, 2001)], || {
		assert_ok!(Scheduler::assign_core(
			frame_system::RawOrigin::Root.into(),
			CoreIndex(0),
			Some(ParaId(2002))
		));
		change_session(2, 6);
		assert_eq!(claims(0), [2000; 3], "R-SCH-5: visible claims stay");
		assert_eq!(advance(&[0]), [(1, 2001)], "R-SCH-6: the claim is lost");
		assert_eq!(claims(0), [2000, 2000, 2002], "R-SCH-6");
		assert_eq!(advance(&[0, 1]), []);
		assert_eq!(claims(0), [2000, 2002, 2002]);
	});
}

#[test]
fn r_sch_5_a_visible_claim_moves_one_position_a_block() {
	configure(2, 4);
	with_assignments(&[(0, 2000)], || {
		assert_ok!(Scheduler::assign_core(
			frame_system::RawOrigin::Root.into(),
			CoreIndex(0),
			Some(ParaId(2009))
		));
		change_session(1, 6);
		assert_eq!(
			claims(0),
			[2000; 4],
			"R-SCH-5: what follows from the assignment alone is visible too"
		);
		let changes: [(u32, Option<u32>); 6] = [
			(0, Some(2001)),
			(1, Some(2005)),
			(0, None),
			(1, Some(2000)),
			(0, Some(2003)),
			(1, None),
		];
		for (block, (core, para)) in (1..).zip(changes) {
			let before = Scheduler::claim_queue();
			let claimed = advance(&[]);
			let first = before
				.iter()
				.map(|(core, claims)| (core.0, claims[0].0))
				.collect::<Vec<_>>();
			assert_eq!(claimed, first, "the block serves what nodes saw at position 0");
			let root = frame_system::RawOrigin::Root;
			assert_ok!(Scheduler::assign_core(
				root.into(),
				CoreIndex(core),
				para.map(ParaId)
			));
			change_session(block + 1, 6);
			let after = Scheduler::claim_queue();
			for (core, claims) in before {
				let moved: Vec<_> = claims.into_iter().skip(1).collect();
				let now: Vec<_> = after.get(&core).cloned().unwrap_or_default().into();
				assert!(
					now.starts_with(&moved),
					"R-SCH-5: core {core}: {moved:?}, then {now:?}"
				);
			}
			Scheduler::do_try_state().expect("state is sound after every block");
		}
	});
}

#[test]
fn r_sch_4_a_shorter_lookahead_and_fewer_cores_cut_the_queue() {
	configure(2, 4);
	with_assignments(&[(0, 2000), (1, 2001)], || {
		advance(&[]);
		configure(1, 2);
		change_session(2, 6);
		assert_eq!([claims(0), claims(1)], [vec![2000; 2], vec![]], "R-SCH-4");
		assert!(!ClaimQueues::<Test>::contains_key(CoreIndex(1)));
		configure(2, 3);
		change_session(3, 6);
		assert_eq!(
			[claims(0), claims(1)],
			[vec![2000; 3], vec![2001; 3]],
			"the assignment outlives the core"
		);
	});
}

#[test]
fn r_grp_5_groups_of_the_first_and_of_later_sessions() {
	configure(3, 2);
	ValidatorCount::set(10);
	with_assignments(&[], || {
		let sizes = || Scheduler::groups().iter().map(Vec::len).collect::<Vec<_>>();
		assert_eq!(sizes(), [4, 3, 3], "R-GRP-5: at genesis");
		assert_eq!(
			Scheduler::shape(),
			SessionShape {
				start: 1,
				validators: 10,
				cores: 3
			}
		);
		change_session(11, 7);
		assert_eq!(sizes(), [3, 2, 2], "R-GRP-5: after a session change");
		Config::mutate(|config| config.max_validators_per_core = Some(1));
		change_session(21, 7);
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
		change_session(10, 6);
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
fn assignments_begin_with_the_next_session() {
	configure(2, 2);
	with_assignments(&[(0, 2000)], || {
		let (core, para) = (CoreIndex(1), Some(ParaId(2001)));
		assert_noop!(
			Scheduler::assign_core(frame_system::RawOrigin::Signed(1).into(), core, para),
			DispatchError::BadOrigin
		);
		let root = || frame_system::RawOrigin::Root.into();
		assert_noop!(
			Scheduler::assign_core(root(), CoreIndex(MAX_CORES), para),
			Error::<Test>::CoreOutOfRange
		);
		assert_ok!(Scheduler::assign_core(root(), core, Some(ParaId(2009))));
		assert_ok!(Scheduler::assign_core(root(), core, para));
		assert_eq!(claims(1), [0u32; 0], "nothing changes in this session");
		change_session(2, 6);
		assert_eq!(claims(1), [2001; 2], "the later of two wins");
		System::assert_last_event(Event::AssignmentActivated { core, para }.into());
		assert_ok!(Scheduler::assign_core(root(), core, None));
		change_session(3, 6);
		assert_eq!(Assignments::<Test>::get(core), None);
		assert_eq!(
			advance(&[]),
			[(0, 2000), (1, 2001)],
			"visible claims are honoured"
		);
	});
}

#[test]
fn ceilings_hold_whatever_is_configured() {
	configure(MAX_CORES + 5, u32::MAX);
	with_assignments(&[(0, 2000)], || {
		assert_eq!(Scheduler::core_count(), MAX_CORES);
		assert_eq!(claims(0).len(), async_backing_primitives::MAX_LOOKAHEAD as usize);
		assert_eq!(advance(&[]), [(0, 2000)]);
	});
}

#[test]
#[should_panic(expected = "assigned twice")]
fn a_core_is_assigned_once_at_genesis() {
	with_assignments(&[(0, 2000), (0, 2001)], || ());
}

proptest::proptest! {
	#[test]
	fn r_sch_6_a_block_serves_exactly_the_unblocked_front(
		cores in 1u32..6, lookahead in 1u32..5,
		assignments in proptest::collection::btree_map(0u32..6, 2000u32..2004, 0..6),
		blocked in proptest::collection::btree_set(0u32..6, 0..6),
	) {
		configure(cores, lookahead);
		let assignments: Vec<_> = assignments.into_iter().collect();
		with_assignments(&assignments, || {
			let front: Vec<_> = Scheduler::claim_queue()
				.iter()
				.filter(|(core, _)| !blocked.contains(&core.0))
				.filter_map(|(core, claims): (_, &VecDeque<_>)| Some((*core, *claims.front()?)))
				.collect();
			let blocked: BTreeSet<_> = blocked.iter().copied().map(CoreIndex).collect();
			assert_eq!(Scheduler::advance(&blocked), front, "R-SCH-6");
		});
	}
}
