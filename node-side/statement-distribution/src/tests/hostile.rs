//! Every message in every state, floods, stale and future views, repeats, wrong sessions.

use super::{
	fixture::{peer, Message, One, SETTING},
	net::Random,
};
use crate::{
	actors::{self, candidate, known, manifest, Setting},
	filter::{Filter, Kind},
	job,
};
use async_backing_chain_view::Identity;
use async_backing_machine::{Input, JobFailure, JobId, PeerId, RequestFailure, RequestId, TimerId};
use async_backing_primitives::StatementFilter;

const STRANGER: PeerId = PeerId(999);

/// A state of a validator of the first group, by a number.
fn state(number: usize) -> One {
	let mut one = match number {
		0 => One::alone(0, SETTING),
		_ => One::new(0, SETTING),
	};
	one.chain.connected(STRANGER, Identity::stranger());
	one.input(Input::Peer(
		STRANGER,
		async_backing_machine::PeerEvent::Connected(()),
	));
	let teller = one.chain.own_index(actors::hash(1)).map(|_| one.receiving(1)[0]);
	let said = |seconds, index| SETTING.said(candidate(1, 0, 1).hash(), seconds, 1, index);
	if number >= 2 {
		one.statement(1, said(true, 1));
		one.manifest(
			teller.unwrap_or(0),
			manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])),
		);
	}
	if number >= 3 {
		one.share(1, false);
		one.statement(2, said(false, 2));
	}
	if number >= 4 {
		one.backable(1, 0);
	}
	if number >= 5 {
		for partner in one.sending(0) {
			one.known(partner, known(1, 0, 1, SETTING.filter(0, &[1], &[0, 2])));
		}
	}
	if number >= 6 {
		one.import(2);
		one.import(3);
	}
	one
}

const STATES: usize = 7;

/// What anybody may say, by a number.
fn messages() -> Vec<Message> {
	let mut messages = Vec::new();
	for block in [0, 1, 2, 40] {
		for (name, group) in [(1, 0), (2, 0), (1, 1), (1, 9)] {
			let hash = candidate(name, group, block).hash();
			for seconds in [true, false] {
				for author in [0, 1, 4, 300] {
					let right = SETTING.statement(hash, seconds, block, author, author);
					let forged = SETTING.statement(hash, seconds, block, author, author + 1);
					let other_session = SETTING.statement(hash, seconds, block + 24, author, author);
					for statement in [right, forged, other_session] {
						messages.push(Message::Statement(actors::hash(block), statement));
					}
				}
			}
			for filter in [
				StatementFilter::blank(3),
				StatementFilter::full(3),
				StatementFilter::full(1),
				StatementFilter::full(2048),
				SETTING.filter(0, &[1], &[0]),
			] {
				messages.push(Message::BackedCandidateManifest(manifest(
					name,
					group,
					block,
					filter.clone(),
				)));
				messages.push(Message::BackedCandidateKnown(known(name, group, block, filter)));
			}
		}
	}
	messages
}

/// What the docs say of memory, in entries.
fn check_bounds(one: &One) {
	let Setting {
		validators,
		group_size,
		..
	} = one.setting;
	let (limit, group, all) = (one.setting.limit(), group_size as usize, validators as usize);
	for parent in one.part.parents() {
		if let Some(cluster) = &parent.cluster {
			assert!(cluster.len() <= limit * group * group * group, "R-SD-6");
		}
		assert!(parent.store.len() <= limit * all, "R-SD-3");
		assert!(parent.grid.len() <= 2 * limit * group * all, "R-SD-10");
		assert!(parent.confirmed.len() <= limit * all, "R-SD-3");
	}
	let parents = one.part.parents().count();
	let claimed = 2 * limit * group * all + limit * group * group;
	assert!(one.part.wanted_len() <= parents * claimed);
}

#[test]
fn every_message_in_every_state_from_everybody() {
	let messages = messages();
	for number in 0..STATES {
		let mut one = state(number);
		for message in &messages {
			for from in [peer(1), peer(4), peer(8), STRANGER, PeerId(12345)] {
				one.hear(from, message.clone());
			}
			check_bounds(&one);
			one.clear();
		}
		one.work();
		check_bounds(&one);
	}
}

#[test]
fn requests_answers_and_ends_in_every_state() {
	for number in 0..STATES {
		let mut one = state(number);
		for (name, group) in [(1, 0), (2, 0), (1, 1), (1, 9)] {
			for mask in [
				StatementFilter::default(),
				StatementFilter::blank(3),
				StatementFilter::full(2048),
			] {
				for from in [1, 4, 8, 899] {
					let _ = one.ask(from, candidate(name, group, 1).hash(), mask.clone());
				}
			}
		}
		let open: Vec<_> = one
			.requests
			.iter()
			.map(|(id, ..)| *id)
			.chain([RequestId(1 << 40)])
			.collect();
		for id in open {
			for _ in 0..2 {
				one.input(Input::Response(id, Ok(SETTING.attested(1, 1, 1, &[0], &[1]))));
				one.input(Input::Response(id, Err(RequestFailure::TimedOut)));
			}
		}
		// Ends of jobs, with the results of others.
		let jobs: Vec<_> = one
			.jobs
			.iter()
			.map(|(id, _)| *id)
			.chain([JobId(1 << 40)])
			.collect();
		for id in jobs {
			one.input(Input::Done(id, Ok(job::Done::Statements(vec![true; 99]))));
			one.input(Input::Done(id, Err(JobFailure::Late)));
		}
		one.input(Input::Timer(TimerId(1 << 40)));
		one.work();
		check_bounds(&one);
	}
}

#[test]
fn r_net_57_stale_and_future_views() {
	for number in 0..STATES {
		let mut one = state(number);
		one.clear();
		one.view_of(peer(1), &[1, 2, 40, 41, 42], 7);
		assert!(one.refused().is_empty(), "a block that is not here may come");
		one.view_of(peer(1), &[1], 6);
		let backwards = one.refused();
		if number > 0 {
			assert_eq!(backwards.len(), 1, "R-NET-57: backwards");
			one.view_of(peer(2), &[], 7);
			assert_eq!(one.refused().len(), 1, "R-NET-57: empty");
		}
		one.view_of(PeerId(4444), &[1], 0);
		one.disconnect(peer(1));
		one.disconnect(peer(1));
		one.view_of(peer(1), &[1], 9);
		check_bounds(&one);
	}
}

#[test]
fn law_3_a_flood_of_random_messages_stays_within_the_bounds() {
	let mut random = Random(11);
	let mut one = state(5);
	for step in 0..6_000_u32 {
		let from = peer(1 + random.below(8) as u32);
		let (name, group) = (random.below(200) as u8, random.below(3) as u32);
		let mut filter = StatementFilter::blank(3);
		for member in 0..3 {
			for kind in Kind::ALL {
				if random.one_in(2) {
					filter.note(kind, member);
				}
			}
		}
		let author = random.below(9) as u32;
		let message = match random.below(3) {
			0 => Message::BackedCandidateManifest(manifest(name, group, 1, filter)),
			1 => Message::BackedCandidateKnown(known(name, group, 1, filter)),
			_ => {
				let mut statement = SETTING.said(candidate(1, 0, 1).hash(), random.one_in(2), 1, author);
				let hash = candidate(name, group, 1).hash();
				statement.statement = Kind::of(&statement.statement).statement(hash);
				Message::Statement(actors::hash(1), statement)
			}
		};
		one.hear(from, message);
		if step % 64 == 0 {
			check_bounds(&one);
			one.clear();
		}
	}
	one.clear();
	// All of them signed with signatures of other statements: the work is that of three a peer.
	one.work();
	check_bounds(&one);
	let forged = one.refused();
	assert!(forged.len() <= 8 * 16, "who forges is cut: {}", forged.len());
}
