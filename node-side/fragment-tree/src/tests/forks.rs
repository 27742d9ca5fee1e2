//! Trees that keep one path: who goes, who stays, and what is not taken again.

use super::*;

/// A tree, and what it was built of.
struct Forest {
	storage: CandidateStorage,
	tree: FragmentTree,
}

impl Forest {
	fn new(pending: &[Candidate], others: &[&Candidate]) -> Self {
		let world = World {
			pending: pending.to_vec(),
			..world()
		};
		let (mut storage, mut tree) = world.start();
		for candidate in others {
			storage
				.insert((*candidate).clone(), CandidateState::Seconded)
				.expect("it is new");
			let added = tree.add_and_populate(candidate.hash(), &storage);
			assert_eq!(added.map(|added| added.nodes), Ok(1));
		}
		Self { storage, tree }
	}

	fn back(&mut self, candidate: &Candidate) {
		self.storage.mark_backed(candidate.hash()).expect("it is known");
		assert!(self.tree.mark_backed(candidate.hash()));
	}

	/// Who goes.
	fn drop_lost(&mut self) -> Vec<CandidateHash> {
		let before = self.tree.len();
		let gone = self.tree.drop_lost_forks();
		check_invariants(&self.tree);
		assert_eq!(self.tree.len(), before - gone.len(), "each stood once");
		assert!(gone.iter().all(|hash| !self.tree.contains(*hash)));
		gone
	}
}

/// Three candidates on the first head, the lowest hash first, and a child of each.
fn siblings() -> [(Candidate, Candidate); 3] {
	let mut families = [1, 2, 3].map(|to| (spec(0, to).build(), spec(to, to + 3).build()));
	families.sort_by_key(|(parent, _)| parent.hash());
	families
}

fn ascending<const N: usize>(candidates: [&Candidate; N]) -> Vec<CandidateHash> {
	let mut hashes = candidates.map(Candidate::hash).to_vec();
	hashes.sort_unstable();
	hashes
}

#[test]
fn of_forks_the_backed_one_with_the_lowest_hash_stays_with_those_that_may_still_win() {
	let [(low, low_child), (middle, middle_child), (high, high_child)] = siblings();
	let all = [&low, &low_child, &middle, &middle_child, &high, &high_child];
	let mut forest = Forest::new(&[], &all);
	assert_eq!(forest.drop_lost(), [], "nobody is backed");
	assert_eq!(forest.tree.len(), 6);

	forest.back(&middle);
	assert_eq!(
		forest.drop_lost(),
		ascending([&high, &high_child]),
		"its child goes with it, and the lowest may still win"
	);
	assert_eq!(forest.drop_lost(), [], "once is enough");
	assert_eq!(
		forest.tree.depths(middle_child.hash()),
		[1],
		"what stays is where it was"
	);

	forest.back(&low);
	assert_eq!(forest.drop_lost(), ascending([&middle, &middle_child]));
	assert_eq!(forest.tree.depths(low_child.hash()), [1]);
	assert_eq!(forest.tree.len(), 2);
}

#[test]
fn what_lost_is_known_before_it_is_taken_again() {
	let [(low, _), (middle, middle_child), (high, _)] = siblings();
	let mut forest = Forest::new(&[], &[&low, &middle, &middle_child, &high]);
	let is_lost = |forest: &Forest, candidate: &Candidate| {
		forest
			.tree
			.is_lost_fork(candidate.parent_head_hash(), candidate.hash())
	};
	for candidate in [&low, &middle, &high] {
		assert!(!is_lost(&forest, candidate), "nobody is backed");
	}
	forest.back(&middle);
	for (candidate, expected) in [
		(&low, false),
		(&middle, false),
		(&high, true),
		(&middle_child, false),
	] {
		assert_eq!(is_lost(&forest, candidate), expected);
	}
	let elsewhere = spec(9, 10).build();
	assert!(
		!is_lost(&forest, &elsewhere),
		"it has no place that it could lose"
	);

	// What lost fits once more, if somebody takes it all the same.
	assert_eq!(forest.drop_lost(), [high.hash()]);
	let added = forest.tree.add_and_populate(high.hash(), &forest.storage);
	assert_eq!(added.map(|added| added.nodes), Ok(1));
}

#[test]
fn what_is_pending_stays_whatever_its_hash() {
	let [(low, _), (middle, middle_child), (high, _)] = siblings();
	let mut forest = Forest::new(core::slice::from_ref(&middle), &[&low, &middle_child, &high]);
	forest.back(&low);
	for (candidate, expected) in [
		(&low, true),
		(&middle, false),
		(&high, true),
		(&middle_child, false),
	] {
		let is_lost = forest
			.tree
			.is_lost_fork(candidate.parent_head_hash(), candidate.hash());
		assert_eq!(is_lost, expected);
	}
	assert_eq!(forest.drop_lost(), ascending([&low, &high]));
	assert_eq!(forest.tree.depths(middle_child.hash()), [1]);
}

#[test]
fn r_sel_3_r_bak_14_past_who_may_not_be_backed_the_next_best_path_is_selected() {
	let families = siblings();
	let [(low, low_child), (middle, middle_child), (high, high_child)] = &families;
	for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
		let joining = order.map(|place| &families[place]);
		let joining: Vec<_> = joining
			.iter()
			.flat_map(|(parent, child)| [parent, child])
			.collect();
		let mut forest = Forest::new(&[], &joining);
		forest.back(low);
		forest.back(low_child);
		let mut expect = |backed: Option<&Candidate>, expected: &[&Candidate]| {
			if let Some(backed) = backed {
				forest.back(backed);
			}
			let steps = forest
				.tree
				.select_children_where(&[], usize::MAX, |backable| backable.candidate_hash != low.hash());
			let selected: Vec<_> = steps.iter().map(|step| step.backable().candidate_hash).collect();
			let expected: Vec<_> = expected.iter().map(|candidate| candidate.hash()).collect();
			assert_eq!(selected, expected, "joined as {order:?}");
		};
		expect(None, &[]);
		expect(Some(high), &[high]);
		expect(Some(middle), &[middle]);
		expect(Some(high_child), &[high, high_child]);
		expect(Some(middle_child), &[middle, middle_child]);
	}
}
