//! What others get, and how much of it (law 4).

use super::world::*;
use crate::*;
use async_backing_chain_view::{ChainView, Identity, Limits};
use async_backing_machine::{Cost, Judgement, PeerId, Refusal};
use async_backing_primitives::ValidatorIndex;
use codec::Encode;
use std::{sync::Arc, time::Duration};

/// In the group of the own candidates.
const BACKER: PeerId = PeerId(1);
/// In the other group.
const OTHER: PeerId = PeerId(4);

const MIB: usize = 1 << 20;

/// A validator with one candidate, whose proof of validity has so many bytes.
fn with_data(len: usize) -> (World, async_backing_primitives::CandidateHash) {
	let mut world = World::new();
	world.import(leaf(0, Vec::new()));
	let data = data_of(7, len);
	let coded = Arc::new(encode(6, &data).expect("a code exists"));
	let candidate = receipt(coded.root).hash();
	world.store_coded(OwnData {
		candidate,
		data,
		coded,
		..own_data(1)
	});
	(world, candidate)
}

/// What comes of so many requests at once: how many were answered.
fn burst(world: &mut World, peer: PeerId, request: AvailabilityRequest, count: usize) -> usize {
	(0..count)
		.filter(|_| match world.serve(peer, request) {
			Some(Ok(_)) => true,
			Some(Err(Refusal::Busy)) => false,
			other => panic!("{other:?}"),
		})
		.count()
}

#[test]
fn r_net_99_to_102_what_is_here_is_given() {
	let (mut world, candidate) = with_data(100);
	for index in 0..6 {
		let request = AvailabilityRequest::Chunk {
			candidate,
			index: ValidatorIndex(index),
			plain: true,
		};
		let Some(Ok(AvailabilityResponse::Chunk(chunk))) = world.serve(OTHER, request) else {
			panic!("a backer has all chunks")
		};
		assert_eq!(chunk.index, index, "R-NET-100");
	}
	let answer = world.serve(STRANGER, AvailabilityRequest::AvailableData(candidate));
	assert_eq!(
		answer,
		Some(Ok(AvailabilityResponse::AvailableData(data_of(7, 100)))),
		"R-NET-103"
	);
	let pov = Arc::new(data_of(7, 100).pov.clone());
	let answer = world.serve(BACKER, AvailabilityRequest::Pov(candidate));
	assert_eq!(answer, Some(Ok(AvailabilityResponse::Pov(pov))), "R-NET-102");
	let unknown = [
		AvailabilityRequest::Chunk {
			candidate,
			index: ValidatorIndex(6),
			plain: true,
		},
		own_chunk_request(9),
		AvailabilityRequest::AvailableData(super::world::candidate(9)),
		AvailabilityRequest::Pov(super::world::candidate(9)),
	];
	for request in unknown {
		assert_eq!(
			world.serve(OTHER, request),
			Some(Err(Refusal::Unknown)),
			"R-NET-34"
		);
	}
	assert_eq!(world.reports, [], "to ask is no misdeed");
}

#[test]
fn row_14_two_hundred_requests_for_a_pov_are_answered_within_bounds() {
	let (mut world, candidate) = with_data(5 * MIB);
	let request = AvailabilityRequest::Pov(candidate);
	let size = 5 * MIB + 4;
	// One validator of another group: 1 GB would be queued.
	let answered = burst(&mut world, OTHER, request, 200);
	let serving = Serving::default();
	assert!(answered >= 1, "it gets something");
	assert!(
		answered * size <= serving.validator.burst as usize + size,
		"{answered} answers"
	);
	let why = "asks for more than its share";
	assert!(world.reports.len() >= 190, "law 4");
	assert!(world
		.reports
		.iter()
		.all(|report| *report == (OTHER, Judgement::Cost(Cost::Minor, why))));
	// Members of the group still get what they need.
	let answered = burst(&mut world, BACKER, request, 2);
	assert_eq!(answered, 2, "backing group first");
	// Time heals.
	world.now += Duration::from_secs(60);
	assert!(burst(&mut world, OTHER, request, 1) == 1);
}

#[test]
fn row_14_all_peers_together_are_bounded_and_chunks_have_their_part() {
	let (mut world, candidate) = with_data(5 * MIB);
	let size = 5 * MIB + 4;
	let serving = Serving::default();
	let request = AvailabilityRequest::AvailableData(candidate);
	let mut answered = 0;
	for peer in [STRANGER, PeerId(3), OTHER, PeerId(5), PeerId(2), BACKER] {
		answered += burst(&mut world, peer, request, 40);
	}
	assert!(
		answered * size <= serving.total.burst as usize / 2 + size + 100 * 1000,
		"half of it is left: {answered} answers"
	);
	let chunk = AvailabilityRequest::Chunk {
		candidate,
		index: ValidatorIndex(4),
		plain: true,
	};
	assert_eq!(
		burst(&mut world, PeerId(5), chunk, 1),
		1,
		"inclusion waits for chunks"
	);
	let pov = AvailabilityRequest::Pov(candidate);
	let backers: usize = [PeerId(2), BACKER]
		.into_iter()
		.map(|peer| burst(&mut world, peer, pov, 10))
		.sum();
	assert!(backers >= 2, "backing has the rest: {backers}");
	let all = (answered + backers) * size;
	assert!(all <= serving.total.burst as usize + size, "law 3");
}

#[test]
fn strangers_get_the_least_and_share_it() {
	let (mut world, candidate) = with_data(MIB / 2);
	let request = AvailabilityRequest::AvailableData(candidate);
	let mut answered = 0;
	for stranger in 2000..2100 {
		world.chain.connected(PeerId(stranger), Identity::stranger());
		answered += burst(&mut world, PeerId(stranger), request, 2);
	}
	assert!((1..=3).contains(&answered), "however many they are: {answered}");
	assert!(burst(&mut world, OTHER, request, 20) > 15);
	// A peer that never said hello is a stranger, too.
	assert_eq!(world.serve(PeerId(99_999), request), Some(Err(Refusal::Busy)));
}

#[test]
fn a_new_connection_is_no_new_share() {
	let (mut world, candidate) = with_data(5 * MIB);
	let request = AvailabilityRequest::AvailableData(candidate);
	let first = burst(&mut world, OTHER, request, 50);
	assert!(first > 0);
	for peer in 50..60 {
		world.chain.disconnected(OTHER);
		world.chain.connected(PeerId(peer), Identity::of(key(4)));
		assert_eq!(burst(&mut world, PeerId(peer), request, 1), 0);
	}
}

#[test]
fn questions_for_what_is_not_here_use_up_a_share_as_well() {
	let (mut world, _) = with_data(10);
	let unknown = AvailabilityRequest::Pov(candidate(9));
	let mut refused = 0;
	for _ in 0..5000 {
		refused += usize::from(world.serve(STRANGER, unknown) == Some(Err(Refusal::Busy)));
	}
	let burst = Serving::default().strangers.burst as usize / REQUEST_COST;
	assert!(5000 - refused <= burst + 1, "{refused} refused");
	assert_eq!(world.reports.len(), refused);
}

#[test]
fn who_asks_for_a_pov_before_it_is_packed_waits_and_all_are_answered() {
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf(0, Vec::new()));
	world.store_coded(own_data(1));
	let request = AvailabilityRequest::Pov(candidate(1));
	for _ in 0..MAX_WAITING_FOR_POV {
		assert_eq!(world.serve(BACKER, request), None);
	}
	assert_eq!(
		world.serve(BACKER, request),
		Some(Err(Refusal::Busy)),
		"law 3: no more than these"
	);
	world.runs_jobs = true;
	world.catch_up();
	let pov = Arc::new(data(1).pov.clone());
	assert_eq!(world.answers.len(), MAX_WAITING_FOR_POV, "each once");
	assert!(world
		.answers
		.iter()
		.all(|(_, answer)| *answer == Ok(AvailabilityResponse::Pov(pov.clone()))));
}

#[test]
fn who_waits_for_a_pov_that_is_forgotten_is_told() {
	let config = AvailabilityConfig {
		keep_unavailable: 2,
		..Default::default()
	};
	let mut world = World::with(config, 0, 6);
	world.runs_jobs = false;
	world.import(leaf(0, Vec::new()));
	world.store_coded(own_data(1));
	assert_eq!(world.serve(BACKER, AvailabilityRequest::Pov(candidate(1))), None);
	world.import(leaf(9, Vec::new()));
	assert!(matches!(world.answers[..], [(_, Err(Refusal::Unknown))]));
	world.runs_jobs = true;
	world.catch_up();
	assert!(world.part.store().is_empty(), "its records come too late");
	assert_eq!(world.effects, []);
}

#[test]
fn law_3_shares_are_counted_for_a_bounded_number_of_validators() {
	let validators = u32::try_from(MAX_COUNTED_PEERS).expect("a small number") + 50;
	let mut world = World::with(AvailabilityConfig::default(), 0, 0);
	world.chain = ChainView::new(
		Some(key(0)),
		Limits {
			peers: 10_000,
			..Limits::default()
		},
	);
	let mut first = leaf(0, Vec::new());
	first.validators = (0..validators).map(key).collect();
	world.import(first);
	let unknown = AvailabilityRequest::Pov(candidate(9));
	for peer in 1..validators {
		let id = PeerId(peer.into());
		world.chain.connected(id, Identity::of(key(peer)));
		assert_eq!(world.serve(id, unknown), Some(Err(Refusal::Unknown)));
		assert!(world.part.served.counted() <= MAX_COUNTED_PEERS, "law 3");
	}
	assert_eq!(world.part.served.counted(), MAX_COUNTED_PEERS);
	world.now += Duration::from_secs(3600);
	let id = PeerId((validators - 1).into());
	assert_eq!(world.serve(id, unknown), Some(Err(Refusal::Unknown)));
	assert!(world.part.served.counted() < 10, "full shares are forgotten");
}

#[test]
fn data_coded_for_another_session_is_not_taken() {
	let mut world = World::new();
	world.import(leaf(0, Vec::new()));
	let data = data(1);
	let own = OwnData {
		coded: Arc::new(encode(7, &data).expect("a code exists")),
		..own_data(1)
	};
	let other = NotKept::OtherSession { expected: 6, got: 7 };
	assert_eq!(world.try_store_coded(own), Err(other), "law 7");
	let relay_parent = block(77, 7);
	let elsewhere = OwnData {
		place: Placement {
			relay_parent,
			..own_data(1).place
		},
		..own_data(1)
	};
	let unknown = NotKept::UnknownSession(relay_parent);
	assert_eq!(world.try_store_coded(elsewhere), Err(unknown), "law 7");
	assert!(world.part.store().is_empty());
	let mut observer = World::with(AvailabilityConfig::default(), 77, 6);
	observer.import(leaf(0, Vec::new()));
	let none = NotKept::NoValidator(block(0, 0));
	assert_eq!(observer.try_store_coded(own_data(1)), Err(none));
	world.runs_jobs = false;
	assert_eq!(world.try_store_coded(own_data(1)), Ok(Kept::Soon));
	assert_eq!(world.try_store_coded(own_data(1)), Ok(Kept::Soon));
	assert_eq!(world.jobs.len(), 1, "once");
	world.runs_jobs = true;
	world.catch_up();
	assert_eq!(world.effects.len(), 1);
	assert_eq!(world.try_store_coded(own_data(1)), Ok(Kept::Already));
	assert_eq!(world.effects.len(), 1);
	let bytes = world.part.store().bytes();
	world.store_coded(own_data(1));
	assert_eq!((world.part.store().len(), world.part.store().bytes()), (1, bytes));
	assert!(bytes > data.encoded_size() * 4);
}

#[test]
fn law_7_who_asks_is_known_by_the_session_of_the_candidate() {
	let (mut world, candidate) = with_data(100);
	// In the next session the validators have changed their places: who is a backer there is none of this candidate's.
	let mut next = leaf(1, Vec::new());
	next.session_index = 2;
	next.validators.reverse();
	world.import(next);
	// A fifth of all that can go out is left, which is for backers.
	let total = world.part.config.serving.total.burst as usize;
	world.part.served.take_from_total(world.now, total - total / 5);
	let request = AvailabilityRequest::Pov(candidate);
	assert_eq!(
		burst(&mut world, OTHER, request, 1),
		0,
		"law 7: a backer of the next session"
	);
	assert_eq!(
		burst(&mut world, BACKER, request, 1),
		1,
		"law 7: a backer of this one"
	);
}
