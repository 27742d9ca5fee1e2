//! What peers may put into memory, and what they may make this validator do.

use super::*;
use crate::{SecondedLimits, MAX_BATCH_PER_PEER, MAX_CODES_PER_VALIDATOR, MAX_FORGED, MAX_WAITING_PER_PEER};
use async_backing_machine::Input;
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
	let checked = node.checked;
	assert_eq!(
		node.hear(&valid(16, 1, ten)),
		Err(StatementError::TooManyEarly(15))
	);
	assert_eq!(node.checked, checked, "refused before it is checked");
	assert_eq!(node.reports, [(peer(1), Cost::Minor)]);
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
fn row_13_a_statement_that_comes_before_its_leaf_is_given_back_and_counts_later() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(3), Script::at(ten, &[0]));
	let statement = seconded(1, 0, ten);
	let seen = node.hear(&statement).expect("no error");
	let early = Effect::Early {
		peer: peer(0),
		statement: Arc::new(statement.clone()),
	};
	assert_eq!(seen, [Seen::Effect(early)]);
	assert_eq!((node.checked, node.reports.len()), (0, 0));
	node.activate(&leaf(10, (4, 3)));
	assert_eq!(node.hear(&statement), Ok(vec![]));
	assert!(node.candidate(hash(1, ten)).is_some());
}

#[test]
fn row_15_a_peer_with_forged_statements_is_reported_and_cut_after_few_checks() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	let forged: Vec<_> = (0..2000_u32)
		.map(|number| {
			let candidate = CandidateHash(Hash::from_low_u64_be(number.into()));
			let mut statement = sign(StatementContent::Valid(candidate), 5, ten);
			statement.validator_index = ValidatorIndex(number % 3);
			Arc::new(statement)
		})
		.collect();
	let honest = Arc::new(seconded(1, 0, ten));
	let mut effects = Vec::new();
	for (number, statement) in forged.iter().enumerate() {
		let mut hear = |peer, statement: &Arc<SignedStatement>| {
			let message = Input::Peer(peer, PeerEvent::Message(statement.clone()));
			effects.extend(node.backing.handle(
				node.now,
				message,
				&node.chain,
				&mut node.view,
				&mut node.out,
			));
		};
		hear(peer(5), statement);
		if number == 1000 {
			hear(peer(0), &honest);
		}
	}
	node.settle(effects);
	let few = 1 + MAX_BATCH_PER_PEER + 1;
	assert!(node.checked <= few, "{} signatures were checked", node.checked);
	assert!(
		node.candidate(hash(1, ten)).is_some(),
		"law 4: the honest one is not held up"
	);
	let costs: Vec<_> = node.reports.iter().filter(|(of, _)| *of == peer(5)).collect();
	assert_eq!(costs.len(), node.reports.len(), "nobody else pays");
	assert!(
		costs.contains(&&(peer(5), Cost::Malicious)),
		"law 4: named and cut"
	);

	let checked = node.checked;
	let refused = node.hear_from(peer(5), &seconded(2, 5, ten));
	assert!(matches!(
		refused,
		Err(StatementError::NotWaiting(crate::NotWaiting::Cut(_)))
	));
	assert_eq!(node.checked, checked, "not listened to any more");
}

#[test]
fn row_15_forged_one_by_one_as_well() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	for number in 0..100_u8 {
		let mut statement = valid(number, 5, ten);
		statement.validator_index = ValidatorIndex(1);
		assert!(node.hear_from(peer(5), &statement).is_err());
	}
	assert_eq!(node.checked, MAX_FORGED as usize);
	let malicious = node.reports.iter().filter(|(_, cost)| *cost == Cost::Malicious);
	assert_eq!(malicious.count(), 1);
}

#[test]
fn row_15_strangers_and_repetitions_cost_no_check() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	let statement = seconded(1, 0, ten);
	assert_eq!(
		node.hear_from(COLLATOR, &statement),
		Err(StatementError::Stranger(ten)),
		"law 4: strangers get the least"
	);
	assert_eq!(
		(node.checked, node.reports.pop()),
		(0, Some((COLLATOR, Cost::Minor)))
	);
	node.hear(&statement).expect("counted");
	assert_eq!(node.hear(&statement), Err(StatementError::Known));
	assert_eq!(
		node.reports.pop(),
		Some((peer(0), Cost::MinorRepeated)),
		"it repeats itself"
	);
	assert_eq!(node.hear_from(peer(1), &statement), Err(StatementError::Known));
	assert_eq!(node.reports.pop(), None, "somebody else may pass it on, once");
	assert_eq!(node.hear_from(peer(1), &statement), Err(StatementError::Known));
	assert_eq!(node.reports.pop(), Some((peer(1), Cost::MinorRepeated)));
	assert_eq!(node.checked, 1);
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
	assert_eq!(node.checked, accepted, "refused before anything is hashed");
	assert_eq!(node.refused.len(), refused);
	assert_eq!(node.backing.refused_count(), refused as u64, "law 3: counted");
	assert_eq!(
		node.reports,
		vec![(peer(0), Cost::Major); refused],
		"it costs the peer"
	);

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
	assert_eq!(node.reports, vec![(peer(0), Cost::Major); 3]);
}

#[test]
fn row_16_r_sd_3_what_is_over_the_seconding_limit_is_not_even_checked() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	for name in 1..=5 {
		node.hear(&seconded(name, 0, ten)).expect("D + 1 are allowed");
	}
	let checked = node.checked;
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
	assert_eq!(node.checked, checked);
	assert_eq!(node.reports, vec![(peer(0), Cost::Major); 45]);
	assert!(node.hear_from(peer(1), &seconded(51, 0, ten)).is_err());
	assert_eq!(
		node.reports.pop(),
		Some((peer(1), Cost::Minor)),
		"who passes it on may not know better"
	);
	assert_eq!(node.backing.candidates.len(), 5);
}

#[test]
fn law_3_statements_that_wait_are_bounded_for_each_peer() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	// The driver has no time for jobs.
	node.fails = Some(|job| matches!(job, job::Job::CheckStatements(_)));
	let mut refused = 0;
	for number in 0..300_u32 {
		let candidate = CandidateHash(Hash::from_low_u64_be(number.into()));
		let statement = sign(StatementContent::Valid(candidate), 1, ten);
		refused += usize::from(node.hear(&statement).is_err());
	}
	assert_eq!(refused, 300 - MAX_WAITING_PER_PEER);
	assert!(node.backing.bytes() <= (MAX_WAITING_PER_PEER + 1) * 1024);
	node.fails = None;
	// The next input tries again.
	let honest = Arc::new(seconded(1, 0, ten));
	node.input(Input::Peer(peer(0), PeerEvent::Message(honest)));
	assert_eq!(
		node.checked,
		MAX_WAITING_PER_PEER + 1,
		"nothing that waits is lost"
	);
	assert!(node.candidate(hash(1, ten)).is_some());

	node.fails = Some(|job| matches!(job, job::Job::CheckStatements(_)));
	node.hear(&seconded(2, 1, ten)).expect("waits");
	assert!(node.backing.checks.bytes() > 0);
	node.input(Input::Peer(peer(1), PeerEvent::Disconnected));
	assert_eq!(
		node.backing.checks.bytes(),
		0,
		"nothing is held of a peer that went"
	);
}

#[test]
fn law_3_nothing_is_kept_of_what_left_every_scope() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	node.fails = Some(|job| matches!(job, job::Job::CheckStatements(_)));
	node.hear(&valid(1, 1, ten)).expect("waits");
	node.fails = None;
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
