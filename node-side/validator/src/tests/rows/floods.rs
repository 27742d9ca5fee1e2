//! Too much of anything.

use super::{
	super::{fixture::*, solo::*},
	bitfield, only_request, seconded, STRANGER,
};
use crate::{Event, Request, Response};
use async_backing_chain_view::Identity;
use async_backing_machine::Refusal;
use async_backing_primitives::{
	CandidateCommitments, Hash, PoV, StatementDistributionMessage, ValidationCode,
};

#[test]
fn row_13_what_comes_before_its_leaf_is_kept() {
	let candidate = Candidate::new();
	let occupied = leaf(Some(&Candidate::rival(1)));
	// Statements.
	let mut author = Solo::fresh(4);
	author.meet_all();
	author.learn(&candidate, &[(0, true), (1, false)]);
	assert!(is_backable(&author.import(&leaf(None)), &candidate), "R-BAK-7");
	// An advertisement.
	let mut backer = Solo::fresh(0);
	backer.meet_all();
	assert!(requests(&backer.say(COLLATOR, candidate.advertisement())).is_empty());
	assert_eq!(only_request(&backer.import(&leaf(None))).1, COLLATOR);
	// Bitfields come to who has said that it sees the leaf (R-NET-104).
	let mut author = Solo::at(4, &leaf(None));
	let outputs = author.say(peer(1), bitfield(&occupied, 1, &[true, false], 1));
	assert_eq!(costs(&outputs), [(peer(1), "bitfield out of view")], "R-NET-104");
}

#[test]
fn row_13_what_comes_early_is_bounded_and_nobodys_goes_for_anothers() {
	let candidate = Candidate::new();
	let mut author = Solo::fresh(4);
	author.meet_all();
	author.learn(&candidate, &[(0, true), (1, false)]);
	let mut charged = 0;
	for seed in 0..200u32 {
		let early = among_validators(StatementDistributionMessage::Statement(
			Hash::from_low_u64_be(1000 + u64::from(seed)),
			signed(&candidate, 2, true),
		));
		charged += costs(&author.say(peer(2), early)).len();
	}
	assert!(charged > 0, "law 4");
	assert!(
		author.core.early_len() <= 1 + 32,
		"law 3: {}",
		author.core.early_len()
	);
	assert!(is_backable(&author.import(&leaf(None)), &candidate));
}

#[test]
fn row_14_two_hundred_requests_for_a_pov_get_bounded_answers() {
	let pov = PoV {
		block_data: vec![7; 1_000_000].into(),
	};
	let template = Candidate::new();
	let candidate = Candidate::made(
		pov,
		template.validation_data.clone(),
		template.receipt.commitments.clone(),
		block(10).hash,
		1,
	);
	let (mut backer, _) = seconded(0, &candidate);
	let mut served = 0;
	for ticket in 0..200 {
		match backer.ask(STRANGER, ticket, Request::Pov(candidate.hash())) {
			Ok(Response::Pov(_)) => served += 1,
			Err(Refusal::Busy) => {}
			other => panic!("{other:?}"),
		}
	}
	assert!(served <= 5, "a stranger got {served} MB");
	// Its group is served all the same.
	for (ticket, member) in [(1000, 1), (1001, 2)] {
		let answer = backer.ask(peer(member), ticket, Request::Pov(candidate.hash()));
		assert!(matches!(answer, Ok(Response::Pov(_))), "{answer:?}");
	}
	let from_group = (2000..2200u64)
		.filter(|ticket| {
			backer
				.ask(peer(1), *ticket, Request::Pov(candidate.hash()))
				.is_ok()
		})
		.count();
	assert!(from_group < 100, "one member got {from_group} MB");
}

#[test]
fn row_15_two_thousand_forged_bitfields_cost_few_checks_and_their_sender_the_connection() {
	let occupied = leaf(Some(&Candidate::new()));
	let mut author = Solo::at(4, &occupied);
	let before = author.price.signatures;
	let (mut charged, mut was_cut) = (0, false);
	for number in 0..2000u32 {
		let named = (number % 4) as u8;
		let outputs = author.say(peer(2), bitfield(&occupied, named, &[number % 2 == 0, false], 3));
		charged += costs(&outputs).iter().filter(|(who, _)| *who == peer(2)).count();
		was_cut |= events(&outputs).contains(&Event::Cut(peer(2)));
	}
	let checks = author.price.signatures - before;
	assert!(checks <= 4, "one of each: {checks} checks");
	assert!(was_cut && (1..=30).contains(&charged), "law 4: {charged}");
	// Nobody else suffers: the one that was named sends its own.
	author.say(peer(3), bitfield(&occupied, 3, &[true, false], 3));
	assert_eq!(author.propose(occupied.block.hash, 12).bitfields.len(), 1);
}

/// R-NET-104: what others pass on counts, and what they forged leaves room for what is right.
#[test]
fn row_15_a_bitfield_that_somebody_passes_on_counts_once_it_is_right() {
	let occupied = leaf(Some(&Candidate::new()));
	let mut author = Solo::at(4, &occupied);
	author.holds_jobs = true;
	// While the first forged one is checked, others come.
	author.say(peer(2), bitfield(&occupied, 3, &[false, false], 2));
	author.say(peer(1), bitfield(&occupied, 3, &[true, false], 1));
	author.say(peer(0), bitfield(&occupied, 3, &[true, false], 3));
	let mut outputs = Vec::new();
	while let Some(done) = author.work_next() {
		outputs.extend(done);
	}
	assert_eq!(
		costs(&outputs),
		[(peer(2), "forged bitfield"), (peer(1), "forged bitfield")]
	);
	assert_eq!(author.propose(occupied.block.hash, 12).bitfields.len(), 1);
	let passed_on: Vec<_> = said(&outputs)
		.into_iter()
		.filter(|(_, message)| as_bitfield(message).is_some())
		.map(|(to, _)| to)
		.collect();
	let [to] = &passed_on[..] else {
		panic!("{passed_on:?}")
	};
	assert!(
		!to.contains(&peer(0)) && !to.contains(&peer(3)),
		"R-NET-104: {to:?}"
	);
	let outputs = author.say(peer(0), bitfield(&occupied, 3, &[true, false], 3));
	assert_eq!(
		costs(&outputs),
		[(peer(0), "bitfield against the rules of gossip")],
		"R-NET-104"
	);
}

#[test]
fn row_15_bitfields_of_strangers_are_not_checked_at_all() {
	let occupied = leaf(Some(&Candidate::new()));
	let mut author = Solo::at(4, &occupied);
	author.connect(STRANGER, Identity::stranger());
	let before = author.price.signatures;
	let outputs = author.say(STRANGER, bitfield(&occupied, 3, &[true, false], 3));
	assert_eq!(costs(&outputs), [(STRANGER, "validation message of a stranger")]);
	assert_eq!(author.price.signatures, before);
	// Wrong ones of validators are not checked either.
	for (bits, reason) in [
		(&[true][..], "malformed bitfield"),
		(&[true, true][..], "bitfield attests a free core"),
	] {
		let mut author = Solo::at(4, &occupied);
		let before = author.price.signatures;
		let outputs = author.say(peer(3), bitfield(&occupied, 3, bits, 3));
		assert_eq!(costs(&outputs), [(peer(3), reason)], "R-PRV-7");
		assert_eq!(author.price.signatures, before);
	}
}

#[test]
fn row_16_code_upgrades_in_statements_are_accounted_and_bounded() {
	let mut author = Solo::at(4, &leaf(None));
	let mut charged = 0;
	for seed in 0..56u32 {
		let template = Candidate::rival(seed);
		let commitments = CandidateCommitments {
			new_validation_code: Some(ValidationCode(vec![seed as u8; 1 << 20])),
			..template.receipt.commitments.clone()
		};
		let upgrade = Candidate::made(
			(*template.pov).clone(),
			template.validation_data.clone(),
			commitments,
			block(10).hash,
			1,
		);
		charged += costs(&author.learn(&upgrade, &[(0, true), (1, false)])).len();
	}
	let bytes = author.core.backing.bytes();
	assert!(bytes <= 4 << 20, "{bytes} bytes of one validator");
	assert!(charged > 0, "law 4");
}
