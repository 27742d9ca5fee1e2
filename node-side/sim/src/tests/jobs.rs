//! Jobs: priorities, deadlines, room, cancellation, slow nodes.

use super::toy::*;
use crate::{Fault, NodeId};
use async_backing_machine::{Instant, JobFailure, Priority};

const A: NodeId = NodeId(0);
const FAR: Instant = Instant::from_secs(99);

#[test]
fn jobs_run_one_by_one_higher_priorities_first_none_preempted() {
	let script = vec![
		(SECOND, A, Do::Work(Priority::Low, FAR, 501)),
		(SECOND, A, Do::Work(Priority::Low, FAR, 502)),
		(SECOND + MS, A, Do::Work(Priority::Normal, FAR, 503)),
		(SECOND + 2 * MS, A, Do::Work(Priority::High, FAR, 504)),
	];
	let (_, notes) = run(config(Vec::new()), script.clone());
	let expected = [(1501, 501), (2005, 504), (2508, 503), (3010, 502)];
	let expected = expected.map(|(at, job)| (at * MS, Ok(job)));
	assert_eq!(notes.done(A), expected);

	let mut two = config(Vec::new());
	two.processor.lanes = 2;
	let (_, notes) = run(two, script);
	assert_eq!(notes.done(A)[1], (1502 * MS, Ok(502)), "side by side");
}

#[test]
fn what_is_not_done_by_its_deadline_is_late_then_and_the_processor_is_free() {
	let script = vec![
		(SECOND, A, Do::Work(Priority::High, 2 * SECOND, 5000)),
		(SECOND, A, Do::Work(Priority::High, SECOND + 500 * MS, 1)),
		(SECOND, A, Do::Work(Priority::High, 2 * SECOND + 100 * MS, 100)),
		(3 * SECOND, A, Do::Work(Priority::High, SECOND, 1)),
	];
	let (sim, notes) = run(config(Vec::new()), script);
	let late = Err(JobFailure::Late);
	assert_eq!(
		notes.done(A),
		[
			(SECOND + 500 * MS, late),
			(2 * SECOND, late),
			(2 * SECOND + 100 * MS, Ok(100)),
			(3 * SECOND, late),
		]
	);
	assert_eq!(sim.counters(A).expect("it is there").jobs_late, 3);
}

#[test]
fn what_finds_no_room_is_dropped_and_what_is_cancelled_ends_all_the_same() {
	let mut config = config(Vec::new());
	config.processor.room = 2;
	let script = vec![
		(SECOND, A, Do::Work(Priority::Low, FAR, 1000)),
		(SECOND, A, Do::Work(Priority::Low, FAR, 1001)),
		(SECOND, A, Do::Work(Priority::Normal, FAR, 1002)),
		(SECOND, A, Do::Work(Priority::High, FAR, 1003)),
		(2500 * MS, A, Do::CancelAll),
		(4 * SECOND, A, Do::Work(Priority::Low, FAR, 10)),
	];
	let (sim, notes) = run(config, script);
	let cancelled = Err(JobFailure::Cancelled);
	assert_eq!(
		notes.done(A),
		[
			(SECOND, Err(JobFailure::Dropped)),
			(2 * SECOND, Ok(1000)),
			(2500 * MS, cancelled),
			(2500 * MS, cancelled),
			(4010 * MS, Ok(10)),
		]
	);
	assert_eq!(sim.counters(A).expect("it is there").jobs_dropped, 1);
}

#[test]
fn a_slow_node_takes_longer() {
	let slow = Fault::Slow {
		node: A,
		during: 2 * SECOND..3 * SECOND,
		percent: 300,
	};
	let script = vec![
		(SECOND, A, Do::Work(Priority::Low, FAR, 100)),
		(2 * SECOND, A, Do::Work(Priority::Low, FAR, 100)),
		(2 * SECOND, NodeId(1), Do::Work(Priority::Low, FAR, 100)),
	];
	let (_, notes) = run(config(vec![slow]), script);
	assert_eq!(notes.done(A), [(1100 * MS, Ok(100)), (2300 * MS, Ok(100))]);
	assert_eq!(notes.done(NodeId(1)), [(2100 * MS, Ok(100))]);
}
