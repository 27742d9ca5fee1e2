//! Law 5: a crash forgets no promise, and makes none twice.

use super::*;
use crate::promises::Stage;
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Input, JobFailure};

/// A view that knows where candidate 1 stands, once it is told of it.
fn view() -> Script {
	let ten = leaf_hash(10);
	Script {
		members: [(hash(1, ten), vec![(ten, vec![0])])].into(),
		..Script::at(ten, &[0])
	}
}

/// Seconds candidate 1 and confirms candidate 2, as far as it gets.
fn live(node: &mut Node) -> Vec<Seen> {
	let ten = leaf_hash(10);
	let mut seen = node.activate(&leaf(10, (4, 3)));
	if let Ok(more) = node.fetch(collation(1, ten)) {
		seen.extend(more);
	}
	seen.extend(node.validated(hash(1, ten), Some(outcome(1))));
	if let Ok(more) = node.hear(&seconded(2, 1, ten)) {
		seen.extend(more);
	}
	seen.extend(node.answer(1, hash(2, ten), Some(pov(2))));
	seen.extend(node.validated(hash(2, ten), Some(outcome(2))));
	seen
}

fn statements(seen: &[Seen]) -> Vec<SignedStatement> {
	seen.iter()
		.filter_map(|seen| match seen {
			Seen::Shared(statement) => Some(statement.clone()),
			_ => None,
		})
		.collect()
}

#[test]
fn law_5_whenever_it_crashes_no_statement_is_lost_or_made_twice() {
	let ten = leaf_hash(10);
	let mut whole = Node::new(Some(0), view());
	let shared_whole = statements(&live(&mut whole));
	assert_eq!(shared_whole.len(), 2);

	let (mut promised_only, mut signed_only, mut was_shared) = (0, 0, 0);
	for crash in 0..60 {
		let mut first = Node::new(Some(0), view());
		first.crashes_after = Some(crash);
		let before = statements(&live(&mut first));

		let mut second = first.restarted(view());
		let after = statements(&second.activate(&leaf(10, (4, 3))));
		// The confirmation waits until somebody says again what it is about.
		let heard = second.hear(&seconded(2, 1, ten)).expect("heard again");
		let after = [after, statements(&heard)].concat();
		for statement in &before {
			assert!(
				after.contains(statement),
				"law 5: cut at {crash}: what was shared is shared again, as it was"
			);
		}
		for (index, content) in [
			StatementContent::Seconded(named(1, ten)),
			StatementContent::Valid(hash(2, ten)),
		]
		.into_iter()
		.enumerate()
		{
			let id = (ten, content.to_compact().candidate_hash());
			let key = |kind: &[u8]| [kind, &codec::Encode::encode(&id)].concat();
			let has = |kind: &[u8]| first.store.0.contains_key(&key(kind));
			let (is_promised, is_signed) = (has(b"ba/i/"), has(b"ba/s/"));
			let again = after.iter().filter(|statement| statement.content == content);
			assert_eq!(
				again.count(),
				usize::from(is_promised),
				"law 5: cut at {crash}: statement {index} is promised, so it is made"
			);
			let payload = content.to_compact().signing_payload(&SigningContext {
				session_index: SESSION,
				parent_hash: ten,
			});
			let signatures = second.signed.iter().filter(|signed| **signed == payload).count();
			assert_eq!(
				signatures,
				usize::from(is_promised && !is_signed),
				"law 5: cut at {crash}: statement {index} is signed if it was not"
			);
			assert!(!is_signed || is_promised, "the intent comes first");
			let was_told = before.iter().any(|statement| statement.content == content);
			assert!(!was_told || is_signed, "stored before anybody sees it");
			let data = [b"av/", id.1 .0.as_bytes()].concat();
			assert!(
				!is_promised || first.store.0.contains_key(&data),
				"R-AVL-5: the data are stored before the statement is promised"
			);
			promised_only += usize::from(is_promised && !is_signed);
			signed_only += usize::from(is_signed && !was_told);
			was_shared += usize::from(was_told);
		}
		// What it promised binds it: the place of candidate 1 is taken, and neither candidate is executed again.
		if second.backing.promises.contains((ten, hash(1, ten))) {
			assert!(matches!(
				second.fetch(collation(3, ten)),
				Err(SecondingError::DepthTaken(_))
			));
			assert_eq!(
				second.fetch(collation(1, ten)),
				Err(SecondingError::AlreadyKnown(hash(1, ten)))
			);
		}
		if second.backing.promises.contains((ten, hash(2, ten))) {
			assert!(
				heard.contains(&backable(2, ten)),
				"law 5: its vote counts: {heard:?}"
			);
			assert!(second.validations.is_empty(), "nothing is executed");
		}
		// In the end it is as if nothing had happened.
		live(&mut second);
		for candidate in [hash(1, ten), hash(2, ten)] {
			assert!(
				second.backing.promises.contains((ten, candidate)),
				"cut at {crash}"
			);
		}
	}
	assert!(
		promised_only > 0 && signed_only > 0 && was_shared > 0,
		"every case was tried"
	);
}

#[test]
fn law_5_what_was_seconded_is_read_again_before_anything_else_is_seconded() {
	let ten = leaf_hash(10);
	let mut first = Node::new(Some(0), view());
	live(&mut first);
	let mut second = first.restarted(view());
	second.fails = Some(|job| matches!(job, job::Job::Recall(_)));
	// The job takes its time.
	let _ = second.chain.handle(ChainEvent::Imported {
		facts: Arc::new(leaf(10, (4, 3))),
		fresh: true,
	});
	let effects = second.backing.leaf_activated(
		second.now,
		&leaf(10, (4, 3)),
		&second.chain,
		&mut second.view,
		&mut second.out,
	);
	let descriptor = &named(3, ten).receipt.descriptor;
	let parent_head = validation_data().parent_head.hash();
	let can_second = |node: &Node| {
		node.backing
			.can_second(&Advertised::of(hash(3, ten), descriptor, parent_head), &node.view)
	};
	assert!(
		matches!(
			can_second(&second),
			Err(SecondingError::UnknownRelayParent(_)
				| SecondingError::NotABacker(_)
				| SecondingError::Recalling)
		),
		"law 5"
	);
	second.settle(effects);
	// The job was not done: it binds all the same, and is asked for again.
	let stage = |node: &Node| {
		let promise = node.backing.promises.get((ten, hash(1, ten)));
		promise.map(|promise| promise.stage.clone())
	};
	assert!(
		matches!(stage(&second), Some(Stage::Forgotten(_))),
		"{:?}",
		stage(&second)
	);
	assert_eq!(second.backing.promises.seconded_at(ten).count(), 1, "R-SD-3");
	second.fails = None;
	second.activate(&leaf(11, (4, 3)));
	assert_eq!(stage(&second), Some(Stage::Shared), "law 5: it is shared again");
}

#[test]
fn law_5_promises_are_forgotten_when_their_relay_parent_cannot_come_back() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(0), view());
	live(&mut node);
	let stored = |node: &Node| node.store.with_prefix(b"ba/").count();
	assert_eq!(stored(&node), 5, "two intents, two signatures, one candidate");
	node.activate(&leaf(40, (4, 3)));
	node.deactivate(ten);
	assert_eq!(stored(&node), 5, "a reorganisation may bring it back");
	assert!(node.backing.promises.contains((ten, hash(1, ten))));
	let block = |hash, number| RelayChainBlockInfo {
		hash: leaf_hash(hash),
		number,
		storage_root: Hash::zero(),
	};
	let mut activate = |finalized: u32| {
		let hash = leaf_hash(90);
		let _ = node.chain.handle(ChainEvent::Finalized {
			hash,
			number: finalized,
		});
		let mut facts = leaf(91, (4, 3));
		facts.block = block(91, finalized + 1);
		facts.parent_hash = hash;
		facts.ancestors.clear();
		node.activate(&facts);
		stored(&node)
	};
	assert_eq!(activate(300), 0, "ten and the longest ancestry are below");
	assert!(!node.backing.promises.contains((ten, hash(1, ten))));
}

#[test]
fn law_5_a_signature_that_fails_is_made_at_the_next_leaf() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(0), view());
	node.fails = Some(|job| matches!(job, job::Job::Sign { .. }));
	assert_eq!(statements(&live(&mut node)).len(), 0);
	node.fails = None;
	let shared = statements(&node.activate(&leaf(11, (4, 3))));
	assert_eq!(shared.len(), 2, "both are made after all");
	assert!(node.backing.is_backable(hash(2, ten)));
}

#[test]
fn law_5_without_room_in_the_outbox_a_statement_waits() {
	let ten = leaf_hash(10);
	let mut node = Node::new(Some(0), view());
	node.activate(&leaf(10, (4, 3)));
	node.fetch(collation(1, ten)).expect("may be seconded");
	let full = std::mem::replace(
		&mut node.out,
		async_backing_machine::Outbox::new(0).starting_at(1 << 20),
	);
	let seen = node.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(seen, [], "neither signed nor sent");
	node.out = full;
	// Any input will do.
	let nobody = async_backing_machine::JobId(u64::MAX);
	let seen = node.input(Input::Done(nobody, Err(JobFailure::Dropped)));
	assert_eq!(statements(&seen).len(), 1, "law 5");
}
