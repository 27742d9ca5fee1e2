//! Units that the weights of the mock are too coarse for.

use super::*;

#[test]
fn r_def_33_r_wgt_6_claim_queues_that_reach_far_are_dearer_to_judge_by() {
	let load = |cores, lookahead| SchedulerLoad {
		cores,
		lookahead,
		..Default::default()
	};
	let units = Units {
		scheduling_parent: 7,
		..Units::of::<()>(&load(0, 0))
	};
	for (count, cores, lookahead, expected) in [
		(1, 200, 5, 7),
		(3, 200, 5, 21),
		(1, 201, 5, 14),
		(1, 200, 6, 14),
		(2, 401, 50, 2 * 3 * 10 * 7),
		(0, 1_000, 256, 0),
	] {
		assert_eq!(
			units.scheduling_parents(count, &load(cores, lookahead)),
			expected,
			"R-DEF-33: {count} claim queues of {cores} cores, {lookahead} blocks ahead"
		);
	}
}
