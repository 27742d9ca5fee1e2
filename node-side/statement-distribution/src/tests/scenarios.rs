//! Rule by rule.

use super::fixture::{peer, Message, One, SETTING};
use crate::{
	actors::{self, candidate, known, manifest},
	Effect, Misdeed, Standing,
};
use async_backing_machine::Output;
use async_backing_primitives::{GroupIndex, StatementFilter, ValidatorIndex};
use std::time::Duration;

/// A statement of a member of the first group about a candidate of it.
pub(super) fn said(name: u8, seconds: bool, index: u32) -> async_backing_primitives::SignedCompactStatement {
	SETTING.said(candidate(name, 0, 1).hash(), seconds, 1, index)
}

/// Somebody of another group than the first, which we hear of over this validator, and its group.
pub(super) fn sender_to(one: &One, group: usize) -> u32 {
	*one.receiving(group).first().expect("somebody tells of the group")
}

#[test]
fn r_sd_4_what_a_cluster_receives() {
	let mut one = One::new(0, SETTING);
	one.statement(1, said(1, false, 2));
	assert!(
		matches!(one.refused()[..], [Misdeed::CandidateUnknown(_)]),
		"R-SD-2, R-SD-4: Valid before Seconded"
	);
	one.statement(1, said(1, true, 2));
	one.statement(1, said(1, false, 1));
	assert_eq!(one.refused(), [], "R-SD-4: the sender has shown to know it");
	one.statement(1, said(1, true, 2));
	assert_eq!(one.refused(), [Misdeed::Duplicate], "R-SD-4");
	one.statement(2, said(1, true, 2));
	assert_eq!(one.refused(), [], "R-SD-4: another sender");
	one.statement(4, said(1, true, 2));
	assert!(
		matches!(one.refused()[..], [Misdeed::Unexpected(_)]),
		"R-SD-4: not in the group, no manifests"
	);
	one.statement(1, SETTING.statement(candidate(2, 0, 1).hash(), true, 1, 2, 1));
	assert_eq!(
		one.refused(),
		[Misdeed::BadSignature(ValidatorIndex(2))],
		"R-STM-2"
	);
	one.statement(1, SETTING.statement(candidate(1, 0, 1).hash(), true, 1, 77, 1));
	assert_eq!(one.refused(), [Misdeed::UnknownAuthor(ValidatorIndex(77))]);
}

#[test]
fn r_sd_3_a_validator_seconds_as_many_as_depth_allows() {
	// D = 1: two.
	let mut one = One::new(0, SETTING);
	for name in 1..=2 {
		one.statement(1, said(name, true, 2));
	}
	one.statement(1, said(3, true, 2));
	let excessive = Misdeed::ExcessiveSeconded {
		author: ValidatorIndex(2),
		limit: 2,
	};
	assert_eq!(one.refused(), [excessive], "R-SD-3, R-SD-4: one sender");
	// Another sender may bring it, for it may have heard of others first: with prejudice.
	one.statement(2, said(3, true, 2));
	assert_eq!(one.refused(), [], "R-SD-4: with prejudice");
	let key = |name| crate::store::Key {
		candidate: candidate(name, 0, 1).hash(),
		group: GroupIndex(0),
	};
	let store = &one.part.parents_at(1).store;
	assert!(
		store.get(key(2)).is_some() && store.get(key(3)).is_none(),
		"R-SD-4: not counted"
	);
	let deep = crate::actors::Setting { depth: 4, ..SETTING };
	assert_eq!(One::new(0, deep).part.parents_at(1).limit, 5, "R-SD-3: D = 4");
}

#[test]
fn r_sd_2_r_sd_5_seconded_goes_to_the_group_when_the_candidate_is_known_and_before_valid() {
	let mut one = One::new(0, SETTING);
	one.statement(1, said(1, true, 1));
	one.statement(1, said(1, false, 2));
	assert_eq!(
		one.said_statements(),
		[],
		"R-SD-2: nobody is told before the candidate is here"
	);
	assert_eq!(one.told(), [], "nor is backing");
	let (_, asked, request) = one.requests.first().cloned().expect("it is asked for");
	assert_eq!(asked, peer(1), "R-SD-12: who has it");
	let mask = SETTING.filter(0, &[1], &[]);
	assert_eq!(request.mask, mask, "R-SD-12: what is known is not sent again");
	one.respond(Ok(SETTING.attested(1, 0, 1, &[], &[])));
	assert_eq!(one.told(), [(1, true), (2, false)], "Seconded first");
	assert_eq!(
		one.said_statements(),
		[(2, 1, true)],
		"R-SD-5: 1 made it, 2 made the other one"
	);
	one.share(1, false);
	let said_now = one.said_statements();
	assert_eq!(
		said_now,
		[(1, 0, false), (2, 0, false)],
		"R-SD-2: both know the candidate"
	);
	one.share(1, false);
	assert_eq!(one.said_statements(), [], "R-SD-5: nothing twice");
}

#[test]
fn r_sd_2_own_seconded_goes_to_the_group_that_knows_the_block() {
	let mut one = One::alone(0, SETTING);
	one.import(1);
	one.connect(1, peer(1));
	one.connect(2, peer(2));
	one.connect(4, peer(4));
	one.view(1, &[1]);
	one.share(1, true);
	assert_eq!(
		one.said_statements(),
		[(1, 0, true)],
		"2 has not shown to know the block"
	);
	one.view(2, &[2]);
	assert_eq!(one.said_statements(), []);
	one.view(2, &[1]);
	assert_eq!(
		one.said_statements(),
		[(2, 0, true)],
		"R-SD-16: when its view grows"
	);
	// Behind another connection it is told again.
	one.disconnect(peer(1));
	one.connect(1, async_backing_machine::PeerId(201));
	one.view_of(async_backing_machine::PeerId(201), &[1], 0);
	assert_eq!(one.said_statements(), [(1, 0, true)]);
}

#[test]
fn r_sd_9_r_sd_16_a_backable_candidate_is_announced_to_row_and_column() {
	let mut one = One::new(0, SETTING);
	one.share(1, true);
	one.statement(1, said(1, false, 1));
	assert_eq!(
		one.said_manifests(),
		Vec::<u32>::new(),
		"R-SD-9: not before backing says that it is backable"
	);
	one.standing
		.insert(candidate(1, 0, 1).hash(), Standing::Unconnected);
	one.backable(1, 0);
	assert_eq!(
		one.said_manifests(),
		Vec::<u32>::new(),
		"R-SD-15: not without a place"
	);
	one.standing.clear();
	one.backable(1, 0);
	let sending = one.sending(0);
	assert!(!sending.is_empty());
	assert_eq!(one.said_manifests(), sending, "R-SD-8, R-SD-9");
	one.import(2);
	assert_eq!(
		one.said_manifests(),
		sending,
		"nobody acknowledged: once more at a new leaf"
	);
	for _ in 0..3 {
		one.view(sending[0], &[1, 2]);
	}
	assert_eq!(one.said_manifests(), Vec::<u32>::new());
	// Who had not seen the block hears of it when it does (R-SD-16).
	let late = async_backing_machine::PeerId(300 + u64::from(sending[0]));
	one.disconnect(peer(sending[0]));
	one.connect(sending[0], late);
	assert_eq!(one.said_manifests(), Vec::<u32>::new());
	one.view_of(late, &[2], 0);
	assert_eq!(one.said_manifests(), [sending[0]], "R-SD-16: below its head");
}

#[test]
fn r_sd_11_late_statements_follow_an_exchange() {
	let mut one = One::new(0, SETTING);
	one.share(1, true);
	one.statement(1, said(1, false, 1));
	one.backable(1, 0);
	let partner = one.sending(0)[0];
	one.clear();
	one.known(partner, known(1, 0, 1, SETTING.filter(0, &[0], &[1])));
	assert_eq!(one.said_statements(), [], "R-SD-11: it has all");
	one.statement(2, said(1, true, 0));
	one.statement(2, said(1, false, 2));
	let to_partner = one
		.said_statements()
		.into_iter()
		.filter(|(to, ..)| *to == partner);
	assert_eq!(
		to_partner.collect::<Vec<_>>(),
		[(partner, 2, false)],
		"R-SD-11, R-SD-16: late statements"
	);
	// It may send what it lacks, not what was announced, nor twice.
	one.refused();
	one.statement(partner, said(1, false, 1));
	assert!(
		matches!(one.refused()[..], [Misdeed::Unexpected(_)]),
		"R-SD-11: we announced that we have it"
	);
	one.statement(partner, said(1, false, 2));
	assert_eq!(one.refused(), [], "R-SD-11: it may have crossed ours");
	one.statement(partner, said(1, false, 2));
	assert_eq!(one.refused(), [Misdeed::Duplicate]);
	let stranger = one.sending(0)[1];
	one.statement(stranger, said(1, false, 2));
	assert!(
		matches!(one.refused()[..], [Misdeed::Unexpected(_)]),
		"R-SD-11: no exchange"
	);
}

#[test]
fn r_sd_9_an_acknowledgement_answers_a_manifest_when_the_candidate_is_backable() {
	let mut one = One::new(0, SETTING);
	let from = sender_to(&one, 1);
	one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	assert_eq!(one.refused(), [], "R-SD-9: from our receiving set");
	let (_, asked, request) = one.requests.first().cloned().expect("R-SD-12: it is asked for");
	assert_eq!(
		(asked, request.mask),
		(peer(from), StatementFilter::blank(3)),
		"R-SD-12"
	);
	one.respond(Ok(SETTING.attested(1, 1, 1, &[0], &[1])));
	assert_eq!(one.told(), [(3, true), (4, false)]);
	assert!(matches!(
		one.effects.first(),
		Some(Effect::Confirmed {
			group: GroupIndex(1),
			..
		})
	));
	assert!(one.said().is_empty(), "R-SD-15: not before it is backable here");
	one.backable(1, 1);
	let said_now = one.said();
	let to_sender: Vec<_> = said_now.iter().filter(|(to, _)| *to == from).collect();
	assert!(
		matches!(to_sender[..], [(_, Message::BackedCandidateKnown(_))]),
		"R-SD-9: an acknowledgement, no manifest: {to_sender:?}"
	);
	// One who announced what we announced to it completes the exchange (R-SD-11).
	for told in one.sending(1) {
		assert!(
			said_now.iter().any(|(to, _)| *to == told),
			"R-SD-8: onwards to {told}"
		);
	}
	one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	let again = one.said();
	assert!(
		matches!(again[..], [(_, Message::BackedCandidateKnown(_))]),
		"the first one may be lost"
	);
}

#[test]
fn r_sd_10_manifests_that_are_refused() {
	let mut one = One::new(0, SETTING);
	let from = sender_to(&one, 1);
	let full = SETTING.filter(1, &[0], &[1]);
	let outsider = (1..9)
		.find(|index| !one.receiving(1).contains(index))
		.expect("not all tell");
	let of = |name, filter: &StatementFilter| manifest(name, 1, 1, filter.clone());
	let mut unassigned = of(1, &full);
	unassigned.para_id = actors::para(2);
	let mut no_group = of(1, &full);
	no_group.group_index = GroupIndex(9);
	let (mut other_head, mut other_group) = (of(5, &full), of(5, &full));
	other_head.parent_head_data_hash = Default::default();
	other_group.group_index = GroupIndex(2);
	other_group.para_id = actors::para(2);
	one.manifest(outsider, of(1, &full));
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestDisallowed(_)]),
		"R-SD-9: not from {outsider}"
	);
	one.manifest(from, no_group);
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestDisallowed(_)]),
		"R-SD-9: no such group"
	);
	one.manifest(from, of(1, &StatementFilter::full(4)));
	assert!(
		matches!(
			one.refused()[..],
			[Misdeed::ManifestMalformed {
				expected: 3,
				got: 4,
				..
			}]
		),
		"R-SD-10"
	);
	one.manifest(from, of(1, &SETTING.filter(1, &[], &[0, 1])));
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestInsufficient { got: 0, .. }]),
		"R-SD-10: a Seconded"
	);
	one.manifest(from, of(1, &SETTING.filter(1, &[0], &[0])));
	assert!(
		matches!(
			one.refused()[..],
			[Misdeed::ManifestInsufficient { expected: 2, got: 1 }]
		),
		"R-SD-10"
	);
	one.manifest(from, unassigned);
	assert!(matches!(one.refused()[..], [Misdeed::ManifestUnassigned { .. }]));
	one.manifest(from, of(5, &full));
	assert_eq!(one.refused(), []);
	one.manifest(from, other_head);
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestConflicting(_)]),
		"R-SD-10: another head"
	);
	one.manifest(from, of(5, &SETTING.filter(1, &[0], &[2])));
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestConflicting(_)]),
		"R-SD-10: no superset"
	);
	// A superset counts its new bits alone: with D = 1 the first member may second two.
	one.manifest(from, of(5, &SETTING.filter(1, &[0], &[1, 2])));
	one.manifest(from, of(6, &full));
	assert_eq!(one.refused(), [], "R-SD-10: old bits are not counted again");
	one.manifest(from, of(7, &full));
	assert_eq!(
		one.refused(),
		[Misdeed::ManifestOverflow { limit: 2 }],
		"R-SD-10: Overflow"
	);
	if one.receiving(2).contains(&from) {
		one.manifest(from, other_group);
		assert!(
			matches!(one.refused()[..], [Misdeed::ManifestConflicting(_)]),
			"R-SD-10: another group"
		);
	}
	for _ in 0..7 {
		one.manifest(from, of(6, &full));
	}
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestRepeated(7)]),
		"a repeat costs, some time"
	);
}

#[test]
fn r_sd_9_acknowledgements_of_what_was_not_announced_are_refused() {
	let mut one = One::new(0, SETTING);
	let partner = one.sending(0)[0];
	one.known(partner, known(1, 0, 1, SETTING.filter(0, &[0], &[1])));
	assert!(
		matches!(one.refused()[..], [Misdeed::AcknowledgementUnexpected(_)]),
		"R-SD-9: unknown"
	);
	one.share(1, true);
	one.statement(1, said(1, false, 1));
	one.known(partner, known(1, 0, 1, SETTING.filter(0, &[0], &[1])));
	assert!(
		matches!(one.refused()[..], [Misdeed::AcknowledgementUnexpected(_)]),
		"R-SD-9: not announced"
	);
	one.backable(1, 0);
	one.known(partner, known(1, 0, 1, SETTING.filter(0, &[0], &[])));
	assert!(
		matches!(one.refused()[..], [Misdeed::ManifestInsufficient { .. }]),
		"R-SD-10"
	);
	one.known(partner, known(1, 0, 1, SETTING.filter(0, &[0], &[1])));
	assert_eq!(one.refused(), []);
}

/// A validator that announced a candidate of its group, and one of those whom it told.
fn announced() -> (One, u32) {
	let mut one = One::new(0, SETTING);
	let partner = one.sending(0)[0];
	one.share(1, true);
	one.statement(1, said(1, false, 1));
	one.backable(1, 0);
	(one, partner)
}

/// An acknowledgement does not say of which block it is, and its block may leave all scopes while it is on its way.
#[test]
fn r_sd_9_acknowledgements_that_cross_a_change_of_scope_cost_nothing() {
	let (mut one, partner) = announced();
	one.clear();
	one.import(2);
	one.import(3);
	assert!(one.part.parents().count() > 0);
	let late = || known(1, 0, 1, SETTING.filter(0, &[0], &[1]));
	let candidate = late().candidate_hash;
	one.known(partner, late());
	assert_eq!(one.refused(), [Misdeed::Bygone(candidate)]);
	let is_report = |output: &Output<_>| matches!(output, Output::Report(..));
	assert!(!one.outputs.iter().any(is_report), "R-NET-98: it costs nothing");
	one.known(partner, known(2, 0, 1, SETTING.filter(0, &[0], &[1])));
	assert!(
		matches!(one.refused()[..], [Misdeed::AcknowledgementUnexpected(_)]),
		"of what nobody was told of it does"
	);
	let stranger = async_backing_machine::PeerId(999);
	one.chain
		.connected(stranger, async_backing_chain_view::Identity::stranger());
	one.hear(stranger, Message::BackedCandidateKnown(late()));
	assert!(
		matches!(one.refused()[..], [Misdeed::AcknowledgementUnexpected(_)]),
		"law 4: nor was a stranger told of anything"
	);
	// Nothing is on its way for ever.
	one.now += Duration::from_secs(13);
	one.import(4);
	one.known(partner, late());
	assert!(matches!(
		one.refused()[..],
		[Misdeed::AcknowledgementUnexpected(_)]
	));
}

/// Who has been told of everything may show its view as often as it likes: nothing is judged again.
#[test]
fn r_net_57_views_that_come_and_go_cost_next_to_nothing() {
	let (mut one, partner) = announced();
	one.known(partner, known(1, 0, 1, SETTING.filter(0, &[0], &[1])));
	let asked = one.questions.get();
	for _ in 0..10 {
		one.view(partner, &[9]);
		one.view(partner, &[1]);
	}
	assert_eq!(one.questions.get(), asked);
	assert!(!one.said_manifests().is_empty(), "it was told once");
}

#[test]
fn r_sd_6_what_a_cluster_holds_is_bounded() {
	let mut one = One::new(0, SETTING);
	// Two members say whatever they can: of everybody, about ever new candidates.
	for name in 0..40 {
		for from in 1..3 {
			for author in 0..3 {
				one.statement(from, said(name, true, author));
				one.statement(from, said(name, false, author));
			}
		}
	}
	let parent = one.part.parents_at(1);
	let (limit, size) = (2, 3);
	let cluster = parent.cluster.as_ref().expect("it is in a group");
	let params = async_backing_primitives::AsyncBackingParams {
		max_candidate_depth: SETTING.depth,
		allowed_ancestry_len: 0,
	};
	assert_eq!(crate::seconding_limit(&params) as usize, limit);
	let bound = crate::seconded_bound(&params, 3) as usize;
	assert_eq!(bound, limit * size * size);
	assert!(cluster.len() <= bound, "R-SD-6: {}", cluster.len());
	assert!(
		parent.store.len() <= limit * size,
		"R-SD-6: {}",
		parent.store.len()
	);
}
