//! Proofs of validity and executions: how large, how many, from whom.

use super::*;
use async_backing_machine::{Input, JobFailure, RequestFailure};
use async_backing_primitives::ValidatorPair;

fn large_pov(bytes: usize) -> Arc<PoV> {
	Arc::new(PoV {
		block_data: BlockData(vec![1; bytes]),
	})
}

/// A candidate with this proof of validity and limit.
fn with_pov(pov: &PoV, max_pov_size: u32, relay_parent: Hash) -> Arc<SecondedCandidate> {
	let data = PersistedValidationData {
		max_pov_size,
		..validation_data()
	};
	let available = AvailableData {
		pov: pov.clone(),
		validation_data: data.clone(),
	};
	let fields = DescriptorFields {
		pov_hash: pov.hash(),
		persisted_validation_data_hash: data.hash(),
		erasure_root: erasure_root_of(6, &available).expect("six validators"),
		..fields(1, relay_parent)
	};
	let receipt = CommittedCandidateReceipt {
		descriptor: CandidateDescriptor::v2(fields),
		commitments: commitments(1),
	};
	Arc::new(SecondedCandidate {
		receipt: Arc::new(receipt),
		validation_data: Arc::new(data),
	})
}

#[test]
fn row_01_r_bak_12_a_pov_above_the_limit_is_refused_before_execution() {
	let ten = leaf_hash(10);
	// What a collator hands over: 1,000,000 bytes and their length of four.
	let (pov, max) = (large_pov(1_000_000), 1_000);
	let candidate = with_pov(&pov, max, ten);
	let mut view = Script::at(ten, &[0]);
	view.max_pov_size = Some(max);
	let mut node = validator(0, view);
	let collation = Collation {
		receipt: candidate.receipt.to_plain(),
		pov: pov.clone(),
		parent_head: validation_data().parent_head.hash(),
		parent_head_data: None,
	};
	let error = SecondingError::PovTooLarge {
		max: 1_000,
		got: 1_000_004,
	};
	assert_eq!(node.fetch(collation), Err(error), "R-BAK-12");
	assert_eq!((node.jobs, node.validations.len()), (0, 0), "nothing is executed");
	assert_eq!(node.reports, [(COLLATOR, Cost::Malicious)]);
	assert!(node.backing.candidates.is_empty(), "nothing is kept of it");

	// What a backer hands over: the next one is asked.
	let name = candidate.receipt.hash();
	for validator in [1, 2] {
		let statement = sign(StatementContent::Seconded(candidate.clone()), validator, ten);
		node.hear(&statement).expect("counted");
	}
	node.reports.clear();
	let next = node.answer(1, name, Some(pov.clone()));
	let fetch = Seen::Fetch {
		candidate: name,
		from: 2,
	};
	assert_eq!(next, [fetch], "R-BAK-10");
	assert_eq!(node.reports, [(peer(1), Cost::Major)]);
	assert_eq!(node.answer(2, name, Some(pov)), [], "nobody is left");
	assert!(node.validations.is_empty(), "R-BAK-12");
}

#[test]
fn row_01_a_pov_of_exactly_the_limit_is_executed() {
	let ten = leaf_hash(10);
	for (bytes, max, is_executed) in [(996, 998, true), (997, 998, false)] {
		let pov = large_pov(bytes);
		let candidate = with_pov(&pov, max, ten);
		let mut view = Script::at(ten, &[0]);
		view.max_pov_size = Some(max);
		let mut node = validator(0, view);
		let collation = Collation {
			receipt: candidate.receipt.to_plain(),
			pov,
			parent_head: validation_data().parent_head.hash(),
			parent_head_data: None,
		};
		assert_eq!(
			node.fetch(collation).is_ok(),
			is_executed,
			"R-BAK-12: {bytes} bytes"
		);
	}
}

#[test]
fn row_03_rivals_for_one_place_are_executed_as_claims_allow() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	let mut executed = 0;
	for rival in 1..=255 {
		match node.fetch(collation(rival, ten)) {
			Ok(_) => executed += 1,
			Err(error) => assert_eq!(error, SecondingError::Busy(3)),
		}
		assert!(node.validations.len() <= 3, "as many at once as claims");
	}
	assert_eq!(executed, 3);
	assert_eq!(node.backing.candidates.len(), 3, "nothing is held of the others");
	assert_eq!(node.backing.free_executions(PARA, ten), 0);

	// One of them takes the place: the others are of no use any more.
	let seen = node.validated(hash(2, ten), Some(outcome(2)));
	let lost = |rival| {
		let error = SecondingError::DepthTaken(DepthTaken {
			leaf: ten,
			depth: 0,
			by: hash(2, ten),
		});
		Seen::Effect(Effect::NotSeconded {
			candidate: hash(rival, ten),
			peer: COLLATOR,
			error,
		})
	};
	for rival in [1, 3] {
		assert!(seen.contains(&Seen::Cancelled(hash(rival, ten))), "{seen:?}");
		assert!(seen.contains(&lost(rival)), "R-BAK-3: {seen:?}");
	}
	assert!(node.validations.is_empty());
	assert_eq!(node.backing.candidates.len(), 1);
	assert_eq!(node.backing.free_executions(PARA, ten), 3);
	// The advertisement of a fourth is not worth fetching.
	let descriptor = &named(4, ten).receipt.descriptor;
	let parent_head = validation_data().parent_head.hash();
	let can_second = node
		.backing
		.can_second(&Advertised::of(hash(4, ten), descriptor, parent_head), &node.view);
	assert!(matches!(can_second, Err(SecondingError::DepthTaken(_))));
}

#[test]
fn row_03_what_others_second_is_confirmed_as_claims_allow_and_the_supported_first() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	for rival in 1..=5 {
		node.hear(&seconded(rival, 1, ten)).expect("D + 1 are allowed");
	}
	node.hear(&seconded(6, 2, ten)).expect("counted");
	node.hear(&valid(6, 1, ten)).expect("counted");
	assert_eq!(node.fetches.len(), 3, "as many at once as claims");
	let seen = node.end_request(1, hash(1, ten), Err(RequestFailure::TimedOut));
	let with_most_votes = Seen::Fetch {
		candidate: hash(6, ten),
		from: 2,
	};
	assert_eq!(seen, [with_most_votes]);
	let seen = node.answer(2, hash(6, ten), Some(pov(6)));
	assert_eq!(seen, [Seen::Validate(hash(6, ten))], "its place is still taken");
	let seen = node.validated(hash(6, ten), Some(outcome(6)));
	let next = Seen::Fetch {
		candidate: hash(4, ten),
		from: 1,
	};
	assert!(seen.contains(&next), "{seen:?}");
}

#[test]
fn row_03_r_bak_13_a_para_leaves_the_claims_of_others_on_a_shared_core() {
	let ten = leaf_hash(10);
	let other = ParaId(2001);
	let mut facts = leaf(10, (4, 3));
	facts.claim_queue = [(CoreIndex(0), VecDeque::from([PARA, other, PARA]))].into();
	let mut node = Node::new(Some(0), Script::at(ten, &[0]));
	node.activate(&facts);
	for (name, depth) in [(1, 0), (2, 1)] {
		node.view.depths = vec![(ten, vec![depth])];
		assert!(matches!(second(&mut node, name, ten)[..], [Seen::Shared(_)]));
	}
	node.view.depths = vec![(ten, vec![2])];
	assert_eq!(
		node.fetch(collation(3, ten)),
		Err(SecondingError::LimitReached),
		"R-BAK-13: two claims"
	);
	let of_other = candidate(
		DescriptorFields {
			para_id: other,
			..fields(4, ten)
		},
		4,
	);
	let collation = Collation {
		receipt: of_other.receipt.to_plain(),
		..collation(4, ten)
	};
	assert!(node.fetch(collation).is_ok(), "R-BAK-13: the other has one");
}

#[test]
fn row_08_a_backer_that_never_answers_costs_its_time_out_and_the_next_one_is_asked() {
	let ten = leaf_hash(10);
	let fetch = |from| Seen::Fetch {
		candidate: hash(1, ten),
		from,
	};
	for failure in [
		RequestFailure::TimedOut,
		RequestFailure::Disconnected,
		RequestFailure::Refused,
		RequestFailure::Malformed,
	] {
		let mut node = validator(0, Script::at(ten, &[0]));
		assert_eq!(node.hear(&seconded(1, 1, ten)), Ok(vec![fetch(1)]));
		node.hear(&seconded(1, 2, ten)).expect("counted");
		assert_eq!(
			node.end_request(1, hash(1, ten), Err(failure)),
			[fetch(2)],
			"law 2: {failure}"
		);
		assert_eq!(
			node.end_request(2, hash(1, ten), Err(failure)),
			[],
			"nobody is left"
		);
		let seen = node.activate(&leaf(11, (4, 3)));
		assert_eq!(seen, [fetch(1)], "law 2: all of them once more at the next leaf");
	}
}

#[test]
fn row_08_a_backer_that_is_not_connected_is_asked_when_it_is() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	node.chain.disconnected(peer(1));
	node.input(Input::Peer(peer(1), PeerEvent::Disconnected));
	assert_eq!(node.hear(&seconded(1, 1, ten)), Ok(vec![]));
	let identity = async_backing_chain_view::Identity {
		authorities: vec![key(1).public()],
	};
	node.chain.connected(peer(1), identity);
	let seen = node.input(Input::Peer(peer(1), PeerEvent::Connected(())));
	let fetch = Seen::Fetch {
		candidate: hash(1, ten),
		from: 1,
	};
	assert_eq!(seen, [fetch]);
}

/// The connection to a validator ends, and it comes back over another one.
fn reconnect(node: &mut Node, validator: u32, from: PeerId, to: PeerId) -> Vec<Seen> {
	node.chain.disconnected(from);
	node.input(Input::Peer(from, PeerEvent::Disconnected));
	let identity = async_backing_chain_view::Identity {
		authorities: vec![key(validator).public()],
	};
	node.chain.connected(to, identity);
	node.input(Input::Peer(to, PeerEvent::Connected(())))
}

#[test]
fn r_def_38_row_08_a_backer_that_connects_again_and_again_does_not_hold_up_the_next() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	let fetch = |from| Seen::Fetch {
		candidate: hash(1, ten),
		from,
	};
	assert_eq!(node.hear(&seconded(1, 1, ten)), Ok(vec![fetch(1)]));
	node.hear(&seconded(1, 2, ten)).expect("counted");
	// 101 is the connection to validator 1; the others are called by their numbers as well.
	assert_eq!(reconnect(&mut node, 1, peer(1), PeerId(150)), [], "one is asked");
	let next = node.end_request(1, hash(1, ten), Err(RequestFailure::Disconnected));
	assert_eq!(next, [fetch(2)], "law 2: not the same one first");
	let next = node.end_request(2, hash(1, ten), Err(RequestFailure::TimedOut));
	assert_eq!(next, [fetch(50)], "law 2: over its new connection");
	assert_eq!(
		node.end_request(50, hash(1, ten), Err(RequestFailure::TimedOut)),
		[],
		"nobody is left"
	);
	let back = reconnect(&mut node, 2, peer(2), PeerId(151));
	assert_eq!(back, [fetch(51)], "who comes back is asked once more");
}

#[test]
fn row_09_a_reorganisation_while_a_request_is_open_ends_it_or_leaves_it_to_the_right_fork() {
	let (nine, ten) = (leaf_hash(9), leaf_hash(10));
	let mut node = validator(0, Script::at(ten, &[0]));
	node.hear(&seconded(1, 1, ten)).expect("counted");
	node.hear(&seconded(2, 1, nine)).expect("counted");
	assert_eq!(node.fetches.len(), 2);
	// A block on 10 takes its place: 10 stays in scope, 9 does not.
	node.activate(&leaf(11, (4, 3)));
	assert_eq!(node.deactivate(ten), []);
	assert_eq!(
		node.answer(1, hash(1, ten), Some(pov(1))),
		[Seen::Validate(hash(1, ten))],
		"it is of use on the new fork"
	);
	assert_eq!(
		node.answer(1, hash(2, nine), Some(pov(2))),
		[],
		"nobody needs it any more"
	);
	// What is executed when its last fork goes is cancelled.
	node.activate(&leaf(40, (4, 3)));
	assert_eq!(node.deactivate(leaf_hash(11)), [Seen::Cancelled(hash(1, ten))]);
	assert!(node.backing.candidates.is_empty() && node.backing.jobs.is_empty());
	assert!(node.backing.requests.is_empty() && node.backing.executing.is_empty());
}

#[test]
fn row_10_two_forks_in_two_sessions_mean_different_validators_by_one_index() {
	let (ten, fork) = (leaf_hash(10), leaf_hash(20));
	let mut facts = leaf(20, (4, 3));
	facts.ancestors.clear();
	facts.session_index = SESSION + 1;
	// Everybody has another index: validator 5 is the first.
	facts.validators.reverse();
	let mut node = validator(5, Script::at(fork, &[0]));
	node.activate(&facts);

	let of_session_4 = |validator_index: u32, key: &ValidatorPair| {
		let fields = DescriptorFields {
			session_index: SESSION + 1,
			..fields(1, fork)
		};
		let content = StatementContent::Seconded(candidate(fields, 1));
		let context = SigningContext {
			session_index: SESSION + 1,
			parent_hash: fork,
		};
		let signature = key.sign(&content.to_compact().signing_payload(&context));
		SignedStatement {
			scheduling_parent: fork,
			content,
			validator_index: ValidatorIndex(validator_index),
			signature,
		}
	};
	let statement = of_session_4(1, &key(4));
	let candidate = statement.to_compact().statement.candidate_hash();
	let fetch = Seen::Fetch { candidate, from: 4 };
	assert_eq!(
		node.hear(&statement),
		Ok(vec![fetch]),
		"law 7: the one who has index 1 there"
	);
	let on_ten = seconded(2, 1, ten);
	assert_eq!(
		node.hear(&on_ten),
		Ok(vec![]),
		"of the other session, where this one is in the other group"
	);
	node.answer(4, candidate, Some(pov(1)));
	let seen = node.validated(candidate, Some(outcome(1)));
	assert_eq!(
		shared(&seen).validator_index,
		ValidatorIndex(0),
		"law 7: its own index there"
	);
}

#[test]
fn row_11_a_pov_of_five_mebibytes_is_handed_on_untouched() {
	let ten = leaf_hash(10);
	let pov = large_pov(5 << 20);
	let candidate = with_pov(&pov, MAX_POV_SIZE, ten);
	let mut node = validator(0, Script::at(ten, &[0]));
	let collation = Collation {
		receipt: candidate.receipt.to_plain(),
		pov: pov.clone(),
		parent_head: validation_data().parent_head.hash(),
		parent_head_data: None,
	};
	node.fetch(collation).expect("may be seconded");
	let name = candidate.receipt.hash();
	let (_, job) = &node.validations[&name];
	assert!(
		Arc::ptr_eq(&job.pov, &pov),
		"law 1: neither copied nor hashed but in the job"
	);
	// All the rest, coding included, is the job's as well.
	let jobs = node.jobs;
	let seen = node.validated(name, Some(outcome(1)));
	assert!(matches!(seen[..], [Seen::Shared(_)]), "{seen:?}");
	assert_eq!(node.jobs, jobs + 1, "one signature");
}

#[test]
fn law_1_what_comes_with_a_statement_is_shared_and_not_copied() {
	let ten = leaf_hash(10);
	let mut node = validator(3, Script::at(ten, &[0]));
	let statement = seconded(1, 0, ten);
	let StatementContent::Seconded(sent) = &statement.content else {
		panic!("it seconds")
	};
	node.hear(&statement).expect("counted");
	let known = node.candidate(hash(1, ten)).expect("counted");
	assert!(Arc::ptr_eq(known.shared_receipt(), &sent.receipt));
	assert!(Arc::ptr_eq(known.shared_validation_data(), &sent.validation_data));
}

#[test]
fn law_2_a_validation_that_has_no_time_is_tried_again_and_then_left_to_others() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	node.fails = Some(|job| matches!(job, job::Job::Validate(_)));
	node.hear(&seconded(1, 1, ten)).expect("counted");
	assert_eq!(node.answer(1, hash(1, ten), Some(pov(1))), []);
	node.fails = None;
	let fetch = Seen::Fetch {
		candidate: hash(1, ten),
		from: 1,
	};
	assert_eq!(node.activate(&leaf(11, (4, 3))), [fetch]);
	assert_eq!(
		node.answer(1, hash(1, ten), Some(pov(1))),
		[Seen::Validate(hash(1, ten))]
	);

	// A collation is not tried again: the collator may offer it to others.
	let mut node = validator(0, Script::at(ten, &[0]));
	node.fails = Some(|job| matches!(job, job::Job::Validate(_)));
	let seen = node.fetch(collation(1, ten)).expect("may be seconded");
	let error = SecondingError::Failed(async_backing_machine::JobFailure::Dropped);
	let not_seconded = Seen::Effect(Effect::NotSeconded {
		candidate: hash(1, ten),
		peer: COLLATOR,
		error,
	});
	assert_eq!(seen, [not_seconded]);
	assert!(node.backing.candidates.is_empty());
}

#[test]
fn law_2_the_end_of_an_earlier_execution_ends_no_later_one() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	let name = hash(1, ten);
	node.fetch(collation(1, ten)).expect("there is room");
	let (earlier, _) = node.validations.remove(&name).expect("it is executed");
	// The block leaves the scope and comes back, before the driver has got round to ending what was cancelled.
	node.deactivate(ten);
	node.activate(&leaf(10, (4, 3)));
	node.fetch(collation(1, ten)).expect("there is room");
	assert_eq!(node.input(Input::Done(earlier, Err(JobFailure::Cancelled))), []);
	let seen = node.validated(name, Some(outcome(1)));
	assert!(matches!(seen[..], [Seen::Shared(_), ..]), "law 2: {seen:?}");
}
