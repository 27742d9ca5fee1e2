//! Whatever is said by whomever, and whoever is disabled wherever.

use super::*;
use codec::{Decode, Encode};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A candidate of version 1, which names no core.
fn version_1(name: u8) -> Arc<SecondedCandidate> {
	let mut receipt = CommittedCandidateReceipt::clone(&named(name, leaf_hash(TEN)).receipt);
	let mut bytes = receipt.descriptor.encode();
	bytes[44] = 1;
	receipt.descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("as long as before");
	assert_eq!(receipt.descriptor.core_index(), None);
	seconded_candidate(receipt)
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
		let mut backing = Node::new(Some(3), Script::at(ten, &[0]));
		backing.activate(&facts(TEN, &at_ten));
		// What is known, told naively.
		let mut leaves = BTreeMap::from([(TEN, at_ten)]);
		let mut said = vec![BTreeSet::<u32>::new(); 4];
		let mut proposed = [false; 4];
		let mut announced = BTreeSet::new();

		for step in steps {
			let outputs = match step {
				Step::Activate { name, disabled } if !leaves.contains_key(&name) => {
					let seen = backing.activate(&facts(name, &disabled));
					leaves.insert(name, disabled);
					seen
				}
				Step::Deactivate { name } if leaves.remove(&name).is_some() => {
					backing.deactivate(leaf_hash(name))
				}
				Step::Say { candidate, validator, confirms } => {
					let statement = &SAID[candidate].1[validator as usize][usize::from(confirms)];
					said[candidate].insert(validator);
					proposed[candidate] |= !confirms;
					match backing.hear(statement) {
						Ok(outputs) => outputs,
						Err(error) => {
							prop_assert_eq!(error, StatementError::Known);
							vec![]
						}
					}
				}
				Step::Activate { .. } | Step::Deactivate { .. } => continue,
			};

			for output in outputs {
				match output {
					Seen::Effect(Effect::Backable { candidate, .. }) => {
						prop_assert!(announced.insert(candidate), "R-BAK-7: once");
					}
					Seen::Effect(Effect::Misbehaviour { .. }) => {}
					other => prop_assert!(false, "{:?}", other),
				}
			}
			// Row 12: who confirms before anybody proposes is counted as soon as somebody does.
			let voted: Vec<_> = said
				.iter()
				.zip(proposed)
				.map(|(said, proposed)| if proposed { said.clone() } else { BTreeSet::new() })
				.collect();
			let of_all: BTreeSet<u32> = leaves.values().flatten().copied().collect();
			for ((candidate, _), voters) in SAID.iter().zip(&voted) {
				let has_quorum = |disabled: &BTreeSet<u32>| voters.difference(disabled).count() >= minimum as usize;
				prop_assert_eq!(backing.backing.is_backable(*candidate), has_quorum(&of_all), "R-BAK-14: for all leaves");
				prop_assert!(!has_quorum(&of_all) || announced.contains(candidate), "R-BAK-7: not withheld");
				for (name, disabled) in &leaves {
					let at = leaf_hash(*name);
					let offered = backing.backing.backed_at(at, ten, *candidate);
					prop_assert_eq!(offered.is_some(), has_quorum(disabled), "R-BAK-14: at leaf {}", name);
					prop_assert_eq!(backing.backing.is_backable_at(at, *candidate), has_quorum(disabled));
					let disabled: Vec<_> = disabled.iter().copied().collect();
					if let Some(offered) = offered {
						prop_assert_eq!(chain_counts(&offered, minimum, &set(&disabled)), (0, true), "R-BKV-4");
						let counted = voters.iter().filter(|voter| !disabled.contains(voter)).count();
						prop_assert_eq!(offered.validity_votes.len(), counted, "R-BAK-8: all that count");
					}
					if let Some(everywhere) = backing.backing.backed(ten, *candidate) {
						prop_assert_eq!(chain_counts(&everywhere, minimum, &set(&disabled)), (0, true), "R-BKV-4");
					}
				}
			}
			prop_assert_eq!(backing.view.backed.len(), announced.len(), "R-VIE-6");
		}
		for (candidate, _) in SAID.iter() {
			for (name, disabled) in &leaves {
				let disabled: Vec<_> = disabled.iter().copied().collect();
				if let Some(offered) = backing.backing.backed_at(leaf_hash(*name), ten, *candidate) {
					prop_assert_eq!(chain_says(&offered, minimum, &set(&disabled)), (0, true), "R-BKV-3");
				}
			}
		}
	}
}
