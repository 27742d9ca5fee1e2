//! From a collation to a backable candidate.

use super::*;

#[test]
fn r_bak_7_from_a_collation_to_a_backable_candidate() {
	let leaf = leaf_hash(10);
	let (mut first, mut second, mut outsider) = (validator(0), validator(1), validator(3));
	let mut views = [(); 3].map(|()| Script::at(leaf, &[0]));

	// The first backer executes the collation and seconds it.
	let outputs = first
		.collation_fetched(collation(1, leaf), &views[0])
		.expect("may be seconded");
	let Output::Validate(job) = &outputs[0] else {
		panic!("{outputs:?}")
	};
	assert_eq!(
		(job.candidate, &*job.validation_data),
		(hash(1, leaf), &validation_data()),
		"R-COL-3"
	);
	let outputs = first.validated(job.candidate, Some(outcome(1)), &mut views[0], &mut Key(0));
	assert_eq!(outputs.len(), 1, "one vote of two");
	let statement = shared(&outputs).clone();
	assert_eq!(
		statement.content,
		StatementContent::Seconded(named(1, leaf)),
		"R-BAK-2"
	);
	assert_eq!(views[0].seconded, [hash(1, leaf)], "R-VIE-6");

	// The second one fetches the proof of validity from the first, executes and confirms.
	let fetch = Output::FetchPov {
		candidate: hash(1, leaf),
		pov_hash: pov(1).hash(),
		from: ValidatorIndex(0),
	};
	assert_eq!(
		second.statement_received(&statement, &mut views[1]),
		Ok(vec![fetch])
	);
	let outputs = second.pov_received(ValidatorIndex(0), hash(1, leaf), Some(pov(1)));
	assert!(matches!(outputs[0], Output::Validate(_)));
	let outputs = second.validated(hash(1, leaf), Some(outcome(1)), &mut views[1], &mut Key(1));
	let confirmed = shared(&outputs).clone();
	assert_eq!(confirmed.content, StatementContent::Valid(hash(1, leaf)));
	assert_eq!(
		outputs[1..],
		[backable(1, leaf)],
		"R-BAK-7: shared before it is announced"
	);

	// Others only count.
	assert_eq!(
		outsider.statement_received(&statement, &mut views[2]),
		Ok(vec![]),
		"not its group"
	);
	assert_eq!(
		outsider.statement_received(&confirmed, &mut views[2]),
		Ok(vec![backable(1, leaf)])
	);
	assert_eq!(
		first.statement_received(&confirmed, &mut views[0]),
		Ok(vec![backable(1, leaf)])
	);
	assert_eq!(views[2].backed, [hash(1, leaf)], "R-VIE-6");
	assert_eq!(
		outsider.statement_received(&valid(1, 2, leaf), &mut views[2]),
		Ok(vec![]),
		"R-BAK-7: once"
	);

	for backing in [&first, &second, &outsider] {
		let backed = backing.backed(hash(1, leaf), leaf).expect("it has its quorum");
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
	let other_head = ValidationOutcome {
		commitments: outcome(9).commitments,
		..outcome(1)
	};
	let mut other_commitments = outcome(1);
	other_commitments.commitments.hrmp_watermark = 5;
	let other_root = ValidationOutcome {
		erasure_root: Hash::zero(),
		..outcome(1)
	};
	type Row = (
		&'static str,
		Option<ValidationOutcome>,
		fn(Option<OutputsMismatch>) -> bool,
	);
	let rows: [Row; 4] = [
		("fails", None, |mismatch| mismatch.is_none()),
		("head", Some(other_head), |mismatch| {
			matches!(mismatch, Some(OutputsMismatch::ParaHead { .. }))
		}),
		("commitments", Some(other_commitments), |mismatch| {
			matches!(mismatch, Some(OutputsMismatch::Commitments { .. }))
		}),
		("root", Some(other_root), |mismatch| {
			matches!(mismatch, Some(OutputsMismatch::ErasureRoot { .. }))
		}),
	];
	for (name, outcome, expected) in rows {
		let (mut backing, mut view) = (validator(0), Script::at(leaf, &[0]));
		backing
			.collation_fetched(collation(1, leaf), &view)
			.expect("may be seconded");
		let outputs = backing.validated(hash(1, leaf), outcome, &mut view, &mut Key(0));
		let [Output::Invalid { mismatch, .. }] = &outputs[..] else {
			panic!("{name}: {outputs:?}")
		};
		assert!(expected(*mismatch), "R-BAK-2: {name}: {mismatch:?}");
		let again = backing.collation_fetched(collation(1, leaf), &view);
		assert_eq!(
			again,
			Err(SecondingError::AlreadyKnown(hash(1, leaf))),
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
		(
			"R-BAK-2 validation data",
			of(|f| f.persisted_validation_data_hash = Hash::zero()),
			here(),
			SecondingError::ValidationDataMismatch {
				expected: Hash::zero(),
				got: validation_data().hash(),
			},
		),
		(
			"another proof of validity",
			Collation {
				pov: pov(2),
				..collation(1, leaf)
			},
			here(),
			SecondingError::PovMismatch {
				expected: pov(1).hash(),
				got: pov(2).hash(),
			},
		),
	];
	for (name, collation, view, expected) in rows {
		assert_eq!(
			validator(0).collation_fetched(collation, &view),
			Err(expected),
			"{name}"
		);
	}
	let descriptor = &named(1, leaf).receipt.descriptor;
	let nobody = Backing::new().can_second(hash(1, leaf), descriptor, parent_head, &here());
	assert_eq!(nobody, Err(SecondingError::UnknownRelayParent(leaf)));
	assert_eq!(
		validator(0).can_second(hash(1, leaf), descriptor, parent_head, &here()),
		Ok(()),
		"R-BAK-5"
	);
	let mut outsider = Backing::new();
	outsider.activate_leaf(&super::leaf(10, (4, 3)), None, &Script::default());
	let not_a_backer = Err(SecondingError::NotABacker(leaf));
	assert_eq!(
		outsider.can_second(hash(1, leaf), descriptor, parent_head, &here()),
		not_a_backer
	);
}

#[test]
fn r_def_15_r_bak_3_r_bak_4_one_candidate_a_depth_and_leaf() {
	let (ten, eleven) = (leaf_hash(10), leaf_hash(11));
	let mut backing = validator(0);
	let mut view = Script::at(ten, &[0]);
	assert!(matches!(
		second(&mut backing, 1, ten, &mut view)[..],
		[Output::Share(_)]
	));
	let taken = |leaf, depth, name| {
		Err(SecondingError::DepthTaken(DepthTaken {
			leaf,
			depth,
			by: hash(name, leaf_hash(10)),
		}))
	};
	assert_eq!(
		backing.collation_fetched(collation(2, ten), &view),
		taken(ten, 0, 1),
		"R-BAK-3"
	);
	view.depths = vec![(ten, vec![1])];
	assert!(
		matches!(second(&mut backing, 2, ten, &mut view)[..], [Output::Share(_)]),
		"the next depth"
	);

	// At the next leaf both candidates stand somewhere else.
	view.members = [
		(hash(1, ten), vec![(eleven, vec![2])]),
		(hash(2, ten), vec![(eleven, vec![3])]),
	]
	.into();
	backing.activate_leaf(&leaf(11, (4, 3)), Some(ValidatorIndex(0)), &view);
	assert_eq!(backing.deactivate_leaf(ten, &mut view), []);
	for (depth, by) in [(2, 1), (3, 2)] {
		view.depths = vec![(eleven, vec![depth])];
		assert_eq!(
			backing.collation_fetched(collation(3, ten), &view),
			taken(eleven, depth, by),
			"R-BAK-4, R-DEF-15: from the membership of all own candidates"
		);
	}
	view.depths = vec![(eleven, vec![0])];
	assert!(
		backing.collation_fetched(collation(3, ten), &view).is_ok(),
		"R-COL-6: the old relay parent still counts"
	);
}

#[test]
fn r_bak_3_a_place_lost_during_execution_is_noticed() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	backing
		.collation_fetched(collation(1, ten), &view)
		.expect("may be seconded");
	view.depths.clear();
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
	let error = SecondingError::NoDepth;
	assert_eq!(
		outputs,
		[Output::NotSeconded {
			candidate: hash(1, ten),
			error
		}],
		"R-BAK-5"
	);
	assert!(view.seconded.is_empty());
}
