//! What is kept, for how long, and what outlives a crash (laws 3 and 5).

use super::world::*;
use crate::*;
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Input, JobFailure, PeerId, Refusal, Snapshot};
use async_backing_primitives::{CoreState, LeafFacts, ValidatorIndex};
use codec::Encode;
use std::{sync::Arc, time::Duration};

const BACKER: PeerId = PeerId(1);

fn config() -> AvailabilityConfig {
	AvailabilityConfig::default()
}

/// A world whose validator executed these candidates at block 1.
fn with_own(config: AvailabilityConfig, seeds: &[u8]) -> World {
	let mut world = World::with(config, 0, 6);
	world.import(leaf(0, Vec::new()));
	world.import(leaf(1, Vec::new()));
	seeds.iter().for_each(|seed| world.store_coded(own_data(*seed)));
	world
}

fn with_events(number: u32, cores: Vec<CoreState>, seeds: &[u8]) -> LeafFacts {
	LeafFacts {
		events: seeds.iter().map(|seed| included(*seed)).collect(),
		..leaf(number, cores)
	}
}

#[test]
fn candidates_are_forgotten_after_the_retention() {
	let config = AvailabilityConfig {
		keep_unavailable: 2,
		..config()
	};
	let mut world = with_own(config, &[1]);
	world.import(leaf(2, vec![occupied(1)]));
	world.import(leaf(3, Vec::new()));
	world.import(leaf(4, Vec::new()));
	assert!(
		world.part.store().data(candidate(1)).is_some(),
		"two blocks later it is still there"
	);
	world.import(leaf(5, Vec::new()));
	assert!(world.part.store().is_empty());
	assert_eq!(world.part.store().bytes(), 0);
	assert_eq!(world.snapshot, Snapshot::default(), "in the store, too");
}

#[test]
fn what_was_included_is_kept_for_hours_of_finalised_blocks() {
	let config = AvailabilityConfig {
		keep_included: 20,
		keep_unavailable: 2,
		..config()
	};
	let mut world = with_own(config, &[1]);
	world.import(leaf(2, vec![occupied(1)]));
	world.import(with_events(3, Vec::new(), &[1]));
	for number in 4..60 {
		world.import(leaf(number, Vec::new()));
	}
	assert!(
		world.part.store().data(candidate(1)).is_some(),
		"nothing is final: it may be needed for a dispute"
	);
	world.finalize(23);
	assert!(world.part.store().data(candidate(1)).is_some());
	world.finalize(24);
	assert!(world.part.store().is_empty(), "21 blocks after inclusion");
	assert_eq!(world.snapshot, Snapshot::default());
}

#[test]
fn the_defaults_are_hours() {
	let (hour, config) = (3600 / 6, config());
	assert_eq!((config.keep_included, config.keep_unavailable), (25 * hour, hour));
}

#[test]
fn what_a_reverted_block_included_is_not_included() {
	let config = AvailabilityConfig {
		keep_unavailable: 2,
		..config()
	};
	let mut world = with_own(config, &[1]);
	world.import(leaf(2, vec![occupied(1)]));
	world.import(with_events(3, Vec::new(), &[1]));
	world.chain(ChainEvent::Reverted { hash: block(3, 0) });
	for number in 3..6 {
		world.import(leaf_of(number, 9, Vec::new()));
	}
	world.chain(ChainEvent::Reverted { hash: block(2, 0) });
	assert!(world.part.store().is_empty());
}

#[test]
fn with_inclusion_goes_what_only_backers_need() {
	let mut world = with_own(config(), &[1]);
	let before = world.part.store().bytes();
	let request = |index| AvailabilityRequest::Chunk {
		candidate: candidate(1),
		index: ValidatorIndex(index),
		plain: true,
	};
	assert!(matches!(world.serve(BACKER, request(4)), Some(Ok(_))));
	world.import(leaf(2, vec![occupied(1)]));
	assert_eq!(world.part.store().bytes(), before);
	world.import(with_events(3, Vec::new(), &[1]));
	let kept = world.part.store().bytes();
	assert_eq!(kept, data(1).encoded_size() + chunk(1, 0).size());
	assert!(matches!(world.serve(BACKER, request(0)), Some(Ok(_))));
	assert_eq!(
		world.serve(BACKER, AvailabilityRequest::Pov(candidate(1))),
		Some(Err(Refusal::Unknown))
	);
	// Chunks of others are made again when a validator that lags asks for one.
	assert_eq!(world.serve(BACKER, request(4)), Some(Err(Refusal::Busy)));
	let expected = AvailabilityResponse::Chunk(chunk(1, 4));
	assert_eq!(world.serve(BACKER, request(4)), Some(Ok(expected)));
	// But not for strangers.
	world.import(leaf(4, Vec::new()));
	assert_eq!(
		world.serve(STRANGER, request(5)),
		Some(Err(Refusal::Unknown)),
		"law 4"
	);
}

#[test]
fn law_5_a_restarted_validator_attests_and_serves_as_before() {
	let mut world = with_own(config(), &[1]);
	world.import(leaf(2, vec![occupied(1), occupied(2)]));
	world.answer_chunk(chunk(2, 0));
	let bits = world.bits(block(2, 0));
	assert_eq!(bits, [true, true]);
	let of = |seed, index| AvailabilityRequest::Chunk {
		candidate: candidate(seed),
		index: ValidatorIndex(index),
		plain: true,
	};
	let whole = AvailabilityRequest::AvailableData(candidate(1));
	let pov = AvailabilityRequest::Pov(candidate(1));
	let requests = [of(1, 0), of(2, 0), whole, pov];
	let before = requests.map(|request| world.serve(BACKER, request));
	assert!(before.iter().all(|answer| matches!(answer, Some(Ok(_)))));

	world.runs_jobs = false;
	world.restart(config());
	assert_eq!(world.bits(block(2, 0)), bits, "at once");
	assert_eq!(
		world.serve(BACKER, of(1, 0)),
		Some(Err(Refusal::Busy)),
		"it is being unpacked"
	);
	assert_eq!(world.serve(BACKER, pov), None, "who waits is answered");
	world.runs_jobs = true;
	world.catch_up();
	let (_, answer) = world.answers.pop().expect("it was");
	assert_eq!(Some(answer), before[3]);
	assert_eq!(requests.map(|request| world.serve(BACKER, request)), before);
	assert_eq!(world.serve(BACKER, of(1, 3)), Some(Err(Refusal::Busy)));
	assert_eq!(
		world.serve(BACKER, of(1, 3)),
		Some(Ok(AvailabilityResponse::Chunk(chunk(1, 3)))),
		"coded again"
	);
	let bytes = world.part.store().bytes();
	world.import(leaf(3, vec![occupied(1), occupied(2)]));
	assert_eq!(world.asked(), [], "nothing is fetched twice");
	assert_eq!(world.part.store().bytes(), bytes);
}

#[test]
fn law_5_an_own_chunk_that_was_fetched_stays_attested_when_the_data_is_made() {
	let mut world = World::new();
	world.import(leaf(0, Vec::new()));
	world.import(leaf(1, vec![occupied(1)]));
	world.answer_chunk(chunk(1, 0));
	assert_eq!((world.bits(block(1, 0)), world.effects.len()), (vec![true], 1));
	world.writes = false;
	assert_eq!(world.try_store_coded(own_data(1)), Ok(Kept::Soon));
	assert_eq!(world.bits(block(1, 0)), [true], "promised is promised");
	world.writes = true;
	world.catch_up();
	assert_eq!(world.effects.len(), 2, "backing waits for the data");
}

#[test]
fn law_5_a_crash_at_any_batch_promises_nothing_that_is_lost() {
	// What was attested before is attested after.
	for cut in 0..4 {
		let mut world = World::new();
		world.writes = false;
		world.import(leaf(0, Vec::new()));
		world.import(leaf(1, vec![occupied(1), occupied(2), occupied(3)]));
		for step in 0..4 {
			if step == cut {
				let promised = world.bits(block(1, 0));
				world.restart(config());
				world.writes = true;
				world.catch_up();
				let kept = world.bits(block(1, 0));
				assert_eq!(kept, promised, "cut at {cut}");
				break;
			}
			let Some((id, (_, request))) = world.requests.pop_first() else {
				break;
			};
			let seed = (1..4)
				.find(|seed| candidate(*seed) == request.candidate())
				.expect("ours");
			world.handle(Input::Response(
				id,
				Ok(AvailabilityResponse::Chunk(chunk(seed, 0))),
			));
			if step % 2 == 0 {
				world.writes = true;
				world.catch_up();
				world.writes = false;
			}
		}
	}
}

#[test]
fn law_5_what_does_not_decode_is_forgotten() {
	let mut world = with_own(config(), &[1]);
	let mut garbage = world.snapshot.clone();
	for value in garbage.0.values_mut().take(1) {
		value.truncate(3);
	}
	garbage.0.insert(b"av/x".to_vec(), vec![1]);
	garbage.0.insert(b"av/c/".to_vec(), vec![1]);
	garbage.0.insert(b"av/m/".to_vec(), vec![1]);
	garbage.0.insert([&b"av/d/"[..], &[9; 32]].concat(), vec![1]);
	garbage.0.insert(b"ba/other".to_vec(), vec![1]);
	world.snapshot = garbage;
	world.restart(config());
	world.catch_up();
	let keys: Vec<_> = world
		.snapshot
		.0
		.keys()
		.map(|key| key[..5.min(key.len())].to_vec())
		.collect();
	assert_eq!(
		keys,
		[b"av/d/".to_vec(), b"av/m/".to_vec(), b"ba/ot".to_vec()],
		"what is ours and no record is removed"
	);
	assert!(world.part.store().chunk(candidate(1), 0).is_none());
	assert!(world.part.store().data(candidate(1)).is_some());
}

#[test]
fn jobs_that_are_dropped_are_done_later() {
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf(0, Vec::new()));
	world.store_coded(own_data(1));
	for _ in 0..3 {
		let (id, _) = world.jobs.pop_first().expect("it is packed");
		world.handle(Input::Done(id, Err(JobFailure::Dropped)));
		assert_eq!(world.jobs.len(), 0);
		world.tick();
	}
	world.runs_jobs = true;
	world.catch_up();
	assert_eq!(world.effects.len(), 1);
	world.runs_jobs = false;
	world.restart(config());
	let (id, _) = world.jobs.pop_first().expect("it is unpacked");
	world.handle(Input::Done(id, Err(JobFailure::Late)));
	world.tick();
	world.runs_jobs = true;
	world.catch_up();
	assert!(world.part.store().data(candidate(1)).is_some());
}

#[test]
fn law_3_bytes_are_bounded_and_the_oldest_and_largest_go_first() {
	let mut world = with_own(config(), &[1]);
	let one = world.part.store().bytes();
	let config = AvailabilityConfig {
		max_bytes: one * 3,
		..config()
	};
	world = with_own(config, &[]);
	for seed in 1..=20 {
		world.import(leaf(u32::from(seed) + 1, Vec::new()));
		world.store_coded(own_data(seed));
		assert!(world.part.store().bytes() <= one * 3, "law 3");
		let snapshot: usize = world.snapshot.0.values().map(Vec::len).sum();
		let keys = 256 * world.part.store().len();
		assert!(snapshot <= one * 3 + keys, "in the store, too");
	}
	let store = world.part.store();
	assert!(store.data(candidate(20)).is_some());
	assert!(store.chunk(candidate(20), 5).is_some());
	assert!(store.data(candidate(1)).is_none(), "the oldest");
	assert!(world
		.events
		.iter()
		.any(|event| matches!(event, AvailabilityEvent::Dropped { .. })));
}

#[test]
fn law_3_own_chunks_of_pending_candidates_stay_whatever_the_bound_is() {
	let config = AvailabilityConfig {
		max_bytes: 1,
		max_candidates: 1,
		..config()
	};
	let mut world = World::with(config, 0, 6);
	world.import(leaf(0, Vec::new()));
	world.import(leaf(1, vec![occupied(1), occupied(2)]));
	for seed in [1, 2] {
		world.store_coded(own_data(seed));
	}
	assert_eq!(world.bits(block(1, 0)), [true, true], "law 5");
	assert!(world.part.store().data(candidate(1)).is_none());
	world.import(leaf(2, vec![CoreState::Free, occupied(2)]));
	assert_eq!(world.part.store().len(), 1);
	assert_eq!(world.bits(block(2, 0)), [false, true]);
}

#[test]
fn law_3_the_number_of_candidates_is_bounded() {
	let config = AvailabilityConfig {
		max_candidates: 5,
		..config()
	};
	let mut world = with_own(config, &[]);
	for seed in 1..=20 {
		world.import(leaf(u32::from(seed) + 1, Vec::new()));
		world.store_coded(own_data(seed));
		assert!(world.part.store().len() <= 5);
	}
	assert!(world.part.store().data(candidate(20)).is_some());
}

#[test]
fn law_3_the_bound_is_a_function() {
	let config = config();
	let bound = memory_bound(&config, 1000, 100, 16);
	// A gibibyte is kept; 1,600 pending chunks of 70 kB, two recoveries, one coding.
	assert!((1 << 30..5 << 29).contains(&bound), "{bound}");
	assert!(memory_bound(&config, 1000, 200, 16) > bound);
	// On 1,000 cores 18 more are recovered at once: of each 334 chunks and 32 more, of 75 kB at most with their proofs. It
	// is less than half a gibibyte, beside a chunk of each core that is kept and one that is on the way.
	let more = memory_bound(&config, 1000, 1000, 1) - memory_bound(&config, 1000, 100, 1);
	let recovered = 18 * (334 + 32) * 75_000;
	assert!(
		(recovered * 9 / 10..recovered + 2 * 900 * 75_000 + 900 * 66_000).contains(&more),
		"{more}"
	);
	assert_eq!(
		memory_bound(&config, usize::MAX, usize::MAX, usize::MAX),
		usize::MAX,
		"no overflow"
	);
}

#[test]
fn row_11_data_of_five_mebibytes_is_neither_hashed_nor_copied_while_an_input_waits() {
	const LEN: usize = 5 << 20;
	let data = data_of(7, LEN);
	let coded = Arc::new(encode(6, &data).expect("a code exists"));
	let hash = receipt(coded.root).hash();
	let own = OwnData {
		candidate: hash,
		data: data.clone(),
		coded: coded.clone(),
		..own_data(1)
	};
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf(0, Vec::new()));
	world.store_coded(own);
	let (id, job) = world.jobs.pop_first().expect("records are made by a job");
	assert!(job.bytes() > 2 * LEN, "its price is told");
	let AvailabilityJob::Pack { data: packed, chunk } = &job else {
		panic!("records")
	};
	assert!(Arc::ptr_eq(packed, &data), "law 1: shared");
	assert!(Arc::ptr_eq(chunk, &coded.chunks[0]), "law 1: shared");
	let done = run(job);
	let AvailabilityDone::Packed { pov, .. } = &done else {
		panic!("records")
	};
	let pov = pov.clone();
	world.now += Duration::from_millis(20);
	world.handle(Input::Done(id, Ok(done)));
	assert_eq!(world.effects, [Effect::Stored { candidate: hash }]);
	// What is given to others is shared as well.
	let answer = world.serve(BACKER, AvailabilityRequest::Pov(hash));
	assert!(matches!(answer, Some(Ok(AvailabilityResponse::Pov(other))) if Arc::ptr_eq(&other, &pov)));
	let request = AvailabilityRequest::Chunk {
		candidate: hash,
		index: ValidatorIndex(4),
		plain: true,
	};
	let answer = world.serve(BACKER, request);
	assert!(
		matches!(answer, Some(Ok(AvailabilityResponse::Chunk(other))) if Arc::ptr_eq(&other, &coded.chunks[4]))
	);
	// A chunk of it that comes from somebody is checked by a job.
	let mut other = World::with(config(), 5, 6);
	other.runs_jobs = false;
	let mut core = occupied_with(coded.root, &[]);
	if let CoreState::Occupied(core) = &mut core {
		core.group_responsible.0 = 0;
	}
	other.import(leaf(1, vec![core]));
	other.answer_chunk(coded.chunks[5].clone());
	let (id, job) = other.jobs.pop_first().expect("it is checked by a job");
	assert!(job.bytes() > LEN / 2);
	let AvailabilityJob::CheckChunk { chunk, .. } = &job else {
		panic!("a check")
	};
	assert!(Arc::ptr_eq(chunk, &coded.chunks[5]), "law 1: shared");
	other.handle(Input::Done(id, Ok(run(job))));
	assert_eq!(other.effects.len(), 1);
}
