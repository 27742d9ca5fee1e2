//! Relay parents behind the best relay block (R-COL-2).

use super::*;
use async_backing_execution_context::Source;
use std::sync::Arc;

fn collator(relay_parent_offset: u32, capacity: u32) -> Collator {
	with(RelayParentOffset::UpTo(relay_parent_offset), capacity)
}

fn with(relay_parent_offset: RelayParentOffset, capacity: u32) -> Collator {
	let config = CollatorConfig {
		relay_parent_offset,
		..config(capacity, 1)
	};
	Collator::new(config, &genesis())
}

#[test]
fn r_col_2_the_relay_parent_is_so_many_blocks_behind_as_are_in_scope() {
	// Offset, A, then how far behind the relay parent is.
	let rows = [
		(0, 3, 0),
		(1, 3, 1),
		(2, 3, 2),
		(3, 3, 3),
		(9, 3, 3),
		(1, 1, 1),
		(1, 0, 0),
	];
	for (offset, ancestry, expected) in rows {
		let mut collator = collator(offset, 9);
		for number in 1..10 {
			collator.note_relay_block(&Arc::new(leaf(number, params(8, ancestry), 1, &genesis())));
		}
		let leaf = leaf(10, params(8, ancestry), 1, &genesis());
		let site = collator.site(&leaf).expect("there is room");
		let row = format!("R-COL-2: {offset} behind, {ancestry} in scope");
		assert_eq!(site.relay_parent, relay_block(10 - expected), "{row}");
		assert_eq!(
			site.relay_parent_slot,
			FIRST_SLOT + u64::from(10 - expected),
			"{row}"
		);
		assert_eq!(
			(site.leaf, site.slot),
			(relay_block(10), FIRST_SLOT + 10),
			"{row}"
		);
		let sources = match expected {
			0 => (Source::BestRelayBlock, Source::State(10)),
			blocks => (Source::BehindBest(blocks), Source::State(10)),
		};
		let context = &site.context;
		assert_eq!(
			(context.relay_parent.source, context.base.source),
			sources,
			"{row}"
		);
		// What is behind has so much less time to be backed (R-ABP-2).
		let last = site.openings.iter().map(|opening| opening.claim.block).max();
		assert_eq!(last, Some(11 + ancestry - expected), "R-ABP-2: {row}");
		assert_eq!(site.window(), (ancestry + 1 - expected).max(1), "{row}");
	}
}

#[test]
fn r_col_2_what_the_validation_function_demands_is_kept_or_nothing_is_built() {
	// Demanded, A, number of the leaf, then how many relay blocks can be on top of a relay parent. Genesis is not sealed.
	let rows = [
		(0, 3, 10, 0),
		(0, 0, 1, 0),
		(1, 3, 10, 1),
		(3, 3, 10, 3),
		(4, 3, 10, 3),
		(9, 3, 10, 3),
		(1, 0, 10, 0),
		(1, 3, 1, 0),
		(1, 3, 2, 1),
		(2, 3, 2, 1),
		(3, 3, 4, 3),
	];
	for (demanded, ancestry, number, can_be) in rows {
		let row = format!("R-COL-2: {demanded} demanded, {ancestry} in scope, leaf {number}");
		let mut collator = with(RelayParentOffset::Exactly(demanded), 9);
		for number in 0..number {
			collator.note_relay_block(&Arc::new(leaf(number, params(8, ancestry), 1, &genesis())));
		}
		let leaf = leaf(number, params(8, ancestry), 1, &genesis());
		let found = collator.site(&leaf).map(|site| site.relay_parent);
		let expected = match can_be == demanded {
			true => Ok(relay_block(number - demanded)),
			false => Err(NoBuild::TooNew {
				expected: demanded,
				found: can_be,
			}),
		};
		assert_eq!(found, expected, "{row}");
	}
}

#[test]
fn r_col_2_a_relay_parent_that_is_demanded_and_not_known_is_not_replaced() {
	let mut collator = with(RelayParentOffset::Exactly(1), 5);
	let leaf = leaf(10, params(4, 3), 1, &genesis());
	let found = collator.site(&leaf).map(|site| site.relay_parent);
	let expected = NoBuild::TooNew {
		expected: 1,
		found: 0,
	};
	assert_eq!(found, Err(expected), "R-COL-2");
}

#[test]
fn r_col_2_whoever_does_not_know_the_block_behind_builds_on_the_leaf() {
	let mut collator = collator(1, 5);
	let leaf = leaf(10, params(4, 3), 1, &genesis());
	let site = collator.site(&leaf).expect("there is room");
	assert_eq!(site.relay_parent, relay_block(10), "R-COL-2");
}

#[test]
fn r_col_2_a_fork_that_loses_kills_no_block_on_what_is_before_it() {
	for (offset, lives) in [(0, false), (1, true)] {
		let mut collator = collator(offset, 5);
		let before = leaf(10, params(4, 3), 1, &genesis());
		collator.note_relay_block(&Arc::new(before));
		// Block 11 loses to a sibling.
		let lost = leaf(11, params(4, 3), 1, &genesis());
		collator.note_relay_block(&Arc::new(lost.clone()));
		let (_, built) = build(&mut collator, &lost).expect("there is room");
		let mut sibling = leaf(11, params(4, 3), 1, &genesis());
		sibling.block.hash = Hash::repeat_byte(11);
		let alive = collator.alive(&sibling).contains(&built.hash);
		assert_eq!(alive, lives, "R-COL-2: {offset} behind");
	}
}

#[test]
fn r_hoo_3_the_parachain_counts_what_is_unincluded_at_the_relay_parent() {
	// A segment of two blocks. The leaf shows the first included one block earlier than the relay parent behind it does.
	let mut collator = collator(1, 2);
	collator.note_relay_block(&Arc::new(leaf(8, params(8, 3), 1, &genesis())));
	let mut at = |number, included: &HeadData, pending: &[(BuildOn, Collated)]| {
		let mut facts = leaf(number, params(8, 3), 1, included);
		set_pending(&mut facts, pending);
		collator.note_relay_block(&Arc::new(facts.clone()));
		build(&mut collator, &facts)
	};
	let first = at(9, &genesis(), &[]).expect("there is room");
	let second = at(10, &genesis(), &[]).expect("there is room");
	let included = head_of(&first).clone();
	let full = at(11, &included, std::slice::from_ref(&second));
	let expected = NoBuild::SegmentFull {
		unincluded: 2,
		limit: 2,
	};
	assert_eq!(full.map(|_| ()), Err(expected), "R-HOO-3");
	let third = at(12, &included, &[second]).expect("R-HOO-3: there is room again");
	assert_eq!(third.0.included_head(), included.hash(), "R-HOO-3");
}

#[test]
fn relay_blocks_that_are_too_old_are_forgotten() {
	let mut collator = collator(2, 5);
	for number in 1..100 {
		collator.note_relay_block(&Arc::new(leaf(number, params(4, 3), 1, &genesis())));
		assert!(collator.relay_blocks() <= 3, "{number}");
	}
}
