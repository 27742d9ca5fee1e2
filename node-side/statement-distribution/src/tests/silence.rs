//! Who claims as much as it may and gives nothing: what that costs depends on how many they are, not on what they claim
//! (law 2, R-SD-12).

use super::fixture::{peer, Message, One};
use crate::{
	actors::{self, candidate, manifest, Setting},
	manners::MOST_OF_ONE,
	requests::places,
};
use async_backing_machine::{Input, Instant, Output, RequestFailure, RequestId, TimerId};
use std::time::Duration;

/// Eight groups of four with four candidates each: more own ones at once than may be asked for.
const SETTING: Setting = Setting {
	validators: 32,
	group_size: 4,
	minimum_votes: 2,
	depth: 3,
	ancestry: 1,
	randomness: 7,
};
const OWN: u32 = 0;
const TIMEOUT: Duration = Duration::from_millis(2500);

/// How the silent fail.
#[derive(Clone, Copy, Debug)]
enum Way {
	SayNothing,
	Refuse,
	Lie,
}

/// So many requests go at most to one who never answers, within this time: its places at once, then one after each rest,
/// which is twice as long as the one before.
fn asked_at_most(within: Duration) -> u32 {
	let (mut asked, mut at, mut rest) = (MOST_OF_ONE as u32, TIMEOUT, Duration::from_secs(2));
	while at + rest <= within {
		at += rest + TIMEOUT;
		rest = (2 * rest).min(Duration::from_secs(32));
		asked += 1;
	}
	asked
}

/// When a place is free at the latest that nobody silent takes.
fn bound(silent: u32) -> Duration {
	let places = places(SETTING.groups().len()) as u32;
	let rounds = (1..).find(|rounds| silent * asked_at_most(TIMEOUT * *rounds) < places * rounds);
	TIMEOUT * rounds.expect("rests grow")
}

/// When somebody honest is asked for a candidate, after all others who may claim anything have claimed so many each.
fn first_asked(claims: u8, way: Way) -> (Instant, u32) {
	let mut one = One::new(OWN, SETTING);
	let (own_group, _) = SETTING.place(OWN);
	let groups = 0..SETTING.groups().len() as u32;
	let others: Vec<_> = groups.filter(|group| *group != own_group).collect();
	let told: Vec<_> = others
		.iter()
		.flat_map(|group| {
			one.receiving(*group as usize)
				.into_iter()
				.map(move |from| (*group, from))
		})
		.collect();
	let (group, honest) = *told.last().expect("somebody may tell");
	let mut silent: Vec<_> = (1..SETTING.group_size).collect();
	for member in silent.clone() {
		for name in 0..claims.min(SETTING.limit() as u8) {
			let seconded = candidate(100 + 8 * member as u8 + name, own_group, 1).hash();
			one.statement(member, SETTING.said(seconded, true, 1, member));
		}
	}
	let size = SETTING.size_of(group);
	for (group, from) in told.iter().filter(|(_, from)| *from != honest) {
		for name in 0..claims {
			let (seconds, confirms) = (usize::from(name) % size, (usize::from(name) + 1) % size);
			let filter = SETTING.filter(*group, &[seconds], &[confirms]);
			one.manifest(*from, manifest(1 + name, *group, 1, filter));
		}
		silent.push(*from);
	}
	silent.sort_unstable();
	silent.dedup();
	assert_eq!(one.refused(), [], "all of it may be claimed");
	// Everybody but the honest one has claimed it before.
	let wanted = candidate(90, group, 1).hash();
	one.manifest(honest, manifest(90, group, 1, SETTING.filter(group, &[0], &[1])));
	let mut due: Vec<(Instant, RequestId)> = Vec::new();
	let mut timer: Option<(Instant, TimerId)> = None;
	for _ in 0..5_000 {
		for (id, of, request) in std::mem::take(&mut one.requests) {
			if of == peer(honest) && request.candidate_hash == wanted {
				return (one.now, silent.len() as u32);
			}
			let soon = match way {
				Way::SayNothing => TIMEOUT,
				Way::Refuse | Way::Lie => Duration::from_millis(50),
			};
			due.push((one.now + soon, id));
		}
		assert!(
			due.len() <= places(SETTING.groups().len()),
			"R-SD-12: so many in flight"
		);
		for output in one.outputs.drain(..) {
			match output {
				Output::SetTimer(id, at) => timer = Some((at, id)),
				Output::ClearTimer(id) => {
					timer.take_if(|(_, set)| *set == id);
				}
				_ => {}
			}
		}
		let answer = due.iter().min().copied();
		match (answer, timer) {
			(Some((at, id)), timer) if timer.is_none_or(|(later, _)| at <= later) => {
				one.now = one.now.max(at);
				due.retain(|(_, of)| *of != id);
				let answer = match way {
					Way::SayNothing => Err(RequestFailure::TimedOut),
					Way::Refuse => Err(RequestFailure::Refused),
					Way::Lie => Ok(SETTING.attested(99, 7, 0, &[0], &[1])),
				};
				one.input(Input::Response(id, answer));
			}
			(_, Some((at, id))) => {
				one.now = one.now.max(at);
				timer = None;
				one.input(Input::Timer(id));
			}
			_ => break,
		}
	}
	panic!("{claims} claims each, {way:?}: nobody honest is ever asked");
}

#[test]
fn r_sd_12_law_2_what_silence_costs_does_not_depend_on_what_is_claimed() {
	for way in [Way::SayNothing, Way::Refuse, Way::Lie] {
		for claims in [1, 2, 4, 8, 16] {
			let (at, silent) = first_asked(claims, way);
			let bound = bound(silent);
			assert!(silent >= 8, "the test needs many: {silent}");
			assert!(
				at <= bound,
				"{claims} claims each of {silent}, {way:?}: {at:?} of {bound:?}"
			);
		}
	}
}

/// Of two who claim it, the one that has not failed is asked.
#[test]
fn r_sd_12_who_fails_is_asked_after_the_others() {
	let mut one = One::new(OWN, SETTING);
	let group = 1;
	let senders = one.receiving(group);
	let claim = |name| manifest(name, group as u32, 1, SETTING.filter(group as u32, &[0], &[1]));
	let [bad, good] = [senders[0], senders[1]];
	one.manifest(bad, claim(1));
	one.respond(Err(RequestFailure::TimedOut));
	one.manifest(bad, claim(2));
	assert!(one.requests.is_empty(), "it rests");
	one.manifest(good, claim(2));
	assert_eq!(one.requests.first().map(|(_, of, _)| *of), Some(peer(good)));
	one.respond(Ok(SETTING.attested(2, group as u32, 1, &[0], &[1])));
	assert!(one.told().len() == 2 && one.requests.is_empty());
	one.wait(1);
	assert_eq!(
		one.requests.len(),
		1,
		"and after its rest the bad one for what only it has"
	);
	one.disconnect(peer(bad));
	let id = one.requests[0].0;
	one.input(Input::Response(id, Err(RequestFailure::Disconnected)));
	one.connect(bad, peer(bad));
	one.view(bad, &[1]);
	one.hear(peer(bad), Message::BackedCandidateManifest(claim(3)));
	assert_eq!(one.requests.len(), 2, "a new connection begins anew");
	assert_eq!(
		actors::hash(1),
		one.chain.newest().expect("there is a leaf").block.hash
	);
}

/// In a session of many groups more candidates are asked for at a time.
#[test]
fn r_sd_12_places_follow_the_groups_of_active_leaves() {
	for groups in [SETTING.groups().len(), 100, 160, 200] {
		let mut one = One::alone(OWN, SETTING);
		let mut facts = SETTING.facts(1);
		facts.groups.resize(groups, Vec::new());
		one.import_facts(facts);
		for index in 1..SETTING.validators {
			one.connect(index, peer(index));
			one.view(index, &[1]);
		}
		for group in 1..SETTING.groups().len() as u32 {
			let filter = SETTING.filter(group, &[0], &[1]);
			for from in one.receiving(group as usize) {
				for name in 0..4 {
					one.manifest(from, manifest(40 + name, group, 1, filter.clone()));
				}
			}
		}
		assert_eq!(one.refused(), [], "all of it may be claimed");
		assert_eq!(one.requests.len(), places(groups), "R-SD-12: of {groups} groups");
		assert_eq!(places(groups), (groups / 20).max(5), "R-SD-12");
	}
}

/// Whoever claims a hundred candidates and goes, or says nothing, makes neither the connections of others dear nor what becomes known;
/// and when it is there again, it is asked.
#[test]
fn r_sd_12_what_others_claim_is_looked_at_when_they_are_there() {
	let mut one = One::new(OWN, SETTING);
	let group = 1;
	let senders = one.receiving(group);
	let [claimant, other] = [senders[0], senders[1]];
	let claim = |name| manifest(name, group as u32, 1, SETTING.filter(group as u32, &[0], &[1]));
	for name in 1..=4 {
		one.manifest(claimant, claim(name));
	}
	assert_eq!(one.requests.len(), MOST_OF_ONE, "the others wait for it");
	let asked = one.questions.get();
	one.disconnect(peer(other));
	one.connect(other, peer(other));
	one.view(other, &[1]);
	assert_eq!(one.questions.get(), asked, "it has said nothing of them");
	for (id, ..) in std::mem::take(&mut one.requests) {
		one.input(Input::Response(id, Err(RequestFailure::Disconnected)));
	}
	one.requests.clear();
	one.disconnect(peer(claimant));
	one.wait(2);
	assert_eq!(one.requests.len(), 0, "nobody is there who has them");
	let asked = one.questions.get();
	one.share(90, true);
	one.backable(90, 0);
	assert_eq!(
		one.questions.get(),
		asked,
		"nor do they come by what becomes known"
	);
	one.connect(claimant, peer(claimant));
	one.view(claimant, &[1]);
	assert_eq!(one.requests.len(), MOST_OF_ONE, "it is there again");
}
