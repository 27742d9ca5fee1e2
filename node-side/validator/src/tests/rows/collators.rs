//! Collators.

use super::{
	super::{fixture::*, solo::*},
	only_request, stranger, STRANGER,
};
use crate::{Event, Message, Parting, Request, Response};
use async_backing_machine::{Input, PeerEvent, PeerId, RequestFailure, RequestId};
use async_backing_primitives::{
	CandidateHash, Hash, HeadData, LeafFacts, ParaId, PersistedValidationData, PoV, SignedCompactStatement,
	SigningContext, Statement,
};
use async_backing_wire::{
	CollationMessage, CollationResponse, CollationVersion, CollatorMessage, Envelope, View,
};
use codec::Encode;
use std::{sync::Arc, time::Duration};

/// An advertisement of something that nobody built.
fn invented(seed: u32) -> Message {
	let candidate = CandidateHash(Hash::from_low_u64_be(seed.into()));
	advertise(candidate, HeadData(vec![0]).hash())
}

#[test]
fn row_01_a_pov_above_max_pov_size_is_refused_before_execution() {
	let mut facts = leaf(None);
	let state = facts.paras.get_mut(&PARA).expect("it is scheduled");
	state.backing_state.constraints.max_pov_size = 1000;
	let validation_data = PersistedValidationData {
		max_pov_size: 1000,
		..Candidate::new().validation_data
	};
	let pov = PoV {
		block_data: vec![7; 1_000_000].into(),
	};
	let commitments = Candidate::new().receipt.commitments;
	let large = Candidate::made(pov, validation_data, commitments, block(10).hash, 1);

	// Of a collator.
	let mut backer = Solo::at(0, &facts).knows(&[&large]);
	let (id, ..) = only_request(&backer.say(COLLATOR, large.advertisement()));
	let outputs = backer.answer(id, Ok(Response::Collation(large.collation())));
	assert_eq!(
		costs(&outputs),
		[(COLLATOR, "proof of validity is too large")],
		"R-BAK-12"
	);
	assert!(statements(&outputs).is_empty() && backer.results.executed.is_empty());

	// Of another backer.
	let mut backer = Solo::at(1, &facts).knows(&[&large]);
	let (id, asked, _) = only_request(&backer.say(peer(0), statement(&large, 0, true)));
	assert_eq!(asked, peer(0));
	let outputs = backer.answer(id, Ok(Response::Pov(large.pov.clone())));
	assert_eq!(costs(&outputs).len(), 1, "R-BAK-12: {outputs:?}");
	assert!(statements(&outputs).is_empty() && backer.results.executed.is_empty());
}

#[test]
fn row_02_a_hundred_thousand_advertisements_of_one_peer_are_bounded_and_it_is_cut() {
	let mut backer = Solo::at(0, &leaf(None));
	let flood = stranger(&mut backer, 200);
	let (mut asked, mut charged, mut was_cut) = (0, 0, false);
	for seed in 0..100_000 {
		let outputs = backer.say(flood, invented(seed));
		asked += requests(&outputs).len();
		charged += reports(&outputs).len();
		was_cut |= events(&outputs).contains(&Event::Cut(flood));
	}
	assert!(asked <= 1, "R-NET-85: {asked} requests");
	assert!(was_cut && charged <= 30, "law 4: {charged} reports");
	assert_eq!(backer.core.collations.waiting(), 0, "nothing of it waits");
	// Others are heard as ever.
	let candidate = Candidate::new();
	let outputs = backer.wait(NOW + Duration::from_secs(1));
	assert!(requests(&outputs).is_empty());
	assert_eq!(
		only_request(&backer.say(COLLATOR, candidate.advertisement())).1,
		COLLATOR
	);
}

#[test]
fn row_02_advertisements_of_many_peers_are_bounded_by_claims() {
	let mut backer = Solo::at(0, &leaf(None));
	let mut open = 0;
	for id in 0..1000u32 {
		let peer = PeerId(1000 + u64::from(id));
		backer.join(peer);
		for seed in 0..5 {
			open += requests(&backer.say(peer, invented(id * 5 + seed))).len();
		}
	}
	assert!(open <= 1, "{open} requests at once");
	// 60 collators, each with one more than the two claims.
	assert!(backer.core.collations.waiting() <= 60 * 3);
	for _ in 0..20 {
		backer.wait(backer.now + Duration::from_millis(100));
	}
	assert!(
		backer.core.open() <= 3 * 2 + 5,
		"law 2: {} open",
		backer.core.open()
	);
}

#[test]
fn row_03_three_hundred_rivals_for_one_place_are_executed_one_after_the_other() {
	let rivals: Vec<_> = (0..300).map(Candidate::rival).collect();
	let mut backer = Solo::at(0, &leaf(None));
	backer.holds_jobs = true;
	let mut most = 0;
	for (position, rival) in rivals.iter().enumerate() {
		let peer = PeerId(1000 + position as u64 / 3);
		if position % 3 == 0 {
			backer.join(peer);
		}
		let mut asked = requests(&backer.say(peer, rival.advertisement()));
		// Whoever is asked answers at once; what is executed proves to be invalid a while later.
		while let Some((id, _, Request::Collation { candidate, .. })) = asked.pop() {
			let rival = rivals
				.iter()
				.find(|rival| rival.hash() == candidate)
				.expect("one of them");
			asked.extend(requests(
				&backer.answer(id, Ok(Response::Collation(rival.collation()))),
			));
			most = most.max(backer.executing());
		}
	}
	assert!(
		(1..=2).contains(&most),
		"{most} executions at once, with two claims"
	);
	assert!(backer.held.len() <= 2);
	// As one ends the next begins.
	let outputs = backer.work_next().expect("one is under way");
	assert!(events(&outputs)
		.iter()
		.any(|event| matches!(event, Event::Refused(..))));
	assert_eq!(requests(&outputs).len(), 1);
}

#[test]
fn row_04_nobody_answers_for_another() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let (id, ..) = only_request(&backer.say(COLLATOR, candidate.advertisement()));
	// There is no answer but to a request: whatever a stranger sends is a message, and this is no request of ours.
	let spoiled = CollationResponse {
		pov: Arc::new(PoV::default()),
		..candidate.collation()
	};
	for other in [RequestId(id.0 + 1), RequestId(0), RequestId(u64::MAX)] {
		assert!(backer
			.answer(other, Ok(Response::Collation(spoiled.clone())))
			.is_empty());
	}
	let outputs = backer.answer(id, Ok(Response::Collation(candidate.collation())));
	assert_eq!(statements(&outputs).len(), 1, "the fetch is not spoiled");
	assert!(
		backer.answer(id, Ok(Response::Collation(spoiled))).is_empty(),
		"it is over"
	);
}

#[test]
fn row_04_an_answer_to_another_question_is_none() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let (id, ..) = only_request(&backer.say(COLLATOR, candidate.advertisement()));
	let outputs = backer.answer(id, Ok(Response::Pov(candidate.pov.clone())));
	assert_eq!(costs(&outputs), [(COLLATOR, "answer to another question")]);
	// What is not as advertised is malice.
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let (id, ..) = only_request(&backer.say(COLLATOR, candidate.advertisement()));
	let other = Candidate::rival(1).collation();
	let outputs = backer.answer(id, Ok(Response::Collation(other)));
	assert_eq!(
		costs(&outputs),
		[(COLLATOR, "collation is not as advertised")],
		"R-NET-86"
	);
	assert!(events(&outputs).contains(&Event::Cut(COLLATOR)));
	assert!(backer.results.executed.is_empty());
}

#[test]
fn row_05_nobody_advertises_for_a_para_that_it_did_not_declare() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None));
	backer.connect(STRANGER, collator(STRANGER));
	let outputs = backer.say(STRANGER, candidate.advertisement());
	assert_eq!(costs(&outputs), [(STRANGER, "undeclared collator")], "R-NET-84");
	assert!(requests(&outputs).is_empty());
	let outputs = backer.say(STRANGER, declare(STRANGER, ParaId(2001)));
	assert_eq!(
		costs(&outputs),
		[(STRANGER, "collator of a para that is not served")],
		"R-NET-81"
	);
	assert_eq!(partings(&outputs), [STRANGER], "R-NET-81");
	assert!(events(&outputs).contains(&Event::Parted(STRANGER, Parting::NotServed)));
	// Until it knows, nobody listens.
	let outputs = backer.say(STRANGER, candidate.advertisement());
	assert!(outputs.is_empty(), "{outputs:?}");
	let other = stranger(&mut backer, 201);
	let outputs = backer.say(other, declare(other, PARA));
	assert_eq!(costs(&outputs), [(other, "collator declared twice")], "R-NET-81");
	// Who signed for somebody else's connection is a liar (R-NET-67).
	backer.connect(STRANGER, collator(STRANGER));
	let outputs = backer.say(STRANGER, declare(PeerId(202), PARA));
	assert_eq!(
		costs(&outputs),
		[(STRANGER, "declaration with a wrong signature")]
	);
	assert!(events(&outputs).contains(&Event::Cut(STRANGER)));
	// Validators are no collators: they have no such stream.
	assert!(backer.say(peer(1), candidate.advertisement()).is_empty());
}

#[test]
fn r_net_54_bytes_that_are_no_message_cost_their_sender() {
	let mut backer = Solo::at(0, &leaf(None));
	for bytes in [vec![], vec![0], vec![1, 0, 2], vec![1, 0, 1, 7]] {
		let outputs = backer.say(COLLATOR, Message::Collation(bytes));
		assert_eq!(costs(&outputs), [(COLLATOR, "undecodable collation message")]);
	}
}

#[test]
fn r_net_75_r_net_78_collators_see_what_this_validator_sees() {
	let ten = leaf(None);
	let mut backer = Solo::at(0, &ten);
	let view = |leaf: &LeafFacts| {
		let view = View::new([leaf.block.hash], 0);
		Envelope::<CollationMessage>::View(view).encode()
	};
	let outputs = backer.connect(STRANGER, collator(STRANGER));
	assert_eq!(told(&outputs), [(vec![STRANGER], view(&ten))], "R-NET-75");
	let eleven = child_of(&ten, 1);
	let outputs = backer.import(&eleven);
	assert_eq!(told(&outputs), [(vec![COLLATOR, STRANGER], view(&eleven))]);
	// A stream that is closed is heard no more, and may be opened again.
	backer.connect(STRANGER, async_backing_chain_view::Identity::stranger());
	let outputs = backer.import(&child_of(&eleven, 1));
	assert_eq!(told(&outputs)[0].0, [COLLATOR]);
	assert!(costs(&backer.join(STRANGER)).is_empty());
}

#[test]
fn r_net_80_a_collator_hears_that_its_candidate_is_seconded() {
	let candidate = Candidate::new();
	let (_, outputs) = super::seconded(0, &candidate);
	let told = told(&outputs);
	let [(to, bytes)] = &told[..] else {
		panic!("{outputs:?}")
	};
	assert_eq!(*to, [COLLATOR]);
	let heard = CollationMessage::from_wire(CollationVersion::V2, bytes);
	let Ok(Envelope::Message(CollationMessage::V2(CollatorMessage::Seconded {
		scheduling_parent,
		statement,
	}))) = heard
	else {
		panic!("{heard:?}")
	};
	assert_eq!(scheduling_parent, block(10).hash);
	assert_eq!(statement.payload, Statement::Seconded(candidate.receipt.clone()));
	let context = SigningContext {
		session_index: 1,
		parent_hash: scheduling_parent,
	};
	let compact = SignedCompactStatement {
		statement: statement.payload.to_compact(),
		validator_index: statement.validator_index,
		signature: statement.signature,
	};
	assert!(compact.verify(&context, &key(0)), "R-NET-68");
}

#[test]
fn row_06_what_waits_stays_whatever_a_stranger_advertises() {
	let parent = Candidate::new();
	let child = parent.child();
	let mut third = Solo::at(2, &leaf(None)).knows(&[&parent]);
	assert!(
		requests(&third.say(COLLATOR, child.advertisement())).is_empty(),
		"R-BAK-5: no place yet"
	);
	let flood = stranger(&mut third, 200);
	for seed in 0..64 {
		let advertisement = advertise(
			CandidateHash(Hash::from_low_u64_be(seed)),
			child.validation_data.parent_head.hash(),
		);
		assert!(requests(&third.say(flood, advertisement)).is_empty());
	}
	let outputs = third.say(peer(0), statement(&parent, 0, true));
	let asked = requests(&outputs)
		.into_iter()
		.filter(|(.., request)| *request == child.request());
	assert_eq!(asked.map(|(_, peer, _)| peer).collect::<Vec<_>>(), [COLLATOR]);
}

#[test]
fn row_06_a_silent_stranger_that_came_first_holds_nobody_up() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let silent = stranger(&mut backer, 200);
	let (first, ..) = only_request(&backer.say(silent, invented(1)));
	backer.say(silent, invented(2));
	assert!(requests(&backer.say(COLLATOR, candidate.advertisement())).is_empty());
	let outputs = backer.wait(NOW + Duration::from_millis(400));
	let (id, asked, _) = only_request(&outputs);
	assert_eq!(asked, COLLATOR, "R-NET-85: not the second one of the silent");
	assert_eq!(
		statements(&backer.answer(id, Ok(Response::Collation(candidate.collation())))).len(),
		1
	);
	let outputs = backer.answer(first, Err(RequestFailure::TimedOut));
	assert!(requests(&outputs).is_empty(), "the place is taken");
}

#[test]
fn row_08_a_collator_that_never_answers_is_not_waited_for() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let other = stranger(&mut backer, 200);
	let (id, ..) = only_request(&backer.say(COLLATOR, candidate.advertisement()));
	assert!(requests(&backer.say(other, candidate.advertisement())).is_empty());
	let outputs = backer.answer(id, Err(RequestFailure::TimedOut));
	let (id, asked, _) = only_request(&outputs);
	assert_eq!(asked, other, "the same candidate, of another collator");
	let outputs = backer.answer(id, Ok(Response::Collation(candidate.collation())));
	assert_eq!(statements(&outputs).len(), 1);
}

#[test]
fn a_peer_that_disconnects_ends_what_was_asked_of_it() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&candidate]);
	let (id, ..) = only_request(&backer.say(COLLATOR, candidate.advertisement()));
	backer.answer(id, Err(RequestFailure::Disconnected));
	backer.give(Input::Peer(COLLATOR, PeerEvent::Disconnected));
	backer.wait(NOW + Duration::from_secs(30));
	assert_eq!(backer.core.collations.waiting(), 0);
	// Whoever comes back has another id, declares again, and is heard.
	let again = stranger(&mut backer, 101);
	assert_eq!(
		only_request(&backer.say(again, candidate.advertisement())).1,
		again
	);
}
