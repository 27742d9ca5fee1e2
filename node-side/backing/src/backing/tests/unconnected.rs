//! Children whose parent another group checks: checked beside it, with the head data that came along (R-BAK-5, R-NET-71).

use super::*;
use proptest::prelude::*;

/// The head on which a child of this name builds: nobody here knows it.
fn parent_head(name: u8) -> HeadData {
	HeadData(vec![100, name])
}

fn behind(name: u8) -> PersistedValidationData {
	PersistedValidationData {
		parent_head: parent_head(name),
		..validation_data()
	}
}

/// Candidate `name`, child of the head `parent`.
fn child(name: u8, parent: u8, relay_parent: Hash) -> Arc<SecondedCandidate> {
	let data = AvailableData {
		pov: (*pov(name)).clone(),
		validation_data: behind(parent),
	};
	let fields = DescriptorFields {
		persisted_validation_data_hash: behind(parent).hash(),
		erasure_root: erasure_root_of(6, &data).expect("six validators"),
		..fields(name, relay_parent)
	};
	let receipt = CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::v2(fields),
		commitments: commitments(name),
	};
	Arc::new(SecondedCandidate {
		receipt: Arc::new(receipt),
		validation_data: Arc::new(behind(parent)),
	})
}

fn child_hash(name: u8, parent: u8, relay_parent: Hash) -> CandidateHash {
	child(name, parent, relay_parent).receipt.hash()
}

fn offered(name: u8, parent: u8, relay_parent: Hash) -> Collation {
	Collation {
		receipt: child(name, parent, relay_parent).receipt.to_plain(),
		pov: pov(name),
		parent_head: parent_head(parent).hash(),
		parent_head_data: Some(Arc::new(parent_head(parent))),
	}
}

/// The view knows no parent.
fn waiting() -> Script {
	Script {
		waits: true,
		..Script::default()
	}
}

/// Leaf 10, where the para has so many claims on the own core, and as many on the other group's or none there.
fn leaf_of(claims: usize, is_elsewhere: bool) -> LeafFacts {
	let mut facts = leaf(10, (4, 3));
	let of_para = || VecDeque::from(vec![PARA; claims]);
	facts.claim_queue = [(CoreIndex(0), of_para())].into();
	if is_elsewhere {
		facts.claim_queue.insert(CoreIndex(1), of_para());
	}
	facts
}

fn node(claims: usize, is_elsewhere: bool) -> Node {
	let mut node = Node::new(Some(0), waiting());
	node.activate(&leaf_of(claims, is_elsewhere));
	node
}

fn can_second(node: &Node, name: u8, parent: u8) -> Result<Standing, SecondingError> {
	let ten = leaf_hash(10);
	let descriptor = &child(name, parent, ten).receipt.descriptor;
	let advertised = Advertised::of(
		child_hash(name, parent, ten),
		descriptor,
		parent_head(parent).hash(),
	);
	node.backing.can_second(&advertised, &node.view)
}

/// R-BAK-5, R-NET-71, R-TRE-14: a child is executed and seconded with the head data that came with it, while its parent is
/// with another group.
#[test]
fn r_def_43_r_bak_5_a_child_is_seconded_beside_its_unknown_parent() {
	let ten = leaf_hash(10);
	let mut node = node(3, true);
	assert_eq!(can_second(&node, 1, 7), Ok(Standing::Unconnected));
	let name = child_hash(1, 7, ten);
	let outputs = node.fetch(offered(1, 7, ten)).expect("may be seconded");
	assert_eq!(outputs, [Seen::Validate(name)]);
	let (_, job) = &node.validations[&name];
	assert_eq!(*job.validation_data.to_whole(), behind(7), "R-NET-71");
	let outputs = node.validated(name, Some(outcome(1)));
	let statement = shared(&outputs);
	assert_eq!(statement.content, StatementContent::Seconded(child(1, 7, ten)));
	assert!(node.reports.is_empty());
}

/// R-BAK-5, R-BAK-6: who votes needs no parent either, as the validation data come with the statement that seconds.
#[test]
fn r_bak_5_r_bak_6_a_child_is_confirmed_beside_its_unknown_parent() {
	let ten = leaf_hash(10);
	let mut node = node(3, true);
	let name = child_hash(1, 7, ten);
	let statement = sign(StatementContent::Seconded(child(1, 7, ten)), 1, ten);
	let fetch = Seen::Fetch {
		candidate: name,
		from: 1,
	};
	assert_eq!(node.hear(&statement), Ok(vec![fetch]));
	assert_eq!(node.answer(1, name, Some(pov(1))), [Seen::Validate(name)]);
	let outputs = node.validated(name, Some(outcome(1)));
	assert_eq!(shared(&outputs).content, StatementContent::Valid(name));
	assert!(
		node.backing.is_backable(name),
		"R-BAK-7: the quorum needs no parent"
	);
	assert_eq!(node.view.backed, [name]);
}

/// R-BAK-5, R-BAK-13, R-VIE-9: when nothing is fetched, or nothing comes of it.
#[test]
fn r_bak_5_r_bak_13_what_is_not_checked_beside_its_parent() {
	let ten = leaf_hash(10);
	assert_eq!(
		can_second(&node(3, false), 1, 7),
		Err(SecondingError::NoDepth),
		"its parent is this group's to check, one after the other"
	);
	assert_eq!(
		can_second(&node(1, true), 1, 7),
		Err(SecondingError::NoDepth),
		"the last place is for what has one"
	);
	let mut unknown = node(3, true);
	unknown.view.waits = false;
	assert_eq!(
		can_second(&unknown, 1, 7),
		Err(SecondingError::NoDepth),
		"R-TRE-14"
	);

	let mut bare = node(3, true);
	let without = Collation {
		parent_head_data: None,
		..offered(1, 7, ten)
	};
	let no_data = SecondingError::NoValidationData(parent_head(7).hash());
	assert_eq!(bare.fetch(without), Err(no_data), "R-NET-87");
	assert_eq!((bare.jobs, bare.reports.len()), (0, 0), "nobody's fault");

	// Other head data than the candidate was built on: its validation data are others, and whoever handed it over pays.
	let mut lied_to = node(3, true);
	let wrong = Collation {
		parent_head_data: Some(Arc::new(parent_head(8))),
		..offered(1, 7, ten)
	};
	lied_to.fetch(wrong).expect("nobody has hashed it");
	let name = child_hash(1, 7, ten);
	let error = SecondingError::Inputs(InputMismatch::ValidationData {
		expected: behind(7).hash(),
		got: behind(8).hash(),
	});
	let not_seconded = Seen::Effect(Effect::NotSeconded {
		candidate: name,
		peer: COLLATOR,
		error,
	});
	assert_eq!(lied_to.validated(name, None), [not_seconded]);
	assert_eq!(lied_to.reports, [(COLLATOR, Cost::Malicious)], "R-NET-86");
	assert!(lied_to.view.seconded.is_empty());
}

/// R-BAK-3: two children of one unknown parent would stand at one depth.
#[test]
fn r_bak_3_one_child_of_an_unknown_parent() {
	let ten = leaf_hash(10);
	let mut node = node(4, true);
	node.fetch(offered(1, 7, ten)).expect("may be seconded");
	node.fetch(offered(2, 7, ten)).expect("nothing is seconded yet");
	let first = child_hash(1, 7, ten);
	let outputs = node.validated(first, Some(outcome(1)));
	let rival = || SecondingError::Rival {
		parent_head: parent_head(7).hash(),
		by: first,
	};
	let dropped = Seen::Effect(Effect::NotSeconded {
		candidate: child_hash(2, 7, ten),
		peer: COLLATOR,
		error: rival(),
	});
	assert!(
		outputs.contains(&dropped),
		"what is of no use is cancelled: {outputs:?}"
	);
	assert_eq!(node.fetch(offered(3, 7, ten)), Err(rival()));
	assert_eq!(
		can_second(&node, 4, 8),
		Ok(Standing::Unconnected),
		"of another parent"
	);
}

proptest! {
	/// R-BAK-13: whoever makes parents up gets no more places than claims, and never the last one, nor the last execution;
	/// what has a place is seconded all the same.
	#[test]
	fn r_bak_13_unknown_parents_leave_a_place(
		claims in 1usize..6,
		offers in proptest::collection::vec((1u8..60, 1u8..60, any::<bool>()), 1..24),
	) {
		let ten = leaf_hash(10);
		let mut node = node(claims, true);
		let limit = claims.min(5);
		for (name, parent, ends) in offers {
			let fetched = node.fetch(offered(name, parent, ten));
			prop_assert!(node.validations.len() < claims, "R-BAK-13: one execution is left");
			if fetched.is_ok() && ends {
				node.validated(child_hash(name, parent, ten), Some(outcome(name)));
			}
			prop_assert!(node.view.seconded.len() < limit, "R-BAK-13: one place is left");
		}
		prop_assert!(node.reports.is_empty());
		// All of them end, and the parent of another one becomes known.
		let open: Vec<_> = node.validations.keys().copied().collect();
		for name in open {
			node.validated(name, None);
		}
		let before = node.view.seconded.len();
		prop_assert!(before < limit);
		(node.view.depths, node.view.knows_heads) = (vec![(ten, vec![0])], true);
		prop_assert!(matches!(second(&mut node, 99, ten)[..], [Seen::Shared(_)]));
		prop_assert_eq!(node.view.seconded.len(), before + 1);
	}
}
