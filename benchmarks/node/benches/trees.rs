//! The view and its trees: candidates come, are backed, and leaves change. Hashing is left out.

use async_backing_node_benchmarks::forest::{
	forks, leaf, orphans, twins_on_twins, Candidates, PARA, RELAY_PARENT,
};
use async_backing_prospective_parachains::{Candidate, TreeLimits, UnconnectedLimits, View, ViewConfig};
use criterion::{BatchSize, Criterion, Throughput};
use std::hint::black_box;

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
	let _ = view.update_leaves(&[leaf(RELAY_PARENT, 0)], &[]);
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
		let _ = view.update_leaves(&siblings[..1], &[]);
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

/// The worst that the default limits admit; docs/decisions/0011-bounds-of-the-trees.md.
fn hostile(criterion: &mut Criterion) {
	let bounded = || {
		let mut view = View::new(ViewConfig {
			tree_limits: Some(TreeLimits {
				max_candidates: 100,
				max_nodes: 400,
				max_nodes_per_candidate: 20,
			}),
			..ViewConfig::default()
		});
		let _ = view.update_leaves(&[leaf(RELAY_PARENT, 0)], &[]);
		view
	};
	let mut hostile = criterion.benchmark_group("hostile");
	// 20 nodes, and 19 below each of them: 400. Whatever builds on the last head is judged at 380 places, and refused.
	let mut full = checked(&twins_on_twins(&[20, 19, 1]));
	let late = full.pop().expect("there are forty");
	let mut view = bounded();
	introduce(&mut view, full, true);
	hostile.bench_function("380 places, and no room", |bencher| {
		bencher.iter_batched(
			|| late.clone(),
			|late| view.introduce_checked(late).expect_err("the tree is full"),
			BatchSize::SmallInput,
		);
	});
	// Everything waits for one candidate. Behind it as many nodes hang as there is room for, and behind those more
	// candidates want to.
	for levels in [&[1, 19, 19, 60][..], &[1, 4, 4, 90], &[1, 7, 7, 7, 77]] {
		let mut waiting = checked(&twins_on_twins(levels));
		let first = waiting.remove(0);
		hostile.bench_function(format!("one brings all, levels of {levels:?}"), |bencher| {
			bencher.iter_batched(
				|| {
					let mut view = bounded();
					introduce(&mut view, waiting.iter().rev().cloned().collect(), true);
					(view, first.clone())
				},
				|(mut view, first)| {
					view.introduce_checked(first).expect("there is room");
					view
				},
				BatchSize::SmallInput,
			);
		});
	}
	// The last level is backed last, and each of its candidates stands at twenty places.
	let levels = [1, 4, 5, 15];
	let last = checked(&twins_on_twins(&levels))
		.pop()
		.expect("there are some")
		.hash();
	hostile.bench_function("backing one of 20 places", |bencher| {
		bencher.iter_batched(
			|| {
				let mut view = bounded();
				introduce(&mut view, checked(&twins_on_twins(&levels)), false);
				view
			},
			|mut view| {
				view.note_backed(PARA, last).expect("it was introduced");
				view
			},
			BatchSize::SmallInput,
		);
	});
	hostile.finish();
}

fn main() {
	let mut criterion = Criterion::default().configure_from_args();
	trees(&mut criterion);
	hostile(&mut criterion);
	criterion.final_summary();
}
