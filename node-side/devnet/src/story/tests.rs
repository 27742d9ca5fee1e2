//! Each class, out of the least that leads to it.

use super::{
	seen::{Candidate, Seen},
	Fate, Recorder, Story,
};
use crate::{orders::Ordered, words::Built, OrderFates, RunConfig};
use async_backing_machine::Instant;
use async_backing_primitives::{CandidateHash, CoreIndex, Hash, HeadHash, ParaId};
use std::{collections::BTreeSet, time::Duration};

const PARA: ParaId = ParaId(2000);
const CORE: CoreIndex = CoreIndex(0);
const WINDOW: u32 = 3;

fn hash(byte: u8) -> Hash {
	Hash::repeat_byte(byte)
}

fn slot(number: u32) -> Instant {
	Duration::from_secs(6).saturating_mul(number)
}

/// A chain of so many blocks, all in one session, on which the core is always the para's.
fn chain(blocks: u8) -> Recorder {
	let blocks = (1..=blocks).map(|number| Seen {
		number: number.into(),
		hash: hash(number),
		parent: hash(number - 1),
		at: slot(number.into()),
		author: 0,
		session: 0,
		next_session: 0,
		window: WINDOW,
		turns: [(CORE, PARA)].into(),
		refused: BTreeSet::new(),
		orders: Vec::new(),
		used: Vec::new(),
		unused: Vec::new(),
		claims: Vec::new(),
	});
	Recorder {
		blocks: blocks.collect(),
		..Recorder::default()
	}
}

/// Hash of the candidate that leads from one head to another.
fn name(to: u8) -> CandidateHash {
	CandidateHash(hash(0x80 | to))
}

/// A candidate from one head to another, built on a relay block, that nobody has seen.
fn candidate(from: u8, to: u8, relay_parent: u8) -> Candidate {
	Candidate {
		built: Built {
			para: PARA,
			candidate: name(to),
			parent_head: HeadHash(hash(from)),
			output_head: HeadHash(hash(to)),
			relay_parent: hash(relay_parent),
			core: CORE,
			extrinsics: 7,
			pov_bytes: 100,
			due: u32::from(relay_parent) + 2,
		},
		at: slot(relay_parent.into()) + Duration::from_secs(3),
		seconded: None,
		backable: None,
		refused: None,
		backed: Vec::new(),
		included: Vec::new(),
		timed_out: Vec::new(),
	}
}

fn included(from: u8, to: u8, relay_parent: u8) -> Candidate {
	let at = usize::from(relay_parent);
	Candidate {
		backable: Some(slot(relay_parent.into())),
		backed: vec![at],
		included: vec![at + 1],
		..candidate(from, to, relay_parent)
	}
}

/// The story of a run whose best head is the last block of the chain.
fn story(recorder: &Recorder, alive: &[CandidateHash]) -> Story {
	let best = recorder.blocks.iter().max_by_key(|block| block.number);
	let best = best.map(|block| block.hash).unwrap_or_default();
	let story = recorder.story(best, &alive.iter().copied().collect());
	for block in &story.parablocks {
		assert_eq!(block.fate.is_lost(), block.lost.is_some(), "{block:?}");
		assert_eq!(block.fate.is_lost(), !block.reason.is_empty(), "{block:?}");
		assert!(block.lost.is_none_or(|lost| lost >= block.built), "{block:?}");
	}
	story
}

/// Fates of candidates on a chain of 12 blocks.
fn fates(candidates: Vec<Candidate>) -> Vec<Fate> {
	let recorder = Recorder {
		candidates,
		..chain(12)
	};
	let story = story(&recorder, &[]);
	story.parablocks.iter().map(|block| block.fate).collect()
}

#[test]
fn what_is_included_has_a_height_and_is_not_lost() {
	let recorder = Recorder {
		candidates: vec![
			included(1, 2, 3),
			included(2, 3, 4),
			candidate(3, 4, 11),
			candidate(60, 61, 3),
		],
		..chain(12)
	};
	let told = story(&recorder, &[name(4)]);
	let heights: Vec<_> = told.parablocks.iter().map(|block| block.height).collect();
	assert_eq!(heights, [Some(1), Some(2), Some(3), None]);
	let fates: Vec<_> = told.parablocks.iter().map(|block| block.fate).collect();
	assert_eq!(fates[..3], [Fate::Included, Fate::Included, Fate::InFlight]);
	assert_eq!(told.parablocks[0].relay_parent_number, Some(3));
}

#[test]
fn r_tmo_2_who_waits_behind_a_timeout_is_lost_with_it() {
	let late = Candidate {
		backed: vec![4],
		timed_out: vec![8],
		..candidate(1, 2, 3)
	};
	let behind = Candidate {
		backed: vec![5],
		..candidate(2, 3, 4)
	};
	let recorder = Recorder {
		candidates: vec![late, behind, candidate(2, 4, 5), candidate(4, 5, 6)],
		..chain(12)
	};
	let told = story(&recorder, &[]);
	let fates: Vec<_> = told.parablocks.iter().map(|block| block.fate).collect();
	assert_eq!(fates[0], Fate::AvailabilityLate);
	assert!(
		fates[1..].iter().all(|fate| *fate == Fate::ParentLost),
		"{fates:?}"
	);
	let reasons: Vec<_> = told.parablocks[2..]
		.iter()
		.map(|block| block.reason.as_str())
		.collect();
	assert_eq!(
		reasons,
		[
			"its parent 82828282: availability late",
			"an ancestor, 82828282: availability late"
		]
	);
}

#[test]
fn r_rel_2_what_no_block_took_in_time_is_out_of_scope() {
	let quorum = Candidate {
		backable: Some(slot(4)),
		..candidate(1, 2, 3)
	};
	let recorder = Recorder {
		candidates: vec![quorum, candidate(1, 3, 3)],
		..chain(12)
	};
	let told = story(&recorder, &[]);
	for (block, reason) in told.parablocks.iter().zip(["a quorum, but", "no quorum"]) {
		assert_eq!(block.fate, Fate::RelayParentOutOfScope);
		assert!(block.reason.starts_with(reason), "{}", block.reason);
		assert_eq!(
			block.lost,
			Some(slot(3 + WINDOW + 1)),
			"the last block that could take it"
		);
	}
}

#[test]
fn who_was_refused_is_told_the_reason_and_who_built_on_it_as_well() {
	let refused = Candidate {
		refused: Some((slot(4), "it is invalid".into())),
		..candidate(1, 2, 3)
	};
	let also_refused = Candidate {
		refused: Some((slot(5), "its parent is not known".into())),
		..candidate(2, 3, 4)
	};
	assert_eq!(
		fates(vec![refused, also_refused]),
		[Fate::Refused, Fate::ParentLost]
	);
}

#[test]
fn a_block_whose_place_another_takes_is_of_a_fork() {
	let fates = fates(vec![included(1, 2, 3), candidate(1, 3, 3)]);
	assert_eq!(fates, [Fate::Included, Fate::ForkLost]);
}

#[test]
fn r_abp_10_a_session_ends_for_what_is_pending_and_for_what_waits() {
	let mut recorder = chain(12);
	for block in &mut recorder.blocks {
		block.session = u32::from(block.number > 6);
		block.next_session = u32::from(block.number >= 6);
	}
	let pending = Candidate {
		backed: vec![4],
		..candidate(1, 2, 3)
	};
	let waits = candidate(1, 3, 5);
	// Legal until block 5 only, which is of the old session.
	let old = candidate(1, 4, 1);
	recorder.candidates = vec![pending, waits, old];
	let told = story(&recorder, &[]);
	let fates: Vec<_> = told.parablocks.iter().map(|block| block.fate).collect();
	assert_eq!(
		fates,
		[Fate::SessionEnd, Fate::SessionEnd, Fate::RelayParentOutOfScope]
	);
	assert_eq!(told.parablocks[1].lost, Some(slot(6)));
}

#[test]
fn r_rel_7_without_a_turn_there_is_no_claim_and_who_was_offered_found_no_room() {
	let mut recorder = chain(12);
	for block in &mut recorder.blocks[3..8] {
		block.turns.clear();
	}
	recorder.blocks[10].refused.insert(name(3));
	recorder.candidates = vec![candidate(1, 2, 3), candidate(1, 3, 8)];
	let told = story(&recorder, &[]);
	let fates: Vec<_> = told.parablocks.iter().map(|block| block.fate).collect();
	assert_eq!(fates, [Fate::NoClaim, Fate::BlockFull]);
}

#[test]
fn forks_of_the_relay_chain_take_what_is_on_them() {
	let mut recorder = chain(12);
	// Beside block 5.
	recorder.blocks.push(Seen {
		hash: hash(50),
		..recorder.blocks[4].clone()
	});
	let only_there = Candidate {
		backed: vec![12],
		..candidate(1, 2, 4)
	};
	let on_it = candidate(1, 3, 50);
	let on_both = Candidate {
		backed: vec![12, 5],
		included: vec![6],
		..candidate(1, 4, 4)
	};
	recorder.candidates = vec![only_there, on_it, on_both];
	let told = story(&recorder, &[]);
	let fates: Vec<_> = told.parablocks.iter().map(|block| block.fate).collect();
	assert_eq!(fates, [Fate::ForkLost, Fate::ForkLost, Fate::Included]);
	assert_eq!(
		told.parablocks[0].lost,
		Some(slot(6)),
		"when the best chain has gone on"
	);
	assert_eq!(told.parablocks[2].backed, Some(5));
	let best: Vec<_> = told.relay_blocks.iter().map(|block| block.is_best).collect();
	assert_eq!(best.iter().filter(|best| !**best).count(), 1);
	assert!(!best[12]);
}

/// A chain on which these blocks did something with the orders for the para; its only core serves them.
fn ordering(change: impl Fn(u32, &mut Seen)) -> OrderFates {
	let mut recorder = chain(12);
	for block in &mut recorder.blocks {
		change(block.number, block);
	}
	let config = RunConfig {
		paras: 0,
		on_demand: 1,
		..RunConfig::default()
	};
	let summary = recorder.summary(hash(12), &BTreeSet::new());
	summary.orders(PARA, &config).expect("there are orders")
}

#[test]
fn r_sch_6_r_sch_8_orders_are_served_lost_or_waiting() {
	let fates = ordering(|number, block| match number {
		1 => block.orders = vec![(PARA, Ordered::Again), (ParaId(7), Ordered::Placed)],
		2 | 5 | 8 | 11 => block.orders = vec![(PARA, Ordered::Placed)],
		3 => block.orders = vec![(PARA, Ordered::Failed)],
		4 => block.used = vec![(CORE, PARA)],
		7 => block.unused = vec![(CORE, PARA)],
		10 => block.used = vec![(CORE, PARA), (CoreIndex(3), ParaId(7))],
		12 => block.claims = vec![(CORE, PARA)],
		_ => {}
	});
	let expected = OrderFates {
		placed: 4,
		placed_again: 1,
		failed: 1,
		served: 2,
		lost: 1,
		waiting: 1,
	};
	assert_eq!(fates, expected, "R-SCH-8");
	// A turn that nobody used is no loss as long as there is a claim for each order.
	let back = ordering(|number, block| match number {
		2 => block.orders = vec![(PARA, Ordered::Placed)],
		4 => block.unused = vec![(CORE, PARA)],
		12 => block.claims = vec![(CORE, PARA)],
		_ => {}
	});
	assert_eq!((back.lost, back.waiting), (0, 1), "R-SCH-6");
}

#[test]
fn a_summary_counts_each_block_once_and_says_how_long_it_took() {
	let recorder = Recorder {
		candidates: vec![included(1, 2, 3), included(2, 3, 4), candidate(3, 4, 5)],
		..chain(12)
	};
	let summary = recorder.summary(hash(12), &BTreeSet::new());
	let fates = summary.fates(PARA);
	assert_eq!(
		(fates.included, fates.relay_parent_out_of_scope, fates.total()),
		(2, 1, 3)
	);
	let latency = summary.latency(PARA).expect("two are included");
	// Built three seconds into the slot of the relay parent, included two blocks later.
	assert_eq!(
		(latency.mean_s, latency.worst_s, latency.variance_s2),
		(9.0, 9.0, 0.0)
	);
	assert_eq!(summary.fates(ParaId(7)).total(), 0);
	assert!(summary.orders(PARA, &RunConfig::default()).is_none());
}
