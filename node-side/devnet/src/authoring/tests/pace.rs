//! What a pace comes to.

use super::*;
use crate::authoring::{NoPace, Rhythm};
use async_backing_collator::{Lookahead, SlotBased};

fn rhythm(velocity: u32, interval: u32, allowed_ancestry_len: u32) -> Rhythm {
	Rhythm {
		velocity,
		interval,
		relay_parent_offset: 0,
		votes: 2,
		pov: POV,
		max_pov_size: MAX_POV,
		allowed_ancestry_len,
	}
}

#[test]
fn r_slo_1_without_ancestry_it_is_synchronous_backing_every_other_block() {
	let pace = timing()
		.pace(&rhythm(1, 2, 0), &Lookahead)
		.expect("there is time");
	assert_eq!((pace.velocity, &pace.backing_delays[..]), (1, &[1][..]));
	assert!(pace.needs.params.is_synchronous());
	assert_eq!(pace.needs.pace.segment_capacity, 1);
	assert_eq!(
		pace.extrinsics,
		timing().budget(0, 2, POV, MAX_POV).extrinsics,
		"the same formula as a collator's (R-SLO-1)"
	);
}

#[test]
fn r_seg_8_a_core_with_blocks_of_two_seconds_takes_three_of_a_segment() {
	let pace = timing()
		.pace(&rhythm(1, 1, 9), &Lookahead)
		.expect("there is time");
	assert_eq!(pace.authoring, Duration::from_secs(2));
	assert_eq!(pace.backing_delays, [2]);
	assert_eq!(pace.needs.pace.segment_capacity, 3);
	assert_eq!(pace.needs.params, params(2, 1));
}

#[test]
fn r_def_43_more_cores_than_there_is_time_for_bring_nothing() {
	let of = |cores| {
		timing()
			.pace(&rhythm(cores, 1, 9), &Lookahead)
			.expect("there is time")
	};
	let three = of(3);
	assert_eq!(three.velocity, 3);
	for cores in 4..=12 {
		assert!(of(cores).velocity * of(cores).extrinsics >= three.velocity * three.extrinsics);
	}
	assert_eq!(of(12).velocity, of(16).velocity, "links are the bound");
}

#[test]
fn r_col_2_an_offset_takes_ancestry_and_segment() {
	let at = |relay_parent_offset| {
		let rhythm = Rhythm {
			relay_parent_offset,
			..rhythm(1, 1, 9)
		};
		timing().pace(&rhythm, &SlotBased).expect("there is time")
	};
	assert_eq!(at(0).extrinsics, at(2).extrinsics);
	assert_eq!(
		at(2).needs.params.allowed_ancestry_len,
		at(0).needs.params.allowed_ancestry_len + 2
	);
	assert_eq!(
		at(2).needs.pace.segment_capacity,
		at(0).needs.pace.segment_capacity + 2
	);
	assert_eq!(
		at(2).needs.params.max_candidate_depth,
		at(0).needs.params.max_candidate_depth,
		"depth is counted at the leaf"
	);
	let too_far = Rhythm {
		relay_parent_offset: 4,
		..rhythm(1, 1, 3)
	};
	assert_eq!(
		timing().pace(&too_far, &Lookahead),
		Err(NoPace::NoTime {
			allowed_ancestry_len: 3
		})
	);
}

#[test]
fn r_slo_1_links_that_are_too_slow_leave_no_time() {
	let slow = Timing {
		link_latency: Duration::from_secs(3),
		..timing()
	};
	assert_eq!(
		slow.pace(&rhythm(1, 1, 0), &Lookahead),
		Err(NoPace::NoTime {
			allowed_ancestry_len: 0
		})
	);
}
