//! The authoring time emerges from the inputs.

use super::*;
use proptest::prelude::*;

fn synchronous(timing: &Timing) -> Duration {
	timing.budget(0, 2, POV, MAX_POV).time
}

fn asynchronous(timing: &Timing) -> Duration {
	timing.budget(3, 2, POV, MAX_POV).time
}

#[test]
fn r_slo_1_and_r_slo_2_authoring_time_of_the_defaults() {
	// 3 s to the author, less 0.5 s of margin, 7 x 0.11 s of messages and 0.32 ms for an empty PoV twice: 1.72968 s, in
	// which an extrinsic takes 3 x 1 ms of execution and 4.8 us on the wire.
	assert_eq!(synchronous(&timing()), Duration::from_millis(575), "R-SLO-1");
	assert_eq!(
		asynchronous(&timing()),
		Duration::from_secs(2),
		"R-SLO-2: the execution limit"
	);
}

#[test]
fn r_slo_1_latency_shortens_the_synchronous_time_only() {
	let slower = Timing {
		link_latency: timing().link_latency * 2,
		..timing()
	};
	assert_eq!(synchronous(&slower), Duration::from_millis(342), "R-SLO-1");
	let (before, after) = (
		asynchronous(&timing()).as_secs_f64(),
		asynchronous(&slower).as_secs_f64(),
	);
	assert!(
		(after / before - 1.0).abs() < 0.05,
		"R-SLO-2: {before} s, then {after} s"
	);
}

#[test]
fn r_slo_1_a_leaf_that_is_active_sooner_leaves_more_time() {
	let faster = Timing {
		leaf_active_after: Duration::from_secs(2),
		..timing()
	};
	assert_eq!(synchronous(&faster), Duration::from_millis(908), "R-SLO-1");
	assert_eq!(asynchronous(&faster), Duration::from_secs(2), "R-SLO-2");
}

#[test]
fn r_prv_10_an_author_waits_for_the_inherent() {
	let late = Timing {
		leaf_active_after: Duration::from_secs(5),
		..timing()
	};
	assert_eq!(late.until_inherent(1), Duration::from_secs(2), "R-PRV-10");
	assert_eq!(late.until_inherent(3), Duration::from_secs(14), "R-PRV-10");
	assert_eq!(
		timing().until_inherent(1),
		Duration::from_secs(3),
		"the slot's start"
	);
}

#[test]
fn r_bkv_1_one_vote_needs_no_second_execution() {
	// 3 s - 0.5 s - 4 x 0.11 s - 0.16 ms, and 2 x 1 ms + 2.4 us each.
	assert_eq!(timing().budget(0, 1, POV, MAX_POV).extrinsics, 1028, "R-BKV-1");
}

#[test]
fn r_hoo_6_the_pov_limit_binds_where_it_is_smaller() {
	let rows: [(&str, PovSize, u32, u32); 4] = [
		("room for all", POV, MAX_POV, 2000),
		("85 % of 100 000 bytes", POV, 100_000, 500),
		("not even an empty block", POV, 11_000, 0),
		(
			"extrinsics without bytes",
			PovSize {
				base: 10,
				per_extrinsic: 0,
			},
			100,
			2000,
		),
	];
	for (name, pov, max, expected) in rows {
		let budget = timing().budget(3, 2, pov, max);
		assert_eq!(budget.extrinsics, expected, "R-HOO-6: {name}");
		assert!(
			expected == 0 || pov.of(budget.extrinsics) <= budget.pov_size.into(),
			"R-HOO-6: {name}"
		);
	}
	assert_eq!(pov_target(u32::MAX), 3_650_722_200, "R-HOO-6: no overflow");
}

#[test]
fn r_slo_1_nothing_is_left_when_messages_take_it_all() {
	let far = Timing {
		link_latency: Duration::from_millis(350),
		..timing()
	};
	assert_eq!(far.budget(0, 2, POV, MAX_POV).extrinsics, 0, "R-SLO-1");
	assert_eq!(asynchronous(&far), Duration::from_secs(2), "R-SLO-2");
}

#[test]
fn r_abp_2_candidates_of_two_seconds_are_backed_in_the_second_block() {
	assert_eq!(timing().backing_delay(575, 2, POV), 1, "R-SLO-1");
	assert_eq!(timing().backing_delay(2000, 2, POV), 2, "R-ABP-2");
	let no_slots = Timing {
		slot: Duration::ZERO,
		..timing()
	};
	assert_eq!(no_slots.backing_delay(2000, 2, POV), u32::MAX);
}

fn any_timing() -> impl Strategy<Value = Timing> {
	let millis = |range: std::ops::Range<u64>| range.prop_map(Duration::from_millis);
	let world = (
		millis(0..6000),
		millis(0..4000),
		millis(0..400),
		millis(0..50),
		1_000u64..1_000_000_000,
	);
	let own = (1u64..20_000_000, millis(0..4000), millis(0..1000), 0u32..4);
	(world, own).prop_map(
		|((leaf, inherent, latency, jitter, bandwidth), (cost, limit, margin, fellows))| Timing {
			slot: Duration::from_secs(6),
			leaf_active_after: leaf,
			inherent_after: inherent,
			link_latency: latency,
			link_jitter: jitter,
			bandwidth,
			extrinsic_cost: Duration::from_nanos(cost),
			empty_block: Duration::from_millis(29),
			execution_limit: limit,
			margin,
			fellows,
		},
	)
}

proptest! {
	/// The budget is the largest that all three bounds allow.
	#[test]
	fn r_slo_1_the_budget_is_in_time_and_as_large_as_can_be(
		timing in any_timing(),
		ancestry in 0u32..5,
		votes in 1u32..4,
		(base, per_extrinsic) in (0u64..100_000, 0u64..2000),
		max_pov in 0u32..1_000_000,
	) {
		let pov = PovSize { base, per_extrinsic };
		let budget = timing.budget(ancestry, votes, pov, max_pov);
		let fits = |count: u32| {
			timing.until_backable(count, votes, pov) + timing.margin <= timing.until_inherent(ancestry + 1)
				&& timing.extrinsic_cost * count <= timing.execution_limit
				&& pov.of(count) <= pov_target(max_pov).into()
		};
		if budget.extrinsics > 0 {
			prop_assert!(fits(budget.extrinsics), "R-SLO-1: {budget:?}");
			let delay = timing.backing_delay(budget.extrinsics, votes, pov);
			prop_assert!(delay <= ancestry + 1, "R-ABP-2: backed after {delay}");
			let way = timing.until_backable(budget.extrinsics, votes, pov);
			prop_assert!(way <= timing.until_inherent(delay));
			prop_assert!(delay == 1 || way > timing.until_inherent(delay - 1), "not later than need be");
		}
		// Rounding up of the time on the wire may cost one extrinsic of a nanosecond; none of these is that cheap.
		prop_assert!(!fits(budget.extrinsics + 1), "R-SLO-1: one more would fit than {budget:?}");
	}
}

/// A place on a fresh leaf.
fn place(deadline: u32) -> Place {
	Place {
		window: Duration::ZERO..timing().slot,
		parent_seconded: Duration::ZERO,
		spent: Duration::ZERO,
		deadline,
		votes: 2,
		pov: POV,
		max_pov_size: MAX_POV,
	}
}

#[test]
fn r_def_43_of_the_blocks_that_there_may_be_so_many_are_built_as_execute_most_together() {
	// A link is 3 x 0.11 s of messages, 0.16 ms for an empty PoV, 29 ms for an empty block, and a: 0.36 s + a. Two blocks
	// of 2 s take 4.72 s of the 5.5 s that a slot has beside the margin. Three of 1.47 s execute 4.42 s, four no more than
	// 4.06 s, so with four cores and more there are three.
	let budget = |blocks| timing().budget_at(&place(4), blocks);
	let rows: [(u32, u32, u64); 6] = [
		(1, 1, 2000),
		(2, 2, 2000),
		(3, 3, 1470),
		(4, 3, 1470),
		(8, 3, 1470),
		(16, 3, 1470),
	];
	for (cores, blocks, millis) in rows {
		let budget = budget(cores);
		assert_eq!(
			(budget.blocks, budget.time),
			(blocks, Duration::from_millis(millis)),
			"R-DEF-43: {cores} cores"
		);
	}
}

#[test]
fn r_def_44_a_path_keeps_up_with_the_slot_for_one_block_as_well() {
	let slow = |limit| Timing {
		execution_limit: Duration::from_secs(limit),
		..timing()
	};
	// (6 s - 0.5 s) less a link's 0.359 s; an extrinsic takes 1 ms and 2.4 us on the wire. Whatever the limit beyond that.
	for (limit, millis) in [(2, 2000), (4, 4000), (5, 5000), (6, 5128), (8, 5128)] {
		let budget = slow(limit).budget_at(&place(4), 1);
		assert_eq!(budget.time, Duration::from_millis(millis), "R-DEF-44: {limit} s");
	}
	assert_eq!(
		slow(8).budget(3, 2, POV, MAX_POV).time,
		Duration::from_millis(6566),
		"what one block alone had time for"
	);
}

#[test]
fn r_def_44_whoever_has_the_next_turn_executes_a_block_before_it_builds_on_it() {
	let slow = |fellows, limit| Timing {
		execution_limit: Duration::from_secs(limit),
		fellows,
		..timing()
	};
	// (6 s - 0.5 s) less the messages of a link and an empty block, 0.359 s; an extrinsic takes 2 ms, and 2.4 us on the wire to
	// the backer and to each fellow.
	let rows = [
		(0, 8, 5128),
		(1, 2, 2000),
		(1, 4, 2564),
		(1, 8, 2564),
		(2, 8, 2561),
		(9, 8, 2539),
	];
	for (fellows, limit, millis) in rows {
		let budget = slow(fellows, limit).budget_at(&place(4), 1);
		assert_eq!(
			budget.time,
			Duration::from_millis(millis),
			"R-DEF-44: {fellows} fellows, {limit} s"
		);
	}
	let budget = slow(1, 2).budget_at(&place(4), 3);
	let built = budget.time;
	let taken_in = slow(1, 2).link(budget.extrinsics, POV) * budget.blocks;
	assert!(built + taken_in + timing().margin <= timing().slot, "{budget:?}");
	assert!(budget.blocks > 1, "{budget:?}");
	let late = Place {
		window: Duration::from_secs(1)..timing().slot,
		..place(4)
	};
	assert_eq!(slow(1, 8).budget_at(&late, 1).time, Duration::from_millis(2065));
	let behind = Place {
		parent_seconded: Duration::from_secs(3),
		..place(4)
	};
	assert_eq!(slow(1, 8).budget_at(&behind, 1).time, Duration::from_millis(2130));
}

#[test]
fn r_def_44_parents_that_are_not_seconded_yet_and_a_late_start_take_time_away() {
	let at = |place: &Place| timing().budget_at(place, 1).extrinsics;
	let tight = place(1);
	assert_eq!(at(&tight), 575, "R-SLO-1");
	let late = Place {
		window: Duration::from_millis(600)..timing().slot,
		..tight.clone()
	};
	assert_eq!(at(&late), 375, "a third of 0.6 s less");
	let behind = Place {
		parent_seconded: Duration::from_secs(1),
		..tight.clone()
	};
	// Being built does not hold it up then, so two executions follow one another after that second.
	assert_eq!(at(&behind), 363);
	let spent = Place {
		spent: Duration::from_millis(4700),
		..place(4)
	};
	assert_eq!(at(&spent), 439, "what the slot has left");
	let over = Place {
		spent: Duration::from_secs(6),
		..place(4)
	};
	assert_eq!(at(&over), 0);
}

proptest! {
	/// More cores never give less, and the longer the limit the more.
	#[test]
	fn r_def_43_more_cores_never_give_less(timing in any_timing(), deadline in 1u32..5, votes in 1u32..4) {
		let at = |timing: &Timing, cores| {
			let budget = timing.budget_at(&Place { votes, ..place(deadline) }, cores);
			u64::from(budget.blocks) * u64::from(budget.extrinsics)
		};
		let mut before = 0;
		for cores in 1..=12 {
			let now = at(&timing, cores);
			prop_assert!(now >= before, "R-DEF-43: {cores} cores: {now} after {before}");
			before = now;
		}
		let longer = Timing { execution_limit: timing.execution_limit * 2, ..timing.clone() };
		prop_assert!(at(&longer, 12) >= before, "R-DEF-44");
	}
}
