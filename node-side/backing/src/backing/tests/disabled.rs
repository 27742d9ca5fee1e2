//! Disabled validators: whose votes count, at which leaf, and since when (R-BAK-14).

use super::*;
use async_backing_primitives::{check_backing_vote_count, check_backing_votes, remove_disabled_votes};
use codec::{Decode, Encode};
use proptest::prelude::*;
use std::sync::LazyLock;

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
fn validator_where(own: u32, disabled: &[u32]) -> Backing {
	let mut backing = Backing::new();
	let facts = leaf_with(TEN, disabled);
	backing.activate_leaf(&facts, Some(ValidatorIndex(own)), &Script::default());
	backing
}

fn activate(backing: &mut Backing, own: u32, name: u32, disabled: &[u32], view: &Script) {
	backing.activate_leaf(&leaf_with(name, disabled), Some(ValidatorIndex(own)), view);
}

fn hear(backing: &mut Backing, statement: &SignedStatement, view: &mut Script) -> Vec<Output> {
	backing
		.statement_received(statement, view)
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
		let (mut backing, mut view) = (validator_where(3, at_ten), Script::at(ten, &[0]));
		hear(&mut backing, &seconded(1, voters[0], ten), &mut view);
		for voter in &voters[1..] {
			hear(&mut backing, &valid(1, *voter, ten), &mut view);
		}
		activate(&mut backing, 3, 11, at_eleven, &view);
		let candidate = hash(1, ten);
		let backed = [
			backing.backed(candidate, ten),
			backing.backed_at(ten, candidate, ten),
			backing.backed_at(eleven, candidate, ten),
		];
		let is_backable = [
			backing.is_backable(candidate),
			backing.is_backable_at(ten, candidate),
			backing.is_backable_at(eleven, candidate),
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
		let mut backing = Backing::new();
		let facts = LeafFacts {
			minimum_backing_votes: minimum,
			..leaf_with(TEN, disabled)
		};
		backing.activate_leaf(&facts, Some(ValidatorIndex(3)), &Script::default());
		let mut view = Script::at(ten, &[0]);
		hear(&mut backing, &seconded(1, 0, ten), &mut view);
		for voter in [1, 2] {
			hear(&mut backing, &valid(1, voter, ten), &mut view);
		}
		assert_eq!(
			backing.is_backable(hash(1, ten)),
			expected,
			"R-BKV-1: {minimum} of 3 without {disabled:?}"
		);
	}
}

#[test]
fn r_bak_14_r_bak_7_a_quorum_is_announced_when_the_leaf_that_disables_goes() {
	let (ten, fork) = (leaf_hash(TEN), leaf_hash(12));
	let (mut backing, mut view) = (validator_where(3, &[]), Script::at(ten, &[0]));
	activate(&mut backing, 3, 12, &[1], &view);
	assert_eq!(hear(&mut backing, &seconded(1, 0, ten), &mut view), []);
	assert_eq!(
		hear(&mut backing, &valid(1, 1, ten), &mut view),
		[],
		"disabled on one fork: it does not count towards the quorum"
	);
	assert_eq!(view.backed, []);
	activate(&mut backing, 3, 13, &[], &view);
	assert!(!backing.is_backable(hash(1, ten)), "the fork is still active");
	assert_eq!(
		backing.deactivate_leaf(fork, &mut view),
		[backable(1, ten)],
		"nothing else will tell"
	);
	assert_eq!(view.backed, [hash(1, ten)], "R-VIE-6");
	assert_eq!(backing.deactivate_leaf(ten, &mut view), [], "R-BAK-7: once");
}

#[test]
fn r_bak_14_a_statement_made_while_its_author_is_disabled_counts_once_it_is_not() {
	let ten = leaf_hash(TEN);
	let (mut backing, mut view) = (validator_where(3, &[0, 1]), Script::at(ten, &[0]));
	for statement in [seconded(1, 0, ten), valid(1, 1, ten)] {
		assert_eq!(hear(&mut backing, &statement, &mut view), []);
	}
	assert!(!backing.is_backable(hash(1, ten)));
	activate(&mut backing, 3, 11, &[], &view);
	assert!(
		backing.is_backable_at(leaf_hash(11), hash(1, ten)),
		"the child of 11 counts both"
	);
	assert_eq!(backing.deactivate_leaf(ten, &mut view), [backable(1, ten)]);
}

#[test]
fn r_bak_14_r_sto_3_a_lost_quorum_comes_back_with_another_vote() {
	let (ten, eleven) = (leaf_hash(TEN), leaf_hash(11));
	let (mut backing, mut view) = (validator_where(3, &[]), Script::at(ten, &[0]));
	hear(&mut backing, &seconded(1, 0, ten), &mut view);
	assert_eq!(
		hear(&mut backing, &valid(1, 1, ten), &mut view),
		[backable(1, ten)]
	);
	activate(&mut backing, 3, 11, &[1], &view);
	let _ = backing.deactivate_leaf(ten, &mut view);
	let ask = [(PARA, hash(1, ten), ten)];
	assert_eq!(backing.get_backed(&ask), [], "R-BAK-9: left out");
	assert_eq!(backing.backed_at(eleven, hash(1, ten), ten), None);
	assert_eq!(
		hear(&mut backing, &valid(1, 2, ten), &mut view),
		[],
		"R-BAK-7: announced once"
	);
	let backed = backing.get_backed(&ask);
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
	let (mut backing, mut view) = (validator_where(3, &[]), Script::at(ten, &[0]));
	hear(&mut backing, &seconded(1, 0, ten), &mut view);
	hear(&mut backing, &valid(1, 1, ten), &mut view);
	// Another session: its validator 1 is somebody else.
	let other = LeafFacts {
		session_index: SESSION + 1,
		ancestors: vec![],
		..leaf_with(40, &[1])
	};
	backing.activate_leaf(&other, Some(ValidatorIndex(3)), &view);
	assert!(backing.is_backable(hash(1, ten)));
	assert!(
		!backing.is_backable_at(leaf_hash(40), hash(1, ten)),
		"the chain refuses its relay parent there"
	);
	assert_eq!(backing.backed_at(leaf_hash(40), hash(1, ten), ten), None);
	assert_eq!(
		backing.backed_at(leaf_hash(41), hash(1, ten), ten),
		None,
		"no such leaf"
	);
	assert!(!backing.is_backable_at(leaf_hash(41), hash(1, ten)));
}

#[test]
fn r_bak_14_a_disabled_validator_neither_seconds_nor_confirms() {
	let ten = leaf_hash(TEN);
	let disabled = || Err(SecondingError::Disabled(ValidatorIndex(0)));
	let descriptor = &named(1, ten).receipt.descriptor;
	let parent_head = validation_data().parent_head.hash();

	// Disabled at the leaf that brought the relay parent in, and at one that came later.
	for (at_ten, at_eleven) in [(&[0][..], &[][..]), (&[], &[0])] {
		let (mut backing, view) = (validator_where(0, at_ten), Script::at(ten, &[0]));
		activate(&mut backing, 0, 11, at_eleven, &view);
		assert_eq!(
			backing.can_second(hash(1, ten), descriptor, parent_head, &view),
			disabled()
		);
		assert_eq!(
			backing.collation_fetched(collation(1, ten), &view),
			disabled().map(|()| vec![])
		);
	}

	// What others second is not fetched. It is as soon as this validator counts again.
	let (mut backing, mut view) = (validator_where(0, &[0]), Script::at(ten, &[0]));
	assert_eq!(hear(&mut backing, &seconded(1, 1, ten), &mut view), []);
	assert_eq!(
		backing.collation_fetched(collation(1, ten), &view),
		disabled().map(|()| vec![])
	);
	activate(&mut backing, 0, 11, &[], &view);
	let fetch = |from| Output::FetchPov {
		candidate: hash(1, ten),
		pov_hash: pov(1).hash(),
		from: ValidatorIndex(from),
	};
	assert_eq!(backing.deactivate_leaf(ten, &mut view), [fetch(1)]);

	// Disabled between the question and the outcome: no statement, and another try once it is over.
	let outputs = backing.pov_received(ValidatorIndex(1), hash(1, ten), Some(pov(1)));
	assert!(matches!(outputs[..], [Output::Validate(_)]));
	activate(&mut backing, 0, 12, &[0], &view);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
	assert_eq!(outputs, []);
	assert_eq!(backing.deactivate_leaf(leaf_hash(12), &mut view), [fetch(1)]);
	backing.pov_received(ValidatorIndex(1), hash(1, ten), Some(pov(1)));
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
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
	let (mut backing, mut view) = (validator_where(0, &[]), Script::at(ten, &[0]));
	backing
		.collation_fetched(collation(1, ten), &view)
		.expect("may be seconded");
	activate(&mut backing, 0, 11, &[0], &view);
	let outputs = backing.validated(hash(1, ten), Some(outcome(1)), &mut view, &mut Key(0));
	let error = SecondingError::Disabled(ValidatorIndex(0));
	assert_eq!(
		outputs,
		[Output::NotSeconded {
			candidate: hash(1, ten),
			error
		}]
	);
	assert_eq!(view.seconded, []);
}

#[test]
fn r_bak_14_nobody_works_for_what_only_disabled_validators_propose() {
	let ten = leaf_hash(TEN);
	let (mut backing, mut view) = (validator_where(0, &[1]), Script::at(ten, &[0]));
	assert_eq!(
		hear(&mut backing, &seconded(1, 1, ten), &mut view),
		[],
		"no proof of validity is fetched"
	);
	let fetch = Output::FetchPov {
		candidate: hash(1, ten),
		pov_hash: pov(1).hash(),
		from: ValidatorIndex(2),
	};
	assert_eq!(
		hear(&mut backing, &seconded(1, 2, ten), &mut view),
		[fetch],
		"from the one who counts"
	);
	assert_eq!(
		backing.pov_received(ValidatorIndex(2), hash(1, ten), None),
		[],
		"the disabled one is not asked"
	);
}

/// A candidate of version 1, which names no core.
fn version_1(name: u8) -> Arc<SecondedCandidate> {
	let mut seconded = SecondedCandidate::clone(&named(name, leaf_hash(TEN)));
	let mut bytes = seconded.receipt.descriptor.encode();
	bytes[44] = 1;
	seconded.receipt.descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("as long as before");
	assert_eq!(seconded.receipt.descriptor.core_index(), None);
	Arc::new(seconded)
}

/// For each of four candidates, two of version 2 and two of version 1: its hash, and what each validator says of it,
/// seconding and confirming.
static SAID: LazyLock<Vec<(CandidateHash, Vec<[SignedStatement; 2]>)>> = LazyLock::new(|| {
	let candidates = [
		named(1, leaf_hash(TEN)),
		named(2, leaf_hash(TEN)),
		version_1(3),
		version_1(4),
	];
	let said_of = |candidate: Arc<SecondedCandidate>| {
		let hash = candidate.receipt.hash();
		let by = |validator| {
			let content = [
				StatementContent::Seconded(candidate.clone()),
				StatementContent::Valid(hash),
			];
			content.map(|content| sign(content, validator, leaf_hash(TEN)))
		};
		(hash, (0..3).map(by).collect())
	};
	candidates.map(said_of).into()
});

#[derive(Clone, Debug)]
enum Step {
	Activate {
		name: u32,
		disabled: BTreeSet<u32>,
	},
	Deactivate {
		name: u32,
	},
	Say {
		candidate: usize,
		validator: u32,
		confirms: bool,
	},
}

fn step() -> impl Strategy<Value = Step> {
	let disabled = proptest::collection::btree_set(0u32..4, 0..3);
	prop_oneof![
		2 => (11u32..16, disabled).prop_map(|(name, disabled)| Step::Activate { name, disabled }),
		1 => (11u32..16).prop_map(|name| Step::Deactivate { name }),
		5 => (0..4usize, 0u32..3, any::<bool>())
			.prop_map(|(candidate, validator, confirms)| Step::Say { candidate, validator, confirms }),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

	/// Whatever is said by whomever, and whoever is disabled wherever: what is offered at a leaf is what the chain takes
	/// there, all of its votes; what the chain would take is offered; and a quorum for all leaves is announced, once, by
	/// the very statement or leaf that makes it one.
	#[test]
	fn r_bak_14_r_bkv_4_what_is_offered_at_a_leaf_is_what_the_chain_counts_there(
		minimum in 1u32..4,
		at_ten in proptest::collection::btree_set(0u32..4, 0..3),
		steps in proptest::collection::vec(step(), 1..40),
	) {
		let ten = leaf_hash(TEN);
		let facts = |name, disabled: &BTreeSet<u32>| LeafFacts {
			minimum_backing_votes: minimum,
			..leaf_with(name, &disabled.iter().copied().collect::<Vec<_>>())
		};
		let (mut backing, mut view) = (Backing::new(), Script::at(ten, &[0]));
		backing.activate_leaf(&facts(TEN, &at_ten), Some(ValidatorIndex(3)), &view);
		// What is known, told naively.
		let mut leaves = BTreeMap::from([(TEN, at_ten)]);
		let mut voted = vec![BTreeSet::<u32>::new(); 4];
		let mut announced = BTreeSet::new();

		for step in steps {
			let outputs = match step {
				Step::Activate { name, disabled } if !leaves.contains_key(&name) => {
					backing.activate_leaf(&facts(name, &disabled), Some(ValidatorIndex(3)), &view);
					leaves.insert(name, disabled);
					vec![]
				}
				Step::Deactivate { name } if leaves.remove(&name).is_some() => {
					backing.deactivate_leaf(leaf_hash(name), &mut view)
				}
				Step::Say { candidate, validator, confirms } => {
					let statement = &SAID[candidate].1[validator as usize][usize::from(confirms)];
					match backing.statement_received(statement, &mut view) {
						Ok(outputs) => {
							voted[candidate].insert(validator);
							outputs
						}
						Err(error) => {
							let unknown = StatementError::NotCounted(TableError::UnknownCandidate(SAID[candidate].0));
							prop_assert_eq!(error, unknown);
							prop_assert!(confirms && voted[candidate].is_empty(), "R-TAB-5");
							vec![]
						}
					}
				}
				Step::Activate { .. } | Step::Deactivate { .. } => continue,
			};

			for output in outputs {
				match output {
					Output::Backable { candidate, .. } => prop_assert!(announced.insert(candidate), "R-BAK-7: once"),
					Output::Misbehaviour { .. } => {}
					other => prop_assert!(false, "{:?}", other),
				}
			}
			let of_all: BTreeSet<u32> = leaves.values().flatten().copied().collect();
			for ((candidate, _), voters) in SAID.iter().zip(&voted) {
				let has_quorum = |disabled: &BTreeSet<u32>| voters.difference(disabled).count() >= minimum as usize;
				prop_assert_eq!(backing.is_backable(*candidate), has_quorum(&of_all), "R-BAK-14: for all leaves");
				prop_assert!(!has_quorum(&of_all) || announced.contains(candidate), "R-BAK-7: not withheld");
				for (name, disabled) in &leaves {
					let at = leaf_hash(*name);
					let offered = backing.backed_at(at, *candidate, ten);
					prop_assert_eq!(offered.is_some(), has_quorum(disabled), "R-BAK-14: at leaf {}", name);
					prop_assert_eq!(backing.is_backable_at(at, *candidate), has_quorum(disabled));
					let disabled: Vec<_> = disabled.iter().copied().collect();
					if let Some(offered) = offered {
						prop_assert_eq!(chain_counts(&offered, minimum, &set(&disabled)), (0, true), "R-BKV-4");
						let counted = voters.iter().filter(|voter| !disabled.contains(voter)).count();
						prop_assert_eq!(offered.validity_votes.len(), counted, "R-BAK-8: all that count");
					}
					if let Some(everywhere) = backing.backed(*candidate, ten) {
						prop_assert_eq!(chain_counts(&everywhere, minimum, &set(&disabled)), (0, true), "R-BKV-4");
					}
				}
			}
			prop_assert_eq!(view.backed.len(), announced.len(), "R-VIE-6");
		}
		for (candidate, _) in SAID.iter() {
			for (name, disabled) in &leaves {
				let disabled: Vec<_> = disabled.iter().copied().collect();
				if let Some(offered) = backing.backed_at(leaf_hash(*name), *candidate, ten) {
					prop_assert_eq!(chain_says(&offered, minimum, &set(&disabled)), (0, true), "R-BKV-3");
				}
			}
		}
	}
}
