//! What peers may put into memory, and what they may make this validator do.

use super::*;
use crate::{SecondedLimits, MAX_CODES_PER_VALIDATOR};
use async_backing_primitives::{BackingState, Constraints, ParaAtLeaf, ValidationCode};

/// A candidate that announces a code of this size.
fn announcing(name: u8, code: usize, relay_parent: Hash) -> Arc<SecondedCandidate> {
	let commitments = CandidateCommitments {
		new_validation_code: Some(ValidationCode(vec![name; code])),
		..commitments(name)
	};
	seconded_candidate(CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::v2(fields(name, relay_parent)),
		commitments,
	})
}

fn announces(name: u8, code: usize, validator: u32, relay_parent: Hash) -> SignedStatement {
	let content = StatementContent::Seconded(announcing(name, code, relay_parent));
	sign(content, validator, relay_parent)
}

/// The leaf where the para may announce codes of 3 MiB.
fn leaf_with_limits() -> LeafFacts {
	let constraints = Constraints {
		min_relay_parent_number: 0,
		max_pov_size: MAX_POV_SIZE,
		max_code_size: 3 << 20,
		max_head_data_size: 20 << 10,
		ump_remaining: 10,
		ump_remaining_bytes: 64 << 10,
		max_ump_num_per_candidate: 10,
		dmp_remaining_messages: Vec::new(),
		hrmp_inbound: Default::default(),
		hrmp_channels_out: Vec::new(),
		max_hrmp_num_per_candidate: 10,
		required_parent: HeadData(vec![0]),
		validation_code_hash: Default::default(),
		upgrade_restriction: None,
		future_validation_code: None,
	};
	let at_leaf = ParaAtLeaf {
		backing_state: BackingState {
			constraints,
			pending_availability: Vec::new(),
		},
		extension: None,
	};
	LeafFacts {
		paras: [(PARA, at_leaf)].into(),
		..leaf(10, (4, 3))
	}
}

#[test]
fn row_12_r_bak_7_valid_that_overtakes_seconded_is_counted_when_that_comes() {
	let ten = leaf_hash(10);
	let (seconds, confirms) = (seconded(1, 0, ten), [valid(1, 1, ten), valid(1, 2, ten)]);
	let orders: [&[&SignedStatement]; 4] = [
		&[&seconds, &confirms[0], &confirms[1]],
		&[&confirms[0], &seconds, &confirms[1]],
		&[&confirms[0], &confirms[1], &seconds],
		&[&confirms[1], &confirms[0], &seconds],
	];
	for order in orders {
		let mut node = validator(3, Script::at(ten, &[0]));
		let announced = order
			.iter()
			.flat_map(|statement| node.hear(statement).expect("no error"))
			.collect::<Vec<_>>();
		assert_eq!(announced, [backable(1, ten)], "R-BAK-7: once, whatever the order");
		let backed = node.backing.backed(ten, hash(1, ten)).expect("a quorum");
		assert_eq!(backed.validity_votes.len(), 3, "R-BAK-8: all votes");
		assert!(node.reports.is_empty());
	}
}

#[test]
fn row_12_votes_that_wait_for_their_candidate_are_judged_when_it_comes() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	// 4 is not in the group, 0 seconds the candidate after all.
	for voter in [0, 1, 4] {
		assert_eq!(node.hear(&valid(1, voter, ten)), Ok(vec![]));
	}
	let seen = node.hear(&seconded(1, 0, ten)).expect("counted");
	let misbehaved: Vec<_> = seen
		.iter()
		.filter_map(|seen| match seen {
			Seen::Effect(Effect::Misbehaviour { misbehaviour, .. }) => Some(misbehaviour),
			_ => None,
		})
		.collect();
	assert!(
		matches!(
			misbehaved[..],
			[
				Misbehaviour::ValidityDoubleVote { .. },
				Misbehaviour::UnauthorizedStatement(_)
			]
		),
		"R-TAB-1, R-TAB-2: {seen:?}"
	);
	assert!(seen.contains(&backable(1, ten)), "the vote of 1 counts: {seen:?}");
}

#[test]
fn row_12_votes_that_wait_are_as_many_of_a_validator_as_it_may_make() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	// Three in the group, D + 1 = 5 of each.
	for name in 1..=15 {
		assert_eq!(node.hear(&valid(name, 1, ten)), Ok(vec![]));
	}
	assert_eq!(
		node.hear(&valid(16, 1, ten)),
		Err(StatementError::TooManyEarly(15))
	);
	assert_eq!(node.hear(&valid(16, 2, ten)), Ok(vec![]), "others have their own");
	assert_eq!(
		node.hear(&valid(1, 1, ten)),
		Err(StatementError::Known),
		"a repetition takes no room"
	);
	node.hear(&seconded(1, 0, ten)).expect("counted");
	assert_eq!(node.hear(&valid(16, 1, ten)), Ok(vec![]), "there is room again");
}

#[test]
fn row_16_one_dishonest_backer_fills_nobodys_memory_with_codes() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	let code = 28 << 17; // 3.5 MiB
	let small = (3 << 20) - 4096;
	let mut node = Node::new(Some(3), Script::at(ten, &[0]));
	node.activate(&leaf_with_limits());
	let (mut accepted, mut refused) = (0, 0);
	for relay_parent in [nine, ten] {
		for name in 1..=8 {
			match node.hear(&announces(name, small, 0, relay_parent)) {
				Ok(_) => accepted += 1,
				Err(StatementError::OverBytes { validator, codes, .. }) => {
					assert_eq!((validator, codes), (ValidatorIndex(0), MAX_CODES_PER_VALIDATOR));
					refused += 1;
				}
				Err(other) => panic!("{other}"),
			}
		}
	}
	assert_eq!(
		(accepted, refused),
		(MAX_CODES_PER_VALIDATOR, 16 - MAX_CODES_PER_VALIDATOR)
	);
	assert_eq!(node.refused.len(), refused);
	assert_eq!(node.backing.refused_count(), refused as u64, "law 3: counted");

	let constraints = &leaf_with_limits().paras[&PARA].backing_state.constraints;
	let params = AsyncBackingParams::new(4, 3).expect("legal");
	let limits = SecondedLimits::new(params, constraints);
	let bound = limits.max_bytes(2);
	assert!(
		node.backing.bytes() <= bound && bound < 9 << 20,
		"law 3: {} of {bound} bytes",
		node.backing.bytes()
	);

	let too_large = node.hear(&announces(9, code, 1, ten));
	assert!(
		matches!(too_large, Err(StatementError::OverBytes { .. })),
		"above max_code_size: {too_large:?}"
	);
	assert_eq!(
		node.hear(&announces(1, small, 1, ten)),
		Ok(vec![]),
		"others have their own room"
	);
	node.hear(&seconded(10, 0, ten))
		.expect("what needs no room to speak of is heard still");
}

#[test]
fn row_16_messages_and_heads_are_accounted_as_well() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(3), Script::at(ten, &[0]));
	node.activate(&leaf_with_limits());
	let heavy = |name: u8| {
		let commitments = CandidateCommitments {
			upward_messages: vec![vec![name; 60 << 10]; 2],
			..commitments(name)
		};
		let candidate = seconded_candidate(CommittedCandidateReceipt {
			descriptor: CandidateDescriptor::v2(fields(name, ten)),
			commitments,
		});
		sign(StatementContent::Seconded(candidate), 0, ten)
	};
	let heard: Vec<_> = (1..=5).map(|name| node.hear(&heavy(name)).is_ok()).collect();
	assert_eq!(heard, [true, true, false, false, false], "law 3");
}

#[test]
fn row_16_r_sd_3_what_is_over_the_seconding_limit_takes_no_room() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	for name in 1..=5 {
		node.hear(&seconded(name, 0, ten)).expect("D + 1 are allowed");
	}
	for name in 6..=50 {
		let error = node.hear(&seconded(name, 0, ten)).expect_err("R-SD-3");
		assert_eq!(
			error,
			StatementError::NotCounted(TableError::TooManySeconded {
				validator: ValidatorIndex(0),
				limit: 5
			})
		);
	}
	assert_eq!(node.backing.candidates.len(), 5);
	assert_eq!(node.backing.refused_count(), 45, "law 3: counted");
}

#[test]
fn law_3_nothing_is_kept_of_what_left_every_scope() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	node.hear(&valid(2, 2, ten)).expect("kept");
	node.hear(&seconded(3, 1, ten)).expect("counted");
	node.fetch(collation(4, ten)).expect("may be seconded");
	let seen = node.deactivate(ten);
	assert_eq!(seen, [Seen::Cancelled(hash(4, ten))]);
	let backing = &node.backing;
	assert!(backing.candidates.is_empty() && backing.relay_parents.is_empty());
	assert!(backing.to_confirm.is_empty() && backing.executing.is_empty());
	assert!(backing.requests.is_empty() && backing.jobs.is_empty() && backing.batches.is_empty());
	assert_eq!(backing.bytes(), 0);
}
