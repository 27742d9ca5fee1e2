//! Candidates and leaves in the view, beside the published prospective-parachains subsystem.

use crate::{
	emulator::transcode,
	measure::{compare, quick, timed},
	report::{Row, Table},
	subsystem::Subsystem,
};
use async_backing_node_benchmarks::forest::{self, forks, orphans, Candidates, PARA, RELAY_PARENT};
use async_backing_primitives::LeafFacts;
use async_backing_prospective_parachains::{Candidate, TreeLimits, UnconnectedLimits, View, ViewConfig};
use polkadot_primitives as theirs;
use std::{hint::black_box, time::Instant};

const PEER: &str =
	"prospective-parachains 35, fragment chains, through its subsystem interface on this thread";

/// Nanoseconds of what it does, with the result kept until the clock has stopped.
fn clock<R>(work: impl FnOnce() -> R) -> f64 {
	let start = Instant::now();
	let result = black_box(work());
	let took = start.elapsed().as_nanos() as f64;
	drop(result);
	took
}

fn leaf() -> LeafFacts {
	forest::leaf(RELAY_PARENT, 0)
}

fn view() -> View {
	let mut view = View::new(ViewConfig {
		tree_limits: Some(TreeLimits {
			max_candidates: 10_000,
			max_nodes: 40_000,
			max_nodes_per_candidate: u32::MAX,
		}),
		unconnected: UnconnectedLimits {
			max_candidates: 10_000,
			max_bytes: 1 << 30,
		},
		..ViewConfig::default()
	});
	view.update_leaves(&[leaf()], &[]);
	view
}

fn subsystem() -> Subsystem {
	let mut subsystem = Subsystem::start();
	subsystem.update_leaves((RELAY_PARENT, 0), None);
	subsystem
}

type Parts = (
	theirs::CommittedCandidateReceiptV2,
	theirs::PersistedValidationData,
);

/// The candidates in the other side's types, with their hashes.
fn translated(candidates: &Candidates) -> Vec<(Parts, theirs::CandidateHash)> {
	let translate = |(receipt, data)| {
		let receipt: theirs::CommittedCandidateReceiptV2 = transcode(receipt);
		let hash = receipt.hash();
		((receipt, transcode(data)), hash)
	};
	candidates
		.iter()
		.map(|(receipt, data)| translate((receipt, data)))
		.collect()
}

/// What does not belong to the work, in nanoseconds for each candidate.
struct Overhead {
	/// A question and a message to the subsystem that it has no work with.
	messages: f64,
	/// The four hashes of a candidate that both sides need.
	hashing: f64,
}

fn overhead() -> Overhead {
	let mut subsystem = subsystem();
	let mut messages = timed(|| {
		subsystem.round_trip();
		subsystem.one_way();
	});
	let one = forks(1, 1);
	let ((receipt, data), _) = translated(&one).remove(0);
	let mut hashing = timed(|| {
		(
			receipt.hash(),
			data.hash(),
			data.parent_head.hash(),
			receipt.commitments.head_data.hash(),
		)
	});
	Overhead {
		messages: quick(&mut messages),
		hashing: quick(&mut hashing),
	}
}

/// Candidates are introduced and backed one after the other, in an empty tree.
fn added_and_backed(name: &str, candidates: &Candidates, overhead: &Overhead) -> Row {
	let count = candidates.len() as f64;
	let checked: Vec<_> = candidates
		.iter()
		.map(|(receipt, data)| Candidate::new(receipt.clone(), data.clone(), false).expect("it is valid"))
		.collect();
	let mut ours = |times| {
		let mut total = 0.0;
		for _ in 0..times {
			let (mut view, candidates) = (view(), checked.clone());
			total += clock(|| {
				for candidate in candidates {
					let hash = candidate.hash();
					view.introduce_checked(candidate).expect("there is room");
					view.note_backed(PARA, hash).expect("it was introduced");
				}
				view
			});
		}
		total / count
	};
	let translated = translated(candidates);
	let mut theirs = |times| {
		let mut total = 0.0;
		for _ in 0..times {
			let (mut subsystem, candidates) = (subsystem(), translated.clone());
			total += clock(|| {
				for ((receipt, data), hash) in candidates {
					black_box(subsystem.introduce(receipt, data));
					subsystem.back(hash);
				}
				subsystem
			});
		}
		total / count - f64::from(times) * (overhead.messages + overhead.hashing)
	};
	Row {
		name: name.to_owned(),
		comparison: compare(&mut ours, &mut theirs),
	}
}

/// A leaf comes and its sibling goes; candidates are seconded.
fn new_leaf(name: &str, candidates: &Candidates, overhead: &Overhead) -> Row {
	let mut view = view();
	for (receipt, data) in candidates {
		view.introduce(receipt.clone(), data.clone())
			.expect("there is room");
	}
	let siblings = [1, 2].map(|fork| forest::leaf(RELAY_PARENT + 1, fork));
	view.update_leaves(&siblings[..1], &[]);
	let mut turn = 0;
	let mut ours = timed(|| {
		let [gone, comes] = [turn % 2, (turn + 1) % 2];
		turn += 1;
		view.update_leaves(&siblings[comes..=comes], &[siblings[gone].block.hash])
	});
	let mut subsystem = subsystem();
	for ((receipt, data), _) in translated(candidates) {
		assert!(subsystem.introduce(receipt, data), "it is kept");
	}
	subsystem.update_leaves((RELAY_PARENT + 1, 1), None);
	let mut turn = 0;
	let mut theirs = timed(|| {
		let [gone, comes] = [turn % 2, (turn + 1) % 2].map(|sibling| (RELAY_PARENT + 1, sibling + 1));
		turn += 1;
		subsystem.update_leaves(comes, Some(gone));
	});
	let mut net = |times| theirs(times) - f64::from(times) * overhead.messages / 2.0;
	Row {
		name: name.to_owned(),
		comparison: compare(&mut ours, &mut net),
	}
}

/// The best path for so many cores, in a tree of backed candidates.
fn selection(name: &str, candidates: &Candidates, count: usize, overhead: &Overhead) -> Row {
	let mut view = view();
	let mut subsystem = subsystem();
	for (((receipt, data), hash), (ours, our_data)) in translated(candidates).into_iter().zip(candidates) {
		let our_hash = ours.hash();
		view.introduce(ours.clone(), our_data.clone())
			.expect("there is room");
		view.note_backed(PARA, our_hash).expect("it was introduced");
		subsystem.introduce(receipt, data);
		subsystem.back(hash);
	}
	let at = leaf().block.hash;
	assert_eq!(view.get_backable(at, PARA, &[], count).len(), count);
	assert_eq!(subsystem.backable((RELAY_PARENT, 0), count as u32).len(), count);
	let mut ours = timed(|| view.get_backable(black_box(at), PARA, &[], count));
	let mut theirs = timed(|| subsystem.backable((RELAY_PARENT, 0), count as u32));
	let mut net = |times| theirs(times) - f64::from(times) * overhead.messages / 2.0;
	Row {
		name: name.to_owned(),
		comparison: compare(&mut ours, &mut net),
	}
}

/// The tables about trees.
pub fn tables() -> Vec<Table> {
	let overhead = overhead();
	let taken_off = format!(
		"Taken off theirs: {:.0} ns for a question and a message that it has no work with, and where candidates are \
		 added {:.0} ns for the four hashes of one (ours is told them). Bounds of both are above the size of every row.",
		overhead.messages, overhead.hashing
	);
	let reversed = |candidates: Candidates| candidates.into_iter().rev().collect::<Candidates>();
	let growth = [
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
	vec![
		Table {
			title: "A candidate is added and backed",
			peer: PEER,
			note: format!(
				"For each candidate of the row. Ours keeps every fork, theirs one path; so in rows with forks ours does \
				 more. {taken_off}"
			),
			rows: growth
				.iter()
				.map(|(name, candidates)| added_and_backed(name, candidates, &overhead))
				.collect(),
		},
		Table {
			title: "A new leaf, while seconded candidates wait to be backed",
			peer: PEER,
			note: format!("A leaf becomes active, and its sibling goes; their parent stays. {taken_off}"),
			rows: waiting
				.iter()
				.map(|(name, candidates)| new_leaf(name, candidates, &overhead))
				.collect(),
		},
		Table {
			title: "Choosing candidates for the next block",
			peer: PEER,
			note: format!("After one path of 64 backed candidates. {taken_off}"),
			rows: [1, 3, 10]
				.map(|count| selection(&format!("for {count} cores"), &forks(1, 64), count, &overhead))
				.to_vec(),
		},
	]
}
