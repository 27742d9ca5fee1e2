//! Validators among themselves, as they mean to work.

use super::{fixture::*, rows::seconded, solo::*};
use crate::{Event, Message, Request, Response};
use async_backing_backing::Event as BackingEvent;
use async_backing_machine::{Input, Output, PeerEvent, RequestFailure, RequestId};
use async_backing_primitives::{Hash, HeadData, PoV, ValidationResult, ValidatorIndex};
use codec::{Decode, Encode};
use std::{sync::Arc, time::Duration};

fn only_statement(outputs: &Outputs) -> Message {
	match &statements(outputs)[..] {
		[one] => one.clone(),
		other => panic!("one statement: {other:?}"),
	}
}

#[test]
fn two_of_a_group_make_a_candidate_backable_and_any_validator_can_propose_it() {
	let candidate = Candidate::new();
	let (mut first, outputs) = seconded(0, &candidate);
	assert!(
		events(&outputs).contains(&Event::Seconded(candidate.hash())),
		"R-BAK-2"
	);
	let statement = only_statement(&outputs);
	let (to, _) = said(&outputs).pop().expect("it is shared");
	assert_eq!(to, [1, 2, 3, 4, 5].map(peer), "every validator hears it");

	// The second member fetches the proof of validity from the first, and confirms.
	let mut second = Solo::at(1, &leaf(None)).knows(&[&candidate]);
	let asks = requests(&second.say(peer(0), statement.clone()));
	let [(id, asked, request)] = asks[..] else {
		panic!("{asks:?}")
	};
	assert_eq!(
		(asked, request),
		(peer(0), Request::Pov(candidate.hash())),
		"R-BAK-10"
	);
	let answer = first.ask(peer(1), 1, request);
	assert_eq!(answer, Ok(Response::Pov(candidate.pov.clone())));
	let outputs = second.answer(id, answer.map_err(|_| RequestFailure::Refused));
	assert_eq!(second.results.executed, [candidate.hash()]);
	assert!(is_backable(&outputs, &candidate), "R-BAK-7: {outputs:?}");
	let confirmation = only_statement(&outputs);

	// A validator of the other group hears both and proposes the candidate.
	let mut author = Solo::at(4, &leaf(None));
	let outputs = author.say(peer(0), statement);
	assert!(requests(&outputs).is_empty(), "only its group checks it");
	assert!(!is_backable(&outputs, &candidate));
	let leaf_hash = block(10).hash;
	assert!(
		author.propose(leaf_hash, 11).backed_candidates.is_empty(),
		"R-BKV-1: one vote is too few"
	);
	assert!(
		is_backable(&author.say(peer(1), confirmation), &candidate),
		"R-SD-1"
	);
	let proposal = author.propose(leaf_hash, 11);
	let [backed] = &proposal.backed_candidates[..] else {
		panic!("{proposal:?}")
	};
	assert_eq!(
		(backed.hash(), backed.validity_votes.len()),
		(candidate.hash(), 2),
		"R-BAK-8"
	);
	assert!(
		author.propose(leaf_hash, 1000).backed_candidates.is_empty(),
		"R-PRV-13"
	);
	let unknown = author.propose(Hash::repeat_byte(1), 11);
	assert!(unknown.backed_candidates.is_empty(), "an unknown leaf");
}

#[test]
fn a_proposal_that_is_too_late_is_empty() {
	let mut author = Solo::at(4, &leaf(None));
	let candidate = Candidate::new();
	author.say(peer(0), statement(&candidate, 0, true));
	author.say(peer(1), statement(&candidate, 1, false));
	let proposing = crate::Proposing {
		parent: block(10).hash,
		slot: 11,
	};
	for (deadline, count) in [(NOW, 1), (NOW - Duration::from_millis(1), 0)] {
		let id = async_backing_machine::ProposeId(1);
		let outputs = author.give(Input::Propose(id, proposing, deadline));
		let [Output::Proposal(answered, proposal)] = &outputs[..] else {
			panic!("{outputs:?}")
		};
		assert_eq!((*answered, proposal.backed_candidates.len()), (id, count));
	}
}

#[test]
fn r_bak_5_an_advertised_child_waits_until_its_parent_is_seconded() {
	let parent = Candidate::new();
	let (_, outputs) = seconded(0, &parent);
	let seconding = only_statement(&outputs);
	let child = parent.child();
	let mut third = Solo::at(2, &leaf(None)).knows(&[&parent]);
	let outputs = third.say(COLLATOR, child.advertisement());
	assert!(
		requests(&outputs).is_empty() && costs(&outputs).is_empty(),
		"R-BAK-5: no place yet"
	);
	let hears = requests(&third.say(peer(0), seconding));
	let [(_, _, Request::Pov(_)), (_, COLLATOR, asked)] = hears[..] else {
		panic!("R-BAK-5: {hears:?}")
	};
	assert_eq!(
		asked,
		child.request(),
		"R-DEF-43: parent and child are checked beside one another"
	);
	let outputs = third.say(peer(1), statement(&parent, 1, false));
	assert!(is_backable(&outputs, &parent), "R-BAK-7");
	assert!(requests(&outputs).is_empty());
}

#[test]
fn r_def_41_r_bak_5_what_waits_is_asked_again_at_a_new_leaf() {
	let parent = Candidate::new();
	let child = parent.child();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&parent]);
	let outputs = backer.say(COLLATOR, child.advertisement());
	assert!(requests(&outputs).is_empty(), "R-BAK-5: no place yet");
	// The parent went another way: it is pending at the next leaf.
	let asked = requests(&backer.import(&leaf(Some(&parent))));
	let is_asked = |(_, peer, request): &(_, _, Request)| *peer == COLLATOR && *request == child.request();
	assert!(asked.iter().any(is_asked), "R-DEF-41: {asked:?}");
}

#[test]
fn nobody_states_what_execution_refuses() {
	let candidate = Candidate::new();
	let (_, good) = seconded(0, &candidate);
	assert!(costs(&good).is_empty());
	let other_head = ValidationResult {
		head_data: HeadData(vec![2]),
		..candidate.result()
	};
	for outcome in [Err("the proof does not match".into()), Ok(other_head)] {
		let mut backer = Solo::at(0, &leaf(None));
		backer.results.known.insert(candidate.hash(), outcome);
		let [(id, ..)] = requests(&backer.say(COLLATOR, candidate.advertisement()))[..] else {
			panic!("it is fetched")
		};
		let outputs = backer.answer(id, Ok(Response::Collation(candidate.collation())));
		assert_eq!(costs(&outputs).len(), 1, "R-BAK-2: {outputs:?}");
		let complains = events(&outputs)
			.iter()
			.any(|event| matches!(event, Event::Refused(..)));
		assert!(complains, "R-BAK-2");
		assert!(statements(&outputs).is_empty(), "R-STM-1: {outputs:?}");
	}
}

#[test]
fn what_is_not_as_announced_is_refused_with_a_reason() {
	let candidate = Candidate::new();
	let mut outsider = Solo::at(4, &leaf(None));
	let outputs = outsider.say(COLLATOR, candidate.advertisement());
	assert!(
		outputs.is_empty(),
		"R-NET-83: whose para this group does not serve was let go: {outputs:?}"
	);

	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let [(id, ..)] = requests(&backer.say(COLLATOR, candidate.advertisement()))[..] else {
		panic!("it is fetched")
	};
	let mut other_pov = candidate.collation();
	other_pov.pov = Arc::new(PoV::default());
	let outputs = backer.answer(id, Ok(Response::Collation(other_pov)));
	assert_eq!(costs(&outputs).len(), 1, "the PoV's hash: {outputs:?}");
	assert!(statements(&outputs).is_empty() && backer.results.executed.is_empty());
	let unasked = Ok(Response::Collation(candidate.collation()));
	assert_eq!(backer.answer(RequestId(id.0), unasked), [], "nobody waits for it");

	let Message::Statement(statement) = statement(&candidate, 0, true) else {
		panic!("a statement")
	};
	let mut forged = (*statement).clone();
	forged.validator_index = ValidatorIndex(1);
	let mut hearer = Solo::at(2, &leaf(None));
	let outputs = hearer.say(peer(0), Message::Statement(Arc::new(forged)));
	assert_eq!(costs(&outputs).len(), 1, "R-STM-2: {outputs:?}");
	let refused = |event: &Event| matches!(event, Event::Backing(BackingEvent::Refused { .. }));
	assert!(events(&outputs).iter().any(refused), "R-STM-2: {outputs:?}");
}

#[test]
fn a_chunk_is_fetched_from_a_backer_checked_and_attested() {
	let candidate = Candidate::new();
	let (mut backer, _) = seconded(0, &candidate);
	let occupied = leaf(Some(&candidate));
	let leaf_hash = occupied.block.hash;
	let mut holder = Solo::fresh(4);
	holder.meet_all();
	let asked = requests(&holder.import(&occupied));
	let [(id, asked, request)] = asked[..] else {
		panic!("R-AVL-7: it asks a backer for its chunk: {asked:?}")
	};
	assert!((0..3).map(peer).any(|backer| backer == asked));

	// Another one without a chunk says so, and it is not attested later.
	let mut empty = Solo::fresh(5);
	empty.meet_all();
	empty.import(&occupied);
	let outputs = empty.wait(NOW + Duration::from_millis(1500));
	assert_eq!(
		bits(&outputs, leaf_hash),
		[false, false],
		"R-AVL-8: nothing is held yet"
	);

	let answer = backer.ask(peer(4), 1, request);
	assert!(matches!(answer, Ok(Response::Chunk(_))), "{answer:?}");
	let outputs = holder.answer(id, answer.map_err(|_| RequestFailure::Refused));
	assert!(
		costs(&outputs).is_empty() && said(&outputs).is_empty(),
		"a good chunk is stored"
	);
	let outputs = holder.wait(NOW + Duration::from_millis(1499));
	assert!(said(&outputs).is_empty(), "R-AVL-8: not before 1.5 s");
	let outputs = holder.wait(NOW + Duration::from_millis(1500));
	assert_eq!(bits(&outputs, leaf_hash), [true, false], "R-AVL-8");
	let proposal = holder.propose(leaf_hash, 12);
	assert_eq!(
		proposal.bitfields.len(),
		1,
		"R-PRV-7: its own is among those that it offers"
	);
}

fn bits(outputs: &Outputs, leaf: Hash) -> Vec<bool> {
	let said = said(outputs);
	let [(_, Message::Bitfield(at, signed))] = &said[..] else {
		panic!("{said:?}")
	};
	assert_eq!(*at, leaf);
	signed.payload.0.iter().by_vals().collect()
}

#[test]
fn a_validator_that_connects_late_hears_what_was_shared() {
	let candidate = Candidate::new();
	let (mut first, _) = seconded(0, &candidate);
	first.wait(NOW + Duration::from_secs(2));
	first.give(Input::Peer(peer(4), PeerEvent::Disconnected));
	let again = async_backing_machine::PeerId(50);
	let outputs = first.connect(again, async_backing_chain_view::Identity::of(key(4)));
	let kinds: Vec<_> = said(&outputs)
		.into_iter()
		.inspect(|(to, _)| assert_eq!(*to, [again]))
		.map(|(_, message)| message.kind())
		.collect();
	assert!(
		kinds.contains(&"statement") && kinds.contains(&"bitfield"),
		"{kinds:?}"
	);
}

#[test]
fn messages_survive_the_wire() {
	let candidate = Candidate::new();
	let (_, outputs) = seconded(0, &candidate);
	for message in [
		candidate.advertisement(),
		only_statement(&outputs),
		declare(COLLATOR, PARA),
	] {
		let decoded = Message::decode(&mut &message.encode()[..]).expect("own encoding");
		assert_eq!(decoded, message, "{}", message.kind());
	}
	let responses = [
		Response::Pov(candidate.pov.clone()),
		Response::Collation(candidate.collation()),
		Response::Chunk(candidate.chunks()[3].clone()),
		Response::AvailableData(Arc::new(candidate.data())),
	];
	for response in responses {
		let decoded = Response::decode(&mut &response.encode()[..]).expect("own encoding");
		assert_eq!(decoded, response);
	}
	for request in [
		candidate.request(),
		Request::Pov(candidate.hash()),
		Request::AvailableData(candidate.hash()),
		Request::Chunk {
			candidate: candidate.hash(),
			index: ValidatorIndex(3),
		},
	] {
		let decoded = Request::decode(&mut &request.encode()[..]).expect("own encoding");
		assert_eq!(decoded, request, "{}", request.kind());
	}
}

proptest::proptest! {
	#![proptest_config(proptest::prelude::ProptestConfig::with_cases(512))]

	/// Whatever a peer sends, in whatever order, nothing panics and nothing is signed but what was executed.
	#[test]
	fn no_message_makes_a_validator_panic(
		damage in proptest::collection::vec((0usize..7, 0usize..2000, proptest::num::u8::ANY, 0u8..7), 1..12),
	) {
		let candidate = Candidate::new();
		let (mut backer, outputs) = seconded(0, &candidate);
		let hash = candidate.hash();
		let messages = [candidate.advertisement(), only_statement(&outputs), declare(COLLATOR, PARA)];
		let asked = [
			Request::Pov(hash),
			Request::Chunk { candidate: hash, index: ValidatorIndex(3) },
			Request::AvailableData(hash),
			candidate.request(),
		];
		let mut hearer = Solo::at(1, &leaf(None));
		for (ticket, (template, position, value, sender)) in damage.into_iter().enumerate() {
			let from = if sender == 6 { COLLATOR } else { peer(sender) };
			let mut bytes = match messages.get(template) {
				Some(message) => message.encode(),
				None => asked[template - messages.len()].encode(),
			};
			let position = position % bytes.len();
			bytes[position] ^= value;
			for solo in [&mut backer, &mut hearer] {
				let executed = solo.results.executed.len();
				let outputs = if template < messages.len() {
					let Ok(message) = Message::decode(&mut &bytes[..]) else { continue };
					solo.say(from, message)
				} else {
					let Ok(request) = Request::decode(&mut &bytes[..]) else { continue };
					solo.give(Input::Request(from, async_backing_machine::Ticket(ticket as u64), request))
				};
				let states = !statements(&outputs).is_empty();
				proptest::prop_assert!(!states, "nothing was executed in between");
				proptest::prop_assert_eq!(solo.results.executed.len(), executed);
			}
		}
	}
}
