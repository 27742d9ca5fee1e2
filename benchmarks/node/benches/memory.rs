//! How much memory trees take. Not a matter of time, so no samples: each row is counted once, and is always the same.

use async_backing_node_benchmarks::forest::{forks, leaf, twins_on_twins, Candidates, PARA, RELAY_PARENT};
use async_backing_prospective_parachains::{Candidate, TreeLimits, View, ViewConfig};
use stats_alloc::{Region, StatsAlloc, INSTRUMENTED_SYSTEM};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn row(name: &str, candidates: &Candidates) {
	let mut view = View::new(ViewConfig {
		tree_limits: Some(TreeLimits {
			max_candidates: 10_000,
			max_nodes: 40_000,
			max_nodes_per_candidate: u32::MAX,
		}),
		..ViewConfig::default()
	});
	let _ = view.update_leaves(&[leaf(RELAY_PARENT, 0)], &[]);
	// What candidates are made of counts as held, since they hold it, but not as allocated while they join.
	let all = Region::new(ALLOCATOR);
	let parts = candidates.clone();
	let joining = Region::new(ALLOCATOR);
	for (receipt, data) in parts {
		let candidate = Candidate::new(receipt, data, false).expect("it is valid");
		let hash = candidate.hash();
		view.introduce_checked(candidate).expect("there is room");
		view.note_backed(PARA, hash).expect("it was introduced");
	}
	let (all, joining) = (all.change(), joining.change());
	let count = candidates.len();
	let nodes = view
		.tree(leaf(RELAY_PARENT, 0).block.hash, PARA)
		.map_or(0, |tree| tree.len());
	// Bytes that a reallocation added are among those allocated.
	let held = all.bytes_allocated.saturating_sub(all.bytes_deallocated);
	println!(
		"{name:<24} {count:>10} {nodes:>8} {held:>12} {:>16.0} {:>20.1}",
		held as f64 / count as f64,
		(joining.allocations + joining.reallocations) as f64 / count as f64
	);
}

fn main() {
	println!(
		"{:<24} {:>10} {:>8} {:>12} {:>16} {:>20}",
		"", "candidates", "nodes", "bytes held", "bytes/candidate", "allocations/candidate"
	);
	row("depth 4", &forks(1, 4));
	row("depth 64", &forks(1, 64));
	row("100 forks of 8", &forks(100, 8));
	row("500 forks of 4", &forks(500, 4));
	row("worst: 20 on 19 twins", &twins_on_twins(&[20, 19]));
	row("worst: 1 4 4 4 4 twins", &twins_on_twins(&[1, 4, 4, 4, 4]));
}
