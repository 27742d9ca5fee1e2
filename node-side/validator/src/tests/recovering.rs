//! Data that somebody in the node needs whole (R-AVL-1, R-AVL-5, R-NET-99, R-NET-102).

use super::{fixture::*, rows::seconded, solo::*};
use crate::{Event, NodeEvent, NotRecovered, Request, Response, WantedData};
use async_backing_availability::Outcome;
use async_backing_machine::{Input, RequestFailure, RequestId};
use async_backing_primitives::{CoreIndex, GroupIndex, Hash, SYSTEMATIC_CHUNKS};
use std::{sync::Arc, time::Duration};

fn wanted(candidate: &Candidate, block: Hash) -> WantedData {
	WantedData {
		receipt: candidate.plain(),
		block,
		core: CoreIndex(0),
		group: GroupIndex(0),
	}
}

/// Has it recovered. What that makes the validator do.
fn recover(solo: &mut Solo, wanted: &WantedData) -> Result<Outputs, NotRecovered> {
	let outputs = solo.give(Input::Chain(NodeEvent::Recover(Box::new(wanted.clone()))));
	let refused = |event| match event {
		Event::NotRecovered(_, reason) => Some(reason),
		_ => None,
	};
	match events(&outputs).into_iter().find_map(refused) {
		Some(reason) => Err(reason),
		None => Ok(outputs),
	}
}

fn outcomes(outputs: &Outputs) -> Vec<Outcome> {
	let outcome = |event| match event {
		Event::Recovery(outcome) => Some(outcome),
		_ => None,
	};
	events(outputs).into_iter().filter_map(outcome).collect()
}

/// Answers all that is asked, until nothing is.
fn answer_all(
	solo: &mut Solo,
	outputs: Outputs,
	answer: impl Fn(&Request) -> Result<Response, RequestFailure>,
) -> Vec<Outcome> {
	let (mut told, mut open) = (outcomes(&outputs), requests(&outputs));
	while let Some((id, _, request)) = open.pop() {
		let outputs = solo.answer(id, answer(&request));
		told.extend(outcomes(&outputs));
		open.extend(requests(&outputs));
	}
	told
}

#[test]
fn r_avl_5_what_is_here_is_told_at_once_and_what_no_block_names_is_not_looked_for() {
	let candidate = Candidate::new();
	let (mut backer, _) = seconded(0, &candidate);
	let of_leaf = wanted(&candidate, leaf(None).block.hash);
	let outputs = recover(&mut backer, &of_leaf).expect("the block is known");
	let recovered = Outcome::Recovered {
		candidate: candidate.hash(),
		data: Arc::new(candidate.data()),
	};
	assert_eq!(outcomes(&outputs), [recovered], "R-AVL-5");
	assert!(requests(&outputs).is_empty(), "nobody is asked");
	let nowhere = Hash::repeat_byte(0xee);
	assert_eq!(
		recover(&mut backer, &wanted(&candidate, nowhere)),
		Err(NotRecovered::UnknownSession(nowhere))
	);
}

#[test]
fn r_avl_1_chunks_of_others_make_up_what_no_backer_hands_out_in_either_mapping() {
	for mapped in [false, true] {
		let candidate = Candidate::new();
		let mut at = leaf(None);
		at.node_features.set(SYSTEMATIC_CHUNKS, mapped);
		let mut approver = Solo::at(5, &at);
		let open = approver.core.open();
		let outputs = recover(&mut approver, &wanted(&candidate, at.block.hash)).expect("the block is known");
		assert_eq!(approver.core.recoveries(), 1);
		// Twice is once.
		let again = recover(&mut approver, &wanted(&candidate, at.block.hash)).expect("the block is known");
		assert!(requests(&again).is_empty());
		let chunks = candidate.chunks();
		let told = answer_all(&mut approver, outputs, |request| match request {
			Request::Chunk { index, plain, .. } => {
				assert_eq!(
					*plain, !mapped,
					"R-NET-99: version 1 only where it names the chunk"
				);
				// On core 0 chunks are where their validators are.
				Ok(Response::Chunk(chunks[index.0 as usize].clone()))
			}
			_ => Err(RequestFailure::TimedOut),
		});
		let recovered = Outcome::Recovered {
			candidate: candidate.hash(),
			data: Arc::new(candidate.data()),
		};
		assert_eq!(told, [recovered], "R-AVL-1, R-AVL-5: mapped {mapped}");
		assert_eq!((approver.core.recoveries(), approver.core.open()), (0, open));
	}
}

#[test]
fn r_avl_5_what_nobody_has_ends_and_what_is_not_needed_any_more_is_let_go() {
	let candidate = Candidate::new();
	let at = leaf(None);
	let mut approver = Solo::at(5, &at);
	let outputs = recover(&mut approver, &wanted(&candidate, at.block.hash)).expect("the block is known");
	let silent = |_: &Request| Err(RequestFailure::TimedOut);
	let mut told = answer_all(&mut approver, outputs, silent);
	for second in 1..=10 {
		let outputs = approver.wait(NOW + Duration::from_secs(second));
		told.extend(answer_all(&mut approver, outputs, silent));
	}
	let unavailable = Outcome::Unavailable {
		candidate: candidate.hash(),
	};
	assert_eq!(told, [unavailable], "each ends");
	let before = approver.core.open();
	let outputs = recover(&mut approver, &wanted(&candidate, at.block.hash)).expect("once more");
	let open: Vec<RequestId> = requests(&outputs).into_iter().map(|(id, ..)| id).collect();
	assert!(!open.is_empty());
	approver.give(Input::Chain(NodeEvent::ForgetRecovery(candidate.hash())));
	for id in open {
		let outputs = approver.answer(id, Err(RequestFailure::TimedOut));
		assert!(
			requests(&outputs).is_empty() && outcomes(&outputs).is_empty(),
			"nobody waits for it"
		);
	}
	assert_eq!((approver.core.recoveries(), approver.core.open()), (0, before));
}
