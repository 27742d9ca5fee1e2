//! Children whose parent nobody here knows, from the advertisement to the block (R-BAK-5, R-NET-71).

use super::{fixture::*, rows::only_request, solo::*};
use crate::Response;
use async_backing_machine::RequestId;
use async_backing_primitives::{CompactStatement, CoreIndex, HeadData, LeafFacts};
use async_backing_wire::CollationResponse;

/// The para has claims on both cores: the other group checks half of its candidates.
fn two_cores() -> LeafFacts {
	LeafFacts {
		claim_queue: [CoreIndex(0), CoreIndex(1)]
			.map(|core| (core, [PARA, PARA].into()))
			.into(),
		..leaf(None)
	}
}

fn with_head(candidate: &Candidate, sent: HeadData) -> CollationResponse {
	CollationResponse {
		parent_head_data: Some(sent),
		..candidate.collation()
	}
}

/// A validator of the first group that is asked to second the child, and asks its collator for it.
fn asks_for(child: &Candidate, known: &[&Candidate]) -> (Solo, RequestId) {
	let mut solo = Solo::at(0, &two_cores()).knows(known);
	let outputs = solo.say(COLLATOR, child.advertisement());
	let (id, of, request) = only_request(&outputs);
	assert_eq!((of, request), (COLLATOR, child.request()), "R-BAK-5");
	(solo, id)
}

#[test]
fn r_def_43_r_bak_5_a_child_gets_its_quorum_beside_its_parent_which_gates_selection_alone() {
	let parent = Candidate::new();
	let child = parent.child();
	let (mut solo, id) = asks_for(&child, &[&parent, &child]);
	let head = child.validation_data.parent_head.clone();
	let outputs = solo.answer(id, Ok(Response::Collation(with_head(&child, head))));
	assert!(costs(&outputs).is_empty());
	let said: Vec<_> = statements(&outputs).iter().filter_map(as_statement).collect();
	let seconded = CompactStatement::Seconded(child.hash());
	assert!(
		said.iter().any(|said| said.statement == seconded),
		"R-NET-71: {outputs:?}"
	);
	let outputs = solo.say(peer(1), statement(&child, 1, false));
	assert!(
		is_backable(&outputs, &child),
		"R-BAK-7: its parent is not known yet"
	);
	let leaf = two_cores().block.hash;
	assert!(solo.propose(leaf, 11).backed_candidates.is_empty(), "R-SEL-3");

	// Its parent comes, from its own group.
	let asked = solo.say(peer(1), statement(&parent, 1, true));
	let (id, of, _) = only_request(&asked);
	assert_eq!(of, peer(1), "R-BAK-10");
	let outputs = solo.answer(id, Ok(Response::Pov(parent.pov.clone())));
	assert!(is_backable(&outputs, &parent));
	let selected = solo.propose(leaf, 11).backed_candidates;
	assert_eq!(selected[0].hash(), parent.hash(), "R-SEL-3");
	let below = solo.core.view().get_backable(leaf, PARA, &[parent.hash()], 2);
	assert_eq!(
		below.iter().map(|it| it.candidate_hash).collect::<Vec<_>>(),
		[child.hash()],
		"R-TRE-14: it joined"
	);
	assert_eq!(solo.results.executed, [child.hash(), parent.hash()]);
}

#[test]
fn r_net_86_r_bak_5_whoever_makes_head_data_up_is_named() {
	let child = Candidate::new().child();
	let (mut solo, id) = asks_for(&child, &[&child]);
	let outputs = solo.answer(id, Ok(Response::Collation(with_head(&child, HeadData(vec![9])))));
	assert_eq!(
		costs(&outputs),
		[(COLLATOR, "collation with another parent head")]
	);
	assert!(solo.results.executed.is_empty(), "R-BAK-12: nothing is executed");
}

#[test]
fn r_bak_5_r_net_87_without_head_data_or_another_group_its_parent_is_waited_for() {
	let parent = Candidate::new();
	let child = parent.child();
	let (mut solo, id) = asks_for(&child, &[&parent, &child]);
	let outputs = solo.answer(id, Ok(Response::Collation(child.collation())));
	assert!(
		requests(&outputs).is_empty() && costs(&outputs).is_empty(),
		"R-NET-87"
	);
	let outputs = solo.say(peer(1), statement(&parent, 1, true));
	let again = |outputs: &Outputs| {
		requests(outputs)
			.iter()
			.any(|(_, _, request)| *request == child.request())
	};
	assert!(again(&outputs), "R-BAK-5: somebody vouches for its parent");

	// One core: whoever checks the child checks its parent as well, first.
	let mut alone = Solo::at(0, &leaf(None)).knows(&[&parent, &child]);
	assert!(!again(&alone.say(COLLATOR, child.advertisement())), "R-BAK-5");
	assert!(again(&alone.say(peer(1), statement(&parent, 1, true))), "R-BAK-5");
}
