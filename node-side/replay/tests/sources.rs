//! Several sources of one history: whatever their order, all that they know counts, and no contradiction is passed over.

mod common;

use async_backing_primitives::{CoreIndex, Hash};
use async_backing_replay::{judge, Block, Options, Question, Report};
use common::{chain, inherent};

fn judged(blocks: Vec<Block>) -> Report {
	judge(blocks, &Options::default(), None)
}

fn without_name(mut block: Block) -> Block {
	block.chain = None;
	block
}

#[test]
fn sources_that_contradict_each_other_are_both_judged_in_any_order() {
	let good = || chain(4);
	let bad = |change: fn(&mut Block)| {
		let mut block = chain(4).remove(2);
		block.source = "another source".into();
		change(&mut block);
		block
	};
	type Change = fn(&mut Block);
	let changes: [(Question, Change); 4] = [
		(Question::Encoding, |block| {
			let mut data = block.inherent.take().expect("it has one").data;
			data.backed_candidates.pop();
			block.inherent = Some(inherent(&data));
		}),
		(Question::Parent, |block| {
			block.state_root = Some(Hash::repeat_byte(3))
		}),
		(Question::Parent, |block| {
			block.parent_hash = Some(Hash::repeat_byte(3))
		}),
		(Question::CandidateHash, |block| {
			block.events.as_mut().expect("they are told").pop();
		}),
	];
	for (question, change) in changes {
		let first = judged([good(), vec![bad(change)]].concat());
		let last = judged([vec![bad(change)], good()].concat());
		assert_eq!(first.total, last.total, "the order of sources decides nothing");
		assert_eq!((first.blocks.len(), first.duplicates), (5, 0), "{question:?}");
		let found = first.total.of(question).disagree;
		let told = found
			.iter()
			.filter(|what| what.contains("tells the same block with another"));
		assert_eq!(told.count(), 2, "{question:?}: {found:?}");
	}
}

#[test]
fn what_one_source_knows_completes_what_another_tells() {
	let full = judged(chain(5));
	let part = |keep: fn(&mut Block)| {
		chain(5).into_iter().map(move |mut block| {
			keep(&mut block);
			block
		})
	};
	// One without events and one without inherents, one in which bits are unknown.
	let bare = || part(|block| block.events = None);
	let events = || part(|block| block.inherent = None);
	let no_bits = || {
		part(|block| {
			let inherent = block.inherent.as_mut().expect("it has one");
			for bitfield in &mut inherent.data.bitfields {
				bitfield.payload.0.resize(8, false);
			}
			for backed in &mut inherent.data.backed_candidates {
				let bits = backed.validator_indices.len().next_multiple_of(8);
				backed.validator_indices.resize(bits, false);
			}
			inherent.bytes = None;
			inherent.encodes_alike = None;
			inherent.bits_unknown = Some("nobody told".into());
		})
	};
	for blocks in [
		bare().chain(events()).chain(no_bits()).collect(),
		no_bits().chain(events()).chain(bare()).collect::<Vec<_>>(),
	] {
		let report = judged(blocks);
		assert_eq!(report.total, full.total, "{report}");
		assert_eq!((report.blocks.len(), report.duplicates), (5, 10));
	}
}

#[test]
fn blocks_of_several_sources_are_joined_by_their_hashes() {
	let full = judged(chain(6));
	let mixed = chain(6).into_iter().enumerate();
	let mixed = mixed.map(|(at, block)| if at % 2 == 0 { block } else { without_name(block) });
	let report = judged(mixed.collect());
	assert_eq!(report.total, full.total, "{report}");
	assert_eq!(report.runs.len(), 1);
	assert_eq!(report.paras.keys().collect::<Vec<_>>(), ["test"]);
}

#[test]
fn the_reason_why_no_block_is_before_is_true() {
	let why = |blocks: Vec<Block>| {
		let reasons = judged(blocks).total.of(Question::Choice).undecided;
		reasons.into_keys().collect::<Vec<_>>().join("; ")
	};
	let gone = chain(3).split_off(1);
	assert!(why(gone).contains("the block before is not in the data"));
	let mut silent = chain(3);
	silent[0].events = None;
	assert!(why(silent).contains("the block before is in the data without its events"));
	let mut nameless = chain(3);
	nameless[0].hash = None;
	assert!(why(nameless).contains("of no block in the data is told that it is the one before"));
	let mut rootless = chain(3);
	rootless[0].state_root = None;
	assert!(why(rootless).contains("the state root of the block before is not told"));
}

#[test]
fn chains_that_nobody_named_and_no_hash_connects_are_several() {
	let other = chain(40).split_off(30).into_iter().map(without_name);
	let all: Vec<_> = chain(2).into_iter().map(without_name).chain(other).collect();
	let report = judged(all);
	assert_eq!(report.paras.len(), 2, "{:?}", report.paras.keys());
	assert!(report
		.paras
		.keys()
		.all(|name| name.starts_with("a chain that is not named, from block")));
	// Where a block is missing, the hashes of its neighbours still connect them.
	let mut gap: Vec<_> = chain(5).into_iter().map(without_name).collect();
	gap.remove(2);
	assert_eq!(
		judged(gap).paras.keys().collect::<Vec<_>>(),
		["a chain that is not named"]
	);
}

#[test]
fn two_blocks_on_one_parent_are_both_judged_behind_it() {
	let mut blocks = chain(4);
	let mut sibling = blocks[3].clone();
	sibling.hash = Some(Hash::repeat_byte(77));
	if let Some(events) = &mut sibling.events {
		for told in events {
			if let async_backing_primitives::CandidateEvent::CandidateBacked(_, _, core, _) = &mut told.event
			{
				*core = CoreIndex(1 - core.0);
			}
		}
	}
	blocks.push(sibling);
	let report = judged(blocks);
	assert_eq!(report.blocks.len(), 5);
	let judged = |hash: Option<Hash>| {
		let hash = hash.map(|hash| format!("{hash:?}"));
		report
			.blocks
			.iter()
			.find(|block| block.hash == hash)
			.expect("it is judged")
	};
	let fork = judged(Some(Hash::repeat_byte(77)));
	assert_eq!(fork.verdict.of(Question::Core).disagree.len(), 2);
	assert!(!fork
		.verdict
		.of(Question::Choice)
		.undecided
		.keys()
		.any(|why| why.contains("the block before")));
}
