//! Candidates, forks and paras in the view, beside the published prospective-parachains subsystem.

use super::{Cost, Curve, Subject, LENGTHS, SIZES};
use crate::{
	report::count,
	work::{growth, kept_by_theirs, new_leaf, selection, Backed, PEER},
};
use async_backing_node_benchmarks::forest::{self, Candidates, Schedule};

/// One para on so many cores.
fn one_para(cores: usize) -> Schedule {
	Schedule {
		cores_per_para: cores as u32,
		..Schedule::default()
	}
}

/// So many paras on two cores each.
fn many_paras(paras: usize) -> Schedule {
	Schedule {
		paras: paras as u32,
		cores_per_para: 2,
		..Schedule::default()
	}
}

/// The largest size.
const LARGEST: usize = SIZES[SIZES.len() - 1];

/// What is to know where there are forks, each of which is backed.
fn at_once(schedule: &Schedule, largest: &Candidates) -> String {
	format!(
		"The same, where each is backed before the next one comes. Ours keeps every candidate, theirs what follows its one \
		 path or may yet replace it: of the largest size {} of {}.",
		count(kept_by_theirs(schedule, largest, Backed::AtOnce)),
		count(largest.len())
	)
}

/// One path of candidates.
pub(super) fn path() -> Subject {
	let path = |size| forest::forks(1, size as u32);
	Subject {
		title: "Candidates of one path",
		file: "scaling-path",
		axis: "candidates of a path",
		curves: vec![
			Curve::measure(
				"all are introduced and backed",
				Some(PEER),
				"In order, each is backed before the next one comes. 256 is the largest depth that our trees know.",
				LENGTHS,
				|size| Cost::Both(growth(&one_para(size), &path(size), Backed::AtOnce)),
			),
			Curve::measure(
				"a new leaf",
				Some(PEER),
				"All are backed; a leaf becomes active, and its sibling goes.",
				LENGTHS,
				|size| Cost::Both(new_leaf(&one_para(size), &path(size), Backed::AtOnce)),
			),
			Curve::measure(
				"the best path for as many cores",
				Some(PEER),
				"All are backed. Ours also checks that each may take the core that it names.",
				LENGTHS,
				|size| Cost::Both(selection(&one_para(size), &path(size), size)),
			),
		],
	}
}

/// Paths of ten candidates each.
pub(super) fn candidates() -> Subject {
	const LENGTH: usize = 10;
	let schedule = Schedule::default();
	let paths = |size| forest::forks((size / LENGTH) as u32, LENGTH as u32);
	Subject {
		title: "Candidates of a tree",
		file: "scaling-candidates",
		axis: "candidates",
		curves: vec![
			Curve::measure(
				"all are introduced",
				Some(PEER),
				"Paths of ten candidates from the included head, one after the other, each in order; none is backed.",
				SIZES,
				|size| Cost::Both(growth(&schedule, &paths(size), Backed::None)),
			),
			Curve::measure(
				"all are introduced and backed",
				Some(PEER),
				at_once(&schedule, &paths(LARGEST)),
				SIZES,
				|size| Cost::Both(growth(&schedule, &paths(size), Backed::AtOnce)),
			),
			Curve::measure(
				"a new leaf",
				Some(PEER),
				"None is backed; a leaf becomes active, and its sibling goes.",
				SIZES,
				|size| Cost::Both(new_leaf(&schedule, &paths(size), Backed::None)),
			),
		],
	}
}

/// Forks of one candidate each.
pub(super) fn forks() -> Subject {
	let schedule = Schedule::default();
	let fork = |size| forest::forks(size as u32, 1);
	Subject {
		title: "Forks",
		file: "scaling-forks",
		axis: "forks",
		curves: vec![
			Curve::measure(
				"all are introduced",
				Some(PEER),
				"One candidate each, all on the included head; none is backed.",
				SIZES,
				|size| Cost::Both(growth(&schedule, &fork(size), Backed::None)),
			),
			Curve::measure(
				"all are introduced and backed",
				Some(PEER),
				at_once(&schedule, &fork(LARGEST)),
				SIZES,
				|size| Cost::Both(growth(&schedule, &fork(size), Backed::AtOnce)),
			),
			Curve::measure(
				"a new leaf",
				Some(PEER),
				"None is backed; a leaf becomes active, and its sibling goes.",
				SIZES,
				|size| Cost::Both(new_leaf(&schedule, &fork(size), Backed::None)),
			),
		],
	}
}

/// Paras with a path of two candidates each.
pub(super) fn paras() -> Subject {
	let paths = |size| forest::paths(many_paras(size).paras(), 2);
	Subject {
		title: "Paras of a leaf",
		file: "scaling-paras",
		axis: "paras",
		curves: vec![
			Curve::measure(
				"two candidates of each are introduced and backed",
				Some(PEER),
				"Each para has two cores.",
				SIZES,
				|size| Cost::Both(growth(&many_paras(size), &paths(size), Backed::AtOnce)),
			),
			Curve::measure(
				"a new leaf",
				Some(PEER),
				"Two candidates of each para are backed; a leaf becomes active, and its sibling goes. What the relay chain says \
				 of each para is copied once on both sides.",
				SIZES,
				|size| {
					Cost::Both(new_leaf(
						&many_paras(size),
						&paths(size),
						Backed::AtOnce
					))
				},
			),
		],
	}
}
