//! How stories are told: tables of steps. After every step the tree is checked and compared with the model.

use super::*;
use Step::*;

/// What happens, or what is asked.
#[derive(Clone, Debug)]
pub(crate) enum Step {
	/// Introduces the candidate: it takes so many places, and these candidates that waited join.
	Add(&'static str, u32, &'static [&'static str]),
	/// Introduces it, and it fits nowhere.
	Refuse(&'static str, AttachError),
	/// Introduces it, and it waits for its parent.
	Wait(&'static str),
	Back(&'static str),
	Depths(&'static str, &'static [u32]),
	/// Best path after a path, at most so many.
	Best(&'static [&'static str], usize, &'static [&'static str]),
	/// Depths of a candidate that is not introduced: in general, with backed candidates above only, and incomplete.
	Hypothetical(&'static str, &'static [u32], &'static [u32], &'static [u32]),
	/// Nodes in the tree.
	Nodes(usize),
}

pub(crate) fn unfit(reason: impl Into<Unfit>) -> AttachError {
	AttachError::Unfit(reason.into())
}

/// Tells a story with these candidates by their names.
pub(crate) fn run(world: World, cast: &[(&'static str, Spec)], steps: &[Step]) -> FragmentTree {
	let cast: BTreeMap<_, _> = cast
		.iter()
		.map(|(name, spec)| (*name, spec.clone().build()))
		.collect();
	let hash = |name: &&str| cast[name].hash();
	let (mut storage, mut tree) = world.start();
	let mut known: Known = world
		.pending
		.iter()
		.map(|pending| (pending.hash(), (pending.clone(), true)))
		.collect();
	for (number, step) in steps.iter().enumerate() {
		let context = format!("step {number}: {step:?}");
		let mut introduce = |storage: &mut CandidateStorage, name| {
			let candidate: &Candidate = &cast[name];
			known.insert(candidate.hash(), (candidate.clone(), false));
			storage
				.insert(candidate.clone(), CandidateState::Seconded)
				.expect(&context);
			tree.add_and_populate(candidate.hash(), storage)
		};
		match step {
			Add(name, nodes, swept) => {
				let report = introduce(&mut storage, name).expect(&context);
				let mut swept: Vec<_> = swept.iter().map(hash).collect();
				swept.sort();
				let mut joined = report.swept.clone();
				joined.sort();
				assert_eq!(
					(report.nodes, joined, report.refused),
					(*nodes, swept, vec![]),
					"{context}"
				);
			}
			Refuse(name, error) => {
				assert_eq!(introduce(&mut storage, name), Err(*error), "{context}");
			}
			Wait(name) => {
				let missing = AttachError::ParentNotInTree(cast[name].parent_head_hash());
				assert_eq!(introduce(&mut storage, name), Err(missing), "{context}");
			}
			Back(name) => {
				let news = storage.mark_backed(hash(name)).expect(&context);
				assert!(news, "{context}");
				assert_eq!(
					tree.mark_backed(hash(name)),
					tree.contains(hash(name)),
					"{context}"
				);
				known.get_mut(&hash(name)).expect(&context).1 = true;
			}
			Depths(name, depths) => assert_eq!(tree.depths(hash(name)), *depths, "{context}"),
			Best(after, count, expected) => {
				let after: Vec<_> = after.iter().map(hash).collect();
				let best: Vec<_> = tree
					.select_children(&after, *count)
					.map(Candidate::hash)
					.collect();
				assert_eq!(best, expected.iter().map(hash).collect::<Vec<_>>(), "{context}");
				let set = after.into_iter().collect();
				let best_of_set: Vec<_> = tree
					.select_children_of_set(&set, *count)
					.map(Candidate::hash)
					.collect();
				assert_eq!(best_of_set, best, "as a set, {context}");
			}
			Hypothetical(name, depths, backed_only, incomplete) => {
				let candidate = &cast[name];
				let complete = HypotheticalCandidate::Complete(candidate);
				let place = HypotheticalCandidate::Incomplete {
					candidate_hash: candidate.hash(),
					parent_head_hash: candidate.parent_head_hash(),
					relay_parent: candidate.relay_parent(),
				};
				assert_eq!(tree.hypothetical_depths(complete, false), *depths, "{context}");
				assert_eq!(
					tree.hypothetical_depths(complete, true),
					*backed_only,
					"{context}"
				);
				assert_eq!(tree.hypothetical_depths(place, false), *incomplete, "{context}");
			}
			Nodes(count) => assert_eq!(tree.len(), *count, "{context}"),
		}
		check_invariants(&tree);
		Model::new(&world, &known).assert_agrees(&tree);
		let (rebuilt, _) = FragmentTree::populate(world.scope(), world.limits, &storage);
		check_invariants(&rebuilt);
		Model::new(&world, &known).assert_agrees(&rebuilt);
	}
	tree
}
