//! How much memory candidates take: what is counted, and the table of it.
//!
//! Counting is up to the caller, whose allocator it is. Nothing here depends on time, so each row is counted once and is
//! always the same.

use crate::{
	report::{count, times},
	work::{hash, introduce_ours, introduce_theirs, subsystem, view, Backed, Both, PEER},
};
use async_backing_node_benchmarks::{
	cases::{Case, Size},
	forest::{self, Candidates, Schedule},
};
use std::fmt::Write;

/// The program that counts.
pub const PROGRAM: &str = "async-backing-bench-peers-memory";

/// What an allocator has counted so far.
#[derive(Clone, Copy, Debug)]
pub struct Count {
	/// Bytes that are held now.
	pub bytes: i64,
	/// Allocations and reallocations up to now.
	pub allocations: i64,
}

/// Bytes and allocations of one candidate.
#[derive(Clone, Copy, Debug)]
struct PerCandidate {
	bytes: f64,
	allocations: f64,
}

/// What taking so many candidates in holds and allocates, for each of them.
///
/// What candidates are made of counts as held, since they hold it, but not as allocated.
fn per_candidate<I>(
	counted: fn() -> Count,
	candidates: usize,
	parts: impl FnOnce() -> I,
	take_in: impl FnOnce(I),
) -> PerCandidate {
	let before = counted();
	let parts = parts();
	let made = counted();
	take_in(parts);
	let after = counted();
	PerCandidate {
		bytes: (after.bytes - before.bytes) as f64 / candidates as f64,
		allocations: (after.allocations - made.allocations) as f64 / candidates as f64,
	}
}

fn row(
	counted: fn() -> Count,
	name: &str,
	schedule: &Schedule,
	candidates: &Candidates,
	backed: Backed,
) -> String {
	let both = Both::new(candidates);
	let mut view = view(schedule);
	let parts = || both.ours.clone();
	let ours = per_candidate(counted, both.len(), parts, |candidates| {
		introduce_ours(&mut view, candidates, backed);
	});
	let mut subsystem = subsystem(schedule);
	// What the way in and out allocates is not the work.
	let before = counted();
	const TIMES: i64 = 1000;
	for _ in 0..TIMES {
		subsystem.round_trip();
		if backed == Backed::AtOnce {
			subsystem.one_way();
		}
	}
	let way = (counted().allocations - before.allocations) as f64 / TIMES as f64;
	// Nor are the hashes, which ours is told.
	let before = counted();
	both.theirs.iter().for_each(hash);
	let hashes = (counted().allocations - before.allocations) as f64 / both.len() as f64;
	let parts = || both.theirs.clone();
	let mut theirs = per_candidate(counted, both.len(), parts, |candidates| {
		introduce_theirs(&mut subsystem, candidates, backed);
	});
	theirs.allocations -= way + hashes;
	format!(
		"| {name} | {} | {} | **{}** | {:.1} | {:.1} |\n",
		count(ours.bytes.round() as usize),
		count(theirs.bytes.round() as usize),
		times(theirs.bytes / ours.bytes),
		ours.allocations,
		theirs.allocations,
	)
}

/// The section about memory, in Markdown. `counted` asks the allocator.
pub fn markdown(counted: fn() -> Count) -> String {
	let of_path = |cores: u32, constraints| Schedule {
		cores_per_para: cores,
		constraints,
		..Schedule::default()
	};
	let realistic = || {
		let mut constraints = Case::new(Size::REALISTIC).base;
		constraints.required_parent = forest::base().required_parent;
		// Sent after the relay parent, so that no candidate has to take one.
		constraints.dmp_remaining_messages.fill(forest::RELAY_PARENT + 1);
		constraints
	};
	let mut text = format!(
		"## Memory\n\nPeer: {PEER}. Bytes that are held once all candidates are in, and allocations on the way there \
		 (reallocations included), for each candidate. Heads of 300 bytes, of which a candidate carries two. What \
		 candidates are made of is held but was allocated before. Taken off theirs: what a question, a message and the \
		 four hashes of a candidate allocate. Counted with stats_alloc in a program of its own, because counting takes \
		 time. Realistic \
		 constraints: 30 channels, 100 downward messages, 50 watermarks; elsewhere there are none of these.\n\n\
		 | case | ours, bytes | theirs, bytes | theirs / ours | ours, allocations | theirs, allocations |\n\
		 |---|---:|---:|---:|---:|---:|\n"
	);
	let mut add = |name: &str, schedule: &Schedule, candidates: &Candidates, backed| {
		let _ = text.write_str(&row(counted, name, schedule, candidates, backed));
	};
	for size in [10, 100, 256] {
		let (schedule, path) = (of_path(size, forest::base()), forest::forks(1, size));
		add(
			&format!("path of {size}, introduced"),
			&schedule,
			&path,
			Backed::None,
		);
		add(
			&format!("path of {size}, backed too"),
			&schedule,
			&path,
			Backed::AtOnce,
		);
	}
	for size in [10, 100, 256] {
		let (schedule, path) = (of_path(size, realistic()), forest::forks(1, size));
		let name = format!("path of {size}, backed too, realistic constraints");
		add(&name, &schedule, &path, Backed::AtOnce);
	}
	let schedule = Schedule::default();
	for paths in [10, 100, 1_000] {
		let name = format!("{} paths of 10, introduced", count(paths as usize));
		add(&name, &schedule, &forest::forks(paths, 10), Backed::None);
	}
	add(
		"1,000 without a parent, introduced",
		&schedule,
		&forest::orphans(1_000),
		Backed::None,
	);
	text
}
