//! Validators among themselves, as they mean to work.

use super::{
	fixture::*,
	rows::{only_request, seconded},
	solo::*,
};
use crate::{Event, Message, Request, Response};
use async_backing_machine::{Input, Output, PeerEvent, RequestFailure, RequestId};
use async_backing_primitives::{
	CompactStatement, Hash, HeadData, PoV, StatementDistributionMessage, ValidationResult, ValidatorIndex,
};
use async_backing_statement_distribution::Event as DistributionEvent;
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
	let stated = only_statement(&outputs);
	let (to, _) = said(&outputs).pop().expect("it is shared");
	assert_eq!(to, [1, 2].map(peer), "R-SD-2: its group hears it");

	// The second member fetches the candidate and its proof of validity from the first, and confirms.
	let mut second = Solo::at(1, &leaf(None)).knows(&[&candidate]);
	second.is_alone = true;
	let (id, asked, request) = only_request(&second.say(peer(0), stated));
	assert!(
		matches!(request, Request::Attested(_)) && asked == peer(0),
		"R-SD-12"
	);
	let answer = first.ask(peer(1), 1, request);
	let asks = second.answer(id, answer.map_err(|_| RequestFailure::Refused));
	let (id, asked, request) = only_request(&asks);
	assert_eq!(
		(asked, &request),
		(peer(0), &Request::Pov(candidate.hash())),
		"R-BAK-10"
	);
	let answer = first.ask(peer(1), 2, request);
	assert_eq!(answer, Ok(Response::Pov(candidate.pov.clone())));
	let outputs = second.answer(id, answer.map_err(|_| RequestFailure::Refused));
	assert_eq!(second.results.executed, [candidate.hash()]);
	assert!(is_backable(&outputs, &candidate), "R-BAK-7: {outputs:?}");
	let confirms = statements(&outputs);
	let own = confirms.iter().find(|said| {
		as_statement(said).is_some_and(|said| said.statement == CompactStatement::Valid(candidate.hash()))
	});
	let heard = first.say(peer(1), own.expect("it confirms").clone());
	assert!(is_backable(&heard, &candidate), "R-BAK-7: {heard:?}");
	assert!(
		said(&heard)
			.iter()
			.any(|(_, message)| message.kind() == "manifest"),
		"R-SD-9: {heard:?}"
	);

	// A validator of the other group hears of it along the grid, and proposes it.
	let mut author = Solo::at(4, &leaf(None));
	let one = author.learn(&candidate, &[(0, true)]);
	assert_eq!(costs(&one).len(), 1, "R-SD-10: one vote is too few");
	assert!(!is_backable(&one, &candidate));
	let leaf_hash = block(10).hash;
	assert!(
		author.propose(leaf_hash, 11).backed_candidates.is_empty(),
		"R-BKV-1: one vote is too few"
	);
	assert!(
		is_backable(&author.learn(&candidate, &[(0, true), (1, false)]), &candidate),
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
	author.learn(&candidate, &[(0, true), (1, false)]);
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
	statement(&parent, 0, true);
	let hears = requests(&third.say(peer(0), seconding));
	let [(_, _, Request::Pov(_)), (_, COLLATOR, asked)] = &hears[..] else {
		panic!("R-BAK-5: {hears:?}")
	};
	assert_eq!(
		*asked,
		child.request(),
		"R-DEF-43: parent and child are checked beside one another"
	);
	// Who confirms knows it from who seconds it (R-SD-2).
	third.say(peer(1), statement(&parent, 0, true));
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

	let mut forged = signed(&candidate, 0, true);
	forged.validator_index = ValidatorIndex(1);
	let forged = StatementDistributionMessage::Statement(block(10).hash, forged);
	let mut hearer = Solo::at(2, &leaf(None));
	let outputs = hearer.say(peer(0), among_validators(forged));
	assert_eq!(costs(&outputs).len(), 1, "R-STM-2: {outputs:?}");
	let refused = |event: &Event| matches!(event, Event::Statements(DistributionEvent::Refused { .. }));
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
	// R-AVL-7: it asks a backer for its chunk.
	let (id, asked, request) = only_request(&holder.import(&occupied));
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
	let bitfields: Vec<_> = said
		.iter()
		.filter_map(|(_, message)| as_bitfield(message))
		.collect();
	let [(at, signed)] = &bitfields[..] else {
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
	// One of its group, which is its neighbour in the grid.
	first.give(Input::Peer(peer(1), PeerEvent::Disconnected));
	let again = async_backing_machine::PeerId(50);
	let outputs = first.connect(again, async_backing_chain_view::Identity::of(key(1)));
	let kinds: Vec<_> = said(&outputs)
		.into_iter()
		.inspect(|(to, _)| assert_eq!(*to, [again]))
		.map(|(_, message)| message.kind())
		.collect();
	assert!(kinds.contains(&"statement"), "{kinds:?}");
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
			Request::Chunk { candidate: hash, index: ValidatorIndex(3), plain: true },
			Request::AvailableData(hash),
			candidate.request(),
		];
		let asked = asked.map(|request| request.to_question());
		let mut hearer = Solo::at(1, &leaf(None));
		for (ticket, (template, position, value, sender)) in damage.into_iter().enumerate() {
			let from = if sender == 6 { COLLATOR } else { peer(sender) };
			let mut bytes = match messages.get(template) {
				Some(message) => message.encode(),
				None => asked[template - messages.len()].bytes.clone(),
			};
			let position = position % bytes.len();
			bytes[position] ^= value;
			for solo in [&mut backer, &mut hearer] {
				let executed = solo.results.executed.len();
				let outputs = if template < messages.len() {
					let Ok(message) = Message::decode(&mut &bytes[..]) else { continue };
					solo.say(from, message)
				} else {
					let protocol = asked[template - messages.len()].protocol;
					let Ok(request) = Request::from_wire(protocol, &bytes) else { continue };
					solo.give(Input::Request(from, async_backing_machine::Ticket(ticket as u64), request))
				};
				// What others said may go on.
				let states = statements(&outputs)
					.iter()
					.filter_map(as_statement)
					.any(|said| said.validator_index.0 == u32::from(solo.index));
				proptest::prop_assert!(!states, "nothing was executed in between");
				proptest::prop_assert_eq!(solo.results.executed.len(), executed);
			}
		}
	}
}
