//! Statements of others: what is counted, followed up, ignored and reported.

use super::*;

#[test]
fn r_abp_3_synchronous_backing_seconds_once_a_relay_parent() {
	let ten = leaf_hash(10);
	let mut backing = Backing::new();
	backing.activate_leaf(&leaf(10, (0, 0)), Some(ValidatorIndex(0)), &Script::default());
	let mut view = Script::at(ten, &[0]);
	second(&mut backing, 1, ten, &mut view);
	// Even if the view had room again.
	view.depths = vec![(ten, vec![7])];
	assert_eq!(
		backing.collation_fetched(collation(2, ten), &view),
		Err(SecondingError::LimitReached),
		"R-TAB-4"
	);
	let mut other = seconded(1, 1, ten);
	assert_eq!(
		backing.statement_received(&other, &mut view),
		Ok(vec![backable(1, ten)])
	);
	other = seconded(2, 1, ten);
	let outputs = backing
		.statement_received(&other, &mut view)
		.expect("misbehaviour is no error");
	let [Output::Misbehaviour {
		misbehaviour: Misbehaviour::MultipleCandidates { .. },
		..
	}] = outputs[..]
	else {
		panic!("R-TAB-4: {outputs:?}")
	};
}

#[test]
fn r_bak_10_another_backer_is_asked_after_a_failure() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	let fetch = |from| Output::FetchPov {
		candidate: hash(1, ten),
		pov_hash: pov(1).hash(),
		from: ValidatorIndex(from),
	};
	assert_eq!(
		backing.statement_received(&seconded(1, 2, ten), &mut view),
		Ok(vec![fetch(2)])
	);
	assert_eq!(
		backing.statement_received(&valid(1, 1, ten), &mut view),
		Ok(vec![backable(1, ten)]),
		"one at a time"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(1), hash(1, ten), Some(pov(1))),
		[],
		"it was not asked"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(2), hash(1, ten), Some(pov(2))),
		[fetch(1)],
		"a wrong one"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(1), hash(1, ten), None),
		[],
		"nobody is left"
	);
	// The collator brings it after all.
	let outputs = backing
		.collation_fetched(collation(1, ten), &view)
		.expect("still wanted");
	assert!(
		matches!(outputs[..], [Output::Validate(_)]),
		"R-BAK-10: {outputs:?}"
	);
	assert_eq!(
		backing.collation_fetched(collation(1, ten), &view),
		Err(SecondingError::AlreadyKnown(hash(1, ten)))
	);
}

#[test]
fn r_bak_10_one_execution_and_one_statement_a_candidate() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	backing
		.collation_fetched(collation(1, ten), &view)
		.expect("may be seconded");
	assert_eq!(
		backing.statement_received(&seconded(1, 1, ten), &mut view),
		Ok(vec![]),
		"it executes already"
	);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
	assert_eq!(
		shared(&outputs).content,
		StatementContent::Valid(hash(1, ten)),
		"somebody was faster: it confirms"
	);
	assert_eq!(outputs[1..], [backable(1, ten)]);
	assert_eq!(
		backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0)),
		[],
		"R-BAK-10"
	);
	assert_eq!(
		backing.statement_received(&seconded(1, 2, ten), &mut view),
		Ok(vec![]),
		"R-BAK-10: nothing to do"
	);
}

#[test]
fn r_stm_and_r_bak_6_statements_that_are_ignored() {
	let ten = leaf_hash(10);
	let elsewhere = Hash::repeat_byte(0xee);
	let signed_elsewhere = SignedStatement {
		scheduling_parent: ten,
		..seconded(1, 0, elsewhere)
	};
	let forged = SignedStatement {
		validator_index: ValidatorIndex(1),
		..seconded(1, 0, ten)
	};
	let wrong_session = candidate(
		DescriptorFields {
			session_index: 4,
			..fields(1, ten)
		},
		1,
	);
	let wrong_core = candidate(
		DescriptorFields {
			core_index: 1,
			..fields(1, ten)
		},
		1,
	);
	let statement = |candidate| sign(StatementContent::Seconded(candidate), 0, ten);
	type Row = (&'static str, SignedStatement, fn(StatementError) -> bool);
	let rows: [Row; 7] = [
		("relay parent", seconded(1, 0, elsewhere), |e| {
			matches!(e, StatementError::UnknownRelayParent(_))
		}),
		(
			"validator",
			SignedStatement {
				validator_index: ValidatorIndex(6),
				..seconded(1, 0, ten)
			},
			|e| e == StatementError::UnknownValidator(ValidatorIndex(6)),
		),
		("R-STM-2 forged", forged, |e| {
			e == StatementError::BadSignature(ValidatorIndex(1))
		}),
		("R-STM-2 context", signed_elsewhere, |e| {
			matches!(e, StatementError::WrongSchedulingParent { .. })
		}),
		("R-BCK-2 session", statement(wrong_session), |e| {
			matches!(e, StatementError::Admission(crate::AdmissionError::Session(_)))
		}),
		("R-UMP-5 core", statement(wrong_core), |e| {
			matches!(e, StatementError::Admission(crate::AdmissionError::Core(_)))
		}),
		("R-TAB-5", valid(1, 1, ten), |e| {
			matches!(e, StatementError::NotCounted(TableError::UnknownCandidate(_)))
		}),
	];
	let (mut backing, mut view) = (validator(0), Script::at(ten, &[0]));
	for (name, statement, expected) in rows {
		let error = backing.statement_received(&statement, &mut view).expect_err(name);
		assert!(expected(error.clone()), "{name}: {error:?}");
	}
	view.refuses = true;
	let refused = backing.statement_received(&seconded(1, 1, ten), &mut view);
	assert_eq!(refused, Err(StatementError::NotInView(hash(1, ten))), "R-BAK-6");
	assert!(view.seconded.is_empty() && backing.candidate(hash(1, ten)).is_none());
	let stranger = backing
		.statement_received(&seconded(1, 3, ten), &mut view)
		.expect("misbehaviour is no error");
	assert!(
		matches!(
			stranger[..],
			[Output::Misbehaviour {
				misbehaviour: Misbehaviour::UnauthorizedStatement(_),
				..
			}]
		),
		"R-TAB-1"
	);
}

#[test]
fn r_bak_9_a_chain_ends_at_the_first_that_is_missing() {
	let ten = leaf_hash(10);
	let (mut backing, mut view) = (validator(3), Script::at(ten, &[0]));
	for (name, votes) in [(1, 2), (2, 1), (3, 2)] {
		backing
			.statement_received(&seconded(name, 0, ten), &mut view)
			.expect("counted");
		if votes == 2 {
			backing
				.statement_received(&valid(name, 1, ten), &mut view)
				.expect("counted");
		}
	}
	let ask = |names: &[u8]| -> Vec<_> { names.iter().map(|name| (PARA, hash(*name, ten), ten)).collect() };
	let heads = |names: &[u8]| -> Vec<_> {
		backing
			.get_backed(&ask(names))
			.iter()
			.map(|backed| backed.candidate.commitments.head_data.0[0])
			.collect()
	};
	assert_eq!(heads(&[1, 3]), [1, 3], "R-BAK-9");
	assert_eq!(heads(&[3, 1]), [3, 1], "R-BAK-9: the order asked for");
	assert_eq!(
		heads(&[1, 2, 3]),
		[1],
		"R-BAK-9: 2 lacks its quorum, 3 builds on it"
	);
	assert_eq!(heads(&[9, 1]), [0u8; 0], "R-BAK-9: unknown");
	assert_eq!(
		backing.backed(hash(1, ten), leaf_hash(9)),
		None,
		"another relay parent"
	);
}

#[test]
fn what_leaves_every_scope_is_forgotten() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	let (mut backing, mut view) = (validator(3), Script::at(ten, &[0]));
	backing
		.statement_received(&seconded(1, 0, nine), &mut view)
		.expect("an ancestor in scope");
	backing
		.statement_received(&seconded(2, 0, ten), &mut view)
		.expect("counted");
	backing.activate_leaf(&leaf(11, (4, 3)), Some(ValidatorIndex(3)), &view);
	assert!(
		backing.candidate(hash(1, nine)).is_some(),
		"the old leaf still admits it"
	);
	assert_eq!(backing.deactivate_leaf(ten, &mut view), []);
	assert!(backing.candidate(hash(1, nine)).is_none());
	assert!(backing.candidate(hash(2, ten)).is_some(), "R-ABP-2");
	let late = backing.statement_received(&valid(1, 1, nine), &mut view);
	assert_eq!(late, Err(StatementError::UnknownRelayParent(nine)));
}

#[test]
fn r_grp_1_the_group_is_that_of_the_child() {
	// Groups rotate at 11: a candidate on relay parent 10 is the other group's already.
	let rotation = GroupRotationInfo {
		session_start_block: 1,
		group_rotation_frequency: 10,
		now: 11,
	};
	let facts = LeafFacts {
		rotation,
		..leaf(10, (4, 3))
	};
	let mut backing = Backing::new();
	backing.activate_leaf(&facts, Some(ValidatorIndex(3)), &Script::default());
	let mut view = Script::at(leaf_hash(10), &[0]);
	let at = |relay_parent, validator| seconded(1, validator, leaf_hash(relay_parent));
	for (relay_parent, member, stranger) in [(10, 4, 0), (9, 0, 4)] {
		let outputs = backing
			.statement_received(&at(relay_parent, stranger), &mut view)
			.expect("verified");
		assert!(
			matches!(outputs[..], [Output::Misbehaviour { .. }]),
			"R-TAB-1: {relay_parent}"
		);
		let outputs = backing
			.statement_received(&at(relay_parent, member), &mut view)
			.expect("verified");
		assert!(
			!matches!(outputs[..], [Output::Misbehaviour { .. }]),
			"R-GRP-1: {relay_parent}"
		);
	}
}

#[test]
fn r_stm_5_the_compact_form_keeps_the_signature() {
	let statement = seconded(1, 0, leaf_hash(10));
	let compact = statement.to_compact();
	assert_eq!(
		compact.statement,
		CompactStatement::Seconded(hash(1, leaf_hash(10)))
	);
	assert_eq!(compact.signature, statement.signature, "R-STM-5");
}
