//! What is fetched, and what comes of it.

use super::*;
use crate::{HOLD, IN_HAND, MAX_ATTEMPTS, MAX_BESIDE};
use async_backing_primitives::{Statement, UncheckedSigned, ValidatorIndex};

fn seconded(candidate: &Named) -> Outcome {
	Outcome::Seconded(Some(Box::new(UncheckedSigned {
		payload: Statement::Seconded(candidate.committed()),
		validator_index: ValidatorIndex(0),
		signature: sp_core::sr25519::Signature::default().into(),
	})))
}

#[test]
fn r_net_79_r_net_86_a_collation_is_asked_for_checked_and_handed_to_backing() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 0, 1);
	desk.advertise(peer, &candidate);
	let (_, asked, request) = desk.requests[0].clone();
	let expected = CollationRequestV2 {
		scheduling_parent: hash(4),
		para_id: PARA,
		candidate_hash: candidate.hash(),
	};
	assert_eq!((asked, request), (peer, expected));
	let fetched = desk.fetch(&candidate);
	assert_eq!(
		(fetched.candidate, fetched.receipt),
		(candidate.hash(), candidate.receipt())
	);
	assert_eq!(
		(fetched.parent_head, fetched.parent_head_data),
		(head_hash(0), None)
	);
	assert_eq!((desk.side.in_hand(), desk.costs()), (1, vec![]));
}

#[test]
fn r_net_80_r_net_88_a_collator_hears_that_its_collation_was_seconded_and_gains() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 0, 1);
	desk.advertise(peer, &candidate);
	desk.fetch(&candidate);
	desk.end(&candidate, seconded(&candidate));
	assert_eq!(desk.gains, [peer]);
	let [(
		to,
		CollationMessage::V2(CollatorMessage::Seconded {
			scheduling_parent,
			statement,
		}),
	)] = &desk.said[..]
	else {
		panic!("{:?}", desk.said);
	};
	assert_eq!((*to, *scheduling_parent), (peer, hash(4)));
	assert_eq!(statement.payload, Statement::Seconded(candidate.committed()));
	assert_eq!((desk.side.in_hand(), desk.side.seconded()), (0, 1));
}

#[test]
fn r_net_88_an_invalid_collation_is_malice() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 0, 1);
	desk.advertise(peer, &candidate);
	desk.fetch(&candidate);
	desk.end(&candidate, Outcome::Invalid);
	assert_eq!(desk.costs(), [(peer, Cost::Malicious, "invalid collation")]);
	assert!(!desk.side.knows(peer));
}

#[test]
fn r_net_86_what_is_not_as_it_was_advertised_is_malice_and_the_next_is_asked() {
	let right = named(PARA, 4, 0, 1);
	let at = |receipt: &Named, pov_of: u8, parent: Option<HeadData>| CollationResponse {
		receipt: receipt.receipt(),
		pov: Arc::new(pov(pov_of)),
		parent_head_data: parent,
	};
	let mut large = response(&right);
	large.pov = Arc::new(async_backing_primitives::PoV {
		block_data: async_backing_primitives::BlockData(vec![0; MAX_POV_SIZE as usize]),
	});
	let rows = [
		(
			"another para",
			at(&named(OTHER, 4, 0, 1), 1, None),
			"collation is not as advertised",
		),
		(
			"another candidate",
			at(&named(PARA, 4, 0, 2), 2, None),
			"collation is not as advertised",
		),
		(
			"another relay parent",
			at(&named(PARA, 3, 0, 1), 1, None),
			"collation is not as advertised",
		),
		(
			"another proof",
			at(&right, 9, None),
			"collation with another proof of validity",
		),
		(
			"another parent head",
			at(&right, 1, Some(head(5))),
			"collation with another parent head",
		),
		(
			"R-BAK-12: a proof that is too large",
			large,
			"proof of validity is too large",
		),
	];
	for (name, answer, reason) in rows {
		let mut desk = Desk::at(4);
		let (bad, good) = (desk.collator(1, PARA), desk.collator(2, PARA));
		desk.advertise(bad, &right);
		desk.advertise(good, &right);
		desk.answer(Ok(answer));
		if !desk.jobs.is_empty() {
			desk.work();
		}
		assert_eq!(desk.costs(), [(bad, Cost::Malicious, reason)], "R-NET-86: {name}");
		assert_eq!(desk.fetched(), [], "R-NET-86: {name}");
		assert_eq!(desk.asked(), [(good, right.hash())], "law 2: {name}");
	}
}

#[test]
fn r_net_86_descriptors_name_the_own_core_the_session_and_our_validation_data() {
	// Whoever advertises by the right hash may still have made a candidate for something else.
	let on_other_core = Named {
		para: THIRD,
		..named(THIRD, 4, 0, 1)
	};
	let offer = Offer {
		candidate: on_other_core.hash(),
		para: THIRD,
		scheduling_parent: hash(4),
		relay_parent: hash(4),
		parent_head: head_hash(0),
		descriptor: None,
	};
	let receipt = on_other_core.receipt();
	assert_eq!(offer.check(&receipt, CollationVersion::V2, false), Ok(()));
	let place =
		|core: u32, session| offer.check_place(&receipt, async_backing_primitives::CoreIndex(core), session);
	assert!(place(1, 0).is_ok());
	assert!(
		matches!(place(0, 0), Err(crate::OfferFault::Core { .. })),
		"R-NET-86"
	);
	assert!(
		matches!(place(1, 1), Err(crate::OfferFault::Session { .. })),
		"R-NET-86"
	);

	// Head 0 is said to be the parent, but it was made on head 3.
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 3, 1);
	let said = AdvertisementV2 {
		scheduling_parent: hash(4),
		candidate_hash: candidate.hash(),
		parent_head_data_hash: head_hash(0),
	};
	desk.say(peer, CollationMessage::V2(CollatorMessage::Advertise(said)));
	desk.answer(Ok(response(&candidate)));
	desk.work();
	assert_eq!(
		desk.costs(),
		[(peer, Cost::Malicious, "collation with other validation data")]
	);
}

#[test]
fn r_net_85_rivals_are_fetched_one_after_the_other() {
	let mut desk = Desk::at(4);
	let peers: Vec<_> = (1..=5).map(|name| desk.collator(name, PARA)).collect();
	for (peer, to) in peers.iter().zip(1..) {
		desk.advertise(*peer, &named(PARA, 4, 0, to));
	}
	assert_eq!(desk.asked().len(), 1);
	desk.wait(HOLD - Duration::from_millis(1));
	assert_eq!(desk.asked().len(), 1);
	for beside in 2..=MAX_BESIDE {
		desk.wait(HOLD);
		assert_eq!(desk.asked().len(), beside, "R-NET-85");
	}
	desk.wait(HOLD);
	assert_eq!(desk.asked().len(), MAX_BESIDE, "law 3");
	desk.answer(Err(RequestFailure::TimedOut));
	assert_eq!(desk.asked().len(), MAX_BESIDE, "law 2: the next one");
	assert_eq!(desk.asked().last().map(|(peer, _)| *peer), Some(peers[3]));
}

/// Nothing becomes free by an advertisement: it costs the same however many wait.
#[test]
fn r_net_84_an_advertisement_costs_the_same_whatever_waits() {
	let mut desk = Desk::at(4);
	let costs: Vec<_> = (1..=40)
		.map(|name| {
			let peer = desk.collator(name, PARA);
			let candidate = named(PARA, 4, 0, name);
			desk.backing.verdicts.insert(candidate.hash(), Verdict::Wait);
			let before = desk.backing.questions.get();
			desk.advertise(peer, &candidate);
			desk.backing.questions.get() - before
		})
		.collect();
	assert!(
		costs.iter().all(|cost| *cost == costs[0] && *cost > 0),
		"{costs:?}"
	);
	// And each of them may be fetched when its parent is known.
	desk.backing.verdicts.clear();
	desk.import(facts(5));
	assert_eq!(desk.asked().len(), 1, "R-NET-85");
}

#[test]
fn r_net_85_a_place_is_taken_until_its_candidate_ends() {
	let mut desk = Desk::at(4);
	let (one, other) = (desk.collator(1, PARA), desk.collator(2, PARA));
	let (first, rival) = (named(PARA, 4, 0, 1), named(PARA, 4, 0, 2));
	desk.advertise(one, &first);
	desk.advertise(other, &rival);
	desk.fetch(&first);
	desk.wait(HOLD);
	assert_eq!(desk.asked(), []);
	desk.end(&first, Outcome::Failed);
	assert_eq!(desk.asked(), [(other, rival.hash())]);
}

#[test]
fn a_candidate_whose_end_is_never_told_gives_its_place_up() {
	let mut desk = Desk::at(4);
	let (one, other) = (desk.collator(1, PARA), desk.collator(2, PARA));
	let (first, rival) = (named(PARA, 4, 0, 1), named(PARA, 4, 0, 2));
	desk.advertise(one, &first);
	desk.advertise(other, &rival);
	desk.fetch(&first);
	desk.wait(IN_HAND);
	assert_eq!(desk.asked(), [(other, rival.hash())]);
}

#[test]
fn r_bak_13_r_def_39_a_para_takes_no_claim_of_another() {
	// At block 4 the claims are those of 5 to 8, which PARA and OTHER have in turn; three of them are within reach.
	let mut desk = Desk::at(4);
	let greedy = desk.collator(1, PARA);
	for to in 1..=4 {
		desk.advertise(greedy, &named(PARA, 4, to - 1, to));
	}
	let mine = desk.asked();
	assert_eq!(mine.len(), 1, "R-BAK-13: one claim within reach, of block 6");
	let modest = desk.collator(2, OTHER);
	let others = named(OTHER, 4, 0, 1);
	desk.advertise(modest, &others);
	assert_eq!(desk.asked().last(), Some(&(modest, others.hash())), "R-DEF-39");
	// Two of its claims are within reach, of blocks 5 and 7.
	desk.advertise(modest, &named(OTHER, 4, 1, 2));
	desk.advertise(modest, &named(OTHER, 4, 2, 3));
	assert_eq!(desk.asked().len(), 3);
}

#[test]
fn r_net_84_a_claim_is_free_again_when_what_took_it_was_backed() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let (first, second) = (named(PARA, 4, 0, 1), named(PARA, 4, 1, 2));
	desk.advertise(peer, &first);
	desk.fetch(&first);
	desk.end(&first, seconded(&first));
	desk.advertise(peer, &second);
	assert_eq!(desk.asked(), [], "the one claim within reach is taken");
	// Nobody backed it in block 5: it still waits for block 6.
	desk.import(facts(5));
	assert_eq!(desk.asked(), [], "R-NET-84");
	// In block 6 it was backed. Block 8 is beyond reach of what was built on 4, but not of what is built on 6.
	desk.import(facts_with(6, &[&first]));
	let third = named(PARA, 6, 1, 2);
	desk.advertise(peer, &third);
	assert_eq!(desk.asked(), [(peer, third.hash())]);
	for block in 7..=9 {
		desk.import(facts(block));
	}
	assert_eq!(desk.side.seconded(), 0, "what is out of scope is forgotten");
}

#[test]
fn r_net_87_without_validation_data_its_parent_is_waited_for() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, OTHER);
	let candidate = named(OTHER, 4, 1, 2);
	desk.backing.unknown.insert(head_hash(1));
	desk.advertise(peer, &candidate);
	desk.answer(Ok(response(&candidate)));
	assert!(
		desk.jobs.is_empty() && desk.side.in_hand() == 0,
		"no proof of validity waits"
	);
	assert_eq!((desk.asked(), desk.costs()), (vec![], vec![]), "nobody's fault");
	desk.backing.unknown.clear();
	desk.run(|side, around, out| side.path_grew(OTHER, around, out));
	assert_eq!(desk.asked(), [(peer, candidate.hash())], "R-NET-87");
	desk.fetch(&candidate);
}

#[test]
fn r_net_71_r_net_87_with_its_parents_head_a_child_need_not_wait() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, OTHER);
	let candidate = named(OTHER, 4, 1, 2);
	desk.backing.unknown.insert(head_hash(1));
	desk.advertise(peer, &candidate);
	let with_head = CollationResponse {
		parent_head_data: Some(head(1)),
		..response(&candidate)
	};
	desk.answer(Ok(with_head));
	desk.work();
	let fetched = desk.fetched();
	assert_eq!(fetched[0].parent_head_data.as_deref(), Some(&head(1)));
}

/// A candidate whose parent is unknown, and is to be fetched like that.
fn unconnected(desk: &mut Desk, from: u8, to: u8) -> Named {
	let candidate = named(OTHER, 4, from, to);
	desk.backing.unknown.insert(head_hash(from));
	desk.backing
		.verdicts
		.insert(candidate.hash(), Verdict::FetchUnconnected);
	candidate
}

fn with_head(candidate: &Named, sent: u8) -> CollationResponse {
	CollationResponse {
		parent_head_data: Some(head(sent)),
		..response(candidate)
	}
}

/// R-BAK-5: of two claims one is left for what has a place, whoever makes parents up.
#[test]
fn r_def_43_r_bak_5_children_of_unknown_parents_leave_a_claim() {
	let mut desk = Desk::at(4);
	let (one, other) = (desk.collator(1, OTHER), desk.collator(2, OTHER));
	let (first, second) = (unconnected(&mut desk, 1, 2), unconnected(&mut desk, 3, 4));
	desk.advertise(one, &first);
	assert_eq!(desk.asked(), [(one, first.hash())], "R-BAK-5: beside its parent");
	desk.advertise(one, &second);
	desk.advertise(other, &second);
	assert_eq!(desk.asked().len(), 1, "one claim is left");
	let placed = named(OTHER, 4, 5, 6);
	desk.advertise(other, &placed);
	assert_eq!(desk.asked()[1..], [(other, placed.hash())], "for it");
	desk.answer(Ok(with_head(&first, 1)));
	desk.work();
	assert_eq!(desk.fetched()[0].parent_head_data.as_deref(), Some(&head(1)));
	desk.end(&first, seconded(&first));
	assert_eq!(desk.asked().len(), 1, "its claim stays taken");
	assert_eq!(desk.costs(), []);
}

/// R-NET-86: whoever sends other head data than it advertised is not listened to any more.
#[test]
fn r_net_86_r_bak_5_other_head_data_than_advertised_are_malice() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, OTHER);
	let candidate = unconnected(&mut desk, 1, 2);
	desk.advertise(peer, &candidate);
	desk.answer(Ok(with_head(&candidate, 3)));
	desk.work();
	let malicious = (peer, Cost::Malicious, "collation with another parent head");
	assert_eq!(desk.costs(), [malicious], "R-NET-86");
	assert_eq!(
		(desk.fetched(), desk.side.peers(), desk.side.in_hand()),
		(vec![], 0, 0)
	);
}

/// R-NET-87, R-BAK-5: what came without the head data that it takes, or could not be seconded with them, is fetched once more
/// when its parent is known, and not before.
#[test]
fn r_net_87_r_bak_5_what_came_to_nothing_waits_for_its_parent() {
	for is_sent in [false, true] {
		let mut desk = Desk::at(4);
		let peer = desk.collator(1, OTHER);
		let candidate = unconnected(&mut desk, 1, 2);
		desk.advertise(peer, &candidate);
		if is_sent {
			desk.answer(Ok(with_head(&candidate, 1)));
			desk.work();
			desk.end(&candidate, Outcome::Postponed);
		} else {
			desk.answer(Ok(response(&candidate)));
		}
		desk.run(|side, around, out| side.path_grew(OTHER, around, out));
		desk.import(facts(5));
		assert_eq!(desk.asked(), [], "R-NET-87");
		desk.backing.verdicts.clear();
		desk.backing.unknown.clear();
		desk.run(|side, around, out| side.path_grew(OTHER, around, out));
		assert_eq!(desk.asked(), [(peer, candidate.hash())], "its parent is known");
		desk.effects.clear();
		desk.fetch(&candidate);
		assert_eq!(desk.costs(), [], "nobody's fault");
	}
}

#[test]
fn law_2_whoever_does_not_answer_is_asked_again_after_the_others_and_not_for_ever() {
	let mut desk = Desk::at(4);
	let (one, other) = (desk.collator(1, PARA), desk.collator(2, PARA));
	let candidate = named(PARA, 4, 0, 1);
	desk.advertise(one, &candidate);
	desk.advertise(other, &candidate);
	let mut asked = Vec::new();
	while let Some((peer, _)) = desk.asked().first().copied() {
		asked.push(peer);
		desk.answer(Err(RequestFailure::Refused));
	}
	assert_eq!(asked, [one, other, one, other]);
	assert_eq!(asked.len(), 2 * usize::from(MAX_ATTEMPTS));
	desk.import(facts(5));
	assert_eq!(desk.asked().len(), 1, "the next leaf is a new chance");
}

#[test]
fn r_def_38_what_a_seconder_keeps_to_itself_is_fetched_to_be_confirmed() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let (rival, candidate) = (named(PARA, 4, 0, 1), named(PARA, 4, 0, 2));
	desk.advertise(peer, &rival);
	desk.fetch(&rival);
	desk.backing.demands.insert(candidate.hash(), Demand::Later);
	desk.advertise(peer, &candidate);
	assert_eq!(desk.asked(), []);
	desk.backing.demands.insert(candidate.hash(), Demand::Now);
	desk.run(|side, around, out| side.path_grew(PARA, around, out));
	assert_eq!(
		desk.asked(),
		[(peer, candidate.hash())],
		"though its rival is in hand"
	);
	desk.fetch(&candidate);
	desk.end(&candidate, Outcome::Confirmed);
	desk.backing.demands.insert(candidate.hash(), Demand::Never);
	assert_eq!(desk.side.in_hand(), 1);
}

#[test]
fn what_leaves_the_view_is_let_go_with_its_job() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 0, 1);
	desk.advertise(peer, &candidate);
	desk.answer(Ok(response(&candidate)));
	let (job, _) = desk.jobs[0].clone();
	for block in 5..=7 {
		desk.import(facts(block));
	}
	assert_eq!(desk.cancelled, [job]);
	desk.work();
	assert_eq!(
		(desk.fetched(), desk.costs(), desk.side.in_hand()),
		(vec![], vec![], 0)
	);
}
