//! Statements of others: what is counted, followed up, ignored and reported.

use super::*;

#[test]
fn r_abp_3_synchronous_backing_seconds_once_a_relay_parent() {
	let ten = leaf_hash(10);
	let mut backing = Node::new(Some(0), Script::at(ten, &[0]));
	backing.activate(&leaf(10, (0, 0)));
	second(&mut backing, 1, ten);
	// Even if the view had room again.
	backing.view.depths = vec![(ten, vec![7])];
	assert_eq!(
		backing.fetch(collation(2, ten)),
		Err(SecondingError::LimitReached),
		"R-TAB-4"
	);
	let mut other = seconded(1, 1, ten);
	assert_eq!(backing.hear(&other), Ok(vec![backable(1, ten)]));
	other = seconded(2, 1, ten);
	let outputs = backing.hear(&other).expect("misbehaviour is no error");
	let [Seen::Effect(Effect::Misbehaviour {
		misbehaviour: Misbehaviour::MultipleCandidates { .. },
		..
	})] = outputs[..]
	else {
		panic!("R-TAB-4: {outputs:?}")
	};
}

#[test]
fn r_bak_10_another_backer_is_asked_after_a_failure() {
	let ten = leaf_hash(10);
	let mut backing = validator(0, Script::at(ten, &[0]));
	let fetch = |from| Seen::Fetch {
		candidate: hash(1, ten),
		from,
	};
	assert_eq!(backing.hear(&seconded(1, 2, ten)), Ok(vec![fetch(2)]));
	assert_eq!(
		backing.hear(&valid(1, 1, ten)),
		Ok(vec![backable(1, ten)]),
		"one at a time"
	);
	assert_eq!(
		backing.answer(1, hash(1, ten), Some(pov(1))),
		[],
		"it was not asked"
	);
	assert_eq!(
		backing.answer(2, hash(1, ten), Some(pov(2))),
		[Seen::Validate(hash(1, ten))],
		"law 1: its hash is the job's"
	);
	assert_eq!(
		backing.validated(hash(1, ten), Some(outcome(1))),
		[fetch(1)],
		"a wrong one"
	);
	assert_eq!(backing.reports, [(peer(2), Cost::Major)]);
	assert_eq!(backing.answer(1, hash(1, ten), None), [], "nobody is left");
	// The collator brings it after all.
	let outputs = backing.fetch(collation(1, ten)).expect("still wanted");
	assert!(
		matches!(outputs[..], [Seen::Validate(_)]),
		"R-BAK-10: {outputs:?}"
	);
	assert_eq!(
		backing.fetch(collation(1, ten)),
		Err(SecondingError::AlreadyKnown(hash(1, ten)))
	);
}

#[test]
fn r_bak_10_one_execution_and_one_statement_a_candidate() {
	let ten = leaf_hash(10);
	let mut backing = validator(0, Script::at(ten, &[0]));
	backing.fetch(collation(1, ten)).expect("may be seconded");
	assert_eq!(
		backing.hear(&seconded(1, 1, ten)),
		Ok(vec![]),
		"it executes already"
	);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(
		shared(&outputs).content,
		StatementContent::Valid(hash(1, ten)),
		"somebody was faster: it confirms"
	);
	assert_eq!(outputs[1..], [backable(1, ten)]);
	assert_eq!(backing.validated(hash(1, ten), Some(outcome(1))), [], "R-BAK-10");
	assert_eq!(
		backing.hear(&seconded(1, 2, ten)),
		Ok(vec![]),
		"R-BAK-10: nothing to do"
	);
}

#[test]
fn r_stm_and_r_bak_6_statements_that_are_ignored() {
	let ten = leaf_hash(10);
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
	let rows: [Row; 2] = [
		("R-BCK-2 session", statement(wrong_session), |e| {
			matches!(e, StatementError::Admission(crate::AdmissionError::Session(_)))
		}),
		("R-UMP-5 core", statement(wrong_core), |e| {
			matches!(e, StatementError::Admission(crate::AdmissionError::Core(_)))
		}),
	];
	let mut backing = validator(0, Script::at(ten, &[0]));
	for (name, statement, expected) in rows {
		let error = backing.hear(&statement).expect_err(name);
		assert!(expected(error.clone()), "{name}: {error:?}");
	}
	let elsewhere = Hash::repeat_byte(0xee);
	assert_eq!(
		backing.hear(&seconded(1, 0, elsewhere)),
		Ok(vec![]),
		"a relay parent in no scope"
	);
	assert!(backing.candidate(hash(1, elsewhere)).is_none());
	assert_eq!(
		backing.hear(&valid(1, 1, ten)),
		Ok(vec![]),
		"R-TAB-5: not counted"
	);
	assert!(backing.reports.is_empty(), "R-TAB-5: no misbehaviour");
	backing.view.refuses = true;
	let refused = backing.hear(&seconded(1, 1, ten));
	assert_eq!(refused, Err(StatementError::NotInView(hash(1, ten))), "R-BAK-6");
	assert!(backing.view.seconded.is_empty() && backing.candidate(hash(1, ten)).is_none());
	assert_eq!(backing.backing.refused_count(), 3, "law 3: counted");
	assert!(backing.reports.is_empty(), "elsewhere it may count");
	let stranger = backing
		.hear(&seconded(1, 3, ten))
		.expect("misbehaviour is no error");
	assert!(
		matches!(
			&stranger[..],
			[Seen::Effect(Effect::Misbehaviour {
				misbehaviour: Misbehaviour::UnauthorizedStatement(_),
				..
			})]
		),
		"R-TAB-1"
	);
	assert_eq!(
		backing.reports,
		[(peer(3), Cost::Major)],
		"R-TAB-1: its author pays"
	);
}

#[test]
fn r_bak_9_a_chain_ends_at_the_first_that_is_missing() {
	let ten = leaf_hash(10);
	let mut backing = validator(3, Script::at(ten, &[0]));
	for (name, votes) in [(1, 2), (2, 1), (3, 2)] {
		backing.hear(&seconded(name, 0, ten)).expect("counted");
		if votes == 2 {
			backing.hear(&valid(name, 1, ten)).expect("counted");
		}
	}
	let ask = |names: &[u8]| -> Vec<_> { names.iter().map(|name| (PARA, hash(*name, ten), ten)).collect() };
	let heads = |names: &[u8]| -> Vec<_> {
		backing
			.backing
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
		backing.backing.backed(leaf_hash(9), hash(1, ten)),
		None,
		"another relay parent"
	);
}

#[test]
fn what_leaves_every_scope_is_forgotten() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	let mut backing = validator(3, Script::at(ten, &[0]));
	backing.hear(&seconded(1, 0, nine)).expect("an ancestor in scope");
	backing.hear(&seconded(2, 0, ten)).expect("counted");
	backing.activate(&leaf(11, (4, 3)));
	assert!(
		backing.candidate(hash(1, nine)).is_some(),
		"the old leaf still admits it"
	);
	assert_eq!(backing.deactivate(ten), []);
	assert!(backing.candidate(hash(1, nine)).is_none());
	assert!(backing.candidate(hash(2, ten)).is_some(), "R-ABP-2");
	assert_eq!(backing.hear(&valid(1, 1, nine)), Ok(vec![]), "no trace of it");
	assert!(backing.candidate(hash(1, nine)).is_none());
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
	let mut backing = Node::new(Some(3), Script::at(leaf_hash(10), &[0]));
	backing.activate(&facts);
	let at = |relay_parent, validator| seconded(1, validator, leaf_hash(relay_parent));
	for (relay_parent, member, stranger) in [(10, 4, 0), (9, 0, 4)] {
		let outputs = backing.hear(&at(relay_parent, stranger)).expect("verified");
		assert!(
			matches!(outputs[..], [Seen::Effect(Effect::Misbehaviour { .. })]),
			"R-TAB-1: {relay_parent}"
		);
		let outputs = backing.hear(&at(relay_parent, member)).expect("verified");
		assert!(
			!matches!(outputs[..], [Seen::Effect(Effect::Misbehaviour { .. })]),
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
