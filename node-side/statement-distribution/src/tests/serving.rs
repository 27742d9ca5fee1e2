//! Requests of others.

use super::fixture::{One, SETTING};
use crate::{actors::candidate, Misdeed};
use async_backing_machine::Refusal;
use async_backing_primitives::StatementFilter;
use async_backing_wire::{AttestedCandidateResponse, Wire};
use codec::Encode;

fn with_backable() -> One {
	let mut one = One::new(0, SETTING);
	one.share(1, true);
	one.statement(1, SETTING.said(candidate(1, 0, 1).hash(), false, 1, 1));
	one.backable(1, 0);
	one.clear();
	one
}

#[test]
fn r_net_97_who_was_told_is_answered_with_what_is_not_masked() {
	let mut one = with_backable();
	let (told, hash) = (one.sending(0)[0], candidate(1, 0, 1).hash());
	let answer = one
		.ask(told, hash, StatementFilter::blank(3))
		.expect("it was told");
	assert_eq!(answer.statements.len(), 2);
	let response = AttestedCandidateResponse::from_wire(&answer.encode()).expect("it is one");
	assert_eq!(
		crate::Attested::from(response),
		answer,
		"R-NET-97: the same bytes"
	);
	let masked = one.ask(told, hash, SETTING.filter(0, &[], &[1]));
	assert_eq!(masked, Err(Refusal::Unknown), "R-SD-13: the rest is no quorum");
	assert_eq!(one.refused(), []);
	let member = one
		.ask(2, hash, SETTING.filter(0, &[0], &[]))
		.expect("a member was told");
	assert_eq!(
		member.statements.len(),
		1,
		"R-SD-12: within the group no quorum is needed"
	);
}

#[test]
fn r_net_98_requests_that_are_refused() {
	let mut one = with_backable();
	let hash = candidate(1, 0, 1).hash();
	let told = one.sending(0)[0];
	assert_eq!(
		one.ask(told, hash, StatementFilter::blank(4)),
		Err(Refusal::NotAllowed)
	);
	assert_eq!(
		one.refused(),
		[Misdeed::MaskMalformed { expected: 3, got: 4 }],
		"R-NET-98"
	);
	let untold = (3..9)
		.find(|index| !one.sending(0).contains(index))
		.expect("not all are told");
	assert_eq!(
		one.ask(untold, hash, StatementFilter::blank(3)),
		Err(Refusal::NotAllowed)
	);
	assert_eq!(one.refused(), [Misdeed::RequestUnexpected(hash)], "R-NET-98");
	let unknown = candidate(9, 0, 1).hash();
	assert_eq!(
		one.ask(told, unknown, StatementFilter::blank(3)),
		Err(Refusal::Unknown)
	);
	assert_eq!(one.refused(), [], "it may have been here");
}

#[test]
fn r_net_26_nobody_is_answered_for_ever() {
	let mut one = with_backable();
	let (told, hash) = (one.sending(0)[0], candidate(1, 0, 1).hash());
	let answers = (0..9)
		.filter(|_| one.ask(told, hash, StatementFilter::blank(3)).is_ok())
		.count();
	assert_eq!(answers, crate::grid::MAX_SERVED as usize, "R-NET-26");
	assert_eq!(one.ask(told, hash, StatementFilter::blank(3)), Err(Refusal::Busy));
}
