//! Candidates and leaves in the view, beside the published prospective-parachains subsystem.

use crate::{
	report::{count, Row, Table},
	work::{growth, kept_by_theirs, new_leaf, selection, taken_off, Backed, PEER},
};
use async_backing_node_benchmarks::forest::{forks, orphans, Candidates, Schedule};

/// The tables about trees.
pub fn tables() -> Vec<Table> {
	let schedule = Schedule::default();
	let taken_off = taken_off();
	let reversed = |candidates: Candidates| candidates.into_iter().rev().collect::<Candidates>();
	let grown = [
		("depth 4, in order", forks(1, 4)),
		("depth 16, in order", forks(1, 16)),
		("depth 64, in order", forks(1, 64)),
		("depth 4, last first", reversed(forks(1, 4))),
		("depth 16, last first", reversed(forks(1, 16))),
		("depth 64, last first", reversed(forks(1, 64))),
		("10 forks of 4", forks(10, 4)),
		("100 forks of 8", forks(100, 8)),
		("500 forks of 4", forks(500, 4)),
	];
	let waiting = [
		("nothing", forks(0, 0)),
		("10 in 5 forks", forks(5, 2)),
		("100 in 25 forks", forks(25, 4)),
		("1,000 in 250 forks", forks(250, 4)),
		("1,000 whose parents are unknown", orphans(1000)),
	];
	let rows = |cases: &[(&str, Candidates)], measure: &dyn Fn(&Candidates) -> _| {
		let row = |(name, candidates): &(&str, Candidates)| Row {
			name: (*name).to_owned(),
			comparison: measure(candidates),
		};
		cases.iter().map(row).collect()
	};
	let kept = |cases: &[(&str, Candidates)]| {
		let forks = cases.iter().filter(|(name, _)| name.contains("forks"));
		let kept = forks.map(|(_, candidates)| {
			let kept = kept_by_theirs(&schedule, candidates, Backed::AtOnce);
			format!("{} of {}", count(kept), count(candidates.len()))
		});
		kept.collect::<Vec<_>>().join(", ")
	};
	vec![
		Table {
			title: "A candidate is added and backed",
			peer: PEER,
			note: format!(
				"For each candidate of the row. Ours keeps every fork, theirs what follows its one path or may yet \
				 replace it ({}); so in rows with forks ours does more. {taken_off}",
				kept(&grown)
			),
			rows: rows(&grown, &|candidates| {
				growth(&schedule, candidates, Backed::AtOnce).for_each_of(candidates.len())
			}),
		},
		Table {
			title: "A new leaf, while seconded candidates wait to be backed",
			peer: PEER,
			note: format!("A leaf becomes active, and its sibling goes; their parent stays. {taken_off}"),
			rows: rows(&waiting, &|candidates| {
				new_leaf(&schedule, candidates, Backed::None)
			}),
		},
		Table {
			title: "Choosing candidates for the next block",
			peer: PEER,
			note: format!("After one path of 64 backed candidates. {taken_off}"),
			rows: [1, 3, 10]
				.map(|count| Row {
					name: format!("for {count} cores"),
					comparison: selection(&schedule, &forks(1, 64), count),
				})
				.to_vec(),
		},
	]
}
