//! A neighbour tells others what this validator states, and says what they state (R-SD-1): statement distribution.

use super::*;
use async_backing_machine::Input;

/// What the neighbour is to share.
fn shares(seen: &[Seen]) -> Vec<CompactStatement> {
	seen.iter()
		.filter_map(|seen| match seen {
			Seen::Shared(statement) => Some(statement.content.to_compact()),
			_ => None,
		})
		.collect()
}

#[test]
fn r_sd_1_own_statements_are_the_neighbours_to_share() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(0), Script::at(ten, &[0]));
	node.activate(&leaf(10, (4, 3)));
	let seen = second(&mut node, 1, ten);
	assert_eq!(
		shares(&seen),
		[CompactStatement::Seconded(hash(1, ten))],
		"R-SD-1"
	);
	assert_eq!(
		node.input(Input::Peer(peer(4), PeerEvent::Connected(()))),
		[],
		"nobody is told directly, who connects either"
	);
}

#[test]
fn r_bak_7_what_the_neighbour_says_is_counted_and_followed_up() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(0), Script::at(ten, &[0]));
	node.activate(&leaf(10, (4, 3)));
	let fetch = Seen::Fetch {
		candidate: hash(1, ten),
		from: 1,
	};
	assert_eq!(node.hear(&seconded(1, 1, ten)), Ok(vec![fetch]), "R-BAK-10");
	assert_eq!(node.jobs, 0, "its signature was verified before");
	assert_eq!(
		node.hear(&valid(1, 2, ten)),
		Ok(vec![backable(1, ten)]),
		"R-BAK-7"
	);
	node.answer(1, hash(1, ten), Some(pov(1)));
	let seen = node.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(shares(&seen), [CompactStatement::Valid(hash(1, ten))]);
	assert_eq!(node.reports, []);
	// Of a block that is in no scope nothing is counted.
	assert_eq!(node.hear(&seconded(1, 1, leaf_hash(77))), Ok(vec![]));
}

#[test]
fn r_tab_3_the_author_pays_for_what_its_signatures_prove_and_for_nothing_else() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(0), Script::at(ten, &[0]));
	node.activate(&leaf(10, (4, 3)));
	node.hear(&seconded(1, 1, ten)).expect("counted");
	let seen = node.hear(&valid(1, 1, ten)).expect("misbehaviour is no error");
	let [Seen::Effect(Effect::Misbehaviour { .. })] = seen[..] else {
		panic!("R-TAB-3: {seen:?}")
	};
	assert_eq!(node.reports, [(peer(1), Cost::Major)]);
	// What has no place here may have one there.
	node.view.refuses = true;
	assert_eq!(
		node.hear(&seconded(2, 2, ten)),
		Err(StatementError::NotInView(hash(2, ten))),
		"R-BAK-6"
	);
	assert_eq!(node.reports.len(), 1);
}

/// Law 5: a confirmation is shared again after a crash, as soon as it is known what it is about.
#[test]
fn law_5_a_confirmation_waits_for_its_candidate_after_a_restart() {
	let ten = leaf_hash(10);
	let mut first = Node::new(Some(0), Script::at(ten, &[0]));
	first.activate(&leaf(10, (4, 3)));
	first.hear(&seconded(1, 1, ten)).expect("counted");
	first.answer(1, hash(1, ten), Some(pov(1)));
	let before = first.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(shares(&before).len(), 1);

	let mut second = first.restarted(Script::at(ten, &[0]));
	assert_eq!(
		shares(&second.activate(&leaf(10, (4, 3)))),
		[],
		"nobody has said yet what it is about"
	);
	let seen = second.hear(&seconded(1, 1, ten)).expect("counted");
	assert_eq!(shares(&seen), shares(&before), "law 5");
	assert!(seen.contains(&backable(1, ten)), "R-BAK-7: it counts: {seen:?}");
	assert_eq!(second.signed.len(), 0, "the signature is the stored one");
	let more = second.hear(&valid(1, 2, ten)).expect("counted");
	assert_eq!(shares(&more), [], "once");
}
