//! What holds whatever comes (laws 2, 3 and 6).

use super::world::*;
use crate::*;
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{Input, JobFailure, PeerId, RequestFailure, RequestId, Ticket, TimerId};
use async_backing_primitives::{CoreState, ValidatorIndex};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};

/// Something that happens.
#[derive(Clone, Debug)]
enum Happens {
	Leaf {
		number: u32,
		fork: u8,
		seeds: Vec<u8>,
		included: Option<u8>,
	},
	Reverted {
		number: u32,
		fork: u8,
	},
	Finalized(u32),
	Answer {
		which: usize,
		kind: u8,
		seed: u8,
	},
	Job {
		which: usize,
		kind: u8,
	},
	Write,
	Serve {
		peer: u64,
		kind: u8,
		seed: u8,
	},
	Own(u8),
	Tick,
	Time(u64),
	Connection {
		peer: u64,
		key: u32,
		comes: bool,
	},
	Restart,
	Nonsense(u64),
}

fn happens() -> impl Strategy<Value = Happens> {
	let seeds = prop::collection::vec(1u8..5, 0..3);
	let small = 0usize..6;
	prop_oneof![
		3 => (0u32..12, 1u8..3, seeds, prop::option::of(1u8..5))
			.prop_map(|(number, fork, seeds, included)| Happens::Leaf { number, fork, seeds, included }),
		1 => (0u32..12, 1u8..3).prop_map(|(number, fork)| Happens::Reverted { number, fork }),
		1 => (0u32..12).prop_map(Happens::Finalized),
		8 => (small.clone(), 0u8..8, 1u8..5).prop_map(|(which, kind, seed)| Happens::Answer { which, kind, seed }),
		6 => (small, 0u8..6).prop_map(|(which, kind)| Happens::Job { which, kind }),
		3 => Just(Happens::Write),
		4 => (0u64..8, 0u8..3, 1u8..5).prop_map(|(peer, kind, seed)| Happens::Serve { peer, kind, seed }),
		1 => (1u8..5).prop_map(Happens::Own),
		3 => Just(Happens::Tick),
		1 => (0u64..4000).prop_map(Happens::Time),
		1 => (1u64..9, 0u32..6, any::<bool>()).prop_map(|(peer, key, comes)| Happens::Connection { peer, key, comes }),
		1 => Just(Happens::Restart),
		1 => any::<u64>().prop_map(Happens::Nonsense),
	]
}

fn config() -> AvailabilityConfig {
	AvailabilityConfig {
		keep_included: 5,
		keep_unavailable: 3,
		max_bytes: 12_000,
		max_candidates: 6,
		..Default::default()
	}
}

fn take<K: Ord + Copy, V>(map: &mut std::collections::BTreeMap<K, V>, which: usize) -> Option<(K, V)> {
	let key = *map.keys().nth(which % map.len().max(1))?;
	Some((key, map.remove(&key)?))
}

fn answer(kind: u8, seed: u8, request: AvailabilityRequest) -> Result<AvailabilityResponse, RequestFailure> {
	let honest = (1..5)
		.find(|seed| candidate(*seed) == request.candidate())
		.unwrap_or(1);
	let (seed, lies) = if kind < 4 {
		(honest, false)
	} else {
		(seed, kind == 5)
	};
	Ok(match (kind, request) {
		(6, _) => return Err(RequestFailure::TimedOut),
		(7, _) => return Err(RequestFailure::Refused),
		(_, AvailabilityRequest::Chunk { index, .. }) => {
			let index = (index.as_usize() + usize::from(lies)) % 6;
			AvailabilityResponse::Chunk(chunk(seed, index))
		}
		(_, AvailabilityRequest::AvailableData(_)) => AvailabilityResponse::AvailableData(data(seed)),
		(_, AvailabilityRequest::Pov(_)) => AvailabilityResponse::Pov(Arc::new(data(seed).pov.clone())),
	})
}

fn apply(world: &mut World, event: Happens) {
	match event {
		Happens::Leaf {
			number,
			fork,
			seeds,
			included: with,
		} => {
			let mut cores: Vec<_> = seeds.into_iter().map(occupied).collect();
			cores.push(CoreState::Free);
			let mut facts = leaf_of(number, fork, cores);
			facts.events = with.map(included).into_iter().collect();
			world.import(facts);
		}
		Happens::Reverted { number, fork } => world.chain(ChainEvent::Reverted {
			hash: block(number, fork),
		}),
		Happens::Finalized(number) => world.finalize(number),
		Happens::Answer { which, kind, seed } => {
			if let Some((id, (_, request))) = take(&mut world.requests, which) {
				world.handle(Input::Response(id, answer(kind, seed, request)));
			}
		}
		Happens::Job { which, kind } => {
			if let Some((id, job)) = take(&mut world.jobs, which) {
				let result = match kind {
					0 => Err(JobFailure::Dropped),
					_ => Ok(run(job)),
				};
				world.handle(Input::Done(id, result));
			}
		}
		Happens::Write => {
			world.writes = true;
			world.catch_up();
			world.writes = false;
		}
		Happens::Serve { peer, kind, seed } => {
			let candidate = candidate(seed);
			let request = match kind {
				0 => AvailabilityRequest::Chunk {
					candidate,
					index: ValidatorIndex(peer as u32),
					plain: true,
				},
				1 => AvailabilityRequest::AvailableData(candidate),
				_ => AvailabilityRequest::Pov(candidate),
			};
			if let Some(answer) = world.serve(PeerId(peer), request) {
				world.answers.push((Ticket(u64::MAX), answer));
			}
		}
		Happens::Own(seed) => {
			// It may be too late for it.
			let _ = world.try_store_coded(own_data(seed));
		}
		Happens::Tick if !world.timers.is_empty() => world.tick(),
		Happens::Tick => {}
		Happens::Time(millis) => world.now += Duration::from_millis(millis),
		Happens::Connection { peer, key: i, comes } => {
			if comes {
				world.chain.connected(PeerId(peer), Identity::of(key(i)));
			} else {
				world.chain.disconnected(PeerId(peer));
			}
		}
		Happens::Restart => world.restart(config()),
		Happens::Nonsense(id) => {
			world.handle(Input::Response(RequestId(id), Err(RequestFailure::Malformed)));
			world.handle(Input::Timer(TimerId(id)));
		}
	}
}

fn start() -> World {
	let mut world = World::with(config(), 0, 6);
	(world.runs_jobs, world.writes) = (false, false);
	world.import(leaf(0, Vec::new()));
	world
}

fn check(world: &World) -> Result<(), TestCaseError> {
	let part = &world.part;
	prop_assert_eq!(part.open_requests(), world.requests.len(), "law 2");
	prop_assert!(
		part.open_requests() <= MAX_OPEN_REQUESTS && part.recoveries() <= MAX_RECOVERIES,
		"law 3"
	);
	let pending = 16 * 1200;
	prop_assert!(part.store().bytes() <= config().max_bytes + pending, "law 3");
	prop_assert!(world.timers.len() <= 1, "one timer");
	for leaf in world.chain.leaves() {
		let bits = world.bits(leaf.block.hash);
		for (bit, core) in bits.into_iter().zip(&leaf.cores) {
			let CoreState::Occupied(core) = core else {
				prop_assert!(!bit, "R-AVL-8");
				continue;
			};
			if bit {
				let key = [&b"av/c/"[..], core.candidate_hash.0.as_bytes(), &[0; 4]].concat();
				let record = world.snapshot.0.get(&key);
				let seed = (1..5)
					.find(|seed| candidate(*seed) == core.candidate_hash)
					.expect("ours");
				prop_assert_eq!(
					record,
					Some(&codec::Encode::encode(&*chunk(seed, 0))),
					"laws 4 and 5"
				);
			}
		}
	}
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(170))]

	// Ten thousand inputs on average.
	#[test]
	fn laws_2_to_6_hold_whatever_happens(events in prop::collection::vec(happens(), 0..120)) {
		let (mut one, mut two) = (start(), start());
		for event in events {
			apply(&mut one, event.clone());
			apply(&mut two, event);
			check(&one)?;
		}
		prop_assert_eq!(&one.events, &two.events, "law 6");
		prop_assert_eq!(&one.answers, &two.answers, "law 6");
		prop_assert_eq!(&one.reports, &two.reports, "law 6");
		prop_assert_eq!(&one.snapshot, &two.snapshot, "law 6");
		// When everything works again, every fetch comes to an end, and nobody waits any more.
		(one.runs_jobs, one.writes) = (true, true);
		one.catch_up();
		one.fail_all(RequestFailure::Disconnected);
		prop_assert_eq!(one.part.open_requests(), 0, "law 2");
		// What is written is what is kept.
		for seed in 1..5 {
			let candidate = candidate(seed);
			let is_written = |kind: &[u8], rest: &[u8]| {
				let key = [&b"av/"[..], kind, candidate.0.as_bytes(), rest].concat();
				one.snapshot.0.contains_key(&key)
			};
			let store = one.part.store();
			prop_assert_eq!(is_written(b"d/", &[]), store.data(candidate).is_some());
			prop_assert_eq!(is_written(b"c/", &[0; 4]), store.is_stored(candidate, 0));
			if store.is_empty() {
				prop_assert!(!is_written(b"m/", &[]));
			}
		}
	}
}
