//! What is asked for, what is answered, and what has a place.

use super::{
	fixture::{peer, Message, One, SETTING},
	scenarios::{said, sender_to},
};
use crate::{
	actors::{self, candidate, manifest},
	Effect, Misdeed, Standing,
};
use async_backing_machine::{Output, RequestFailure};
use async_backing_primitives::ValidatorIndex;

#[test]
fn r_sd_13_answers_are_checked() {
	let good = SETTING.attested(1, 1, 1, &[0], &[1]);
	let with = |statements: Vec<_>| {
		let mut attested = good.clone();
		attested.statements = statements;
		attested
	};
	let statement = |name, seconds, index| SETTING.said(candidate(name, 1, 1).hash(), seconds, 1, index);
	let forged = SETTING.statement(candidate(1, 1, 1).hash(), false, 1, 5, 3);
	type Row = (&'static str, crate::Attested, fn(&[Misdeed]) -> bool, bool);
	let rows: Vec<Row> = vec![
		("good", good.clone(), |misdeeds| misdeeds.is_empty(), true),
		(
			"another relay parent",
			SETTING.attested(1, 1, 0, &[0], &[1]),
			wrong,
			false,
		),
		(
			"another para",
			SETTING.attested(1, 2, 1, &[0], &[1]),
			wrong,
			false,
		),
		(
			"another candidate",
			SETTING.attested(2, 1, 1, &[0], &[1]),
			|of| !of.is_empty(),
			false,
		),
		(
			"another candidate with these statements",
			crate::Attested {
				statements: good.statements.clone(),
				..SETTING.attested(2, 1, 1, &[], &[])
			},
			wrong,
			false,
		),
		(
			"other validation data",
			crate::Attested {
				validation_data: Default::default(),
				..good.clone()
			},
			wrong,
			false,
		),
		(
			"too few statements",
			SETTING.attested(1, 1, 1, &[0], &[]),
			insufficient,
			false,
		),
		(
			"no Seconded",
			SETTING.attested(1, 1, 1, &[], &[0, 1]),
			insufficient,
			false,
		),
		(
			"another group's besides",
			with(
				[
					good.statements.clone(),
					vec![SETTING.said(candidate(1, 1, 1).hash(), false, 1, 0)],
				]
				.concat(),
			),
			|of| matches!(of, [Misdeed::Unrequested(_)]),
			true,
		),
		(
			"one twice",
			with([good.statements.clone(), good.statements.clone()].concat()),
			|of| matches!(of, [Misdeed::Unrequested(_)]),
			true,
		),
		(
			"about another candidate",
			with([good.statements.clone(), vec![statement(2, false, 5)]].concat()),
			|of| matches!(of, [Misdeed::Unrequested(_)]),
			true,
		),
		(
			"a forged one besides",
			with([good.statements.clone(), vec![forged.clone()]].concat()),
			|of| matches!(of, [Misdeed::BadSignature(ValidatorIndex(5))]),
			true,
		),
		(
			"not enough without the forged one",
			with(vec![statement(1, true, 3), forged]),
			|of| {
				matches!(
					of,
					[
						Misdeed::BadSignature(_),
						Misdeed::AnswerInsufficient { expected: 2, got: 1 }
					]
				)
			},
			false,
		),
	];
	for (name, attested, is_right, is_taken) in rows {
		let mut one = One::new(0, SETTING);
		let from = sender_to(&one, 1);
		one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
		one.respond(Ok(attested));
		let refused = one.refused();
		assert!(is_right(&refused), "R-SD-13: {name}: {refused:?}");
		assert_eq!(!one.told().is_empty(), is_taken, "R-SD-13: {name}");
		one.clear();
		assert!(one.requests.is_empty());
		one.wait(2);
		assert_eq!(
			one.requests.is_empty(),
			is_taken,
			"R-SD-13: {name}: a failing whole leaves it open"
		);
	}
}

fn wrong(misdeeds: &[Misdeed]) -> bool {
	matches!(misdeeds, [Misdeed::WrongAnswer(_)])
}

fn insufficient(misdeeds: &[Misdeed]) -> bool {
	matches!(misdeeds, [Misdeed::AnswerInsufficient { .. }])
}

#[test]
fn r_sd_12_the_next_one_is_asked_after_a_pause() {
	let mut one = One::new(0, SETTING);
	let senders = one.receiving(1);
	assert!(senders.len() > 1, "the test needs two");
	for from in &senders {
		one.manifest(*from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	}
	let mut asked = Vec::new();
	for _ in &senders {
		asked.push(one.requests.first().expect("one is asked").1);
		one.respond(Err(RequestFailure::TimedOut));
		assert!(one.requests.is_empty(), "R-SD-12: not before a second is over");
		one.wait(1);
	}
	asked.sort_unstable();
	let mut all: Vec<_> = senders.iter().map(|from| peer(*from)).collect();
	all.sort_unstable();
	assert_eq!(asked, all, "R-SD-12: everybody, before anybody a second time");
	let timeout = one.outputs.iter().find_map(|output| match output {
		Output::Request { timeout, .. } => Some(timeout.as_millis()),
		_ => None,
	});
	assert_eq!(timeout, Some(2500), "R-SD-12, R-NET-24");
}

#[test]
fn r_sd_12_who_claims_too_little_is_not_asked() {
	let mut one = One::new(0, SETTING);
	let mut facts = SETTING.facts(2);
	facts.disabled = vec![ValidatorIndex(3)];
	one.import_facts(facts);
	let from = sender_to(&one, 1);
	// The second member confirms, but the one who seconds does not count.
	one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	assert_eq!(
		one.refused(),
		[],
		"R-BAK-14: who does not know that yet is not to blame"
	);
	assert!(
		one.requests.is_empty(),
		"R-SD-12: enough unmasked statements, one Seconded"
	);
	one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0, 1], &[1, 2])));
	let (_, _, request) = one.requests.first().cloned().expect("now");
	assert_eq!(
		request.mask,
		SETTING.filter(1, &[0], &[0]),
		"R-SD-12, R-BAK-14: the disabled are masked"
	);
}

#[test]
fn r_bak_14_statements_of_the_disabled_are_not_taken_nor_sent() {
	let setting = crate::actors::Setting {
		ancestry: 2,
		..SETTING
	};
	let mut one = One::new(0, setting);
	one.share(1, true);
	one.statement(1, said(1, false, 1));
	let mut facts = setting.facts(2);
	facts.disabled = vec![ValidatorIndex(1), ValidatorIndex(2)];
	one.import_facts(facts);
	one.clear();
	one.statement(2, said(1, false, 2));
	assert_eq!(one.refused(), [Misdeed::Disabled(ValidatorIndex(2))]);
	assert!(
		!one.outputs
			.iter()
			.any(|output| matches!(output, Output::Report(..))),
		"it costs nothing"
	);
	one.backable(1, 0);
	assert_eq!(
		one.said_manifests(),
		Vec::<u32>::new(),
		"R-BAK-14: no quorum of those who count"
	);
	// When the fork that disabled them is gone they count again.
	one.import(3);
	one.backable(1, 0);
	assert_eq!(one.said_manifests(), one.sending(0));
}

#[test]
fn r_sd_15_backing_hears_when_the_candidate_has_a_place() {
	let mut one = One::new(0, SETTING);
	let child = candidate(1, 1, 1).hash();
	one.standing.insert(child, Standing::Unconnected);
	let from = sender_to(&one, 1);
	one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	one.standing.insert(child, Standing::Nowhere);
	one.respond(Ok(SETTING.attested(1, 1, 1, &[0], &[1])));
	assert_eq!(one.told(), [], "R-SD-15: it fits nowhere");
	one.standing.insert(child, Standing::Unconnected);
	one.import(2);
	assert_eq!(one.told(), [(3, true), (4, false)], "R-SD-15: it may wait");
	one.backable(1, 1);
	assert!(one.said().is_empty(), "R-SD-15: announced only with a place");
	one.standing.insert(child, Standing::Placed);
	one.backable(1, 1);
	assert!(!one.said().is_empty());
	assert_eq!(one.told().len(), 2, "backing hears once");
	// What fits nowhere is not even asked for.
	let mut one = One::new(0, SETTING);
	one.standing.insert(child, Standing::Nowhere);
	one.manifest(from, manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	assert!(one.requests.is_empty(), "R-SD-15");
	one.standing.clear();
	one.import(2);
	assert_eq!(one.requests.len(), 1, "R-SD-15: at a new leaf it may");
}

#[test]
fn r_sd_13_who_claimed_something_else_pays() {
	let mut one = One::new(0, SETTING);
	let senders = one.receiving(1);
	let mut lie = manifest(1, 1, 1, SETTING.filter(1, &[0], &[1]));
	lie.parent_head_data_hash = Default::default();
	one.manifest(senders[0], manifest(1, 1, 1, SETTING.filter(1, &[0], &[1])));
	one.manifest(senders[1], lie.clone());
	one.respond(Ok(SETTING.attested(1, 1, 1, &[0], &[1])));
	assert_eq!(one.refused(), [Misdeed::Inaccurate(lie.candidate_hash)]);
	let accused = one.outputs.iter().any(|output| {
		matches!(output, Output::Report(who, judgement) if *who == peer(senders[1]) && judgement.value() < 0)
	});
	assert!(accused, "R-NET-98");
	if let Some(third) = senders.get(2) {
		one.manifest(*third, lie.clone());
		assert_eq!(
			one.refused(),
			[Misdeed::Inaccurate(lie.candidate_hash)],
			"also afterwards"
		);
	}
}

#[test]
fn stale_and_early_messages() {
	let mut one = One::new(0, SETTING);
	one.import(2);
	one.import(3);
	one.statement(1, said(1, true, 1));
	assert_eq!(one.refused(), [Misdeed::Stale(actors::hash(1))]);
	assert!(
		!one.outputs
			.iter()
			.any(|output| matches!(output, Output::Report(..))),
		"it costs nothing"
	);
	one.clear();
	let early = SETTING.said(candidate(1, 0, 4).hash(), true, 4, 1);
	one.hear(peer(1), Message::Statement(actors::hash(4), early));
	assert!(
		matches!(one.effects[..], [Effect::Early { .. }]),
		"{:?}",
		one.effects
	);
	let stranger = async_backing_machine::PeerId(999);
	one.chain
		.connected(stranger, async_backing_chain_view::Identity::stranger());
	let early = SETTING.said(candidate(1, 0, 4).hash(), true, 4, 1);
	one.hear(stranger, Message::Statement(actors::hash(4), early));
	assert_eq!(one.refused(), [Misdeed::Stranger(actors::hash(4))], "law 4");
	let here = SETTING.said(candidate(1, 0, 3).hash(), true, 3, 1);
	one.hear(stranger, Message::Statement(actors::hash(3), here));
	assert_eq!(one.refused(), [Misdeed::Stranger(actors::hash(3))], "law 7");
}
