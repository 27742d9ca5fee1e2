//! Work of cores: from genesis, leases, shares, and what changes do to claims that nodes can see.

use crate::{
	mock::*, Claim, Core, CoreAssignment, CoreClaims, CoreSchedules, Error, Event, Schedule, Schedules,
	MAX_SCHEDULES, PARTS_OF_A_CORE,
};
use async_backing_primitives::{ports::CoreScheduler, CoreIndex, ParaId, MAX_CORES};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

const IDLE: CoreAssignment = CoreAssignment::Idle;

fn task(para: u32) -> CoreAssignment {
	CoreAssignment::Task(ParaId(para))
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
		assert_eq!(serve(&[]), [(0, 2000), (2, 2001)]);
		assert_eq!(claims(0), [2000; 3]);
	});
}

#[test]
fn a_block_with_whole_cores_only_writes_nothing_but_its_number() {
	configure(3, 3);
	with_assignments(&[(0, 2000), (2, 2001)], || {
		serve(&[]);
		let before = CoreClaims::<Test>::get();
		next_block(&[0]);
		assert_eq!(CoreClaims::<Test>::get(), before);
	});
}

#[test]
fn r_sch_9_a_para_has_several_cores() {
	configure(3, 2);
	with_assignments(&[(0, 2000), (1, 2000), (2, 2000)], || {
		assert_eq!(serve(&[]), [(0, 2000), (1, 2000), (2, 2000)], "R-SCH-9");
	});
}

#[test]
fn r_sch_5_and_6_new_work_queues_behind_what_nodes_saw_and_blocked_claims_are_lost() {
	configure(2, 3);
	with_assignments(&[(0, 2000), (1, 2001)], || {
		serve(&[]);
		assert_ok!(assign(0, 2, None, whole(2002)));
		System::assert_last_event(
			Event::CoreAssigned {
				core: CoreIndex(0),
				begin: 5,
			}
			.into(),
		);
		assert_eq!(claims(0), [2000; 3], "R-SCH-5: visible claims stay");
		assert_eq!(next_block(&[0]), [(1, 2001)], "R-SCH-6: the claim is lost");
		assert_eq!(
			claims(0),
			[2000, 2000, 2002],
			"R-SCH-6: the queue moves all the same"
		);
		assert_eq!(next_block(&[0, 1]), []);
		assert_eq!(claims(0), [2000, 2002, 2002]);
	});
}

#[test]
fn r_sch_5_nodes_saw_in_the_parent_what_schedules_gave() {
	configure(1, 3);
	with_assignments(&[], || {
		serve(&[]);
		assert_ok!(assign(0, 2, None, whole(2000)));
		assert_eq!(claims(0), [2000; 3]);
		// Governance acts at the beginning of a block, before its claims are handed out.
		System::set_block_number(2);
		assert_ok!(assign(0, 2, None, whole(2001)));
		assert_eq!(claims(0), [2000; 3], "R-SCH-5");
		assert_eq!(serve(&[]), [(0, 2000)]);
		assert_eq!(claims(0), [2000, 2000, 2001]);
	});
}

#[test]
fn r_sch_5_what_no_block_showed_yet_is_replaced() {
	let begins_in = |core, begin| {
		let core = CoreIndex(core);
		System::assert_last_event(Event::CoreAssigned { core, begin }.into());
	};
	configure(1, 3);
	with_assignments(&[], || {
		// Core 1 is none of the session's, so nodes saw nothing of it before the claims of block 1 are handed out.
		assert_ok!(assign(1, 1, None, whole(2000)));
		assert_ok!(assign(1, 1, None, whole(2001)));
		begins_in(1, 1);
		assert_eq!(Schedules::<Test>::get(CoreIndex(1)).len(), 1);
		assert!(CoreClaims::<Test>::get()[1].claims.is_empty(), "R-SCH-4");
		serve(&[]);
		// Core 0 is, but nodes see it in the state after this block.
		assert_ok!(assign(0, 2, None, whole(2002)));
		assert_ok!(assign(0, 2, None, whole(2003)));
		begins_in(0, 2);
		assert_eq!(claims(0), [2003; 3], "R-SCH-5");
	});
}

#[test]
fn r_sch_5_new_work_queues_behind_the_idle_blocks_that_nodes_saw_too() {
	configure(1, 3);
	with_assignments(&[], || {
		serve(&[]);
		assert_ok!(assign(0, 2, Some(3), whole(2000)));
		assert_eq!(claims(0), [2000], "seen: one block, and two that are idle");
		System::set_block_number(2);
		assert_ok!(assign(0, 2, None, whole(2001)));
		System::assert_last_event(
			Event::CoreAssigned {
				core: CoreIndex(0),
				begin: 5,
			}
			.into(),
		);
		assert_eq!(claims(0), [2000], "R-SCH-5");
		assert_eq!(serve(&[]), [(0, 2000)]);
	});
}

/// The published pallet lets it begin behind the lookahead (decision 9).
#[test]
fn r_sch_5_on_a_core_whose_work_is_over_new_work_begins_at_once() {
	configure(1, 3);
	with_assignments(&[], || {
		serve(&[]);
		assert_ok!(assign(0, 2, Some(3), whole(2000)));
		assert_eq!(claims(0), [2000]);
		assert_eq!(next_block(&[]), [(0, 2000)]);
		assert!(claims(0).is_empty(), "R-SCH-4");
		assert_ok!(assign(0, 3, None, whole(2001)));
		System::assert_last_event(
			Event::CoreAssigned {
				core: CoreIndex(0),
				begin: 3,
			}
			.into(),
		);
		assert_eq!(claims(0), [2001; 3], "R-SCH-5: nothing that nodes saw moves");
	});
}

#[test]
fn r_sch_5_schedules_are_read_for_the_block_that_one_begins_in() {
	let mut core = Core {
		next_begin: Some(13),
		..Default::default()
	};
	core.fill(
		10,
		3,
		|| panic!("R-SCH-5: block 12 is the last"),
		|_| panic!("R-SCH-5"),
	);
	assert_eq!(core.claims.len(), 0);
	let mut left = None;
	let schedule = Schedule {
		begin: 13,
		end: None,
		shares: whole(2000),
	};
	let waiting = CoreSchedules::truncate_from(vec![schedule]);
	core.fill(11, 3, || waiting, |rest| left = Some(rest));
	assert_eq!(left, Some(CoreSchedules::new()));
	assert_eq!(core.claims.last(), Some(&Claim::Task(ParaId(2000))), "R-SCH-5");
}

#[test]
fn r_sch_10_leases_begin_end_and_overlap() {
	configure(3, 2);
	with_assignments(&[(2, 2009)], || {
		serve(&[]);
		assert_ok!(assign(0, 4, Some(8), whole(2000)));
		assert_ok!(assign(1, 6, Some(10), whole(2000)));
		let served: Vec<Vec<u32>> = (2..=11)
			.map(|_| {
				let served = next_block(&[]).into_iter();
				served
					.filter(|(_, para)| *para == 2000)
					.map(|(core, _)| core)
					.collect()
			})
			.collect();
		let expected: [&[u32]; 10] = [
			&[],
			&[0], // the bonus of R-SCH-4: a core that is idle before its first block
			&[0],
			&[0, 1],
			&[0, 1],
			&[0, 1],
			&[1],
			&[1],
			&[],
			&[],
		];
		assert_eq!(served, expected, "R-SCH-10");
		assert_eq!(
			Schedules::<Test>::iter().count(),
			0,
			"schedules that began are forgotten"
		);
	});
}

#[test]
fn r_sch_4_filling_stops_at_a_hole_and_a_hole_in_front_is_bridged() {
	configure(1, 4);
	with_assignments(&[], || {
		serve(&[]);
		assert_ok!(assign(
			0,
			2,
			None,
			shares(&[(task(2000), 28_800), (IDLE, 28_800)])
		));
		assert_eq!(claims(0), [2000], "R-SCH-4: the block after the next is a hole");
		assert_eq!(next_block(&[]), [(0, 2000)]);
		assert_eq!(
			claims(0),
			[2000, 2000],
			"R-SCH-4: the hole in front has the claim behind it"
		);
		assert_eq!(next_block(&[]), [(0, 2000)], "a chance more");
		assert_eq!(claims(0), [2000]);
		assert_eq!(next_block(&[]), [(0, 2000)]);
	});
}

#[test]
fn r_sch_7_and_11_paras_share_a_core() {
	configure(2, 3);
	with_assignments(&[(1, 2000)], || {
		serve(&[]);
		assert_ok!(assign(
			0,
			2,
			None,
			shares(&[(task(2000), 38_400), (task(2001), 19_200)])
		));
		let cores_of_2000: Vec<_> = (0..6)
			.map(|_| next_block(&[]).iter().filter(|(_, para)| *para == 2000).count())
			.collect();
		assert_eq!(
			cores_of_2000,
			[2, 2, 1, 2, 2, 1],
			"R-SCH-7, R-SCH-11: the number of a para's cores varies from block to block"
		);
	});
}

#[test]
fn r_sch_4_a_shorter_lookahead_and_fewer_cores_cut_the_queue() {
	configure(2, 4);
	with_assignments(&[(0, 2000), (1, 2001)], || {
		serve(&[]);
		change_session_to(6, |config| {
			(config.num_cores, config.scheduling_lookahead) = (1, 2)
		});
		assert_eq!([claims(0), claims(1)], [vec![2000; 2], vec![]], "R-SCH-4");
		assert_eq!(next_block(&[]), [(0, 2000)]);
		change_session_to(6, |config| {
			(config.num_cores, config.scheduling_lookahead) = (2, 3)
		});
		assert_eq!(
			[claims(0), claims(1)],
			[vec![2000; 3], vec![2001; 3]],
			"the work outlives the core"
		);
	});
}

#[test]
fn only_the_admin_assigns_and_each_mistake_has_its_error() {
	configure(2, 2);
	with_assignments(&[(0, 2000)], || {
		serve(&[]);
		assert_noop!(
			Scheduler::assign_core(RuntimeOrigin::signed(RICH), CoreIndex(1), 2, None, whole(2001)),
			DispatchError::BadOrigin
		);
		let rows = [
			(MAX_CORES, 2, None, whole(2001), Error::<Test>::CoreOutOfRange),
			(1, 2, None, shares(&[]), Error::WrongSumOfShares),
			(1, 2, None, shares(&[(task(1), 57_599)]), Error::WrongSumOfShares),
			(
				1,
				2,
				None,
				shares(&[(task(1), PARTS_OF_A_CORE), (IDLE, 0)]),
				Error::EmptyShare,
			),
			(
				1,
				2,
				None,
				shares(&[(task(1), 28_800), (task(1), 28_800)]),
				Error::DuplicateShare,
			),
			(1, 9, Some(9), whole(2001), Error::EndsBeforeItBegins),
			(0, 2, Some(4), whole(2001), Error::EndsBeforeItBegins),
		];
		for (core, begin, end, shares, error) in rows {
			assert_noop!(assign(core, begin, end, shares), error);
		}
		for begin in 0..MAX_SCHEDULES {
			assert_ok!(assign(1, 10 + begin, None, whole(2001)));
		}
		assert_noop!(assign(1, 100, None, whole(2001)), Error::<Test>::TooManySchedules);
		assert_ok!(assign(1, 10, None, whole(2002)));
		assert_eq!(
			Schedules::<Test>::get(CoreIndex(1))[0].shares,
			whole(2002),
			"replaced"
		);
	});
}

#[test]
fn a_core_is_taken_away_by_an_idle_share() {
	configure(1, 2);
	with_assignments(&[(0, 2000)], || {
		serve(&[]);
		assert_ok!(assign(0, 0, None, shares(&[(IDLE, PARTS_OF_A_CORE)])));
		assert_eq!(next_block(&[]), [(0, 2000)], "R-SCH-5");
		assert_eq!(next_block(&[]), [(0, 2000)], "R-SCH-5");
		assert_eq!(claims(0), [0u32; 0]);
		assert_eq!(next_block(&[]), []);
		assert_eq!(CoreClaims::<Test>::get()[0].work, None);
	});
}

#[test]
#[should_panic(expected = "assigned twice")]
fn a_core_is_assigned_once_at_genesis() {
	with_cores(&[(0, 2000)], &[0], || ());
}
