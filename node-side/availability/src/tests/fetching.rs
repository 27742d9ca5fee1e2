//! Own chunks: whom to ask, when to go on, when to end (R-AVL-7).

use super::world::*;
use crate::*;
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{Cost, Input, JobFailure, Judgement, Outbox, PeerId, RequestFailure, RequestId};
use async_backing_primitives::{CandidateHash, CoreState, Hash, ParaId, ScheduledCore, ValidatorIndex};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

#[test]
fn r_avl_7_the_own_chunk_of_every_occupied_core_is_fetched_from_its_backers() {
	let mut world = World::new();
	let first = leaf(5, vec![occupied(1), CoreState::Free, occupied(2)]);
	world.import(first.clone());
	let mut asked = world.asked();
	asked.sort_by_key(|(_, request)| request.candidate() != candidate(1));
	assert_eq!(
		asked,
		[(3, own_chunk_request(1)), (3, own_chunk_request(2))],
		"R-AVL-7"
	);
	world.import(first);
	assert_eq!(world.requests.len(), 2, "one request a candidate");

	let (id, _) = *world
		.requests
		.iter()
		.map(|(id, (_, request))| (*id, *request))
		.filter(|(_, request)| *request == own_chunk_request(1))
		.collect::<Vec<_>>()
		.first()
		.expect("it is asked for");
	world.requests.remove(&id);
	let answer = Ok(AvailabilityResponse::Chunk(chunk(1, 0)));
	world.handle(Input::Response(id, answer));
	let stored = Effect::Stored {
		candidate: candidate(1),
	};
	assert_eq!(world.effects, [stored]);
	assert_eq!(world.events, [AvailabilityEvent::Effect(stored)]);
	world.handle(Input::Response(id, Err(RequestFailure::Refused)));
	assert_eq!(world.effects.len(), 1, "nobody waits any more");
	world.import(leaf(6, vec![occupied(1)]));
	assert!(
		!world
			.asked()
			.iter()
			.any(|(_, request)| request.candidate() == candidate(1)),
		"it is stored"
	);

	let mut observer = World::with(AvailabilityConfig::default(), 77, 6);
	observer.import(leaf(5, vec![occupied(1)]));
	assert_eq!(observer.asked(), [], "no validator fetches nothing");
	assert_eq!(observer.part.bitfield(block(5, 0), &observer.chain), None);
}

#[test]
fn r_avl_7_the_next_backer_is_asked_after_a_failure() {
	let mut world = World::new();
	world.import(leaf(5, vec![occupied(1)]));
	assert_eq!(world.asked(), [(3, own_chunk_request(1))]);
	world.answer(Err(RequestFailure::Refused));
	assert_eq!(world.asked(), [(4, own_chunk_request(1))]);

	world.answer_chunk(chunk(1, 1));
	let wrong = |peer, error| AvailabilityEvent::WrongChunk {
		peer: PeerId(peer),
		from: ValidatorIndex(peer as u32),
		candidate: candidate(1),
		error,
	};
	let index = wrong(4, ChunkError::WrongIndex { expected: 0, got: 1 });
	assert_eq!(world.events, [index], "R-AVL-3");
	assert_eq!(world.asked(), [(5, own_chunk_request(1))]);
	world.answer_chunk(chunk(2, 0));
	let root = coded(1).root;
	let proof = wrong(5, ChunkError::InvalidProof { root, index: 0 });
	assert_eq!(world.events[1], proof, "R-AVL-4");
	let why = "a chunk that is none of the candidate's";
	let pays = |peer| (PeerId(peer), Judgement::Cost(Cost::Major, why));
	assert_eq!(world.reports, [pays(4), pays(5)], "law 4");

	world.fail_all(RequestFailure::Refused);
	let unobtainable = Effect::Unobtainable {
		candidate: candidate(1),
	};
	assert_eq!(world.effects, [unobtainable]);
	world.import(leaf(6, vec![occupied(1)]));
	assert_eq!(
		world.asked(),
		[(3, own_chunk_request(1))],
		"the next leaf tries again"
	);
	world.answer(Err(RequestFailure::Refused));
	assert_eq!(
		world.asked(),
		[(1, own_chunk_request(1))],
		"who sent something wrong is not asked again"
	);
}

#[test]
fn law_2_a_round_asks_backers_then_a_few_others_then_all_for_their_chunks() {
	let mut world = World::new();
	world.import(leaf(5, vec![occupied(1)]));
	let mut asked = Vec::new();
	while let Some((id, (peer, request))) = world.requests.pop_first() {
		let AvailabilityRequest::Chunk { index, .. } = request else {
			panic!("chunks only")
		};
		asked.push((peer.0, index.0));
		world.handle(Input::Response(id, Err(RequestFailure::TimedOut)));
	}
	let own = [(3, 0), (4, 0), (5, 0), (1, 0), (2, 0)];
	let theirs = [(3, 3), (4, 4), (5, 5), (1, 1), (2, 2)];
	let expected = [&own[..], &theirs[..]].concat();
	assert_eq!(asked[..5], own, "R-AVL-7, R-NET-101: backers first");
	assert_eq!(
		BTreeSet::from_iter(asked),
		BTreeSet::from_iter(expected.clone()),
		"each once"
	);
	let rounds = 1 + {
		let mut rounds = 0;
		while !world.timers.is_empty() {
			world.tick();
			while let Some((id, _)) = world.requests.pop_first() {
				world.handle(Input::Response(id, Err(RequestFailure::TimedOut)));
			}
			rounds += 1;
		}
		rounds
	};
	assert_eq!(rounds, ROUNDS_PER_LEAF);
	assert_eq!(world.effects.len(), 1);
}

#[test]
fn r_avl_6_the_mapping_moves_the_own_chunk() {
	let mut world = World::new();
	world.import(mapped(leaf(5, vec![CoreState::Free, occupied(2)])));
	let mapped_request = AvailabilityRequest::Chunk {
		candidate: candidate(2),
		index: OWN,
		plain: false,
	};
	assert_eq!(
		world.asked(),
		[(3, mapped_request)],
		"R-NET-100: it asks by validator"
	);
	world.answer_chunk(chunk(2, 2));
	assert_eq!(
		world.bits(block(5, 0)),
		[false, true],
		"R-AVL-6: core 1 moves by two"
	);
	assert!(world.part.store().chunk(candidate(2), 2).is_some());
}

#[test]
fn r_avl_8_bits_tell_what_is_stored() {
	let mut world = World::new();
	let scheduled = CoreState::Scheduled(ScheduledCore::from(ParaId(1)));
	world.import(leaf(5, vec![occupied(1), scheduled, occupied(2), occupied(3)]));
	let at = block(5, 0);
	assert_eq!(world.bits(at), [false; 4], "R-AVL-8");
	let of = |world: &World, seed| {
		let request = own_chunk_request(seed);
		let mut requests = world.requests.iter();
		*requests
			.find(|(_, open)| open.1 == request)
			.expect("it is asked for")
			.0
	};
	let id = of(&world, 2);
	world.requests.remove(&id);
	world.writes = false;
	world.handle(Input::Response(id, Ok(AvailabilityResponse::Chunk(chunk(2, 0)))));
	assert_eq!(world.bits(at), [false; 4], "law 5: not before it is written");
	assert_eq!(world.effects, []);
	world.writes = true;
	world.catch_up();
	assert_eq!(world.bits(at), [false, false, true, false], "R-AVL-8");
	let own = OwnData {
		place: Placement {
			relay_parent: at,
			..own_data(1).place
		},
		..own_data(1)
	};
	world.store_coded(own);
	assert_eq!(
		world.bits(at),
		[true, false, true, false],
		"R-AVL-8: a backer has all chunks"
	);
	assert_eq!(world.effects.len(), 2);
	let id = of(&world, 1);
	world.handle(Input::Response(id, Ok(AvailabilityResponse::Chunk(chunk(1, 0)))));
	assert_eq!(world.effects.len(), 2, "the request was of no use any more");
}

#[test]
fn r_avl_9_the_block_after_backing_is_the_first_whose_bits_speak_of_a_candidate() {
	let mut world = World::new();
	let scheduled = CoreState::Scheduled(ScheduledCore::from(ParaId(1)));
	world.import(leaf(5, vec![scheduled]));
	let at = block(5, 0);
	let own = OwnData {
		place: Placement {
			relay_parent: at,
			..own_data(1).place
		},
		..own_data(1)
	};
	world.store_coded(own);
	assert_eq!(
		world.bits(at),
		[false],
		"R-AVL-9: stored, and not on the chain yet"
	);
	world.import(leaf(6, vec![occupied(1)]));
	assert_eq!(world.bits(block(6, 0)), [true], "R-AVL-9");
}

#[test]
fn r_avl_7_requests_for_candidates_that_left_end() {
	let mut world = World::new();
	world.import(leaf(5, vec![occupied(1)]));
	world.import(leaf(6, vec![CoreState::Free]));
	world.answer_chunk(chunk(1, 0));
	assert_eq!((world.effects.len(), world.part.open_requests()), (0, 0));
	assert!(world.part.store().is_empty());
}

#[test]
fn row_04_an_answer_that_nobody_asked_for_spoils_nothing() {
	let mut world = World::new();
	world.import(leaf(5, vec![occupied(1)]));
	for id in 100..200 {
		let answer = Ok(AvailabilityResponse::Chunk(chunk(2, 0)));
		world.handle(Input::Response(RequestId(id), answer));
	}
	assert_eq!(world.asked(), [(3, own_chunk_request(1))]);
	world.answer_chunk(chunk(1, 0));
	assert_eq!(world.bits(block(5, 0)), [true]);
	assert_eq!(world.reports, []);
}

#[test]
fn row_07_a_backer_that_never_answers_a_chunk_is_followed_by_the_next() {
	let mut world = World::new();
	world.import(leaf(5, vec![occupied(1)]));
	world.now += CHUNK_TIMEOUT;
	world.answer(Err(RequestFailure::TimedOut));
	assert_eq!(world.asked(), [(4, own_chunk_request(1))], "at once");
	world.answer_chunk(chunk(1, 0));
	assert_eq!(world.bits(block(5, 0)), [true], "1.5 s are not over");
	assert_eq!(world.reports, [], "an overloaded validator is no liar");
}

#[test]
fn r_net_36_row_07_backers_that_are_gone_are_not_waited_for() {
	let mut world = World::new();
	for peer in [3, 4] {
		world.chain.disconnected(PeerId(peer));
	}
	world.import(leaf(5, vec![occupied(1)]));
	assert_eq!(world.asked(), [(5, own_chunk_request(1))]);
	world.chain.disconnected(PeerId(5));
	world.answer(Err(RequestFailure::Disconnected));
	assert_eq!(
		world.asked(),
		[(1, own_chunk_request(1))],
		"law 2: then somebody else"
	);
	// A backer comes back under another connection, and has all that anybody asks for.
	world.chain.connected(PeerId(77), Identity::of(key(4)));
	while world.bits(block(5, 0)) == [false] {
		let Some((id, (peer, request))) = world.requests.pop_first() else {
			world.tick();
			continue;
		};
		let answer = match request {
			_ if peer != PeerId(77) => Err(RequestFailure::Refused),
			AvailabilityRequest::Chunk { index, .. } => {
				Ok(AvailabilityResponse::Chunk(chunk(1, index.as_usize())))
			}
			_ => Ok(AvailabilityResponse::AvailableData(data(1))),
		};
		world.handle(Input::Response(id, answer));
	}
	assert_eq!(world.reports, []);
}

#[test]
fn row_09_a_reorganisation_keeps_what_a_fork_still_waits_for_and_ends_the_rest() {
	let mut world = World::new();
	world.import(leaf_of(101, 1, vec![occupied(1), occupied(2)]));
	world.import(leaf_of(101, 2, vec![occupied(1), occupied(3)]));
	assert_eq!(world.requests.len(), 3);
	// The first fork goes on without its candidates.
	world.import(leaf_of(102, 1, vec![CoreState::Free, CoreState::Free]));
	let by_candidate: BTreeMap<_, _> = world
		.requests
		.iter()
		.map(|(id, (_, request))| (request.candidate(), *id))
		.collect();
	for seed in [1, 2, 3] {
		let id = by_candidate[&candidate(seed)];
		world.requests.remove(&id);
		world.handle(Input::Response(
			id,
			Ok(AvailabilityResponse::Chunk(chunk(seed, 0))),
		));
	}
	let stored = |seed| Effect::Stored {
		candidate: candidate(seed),
	};
	assert_eq!(
		world.effects,
		[stored(1), stored(3)],
		"the other one is of no use any more"
	);
	assert_eq!(world.bits(block(101, 2)), [true, true]);
	assert_eq!(world.bits(block(102, 1)), [false, false]);
	assert_eq!(world.part.open_requests(), 0);
	assert!(world.timers.is_empty());
}

#[test]
fn row_09_a_fork_that_is_reverted_ends_its_fetches_and_jobs() {
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf_of(101, 1, vec![occupied(1)]));
	world.answer_chunk(chunk(1, 0));
	assert_eq!(world.jobs.len(), 1);
	world.chain(ChainEvent::Reverted { hash: block(101, 1) });
	assert_eq!(world.jobs.len(), 0, "the check is cancelled");
	assert_eq!((world.requests.len(), world.effects.len()), (0, 0));
	// And back again.
	world.import(leaf_of(101, 2, vec![occupied(1)]));
	assert_eq!(world.asked(), [(3, own_chunk_request(1))]);
	world.answer_chunk(chunk(1, 0));
	world.runs_jobs = true;
	world.catch_up();
	assert_eq!(world.bits(block(101, 2)), [true]);
}

#[test]
fn row_10_two_forks_in_two_sessions_ask_the_validators_of_each() {
	let mut world = World::new();
	for i in 10..16 {
		world.chain.connected(PeerId(i), Identity::of(key(i as u32)));
	}
	let first = leaf_of(101, 1, vec![occupied(1)]);
	// In the other fork's session this validator is the fifth, and nobody else is the same.
	let mut second = leaf_of(101, 2, vec![occupied(2)]);
	second.session_index = 2;
	second.validators = [10, 11, 12, 13, 0, 15].map(key).to_vec();
	second.groups = vec![
		[4, 2].map(ValidatorIndex).to_vec(),
		[0, 1, 3, 5].map(ValidatorIndex).to_vec(),
	];
	world.import(first);
	assert_eq!(world.asked(), [(3, own_chunk_request(1))]);
	world.requests.clear();
	world.import(second);
	let fifth = AvailabilityRequest::Chunk {
		candidate: candidate(2),
		index: ValidatorIndex(4),
		plain: true,
	};
	assert_eq!(
		world.asked(),
		[(10, fifth)],
		"law 7: 4 mod 4 is the first of the group"
	);
	world.answer(Err(RequestFailure::Refused));
	assert_eq!(world.asked(), [(11, fifth)], "law 7");
	world.answer_chunk(chunk(2, 4));
	assert_eq!(world.bits(block(101, 2)), [true]);
	assert_eq!(world.bits(block(101, 1)), [false]);
}

#[test]
fn a_chunk_that_no_data_makes_is_refused_before_it_is_hashed() {
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf(5, vec![occupied(1)]));
	let limit = max_chunk_len(6).expect("a code exists");
	for (len, next) in [(0, 4), (limit + 2, 5)] {
		let chunk = ErasureChunk {
			chunk: vec![0; len],
			..(*chunk(1, 0)).clone()
		};
		world.answer_chunk(Arc::new(chunk));
		assert!(world.jobs.is_empty(), "R-AVL-3");
		assert_eq!(world.asked()[0].0, next);
		let Some(AvailabilityEvent::WrongChunk { error, .. }) = world.events.last() else {
			panic!("it is told")
		};
		assert_eq!(*error, ChunkError::WrongLength { limit, got: len });
	}
	assert_eq!(world.reports.len(), 2);
}

#[test]
fn a_check_that_is_dropped_is_no_proof_against_its_sender() {
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf(5, vec![occupied(1)]));
	world.answer_chunk(chunk(1, 0));
	let (id, _) = world.jobs.pop_first().expect("it is checked");
	world.handle(Input::Done(id, Err(JobFailure::Dropped)));
	assert_eq!(world.asked(), [(4, own_chunk_request(1))]);
	assert_eq!(world.reports, []);
}

#[test]
fn law_3_a_full_outbox_delays_but_loses_nothing() {
	let mut world = World::new();
	world.out = Outbox::new(0);
	world.import(leaf(5, vec![occupied(1)]));
	assert_eq!(world.requests.len(), 0);
	assert_eq!(world.timers.len(), 1, "it comes back");
	world.out = Outbox::default().starting_at(500);
	world.tick();
	assert_eq!(world.asked(), [(3, own_chunk_request(1))]);
}

/// A core with the candidate of this number, of which nobody has anything.
fn withheld(number: u64) -> CoreState {
	occupied_with(Hash::from_low_u64_be(number), &[])
}

/// Its hash.
fn withheld_candidate(number: u64) -> CandidateHash {
	receipt(Hash::from_low_u64_be(number)).hash()
}

#[test]
fn law_3_open_requests_are_bounded_and_further_ones_wait() {
	let mut world = World::new();
	// Two forks of 100 cores each.
	world.import(leaf_of(101, 1, (0..100).map(withheld).collect()));
	world.import(leaf_of(101, 2, (100..200).map(withheld).collect()));
	assert_eq!(world.requests.len(), MAX_OPEN_REQUESTS);
	for _ in 0..50 {
		let (id, _) = world.requests.pop_first().expect("some are open");
		world.handle(Input::Response(id, Err(RequestFailure::TimedOut)));
		assert_eq!(world.part.open_requests(), MAX_OPEN_REQUESTS);
		assert_eq!(world.requests.len(), MAX_OPEN_REQUESTS);
	}
	// Everything fails: the number of recoveries is bounded as well, and each round ends.
	world.fail_all_of_many();
	assert_eq!(world.effects.len(), 200, "law 2");
	assert_eq!(world.part.open_requests(), 0);
}

#[test]
fn r_avl_8_however_many_cores_there_are_each_chunk_is_asked_for_at_once() {
	let mut world = World::new();
	world.import(leaf(5, (0..500).map(withheld).collect()));
	assert_eq!(
		world.requests.len(),
		500,
		"none waits for the time-out of another"
	);
	let places = [3, 100, 101, 500, usize::MAX].map(max_fetches);
	assert_eq!(
		places,
		[100, 100, 101, 500, 1024],
		"law 3: the cores of the largest chain"
	);
}

#[test]
fn r_avl_7_places_go_to_who_came_first_and_failed_least_whatever_the_hashes() {
	let mut numbers: Vec<_> = (0..200).collect();
	numbers.sort_by_key(|number| withheld_candidate(*number));
	// Somebody makes candidates until they have low hashes, and withholds them.
	let (low, high) = numbers.split_at(100);
	let mut world = World::new();
	world.import(leaf_of(101, 1, low.iter().copied().map(withheld).collect()));
	world.import(leaf_of(101, 2, high.iter().copied().map(withheld).collect()));
	let asked_for = |world: &World| -> BTreeSet<_> {
		let asked = world.asked();
		asked.iter().map(|(_, request)| request.candidate()).collect()
	};
	let hashes = |numbers: &[u64]| numbers.iter().copied().map(withheld_candidate).collect();
	assert_eq!(asked_for(&world), hashes(low), "they came first");
	for (id, _) in std::mem::take(&mut world.requests) {
		world.handle(Input::Response(id, Err(RequestFailure::TimedOut)));
	}
	assert_eq!(asked_for(&world), hashes(high), "who failed waits for the others");
	for (id, _) in std::mem::take(&mut world.requests) {
		world.handle(Input::Response(id, Err(RequestFailure::TimedOut)));
	}
	assert_eq!(
		asked_for(&world),
		hashes(low),
		"among those that failed once they came first"
	);
}

#[test]
fn r_avl_7_each_validator_begins_with_another_core() {
	for (own, order) in [(0, [0, 1, 2, 3, 4]), (2, [2, 3, 4, 0, 1]), (5, [0, 1, 2, 3, 4])] {
		let mut world = World::with(AvailabilityConfig::default(), own, 6);
		world.import(leaf(5, (0..5).map(withheld).collect()));
		let asked: Vec<_> = world
			.asked()
			.iter()
			.map(|(_, request)| request.candidate())
			.collect();
		assert_eq!(
			asked,
			order.map(withheld_candidate),
			"validator {own} of five cores"
		);
	}
}

/// Refuses what is asked for the own chunks, until it is not asked for any more.
fn refuse_own(world: &mut World) {
	let is_own = |request: &AvailabilityRequest| matches!(request, AvailabilityRequest::Chunk { index, .. } if *index == OWN);
	while let Some(id) = {
		let mut open = world.requests.iter();
		open.find(|(_, (_, request))| is_own(request)).map(|(id, _)| *id)
	} {
		world.requests.remove(&id);
		world.handle(Input::Response(id, Err(RequestFailure::Refused)));
	}
}

#[test]
fn r_avl_7_recoveries_take_no_places_of_chunks_that_are_asked_for() {
	let mut world = World::with(AvailabilityConfig::default(), 0, 100);
	let wide = |number, cores| {
		let mut leaf = leaf(number, cores);
		leaf.validators = (0..100).map(key).collect();
		leaf.groups = vec![
			(0..50).map(ValidatorIndex).collect(),
			(50..100).map(ValidatorIndex).collect(),
		];
		leaf
	};
	world.import(wide(5, (0..2).map(withheld).collect()));
	refuse_own(&mut world);
	assert_eq!((world.part.recoveries(), world.requests.len()), (2, 2 * 32));
	world.import(wide(6, (0..100).map(withheld).collect()));
	let own = world
		.requests
		.values()
		.filter(|(_, request)| matches!(request, AvailabilityRequest::Chunk { index, .. } if *index == OWN));
	assert_eq!(own.count(), 98, "all but the two that are recovered");
	assert_eq!(world.part.open_requests(), 98 + 64);
	assert_eq!(max_recovery_requests(100), 64, "law 3");
}

#[test]
fn r_avl_7_recoveries_follow_the_cores_and_two_at_once_are_put_together() {
	let recoveries = [3, 100, 101, 500, usize::MAX].map(max_recoveries);
	assert_eq!(recoveries, [2, 2, 3, 10, 21], "law 3: one for 50 cores");
	let mut world = World::new();
	world.runs_jobs = false;
	let cores = (1..=12).map(occupied).chain((0..488).map(|_| CoreState::Free));
	world.import(leaf(5, cores.collect()));
	refuse_own(&mut world);
	assert_eq!(world.part.recoveries(), 10, "of twelve");
	let seeds: BTreeMap<_, _> = (1..=12).map(|seed| (candidate(seed), seed)).collect();
	for (id, (_, request)) in std::mem::take(&mut world.requests) {
		let AvailabilityRequest::Chunk { index, .. } = request else {
			panic!("chunks come first")
		};
		let chunk = chunk(seeds[&request.candidate()], index.as_usize());
		world.handle(Input::Response(id, Ok(AvailabilityResponse::Chunk(chunk))));
	}
	let checks: Vec<_> = world.jobs.keys().copied().collect();
	assert_eq!(checks.len(), 20, "two of six chunks are enough");
	for id in checks {
		if let Some(job) = world.jobs.remove(&id) {
			world.handle(Input::Done(id, Ok(run(job))));
		}
	}
	let is_coding = |job: &&AvailabilityJob| matches!(job, AvailabilityJob::Recover { .. });
	assert_eq!(
		world.jobs.values().filter(is_coding).count(),
		MAX_RECOVERIES,
		"law 3"
	);
	assert_eq!(world.part.recoveries(), 10, "the others wait with their chunks");
	// The rest is here as soon as these are.
	world.runs_jobs = true;
	world.catch_up();
	assert_eq!(world.effects.len(), 10, "{:?}", world.effects);
}

impl World {
	fn fail_all_of_many(&mut self) {
		for _ in 0..20_000 {
			assert!(self.part.recoveries() <= MAX_RECOVERIES);
			if let Some((id, _)) = self.requests.pop_first() {
				self.handle(Input::Response(id, Err(RequestFailure::Disconnected)));
			} else if !self.timers.is_empty() {
				self.tick();
			} else {
				return;
			}
		}
		panic!("it asks for ever");
	}
}

#[test]
fn an_open_request_of_another_step_is_of_no_use() {
	let mut world = World::new();
	world.import(leaf_of(101, 1, vec![occupied(1)]));
	let (old, ..) = world.request();
	world.import(leaf_of(102, 1, vec![CoreState::Free]));
	world.import(leaf_of(103, 1, vec![occupied(1)]));
	let (_, peer, request) = {
		let (id, (peer, request)) = world.requests.iter().next().expect("it asks again");
		(*id, *peer, *request)
	};
	assert_eq!((peer, request), (PeerId(3), own_chunk_request(1)));
	world.handle(Input::Response(old, Err(RequestFailure::TimedOut)));
	assert_eq!(world.requests.len(), 1, "the new one stays");
}
