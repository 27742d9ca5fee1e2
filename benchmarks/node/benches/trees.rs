//! The view and its trees: candidates come, are backed, and leaves change. Hashing is left out.

use async_backing_node_benchmarks::forest::{forks, leaf, orphans, Candidates, PARA, RELAY_PARENT};
use async_backing_prospective_parachains::{Candidate, TreeLimits, UnconnectedLimits, View, ViewConfig};
use criterion::{BatchSize, Criterion, Throughput};
use std::hint::black_box;

fn view() -> View {
	let mut view = View::new(ViewConfig {
		tree_limits: Some(TreeLimits {
			max_candidates: 10_000,
			max_nodes: 40_000,
		}),
		unconnected: UnconnectedLimits {
			max_candidates: 10_000,
			max_bytes: 1 << 30,
		},
		..ViewConfig::default()
	});
	view.update_leaves(&[leaf(RELAY_PARENT, 0)], &[]);
	view
}

fn checked(candidates: &Candidates) -> Vec<Candidate> {
	let checked = candidates
		.iter()
		.map(|(receipt, data)| Candidate::new(receipt.clone(), data.clone(), false).expect("it is valid"));
	checked.collect()
}

fn introduce(view: &mut View, candidates: Vec<Candidate>, back: bool) {
	for candidate in candidates {
		let hash = candidate.hash();
		view.introduce_checked(candidate).expect("there is room");
		if back {
			view.note_backed(PARA, hash).expect("it was introduced");
		}
	}
}

fn trees(criterion: &mut Criterion) {
	let reversed = |candidates: Candidates| candidates.into_iter().rev().collect::<Candidates>();
	let mut added = criterion.benchmark_group("added and backed");
	for (name, candidates) in [
		("depth 4", forks(1, 4)),
		("depth 16", forks(1, 16)),
		("depth 64", forks(1, 64)),
		("depth 64, last first", reversed(forks(1, 64))),
		("10 forks of 4", forks(10, 4)),
		("100 forks of 8", forks(100, 8)),
		("500 forks of 4", forks(500, 4)),
	] {
		added.throughput(Throughput::Elements(candidates.len() as u64));
		let candidates = checked(&candidates);
		added.bench_function(name, |bencher| {
			bencher.iter_batched(
				|| (view(), candidates.clone()),
				|(mut view, candidates)| {
					introduce(&mut view, candidates, true);
					view
				},
				BatchSize::LargeInput,
			);
		});
	}
	added.finish();

	let mut leaves = criterion.benchmark_group("a leaf comes, its sibling goes");
	for (name, candidates) in [
		("nothing waits", forks(0, 0)),
		("100 in 25 forks", forks(25, 4)),
		("1000 in 250 forks", forks(250, 4)),
		("1000 without parent", orphans(1000)),
	] {
		let mut view = view();
		introduce(&mut view, checked(&candidates), false);
		let siblings = [leaf(RELAY_PARENT + 1, 1), leaf(RELAY_PARENT + 1, 2)];
		view.update_leaves(&siblings[..1], &[]);
		let mut turn = 0;
		leaves.bench_function(name, |bencher| {
			bencher.iter(|| {
				let [gone, comes] = [turn % 2, (turn + 1) % 2];
				turn += 1;
				view.update_leaves(&siblings[comes..=comes], &[siblings[gone].block.hash])
			});
		});
	}
	leaves.finish();

	let mut select = criterion.benchmark_group("best path");
	let mut view = view();
	introduce(&mut view, checked(&forks(100, 16)), true);
	let leaf = leaf(RELAY_PARENT, 0).block.hash;
	for count in [1, 3, 10] {
		select.bench_function(format!("for {count} cores"), |bencher| {
			bencher.iter(|| view.get_backable(black_box(leaf), PARA, &[], count));
		});
	}
	select.finish();
}

fn main() {
	let mut criterion = Criterion::default().configure_from_args();
	trees(&mut criterion);
	criterion.final_summary();
}
