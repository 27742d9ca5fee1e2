//! A validator crashes at each of its inputs, and begins again with what was stored (law 5).

use super::{fixture::*, net::*, solo::*};
use async_backing_primitives::{CandidateHash, CompactStatement};
use codec::Encode;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// What others see of a run in which one parablock is backed and made available.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
	/// What two validators propose on the first leaf, one of which may have crashed.
	proposed: [Vec<CandidateHash>; 2],
	/// Who attests that its data is available, as the last leaf's author sees it.
	attested: usize,
}

fn run(crashes: u8, after: Option<usize>) -> (Seen, Net) {
	let candidate = Candidate::new();
	let mut net = Net::new(&[&candidate]);
	net.crash = after.map(|after| (crashes, after));
	let first = leaf(None);
	net.import(&first);
	net.advertise(&candidate, &[0]);
	net.run_until(NOW + Duration::from_millis(5900));
	let proposed = [4, crashes].map(|node| {
		let solo = net.nodes.get_mut(&node).expect("it is there");
		let proposal = solo.propose(first.block.hash, 11);
		proposal
			.backed_candidates
			.iter()
			.map(|backed| backed.hash())
			.collect()
	});
	net.now = NOW + Duration::from_secs(6);
	let occupied = leaf(Some(&candidate));
	net.import(&occupied);
	net.run_until(NOW + Duration::from_millis(11_900));
	net.now = NOW + Duration::from_secs(12);
	let last = child_of(&occupied, 0);
	net.import(&last);
	net.run_until(NOW + Duration::from_millis(17_900));
	let attested = net.attested(4, &last);
	(Seen { proposed, attested }, net)
}

/// Each thing that was promised, with the ways in which it was signed.
fn promises(solo: &Solo) -> BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>> {
	let mut promises = BTreeMap::<_, BTreeSet<_>>::new();
	for payload in &solo.signed {
		// Statements are about a candidate at a relay parent, bitfields about a leaf (R-STM-2, R-BIT-1).
		let about = match payload.strip_prefix(b"BKNG") {
			Some(statement) => statement[1..].to_vec(),
			None => payload[payload.len() - 36..].to_vec(),
		};
		promises.entry(about).or_default().insert(payload.clone());
	}
	promises
}

fn crash_everywhere(node: u8) {
	let (expected, calm) = run(node, None);
	assert_eq!(
		expected.proposed,
		[vec![Candidate::new().hash()], vec![Candidate::new().hash()]]
	);
	assert_eq!(expected.attested, usize::from(VALIDATORS));
	let inputs = calm.inputs[&node];
	assert!(inputs > 10, "{inputs} inputs");
	for after in 1..=inputs {
		let (seen, net) = run(node, Some(after));
		assert_eq!(
			seen, expected,
			"validator {node} crashed after {after} of {inputs} inputs"
		);
		let solo = &net.nodes[&node];
		for (about, payloads) in promises(solo) {
			assert_eq!(
				payloads.len(),
				1,
				"law 5: validator {node} after {after} of {inputs}: two promises about {about:?}"
			);
		}
		// Nobody seconds twice what it seconded once, whoever hears it.
		let seconded: BTreeSet<_> = net
			.shared
			.iter()
			.filter(|(from, _)| *from == node)
			.filter_map(|(_, message)| as_statement(message))
			.map(|statement| {
				let seconds = matches!(statement.statement, CompactStatement::Seconded(_));
				(seconds, statement.validator_index, statement.signature.encode())
			})
			.filter(|(_, author, _)| author.0 == u32::from(node))
			.collect();
		assert!(
			seconded.len() <= 1,
			"law 5: {} statements about one candidate",
			seconded.len()
		);
	}
}

#[test]
fn law_5_a_seconding_validator_that_crashes_at_any_input_forgets_no_promise() {
	crash_everywhere(0);
}

#[test]
fn law_5_a_confirming_validator_that_crashes_at_any_input_forgets_no_promise() {
	crash_everywhere(1);
}

#[test]
fn law_5_a_validator_of_another_group_that_crashes_at_any_input_attests_all_the_same() {
	crash_everywhere(5);
}
