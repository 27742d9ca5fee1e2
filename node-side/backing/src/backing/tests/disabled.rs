//! Disabled validators: whose votes count, at which leaf, and since when (R-BAK-14).

mod histories;

use super::*;
use async_backing_primitives::{check_backing_vote_count, check_backing_votes, remove_disabled_votes};

/// The relay parent of all candidates here; all leaves have it in scope.
const TEN: u32 = 10;

fn set(validators: &[u32]) -> BTreeSet<ValidatorIndex> {
	validators.iter().copied().map(ValidatorIndex).collect()
}

/// A leaf after block 10 with a name of its own, at which these are disabled. Number 10 is that block itself.
fn leaf_with(name: u32, disabled: &[u32]) -> LeafFacts {
	let mut facts = leaf(if name == TEN { TEN } else { 11 }, (4, 3));
	facts.block.hash = leaf_hash(name);
	facts.disabled = disabled.iter().copied().map(ValidatorIndex).collect();
	facts
}

/// Validator `own` at leaf 10, where these are disabled.
fn validator_where(own: u32, disabled: &[u32], view: Script) -> Node {
	let mut node = Node::new(Some(own), view);
	node.activate(&leaf_with(TEN, disabled));
	node
}

fn activate(node: &mut Node, name: u32, disabled: &[u32]) {
	node.activate(&leaf_with(name, disabled));
}

fn heard(node: &mut Node, statement: &SignedStatement) -> Vec<Seen> {
	node.hear(statement)
		.expect("a good statement is no error, whoever is disabled")
}

/// What the chain says of a candidate in the child of a leaf where these are disabled: how many votes it drops, and
/// whether the rest is enough. Signatures aside.
fn chain_counts(
	backed: &BackedCandidate,
	minimum: u32,
	disabled: &BTreeSet<ValidatorIndex>,
) -> (usize, bool) {
	let group = [0, 1, 2].map(ValidatorIndex);
	let mut backed = backed.clone();
	let dropped = remove_disabled_votes(&mut backed, &group, |validator| disabled.contains(&validator));
	let votes = check_backing_vote_count(&backed, group.len(), minimum);
	(dropped.expect("bits and votes pair up"), votes.is_ok())
}

/// The same with all signatures.
fn chain_says(backed: &BackedCandidate, minimum: u32, disabled: &BTreeSet<ValidatorIndex>) -> (usize, bool) {
	let keys: Vec<_> = (0..6).map(|validator| key(validator).public()).collect();
	let (group, context) = (
		[0, 1, 2].map(ValidatorIndex),
		SigningContext {
			session_index: SESSION,
			parent_hash: leaf_hash(TEN),
		},
	);
	let mut backed = backed.clone();
	let dropped = remove_disabled_votes(&mut backed, &group, |validator| disabled.contains(&validator));
	let hash = backed.hash();
	let votes = check_backing_votes(&backed, hash, &group, minimum, &context, |index| {
		keys.get(index.as_usize())
	});
	(dropped.expect("bits and votes pair up"), votes.is_ok())
}

#[test]
fn r_bak_14_r_bkv_4_votes_count_by_what_the_leaves_disable() {
	// Who voted; who is disabled at leaf 10, and who at leaf 11, which follows; whether there is a quorum of 2 of
	// [0, 1, 2] for both leaves, for leaf 10, for leaf 11.
	type Row = (
		&'static str,
		&'static [u32],
		&'static [u32],
		&'static [u32],
		[bool; 3],
	);
	let rows: [Row; 9] = [
		("nobody", &[0, 1], &[], &[], [true, true, true]),
		("a voter, at both", &[0, 1], &[1], &[1], [false, false, false]),
		(
			"a voter, after the relay parent came in",
			&[0, 1],
			&[],
			&[1],
			[false, true, false],
		),
		("a voter, no longer", &[0, 1], &[0], &[], [false, false, true]),
		("one at each", &[0, 1], &[0], &[1], [false, false, false]),
		("one of three", &[0, 1, 2], &[], &[2], [true, true, true]),
		(
			"one of three at each",
			&[0, 1, 2],
			&[0],
			&[2],
			[false, true, true],
		),
		("two of three", &[0, 1, 2], &[], &[0, 2], [false, true, false]),
		("strangers", &[0, 1], &[2, 3], &[4, 5, 99], [true, true, true]),
	];
	let (ten, eleven) = (leaf_hash(TEN), leaf_hash(11));
	for (name, voters, at_ten, at_eleven, [union, first, second]) in rows {
		let mut backing = validator_where(3, at_ten, Script::at(ten, &[0]));
		heard(&mut backing, &seconded(1, voters[0], ten));
		for voter in &voters[1..] {
			heard(&mut backing, &valid(1, *voter, ten));
		}
		activate(&mut backing, 11, at_eleven);
		let candidate = hash(1, ten);
		let backed = [
			backing.backing.backed(ten, candidate),
			backing.backing.backed_at(ten, ten, candidate),
			backing.backing.backed_at(eleven, ten, candidate),
		];
		let is_backable = [
			backing.backing.is_backable(candidate),
			backing.backing.is_backable_at(ten, candidate),
			backing.backing.is_backable_at(eleven, candidate),
		];
		assert_eq!(is_backable, [union, first, second], "R-BAK-14: {name}");
		assert_eq!(
			backed.each_ref().map(Option::is_some),
			is_backable,
			"R-BAK-8: {name}"
		);
		for (backed, leaves) in backed
			.iter()
			.zip([&[at_ten, at_eleven][..], &[at_ten], &[at_eleven]])
		{
			for disabled in leaves {
				let said = backed
					.as_ref()
					.map(|backed| chain_says(backed, 2, &set(disabled)));
				assert!(
					said.is_none_or(|said| said == (0, true)),
					"R-BKV-4: {name}: {said:?}"
				);
			}
		}
	}
}

#[test]
fn r_bak_14_r_bkv_1_disabled_members_do_not_make_the_group_smaller() {
	let ten = leaf_hash(TEN);
	for (minimum, disabled, expected) in [
		(3, &[][..], true),
		(5, &[], true),
		(3, &[2], false),
		(1, &[1, 2], true),
	] {
		let facts = LeafFacts {
			minimum_backing_votes: minimum,
			..leaf_with(TEN, disabled)
		};
		let mut backing = Node::new(Some(3), Script::at(ten, &[0]));
		backing.activate(&facts);
		heard(&mut backing, &seconded(1, 0, ten));
		for voter in [1, 2] {
			heard(&mut backing, &valid(1, voter, ten));
		}
		assert_eq!(
			backing.backing.is_backable(hash(1, ten)),
			expected,
			"R-BKV-1: {minimum} of 3 without {disabled:?}"
		);
	}
}

#[test]
fn r_bak_14_r_bak_7_a_quorum_is_announced_when_the_leaf_that_disables_goes() {
	let (ten, fork) = (leaf_hash(TEN), leaf_hash(12));
	let mut backing = validator_where(3, &[], Script::at(ten, &[0]));
	activate(&mut backing, 12, &[1]);
	assert_eq!(heard(&mut backing, &seconded(1, 0, ten)), []);
	assert_eq!(
		heard(&mut backing, &valid(1, 1, ten)),
		[],
		"disabled on one fork: it does not count towards the quorum"
	);
	assert_eq!(backing.view.backed, []);
	activate(&mut backing, 13, &[]);
	assert!(
		!backing.backing.is_backable(hash(1, ten)),
		"the fork is still active"
	);
	assert_eq!(
		backing.deactivate(fork),
		[backable(1, ten)],
		"nothing else will tell"
	);
	assert_eq!(backing.view.backed, [hash(1, ten)], "R-VIE-6");
	assert_eq!(backing.deactivate(ten), [], "R-BAK-7: once");
}

#[test]
fn r_bak_14_a_statement_made_while_its_author_is_disabled_counts_once_it_is_not() {
	let ten = leaf_hash(TEN);
	let mut backing = validator_where(3, &[0, 1], Script::at(ten, &[0]));
	for statement in [seconded(1, 0, ten), valid(1, 1, ten)] {
		assert_eq!(heard(&mut backing, &statement), []);
	}
	assert!(!backing.backing.is_backable(hash(1, ten)));
	activate(&mut backing, 11, &[]);
	assert!(
		backing.backing.is_backable_at(leaf_hash(11), hash(1, ten)),
		"the child of 11 counts both"
	);
	assert_eq!(backing.deactivate(ten), [backable(1, ten)]);
}

#[test]
fn r_bak_14_r_sto_3_a_lost_quorum_comes_back_with_another_vote() {
	let (ten, eleven) = (leaf_hash(TEN), leaf_hash(11));
	let mut backing = validator_where(3, &[], Script::at(ten, &[0]));
	heard(&mut backing, &seconded(1, 0, ten));
	assert_eq!(heard(&mut backing, &valid(1, 1, ten)), [backable(1, ten)]);
	activate(&mut backing, 11, &[1]);
	let _ = backing.deactivate(ten);
	let ask = [(PARA, hash(1, ten), ten)];
	assert_eq!(backing.backing.get_backed(&ask), [], "R-BAK-9: left out");
	assert_eq!(backing.backing.backed_at(eleven, ten, hash(1, ten)), None);
	assert_eq!(
		heard(&mut backing, &valid(1, 2, ten)),
		[],
		"R-BAK-7: announced once"
	);
	let backed = backing.backing.get_backed(&ask);
	assert_eq!(backed.len(), 1);
	let (bits, _) = backed[0].split_indices().expect("well formed");
	assert_eq!(
		bits.iter().by_vals().collect::<Vec<_>>(),
		[true, false, true],
		"R-BKV-4: without the vote of 1"
	);
	assert_eq!(chain_says(&backed[0], 2, &set(&[1])), (0, true));
}

#[test]
fn r_bak_14_leaves_that_do_not_admit_the_relay_parent_have_no_say() {
	let ten = leaf_hash(TEN);
	let mut backing = validator_where(3, &[], Script::at(ten, &[0]));
	heard(&mut backing, &seconded(1, 0, ten));
	heard(&mut backing, &valid(1, 1, ten));
	// Another session: its validator 1 is somebody else.
	let other = LeafFacts {
		session_index: SESSION + 1,
		ancestors: vec![],
		..leaf_with(40, &[1])
	};
	backing.activate(&other);
	assert!(backing.backing.is_backable(hash(1, ten)));
	assert!(
		!backing.backing.is_backable_at(leaf_hash(40), hash(1, ten)),
		"the chain refuses its relay parent there"
	);
	assert_eq!(backing.backing.backed_at(leaf_hash(40), ten, hash(1, ten)), None);
	assert_eq!(
		backing.backing.backed_at(leaf_hash(41), ten, hash(1, ten)),
		None,
		"no such leaf"
	);
	assert!(!backing.backing.is_backable_at(leaf_hash(41), hash(1, ten)));
}

#[test]
fn r_bak_14_a_disabled_validator_neither_seconds_nor_confirms() {
	let ten = leaf_hash(TEN);
	let disabled = || Err(SecondingError::Disabled(ValidatorIndex(0)));
	let descriptor = &named(1, ten).receipt.descriptor;
	let parent_head = validation_data().parent_head.hash();

	// Disabled at the leaf that brought the relay parent in, and at one that came later.
	for (at_ten, at_eleven) in [(&[0][..], &[][..]), (&[], &[0])] {
		let mut backing = validator_where(0, at_ten, Script::at(ten, &[0]));
		activate(&mut backing, 11, at_eleven);
		let can_second = backing.backing.can_second(
			&Advertised::of(hash(1, ten), descriptor, parent_head),
			&backing.view,
		);
		assert_eq!(can_second, disabled());
		assert_eq!(backing.fetch(collation(1, ten)), disabled().map(|_| vec![]));
	}

	// What others second is not fetched. It is as soon as this validator counts again.
	let mut backing = validator_where(0, &[0], Script::at(ten, &[0]));
	assert_eq!(heard(&mut backing, &seconded(1, 1, ten)), []);
	assert_eq!(backing.fetch(collation(1, ten)), disabled().map(|_| vec![]));
	activate(&mut backing, 11, &[]);
	let fetch = |from| Seen::Fetch {
		candidate: hash(1, ten),
		from,
	};
	assert_eq!(backing.deactivate(ten), [fetch(1)]);

	// Disabled between the question and the outcome: no statement, and another try once it is over.
	let outputs = backing.answer(1, hash(1, ten), Some(pov(1)));
	assert!(matches!(outputs[..], [Seen::Validate(_)]));
	activate(&mut backing, 12, &[0]);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(outputs, []);
	assert_eq!(backing.deactivate(leaf_hash(12)), [fetch(1)]);
	backing.answer(1, hash(1, ten), Some(pov(1)));
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(
		shared(&outputs).content,
		StatementContent::Valid(hash(1, ten)),
		"R-BAK-10: one statement after all"
	);
	assert_eq!(outputs[1..], [backable(1, ten)]);
}

#[test]
fn r_bak_14_a_collation_that_was_executed_while_this_validator_was_disabled_is_left_to_others() {
	let ten = leaf_hash(TEN);
	let mut backing = validator_where(0, &[], Script::at(ten, &[0]));
	backing.fetch(collation(1, ten)).expect("may be seconded");
	activate(&mut backing, 11, &[0]);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)));
	let error = SecondingError::Disabled(ValidatorIndex(0));
	assert_eq!(
		outputs,
		[Seen::Effect(Effect::NotSeconded {
			candidate: hash(1, ten),
			peer: COLLATOR,
			error
		})]
	);
	assert_eq!(backing.view.seconded, []);
}

#[test]
fn r_bak_14_nobody_works_for_what_only_disabled_validators_propose() {
	let ten = leaf_hash(TEN);
	let mut backing = validator_where(0, &[1], Script::at(ten, &[0]));
	assert_eq!(
		heard(&mut backing, &seconded(1, 1, ten)),
		[],
		"no proof of validity is fetched"
	);
	let fetch = Seen::Fetch {
		candidate: hash(1, ten),
		from: 2,
	};
	assert_eq!(
		heard(&mut backing, &seconded(1, 2, ten)),
		[fetch],
		"from the one who counts"
	);
	assert_eq!(
		backing.answer(2, hash(1, ten), None),
		[],
		"the disabled one is not asked"
	);
}
