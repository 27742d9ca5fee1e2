//! What others get, and how much of it (law 4).

use super::world::*;
use crate::*;
use async_backing_chain_view::{ChainView, Identity, Limits};
use async_backing_machine::{Cost, Judgement, PeerId, Refusal};
use async_backing_primitives::{CandidateHash, Hash, ValidatorIndex};
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
	let candidate = stores(&mut world, 7, len);
	(world, candidate)
}

/// Backing hands over a candidate whose proof of validity has so many bytes.
fn stores(world: &mut World, seed: u8, len: usize) -> async_backing_primitives::CandidateHash {
	let data = data_of(seed, len);
	let coded = Arc::new(encode(6, &data).expect("a code exists"));
	let candidate = receipt(coded.root).hash();
	world.store_coded(OwnData {
		candidate,
		data,
		coded,
		..own_data(1)
	});
	candidate
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
	// Beside what goes out in all they have a claim to two of each new candidate.
	let claims = 2 * usize::from(POVS_PER_MEMBER) * size;
	let all = (answered + backers) * size;
	assert!(all <= serving.total.burst as usize + size + claims, "law 3");
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
	assert_eq!(world.reports.len(), refused - FREE_REFUSALS.burst as usize);
}

#[test]
fn r_net_103_who_finds_the_share_of_all_strangers_used_up_does_not_pay_for_it() {
	let (mut world, candidate) = with_data(4 * MIB);
	let request = AvailabilityRequest::AvailableData(candidate);
	let (first, second, third) = (PeerId(2000), STRANGER, PeerId(2001));
	// It takes 4 MiB of one, so that the next three seconds are used up.
	assert_eq!(burst(&mut world, first, request, 1), 1);
	assert_eq!(burst(&mut world, second, request, 100), 0);
	assert_eq!(
		world.reports,
		[],
		"R-NET-26: as many as an honest peer has waiting"
	);
	let why = "asks again and again while it is refused";
	let charged = (second, Judgement::Cost(Cost::Minor, why));
	assert_eq!(burst(&mut world, second, request, 1), 0);
	assert_eq!(world.reports, [charged], "R-NET-114: it asks on and on");
	assert_eq!(burst(&mut world, third, request, 1), 0);
	assert_eq!(world.reports, [charged], "others don't pay for that either");
	world.now += Duration::from_secs(1);
	assert_eq!(burst(&mut world, second, request, 10), 0);
	assert_eq!(world.reports, [charged], "ten in a second are none too many");
	assert_eq!(burst(&mut world, second, request, 1), 0);
	assert_eq!(world.reports, [charged, charged]);
	world.now += Duration::from_secs(10);
	assert_eq!(burst(&mut world, third, request, 1), 1, "time heals");
}

#[test]
fn law_3_refusals_are_counted_for_a_bounded_number_of_peers() {
	let (mut world, candidate) = with_data(2 * MIB);
	let request = AvailabilityRequest::AvailableData(candidate);
	assert_eq!(burst(&mut world, STRANGER, request, 1), 1);
	let many = MAX_COUNTED_PEERS as u64 + 50;
	for peer in 0..many {
		assert_eq!(burst(&mut world, PeerId(10_000 + peer), request, 1), 0);
		assert!(world.part.served.refused() <= MAX_COUNTED_PEERS);
	}
	assert_eq!(world.part.served.refused(), MAX_COUNTED_PEERS);
	assert_eq!(world.reports, [], "nobody pays for what others do");
	world.now += Duration::from_secs(1);
	world.import(leaf(1, Vec::new()));
	assert_eq!(
		world.part.served.refused(),
		0,
		"one refusal is over after a tenth of a second"
	);
}

/// The default in KiB instead of MiB.
fn thousandth() -> AvailabilityConfig {
	let default = Serving::default();
	let less = |rate: Rate| Rate {
		per_second: rate.per_second >> 10,
		burst: rate.burst >> 10,
	};
	AvailabilityConfig {
		serving: Serving {
			total: less(default.total),
			validator: less(default.validator),
			strangers: less(default.strangers),
		},
		..Default::default()
	}
}

#[test]
fn r_net_114_a_member_of_the_group_is_not_refused_the_pov_of_a_new_candidate() {
	let mut world = World::with(thousandth(), 0, 6);
	world.import(leaf(0, Vec::new()));
	// With depth 4 five candidates are under way, and in the same scale the largest proof of validity is of 16 KiB.
	let candidates = [1, 2, 3, 4, 5].map(|seed| stores(&mut world, seed, 16 << 10));
	// Once, and once more if the answer is lost: 160 KiB each, where a validator's share is 32 and all that goes out 64.
	for _ in 0..POVS_PER_MEMBER {
		for candidate in candidates {
			for member in [BACKER, PeerId(2)] {
				let answer = world.serve(member, AvailabilityRequest::Pov(candidate));
				assert!(
					matches!(answer, Some(Ok(AvailabilityResponse::Pov(_)))),
					"R-BAK-10"
				);
			}
		}
	}
	assert_eq!(
		world.serve(OTHER, AvailabilityRequest::Pov(candidates[0])),
		Some(Err(Refusal::Busy))
	);
	// It is no way to get more: a third time is as any other request.
	assert_eq!(
		world.serve(BACKER, AvailabilityRequest::Pov(candidates[0])),
		Some(Err(Refusal::Busy))
	);
	assert_eq!(world.reports, [], "nobody asked for more than its share");
	// Nothing is owed for it: after a second there are 50 of 64 KiB, and chunks are given above 16.
	world.now += Duration::from_secs(1);
	let candidate = candidates[0];
	let chunk = AvailabilityRequest::Chunk {
		candidate,
		index: ValidatorIndex(1),
		plain: true,
	};
	assert!(
		matches!(world.serve(BACKER, chunk), Some(Ok(_))),
		"its share is as it was"
	);
}

#[test]
fn r_bak_10_all_members_of_a_large_group_wait_for_a_pov() {
	let mut world = World::with(AvailabilityConfig::default(), 0, 200);
	let mut first = leaf(0, Vec::new());
	first.validators = (0..200).map(key).collect();
	first.groups = vec![
		(0..100).map(ValidatorIndex).collect(),
		(100..200).map(ValidatorIndex).collect(),
	];
	world.import(first);
	world.runs_jobs = false;
	let data = data_of(7, 500);
	let coded = Arc::new(encode(200, &data).expect("a code exists"));
	let candidate = receipt(coded.root).hash();
	let pov = Ok(AvailabilityResponse::Pov(Arc::new(data.pov.clone())));
	world.store_coded(OwnData {
		candidate,
		data,
		coded,
		..own_data(1)
	});
	let request = AvailabilityRequest::Pov(candidate);
	let ask = |world: &mut World| {
		for other in 100..164 {
			assert_eq!(world.serve(PeerId(other), request), None, "64 of others may");
		}
		assert_eq!(
			world.serve(PeerId(164), request),
			Some(Err(Refusal::Busy)),
			"law 3"
		);
		for member in 1..100 {
			assert_eq!(world.serve(PeerId(member), request), None, "all of the group may");
		}
	};
	ask(&mut world);
	world.runs_jobs = true;
	world.catch_up();
	assert_eq!(world.answers.len(), 64 + 99, "each once");
	assert!(world.answers.iter().all(|(_, answer)| *answer == pov));
	assert_eq!(world.reports, []);
	// The same after a crash, until it is unpacked (law 5).
	world.runs_jobs = false;
	world.answers.clear();
	world.restart(AvailabilityConfig::default());
	ask(&mut world);
	world.runs_jobs = true;
	world.catch_up();
	assert_eq!(world.answers.len(), 64 + 99, "each once");
	assert!(world.answers.iter().all(|(_, answer)| *answer == pov));
}

#[test]
fn law_3_claims_to_povs_are_of_a_bounded_number_of_new_candidates() {
	let mut world = World::new();
	let numbers = 0..MAX_NEW_POVS as u32 + 50;
	for number in numbers.clone() {
		let candidate = CandidateHash(Hash::from_low_u64_be(number.into()));
		world.part.served.note_new_pov(candidate, number);
		assert!(world.part.served.new_povs() <= MAX_NEW_POVS);
	}
	assert_eq!(world.part.served.new_povs(), MAX_NEW_POVS, "the newest");
	// Ten blocks later those of the last one are new yet, and those of the one before are not.
	world.import(leaf(numbers.end - 1 + 10 - 1, Vec::new()));
	assert_eq!(world.part.served.new_povs(), 1);
}

#[test]
fn who_asks_for_a_pov_before_it_is_packed_waits_and_all_are_answered() {
	let mut world = World::new();
	world.runs_jobs = false;
	world.import(leaf(0, Vec::new()));
	world.store_coded(own_data(1));
	let request = AvailabilityRequest::Pov(candidate(1));
	// Twice by claim, and then as everybody.
	let most = MAX_WAITING_FOR_POV + usize::from(POVS_PER_MEMBER);
	for _ in 0..most {
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
	assert_eq!(world.answers.len(), most, "each once");
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
