//! From a collation to a backable candidate.

use super::*;
use crate::job::Invalid;

#[test]
fn r_bak_7_from_a_collation_to_a_backable_candidate() {
	let leaf = leaf_hash(10);
	let [mut first, mut second, mut outsider] = [0, 1, 3].map(|own| validator(own, Script::at(leaf, &[0])));

	// The first backer executes the collation and seconds it.
	let outputs = first.fetch(collation(1, leaf)).expect("may be seconded");
	assert_eq!(outputs, [Seen::Validate(hash(1, leaf))]);
	let (_, job) = &first.validations[&hash(1, leaf)];
	assert_eq!(*job.validation_data.to_whole(), validation_data(), "R-COL-3");
	let outputs = first.validated(hash(1, leaf), Some(outcome(1)));
	assert_eq!(outputs.len(), 1, "one vote of two");
	let statement = shared(&outputs).clone();
	assert_eq!(
		statement.content,
		StatementContent::Seconded(named(1, leaf)),
		"R-BAK-2"
	);
	assert_eq!(first.view.seconded, [hash(1, leaf)], "R-VIE-6");

	// The second one fetches the proof of validity from the first, executes and confirms.
	let fetch = Seen::Fetch {
		candidate: hash(1, leaf),
		from: 0,
	};
	assert_eq!(second.hear(&statement), Ok(vec![fetch]));
	let outputs = second.answer(0, hash(1, leaf), Some(pov(1)));
	assert!(matches!(outputs[0], Seen::Validate(_)));
	let outputs = second.validated(hash(1, leaf), Some(outcome(1)));
	let confirmed = shared(&outputs).clone();
	assert_eq!(confirmed.content, StatementContent::Valid(hash(1, leaf)));
	assert_eq!(
		outputs[1..],
		[backable(1, leaf)],
		"R-BAK-7: shared before it is announced"
	);

	// Others only count.
	assert_eq!(outsider.hear(&statement), Ok(vec![]), "not its group");
	assert_eq!(outsider.hear(&confirmed), Ok(vec![backable(1, leaf)]));
	assert_eq!(first.hear(&confirmed), Ok(vec![backable(1, leaf)]));
	assert_eq!(outsider.view.backed, [hash(1, leaf)], "R-VIE-6");
	assert_eq!(outsider.hear(&valid(1, 2, leaf)), Ok(vec![]), "R-BAK-7: once");

	for backing in [&first, &second, &outsider] {
		let backed = backing
			.backing
			.backed(leaf, hash(1, leaf))
			.expect("it has its quorum");
		let context = SigningContext {
			session_index: SESSION,
			parent_hash: leaf,
		};
		let keys: Vec<_> = (0..6).map(|validator| key(validator).public()).collect();
		let group = [0, 1, 2].map(ValidatorIndex);
		let votes = async_backing_primitives::check_backing_votes(
			&backed,
			backed.hash(),
			&group,
			2,
			&context,
			|index| keys.get(index.as_usize()),
		);
		assert!(votes.is_ok(), "R-BAK-8: the chain accepts the votes: {votes:?}");
	}
}

#[test]
fn r_bak_2_outputs_must_match_the_receipt() {
	let leaf = leaf_hash(10);
	let mut other_commitments = outcome(1);
	other_commitments.hrmp_watermark = 5;
	let other_root = DescriptorFields {
		erasure_root: Hash::zero(),
		..fields(1, leaf)
	};
	let with_root = candidate(other_root, 1);
	type Row = (
		&'static str,
		Arc<SecondedCandidate>,
		Option<ValidationResult>,
		fn(&Invalid) -> bool,
	);
	let rows: [Row; 4] = [
		("fails", named(1, leaf), None, |reason| {
			matches!(reason, Invalid::Execution(_))
		}),
		("head", named(1, leaf), Some(outcome(9)), |reason| {
			matches!(reason, Invalid::Outputs(OutputsMismatch::ParaHead { .. }))
		}),
		("commitments", named(1, leaf), Some(other_commitments), |reason| {
			matches!(reason, Invalid::Outputs(OutputsMismatch::Commitments { .. }))
		}),
		("root", with_root, Some(outcome(1)), |reason| {
			matches!(reason, Invalid::Outputs(OutputsMismatch::ErasureRoot { .. }))
		}),
	];
	for (name, candidate, outcome, expected) in rows {
		let mut backing = validator(0, Script::at(leaf, &[0]));
		let hash = candidate.receipt.hash();
		let collation = || Collation {
			receipt: candidate.receipt.to_plain(),
			..collation(1, leaf)
		};
		backing.fetch(collation()).expect("may be seconded");
		let outputs = backing.validated(hash, outcome);
		let [Seen::Effect(Effect::Invalid { reason, collator, .. })] = &outputs[..] else {
			panic!("{name}: {outputs:?}")
		};
		assert!(expected(reason), "R-BAK-2: {name}: {reason:?}");
		assert_eq!(*collator, Some(COLLATOR));
		assert_eq!(backing.reports, [(COLLATOR, Cost::Malicious)], "R-NET-88: {name}");
		assert_eq!(
			backing.fetch(collation()),
			Err(SecondingError::AlreadyKnown(hash)),
			"R-BAK-10: not executed again"
		);
	}
}

#[test]
fn r_bak_1_3_and_5_what_is_not_seconded() {
	let leaf = leaf_hash(10);
	let parent_head = validation_data().parent_head.hash();
	let of = |edit: fn(&mut DescriptorFields)| {
		let mut fields = fields(1, leaf_hash(10));
		edit(&mut fields);
		Collation {
			receipt: candidate(fields, 1).receipt.to_plain(),
			pov: pov(1),
			parent_head,
			parent_head_data: None,
		}
	};
	let nowhere = || Script {
		knows_heads: true,
		..Script::default()
	};
	let (here, own) = (|| Script::at(leaf_hash(10), &[0]), CoreIndex(0));
	let named_core = |core| Some(CoreIndex(core));
	let rows = [
		(
			"relay parent",
			of(|f| f.relay_parent = Hash::zero()),
			here(),
			SecondingError::UnknownRelayParent(Hash::zero()),
		),
		(
			"R-BAK-1 core of another group",
			of(|f| f.core_index = 1),
			here(),
			SecondingError::NotAssigned {
				para: PARA,
				named: named_core(1),
				own,
			},
		),
		(
			"R-BAK-1 para without a claim",
			of(|f| f.para_id = ParaId(2001)),
			here(),
			SecondingError::NotAssigned {
				para: ParaId(2001),
				named: named_core(0),
				own,
			},
		),
		(
			"R-BAK-3 cycle",
			of(|f| f.para_head = HeadData(vec![0]).hash()),
			here(),
			SecondingError::ZeroLengthCycle(parent_head),
		),
		(
			"R-BAK-5 nowhere",
			collation(1, leaf),
			nowhere(),
			SecondingError::NoDepth,
		),
		(
			"R-BAK-3 inactive leaf",
			collation(1, leaf),
			Script::at(Hash::zero(), &[0]),
			SecondingError::NoDepth,
		),
		(
			"R-VIE-9 unknown parent",
			collation(1, leaf),
			Script {
				knows_heads: false,
				..here()
			},
			SecondingError::NoValidationData(parent_head),
		),
	];
	for (name, collation, view, expected) in rows {
		let mut node = validator(0, view);
		assert_eq!(node.fetch(collation), Err(expected), "{name}");
		assert_eq!(node.jobs, 0, "{name}");
	}
	// What takes hashing turns out in the job, before anything is executed.
	let rows = [
		(
			"R-BAK-2 validation data",
			of(|f| f.persisted_validation_data_hash = Hash::zero()),
			here(),
			SecondingError::Inputs(InputMismatch::ValidationData {
				expected: Hash::zero(),
				got: validation_data().hash(),
			}),
		),
		(
			"another proof of validity",
			Collation {
				pov: pov(2),
				..collation(1, leaf)
			},
			here(),
			SecondingError::Inputs(InputMismatch::Pov {
				expected: pov(1).hash(),
				got: pov(2).hash(),
			}),
		),
	];
	for (name, collation, view, expected) in rows {
		let mut node = validator(0, view);
		let candidate = collation.receipt.hash();
		node.fetch(collation).expect("nothing is hashed yet");
		let not_seconded = Seen::Effect(Effect::NotSeconded {
			candidate,
			peer: COLLATOR,
			error: expected,
		});
		assert_eq!(node.validated(candidate, None), [not_seconded], "{name}");
		assert_eq!(node.reports, [(COLLATOR, Cost::Malicious)], "R-NET-86: {name}");
	}
	let descriptor = &named(1, leaf).receipt.descriptor;
	let can_second = |node: &Node| {
		node.backing
			.can_second(&Advertised::of(hash(1, leaf), descriptor, parent_head), &here())
	};
	let nobody = can_second(&Node::new(Some(0), here()));
	assert_eq!(nobody, Err(SecondingError::UnknownRelayParent(leaf)));
	assert_eq!(can_second(&validator(0, here())), Ok(Standing::Placed), "R-BAK-5");
	let mut outsider = Node::new(None, here());
	outsider.activate(&super::leaf(10, (4, 3)));
	let not_a_backer = Err(SecondingError::NotABacker(leaf));
	assert_eq!(can_second(&outsider), not_a_backer);
}

#[test]
fn r_def_15_r_bak_3_r_bak_4_one_candidate_a_depth_and_leaf() {
	let (ten, eleven) = (leaf_hash(10), leaf_hash(11));
	let mut backing = validator(0, Script::at(ten, &[0]));
	assert!(matches!(second(&mut backing, 1, ten)[..], [Seen::Shared(_)]));
	let taken = |leaf, depth, name| {
		Err(SecondingError::DepthTaken(DepthTaken {
			leaf,
			depth,
			by: hash(name, leaf_hash(10)),
		}))
	};
	assert_eq!(backing.fetch(collation(2, ten)), taken(ten, 0, 1), "R-BAK-3");
	backing.view.depths = vec![(ten, vec![1])];
	assert!(
		matches!(second(&mut backing, 2, ten)[..], [Seen::Shared(_)]),
		"the next depth"
	);

	// At the next leaf both candidates stand somewhere else.
	backing.view.members = [
		(hash(1, ten), vec![(eleven, vec![2])]),
		(hash(2, ten), vec![(eleven, vec![3])]),
	]
	.into();
	backing.activate(&leaf(11, (4, 3)));
	assert_eq!(backing.deactivate(ten), []);
	for (depth, by) in [(2, 1), (3, 2)] {
		backing.view.depths = vec![(eleven, vec![depth])];
		assert_eq!(
			backing.fetch(collation(3, ten)),
			taken(eleven, depth, by),
			"R-BAK-4, R-DEF-15: from the membership of all own candidates"
		);
	}
	backing.view.depths = vec![(eleven, vec![0])];
	assert!(
		backing.fetch(collation(3, ten)).is_ok(),
		"R-COL-6: the old relay parent still counts"
	);
}

#[test]
fn r_bak_3_a_place_lost_during_execution_is_noticed() {
	let ten = leaf_hash(10);
	let mut backing = validator(0, Script::at(ten, &[0]));
	backing.fetch(collation(1, ten)).expect("may be seconded");
	backing.view.depths.clear();
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)));
	let error = SecondingError::NoDepth;
	assert_eq!(
		outputs,
		[Seen::Effect(Effect::NotSeconded {
			candidate: hash(1, ten),
			peer: COLLATOR,
			error
		})],
		"R-BAK-5"
	);
	assert!(backing.view.seconded.is_empty());
}

#[test]
fn r_def_43_r_bak_5_children_may_be_fetched_once_somebody_seconds_the_parent() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	node.hear(&valid(1, 1, ten)).expect("kept");
	assert!(node.vouched.is_empty(), "nobody knows what it is");
	node.hear(&seconded(1, 0, ten)).expect("counted");
	node.hear(&seconded(1, 2, ten)).expect("counted");
	assert_eq!(node.vouched, [hash(1, ten)], "once");
	assert_eq!(
		node.view.seconded[0],
		hash(1, ten),
		"R-VIE-6: the view knows it by then"
	);
}

#[test]
fn r_def_39_r_bak_13_a_para_has_as_many_places_as_claims_on_every_core() {
	let ten = leaf_hash(10);
	for claims in 1..=3 {
		let mut facts = leaf(10, (4, 3));
		facts.claim_queue = [(CoreIndex(0), VecDeque::from(vec![PARA; claims]))].into();
		let mut node = Node::new(Some(0), Script::at(ten, &[0]));
		node.activate(&facts);
		for depth in 0..claims as u32 {
			node.view.depths = vec![(ten, vec![depth])];
			assert!(matches!(
				second(&mut node, depth as u8 + 1, ten)[..],
				[Seen::Shared(_)]
			));
		}
		node.view.depths = vec![(ten, vec![4])];
		let refused = node.fetch(collation(9, ten));
		assert_eq!(
			refused,
			Err(SecondingError::LimitReached),
			"R-BAK-13: {claims} claims"
		);
	}
}

#[test]
fn r_def_45_r_rel_7_an_ancestor_is_judged_by_its_own_claims() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	let mut facts = leaf(10, (4, 3));
	// The core was another para's when 9 was the head, and 9 was never a leaf here.
	let before = [(CoreIndex(0), VecDeque::from([ParaId(2001); 3]))].into();
	facts.ancestor_claim_queues = [(nine, before)].into();
	let mut node = Node::new(Some(0), Script::at(ten, &[0]));
	node.activate(&facts);
	let refused = node.fetch(collation(1, nine));
	let not_assigned = SecondingError::NotAssigned {
		para: PARA,
		named: Some(CoreIndex(0)),
		own: CoreIndex(0),
	};
	assert_eq!(refused, Err(not_assigned));
	assert!(node.fetch(collation(1, ten)).is_ok(), "at 10 it has claims");
}
