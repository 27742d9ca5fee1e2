//! Every shape that a few candidates can have: which builds on which, and on which of two cores.
//!
//! Invariants: parents stand before their children; no two shapes are the same but for the order of siblings or, where one para
//! has both cores, the names of these.

use std::collections::BTreeSet;

/// A candidate of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
	/// The candidate that it builds on; `None` for the included head.
	pub(crate) parent: Option<usize>,
	/// 0 or 1.
	pub(crate) core: u8,
	/// Which of its rivals it is: siblings on one core are told apart by it.
	pub(crate) rival: u8,
}

/// Candidates, parents first.
pub(crate) type Shape = Vec<Member>;

/// A forest of cores, from the included head: children ascend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tree {
	core: u8,
	children: Vec<Tree>,
}

impl Tree {
	fn swapped(&self) -> Self {
		Self {
			core: 1 - self.core,
			children: swapped(&self.children),
		}
	}
}

/// The same with the cores the other way round.
fn swapped(forest: &[Tree]) -> Vec<Tree> {
	let mut forest: Vec<_> = forest.iter().map(Tree::swapped).collect();
	forest.sort();
	forest
}

/// All forests of so many trees' nodes in all, each once.
fn forests(nodes: usize, apart: Option<u8>) -> BTreeSet<Vec<Tree>> {
	if nodes == 0 {
		return BTreeSet::from([Vec::new()]);
	}
	let mut all = BTreeSet::new();
	for first in 1..=nodes {
		for core in 0..2 {
			if apart.is_some_and(|only| only != core) {
				continue;
			}
			for children in forests(first - 1, apart.map(|_| core)) {
				for mut forest in forests(nodes - first, apart) {
					forest.push(Tree {
						core,
						children: children.clone(),
					});
					forest.sort();
					all.insert(forest);
				}
			}
		}
	}
	all
}

/// Every shape of so many candidates of one para that has both cores.
pub(crate) fn of_one_para(candidates: usize) -> Vec<Shape> {
	let all = forests(candidates, None);
	all.iter()
		.filter(|forest| **forest <= swapped(forest))
		.map(|forest| shape(forest))
		.collect()
}

/// Every shape of so many candidates of two paras with a core each.
pub(crate) fn of_two_paras(candidates: usize) -> Vec<Shape> {
	let mut all = BTreeSet::new();
	for first in 0..=candidates {
		for one in forests(first, Some(0)) {
			for other in forests(candidates - first, Some(1)) {
				let mut forest = [one.clone(), other].concat();
				forest.sort();
				let swapped = swapped(&forest);
				all.insert(forest.min(swapped));
			}
		}
	}
	all.iter().map(|forest| shape(forest)).collect()
}

fn shape(forest: &[Tree]) -> Shape {
	fn add(shape: &mut Shape, parent: Option<usize>, trees: &[Tree]) {
		let mut rivals = [0; 2];
		for tree in trees {
			let rival = &mut rivals[usize::from(tree.core)];
			shape.push(Member {
				parent,
				core: tree.core,
				rival: *rival,
			});
			*rival += 1;
			let here = shape.len() - 1;
			add(shape, Some(here), &tree.children);
		}
	}
	let mut shape = Shape::new();
	add(&mut shape, None, forest);
	shape
}

#[test]
fn every_shape_is_there_once() {
	// Forests of nodes in two colours (2, 7, 26, 107 for 1 to 4 nodes), up to swapping the colours.
	let counts = [0, 1, 2, 3, 4].map(|candidates| of_one_para(candidates).len());
	assert_eq!(counts, [1, 1, 4, 13, 55]);
	// Pairs of forests in one colour (1, 1, 2, 4, 9 for 0 to 4 nodes), in either order.
	let counts = [0, 1, 2, 3, 4].map(|candidates| of_two_paras(candidates).len());
	assert_eq!(counts, [1, 1, 3, 6, 16]);
}
