//! Who is served next.

use super::*;
use proptest::prelude::*;
use std::{collections::BTreeSet, time::Duration};

const NOW: Duration = Duration::from_secs(7);

fn parent(seed: u8) -> Hash {
	Hash::repeat_byte(seed)
}

fn ask(peer: u64, ticket: u64, candidate: u8) -> Ask<u64, u64> {
	Ask {
		peer,
		ticket,
		candidate: CandidateHash(Hash::repeat_byte(candidate)),
	}
}

#[test]
fn r_net_79_one_peer_at_a_time_is_served_for_a_scheduling_parent() {
	let mut serving = Serving::default();
	let rows = [
		("the first", 1, ask(1, 1, 1), Asked::Now),
		("another peer", 1, ask(2, 2, 1), Asked::Waits),
		(
			"the same one, for another candidate",
			1,
			ask(1, 3, 2),
			Asked::Waits,
		),
		("at another scheduling parent", 2, ask(2, 4, 3), Asked::Now),
		("there as well", 2, ask(3, 5, 3), Asked::Waits),
	];
	for (name, at, ask, expected) in rows {
		assert_eq!(serving.ask(NOW, parent(at), ask), expected, "R-NET-79: {name}");
	}
	let almost = NOW + NEXT_SERVED_AFTER - Duration::from_nanos(1);
	assert_eq!(serving.due(almost), [], "R-NET-79");
	assert_eq!(
		serving.next_due(),
		Some(NOW + NEXT_SERVED_AFTER),
		"R-NET-79: after 150 ms"
	);
	assert_eq!(
		serving.due(NOW + NEXT_SERVED_AFTER),
		[ask(2, 2, 1), ask(3, 5, 3)],
		"R-NET-79"
	);
	let soon = NOW + NEXT_SERVED_AFTER + Duration::from_millis(10);
	assert_eq!(
		serving.sent(soon, 2),
		[ask(1, 3, 2)],
		"R-NET-79: when the first is done"
	);
	assert_eq!(serving.sent(soon, 2), [], "that ended before");
	assert_eq!((serving.waiting(), serving.next_due()), (0, None));
}

#[test]
fn r_net_79_a_second_open_request_for_the_same_candidate_costs() {
	let mut serving = Serving::default();
	assert_eq!(serving.ask(NOW, parent(1), ask(1, 1, 1)), Asked::Now);
	assert_eq!(
		serving.ask(NOW, parent(1), ask(1, 2, 1)),
		Asked::Repeated,
		"R-NET-79: it is being served"
	);
	assert_eq!(serving.ask(NOW, parent(1), ask(2, 3, 1)), Asked::Waits);
	assert_eq!(
		serving.ask(NOW, parent(1), ask(2, 4, 1)),
		Asked::Repeated,
		"R-NET-79: it waits"
	);
	assert_eq!(serving.sent(NOW, 1), [ask(2, 3, 1)]);
	assert_eq!(
		serving.ask(NOW, parent(1), ask(1, 5, 1)),
		Asked::Waits,
		"R-NET-79: the first request has ended"
	);
	let later = NOW + 3 * NEXT_SERVED_AFTER;
	assert_eq!(serving.due(later), [ask(1, 5, 1)]);
	assert_eq!(serving.due(later + NEXT_SERVED_AFTER), []);
	assert_eq!(
		serving.ask(later + NEXT_SERVED_AFTER, parent(1), ask(1, 6, 1)),
		Asked::Now,
		"R-NET-79: nobody is served any more"
	);
}

#[test]
fn r_net_79_whoever_is_gone_holds_nobody_up() {
	let mut serving = Serving::default();
	for (ticket, peer) in (0..).zip([1, 2, 3, 2]) {
		serving.ask(NOW, parent(1), ask(peer, ticket, ticket as u8));
	}
	assert_eq!(serving.gone(2), [ask(2, 1, 1), ask(2, 3, 3)]);
	assert_eq!(serving.due(NOW + NEXT_SERVED_AFTER), [ask(3, 2, 2)]);
}

#[test]
fn law_3_requests_that_wait_are_bounded() {
	let mut serving = Serving::default();
	let mut asked = |peer: usize| serving.ask(NOW, parent(peer as u8 % 3), ask(peer as u64, peer as u64, 1));
	let answers: Vec<_> = (0..MAX_ASKS_WAITING + 3 + 5).map(&mut asked).collect();
	let count = |what| answers.iter().filter(|answer| **answer == what).count();
	assert_eq!(
		(count(Asked::Now), count(Asked::Waits), count(Asked::Full)),
		(3, MAX_ASKS_WAITING, 5)
	);
}

proptest! {
	/// Whoever waits is served once, in its turn, and never within the time of the one before.
	#[test]
	fn r_net_79_everybody_is_served_once_and_nobody_beside_another_one(
		steps in proptest::collection::vec((0u64..4, 0u8..3, 0u8..3, 0u64..200, any::<bool>()), 1..80),
	) {
		let mut serving = Serving::default();
		let mut now = NOW;
		let mut open: BTreeMap<Hash, (u64, Duration)> = BTreeMap::new();
		let (mut accepted, mut served) = (BTreeSet::new(), BTreeSet::new());
		let mut at: BTreeMap<u64, Hash> = BTreeMap::new();
		for (ticket, (peer, parent_seed, candidate, millis, is_sent)) in (0u64..).zip(steps) {
			now += Duration::from_millis(millis);
			let sent = open.values().next().map(|(ticket, _)| *ticket).filter(|_| is_sent);
			let mut next = match sent {
				Some(sent) => {
					open.retain(|_, (ticket, _)| *ticket != sent);
					serving.sent(now, sent)
				}
				None => serving.due(now),
			};
			let request = ask(peer, ticket, candidate);
			at.insert(ticket, parent(parent_seed));
			match serving.ask(now, parent(parent_seed), request) {
				Asked::Now => {
					accepted.insert(ticket);
					next.push(request);
				}
				Asked::Waits => {
					accepted.insert(ticket);
				}
				Asked::Repeated | Asked::Full => {}
			}
			for request in next {
				let parent = at[&request.ticket];
				let before = open.insert(parent, (request.ticket, now + NEXT_SERVED_AFTER));
				prop_assert!(before.is_none_or(|(_, until)| until <= now), "R-NET-79");
				prop_assert!(served.insert(request.ticket), "once");
			}
		}
		for _ in 0..100 {
			now += NEXT_SERVED_AFTER;
			served.extend(serving.due(now).iter().map(|ask| ask.ticket));
		}
		prop_assert_eq!(accepted, served);
	}
}
